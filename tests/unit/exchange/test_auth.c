/* SPDX-License-Identifier: Apache-2.0 - who is asking: every way in which a token or its proof can be wrong,
 * on a real node */
#include "home.h"

#include "exchange/proofs.h"
#include "exchange/service.h"
#include "store_file.h"

#define HTU "https://alder.example:7700/v1/me"

static struct node *n;
static struct key *bob, *eve;
static char *token;

/* One request: the token, a proof made as said, and what must come of it. */
static enum reason attempt(const char *authorization, const struct key *prover, const char *htm,
                           const char *htu, const char *over, const char *audience, struct asker *who)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    if (prover && jose_make_dpop(prover, htm, htu, over, test_now(), proof, &f) != OK)
        return REASON_COUNT;
    enum err e = auth_check(n, authorization, prover ? buf_text(proof) : NULL, "GET", HTU, audience, who, &f);
    return e == OK ? REASON_NONE : f.reason;
}

static void table(void)
{
    AUTO(str_freep) char *good = str_format("DPoP %s", token);
    AUTO(str_freep) char *basic = str_format("Basic %s", token);
    AUTO(str_freep) char *cut = str_format("DPoP %.*s", (int)strlen(token) - 2, token);
    const struct {
        const char *name, *authorization;
        const struct key *prover;
        const char *htm, *htu, *over, *audience;
        enum reason want;
    } rows[] = {
        { "all right", good, bob, "GET", HTU, token, "alder.example", REASON_NONE },
        { "no token", NULL, bob, "GET", HTU, token, "alder.example", REASON_TOKEN },
        { "another scheme", basic, bob, "GET", HTU, token, "alder.example", REASON_TOKEN },
        { "a token cut short", cut, bob, "GET", HTU, token, "alder.example", REASON_TOKEN },
        { "for another audience", good, bob, "GET", HTU, token, "birch.example", REASON_AUDIENCE },
        { "the proof stripped", good, NULL, "GET", HTU, token, "alder.example", REASON_PROOF },
        { "a proof by another key", good, eve, "GET", HTU, token, "alder.example", REASON_PROOF },
        { "a proof for another method", good, bob, "POST", HTU, token, "alder.example", REASON_PROOF },
        { "a proof for another resource", good, bob, "GET", HTU "x", token, "alder.example", REASON_PROOF },
        { "a proof for another token", good, bob, "GET", HTU, "other", "alder.example", REASON_PROOF },
        { "a proof for no token", good, bob, "GET", HTU, NULL, "alder.example", REASON_PROOF },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct asker who = { 0 };
        enum reason got = attempt(rows[i].authorization, rows[i].prover, rows[i].htm, rows[i].htu,
                                  rows[i].over, rows[i].audience, &who);
        ok(got == rows[i].want, "%s: '%s'", rows[i].name, reason_code(got));
        if (got == REASON_NONE)
            ok(strcmp(who.person, "bob@alder.example") == 0 && who.roles == (ROLE_READER | ROLE_OFFICER) &&
                   who.own,
               "it is bob, reader and officer");
    }
}

static void replay(void)
{
    struct fail f = { 0 };
    struct asker who;
    AUTO(str_freep) char *good = str_format("DPoP %s", token);
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    ok(jose_make_dpop(bob, "GET", HTU, token, test_now(), proof, &f) == OK &&
           auth_check(n, good, buf_text(proof), "GET", HTU, "alder.example", &who, &f) == OK,
       "a proof counts: %s", f.what);
    ok(auth_check(n, good, buf_text(proof), "GET", HTU, "alder.example", &who, &f) == E_UNAUTHENTICATED &&
           f.reason == REASON_REPLAY,
       "once: %s", f.what);
}

