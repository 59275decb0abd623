/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "exchange/cards.h"
#include "exchange/cosigners.h"
#include "exchange/guests.h"
#include "exchange/prove_internal.h"
#include "exchange/show.h"
#include "ledger/absence.h"
#include "ledger/presence.h"
#include "ledger/trust.h"
#include "marking/marking.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"

#define WALK_MAX       10000 /* entries looked at for what follows a briefing */
#define QUERIES_MAX    2
#define PERSON_FIELDS  (1u << FIELD_KIND | 1u << FIELD_TIME | 1u << FIELD_PORTION | 1u << FIELD_PERSON)
#define READER_FIELDS  (1u << FIELD_COPY | 1u << FIELD_READER)
#define FOLLOWS_FIELDS (PERSON_FIELDS | 1u << FIELD_FOLLOWS)

static void making_clear(struct making *m)
{
    evidence_free(m->e);
    for (size_t i = 0; i < m->part_count; i++)
        buf_free(m->parts[i].text);
    for (size_t i = 0; i < COUNT(m->missing); i++)
        free(m->missing[i]);
    reporters_clear(&m->reporters);
    show_proof_clear(&m->genesis);
    publisher_head_clear(&m->head);
    store_read_endp(&m->db);
}

void prove_clear(struct prove *p)
{
    evidence_free(p->claim);
    buf_free(p->text);
    *p = (struct prove){ 0 };
}

/* The claim, but for what its parts say. */
static void begin_claim(struct making *m, enum evidence_claim claim)
{
    evidence_free(m->e);
    m->e = evidence_new();
    m->e->claim = claim;
    snprintf(m->e->ledger, sizeof m->e->ledger, "%s", m->n->conf.domain);
    m->e->portion = bytes_str(m->portion);
    m->e->subject = bytes_str(m->person);
    m->e->generation = m->n->generation;
}

static struct buf *new_part(struct making *m, bool absence)
{
    if (m->part_count == PARTS_MAX)
        BUG("more parts than a claim has");
    m->parts[m->part_count].absence = absence;
    m->parts[m->part_count].text = buf_new(PART_MAX);
    return m->parts[m->part_count++].text;
}

/* The newest checkpoint of ${size} or more that outsiders signed, a monitor too where that is needed; as it is where they
 * don't in time, or nobody is known who could. */
static enum err wait_for(struct making *m, uint64_t size, bool monitor, struct cosigned *out, struct fail *f)
{
    return cosigners_wait(m->n, size, monitor, m->trust.count < 2 ? 0 : m->wait_ms, out, f);
}

static void take_head(struct making *m, uint64_t size, const char *note)
{
    publisher_head_clear(&m->head);
    m->head = (struct publisher_head){ size, str_dup(note) };
    /* by the cards alone, as others judge it: a witness that only we know is none for them */
    trust_signed(&m->trust, m->n->conf.domain, bytes_str(note), &m->witnessed, &m->monitored);
}

/* A briefing is shown under the newest checkpoint that an outsider signed. No connection to the store is held
 * meanwhile. */
static enum err wait_for_head(struct making *m, uint64_t index, struct fail *f)
{
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    store_read_endp(&m->db);
    TRY(publisher_wait(m->n->publisher, index, f));
    TRY(wait_for(m, index + 1, false, &c, f));
    take_head(m, c.size, c.note);
    return store_read_begin(m->n->store, &m->db, f);
}

static enum err load_genesis(struct making *m, struct fail *f)
{
    show_proof_clear(&m->genesis);
    return show_proof(m->n, m->db, &m->head, 0, &m->genesis, f);
}

