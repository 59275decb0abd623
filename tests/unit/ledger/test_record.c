/* SPDX-License-Identifier: Apache-2.0 - cards, statements and acts: what is taken, and every member that can
 * be wrong */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/jws_maker.h"
#include "ledger/card.h"
#include "ledger/statement.h"
#include "tap.h"

static struct key *card_secret, *statement_secret, *token_secret, *kas_secret, *other;

/* The claims of a good card, to be bent. */
static json_t *card_claims(uint64_t serial, const char *prev)
{
    struct fail f = { 0 };
    json_t *out = NULL;
    uint8_t pins[1][HASH_LEN] = { { 1, 2, 3 } };
    struct card_key keys[] = { { .use = "card", .key = card_secret, .nbf_s = 1 },
                               { .use = "statement", .key = statement_secret, .nbf_s = 1 },
                               { .use = "token", .key = token_secret, .nbf_s = 1 },
                               { .use = "kas", .key = kas_secret, .nbf_s = 1 } };
    const char *logs[] = { "alder.example/orcon/1+00000000+AAAA" };
    struct card_making m = { .domain = "alder.example",
                             .name = "Alder",
                             .url = "https://alder.example:7700",
                             .prev = prev,
                             .serial = serial,
                             .pins = (const uint8_t(*)[HASH_LEN])pins,
                             .pin_count = 1,
                             .keys = keys,
                             .key_count = COUNT(keys),
                             .logs = logs,
                             .log_count = 1,
                             .witness = "w",
                             .monitor = "m" };
    if (card_payload(&m, &out, &f) != OK)
        ok(false, "claims: %s", f.what);
    return out;
}

static enum err read_signed(const json_t *claims, const struct key *signer, const char *typ,
                            struct card **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *jws = buf_new(CARD_MAX);
    TRY(jose_sign(signer, NULL, typ, claims, jws, f));
    return card_read(bytes_of(jws), out, f);
}

