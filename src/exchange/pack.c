/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/pack.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "ledger/statement.h"
#include "marking/marking.h"
#include "store/held.h"
#include "store/report.h"
#include "store/store.h"
#include "tdf/container.h"
#include "tdf/package.h"

struct packing {
    struct node *n;
    struct db *db;
    struct package_writer *w;
    struct buf_sink sink;
    const char *originator, *share;
    bool own; /* payloads of masters stand with their portions */
};

static enum err begin(struct packing *p, const char *report_json, struct buf *out, struct fail *f)
{
    struct sink sink = sink_buf(&p->sink, out);
    TRY(store_read_begin(p->n->store, &p->db, f));
    TRY(store_read_snapshot(p->db, f));
    return package_begin(&sink, bytes_str(report_json), &p->w, f);
}

static void packing_clear(struct packing *p)
{
    package_writer_freep(&p->w);
    store_read_endp(&p->db);
}

static enum err add_text(struct packing *p, const char *portion, enum package_kind kind, struct bytes text,
                         struct fail *f)
{
    struct source in = source_bytes(&text);
    return package_add(p->w, portion, kind, &in, f);
}

static enum err add_sealed(struct packing *p, const char *portion, struct bytes manifest,
                           struct bytes payload, struct fail *f)
{
    struct source in = source_bytes(&payload);
    AUTO(tdf_joined_clear) struct tdf_joined joined = { 0 };
    TRY(tdf_joined_init(&joined, manifest, &in, f));
    struct source whole = tdf_joined_source(&joined);
    return package_add(p->w, portion, PACKAGE_SEALED, &whole, f);
}

static enum err add_portion(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct packing *p = ctx;
    AUTO(buf_freep) struct buf *payload = NULL;
    if (!p->own && !row->clear)
        return OK; /* a copy of it follows */
    TRY(store_portion_payload(p->db, row->id, &payload, f));
    return row->clear ? add_text(p, row->id, PACKAGE_CLEAR, bytes_of(payload), f)
                      : add_sealed(p, row->id, row->manifest, bytes_of(payload), f);
}

static enum err add_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    struct packing *p = ctx;
    AUTO(buf_freep) struct buf *payload = NULL;
    TRY(store_copy_payload(p->db, row->policy, &payload, f));
    return add_sealed(p, row->portion, row->manifest, bytes_of(payload), f);
}

/* What a statement names: of our own all, of a share to others the clear ones. */
static enum err add_portions(struct packing *p, const struct statement *s, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(s->portions); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        TRY(store_portion_get(p->db, json_string_value(json_array_get(s->portions, i)), &row, f));
        TRY(add_portion(&row, p, f));
    }
    return OK;
}

enum err pack_share(struct node *n, const struct statement_row *share, struct buf *out, struct fail *f)
{
    AUTO(packing_clear) struct packing p = { .n = n };
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(share->jws), JOSE_MAX_LARGE, &s, f));
    TRY(begin(&p, share->jws, out, f));
    TRY(add_portions(&p, s, f));
    TRY(store_copy_list_share(p.db, share->id, add_copy, &p, f));
    TRY(package_end(p.w, f));
    return buf_check(out, "package", f);
}

struct finding {
    const char *domain, *share;
    struct statement *own;
};

/* A hidden portion has a statement of its own. */
static enum err is_seen(const struct statement *s, bool *seen, struct fail *f)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    const char *text;
    TRY(json_need_str(s->body, "banner", "share", &text, f));
    TRY(marking_read(text, &banner, f));
    *seen = !banner.hidden;
    return OK;
}

/* The statement that we made for ourselves: it lists masters. */
static enum err find_own(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct finding *found = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    bool is = found->share != NULL;
    if (row->direction != STATEMENT_MADE || found->own || (is && strcmp(row->id, found->share) != 0))
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    if (!statement_is_for(s, found->domain))
        return OK;
    if (!is)
        TRY(is_seen(s, &is, f));
    if (is) {
        found->own = s;
        s = NULL;
    }
    return OK;
}

enum err pack_own(struct node *n, const char *report, const char *share, struct buf *out, struct fail *f)
{
    AUTO(packing_clear) struct packing p = { .n = n, .own = true };
    struct finding found = { .domain = n->conf.domain, .share = share };
    enum err e;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        e = store_statement_list(db, report, "share", find_own, &found, f);
    }
    AUTO(statement_freep) struct statement *s = found.own;
    TRY(e);
    if (!s)
        return fail_why(f, REASON_NOT_YOURS, "report %s is unknown here, or not yours", report);
    TRY(begin(&p, s->jose->text, out, f));
    TRY(add_portions(&p, s, f));
    TRY(package_end(p.w, f));
    return buf_check(out, "package", f);
}

static enum err add_held(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    struct packing *p = ctx;
    AUTO(buf_freep) struct buf *content = NULL;
    TRY(store_held_portion_content(p->db, p->originator, p->share, row->portion, &content, f));
    return add_text(p, row->portion, row->clear ? PACKAGE_CLEAR : PACKAGE_SEALED, bytes_of(content), f);
}

enum err pack_held(struct node *n, const char *originator, const char *share, struct buf *out, struct fail *f)
{
    AUTO(packing_clear) struct packing p = { .n = n, .originator = originator, .share = share };
    AUTO(store_held_clear) struct held_row held = { 0 };
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        TRY(store_held_get(db, originator, share, &held, f));
    }
    TRY(begin(&p, held.jws, out, f));
    TRY(store_held_portion_list(p.db, originator, share, add_held, &p, f));
    TRY(package_end(p.w, f));
    return buf_check(out, "package", f);
}
