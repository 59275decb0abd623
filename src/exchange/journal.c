/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/journal.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "exchange/cosigners.h"
#include "ledger/tag.h"
#include "policy/decide.h"
#include "store/leaf.h"

#define NAME_SIZE  (DOMAIN_MAX + 1 + UUID_TEXT)
#define REASON_MAX 1024

/* The values that a body points at, until the row is written. */
struct values {
    uint8_t kind[1], time[8], versions[24], follows[ENTRY_REF_LEN], rests_on[ENTRY_REF_LEN],
        previous[ENTRY_REF_LEN];
    char portion[NAME_SIZE], report[NAME_SIZE], organisation[DOMAIN_MAX + 2];
    uint8_t reason[4 + REASON_MAX];
};

static bool given(const char *s)
{
    return s && *s;
}

static void put_text(struct body *b, enum field field, const char *text)
{
    if (given(text))
        b->field[field] = bytes_str(text);
}

/* "<domain>/<uuid>" */
static void put_name(struct body *b, enum field field, char name[static NAME_SIZE], const char *domain,
                     const char *uuid)
{
    if (!given(uuid))
        return;
    snprintf(name, NAME_SIZE, "%s/%s", domain, uuid);
    put_text(b, field, name);
}

static void put_place(struct body *b, enum field field, uint8_t ref[static ENTRY_REF_LEN], struct place at)
{
    if (at.generation == 0)
        return;
    entry_ref_put(at.generation, at.index, ref);
    b->field[field] = BYTES(ref, ENTRY_REF_LEN);
}

/* Field 10: cut on a character boundary; a refusal has the count of those before it in front. */
static void put_reason(struct body *b, uint8_t out[static 4 + REASON_MAX], const struct journal_event *e)
{
    struct bytes text = bytes_str(e->reason);
    size_t at = 0;
    if (e->kind == KIND_REFUSED) {
        uint32_t count = e->refusals > UINT32_MAX ? UINT32_MAX : (uint32_t)e->refusals;
        for (; at < 4; at++)
            out[at] = (uint8_t)(count >> (24 - 8 * at));
    }
    size_t len = text.len < REASON_MAX - at ? text.len : REASON_MAX - at;
    while (len > 0 && len < text.len && (text.data[len] & 0xc0) == 0x80)
        len--;
    if (len)
        memcpy(out + at, text.data, len);
    if (at + len)
        b->field[FIELD_REASON] = BYTES(out, at + len);
}

/* Which tags are real, their versions, and the entry before this one with the same portion and organisation. */
static enum err settle_tags(struct db *db, struct body *b, struct values *v, const struct journal_event *e,
                            struct place at, bool first, struct fail *f)
{
    uint64_t version[ENTRY_TAGS] = { BODY_DUMMY, 0, BODY_DUMMY }, last;
    TRY(store_tag_counter_next(db, at.generation, TAG_ORGANISATION, v->portion, v->organisation, at.index,
                               &version[TAG_ORGANISATION - 1], &last, f));
    if (last != STORE_NO_IDX)
        put_place(b, FIELD_PREVIOUS, v->previous, (struct place){ at.generation, last });
    if (first)
        version[TAG_PERSON - 1] = 0;
    if (first || (kind_is_briefing(e->kind) && !given(e->person)))
        TRY(store_tag_counter_next(db, at.generation, TAG_LIST, v->portion, "", at.index,
                                   &version[TAG_LIST - 1], &last, f));
    body_put_versions(version, v->versions);
    b->field[FIELD_VERSIONS] = BYTES(v->versions, sizeof v->versions);
    return OK;
}

