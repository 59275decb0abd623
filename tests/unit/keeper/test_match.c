/* SPDX-License-Identifier: Apache-2.0 - the keeper compares handles for nobody but an author or officer whose question is
 * on record, whatever the network process says */
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "ledger/statement.h"
#include "tap.h"
#include "tdf/handle.h"
#include "world.h"

static struct world *w;
static struct person *amy, *olga, *ruth, *aude,
    *bob; /* author, officer, reader, auditor, and birch's officer */

enum twist {
    NOTHING,
    OTHER_KEY,       /* signed by a key that is not his */
    OTHER_KIND,      /* an act of another kind */
    OTHERS_QUESTION, /* a handle that somebody else sealed for a question of his own */
    STORED,          /* a handle as it is kept with a report */
    NOT_ENTERED,     /* the entry is another's */
    OTHER_STATEMENT, /* the statement carries another act */
    OTHER_ENTRY,     /* an entry of another statement */
    NOT_REMARK,      /* an entry of another kind */
};

static const struct row {
    const char *name;
    struct person *const *by;
    enum twist twist;
    enum err want;
} rows[] = {
    { "an author asks", &amy, NOTHING, OK },
    { "an officer asks", &olga, NOTHING, OK },
    { "a reader asks", &ruth, NOTHING, E_UNVERIFIED },
    { "an auditor asks", &aude, NOTHING, E_UNVERIFIED },
    { "a partner's officer asks", &bob, NOTHING, E_UNVERIFIED },
    { "a key that nobody enrolled", &olga, OTHER_KEY, E_UNVERIFIED },
    { "an act of another kind", &olga, OTHER_KIND, E_UNVERIFIED },
    { "a question that somebody else sealed", &olga, OTHERS_QUESTION, E_UNVERIFIED },
    { "a handle out of the store as a question", &olga, STORED, E_UNVERIFIED },
    { "a question that is not on record", &olga, NOT_ENTERED, E_UNVERIFIED },
    { "a statement with another act", &olga, OTHER_STATEMENT, E_UNVERIFIED },
    { "the entry of another statement", &olga, OTHER_ENTRY, E_UNVERIFIED },
    { "an entry of another kind", &olga, NOT_REMARK, E_UNVERIFIED },
};

static const char report[] = "00000000-0000-4000-8000-000000000001",
                  other[] = "00000000-0000-4000-8000-000000000002";

static void seal(const uint8_t context[static HASH_LEN], const char *handle, struct buf *out)
{
    struct fail f = { 0 };
    must(handle_seal(w->kas, w->kas_kid, context, handle, out, &f), &f, "a sealed handle");
}

static void make_act(const struct row *row, struct buf *out)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(1024);
    AUTO(buf_freep) struct buf *text = buf_new(2048);
    const struct person *by = *row->by;
    uint8_t context[HASH_LEN];
    char id[UUID_TEXT];
    handle_of_question(DOMAIN, row->twist == OTHERS_QUESTION ? amy->name : by->name, context);
    if (row->twist == STORED)
        handle_of_report(DOMAIN, report, context);
    seal(context, "heron", sealed);
    b64_put(text, B64_URL, bytes_of(sealed));
    random_uuid(id);
    AUTO(json_freep)
    json_t *payload =
        act_payload((struct statement_making){ .kind = row->twist == OTHER_KIND ? "deny" : "exposure",
                                               .id = id,
                                               .iss = name_domain_of(by->name),
                                               .by = by->name,
                                               .at_ms = world_now(),
                                               .body = json_pack("{s:s}", "sealed", buf_text(text)) });
    world_sign(row->twist == OTHER_KEY ? ruth->key : by->key, ACT_TYP, payload, out);
}

struct question {
    struct buf act, other, statement;
    struct exhibit device, entry;
    struct keeper_question shown;
};

