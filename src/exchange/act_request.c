/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_request.c - asking the originator, and taking it back */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/cards.h"
#include "exchange/hidden.h"
#include "exchange/aware.h"
#include "exchange/introduced.h"
#include "exchange/onward.h"
#include "store/held.h"
#include "store/item.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

#define DUE_MAX_MS ((uint64_t)366 * 86400000)

/* What a request says, on either side. Strings live in the act or the statement. */
struct asking {
    const char *to, *reason, *precedence;
    uint64_t due_ms, until_ms;
    bool forward;    /* for a rule to decide */
    bool cited;      /* to be cited in a report of his */
    json_t *numbers; /* portion -> n */
    struct act *act; /* taken ones: the asker's */
};

void act_request_release(struct act_call *c)
{
    struct asking *a = c->state;
    if (!a)
        return;
    json_decref(a->numbers);
    act_freep(&a->act);
    mem_freep(&c->state);
}

uint64_t act_request_due(const struct act_call *c)
{
    const struct asking *a = c->state;
    return a->due_ms;
}

void act_request_about(const struct act_call *c, json_t *about)
{
    const struct asking *a = c->state;
    json_t *numbers = json_array();
    for (size_t i = 0; i < json_array_size(c->taken->portions); i++) {
        const char *id = json_string_value(json_array_get(c->taken->portions, i));
        json_array_append(numbers, json_object_get(a->numbers, id));
    }
    json_set_take(about, "n", numbers);
    json_set_str(about, "to", a->to);
    json_set_str(about, "reason", a->reason);
    json_set_str(about, "precedence", a->precedence);
    if (a->cited)
        json_set_bool(about, "cited", true);
}

static enum err read_time(const json_t *body, const char *name, bool needed, uint64_t *ms, struct fail *f)
{
    const char *text;
    *ms = 0;
    TRY(json_may_str(body, name, "request", &text, f));
    if (!text || !*text)
        return needed ? fail_set(f, E_INVALID, "request: '%s' is missing", name) : OK;
    if (!time_read(text, ms))
        return fail_why(f, REASON_TIME, "request: '%s' is not a time of the years 1970 to 9999", name);
    return OK;
}

static enum err read_flag(const json_t *body, const char *name, bool *out, struct fail *f)
{
    uint64_t value = 0;
    if (json_object_get(body, name))
        TRY(json_need_u64(body, name, "request", &value, f));
    if (value > 1)
        return fail_set(f, E_INVALID, "request: '%s' is 1, or left out", name);
    *out = value == 1;
    return OK;
}

static enum err read_asking(const json_t *body, uint64_t now_ms, struct asking *a, struct fail *f)
{
    static const char *const known[] = { "routine", "priority", "immediate", "flash" };
    TRY(json_need_str(body, "to", "request", &a->to, f));
    TRY(json_need_str(body, "reason", "request", &a->reason, f));
    TRY(json_may_str(body, "precedence", "request", &a->precedence, f));
    TRY(read_time(body, "by", true, &a->due_ms, f));
    TRY(read_time(body, "until", false, &a->until_ms, f));
    TRY(read_flag(body, "forward", &a->forward, f));
    TRY(read_flag(body, "cited", &a->cited, f));
    if (!name_is_domain(a->to) && !name_is_person(a->to))
        return fail_set(f, E_INVALID, "request: '%.80s' is neither a domain nor a person", a->to);
    if (a->cited && (a->forward || name_is_person(a->to)))
        return fail_set(f, E_INVALID,
                        "request: what a report cites goes to an organisation, and people decide");
    if (strspn(a->reason, " \t\r\n") == strlen(a->reason))
        return fail_set(f, E_INVALID, "request: a reason is needed");
    if (strlen(a->reason) > 1024)
        return fail_set(f, E_TOO_LARGE, "request: the reason is longer than 1024 bytes");
    if (a->due_ms <= now_ms)
        return fail_why(f, REASON_EXPIRED, "request: the deadline has passed");
    if (a->due_ms > now_ms + DUE_MAX_MS)
        return fail_why(f, REASON_TIME_FAR, "request: the deadline is more than a year away");
    if (a->until_ms && a->until_ms <= now_ms)
        return fail_why(f, REASON_TIME_PAST, "request: it asks for a time that has passed");
    if (!a->precedence)
        a->precedence = known[0];
    for (size_t i = 0; i < COUNT(known); i++)
        if (strcmp(known[i], a->precedence) == 0)
            return OK;
    return fail_set(f, E_INVALID, "request: unknown precedence '%.20s'", a->precedence);
}