/* The end: the last line, and the judgement that everybody else will come to. */
static enum err finish(struct making *m, struct fail *f)
{
    struct prove *p = m->out;
    AUTO(quorum_freep) struct quorum *policy = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    struct shown_cards keys = trust_keys(&m->trust);
    uint8_t digest[HASH_LEN];
    for (size_t i = 0; i < m->part_count; i++)
        evidence_add_part(m->e, m->parts[i].absence, bytes_of(m->parts[i].text));
    p->text = buf_new(EVIDENCE_MAX);
    TRY(evidence_write(m->e, p->text, digest, f));
    TRY(keeper_sign_evidence(m->n->keeper, digest, jws, f));
    evidence_put_signed(p->text, bytes_of(jws));
    TRY(buf_check(p->text, "evidence", f));
    TRY(evidence_read(bytes_of(p->text), &p->claim, f));
    TRY(trust_policy(&m->trust, m->n->conf.domain, bytes_of(p->text), &policy, f));
    if (!m->witnessed)
        policy->root = QUORUM_MAX; /* nobody outside has signed it: said beside the answer */
    p->witnessed = m->witnessed;
    struct fail why = { 0 };
    if (verdict_of(p->claim, policy, &keys, false, &p->verdict, &why) != OK)
        return fail_set(f, E_INTERNAL, "evidence that does not verify was made: %s", why.what);
    return OK;
}

/* A briefing on record ------------------------------------------------------------------------------------- */

/* What is shown of one entry beside its fields. */
struct shown_beside {
    struct reader_row reader;
    struct statement_row statement;
};

static void beside_clear(struct shown_beside *s)
{
    store_reader_clear(&s->reader);
    store_statement_clear(&s->statement);
}

/* The statement that the entry was made from, if it is still known here. */
static enum err find_statement(struct making *m, const struct body *b, struct statement_row *out,
                               struct fail *f)
{
    if (b->field[FIELD_STATEMENT].len != HASH_LEN)
        return OK;
    enum err e = store_statement_by_digest(m->db, b->field[FIELD_STATEMENT].data, out, f);
    return store_missing(e, f) ? OK : e;
}

/* A part for one entry: with the reader's own request where there is one, else with the statement where that is
 * somebody else's. */
static enum err put_entry(struct making *m, const struct show_proof *of, uint32_t fields, bool tag,
                          struct fail *f)
{
    AUTO(beside_clear) struct shown_beside beside = { 0 };
    struct show_part part = { .of = of, .genesis = &m->genesis, .fields = fields, .tag = tag };
    struct body body;
    TRY(body_read(bytes_of(&of->body), &body, f));
    wipe(body.key, sizeof body.key);
    if (of->reader) {
        TRY(store_reader_get(m->db, of->reader, &beside.reader, f));
        part.fields |= READER_FIELDS;
        part.jwk = bytes_str(beside.reader.jwk);
        part.srt = bytes_str(beside.reader.srt);
        part.token = bytes_str(beside.reader.token);
    } else if (body_kind(&body) == KIND_REPORTED_BRIEFING || body_kind(&body) == KIND_RECEIPT) {
        TRY(find_statement(m, &body, &beside.statement, f));
        if (body_kind(&body) == KIND_REPORTED_BRIEFING)
            part.fields |= 1u << FIELD_ACTOR | 1u << FIELD_COPY;
        if (beside.statement.jws) {
            part.fields |= 1u << FIELD_STATEMENT;
            part.statement = bytes_str(beside.statement.jws);
        }
    }
    return show_part(m->n, &m->head, &part, new_part(m, false), f);
}

/* What follows a briefing: his organisation's entries on this portion, newest first, by the reference that each has
 * to the one before. */
struct following {
    uint64_t receipt, reissue; /* 0: none; no event is entry 0 */
};

static enum err look(struct making *m, uint64_t index, const uint8_t *ref, struct following *found,
                     uint64_t *before, struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row row = { 0 };
    struct body b;
    uint32_t generation;
    TRY(store_leaf_get(m->db, m->n->generation, index, &row, f));
    *before = 0;
    if (row.body.len == 0)
        return OK; /* erased: what came before it is out of reach */
    TRY(body_read(row.body, &b, f));
    wipe(b.key, sizeof b.key);
    bool follows = bytes_equal(b.field[FIELD_FOLLOWS], BYTES(ref, ENTRY_REF_LEN)) &&
                   bytes_equal(b.field[FIELD_PERSON], bytes_str(m->person));
    if (follows && body_kind(&b) == KIND_RECEIPT)
        found->receipt = index;
    if (follows && body_kind(&b) == KIND_REISSUE && row.reader)
        found->reissue = index;
    if (!entry_ref_read(b.field[FIELD_PREVIOUS], &generation, before) || generation != m->n->generation)
        *before = 0;
    return OK;
}

