/* SPDX-License-Identifier: Apache-2.0 - leave taken back, heard, given again; who is suspended */
#include "flow.h"

#include "exchange/people.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage." },
    { "TLP:CLEAR", "Mind your baggage." },
};

#define AMY  "amy@alder.example"
#define OLGA "olga@alder.example"
#define BOB  "bob@birch.example"
#define CYD  "cyd@cedar.example"

static enum reason reading(struct node *n, const char *person, const struct key *key, int portion)
{
    struct opened o;
    const char *wanted[] = { ids[portion] };
    open_at(n, person, key, wanted, 1, key, &o);
    enum reason r = REASON_COUNT;
    if (o.err != OK)
        r = o.fail.reason ? o.fail.reason : REASON_COUNT;
    else if (o.answer.count)
        r = o.answer.results[0].err == OK ? REASON_NONE : o.answer.results[0].reason;
    brief_answer_clear(&o.answer);
    return r;
}

static enum err recall(const char *by, unsigned roles, const struct key *key, json_t *about, json_t *body,
                       struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    *f = (struct fail){ 0 };
    test_clock_ms += 1000;
    return do_acts(alder, by, roles, key, "recall", NULL, about, body, &answer, f);
}

static json_t *view_of(struct node *n, const char *person)
{
    struct asker a = asker_of(person, ROLE_READER);
    struct fail f = { 0 };
    json_t *v = NULL;
    ok(view_report(n, &a, report, &v, &f) == OK, "%s sees the report %s", person, f.what);
    return v;
}

static bool is_recalled(struct node *n, const char *person, size_t portion)
{
    AUTO(json_freep) json_t *v = view_of(n, person);
    const json_t *p = json_array_get(json_object_get(v, "portions"), portion - 1);
    return *json_string_value(json_object_get(p, "recalled")) != '\0';
}

/* The newest recall: what the holder in place ${i} said to it. */
static bool said(size_t i, const char *domain, const char *state)
{
    AUTO(json_freep) json_t *v = view_of(alder, AMY);
    const json_t *recalls = json_object_get(v, "recalls");
    const json_t *newest = json_array_get(recalls, json_array_size(recalls) - 1);
    const json_t *h = json_array_get(json_object_get(newest, "holders"), i);
    return h && strcmp(json_string_value(json_object_get(h, "domain")), domain) == 0 &&
           strcmp(json_string_value(json_object_get(h, "state")), state) == 0;
}

static void refused(void)
{
    struct fail f;
    ok(recall(AMY, ROLE_AUTHOR, amy, NULL, json_pack("{s:s}", "from", "cedar.example"), &f) == E_REFUSED &&
           f.reason == REASON_NO_HOLDER,
       "cedar holds nothing: %s", f.what);
    ok(recall(AMY, ROLE_AUTHOR, amy, json_pack("[s]", ids[3]), NULL, &f) == E_REFUSED &&
           f.reason == REASON_NO_HOLDER,
       "what is public can't be recalled: %s", f.what);
    ok(recall(AMY, ROLE_AUTHOR, amy, json_pack("[ss]", ids[1], ids[1]), NULL, &f) == E_INVALID, "twice: %s",
       f.what);
    ok(recall(AMY, ROLE_AUTHOR, amy, NULL, json_pack("{s:s}", "reason", " "), &f) == E_INVALID, "blank: %s",
       f.what);
    ok(recall(AMY, ROLE_AUTHOR, amy, NULL, json_pack("{s:s}", "from", "Birch"), &f) == E_INVALID,
       "no domain: %s", f.what);
    ok(recall(AMY, ROLE_AUTHOR, amy, json_pack("[s]", report), NULL, &f) == E_NOT_FOUND &&
           f.reason == REASON_NOT_YOURS,
       "no portion of it: %s", f.what);
    ok(recall(AMY, ROLE_READER, amy, NULL, NULL, &f) == E_REFUSED && f.reason == REASON_NOT_ROLE,
       "a reader recalls nothing: %s", f.what);
    ok(recall(OLGA, ROLE_AUTHOR, olga, NULL, NULL, &f) == E_REFUSED && f.reason == REASON_NOT_AUTHOR,
       "another author neither: %s", f.what);
    AUTO(json_freep) json_t *answer = NULL;
    ok(do_act(birch, BOB, ROLE_OFFICER, bob, "recall", NULL, NULL, NULL, &answer, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ORIGINATOR,
       "a holder neither: %s", f.what);
    ok(reading(birch, BOB, bob, 1) == REASON_NONE && deliver(alder, birch) == 0, "nothing has changed");
}

/* The newest thing that birch sends to alder is refused. */
static enum reason refused_by(struct node *to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_outbox_clear) struct outbox_row row = { 0 };
    AUTO(store_statement_clear) struct statement_row statement = { 0 };
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    if (store_read_begin(birch->store, &db, f) != OK ||
        store_outbox_next(db, to->conf.domain, 1, UINT32_MAX, &row, f) != OK ||
        store_statement_get(db, row.iss, row.statement, &statement, f) != OK)
        return REASON_NONE;
    if (acts_take(to, bytes_str(statement.jws), NULL, ack, f) == OK ||
        writer_run(birch->writer, mark_sent, &row.id, NULL) != OK)
        return REASON_NONE;
    return f->reason;
}

