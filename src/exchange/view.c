/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/aware.h"
#include "exchange/derive.h"
#include "exchange/guests.h"
#include "exchange/introduced.h"
#include "exchange/pack.h"
#include "exchange/quarantine.h"
#include "ledger/body.h"
#include "ledger/statement.h"
#include "marking/marking.h"
#include "store/held.h"
#include "store/ids.h"
#include "store/leaf.h"
#include "store/list.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/variant.h"

#define LIST_MAX 1000

void view_set_entry(json_t *object, uint32_t generation, uint64_t index)
{
    char text[40];
    snprintf(text, sizeof text, "%u/%llu", generation, (unsigned long long)index);
    json_set_str(object, "entry", generation ? text : "");
}

/* Short forms --------------------------------------------------------------------------------------------- */

/* What has short forms. */
static const char *const kinds[IDS_KINDS] = {
    [IDS_REPORT] = "report", [IDS_REQUEST] = "request", [IDS_OVERRIDE] = "override",
    [IDS_SECOND] = "second", [IDS_ALERT] = "alert",     [IDS_INQUIRY] = "inquiry",
};

static enum ids_of kind_of(const char *kind)
{
    for (unsigned i = 0; i < IDS_KINDS; i++)
        if (strcmp(kinds[i], kind) == 0)
            return (enum ids_of)i;
    BUG("nothing has ids of this kind");
}

enum err view_resolve(struct node *n, const char *kind, const char *text, char id[static UUID_TEXT],
                      struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    char first[UUID_TEXT], last[UUID_TEXT];
    struct ids found;
    if (!short_range(text, first, last))
        return fail_set(f, E_INVALID, "'%.40s' is neither an id nor a short form of one", text);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_ids(db, kind_of(kind), first, last, &found, f));
    if (found.count == 0)
        return fail_why(f, REASON_NOT_YOURS, "%s %.40s is unknown here, or not yours", kind, text);
    if (found.count > 1) {
        char all[IDS_MAX * (UUID_TEXT + 1)] = "";
        for (size_t i = 0, at = 0; i < found.count; i++)
            at += (size_t)snprintf(all + at, sizeof all - at, "%s%s", i ? ", " : "", found.id[i]);
        return fail_set(f, E_CONFLICT, "%s %.40s could be any of %s: write more of it", kind, text, all);
    }
    memcpy(id, found.id[0], UUID_TEXT);
    return OK;
}

enum err view_resolve_for(struct node *n, const struct asker *a, const char *kind, const char *text,
                          char id[static UUID_TEXT], struct fail *f)
{
    enum err e = view_resolve(n, kind, text, id, f);
    if (e != E_CONFLICT || !guests_is(n, a->person))
        return e;
    fail_clear(f);
    return fail_why(f, REASON_NOT_YOURS, "%s %.40s is unknown here, or not yours", kind, text);
}

/* A short form that is unique here: as many letters as it takes. */
enum err view_shortest(struct node *n, const char *kind, const char *id, char out[static 25], struct fail *f)
{
    char found[UUID_TEXT];
    for (unsigned letters = 4; letters <= 24; letters++) {
        struct fail why = { 0 };
        short_print(id, letters, out);
        enum err e = view_resolve(n, kind, out, found, &why);
        if (e == OK)
            return OK;
        if (e != E_CONFLICT)
            return fail_pass(f, &why);
    }
    return OK;
}

/* The list ------------------------------------------------------------------------------------------------- */

struct listing {
    struct node *n;
    struct db *db;
    const struct asker *asker;
    json_t *into;
};

/* Who holds something of it that the asker knows of. */
struct holding {
    const struct aware *known;
    json_t *holders;
};

static enum err list_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    struct holding *h = ctx;
    (void)f;
    if (*row->share && aware_find(h->known, row->portion) && !statement_names(h->holders, row->holder))
        json_array_append_new(h->holders, json_string(row->holder));
    return OK;
}

static enum err note_differs(const char *holder, uint32_t number, void *ctx, struct fail *f)
{
    (void)holder;
    (void)number;
    (void)f;
    json_set_bool(ctx, "differs", true);
    return OK;
}

