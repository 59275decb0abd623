/* SPDX-License-Identifier: Apache-2.0 - evidence from a real node: three answers, who may ask, and that nothing else than
 * what is on record can be had from it. birch signs alder's checkpoints as witness and monitor. */
#include <pthread.h>
#include <time.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/briefed.h"
#include "exchange/cards.h"
#include "exchange/journal.h"
#include "exchange/prove.h"
#include "exchange/turn.h"
#include "keeper/keeper.h"
#include "ledger/trust.h"
#include "ledger/wording.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

#define BOB "bob@birch.example"
#define BEN "ben@birch.example"

enum { BRIEFED, SOURCE_ONLY, PUBLIC, HIDDEN, UNSHARED, PORTIONS };
static const char *const marks[PORTIONS] = { "TLP:AMBER", "TLP:AMBER//ORCON", "TLP:CLEAR",
                                             "TLP:AMBER//HIDDEN", "TLP:AMBER" };
static struct node *alder, *birch;
static char report[UUID_TEXT], ids[PORTIONS][UUID_TEXT];

static struct asker asker_of(const char *person, unsigned roles)
{
    struct asker a = { .roles = roles };
    snprintf(a.person, sizeof a.person, "%s", person);
    snprintf(a.domain, sizeof a.domain, "%s", name_domain_of(person));
    snprintf(a.issuer, sizeof a.issuer, "%s", name_domain_of(person));
    a.own = strcmp(a.domain, "alder.example") == 0;
    return a;
}

/* What is in the store -------------------------------------------------------------------------------------------- */

static enum err add_report(struct db *db, void *ctx, struct fail *f)
{
    struct report_row row = {
        .id = report, .author = "amy@alder.example", .banner = "TLP:AMBER", .shared_ms = 1, .act = ""
    };
    (void)ctx;
    TRY(store_report_add(db, &row, f));
    for (unsigned i = 0; i < PORTIONS; i++) {
        char policy[UUID_TEXT];
        struct portion_row portion = {
            .id = ids[i], .report = report, .n = i + 1, .mark = marks[i], .clear = i == PUBLIC
        };
        random_uuid(policy);
        TRY(store_portion_add(db, &portion, BYTES("", 0), f));
        struct copy_row copy = { .policy = policy,
                                 .portion = ids[i],
                                 .holder = i == UNSHARED ? "cedar.example" : "birch.example",
                                 .share = "00000000-0000-4000-8000-000000000001" };
        if (i != PUBLIC)
            TRY(store_copy_add(db, &copy, NULL, f));
    }
    return OK;
}

struct briefing {
    unsigned portion;
    const char *person;
};

static enum err brief(struct db *db, void *ctx, struct fail *f)
{
    const struct briefing *b = ctx;
    struct place at, first;
    struct journal_event e = { .originator = "alder.example",
                               .portion = ids[b->portion],
                               .person = b->person,
                               .organisation = "birch.example",
                               .actor = b->person,
                               .report = report };
    return journal_brief(alder, db, &e, &at, &first, f);
}

static void briefed_now(unsigned portion, const char *person)
{
    struct briefing b = { portion, person };
    struct fail f = { 0 };
    ok(writer_run(alder->writer, brief, &b, &f) == OK, "%s is briefed on %u: %s", person, portion, f.what);
}

/* birch as witness and monitor --------------------------------------------------------------------------------------- */

static volatile bool signing = true;

static enum err put_note(struct db *db, void *ctx, struct fail *f)
{
    return store_checkpoint_put(db, ctx, f);
}

static void cosign_newest(void)
{
    static const enum key_use uses[] = { USE_WITNESS, USE_MONITOR };
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    struct fail f = { 0 };
    if (store_read_begin(alder->store, &db, &f) != OK ||
        store_checkpoint_newest(db, alder->generation, &row, &f) != OK ||
        strstr(row.note, "birch.example/monitor"))
        return;
    buf_put_str(note, row.note);
    const char *end = strstr(row.note, "\n\n");
    for (size_t i = 0; i < COUNT(uses); i++)
        if (keeper_cosign(birch->keeper, uses[i], test_now() / 1000,
                          BYTES(row.note, (size_t)(end + 1 - row.note)), note, &f) != OK)
            printf("# %s\n", f.what);
    struct checkpoint_row next = row;
    next.note = buf_text(note);
    if (writer_run(alder->writer, put_note, &next, &f) != OK)
        printf("# %s\n", f.what);
}

