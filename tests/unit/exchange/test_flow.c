/* SPDX-License-Identifier: Apache-2.0 - share, open, ask, grant, open elsewhere: three nodes in one process,
 * no network between them, so that every message can be looked at and bent on its way */
#include <stdio.h>

#include "flow.h"

#include "ledger/presence.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:CLEAR", "Public advice." },
    { "TLP:RED//alder.example/SOURCE//ORCON", "From one person inside the cell." },
};

static void share(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct asker who = asker_of("amy@alder.example", ROLE_READER | ROLE_AUTHOR);
    struct asker reader = asker_of("amy@alder.example", ROLE_READER);
    struct fail f = { 0 };
    enum err e = make_share(alder, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &package, &f);
    ok(e == OK && acts_share(alder, &reader, package, &answer, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "a reader shares nothing: %s", f.what);
    fail_clear(&f);
    ok(acts_share(alder, &who, package, &answer, &f) == OK, "shared: %s", f.what);
    is_str(json_string_value(json_object_get(answer, "banner")), "TLP:RED//alder.example/SOURCE//ORCON",
           "banner");
    AUTO(json_freep) json_t *twice = NULL;
    ok(acts_share(alder, &who, package, &twice, &f) == E_CONFLICT, "not twice: %s", f.what);
    ok(deliver(alder, birch) == 1, "one package goes to birch");
}

static json_t *object_of(json_t *requests, size_t i)
{
    return json_object_get(
        json_array_get(json_object_get(json_array_get(requests, i), "keyAccessObjects"), 0),
        "keyAccessObject");
}

static void swap_members(json_t *a, json_t *b, const char *name)
{
    json_t *held = json_incref(json_object_get(a, name));
    json_object_set(a, name, json_object_get(b, name));
    json_object_set_new(b, name, held);
}

static void swap_keys(json_t *requests)
{
    swap_members(object_of(requests, 0), object_of(requests, 1), "wrappedKey");
}

static void swap_bindings(json_t *requests)
{
    swap_members(object_of(requests, 0), object_of(requests, 1), "policyBinding");
}

static void swap_policies(json_t *requests)
{
    swap_members(json_object_get(json_array_get(requests, 0), "policy"),
                 json_object_get(json_array_get(requests, 1), "policy"), "body");
}

static void own_policy(json_t *requests)
{
    /* {"uuid":"00000000-0000-4000-8000-000000000000","body":{"dataAttributes":[],"dissem":["eve@birch.example"]}} */
    json_object_set_new(
        json_object_get(json_array_get(requests, 0), "policy"), "body",
        json_string(
            "eyJ1dWlkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAwIiwiYm9keSI6eyJkYXRhQXR0cmlidXRlcyI6"
            "W10sImRpc3NlbSI6WyJldmVAYmlyY2guZXhhbXBsZSJdfX0="));
}

/* What a reader demands of a reply before he takes the key. */
static bool presence_holds(const struct opened *o, size_t i, const char *portion, const char *person)
{
    AUTO(presence_freep) struct presence *p = NULL;
    struct card_ref own = { 0 };
    struct presence_facts facts;
    struct note_key log;
    struct fail f = { 0 };
    AUTO(str_freep) char *name = str_format("alder.example/%s", portion);
    bool good =
        o->answer.results[i].presence && cards_get(birch, "alder.example", &own, &f) == OK &&
        note_key_read(bytes_str(json_string_value(json_array_get(own.card->logs, 0))), &log, &f) == OK &&
        presence_read(bytes_str(o->answer.results[i].presence), &p, &f) == OK;
    struct part_trust trust = { .logs = &log, .log_count = 1 };
    good = good && presence_verify(p, &trust, &facts, &f) == OK &&
           presence_check_reply(&facts, name, person, &f) == OK;
    if (!good)
        printf("# %s\n", f.what);
    cards_put(&own);
    return good;
}

static void reads(void)
{
    struct opened o;
    const char *wanted[] = { ids[0], ids[1], ids[3] };
    open_at(birch, "bob@birch.example", bob, wanted, 3, bob, &o);
    if (!ok(o.err == OK && o.answer.count == 3, "bob asks for three keys: %s", o.fail.what))
        return;
    ok(o.answer.results[0].err == OK && o.answer.results[1].err == OK, "title and portion 1 are released");
    ok(o.answer.results[1].wrapped_len == 60 && *o.answer.session_pem, "wrapped to his session key");
    ok(o.answer.results[2].err == E_NOT_RELEASED && o.answer.results[2].reason == REASON_COMPARTMENT &&
           !o.answer.results[2].wrapped_len,
       "the source is not: %s", reason_code(o.answer.results[2].reason));
    ok(presence_holds(&o, 1, ids[1], "bob@birch.example"),
       "the briefing stands in the ledger, under a signed checkpoint");
    ok(!presence_holds(&o, 1, ids[0], "bob@birch.example"), "of this portion and no other");
    ok(!presence_holds(&o, 1, ids[1], "ben@birch.example"), "of this person and no other");
    uint64_t first = o.answer.results[1].entry.index;
    brief_answer_clear(&o.answer);
    open_at(birch, "bob@birch.example", bob, wanted, 3, bob, &o);
    ok(o.err == OK && o.answer.results[1].err == OK && o.answer.results[1].entry.index > first,
       "again: a reissue, in an entry of its own: %s", o.fail.what);
    brief_answer_clear(&o.answer);
    open_at(birch, "bob@birch.example", bob, wanted, 3, cyd, &o);
    ok(o.err == E_UNAUTHENTICATED && o.fail.reason == REASON_REQUEST_TOKEN,
       "a request token by another key: %s", o.fail.what);
    open_at(birch, "bob@birch.example", cyd, wanted, 3, cyd, &o);
    ok(o.err != OK, "a device that is not his: %s", o.fail.what);
}

/* Whoever knows a data key can make the rest of a container; only what was registered at sealing counts. */
static void bent(void)
{
    static const struct {
        const char *name;
        void (*bend)(json_t *);
        enum reason want;
    } rows[] = {
        { "wrapped keys swapped", swap_keys, REASON_TAMPERED },
        { "bindings swapped", swap_bindings, REASON_TAMPERED },
        { "policies swapped", swap_policies, REASON_TAMPERED },
        { "a policy of one's own", own_policy, REASON_TAMPERED },
    };
    const char *wanted[] = { ids[0], ids[1] };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct opened o;
        bend = rows[i].bend;
        open_at(birch, "bob@birch.example", bob, wanted, 2, bob, &o);
        ok(o.err == OK && o.answer.results[0].reason == rows[i].want && !o.answer.results[0].wrapped_len,
           "%s: %s", rows[i].name, o.err == OK ? reason_code(o.answer.results[0].reason) : o.fail.what);
        if (rows[i].want == REASON_UNKNOWN_OBJECT)
            ok(o.err == OK && o.answer.results[1].err == OK, "and its neighbour is released all the same");
        brief_answer_clear(&o.answer);
    }
    bend = NULL;
}

