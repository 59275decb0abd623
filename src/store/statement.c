/* SPDX-License-Identifier: Apache-2.0 */
#include "store/statement.h"

#include "store/row.h"

/* Statements --------------------------------------------------------------------------------------------- */

static const char *const directions[STATEMENT_DIRECTION_COUNT] = { "made", "taken" };

const char *statement_direction_name(enum statement_direction d)
{
    return directions[d];
}

static const struct field statement_fields[] = {
    FIELD(statement_row, iss, FIELD_TEXT),
    FIELD(statement_row, id, FIELD_TEXT),
    FIELD(statement_row, digest, FIELD_HASH),
    FIELD(statement_row, kind, FIELD_TEXT),
    FIELD_ENUM(statement_row, direction, directions),
    FIELD(statement_row, report, FIELD_TEXT),
    FIELD(statement_row, ref, FIELD_TEXT),
    FIELD(statement_row, at_ms, FIELD_U64),
    FIELD(statement_row, jws, FIELD_TEXT),
    FIELD(statement_row, ack, FIELD_TEXT),
};
SHAPE(statement, statement_fields, 10);
ROW_GET(statement)
ROW_LIST(statement)

enum err store_statement_add(struct db *db, const struct statement_row *r, struct fail *f)
{
    return row_put(db, Q_STATEMENT_ADD, &statement_shape, r, f);
}

enum err store_statement_get(struct db *db, const char *iss, const char *id, struct statement_row *r,
                             struct fail *f)
{
    return db_one(db, Q_STATEMENT_GET, ARGS(TEXT(iss), TEXT(id)), statement_one, r, f);
}

enum err store_statement_by_digest(struct db *db, const uint8_t digest[static 32], struct statement_row *r,
                                   struct fail *f)
{
    return db_one(db, Q_STATEMENT_BY_DIGEST, ARGS(HASH(digest)), statement_one, r, f);
}

enum err store_statement_set_ack(struct db *db, const char *iss, const char *id, const char *ack,
                                 struct fail *f)
{
    return db_must(db, Q_STATEMENT_SET_ACK, ARGS(TEXT(iss), TEXT(id), TEXT(ack)), f);
}

enum err store_statement_entered(struct db *db, const char *iss, const char *id, uint32_t generation,
                                 uint64_t idx, struct fail *f)
{
    return db_must(db, Q_STATEMENT_ENTERED, ARGS(TEXT(iss), TEXT(id), NUMBER(generation), NUMBER(idx)), f);
}

struct entry_place {
    uint64_t generation, idx;
};

static enum err entry_row(const struct cursor *c, void *ctx, struct fail *f)
{
    struct entry_place *p = ctx;
    if (!cursor_number(c, 0, &p->generation) || !cursor_number(c, 1, &p->idx))
        return fail_set(f, E_STORE, "damaged row of table statement_entry");
    return OK;
}

enum err store_statement_entry(struct db *db, const char *iss, const char *id, uint32_t *generation,
                               uint64_t *idx, struct fail *f)
{
    struct entry_place at = { 0 };
    TRY(db_one(db, Q_STATEMENT_ENTRY, ARGS(TEXT(iss), TEXT(id)), entry_row, &at, f));
    *generation = (uint32_t)at.generation;
    *idx = at.idx;
    return OK;
}

enum err store_statement_list(struct db *db, const char *report, const char *kind, store_statement_fn fn,
                              void *ctx, struct fail *f)
{
    return db_each(db, Q_STATEMENT_LIST, ARGS(TEXT(report), TEXT(kind)), statement_each, LIST(statement), f);
}

enum err store_statement_list_kind(struct db *db, const char *kind, uint64_t since_ms, uint64_t limit,
                                   store_statement_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_STATEMENT_LIST_KIND, ARGS(TEXT(kind), NUMBER(since_ms), arg_bound(limit)),
                   statement_each, LIST(statement), f);
}

/* The outbox --------------------------------------------------------------------------------------------- */

static const char *const routes[OUTBOX_ROUTE_COUNT] = { "statements", "packages" };
static const char *const states[OUTBOX_STATE_COUNT] = { "queued", "delivered", "failed" };

const char *outbox_route_name(enum outbox_route r)
{
    return routes[r];
}

const char *outbox_state_name(enum outbox_state s)
{
    return states[s];
}

static const struct field outbox_fields[] = {
    FIELD(outbox_row, partner, FIELD_TEXT),   FIELD(outbox_row, iss, FIELD_TEXT),
    FIELD(outbox_row, statement, FIELD_TEXT), FIELD_ENUM(outbox_row, route, routes),
    FIELD(outbox_row, generation, FIELD_U32), FIELD(outbox_row, idx, FIELD_U64),
    FIELD_ENUM(outbox_row, state, states),    FIELD(outbox_row, queued_ms, FIELD_U64),
    FIELD(outbox_row, acked_ms, FIELD_U64),   FIELD(outbox_row, error, FIELD_TEXT),
    FIELD(outbox_row, ack, FIELD_TEXT),       FIELD(outbox_row, id, FIELD_U64),
};
SHAPE(outbox, outbox_fields, 11);
ROW_GET(outbox)
ROW_LIST(outbox)