/* One request with a proof of ${iat_ms} and ${nonce}, sent ${times} times: what the last one is refused for. */
static enum reason with_nonce(uint64_t iat_ms, const char *nonce, int times)
{
    struct asker who;
    AUTO(str_freep) char *good = str_format("DPoP %s", token);
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    struct fail f = { 0 };
    if (jose_make_dpop_nonce(bob, "GET", HTU, token, nonce, iat_ms, proof, &f) != OK)
        return REASON_COUNT;
    for (int i = 0; i < times; i++) {
        fail_clear(&f);
        if (auth_check(n, good, buf_text(proof), "GET", HTU, "alder.example", &who, &f) == OK)
            f.reason = REASON_NONE;
    }
    return f.reason;
}

/* ${killed}: the process before did not get to leave behind what it took. */
static void reopen(bool killed)
{
    struct fail f = { 0 };
    AUTO(str_freep) char *home = str_dup(n->home);
    AUTO(str_freep) char *file = str_format("%s/orcon.db", home);
    node_closep(&n);
    ok(!killed || store_alter(file, "UPDATE setting SET value = 'open' WHERE name = 'proofs-last'") == 1,
       "as one that was killed leaves it");
    if (!ok(node_open(home, false, &n, &f) == OK, "the node is started again: %s", f.what))
        exit(1);
    n->now_ms = test_now;
    n->started_ms = test_now();
}

/* The clock stands still here; a process starts, and what it knew of proofs is gone. */
static void starts(void)
{
    reopen(true);
    uint64_t now_ms = test_now() / 1000 * 1000 + 500, started_ms = n->started_ms;
    const char *ours = proofs_nonce(n);
    char cut[40], other[40];
    snprintf(cut, sizeof cut, "%.31s", ours);
    snprintf(other, sizeof other, "%.31s%c", ours, ours[31] == '0' ? '1' : '0');
    const struct {
        const char *what;
        int64_t started_ms, iat_ms; /* from now */
        const char *nonce;
        int times;
        enum reason want;
    } rows[] = {
        { "made long after the start", -5000, 0, NULL, 1, REASON_NONE },
        { "made in the second after it", -1000, 0, NULL, 1, REASON_NONE },
        { "made in the second of the start", -100, 0, NULL, 1, REASON_NONCE },
        { "the same with the nonce", -100, 0, ours, 1, REASON_NONE },
        { "which counts once", -100, 0, ours, 2, REASON_REPLAY },
        { "made before it", 0, -30000, NULL, 1, REASON_NONCE },
        { "made before it, with the nonce", 0, -30000, ours, 1, REASON_NONE },
        { "another nonce", -5000, 0, other, 1, REASON_NONCE },
        { "a part of it", -5000, 0, cut, 1, REASON_NONCE },
        { "more than it", -5000, 0, "0123456789abcdef0123456789abcdef0", 1, REASON_NONCE },
        { "no text", -5000, 0, "\x01", 1, REASON_PROOF },
        { "too old, nonce or not", -5000, -61000, ours, 1, REASON_PROOF },
    };
    test_clock_ms = now_ms;
    for (size_t i = 0; i < COUNT(rows); i++) {
        n->started_ms = (uint64_t)((int64_t)now_ms + rows[i].started_ms);
        enum reason got =
            with_nonce((uint64_t)((int64_t)now_ms + rows[i].iat_ms), rows[i].nonce, rows[i].times);
        ok(got == rows[i].want, "a proof %s: '%s'", rows[i].what, reason_code(got));
    }
    n->started_ms = started_ms;
}

