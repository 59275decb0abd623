/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/briefed.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/arrange.h"
#include "exchange/aware.h"
#include "exchange/facts.h"
#include "exchange/guests.h"
#include "exchange/prove.h"
#include "exchange/view.h"
#include "ledger/body.h"
#include "policy/ask.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/store.h"

#define PUBLIC_BASIS "public, no record"

/* What anybody may have opened who may ask; the others (who decided, why, what came before) concern the originator. */
#define OUTSIDE_FIELDS                                                                                       \
    (1u << FIELD_KIND | 1u << FIELD_TIME | 1u << FIELD_PORTION | 1u << FIELD_PERSON |                        \
     1u << FIELD_ORGANISATION | 1u << FIELD_REPORT | 1u << FIELD_COPY | 1u << FIELD_READER)

/* One question. */
struct asked {
    struct node *n;
    struct db *db;
    const struct asker *a;
    const char *person;
    char portion[UUID_TEXT]; /* "": there is no such portion here */
    struct portion_row row;  /* .id NULL: the same */
    bool held;               /* the asker's organisation was given a copy, or public text beside one */
    bool copied;             /* it was given one of this portion; ${share} is what brought the newest */
    char share[UUID_TEXT];
    bool n_known; /* the number that it has for him: of a hidden one only his own node knows that */
    uint32_t number;
    uint32_t fields;  /* 0: evidence is asked for */
    unsigned wait_ms; /* for outsiders */
};

static void asked_clear(struct asked *q)
{
    store_portion_clear(&q->row);
    store_read_endp(&q->db);
}

/* Which portion ------------------------------------------------------------------------------------------------ */

/* By report and number as he sees them, for own people: how a partner's see them, their own node knows. */
static enum err by_number(struct asked *q, const json_t *in, struct fail *f)
{
    const char *report;
    char id[UUID_TEXT];
    uint64_t number;
    struct fail why = { 0 };
    TRY(json_need_str(in, "report", "question", &report, f));
    TRY(json_need_u64(in, "n", "question", &number, f));
    if (number > UINT16_MAX || !q->a->own)
        return fail_set(f, E_INVALID, "question: n is no portion's number, or the portion's id is needed");
    enum err e = view_resolve_for(q->n, q->a, "report", report, id, &why);
    if (e != OK && why.reason != REASON_NOT_YOURS)
        return fail_pass(f, &why);
    if (e != OK)
        return OK;
    AUTO(aware_clear) struct aware known = { 0 };
    struct fail none = { 0 };
    e = aware_own(q->n, q->db, q->a, id, &known, &none);
    if (e != OK && e != E_NOT_FOUND) /* held: ids only */
        return fail_pass(f, &none);
    const struct aware_portion *p = e == OK ? aware_number(&known, (uint32_t)number) : NULL;
    if (p)
        memcpy(q->portion, p->id, UUID_TEXT);
    return OK;
}

static enum err read_portion(struct asked *q, const json_t *in, struct fail *f)
{
    const char *portion;
    TRY(json_may_str(in, "portion", "question", &portion, f));
    if (!portion)
        return by_number(q, in, f);
    if (!name_is_uuid(portion))
        return fail_set(f, E_INVALID, "question: portion is no id");
    memcpy(q->portion, portion, UUID_TEXT);
    return OK;
}

static enum err read_fields(struct asked *q, const json_t *in, struct fail *f)
{
    const json_t *list = json_object_get(in, "fields");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        json_int_t field = json_integer_value(v);
        if (!json_is_integer(v) || field < 0 || field >= FIELD_COUNT)
            return fail_set(f, E_INVALID, "question: fields are numbers from 0 to %d", FIELD_COUNT - 1);
        q->fields |= 1u << field;
    }
    return OK;
}