static enum err find_following(struct making *m, uint64_t first, struct following *found, struct fail *f)
{
    uint8_t ref[ENTRY_REF_LEN];
    uint64_t version, at;
    *found = (struct following){ 0 };
    entry_ref_put(m->n->generation, first, ref);
    TRY(store_tag_counter_get(m->db, m->n->generation, TAG_ORGANISATION, m->portion, m->host, &version, &at,
                              f));
    for (unsigned i = 0; i < WALK_MAX && at != STORE_NO_IDX && at > first; i++)
        TRY(look(m, at, ref, found, &at, f));
    return OK;
}

/* A receipt counts only with the statement of the person's home. */
static enum err put_receipt(struct making *m, uint64_t index, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    AUTO(store_statement_clear) struct statement_row statement = { 0 };
    struct body body;
    if (index == 0 || index >= m->head.size)
        return OK;
    TRY(show_proof(m->n, m->db, &m->head, index, &of, f));
    TRY(body_read(bytes_of(&of.body), &body, f));
    wipe(body.key, sizeof body.key);
    TRY(find_statement(m, &body, &statement, f));
    return statement.jws && strcmp(statement.iss, m->organisation + 1) == 0
               ? put_entry(m, &of, FOLLOWS_FIELDS, false, f)
               : OK;
}

static enum err put_reissue(struct making *m, uint64_t index, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    if (index == 0 || index >= m->head.size)
        return OK;
    TRY(show_proof(m->n, m->db, &m->head, index, &of, f));
    return put_entry(m, &of, FOLLOWS_FIELDS, false, f);
}

static enum err prove_yes(struct making *m, uint64_t first, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    struct following more;
    struct body body;
    TRY(wait_for_head(m, first, f));
    TRY(load_genesis(m, f));
    begin_claim(m, EVIDENCE_YES);
    TRY(show_proof(m->n, m->db, &m->head, first, &of, f));
    TRY(body_read(bytes_of(&of.body), &body, f));
    wipe(body.key, sizeof body.key);
    m->e->time_ms = body_time_ms(&body);
    m->e->index = first;
    TRY(put_entry(m, &of, PERSON_FIELDS, true, f));
    TRY(find_following(m, first, &more, f));
    TRY(put_receipt(m, more.receipt, f));
    TRY(of.reader ? OK : put_reissue(m, more.reissue, f));
    return finish(m, f);
}

/* No briefing on record --------------------------------------------------------------------------------------- */

/* One class-1 question and its answer. */
struct question {
    struct buf *alpha, *proof;
    struct keeper_tag tag;
};

static void questions_clear(struct question (*q)[QUERIES_MAX])
{
    for (size_t i = 0; i < QUERIES_MAX; i++) {
        buf_free((*q)[i].alpha);
        buf_free((*q)[i].proof);
    }
}

static enum err ask_tags(struct making *m, const char *const *names, size_t count, struct question *q,
                         struct fail *f)
{
    struct keeper_tag tags[QUERIES_MAX];
    for (size_t i = 0; i < count; i++) {
        q[i].alpha = buf_new(TAG_ALPHA_MAX);
        q[i].proof = buf_new((size_t)64 << 10);
        tag_alpha(q[i].alpha, TAG_PERSON, bytes_str(m->portion), bytes_str(names[i]), 0);
        tags[i] = (struct keeper_tag){ .alpha = bytes_of(q[i].alpha), .with_proof = true };
    }
    TRY(keeper_tags(m->n->keeper, tags, count, f));
    for (size_t i = 0; i < count; i++)
        q[i].tag = tags[i];
    return OK;
}

