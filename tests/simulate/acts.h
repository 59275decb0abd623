/* SPDX-License-Identifier: Apache-2.0
 * tests/simulate/acts.h - what people of the simulated world try, each by chance: also what they must not */
#ifndef TESTS_SIMULATE_ACTS_H
#define TESTS_SIMULATE_ACTS_H

#include "world.h"

static const char *mark_of(const struct org *o, char *buf, size_t size)
{
    static const char *const plain[] = { "TLP:CLEAR",      "TLP:GREEN",        "TLP:GREEN//TEARLINE",
                                         "TLP:AMBER",      "TLP:AMBER+STRICT", "TLP:AMBER//ORCON",
                                         "TLP:RED//ORCON", "TLP:GREEN//ORCON" };
    size_t pick = chance(COUNT(plain) + 2);
    if (pick < COUNT(plain))
        return plain[pick];
    if (pick == COUNT(plain)) {
        snprintf(buf, size, "TLP:RED//%s/SOURCE//ORCON", o->domain);
    } else {
        size_t a = chance(org_count - 1);
        snprintf(buf, size, "TLP:AMBER//REL TO %s, %s", orgs[a].domain, orgs[a + 1].domain);
    }
    return buf;
}

static json_t *some_partners(const struct org *o)
{
    json_t *to = json_array();
    for (size_t tries = 1 + chance(3); tries > 0; tries--) {
        const struct org *p = &orgs[chance(org_count)];
        json_t *domain = json_string(p->domain);
        bool there = p == o;
        for (size_t i = 0; i < json_array_size(to); i++)
            there = there || json_equal(json_array_get(to, i), domain);
        if (!there)
            json_array_append(to, domain);
        json_decref(domain);
    }
    return to;
}

static void act_share(void)
{
    struct org *o = some_org(NULL);
    char marks[4][128];
    struct flow_portion text[4];
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *to = o ? some_partners(o) : NULL;
    struct fail f = { 0 };
    if (!o || json_array_size(to) == 0 || report_count == REPORTS_MAX)
        return;
    portions = text;
    portion_count = 2 + chance(3);
    for (size_t i = 0; i < portion_count; i++)
        text[i] = (struct flow_portion){ mark_of(o, marks[i], sizeof marks[i]), "Something to know." };
    size_t by = chance(20) == 0 ? ROB : ANN;
    enum err e = make_share_by(o->n, o->person[by], o->key[by], to, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &package, &f);
    struct asker who = asker_of(o->person[by], role_bits[by]);
    if (e == OK)
        e = acts_share(o->n, &who, package, &answer, &f);
    json_t *v = json_object(), *list = json_array();
    json_set_str(v, "by", o->person[by]);
    json_set_str(v, "report", report);
    json_set_take(v, "to", json_incref(to));
    for (size_t i = 0; i < portion_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "id", ids[i], "mark", text[i].mark));
    json_set_take(v, "portions", list);
    set_result(v, e, &f);
    record("share", o, v);
    if (e != OK)
        return;
    struct written *r = &reports[report_count++];
    *r = (struct written){ .of = (size_t)(o - orgs), .portion_count = portion_count };
    memcpy(r->id, report, sizeof r->id);
    memcpy(r->portion, ids, sizeof *ids * portion_count);
}

/* Some of a report's portions, one at least; now and then one of another report. */
static json_t *some_portions(const struct written *r)
{
    json_t *list = json_array();
    size_t first = chance(r->portion_count);
    json_array_append_new(list, json_string(r->portion[first]));
    for (size_t i = 0; i < r->portion_count; i++)
        if (i != first && chance(3) == 0)
            json_array_append_new(list, json_string(r->portion[i]));
    const struct written *other = &reports[chance(report_count)];
    if (chance(25) == 0 && other != r)
        json_array_append_new(list, json_string(other->portion[0]));
    return list;
}

static void act_request(bool forward)
{
    if (holding_count == 0 || request_count == REQUESTS_MAX)
        return;
    const struct holding *h = &holdings[chance(holding_count)];
    struct org *b = &orgs[h->org];
    const struct written *r = &reports[h->report];
    const struct org *to = &orgs[chance(org_count)];
    if (!b->n)
        return;
    char by[TIME_TEXT_SIZE];
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    uint64_t due_ms = (uint64_t)((int64_t)test_clock_ms + offsets[h->org]) + (1 + chance(36)) * 3600000;
    time_print(due_ms, by);
    const char *whom = !forward && chance(4) == 0 ? b->person[ROB] : to->domain;
    json_t *body = json_pack("{s:s,s:s,s:s,s:s}", "to", whom, "reason", "an operation", "by", by,
                             "originator", orgs[r->of].domain);
    if (forward)
        json_set_u64(body, "forward", 1);
    json_t *about = some_portions(r), *v = json_object();
    json_set_take(v, "portions", json_deep_copy(about));
    memcpy(report, r->id, sizeof report);
    enum err e =
        do_acts(b->n, b->person[ROB], ROLE_READER, b->key[ROB], "request", NULL, about, body, &answer, &f);
    json_set_str(v, "by", b->person[ROB]);
    json_set_str(v, "originator", orgs[r->of].domain);
    json_set_str(v, "report", r->id);
    json_set_str(v, "to", whom);
    json_set_u64(v, "due", due_ms);
    set_result(v, e, &f);
    if (e == OK) {
        struct asked *q = &requests[request_count++];
        *q = (struct asked){ .by = h->org, .of = r->of, .report = h->report };
        snprintf(q->id, sizeof q->id, "%s", json_string_value(json_object_get(answer, "request")));
        json_set_str(v, "request", q->id);
    }
    record(forward ? "forward" : "request", b, v);
}