static void *cosigner(void *arg)
{
    struct timespec t = { 0, 5000000 };
    (void)arg;
    while (signing) {
        cosign_newest();
        nanosleep(&t, NULL);
    }
    return NULL;
}

static void introduce(void)
{
    struct node *pair[2] = { alder, birch };
    for (int i = 0; i < 2; i++) {
        AUTO(cards_put) struct card_ref own = { 0 };
        struct fail f = { 0 };
        char domain[DOMAIN_MAX + 1];
        ok(cards_get(pair[i], pair[i]->conf.domain, &own, &f) == OK &&
               cards_take(pair[!i], bytes_str(own.card->jose->text), true, true, domain, &f) == OK,
           "introduced %s", f.what);
    }
}

/* Verifiers -------------------------------------------------------------------------------------------------------- */

static struct cards_set cards;
static struct trust trust;

static enum err judge(struct bytes text, struct verdict *v, struct fail *f)
{
    AUTO(evidence_freep) struct evidence *e = NULL;
    AUTO(quorum_freep) struct quorum *policy = NULL;
    struct shown_cards keys = trust_keys(&trust);
    TRY(evidence_read(text, &e, f));
    TRY(trust_policy(&trust, e->ledger, text, &policy, f));
    return verdict_of(e, policy, &keys, false, v, f);
}

static void every_byte(struct bytes text, const char *name)
{
    AUTO(mem_freep) struct verdict *v = mem_new(sizeof *v);
    AUTO(mem_freep) uint8_t *bent = mem_dup(text.data, text.len);
    size_t taken = 0;
    for (size_t i = 0; i < text.len; i++) {
        bent[i] ^= (uint8_t)(1u << i % 8);
        taken += judge(BYTES(bent, text.len), v, NULL) == OK;
        bent[i] ^= (uint8_t)(1u << i % 8);
    }
    ok(taken == 0, "%s: with any one of %zu bytes changed it is refused (%zu were not)", name, text.len,
       taken);
}

/* Another text in place of one, and signed anew by the originator himself: then the parts must not follow. */
static void rewritten(struct bytes text, const char *from, const char *to, const char *name)
{
    AUTO(mem_freep) struct verdict *v = mem_new(sizeof *v);
    AUTO(buf_freep) struct buf *bent = buf_new(EVIDENCE_MAX);
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    const uint8_t *at = memmem(text.data, text.len, from, strlen(from));
    const uint8_t *last = memmem(text.data, text.len, "\nsigned ", 8);
    uint8_t digest[HASH_LEN];
    struct fail f = { 0 };
    if (!ok(at && last && at < last, "%s: there is something to rewrite", name))
        return;
    buf_put(bent, text.data, (size_t)(at - text.data));
    buf_put_str(bent, to);
    buf_put(bent, at + strlen(from), (size_t)(last + 1 - at) - strlen(from));
    hash_sha256(bytes_of(bent), digest);
    ok(keeper_sign_evidence(alder->keeper, digest, jws, &f) == OK, "%s: signed anew", name);
    evidence_put_signed(bent, bytes_of(jws));
    ok(judge(bytes_of(bent), v, &f) != OK, "%s: refused: %s", name, f.what);
}

/* The three answers -------------------------------------------------------------------------------------------------- */

static void yes(void)
{
    AUTO(prove_clear) struct prove p = { 0 };
    struct fail f = { 0 };
    if (!ok(prove_briefed(alder, ids[BRIEFED], BOB, 10000, &p, &f) == OK, "a yes: %s", f.what))
        return;
    ok(p.verdict.outcome == EVIDENCE_YES && p.witnessed, "witnessed");
    is_str(p.verdict.basis, "key, originator", "basis");
    every_byte(bytes_of(p.text), "yes");
    rewritten(bytes_of(p.text), "person " BOB, "person " BEN, "yes for another person");
    rewritten(bytes_of(p.text), ids[BRIEFED], ids[SOURCE_ONLY], "yes for another portion");
}

