/* SPDX-License-Identifier: Apache-2.0
 * exchange/derived.c - reports that cite: what an author signed is checked, held ones are kept and shown, and a recall of
 * what they cite is told on */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/aware.h"
#include "exchange/derive.h"
#include "exchange/recipients.h"
#include "marking/citation.h"
#include "policy/derive.h"
#include "store/derived.h"
#include "store/report.h"
#include "store/store.h"

#define CLOSURE_MAX ((size_t)1024) /* reports that one may rest on, near or far */

/* Rows ------------------------------------------------------------------------------------------------------- */

static json_t *row_json(const struct derived_row *row)
{
    json_t *j = json_object();
    json_set_str(j, "in", row->portion);
    json_set_str(j, "originator", row->originator);
    json_set_str(j, "report", row->source_report);
    json_set_str(j, "portion", row->source);
    json_set_str(j, "commitment", *row->commitment ? row->commitment : NULL);
    return j;
}

static enum err note_row(const struct derived_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, row_json(row));
    return OK;
}

enum err derived_rows(struct db *db, const char *owner, const char *portion, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *rows = json_array();
    TRY(store_derived_list_portion(db, owner, portion, note_row, rows, f));
    *out = json_incref(rows);
    return OK;
}

enum err derived_write(struct db *db, const char *owner, const char *report, const json_t *rows,
                       struct fail *f)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *j = json_array_get(rows, i);
        const struct derived_row row = { .owner = owner,
                                         .report = report,
                                         .portion = json_text_of(j, "in"),
                                         .originator = json_text_of(j, "originator"),
                                         .source_report = json_text_of(j, "report"),
                                         .source = json_text_of(j, "portion"),
                                         .commitment = json_text_of(j, "commitment") };
        TRY(store_derived_add(db, &row, f));
    }
    return OK;
}

/* What each row must be, whoever wrote it: it names one of ${portions}, and something else than itself; each once. */
static enum err check_rows(const json_t *rows, const json_t *portions, struct fail *f)
{
    AUTO(json_freep) json_t *seen = json_object();
    if (!json_is_array(rows) || json_array_size(rows) > SOURCE_CITATIONS_MAX)
        return fail_set(f, E_INVALID, "share: 'derived_from' is no list of at most %zu",
                        SOURCE_CITATIONS_MAX);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *in, *originator, *report, *portion;
        TRY(json_need_str(row, "in", "derived_from", &in, f));
        TRY(json_need_str(row, "originator", "derived_from", &originator, f));
        TRY(json_need_str(row, "report", "derived_from", &report, f));
        TRY(json_need_str(row, "portion", "derived_from", &portion, f));
        if (!statement_names(portions, in) || !name_is_domain(originator) || !name_is_uuid(report) ||
            !name_is_uuid(portion))
            return fail_set(f, E_INVALID,
                            "share: 'derived_from' names no portion of the report, or none that is cited");
        AUTO(str_freep) char *key = str_format("%s %s %s", in, originator, portion);
        if (json_object_get(seen, key))
            return fail_set(f, E_INVALID, "share: 'derived_from' names one portion twice for another");
        json_set_bool(seen, key, true);
    }
    return OK;
}

/* Circles ------------------------------------------------------------------------------------------------------ */

/* Reports, `domain/id`, in the order in which they were met. */
struct closure {
    json_t *met; /* list */
    json_t *seen;
};

static void meet(struct closure *c, const char *originator, const char *report)
{
    AUTO(str_freep) char *name = str_format("%s/%s", originator, report);
    if (json_object_get(c->seen, name) || json_array_size(c->met) == CLOSURE_MAX)
        return;
    json_set_bool(c->seen, name, true);
    json_array_append_new(c->met, json_string(name));
}

static enum err meet_row(const struct derived_row *row, void *ctx, struct fail *f)
{
    (void)f;
    meet(ctx, row->originator, row->source_report);
    return OK;
}

/* Whatever the report would rest on, as far as we know: not on itself. */
static enum err check_circle(struct db *db, const char *owner, const char *report, const json_t *rows,
                             struct fail *f)
{
    AUTO(json_freep) json_t *met = json_array();
    AUTO(json_freep) json_t *seen = json_object();
    AUTO(str_freep) char *self = str_format("%s/%s", owner, report);
    struct closure c = { met, seen };
    for (size_t i = 0; i < json_array_size(rows); i++)
        meet(&c, json_text_of(json_array_get(rows, i), "originator"),
             json_text_of(json_array_get(rows, i), "report"));
    for (size_t i = 0; i < json_array_size(met); i++) {
        const char *name = json_string_value(json_array_get(met, i)), *slash = strchr(name, '/');
        AUTO(str_freep) char *originator = mem_dup(name, (size_t)(slash - name));
        if (strcmp(name, self) == 0)
            return fail_why(f, REASON_CITES_CIRCLE, "share: report %s of %s would rest on itself", report,
                            owner);
        TRY(store_derived_list_report(db, originator, slash + 1, meet_row, &c, f));
    }
    return OK;
}

