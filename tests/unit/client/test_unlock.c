/* SPDX-License-Identifier: Apache-2.0 - what a reader believes: packages and key answers of nodes that lie in one thing */
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "client/share.h"
#include "tap.h"
#include "world.h"

#define BOB    "bob@birch.example"
#define REPORT "11111111-1111-4111-8111-111111111111"
#define SOURCE                                                                                               \
    "---\ntitle: (TLP:GREEN) A title\n---\n(TLP:AMBER//ORCON) The first\n\n(TLP:RED//SOURCE) The second\n\n" \
    "(TLP:CLEAR) The third\n"

static const uint8_t pin[HASH_LEN] = { 1 };
static struct org alder, birch;
static struct profile *amy, *bob;
static struct draft draft;
static struct package *package; /* amy's */
static struct bytes package_view;
static json_t *rows; /* what she signed about the portions */
static struct key *kas_session;

static void make_report(const char *dir, struct buf *bytes)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *to = json_pack("[s]", "birch.example");
    AUTO(act_freep) struct act *act = NULL;
    AUTO(str_freep) char *path = world_file(dir, "source.md", SOURCE);
    const char *files[] = { path };
    struct draft_from from = { files, 1, NULL, NULL, "alder.example" };
    struct share_to whom = { .to = to };
    char report[UUID_TEXT];
    world_must(draft_read(&from, &draft, &f), &f);
    world_must(share_pack(amy, &draft, &whom, report, bytes, &f), &f);
    package_view = bytes_of(bytes);
    struct source in = source_bytes(&package_view);
    world_must(package_read(&in, &package, &f), &f);
    world_must(act_read(package_report(package), JOSE_MAX_LARGE, &act, &f), &f);
    rows = json_deep_copy(json_object_get(act->body, "portions"));
}

/* A package with this statement, whose portions come from these ids of amy's package. */
static struct buf *package_of(const char *statement, const char *const *named, const char *const *from,
                              size_t count)
{
    struct fail f = { 0 };
    struct buf *out = buf_new((size_t)1 << 20);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    world_must(package_begin(&sink, bytes_str(statement), &w, &f), &f);
    for (size_t i = 0; i < count; i++) {
        const struct package_portion *p = package_find(package, from[i]);
        struct window window = p->bytes;
        struct source in = source_window(&window);
        world_must(package_add(w, named[i], p->kind, &in, &f), &f);
    }
    world_must(package_end(w, &f), &f);
    return out;
}

static struct buf *whole(json_t *list, const struct key *by)
{
    AUTO(str_freep) char *statement = world_share(&alder, "birch.example", REPORT, list, by);
    const char *ids[4];
    for (size_t i = 0; i < 4; i++)
        ids[i] = draft.portions[i].id;
    return package_of(statement, ids, ids, 4);
}

static struct held *good_one(json_t *list)
{
    struct fail f = { 0 };
    struct held *h = NULL;
    AUTO(buf_freep) struct buf *bytes = whole(list, alder.statement_key);
    world_must(held_read(&bytes, &h, &f), &f);
    world_must(held_verify(h, alder.card, &f), &f);
    return h;
}

/* Packages ------------------------------------------------------------------------------------------------------ */

static void change_mark(json_t *list)
{
    json_object_set_new(json_array_get(list, 1), "mark", json_string("TLP:GREEN"));
}

static void change_number(json_t *list)
{
    json_object_set_new(json_array_get(list, 2), "n", json_integer(1));
}

static void drop_row(json_t *list)
{
    json_array_remove(list, 3);
}

static void drop_commitment(json_t *list)
{
    json_object_del(json_array_get(list, 1), "commitment");
}

static void call_clear(json_t *list)
{
    json_object_set_new(json_array_get(list, 1), "mark", json_string("TLP:CLEAR"));
}

static void clear_digest(json_t *list)
{
    json_object_set(json_array_get(list, 3), "digest", json_object_get(json_array_get(list, 1), "digest"));
}

static void other_kind(json_t *list)
{
    (void)list;
}

static const struct {
    const char *name;
    void (*change)(json_t *);
    bool reads, by_other; /* whether its form is good; signed by a key that is not alder's */
} packages[] = {
    { "as it is", NULL, true, false },
    { "another mark, signed", change_mark, true, false },
    { "signed by another organisation's key", other_kind, true, true },
    { "a number twice", change_number, false, false },
    { "a portion more than is listed", drop_row, false, false },
    { "no commitment", drop_commitment, false, false },
    { "a sealed one listed as public", call_clear, false, false },
    { "another digest of a public one", clear_digest, true, false },
};