/* The absence part under ${m}->head. */
static enum err put_absence(struct making *m, const char *const *names, const struct question *q,
                            size_t count, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof seal = { 0 };
    struct absence_query queries[QUERIES_MAX];
    struct absence a = { .genesis = { bytes_of(&m->genesis.entry), bytes_of(&m->genesis.inclusion) },
                         .query = queries,
                         .query_count = count };
    struct entry e;
    TRY(show_proof(m->n, m->db, &m->head, m->head.size - 1, &seal, f));
    TRY(entry_read(bytes_of(&seal.entry), &e, f));
    a.seal = bytes_of(&seal.entry);
    for (size_t i = 0; i < count; i++)
        queries[i] = (struct absence_query){ TAG_PERSON,
                                             0,
                                             bytes_str(m->portion),
                                             bytes_str(names[i]),
                                             BYTES(q[i].tag.proof, VRF_PROOF_LEN),
                                             bytes_of(q[i].proof) };
    a.place = (struct proof){ .index = seal.index,
                              .count = seal.inclusion.len / HASH_LEN,
                              .checkpoint = bytes_str(m->head.note) };
    memcpy(a.place.hash, seal.inclusion.data, seal.inclusion.len);
    m->e->time_ms = e.seal.time_ms;
    m->e->index = seal.index;
    return absence_write(&a, new_part(m, true), f);
}

/* Where the whole organisation was briefed, that is what the file shows, and nobody of it is known not to have been.
 */
static enum err put_organisation(struct making *m, uint64_t index, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    TRY(show_proof(m->n, m->db, &m->head, index, &of, f));
    return put_entry(m, &of, PERSON_FIELDS, true, f);
}

/* The map as it was at ${size}, made again from the tags of the entries below. */
static enum err add_tags(const struct leaf_row *row, void *ctx, struct fail *f)
{
    struct entry e;
    if (row->form != LEAF_EVENT)
        return OK;
    TRY(entry_read(row->entry, &e, f));
    for (size_t i = 0; i < ENTRY_TAGS; i++)
        (void)map_add(ctx, e.event.tag[i], row->idx);
    return OK;
}

static enum err absent_at(struct making *m, uint64_t size, struct question *q, size_t count, struct fail *f)
{
    AUTO(map_freep) struct map *map = map_new();
    AUTO(store_read_endp) struct db *db = NULL;
    uint8_t value[32];
    TRY(store_read_begin(m->n->store, &db, f));
    TRY(store_leaf_range_entries(db, m->n->generation, 0, size, add_tags, map, f));
    for (size_t i = 0; i < count; i++) {
        buf_reset(q[i].proof);
        if (map_prove(map, q[i].tag.tag, q[i].proof, value))
            return fail_set(f, E_CONFLICT, "a briefing came in between");
    }
    return OK;
}

/* The map as it is, which is quick to ask. */
static enum err absent_now(struct making *m, struct question *q, size_t count, struct publisher_head *head,
                           struct fail *f)
{
    struct publisher_query queries[QUERIES_MAX];
    for (size_t i = 0; i < count; i++)
        queries[i] = (struct publisher_query){ .tag = q[i].tag.tag, .proof = q[i].proof };
    TRY(publisher_absent(m->n->publisher, queries, count, head, f));
    for (size_t i = 0; i < count; i++)
        if (queries[i].present)
            return fail_set(f, E_CONFLICT, "a briefing came in between");
    return OK;
}

/* One state of the log: the proofs of absence from its map, and its checkpoint as outsiders signed it. They sign the newest
 * one at a time; on a busy node that is seldom the one that was asked, and then the map of theirs is made again. */
static enum err absent_signed(struct making *m, struct question *q, size_t count, struct fail *f)
{
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    TRY(absent_now(m, q, count, &head, f));
    TRY(wait_for(m, head.size, true, &c, f));
    take_head(m, c.size, c.note);
    if (c.size != head.size && m->witnessed && m->monitored)
        return absent_at(m, c.size, q, count, f);
    if (c.size != head.size)
        take_head(m, head.size, head.note);
    return OK;
}

