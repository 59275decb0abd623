/* SPDX-License-Identifier: Apache-2.0 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "exchange/cards.h"
#include "exchange/cosigners.h"
#include "exchange/earlier.h"
#include "exchange/guests.h"
#include "exchange/prove_internal.h"
#include "exchange/show.h"
#include "ledger/presence.h"
#include "ledger/trust.h"
#include "marking/marking.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"

#define WALK_MAX       10000 /* entries looked at for what follows a briefing */
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
void prove_begin(struct making *m, enum evidence_claim claim)
{
    evidence_free(m->e);
    m->e = evidence_new();
    m->e->claim = claim;
    snprintf(m->e->ledger, sizeof m->e->ledger, "%s", m->n->conf.domain);
    m->e->portion = bytes_str(m->portion);
    m->e->subject = bytes_str(m->person);
    m->e->generation = m->n->generation;
}

struct buf *prove_part(struct making *m, bool absence)
{
    if (m->part_count == PARTS_MAX)
        BUG("more parts than a claim has");
    m->parts[m->part_count].absence = absence;
    m->parts[m->part_count].text = buf_new(PART_MAX);
    return m->parts[m->part_count++].text;
}

/* The newest checkpoint of ${size} or more that outsiders signed, a monitor too where that is needed; as it is where they
 * don't in time, or nobody is known who could. */
enum err prove_wait(struct making *m, uint64_t size, bool monitor, struct cosigned *out, struct fail *f)
{
    return cosigners_wait(m->n, size, monitor, m->trust.count < 2 ? 0 : m->wait_ms, out, f);
}

void prove_head(struct making *m, uint64_t size, const char *note)
{
    publisher_head_clear(&m->head);
    m->head = (struct publisher_head){ size, str_dup(note), m->n->generation };
    /* by the cards alone, as others judge it: a witness that only we know is none for them */
    trust_signed(&m->trust, m->n->conf.domain, bytes_str(note), &m->witnessed, &m->monitored);
}

/* The end of an earlier generation, beside what is shown of others. */
enum err prove_end(struct making *m, uint32_t generation, struct fail *f)
{
    bool witnessed, monitored;
    publisher_head_clear(&m->head);
    TRY(earlier_head(m->n, generation, &m->head, f));
    trust_signed(&m->trust, m->n->conf.domain, bytes_str(m->head.note), &witnessed, &monitored);
    m->witnessed = m->witnessed && witnessed;
    m->monitored = m->monitored && monitored;
    return OK;
}

/* A briefing is shown under the newest checkpoint that an outsider signed. No connection to the store is held
 * meanwhile. Of an earlier generation that is its last one. */
static enum err wait_for_head(struct making *m, struct place at, struct fail *f)
{
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    m->witnessed = m->monitored = true;
    if (at.generation < m->n->generation)
        return prove_end(m, at.generation, f);
    store_read_endp(&m->db);
    TRY(publisher_wait(m->n->publisher, at.index, f));
    TRY(prove_wait(m, at.index + 1, false, &c, f));
    prove_head(m, c.size, c.note);
    return store_read_begin(m->n->store, &m->db, f);
}

enum err prove_genesis(struct making *m, struct fail *f)
{
    show_proof_clear(&m->genesis);
    return show_proof(m->n, m->db, &m->head, 0, &m->genesis, f);
}

/* The end: the last line, and the judgement that everybody else will come to. */
enum err prove_finish(struct making *m, struct fail *f)
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
enum err prove_entry(struct making *m, const struct show_proof *of, uint32_t fields, bool tag, struct fail *f)
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
    return show_part(m->n, &m->head, &part, prove_part(m, false), f);
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
    TRY(store_leaf_get(m->db, m->head.generation, index, &row, f));
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
    if (!entry_ref_read(b.field[FIELD_PREVIOUS], &generation, before) || generation != m->head.generation)
        *before = 0;
    return OK;
}

