/* SPDX-License-Identifier: Apache-2.0 - profiles: written, read, damaged, and the cards they keep */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "client/act.h"
#include "tap.h"
#include "world.h"

#define AMY "amy@alder.example"
#define BEN "ben@alder.example"

static const uint8_t pin[HASH_LEN] = { 1 };

static unsigned mode_of(const char *dir, const char *name)
{
    struct stat st = { 0 };
    AUTO(str_freep) char *path = str_format("%s/%s", dir, name);
    return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

/* Nothing is left over beside what has a name of its own. */
static size_t files_in(const char *path)
{
    size_t count = 0;
    DIR *dir = opendir(path);
    for (struct dirent *d; dir && (d = readdir(dir));)
        count += strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static void enrolling(const char *dir, const struct org *alder, const struct org *birch)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *dropped = NULL;
    AUTO(profile_freep) struct profile *amy = NULL;
    struct profile *got = NULL;
    ok(profile_load(dir, NULL, &got, &f) == E_USAGE && strstr(f.what, "orcon enrol"),
       "nobody yet: what to do is said: %s", f.what);
    ok(profile_make_key(dir, BYTES(NULL, 0), &dropped, NULL) == OK && files_in(dir) == 1,
       "a key waits in the folder");
    profile_drop_key(dir, dropped);
    ok(files_in(dir) == 0, "and is dropped");
    amy = world_profile(dir, AMY, alder);
    ok(files_in(dir) == 1 && mode_of(dir, AMY) == 0700 && mode_of(amy->dir, "key.pem") == 0600 &&
           mode_of(amy->dir, "profile.json") == 0600 && mode_of(amy->dir, "held") == 0700,
       "one folder, 0700, its files 0600, nothing beside it");
    fail_clear(&f);
    AUTO(profile_freep) struct profile *only = NULL;
    ok(profile_load(dir, NULL, &only, &f) == OK && strcmp(only->person, AMY) == 0 &&
           strcmp(only->kid, amy->kid) == 0 && strcmp(only->card->url, alder->url) == 0,
       "the only one need not be named: %s", f.what);
    AUTO(profile_freep) struct profile *again = world_profile(dir, AMY, alder);
    ok(strcmp(again->kid, amy->kid) != 0, "who enrols again has a new key");
    AUTO(profile_freep) struct profile *ben = world_profile(dir, BEN, alder);
    is_str(ben->person, BEN, "another person on this machine");
    ok(profile_load(dir, NULL, &got, &f) == E_USAGE && strstr(f.what, "--as"), "of two one is named: %s",
       f.what);
    fail_clear(&f);
    ok(profile_load(dir, "eve@alder.example", &got, &f) == E_USAGE, "no profile: %s", f.what);
    fail_clear(&f);
    ok(profile_load(dir, "../" AMY, &got, &f) == E_USAGE, "no person: %s", f.what);
    fail_clear(&f);
    AUTO(key_freep) struct key *stray = NULL;
    world_must(profile_make_key(dir, BYTES(NULL, 0), &stray, &f), &f);
    ok(profile_enrolled(dir, AMY, bytes_str(birch->card_text), stray, &f) == E_CONFLICT,
       "no node replaces the profile from another: %s", f.what);
    fail_clear(&f);
    AUTO(profile_freep) struct profile *still = NULL;
    ok(profile_load(dir, AMY, &still, &f) == OK && strcmp(still->card->domain, "alder.example") == 0,
       "it is as it was: %s", f.what);
    ok(profile_enrolled(dir, "../../eve@alder.example", bytes_str(alder->card_text), stray, &f) == E_INVALID,
       "and under a name that is one: %s", f.what);
}

/* A key under a passphrase: closed when the profile is read, opened by nothing else. */
static void locked(const char *dir, const struct org *alder)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *key = NULL;
    AUTO(profile_freep) struct profile *lea = NULL, *again = NULL, *plain = NULL;
    world_must(profile_make_key(dir, bytes_str("first"), &key, &f), &f);
    world_must(profile_enrolled(dir, "lea@alder.example", bytes_str(alder->card_text), key, &f), &f);
    ok(profile_load(dir, "lea@alder.example", &lea, &f) == OK && !lea->key && lea->card,
       "read, and closed: %s", f.what);
    ok(profile_unlock(lea, bytes_str("second"), &f) == E_UNAUTHENTICATED && !lea->key,
       "another passphrase: %s", f.what);
    fail_clear(&f);
    ok(profile_unlock(lea, bytes_str("first"), &f) == OK && lea->key && strlen(lea->kid) == 43, "opened: %s",
       f.what);
    ok(profile_lock(lea, bytes_str("second"), &f) == OK && mode_of(lea->dir, "key.pem") == 0600 &&
           profile_load(dir, "lea@alder.example", &again, &f) == OK && !again->key &&
           profile_unlock(again, bytes_str("second"), &f) == OK && strcmp(again->kid, lea->kid) == 0,
       "under another: %s", f.what);
    ok(profile_lock(again, BYTES(NULL, 0), &f) == OK &&
           profile_load(dir, "lea@alder.example", &plain, &f) == OK && plain->key &&
           strcmp(plain->kid, lea->kid) == 0,
       "and under none: %s", f.what);
}

