/* SPDX-License-Identifier: Apache-2.0
 * tests/simulate/strain.h - what people try where the arrangement is strained: alerts judged and answered, inquiries, sealed
 * copies passed on without leave; and each pair's record at the end. Judged by strain.py. */
#ifndef TESTS_SIMULATE_STRAIN_H
#define TESTS_SIMULATE_STRAIN_H

#include "world.h"

#include "exchange/onward.h"
#include "exchange/record.h"
#include "store/alert.h"
#include "store/inquiry.h"

#define STRAINED_MAX 2048
#define RECENT       20

/* What was seen of alerts and inquiries: by whom, and to whom. */
struct strained {
    size_t from, to;
    char id[UUID_TEXT];
};
static struct strained strained[STRAINED_MAX];
static size_t strained_count;

static const struct strained *some_strained(void)
{
    return &strained[strained_count - 1 - chance(strained_count < RECENT ? strained_count : RECENT)];
}

/* Now and then somebody whose it is not. */
static struct org *at_strained(size_t of)
{
    return chance(6) ? &orgs[of] : &orgs[chance(org_count)];
}

/* A notice on its way: the first of an alert has nothing that it refers to. */
static void strain_taken(const struct statement_row *row, const struct org *from, const struct org *to)
{
    bool first = strcmp(row->kind, "notice") == 0 && !*row->ref;
    if ((!first && strcmp(row->kind, "inquiry") != 0) || strained_count == STRAINED_MAX)
        return;
    struct strained *s = &strained[strained_count++];
    *s = (struct strained){ (size_t)(from - orgs), (size_t)(to - orgs), "" };
    snprintf(s->id, sizeof s->id, "%s", row->id);
}

/* What a node has of an alert or inquiry; the oracle knows them by what was seen passing. */
static void strain_act(struct org *o, size_t by, const char *kind, const char *ref, json_t *body, json_t *v,
                       const char *what)
{
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    enum err e = do_acts(o->n, o->person[by], role_bits[by], o->key[by], kind, ref, NULL, body, &answer, &f);
    json_set_str(v, "by", o->person[by]);
    json_set_str(v, "ref", ref);
    set_result(v, e, &f);
    record(what, o, v);
}

/* The originator's officer says what he makes of it. */
static void act_judge(void)
{
    static const char *const states[] = { "open", "explained", "attributed" };
    const struct strained *s = strained_count ? some_strained() : NULL;
    struct org *o = s ? at_strained(s->from) : NULL;
    if (!o || !o->n)
        return;
    json_t *v = json_object();
    const char *state = states[chance(COUNT(states))];
    json_set_str(v, "state", state);
    strain_act(o, chance(20) == 0 ? ANN : OLE, "notice", s->id,
               json_pack("{s:s,s:s}", "state", state, "note", "looked into"), v, "judge");
}

static void act_reply(void)
{
    const struct strained *s = strained_count ? some_strained() : NULL;
    struct org *o = s ? at_strained(s->to) : NULL;
    if (!o || !o->n)
        return;
    strain_act(o, chance(20) == 0 ? ROB : OLE, "answer", s->id,
               json_pack("{s:s,s:s}", "answer", "no", "text", "asked all who opened it"), json_object(),
               "reply");
}

/* Of a text that is out; now and then with the portions that it is like. */
static void act_inquire(void)
{
    struct org *o = some_org(NULL), *to = o ? some_org(o) : NULL;
    if (!to)
        return;
    char by[TIME_TEXT_SIZE];
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    const struct written *r = report_count && chance(3) == 0 ? &reports[chance(report_count)] : NULL;
    size_t who = chance(20) == 0 ? ANN : OLE;
    uint64_t due_ms = (uint64_t)((int64_t)test_clock_ms + offsets[o - orgs]) + (1 + chance(12)) * 3600000;
    time_print(due_ms, by);
    json_t *v = json_object(), *about = r ? json_pack("[s]", r->portion[chance(r->portion_count)]) : NULL;
    json_set_take(v, "portions", about ? json_deep_copy(about) : json_array());
    snprintf(report, sizeof report, "%s", r ? r->id : "");
    enum err e = do_acts(o->n, o->person[who], role_bits[who], o->key[who], "inquiry", NULL, about,
                         json_pack("{s:s,s:s,s:s}", "to", to->domain, "digest",
                                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "by", by),
                         &answer, &f);
    json_set_str(v, "by", o->person[who]);
    json_set_str(v, "to", to->domain);
    json_set_str(v, "report", r ? r->id : "");
    json_set_u64(v, "due", due_ms);
    set_result(v, e, &f);
    if (e == OK)
        json_set_str(v, "inquiry", json_string_value(json_object_get(answer, "inquiry")));
    record("inquire", o, v);
}

/* Sealed copies --------------------------------------------------------------------------------------------- */

