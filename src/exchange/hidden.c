/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/hidden.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/arrange.h"
#include "exchange/copies.h"
#include "exchange/derive.h"
#include "exchange/facts.h"
#include "exchange/guests.h"
#include "exchange/aware.h"
#include "ledger/statement.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

#define TASK        "hidden"
#define REPORTS_MAX 1000000

json_t *hidden_terms(const char *whom)
{
    json_t *terms = json_object();
    if (name_is_person(whom))
        json_set_take(terms, "persons", json_pack("[s]", whom));
    return terms;
}

static enum err is_hidden(const char *mark, bool *hidden, struct fail *f)
{
    AUTO(marking_clear) struct marking m = { 0 };
    TRY(marking_read(mark, &m, f));
    *hidden = m.hidden;
    return OK;
}

/* Numbers ------------------------------------------------------------------------------------------------------ */

struct counting {
    const char *holder;
    uint32_t next;
    char last[UUID_TEXT];
};

static enum err count_seen(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct counting *c = ctx;
    bool hidden;
    TRY(is_hidden(row->mark, &hidden, f));
    if (!hidden && row->n >= c->next)
        c->next = row->n + 1;
    return OK;
}

/* Copies come by portion; several of one are one. */
static enum err count_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    struct counting *c = ctx;
    bool hidden;
    TRY(is_hidden(row->mark, &hidden, f));
    if (!hidden || strcmp(row->holder, c->holder) != 0 || strcmp(row->portion, c->last) == 0)
        return OK;
    memcpy(c->last, row->portion, UUID_TEXT);
    c->next++;
    return OK;
}

enum err hidden_number(struct db *db, const char *report, const char *holder, uint32_t *n, struct fail *f)
{
    struct counting c = { .holder = holder, .next = 1 };
    TRY(store_portion_list(db, report, count_seen, &c, f));
    TRY(store_copy_list_report(db, report, count_copy, &c, f));
    *n = c.next;
    return OK;
}

/* One person, one portion ---------------------------------------------------------------------------------------- */

enum err hidden_given(struct db *db, const struct portion_row *portion, const char *holder, bool *given,
                      struct fail *f)
{
    char share[UUID_TEXT];
    enum err e = store_copy_newest(db, portion->id, holder, share, f);
    *given = !store_missing(e, f) || portion->clear; /* public: it has no copies */
    return *given && !portion->clear ? e : OK;
}

enum err hidden_yours(struct node *n, struct db *db, const struct hidden_asked *asked,
                      struct portion_row *portion, bool *yours, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    const struct portion_row none = { .id = asked->portion, .report = asked->portion, .mark = "TLP:RED" };
    bool given;
    *yours = false;
    enum err e = store_portion_get(db, asked->portion, portion, f);
    bool exists = !store_missing(e, f);
    if (exists)
        TRY(e);
    const struct portion_row *of = exists ? portion : &none;
    const struct copy_row copy = {
        .portion = of->id, .report = of->report, .mark = of->mark, .holder = asked->home, .share = ""
    };
    TRY(hidden_given(db, of, asked->home, &given, f));
    TRY(facts_load(n, db, &copy, asked->person, asked->home, NULL, n->now_ms(), &facts, f));
    bool knows = !facts.mark.hidden || policy_knows(&facts.input);
    *yours = exists && given && knows && strcmp(portion->report, asked->report) == 0;
    return OK;
}

enum err hidden_note(struct db *db, const json_t *portions, json_t *body, struct fail *f)
{
    AUTO(json_freep) json_t *ids = json_array();
    for (size_t i = 0; i < json_array_size(portions); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        bool hidden;
        TRY(store_portion_get(db, json_string_value(json_array_get(portions, i)), &row, f));
        TRY(is_hidden(row.mark, &hidden, f));
        if (hidden)
            json_array_append(ids, json_array_get(portions, i));
    }
    if (json_array_size(ids) > 0)
        json_set_take(body, "hidden", json_incref(ids));
    return OK;
}

/* Later delivery ---------------------------------------------------------------------------------------------------- */

struct delivering {
    struct node *n;
    const char *holder;
    json_t *reports; /* that have hidden portions */
};

static enum err note_report(const struct report_row *row, void *ctx, struct fail *f)
{
    struct delivering *d = ctx;
    bool hidden;
    TRY(is_hidden(row->banner, &hidden, f));
    if (hidden)
        json_array_append_new(d->reports, json_string(row->id));
    return OK;
}

/* One report, and what of it is owed. */
struct owed {
    struct delivering *d;
    struct db *db;
    struct act *act;
    const char *whom; /* as the author named the holder: it, or a person of it */
    json_t *portions;
    bool has, ended; /* the holder has the report, and nothing of it was recalled */
};

static enum err note_release(const struct release_row *row, void *ctx, struct fail *f)
{
    struct owed *o = ctx;
    (void)f;
    if (strcmp(row->holder, o->d->holder) == 0) {
        o->has = true;
        o->ended = o->ended || row->recalled_ms != 0;
    }
    return OK;
}

static enum err note_portion(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct owed *o = ctx;
    AUTO(marking_clear) struct marking mark = { 0 };
    bool may, given;
    TRY(marking_read(row->mark, &mark, f));
    if (!mark.hidden)
        return OK;
    TRY(hidden_given(o->db, row, o->d->holder, &given, f));
    TRY(aware_anyone(o->d->n, o->db, &mark, o->whom, false, &may, f));
    if (may && !given)
        json_array_append_new(o->portions, json_string(row->id));
    return OK;
}

