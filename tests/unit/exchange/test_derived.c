/* SPDX-License-Identifier: Apache-2.0 - reports that cite what is held from others: what a node takes from its own authors, and
 * from partners */
#include <stdlib.h>

#include "exchange/derive.h"
#include "flow.h"
#include "keeper/keeper.h"
#include "store/item.h"
#include "store/report.h"

static const struct flow_portion alders[] = {
    { "TLP:GREEN", "Title" },
    { "TLP:AMBER//ORCON", "The group hides explosives." },
    { "TLP:GREEN//TEARLINE", "Take them out." },
    { "TLP:AMBER", "Nobody opened this." },
};
static struct key *val;
static char theirs[UUID_TEXT], their[4][UUID_TEXT]; /* alder's report, and its portions */

static json_t *cite(json_t *in, const char *originator, const char *of, const char *portion)
{
    json_t *row = json_object();
    json_set_take(row, "in", in);
    json_set_str(row, "originator", originator);
    json_set_str(row, "report", of);
    json_set_str(row, "portion", portion);
    return row;
}

/* val shares one portion under ${mark} that cites ${rows}, which are taken over. */
static enum err share(const char *mark, const char *to, json_t *rows, json_t **answer, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *whom = json_pack("[s]", to);
    AUTO(json_freep) json_t *mine = rows;
    struct asker who = asker_of("val@birch.example", ROLE_READER | ROLE_AUTHOR);
    const struct flow_portion ours[] = { { "TLP:GREEN", "Title" }, { mark, "As alder says." } };
    portions = ours;
    portion_count = COUNT(ours);
    share_derived = mine;
    enum err e = make_share_by(birch, "val@birch.example", val, whom, bytes, f);
    share_derived = NULL;
    TRY(e);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    return acts_share(birch, &who, package, answer, f);
}

/* What is refused, and why; nothing is kept. */
static void refused(const char *name, const char *mark, json_t *rows, enum err want, enum reason reason)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    char author[PERSON_MAX + 1];
    struct fail f = { 0 }, none = { 0 };
    enum err e = share(mark, "cedar.example", rows, &answer, &f);
    ok(e == want && f.reason == reason && !answer, "%s: %s", name, f.what);
    ok(store_read_begin(birch->store, &db, &none) == OK &&
           store_report_author(db, report, author, &none) == E_NOT_FOUND,
       "%s: nothing is kept", name);
}

#define ORCON "TLP:AMBER//ORCON"
static json_t *first(void)
{
    return cite(json_integer(1), "alder.example", theirs, their[1]);
}

static void authors(void)
{
    char other[UUID_TEXT];
    random_uuid(other);
    refused("no list", ORCON, json_pack("{s:i}", "in", 1), E_INVALID, REASON_NONE);
    refused("no portion of the report", ORCON,
            json_pack("[o]", cite(json_string(other), "alder.example", theirs, their[1])), E_INVALID,
            REASON_NONE);
    refused("twice", ORCON, json_pack("[o, o]", first(), first()), E_INVALID, REASON_NONE);
    refused("no domain", ORCON, json_pack("[o]", cite(json_integer(1), "alder", theirs, their[1])), E_INVALID,
            REASON_NONE);
    refused("an unknown report", ORCON,
            json_pack("[o]", cite(json_integer(1), "alder.example", other, their[1])), E_NOT_FOUND,
            REASON_NOT_YOURS);
    refused("an unknown portion", ORCON,
            json_pack("[o]", cite(json_integer(1), "alder.example", theirs, other)), E_NOT_FOUND,
            REASON_NOT_YOURS);
    refused("of somebody else", ORCON,
            json_pack("[o]", cite(json_integer(1), "cedar.example", theirs, their[1])), E_NOT_FOUND,
            REASON_NOT_YOURS);
    refused("our own", ORCON, json_pack("[o]", cite(json_integer(1), "birch.example", other, their[1])),
            E_REFUSED, REASON_CITES_OWN);
    refused("itself", ORCON, json_pack("[o]", cite(json_integer(1), "birch.example", "self", their[1])),
            E_REFUSED, REASON_CITES_CIRCLE);
    refused("what he was not briefed on", ORCON,
            json_pack("[o]", cite(json_integer(1), "alder.example", theirs, their[3])), E_REFUSED,
            REASON_NOT_BRIEFED);
    refused("a weaker mark", "TLP:AMBER", json_pack("[o]", first()), E_REFUSED, REASON_CITES_MARK);
    refused("a tearline of what is none", "TLP:GREEN//TEARLINE", json_pack("[o]", first()), E_REFUSED,
            REASON_CITES_MARK);
    refused("without leave", ORCON, json_pack("[o]", first()), E_NOT_RELEASED, REASON_SOURCE_LEAVE);
}

