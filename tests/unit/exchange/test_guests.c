/* SPDX-License-Identifier: Apache-2.0 - who may vouch for a person of another domain: tokens and statements of
 * birch, judged by alder */
#include <stdio.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/guests.h"
#include "exchange/lists.h"
#include "store/person.h"
#include "store/store.h"

#define HTU "https://alder.example:7700/kas.AccessService/Rewrap"

static struct node *alder, *birch, *cedar;

static void trust(struct node *who, struct node *whom, bool confirmed)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    bool good = cards_get(whom, whom->conf.domain, &own, &f) == OK &&
                cards_take(who, bytes_str(own.card->jose->text), confirmed, true, domain, &f) == OK;
    ok(good, "%s has the card of %s %s", who->conf.domain, whom->conf.domain, f.what);
}

/* A statement of ${from}, taken by alder; ${body} is taken over. */
static enum err send(struct node *from, const char *kind, const char *by, json_t *body, struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    struct statement_making m = {
        .kind = kind, .id = id, .iss = from->conf.domain, .by = by, .body = body, .at_ms = from->now_ms()
    };
    TRY(acts_statement(from, m, &jws, digest, f));
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static void clients(struct node *from, const char *by, uint64_t version, const char *one)
{
    struct fail f = { 0 };
    json_t *body = json_pack("{s:s,s:s,s:I,s:[s]}", "owner", from->conf.domain, "name", "", "version",
                             (json_int_t)version, "members", one);
    ok(send(from, "clients", by, body, &f) == OK, "clients of %s: %s %s", from->conf.domain, one, f.what);
}

static json_t *key_body(const char *person, const struct key *key, const char *roles, const char *state)
{
    char thumbprint[THUMBPRINT_SIZE];
    if (key_thumbprint(key, thumbprint, NULL) != OK)
        ok(false, "a thumbprint");
    return json_pack("{s:s,s:s,s:o,s:[s],s:s}", "person", person, "thumbprint", thumbprint, "jwk",
                     key_jwk(key), "roles", roles, "state", state);
}

/* One row a step: what happens at alder, then who is vouched for. */
static enum reason vouched(const char *issuer, const char *person)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    uint64_t version;
    if (store_read_begin(alder->store, &db, &f) != OK)
        return REASON_COUNT;
    return guests_vouched(db, issuer, person, &version, &f) == OK ? REASON_NONE : f.reason;
}

static void table(const char *when, const enum reason want[5])
{
    static const char *const rows[5][2] = {
        { "birch.example", "bob@birch.example" }, { "birch.example", "gia@guest.example" },
        { "birch.example", "eve@other.example" }, { "birch.example", "amy@alder.example" },
        { "cedar.example", "gia@guest.example" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum reason got = vouched(rows[i][0], rows[i][1]);
        ok(got == want[i], "%s: %s for %s: '%s'", when, rows[i][0], rows[i][1], reason_code(got));
    }
}

/* A token of birch for gia, as alder takes it. */
static enum reason ask(const struct key *gia, const char *token, struct asker *who)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    AUTO(str_freep) char *authorization = str_format("DPoP %s", token);
    if (jose_make_dpop(gia, "POST", HTU, token, test_now(), proof, &f) != OK)
        return REASON_COUNT;
    enum err e = auth_check(alder, authorization, buf_text(proof), "POST", HTU, "alder.example", who, &f);
    return e == OK ? REASON_NONE : f.reason;
}

static void tokens(const struct key *gia, const char *token)
{
    struct asker who = { 0 };
    ok(ask(gia, token, &who) == REASON_NONE, "a token of her host is taken");
    ok(strcmp(who.person, "gia@guest.example") == 0 && strcmp(who.domain, "guest.example") == 0 &&
           strcmp(who.issuer, "birch.example") == 0 && !who.own,
       "she is %s, via %s", who.person, who.issuer);
}

