/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_reply.c - the answer to an inquiry, and to a notice that a copy was presented by somebody else: a signed no,
 * evidence, or the leave under which it was passed on. Once; what it says is its maker's word. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/aware.h"
#include "store/alert.h"
#include "store/held.h"
#include "store/inquiry.h"
#include "store/item.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

#define EVIDENCE_MAX 24576 /* it travels in an act inside a statement */

struct answering {
    const char *answer, *text, *to, *request, *evidence;
    bool about_alert;
    struct alert_row alert;
    struct inquiry_row inquiry;
    struct act *act; /* taken ones */
};

void act_reply_release(struct act_call *c)
{
    struct answering *a = c->state;
    if (!a)
        return;
    store_alert_clear(&a->alert);
    store_inquiry_clear(&a->inquiry);
    act_freep(&a->act);
    mem_freep(&c->state);
}

/* The three answers, and what each must come with. */
static enum err read_reply(const json_t *body, struct answering *a, struct fail *f)
{
    TRY(json_need_str(body, "answer", "answer", &a->answer, f));
    TRY(json_may_str(body, "text", "answer", &a->text, f));
    TRY(json_may_str(body, "to", "answer", &a->to, f));
    TRY(json_may_str(body, "request", "answer", &a->request, f));
    TRY(json_may_str(body, "evidence", "answer", &a->evidence, f));
    a->text = a->text ? a->text : "";
    bool passed = strcmp(a->answer, "passed") == 0, proved = strcmp(a->answer, "evidence") == 0;
    if (!passed && !proved && strcmp(a->answer, "no") != 0)
        return fail_set(f, E_INVALID, "answer: '%.20s' is none of no, evidence, passed", a->answer);
    if (strlen(a->text) > 1024)
        return fail_set(f, E_TOO_LARGE, "answer: 'text' is longer than 1024 bytes");
    if (passed != (a->request != NULL) || passed != (a->to != NULL))
        return fail_set(f, E_INVALID,
                        "answer: 'to' and 'request' go with the answer passed, and only with it");
    if (passed && (!name_is_uuid(a->request) || (!name_is_domain(a->to) && !name_is_person(a->to))))
        return fail_set(f, E_INVALID, "answer: 'to' is nobody, or 'request' is no request's id");
    return OK;
}

/* At whichever end: what it is about. */
static enum err load(struct act_call *c, struct answering *a, const char *id, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = *id ? store_inquiry_get(db, id, &a->inquiry, f) : E_NOT_FOUND;
    if (store_missing(e, f) && *id) {
        e = store_alert_get(db, id, &a->alert, f);
        a->about_alert = e == OK;
    }
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_YOURS, "inquiry or alert %s is unknown here, or not yours", id);
    TRY(e);
    bool done = a->about_alert ? a->alert.answered_ms != 0 : a->inquiry.answered_ms != 0;
    if (done)
        return fail_why(f, REASON_ALREADY_ANSWERED, "%s was answered already: an answer is given once", id);
    const char *originator = a->about_alert ? a->alert.originator : a->inquiry.originator;
    const char *report = a->about_alert ? a->alert.report : a->inquiry.report;
    if (*originator)
        memcpy(c->originator, originator, strlen(originator) + 1);
    memcpy(c->report, report, strlen(report) + 1);
    memcpy(c->ref, id, UUID_TEXT);
    return OK;
}

static const char *asked_of(const struct answering *a)
{
    return a->about_alert ? a->alert.holder : a->inquiry.asked;
}

static const char *asked_by(const struct answering *a)
{
    return a->about_alert ? a->alert.originator : a->inquiry.asker;
}

/* The leave that is named is on record here: the same request, for the same recipient, of the same report, granted. */
static enum err check_leave(struct act_call *c, const struct answering *a, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_request_clear) struct request_row row = { 0 };
    if (!a->request)
        return OK;
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_request_get(db, a->request, &row, f);
    if (!store_missing(e, f))
        TRY(e);
    bool good = e == OK && row.state == REQUEST_GRANTED && strcmp(row.to_whom, a->to) == 0 &&
                (!*c->report || strcmp(row.report, c->report) == 0);
    return good ? OK
                : fail_why(f, REASON_NO_LEAVE, "no request %s that let this go to %s was granted", a->request,
                           a->to);
}

/* Whoever answers ------------------------------------------------------------------------------------------------- */

static bool is_evidence(const char *text)
{
    return strncmp(text, "orcon/evidence@v1\n", 18) == 0;
}