static enum err list_own(const struct report_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    char brief[25];
    AUTO(aware_clear) struct aware known = { 0 };
    AUTO(str_freep) char *banner = NULL;
    TRY(aware_own(l->n, l->db, l->asker, row->id, &known, f));
    if (known.count == 0)
        return OK; /* not for this guest */
    json_t *r = json_object(), *to = json_array();
    struct holding holding = { &known, to };
    json_array_append_new(l->into, r);
    json_set_take(r, "to", to);
    TRY(view_shortest(l->n, "report", row->id, brief, f));
    TRY(aware_banner(&known, &banner, f));
    if (!guests_is(l->n, l->asker->person))
        TRY(store_copy_list_report(l->db, row->id, list_copy, &holding, f));
    json_set_str(r, "report", row->id);
    json_set_str(r, "short", brief);
    json_set_str(r, "originator", l->n->conf.domain);
    json_set_bool(r, "own", true);
    json_set_bool(r, "stray", false);
    json_set_str(r, "banner", banner);
    json_set_str(r, "author", row->author);
    json_set_time(r, "at", row->shared_ms);
    if (strcmp(row->author, l->asker->person) == 0 || (l->asker->roles & ROLE_OFFICER))
        TRY(store_variant_list(l->db, row->id, note_differs, r, f));
    return OK;
}

/* What of a held report the asker may know of: of a stray all, since it came by hand. */
static enum err know_held(struct node *n, struct db *db, const struct asker *a, const struct held_row *row,
                          struct aware *out, struct fail *f)
{
    return row->stray ? aware_stray(db, row->originator, row->share, out, f)
                      : aware_held(n, db, a, row->originator, row->report, out, f);
}

static enum err list_held(const struct held_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    char brief[25];
    AUTO(aware_clear) struct aware known = { 0 };
    AUTO(str_freep) char *banner = NULL;
    TRY(know_held(l->n, l->db, l->asker, row, &known, f));
    if (known.count == 0)
        return OK;
    json_t *r = json_object(), *recalled = json_array();
    json_array_append_new(l->into, r);
    json_set_take(r, "recalled", recalled);
    TRY(view_shortest(l->n, "report", row->report, brief, f));
    TRY(aware_banner(&known, &banner, f));
    for (size_t i = 0; i < known.count; i++)
        if (known.rows[i].recalled_ms && known.rows[i].n > 0)
            json_array_append_new(recalled, json_integer(known.rows[i].n));
    json_set_str(r, "report", row->report);
    json_set_str(r, "short", brief);
    json_set_str(r, "originator", row->originator);
    json_set_bool(r, "own", false);
    json_set_bool(r, "stray", row->stray);
    json_set_str(r, "banner", banner);
    json_set_time(r, "at", row->received_ms);
    return OK;
}

enum err view_reports(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *reports = json_array(), *waiting = NULL;
    json_set_take(answer, "reports", reports);
    TRY(store_read_begin(n->store, &db, f));
    struct listing l = { n, db, a, reports };
    TRY(store_report_list(db, LIST_MAX, 0, list_own, &l, f));
    TRY(store_held_list(db, LIST_MAX, 0, list_held, &l, f));
    if (guests_is(n, a->person))
        waiting = json_array();
    else
        TRY(quarantine_list(db, &waiting, f));
    json_set_take(answer, "quarantined", waiting);
    *out = json_incref(answer);
    return OK;
}

/* One report ------------------------------------------------------------------------------------------------ */

static enum err put_portion(json_t *report, const struct aware_portion *row, struct fail *f)
{
    AUTO(marking_clear) struct marking m = { 0 };
    TRY(marking_read(row->mark, &m, f));
    json_t *p = json_object();
    json_set_str(p, "id", row->id);
    json_set_str(p, "share", *row->share ? row->share : NULL);
    json_set_u64(p, "n", row->n);
    json_set_str(p, "mark", row->mark);
    json_set_bool(p, "clear", row->clear);
    /* what may be passed on without asking: public text and tearlines */
    json_set_bool(p, "leave", !row->clear && !m.tearline);
    if (*row->share)
        json_set_time(p, "recalled", row->recalled_ms);
    if (row->n == 0)
        json_set_take(report, "title", p);
    else
        json_array_append_new(json_object_get(report, "portions"), p);
    return OK;
}

static enum err put_known(json_t *report, const struct aware *known, struct fail *f)
{
    AUTO(str_freep) char *banner = NULL;
    TRY(aware_banner(known, &banner, f));
    json_set_str(report, "banner", banner);
    for (size_t i = 0; i < known->count; i++)
        TRY(put_portion(report, &known->rows[i], f));
    return OK;
}

struct briefed {
    struct node *n;
    struct db *db;
    json_t *into;
    uint32_t number;
};

/* What a briefing rests on: a key that was released, a telling, or what a partner reported. */
static const char *basis_of(const struct leaf_row *leaf)
{
    struct body body;
    struct fail why = { 0 };
    if (body_read(leaf->body, &body, &why) != OK)
        return "";
    wipe(body.key, sizeof body.key);
    switch (body_kind(&body)) {
    case KIND_TOLD:
        return "told";
    case KIND_REPORTED_BRIEFING:
        return body.field[FIELD_COPY].len ? "key, reporter" : "told, reporter";
    default:
        return "key";
    }
}

