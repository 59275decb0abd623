/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_alert.c - a copy was presented by somebody whom it was not issued to: its holder is told, and people of the
 * originator say what they make of it: open, explained, attributed
 *
 * The first notice is the node's, by refuse.c; what follows is an officer's, names the first in `ref`, and is nobody's verdict
 * but his organisation's. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/aware.h"
#include "store/alert.h"
#include "store/held.h"
#include "store/item.h"
#include "store/store.h"

struct judging {
    struct alert_row row;
    enum alert_state state;
    const char *note;
    struct act *act; /* taken ones */
};

void act_notice_release(struct act_call *c)
{
    struct judging *j = c->state;
    if (!j)
        return;
    store_alert_clear(&j->row);
    act_freep(&j->act);
    mem_freep(&c->state);
}

/* What an officer says of the alert ${id}. */
static enum err load(struct act_call *c, struct judging *j, const char *id, const json_t *body,
                     struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *state;
    TRY(json_need_str(body, "state", "notice", &state, f));
    TRY(json_need_str(body, "note", "notice", &j->note, f));
    if (!alert_state_read(state, &j->state))
        return fail_set(f, E_INVALID, "notice: '%.20s' is none of open, explained, attributed", state);
    if (strspn(j->note, " \t\r\n") == strlen(j->note))
        return fail_set(f, E_INVALID, "notice: 'note' is blank");
    if (strlen(j->note) > 1024)
        return fail_set(f, E_TOO_LARGE, "notice: 'note' is longer than 1024 bytes");
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = *id ? store_alert_get(db, id, &j->row, f) : E_NOT_FOUND;
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_YOURS, "alert %s is unknown here, or not yours", id);
    TRY(e);
    memcpy(c->originator, j->row.originator, strlen(j->row.originator) + 1);
    memcpy(c->report, j->row.report, strlen(j->row.report) + 1);
    memcpy(c->ref, j->row.id, strlen(j->row.id) + 1);
    return OK;
}

/* The originator's side ---------------------------------------------------------------------------------------- */

enum err act_notice_prepare(struct act_call *c, struct fail *f)
{
    struct judging *j = c->state = mem_new(sizeof *j);
    TRY(load(c, j, c->act->ref, c->act->body, f));
    if (strcmp(j->row.originator, c->node->conf.domain) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s says what it makes of this; yours is to answer",
                        j->row.originator);
    c->portions = json_pack("[s]", j->row.portion);
    /* our own copy: nobody else has to be told */
    c->aud =
        strcmp(j->row.holder, c->node->conf.domain) == 0 ? json_array() : json_pack("[s]", j->row.holder);
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->answer, "alert", j->row.id);
    json_set_str(c->answer, "state", alert_state_name(j->state));
    return OK;
}

static enum err set(struct act_call *c, struct db *db, const char *by, struct journal_event *e,
                    struct fail *f)
{
    const struct judging *j = c->state;
    e->person = j->row.by_person;
    e->organisation = j->row.holder;
    e->reason = j->note;
    e->follows = (struct place){ j->row.generation, j->row.idx };
    TRY(store_alert_set(db, j->row.id, j->state, j->note, by, c->now_ms, f));
    return store_item_done(db, j->row.id, "alert", c->now_ms, f);
}

enum err act_notice_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return set(c, db, c->act->by, e, f);
}

/* The holder's side ----------------------------------------------------------------------------------------------- */

static enum err take_first(struct act_call *c, struct fail *f)
{
    const json_t *about;
    const char *by, *portion;
    TRY(json_need_object(c->taken->body, "about", "notice", &about, f));
    TRY(json_need_str(about, "by", "notice", &by, f));
    TRY(json_need_str(about, "portion", "notice", &portion, f));
    if (!name_is_person(by))
        return fail_set(f, E_INVALID, "notice: it names nobody");
    if (!name_is_uuid(portion) || !*c->report)
        return fail_set(f, E_INVALID, "notice: it names no portion");
    return OK;
}