enum err store_outbox_put(struct db *db, const struct outbox_row *r, struct fail *f)
{
    return row_put(db, Q_OUTBOX_PUT, &outbox_shape, r, f);
}

enum err store_outbox_next(struct db *db, const char *partner, uint32_t generation, uint64_t size,
                           struct outbox_row *r, struct fail *f)
{
    return db_one(db, Q_OUTBOX_NEXT, ARGS(TEXT(partner), NUMBER(generation), NUMBER(size)), outbox_one, r, f);
}

enum err store_outbox_after(struct db *db, const char *partner, uint32_t generation, uint64_t size,
                            uint64_t after, struct outbox_row *r, struct fail *f)
{
    return db_one(db, Q_OUTBOX_AFTER, ARGS(TEXT(partner), NUMBER(generation), NUMBER(size), NUMBER(after)),
                  outbox_one, r, f);
}

enum err store_outbox_get(struct db *db, const char *partner, const char *iss, const char *statement,
                          struct outbox_row *r, struct fail *f)
{
    return db_one(db, Q_OUTBOX_GET, ARGS(TEXT(partner), TEXT(iss), TEXT(statement)), outbox_one, r, f);
}

enum err store_outbox_set_acked(struct db *db, uint64_t id, uint64_t acked_ms, const char *ack,
                                struct fail *f)
{
    return db_must(db, Q_OUTBOX_SET_ACKED, ARGS(NUMBER(id), NUMBER(acked_ms), TEXT(ack)), f);
}

enum err store_outbox_set_error(struct db *db, uint64_t id, const char *error, struct fail *f)
{
    return db_must(db, Q_OUTBOX_SET_ERROR, ARGS(NUMBER(id), TEXT(error)), f);
}

enum err store_outbox_set_failed(struct db *db, uint64_t id, const char *error, struct fail *f)
{
    return db_must(db, Q_OUTBOX_SET_FAILED, ARGS(NUMBER(id), TEXT(error)), f);
}

struct pending {
    uint64_t *count, *oldest_ms;
};

static enum err pending_row(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct pending *p = ctx;
    uint64_t count, oldest_ms;
    if (!cursor_number(c, 0, &count) || !cursor_number(c, 1, &oldest_ms))
        return fail_set(f, E_STORE, "damaged row of table outbox");
    if (p->count)
        *p->count = count;
    if (p->oldest_ms)
        *p->oldest_ms = oldest_ms;
    return OK;
}

enum err store_outbox_pending(struct db *db, const char *partner, uint64_t *count, uint64_t *oldest_ms,
                              struct fail *f)
{
    return db_one(db, Q_OUTBOX_PENDING, ARGS(TEXT(partner)), pending_row,
                  &(struct pending){ count, oldest_ms }, f);
}

enum err store_outbox_partners(struct db *db, store_id_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_OUTBOX_PARTNERS, NO_ARGS, row_id_each, &(struct id_list){ fn, ctx }, f);
}

enum err store_outbox_list(struct db *db, const char *iss, const char *statement, store_outbox_fn fn,
                           void *ctx, struct fail *f)
{
    return db_each(db, Q_OUTBOX_LIST, ARGS(TEXT(iss), TEXT(statement)), outbox_each, LIST(outbox), f);
}

/* Tasks -------------------------------------------------------------------------------------------------- */

static const struct field task_fields[] = {
    FIELD(task_row, id, FIELD_U64),
    FIELD(task_row, kind, FIELD_TEXT),
    FIELD(task_row, subject, FIELD_TEXT),
    FIELD(task_row, made_ms, FIELD_U64),
};
SHAPE(task, task_fields, 0);
ROW_GET(task)
ROW_LIST(task)

enum err store_task_put(struct db *db, const char *kind, const char *subject, uint64_t made_ms,
                        struct fail *f)
{
    return db_run(db, Q_TASK_PUT, ARGS(TEXT(kind), TEXT(subject), NUMBER(made_ms)), NULL, f);
}

enum err store_task_first(struct db *db, uint64_t after, struct task_row *r, struct fail *f)
{
    return db_one(db, Q_TASK_FIRST, ARGS(NUMBER(after)), task_one, r, f);
}

enum err store_task_list(struct db *db, uint64_t limit, store_task_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_TASK_LIST, ARGS(arg_bound(limit)), task_each, LIST(task), f);
}

enum err store_task_delete(struct db *db, uint64_t id, struct fail *f)
{
    return db_must(db, Q_TASK_DELETE, ARGS(NUMBER(id)), f);
}

enum err store_statement_between(struct db *db, const char *home, const char *partner, uint64_t since_ms,
                                 store_statement_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_STATEMENT_BETWEEN, ARGS(TEXT(home), TEXT(partner), NUMBER(since_ms)), statement_each,
                   LIST(statement), f);
}

enum err store_statement_unacked(struct db *db, const char *partner, store_statement_fn fn, void *ctx,
                                 struct fail *f)
{
    return db_each(db, Q_STATEMENT_UNACKED, ARGS(TEXT(partner)), statement_each, LIST(statement), f);
}

enum err store_outbox_waiting(struct db *db, const char *partner, const char *kind, uint64_t *count,
                              struct fail *f)
{
    return db_one(db, Q_OUTBOX_WAITING, ARGS(TEXT(partner), TEXT(kind)), row_take_number, count, f);
}
