/* SPDX-License-Identifier: Apache-2.0 - standing terms between two nodes: what is no agreement, and what an agreement lets go
 * by the clock, sealed by a sealer that sees both signatures */
#include "flow.h"

#include "exchange/arrange.h"
#include "exchange/timer.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:AMBER+STRICT", "They meet on Fridays." },
    { "TLP:RED", "From one person." },
};

#define OLAF "olaf@alder.example" /* enrolled after birch was introduced, so that it knows of him */
#define OTTO "otto@birch.example"
#define BOB  "bob@birch.example"
#define HOUR ((uint64_t)3600000)

#define TELLING                                                                                              \
    "{\"rules\":[{\"what\":\"TLP:AMBER//"                                                                    \
    "ORCON\",\"rule\":\"tell-before\",\"hours\":4}],\"on_silence\":\"deny\","                                \
    "\"answer\":{},\"override\":\"any\"}"
#define SILENT                                                                                               \
    "{\"rules\":[],\"on_silence\":\"grant\",\"answer\":{\"routine\":8,\"priority\":4,\"immediate\":2,"       \
    "\"flash\":1},\"override\":\"any\"}"
#define ASKING                                                                                               \
    "{\"rules\":[{\"what\":\"TLP:AMBER//ORCON\",\"rule\":\"ask\"}],\"on_silence\":\"deny\",\"answer\":{},"   \
    "\"override\":\"any\"}"

static struct key *otto, *olaf;
static char proposal[UUID_TEXT];

static json_t *body(const char *with, int version, const char *terms)
{
    return json_pack("{s:s,s:i,s:o}", "with", with, "version", version, "terms", json_loads(terms, 0, NULL));
}

static enum err propose(int version, const char *terms, struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    *f = (struct fail){ 0 };
    *report = '\0'; /* terms are about none; a new one is shared after them */
    TRY(do_act(alder, OLAF, ROLE_OFFICER, olaf, "arrangement", NULL, NULL,
               body("birch.example", version, terms), &out, f));
    snprintf(proposal, sizeof proposal, "%s", json_string_value(json_object_get(out, "statement")));
    return OK;
}

static enum err sign(int version, const char *terms, struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    *f = (struct fail){ 0 };
    return do_act(birch, OTTO, ROLE_OFFICER, otto, "arrangement", proposal, NULL,
                  body("alder.example", version, terms), &out, f);
}

static void agree(int version, const char *terms)
{
    struct fail f;
    ok(propose(version, terms, &f) == OK && deliver(alder, birch) == 1 && sign(version, terms, &f) == OK &&
           deliver(birch, alder) == 1,
       "version %d is agreed: %s", version, f.what);
}

/* What birch's node would say if it were not honest. */
static enum err forged(const char *by, const struct key *key, const char *ref, int version,
                       const char *signed_terms, const char *said, struct fail *f)
{
    AUTO(buf_freep) struct buf *act = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    random_uuid(id);
    *f = (struct fail){ 0 };
    struct statement_making m = { .kind = "arrangement",
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = by,
                                  .ref = ref,
                                  .body = body("alder.example", version, signed_terms),
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(key, NULL, ACT_TYP, payload, act, f));
    m.aud = json_pack("[s]", "alder.example");
    m.body = body("alder.example", version, said);
    json_set_str(m.body, "act", buf_text(act));
    TRY(acts_statement(birch, m, &jws, digest, f));
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static void refused(enum err e, const struct fail *f, enum reason why, const char *what)
{
    ok(e != OK && f->reason == why, "%s: %s (%s)", what, f->what, reason_code(f->reason));
}

static void no_agreement(void)
{
    struct fail f;
    char other[UUID_TEXT];
    random_uuid(other);
    refused(propose(2, TELLING, &f), &f, REASON_TERMS_VERSION, "the second version before the first");
    ok(propose(1, TELLING, &f) == OK && deliver(alder, birch) == 1, "version 1 is proposed: %s", f.what);
    refused(sign(1, SILENT, &f), &f, REASON_TERMS_UNSIGNED, "other words than were proposed");
    refused(forged(OTTO, otto, proposal, 1, SILENT, SILENT, &f), &f, REASON_TERMS_UNSIGNED,
            "other words, from a node that lets them pass");
    refused(forged(OTTO, otto, proposal, 1, SILENT, TELLING, &f), &f, REASON_TERMS_UNSIGNED,
            "other words than its officer signed");
    refused(forged(OTTO, otto, other, 1, TELLING, TELLING, &f), &f, REASON_TERMS_UNSIGNED,
            "what nobody here proposed");
    refused(forged(BOB, bob, proposal, 1, TELLING, TELLING, &f), &f, REASON_NOT_ROLE, "a reader's signature");
    ok(sign(1, TELLING, &f) == OK && deliver(birch, alder) == 1, "signed at last: %s", f.what);
    refused(sign(1, TELLING, &f), &f, REASON_TERMS_VERSION, "signed again");
    refused(forged(OTTO, otto, "", 1, SILENT, SILENT, &f), &f, REASON_TERMS_VERSION,
            "version 1 again, replayed");
}

/* A request of bob's for cedar, at alder. */
static void ask(int portion, uint64_t hours, char id[static UUID_TEXT])
{
    AUTO(json_freep) json_t *out = NULL;
    struct fail f = { 0 };
    char by[TIME_TEXT_SIZE];
    json_t *v = request_body("cedar.example");
    time_print(test_now() + hours * HOUR, by);
    json_set_str(v, "by", by);
    ok(do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[portion], v, &out, &f) == OK &&
           deliver(birch, alder) == 1,
       "bob asks for %d: %s", portion, f.what);
    snprintf(id, UUID_TEXT, "%s", json_string_value(json_object_get(out, "request")));
}

