/* SPDX-License-Identifier: Apache-2.0 - a sealed override: what its giver, its third party and its originator demand and refuse */
#include "flow.h"

#include "exchange/reporters.h"
#include "exchange/timer.h"
#include "ledger/override.h"
#include "ledger/trust.h"
#include "store/held.h"
#include "store/override.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage." },
    { "TLP:RED//alder.example/SOURCE//ORCON", "From one person inside the cell." },
};

#define OLGA "olga@alder.example"
#define BOB  "bob@birch.example"
#define PAT  "pat@birch.example"
#define CYD  "cyd@cedar.example"

static struct key *pat;
static char *proof; /* of pat's briefing on portion 1 */
static char share[UUID_TEXT];
static char override_id[UUID_TEXT], *override_jws, *receipt, *copy_id;

static void briefed(void)
{
    struct opened o;
    const char *wanted[] = { ids[1] };
    struct asker a = asker_of(PAT, ROLE_READER);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    open_at(birch, PAT, pat, wanted, 1, pat, &o);
    if (ok(o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK, "pat reads portion 1: %s",
           o.fail.what))
        proof = str_dup(o.answer.results[0].presence);
    brief_answer_clear(&o.answer);
    ok(view_report(birch, &a, report, &v, &f) == OK, "the share by which birch holds it: %s", f.what);
    snprintf(share, sizeof share, "%s", json_string_value(json_object_get(v, "share")));
}

/* One override, right in everything but what a row changes. */
struct trial {
    const char *name, *by, *to;
    unsigned roles;
    int portion;
    bool no_proof, other_key, other_digest, other_share, alone;
    enum err err;
    enum reason reason;
};

static enum err make_package(const struct trial *t, const struct key *key, struct buf *out, struct buf *act,
                             struct fail *f)
{
    AUTO(buf_freep) struct buf *container = buf_new(1 << 18);
    AUTO(buf_freep) struct buf *manifest = buf_new(1 << 16);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    uint8_t salt[32], digest[HASH_LEN];
    char id[UUID_TEXT], policy[UUID_TEXT], other[UUID_TEXT];
    random_uuid(id);
    random_uuid(policy);
    random_uuid(other);
    TRY(seal_master(t->other_key ? alder : birch, policy, portions[t->portion].text, container, manifest,
                    salt, f));
    hash_sha256(bytes_of(manifest), digest);
    digest[0] ^= t->other_digest;
    json_t *row = json_pack("{s:s,s:s,s:s}", "id", ids[t->portion], "copy", policy, "share",
                            t->other_share ? other : share);
    set_digest(row, "digest", digest);
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{},s:[o]}", "to", t->to, "oral", 0, "reason",
                             "threat to life", "originator", "alder.example", "evidence", "portions", row);
    if (!t->no_proof)
        json_set_str(json_object_get(body, "evidence"), ids[t->portion], proof);
    struct statement_making m = { .kind = "override",
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = t->by,
                                  .report = report,
                                  .portions = json_pack("[s]", ids[t->portion]),
                                  .body = body,
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(key, NULL, ACT_TYP, payload, act, f));
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    TRY(package_begin(&sink, bytes_of(act), &w, f));
    struct bytes bytes = bytes_of(container);
    struct source in = source_bytes(&bytes);
    TRY(package_add(w, ids[t->portion], PACKAGE_SEALED, &in, f));
    return package_end(w, f);
}