static void question_make(struct question *q, const struct row *row)
{
    static const unsigned device =
        FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_STATEMENT);
    static const unsigned entry = FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_ACTOR) | FIELD_BIT(FIELD_STATEMENT);
    struct buf *all[] = { &q->act, &q->other, &q->statement };
    uint8_t digest[HASH_LEN];
    for (size_t i = 0; i < COUNT(all); i++)
        buf_init(all[i], 1 << 16);
    make_act(row, &q->act);
    make_act(row, &q->other);
    world_statement(w, "exposure", (*row->by)->name, NULL,
                    json_pack("{s:s}", "act", buf_text(row->twist == OTHER_STATEMENT ? &q->other : &q->act)),
                    &q->statement, digest);
    digest[0] ^= row->twist == OTHER_ENTRY;
    uint64_t at =
        world_add(w, &(struct said){ .kind = row->twist == NOT_REMARK ? KIND_DENY : KIND_REMARK,
                                     .actor = row->twist == NOT_ENTERED ? ruth->name : (*row->by)->name,
                                     .statement = digest });
    world_publish(w);
    exhibit_make(w, at, entry, &q->entry);
    exhibit_make(w, (*row->by)->entry, device, &q->device);
    q->shown = (struct keeper_question){ .by = { .act = bytes_of(&q->act),
                                                 .act_jwk = bytes_of(&(*row->by)->jwk),
                                                 .device = q->device.entry,
                                                 .device_statement = bytes_of(&(*row->by)->statement) },
                                         .entry = q->entry.entry,
                                         .statement = bytes_of(&q->statement),
                                         .checkpoint = bytes_of(&w->note) };
}

static void question_clear(struct question *q)
{
    struct buf *all[] = { &q->act, &q->other, &q->statement };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_clear(all[i]);
    exhibit_clear(&q->device);
    exhibit_clear(&q->entry);
}

/* The same, another, the same as another report's: moved there by whoever holds the store; and no sealed handle. */
static void run(const struct row *row)
{
    struct fail f = { 0 };
    struct question q = { 0 };
    AUTO(buf_freep) struct buf *heron = buf_new(1024);
    AUTO(buf_freep) struct buf *crane = buf_new(1024);
    uint8_t context[HASH_LEN];
    question_make(&q, row);
    handle_of_report(DOMAIN, report, context);
    seal(context, "heron", heron);
    seal(context, "crane", crane);
    struct keeper_source sources[] = { { report, bytes_of(heron), false },
                                       { report, bytes_of(crane), false },
                                       { other, bytes_of(heron), false },
                                       { report, bytes_str("nothing"), false } };
    enum err e = keeper_match(w->keeper, &q.shown, sources, COUNT(sources), &f);
    ok(e == row->want, "%s: %s (%s)", row->name, e == OK ? "answered" : "refused", f.what);
    ok(sources[0].same == (row->want == OK) && !sources[1].same && !sources[2].same && !sources[3].same,
       "%s: what is said", row->name);
    ok(!strstr(f.what, "heron"), "%s: not the handle", row->name);
    question_clear(&q);
}

/* More than one message takes: each says its own. */
static void many(void)
{
    struct fail f = { 0 };
    struct question q = { 0 };
    AUTO(buf_freep) struct buf *heron = buf_new(1024);
    AUTO(buf_freep) struct buf *crane = buf_new(1024);
    uint8_t context[HASH_LEN];
    static struct keeper_source sources[600];
    size_t right = 0;
    question_make(&q, &rows[0]);
    handle_of_report(DOMAIN, report, context);
    seal(context, "heron", heron);
    seal(context, "crane", crane);
    for (size_t i = 0; i < COUNT(sources); i++)
        sources[i] = (struct keeper_source){ report, bytes_of(i % 7 ? crane : heron), false };
    enum err e = keeper_match(w->keeper, &q.shown, sources, COUNT(sources), &f);
    for (size_t i = 0; i < COUNT(sources); i++)
        right += sources[i].same == (i % 7 == 0);
    ok(e == OK && right == COUNT(sources), "600 sources in two messages %s", f.what);
    question_clear(&q);
}

int main(void)
{
    w = world_new();
    amy = person_new("amy@" DOMAIN);
    olga = person_new("olga@" DOMAIN);
    ruth = person_new("ruth@" DOMAIN);
    aude = person_new("aude@" DOMAIN);
    bob = person_new("bob@birch.example");
    world_enrol(w, amy, "author");
    world_enrol(w, olga, "officer");
    world_enrol(w, ruth, "reader");
    world_enrol(w, aude, "auditor");
    world_enrol(w, bob, "officer");
    world_publish(w);
    for (size_t i = 0; i < COUNT(rows); i++)
        run(&rows[i]);
    many();
    struct person *all[] = { amy, olga, ruth, aude, bob };
    for (size_t i = 0; i < COUNT(all); i++)
        person_free(all[i]);
    world_free(w);
    return tap_done();
}
