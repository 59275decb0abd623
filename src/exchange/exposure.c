/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/exposure.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/aware.h"
#include "exchange/exposed.h"
#include "exchange/facts.h"
#include "exchange/node.h"
#include "exchange/own_card.h"
#include "exchange/signer.h"
#include "ledger/body.h"
#include "policy/ask.h"
#include "store/report.h"
#include "store/source.h"
#include "store/statement.h"
#include "store/store.h"
#include "tdf/handle.h"

#define SOURCES_MAX  ((size_t)4096) /* of one report */
#define AT_A_TIME    ((size_t)512)  /* as one message of the keeper takes */
#define ASKED_FIELDS (1u << FIELD_KIND | 1u << FIELD_ACTOR | 1u << FIELD_STATEMENT)

/* Sealed by an author ---------------------------------------------------------------------------------------- */

static enum err read_sealed(const json_t *row, const char *what, struct buf *out, struct fail *f)
{
    const char *text;
    TRY(json_need_str(row, "sealed", what, &text, f));
    if (strlen(text) > 2 * HANDLE_SEALED_MAX)
        return fail_set(f, E_TOO_LARGE, "%s: 'sealed' is longer than a sealed handle", what);
    return b64_read(B64_URL, bytes_str(text), out, what, f);
}

static enum err check_sealed(struct node *n, const json_t *row, const char *what, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(2 * HANDLE_SEALED_MAX);
    struct bytes kid;
    TRY(read_sealed(row, what, sealed, f));
    TRY(handle_kid(bytes_of(sealed), &kid, f));
    AUTO(str_freep) char *text = mem_dup(kid.data, kid.len);
    return own_card_takes(n, text)
               ? OK
               : fail_set(f, E_INVALID, "%s: not sealed to this node's key: sign in again", what);
}

static enum err check_mark(const char *text, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(str_freep) char *canonical = NULL;
    TRY(marking_read(text, &mark, f));
    canonical = marking_text(&mark, NULL);
    if (strcmp(canonical, text) != 0 || mark.level == TLP_CLEAR)
        return fail_set(f, E_INVALID, "share: the mark of a source is not in canonical form, or TLP:CLEAR");
    return OK;
}

enum err exposure_check(struct node *n, const struct act *share, struct fail *f)
{
    const json_t *list = json_object_get(share->body, "sources");
    size_t i;
    const json_t *row;
    if (!list)
        return OK;
    if (!json_is_array(list) || json_array_size(list) > SOURCES_MAX)
        return fail_set(f, E_INVALID, "share: 'sources' is no list, or longer than %zu", SOURCES_MAX);
    json_array_foreach (list, i, row) {
        const char *portion, *mark;
        TRY(json_need_str(row, "portion", "share: source", &portion, f));
        TRY(json_need_str(row, "mark", "share: source", &mark, f));
        if (!statement_names(share->portions, portion))
            return fail_set(f, E_INVALID, "share: a source of a portion that is not shared");
        TRY(check_mark(mark, f));
        TRY(check_sealed(n, row, "share: source", f));
    }
    return OK;
}

enum err exposure_write(struct db *db, const struct act *share, struct fail *f)
{
    size_t i;
    const json_t *one;
    json_array_foreach (json_object_get(share->body, "sources"), i, one) {
        AUTO(buf_freep) struct buf *sealed = buf_new(2 * HANDLE_SEALED_MAX);
        TRY(read_sealed(one, "share: source", sealed, f));
        struct source_row row = { .portion = json_string_value(json_object_get(one, "portion")),
                                  .place = i + 1,
                                  .mark = json_string_value(json_object_get(one, "mark")),
                                  .sealed = bytes_of(sealed) };
        TRY(store_source_add(db, &row, f));
    }
    return OK;
}

/* Asked about ------------------------------------------------------------------------------------------------ */

enum err exposure_prepare(struct act_call *c, struct fail *f)
{
    if (*c->act->report || *c->act->ref || json_array_size(c->act->portions))
        return fail_set(f, E_INVALID, "exposure: it is about a source, not about a report");
    TRY(check_sealed(c->node, c->act->body, "exposure", f));
    c->portions = json_array();
    c->aud = json_array();
    c->body = json_object(); /* the act has it */
    return OK;
}

enum err exposure_place(struct act_call *c, struct db *db, struct place at, struct fail *f)
{
    (void)db, (void)f;
    json_set_u64(c->answer, "entry", at.index);
    return OK;
}

/* The sources that are kept, as many as the keeper compares at a time. */
struct batch {
    struct source_row rows[AT_A_TIME];
    struct keeper_source shown[AT_A_TIME];
    size_t count;
};

static void batch_clear(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        store_source_clear(&b->rows[i]);
    b->count = 0;
}

