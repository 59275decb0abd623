/* SPDX-License-Identifier: Apache-2.0 */
#include "store/override.h"

#include "store/row.h"

static const char *const states[] = { [OVERRIDE_OPEN] = "open", [OVERRIDE_CLOSED] = "closed" };

const char *override_state_name(enum override_state s)
{
    return states[s];
}

static const struct field override_fields[] = {
    FIELD(override_row, id, FIELD_TEXT),        FIELD(override_row, originator, FIELD_TEXT),
    FIELD(override_row, giver, FIELD_TEXT),     FIELD(override_row, by_person, FIELD_TEXT),
    FIELD(override_row, report, FIELD_TEXT),    FIELD(override_row, to_whom, FIELD_TEXT),
    FIELD(override_row, occasion, FIELD_TEXT),  FIELD(override_row, reason, FIELD_TEXT),
    FIELD(override_row, at_ms, FIELD_U64),      FIELD_ENUM(override_row, state, states),
    FIELD(override_row, closed_by, FIELD_TEXT), FIELD(override_row, closed_ms, FIELD_U64),
    FIELD(override_row, outcome, FIELD_TEXT),   FIELD(override_row, generation, FIELD_U32),
    FIELD(override_row, idx, FIELD_U64),        FIELD(override_row, sealed, FIELD_BOOL),
    FIELD(override_row, receipt, FIELD_TEXT),
};
SHAPE(override, override_fields, 17);
ROW_GET(override)
ROW_LIST(override)

enum err store_override_add(struct db *db, const struct override_row *r, struct fail *f)
{
    return row_put(db, Q_OVERRIDE_ADD, &override_shape, r, f);
}

enum err store_override_portion_add(struct db *db, const char *id, const char *portion, uint32_t n,
                                    struct fail *f)
{
    return db_run(db, Q_OVERRIDE_PORTION_ADD, ARGS(TEXT(id), TEXT(portion), NUMBER(n)), NULL, f);
}

enum err store_override_get(struct db *db, const char *id, struct override_row *r, struct fail *f)
{
    return db_one(db, Q_OVERRIDE_GET, ARGS(TEXT(id)), override_one, r, f);
}

enum err store_override_close(struct db *db, const char *id, const char *by, uint64_t at_ms,
                              const char *outcome, struct fail *f)
{
    return db_must(db, Q_OVERRIDE_CLOSE, ARGS(TEXT(id), TEXT(by), NUMBER(at_ms), TEXT(outcome)), f);
}

enum err store_override_list(struct db *db, const char *report, store_override_fn fn, void *ctx,
                             struct fail *f)
{
    return db_each(db, Q_OVERRIDE_LIST, ARGS(TEXT(report)), override_each, LIST(override), f);
}

struct portion_list {
    store_override_portion_fn fn;
    void *ctx;
};

static enum err portion_each(const struct cursor *c, void *ctx, struct fail *f)
{
    const struct portion_list *list = ctx;
    uint64_t n;
    if (!cursor_number(c, 1, &n) || n > UINT32_MAX)
        return fail_set(f, E_STORE, "damaged row of table override_portion");
    return list->fn(cursor_text(c, 0), (uint32_t)n, list->ctx, f);
}

enum err store_override_portions(struct db *db, const char *id, store_override_portion_fn fn, void *ctx,
                                 struct fail *f)
{
    return db_each(db, Q_OVERRIDE_PORTIONS, ARGS(TEXT(id)), portion_each, &(struct portion_list){ fn, ctx },
                   f);
}

/* Copies ----------------------------------------------------------------------------------------------------- */

static const struct field copy_fields[] = {
    FIELD(override_copy_row, policy, FIELD_TEXT),
    FIELD(override_copy_row, override, FIELD_TEXT),
    FIELD(override_copy_row, originator, FIELD_TEXT),
    FIELD(override_copy_row, giver, FIELD_TEXT),
    FIELD(override_copy_row, holder, FIELD_TEXT),
    FIELD(override_copy_row, report, FIELD_TEXT),
    FIELD(override_copy_row, portion, FIELD_TEXT),
    FIELD(override_copy_row, share, FIELD_TEXT),
    FIELD(override_copy_row, n, FIELD_U32),
    FIELD(override_copy_row, mark, FIELD_TEXT),
    FIELD(override_copy_row, wrapped_sha, FIELD_HASH),
    FIELD(override_copy_row, policy_sha, FIELD_HASH),
    FIELD(override_copy_row, binding_sha, FIELD_HASH),
    FIELD(override_copy_row, manifest, FIELD_BYTES),
    FIELD(override_copy_row, made_ms, FIELD_U64),
    FIELD(override_copy_row, recalled_ms, FIELD_U64),
};
SHAPE(override_copy, copy_fields, 16);
ROW_GET(override_copy)
ROW_LIST(override_copy)

