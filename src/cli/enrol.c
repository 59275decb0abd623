/* SPDX-License-Identifier: Apache-2.0
 * enrol: a key for this person on this machine, made known to his node by the one-time URL. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/enrolment.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/passphrase.h"
#include "cli/verbs.h"
#include "client/session.h"
#include "ledger/possession.h"

static enum err words_of(const struct key *key, char out[static WORDS_SIZE], struct fail *f)
{
    AUTO(buf_freep) struct buf *spki = buf_new(512);
    uint8_t sha[HASH_LEN];
    TRY(key_write_spki(key, spki, f));
    hash_sha256(bytes_of(spki), sha);
    words_print(sha, out);
    return OK;
}

/* The secret, and proof that whoever sends it holds the key. */
static enum err enrolment_body(const struct enrolment *e, const char *domain, const struct key *key,
                               json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    uint8_t sha[HASH_LEN];
    char text[44];
    hash_sha256(BYTES(e->secret, sizeof e->secret), sha);
    TRY(possession_make(key, domain, sha, time_now_ms(), jws, f));
    statement_digest_text(e->secret, text);
    json_t *body = json_object();
    json_set_str(body, "secret", text);
    json_set_str(body, "proof", buf_text(jws));
    wipe(text, sizeof text);
    *out = body;
    return OK;
}

static enum err post(const struct enrolment *e, const struct card *card, const struct key *key, json_t **out,
                     struct fail *f)
{
    json_t *body = NULL;
    TRY(enrolment_body(e, card->domain, key, &body, f));
    return session_enrol(card, body, out, f);
}

static enum err enrol(const struct cli *c, const struct enrolment *e, struct bytes passphrase,
                      char check[static WORDS_SIZE], json_t **out, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    AUTO(key_freep) struct key *key = NULL;
    const char *person;
    TRY(session_first(e->url, e->card_key_sha, &card, f));
    TRY(profile_make_key(c->profiles, passphrase, &key, f));
    enum err err = words_of(key, check, f);
    if (err == OK)
        err = post(e, card, key, out, f);
    if (err != OK) {
        profile_drop_key(c->profiles, key);
        return err;
    }
    TRY(json_need_str(*out, "person", "enrolment answer", &person, f));
    if (c->as && strcmp(c->as, person) != 0)
        cli_print(stderr, "orcon enrol: the URL is for %s, not for %s\n", person, c->as);
    return profile_enrolled(c->profiles, person, bytes_str(card->jose->text), key, f);
}

static void say(const json_t *answer, const char *check)
{
    const json_t *pending = json_object_get(answer, "pending");
    const char *person = home_str(answer, "person");
    cli_print(stdout, "%s is enrolled; the key stays on this machine.\nIts words: %s\n", person, check);
    if (json_array_size(pending) == 0) {
        cli_print(stdout, "Next: orcon --as %s list\n", person);
        return;
    }
    cli_print(stdout, "Read them to the admin: until he confirms them, these roles wait:");
    for (size_t i = 0; i < json_array_size(pending); i++)
        cli_print(stdout, " %s", json_string_value(json_array_get(pending, i)));
    cli_print(stdout, ".\nThe admin's command: orcon person confirm %s '%s'\n", person, check);
}

enum err verb_enrol(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(enrolment_clear) struct enrolment e = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(buf_freep) struct buf *text = buf_new_secret(KEY_PASSPHRASE_MAX);
    char check[WORDS_SIZE];
    bool locked = false;
    const struct cli_option options[] = { { "passphrase", 0, NULL, &locked } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "URL|-", f));
    TRY(crypto_start(f));
    TRY(enrolment_read(argv[0], &e, f));
    if (locked)
        TRY(passphrase_new(c, text, f));
    TRY(enrol(c, &e, bytes_of(text), check, &answer, f));
    if (c->json) {
        json_t *out = json_object();
        json_set_str(out, "person", home_str(answer, "person"));
        json_set_str(out, "check", check);
        json_set_take(out, "roles", mine_copy(answer, "roles"));
        json_set_take(out, "pending", mine_copy(answer, "pending"));
        cli_json(out);
    } else {
        say(answer, check);
    }
    return OK;
}