static enum err keep(const struct source_row *row, void *ctx, struct fail *f)
{
    struct batch *b = ctx;
    (void)f;
    store_source_copy(row, &b->rows[b->count]);
    b->shown[b->count] =
        (struct keeper_source){ .report = b->rows[b->count].report, .sealed = b->rows[b->count].sealed };
    b->count++;
    return OK;
}

/* How the keeper is shown that the question is on record. */
struct question {
    struct signer signer;
    struct show_entry entry;
    struct statement_row statement;
    struct publisher_head head;
    struct keeper_question shown;
};

static void question_clear(struct question *q)
{
    signer_clear(&q->signer);
    show_entry_clear(&q->entry);
    store_statement_clear(&q->statement);
    publisher_head_clear(&q->head);
}

static enum err show_question(struct node *n, struct db *db, const struct act *act, uint64_t entry,
                              struct question *q, struct fail *f)
{
    publisher_head(n->publisher, &q->head);
    TRY(signer_load(n, &q->head, act->jose->kid, &q->signer, f));
    TRY(show_entry(n, db, &q->head, (struct place){ n->generation, entry }, ASKED_FIELDS, &q->entry, f));
    TRY(store_statement_get(db, n->conf.domain, act->id, &q->statement, f));
    q->shown = (struct keeper_question){ .by = signer_shown(bytes_str(act->jose->text), &q->signer),
                                         .entry = q->entry.entry,
                                         .statement = bytes_str(q->statement.jws),
                                         .checkpoint = bytes_str(q->head.note) };
    return OK;
}

/* By the mark of the handle, as if that were the portion's. */
static enum err may_trace(struct node *n, struct db *db, const struct asker *a, const struct source_row *row,
                          bool *may, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(aware_clear) struct aware known = { 0 };
    struct copy_row copy = {
        .holder = n->conf.domain, .portion = row->portion, .report = row->report, .mark = row->mark
    };
    TRY(aware_own(n, db, a, row->report, &known, f));
    TRY(facts_load(n, db, &copy, a->person, n->conf.domain, a->clearance, n->now_ms(), &facts, f));
    facts_decide(&facts);
    *may = aware_find(&known, row->portion) != NULL &&
           policy_may_trace_source(facts.input.asker.author, (a->roles & ROLE_OFFICER) != 0,
                                   facts.result.outcome == POLICY_ALLOW);
    return OK;
}

/* All are compared, whoever asks; then what he may not know of is dropped: so both take the same steps. */
static enum err match_batch(struct node *n, struct db *db, const struct asker *a, const struct question *q,
                            struct batch *b, json_t *found, struct fail *f)
{
    TRY(keeper_match(n->keeper, &q->shown, b->shown, b->count, f));
    for (size_t i = 0; i < b->count; i++) {
        bool may;
        TRY(may_trace(n, db, a, &b->rows[i], &may, f));
        if (may && b->shown[i].same)
            exposed_add(found, b->rows[i].report, b->rows[i].portion);
    }
    return OK;
}

static enum err match_all(struct node *n, const struct asker *a, const struct act *act, uint64_t entry,
                          json_t *found, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(question_clear) struct question q = { 0 };
    AUTO(mem_freep) struct batch *b = mem_new(sizeof *b);
    char portion[UUID_TEXT] = "";
    uint64_t place = 0;
    enum err e = OK;
    TRY(store_read_begin(n->store, &db, f));
    TRY(show_question(n, db, act, entry, &q, f));
    do {
        e = store_source_list(db, portion, place, AT_A_TIME, keep, b, f);
        if (e == OK && b->count)
            e = match_batch(n, db, a, &q, b, found, f);
        bool more = b->count == AT_A_TIME;
        if (b->count) {
            snprintf(portion, sizeof portion, "%s", b->rows[b->count - 1].portion);
            place = b->rows[b->count - 1].place;
        }
        batch_clear(b);
        if (!more)
            break;
    } while (e == OK);
    return e;
}

enum err exposure_answer(struct node *n, const struct asker *a, struct bytes act_jws, json_t **out,
                         struct fail *f)
{
    AUTO(act_freep) struct act *act = NULL;
    AUTO(json_freep) json_t *done = NULL;
    AUTO(json_freep) json_t *found = json_object();
    AUTO(json_freep) json_t *answer = json_object();
    uint64_t entry;
    TRY(act_read(act_jws, JOSE_MAX_SMALL, &act, f));
    if (strcmp(act->kind, "exposure") != 0)
        return fail_set(f, E_INVALID, "the act is no exposure");
    TRY(acts_do(n, a, act_jws, &done, f));
    TRY(json_need_u64(done, "entry", "exposure", &entry, f));
    TRY(match_all(n, a, act, entry, found, f));
    json_set_str(answer, "exposure", act->id);
    json_set_u64(answer, "entry", entry);
    json_set_time(answer, "at", n->now_ms());
    TRY(exposed_fill(n, a, found, answer, f));
    *out = json_incref(answer);
    return OK;
}
