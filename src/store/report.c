/* SPDX-License-Identifier: Apache-2.0 */
#include "store/report.h"

#include <string.h>

#include "base/name.h"
#include "store/row.h"

/* Reports and portions ----------------------------------------------------------------------------------- */

static const struct field report_fields[] = {
    FIELD(report_row, id, FIELD_TEXT),     FIELD(report_row, author, FIELD_TEXT),
    FIELD(report_row, banner, FIELD_TEXT), FIELD(report_row, shared_ms, FIELD_U64),
    FIELD(report_row, act, FIELD_TEXT),
};
SHAPE(report, report_fields, 5);
ROW_GET(report)
ROW_LIST(report)

enum err store_report_add(struct db *db, const struct report_row *r, struct fail *f)
{
    return row_put(db, Q_REPORT_ADD, &report_shape, r, f);
}

enum err store_report_get(struct db *db, const char *id, struct report_row *r, struct fail *f)
{
    return db_one(db, Q_REPORT_GET, ARGS(TEXT(id)), report_one, r, f);
}

static enum err take_author(const struct cursor *c, void *ctx, struct fail *f)
{
    struct bytes v = cursor_bytes(c, 0);
    if (v.len > PERSON_MAX)
        return fail_set(f, E_STORE, "damaged row of table report: author");
    if (v.len)
        memcpy(ctx, v.data, v.len);
    ((char *)ctx)[v.len] = '\0';
    return OK;
}

enum err store_report_author(struct db *db, const char *id, char *author, struct fail *f)
{
    return db_one(db, Q_REPORT_AUTHOR, ARGS(TEXT(id)), take_author, author, f);
}

enum err store_report_list(struct db *db, uint64_t limit, uint64_t offset, store_report_fn fn, void *ctx,
                           struct fail *f)
{
    return db_each(db, Q_REPORT_LIST, ARGS(arg_bound(limit), arg_bound(offset)), report_each, LIST(report),
                   f);
}

static const struct field portion_fields[] = {
    FIELD(portion_row, id, FIELD_TEXT),      FIELD(portion_row, report, FIELD_TEXT),
    FIELD(portion_row, n, FIELD_U32),        FIELD(portion_row, mark, FIELD_TEXT),
    FIELD(portion_row, clear, FIELD_BOOL),   FIELD(portion_row, manifest, FIELD_BYTES),
    FIELD(portion_row, differs, FIELD_BOOL),
};
SHAPE(portion, portion_fields, 7);
ROW_GET(portion)
ROW_LIST(portion)

enum err store_portion_add(struct db *db, const struct portion_row *r, struct bytes payload, struct fail *f)
{
    return row_put_with(db, Q_PORTION_ADD, &portion_shape, r, BLOB(payload), f);
}

enum err store_portion_get(struct db *db, const char *id, struct portion_row *r, struct fail *f)
{
    return db_one(db, Q_PORTION_GET, ARGS(TEXT(id)), portion_one, r, f);
}

enum err store_portion_list(struct db *db, const char *report, store_portion_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_PORTION_LIST, ARGS(TEXT(report)), portion_each, LIST(portion), f);
}

enum err store_portion_payload(struct db *db, const char *id, struct buf **out, struct fail *f)
{
    return db_one(db, Q_PORTION_PAYLOAD, ARGS(TEXT(id)), row_take_buf, out, f);
}

/* Copies ------------------------------------------------------------------------------------------------- */

static const struct field copy_fields[] = {
    FIELD(copy_row, policy, FIELD_TEXT),     FIELD(copy_row, portion, FIELD_TEXT),
    FIELD(copy_row, holder, FIELD_TEXT),     FIELD(copy_row, wrapped_sha, FIELD_HASH),
    FIELD(copy_row, policy_sha, FIELD_HASH), FIELD(copy_row, binding_sha, FIELD_HASH),
    FIELD(copy_row, manifest, FIELD_BYTES),  FIELD(copy_row, commitment, FIELD_HASH),
    FIELD(copy_row, share, FIELD_TEXT),      FIELD(copy_row, made_ms, FIELD_U64),
    FIELD(copy_row, report, FIELD_TEXT),     FIELD(copy_row, n, FIELD_U32),
    FIELD(copy_row, mark, FIELD_TEXT),       FIELD(copy_row, clear, FIELD_BOOL),
};
SHAPE(copy, copy_fields, 10);
ROW_GET(copy)
ROW_LIST(copy)

enum err store_copy_add(struct db *db, const struct copy_row *r, const struct bytes *payload, struct fail *f)
{
    return row_put_with(db, Q_COPY_ADD, &copy_shape, r, payload ? BLOB(*payload) : NONE, f);
}

enum err store_copy_get(struct db *db, const char *policy, struct copy_row *r, struct fail *f)
{
    return db_one(db, Q_COPY_GET, ARGS(TEXT(policy)), copy_one, r, f);
}