static void no_record(void)
{
    AUTO(prove_clear) struct prove p = { 0 };
    AUTO(buf_freep) struct buf *words = buf_new(4096);
    AUTO(quorum_freep) struct quorum *policy = NULL;
    struct fail f = { 0 };
    char until[40], bent[40];
    if (!ok(prove_briefed(alder, ids[SOURCE_ONLY], BEN, 10000, &p, &f) == OK, "a no-record: %s", f.what))
        return;
    ok(p.verdict.outcome == EVIDENCE_NO_RECORD && p.witnessed, "it is one");
    is_str(p.verdict.basis, "monitored by birch.example/monitor", "basis");
    ok(p.claim->family == EVIDENCE_FAMILY_NONE && p.claim->report_count == 0 && p.claim->assume.count == 5,
       "no family, no other ledger, the five assumptions");
    ok(trust_policy(&trust, "alder.example", bytes_of(p.text), &policy, &f) == OK, "policy");
    wording_claim(p.claim, &p.verdict, policy, "7k3q/2", words);
    ok(strncmp(buf_text(words), "No briefing of " BEN " on portion 7k3q/2 (family: none) is on record in ",
               40) == 0 &&
           strstr(buf_text(words),
                  "map checked by birch.example; witnessed by birch.example. No key was released") &&
           !strstr(buf_text(words), "never"),
       "in words: %s", buf_text(words));
    every_byte(bytes_of(p.text), "no-record");
    rewritten(bytes_of(p.text), "person " BEN, "person amy@alder.example", "no-record for another person");
    rewritten(bytes_of(p.text), ids[SOURCE_ONLY], ids[BRIEFED], "no-record for another portion");
    snprintf(until, sizeof until, " 1 %llu\n", (unsigned long long)p.verdict.index);
    snprintf(bent, sizeof bent, " 2 %llu\n", (unsigned long long)p.verdict.index);
    rewritten(bytes_of(p.text), until, bent, "no-record for another generation");
    rewritten(bytes_of(p.text), "claim no-record", "claim yes", "no-record as a yes");
    rewritten(bytes_of(p.text), "assume one-identity\n", "", "an assumption left out");
}

static void organisation_wide(void)
{
    AUTO(prove_clear) struct prove p = { 0 };
    struct fail f = { 0 };
    briefed_now(UNSHARED, "@birch.example");
    if (!ok(prove_briefed(alder, ids[UNSHARED], BEN, 10000, &p, &f) == OK, "of a whole organisation: %s",
            f.what))
        return;
    ok(p.verdict.outcome == EVIDENCE_UNKNOWN && p.verdict.reason_count == 1, "unknown about its people");
    is_str(p.verdict.reason[0], "organisation-wide", "because");
    rewritten(bytes_of(p.text), "claim unknown organisation-wide", "claim no-record",
              "an unknown as a no-record");
}

static void fresh(void)
{
    AUTO(prove_clear) struct prove p = { 0 };
    struct fail f = { 0 };
    test_clock_ms += 3600000;
    uint64_t was_ms = test_clock_ms;
    ok(prove_briefed(alder, ids[SOURCE_ONLY], BEN, 10000, &p, &f) == OK && p.verdict.time_ms >= was_ms,
       "an hour later it is about that hour, too: %s", f.what);
}

/* A statement of birch's that alder took. */
struct taken {
    const char *kind;
    json_t *body;
};

static enum err take(struct db *db, void *ctx, struct fail *f)
{
    struct taken *t = ctx;
    AUTO(str_freep) char *jws = NULL;
    char id[UUID_TEXT];
    struct statement_row row = { .iss = "birch.example",
                                 .id = id,
                                 .kind = t->kind,
                                 .direction = STATEMENT_TAKEN,
                                 .report = report,
                                 .ref = "",
                                 .at_ms = test_now(),
                                 .ack = "" };
    struct statement_making m = { .kind = t->kind,
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = "@birch.example",
                                  .report = report,
                                  .aud = json_pack("[s]", "alder.example"),
                                  .portions = json_pack("[s]", ids[SOURCE_ONLY]),
                                  .body = t->body,
                                  .at_ms = test_now() };
    random_uuid(id);
    TRY(acts_statement(birch, m, &jws, row.digest, f));
    row.jws = jws;
    return store_statement_add(db, &row, f);
}

