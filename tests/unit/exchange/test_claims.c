/* SPDX-License-Identifier: Apache-2.0 - whose key it is that two homes name as one of their people's: what birch and cedar say of
 * keys, judged by alder */
#include <stdio.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/cards.h"
#include "store/item.h"
#include "store/person.h"
#include "store/statement.h"
#include "store/store.h"

#define AMY "amy@alder.example"
#define BOB "bob@birch.example"
#define MAX "max@cedar.example"
#define MEL "mel@cedar.example"

enum shown { NOTHING, OWN, OTHER_HOME, NO_HOME, OTHER_KEY, ALTERED, CUT, NUMBER_SHOWN };

/* One after the other; ${key}: a fresh one for each number. Then whose it is at alder, and how many alerts more are there. */
static const struct row {
    const char *what;
    unsigned key;
    const char *person, *state;
    enum shown shown;
    enum err err;
    enum reason reason;
    const char *whose;
    bool revoked;
    unsigned alerts;
} rows[] = {
    { "cedar names a key that it has read somewhere", 0, MAX, "active", NOTHING, OK, 0, MAX, false, 0 },
    { "whose it is only says so", 0, BOB, "active", NOTHING, E_CONFLICT, REASON_KEY_TAKEN, MAX, false, 1 },
    { "and again", 0, BOB, "active", NOTHING, E_CONFLICT, REASON_KEY_TAKEN, MAX, false, 0 },
    { "with a proof for another home", 0, BOB, "active", OTHER_HOME, E_REFUSED, REASON_KEY_PROOF, MAX, false,
      0 },
    { "with one for no home", 0, BOB, "active", NO_HOME, E_REFUSED, REASON_KEY_PROOF, MAX, false, 0 },
    { "with one of another key", 0, BOB, "active", OTHER_KEY, E_REFUSED, REASON_KEY_PROOF, MAX, false, 0 },
    { "with one that was altered", 0, BOB, "active", ALTERED, E_REFUSED, REASON_KEY_PROOF, MAX, false, 0 },
    { "with half of one", 0, BOB, "active", CUT, E_INVALID, 0, MAX, false, 0 },
    { "with a number", 0, BOB, "active", NUMBER_SHOWN, E_INVALID, 0, MAX, false, 0 },
    { "with its own", 0, BOB, "active", OWN, OK, 0, BOB, false, 1 },
    { "cedar only says so again", 0, MAX, "active", NOTHING, E_CONFLICT, REASON_KEY_TAKEN, BOB, false, 0 },
    { "cedar shows birch's proof", 0, MAX, "active", OTHER_HOME, E_REFUSED, REASON_KEY_PROOF, BOB, false, 0 },
    { "cedar ends it", 0, MAX, "revoked", NOTHING, E_CONFLICT, REASON_KEY_TAKEN, BOB, false, 0 },
    { "two proofs: the first stays", 0, MAX, "active", OWN, E_CONFLICT, REASON_KEY_TAKEN, BOB, false, 0 },
    { "birch names it again, without", 0, BOB, "active", NOTHING, OK, 0, BOB, false, 0 },
    { "which takes no proof away", 0, MAX, "active", OWN, E_CONFLICT, REASON_KEY_TAKEN, BOB, false, 0 },
    { "birch ends it", 0, BOB, "revoked", OWN, OK, 0, BOB, true, 0 },
    { "which is for good", 0, BOB, "active", OWN, OK, 0, BOB, true, 0 },

    { "birch only says so, and is first", 1, BOB, "active", NOTHING, OK, 0, BOB, false, 0 },
    { "so does cedar", 1, MAX, "active", NOTHING, E_CONFLICT, REASON_KEY_TAKEN, BOB, false, 1 },
    { "and then birch has a proof", 1, BOB, "active", OWN, OK, 0, BOB, false, 0 },
    { "too late for cedar's", 1, MAX, "active", OWN, E_CONFLICT, REASON_KEY_TAKEN, BOB, false, 0 },

    { "cedar ends a key of birch's before birch has named it", 2, MAX, "revoked", NOTHING, OK, 0, MAX, true,
      0 },
    { "it is no end of birch's", 2, BOB, "active", OWN, OK, 0, BOB, false, 1 },

    { "one of cedar's", 3, MAX, "active", NOTHING, OK, 0, MAX, false, 0 },
    { "is not another one's", 3, MEL, "active", OWN, E_CONFLICT, REASON_KEY_TAKEN, MAX, false, 1 },
    { "but gets its proof", 3, MAX, "active", OWN, OK, 0, MAX, false, 0 },

    { "one of ours", 4, MAX, "active", OWN, E_CONFLICT, REASON_KEY_TAKEN, AMY, false, 1 },
    { "one of ours, ended", 4, BOB, "revoked", NOTHING, E_CONFLICT, REASON_KEY_TAKEN, AMY, false, 0 },
};