static enum err read_question(struct asked *q, const json_t *in, struct fail *f)
{
    TRY(json_need_str(in, "person", "question", &q->person, f));
    if (!name_is_person(q->person) && !evidence_is_organisation(bytes_str(q->person)))
        return fail_set(f, E_INVALID, "'%.80s' is neither a person nor @domain", q->person);
    TRY(read_fields(q, in, f));
    q->wait_ms = json_is_false(json_object_get(in, "wait")) ? 0 : PROVE_WAIT_MS;
    return read_portion(q, in, f);
}

/* Who may ask ------------------------------------------------------------------------------------------------------ */

static enum err is_held(struct asked *q, const char *report, struct fail *f)
{
    bool any;
    enum err e = store_copy_newest(q->db, q->portion, q->a->issuer, q->share,
                                   f); /* a guest reads the copies of his host */
    q->copied = !store_missing(e, f);
    if (q->copied)
        TRY(e);
    TRY(store_copy_holds(q->db, report, q->a->issuer, &any, f));
    q->held = q->copied || (q->row.clear && any);
    return OK;
}

/* Of a hidden portion knows who was briefed on it, or may be. The same is looked up for what there is not. */
static enum err may_have(struct asked *q, bool *may, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(str_freep) char *name = str_format("%s/%s", q->n->conf.domain, q->portion);
    uint32_t generation;
    uint64_t index;
    enum err e = store_briefing_pick(q->db, name, q->a->person, true, &generation, &index, f);
    bool briefed = !store_missing(e, f);
    if (briefed)
        TRY(e);
    const struct copy_row copy = { .portion = q->portion,
                                   .report = q->row.report ? q->row.report : q->portion,
                                   .holder = q->a->issuer,
                                   .share = q->share,
                                   .mark = q->row.mark ? q->row.mark : "TLP:RED" };
    TRY(facts_load(q->n, q->db, &copy, q->a->person, q->a->issuer, q->a->clearance, q->n->now_ms(), &facts,
                   f));
    facts_decide(&facts);
    *may = briefed || (q->copied && facts.result.outcome == POLICY_ALLOW);
    return OK;
}

static enum err load_mark(struct asked *q, struct policy_asking *p, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    TRY(may_have(q, &p->may_have, f));
    if (p->exists)
        TRY(marking_read(q->row.mark, &mark, f));
    p->hidden = mark.hidden;
    return OK;
}

static enum err check_leave(struct asked *q, struct fail *f)
{
    const struct asker *a = q->a;
    char author[PERSON_MAX + 1] = "", host[DOMAIN_MAX + 1];
    enum err e = store_portion_get(q->db, q->portion, &q->row, f);
    bool exists = !store_missing(e, f);
    if (exists)
        TRY(e);
    /* the same is looked up where there is no such portion, so that it takes as long */
    const char *report = exists ? q->row.report : q->portion;
    TRY(is_held(q, report, f));
    e = store_report_author(q->db, report, author, f);
    if (!store_missing(e, f))
        TRY(e);
    /* whose person he is: a guest is his host's */
    if (name_is_person(q->person))
        TRY(guests_via(q->db, q->person, host, f));
    else
        snprintf(host, sizeof host, "%s", q->person + 1);
    struct policy_asking p = { .exists = exists,
                               .shared = a->own || q->held,
                               .about_self = strcmp(a->person, q->person) == 0,
                               .about_own = strcmp(host, a->domain) == 0,
                               .about_originator = strcmp(host, q->n->conf.domain) == 0,
                               .originator = a->own,
                               .author = strcmp(author, a->person) == 0,
                               .officer = (a->roles & ROLE_OFFICER) != 0,
                               .auditor = (a->roles & ROLE_AUDITOR) != 0 };
    TRY(arrange_oversight(q->db, a->domain, &p.oversight, f));
    TRY(load_mark(q, &p, f));
    if (!policy_may_ask(&p))
        return fail_why(f, REASON_NOT_YOURS, "this portion is unknown here, or not yours to ask about");
    return OK;
}