/* What a client whose clock is ahead had taken does not count again, either. */
static void ahead(void)
{
    struct asker who;
    struct fail f = { 0 };
    AUTO(str_freep) char *good = str_format("DPoP %s", token);
    AUTO(str_freep) char *was = str_dup(proofs_nonce(n));
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    ok(jose_make_dpop(bob, "GET", HTU, token, test_now() + 20000, proof, &f) == OK &&
           auth_check(n, good, buf_text(proof), "GET", HTU, "alder.example", &who, &f) == OK,
       "a clock that is 20 s ahead is let pass: %s", f.what);
    reopen(true);
    ok(strcmp(was, proofs_nonce(n)) != 0, "a new process has a new nonce");
    ok(with_nonce(test_now(), was, 1) == REASON_NONCE, "the one of before is no good");
    test_clock_ms += 21000;
    ok(auth_check(n, good, buf_text(proof), "GET", HTU, "alder.example", &who, &f) == E_UNAUTHENTICATED &&
           f.reason == REASON_NONCE,
       "after a start it does not count again, when its time has come: %s", f.what);
    ok(with_nonce(test_now(), proofs_nonce(n), 1) == REASON_NONE, "with the nonce others do at once");
    ok(with_nonce(test_now() + 12000, NULL, 1) == REASON_NONE, "and without it those that are later than it");
}

/* A process that ended as it should says which proofs it took: only as old ones need a nonce. */
static void ends(void)
{
    test_clock_ms += 60000;
    ok(with_nonce(test_now(), NULL, 1) == REASON_NONE, "a proof of now");
    reopen(false);
    ok(with_nonce(test_now(), NULL, 1) == REASON_NONCE, "may have counted before");
    ok(with_nonce(test_now() + 1000, NULL, 1) == REASON_NONE, "one of the next second did not");
    ok(with_nonce(test_now() + 9000, proofs_nonce(n), 1) == REASON_NONE,
       "one with a nonce leaves nothing behind");
    reopen(false);
    ok(with_nonce(test_now() + 1000, NULL, 1) == REASON_NONCE,
       "nor can it be used again after one more start");
    ok(with_nonce(test_now() + 2000, NULL, 1) == REASON_NONE, "and later ones count");
    reopen(false);
    reopen(false);
    ok(with_nonce(test_now() + 2000, NULL, 1) == REASON_NONCE, "also after a process that took none");
}

/* A token that another organisation signed for one of our people, or for one of its own whom nobody
 * confirmed. */
static void issuers(void)
{
    AUTO(json_freep) json_t *payload = NULL;
    struct jose *j = NULL;
    struct fail f = { 0 };
    struct asker who;
    AUTO(buf_freep) struct buf *forged = buf_new(8192);
    if (!ok(jose_read(bytes_str(token), JOSE_MAX_SMALL, "token", &j, &f) == OK, "the token reads"))
        return;
    payload = json_deep_copy(j->payload);
    jose_free(j);
    ok(jose_sign(eve, NULL, "at+jwt", payload, forged, &f) == OK, "forged with another key");
    AUTO(str_freep) char *own = str_format("DPoP %s", buf_text(forged));
    ok(attempt(own, bob, "GET", HTU, buf_text(forged), "alder.example", &who) == REASON_TOKEN,
       "a token forged is none");
    buf_reset(forged);
    json_object_set_new(payload, "iss", json_string("birch.example"));
    ok(jose_sign(eve, NULL, "at+jwt", payload, forged, &f) == OK, "by another issuer");
    AUTO(str_freep) char *other = str_format("DPoP %s", buf_text(forged));
    ok(attempt(other, bob, "GET", HTU, buf_text(forged), "alder.example", &who) == REASON_UNKNOWN_PARTNER,
       "another organisation may not vouch for our people, and nobody learns from a forged token whose "
       "clients are whose");
    buf_reset(forged);
    json_object_set_new(payload, "sub", json_string("bob@birch.example"));
    ok(jose_sign(eve, NULL, "at+jwt", payload, forged, &f) == OK, "for its own people");
    AUTO(str_freep) char *unknown = str_format("DPoP %s", buf_text(forged));
    ok(attempt(unknown, bob, "GET", HTU, buf_text(forged), "alder.example", &who) == REASON_UNKNOWN_PARTNER,
       "an organisation whose card is not here vouches for nobody");
}