static void bent_cards(void)
{
    static const struct {
        const char *name, *member;
        const char *json; /* the new value; NULL: left out */
    } rows[] = {
        { "an unknown version", "v", "2" },
        { "no domain", "domain", NULL },
        { "a domain in capitals", "domain", "\"Alder.example\"" },
        { "a negative serial", "serial", "-1" },
        { "a prev that is no digest", "prev", "\"abc\"" },
        { "a URL without TLS", "url", "\"http://alder.example\"" },
        { "a URL with a slash at its end", "url", "\"https://alder.example/\"" },
        { "a URL with a query", "url", "\"https://alder.example?x\"" },
        { "no pin", "tls_pins", "[]" },
        { "a pin that is too short", "tls_pins", "[\"AAAA\"]" },
        { "five pins", "tls_pins", "[\"\",\"\",\"\",\"\",\"\"]" },
        { "no key", "keys", "[]" },
        { "keys that are none", "keys", "[1]" },
        { "a log that is no text", "logs", "[1]" },
        { "no logs", "logs", NULL },
        { "logs without the first", "logs", "[\"alder.example/orcon/2+00000000+AAAA\"]" },
        { "a generation skipped", "logs",
          "[\"alder.example/orcon/1+00000000+AAAA\",\"alder.example/orcon/3+00000000+AAAA\"]" },
        { "two keys of one log", "logs",
          "[\"alder.example/orcon/1+00000000+AAAA\",\"alder.example/orcon/1+00000001+AAAA\"]" },
        { "another's log", "logs", "[\"birch.example/orcon/1+00000000+AAAA\"]" },
        { "no witness", "witness", NULL },
        { "no issuer", "issuer", NULL },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(card_freep) struct card *c = NULL;
        AUTO(json_freep) json_t *claims = card_claims(1, "");
        if (rows[i].json)
            json_object_set_new(claims, rows[i].member, json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
        else
            json_object_del(claims, rows[i].member);
        ok(read_signed(claims, card_secret, CARD_TYP, &c, &f) == E_INVALID && !c, "%s: %s", rows[i].name,
           f.what);
    }
}

/* One member of the first key, bent. */
static void bent_keys(void)
{
    static const struct {
        const char *name, *member, *json;
    } rows[] = {
        { "an unknown use", "use", "\"sign\"" },
        { "an unknown alg", "alg", "\"none\"" },
        { "a kid that is not the thumbprint", "kid", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" },
        { "a key with its private half", "d", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"" },
        { "no nbf", "nbf", "null" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(card_freep) struct card *c = NULL;
        AUTO(json_freep) json_t *claims = card_claims(1, "");
        json_t *key = json_array_get(json_object_get(claims, "keys"), 0);
        json_object_set_new(strcmp(rows[i].member, "d") == 0 ? json_object_get(key, "jwk") : key,
                            rows[i].member, json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
        ok(read_signed(claims, card_secret, CARD_TYP, &c, &f) == E_INVALID, "%s: %s", rows[i].name, f.what);
    }
}

static void cards(void)
{
    struct fail f = { 0 };
    AUTO(card_freep) struct card *first = NULL;
    AUTO(card_freep) struct card *second = NULL;
    AUTO(card_freep) struct card *bad = NULL;
    AUTO(json_freep) json_t *claims = card_claims(1, "");
    char digest[44], words[WORDS_SIZE];
    if (!ok(read_signed(claims, card_secret, CARD_TYP, &first, &f) == OK, "a card: %s", f.what))
        return;
    is_str(first->domain, "alder.example", "its domain");
    card_words(first, words);
    ok(strlen(words) > 20, "its words: %s", words);
    ok(card_key(first, "statement", NULL) && !card_key(first, "log", NULL) && !card_key(first, "kas", "x"),
       "keys by use");
    ok(read_signed(claims, other, CARD_TYP, &bad, &f) == E_UNVERIFIED, "signed by a stranger: %s", f.what);
    fail_clear(&f);
    ok(read_signed(claims, statement_secret, CARD_TYP, &bad, &f) == E_UNVERIFIED,
       "by its own statement key: %s", f.what);
    fail_clear(&f);
    ok(read_signed(claims, card_secret, STATEMENT_TYP, &bad, &f) == E_UNVERIFIED, "under another typ: %s",
       f.what);
    fail_clear(&f);
    statement_digest_text(first->digest, digest);
    AUTO(json_freep) json_t *next = card_claims(2, digest);
    ok(read_signed(next, card_secret, CARD_TYP, &second, &f) == OK && card_succeeds(first, second, &f) == OK,
       "the next card succeeds: %s", f.what);
    ok(card_succeeds(second, first, &f) == E_REFUSED, "an older one does not: %s", f.what);
    fail_clear(&f);
    AUTO(card_freep) struct card *unchained = NULL;
    AUTO(json_freep) json_t *loose = card_claims(3, "");
    ok(read_signed(loose, card_secret, CARD_TYP, &unchained, &f) == OK &&
           card_succeeds(first, unchained, &f) == E_REFUSED,
       "nor one that does not name the one before: %s", f.what);
    fail_clear(&f);
    AUTO(card_freep) struct card *rewritten = NULL;
    AUTO(json_freep) json_t *forked = card_claims(2, digest);
    json_object_set_new(forked, "logs", json_pack("[s]", "alder.example/orcon/1+00000001+BBBB"));
    ok(read_signed(forked, card_secret, CARD_TYP, &rewritten, &f) == OK &&
           card_succeeds(first, rewritten, &f) == E_REFUSED && strstr(f.what, "alder.example/orcon/1"),
       "nor one with another key of a log: %s", f.what);
    fail_clear(&f);
    AUTO(card_freep) struct card *shorter = NULL;
    json_object_set_new(forked, "logs", json_array());
    ok(read_signed(forked, card_secret, CARD_TYP, &shorter, &f) == OK &&
           card_succeeds(first, shorter, &f) == E_REFUSED,
       "nor one that leaves a log out: %s", f.what);
    bent_cards();
    bent_keys();
}

#define ID "11111111-1111-4111-8111-111111111111"

static json_t *claims_of(bool act)
{
    struct statement_making m = { .kind = "request",
                                  .id = ID,
                                  .iss = "alder.example",
                                  .by = "amy@alder.example",
                                  .report = ID,
                                  .portions = json_pack("[s]", ID),
                                  .at_ms = 1772442000123,
                                  .aud = act ? NULL : json_pack("[s]", "birch.example") };
    return act ? act_payload(m) : statement_payload(m);
}

static void bent_statements(bool act)
{
    static const struct {
        const char *name, *member, *json;
        int only; /* 1: statements, 2: acts */
    } rows[] = {
        { "an unknown version", "v", "7", 0 },
        { "no kind", "kind", "null", 0 },
        { "an id that is no UUID", "id", "\"x\"", 0 },
        { "an id in capitals", "id", "\"AAAAAAAA-1111-4111-8111-111111111111\"", 0 },
        { "by nobody of theirs", "by", "\"@birch.example\"", 0 },
        { "by no name", "by", "\"amy\"", 0 },
        { "a time without zone", "at", "\"2026-03-02T09:00:00\"", 0 },
        { "a report that is no UUID", "report", "\"7k3q\"", 0 },
        { "a ref that is no UUID", "ref", "\"q-9f2\"", 0 },
        { "portions that are numbers", "portions", "[1]", 0 },
        { "portions that are no UUIDs", "portions", "[\"1\"]", 0 },
        { "a body that is a list", "body", "[]", 0 },
        { "an audience that is a text", "aud", "\"birch.example\"", 1 },
        { "an audience that is no domain", "aud", "[\"birch\"]", 1 },
        { "by an organisation", "by", "\"@alder.example\"", 2 },
        { "a fraction in the body", "body", "{\"terms\":[{\"weight\":1.5}]}", 0 },
        { "an integer written as a fraction", "body", "{\"n\":1.0}", 0 },
        { "an integer over 2^53", "body", "{\"n\":9007199254740993}", 0 },
        { "a fraction in a member that is not known", "later", "{\"lat\":51.5}", 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(json_freep) json_t *claims = claims_of(act);
        AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
        AUTO(statement_freep) struct statement *s = NULL;
        AUTO(act_freep) struct act *a = NULL;
        if (rows[i].only == (act ? 1 : 2))
            continue;
        json_object_set_new(claims, rows[i].member, json_loads(rows[i].json, JSON_DECODE_ANY, NULL));
        enum err e = jose_sign(statement_secret, NULL, act ? ACT_TYP : STATEMENT_TYP, claims, jws, &f);
        if (e == OK)
            e = act ? act_read(bytes_of(jws), JOSE_MAX_SMALL, &a, &f)
                    : statement_read(bytes_of(jws), JOSE_MAX_SMALL, &s, &f);
        ok(e == E_INVALID, "%s: %s: %s", act ? "act" : "statement", rows[i].name, f.what);
    }
}

static void statements(void)
{
    struct fail f = { 0 };
    AUTO(card_freep) struct card *card = NULL;
    AUTO(json_freep) json_t *card_json = card_claims(1, "");
    AUTO(json_freep) json_t *claims = claims_of(false);
    static const struct {
        const char *name;
        struct key **signer;
        const char *typ;
        enum err want;
    } rows[] = {
        { "by the statement key", &statement_secret, STATEMENT_TYP, OK },
        { "by the token key", &token_secret, STATEMENT_TYP, E_UNVERIFIED },
        { "by the card key", &card_secret, STATEMENT_TYP, E_UNVERIFIED },
        { "by a stranger", &other, STATEMENT_TYP, E_UNVERIFIED },
        { "as an act", &statement_secret, ACT_TYP, E_UNVERIFIED },
    };
    if (!ok(read_signed(card_json, card_secret, CARD_TYP, &card, &f) == OK, "a card: %s", f.what))
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
        AUTO(statement_freep) struct statement *s = NULL;
        fail_clear(&f);
        enum err e = jose_sign(*rows[i].signer, NULL, rows[i].typ, claims, jws, &f);
        if (e == OK)
            e = statement_read(bytes_of(jws), JOSE_MAX_SMALL, &s, &f);
        if (e == OK)
            e = statement_verify(s, card, &f);
        ok(e == rows[i].want, "a statement %s: %s", rows[i].name, f.what);
        if (e == OK)
            ok(statement_is_for(s, "birch.example") && !statement_is_for(s, "cedar.example") &&
                   statement_names(s->portions, ID) && s->at_ms == 1772442000123,
               "says what was put in");
    }
    card->keys[1].revoked_s = 5;
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    AUTO(statement_freep) struct statement *s = NULL;
    fail_clear(&f);
    ok(jose_sign(statement_secret, NULL, STATEMENT_TYP, claims, jws, &f) == OK &&
           statement_read(bytes_of(jws), JOSE_MAX_SMALL, &s, &f) == OK &&
           statement_verify(s, card, &f) == E_UNVERIFIED,
       "by a revoked key: %s", f.what);
    bent_statements(false);
    bent_statements(true);
}

/* As another maker may have written it, rightly signed: each number as it stands there. */
static void numbers(void)
{
    static const struct {
        const char *more, *says; /* NULL: taken */
    } rows[] = {
        { "\"later\":[9007199254740992,-1,0,true,null,\"-0 1.5\"]", NULL },
        { "\"later\":{\"n\":1e3}", "statement: 'later.n' is 1e3: " },
        { "\"later\":{\"n\":[0,-0]}", "statement: 'later.n[1]' is -0: " },
        { "\"later\":-9007199254740993", "statement: 'later' is -9007199254740993: " },
    };
    AUTO(json_freep) json_t *claims = claims_of(false);
    AUTO(str_freep) char *known = json_text(claims);
    char kid[THUMBPRINT_SIZE];
    struct fail f = { 0 };
    if (!ok(key_thumbprint(statement_secret, kid, &f) == OK, "a thumbprint"))
        return;
    AUTO(str_freep)
    char *header = str_format("{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}", STATEMENT_TYP, kid);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(str_freep) char *payload = str_format("%.*s,%s}", (int)strlen(known) - 1, known, rows[i].more);
        AUTO(str_freep) char *jws = jws_of(statement_secret, header, payload);
        AUTO(statement_freep) struct statement *s = NULL;
        fail_clear(&f);
        enum err e = statement_read(bytes_str(jws), JOSE_MAX_SMALL, &s, &f);
        if (rows[i].says)
            ok(e == E_INVALID && !s && strncmp(f.what, rows[i].says, strlen(rows[i].says)) == 0,
               "refused: %s", f.what);
        else
            ok(e == OK && json_object_get(s->jose->payload, "later"), "taken and kept: %s", rows[i].more);
    }
}

static void acts(void)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *claims = claims_of(true);
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    AUTO(act_freep) struct act *a = NULL;
    ok(jose_sign(other, NULL, ACT_TYP, claims, jws, &f) == OK &&
           act_read(bytes_of(jws), JOSE_MAX_SMALL, &a, &f) == OK && act_verify(a, other, &f) == OK,
       "an act by its key: %s", f.what);
    ok(act_verify(a, card_secret, &f) == E_UNVERIFIED, "by no other: %s", f.what);
}

int main(void)
{
    struct fail f = { 0 };
    struct key **keys[] = { &card_secret, &statement_secret, &token_secret, &kas_secret, &other };
    ok(crypto_start(&f) == OK, "crypto starts");
    for (size_t i = 0; i < COUNT(keys); i++)
        if (key_make(KEY_P256, keys[i], &f) != OK)
            return 1;
    cards();
    statements();
    numbers();
    acts();
    for (size_t i = 0; i < COUNT(keys); i++)
        key_free(*keys[i]);
    return tap_done();
}