enum err store_override_copy_add(struct db *db, const struct override_copy_row *r,
                                 const struct bytes *payload, struct fail *f)
{
    return row_put_with(db, Q_OVERRIDE_COPY_ADD, &override_copy_shape, r, payload ? BLOB(*payload) : NONE, f);
}

enum err store_override_copy_get(struct db *db, const char *policy, struct override_copy_row *r,
                                 struct fail *f)
{
    return db_one(db, Q_OVERRIDE_COPY_GET, ARGS(TEXT(policy)), override_copy_one, r, f);
}

enum err store_override_copy_list(struct db *db, const char *override, store_override_copy_fn fn, void *ctx,
                                  struct fail *f)
{
    return db_each(db, Q_OVERRIDE_COPY_LIST, ARGS(TEXT(override)), override_copy_each, LIST(override_copy),
                   f);
}

enum err store_override_copy_list_report(struct db *db, const char *originator, const char *report,
                                         store_override_copy_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_OVERRIDE_COPY_LIST_REPORT, ARGS(TEXT(originator), TEXT(report)), override_copy_each,
                   LIST(override_copy), f);
}

enum err store_override_copy_list_giver(struct db *db, const char *giver, store_override_copy_fn fn,
                                        void *ctx, struct fail *f)
{
    return db_each(db, Q_OVERRIDE_COPY_LIST_GIVER, ARGS(TEXT(giver)), override_copy_each, LIST(override_copy),
                   f);
}

enum err store_override_copy_payload(struct db *db, const char *policy, struct buf **out, struct fail *f)
{
    return db_one(db, Q_OVERRIDE_COPY_PAYLOAD, ARGS(TEXT(policy)), row_take_buf, out, f);
}

enum err store_override_copy_drop_payloads(struct db *db, const char *override, struct fail *f)
{
    return db_run(db, Q_OVERRIDE_COPY_DROP_PAYLOADS, ARGS(TEXT(override)), NULL, f);
}

enum err store_override_set_receipt(struct db *db, const char *id, const char *receipt, struct fail *f)
{
    return db_run(db, Q_OVERRIDE_SET_RECEIPT, ARGS(TEXT(id), TEXT(receipt)), NULL, f);
}

enum err store_override_untold(struct db *db, const char *originator, const char *home, uint64_t *count,
                               struct fail *f)
{
    return db_one(db, Q_OVERRIDE_UNTOLD, ARGS(TEXT(originator), TEXT(home)), row_take_number, count, f);
}

enum err store_override_copy_recall(struct db *db, const char *originator, const char *portion,
                                    const char *holder, uint64_t at_ms, struct fail *f)
{
    return db_run(db, Q_OVERRIDE_COPY_RECALL,
                  ARGS(TEXT(originator), TEXT(portion), TEXT(holder ? holder : ""), NUMBER(at_ms)), NULL, f);
}

/* What was not taken ------------------------------------------------------------------------------------------ */

static const struct field untaken_fields[] = {
    FIELD(untaken_row, iss, FIELD_TEXT),        FIELD(untaken_row, statement, FIELD_TEXT),
    FIELD(untaken_row, received_ms, FIELD_U64), FIELD(untaken_row, reason, FIELD_TEXT),
    FIELD(untaken_row, jws, FIELD_TEXT),
};
SHAPE(untaken, untaken_fields, 5);
ROW_GET(untaken)

enum err store_untaken_add(struct db *db, const struct untaken_row *r, struct fail *f)
{
    return row_put(db, Q_UNTAKEN_ADD, &untaken_shape, r, f);
}

enum err store_untaken_get(struct db *db, const char *iss, const char *statement, struct untaken_row *r,
                           struct fail *f)
{
    return db_one(db, Q_UNTAKEN_GET, ARGS(TEXT(iss), TEXT(statement)), untaken_one, r, f);
}

enum err store_untaken_count(struct db *db, const char *iss, uint64_t since_ms, uint64_t *count,
                             struct fail *f)
{
    return db_one(db, Q_UNTAKEN_COUNT, ARGS(TEXT(iss), NUMBER(since_ms)), row_take_number, count, f);
}

enum err store_untaken_drop(struct db *db, const char *iss, const char *statement, struct fail *f)
{
    return db_run(db, Q_UNTAKEN_DROP, ARGS(TEXT(iss), TEXT(statement)), NULL, f);
}
