/* SPDX-License-Identifier: Apache-2.0
 * exchange/prove_absent.c - no briefing on record: an absence part for each generation of the ledger */
#include <stdio.h>
#include <string.h>

#include "exchange/cosigners.h"
#include "exchange/earlier.h"
#include "exchange/prove_internal.h"
#include "ledger/absence.h"
#include "store/leaf.h"
#include "store/store.h"

#define QUERIES_MAX 2

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

/* ${vrf_pk} of the generation; NULL: this one's. */
static enum err ask_tags(struct making *m, const uint8_t *vrf_pk, const char *const *names, size_t count,
                         struct question *q, struct fail *f)
{
    struct keeper_tag tags[QUERIES_MAX];
    for (size_t i = 0; i < count; i++) {
        q[i].alpha = buf_new(TAG_ALPHA_MAX);
        q[i].proof = buf_new((size_t)64 << 10);
        tag_alpha(q[i].alpha, TAG_PERSON, bytes_str(m->portion), bytes_str(names[i]), 0);
        tags[i] = (struct keeper_tag){ .alpha = bytes_of(q[i].alpha), .with_proof = true };
    }
    TRY(keeper_tags(m->n->keeper, vrf_pk, tags, count, f));
    for (size_t i = 0; i < count; i++)
        q[i].tag = tags[i];
    return OK;
}

/* The close entry of a log that was closed stands right before the seal; ${close} is empty where it was not. */
static enum err find_close(struct making *m, struct show_proof *close, struct fail *f)
{
    struct entry e;
    if (m->head.generation == m->n->generation || m->head.size < 3)
        return OK;
    TRY(show_proof(m->n, m->db, &m->head, m->head.size - 2, close, f));
    TRY(entry_read(bytes_of(&close->entry), &e, f));
    if (e.form != ENTRY_CLOSE)
        show_proof_clear(close);
    return OK;
}

/* The absence part under ${m}->head. */
static enum err put_absence(struct making *m, const char *const *names, const struct question *q,
                            size_t count, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof seal = { 0 }, close = { 0 };
    struct absence_query queries[QUERIES_MAX];
    struct absence a = { .genesis = { bytes_of(&m->genesis.entry), bytes_of(&m->genesis.inclusion) },
                         .query = queries,
                         .query_count = count };
    struct entry e;
    TRY(show_proof(m->n, m->db, &m->head, m->head.size - 1, &seal, f));
    TRY(entry_read(bytes_of(&seal.entry), &e, f));
    a.seal = bytes_of(&seal.entry);
    TRY(find_close(m, &close, f));
    a.close = bytes_of(&close.entry);
    a.close_proof = bytes_of(&close.inclusion);
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
    return absence_write(&a, prove_part(m, true), f);
}

/* Where the whole organisation was briefed, that is what the file shows, and nobody of it is known not to have been.
 */
static enum err put_organisation(struct making *m, uint64_t index, struct fail *f)
{
    AUTO(show_proof_clear) struct show_proof of = { 0 };
    TRY(show_proof(m->n, m->db, &m->head, index, &of, f));
    return prove_entry(m, &of, PERSON_FIELDS, true, f);
}

/* The map as it was at ${size}, made again from the tags of the entries below. */
static enum err add_tags(uint64_t index, struct bytes entry, void *ctx, struct fail *f)
{
    struct entry e;
    TRY(entry_read(entry, &e, f));
    if (e.form != ENTRY_EVENT)
        return OK;
    for (size_t i = 0; i < ENTRY_TAGS; i++)
        (void)map_add(ctx, e.event.tag[i], index);
    return OK;
}

static enum err absent_at(struct making *m, uint64_t size, struct question *q, size_t count, struct fail *f)
{
    AUTO(map_freep) struct map *map = map_new();
    AUTO(store_read_endp) struct db *db = NULL;
    uint8_t value[32];
    TRY(store_read_begin(m->n->store, &db, f));
    TRY(store_leaf_entries(db, m->n->generation, 0, size, add_tags, map, f));
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
    TRY(prove_wait(m, head.size, true, &c, f));
    prove_head(m, c.size, c.note);
    if (c.size != head.size && m->witnessed && m->monitored)
        return absent_at(m, c.size, q, count, f);
    if (c.size != head.size)
        prove_head(m, head.size, head.note);
    return OK;
}

/* Of his organisation is asked only where it has none on record, and he is not it. */
static size_t name_count(const struct making *m, bool wide)
{
    return wide || strcmp(m->person, m->organisation) == 0 ? 1 : 2;
}