static struct node *alder, *birch, *cedar;

static void trust(struct node *who, struct node *whom)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    ok(cards_get(whom, whom->conf.domain, &own, &f) == OK &&
           cards_take(who, bytes_str(own.card->jose->text), true, true, domain, &f) == OK,
       "%s has the card of %s %s", who->conf.domain, whom->conf.domain, f.what);
}

/* ${body} is taken over. */
static enum err send(struct node *from, json_t *body, struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(str_freep) char *by = str_format("@%s", from->conf.domain);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    struct statement_making m = { .kind = "person-key",
                                  .id = id,
                                  .iss = from->conf.domain,
                                  .by = by,
                                  .body = body,
                                  .at_ms = from->now_ms() };
    TRY(acts_statement(from, m, &jws, digest, f));
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

/* A proof by ${key} without `aud`, as clients of other makers may make it. */
static void prove_to_nobody(const struct key *key, struct buf *out)
{
    AUTO(json_freep) json_t *payload = json_object();
    struct fail f = { 0 };
    json_set_u64(payload, "v", 1);
    json_set_str(payload, "secret_sha", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    json_set_take(payload, "jwk", key_jwk(key));
    json_set_str(payload, "at", "2026-01-01T00:00:00.000Z");
    ok(jose_sign(key, NULL, "orcon-enrol+jws", payload, out, &f) == OK, "a proof for no home %s", f.what);
}

/* Another digit in the signature. */
static void alter(struct buf *jws)
{
    char *at = strrchr((char *)jws->data, '.') + 20;
    *at = *at == 'A' ? 'B' : 'A';
}

static json_t *proof_of(enum shown shown, const struct key *key, const struct key *other, const char *home)
{
    static const uint8_t secret_sha[HASH_LEN] = { 1 };
    AUTO(buf_freep) struct buf *proof = buf_new(JOSE_MAX_SMALL);
    struct fail f = { 0 };
    const char *elsewhere = strcmp(home, "birch.example") == 0 ? "cedar.example" : "birch.example";
    if (shown == NUMBER_SHOWN)
        return json_integer(1);
    if (shown == NO_HOME)
        prove_to_nobody(key, proof);
    else if (possession_make(shown == OTHER_KEY ? other : key, shown == OTHER_HOME ? elsewhere : home,
                             secret_sha, test_now(), proof, &f) != OK)
        ok(false, "a proof: %s", f.what);
    if (shown == ALTERED)
        alter(proof);
    AUTO(str_freep) char *text = str_dup(buf_text(proof));
    if (shown == CUT)
        text[proof->len / 2] = '\0';
    return json_string(text);
}

static json_t *claim(const struct row *r, const struct key *key, const struct key *other)
{
    char thumbprint[THUMBPRINT_SIZE];
    if (key_thumbprint(key, thumbprint, NULL) != OK)
        ok(false, "a thumbprint");
    json_t *body = json_pack("{s:s,s:s,s:o,s:[s],s:s}", "person", r->person, "thumbprint", thumbprint, "jwk",
                             key_jwk(key), "roles", "reader", "state", r->state);
    if (r->shown != NOTHING)
        json_set_take(body, "proof", proof_of(r->shown, key, other, name_domain_of(r->person)));
    return body;
}

static enum err count_alert(const struct item_row *row, void *ctx, struct fail *f)
{
    (void)f;
    *(unsigned *)ctx += strcmp(row->kind, "alert") == 0;
    return OK;
}

static unsigned alerts(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *officers[] = { "officer" };
    unsigned count = 0;
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK &&
           store_item_list(db, officers, 1, true, 0, 100, count_alert, &count, &f) == OK,
       "alerts: %s", f.what);
    return count;
}

static void is_his(const struct row *r, const struct key *key)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_device_clear) struct device_row device = { 0 };
    char thumbprint[THUMBPRINT_SIZE];
    struct fail f = { 0 };
    ok(key_thumbprint(key, thumbprint, &f) == OK && store_read_begin(alder->store, &db, &f) == OK &&
           store_device_get(db, thumbprint, &device, &f) == OK && strcmp(device.person, r->whose) == 0 &&
           (device.state == DEVICE_REVOKED) == r->revoked,
       "%s: it is of %s, %s %s", r->what, device.person ? device.person : "nobody",
       device_state_name(device.state), f.what);
    AUTO(key_freep) struct key *got = NULL;
    bool good = auth_device(alder, r->whose, thumbprint, &got, &f) == OK;
    ok(good == !r->revoked, "%s: and signs for him %s", r->what, f.what);
}