/* As an authority's client does it: one portion, sealed to the own node. */
static enum err pack_copy(struct org *b, const struct shown *p, const struct shown *proof, const char *to,
                          struct buf *into, struct fail *f)
{
    AUTO(buf_freep) struct buf *container = buf_new(1 << 18);
    AUTO(buf_freep) struct buf *manifest = buf_new(1 << 16);
    AUTO(buf_freep) struct buf *act = buf_new(JOSE_MAX_SMALL);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    uint8_t salt[32], digest[HASH_LEN];
    char id[UUID_TEXT], copy[UUID_TEXT];
    random_uuid(id);
    random_uuid(copy);
    TRY(seal_master(b->n, copy, "Something to know.", container, manifest, salt, f));
    hash_sha256(bytes_of(manifest), digest);
    json_t *row = json_pack("{s:s,s:s,s:s}", "id", p->portion, "copy", copy, "share", p->share);
    set_digest(row, "digest", digest);
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{s:s},s:[o]}", "to", to, "oral", 0, "reason",
                             "threat to life", "originator", orgs[reports[p->report].of].domain, "evidence",
                             p->portion, proof->presence, "portions", row);
    struct statement_making m = { .kind = "override",
                                  .id = id,
                                  .iss = b->domain,
                                  .by = b->person[PAT],
                                  .report = reports[p->report].id,
                                  .portions = json_pack("[s]", p->portion),
                                  .body = body,
                                  .at_ms = b->n->now_ms() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(b->key[PAT], NULL, ACT_TYP, payload, act, f));
    struct buf_sink sink;
    struct sink sink_to = sink_buf(&sink, into);
    TRY(package_begin(&sink_to, bytes_of(act), &w, f));
    struct bytes bytes = bytes_of(container);
    struct source in = source_bytes(&bytes);
    TRY(package_add(w, p->portion, PACKAGE_SEALED, &in, f));
    return package_end(w, f);
}

/* Now and then with another portion's proof. */
static void act_pass_on(void)
{
    if (proof_count == 0 || override_count == OVERRIDES_MAX)
        return;
    const struct shown *p = &proofs[chance(proof_count)],
                       *proof = chance(8) ? p : &proofs[chance(proof_count)];
    struct org *b = &orgs[p->org];
    const char *to = orgs[chance(org_count)].domain;
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!b->n)
        return;
    enum err e = pack_copy(b, p, proof, to, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &package, &f);
    struct asker who = asker_of(b->person[PAT], role_bits[PAT]);
    if (e == OK)
        e = acts_override(b->n, &who, package, &answer, &f);
    json_t *v = json_object();
    json_set_take(v, "portions", json_pack("[s]", p->portion));
    json_set_str(v, "by", b->person[PAT]);
    json_set_str(v, "originator", orgs[reports[p->report].of].domain);
    json_set_str(v, "report", reports[p->report].id);
    json_set_str(v, "to", to);
    json_set_str(v, "shown", proof->portion);
    json_set_str(v, "shown_by", orgs[proof->org].person[PAT]);
    set_result(v, e, &f);
    if (e == OK) {
        struct overridden *o = &overrides[override_count++];
        *o = (struct overridden){ .by = p->org, .of = reports[p->report].of };
        snprintf(o->id, sizeof o->id, "%s", json_string_value(json_object_get(answer, "override")));
        json_set_str(v, "override", o->id);
    }
    record("pass-on", b, v);
}

/* What everybody says at the end ------------------------------------------------------------------------------ */

static enum err say_alert(const struct alert_row *row, void *ctx, struct fail *f)
{
    json_t *v = json_object();
    (void)f;
    json_set_str(v, "alert", row->id);
    json_set_str(v, "originator", row->originator);
    json_set_str(v, "holder", row->holder);
    json_set_str(v, "by", row->by_person);
    json_set_str(v, "portion", row->portion);
    json_set_str(v, "state", alert_state_name(row->state));
    json_set_bool(v, "answered", row->answered_ms != 0);
    record("alert-state", ctx, v);
    return OK;
}

static enum err say_inquiry(const struct inquiry_row *row, void *ctx, struct fail *f)
{
    json_t *v = json_object();
    (void)f;
    json_set_str(v, "inquiry", row->id);
    json_set_str(v, "state", inquiry_state_name(row->state));
    record("inquiry-state", ctx, v);
    return OK;
}

/* An override that passed sealed copies on, as far as it is known here. */
static void say_sealed(struct org *o, struct db *db, const char *id)
{
    AUTO(store_override_clear) struct override_row row = { 0 };
    struct fail f = { 0 };
    if (store_override_get(db, id, &row, &f) != OK || !row.sealed)
        return;
    json_t *v = json_object();
    json_set_str(v, "override", row.id);
    json_set_str(v, "to", row.to_whom);
    json_set_bool(v, "receipt", *row.receipt != '\0');
    record("sealed-state", o, v);
}

/* With each partner, as this side computes it. */
static void say_record(struct org *o, struct db *db, const struct org *partner)
{
    AUTO(json_freep) json_t *of = json_object();
    struct fail f = { 0 };
    if (record_put(o->n, db, partner->domain, "", of, &f) != OK) {
        printf("# record: %s\n", f.what);
        exit(1);
    }
    AUTO(str_freep) char *text = json_text(json_object_get(of, "record"));
    json_t *v = json_object();
    json_set_str(v, "partner", partner->domain);
    json_set_str(v, "text", text);
    record("record", o, v);
}

static void strain_say(struct org *o)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    bool good = store_read_begin(o->n->store, &db, &f) == OK &&
                store_alert_list(db, 1000000, say_alert, o, &f) == OK &&
                store_inquiry_list(db, 1000000, say_inquiry, o, &f) == OK;
    if (!good) {
        printf("# %s: %s\n", o->domain, f.what);
        exit(1);
    }
    for (size_t i = 0; i < override_count; i++)
        say_sealed(o, db, overrides[i].id);
    for (size_t i = 0; i < org_count; i++)
        if (&orgs[i] != o)
            say_record(o, db, &orgs[i]);
}

/* A time at which nothing is near: every deadline has passed, and for all clocks it is the same day. */
static void strain_rest(void)
{
    const uint64_t day_ms = 86400000;
    test_clock_ms = (test_clock_ms / day_ms + 3) * day_ms + day_ms / 2;
}

#endif