/* In the generation of ${m}->head. */
static enum err find_following(struct making *m, struct place first, struct following *found, struct fail *f)
{
    uint8_t ref[ENTRY_REF_LEN];
    uint32_t generation = m->head.generation;
    uint64_t version, at, after = generation == first.generation ? first.index : 0;
    *found = (struct following){ 0 };
    entry_ref_put(first.generation, first.index, ref);
    TRY(store_tag_counter_get(m->db, generation, TAG_ORGANISATION, m->portion, m->host, &version, &at, f));
    for (unsigned i = 0; i < WALK_MAX && at != STORE_NO_IDX && at > after; i++)
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
               ? prove_entry(m, &of, FOLLOWS_FIELDS, false, f)
               : OK;
}

static enum err put_reissue(struct making *m, uint64_t index, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    if (index == 0 || index >= m->head.size)
        return OK;
    TRY(show_proof(m->n, m->db, &m->head, index, &of, f));
    return prove_entry(m, &of, FOLLOWS_FIELDS, false, f);
}

/* Receipt and reissue of a briefing in an earlier generation: they may stand in any later one. */
static enum err put_later(struct making *m, struct place first, bool receipt, bool reissue, struct fail *f)
{
    for (uint32_t g = first.generation + 1; g < m->n->generation && (receipt || reissue); g++) {
        struct following more;
        enum err e = prove_end(m, g, f);
        if (store_missing(e, f)) /* a generation that was lost */
            continue;
        TRY(e);
        TRY(find_following(m, first, &more, f));
        if (!more.receipt && !more.reissue)
            continue;
        TRY(prove_genesis(m, f));
        TRY(put_receipt(m, receipt ? more.receipt : 0, f));
        TRY(put_reissue(m, reissue ? more.reissue : 0, f));
        receipt = receipt && !more.receipt;
        reissue = reissue && !more.reissue;
    }
    return OK;
}

static enum err prove_yes(struct making *m, struct place first, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    struct following more;
    struct body body;
    TRY(wait_for_head(m, first, f));
    TRY(prove_genesis(m, f));
    prove_begin(m, EVIDENCE_YES);
    TRY(show_proof(m->n, m->db, &m->head, first.index, &of, f));
    TRY(body_read(bytes_of(&of.body), &body, f));
    wipe(body.key, sizeof body.key);
    m->e->time_ms = body_time_ms(&body);
    m->e->generation = first.generation;
    m->e->index = first.index;
    TRY(prove_entry(m, &of, PERSON_FIELDS, true, f));
    TRY(find_following(m, first, &more, f));
    TRY(put_receipt(m, more.receipt, f));
    TRY(of.reader ? OK : put_reissue(m, more.reissue, f));
    TRY(put_later(m, first, !more.receipt, !of.reader && !more.reissue, f));
    return prove_finish(m, f);
}

/* Which it is --------------------------------------------------------------------------------------------------- */

/* In the first generation that has one. */
static enum err find_briefing(struct making *m, struct place *at, bool *found, struct fail *f)
{
    enum err e = store_briefing_pick(m->db, m->portion, m->person, false, &at->generation, &at->index, f);
    *found = e == OK;
    return store_missing(e, f) ? OK : e;
}

/* Of his organisation, in this generation. */
static enum err find_wide(struct making *m, uint64_t *index, bool *found, struct fail *f)
{
    enum err e = store_briefing_get(m->db, m->n->generation, m->portion, m->organisation, index, f);
    *found = e == OK;
    return store_missing(e, f) ? OK : e;
}

static enum err prove_one(struct making *m, const char *uuid, struct fail *f)
{
    struct place at;
    uint64_t all;
    bool briefed, wide = false;
    TRY(find_briefing(m, &at, &briefed, f));
    if (briefed)
        return prove_yes(m, at, f);
    if (strcmp(m->person, m->organisation) != 0)
        TRY(find_wide(m, &all, &wide, f));
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
    struct place at;
    bool briefed;
    TRY(cards_confirmed(n, &cards, f));
    TRY(begin(&m, n, &cards, portion, person, f));
    TRY(find_briefing(&m, &at, &briefed, f));
    if (!briefed)
        return fail_set(f, E_NOT_FOUND, "no briefing of %s on this portion is on record", person);
    TRY(wait_for_head(&m, at, f));
    TRY(prove_genesis(&m, f));
    TRY(show_proof(n, m.db, &m.head, at.index, &of, f));
    struct show_part part = { .of = &of, .genesis = &m.genesis, .fields = fields };
    return show_part(n, &m.head, &part, out, f);
}
