/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/card.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "ledger/statement.h"

static const char *const uses[] = { "card", "statement", "token", "kas" };

void card_free(struct card *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->key_count; i++)
        key_free(c->keys[i].key);
    free(c->keys);
    jose_free(c->jose);
    free(c);
}

void card_freep(struct card **c)
{
    card_free(*c);
    *c = NULL;
}

static bool known_use(const char *use)
{
    for (size_t i = 0; i < COUNT(uses); i++)
        if (strcmp(uses[i], use) == 0)
            return true;
    return false;
}

static enum err read_key(const json_t *j, struct card_key *k, struct fail *f)
{
    const char *kid, *use, *alg;
    const json_t *jwk;
    TRY(json_need_str(j, "kid", "card key", &kid, f));
    TRY(json_need_str(j, "use", "card key", &use, f));
    TRY(json_need_str(j, "alg", "card key", &alg, f));
    TRY(json_need_u64(j, "nbf", "card key", &k->nbf_s, f));
    TRY(json_need_u64(j, "exp", "card key", &k->exp_s, f));
    TRY(json_need_u64(j, "revoked_at", "card key", &k->revoked_s, f));
    TRY(json_need_object(j, "jwk", "card key", &jwk, f));
    if (!known_use(use))
        return fail_set(f, E_INVALID, "card key: unknown use '%.20s'", use);
    if (strcmp(alg, "ES256") != 0 && strcmp(alg, "ECDH-ES") != 0)
        return fail_set(f, E_INVALID, "card key: unknown alg '%.20s'", alg);
    TRY(key_read_jwk(jwk, false, &k->key, f));
    TRY(key_thumbprint(k->key, k->kid, f));
    if (key_kind(k->key) != KEY_P256 || strcmp(k->kid, kid) != 0)
        return fail_set(f, E_INVALID, "card key: kid is not the thumbprint of its P-256 key");
    memcpy(k->use, use, strlen(use) + 1);
    return OK;
}

static enum err read_keys(const json_t *list, struct card *c, struct fail *f)
{
    size_t count = json_array_size(list);
    if (count < 1 || count > 64)
        return fail_set(f, E_INVALID, "card: 1 to 64 keys, not %zu", count);
    c->keys = mem_array(count, sizeof *c->keys);
    for (size_t i = 0; i < count; i++) {
        c->key_count = i + 1;
        TRY(read_key(json_array_get(list, i), &c->keys[i], f));
    }
    return OK;
}

static enum err read_pins(const json_t *list, struct card *c, struct fail *f)
{
    c->pin_count = json_array_size(list);
    if (c->pin_count < 1 || c->pin_count > CARD_PINS_MAX)
        return fail_set(f, E_INVALID, "card: 1 to %d TLS pins, not %zu", CARD_PINS_MAX, c->pin_count);
    for (size_t i = 0; i < c->pin_count; i++) {
        const char *pin = json_string_value(json_array_get(list, i));
        if (!pin || !b64_read_exact(B64_URL, bytes_str(pin), c->pins[i], HASH_LEN))
            return fail_set(f, E_INVALID, "card: TLS pin %zu is not 32 bytes of base64url", i + 1);
    }
    return OK;
}

static enum err check_url(const char *url, struct fail *f)
{
    size_t len = strlen(url);
    if (strncmp(url, "https://", 8) != 0 || len < 9 || len > 512 || url[len - 1] == '/' ||
        strpbrk(url, " ?#\\\"<>"))
        return fail_set(f, E_INVALID, "card: url is not https without query and without a slash at the end");
    return OK;
}

static enum err read_members(struct card *c, struct fail *f)
{
    const json_t *p = c->jose->payload, *keys, *pins;
    const char *domain, *prev;
    uint64_t v;
    TRY(json_need_u64(p, "v", "card", &v, f));
    if (v != 1)
        return fail_set(f, E_INVALID, "card: version %llu is not known", (unsigned long long)v);
    TRY(json_need_str(p, "domain", "card", &domain, f));
    if (!name_is_domain(domain))
        return fail_set(f, E_INVALID, "card: '%.60s' is not a domain in lower case", domain);
    memcpy(c->domain, domain, strlen(domain) + 1);
    TRY(json_need_u64(p, "serial", "card", &c->serial, f));
    TRY(json_need_str(p, "prev", "card", &prev, f));
    uint8_t digest[HASH_LEN];
    if (*prev && !b64_read_exact(B64_URL, bytes_str(prev), digest, HASH_LEN))
        return fail_set(f, E_INVALID, "card: prev is no digest");
    memcpy(c->prev, prev, strlen(prev) + 1);
    TRY(json_may_str(p, "name", "card", &c->name, f));
    TRY(json_need_str(p, "url", "card", &c->url, f));
    TRY(check_url(c->url, f));
    TRY(json_need_str(p, "witness", "card", &c->witness, f));
    TRY(json_need_str(p, "monitor", "card", &c->monitor, f));
    TRY(json_need_str(p, "issuer", "card", &c->issuer, f));
    TRY(json_need_array(p, "logs", "card", &c->logs, f));
    TRY(card_check_logs(c, f));
    TRY(json_need_array(p, "tls_pins", "card", &pins, f));
    TRY(read_pins(pins, c, f));
    TRY(json_need_array(p, "keys", "card", &keys, f));
    return read_keys(keys, c, f);
}