static void read_packages(void)
{
    for (size_t i = 0; i < COUNT(packages); i++) {
        struct fail f = { 0 };
        AUTO(held_freep) struct held *h = NULL;
        json_t *list = json_deep_copy(rows);
        if (packages[i].change)
            packages[i].change(list);
        AUTO(buf_freep)
        struct buf *bytes = whole(list, packages[i].by_other ? birch.statement_key : alder.statement_key);
        enum err e = held_read(&bytes, &h, &f);
        ok(e == (packages[i].reads ? OK : E_UNVERIFIED), "%s: %s", packages[i].name, f.what);
        if (e != OK)
            continue;
        bool good = i < 2;
        ok(held_verify(h, alder.card, &f) == (good ? OK : E_UNVERIFIED), "%s: %s", packages[i].name, f.what);
        ok(held_verify(h, birch.card, NULL) == E_UNVERIFIED, "%s: never under another's card",
           packages[i].name);
        if (good)
            ok(h->portions[3].state == HELD_OPEN && h->portions[1].state == HELD_SEALED &&
                   bytes_equal(bytes_of(h->portions[3].text), bytes_str("The third")),
               "what is public can be read, the rest not");
    }
}

static void swapped(void)
{
    struct fail f = { 0 };
    AUTO(held_freep) struct held *h = NULL;
    AUTO(str_freep)
    char *statement = world_share(&alder, "birch.example", REPORT, json_deep_copy(rows), alder.statement_key);
    const char *named[4], *from[4];
    for (size_t i = 0; i < 4; i++)
        named[i] = from[i] = draft.portions[i].id;
    from[1] = draft.portions[2].id;
    from[2] = draft.portions[1].id;
    AUTO(buf_freep) struct buf *bytes = package_of(statement, named, from, 4);
    ok(held_read(&bytes, &h, &f) == OK && held_verify(h, alder.card, &f) == E_UNVERIFIED &&
           f.reason == REASON_TAMPERED,
       "two containers swapped: %s", f.what);
}

static void junk(void)
{
    AUTO(buf_freep) struct buf *all = whole(json_deep_copy(rows), alder.statement_key);
    size_t taken = 0;
    for (size_t len = 0; len < all->len; len += 97) {
        AUTO(held_freep) struct held *h = NULL;
        AUTO(buf_freep) struct buf *cut = buf_new((size_t)1 << 20);
        buf_put(cut, all->data, len);
        taken += held_read(&cut, &h, NULL) != E_UNVERIFIED;
    }
    ok(taken == 0, "a package that was cut is none");
    AUTO(held_freep) struct held *h = NULL;
    AUTO(buf_freep) struct buf *act = buf_new((size_t)1 << 20);
    buf_put_bytes(act, package_view);
    struct fail f = { 0 };
    ok(held_read(&act, &h, &f) == E_UNVERIFIED, "an author's package is not a holder's: %s", f.what);
}

/* Answers ---------------------------------------------------------------------------------------------------------- */

struct asked {
    struct held *held;
    struct unlock request;
};

static void ask(struct asked *a, json_t *list)
{
    struct fail f = { 0 };
    a->held = good_one(list);
    for (size_t i = 0; i < a->held->count; i++)
        if (!a->held->portions[i].clear && !unlock_add(&a->request, &a->held->portions[i]))
            exit(99);
    world_must(unlock_sign(&a->request, bob, time_now_ms(), &f), &f);
}

static void asked_clear(struct asked *a)
{
    unlock_clear(&a->request);
    held_free(a->held);
}

static char *name_of(const struct held_portion *p)
{
    return str_format("alder.example/%s", p->id);
}

/* What is done to the answer for portion 1. */
enum lie {
    NO_LIE,
    OTHER_PERSON,
    OTHER_PORTION,
    OTHER_LOG,
    NO_PRESENCE,
    BROKEN_PRESENCE,
    OTHER_KEY,
    SHORT_KEY,
    REFUSED,
    REFUSED_FOR_GOOD,
    REFUSED_STRANGELY,
    REFUSED_BY_LEAVE,
    NO_RESULT,
    NO_STATUS,
};