static void fill_fields(struct body *b, struct values *v, const struct journal_event *e)
{
    v->kind[0] = (uint8_t)e->kind;
    b->field[FIELD_KIND] = BYTES(v->kind, 1);
    b->field[FIELD_TIME] = BYTES(v->time, 8);
    put_name(b, FIELD_PORTION, v->portion, e->originator, e->portion);
    put_name(b, FIELD_REPORT, v->report, e->originator, e->report);
    if (given(e->organisation)) {
        snprintf(v->organisation, sizeof v->organisation, "@%s", e->organisation);
        put_text(b, FIELD_ORGANISATION, v->organisation);
    }
    put_text(b, FIELD_PERSON, e->person);
    put_text(b, FIELD_ACTOR, e->actor);
    put_text(b, FIELD_COPY, e->copy);
    put_place(b, FIELD_FOLLOWS, v->follows, e->follows);
    put_place(b, FIELD_DECISION, v->rests_on, e->rests_on);
    put_reason(b, v->reason, e);
    b->field[FIELD_POLICY] = bytes_str(policy_version());
    if (e->digest)
        b->field[FIELD_STATEMENT] = BYTES(e->digest, HASH_LEN);
    if (e->reader)
        b->field[FIELD_READER] = BYTES(e->reader, HASH_LEN);
}

/* The next free place, and a time that is never below the last entry's. */
static enum err next_place(struct db *db, uint32_t generation, uint64_t now_ms, struct place *at,
                           uint64_t *time_ms, struct fail *f)
{
    uint64_t last_ms;
    at->generation = generation;
    TRY(store_leaf_next(db, generation, &at->index, &last_ms, f));
    *time_ms = now_ms > last_ms ? now_ms : last_ms;
    return OK;
}

static enum err add_row(struct db *db, enum leaf_form form, struct place at, uint64_t time_ms,
                        struct bytes body, uint64_t reader, struct fail *f)
{
    struct leaf_row row = { .generation = at.generation,
                            .idx = at.index,
                            .form = form,
                            .time_ms = time_ms,
                            .body = body,
                            .reader = reader };
    return store_leaf_add(db, &row, f);
}

/* ${first}: this is the class-1 entry of (portion, person). */
static enum err enter(struct db *db, const struct journal_event *e, bool first, struct place at,
                      uint64_t time_ms, struct fail *f)
{
    struct values v = { 0 };
    struct body b = { 0 };
    body_put_time(time_ms, v.time);
    fill_fields(&b, &v, e);
    TRY(settle_tags(db, &b, &v, e, at, first, f));
    random_bytes(b.key, sizeof b.key);
    AUTO(buf_freep) struct buf *body = buf_new_secret(BODY_MAX);
    enum err err = body_check(&b, f);
    if (err == OK)
        err = body_write(&b, body, f);
    wipe(b.key, sizeof b.key);
    TRY(err);
    return add_row(db, LEAF_EVENT, at, time_ms, bytes_of(body), e->reader_row, f);
}

/* Notes ${at} as the class-1 entry of (portion, person), unless there is one. */
static enum err note_briefing(struct db *db, const struct journal_event *e, struct place at, bool *first,
                              struct place *first_at, struct fail *f)
{
    char portion[NAME_SIZE];
    snprintf(portion, sizeof portion, "%s/%s", e->originator, e->portion);
    first_at->generation = at.generation;
    return store_briefing_enter(db, at.generation, portion, e->person, at.index, first, &first_at->index, f);
}

/* A receipt follows the first briefing of its person, where that is in this ledger: of the newest generation that has one. */
static enum err find_received(struct db *db, struct journal_event *e, struct fail *f)
{
    char portion[NAME_SIZE];
    if (e->kind != KIND_RECEIPT || e->follows.generation || !given(e->person) || !given(e->portion))
        return OK;
    snprintf(portion, sizeof portion, "%s/%s", e->originator, e->portion);
    enum err err =
        store_briefing_pick(db, portion, e->person, true, &e->follows.generation, &e->follows.index, f);
    return store_missing(err, f) ? OK : err;
}

enum err journal_enter(struct node *n, struct db *db, const struct journal_event *event, struct place *at,
                       struct fail *f)
{
    struct place place, first_at;
    struct journal_event e = *event;
    uint64_t time_ms;
    bool first = false;
    TRY(cosigners_halted(n, f));
    TRY(next_place(db, n->generation, n->now_ms(), &place, &time_ms, f));
    TRY(find_received(db, &e, f));
    if (kind_is_briefing(e.kind) && given(e.person))
        TRY(note_briefing(db, &e, place, &first, &first_at, f));
    TRY(enter(db, &e, first, place, time_ms, f));
    if (at)
        *at = place;
    return OK;
}

