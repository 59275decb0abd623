/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_inquiry.c - alerts and inquiries, as officers and auditors of either side see them */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/aware.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "store/alert.h"
#include "store/inquiry.h"
#include "store/statement.h"
#include "store/store.h"

#define LIST_MAX 1000

struct looking {
    struct node *n;
    struct db *db;
    const struct asker *asker;
    json_t *into;
};

static enum err known_of(const struct looking *l, const char *originator, const char *report,
                         struct aware *known, struct fail *f)
{
    return strcmp(originator, l->n->conf.domain) == 0
               ? aware_own(l->n, l->db, l->asker, report, known, f)
               : aware_held(l->n, l->db, l->asker, originator, report, known, f);
}

/* Alerts: not of portions that he may not know of ----------------------------------------------------------------- */

static enum err add_alert(const struct alert_row *row, void *ctx, struct fail *f)
{
    struct looking *l = ctx;
    AUTO(aware_clear) struct aware known = { 0 };
    char brief[25];
    TRY(known_of(l, row->originator, row->report, &known, f));
    const struct aware_portion *p = aware_find(&known, row->portion);
    if (!p)
        return OK;
    json_t *v = json_object();
    json_array_append_new(l->into, v);
    TRY(view_shortest(l->n, "alert", row->id, brief, f));
    json_set_str(v, "alert", row->id);
    json_set_str(v, "short", brief);
    json_set_str(v, "originator", row->originator);
    json_set_str(v, "copy_of", row->holder);
    json_set_str(v, "by", row->by_person);
    json_set_str(v, "report", row->report);
    json_set_str(v, "portion", row->portion);
    json_set_u64(v, "n", p->n);
    json_set_time(v, "at", row->at_ms);
    json_set_str(v, "state", alert_state_name(row->state));
    json_set_str(v, "note", row->note);
    json_set_str(v, "set_by", row->set_by);
    json_set_time(v, "set", row->set_ms);
    json_set_str(v, "answer", row->answer);
    json_set_str(v, "answered_by", row->answered_by);
    json_set_time(v, "answered", row->answered_ms);
    return OK;
}

enum err view_alerts(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *rows = json_array();
    TRY(store_read_begin(n->store, &db, f));
    struct looking l = { n, db, a, rows };
    TRY(store_alert_list(db, LIST_MAX, add_alert, &l, f));
    *out = json_pack("{s:O}", "alerts", rows);
    return OK;
}

enum err view_alert(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_alert_clear) struct alert_row row = { 0 };
    AUTO(json_freep) json_t *rows = json_array();
    char id[UUID_TEXT];
    TRY(view_resolve(n, "alert", text, id, f));
    TRY(store_read_begin(n->store, &db, f));
    struct looking l = { n, db, a, rows };
    TRY(store_alert_get(db, id, &row, f));
    TRY(add_alert(&row, &l, f));
    if (json_array_size(rows) == 0)
        return fail_why(f, REASON_NOT_YOURS, "alert %.40s is unknown here, or not yours", text);
    *out = json_incref(json_array_get(rows, 0));
    return OK;
}

/* Inquiries ----------------------------------------------------------------------------------------------------- */

static enum err add_portions(struct looking *l, const struct inquiry_row *row, json_t *into, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    AUTO(store_statement_clear) struct statement_row kept = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    if (!*row->report)
        return OK;
    TRY(known_of(l, row->originator, row->report, &known, f));
    TRY(store_statement_get(l->db, row->asker, row->id, &kept, f));
    TRY(statement_read(bytes_str(kept.jws), JOSE_MAX_SMALL, &s, f));
    for (size_t i = 0; i < known.count; i++) {
        if (!statement_names(s->portions, known.rows[i].id))
            continue;
        json_t *p = json_object();
        json_array_append_new(into, p);
        json_set_str(p, "id", known.rows[i].id);
        json_set_u64(p, "n", known.rows[i].n);
    }
    return OK;
}

static enum err add_inquiry(const struct inquiry_row *row, void *ctx, struct fail *f)
{
    struct looking *l = ctx;
    char brief[25];
    json_t *v = json_object(), *portions = json_array();
    json_array_append_new(l->into, v);
    json_set_take(v, "portions", portions);
    TRY(view_shortest(l->n, "inquiry", row->id, brief, f));
    TRY(add_portions(l, row, portions, f));
    json_set_str(v, "inquiry", row->id);
    json_set_str(v, "short", brief);
    json_set_str(v, "asker", row->asker);
    json_set_str(v, "asked", row->asked);
    json_set_str(v, "by", row->by_person);
    json_set_str(v, "originator", row->originator);
    json_set_str(v, "report", row->report);
    json_set_str(v, "digest", row->digest);
    json_set_str(v, "note", row->note);
    json_set_time(v, "at", row->at_ms);
    json_set_time(v, "due", row->due_ms);
    json_set_str(v, "state", inquiry_state_name(row->state));
    json_set_bool(v, "late", row->answered_ms > row->due_ms);
    json_set_str(v, "answer", row->answer);
    json_set_str(v, "text", row->text);
    json_set_str(v, "answered_by", row->answered_by);
    json_set_time(v, "answered", row->answered_ms);
    return OK;
}

enum err view_inquiries(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *rows = json_array();
    TRY(store_read_begin(n->store, &db, f));
    struct looking l = { n, db, a, rows };
    TRY(store_inquiry_list(db, LIST_MAX, add_inquiry, &l, f));
    *out = json_pack("{s:O}", "inquiries", rows);
    return OK;
}

enum err view_inquiry(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_inquiry_clear) struct inquiry_row row = { 0 };
    AUTO(json_freep) json_t *rows = json_array();
    char id[UUID_TEXT];
    TRY(view_resolve(n, "inquiry", text, id, f));
    TRY(store_read_begin(n->store, &db, f));
    struct looking l = { n, db, a, rows };
    TRY(store_inquiry_get(db, id, &row, f));
    TRY(add_inquiry(&row, &l, f));
    *out = json_incref(json_array_get(rows, 0));
    return OK;
}