static const struct {
    const char *name;
    enum lie lie;
    enum held_state state;
    enum err err;
    enum reason reason;
} answers[] = {
    { "with its proof", NO_LIE, HELD_OPEN, OK, REASON_NONE },
    { "the briefing of another person", OTHER_PERSON, HELD_WITHHELD, E_UNVERIFIED, REASON_NO_PROOF },
    { "the briefing on another portion", OTHER_PORTION, HELD_WITHHELD, E_UNVERIFIED, REASON_NO_PROOF },
    { "a log that is not in the card", OTHER_LOG, HELD_WITHHELD, E_UNVERIFIED, REASON_NO_PROOF },
    { "no proof at all", NO_PRESENCE, HELD_WITHHELD, E_UNVERIFIED, REASON_NO_PROOF },
    { "a proof with a byte changed", BROKEN_PRESENCE, HELD_WITHHELD, E_UNVERIFIED, REASON_NO_PROOF },
    { "the key of another portion", OTHER_KEY, HELD_WITHHELD, E_UNVERIFIED, REASON_TAMPERED },
    { "a key cut short", SHORT_KEY, HELD_WITHHELD, E_UNVERIFIED, REASON_TAMPERED },
    { "a refusal where asking helps", REFUSED, HELD_WITHHELD, E_NOT_RELEASED, REASON_COMPARTMENT },
    { "a refusal where it does not", REFUSED_FOR_GOOD, HELD_WITHHELD, E_REFUSED, REASON_OTHERS_COPY },
    { "a refusal for an unknown reason", REFUSED_STRANGELY, HELD_WITHHELD, E_REFUSED, REASON_NONE },
    { "a refusal whose reason allows", REFUSED_BY_LEAVE, HELD_WITHHELD, E_REFUSED, REASON_NONE },
    { "no answer for it", NO_RESULT, HELD_WITHHELD, E_INTERNAL, REASON_NONE },
    { "an answer without status", NO_STATUS, HELD_WITHHELD, E_INTERNAL, REASON_NONE },
};

static json_t *permit_with(struct asked *a, const struct held_portion *p, const char *portion,
                           const char *person, const struct key *log_key)
{
    AUTO(str_freep) char *presence = world_presence(&alder, log_key, portion, person);
    return world_permit(&alder, &a->request, p, kas_session, presence);
}

static json_t *lie_about(struct asked *a, enum lie lie)
{
    struct held_portion *first = &a->held->portions[1], *second = &a->held->portions[2];
    AUTO(str_freep) char *name = name_of(first);
    AUTO(str_freep) char *other = name_of(second);
    json_t *result = NULL;
    switch (lie) {
    case OTHER_PERSON:
        return permit_with(a, first, name, "eve@birch.example", alder.log_key);
    case OTHER_PORTION:
        return permit_with(a, first, other, BOB, alder.log_key);
    case OTHER_LOG:
        return permit_with(a, first, name, BOB, birch.log_key);
    case NO_PRESENCE:
        return world_permit(&alder, &a->request, first, kas_session, NULL);
    case OTHER_KEY: {
        AUTO(str_freep) char *presence = world_presence(&alder, alder.log_key, name, BOB);
        return world_permit(&alder, &a->request, second, kas_session, presence);
    }
    case REFUSED:
        return world_refusal("compartment", "not read in");
    case REFUSED_FOR_GOOD:
        return world_refusal("copy-of-another", "not yours");
    case REFUSED_STRANGELY:
        return world_refusal("phase-of-the-moon", "tonight not");
    case REFUSED_BY_LEAVE:
        return world_refusal("released", "");
    case NO_RESULT:
        return NULL;
    case NO_LIE:
    case BROKEN_PRESENCE:
    case SHORT_KEY:
    case NO_STATUS:
        break;
    }
    result = permit_with(a, first, name, BOB, alder.log_key);
    if (lie == NO_STATUS)
        json_object_del(result, "status");
    if (lie == SHORT_KEY)
        json_object_set_new(result, "kasWrappedKey", json_string("AAAA"));
    if (lie == BROKEN_PRESENCE) {
        json_t *metadata = json_object_get(result, "metadata");
        AUTO(str_freep) char *text = str_dup(json_string_value(json_object_get(metadata, "orcon-presence")));
        char *at = strstr(text, "\nentry ") + 60;
        *at = *at == 'A' ? 'B' : 'A';
        json_object_set_new(metadata, "orcon-presence", json_string(text));
    }
    return result;
}

static void read_answers(void)
{
    for (size_t i = 0; i < COUNT(answers); i++) {
        AUTO(asked_clear) struct asked a = { 0 };
        ask(&a, json_deep_copy(rows));
        struct held_portion *p = a.held->portions;
        AUTO(str_freep) char *title = name_of(&p[0]);
        AUTO(str_freep) char *second = name_of(&p[2]);
        AUTO(str_freep) char *refused = str_format("%s.refused.json", p[1].id);
        json_t *results[] = { permit_with(&a, &p[0], title, BOB, alder.log_key),
                              lie_about(&a, answers[i].lie),
                              permit_with(&a, &p[2], second, BOB, alder.log_key) };
        AUTO(json_freep) json_t *answer = world_answer(&a.request, results, kas_session);
        unlock_take(&a.request, answer, alder.card, bob, NULL);
        ok(p[1].state == answers[i].state && p[1].err == answers[i].err && p[1].reason == answers[i].reason &&
               (p[1].state == HELD_OPEN) == (p[1].text != NULL),
           "%s: %s", answers[i].name, p[1].why ? p[1].why : "open");
        ok(p[0].state == HELD_OPEN && p[2].state == HELD_OPEN &&
               bytes_equal(bytes_of(p[0].text), bytes_str("A title")) &&
               bytes_equal(bytes_of(p[2].text), bytes_str("The second")),
           "its neighbours are open all the same");
        if (answers[i].lie == NO_LIE)
            ok(bytes_equal(bytes_of(p[1].text), bytes_str("The first")) && strcmp(p[1].entry, "1/1") == 0,
               "read");
        if (answers[i].reason == REASON_NO_PROOF)
            ok(profile_has(bob, refused), "the answer is kept as evidence");
    }
}