static void taken(const char *kind, json_t *body)
{
    struct taken t = { kind, body };
    struct fail f = { 0 };
    ok(writer_run(alder->writer, take, &t, &f) == OK, "a statement of birch: %s %s", kind, f.what);
}

static void judged(const char *name, enum evidence_claim outcome, const char *reason)
{
    AUTO(prove_clear) struct prove p = { 0 };
    struct fail f = { 0 };
    ok(prove_briefed(alder, ids[SOURCE_ONLY], "zoe@birch.example", 10000, &p, &f) == OK &&
           p.verdict.outcome == outcome,
       "%s: %s %s", name, evidence_claim_name(p.verdict.outcome), f.what);
    is_str(p.verdict.reason_count ? p.verdict.reason[0] : NULL, reason, name);
}

/* birch has copies under its own key: its ledger counts, too, and only a report of late says what is in it. */
static void reports(void)
{
    char until[TIME_TEXT_SIZE];
    taken("override", json_pack("{s:b,s:s}", "oral", true, "reason", "by voice"));
    judged("told by voice, which is reported", EVIDENCE_NO_RECORD, NULL);
    taken("override", json_pack("{s:b,s:s}", "oral", false, "reason", "threat to life"));
    judged("never reported", EVIDENCE_UNKNOWN, "report-missing:birch.example");
    time_print(test_now() - 2 * 86400000, until);
    taken("briefing-report", json_pack("{s:s}", "until", until));
    judged("reported two days ago", EVIDENCE_UNKNOWN, "report-missing:birch.example");
    time_print(test_now(), until);
    taken("briefing-report", json_pack("{s:s,s:s}", "until", until, "person", BOB));
    judged("reported about one person", EVIDENCE_UNKNOWN, "report-missing:birch.example");
    taken("briefing-report", json_pack("{s:s}", "until", until));
    judged("all reported until now", EVIDENCE_NO_RECORD, NULL);
}

/* A briefing that is not there yet when it is asked for, and then is. */
static void then_briefed(void)
{
    AUTO(prove_clear) struct prove p = { 0 };
    struct fail f = { 0 };
    briefed_now(SOURCE_ONLY, BEN);
    ok(prove_briefed(alder, ids[SOURCE_ONLY], BEN, 10000, &p, &f) == OK && p.verdict.outcome == EVIDENCE_YES,
       "a briefing changes the answer: %s", f.what);
}

/* Over two generations ------------------------------------------------------------------------------------------------ */

static bool ended(struct fail *f)
{
    struct timespec t = { 0, 5000000 };
    for (int i = 0; i < 2000; i++, nanosleep(&t, NULL)) {
        AUTO(json_freep) json_t *out = json_object();
        if (turn_close(alder, out, f) != OK)
            return false;
        const char *state = json_string_value(json_object_get(out, "state"));
        if (state && strcmp(state, "begun") == 0)
            return true;
    }
    return false;
}

/* The ledger ends, its next generation begins, and birch signs that, too. */
static void turned(pthread_t *thread, const char *home)
{
    struct fail f = { 0 };
    ok(ended(&f), "the ledger ends: %s", f.what);
    signing = false;
    pthread_join(*thread, NULL);
    node_closep(&alder);
    ok(node_open(home, false, &alder, &f) == OK && alder->generation == 2, "the next begins: %s", f.what);
    alder->now_ms = test_now;
    cards_set_clear(&cards);
    introduce();
    ok(cards_confirmed(birch, &cards, &f) == OK && cards.count == 2, "birch has the card with both: %s",
       f.what);
    trust = (struct trust){ cards.cards, cards.count };
    signing = true;
    if (pthread_create(thread, NULL, cosigner, NULL) != 0)
        exit(1);
}