enum err act_notice_take(struct act_call *c, struct fail *f)
{
    if (!*c->ref)
        return take_first(c, f);
    struct judging *j = c->state = mem_new(sizeof *j);
    TRY(act_carried(c, &j->act, f));
    TRY(load(c, j, c->ref, c->taken->body, f));
    if (strcmp(j->row.originator, c->taken->iss) != 0)
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s does not judge alert %s", c->taken->iss, c->ref);
    if (!json_equal(json_object_get(j->act->body, "state"), json_object_get(c->taken->body, "state")) ||
        !json_equal(json_object_get(j->act->body, "note"), json_object_get(c->taken->body, "note")))
        return fail_set(f, E_UNVERIFIED, "notice: its organisation says something else than its officer");
    return OK;
}

struct noticed {
    struct act_call *call;
    struct db *db;
    json_t *about;
};

/* The number is what it has here; of a hidden portion those hear who may know of it. */
static enum err note_portion(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    struct noticed *p = ctx;
    AUTO(json_freep) json_t *readers = json_array();
    const char *portion = json_string_value(json_object_get(p->about, "portion"));
    bool hidden;
    if (!portion || strcmp(row->portion, portion) != 0)
        return OK;
    TRY(aware_held_readers(p->call->node, p->db, row, &hidden, readers, f));
    if (hidden)
        p->call->readers = json_incref(readers);
    else
        json_set_u64(p->about, "n", row->n);
    return OK;
}

/* For the officers, or those who may know of the portion. ${about} is taken over. */
static enum err notify(struct act_call *c, struct db *db, const char *id, const char *sender, json_t *about,
                       struct fail *f)
{
    AUTO(json_freep) json_t *mine = about;
    struct noticed p = { c, db, about };
    json_object_del(about, "n");
    json_set_str(about, "alert", id);
    TRY(store_held_portion_merged(db, c->taken->iss, c->report, note_portion, &p, f));
    if (!c->readers)
        return acts_notify(db, "alert", "officer", sender, c->now_ms, 0, id, json_incref(mine), f);
    for (size_t i = 0; i < json_array_size(c->readers); i++)
        TRY(acts_notify(db, "alert", json_string_value(json_array_get(c->readers, i)), sender, c->now_ms, 0,
                        id, json_incref(mine), f));
    return OK;
}

static enum err judged(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct judging *j = c->state;
    json_t *about = json_object();
    TRY(set(c, db, c->taken->by, e, f));
    json_set_str(about, "report", j->row.report);
    json_set_str(about, "portion", j->row.portion);
    json_set_str(about, "copy_of", j->row.holder);
    json_set_str(about, "by", j->row.by_person);
    json_set_str(about, "state", alert_state_name(j->state));
    json_set_str(about, "note", j->note);
    return notify(c, db, j->row.id, c->taken->iss, about, f);
}

/* What it says of it, and nothing else that stands there: an inbox takes no load from partners. */
static json_t *first_about(const struct act_call *c)
{
    const json_t *said = json_object_get(c->taken->body, "about");
    json_t *about = json_object();
    json_set_str(about, "report", c->report);
    json_set_str(about, "portion", json_text_of(said, "portion"));
    json_set_str(about, "copy_of", c->node->conf.domain);
    json_set_str(about, "by", json_text_of(said, "by"));
    json_set_str(about, "state", alert_state_name(ALERT_OPEN));
    return about;
}

enum err act_notice_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const json_t *about = json_object_get(c->taken->body, "about");
    if (c->state)
        return judged(c, db, e, f);
    const char *by = json_string_value(json_object_get(about, "by"));
    e->person = by;
    return notify(c, db, c->id, name_domain_of(by), first_about(c), f);
}

/* The row rests on the entry of the notice. */
enum err act_notice_place(struct act_call *c, struct db *db, struct place at, struct fail *f)
{
    if (!c->taken || c->state)
        return OK;
    const json_t *about = json_object_get(c->taken->body, "about");
    struct alert_row row = { .id = c->id,
                             .originator = c->originator,
                             .holder = c->node->conf.domain,
                             .by_person = json_string_value(json_object_get(about, "by")),
                             .report = c->report,
                             .portion = json_string_value(json_object_get(about, "portion")),
                             .at_ms = c->taken->at_ms,
                             .note = "",
                             .set_by = "",
                             .answer = "",
                             .answered_by = "",
                             .generation = at.generation,
                             .idx = at.index };
    return store_alert_add(db, &row, f);
}