/* The asker's side -------------------------------------------------------------------------------- */

/* What was recalled can be asked for only by a person for himself, which is how it is given again; and what somebody's override
 * passed on its originator never gave us: he would refuse both. */
static enum err check_leave(struct db *db, const struct aware_portion *p, const struct act_call *c,
                            const struct asking *a, struct fail *f)
{
    bool passed;
    if (p->recalled_ms && !name_is_person(a->to))
        return fail_why(f, REASON_RECALLED, "portion %u was recalled by %s", p->n, c->originator);
    TRY(onward_brought(db, p->share, &passed, f));
    if (passed)
        return fail_why(f, REASON_NOT_HELD,
                        "portion %u came by an override; %s has not shared it with %s: nothing was sent",
                        p->n, c->originator, c->node->conf.domain);
    return OK;
}

/* Only what is held, and what he may know of, can be asked for. */
static enum err check_held(struct act_call *c, struct asking *a, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(aware_clear) struct aware known = { 0 };
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(aware_held(c->node, db, c->asker, c->originator, c->report, &known, f));
    if (known.count == 0)
        return fail_why(f, REASON_NOT_YOURS, "report %s is unknown here, or not yours", c->report);
    a->numbers = json_object();
    for (size_t i = 0; i < json_array_size(c->portions); i++) {
        const char *id = json_string_value(json_array_get(c->portions, i));
        const struct aware_portion *p = aware_find(&known, id);
        if (!p)
            return fail_why(f, REASON_NOT_HELD, "portion %s of report %s is not held here", id, c->report);
        TRY(check_leave(db, p, c, a, f));
        if (json_object_get(a->numbers, id))
            return fail_set(f, E_INVALID, "request: a portion is named twice");
        json_set_u64(a->numbers, id, p->n);
    }
    return OK;
}

static enum err check_whom(struct act_call *c, const struct asking *a, struct fail *f)
{
    const char *home = c->node->conf.domain;
    if (strcmp(c->originator, home) == 0)
        return fail_set(f, E_REFUSED, "this is your own organisation's report: share it");
    if (name_is_person(a->to) ? strcmp(a->to, c->act->by) != 0 : strcmp(a->to, home) == 0)
        return fail_set(f, E_REFUSED, "inside %s a person asks for himself: --to me", home);
    if (strcmp(a->to, c->originator) == 0)
        return fail_set(f, E_REFUSED, "%s is the originator: it has the report", a->to);
    return OK;
}

enum err act_request_prepare(struct act_call *c, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct asking *a = c->state = mem_new(sizeof *a);
    const char *originator;
    TRY(json_need_str(c->act->body, "originator", "request", &originator, f));
    if (!name_is_domain(originator) || !*c->act->report)
        return fail_set(f, E_INVALID, "request: no report, or no originator");
    TRY(read_asking(c->act->body, c->now_ms, a, f));
    memcpy(c->originator, originator, strlen(originator) + 1);
    memcpy(c->report, c->act->report, sizeof c->report);
    if (json_array_size(c->act->portions) == 0)
        return fail_set(f, E_INVALID, "request: no portions");
    c->portions = json_deep_copy(c->act->portions);
    TRY(check_whom(c, a, f));
    TRY(check_held(c, a, f));
    if (a->forward)
        TRY(act_forward_check(c, a->to, f));
    TRY(cards_get_trusted(c->node, originator, &ref, f));
    c->aud = json_pack("[s]", originator);
    c->body = json_deep_copy(c->act->body);
    json_object_del(c->body, "originator");
    TRY(introduced_offer(c->node, a->to, c->body, f));
    json_set_str(c->answer, "request", c->id);
    json_set_str(c->answer, "state", request_state_name(REQUEST_OPEN));
    return OK;
}