/* He came as an authority: his client may hold the key (docs/protocol.md, Held keys), unless the copy's terms forbid it. */
static enum err note_held(struct db *db, const struct leaf_row *leaf, json_t *row, struct fail *f)
{
    AUTO(store_reader_clear) struct reader_row reader = { 0 };
    AUTO(jose_freep) struct jose *token = NULL;
    if (!leaf->reader)
        return OK;
    TRY(store_reader_get(db, leaf->reader, &reader, f));
    if (jose_read(bytes_str(reader.token), JOSE_MAX_SMALL, "access token", &token, NULL) == OK &&
        statement_names(json_object_get(token->payload, "roles"), "authority"))
        json_set_bool(row, "may_hold", true);
    return OK;
}

static enum err add_briefed(uint32_t generation, const char *person, uint64_t idx, void *ctx, struct fail *f)
{
    struct briefed *b = ctx;
    AUTO(store_leaf_clear) struct leaf_row leaf = { 0 };
    json_t *row = json_object();
    json_array_append_new(b->into, row);
    TRY(store_leaf_get(b->db, generation, idx, &leaf, f));
    json_set_str(row, "person", person);
    json_set_str(row, "basis", basis_of(&leaf));
    json_set_u64(row, "n", b->number);
    json_set_u64(row, "entry", idx);
    json_set_time(row, "at", leaf.time_ms);
    return note_held(b->db, &leaf, row, f);
}

static enum err briefed_on(struct briefed *b, const struct aware_portion *row, struct fail *f)
{
    AUTO(str_freep) char *name = str_format("%s/%s", b->n->conf.domain, row->id);
    b->number = row->n;
    return store_briefing_list(b->db, name, add_briefed, b, f);
}

static enum err add_group(const char *name, uint64_t version, void *ctx, struct fail *f)
{
    json_t *group = json_object();
    (void)f;
    json_set_str(group, "name", name);
    json_set_u64(group, "version", version);
    json_array_append_new(ctx, group);
    return OK;
}

static enum err not_yours(const char *text, struct fail *f)
{
    return fail_why(f, REASON_NOT_YOURS, "report %.40s is unknown here, or not yours", text);
}

static enum err view_own(struct node *n, struct db *db, const struct asker *a, const struct report_row *row,
                         const char *text, json_t *r, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    TRY(aware_own(n, db, a, row->id, &known, f));
    if (known.count == 0)
        return not_yours(text, f); /* a guest's question */
    json_t *holders = json_array(), *briefed = json_array(), *groups = json_array();
    json_set_take(r, "groups", groups);
    json_set_take(r, "holders", holders);
    json_set_take(r, "briefed", briefed);
    json_set_str(r, "originator", n->conf.domain);
    json_set_bool(r, "own", true);
    json_set_bool(r, "stray", false);
    json_set_str(r, "author", row->author);
    json_set_time(r, "at", row->shared_ms);
    TRY(put_known(r, &known, f));
    TRY(derived_show(n, db, a, n->conf.domain, &known, r, f));
    if (guests_is(n, a->person)) /* who else has it is the host's to know */
        return OK;
    if (strcmp(row->author, a->person) == 0 || (a->roles & ROLE_OFFICER))
        TRY(view_variants(db, row->id, &known, r, f));
    struct holding holding = { &known, holders };
    TRY(store_report_group_list(db, row->id, add_group, groups, f));
    TRY(store_copy_list_report(db, row->id, list_copy, &holding, f));
    struct briefed b = { n, db, briefed, 0 };
    for (size_t i = 0; i < known.count; i++)
        TRY(briefed_on(&b, &known.rows[i], f));
    TRY(view_told(db, row->id, &known, briefed, f));
    return view_recalls(n, db, row->id, r, f);
}

/* The share that counts: the newest that is ours, else the newest stray. */
static enum err find_held(struct db *db, const char *originator, const char *id, struct held_row *held,
                          struct fail *f)
{
    enum err e = store_held_newest(db, originator, id, held, f);
    return store_missing(e, f) ? store_held_stray(db, originator, id, held, f) : e;
}

static enum err take_origin(const char *originator, const char *id, void *ctx, struct fail *f)
{
    (void)id;
    (void)f;
    snprintf(ctx, DOMAIN_MAX + 1, "%s", originator);
    return OK;
}