static enum err prove_absent(struct making *m, const char *uuid, const uint64_t *organisation_at,
                             struct fail *f)
{
    AUTO(questions_clear) struct question q[QUERIES_MAX] = { 0 };
    const char *names[QUERIES_MAX] = { m->person, m->organisation };
    size_t count = organisation_at || strcmp(m->person, m->organisation) == 0 ? 1 : 2;
    TRY(ask_tags(m, names, count, q, f));
    store_read_endp(&m->db);
    TRY(absent_signed(m, q, count, f));
    TRY(store_read_begin(m->n->store, &m->db, f));
    TRY(load_genesis(m, f));
    begin_claim(m, EVIDENCE_NO_RECORD);
    TRY(put_absence(m, names, q, count, f));
    if (organisation_at)
        TRY(put_organisation(m, *organisation_at, f));
    TRY(prove_claim(m, uuid, organisation_at != NULL, f));
    return finish(m, f);
}

/* Which it is --------------------------------------------------------------------------------------------------- */

static enum err find_briefing(struct making *m, const char *name, uint64_t *index, bool *found,
                              struct fail *f)
{
    enum err e = store_briefing_get(m->db, m->n->generation, m->portion, name, index, f);
    *found = e == OK;
    return store_missing(e, f) ? OK : e;
}

static enum err prove_one(struct making *m, const char *uuid, struct fail *f)
{
    uint64_t index, all;
    bool briefed, wide = false;
    TRY(find_briefing(m, m->person, &index, &briefed, f));
    if (briefed)
        return prove_yes(m, index, f);
    if (strcmp(m->person, m->organisation) != 0)
        TRY(find_briefing(m, m->organisation, &all, &wide, f));
    if (wide)
        TRY(publisher_wait(m->n->publisher, all, f)); /* it is shown, so it must be there */
    TRY(publisher_fresh(m->n->publisher, PROVE_FRESH_MS, f));
    return prove_absent(m, uuid, wide ? &all : NULL, f);
}

static enum err begin(struct making *m, struct node *n, const struct cards_set *cards, const char *portion,
                      const char *person, struct fail *f)
{
    m->n = n;
    m->trust = (struct trust){ cards->cards, cards->count };
    m->person = person;
    snprintf(m->portion, sizeof m->portion, "%s/%s", n->conf.domain, portion);
    snprintf(m->organisation, sizeof m->organisation, "%s", strchr(person, '@'));
    TRY(store_read_begin(n->store, &m->db, f));
    m->host[0] = '@';
    if (name_is_person(person))
        return guests_via(m->db, person, m->host + 1, f);
    snprintf(m->host, sizeof m->host, "%s", m->organisation);
    return OK;
}

enum err prove_briefed(struct node *n, const char *portion, const char *person, unsigned wait_ms,
                       struct prove *out, struct fail *f)
{
    AUTO(cards_set_clear) struct cards_set cards = { 0 };
    TRY(cards_confirmed(n, &cards, f));
    /* a briefing can be entered while its absence is being shown: then it is shown instead */
    for (unsigned tries = 0;; tries++) {
        AUTO(making_clear) struct making m = { .wait_ms = wait_ms, .out = out };
        struct fail why = { 0 };
        TRY(begin(&m, n, &cards, portion, person, f));
        enum err e = prove_one(&m, portion, &why);
        if (e == OK)
            return OK;
        prove_clear(out);
        if (e != E_CONFLICT || tries == 2)
            return fail_pass(f, &why);
    }
}

enum err prove_fields(struct node *n, const char *portion, const char *person, uint32_t fields,
                      unsigned wait_ms, struct buf *out, struct fail *f)
{
    AUTO(cards_set_clear) struct cards_set cards = { 0 };
    AUTO(making_clear) struct making m = { .wait_ms = wait_ms };
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    uint64_t index;
    bool briefed;
    TRY(cards_confirmed(n, &cards, f));
    TRY(begin(&m, n, &cards, portion, person, f));
    TRY(find_briefing(&m, person, &index, &briefed, f));
    if (!briefed)
        return fail_set(f, E_NOT_FOUND, "no briefing of %s on this portion is on record", person);
    TRY(wait_for_head(&m, index, f));
    TRY(load_genesis(&m, f));
    TRY(show_proof(n, m.db, &m.head, index, &of, f));
    struct show_part part = { .of = &of, .genesis = &m.genesis, .fields = fields };
    return show_part(n, &m.head, &part, out, f);
}