static void turn_after(uint64_t ms)
{
    struct fail f = { 0 };
    test_clock_ms += ms;
    ok(timer_turn(alder, NULL, &f) == OK, "the clock goes on %s", f.what);
}

static void state_is(const char *id, const char *state, const char *rule, const char *when)
{
    AUTO(json_freep) json_t *v = NULL;
    struct asker a = asker_of(OLAF, ROLE_READER | ROLE_OFFICER);
    struct fail f = { 0 };
    ok(view_request(alder, &a, id, &v, &f) == OK, "the request %s", f.what);
    is_str(json_string_value(json_object_get(v, "state")), state, when);
    const char *got = json_string_value(json_object_get(v, "rule"));
    is_str(got ? got : "", rule, "by that rule");
}

static void told_before(void)
{
    char id[UUID_TEXT], strict[UUID_TEXT];
    flow_share();
    ask(1, 24, id);
    ask(2, 24, strict);
    turn_after(4 * HOUR - 1000);
    state_is(id, "open", "", "told, it waits");
    turn_after(2000);
    state_is(id, "granted", "arrangement-told", "told four hours before, it goes");
    ok(deliver(alder, cedar) > 0, "cedar has its copy, which the sealer made by both signatures");
    turn_after(21 * HOUR);
    state_is(strict, "silent", "", "what the terms do not name is denied by silence");
}

static void silence(void)
{
    char given[UUID_TEXT], before[UUID_TEXT], id[UUID_TEXT], hasty[UUID_TEXT], red[UUID_TEXT];
    deliver(alder, birch);
    memcpy(given, report, sizeof given);
    agree(2, SILENT);
    memcpy(report, given, sizeof report);
    ask(2, 9, before);
    turn_after(9 * HOUR + 1000);
    state_is(before, "silent", "", "given under terms that deny: silence stays a denial");
    deliver(alder, birch);
    flow_share();
    ask(2, 9, id);
    ask(1, 7, hasty);
    ask(3, 9, red);
    turn_after(9 * HOUR + 1000);
    state_is(id, "granted", "arrangement-silence", "given under terms that grant: silence grants");
    state_is(hasty, "silent", "", "who left less time than was agreed gets nothing by silence");
    state_is(red, "silent", "", "named persons are no matter of terms");
    ok(deliver(alder, cedar) > 0, "cedar has its copy");
}

static void narrowed(void)
{
    char id[UUID_TEXT], given[UUID_TEXT];
    deliver(alder, birch);
    agree(3, TELLING);
    deliver(alder, birch);
    flow_share();
    memcpy(given, report, sizeof given);
    agree(4, ASKING);
    memcpy(report, given, sizeof report);
    ask(1, 24, id);
    turn_after(5 * HOUR);
    state_is(id, "open", "", "what was to be told is to be asked for now, also of what was given before");
}

/* Crossing: the same on both sides, in whichever order they arrive ------------------------------------------------------ */

static enum err act_by(struct node *n, const char *ref, int version, const char *terms,
                       char id[static UUID_TEXT], struct fail *f)
{
    AUTO(json_freep) json_t *out = NULL;
    bool ours = n == alder;
    *f = (struct fail){ 0 };
    *report = '\0';
    enum err e = do_act(n, ours ? OLAF : OTTO, ROLE_OFFICER, ours ? olaf : otto, "arrangement", ref, NULL,
                        body(ours ? "birch.example" : "alder.example", version, terms), &out, f);
    if (e == OK)
        snprintf(id, UUID_TEXT, "%s", json_string_value(json_object_get(out, "statement")));
    return e;
}

/* Everything under way, ${first}'s words before the other's. */
static void meet(struct node *first)
{
    struct node *second = first == alder ? birch : alder;
    for (int i = 0; i < 2; i++) {
        deliver(first, second);
        deliver(second, first);
    }
}

/* The newest ${count} versions, one a line: what both nodes have to say alike. */
static char *versions_of(struct node *n, size_t count)
{
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    char *text = str_format("%s", "");
    if (arrange_view(n, n == alder ? "birch.example" : "alder.example", &v, &f) != OK)
        return text;
    const json_t *all = json_object_get(v, "versions");
    for (size_t i = 0; i < count && i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        AUTO(str_freep) char *before = text;
        text = str_format("%s%lld %s %s;", before, json_integer_value(json_object_get(one, "version")),
                          json_string_value(json_object_get(one, "proposer")),
                          json_string_value(json_object_get(one, "state")));
    }
    return text;
}