/* Whether what followed a generation says that it was cut: of its last entries the fields may be lost. */
static bool was_cut(struct making *m, uint32_t generation)
{
    struct entry_genesis next;
    return earlier_genesis(m->db, generation + 1, &next, NULL) != OK || next.how == ENTRY_CUT;
}

/* E_NOT_FOUND: there is a briefing, of which nothing but its public bytes is left. */
static enum err absent_then(struct making *m, const struct entry_genesis *g, struct question *q, size_t count,
                            struct fail *f)
{
    struct publisher_query queries[QUERIES_MAX];
    for (size_t i = 0; i < count; i++)
        queries[i] = (struct publisher_query){ .tag = q[i].tag.tag, .proof = q[i].proof };
    TRY(earlier_absent(m->n, g->generation, queries, count, f));
    for (size_t i = 0; i < count; i++)
        if (queries[i].present)
            return fail_set(f, was_cut(m, g->generation) ? E_NOT_FOUND : E_STORE,
                            "generation %u has a briefing that no row tells of", (unsigned)g->generation);
    return OK;
}

/* The same at the end of an earlier generation. E_NOT_FOUND: it was lost, or its VRF key. */
static enum err put_earlier(struct making *m, uint32_t generation, bool *wide, struct fail *f)
{
    AUTO(questions_clear) struct question q[QUERIES_MAX] = { 0 };
    const char *names[QUERIES_MAX] = { m->person, m->organisation };
    struct entry_genesis g;
    uint64_t all;
    TRY(earlier_genesis(m->db, generation, &g, f));
    enum err e = store_briefing_get(m->db, generation, m->portion, m->organisation, &all, f);
    *wide = e == OK;
    if (!store_missing(e, f))
        TRY(e);
    size_t count = name_count(m, *wide);
    TRY(ask_tags(m, g.vrf_pk, names, count, q, f));
    TRY(absent_then(m, &g, q, count, f));
    TRY(prove_end(m, generation, f));
    TRY(prove_genesis(m, f));
    TRY(put_absence(m, names, q, count, f));
    return *wide ? put_organisation(m, all, f) : OK;
}

/* A generation that follows a cut does not go on where the one before ends: what was lost between is not known. */
static enum err note_cuts(struct making *m, struct fail *f)
{
    for (uint32_t g = 1; g <= m->n->generation && m->cut_count < TURN_GENERATIONS_MAX; g++) {
        struct entry_genesis genesis = { .how = ENTRY_FIRST };
        bool missing = m->missing_generations >> g & 1;
        if (!missing)
            TRY(earlier_genesis(m->db, g, &genesis, f));
        if (missing || genesis.how == ENTRY_CUT)
            snprintf(m->cuts[m->cut_count++], sizeof m->cuts[0], "%s:%u",
                     missing ? "generation-missing" : "cut", (unsigned)g);
    }
    return OK;
}

enum err prove_absent(struct making *m, const char *uuid, const uint64_t *organisation_at, struct fail *f)
{
    AUTO(questions_clear) struct question q[QUERIES_MAX] = { 0 };
    AUTO(publisher_head_clear) struct publisher_head now = { 0 };
    const char *names[QUERIES_MAX] = { m->person, m->organisation };
    size_t count = name_count(m, organisation_at != NULL);
    bool wide = organisation_at != NULL;
    TRY(ask_tags(m, NULL, names, count, q, f));
    store_read_endp(&m->db);
    TRY(absent_signed(m, q, count, f));
    TRY(store_read_begin(m->n->store, &m->db, f));
    prove_begin(m, EVIDENCE_NO_RECORD);
    now = m->head;
    m->head = (struct publisher_head){ 0 };
    for (uint32_t g = 1; g < m->n->generation; g++) {
        bool all;
        enum err e = put_earlier(m, g, &all, f);
        if (store_missing(e, f)) {
            m->missing_generations |= UINT64_C(1) << g;
            continue;
        }
        TRY(e);
        wide = wide || all;
    }
    publisher_head_clear(&m->head);
    m->head = now;
    now = (struct publisher_head){ 0 };
    TRY(prove_genesis(m, f));
    TRY(put_absence(m, names, q, count, f));
    if (organisation_at)
        TRY(put_organisation(m, *organisation_at, f));
    TRY(note_cuts(m, f));
    TRY(prove_claim(m, uuid, wide, f));
    return prove_finish(m, f);
}