/* Some request, newer ones rather, and where its decision is made: now and then where it can't be. */
static const struct asked *some_request(void)
{
    if (request_count == 0)
        return NULL;
    size_t back = chance(request_count < 20 ? request_count : 20);
    return chance(5) == 0 ? &requests[chance(request_count)] : &requests[request_count - 1 - back];
}

static void act_decide(void)
{
    const struct asked *q = some_request();
    if (!q)
        return;
    size_t where = chance(30) == 0 ? chance(org_count) : q->of;
    struct org *a = &orgs[where];
    bool grant = chance(3) > 0;
    size_t by = chance(20) == 0 ? ANN : OLE;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!a->n)
        return;
    json_t *about = grant ? some_portions(&reports[q->report]) : NULL, *v = json_object();
    json_t *body = grant ? json_object() : json_pack("{s:s}", "reason", "too early");
    uint64_t until_ms = 0;
    if (grant && chance(3) == 0) {
        char until[TIME_TEXT_SIZE];
        until_ms = test_clock_ms + (1 + chance(24)) * 3600000;
        time_print(until_ms, until);
        json_set_str(body, "until", until);
    }
    json_set_take(v, "portions", about ? json_deep_copy(about) : json_array());
    enum err e = do_acts(a->n, a->person[by], role_bits[by], a->key[by], grant ? "grant" : "deny", q->id,
                         about, body, &answer, &f);
    json_set_str(v, "by", a->person[by]);
    json_set_str(v, "request", q->id);
    json_set_u64(v, "until", until_ms);
    set_result(v, e, &f);
    record(grant ? "grant" : "deny", a, v);
}

static void act_withdraw(void)
{
    const struct asked *q = some_request();
    if (!q)
        return;
    struct org *b = &orgs[chance(20) == 0 ? chance(org_count) : q->by];
    size_t by = chance(4) == 0 ? ANN : ROB;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!b->n)
        return;
    json_t *v = json_object();
    enum err e =
        do_acts(b->n, b->person[by], role_bits[by], b->key[by], "withdraw", q->id, NULL, NULL, &answer, &f);
    json_set_str(v, "by", b->person[by]);
    json_set_str(v, "request", q->id);
    set_result(v, e, &f);
    record("withdraw", b, v);
}

static void act_recall(void)
{
    if (report_count == 0)
        return;
    const struct written *r = &reports[chance(report_count)];
    struct org *a = &orgs[chance(20) == 0 ? chance(org_count) : r->of];
    size_t by = chance(10) == 0 ? ROB : chance(2) ? ANN : OLE;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!a->n)
        return;
    const char *from = chance(2) ? orgs[chance(org_count)].domain : NULL;
    json_t *about = chance(2) ? some_portions(r) : NULL, *v = json_object();
    json_t *body = json_pack("{s:s}", "reason", "an error");
    if (from)
        json_set_str(body, "from", from);
    json_set_take(v, "portions", about ? json_deep_copy(about) : json_array());
    memcpy(report, r->id, sizeof report);
    enum err e =
        do_acts(a->n, a->person[by], role_bits[by], a->key[by], "recall", NULL, about, body, &answer, &f);
    json_set_str(v, "by", a->person[by]);
    json_set_str(v, "report", r->id);
    json_set_str(v, "from", from ? from : "");
    set_result(v, e, &f);
    record("recall", a, v);
}

static void act_suspend(void)
{
    struct org *o = some_org(NULL);
    if (!o)
        return;
    struct fail f = { 0 };
    bool resume = chance(3) > 0;
    json_t *v = json_object();
    enum err e =
        resume ? people_resume(o->n, o->person[ROB], &f) : people_suspend(o->n, o->person[ROB], NULL, &f);
    json_set_str(v, "person", o->person[ROB]);
    set_result(v, e, &f);
    record(resume ? "resume" : "suspend", o, v);
}