enum err journal_brief(struct node *n, struct db *db, struct journal_event *e, struct place *at,
                       struct place *first, struct fail *f)
{
    struct place place;
    uint64_t time_ms;
    bool is_first;
    TRY(cosigners_halted(n, f));
    TRY(next_place(db, n->generation, n->now_ms(), &place, &time_ms, f));
    TRY(note_briefing(db, e, place, &is_first, first, f));
    e->kind = is_first ? KIND_BRIEFING : KIND_REISSUE;
    if (!is_first)
        e->follows = *first;
    TRY(enter(db, e, is_first, place, time_ms, f));
    *at = place;
    return OK;
}

/* Whether row ${at} is the one; if not, where the one before it with the same portion and organisation
 * stands. */
static enum err look(struct db *db, struct place at, enum entry_kind kind, const uint8_t *digest, bool *found,
                     struct place *before, struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row row = { 0 };
    struct body b;
    TRY(store_leaf_get(db, at.generation, at.index, &row, f));
    TRY(body_read(row.body, &b, f));
    wipe(b.key, sizeof b.key);
    *found = body_kind(&b) == kind && bytes_equal(b.field[FIELD_STATEMENT], BYTES(digest, HASH_LEN));
    if (!entry_ref_read(b.field[FIELD_PREVIOUS], &before->generation, &before->index))
        before->generation = 0;
    return OK;
}

/* In one generation; ${at}.generation 0: it is not there. */
static enum err find_in(struct db *db, uint32_t generation, const char *portion, const char *organisation,
                        enum entry_kind kind, const uint8_t digest[static HASH_LEN], struct place *at,
                        struct fail *f)
{
    uint64_t version, last;
    TRY(store_tag_counter_get(db, generation, TAG_ORGANISATION, portion, organisation, &version, &last, f));
    struct place here = { last == STORE_NO_IDX ? 0 : generation, last }, before;
    *at = (struct place){ 0 };
    for (bool found; here.generation == generation && at->generation == 0; here = before) {
        TRY(look(db, here, kind, digest, &found, &before, f));
        if (found)
            *at = here;
    }
    return OK;
}

enum err journal_find(struct node *n, struct db *db, const char *originator, const char *portion,
                      const char *organisation, enum entry_kind kind, const uint8_t digest[static HASH_LEN],
                      struct place *at, struct fail *f)
{
    char name[NAME_SIZE], org[DOMAIN_MAX + 2];
    snprintf(name, sizeof name, "%s/%s", originator, portion);
    snprintf(org, sizeof org, "@%s", organisation);
    for (uint32_t generation = n->generation; generation > 0; generation--) {
        TRY(find_in(db, generation, name, org, kind, digest, at, f));
        if (at->generation)
            return OK;
    }
    return fail_set(f, E_NOT_FOUND, "no %s entry for portion %s and %s", kind_name(kind), portion,
                    organisation);
}

enum err journal_genesis(struct db *db, const struct entry_genesis *g, struct fail *f)
{
    struct entry e = { .form = ENTRY_GENESIS, .genesis = *g };
    AUTO(buf_freep) struct buf *body = buf_new(ENTRY_MAX);
    TRY(entry_put(body, &e, f));
    return add_row(db, LEAF_GENESIS, (struct place){ g->generation, 0 }, g->time_ms, bytes_of(body), 0, f);
}

enum err journal_close(struct node *n, struct db *db, struct entry_close *c, uint64_t *index, struct fail *f)
{
    struct place at;
    AUTO(buf_freep) struct buf *body = buf_new(ENTRY_MAX);
    TRY(cosigners_halted(n, f));
    TRY(next_place(db, n->generation, n->now_ms(), &at, &c->time_ms, f));
    struct entry e = { .form = ENTRY_CLOSE, .close = *c };
    TRY(entry_put(body, &e, f));
    *index = at.index;
    return add_row(db, LEAF_CLOSE, at, c->time_ms, bytes_of(body), 0, f);
}

enum err journal_seal_slot(struct db *db, uint32_t generation, uint64_t now_ms, uint64_t *index,
                           struct fail *f)
{
    struct place at;
    uint64_t time_ms;
    TRY(next_place(db, generation, now_ms, &at, &time_ms, f));
    TRY(add_row(db, LEAF_SEAL, at, time_ms, BYTES("", 0), 0, f));
    *index = at.index;
    return OK;
}