static void claims(const struct key *amy)
{
    AUTO(key_freep) struct key *key = NULL;
    AUTO(key_freep) struct key *other = NULL;
    struct fail f = { 0 };
    unsigned at = UINT32_MAX;
    ok(key_make(KEY_P256, &other, &f) == OK, "another key %s", f.what);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        const struct key *his = strcmp(r->whose, AMY) == 0 ? amy : key;
        if (his == key && r->key != at) {
            key_freep(&key);
            ok(key_make(KEY_P256, &key, &f) == OK, "a key %s", f.what);
            his = key;
            at = r->key;
        }
        test_clock_ms++;
        unsigned before = alerts();
        struct fail why = { 0 };
        enum err e = send(strcmp(name_domain_of(r->person), "birch.example") == 0 ? birch : cedar,
                          claim(r, his, other), &why);
        ok(e == r->err && why.reason == r->reason, "%s: %s", r->what, why.what);
        ok(!strstr(why.what, r->whose) || strcmp(r->whose, r->person) == 0, "%s: without saying whose it is",
           r->what);
        unsigned more = alerts() - before;
        ok(more == r->alerts, "%s: %u alerts", r->what, more);
        is_his(r, his);
    }
}

/* What birch says of its own ------------------------------------------------------------------------------------- */

struct last {
    char *jws;
    unsigned count;
};

static enum err note_last(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct last *l = ctx;
    (void)f;
    mem_freep(&l->jws);
    l->jws = str_dup(row->jws);
    l->count++;
    return OK;
}

/* The newest person-key statement of birch's; caller frees. */
static struct statement *newest(unsigned *count)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct statement *s = NULL;
    struct last l = { 0 };
    struct fail f = { 0 };
    ok(store_read_begin(birch->store, &db, &f) == OK &&
           store_statement_list_kind(db, "person-key", 0, 1000, note_last, &l, &f) == OK && l.jws &&
           statement_read(bytes_str(l.jws), JOSE_MAX_SMALL, &s, &f) == OK,
       "birch's word: %s", f.what);
    mem_freep(&l.jws);
    *count = l.count;
    return s;
}

static void says(const char *what, const char *state, const struct key *key, unsigned want)
{
    unsigned count;
    AUTO(statement_freep) struct statement *s = newest(&count);
    char thumbprint[THUMBPRINT_SIZE];
    struct fail f = { 0 };
    if (!s || key_thumbprint(key, thumbprint, &f) != OK)
        return;
    const char *proof = json_string_value(json_object_get(s->body, "proof"));
    const char *is = json_string_value(json_object_get(s->body, "state"));
    ok(count == want && strcmp(is, state) == 0 && proof &&
           possession_check(bytes_str(proof), thumbprint, "birch.example", &f) == OK,
       "%s: %u statements, %s, with its proof %s", what, count, is, f.what);
    ok(proof && possession_check(bytes_str(proof), thumbprint, "cedar.example", &f) == E_REFUSED,
       "%s: which is none for cedar: %s", what, f.what);
}

