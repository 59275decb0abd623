/* SPDX-License-Identifier: Apache-2.0 */
#include "client/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#define PROFILE_MAX (CARD_MAX + 4096)
#define KEY_MAX     4096

void profile_free(struct profile *p)
{
    if (!p)
        return;
    card_free(p->card);
    key_free(p->key);
    mem_freep(&p->dir);
    mem_freep(&p);
}

void profile_freep(struct profile **p)
{
    profile_free(*p);
    *p = NULL;
}

/* Which one --------------------------------------------------------------------------------------------- */

static enum err only_person(const char *profiles, char person[static PERSON_MAX + 1], struct fail *f)
{
    size_t count = 0;
    DIR *dir = opendir(profiles);
    for (struct dirent *d; dir && (d = readdir(dir));) {
        if (!name_is_person(d->d_name))
            continue;
        count++;
        snprintf(person, PERSON_MAX + 1, "%s", d->d_name);
    }
    if (dir)
        closedir(dir);
    if (count == 0)
        return fail_set(f, E_USAGE, "nobody has enrolled on this machine (%s): orcon enrol URL", profiles);
    if (count > 1)
        return fail_set(f, E_USAGE, "%zu people have profiles in %s: say who with --as PERSON", count,
                        profiles);
    return OK;
}

static enum err choose(const char *profiles, const char *as, char person[static PERSON_MAX + 1],
                       struct fail *f)
{
    if (!as)
        return only_person(profiles, person, f);
    if (!name_is_person(as))
        return fail_set(f, E_USAGE, "'%.80s' is no person: local@domain in lower case", as);
    AUTO(str_freep) char *path = str_format("%s/%s", profiles, as);
    if (!file_exists(path))
        return fail_set(f, E_USAGE, "%s has no profile in %s: orcon enrol URL", as, profiles);
    snprintf(person, PERSON_MAX + 1, "%s", as);
    return OK;
}

/* Reading ------------------------------------------------------------------------------------------------ */

static enum err read_profile(struct profile *p, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("%s/profile.json", p->dir);
    AUTO(buf_freep) struct buf *text = buf_new(PROFILE_MAX);
    AUTO(json_freep) json_t *v = NULL;
    const char *person, *card;
    TRY(file_read(path, text, f));
    TRY(json_read(bytes_of(text), PROFILE_MAX, path, &v, f));
    TRY(json_need_str(v, "person", path, &person, f));
    TRY(json_need_str(v, "card", path, &card, f));
    TRY(card_read(bytes_str(card), &p->card, f));
    if (strcmp(person, p->person) != 0)
        return fail_set(f, E_INVALID, "%s is the profile of somebody else: %.80s", path, person);
    return OK;
}

static char *key_path(const struct profile *p)
{
    return str_format("%s/key.pem", p->dir);
}

static enum err check_key(struct profile *p, const char *path, struct fail *f)
{
    if (!p->key || key_kind(p->key) != KEY_P256 || !key_is_private(p->key))
        return fail_set(f, E_INVALID, "%s holds no P-256 private key", path);
    return key_thumbprint(p->key, p->kid, f);
}

static enum err read_key(struct profile *p, struct fail *f)
{
    AUTO(str_freep) char *path = key_path(p);
    AUTO(buf_freep) struct buf *pem = buf_new_secret(KEY_MAX);
    TRY(file_read(path, pem, f));
    if (key_pem_is_locked(bytes_of(pem)))
        return OK;
    if (key_read_pem(bytes_of(pem), &p->key, NULL) != OK)
        return fail_set(f, E_INVALID, "%s holds no P-256 private key", path);
    return check_key(p, path, f);
}

enum err profile_unlock(struct profile *p, struct bytes passphrase, struct fail *f)
{
    AUTO(str_freep) char *path = key_path(p);
    AUTO(buf_freep) struct buf *pem = buf_new_secret(KEY_MAX);
    TRY(file_read(path, pem, f));
    enum err e = key_read_locked_pem(bytes_of(pem), passphrase, &p->key, f);
    if (e != OK)
        fail_context(f, "%s", path);
    return e == OK ? check_key(p, path, f) : e;
}

enum err profile_load(const char *profiles, const char *as, struct profile **out, struct fail *f)
{
    AUTO(profile_freep) struct profile *p = mem_new(sizeof *p);
    TRY(choose(profiles, as, p->person, f));
    p->dir = str_format("%s/%s", profiles, p->person);
    TRY(read_profile(p, f));
    TRY(read_key(p, f));
    *out = p;
    p = NULL;
    return OK;
}

/* Writing ------------------------------------------------------------------------------------------------- */

static char *waiting_key(const char *profiles, const struct key *key)
{
    char kid[THUMBPRINT_SIZE];
    if (key_thumbprint(key, kid, NULL) != OK)
        BUG("a P-256 key without a thumbprint");
    return str_format("%s/.key-%s.pem", profiles, kid);
}

static enum err write_key(const char *path, const struct key *key, struct bytes passphrase, struct fail *f)
{
    AUTO(buf_freep) struct buf *pem = buf_new_secret(KEY_MAX);
    TRY(passphrase.len ? key_write_locked_pem(key, passphrase, pem, f) : key_write_private_pem(key, pem, f));
    return file_write(path, bytes_of(pem), 0600, f);
}