static void both_say(size_t count, const char *want, const char *when)
{
    AUTO(str_freep) char *here = versions_of(alder, count);
    AUTO(str_freep) char *there = versions_of(birch, count);
    is_str(here, want, when);
    is_str(there, here, "and the partner the same");
}

static int newest_version(void)
{
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    ok(arrange_view(alder, "birch.example", &v, &f) == OK, "versions %s", f.what);
    return (int)json_integer_value(
        json_object_get(json_array_get(json_object_get(v, "versions"), 0), "version"));
}

static void crossed(struct node *first, const char *order)
{
    char ours[UUID_TEXT], theirs[UUID_TEXT], own[UUID_TEXT], want[256];
    struct fail f;
    int v = newest_version() + 1;
    ok(act_by(alder, NULL, v, ASKING, ours, &f) == OK && act_by(birch, NULL, v, SILENT, theirs, &f) == OK,
       "both propose version %d: %s", v, f.what);
    meet(first);
    snprintf(want, sizeof want, "%d alder.example proposed;%d birch.example dropped;", v, v);
    both_say(2, want, order);
    refused(act_by(alder, theirs, v, SILENT, own, &f), &f, REASON_TERMS_VERSION, "signing what was dropped");
    ok(act_by(birch, ours, v, ASKING, own, &f) == OK, "what stands is signed: %s", f.what);
    refused(act_by(birch, ours, v, ASKING, own, &f), &f, REASON_TERMS_VERSION, "once");
    meet(first);
    for (int i = 0; i < 2; i++) {
        struct node *n = i ? birch : alder;
        AUTO(json_freep) json_t *view = NULL;
        ok(arrange_view(n, i ? "alder.example" : "birch.example", &view, &f) == OK, "%s", f.what);
        const json_t *current = json_object_get(view, "current");
        ok(json_integer_value(json_object_get(current, "version")) == v, "version %d is in force", v);
        is_str(json_string_value(
                   json_object_get(json_object_get(json_object_get(view, "current"), "terms"), "on_silence")),
               "deny", "and what only birch signed is not");
        is_str(json_string_value(json_object_get(current, "proposal")), ours, "the same statement");
    }
}

/* birch proposes twice before it hears of alder's: its higher version stands. */
static void overtaken(struct node *first, const char *order)
{
    char ours[UUID_TEXT], theirs[UUID_TEXT], want[256];
    struct fail f;
    int v = newest_version() + 1;
    ok(act_by(alder, NULL, v, ASKING, ours, &f) == OK && act_by(birch, NULL, v, SILENT, theirs, &f) == OK &&
           act_by(birch, NULL, v + 1, TELLING, theirs, &f) == OK,
       "one proposes, the other twice: %s", f.what);
    meet(first);
    snprintf(want, sizeof want, "%d birch.example proposed;", v + 1);
    both_say(1, want, order);
    ok(act_by(alder, theirs, v + 1, TELLING, ours, &f) == OK, "it is signed: %s", f.what);
    meet(first);
    snprintf(want, sizeof want, "%d birch.example agreed;", v + 1);
    both_say(1, want, "and in force on both sides");
}

/* A signature crosses a further proposal: both signed the one, so it is in force; the other is open. */
static void signed_meanwhile(struct node *first, const char *order)
{
    char ours[UUID_TEXT], own[UUID_TEXT], want[256];
    struct fail f;
    int v = newest_version() + 1;
    ok(act_by(alder, NULL, v, ASKING, ours, &f) == OK && deliver(alder, birch) > 0 &&
           act_by(birch, ours, v, ASKING, own, &f) == OK &&
           act_by(alder, NULL, v + 1, TELLING, own, &f) == OK,
       "signed here, while there the next is proposed: %s", f.what);
    meet(first);
    snprintf(want, sizeof want, "%d alder.example proposed;%d alder.example agreed;", v + 1, v);
    both_say(2, want, order);
    refused(forged(OTTO, otto, "", v, SILENT, SILENT, &f), &f, REASON_TERMS_VERSION,
            "an older version, replayed");
}

int main(void)
{
    char dir[] = "/tmp/orcon-arrange-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    otto = home_person(birch, OTTO, "reader,officer");
    olaf = home_person(alder, OLAF, "reader,officer");
    deliver(birch, alder);
    deliver(alder, birch);
    no_agreement();
    test_clock_ms += 1000;
    told_before();
    silence();
    narrowed();
    meet(alder);
    crossed(alder, "alder's word first");
    crossed(birch, "birch's word first");
    overtaken(alder, "alder's word first, and overtaken");
    overtaken(birch, "birch's word first, which overtakes");
    signed_meanwhile(alder, "the proposal first");
    signed_meanwhile(birch, "the signature first");
    key_free(otto);
    key_free(olaf);
    flow_end(dir);
    return tap_done();
}
