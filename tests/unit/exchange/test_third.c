/* SPDX-License-Identifier: Apache-2.0 - cards of organisations that nobody confirmed: by hello, in a request; and
 * what they send meanwhile */
#include <stdio.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/introduced.h"
#include "exchange/quarantine.h"
#include "store/store.h"
#include "store/third.h"
#include "store/writer.h"

static struct node *alder, *dove, *other; /* other calls itself alder, too */

static char *card_of(struct node *n)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail f = { 0 };
    if (!ok(cards_get(n, n->conf.domain, &own, &f) == OK, "a card of %s %s", n->conf.domain, f.what))
        exit(1);
    return str_dup(own.card->jose->text);
}

static enum card_state state_at_dove(void)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    return cards_get(dove, "alder.example", &ref, NULL) == OK ? ref.state : CARD_STATE_COUNT;
}

static void hello(const char *text, const char *impostor)
{
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    ok(cards_hello(dove, bytes_str(text), domain, &f) == OK && state_at_dove() == CARD_UNCONFIRMED,
       "who is unknown leaves his card, unconfirmed %s", f.what);
    ok(cards_hello(dove, bytes_str(text), domain, &f) == OK, "again is nothing new %s", f.what);
    ok(cards_hello(dove, bytes_str(impostor), domain, &f) != OK,
       "another card does not take its place while words are compared: %s", f.what);
    fail_clear(&f);
    ok(cards_hello(dove, bytes_str("x.y.z"), domain, &f) != OK, "what is no card: %s", f.what);
}

/* A statement of ${from} to ${to} about a person of alder's. */
static char *statement(struct node *from, const char *kind, const char *to)
{
    struct fail f = { 0 };
    char id[UUID_TEXT], *jws = NULL;
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    struct statement_making m = { .kind = kind,
                                  .id = id,
                                  .iss = from->conf.domain,
                                  .by = "@alder.example",
                                  .aud = to ? json_pack("[s]", to) : NULL,
                                  .body = json_pack("{s:s,s:s,s:[s]}", "person", "amy@alder.example", "state",
                                                    "active", "roles", "reader"),
                                  .at_ms = from->now_ms() };
    ok(acts_statement(from, m, &jws, digest, &f) == OK, "%s %s", kind, f.what);
    return jws;
}

static uint64_t kept(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t count = 0, bytes;
    return store_read_begin(dove->store, &db, NULL) == OK &&
                   store_quarantine_usage(db, "alder.example", &count, &bytes, NULL) == OK
               ? count
               : UINT64_MAX;
}

