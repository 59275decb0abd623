/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/drafts.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/node.h"
#include "store/draft.h"
#include "store/writer.h"

static enum err not_yours(const char *id, struct fail *f)
{
    return fail_why(f, REASON_NOT_YOURS, "draft %.40s is unknown here, or not yours", id);
}

static json_t *row_json(const struct draft_row *row)
{
    char at[TIME_TEXT_SIZE];
    json_t *v = json_object();
    time_print(row->changed_ms, at);
    json_set_str(v, "draft", row->id);
    json_set_u64(v, "version", row->version);
    json_set_str(v, "changed", at);
    json_set_u64(v, "bytes", row->size);
    return v;
}

static enum err add_row(const struct draft_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, row_json(row));
    return OK;
}

enum err drafts_list(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *list = json_array();
    json_set_take(answer, "drafts", list);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_draft_list(db, a->person, add_row, list, f));
    *out = json_incref(answer);
    return OK;
}

enum err drafts_get(struct node *n, const struct asker *a, const char *id, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_draft_clear) struct draft_row row = { 0 };
    AUTO(buf_freep) struct buf *sealed = NULL;
    AUTO(buf_freep) struct buf *text = buf_new(DRAFT_BODY_MAX);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    enum err e = store_draft_get(db, a->person, id, &row, f);
    if (store_missing(e, f))
        return not_yours(id, f);
    TRY(e);
    TRY(store_draft_sealed(db, a->person, id, &sealed, f));
    b64_put(text, B64_URL, bytes_of(sealed));
    *out = row_json(&row);
    json_set_str(*out, "sealed", buf_text(text));
    return OK;
}

struct putting {
    struct draft_row row;
    struct bytes sealed;
};

static enum err write_put(struct db *db, void *ctx, struct fail *f)
{
    struct putting *p = ctx;
    uint64_t count, bytes;
    if (p->row.version) {
        AUTO(store_draft_clear) struct draft_row now = { 0 };
        enum err e = store_draft_get(db, p->row.person, p->row.id, &now, f);
        if (store_missing(e, f))
            return not_yours(p->row.id, f);
        TRY(e);
        if (now.version != p->row.version)
            return fail_set(f, E_CONFLICT,
                            "this draft has version %llu by now, not %llu: it was changed elsewhere",
                            (unsigned long long)now.version, (unsigned long long)p->row.version);
        return store_draft_change(db, &p->row, p->sealed, f);
    }
    TRY(store_draft_usage(db, p->row.person, &count, &bytes, f));
    if (count >= DRAFT_COUNT_MAX)
        return fail_set(f, E_RATE, "%s has %llu drafts, as many as there may be: share or drop one",
                        p->row.person, (unsigned long long)count);
    p->row.version = 1;
    return store_draft_add(db, &p->row, p->sealed, f);
}

enum err drafts_put(struct node *n, const struct asker *a, const char *id, const json_t *in, json_t **out,
                    struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(DRAFT_MAX);
    const char *text;
    uint64_t version = 0;
    if (!name_is_uuid(id))
        return fail_set(f, E_INVALID, "draft: '%.40s' is no UUID", id);
    TRY(json_need_str(in, "sealed", "draft", &text, f));
    if (json_object_get(in, "version"))
        TRY(json_need_u64(in, "version", "draft", &version, f));
    if (strlen(text) > b64_len(B64_URL, DRAFT_MAX))
        return fail_set(f, E_TOO_LARGE, "draft: sealed is more than %zu bytes", DRAFT_MAX);
    TRY(b64_read(B64_URL, bytes_str(text), sealed, "draft: sealed", f));
    if (sealed->len == 0)
        return fail_set(f, E_INVALID, "draft: sealed is empty");
    struct putting p = {
        .row = { .person = a->person, .id = id, .version = version, .changed_ms = n->now_ms() },
        .sealed = bytes_of(sealed)
    };
    bool fresh = version == 0;
    TRY(writer_run(n->writer, write_put, &p, f));
    p.row.version = fresh ? 1 : version + 1;
    p.row.size = sealed->len;
    *out = row_json(&p.row);
    return OK;
}

static enum err write_drop(struct db *db, void *ctx, struct fail *f)
{
    const struct draft_row *row = ctx;
    enum err e = store_draft_drop(db, row->person, row->id, f);
    return store_missing(e, f) ? not_yours(row->id, f) : e;
}

enum err drafts_drop(struct node *n, const struct asker *a, const char *id, json_t **out, struct fail *f)
{
    struct draft_row row = { .person = a->person, .id = id };
    TRY(writer_run(n->writer, write_drop, &row, f));
    *out = json_object();
    json_set_str(*out, "draft", id);
    return OK;
}