/* A HIDDEN portion has another number for everybody. */
static enum err number_of(struct asked *q, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(aware_clear) struct aware known = { 0 };
    TRY(marking_read(q->row.mark, &mark, f));
    q->n_known = !mark.hidden;
    q->number = q->row.n;
    if (!mark.hidden || !q->a->own)
        return OK;
    TRY(aware_own(q->n, q->db, q->a, q->row.report, &known, f));
    const struct aware_portion *p = aware_find(&known, q->portion);
    q->n_known = p != NULL;
    q->number = p ? p->n : 0;
    return OK;
}

/* The answer ------------------------------------------------------------------------------------------------------- */

static void set_texts(json_t *answer, const char *name, const struct evidence_list *l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->count; i++)
        json_array_append_new(list, json_stringn((const char *)l->item[i].data, l->item[i].len));
    json_set_take(answer, name, list);
}

static json_t *new_answer(const struct asked *q)
{
    json_t *answer = json_object();
    json_set_str(answer, "person", q->person);
    json_set_str(answer, "report", q->row.report);
    if (q->n_known)
        json_set_u64(answer, "n", q->number);
    json_set_str(answer, "portion", q->portion);
    return answer;
}

static json_t *public_answer(const struct asked *q)
{
    json_t *answer = new_answer(q);
    json_set_take(answer, "briefed", json_null());
    json_set_str(answer, "basis", PUBLIC_BASIS);
    json_set_take(answer, "assumptions", json_array());
    json_set_take(answer, "reasons", json_array());
    return answer;
}

static json_t *prove_json(const struct asked *q, const struct prove *p)
{
    json_t *answer = new_answer(q);
    char until[TIME_TEXT_SIZE], entry[40];
    time_print(p->verdict.time_ms, until);
    snprintf(entry, sizeof entry, "%llu/%llu", (unsigned long long)p->verdict.generation,
             (unsigned long long)p->verdict.index);
    json_set_take(answer, "briefed",
                  p->verdict.outcome == EVIDENCE_YES       ? json_true()
                  : p->verdict.outcome == EVIDENCE_UNKNOWN ? json_null()
                                                           : json_false());
    json_set_str(answer, "until", until);
    json_set_str(answer, "entry", entry);
    json_set_str(answer, "basis", p->verdict.basis);
    set_texts(answer, "assumptions", &p->claim->assume);
    set_texts(answer, "reasons", &p->claim->reason);
    json_set_bool(answer, "witnessed", p->witnessed);
    json_set_take(answer, "evidence", json_stringn((const char *)p->text->data, p->text->len));
    return answer;
}

static enum err answer_fields(const struct asked *q, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *part = buf_new(PART_MAX);
    bool insider = q->a->own && (q->a->roles & (ROLE_OFFICER | ROLE_AUDITOR));
    if (!insider && (q->fields & ~OUTSIDE_FIELDS))
        return fail_why(f, REASON_NOT_ROLE,
                        "fields 5, 8 to 14 of an entry are for officers and auditors of %s",
                        q->n->conf.domain);
    TRY(prove_fields(q->n, q->portion, q->person, q->fields, q->wait_ms, part, f));
    json_t *answer = new_answer(q);
    json_set_take(answer, "presence", json_stringn((const char *)part->data, part->len));
    *out = answer;
    return OK;
}

static enum err answer_evidence(const struct asked *q, json_t **out, struct fail *f)
{
    AUTO(prove_clear) struct prove p = { 0 };
    TRY(prove_briefed(q->n, q->portion, q->person, q->wait_ms, &p, f));
    *out = prove_json(q, &p);
    return OK;
}

enum err briefed_answer(struct node *n, const struct asker *a, const json_t *in, json_t **out, struct fail *f)
{
    AUTO(asked_clear) struct asked q = { .n = n, .a = a };
    TRY(store_read_begin(n->store, &q.db, f));
    TRY(read_question(&q, in, f));
    TRY(check_leave(&q, f));
    TRY(number_of(&q, f));
    store_read_endp(&q.db); /* what follows may wait for others */
    if (q.row.clear) {
        *out = public_answer(&q);
        return OK;
    }
    return q.fields ? answer_fields(&q, out, f) : answer_evidence(&q, out, f);
}