static void fill_event(const struct act_call *c, struct journal_event *e, const char *asker)
{
    const struct asking *a = c->state;
    e->reason = a->reason;
    e->organisation = asker;
    if (name_is_person(a->to))
        e->person = a->to;
}

enum err act_request_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    (void)db;
    (void)f;
    fill_event(c, e, c->node->conf.domain);
    return OK;
}

/* Both sides keep the same row. */
enum err act_request_place(struct act_call *c, struct db *db, struct place at, struct fail *f)
{
    const struct asking *a = c->state;
    const json_t *n;
    const char *portion;
    struct request_row row = {
        .id = c->id,
        .originator = c->originator,
        .asker = c->taken ? c->taken->iss : c->node->conf.domain,
        .by_person = c->taken ? c->taken->by : c->act->by,
        .report = c->report,
        .to_whom = a->to,
        .reason = a->reason,
        .precedence = a->precedence,
        .asked_ms = c->now_ms,
        .due_ms = a->due_ms,
        .until_ms = a->until_ms,
        .state = REQUEST_OPEN,
        .decided_by = "",
        .note = "",
        .generation = at.generation,
        .idx = at.index,
        .forward = a->forward,
        .cited = a->cited,
        .rule = "",
    };
    TRY(store_request_add(db, &row, f));
    if (a->forward && c->taken)
        TRY(store_task_put(db, "rule", c->id, c->now_ms, f));
    if (c->taken)
        TRY(introduced_note(c->node, db, c->id, a->to, row.asker, c->taken->body, f));
    json_object_foreach (a->numbers, portion, n) {
        struct request_portion_row p = { .request = c->id,
                                         .portion = portion,
                                         .n = (uint32_t)json_integer_value(n),
                                         .state = REQUEST_PORTION_ASKED };
        TRY(store_request_portion_add(db, &p, f));
    }
    return OK;
}

/* The originator's side ---------------------------------------------------------------------------- */

struct holding {
    const char *holder;
    bool recalled, standing;
};

static enum err find_standing(const struct release_row *row, void *ctx, struct fail *f)
{
    struct holding *h = ctx;
    (void)f;
    h->recalled = h->recalled || row->recalled_ms;
    h->standing = h->standing || !row->recalled_ms;
    return OK;
}

/* What was recalled is not passed on; but its holder's people may ask for themselves: that is how it is given
 * again. */
static enum err check_standing(struct db *db, const char *id, const struct asking *a, const char *holder,
                               struct fail *f)
{
    struct holding h = { .holder = holder };
    if (name_is_person(a->to))
        return OK;
    TRY(store_release_list(db, id, holder, find_standing, &h, f));
    if (h.recalled && !h.standing)
        return fail_why(f, REASON_RECALLED, "portion %s was recalled", id);
    return OK;
}

/* Each portion is of this report of ours and was given to whoever asks (public ones need no leave; of a hidden one
 * somebody there may know, but not he); anything else is 'unknown, or not yours'. */
static enum err check_given(struct act_call *c, struct asking *a, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    a->numbers = json_object();
    for (size_t i = 0; i < json_array_size(c->taken->portions); i++) {
        AUTO(store_portion_clear) struct portion_row portion = { 0 };
        const char *id = json_string_value(json_array_get(c->taken->portions, i));
        const struct hidden_asked asked = { id, c->report, c->taken->by, c->taken->iss };
        bool yours;
        TRY(hidden_yours(c->node, db, &asked, &portion, &yours, f));
        if (!yours)
            return fail_why(f, REASON_NOT_YOURS, "portion %s is unknown, or not yours", id);
        if (json_object_get(a->numbers, id))
            return fail_set(f, E_INVALID, "request: a portion is named twice");
        TRY(check_standing(db, id, a, c->taken->iss, f));
        json_set_u64(a->numbers, id, portion.n);
    }
    return OK;
}

