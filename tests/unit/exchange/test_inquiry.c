/* SPDX-License-Identifier: Apache-2.0 - alerts and inquiries: what both nodes demand and refuse; and the record, which both
 * compute from what both have acked */
#include "flow.h"

#include "exchange/record.h"
#include "exchange/refuse.h"
#include "exchange/timer.h"
#include "store/alert.h"
#include "store/inquiry.h"
#include "store/report.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:RED//HIDDEN", "Nobody is to know of this." },
};

#define OLGA   "olga@alder.example"
#define BOB    "bob@birch.example"
#define CYD    "cyd@cedar.example"
#define DIGEST "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static enum err as_olga(const char *kind, const char *ref, json_t *body, json_t **out, struct fail *f)
{
    *f = (struct fail){ 0 };
    return do_act(alder, OLGA, ROLE_OFFICER, olga, kind, ref, NULL, body, out, f);
}

static enum err as_bob(const char *kind, const char *ref, json_t *body, json_t **out, struct fail *f)
{
    *f = (struct fail){ 0 };
    return do_act(birch, BOB, ROLE_OFFICER, bob, kind, ref, NULL, body, out, f);
}

static void refused(enum err e, const struct fail *f, enum reason why, const char *what)
{
    ok(e != OK && f->reason == why, "%s: %s (%s)", what, f->what, reason_code(f->reason));
}

/* Byte by byte. */
static void same_record(const char *when)
{
    char *text[2] = { 0 };
    struct node *nodes[2] = { alder, birch };
    for (int i = 0; i < 2; i++) {
        AUTO(store_read_endp) struct db *db = NULL;
        AUTO(json_freep) json_t *partner = json_object();
        struct fail f = { 0 };
        ok(store_read_begin(nodes[i]->store, &db, &f) == OK &&
               record_put(nodes[i], db, nodes[!i]->conf.domain, "", partner, &f) == OK,
           "%s has a record of %s %s", nodes[i]->conf.domain, nodes[!i]->conf.domain, f.what);
        text[i] = json_text(json_object_get(partner, "record"));
    }
    is_str(text[1], text[0], when);
    free(text[0]);
    free(text[1]);
}

static json_int_t number(const char *name)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *partner = json_object();
    struct fail f = { 0 };
    ok(store_read_begin(birch->store, &db, &f) == OK &&
           record_put(birch, db, "alder.example", "", partner, &f) == OK,
       "birch's record %s", f.what);
    return json_integer_value(
        json_object_get(json_object_get(json_object_get(partner, "record"), "y1"), name));
}

/* Alerts ----------------------------------------------------------------------------------------------------- */

static char alert[UUID_TEXT];

static enum err note_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (*row->share)
        store_copy_copy(row, ctx);
    return OK;
}

static enum err note_alert(const struct alert_row *row, void *ctx, struct fail *f)
{
    (void)ctx, (void)f;
    memcpy(alert, row->id, UUID_TEXT);
    return OK;
}

static enum err present(struct db *db, void *ctx, struct fail *f)
{
    AUTO(store_copy_clear) struct copy_row copy = { 0 };
    struct asker who = asker_of(CYD, ROLE_READER);
    struct place at;
    TRY(store_copy_list(db, ids[1], note_copy, &copy, f));
    TRY(refuse_enter(alder, db, &who, "alder.example", copy.policy, &copy, REASON_OTHERS_COPY, true,
                     test_now(), &at, f));
    return store_alert_list(db, 1, note_alert, ctx, f);
}

static json_t *judgement(const char *state, const char *note)
{
    return json_pack("{s:s,s:s}", "state", state, "note", note);
}