/* The originator commits to another text than the one that is sealed. */
static void other_commitment(void)
{
    AUTO(asked_clear) struct asked a = { 0 };
    json_t *list = json_deep_copy(rows);
    json_object_set(json_array_get(list, 1), "commitment",
                    json_object_get(json_array_get(list, 2), "commitment"));
    ask(&a, list);
    struct held_portion *p = a.held->portions;
    AUTO(str_freep) char *name = name_of(&p[1]);
    json_t *results[] = { NULL, permit_with(&a, &p[1], name, BOB, alder.log_key), NULL };
    AUTO(json_freep) json_t *answer = world_answer(&a.request, results, kas_session);
    unlock_take(&a.request, answer, alder.card, bob, NULL);
    ok(p[1].state == HELD_WITHHELD && p[1].reason == REASON_TAMPERED && !p[1].text,
       "another text than was committed to: %s", p[1].why);
}

/* Whole answers that are none. */
static void no_answers(void)
{
    static const char *const texts[] = { "{}", "{\"responses\":3}", "{\"responses\":[{\"results\":[{}]}]}",
                                         "{\"sessionPublicKey\":7,\"responses\":[null]}" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        AUTO(asked_clear) struct asked a = { 0 };
        AUTO(json_freep) json_t *answer = json_loads(texts[i], 0, NULL);
        ask(&a, json_deep_copy(rows));
        unlock_take(&a.request, answer, alder.card, bob, NULL);
        ok(a.held->portions[1].state == HELD_WITHHELD && a.held->portions[1].err == E_INTERNAL, "%s: %s",
           texts[i], a.held->portions[1].why);
    }
}

/* What is sent: one token for all, by the device key, to a session key that is fresh. */
static void requests(void)
{
    AUTO(asked_clear) struct asked a = { 0 };
    AUTO(asked_clear) struct asked b = { 0 };
    AUTO(jose_freep) struct jose *srt = NULL;
    AUTO(json_freep) json_t *body = NULL;
    struct fail f = { 0 };
    const char *text;
    uint64_t iat, exp;
    ask(&a, json_deep_copy(rows));
    ask(&b, json_deep_copy(rows));
    ok(jose_read(bytes_of(a.request.srt), JOSE_MAX_LARGE, "SRT", &srt, &f) == OK &&
           jose_verify(srt, JOSE_ES256, NULL, bob->key, &f) == OK && !srt->kid && !srt->typ,
       "signed by the device key, without typ and kid: %s", f.what);
    ok(json_need_u64(srt->payload, "iat", "SRT", &iat, &f) == OK &&
           json_need_u64(srt->payload, "exp", "SRT", &exp, &f) == OK && exp == iat + 60,
       "for a minute");
    ok(json_need_str(srt->payload, "requestBody", "SRT", &text, &f) == OK &&
           json_read(bytes_str(text), JOSE_MAX_LARGE, "body", &body, &f) == OK &&
           json_array_size(json_object_get(body, "requests")) == 3,
       "asks for three keys: %s", f.what);
    AUTO(json_freep) json_t *mine = key_jwk(a.request.session);
    AUTO(json_freep) json_t *again = key_jwk(b.request.session);
    ok(!json_equal(mine, again), "the session key is another each time");
    struct unlock full = { 0 };
    for (size_t i = 0; i < UNLOCK_MAX; i++)
        if (!unlock_add(&full, &a.held->portions[0]))
            exit(99);
    ok(!unlock_add(&full, &a.held->portions[0]), "a request is bounded");
}

int main(void)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *bytes = buf_new((size_t)1 << 20);
    char *dir = world_folder();
    world_must(crypto_start(&f), &f);
    org_make(&alder, "alder.example", "https://alder.example:7700", pin);
    org_make(&birch, "birch.example", "https://birch.example:7700", pin);
    world_must(key_make(KEY_P256, &kas_session, &f), &f);
    amy = world_profile(dir, "amy@alder.example", &alder);
    bob = world_profile(dir, BOB, &birch);
    make_report(dir, bytes);
    read_packages();
    swapped();
    junk();
    requests();
    read_answers();
    other_commitment();
    no_answers();
    package_free(package);
    draft_clear(&draft);
    json_decref(rows);
    key_free(kas_session);
    profile_free(amy);
    profile_free(bob);
    org_clear(&alder);
    org_clear(&birch);
    world_remove(dir);
    return tap_done();
}