enum err act_request_take(struct act_call *c, struct fail *f)
{
    struct asking *a = c->state = mem_new(sizeof *a);
    TRY(act_carried(c, &a->act, f));
    TRY(read_asking(c->taken->body, c->now_ms, a, f));
    if (strcmp(c->taken->by, a->act->by) != 0)
        return fail_set(f, E_INVALID, "request: by %s, but the act is by %s", c->taken->by, a->act->by);
    if (!json_equal(json_object_get(c->taken->body, "to"), json_object_get(a->act->body, "to")) ||
        !json_equal(json_object_get(c->taken->body, "reason"), json_object_get(a->act->body, "reason")) ||
        json_integer_value(json_object_get(a->act->body, "forward")) != a->forward ||
        json_integer_value(json_object_get(a->act->body, "cited")) != a->cited)
        return fail_set(f, E_UNVERIFIED,
                        "request: its organisation says something else than the person who asks");
    if (json_array_size(c->taken->portions) == 0)
        return fail_set(f, E_INVALID, "request: no portions");
    if (name_is_person(a->to) && strcmp(a->to, c->taken->by) != 0)
        return fail_set(f, E_REFUSED, "request: a person asks for himself only");
    if (a->forward)
        TRY(act_forward_asker(c->taken->by, c->taken->iss, a->to, f));
    TRY(introduced_check(c->taken->body, a->to, f));
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    return check_given(c, a, f);
}

enum err act_request_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct asking *a = c->state;
    (void)db;
    (void)f;
    fill_event(c, e, c->taken->iss);
    c->quiet = a->forward; /* no officer has to do anything */
    return OK;
}

/* Taking it back ----------------------------------------------------------------------------------- */

static enum err load_request(struct act_call *c, const char *id, struct request_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_request_get(db, id, row, f);
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_YOURS, "request %s is unknown, or not yours", id);
    return e;
}

enum err act_withdraw_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    TRY(load_request(c, c->act->ref, &row, f));
    if (strcmp(row.asker, c->node->conf.domain) != 0 ||
        (strcmp(row.by_person, c->act->by) != 0 && !(c->asker->roles & ROLE_OFFICER)))
        return fail_why(f, REASON_NOT_AUTHOR, "only who asked, or an officer of his, withdraws a request");
    memcpy(c->originator, row.originator, strlen(row.originator) + 1);
    memcpy(c->report, row.report, strlen(row.report) + 1);
    memcpy(c->ref, row.id, strlen(row.id) + 1);
    c->aud = json_pack("[s]", row.originator);
    c->portions = json_array();
    c->body = json_object();
    json_set_str(c->answer, "request", row.id);
    json_set_str(c->answer, "state", request_state_name(REQUEST_WITHDRAWN));
    return OK;
}

static enum err withdraw(struct act_call *c, struct db *db, const char *by, struct journal_event *e,
                         struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    TRY(store_request_get(db, c->ref, &row, f));
    e->follows = (struct place){ row.generation, row.idx };
    e->reason = "withdraw";
    TRY(store_request_decide(db, c->ref, REQUEST_WITHDRAWN, by, c->now_ms, "", f));
    return store_item_done(db, c->ref, "request", c->now_ms, f);
}

enum err act_withdraw_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return withdraw(c, db, c->act->by, e, f);
}

enum err act_withdraw_take(struct act_call *c, struct fail *f)
{
    AUTO(store_request_clear) struct request_row row = { 0 };
    AUTO(act_freep) struct act *act = NULL;
    TRY(act_carried(c, &act, f));
    TRY(load_request(c, c->ref, &row, f));
    if (strcmp(row.asker, c->taken->iss) != 0)
        return fail_why(f, REASON_NOT_YOURS, "request %s is unknown, or not yours", c->ref);
    memcpy(c->originator, row.originator, strlen(row.originator) + 1);
    return OK;
}

enum err act_withdraw_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return withdraw(c, db, c->taken->by, e, f);
}