/* Back to alder, and of what a rule lets go, no leave is needed. */
static void free_ones(void)
{
    AUTO(json_freep) json_t *back = NULL;
    AUTO(json_freep) json_t *tearline = NULL;
    struct fail f = { 0 };
    ok(share(ORCON, "alder.example", json_pack("[o]", first()), &back, &f) == OK, "back to alder: %s",
       f.what);
    ok(share("TLP:GREEN//TEARLINE", "cedar.example",
             json_pack("[o]", cite(json_integer(1), "alder.example", theirs, their[2])), &tearline, &f) == OK,
       "a tearline of a tearline: %s", f.what);
    deliver(birch, alder);
    deliver(birch, cedar);
}

/* val asks to cite; ${until}: of olga's grant. */
static void ask_and_grant(const char *until)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    struct fail f = { 0 };
    json_t *body = request_body("cedar.example");
    json_set_u64(body, "cited", 1);
    memcpy(report, theirs, UUID_TEXT);
    ok(do_act(birch, "val@birch.example", ROLE_READER, val, "request", NULL, their[1], body, &asked, &f) ==
               OK &&
           deliver(birch, alder) == 1,
       "val asks: %s", f.what);
    const char *id = json_string_value(json_object_get(asked, "request"));
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", id, their[1],
              json_pack("{s:s}", "until", until), &granted, &f) == OK,
       "olga grants: %s", f.what);
    deliver(alder, birch);
    deliver(alder, cedar);
}

static const json_t *only_row(const json_t *view)
{
    const json_t *rows = json_object_get(view, "derived_from");
    return json_array_size(rows) == 1 ? json_array_get(rows, 0) : NULL;
}

/* An override on what cites ----------------------------------------------------------------------------------- */

#define ZOE "zoe@cedar.example"

/* zoe's briefing on val's portion, as birch's ledger shows it; caller frees. */
static char *briefing(const struct key *zoe)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    const char *wanted[] = { ids[1] };
    struct asker her = asker_of(ZOE, ROLE_READER);
    struct opened o = { 0 };
    struct fail f = { 0 };
    bool held = view_package(cedar, &her, report, NULL, bytes, &f) == OK;
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (!ok(held && package_read(&in, &package, &f) == OK, "cedar holds val's report: %s", f.what))
        return str_dup("");
    open_package(birch, cedar, package, ZOE, zoe, wanted, 1, zoe, &o);
    bool given = ok(o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK, "zoe reads it: %s",
                    o.fail.what);
    char *presence = str_dup(given ? o.answer.results[0].presence : "");
    brief_answer_clear(&o.answer);
    return presence;
}

static enum err find_told(const struct item_row *row, void *ctx, struct fail *f)
{
    json_t **about = ctx;
    (void)f;
    if (strcmp(row->kind, "alert") == 0 && strcmp(row->sender, "birch.example") == 0) {
        json_decref(*about);
        *about = json_loads(row->about, 0, NULL);
    }
    return OK;
}

/* What alder's officers hear of it. */
static json_t *told_at_alder(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *officers[] = { "officer" };
    json_t *about = NULL;
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK &&
           store_item_list(db, officers, 1, true, 0, 1000, find_told, &about, &f) == OK,
       "alder's inbox: %s", f.what);
    return about;
}

/* Nobody tells of what he was not given. */
static void not_given(struct node *from, const char *portion)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT], by[DOMAIN_MAX + 2];
    struct fail f = { 0 };
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", from->conf.domain);
    struct statement_making m = { .kind = "cited-override",
                                  .id = id,
                                  .iss = from->conf.domain,
                                  .by = by,
                                  .report = theirs,
                                  .aud = json_pack("[s]", "alder.example"),
                                  .portions = json_pack("[s]", portion),
                                  .body = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "override", id, "giver",
                                                    "dove.example", "by", "dan@dove.example", "to", "press",
                                                    "reason", "none", "at", "2026-01-01T00:00:00.000Z"),
                                  .at_ms = test_now() };
    ok(acts_statement(from, m, &jws, digest, &f) == OK &&
           acts_take(alder, bytes_str(jws), NULL, ack, &f) == E_NOT_FOUND && f.reason == REASON_NOT_YOURS,
       "%s tells of what it was not given: %s", from->conf.domain, f.what);
}

