/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_notify.c - who hears of an act: inbox items, and of what is taken from partners the right ones */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/absence.h"
#include "exchange/aware.h"
#include "exchange/remind.h"
#include "store/item.h"
#include "store/notice.h"
#include "store/person.h"
#include "store/request.h"
#include "store/store.h"

enum err acts_notify(struct db *db, const char *kind, const char *audience, const char *sender,
                     uint64_t at_ms, uint64_t due_ms, const char *ref, json_t *about, struct fail *f)
{
    AUTO(str_freep) char *text = json_text(about);
    char id[UUID_TEXT];
    json_decref(about);
    random_uuid(id);
    struct item_row row = { .id = id,
                            .kind = kind,
                            .audience = audience,
                            .sender = sender,
                            .at_ms = at_ms,
                            .due_ms = due_ms,
                            .ref = ref,
                            .about = text };
    struct notice_row notice = { .item = id, .kind = "new", .audience = audience, .at_ms = at_ms };
    TRY(store_item_add(db, &row, f));
    TRY(store_notice_add(db, &notice, f));
    TRY(duty_wake(db, &row, f));
    return remind_plan(db, &row, f);
}

/* What has become of a request, for those who asked. */
static const char *const decisions[ACT_STATES] = {
    [ACT_GRANTED] = "granted", [ACT_DENIED] = "denied", [ACT_SILENT] = "silent"
};

/* Portions that are not hidden; where only hidden ones are left, a decision is for him who asked. */
static enum err set_portions(struct act_call *c, struct db *db, json_t *about, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    const json_t *hidden = json_object_get(c->taken->body, "hidden");
    json_t *seen = json_array();
    json_set_take(about, "portions", seen);
    for (size_t i = 0; i < json_array_size(c->taken->portions); i++) {
        json_t *id = json_array_get(c->taken->portions, i);
        if (!statement_names(hidden, json_string_value(id)))
            json_array_append(seen, id);
    }
    if (json_array_size(seen) > 0 || json_array_size(hidden) == 0)
        return OK;
    c->readers = json_array();
    json_set_take(about, "portions", json_deep_copy(c->taken->portions));
    enum err e = store_request_get(db, c->ref, &row, f);
    if (!store_missing(e, f)) { /* a third party hears of it by the share that follows */
        TRY(e);
        json_array_append_new(c->readers, json_string(row.by_person));
    }
    return OK;
}

/* The people of ours hear by their role, guests each by himself: of what they know of, and of decisions on what they
 * asked for, or was granted to them. */
struct telling {
    struct act_call *c;
    struct db *db;
    const char *kind, *ref;
    const json_t *about;
};

static enum err concerns(struct telling *t, const char *person, bool *does, struct fail *f)
{
    AUTO(aware_clear) struct aware known = { 0 };
    AUTO(store_request_clear) struct request_row row = { 0 };
    *does = false;
    if (decisions[t->c->row->to]) {
        enum err e = store_request_get(t->db, t->c->ref, &row, f);
        if (store_missing(e, f))
            return OK;
        TRY(e);
        *does = strcmp(row.by_person, person) == 0 || strcmp(row.to_whom, person) == 0;
        return OK;
    }
    TRY(aware_of_theirs(t->c->node, t->db, person, t->c->originator, t->c->report, &known, f));
    *does = known.count > 0;
    return OK;
}

static enum err tell_guest(const struct person_row *row, void *ctx, struct fail *f)
{
    struct telling *t = ctx;
    bool does;
    if (row->state != PERSON_ACTIVE)
        return OK;
    TRY(concerns(t, row->id, &does, f));
    return does ? acts_notify(t->db, t->kind, row->id, t->c->taken->iss, t->c->now_ms, 0, t->ref,
                              json_deep_copy(t->about), f)
                : OK;
}

enum err acts_notify_readers(struct act_call *c, struct db *db, const char *kind, const char *ref,
                             json_t *about, struct fail *f)
{
    AUTO(json_freep) json_t *mine = about;
    struct telling t = { c, db, kind, ref, mine };
    TRY(acts_notify(db, kind, "reader", c->taken->iss, c->now_ms, 0, ref, json_incref(mine), f));
    return store_guest_list(db, c->node->conf.domain, tell_guest, &t, f);
}

enum err acts_notify_taken(struct act_call *c, struct db *db, struct fail *f)
{
    uint64_t due_ms = 0;
    AUTO(json_freep) json_t *about = json_object();
    json_set_str(about, "report", c->report);
    TRY(set_portions(c, db, about, f));
    if (*c->ref)
        json_set_str(about, "request", c->ref);
    if (decisions[c->row->to])
        json_set_str(about, "state", decisions[c->row->to]);
    if (c->row->to == ACT_OPEN) {
        json_set_str(about, "request", c->id);
        act_request_about(c, about);
        due_ms = act_request_due(c);
    }
    const char *ref = c->row->to == ACT_OPEN ? c->id : *c->ref ? c->ref : c->report;
    if (!c->readers && strcmp(c->row->item_for, "reader") == 0)
        return acts_notify_readers(c, db, c->row->item, ref, json_incref(about), f);
    if (!c->readers)
        return acts_notify(db, c->row->item, c->row->item_for, c->taken->iss, c->now_ms, due_ms, ref,
                           json_incref(about), f);
    for (size_t i = 0; i < json_array_size(c->readers); i++)
        TRY(acts_notify(db, c->row->item, json_string_value(json_array_get(c->readers, i)), c->taken->iss,
                        c->now_ms, due_ms, ref, json_incref(about), f));
    return OK;
}