static void coordinates(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    AUTO(json_freep) json_t *again = NULL;
    struct fail f = { 0 };
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
              request_body("birch.example"), &asked, &f) == E_REFUSED,
       "a request to pass on to oneself: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, report,
              request_body("cedar.example"), &asked, &f) == E_REFUSED &&
           f.reason == REASON_NOT_HELD,
       "a portion that is not held: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
              request_body("cedar.example"), &asked, &f) == OK,
       "asked: %s", f.what);
    const char *request = json_string_value(json_object_get(asked, "request"));
    ok(deliver(birch, alder) == 1, "one request goes to alder");
    ok(do_act(alder, "amy@alder.example", ROLE_AUTHOR, amy, "grant", request, ids[1], NULL, &granted, &f) ==
               E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "not by a mere author: %s", f.what);
    fail_clear(&f);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[0], NULL, &granted,
              &f) == E_REFUSED &&
           f.reason == REASON_WIDER_THAN_ASKED,
       "not more than was asked: %s", f.what);
    fail_clear(&f);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &granted,
              &f) == OK,
       "granted: %s", f.what);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &again, &f) ==
               E_CONFLICT &&
           f.reason == REASON_DECIDED,
       "once: %s", f.what);
    ok(deliver(alder, birch) == 1, "birch hears of it");
    ok(deliver(alder, cedar) == 2, "cedar hears of it, and gets its copy");
    struct opened o;
    const char *wanted[] = { ids[1] };
    open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
    ok(o.err == OK && o.answer.results[0].err == OK, "cyd reads portion 1: %s", o.fail.what);
    brief_answer_clear(&o.answer);
}