/* zoe tells somebody else of val's portion: birch hears of it, and alder, whose portion it cites. */
static void overridden(void)
{
    AUTO(key_freep) struct key *zoe = home_person(cedar, ZOE, "reader,authority");
    AUTO(json_freep) json_t *answer = NULL;
    char unknown[UUID_TEXT];
    struct fail f = { 0 };
    deliver(cedar, birch);
    deliver(cedar, alder);
    AUTO(str_freep) char *proof = briefing(zoe);
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{s:s}}", "to", "the pilots of flight 7", "oral", 1, "reason",
                             "threat to life", "originator", "birch.example", "evidence", ids[1], proof);
    ok(do_act(cedar, ZOE, ROLE_AUTHORITY, zoe, "override", NULL, ids[1], body, &answer, &f) == OK &&
           deliver(cedar, birch) == 1,
       "zoe tells the pilots: %s", f.what);
    ok(deliver(birch, alder) == 1, "birch tells alder");
    AUTO(json_freep) json_t *about = told_at_alder();
    const json_t *named = json_object_get(about, "portions");
    is_str(json_text_of(about, "report"), theirs, "of its own report");
    ok(json_array_size(named) == 1 && statement_names(named, their[1]), "and portion");
    is_str(json_text_of(about, "by"), ZOE, "who");
    is_str(json_text_of(about, "giver"), "cedar.example", "of whom");
    is_str(json_text_of(about, "to"), "the pilots of flight 7", "whom");
    is_str(json_text_of(about, "reason"), "threat to life", "and why");
    AUTO(str_freep) char *text = json_text(about);
    ok(!strstr(text, ids[1]) && !strstr(text, report), "but not by what of birch's");
    random_uuid(unknown);
    not_given(cedar, their[3]);
    not_given(birch, unknown);
}

static void granted(void)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *view = NULL;
    struct fail f = { 0 };
    struct asker reader = asker_of("cyd@cedar.example", ROLE_READER);
    char until[TIME_TEXT_SIZE];
    time_print(test_now() + 7200000, until);
    ask_and_grant(until);
    ok(share(ORCON, "cedar.example", json_pack("[o]", first()), &answer, &f) == OK &&
           deliver(birch, cedar) == 1,
       "with leave: %s", f.what);
    ok(view_report(cedar, &reader, report, &view, &f) == OK, "cedar sees it: %s", f.what);
    const json_t *row = only_row(view);
    const char *portion = json_string_value(json_object_get(row, "portion"));
    const char *in = json_string_value(json_object_get(row, "in"));
    ok(row && strcmp(portion, their[1]) == 0 && strcmp(in, ids[1]) == 0 &&
           strlen(json_string_value(json_object_get(row, "commitment"))) == 43 &&
           json_integer_value(json_object_get(row, "n")) == 1,
       "and what it cites, which it holds by alder's grant");
    overridden();
    test_clock_ms += 7200001;
    refused("after the leave has ended", ORCON, json_pack("[o]", first()), E_NOT_RELEASED,
            REASON_SOURCE_LEAVE);
}

/* What partners send ------------------------------------------------------------------------------------------ */

/* A share of birch's with one public portion, for cedar, that says ${rows}, taken over, of itself. */
static enum err take(struct node *from, struct node *to, json_t *rows, struct fail *f)
{
    static const char text[] = "Public.";
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    AUTO(package_freep) struct package *package = NULL;
    struct buf_sink memory;
    struct sink sink = sink_buf(&memory, bytes);
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT], by[DOMAIN_MAX + 2];
    json_t *body = json_object(), *portion = json_object();
    random_uuid(id);
    random_uuid(report);
    random_uuid(ids[1]);
    hash_sha256(bytes_str(text), digest);
    json_set_str(portion, "id", ids[1]);
    json_set_u64(portion, "n", 1);
    json_set_str(portion, "mark", "TLP:CLEAR");
    set_digest(portion, "digest", digest);
    json_set_str(body, "banner", "TLP:CLEAR");
    json_set_take(body, "portions", json_pack("[o]", portion));
    json_set_take(body, "derived_from", derived_rows_of(rows));
    json_decref(rows);
    snprintf(by, sizeof by, "@%s", from->conf.domain);
    AUTO(json_freep)
    json_t *payload = statement_payload((struct statement_making){ .kind = "share",
                                                                   .id = id,
                                                                   .iss = from->conf.domain,
                                                                   .by = by,
                                                                   .report = report,
                                                                   .aud = json_pack("[s]", to->conf.domain),
                                                                   .portions = json_pack("[s]", ids[1]),
                                                                   .body = body,
                                                                   .at_ms = test_now() });
    TRY(keeper_sign(from->keeper, USE_STATEMENT, payload, jws, f));
    TRY(package_begin(&sink, bytes_of(jws), &w, f));
    struct bytes public = bytes_str(text);
    struct source in = source_bytes(&public);
    TRY(package_add(w, ids[1], PACKAGE_CLEAR, &in, f));
    TRY(package_end(w, f));
    struct bytes view = bytes_of(bytes);
    struct source whole = source_bytes(&view);
    TRY(package_read(&whole, &package, f));
    return acts_take(to, package_report(package), package, ack, f);
}