static enum err pass_on(const struct trial *t, json_t **answer, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(buf_freep) struct buf *act = buf_new(JOSE_MAX_SMALL);
    AUTO(package_freep) struct package *package = NULL;
    struct asker who = asker_of(t->by, t->roles);
    TRY(make_package(t, strcmp(t->by, BOB) == 0 ? bob : pat, bytes, act, f));
    if (t->alone)
        return acts_do(birch, &who, bytes_of(act), answer, f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    return acts_override(birch, &who, package, answer, f);
}

static void refused_at_home(void)
{
    static const struct trial trials[] = {
        { "by a reader", BOB, "cedar.example", ROLE_READER, 1, .err = E_REFUSED, .reason = REASON_NOT_ROLE },
        { "by somebody who was not briefed", PAT, "cedar.example", ROLE_AUTHORITY, 1, .no_proof = true,
          .err = E_REFUSED, .reason = REASON_NOT_BRIEFED },
        { "with the proof of another portion", PAT, "cedar.example", ROLE_AUTHORITY, 3, .err = E_REFUSED,
          .reason = REASON_NOT_BRIEFED },
        { "to a person", PAT, CYD, ROLE_AUTHORITY, 1, .err = E_INVALID },
        { "to an unknown organisation", PAT, "dove.example", ROLE_AUTHORITY, 1, .err = E_REFUSED,
          .reason = REASON_UNKNOWN_PARTNER },
        { "to its originator", PAT, "alder.example", ROLE_AUTHORITY, 1, .err = E_REFUSED },
        { "to the own organisation", PAT, "birch.example", ROLE_AUTHORITY, 1, .err = E_INVALID },
        { "without its copies", PAT, "cedar.example", ROLE_AUTHORITY, 1, .alone = true, .err = E_INVALID },
        { "sealed to another node's key", PAT, "cedar.example", ROLE_AUTHORITY, 1, .other_key = true,
          .err = E_INVALID },
        { "with another copy than the act's", PAT, "cedar.example", ROLE_AUTHORITY, 1, .other_digest = true,
          .err = E_UNVERIFIED, .reason = REASON_TAMPERED },
        { "of a share that is not held", PAT, "cedar.example", ROLE_AUTHORITY, 1, .other_share = true,
          .err = E_REFUSED, .reason = REASON_NOT_HELD },
    };
    for (size_t i = 0; i < COUNT(trials); i++) {
        AUTO(json_freep) json_t *answer = NULL;
        struct fail f = { 0 };
        enum err e = pass_on(&trials[i], &answer, &f);
        ok(e == trials[i].err && f.reason == trials[i].reason, "%s: %s (%s)", trials[i].name, f.what,
           reason_code(f.reason));
    }
    ok(deliver(birch, alder) == 0 && deliver(birch, cedar) == 0, "nothing was sent");
}

static const struct trial good = { .by = PAT, .to = "cedar.example", .roles = ROLE_AUTHORITY, .portion = 1 };

static void passed_on(void)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    struct override o;
    struct fail f = { 0 };
    if (!ok(pass_on(&good, &answer, &f) == OK, "pat passes portion 1 on: %s", f.what))
        exit(1);
    snprintf(override_id, sizeof override_id, "%s", json_string_value(json_object_get(answer, "override")));
    bool read = store_read_begin(birch->store, &db, &f) == OK &&
                store_statement_get(db, "birch.example", override_id, &row, &f) == OK &&
                statement_read(bytes_str(row.jws), JOSE_MAX_SMALL, &s, &f) == OK &&
                override_read(s, &o, &f) == OK;
    if (!ok(read && o.count == 1, "its statement: %s", f.what))
        exit(1);
    override_jws = str_dup(row.jws);
    copy_id = str_dup(o.portions[0].copy);
}

/* The third party --------------------------------------------------------------------------------------------- */