static void quarantine(void)
{
    const struct {
        const char *what;
        struct node *from;
        const char *kind, *to;
        enum err err;
        enum reason reason;
    } rows[] = {
        { "for everybody", alder, "person-state", NULL, E_REFUSED, REASON_QUARANTINED },
        { "for us", alder, "person-state", "dove.example", E_REFUSED, REASON_QUARANTINED },
        { "for somebody else", alder, "person-state", "birch.example", E_UNAUTHENTICATED, REASON_AUDIENCE },
        { "by another key", other, "person-state", NULL, E_UNVERIFIED, 0 },
        { "of no kind that is taken", alder, "gossip", NULL, E_INVALID, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
        AUTO(str_freep) char *jws = statement(rows[i].from, rows[i].kind, rows[i].to);
        ok(acts_take(dove, bytes_str(jws), NULL, ack, &f) != OK && ack->len == 0, "%s: not taken",
           rows[i].what);
        for (int twice = 0; twice < 2; twice++) {
            fail_clear(&f);
            enum err e = quarantine_keep(dove, bytes_str(jws), BYTES("", 0), &f);
            ok(e == rows[i].err && f.reason == rows[i].reason, "%s: %s", rows[i].what, f.what);
        }
    }
    ok(kept() == 2, "two are kept, each once");
}

static void bounds(void)
{
    enum err e = E_REFUSED;
    struct fail f = { 0 };
    uint64_t before = kept();
    for (uint64_t i = before; e == E_REFUSED && i < QUARANTINE_EACH + 4; i++) {
        AUTO(str_freep) char *jws = statement(alder, "person-state", NULL);
        fail_clear(&f);
        e = quarantine_keep(dove, bytes_str(jws), BYTES("", 0), &f);
    }
    ok(e == E_RATE && kept() == QUARANTINE_EACH, "%d of one organisation, no more: %s", QUARANTINE_EACH,
       f.what);
}

static enum err add_row(struct db *db, void *ctx, struct fail *f)
{
    return store_quarantine_add(db, ctx, f);
}

static enum err drop(struct db *db, void *ctx, struct fail *f)
{
    (void)ctx;
    return store_quarantine_drop(db, "alder.example", f);
}

/* As between a confirmation and the release that it owes: what comes now would overtake what was kept. */
static void order(void)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *first = statement(alder, "person-state", NULL);
    AUTO(str_freep) char *second = statement(alder, "person-state", NULL);
    struct quarantine_row row = { .iss = "alder.example",
                                  .statement = "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
                                  .kind = "person-state",
                                  .report = "",
                                  .received_ms = dove->now_ms(),
                                  .jws = first,
                                  .package = BYTES("", 0) };
    ok(writer_run(dove->writer, add_row, &row, &f) == OK, "one waits %s", f.what);
    ok(acts_take(dove, bytes_str(second), NULL, ack, &f) == E_UNAVAILABLE && ack->len == 0,
       "the next one is not taken before it: %s", f.what);
    fail_clear(&f);
    ok(acts_take_kept(dove, bytes_str(first), NULL, ack, &f) != E_UNAVAILABLE, "what waits is: %s", f.what);
    ok(writer_run(dove->writer, drop, NULL, &f) == OK && kept() == 0, "dropped %s", f.what);
    fail_clear(&f);
    ok(acts_take(dove, bytes_str(second), NULL, ack, &f) != E_UNAVAILABLE, "then the next one: %s", f.what);
}

static void confirm(void)
{
    struct fail f = { 0 };
    ok(cards_set_state(dove, "alder.example", "confirmed", &f) == OK && state_at_dove() == CARD_CONFIRMED,
       "confirmed %s", f.what);
    ok(kept() == 0, "and nothing waits any more");
    AUTO(str_freep) char *jws = statement(alder, "person-state", NULL);
    ok(quarantine_keep(dove, bytes_str(jws), BYTES("", 0), &f) == E_REFUSED &&
           f.reason == REASON_UNCONFIRMED_PARTNER && kept() == 0,
       "nothing is kept of a partner: %s", f.what);
    order();
    fail_clear(&f);
    char domain[DOMAIN_MAX + 1];
    AUTO(str_freep) char *card = card_of(alder);
    ok(cards_set_state(dove, "alder.example", "suspended", &f) == OK &&
           cards_hello(dove, bytes_str(card), domain, &f) == E_REFUSED &&
           f.reason == REASON_SUSPENDED_PARTNER,
       "a suspended one says hello in vain: %s", f.what);
}

static void introduced(const char *text)
{
    const struct {
        const char *what, *card, *to;
        enum err err;
    } rows[] = {
        { "no card", NULL, "alder.example", OK },
        { "his card", text, "alder.example", OK },
        { "the card of another", text, "elm.example", E_INVALID },
        { "no card at all", "x.y.z", "alder.example", E_INVALID },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(json_freep) json_t *body = json_object();
        json_set_str(body, "card", rows[i].card);
        enum err e = introduced_check(body, rows[i].to, &f);
        ok(rows[i].err == OK ? e == OK : e != OK, "%s: %s", rows[i].what, f.what);
    }
}

int main(void)
{
    char dir[] = "/tmp/orcon-third-XXXXXX", second[] = "/tmp/orcon-third-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir) || !mkdtemp(second))
        return 1;
    alder = home_make(dir, "alder.example");
    dove = home_make(dir, "dove.example");
    other = home_make(second, "alder.example");
    AUTO(str_freep) char *text = card_of(alder);
    AUTO(str_freep) char *impostor = card_of(other);
    hello(text, impostor);
    quarantine();
    bounds();
    confirm();
    introduced(text);
    node_close(alder);
    node_close(dove);
    node_close(other);
    ok(file_remove_tree(dir, &f) == OK && file_remove_tree(second, &f) == OK, "removed");
    return tap_done();
}
