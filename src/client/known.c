/* SPDX-License-Identifier: Apache-2.0 */
#include "client/known.h"

#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

void known_clear(struct known *k)
{
    for (size_t i = 0; i < k->count; i++)
        card_free(k->cards[i]);
    mem_freep(&k->cards);
    k->count = 0;
}

struct trust known_trust(const struct known *k)
{
    return (struct trust){ (const struct card *const *)k->cards, k->count };
}

enum err known_add(struct known *k, struct bytes jws, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    size_t i = 0;
    TRY(card_read(jws, &card, f));
    while (i < k->count && strcmp(k->cards[i]->domain, card->domain) != 0)
        i++;
    if (i == k->count) {
        k->cards = mem_grow(k->cards, k->count + 1, sizeof *k->cards);
        k->cards[k->count++] = card;
    } else if (memcmp(k->cards[i]->card_key_sha, card->card_key_sha, HASH_LEN) != 0) {
        return fail_set(f, E_CONFLICT, "two cards of %s with different card keys", card->domain);
    } else if (k->cards[i]->serial < card->serial) {
        card_free(k->cards[i]);
        k->cards[i] = card;
    } else {
        return OK;
    }
    card = NULL;
    return OK;
}

enum err known_file(struct known *k, const char *path, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(CARD_MAX + 2);
    TRY(file_read(path, text, f));
    struct bytes v = bytes_of(text);
    while (v.len && (v.data[v.len - 1] == '\n' || v.data[v.len - 1] == '\r'))
        v.len--;
    struct fail why = { 0 };
    enum err e = known_add(k, v, &why);
    if (e == OK)
        return OK;
    /* what is no card does not verify, whatever its fault is called */
    return fail_set(f, e == E_INVALID ? E_UNVERIFIED : e, "card %s: %s", path, why.what);
}

/* One file of the folder; what has no domain for a name is none of ours. */
static enum err add_kept(struct known *k, const char *dir, const char *name, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("%s/%s", dir, name);
    return name_is_domain(name) ? known_file(k, path, f) : OK;
}

enum err known_profile(struct known *k, const struct profile *p, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("%s/cards", p->dir);
    enum err e = known_add(k, bytes_str(p->card->jose->text), f);
    DIR *dir = opendir(path);
    if (!dir)
        return e; /* nothing is kept yet */
    for (struct dirent *at = readdir(dir); e == OK && at; at = readdir(dir))
        e = add_kept(k, path, at->d_name, f);
    closedir(dir);
    return e;
}

/* Those that are confirmed no more. */
static void forget_others(const struct profile *p, const json_t *kept)
{
    AUTO(str_freep) char *dir = str_format("%s/cards", p->dir);
    DIR *d = opendir(dir);
    for (struct dirent *at; d && (at = readdir(d));) {
        AUTO(str_freep) char *path = str_format("%s/%s", dir, at->d_name);
        if (name_is_domain(at->d_name) && !json_object_get(kept, at->d_name))
            unlink(path);
    }
    if (d)
        closedir(d);
}

enum err known_refresh(struct session *s, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *kept = json_object();
    const json_t *partners;
    TRY(session_get(s, "/v1/partners", &answer, f));
    TRY(json_need_array(answer, "partners", "partners", &partners, f));
    for (size_t i = 0; i < json_array_size(partners); i++) {
        AUTO(card_freep) struct card *card = NULL;
        const char *domain, *state;
        TRY(json_need_str(json_array_get(partners, i), "domain", "partners", &domain, f));
        TRY(json_need_str(json_array_get(partners, i), "state", "partners", &state, f));
        if (strcmp(state, "confirmed") != 0)
            continue;
        TRY(session_card(s, domain, &card, f)); /* the profile keeps it */
        json_object_set_new(kept, domain, json_true());
    }
    forget_others(session_profile(s), kept);
    AUTO(card_freep) struct card *own = NULL;
    return session_card(s, session_profile(s)->card->domain, &own, f);
}
