/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/exchange/home.h - a real home in a temporary folder, and people with keys */
#ifndef TESTS_EXCHANGE_HOME_H
#define TESTS_EXCHANGE_HOME_H

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/conf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/jose.h"
#include "exchange/auth.h"
#include "exchange/node.h"
#include "exchange/people.h"
#include "ledger/possession.h"
#include "tap.h"

static _Atomic uint64_t test_clock_ms; /* a timer's thread may look at it */

static inline uint64_t test_now(void)
{
    return test_clock_ms;
}

/* A node at https://127.0.0.1:1 (nothing listens), with a clock that the test sets. */
static inline struct node *home_make(const char *dir, const char *domain)
{
    struct fail f = { 0 };
    struct node *n = NULL;
    struct node_conf conf = { 0 };
    size_t count;
    AUTO(str_freep) char *home = str_format("%s/%s", dir, domain);
    const struct conf_key *keys = node_conf_keys(&count);
    conf_defaults(keys, count, &conf);
    conf.domain = str_dup(domain);
    conf.url = str_format("https://%s:7700", domain);
    if (!ok(node_init(home, &conf, &f) == OK && node_open(home, false, &n, &f) == OK, "a home of %s: %s",
            domain, f.what))
        exit(1);
    conf_release(keys, count, &conf);
    test_clock_ms = time_now_ms();
    n->now_ms = test_now;
    n->started_ms = test_clock_ms - 1000; /* a while ago: proofs of now need no nonce, also after a kill */
    return n;
}

/* What a client does to enrol: a key, and proof of it. */
static inline enum err home_enrol(struct node *n, const char *url, struct key **key, char **check,
                                  struct fail *f)
{
    AUTO(json_freep) json_t *body = json_object();
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    uint8_t secret[32], digest[HASH_LEN];
    const char *hash = strchr(url, '#') + 1;
    AUTO(str_freep) char *text = mem_dup(hash, strcspn(hash, "."));
    if (!b64_read_exact(B64_URL, bytes_str(text), secret, sizeof secret))
        return fail_set(f, E_INVALID, "no secret");
    hash_sha256(BYTES(secret, sizeof secret), digest);
    if (!*key)
        TRY(key_make(KEY_P256, key, f));
    TRY(possession_make(*key, n->conf.domain, digest, n->now_ms(), proof, f));
    json_set_str(body, "secret", text);
    json_set_str(body, "proof", buf_text(proof));
    TRY(people_enrol(n, body, &answer, f));
    if (check)
        *check = str_dup(json_string_value(json_object_get(answer, "check")));
    return OK;
}

/* A person with a key, roles confirmed. */
static inline struct key *home_person(struct node *n, const char *person, const char *roles)
{
    struct fail f = { 0 };
    struct key *key = NULL;
    AUTO(str_freep) char *url = NULL;
    AUTO(str_freep) char *check = NULL;
    bool good = people_add(n, person, roles, NULL, NULL, &url, &f) == OK &&
                home_enrol(n, url, &key, &check, &f) == OK;
    test_clock_ms++; /* to compare the words takes a while, and of two statements about him the later counts */
    good = good && people_confirm(n, person, check, &f) == OK;
    if (!ok(good, "%s enrols: %s", person, f.what))
        exit(1);
    return key;
}

/* An access token by the node's own issuer, as a client gets one. Caller frees. */
static inline char *home_token(struct node *n, const char *person, const struct key *key,
                               const char *resource, struct fail *f)
{
    AUTO(str_freep) char *htu = str_format("%s/token", n->conf.url);
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(buf_freep) struct buf *assertion = buf_new(8192);
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    char jti[37];
    random_uuid(jti);
    json_set_str(claims, "iss", person);
    json_set_str(claims, "sub", person);
    json_set_str(claims, "aud", htu);
    json_set_u64(claims, "iat", n->now_ms() / 1000);
    json_set_u64(claims, "exp", n->now_ms() / 1000 + 60);
    json_set_str(claims, "jti", jti);
    if (jose_sign(key, NULL, "JWT", claims, assertion, f) != OK ||
        jose_make_dpop(key, "POST", htu, NULL, n->now_ms(), proof, f) != OK ||
        auth_token(n, buf_text(assertion), buf_text(proof), resource, &answer, f) != OK)
        return NULL;
    return str_dup(json_string_value(json_object_get(answer, "access_token")));
}

#endif