/* With whom of the holder's the author shared: `holders` where he named groups. NULL: with nobody. */
static const char *named_by(const json_t *body, const char *holder)
{
    const json_t *to = json_object_get(body, "holders");
    if (!to)
        to = json_object_get(body, "to");
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *whom = json_string_value(json_array_get(to, i));
        if (whom && strcmp(name_domain_of(whom), holder) == 0)
            return whom;
    }
    return NULL;
}

static enum err find_owed(struct owed *o, const char *report, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_report_clear) struct report_row row = { 0 };
    TRY(store_read_begin(o->d->n->store, &db, f));
    o->db = db;
    TRY(store_report_get(db, report, &row, f));
    TRY(act_read(bytes_str(row.act), JOSE_MAX_LARGE, &o->act, f));
    o->whom = named_by(o->act->body, o->d->holder);
    if (!o->whom)
        return OK;
    TRY(store_release_list_report(db, report, note_release, o, f));
    return o->has && !o->ended ? store_portion_list(db, report, note_portion, o, f) : OK;
}

/* One portion sealed for them, under the author's act, which named them. */
struct sending {
    struct owed *owed;
    struct copy_item item;
    struct copies_share share;
    struct place last;
};

static enum err write_one(struct db *db, void *ctx, struct fail *f)
{
    struct sending *s = ctx;
    const struct owed *o = s->owed;
    struct copies_terms terms = { .holder = o->d->holder,
                                  .actor = o->act->by,
                                  .person = name_is_person(o->whom) ? o->whom : NULL };
    return copies_write(o->d->n, db, o->act->report, &s->share, &terms, &s->item, 1, &s->last, f);
}

static json_t *terms_of(const struct owed *o, bool no_held)
{
    json_t *terms = hidden_terms(o->whom);
    if (no_held)
        json_set_bool(terms, "no_held", true);
    return terms;
}

/* What it cites of others' had their leave when it was shared: if that is gone, it is not sent any more. */
static enum err still_may(struct node *n, struct db *db, const char *portion, const char *holder,
                          uint64_t *until_ms, bool *may, struct fail *f)
{
    AUTO(json_freep) json_t *one = json_pack("[s]", portion);
    struct fail why = { 0 };
    enum err e = derived_may_pass(n, db, one, holder, &why);
    *may = e == OK;
    if (e != OK && why.reason != REASON_SOURCE_LEAVE)
        return fail_pass(f, &why);
    return derived_limit(n, db, portion, holder, until_ms, f);
}

static enum err send_one(struct owed *o, const char *portion, struct fail *f)
{
    struct node *n = o->d->n;
    AUTO(store_portion_clear) struct portion_row row = { 0 };
    AUTO(buf_freep) struct buf *payload = NULL;
    struct copy_leave leave = { .act = bytes_str(o->act->jose->text), .signer_kid = o->act->jose->kid };
    struct sending s = { .owed = o };
    bool may;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        TRY(store_portion_get(db, portion, &row, f));
        TRY(store_portion_payload(db, portion, &payload, f));
        TRY(hidden_number(db, o->act->report, o->d->holder, &s.item.n, f));
        TRY(still_may(n, db, portion, o->d->holder, &s.item.until_ms, &may, f));
    }
    if (!may)
        return OK;
    s.item.portion = row.id;
    s.item.mark = row.mark;
    s.item.differs = row.differs;
    s.item.manifest = row.manifest;
    s.item.payload = bytes_of(payload);
    bool no_held = false;
    enum err e = copies_seal(n, &leave, o->act->report, o->d->holder, &s.item, 1, f);
    if (e == OK)
        e = arrange_no_held(n, o->act->body, o->d->holder, &no_held, f);
    if (e == OK)
        e = copies_statement(n, o->act->report, o->d->holder, &s.item, 1, NULL, terms_of(o, no_held),
                             &s.share, f);
    if (e == OK)
        e = writer_run(n->writer, write_one, &s, f);
    copies_clear(&s.item, 1);
    mem_freep(&s.share.jws);
    return e;
}

static enum err send_owed(struct delivering *d, const char *report, struct fail *f)
{
    AUTO(json_freep) json_t *portions = json_array();
    struct owed o = { .d = d, .portions = portions };
    enum err e = find_owed(&o, report, f);
    for (size_t i = 0; e == OK && i < json_array_size(portions); i++)
        e = send_one(&o, json_string_value(json_array_get(portions, i)), f);
    act_freep(&o.act);
    return e;
}

static enum err end_task(struct db *db, void *ctx, struct fail *f)
{
    return store_task_delete(db, *(const uint64_t *)ctx, f);
}

static enum err list_reports(struct delivering *d, const char *person, char *holder, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(d->n->store, &db, f));
    TRY(guests_via(db, person, holder, f));
    if (strcmp(holder, d->n->conf.domain) == 0)
        return OK; /* our own people read the masters */
    return store_report_list(db, REPORTS_MAX, 0, note_report, d, f);
}

enum err hidden_owe(struct db *db, const char *person, uint64_t now_ms, struct fail *f)
{
    return store_task_put(db, TASK, person, now_ms, f);
}

enum err hidden_deliver(struct node *n, const char *person, uint64_t task, struct fail *f)
{
    AUTO(json_freep) json_t *reports = json_array();
    char holder[DOMAIN_MAX + 1];
    struct delivering d = { n, holder, reports };
    TRY(list_reports(&d, person, holder, f));
    for (size_t i = 0; i < json_array_size(reports); i++)
        TRY(send_owed(&d, json_string_value(json_array_get(reports, i)), f));
    return writer_run(n->writer, end_task, &task, f);
}