static void across(void)
{
    AUTO(prove_clear) struct prove no = { 0 }, yes = { 0 };
    struct fail f = { 0 };
    char from[60], to[60];
    if (!ok(prove_briefed(alder, ids[BRIEFED], BEN, 10000, &no, &f) == OK &&
                no.verdict.outcome == EVIDENCE_NO_RECORD,
            "no record in either: %s", f.what))
        return;
    every_byte(bytes_of(no.text), "no-record over two generations");
    snprintf(from, sizeof from, " 2 %llu\n", (unsigned long long)no.verdict.index);
    snprintf(to, sizeof to, " 1 %llu\n", (unsigned long long)no.verdict.index);
    rewritten(bytes_of(no.text), from, to, "until the generation before");
    snprintf(to, sizeof to, " 3 %llu\n", (unsigned long long)no.verdict.index);
    rewritten(bytes_of(no.text), from, to, "until one that is not there");
    if (!ok(prove_briefed(alder, ids[BRIEFED], BOB, 10000, &yes, &f) == OK &&
                yes.verdict.outcome == EVIDENCE_YES && yes.verdict.generation == 1,
            "a yes from the generation before: %s", f.what))
        return;
    every_byte(bytes_of(yes.text), "yes from the generation before");
}

static void alone(void)
{
    AUTO(prove_clear) struct prove p = { 0 };
    AUTO(mem_freep) struct verdict *v = mem_new(sizeof *v);
    struct fail f = { 0 };
    briefed_now(HIDDEN, "eve@birch.example");
    test_clock_ms += 3600000; /* so that there is a new checkpoint, which nobody signs */
    if (!ok(prove_briefed(alder, ids[SOURCE_ONLY], "dan@birch.example", 50, &p, &f) == OK, "alone: %s",
            f.what))
        return;
    ok(p.verdict.outcome == EVIDENCE_UNKNOWN && !p.witnessed, "without an outsider it is unknown");
    is_str(p.verdict.reason[0], "no-monitor", "because");
    is_str(p.verdict.basis, "self-asserted", "basis");
    ok(judge(bytes_of(p.text), v, &f) == E_UNVERIFIED, "and others refuse it: %s", f.what);
    rewritten(bytes_of(p.text), "claim unknown no-monitor", "claim no-record", "more than it proves");
}

/* Who may ask ---------------------------------------------------------------------------------------------------------- */

static enum err asked(const char *who, unsigned roles, const char *person, const char *portion, json_t **out,
                      struct fail *f)
{
    AUTO(json_freep) json_t *in = json_object();
    struct asker a = asker_of(who, roles);
    json_set_str(in, "person", person);
    json_set_str(in, "portion", portion);
    json_set_bool(in, "wait", false);
    return briefed_answer(alder, &a, in, out, f);
}

static const struct {
    const char *who;
    unsigned roles;
    const char *person;
    unsigned portion;
    bool may;
} asking[] = {
    { BOB, ROLE_READER, BOB, BRIEFED, true },
    { BOB, ROLE_READER, BEN, BRIEFED, false },
    { BOB, ROLE_OFFICER, BEN, BRIEFED, true },
    { BOB, ROLE_AUDITOR, BEN, BRIEFED, true },
    { BOB, ROLE_OFFICER, "@birch.example", BRIEFED, true },
    { BOB, ROLE_OFFICER, "cyd@cedar.example", BRIEFED, false },
    { BOB, ROLE_READER, BOB, UNSHARED, false },
    { BOB, ROLE_OFFICER, BOB, UNSHARED, false },
    { BOB, ROLE_READER, BOB, HIDDEN, false },
    { "eve@birch.example", ROLE_READER, "eve@birch.example", HIDDEN, true },
    { "cyd@cedar.example", ROLE_READER, "cyd@cedar.example", BRIEFED, false },
    { "amy@alder.example", ROLE_AUTHOR, BEN, BRIEFED, true },
    { "amy@alder.example", ROLE_READER, "cyd@cedar.example", UNSHARED, true },
    { "abe@alder.example", ROLE_AUTHOR, BEN, BRIEFED, false },
    { "abe@alder.example", ROLE_READER, "abe@alder.example", BRIEFED, true },
    { "olga@alder.example", ROLE_OFFICER, BEN, HIDDEN, true },
    { "olga@alder.example", ROLE_AUDITOR, BEN, UNSHARED, true },
};