/* eve, who has no key here, asks for a token as somebody: who there is and who is suspended she does not learn. */
static void strangers(void)
{
    static const char *const names[] = { "bob@alder.example", "nobody@alder.example" };
    struct fail f[COUNT(names)] = { 0 };
    for (size_t i = 0; i < COUNT(names); i++) {
        ok(!home_token(n, names[i], eve, "alder.example", &f[i]) && f[i].reason == REASON_TOKEN,
           "eve gets no token as %s: %s", names[i], f[i].what);
        ok(f[i].code == f[0].code && strcmp(strchr(f[i].what, '@'), strchr(f[0].what, '@')) == 0,
           "and hears no more of one than of the other");
    }
}

static void later(void)
{
    struct asker who;
    struct fail f = { 0 };
    AUTO(str_freep) char *good = str_format("DPoP %s", token);
    test_clock_ms += 300000;
    ok(attempt(good, bob, "GET", HTU, token, "alder.example", &who) == REASON_TOKEN_EXPIRED,
       "expired after 300 s");
    AUTO(str_freep) char *fresh = home_token(n, "bob@alder.example", bob, "alder.example", &f);
    AUTO(str_freep) char *again = str_format("DPoP %s", fresh ? fresh : "");
    ok(fresh && attempt(again, bob, "GET", HTU, fresh, "alder.example", &who) == REASON_NONE,
       "a new one counts: %s", f.what);
    ok(people_suspend(n, "bob@alder.example", NULL, &f) == OK, "bob is suspended: %s", f.what);
    ok(attempt(again, bob, "GET", HTU, fresh, "alder.example", &who) == REASON_SUSPENDED_PERSON,
       "and refused on the next request, whatever his token says");
    ok(!home_token(n, "bob@alder.example", bob, "alder.example", &f), "and gets no new one: %s", f.what);
    fail_clear(&f);
    strangers();
    ok(people_resume(n, "bob@alder.example", &f) == OK &&
           attempt(again, bob, "GET", HTU, fresh, "alder.example", &who) == REASON_NONE,
       "until he is not: %s", f.what);
    char thumbprint[THUMBPRINT_SIZE];
    ok(key_thumbprint(bob, thumbprint, &f) == OK &&
           people_suspend(n, "bob@alder.example", thumbprint, &f) == OK,
       "his device is revoked: %s", f.what);
    ok(attempt(again, bob, "GET", HTU, fresh, "alder.example", &who) == REASON_SUSPENDED_DEVICE,
       "and counts no more");
}

static void enrolment(void)
{
    struct fail f = { 0 };
    AUTO(str_freep) char *url = NULL;
    AUTO(key_freep) struct key *key = NULL;
    AUTO(key_freep) struct key *second = NULL;
    AUTO(str_freep) char *check = NULL;
    ok(people_add(n, "zoe@birch.example", "reader", NULL, NULL, &url, &f) == E_REFUSED, "not of ours: %s",
       f.what);
    fail_clear(&f);
    ok(people_add(n, "Zoe@alder.example", "reader", NULL, NULL, &url, &f) == E_USAGE, "not a name: %s",
       f.what);
    fail_clear(&f);
    ok(people_add(n, "zoe@alder.example", "king", NULL, NULL, &url, &f) == E_USAGE, "no such role: %s",
       f.what);
    fail_clear(&f);
    ok(people_add(n, "zoe@alder.example", "reader,author", NULL, NULL, &url, &f) == OK, "added: %s", f.what);
    ok(home_enrol(n, url, &key, &check, &f) == OK, "enrolled: %s", f.what);
    ok(home_enrol(n, url, &second, NULL, &f) == E_UNAUTHENTICATED && f.reason == REASON_USED, "once: %s",
       f.what);
    fail_clear(&f);
    ok(people_confirm(n, "zoe@alder.example", "zoo zoo zoo zoo zoo zoo", &f) == E_REFUSED, "wrong words: %s",
       f.what);
    fail_clear(&f);
    AUTO(str_freep) char *other = NULL;
    ok(people_add(n, "yan@alder.example", "reader", NULL, NULL, &other, &f) == OK, "another person: %s",
       f.what);
    ok(home_enrol(n, other, &key, NULL, &f) == E_CONFLICT, "one key never serves two: %s", f.what);
    fail_clear(&f);
    AUTO(str_freep) char *late = NULL;
    ok(people_add(n, "yan@alder.example", NULL, NULL, NULL, &late, &f) == OK, "a new enrolment: %s", f.what);
    test_clock_ms += 3600001;
    ok(home_enrol(n, late, &second, NULL, &f) == E_UNAUTHENTICATED, "an hour later: %s", f.what);
}