/* The author's share ----------------------------------------------------------------------------------------------- */

struct checking {
    struct node *n;
    struct db *db;
    const struct act *act;
    const json_t *marks;
    const struct recipients *to;
};

static enum err refuse_source(const struct derive_source *s, enum reason why, struct fail *f)
{
    return fail_why(f, why, "share: it cites portion %s of report %s of %s: %s", s->portion, s->report,
                    s->originator, reason_text(why));
}

static enum err check_mark(const struct checking *c, const json_t *row, const struct derive_source *s,
                           struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(marking_clear) struct marking cited = { 0 };
    TRY(marking_read(json_text_of(c->marks, json_text_of(row, "in")), &mark, f));
    TRY(marking_read(s->mark, &cited, f));
    return policy_inherits(&mark, &cited) ? OK : refuse_source(s, REASON_CITES_MARK, f);
}

static enum err refuse_leave(const struct derive_source *s, const char *whom, enum reason why, struct fail *f)
{
    char brief[25];
    short_print(s->report, 4, brief);
    if (s->n)
        return fail_why(f, REASON_SOURCE_LEAVE,
                        "%s has given no leave for %s/%u to go to %s (%s): nothing was sent", s->originator,
                        brief, s->n, whom, reason_text(why));
    return fail_why(f, REASON_SOURCE_LEAVE,
                    "%s has given no leave for a portion of %s to go to %s (%s): nothing was sent",
                    s->originator, brief, whom, reason_text(why));
}

static enum err check_leave(const struct checking *c, const struct derive_source *s, const char *whom,
                            struct fail *f)
{
    struct derive_leave leave;
    TRY(derive_leave(c->n, c->db, s, whom, &leave, f));
    return reason_err(leave.reason) == OK ? OK : refuse_leave(s, whom, leave.reason, f);
}

/* One that holds goes into ${out}, with the commitment of the copy that we have. */
static enum err check_source(const struct checking *c, const json_t *row, json_t *out, struct fail *f)
{
    AUTO(derive_source_clear)
    struct derive_source s = { .originator = json_text_of(row, "originator"),
                               .report = json_text_of(row, "report"),
                               .portion = json_text_of(row, "portion") };
    enum reason why;
    TRY(derive_may_cite(c->n, c->db, c->act->by, &s, &why, f));
    if (reason_err(why) != OK)
        return refuse_source(&s, why, f);
    TRY(check_mark(c, row, &s, f));
    for (size_t i = 0; i < c->to->count; i++)
        TRY(check_leave(c, &s, c->to->rows[i].whom, f));
    const struct derived_row made = { .portion = json_text_of(row, "in"),
                                      .originator = s.originator,
                                      .source_report = s.report,
                                      .source = s.portion,
                                      .commitment = s.commitment };
    json_array_append_new(out, row_json(&made));
    return OK;
}

enum err derived_check(struct node *n, const struct act *act, const json_t *marks,
                       const struct recipients *to, json_t **rows, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const json_t *list = json_object_get(act->body, "derived_from");
    json_t *out = *rows = json_array();
    if (!list)
        return OK;
    TRY(check_rows(list, act->portions, f));
    if (json_array_size(list) * to->count > DERIVE_LEAVES_MAX)
        return fail_set(f, E_TOO_LARGE, "share: more than %zu leaves would be needed: share it with fewer",
                        DERIVE_LEAVES_MAX);
    TRY(store_read_begin(n->store, &db, f));
    TRY(check_circle(db, n->conf.domain, act->report, list, f));
    struct checking c = { n, db, act, marks, to };
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(check_source(&c, json_array_get(list, i), out, f));
    return OK;
}

/* Onward ------------------------------------------------------------------------------------------------------------- */

static struct derive_source source_of(const json_t *row)
{
    return (struct derive_source){ .originator = json_text_of(row, "originator"),
                                   .report = json_text_of(row, "report"),
                                   .portion = json_text_of(row, "portion") };
}

enum err derived_may_pass(struct node *n, struct db *db, const json_t *portions, const char *whom,
                          struct fail *f)
{
    const struct checking c = { .n = n, .db = db };
    for (size_t i = 0; i < json_array_size(portions); i++) {
        AUTO(json_freep) json_t *rows = NULL;
        TRY(derived_rows(db, n->conf.domain, json_string_value(json_array_get(portions, i)), &rows, f));
        for (size_t k = 0; k < json_array_size(rows); k++) {
            AUTO(derive_source_clear) struct derive_source s = source_of(json_array_get(rows, k));
            TRY(derive_find(n, db, &s, f));
            TRY(check_leave(&c, &s, whom, f));
        }
    }
    return OK;
}