static void who_may(void)
{
    struct fail unknown = { 0 };
    json_t *none = NULL;
    char nowhere[UUID_TEXT];
    random_uuid(nowhere);
    ok(asked(BOB, ROLE_READER, BOB, nowhere, &none, &unknown) == E_NOT_FOUND ||
           unknown.reason == REASON_NOT_YOURS,
       "a portion that is nowhere: %s", unknown.what);
    for (size_t i = 0; i < COUNT(asking); i++) {
        AUTO(json_freep) json_t *out = NULL;
        struct fail f = { 0 };
        enum err e =
            asked(asking[i].who, asking[i].roles, asking[i].person, ids[asking[i].portion], &out, &f);
        if (asking[i].may)
            ok(e == OK && out, "%s may ask about %s on %u: %s", asking[i].who, asking[i].person,
               asking[i].portion, f.what);
        else
            ok(e == unknown.code && f.reason == unknown.reason && strcmp(f.what, unknown.what) == 0,
               "%s may not ask about %s on %u, and hears what he would hear of nothing", asking[i].who,
               asking[i].person, asking[i].portion);
    }
}

static void public_text(void)
{
    AUTO(json_freep) json_t *out = NULL;
    struct fail f = { 0 };
    ok(asked(BOB, ROLE_READER, BOB, ids[PUBLIC], &out, &f) == OK &&
           json_is_null(json_object_get(out, "briefed")) && !json_object_get(out, "evidence"),
       "of public text there is no record: %s", f.what);
}

static void single_fields(void)
{
    AUTO(json_freep) json_t *in = json_object();
    AUTO(json_freep) json_t *out = NULL;
    struct asker a = asker_of(BOB, ROLE_READER);
    struct fail f = { 0 };
    json_set_str(in, "person", BOB);
    json_set_str(in, "portion", ids[BRIEFED]);
    json_set_take(in, "fields", json_pack("[i]", 3));
    ok(briefed_answer(alder, &a, in, &out, &f) == OK, "one field alone: %s", f.what);
    const char *part = json_string_value(json_object_get(out, "presence"));
    ok(part && strstr(part, "\nfield 3 ") && !strstr(part, "\nfield 2 ") && !strstr(part, "\ntag "),
       "and nothing else of the entry");
    json_set_take(in, "fields", json_pack("[i]", 9));
    json_freep(&out);
    ok(briefed_answer(alder, &a, in, &out, &f) == E_REFUSED, "what it rested on is not for him: %s", f.what);
    json_set_take(in, "fields", json_pack("[i]", 16));
    fail_clear(&f);
    ok(briefed_answer(alder, &a, in, &out, &f) == E_INVALID, "there is no field 16: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-prove-XXXXXX";
    struct fail f = { 0 };
    pthread_t thread;
    if (!ok(crypto_start(&f) == OK && mkdtemp(dir), "a folder"))
        return tap_done();
    alder = home_make(dir, "alder.example");
    birch = home_make(dir, "birch.example");
    introduce();
    random_uuid(report);
    for (unsigned i = 0; i < PORTIONS; i++)
        random_uuid(ids[i]);
    ok(writer_run(alder->writer, add_report, NULL, &f) == OK, "a report: %s", f.what);
    ok(cards_confirmed(birch, &cards, &f) == OK && cards.count == 2, "birch trusts two cards %s", f.what);
    trust = (struct trust){ cards.cards, cards.count };
    if (pthread_create(&thread, NULL, cosigner, NULL) != 0)
        return 1;
    briefed_now(BRIEFED, BOB);
    yes();
    no_record();
    organisation_wide();
    fresh();
    reports();
    then_briefed();
    AUTO(str_freep) char *home = str_format("%s/alder.example", dir);
    turned(&thread, home);
    across();
    signing = false;
    pthread_join(thread, NULL);
    alone();
    who_may();
    public_text();
    single_fields();
    cards_set_clear(&cards);
    node_closep(&alder);
    node_closep(&birch);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