/* Roles in a token, for those who believe its issuer. */
static size_t token_roles(const char *text)
{
    AUTO(jose_freep) struct jose *jws = NULL;
    struct fail f = { 0 };
    ok(jose_read(bytes_str(text), JOSE_MAX_SMALL, "token", &jws, &f) == OK, "a token: %s", f.what);
    return jws ? json_array_size(json_object_get(jws->payload, "roles")) : 0;
}

/* Whoever catches an enrolment URL on its way to an officer enrols a key of his own: it reads, until its words are confirmed. */
static void one_more_key(void)
{
    struct fail f = { 0 };
    struct asker who = { 0 };
    AUTO(key_freep) struct key *first = home_person(n, "olga@alder.example", "reader,officer");
    AUTO(key_freep) struct key *caught = NULL;
    AUTO(str_freep) char *url = NULL;
    AUTO(str_freep) char *words = NULL;
    ok(people_add(n, "olga@alder.example", NULL, NULL, NULL, &url, &f) == OK &&
           home_enrol(n, url, &caught, &words, &f) == OK,
       "one more key of an officer: %s", f.what);
    AUTO(str_freep) char *text = home_token(n, "olga@alder.example", caught, "alder.example", &f);
    AUTO(str_freep) char *own = home_token(n, "olga@alder.example", first, "alder.example", &f);
    if (!ok(text && own, "tokens: %s", f.what))
        return;
    AUTO(str_freep) char *with = str_format("DPoP %s", text);
    AUTO(str_freep) char *with_own = str_format("DPoP %s", own);
    ok(attempt(with, caught, "GET", HTU, text, "alder.example", &who) == REASON_NONE &&
           who.roles == ROLE_READER,
       "it reads, and is no officer");
    ok(token_roles(text) == 1 && token_roles(own) == 2, "nor does its token say so to partners");
    ok(attempt(with_own, first, "GET", HTU, own, "alder.example", &who) == REASON_NONE &&
           who.roles == (ROLE_READER | ROLE_OFFICER),
       "the other one is what it was");
    ok(people_confirm(n, "olga@alder.example", words, &f) == OK &&
           attempt(with, caught, "GET", HTU, text, "alder.example", &who) == REASON_NONE &&
           who.roles == (ROLE_READER | ROLE_OFFICER),
       "so is this one, once its words are confirmed: %s", f.what);
}

/* One of 64 would begin with a dash, if it might. */
static void secrets(void)
{
    struct fail f = { 0 };
    unsigned made = 0, dashes = 0;
    for (unsigned i = 0; i < 300; i++) {
        AUTO(str_freep) char *secret = NULL;
        AUTO(str_freep) char *name = str_format("scanner%u@alder.example", i);
        if (service_add(n, name, NULL, NULL, &secret, &f) != OK)
            break;
        made++;
        dashes += secret[0] == '-';
    }
    ok(made == 300 && dashes == 0, "no secret of an account looks like an option: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-auth-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    n = home_make(dir, "alder.example");
    bob = home_person(n, "bob@alder.example", "reader,officer");
    ok(key_make(KEY_P256, &eve, &f) == OK, "eve has a key");
    token = home_token(n, "bob@alder.example", bob, "alder.example", &f);
    if (ok(token != NULL, "bob gets a token: %s", f.what)) {
        table();
        replay();
        starts();
        ahead();
        ends();
        issuers();
        later();
        enrolment();
        one_more_key();
        secrets();
    }
    free(token);
    key_free(bob);
    key_free(eve);
    node_close(n);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