enum err card_read(struct bytes jws, struct card **out, struct fail *f)
{
    AUTO(card_freep) struct card *c = mem_new(sizeof *c);
    TRY(jose_read(jws, CARD_MAX, "card", &c->jose, f));
    TRY(read_members(c, f));
    const struct card_key *k = c->jose->kid ? card_key(c, "card", c->jose->kid) : NULL;
    if (!k)
        return fail_set(f, E_UNVERIFIED, "card of %s is not signed by a card key in it", c->domain);
    if (jose_verify(c->jose, JOSE_ES256, CARD_TYP, k->key, NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "the signature on the card of %s does not hold", c->domain);
    AUTO(buf_freep) struct buf *spki = buf_new(512);
    TRY(key_write_spki(k->key, spki, f));
    hash_sha256(bytes_of(spki), c->card_key_sha);
    jose_digest(c->jose, c->digest);
    *out = c;
    c = NULL;
    return OK;
}

void card_pins(const struct card *c, struct card_pins *out)
{
    for (size_t i = 0; i < c->pin_count; i++) {
        hex_print(BYTES(c->pins[i], HASH_LEN), out->hex[i]);
        out->list[i] = out->hex[i];
    }
}

void card_words(const struct card *c, char out[static WORDS_SIZE])
{
    words_print(c->card_key_sha, out);
}

const struct card_key *card_key(const struct card *c, const char *use, const char *kid)
{
    const struct card_key *best = NULL;
    for (size_t i = 0; i < c->key_count; i++) {
        const struct card_key *k = &c->keys[i];
        if (strcmp(k->use, use) != 0)
            continue;
        if (kid && strcmp(k->kid, kid) == 0)
            return k;
        if (!kid && !k->revoked_s && (!best || k->nbf_s > best->nbf_s))
            best = k;
    }
    return best;
}

enum err card_succeeds(const struct card *last, const struct card *next, struct fail *f)
{
    char prev[44];
    if (strcmp(last->domain, next->domain) != 0)
        return fail_set(f, E_REFUSED, "a card of %s can't follow one of %s", next->domain, last->domain);
    if (next->serial <= last->serial)
        return fail_set(f, E_REFUSED, "card %llu of %s is not newer than card %llu",
                        (unsigned long long)next->serial, next->domain, (unsigned long long)last->serial);
    statement_digest_text(last->digest, prev);
    bool chained = strcmp(prev, next->prev) == 0;
    const struct card_key *k = card_key(last, "card", next->jose->kid);
    if (!chained || !k || k->revoked_s)
        return fail_set(f, E_REFUSED,
                        "card %llu of %s is not signed by the card key of the one before: confirm it anew",
                        (unsigned long long)next->serial, next->domain);
    return card_keeps_logs(last, next, f);
}

enum err card_payload(const struct card_making *m, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *p = json_object();
    json_t *pins = json_array(), *keys = json_array(), *logs = json_array();
    json_set_u64(p, "v", 1);
    json_set_str(p, "domain", m->domain);
    json_set_str(p, "name", m->name);
    json_set_u64(p, "serial", m->serial);
    json_set_str(p, "prev", m->prev ? m->prev : "");
    json_set_str(p, "url", m->url);
    json_set_take(p, "tls_pins", pins);
    json_set_take(p, "keys", keys);
    json_set_take(p, "logs", logs);
    json_set_str(p, "witness", m->witness);
    json_set_str(p, "monitor", m->monitor);
    json_set_str(p, "issuer", m->domain);
    for (size_t i = 0; i < m->pin_count; i++) {
        char pin[44];
        statement_digest_text(m->pins[i], pin);
        json_array_append_new(pins, json_string(pin));
    }
    for (size_t i = 0; i < m->log_count; i++)
        json_array_append_new(logs, json_string(m->logs[i]));
    for (size_t i = 0; i < m->key_count; i++) {
        char kid[THUMBPRINT_SIZE];
        TRY(key_thumbprint(m->keys[i].key, kid, f));
        json_t *k = json_object();
        json_array_append_new(keys, k);
        json_set_str(k, "kid", kid);
        json_set_str(k, "use", m->keys[i].use);
        json_set_str(k, "alg", strcmp(m->keys[i].use, "kas") == 0 ? "ECDH-ES" : "ES256");
        json_set_u64(k, "nbf", m->keys[i].nbf_s);
        json_set_u64(k, "exp", m->keys[i].exp_s);
        json_set_u64(k, "revoked_at", m->keys[i].revoked_s);
        json_set_take(k, "jwk", key_jwk(m->keys[i].key));
    }
    *out = json_incref(p);
    return OK;
}