/* Somebody of some organisation hears it by voice, also of our own. */
static void act_tell(void)
{
    if (report_count == 0)
        return;
    const struct written *r = &reports[chance(report_count)];
    struct org *a = &orgs[chance(20) == 0 ? chance(org_count) : r->of];
    size_t by = chance(10) == 0 ? ROB : chance(2) ? ANN : OLE;
    const char *whom = orgs[chance(org_count)].person[ROB];
    char at[TIME_TEXT_SIZE];
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!a->n)
        return;
    json_t *about = some_portions(r), *v = json_object();
    json_set_take(v, "portions", json_deep_copy(about));
    time_print(a->n->now_ms(), at);
    json_t *body = json_pack("{s:s,s:s,s:s}", "person", whom, "reason", "he must know", "at", at);
    memcpy(report, r->id, sizeof report);
    enum err e =
        do_acts(a->n, a->person[by], role_bits[by], a->key[by], "tell", NULL, about, body, &answer, &f);
    json_set_str(v, "by", a->person[by]);
    json_set_str(v, "report", r->id);
    json_set_str(v, "person", whom);
    set_result(v, e, &f);
    if (e == OK)
        json_set_str(v, "told", json_string_value(json_object_get(answer, "told")));
    record("tell", a, v);
}

/* By voice, of one portion; now and then with the proof for another one, or by who is no authority. */
static void act_override(void)
{
    if (proof_count == 0 || override_count == OVERRIDES_MAX)
        return;
    const struct shown *p = &proofs[chance(proof_count)],
                       *shown = chance(8) ? p : &proofs[chance(proof_count)];
    struct org *b = &orgs[p->org];
    const struct written *r = &reports[p->report];
    size_t by = chance(20) == 0 ? ROB : PAT;
    const char *to = chance(2) ? "the minister" : orgs[chance(org_count)].person[ROB];
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!b->n)
        return;
    json_t *v = json_object(), *about = json_pack("[s]", p->portion);
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{s:s}}", "to", to, "oral", 1, "reason", "threat to life",
                             "originator", orgs[r->of].domain, "evidence", p->portion, shown->presence);
    json_set_take(v, "portions", json_deep_copy(about));
    memcpy(report, r->id, sizeof report);
    enum err e =
        do_acts(b->n, b->person[by], role_bits[by], b->key[by], "override", NULL, about, body, &answer, &f);
    json_set_str(v, "by", b->person[by]);
    json_set_str(v, "originator", orgs[r->of].domain);
    json_set_str(v, "report", r->id);
    json_set_str(v, "to", to);
    json_set_str(v, "shown", shown->portion);
    json_set_str(v, "shown_by", orgs[shown->org].person[PAT]);
    set_result(v, e, &f);
    if (e == OK) {
        struct overridden *o = &overrides[override_count++];
        *o = (struct overridden){ .by = p->org, .of = r->of };
        snprintf(o->id, sizeof o->id, "%s", json_string_value(json_object_get(answer, "override")));
        json_set_str(v, "override", o->id);
    }
    record("override", b, v);
}

/* The originator objects, or closes the review. */
static void act_answer(void)
{
    if (override_count == 0)
        return;
    const struct overridden *o = &overrides[chance(override_count)];
    struct org *a = &orgs[chance(20) == 0 ? chance(org_count) : o->of];
    bool closes = chance(2);
    size_t by = chance(20) == 0 ? ANN : OLE;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!a->n)
        return;
    json_t *v = json_object();
    enum err e = do_acts(a->n, a->person[by], role_bits[by], a->key[by], closes ? "review" : "objection",
                         o->id, NULL, json_pack("{s:s}", closes ? "outcome" : "text", "noted"), &answer, &f);
    json_set_str(v, "by", a->person[by]);
    json_set_str(v, "override", o->id);
    set_result(v, e, &f);
    record(closes ? "review" : "objection", a, v);
}

/* A new version of the organisations that it works for, or of its community. */
static void act_list(void)
{
    struct org *o = some_org(NULL);
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *members = json_array();
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    struct fail f = { 0 };
    if (!o)
        return;
    bool clients = chance(2);
    for (size_t i = 0; i < org_count; i++)
        if (&orgs[i] != o && chance(3) == 0) {
            buf_printf(text, "%s%s", text->len ? "," : "", orgs[i].domain);
            json_array_append_new(members, json_string(orgs[i].domain));
        }
    json_t *v = json_object();
    enum err e = lists_set(o->n, clients ? LIST_CLIENTS : LIST_COMMUNITY, clients ? "" : "sector",
                           buf_text(text), false, &answer, &f);
    json_set_str(v, "kind", clients ? "clients" : "community");
    json_set_take(v, "members", json_incref(members));
    set_result(v, e, &f);
    record("list", o, v);
}

#endif