static void recalled(void)
{
    struct fail f;
    ok(recall(AMY, ROLE_AUTHOR, amy, json_pack("[s]", ids[1]), json_pack("{s:s}", "reason", "at risk"), &f) ==
           OK,
       "amy recalls portion 1: %s", f.what);
    ok(reading(birch, BOB, bob, 1) == REASON_RECALLED && reading(birch, BOB, bob, 2) == REASON_NONE,
       "the very next key request is refused, whether birch has heard or not; portion 2 is not concerned");
    ok(reading(alder, AMY, amy, 1) == REASON_NONE, "alder's own people read on");
    ok(said(0, "birch.example", "waiting") && !is_recalled(birch, BOB, 1), "birch has not heard");
    AUTO(json_freep) json_t *onward = NULL;
    struct fail late = { 0 };
    ok(do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[1], request_body("cedar.example"), &onward,
              &late) == OK &&
           refused_by(alder, &late) == REASON_RECALLED,
       "so bob asks to pass it on, and alder refuses: %s", late.what);
    ok(deliver(alder, birch) == 1 && said(0, "birch.example", "acknowledged"),
       "birch has heard, and says so");
    ok(is_recalled(birch, BOB, 1) && !is_recalled(birch, BOB, 2), "what birch holds is marked");
    ok(recall(OLGA, ROLE_OFFICER, olga, NULL, NULL, &f) == OK && deliver(alder, birch) == 1 &&
           is_recalled(birch, BOB, 2),
       "an officer recalls all of it, also what was recalled before: %s", f.what);
    ok(reading(birch, BOB, bob, 2) == REASON_RECALLED, "and it holds");
}

static void again(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    struct fail f = { 0 };
    test_clock_ms += 1000;
    bool good =
        do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[1], request_body(BOB), &asked, &f) == OK &&
        deliver(birch, alder) >= 1;
    ok(good &&
           do_act(alder, OLGA, ROLE_OFFICER, olga, "grant",
                  json_string_value(json_object_get(asked, "request")), ids[1], NULL, &granted, &f) == OK &&
           deliver(alder, birch) == 1,
       "granted again, to bob: %s", f.what);
    ok(reading(birch, BOB, bob, 1) == REASON_NONE && !is_recalled(birch, BOB, 1), "it is open again");
    ok(reading(birch, BOB, bob, 2) == REASON_RECALLED && is_recalled(birch, BOB, 2), "the other is not");
    AUTO(json_freep) json_t *onward = NULL;
    ok(do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[2], request_body("cedar.example"), &onward,
              &f) == E_NOT_RELEASED &&
           f.reason == REASON_RECALLED,
       "bob asks to pass on what was recalled, and his own node says no: %s", f.what);
}

/* cedar says that it recalls what alder wrote. */
static void forged(void)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    struct fail f = { 0 };
    random_uuid(id);
    struct statement_making m = { .kind = "recall",
                                  .id = id,
                                  .iss = "cedar.example",
                                  .by = "@cedar.example",
                                  .report = report,
                                  .aud = json_pack("[s]", "birch.example"),
                                  .portions = json_pack("[s]", ids[1]),
                                  .body = json_object(),
                                  .at_ms = test_now() };
    ok(acts_statement(cedar, m, &jws, digest, &f) == OK &&
           acts_take(birch, bytes_str(jws), NULL, ack, &f) == E_REFUSED && f.reason == REASON_NOT_ORIGINATOR,
       "cedar does not recall what alder wrote: %s", f.what);
    ok(!is_recalled(birch, BOB, 1), "and nothing has changed");
}