static enum err view_held(struct node *n, struct db *db, const struct asker *a, const char *id,
                          const char *text, json_t *r, struct fail *f)
{
    AUTO(store_held_clear) struct held_row held = { 0 };
    AUTO(aware_clear) struct aware known = { 0 };
    char originator[DOMAIN_MAX + 1] = "";
    TRY(store_held_origin(db, id, take_origin, originator, f));
    if (!*originator)
        return not_yours(text, f);
    TRY(find_held(db, originator, id, &held, f));
    TRY(know_held(n, db, a, &held, &known, f));
    if (known.count == 0)
        return not_yours(text, f);
    json_set_str(r, "originator", originator);
    json_set_bool(r, "own", false);
    json_set_bool(r, "stray", held.stray);
    json_set_str(r, "made_for", held.audience);
    json_set_str(r, "share", held.share);
    json_set_time(r, "at", held.received_ms);
    TRY(put_known(r, &known, f));
    return derived_show(n, db, a, originator, &known, r, f);
}

enum err view_report(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_report_clear) struct report_row row = { 0 };
    AUTO(json_freep) json_t *r = json_object();
    char id[UUID_TEXT], brief[25];
    TRY(view_resolve_for(n, a, "report", text, id, f));
    TRY(view_shortest(n, "report", id, brief, f));
    json_set_str(r, "report", id);
    json_set_str(r, "short", brief);
    json_set_take(r, "portions", json_array());
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_report_get(db, id, &row, f);
    TRY(store_missing(e, f) ? view_held(n, db, a, id, text, r, f)
        : e == OK           ? view_own(n, db, a, &row, text, r, f)
                            : e);
    *out = json_incref(r);
    return OK;
}

/* One share of a held report: the one that is named, or the one that counts; one that he may know of. */
static enum err choose_held(struct node *n, struct db *db, const struct asker *a, const char *id,
                            const char *text, const char *share, struct held_row *held, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    char originator[DOMAIN_MAX + 1] = "";
    TRY(store_held_origin(db, id, take_origin, originator, f));
    enum err e = !*originator ? E_NOT_FOUND
                 : share      ? store_held_get(db, originator, share, held, f)
                              : find_held(db, originator, id, held, f);
    if (e == OK)
        e = know_held(n, db, a, held, &known, f);
    if (e == E_NOT_FOUND || (e == OK && (strcmp(held->report, id) != 0 || known.count == 0 ||
                                         (held->hidden && !aware_has_share(&known, held->share))))) {
        fail_clear(f);
        return not_yours(text, f);
    }
    return e;
}

/* Of our own report: what he may know of, which is more than one statement if there are hidden portions. */
static enum err choose_own(struct node *n, struct db *db, const struct asker *a, const char *id,
                           const char *text, const char *share, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    TRY(aware_own(n, db, a, id, &known, f));
    if (known.count == 0)
        return not_yours(text, f);
    return share && !aware_has_share(&known, share) ? not_yours(text, f) : OK;
}

enum err view_package(struct node *n, const struct asker *a, const char *text, const char *share,
                      struct buf *out, struct fail *f)
{
    AUTO(store_report_clear) struct report_row row = { 0 };
    AUTO(store_held_clear) struct held_row held = { 0 };
    char id[UUID_TEXT];
    TRY(view_resolve_for(n, a, "report", text, id, f));
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        enum err e = store_report_get(db, id, &row, f);
        TRY(store_missing(e, f) ? choose_held(n, db, a, id, text, share, &held, f)
            : e == OK           ? choose_own(n, db, a, id, text, share, f)
                                : e);
    }
    return held.share ? pack_held(n, held.originator, held.share, out, f) : pack_own(n, id, share, out, f);
}

/* All that a share statement of ours carries. */
static enum err knows_share(struct node *n, struct db *db, const struct asker *a,
                            const struct statement_row *row, bool *all, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    TRY(aware_own(n, db, a, row->report, &known, f));
    *all = true;
    for (size_t i = 0; i < json_array_size(s->portions); i++)
        *all = *all && aware_find(&known, json_string_value(json_array_get(s->portions, i)));
    return OK;
}

enum err view_share_package(struct node *n, const struct asker *a, const char *statement, struct buf *out,
                            struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    {
        AUTO(store_read_endp) struct db *db = NULL;
        bool his = false;
        TRY(store_read_begin(n->store, &db, f));
        enum err e = store_statement_get(db, n->conf.domain, statement, &row, f);
        bool missing = store_missing(e, f) || (e == OK && strcmp(row.kind, "share") != 0);
        if (!missing) {
            TRY(e);
            TRY(knows_share(n, db, a, &row, &his, f));
        }
        if (!his)
            return fail_why(f, REASON_NOT_YOURS, "share %.40s is unknown here, or not yours", statement);
    }
    return pack_share(n, &row, out, f);
}