enum err act_reply_prepare(struct act_call *c, struct fail *f)
{
    struct answering *a = c->state = mem_new(sizeof *a);
    TRY(read_reply(c->act->body, a, f));
    TRY(load(c, a, c->act->ref, f));
    if (strcmp(asked_of(a), c->node->conf.domain) != 0)
        return fail_why(f, REASON_NOT_ASKED, "%s was asked, and answers", asked_of(a));
    if ((strcmp(a->answer, "evidence") == 0) != (a->evidence != NULL))
        return fail_set(f, E_INVALID, "answer: 'evidence' goes with the answer evidence, and only with it");
    if (a->evidence && strlen(a->evidence) > EVIDENCE_MAX)
        return fail_set(f, E_TOO_LARGE, "answer: the evidence is longer than %d bytes", EVIDENCE_MAX);
    if (a->evidence && !is_evidence(a->evidence))
        return fail_set(f, E_INVALID, "answer: this is no evidence file: make one with orcon briefed");
    TRY(check_leave(c, a, f));
    c->portions = a->about_alert ? json_pack("[s]", a->alert.portion) : json_array();
    c->aud = json_pack("[s]", asked_by(a));
    c->body = json_deep_copy(c->act->body);
    json_object_del(c->body, "evidence"); /* it stands in the act */
    json_set_str(c->answer, "answered", c->ref);
    json_set_str(c->answer, "answer", a->answer);
    return OK;
}

/* Again inside the transaction: of two answers one counts. ${at_ms}: by the clock of who answers. */
static enum err keep(struct act_call *c, struct db *db, const char *by, uint64_t at_ms,
                     struct journal_event *e, struct fail *f)
{
    const struct answering *a = c->state;
    AUTO(str_freep)
    char *text =
        a->to ? str_format("to %s, by request %s%s%s", a->to, a->request, *a->text ? ": " : "", a->text)
              : str_dup(a->text);
    AUTO(str_freep)
    char *word = str_format("%s%s%s", a->answer, *text ? ": " : "", text);
    e->reason = c->row->kind;
    e->follows = a->about_alert ? (struct place){ a->alert.generation, a->alert.idx }
                                : (struct place){ a->inquiry.generation, a->inquiry.idx };
    enum err err = a->about_alert ? store_alert_answer(db, c->ref, word, by, at_ms, f)
                                  : store_inquiry_answer(db, c->ref, a->answer, text, by, at_ms, f);
    if (store_missing(err, f))
        return fail_why(f, REASON_ALREADY_ANSWERED, "%s was answered already: an answer is given once",
                        c->ref);
    TRY(err);
    return store_item_done(db, c->ref, "inquiry", c->now_ms, f);
}

enum err act_reply_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return keep(c, db, c->act->by, c->now_ms, e, f);
}

/* Whoever asked ---------------------------------------------------------------------------------------------------- */

enum err act_reply_take(struct act_call *c, struct fail *f)
{
    static const char *const same[] = { "answer", "text", "to", "request" };
    struct answering *a = c->state = mem_new(sizeof *a);
    TRY(act_carried(c, &a->act, f));
    TRY(read_reply(c->taken->body, a, f));
    for (size_t i = 0; i < COUNT(same); i++)
        if (!json_equal(json_object_get(a->act->body, same[i]), json_object_get(c->taken->body, same[i])) &&
            (json_object_get(a->act->body, same[i]) || json_object_get(c->taken->body, same[i])))
            return fail_set(f, E_UNVERIFIED, "answer: its organisation says something else than its officer");
    TRY(load(c, a, c->ref, f));
    if (strcmp(asked_of(a), c->taken->iss) != 0 || strcmp(asked_by(a), c->node->conf.domain) != 0)
        return fail_why(f, REASON_NOT_ASKED, "%s was not asked", c->taken->iss);
    return check_leave(c, a, f);
}

enum err act_reply_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct answering *a = c->state;
    TRY(keep(c, db, c->taken->by, c->taken->at_ms, e, f));
    json_t *about = json_object();
    json_set_str(about, a->about_alert ? "alert" : "inquiry", c->ref);
    json_set_str(about, "by", c->taken->by);
    json_set_str(about, "answer", a->answer);
    if (*c->report)
        json_set_str(about, "report", c->report);
    AUTO(str_freep)
    char *what = str_format("%s answers: %s%s%s", c->taken->iss, a->answer, *a->text ? ", " : "", a->text);
    json_set_str(about, "what", what);
    return acts_notify(db, "decision", "officer", c->taken->iss, c->now_ms, 0, c->ref, about, f);
}