static json_t *bent(const char *name, const char *value)
{
    json_t *row = first();
    json_set_str(row, name, value);
    return json_pack("[o]", row);
}

static void partners(void)
{
    struct fail f = { 0 };
    const struct {
        const char *name;
        json_t *rows;
        enum err want;
        enum reason reason;
    } rows[] = {
        { "what it says it cites", json_pack("[o]", first()), OK, REASON_NONE },
        { "no list", json_string("alder.example"), E_INVALID, REASON_NONE },
        { "a portion that it does not have", bent("in", theirs), E_INVALID, REASON_NONE },
        { "no originator", bent("originator", ""), E_INVALID, REASON_NONE },
        { "no report", bent("report", "7k3q"), E_INVALID, REASON_NONE },
        { "no portion", bent("portion", "1"), E_INVALID, REASON_NONE },
        { "a commitment that is none", bent("commitment", "AAAA"), E_INVALID, REASON_NONE },
        { "twice", json_pack("[o, o]", first(), first()), E_INVALID, REASON_NONE },
        { "itself", json_pack("[o]", cite(json_integer(1), "birch.example", "self", their[1])), E_REFUSED,
          REASON_CITES_CIRCLE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        fail_clear(&f);
        enum err e = take(birch, cedar, rows[i].rows, &f);
        ok(e == rows[i].want && f.reason == rows[i].reason, "taken from birch, %s: %s", rows[i].name, f.what);
    }
}

/* cedar says that its report rests on one of birch's that is still to come: birch can't make that rest on cedar's. */
static void circle(void)
{
    AUTO(json_freep) json_t *answer = NULL;
    char coming[UUID_TEXT], portion[UUID_TEXT], cedars[UUID_TEXT], cited[UUID_TEXT];
    struct fail f = { 0 };
    random_uuid(coming);
    random_uuid(portion);
    ok(take(cedar, birch, json_pack("[o]", cite(json_integer(1), "birch.example", coming, portion)), &f) ==
           OK,
       "cedar's rests on what is to come: %s", f.what);
    memcpy(cedars, report, UUID_TEXT);
    memcpy(cited, ids[1], UUID_TEXT);
    share_as = coming;
    refused("in a circle of two", ORCON,
            json_pack("[o]", cite(json_integer(1), "cedar.example", cedars, cited)), E_REFUSED,
            REASON_CITES_CIRCLE);
    share_as = NULL;
    ok(share(ORCON, "alder.example", json_pack("[o]", cite(json_integer(1), "cedar.example", cedars, cited)),
             &answer, &f) == OK,
       "under another id it rests on public text of cedar's: %s", f.what);
}

/* His client says that alder's package arrived: portions 1 and 2. */
static enum err note_digest(const struct statement_row *row, void *ctx, struct fail *f)
{
    (void)f;
    statement_digest_text(row->digest, ctx);
    return OK;
}

static void brief(void)
{
    AUTO(json_freep) json_t *done = NULL;
    char digest[44] = "";
    struct fail f = { 0 };
    {
        AUTO(store_read_endp) struct db *db = NULL;
        ok(store_read_begin(birch->store, &db, &f) == OK &&
               store_statement_list(db, theirs, "share", note_digest, digest, &f) == OK,
           "birch has it: %s", f.what);
    }
    ok(do_acts(birch, "val@birch.example", ROLE_READER, val, "receipt", NULL,
               json_pack("[s, s]", their[1], their[2]), json_pack("{s:s}", "digest", digest), &done,
               &f) == OK &&
           deliver(birch, alder) >= 1,
       "val has opened it: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-derived-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = alders;
    portion_count = COUNT(alders);
    flow_start(dir);
    val = home_person(birch, "val@birch.example", "reader,author");
    deliver(birch, alder);
    deliver(birch, cedar);
    flow_share();
    memcpy(theirs, report, UUID_TEXT);
    memcpy(their, ids, sizeof their);
    brief();
    authors();
    free_ones();
    granted();
    partners();
    circle();
    key_freep(&val);
    flow_end(dir);
    return tap_done();
}