enum err profile_lock(const struct profile *p, struct bytes passphrase, struct fail *f)
{
    AUTO(str_freep) char *path = key_path(p);
    return write_key(path, p->key, passphrase, f);
}

enum err profile_make_key(const char *profiles, struct bytes passphrase, struct key **key, struct fail *f)
{
    AUTO(key_freep) struct key *k = NULL;
    TRY(file_mkdirs(profiles, 0700, f));
    TRY(key_make(KEY_P256, &k, f));
    AUTO(str_freep) char *path = waiting_key(profiles, k);
    TRY(write_key(path, k, passphrase, f));
    *key = k;
    k = NULL;
    return OK;
}

void profile_drop_key(const char *profiles, const struct key *key)
{
    AUTO(str_freep) char *path = waiting_key(profiles, key);
    unlink(path);
}

/* The card says domain and address; they stand beside it for people who look into the file. */
static enum err write_profile(const char *dir, const char *person, const struct card *card, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("%s/profile.json", dir);
    AUTO(json_freep) json_t *v = json_object();
    AUTO(buf_freep) struct buf *text = buf_new(PROFILE_MAX);
    json_set_u64(v, "v", 1);
    json_set_str(v, "person", person);
    json_set_str(v, "domain", card->domain);
    json_set_str(v, "url", card->url);
    json_set_str(v, "card", card->jose->text);
    json_put(text, v);
    TRY(buf_check(text, path, f));
    return file_write(path, bytes_of(text), 0600, f);
}

/* A node may enrol guests under any domain, but never over the profile that somebody has from another node. */
static enum err check_other(const char *dir, const char *person, const struct card *card, struct fail *f)
{
    AUTO(profile_freep) struct profile *old = mem_new(sizeof *old);
    snprintf(old->person, sizeof old->person, "%s", person);
    old->dir = str_dup(dir);
    if (read_profile(old, NULL) != OK || strcmp(old->card->domain, card->domain) == 0)
        return OK;
    return fail_set(f, E_CONFLICT, "%s has a profile from %s, in %s: %s may not replace it", person,
                    old->card->domain, dir, card->domain);
}

enum err profile_enrolled(const char *profiles, const char *person, struct bytes card, const struct key *key,
                          struct fail *f)
{
    AUTO(card_freep) struct card *read = NULL;
    AUTO(str_freep) char *from = waiting_key(profiles, key);
    AUTO(str_freep) char *dir = str_format("%s/%s", profiles, person);
    AUTO(str_freep) char *held = str_format("%s/held", dir);
    AUTO(str_freep) char *to = str_format("%s/key.pem", dir);
    TRY(card_read(card, &read, f));
    /* the node says who he is: one of its people, or a guest under a domain of his own */
    if (!name_is_person(person))
        return fail_set(f, E_INVALID, "%s enrolled '%.80s', which is no person", read->domain, person);
    TRY(check_other(dir, person, read, f));
    TRY(file_mkdirs(held, 0700, f));
    if (rename(from, to) != 0)
        return fail_set(f, E_IO, "cannot write %s: %s", to, strerror(errno));
    return write_profile(dir, person, read, f);
}

enum err profile_take_card(struct profile *p, struct card *card, struct fail *f)
{
    AUTO(card_freep) struct card *next = card;
    bool same_key = memcmp(next->card_key_sha, p->card->card_key_sha, HASH_LEN) == 0 &&
                    strcmp(next->domain, p->card->domain) == 0;
    if (same_key && next->serial <= p->card->serial)
        return OK;
    if (!same_key)
        TRY(card_succeeds(p->card, next, f));
    TRY(write_profile(p->dir, p->person, next, f));
    card_free(p->card);
    p->card = next;
    next = NULL;
    return OK;
}

enum err profile_keep(const struct profile *p, const char *name, struct bytes v, struct fail *f)
{
    AUTO(str_freep) char *dir = str_format("%s/held", p->dir);
    AUTO(str_freep) char *path = str_format("%s/%s", dir, name);
    TRY(file_mkdirs(dir, 0700, f));
    return file_write(path, v, 0600, f);
}

bool profile_has(const struct profile *p, const char *name)
{
    AUTO(str_freep) char *path = str_format("%s/held/%s", p->dir, name);
    return file_exists(path);
}

enum err profile_kept(const struct profile *p, const char *name, struct buf *out, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("%s/held/%s", p->dir, name);
    if (!file_exists(path))
        return fail_set(f, E_NOT_FOUND, "nothing is kept as %s", name);
    return file_read(path, out, f);
}

void profile_forget(const struct profile *p, const char *name)
{
    AUTO(str_freep) char *path = str_format("%s/held/%s", p->dir, name);
    unlink(path);
}

enum err profile_keep_card(const struct profile *p, const struct card *card, struct fail *f)
{
    AUTO(str_freep) char *dir = str_format("%s/cards", p->dir);
    AUTO(str_freep) char *path = str_format("%s/%s", dir, card->domain);
    AUTO(buf_freep) struct buf *was = buf_new(CARD_MAX);
    if (file_exists(path) && file_read(path, was, NULL) == OK &&
        bytes_equal(bytes_of(was), bytes_str(card->jose->text)))
        return OK;
    TRY(file_mkdirs(dir, 0700, f));
    return file_write(path, bytes_str(card->jose->text), 0600, f);
}