static void alerts(void)
{
    AUTO(json_freep) json_t *a = NULL;
    AUTO(json_freep) json_t *b = NULL;
    AUTO(json_freep) json_t *c = NULL;
    struct fail f = { 0 };
    ok(writer_run(alder->writer, present, NULL, &f) == OK, "cyd presents birch's copy: %s", f.what);
    ok(number("uncoordinated_of_birch.example") == 0, "it counts for nobody before birch has heard of it");
    ok(deliver(alder, birch) == 1, "birch hears of it");
    same_record("the record, an attempt open");
    ok(number("uncoordinated_open_of_birch.example") == 1, "one, open");
    refused(as_olga("notice", alert, judgement("guilty", "they did it"), &a, &f), &f, REASON_NONE,
            "no such state");
    refused(as_olga("notice", alert, judgement("explained", " "), &a, &f), &f, REASON_NONE, "without a word");
    refused(as_olga("notice", report, judgement("explained", "a visit"), &a, &f), &f, REASON_NOT_YOURS,
            "no such alert");
    refused(as_bob("notice", alert, judgement("explained", "a visit"), &a, &f), &f, REASON_NOT_ORIGINATOR,
            "the holder judges nothing");
    refused(as_olga("answer", alert, json_pack("{s:s}", "answer", "no"), &a, &f), &f, REASON_NOT_ASKED,
            "the originator does not answer itself");
    ok(as_bob("answer", alert, json_pack("{s:s,s:s}", "answer", "no", "text", "cyd was here"), &a, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "birch answers: %s", f.what);
    refused(as_bob("answer", alert, json_pack("{s:s}", "answer", "no"), &b, &f), &f, REASON_ALREADY_ANSWERED,
            "an answer is given once");
    ok(as_olga("notice", alert, judgement("explained", "a visit"), &b, &f) == OK, "explained: %s", f.what);
    ok(number("uncoordinated_open_of_birch.example") == 1, "open at birch until it has heard");
    ok(deliver(alder, birch) == 1, "birch hears of that");
    same_record("the record, explained");
    ok(number("uncoordinated_of_birch.example") == 1 &&
           number("uncoordinated_explained_of_birch.example") == 1 &&
           number("uncoordinated_open_of_birch.example") == 0,
       "still one, explained");
    test_clock_ms += 1000;
    ok(as_olga("notice", alert, judgement("attributed", "no, it was ben"), &c, &f) == OK &&
           deliver(alder, birch) == 1 && number("uncoordinated_attributed_of_birch.example") == 1,
       "attributed after all: %s", f.what);
    same_record("the record, attributed");
}

/* Inquiries ---------------------------------------------------------------------------------------------------- */

static json_t *question(const char *to, const char *digest, int64_t in_ms)
{
    char by[TIME_TEXT_SIZE];
    time_print((uint64_t)((int64_t)test_now() + in_ms), by);
    return json_pack("{s:s,s:s,s:s}", "to", to, "digest", digest, "by", by);
}

static enum err ask(int portion, json_t *body, json_t **out, struct fail *f)
{
    *f = (struct fail){ 0 };
    return do_act(alder, OLGA, ROLE_OFFICER, olga, "inquiry", NULL, ids[portion], body, out, f);
}

static void refused_inquiries(void)
{
    AUTO(json_freep) json_t *a = NULL;
    struct fail f;
    refused(ask(1, question("birch.example", "short", 3600000), &a, &f), &f, REASON_NONE, "no digest");
    refused(ask(1, question("birch.example", DIGEST, -1000), &a, &f), &f, REASON_EXPIRED, "yesterday");
    refused(ask(1, question("birch.example", DIGEST, (int64_t)400 * 86400000), &a, &f), &f, REASON_TIME_FAR,
            "in a year");
    refused(ask(1, question("alder.example", DIGEST, 3600000), &a, &f), &f, REASON_NONE, "of oneself");
    refused(ask(1, question("dove.example", DIGEST, 3600000), &a, &f), &f, REASON_UNKNOWN_PARTNER,
            "of nobody known");
    refused(ask(1, question("cedar.example", DIGEST, 3600000), &a, &f), &f, REASON_NOT_HELD,
            "about what cedar was not given");
    refused(ask(2, question("birch.example", DIGEST, 3600000), &a, &f), &f, REASON_NONE,
            "naming a hidden portion");
    ok(deliver(alder, birch) == 0, "nothing was sent");
}

static void inquiries(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *late = NULL;
    AUTO(json_freep) json_t *a = NULL;
    AUTO(json_freep) json_t *b = NULL;
    struct fail f;
    ok(ask(1, question("birch.example", DIGEST, 3600000), &asked, &f) == OK && deliver(alder, birch) == 1,
       "olga asks birch: %s", f.what);
    const char *id = json_string_value(json_object_get(asked, "inquiry"));
    refused(as_olga("answer", id, json_pack("{s:s}", "answer", "no"), &a, &f), &f, REASON_NOT_ASKED,
            "who asks does not answer");
    refused(as_bob("answer", id, json_pack("{s:s}", "answer", "perhaps"), &a, &f), &f, REASON_NONE,
            "perhaps");
    refused(as_bob("answer", id, json_pack("{s:s}", "answer", "passed"), &a, &f), &f, REASON_NONE,
            "passed, to nobody");
    refused(as_bob("answer", id,
                   json_pack("{s:s,s:s,s:s}", "answer", "passed", "to", "cedar.example", "request", report),
                   &a, &f),
            &f, REASON_NO_LEAVE, "passed, on leave that nobody gave");
    refused(
        as_bob("answer", id, json_pack("{s:s,s:s}", "answer", "evidence", "evidence", "trust me"), &a, &f),
        &f, REASON_NONE, "what is no evidence");
    refused(as_bob("answer", report, json_pack("{s:s}", "answer", "no"), &a, &f), &f, REASON_NOT_YOURS,
            "no such inquiry");
    ok(number("unanswered_by_birch.example") == 0, "not before the deadline");
    ok(as_bob("answer", id, json_pack("{s:s}", "answer", "no"), &a, &f) == OK && deliver(birch, alder) == 1,
       "bob says no: %s", f.what);
    refused(as_bob("answer", id, json_pack("{s:s}", "answer", "no"), &b, &f), &f, REASON_ALREADY_ANSWERED,
            "once");
    ok(ask(1, question("birch.example", DIGEST, 1000), &late, &f) == OK && deliver(alder, birch) == 1,
       "olga asks again: %s", f.what);
    test_clock_ms += 2000;
    ok(timer_turn(alder, NULL, &f) == OK && timer_turn(birch, NULL, &f) == OK, "the deadline passes %s",
       f.what);
    same_record("the record, an inquiry unanswered");
    ok(number("inquiries_by_alder.example") == 2 && number("unanswered_by_birch.example") == 1,
       "one of two is unanswered");
    id = json_string_value(json_object_get(late, "inquiry"));
    ok(as_bob("answer", id, json_pack("{s:s}", "answer", "no"), &b, &f) == OK && deliver(birch, alder) == 1 &&
           number("unanswered_by_birch.example") == 1,
       "answered late, it was not answered in time: %s", f.what);
    same_record("the record, answered late");
}

/* What birch's node would say if it were not honest: another answer than its officer's. */
static void forged(void)
{
    AUTO(buf_freep) struct buf *act = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    AUTO(json_freep) json_t *asked = NULL;
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    struct fail f;
    random_uuid(id);
    ok(ask(1, question("birch.example", DIGEST, 3600000), &asked, &f) == OK && deliver(alder, birch) == 1,
       "olga asks birch: %s", f.what);
    struct statement_making m = { .kind = "answer",
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = BOB,
                                  .report = report,
                                  .ref = json_string_value(json_object_get(asked, "inquiry")),
                                  .body = json_pack("{s:s}", "answer", "evidence"),
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    ok(jose_sign(bob, NULL, ACT_TYP, payload, act, &f) == OK, "bob signs");
    m.aud = json_pack("[s]", "alder.example");
    m.body = json_pack("{s:s,s:s}", "answer", "no", "act", buf_text(act));
    ok(acts_statement(birch, m, &jws, digest, &f) == OK, "birch signs something else");
    enum err e = acts_take(alder, bytes_str(jws), NULL, ack, &f);
    ok(e == E_UNVERIFIED, "which is not taken: %s", f.what);
}

/* A title is out, too. */
static void about_title(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    struct fail f;
    ok(ask(0, question("birch.example", DIGEST, 3600000), &asked, &f) == OK && deliver(alder, birch) == 1,
       "olga asks about the title, and birch takes it: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-inquiry-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    alerts();
    refused_inquiries();
    inquiries();
    about_title();
    forged();
    flow_end(dir);
    return tap_done();
}