static void damage(const char *dir)
{
    static const struct {
        const char *file, *text;
    } rows[] = {
        { "profile.json", "" },
        { "profile.json", "{}" },
        { "profile.json", "{\"person\":\"ben@alder.example\",\"card\":\"x\"}" },
        { "key.pem", "" },
        { "key.pem", "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        struct profile *got = NULL;
        AUTO(str_freep) char *path = str_format("%s/%s/%s", dir, AMY, rows[i].file);
        AUTO(buf_freep) struct buf *was = buf_new(100000);
        world_must(file_read(path, was, &f), &f);
        world_must(file_write(path, bytes_str(rows[i].text), 0600, &f), &f);
        enum err e = profile_load(dir, AMY, &got, &f);
        ok(e == E_INVALID || e == E_UNVERIFIED, "%s damaged (%zu): %s", rows[i].file, i, f.what);
        fail_clear(&f);
        world_must(file_write(path, bytes_of(was), 0600, &f), &f);
    }
}

/* ben's files in amy's folder: somebody else's card and key under her name. */
static void swapped(const char *dir)
{
    struct fail f = { 0 };
    struct profile *got = NULL;
    AUTO(str_freep) char *from = str_format("%s/%s", dir, BEN);
    AUTO(str_freep) char *to = str_format("%s/zoe@alder.example", dir);
    ok(rename(from, to) == 0 && profile_load(dir, "zoe@alder.example", &got, &f) == E_INVALID,
       "a folder renamed is another person's: %s", f.what);
    ok(rename(to, from) == 0, "renamed back");
}

static struct card *card_of(char *text)
{
    struct fail f = { 0 };
    struct card *card = NULL;
    world_must(card_read(bytes_str(text), &card, &f), &f);
    mem_freep(&text);
    return card;
}

static void cards(const char *dir, const struct org *alder)
{
    struct fail f = { 0 };
    AUTO(profile_freep) struct profile *amy = NULL;
    AUTO(profile_freep) struct profile *later = NULL;
    AUTO(key_freep) struct key *other = NULL;
    char digest[44];
    world_must(profile_load(dir, AMY, &amy, &f), &f);
    world_must(key_make(KEY_P256, &other, &f), &f);
    statement_digest_text(amy->card->digest, digest);
    ok(profile_take_card(amy, card_of(org_card(alder, 1, "", alder->card_key, pin)), &f) == OK &&
           amy->card->serial == 1,
       "the same serial changes nothing: %s", f.what);
    ok(profile_take_card(amy, card_of(org_card(alder, 5, "", alder->card_key, pin)), &f) == OK &&
           amy->card->serial == 5,
       "a later one by the same card key is kept: %s", f.what);
    ok(profile_take_card(amy, card_of(org_card(alder, 4, "", alder->card_key, pin)), &f) == OK &&
           amy->card->serial == 5,
       "an older one is not");
    ok(profile_take_card(amy, card_of(org_card(alder, 6, digest, other, pin)), &f) == E_REFUSED &&
           amy->card->serial == 5,
       "another card key is for people to look at: %s", f.what);
    struct org evil = *alder;
    evil.domain = "birch.example";
    ok(note_key_make("birch.example/orcon/1", NOTE_ED25519, alder->log.pk, &evil.log, &f) == OK,
       "a log of that name");
    fail_clear(&f);
    ok(profile_take_card(amy, card_of(org_card(&evil, 7, "", alder->card_key, pin)), &f) == E_REFUSED &&
           amy->card->serial == 5,
       "another organisation's card is refused: %s", f.what);
    ok(profile_load(dir, AMY, &later, NULL) == OK && later->card->serial == 5, "it was written");
}

static void keeping(const char *dir)
{
    struct fail f = { 0 };
    AUTO(profile_freep) struct profile *amy = NULL;
    world_must(profile_load(dir, AMY, &amy, &f), &f);
    ok(!profile_has(amy, "x.receipt") && profile_keep(amy, "x.receipt", bytes_str("1"), &f) == OK &&
           profile_has(amy, "x.receipt") && mode_of(amy->dir, "held/x.receipt") == 0600,
       "kept in held/: %s", f.what);
}

/* An act is what the node will check: its signer, its kind, its time. */
static void acts(const char *dir)
{
    struct fail f = { 0 };
    AUTO(profile_freep) struct profile *amy = NULL;
    AUTO(profile_freep) struct profile *ben = NULL;
    AUTO(act_freep) struct act *act = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    world_must(profile_load(dir, AMY, &amy, &f), &f);
    world_must(profile_load(dir, BEN, &ben, &f), &f);
    json_t *body = json_object();
    json_set_str(body, "reason", "joint operation");
    struct statement_making m = { .kind = "request",
                                  .report = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6",
                                  .portions = json_pack("[s]", "a81d4fae-7dec-41d0-a765-00a0c91e6bf6"),
                                  .body = body };
    ok(act_sign(amy, m, id, jws, &f) == OK && act_read(bytes_of(jws), JOSE_MAX_SMALL, &act, &f) == OK,
       "an act is signed, and reads: %s", f.what);
    ok(act && strcmp(act->kind, "request") == 0 && strcmp(act->by, AMY) == 0 &&
           strcmp(act->org, "alder.example") == 0 && strcmp(act->id, id) == 0 && strcmp(act->ref, "") == 0 &&
           statement_names(act->portions, "a81d4fae-7dec-41d0-a765-00a0c91e6bf6"),
       "it says who, what, about what");
    ok(act && strcmp(act->jose->kid, amy->kid) == 0 && act_verify(act, amy->key, NULL) == OK &&
           act_verify(act, ben->key, NULL) == E_UNVERIFIED,
       "signed by the device key and no other");
}

int main(void)
{
    struct fail f = { 0 };
    struct org alder, birch;
    char *dir = world_folder();
    world_must(crypto_start(&f), &f);
    org_make(&alder, "alder.example", "https://alder.example:7700", pin);
    org_make(&birch, "birch.example", "https://birch.example:7700", pin);
    enrolling(dir, &alder, &birch);
    locked(dir, &alder);
    damage(dir);
    swapped(dir);
    acts(dir);
    cards(dir, &alder);
    keeping(dir);
    org_clear(&alder);
    org_clear(&birch);
    world_remove(dir);
    return tap_done();
}