enum err derived_until(struct node *n, struct db *db, const json_t *rows, const char *portion,
                       const char *whom, uint64_t *until_ms, struct fail *f)
{
    *until_ms = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        AUTO(derive_source_clear) struct derive_source s = source_of(row);
        struct derive_leave leave;
        if (strcmp(json_text_of(row, "in"), portion) != 0)
            continue;
        TRY(derive_find(n, db, &s, f));
        TRY(derive_leave(n, db, &s, whom, &leave, f));
        if (leave.reason == REASON_RELEASED && leave.until_ms && (!*until_ms || leave.until_ms < *until_ms))
            *until_ms = leave.until_ms;
    }
    return OK;
}

enum err derived_grant(struct node *n, const json_t *portions, const char *whom, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return derived_may_pass(n, db, portions, whom, f);
}

enum err derived_limit(struct node *n, struct db *db, const char *portion, const char *whom,
                       uint64_t *until_ms, struct fail *f)
{
    AUTO(json_freep) json_t *rows = NULL;
    TRY(derived_rows(db, n->conf.domain, portion, &rows, f));
    return derived_until(n, db, rows, portion, whom, until_ms, f);
}

/* Taken ---------------------------------------------------------------------------------------------------------------- */

enum err derived_take(const struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const json_t *rows = json_object_get(c->taken->body, "derived_from");
    uint8_t commitment[HASH_LEN];
    if (!rows)
        return OK;
    TRY(check_rows(rows, c->taken->portions, f));
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *text = json_text_of(json_array_get(rows, i), "commitment");
        if (*text && !b64_read_exact(B64_URL, bytes_str(text), commitment, HASH_LEN))
            return fail_set(f, E_INVALID, "share: a commitment in 'derived_from' is none");
    }
    TRY(store_read_begin(c->node->store, &db, f));
    return check_circle(db, c->taken->iss, c->taken->report, rows, f);
}

/* A recall of what is cited ------------------------------------------------------------------------------------------------ */

struct telling {
    struct act_call *c;
    struct db *db;
    const char *source;
    json_t *reports; /* ours -> {portions[], n[], sources[]} */
};

static void add_once(json_t *list, json_t *value)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_equal(json_array_get(list, i), value)) {
            json_decref(value);
            return;
        }
    json_array_append_new(list, value);
}

static enum err note_citing(const struct derived_row *row, void *ctx, struct fail *f)
{
    struct telling *t = ctx;
    AUTO(store_portion_clear) struct portion_row portion = { 0 };
    if (strcmp(row->owner, t->c->node->conf.domain) != 0)
        return OK;
    TRY(store_portion_get(t->db, row->portion, &portion, f));
    json_t *report = json_object_get(t->reports, row->report);
    if (!report) {
        report = json_pack("{s:[], s:[], s:[]}", "portions", "n", "sources");
        json_set_take(t->reports, row->report, report);
    }
    add_once(json_object_get(report, "portions"), json_string(row->portion));
    add_once(json_object_get(report, "n"), json_integer(portion.n));
    add_once(json_object_get(report, "sources"), json_string(t->source));
    return OK;
}

static json_t *about_source(const struct telling *t, const char *report, const json_t *found,
                            const json_t *holders)
{
    const struct act_call *c = t->c;
    const char *reason = json_text_of(c->taken->body, "reason");
    json_t *about = json_object(), *source = json_object();
    json_set_str(about, "recall", *c->ref ? c->ref : c->id);
    json_set_str(about, "report", report);
    json_set_take(about, "portions", json_deep_copy(json_object_get(found, "portions")));
    json_set_take(about, "n", json_deep_copy(json_object_get(found, "n")));
    json_set_str(about, "reason", reason);
    json_set_str(source, "originator", c->taken->iss);
    json_set_str(source, "report", c->report);
    json_set_take(source, "portions", json_deep_copy(json_object_get(found, "sources")));
    json_set_take(source, "holders", json_deep_copy(holders));
    json_set_take(about, "source", source);
    return about;
}

enum err derived_recalled(struct act_call *c, struct db *db, const json_t *portions, const json_t *holders,
                          struct fail *f)
{
    AUTO(json_freep) json_t *reports = json_object();
    AUTO(json_freep) json_t *from = json_is_array(holders) ? json_deep_copy(holders) : json_array();
    struct telling t = { .c = c, .db = db, .reports = reports };
    const char *report;
    json_t *found;
    for (size_t i = 0; i < json_array_size(portions); i++) {
        t.source = json_string_value(json_array_get(portions, i));
        TRY(store_derived_list_source(db, c->taken->iss, t.source, note_citing, &t, f));
    }
    json_object_foreach (reports, report, found) {
        char author[PERSON_MAX + 1];
        TRY(store_report_author(db, report, author, f));
        TRY(acts_notify(db, "recall", author, c->taken->iss, c->now_ms, 0, report,
                        about_source(&t, report, found, from), f));
        TRY(acts_notify(db, "recall", "officer", c->taken->iss, c->now_ms, 0, report,
                        about_source(&t, report, found, from), f));
    }
    return OK;
}