static void statements(const struct key *gia, const struct key *other)
{
    static const struct {
        const char *what, *kind, *person, *state;
        int key; /* 0: none, 1: gia's, 2: another */
        enum err err;
        enum reason reason;
    } rows[] = {
        { "her key", "person-key", "gia@guest.example", "active", 1, OK, 0 },
        { "a stranger's key", "person-key", "eve@other.example", "active", 2, E_UNAUTHENTICATED,
          REASON_ISSUER },
        { "one of ours", "person-key", "amy@alder.example", "active", 2, E_UNAUTHENTICATED, REASON_ISSUER },
        { "her suspension", "person-state", "gia@guest.example", "suspended", 0, OK, 0 },
        { "a stranger's suspension", "person-state", "eve@other.example", "suspended", 0, E_UNAUTHENTICATED,
          REASON_ISSUER },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        json_t *body =
            rows[i].key
                ? key_body(rows[i].person, rows[i].key == 1 ? gia : other, "officer", rows[i].state)
                : json_pack("{s:s,s:s,s:[]}", "person", rows[i].person, "state", rows[i].state, "roles");
        enum err e = send(birch, rows[i].kind, "@birch.example", body, &f);
        ok(e == rows[i].err && f.reason == rows[i].reason, "%s: %s", rows[i].what, f.what);
    }
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_person_clear) struct person_row row = { 0 };
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK &&
           store_person_get(db, "gia@guest.example", &row, &f) == OK && row.state == PERSON_SUSPENDED &&
           strcmp(row.roles, "") == 0,
       "she is suspended, and no officer whatever was said: %s", f.what);
    ok(send(birch, "person-state", "@birch.example",
            json_pack("{s:s,s:s,s:[s]}", "person", "gia@guest.example", "state", "active", "roles", "reader"),
            &f) == OK,
       "until she is not %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-guests-XXXXXX";
    struct fail f = { 0 };
    AUTO(key_freep) struct key *other = NULL;
    if (!mkdtemp(dir))
        return 1;
    alder = home_make(dir, "alder.example");
    birch = home_make(dir, "birch.example");
    cedar = home_make(dir, "cedar.example");
    struct node *guest = home_make(dir, "guest.example");
    trust(alder, birch, true);
    trust(alder, cedar, true);
    table("no list", (enum reason[]){ 0, REASON_ISSUER, REASON_ISSUER, REASON_ISSUER, REASON_ISSUER });
    clients(birch, "@birch.example", 1, "guest.example");
    clients(cedar, "@cedar.example", 1, "guest.example");
    table("on two lists", (enum reason[]){ 0, 0, REASON_ISSUER, REASON_ISSUER, 0 });
    json_t *list = NULL;
    ok(lists_set(birch, LIST_CLIENTS, "", "guest.example", false, &list, &f) == OK, "at birch %s", f.what);
    json_decref(list);
    AUTO(str_freep) char *url = NULL;
    AUTO(key_freep) struct key *gia = NULL;
    ok(people_add(birch, "gia@guest.example", "reader", NULL, NULL, &url, &f) == OK &&
           home_enrol(birch, url, &gia, NULL, &f) == OK && key_make(KEY_P256, &other, &f) == OK,
       "gia enrols at birch %s", f.what);
    AUTO(str_freep) char *token = home_token(birch, "gia@guest.example", gia, "alder.example", &f);
    if (!ok(token != NULL, "and gets a token %s", f.what))
        return tap_done();
    tokens(gia, token);
    statements(gia, other);
    table("her host is known", (enum reason[]){ 0, 0, REASON_ISSUER, REASON_ISSUER, REASON_ISSUER });
    clients(birch, "@birch.example", 2, "other.example");
    table("off the list", (enum reason[]){ 0, REASON_ISSUER, 0, REASON_ISSUER, REASON_ISSUER });
    struct asker who;
    ok(ask(gia, token, &who) == REASON_ISSUER, "the same token is taken no more");
    clients(birch, "@birch.example", 3, "guest.example");
    ok(ask(gia, token, &who) == REASON_NONE, "and again when she is back");
    trust(alder, guest, false);
    table("with a card",
          (enum reason[]){ 0, REASON_CLIENT_HAS_CARD, REASON_ISSUER, REASON_ISSUER, REASON_CLIENT_HAS_CARD });
    ok(ask(gia, token, &who) == REASON_CLIENT_HAS_CARD, "who has a card, unconfirmed even, vouches himself");
    clients(birch, "@birch.example", 4, "alder.example");
    table("ourselves as a client",
          (enum reason[]){ 0, REASON_ISSUER, REASON_ISSUER, REASON_CLIENT_HAS_CARD, REASON_CLIENT_HAS_CARD });
    fail_clear(&f);
    ok(send(birch, "person-key", "@birch.example", key_body("gia@guest.example", gia, "reader", "active"),
            &f) == E_UNAUTHENTICATED,
       "a new key of hers is not taken any more: %s", f.what);
    fail_clear(&f);
    ok(send(birch, "person-key", "@birch.example", key_body("gia@guest.example", gia, "reader", "revoked"),
            &f) == OK,
       "the end of one is %s", f.what);
    struct node *nodes[] = { alder, birch, cedar, guest };
    for (size_t i = 0; i < COUNT(nodes); i++)
        node_close(nodes[i]);
    fail_clear(&f);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