enum err store_copy_master(struct db *db, const char *portion, struct copy_row *r, struct fail *f)
{
    return db_one(db, Q_COPY_MASTER, ARGS(TEXT(portion)), copy_one, r, f);
}

enum err store_copy_list(struct db *db, const char *portion, store_copy_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_COPY_LIST, ARGS(TEXT(portion)), copy_each, LIST(copy), f);
}

enum err store_copy_list_share(struct db *db, const char *share, store_copy_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_COPY_LIST_SHARE, ARGS(TEXT(share)), copy_each, LIST(copy), f);
}

enum err store_copy_list_report(struct db *db, const char *report, store_copy_fn fn, void *ctx,
                                struct fail *f)
{
    return db_each(db, Q_COPY_LIST_REPORT, ARGS(TEXT(report)), copy_each, LIST(copy), f);
}

static enum err take_share(const struct cursor *c, void *ctx, struct fail *f)
{
    struct bytes v = cursor_bytes(c, 0);
    if (v.len >= UUID_TEXT)
        return fail_set(f, E_STORE, "damaged row of table copy: share");
    if (v.len)
        memcpy(ctx, v.data, v.len);
    ((char *)ctx)[v.len] = '\0';
    return OK;
}

enum err store_copy_newest(struct db *db, const char *portion, const char *holder,
                           char share[static UUID_TEXT], struct fail *f)
{
    return db_one(db, Q_COPY_NEWEST, ARGS(TEXT(portion), TEXT(holder)), take_share, share, f);
}

enum err store_copy_holds(struct db *db, const char *report, const char *holder, bool *holds, struct fail *f)
{
    uint64_t any = 0;
    TRY(db_one(db, Q_COPY_HOLDS, ARGS(TEXT(report), TEXT(holder)), row_take_number, &any, f));
    *holds = any != 0;
    return OK;
}

enum err store_copy_payload(struct db *db, const char *policy, struct buf **out, struct fail *f)
{
    return db_one(db, Q_COPY_PAYLOAD, ARGS(TEXT(policy)), row_take_buf, out, f);
}

enum err store_copy_drop_payloads(struct db *db, const char *share, struct fail *f)
{
    return db_run(db, Q_COPY_DROP_PAYLOADS, ARGS(TEXT(share)), NULL, f);
}

/* Releases ----------------------------------------------------------------------------------------------- */

static const struct field release_fields[] = {
    FIELD(release_row, portion, FIELD_TEXT),   FIELD(release_row, holder, FIELD_TEXT),
    FIELD(release_row, person, FIELD_TEXT),    FIELD(release_row, from_ms, FIELD_U64),
    FIELD(release_row, until_ms, FIELD_U64),   FIELD(release_row, recalled_ms, FIELD_U64),
    FIELD(release_row, note, FIELD_TEXT),      FIELD(release_row, statement, FIELD_TEXT),
    FIELD(release_row, generation, FIELD_U32), FIELD(release_row, idx, FIELD_U64),
    FIELD(release_row, id, FIELD_U64),         FIELD(release_row, report, FIELD_TEXT),
    FIELD(release_row, n, FIELD_U32),          FIELD(release_row, granted, FIELD_BOOL),
};
SHAPE(release, release_fields, 10);
ROW_CLEAR(release)
ROW_LIST(release)

enum err store_release_add(struct db *db, const struct release_row *r, uint64_t *id, struct fail *f)
{
    return row_put_new(db, Q_RELEASE_ADD, &release_shape, r, id, f);
}

enum err store_release_list(struct db *db, const char *portion, const char *holder, store_release_fn fn,
                            void *ctx, struct fail *f)
{
    return db_each(db, Q_RELEASE_LIST, ARGS(TEXT(portion), TEXT(holder)), release_each, LIST(release), f);
}

enum err store_release_list_report(struct db *db, const char *report, store_release_fn fn, void *ctx,
                                   struct fail *f)
{
    return db_each(db, Q_RELEASE_LIST_REPORT, ARGS(TEXT(report)), release_each, LIST(release), f);
}

enum err store_release_end(struct db *db, uint64_t id, uint64_t until_ms, struct fail *f)
{
    return db_must(db, Q_RELEASE_END, ARGS(NUMBER(id), NUMBER(until_ms)), f);
}

enum err store_release_recall_person(struct db *db, const char *portion, const char *holder,
                                     const char *person, uint64_t recalled_ms, struct fail *f)
{
    return db_run(db, Q_RELEASE_RECALL_PERSON,
                  ARGS(TEXT(portion), TEXT(holder), TEXT(person), NUMBER(recalled_ms)), NULL, f);
}

enum err store_release_recall(struct db *db, const char *portion, const char *holder, const char *except,
                              uint64_t recalled_ms, uint64_t *count, struct fail *f)
{
    return db_run(db, holder ? Q_RELEASE_RECALL : Q_RELEASE_RECALL_ALL,
                  ARGS(TEXT(portion), TEXT(holder ? holder : except), NUMBER(recalled_ms)), count, f);
}