/* The reader's own word that it arrived: in his organisation's ledger and in the originator's. */
struct looking {
    const char *domain;
    char digest[44];
};

static enum err find_share(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct looking *l = ctx;
    (void)f;
    if (row->direction == STATEMENT_TAKEN)
        statement_digest_text(row->digest, l->digest);
    return OK;
}

static void receipts(void)
{
    AUTO(json_freep) json_t *done = NULL;
    AUTO(json_freep) json_t *wrong = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    struct looking l = { .domain = "birch.example" };
    struct fail f = { 0 };
    ok(store_read_begin(birch->store, &db, &f) == OK &&
           store_statement_list(db, report, "share", find_share, &l, &f) == OK && *l.digest,
       "birch has the share: %s", f.what);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "receipt", NULL, ids[1],
              json_pack("{s:s}", "digest", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &wrong,
              &f) == E_NOT_FOUND,
       "a receipt for nothing: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "receipt", NULL, ids[1],
              json_pack("{s:s}", "digest", l.digest), &done, &f) == OK,
       "a receipt: %s", f.what);
    ok(deliver(birch, alder) == 1, "which alder takes");
}

/* birch's package in cedar's hands, before anything was granted. */
static void strays(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *inbox = NULL;
    struct asker reader = asker_of("bob@birch.example", ROLE_READER),
                 cedars = asker_of("cyd@cedar.example", ROLE_READER);
    struct asker officer = asker_of("olga@alder.example", ROLE_OFFICER);
    struct fail f = { 0 };
    struct opened o;
    const char *wanted[] = { ids[1] };
    enum err e = view_package(birch, &reader, report, NULL, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &p, &f);
    ok(e == OK && acts_import(cedar, &cedars, p, &answer, &f) == OK &&
           json_is_true(json_object_get(answer, "stray")),
       "cedar keeps birch's copy as a stray: %s", f.what);
    open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
    ok(o.err == OK && o.answer.results[0].reason == REASON_OTHERS_COPY, "it does not open: %s",
       o.err == OK ? reason_code(o.answer.results[0].reason) : o.fail.what);
    brief_answer_clear(&o.answer);
    ok(view_inbox(alder, &officer, false, &inbox, &f) == OK, "alder's inbox: %s", f.what);
    const json_t *item = json_array_get(json_object_get(inbox, "items"), 0),
                 *about = json_object_get(item, "about");
    is_str(json_string_value(json_object_get(item, "kind")), "alert", "holds an alert");
    is_str(json_string_value(json_object_get(about, "copy_of")), "birch.example", "whose copy");
    is_str(json_string_value(json_object_get(about, "by")), "cyd@cedar.example", "who tried");
    ok(deliver(alder, birch) == 1, "birch gets a notice");
    for (int i = 0; i < 3; i++) {
        open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
        brief_answer_clear(&o.answer);
    }
    ok(deliver(alder, birch) == 0, "once an hour");
}

int main(void)
{
    char dir[] = "/tmp/orcon-flow-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    share();
    reads();
    bent();
    strays();
    coordinates();
    receipts();
    flow_end(dir);
    return tap_done();
}