static void other_commitment(json_t *body)
{
    json_object_set_new(json_array_get(json_object_get(body, "portions"), 0), "commitment",
                        json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

static void other_mark(json_t *body)
{
    json_object_set_new(json_array_get(json_object_get(body, "portions"), 0), "mark",
                        json_string("TLP:GREEN"));
}

static void other_number(json_t *body)
{
    json_object_set_new(json_array_get(json_object_get(body, "portions"), 0), "n", json_integer(2));
}

static void no_shares(json_t *body)
{
    json_object_set_new(body, "shares", json_array());
}

/* Birch's own words instead of alder's. */
static void own_shares(json_t *body)
{
    json_object_set_new(body, "shares", json_pack("[s]", override_jws));
}

static void other_manifest(json_t *body)
{
    json_object_set_new(json_array_get(json_object_get(body, "portions"), 0), "digest",
                        json_string("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
}

static void other_banner(json_t *body)
{
    json_object_set_new(body, "banner", json_string("TLP:GREEN"));
}

static void to_another(json_t *body)
{
    json_object_set_new(body, "to", json_string("dove.example"));
}

static enum err bent(void (*change)(json_t *), struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    struct statement_row row = { .id = override_id, .jws = override_jws };
    uint8_t digest[HASH_LEN];
    TRY(statement_read(bytes_str(override_jws), JOSE_MAX_SMALL, &s, f));
    TRY(onward_pack(birch, &row, bytes, f));
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    json_t *body = json_deep_copy(s->body);
    if (change)
        change(body);
    struct statement_making m = { .kind = s->kind,
                                  .id = s->id,
                                  .iss = s->iss,
                                  .by = s->by,
                                  .report = s->report,
                                  .aud = json_deep_copy(s->aud),
                                  .portions = json_deep_copy(s->portions),
                                  .body = body,
                                  .at_ms = s->at_ms };
    TRY(acts_statement(birch, m, &jws, digest, f));
    return acts_take(cedar, bytes_str(jws), package, ack, f);
}

static void refused_by_third(void)
{
    static const struct {
        const char *name;
        void (*change)(json_t *);
        enum err err;
        enum reason reason;
    } rows[] = {
        { "another text", other_commitment, E_UNVERIFIED, REASON_TEXT_CHANGED },
        { "another mark", other_mark, E_UNVERIFIED, REASON_TEXT_CHANGED },
        { "another number", other_number, E_UNVERIFIED, REASON_TEXT_CHANGED },
        { "without what its originator signed", no_shares, E_UNVERIFIED, REASON_TEXT_CHANGED },
        { "with what its giver signed instead", own_shares, E_UNVERIFIED, REASON_TEXT_CHANGED },
        { "another copy", other_manifest, E_UNVERIFIED, REASON_TAMPERED },
        { "another banner", other_banner, E_INVALID, REASON_NONE },
        { "to another", to_another, E_UNVERIFIED, REASON_NONE },
    };
    struct fail f = { 0 };
    for (size_t i = 0; i < COUNT(rows); i++) {
        f = (struct fail){ 0 };
        enum err e = bent(rows[i].change, &f);
        ok(e == rows[i].err && f.reason == rows[i].reason, "cedar refuses: %s: %s (%s)", rows[i].name, f.what,
           reason_code(f.reason));
    }
    f = (struct fail){ 0 };
    ok(cards_set_state(cedar, "alder.example", "suspended", &f) == OK, "cedar does not trust alder: %s",
       f.what);
    ok(bent(NULL, &f) == E_REFUSED && f.reason == REASON_ORIGINATOR_UNKNOWN,
       "then it takes nothing of its: %s", f.what);
    f = (struct fail){ 0 };
    ok(cards_set_state(cedar, "alder.example", "confirmed", &f) == OK, "and trusts it again: %s", f.what);
}

static json_t *seen_at_cedar(void)
{
    struct asker a = asker_of(CYD, ROLE_READER);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    ok(view_override(cedar, &a, override_id, &v, &f) == OK, "cyd sees the override: %s", f.what);
    return json_incref(v);
}

static void taken_by_third(void)
{
    ok(deliver(birch, cedar) == 1, "cedar takes it");
    AUTO(json_freep) json_t *v = seen_at_cedar();
    is_str(json_string_value(json_object_get(v, "notice")), "queued", "its own notice to alder is queued");
    ok(json_is_false(json_object_get(v, "originator_told")), "alder has not been told yet");
    /* birch never tells alder; cedar does */
    ok(deliver(cedar, alder) == 1, "alder hears of it from cedar");
}

/* Receipts ------------------------------------------------------------------------------------------------------- */

static void get_receipt(void)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    struct fail f = { 0 };
    ok(acts_take(alder, bytes_str(override_jws), NULL, ack, &f) == OK, "alder's ack: %s", f.what);
    receipt = buf_steal_text(ack);
    ok(deliver(birch, alder) == 1, "the same from birch gets the same ack");
}

static enum err hear(const char *text, struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    struct statement_making m = { .kind = "heard",
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = "@birch.example",
                                  .report = report,
                                  .ref = override_id,
                                  .aud = json_pack("[s]", "cedar.example"),
                                  .portions = json_pack("[s]", ids[1]),
                                  .body = json_pack("{s:s}", "receipt", text),
                                  .at_ms = test_now() };
    *f = (struct fail){ 0 };
    TRY(acts_statement(birch, m, &jws, digest, f));
    return acts_take(cedar, bytes_str(jws), NULL, ack, f);
}

/* An ack that ${n} signs, of a statement with this digest. */
static char *ack_by(struct node *n, const uint8_t digest[static HASH_LEN])
{
    char *jws = NULL, id[UUID_TEXT], by[DOMAIN_MAX + 2];
    uint8_t ignored[HASH_LEN];
    struct fail f = { 0 };
    json_t *body = json_pack("{s:s}", "received", "2026-01-01T00:00:00.000Z");
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    set_digest(body, "digest", digest);
    struct statement_making m = { .kind = "ack",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = report,
                                  .ref = override_id,
                                  .aud = json_pack("[s]", "birch.example"),
                                  .body = body,
                                  .at_ms = test_now() };
    ok(acts_statement(n, m, &jws, ignored, &f) == OK, "an ack by %s: %s", n->conf.domain, f.what);
    return jws;
}

static void receipts(void)
{
    AUTO(statement_freep) struct statement *s = NULL;
    const uint8_t other[HASH_LEN] = { 9 };
    struct fail f = { 0 };
    ok(statement_read(bytes_str(override_jws), JOSE_MAX_SMALL, &s, &f) == OK, "read");
    AUTO(str_freep) char *foreign = ack_by(cedar, s->digest);
    AUTO(str_freep) char *own = ack_by(birch, s->digest);
    AUTO(str_freep) char *another = ack_by(alder, other);
    AUTO(str_freep) char *forged = str_dup(receipt);
    char *sign = strrchr(forged, '.') + 5;
    *sign = *sign == 'A' ? 'B' : 'A';
    ok(hear(foreign, &f) == E_UNVERIFIED && f.reason == REASON_RECEIPT_FOREIGN, "cedar's own: %s", f.what);
    ok(hear(own, &f) == E_UNVERIFIED && f.reason == REASON_RECEIPT_FOREIGN, "birch's: %s", f.what);
    ok(hear(another, &f) == E_UNVERIFIED && f.reason == REASON_RECEIPT_OTHER, "alder's, of another: %s",
       f.what);
    ok(hear(forged, &f) == E_UNVERIFIED && f.reason == REASON_RECEIPT_FORGED, "a changed signature: %s",
       f.what);
    ok(hear("nothing", &f) == E_UNVERIFIED && f.reason == REASON_RECEIPT_FORGED, "none at all: %s", f.what);
    ok(hear(override_jws, &f) == E_UNVERIFIED && f.reason == REASON_RECEIPT_FORGED,
       "the statement itself: %s", f.what);
    AUTO(json_freep) json_t *before = seen_at_cedar();
    ok(json_is_false(json_object_get(before, "originator_told")), "none of them counts");
    ok(hear(receipt, &f) == OK, "the receipt, passed on by birch: %s", f.what);
    AUTO(json_freep) json_t *after = seen_at_cedar();
    ok(json_is_true(json_object_get(after, "originator_told")), "alder has been told");
    is_str(json_string_value(json_object_get(after, "receipt_jws")), receipt, "cedar keeps the receipt");
}

/* Keys -------------------------------------------------------------------------------------------------------------- */

static void open_passed(struct node *home, const char *person, const struct key *key, struct opened *o)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    struct asker local = asker_of(CYD, ROLE_READER);
    const char *wanted[] = { ids[1] };
    *o = (struct opened){ 0 };
    o->err = view_package(cedar, &local, report, NULL, bytes, &o->fail);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (o->err == OK)
        o->err = package_read(&in, &p, &o->fail);
    if (o->err == OK)
        open_package(birch, home, p, person, key, wanted, 1, key, o);
}

static enum reason opened(struct node *home, const char *person, const struct key *key)
{
    struct opened o;
    open_passed(home, person, key, &o);
    enum reason r = o.err == OK && o.answer.count == 1 ? o.answer.results[0].reason : REASON_COUNT;
    if (r == REASON_COUNT)
        printf("# %s\n", o.fail.what);
    brief_answer_clear(&o.answer);
    return r;
}

static void keys(void)
{
    ok(opened(birch, BOB, bob) == REASON_OTHERS_COPY,
       "a copy of cedar's does not open for birch's own people");
    struct opened o;
    open_passed(cedar, CYD, cyd, &o);
    bool given = o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK;
    ok(given && o.answer.results[0].reason == REASON_OVERRIDDEN && o.answer.results[0].wrapped_len > 0,
       "for cyd it does: %s", o.fail.what);
    AUTO(str_freep) char *presence = str_dup(given ? o.answer.results[0].presence : "");
    brief_answer_clear(&o.answer);
    ok(strstr(presence, "orcon/presence@v1") != NULL, "with the proof of his briefing in birch's ledger");
    ok(deliver(birch, alder) == 1, "and birch reports it");
    ok(opened(cedar, CYD, cyd) == REASON_OVERRIDDEN && deliver(birch, alder) == 0,
       "a second time is no second briefing");
}

static void reported(void)
{
    struct asker a = asker_of(OLGA, ROLE_READER | ROLE_OFFICER);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    size_t i, count = 0;
    json_t *row;
    ok(view_report(alder, &a, report, &v, &f) == OK, "olga looks: %s", f.what);
    json_array_foreach (json_object_get(v, "briefed"), i, row)
        count += strcmp(json_string_value(json_object_get(row, "person")), CYD) == 0 &&
                 strcmp(json_string_value(json_object_get(row, "basis")), "key, reporter") == 0;
    ok(count == 1, "alder's ledger has cyd, on birch's word");
}

static enum err report_on(struct node *n, const char *copy, const char *portion, const char *person,
                          struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT], by[DOMAIN_MAX + 2], time[TIME_TEXT_SIZE];
    uint8_t digest[HASH_LEN] = { 0 };
    json_t *body = json_object();
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    time_print(test_now(), time);
    json_set_str(body, "person", person);
    json_set_str(body, "copy", copy);
    json_set_str(body, "time", time);
    set_digest(body, "digest", digest);
    struct statement_making m = { .kind = "briefing-report",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = report,
                                  .aud = json_pack("[s]", "alder.example"),
                                  .portions = json_pack("[s]", portion),
                                  .body = body,
                                  .at_ms = test_now() };
    *f = (struct fail){ 0 };
    TRY(acts_statement(n, m, &jws, digest, f));
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static enum err report_of(struct node *n, const char *copy, const char *portion, struct fail *f)
{
    return report_on(n, copy, portion, CYD, f);
}

static void refused_reports(void)
{
    struct fail f;
    ok(report_on(birch, copy_id, ids[1], OLGA, &f) == E_REFUSED && f.reason == REASON_NO_SUCH_COPY,
       "of a person of alder's, whom birch passed nothing on to: %s", f.what);
    ok(report_on(birch, copy_id, ids[1], BOB, &f) == E_REFUSED && f.reason == REASON_NO_SUCH_COPY,
       "of one of its own: %s", f.what);
    ok(report_on(birch, copy_id, ids[1], "guest@client.example", &f) == OK,
       "of a guest of cedar's it is taken: %s", f.what);
    ok(report_of(birch, override_id, ids[1], &f) == E_REFUSED && f.reason == REASON_NO_SUCH_COPY,
       "a report of a copy that does not exist: %s", f.what);
    ok(report_of(birch, copy_id, ids[3], &f) == E_REFUSED && f.reason == REASON_NO_SUCH_COPY,
       "of another portion: %s", f.what);
    ok(report_of(cedar, copy_id, ids[1], &f) == E_REFUSED && f.reason == REASON_NO_SUCH_COPY,
       "by somebody who passed nothing on: %s", f.what);
    ok(report_of(birch, "x", ids[1], &f) == E_REFUSED && f.reason == REASON_NO_SUCH_COPY, "of nothing: %s",
       f.what);
}

/* Up to when all is reported, for evidence. */
static void regular_reports(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(reporters_clear) struct reporters r = { 0 };
    struct fail f = { 0 };
    ok(timer_turn(birch, NULL, &f) == OK && deliver(birch, alder) == 1, "birch says up to when: %s", f.what);
    ok(timer_turn(birch, NULL, &f) == OK && deliver(birch, alder) == 0, "and not again at once");
    ok(store_read_begin(alder->store, &db, &f) == OK && reporters_of(db, report, ids[1], &r, &f) == OK &&
           r.count == 1,
       "alder knows that birch's ledger could release it: %s", f.what);
    ok(r.count == 1 && strcmp(r.each[0].domain, "birch.example") == 0 && r.each[0].until_ms == test_now(),
       "and up to when it reported");
}

static void included(void)
{
    AUTO(json_freep) json_t *v = NULL;
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(cards_set_clear) struct cards_set cards = { 0 };
    struct asker theirs = asker_of(CYD, ROLE_READER), others = asker_of(OLGA, ROLE_READER);
    struct fail f = { 0 };
    bool witnessed = true;
    theirs.own = others.own = false;
    ok(onward_inclusion(birch, &others, override_id, &v, &f) == E_NOT_FOUND && f.reason == REASON_NOT_YOURS,
       "its place in birch's ledger is not for everybody: %s", f.what);
    f = (struct fail){ 0 };
    if (!ok(onward_inclusion(birch, &theirs, override_id, &v, &f) == OK, "it is for cedar's people: %s",
            f.what))
        return;
    const char *part = json_string_value(json_object_get(json_object_get(v, "parts"), ids[1]));
    ok(cards_confirmed(cedar, &cards, &f) == OK &&
           statement_read(bytes_str(override_jws), JOSE_MAX_SMALL, &s, &f) == OK,
       "read: %s", f.what);
    struct trust trust = { cards.cards, cards.count };
    ok(part && override_check_inclusion(s, bytes_str(part), &trust, "cedar.example", ids[1], &witnessed,
                                        &f) == OK,
       "and holds: %s", f.what);
    ok(!witnessed, "no witness is there to stand behind it");
    ok(override_check_inclusion(s, bytes_str(part), &trust, "dove.example", ids[1], &witnessed, &f) ==
           E_UNVERIFIED,
       "it is of no other third party: %s", f.what);
    ok(override_check_inclusion(s, bytes_str(part), &trust, "cedar.example", ids[2], &witnessed, &f) ==
           E_UNVERIFIED,
       "of no other portion: %s", f.what);
    s->digest[0] ^= 1;
    ok(override_check_inclusion(s, bytes_str(part), &trust, "cedar.example", ids[1], &witnessed, &f) ==
           E_UNVERIFIED,
       "and of no other statement: %s", f.what);
}

/* Recall -------------------------------------------------------------------------------------------------------------- */

static void recalled(void)
{
    AUTO(json_freep) json_t *a = NULL;
    AUTO(json_freep) json_t *b = NULL;
    AUTO(json_freep) json_t *again = NULL;
    struct fail f = { 0 };
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "recall", NULL, ids[1],
              json_pack("{s:s}", "from", "cedar.example"), &a, &f) == OK,
       "olga recalls it from cedar, whom she never gave it: %s", f.what);
    ok(deliver(alder, cedar) == 1 && deliver(alder, birch) == 1, "cedar and birch hear of it");
    ok(opened(cedar, CYD, cyd) == REASON_RECALLED, "birch gives no key of it any more");
    f = (struct fail){ 0 };
    ok(pass_on(&good, &again, &f) == OK, "what birch holds itself stands: %s", f.what);
    deliver(birch, cedar);
    deliver(birch, alder);
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "recall", NULL, ids[1], NULL, &b, &f) == OK &&
           deliver(alder, birch) == 1,
       "olga recalls it from all: %s", f.what);
    AUTO(json_freep) json_t *none = NULL;
    f = (struct fail){ 0 };
    ok(pass_on(&good, &none, &f) == E_NOT_RELEASED && f.reason == REASON_RECALLED,
       "no override after a recall: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-sealed-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    pat = home_person(birch, PAT, "reader,authority");
    deliver(birch, alder);
    deliver(birch, cedar);
    flow_share();
    briefed();
    refused_at_home();
    passed_on();
    refused_by_third();
    taken_by_third();
    get_receipt();
    receipts();
    keys();
    reported();
    refused_reports();
    regular_reports();
    included();
    recalled();
    free(proof);
    free(override_jws);
    free(receipt);
    free(copy_id);
    key_free(pat);
    flow_end(dir);
    return tap_done();
}