/* Suspension ------------------------------------------------------------------------------------------------- */

static void person(void)
{
    struct fail f = { 0 };
    ok(people_suspend(birch, BOB, NULL, &f) == OK && deliver(birch, alder) == 1, "bob is suspended: %s",
       f.what);
    ok(reading(birch, BOB, bob, 1) == REASON_SUSPENDED_PERSON, "at home he gets no token any more");
    ok(people_resume(birch, BOB, &f) == OK && reading(birch, BOB, bob, 1) == REASON_SUSPENDED_PERSON,
       "back at home, alder has not heard that yet: %s", f.what);
    ok(deliver(birch, alder) == 1 && reading(birch, BOB, bob, 1) == REASON_NONE, "now it has");
    ok(people_suspend(alder, OLGA, NULL, &f) == OK, "olga is suspended");
    ok(recall(OLGA, ROLE_OFFICER, olga, NULL, NULL, &f) != OK && f.reason == REASON_SUSPENDED_PERSON,
       "a suspended officer decides nothing, whatever token she still has: %s", f.what);
    ok(people_resume(alder, OLGA, &f) == OK && deliver(alder, birch) == 2, "olga is back");
}

/* Whether alder takes the token, with a new proof. */
static enum reason taken(const char *token)
{
    AUTO(str_freep) char *htu = str_format("%s/kas.AccessService/Rewrap", alder->conf.url);
    AUTO(str_freep) char *authorization = str_format("DPoP %s", token ? token : "");
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    struct asker who;
    struct fail f = { 0 };
    if (jose_make_dpop(bob, "POST", htu, token, test_now(), proof, &f) != OK)
        return REASON_COUNT;
    return auth_check(alder, authorization, buf_text(proof), "POST", htu, "alder.example", &who, &f) == OK
               ? REASON_NONE
               : f.reason;
}

/* Promise 3: where the notice can't arrive, the token that he has is his last, and lives five minutes. */
static void bound(void)
{
    struct fail f = { 0 };
    AUTO(str_freep) char *token = home_token(birch, BOB, bob, "alder.example", &f);
    ok(token && people_suspend(birch, BOB, NULL, &f) == OK,
       "bob is suspended, and alder does not hear of it: %s", f.what);
    AUTO(str_freep) char *more = home_token(birch, BOB, bob, "alder.example", NULL);
    ok(!more, "he gets no other token");
    ok(taken(token) == REASON_NONE, "the one that he has still counts");
    test_clock_ms += 299000;
    ok(taken(token) == REASON_NONE, "and does so for 299 s");
    test_clock_ms += 1000;
    ok(taken(token) == REASON_TOKEN_EXPIRED, "but not for 300, whatever the skew of clocks");
    ok(people_resume(birch, BOB, &f) == OK && deliver(birch, alder) == 2, "he is back: %s", f.what);
}

static void partner(void)
{
    struct fail f = { 0 };
    ok(cards_set_state(alder, "birch.example", "suspended", &f) == OK &&
           reading(birch, BOB, bob, 1) == REASON_SUSPENDED_PARTNER,
       "birch is suspended by alder: the very next request is refused: %s", f.what);
    ok(cards_set_state(alder, "birch.example", "confirmed", &f) == OK &&
           reading(birch, BOB, bob, 1) == REASON_NONE,
       "and trusted again: %s", f.what);
}

static void device(void)
{
    struct fail f = { 0 };
    char thumbprint[THUMBPRINT_SIZE];
    ok(key_thumbprint(bob, thumbprint, &f) == OK && people_suspend(birch, BOB, thumbprint, &f) == OK &&
           deliver(birch, alder) == 1,
       "bob's device is lost: %s", f.what);
    ok(reading(birch, BOB, bob, 1) == REASON_SUSPENDED_DEVICE, "its key opens nothing");
}

int main(void)
{
    char dir[] = "/tmp/orcon-recall-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    refused();
    recalled();
    again();
    forged();
    person();
    bound();
    partner();
    device();
    flow_end(dir);
    return tap_done();
}