/* Enrols at birch with a proof for ${home}, NULL: for none. */
static enum err enrol_for(const char *home, const char *person, const struct key *key, struct fail *f)
{
    AUTO(str_freep) char *url = NULL;
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    AUTO(json_freep) json_t *body = json_object();
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *payload = json_object();
    uint8_t secret[32], sha[HASH_LEN];
    char at[TIME_TEXT_SIZE], sha_text[44];
    TRY(people_add(birch, person, "reader", NULL, NULL, &url, f));
    const char *hash = strchr(url, '#') + 1;
    AUTO(str_freep) char *text = mem_dup(hash, strcspn(hash, "."));
    if (!b64_read_exact(B64_URL, bytes_str(text), secret, sizeof secret))
        return E_INVALID;
    hash_sha256(BYTES(secret, sizeof secret), sha);
    statement_digest_text(sha, sha_text);
    time_print(birch->now_ms(), at);
    if (home) {
        TRY(possession_make(key, home, sha, birch->now_ms(), proof, f));
    } else {
        json_set_u64(payload, "v", 1);
        json_set_str(payload, "secret_sha", sha_text);
        json_set_take(payload, "jwk", key_jwk(key));
        json_set_str(payload, "at", at);
        TRY(jose_sign(key, NULL, "orcon-enrol+jws", payload, proof, f));
    }
    json_set_str(body, "secret", text);
    json_set_str(body, "proof", buf_text(proof));
    return people_enrol(birch, body, &answer, f);
}

static void own_word(void)
{
    struct fail f = { 0 };
    unsigned count;
    AUTO(key_freep) struct key *ben = home_person(birch, "ben@birch.example", "reader,officer");
    AUTO(key_freep) struct key *second = NULL;
    AUTO(str_freep) char *url = NULL;
    char thumbprint[THUMBPRINT_SIZE];
    says("confirmed", "active", ben, 2);
    test_clock_ms++;
    ok(people_add(birch, "ben@birch.example", NULL, NULL, NULL, &url, &f) == OK &&
           home_enrol(birch, url, &second, NULL, &f) == OK,
       "a second device %s", f.what);
    says("a second device", "active", second, 3);
    test_clock_ms++;
    ok(key_thumbprint(ben, thumbprint, &f) == OK &&
           people_suspend(birch, "ben@birch.example", thumbprint, &f) == OK,
       "the first one ends %s", f.what);
    says("ended", "revoked", ben, 4);
    test_clock_ms++;
    AUTO(key_freep) struct key *old = NULL;
    ok(key_make(KEY_P256, &old, &f) == OK &&
           enrol_for("cedar.example", "pat@birch.example", old, &f) == E_UNAUTHENTICATED &&
           f.reason == REASON_PROOF,
       "a proof made for cedar enrols nobody at birch: %s", f.what);
    fail_clear(&f);
    ok(enrol_for(NULL, "pat@birch.example", old, &f) == OK, "one for no home does %s", f.what);
    AUTO(statement_freep) struct statement *s = newest(&count);
    ok(s && count == 5 && !json_object_get(s->body, "proof"), "but is shown to nobody");
}

int main(void)
{
    char dir[] = "/tmp/orcon-claims-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    alder = home_make(dir, "alder.example");
    birch = home_make(dir, "birch.example");
    cedar = home_make(dir, "cedar.example");
    trust(alder, birch);
    trust(alder, cedar);
    AUTO(key_freep) struct key *amy = home_person(alder, AMY, "reader");
    claims(amy);
    own_word();
    struct node *nodes[] = { alder, birch, cedar };
    for (size_t i = 0; i < COUNT(nodes); i++)
        node_close(nodes[i]);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
