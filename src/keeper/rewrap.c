/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/rewrap.h"

#include <string.h>

#include "base/json.h"
#include "crypto/jose.h"
#include "crypto/seal.h"

#include "keeper/shown.h"
#include "keeper/srt.h"
#include "tdf/open.h"

#define TOKEN "access token"

/* What all items of a request share, once it was checked. */
struct session {
    const struct keys *keys;
    struct shown_under under;
    struct probed_token *opened; /* owned: the request token, and what of it a probe opened a moment ago */
    const struct srt *srt;       /* opened's */
    struct jose *token;
    bool bound; /* the token binds the key that signed the SRT */
    const char *sub;
    uint8_t reader[HASH_LEN]; /* field 15 */
    struct key *client;
    uint8_t agreed[SEAL_KEY_LEN]; /* EC: between the key of this reply and the client's */
    struct seal *seal;            /* under agreed; NULL for an RSA client */
    struct buf pem;
};

static void session_clear(struct session *s)
{
    probed_token_free(s->opened);
    jose_free(s->token);
    key_free(s->client);
    seal_freep(&s->seal);
    wipe(s->agreed, sizeof s->agreed);
    buf_clear(&s->pem);
}

/* The reader --------------------------------------------------------------------------------------------- */

/* The token binds ${key}: cnf.jkt is its thumbprint (RFC 9449, 6.1). Who issued it is not known here; the
 * entry names the bytes. */
static bool is_bound(const json_t *token, const struct key *key)
{
    char thumbprint[THUMBPRINT_SIZE];
    const char *jkt = json_string_value(json_object_get(json_object_get(token, "cnf"), "jkt"));
    return jkt && key && key_thumbprint(key, thumbprint, NULL) == OK && strcmp(jkt, thumbprint) == 0;
}

/* One that does not bind the key is worth as much as its issuer's signature: ours alone is known here. */
static enum err check_ours(const struct session *s, struct fail *f)
{
    const struct keys_row *row;
    for (size_t i = 0; (row = keys_at(s->keys, USE_TOKEN, i)) != NULL; i++)
        if (jose_verify(s->token, JOSE_ES256, "at+jwt", row->key, NULL) == OK)
            return OK;
    return fail_why(f, REASON_PROOF, "the access token is bound to another key, and is not one of ours");
}

static enum err read_token(struct session *s, struct bytes text, const struct key *key, struct fail *f)
{
    TRY(jose_read(text, JOSE_MAX_SMALL, TOKEN, &s->token, f));
    TRY(json_need_str(s->token->payload, "sub", TOKEN, &s->sub, f));
    s->bound = is_bound(s->token->payload, key);
    return s->bound ? OK : check_ours(s, f);
}

static enum err read_srt(struct session *s, struct probed *probed, struct bytes text, struct fail *f)
{
    uint8_t digest[HASH_LEN];
    hash_sha256(text, digest);
    s->opened = probed_take(probed, digest);
    if (!s->opened) {
        s->opened = mem_new(sizeof *s->opened);
        TRY(srt_read(text, &s->opened->srt, f));
    }
    s->srt = s->opened->srt;
    return OK;
}

static enum err read_reader(struct session *s, struct probed *probed, const struct wire_rewrap *v,
                            struct fail *f)
{
    AUTO(json_freep) json_t *jwk = NULL;
    AUTO(key_freep) struct key *key = NULL;
    if (v->jwk.len) {
        TRY(json_read(v->jwk, 8192, "reader's key", &jwk, f));
        TRY(key_read_jwk(jwk, false, &key, f));
    }
    TRY(read_token(s, v->token, key, f));
    TRY(read_srt(s, probed, v->srt, f));
    if (key)
        TRY(srt_verify(s->srt, key, f));
    body_reader_digest(v->srt, v->token, s->reader);
    return OK;
}

/* One ephemeral key for the whole reply: each item is wrapped under the one agreement, with an iv of its
 * own. */
static enum err agree(struct session *s, struct fail *f)
{
    AUTO(key_freep) struct key *mine = NULL;
    TRY(key_read_pem(bytes_str(s->srt->client_pem), &s->client, f));
    if (key_kind(s->client) == KEY_RSA)
        return OK;
    if (key_kind(s->client) != KEY_P256)
        return fail_set(f, E_INVALID, "clientPublicKey is neither P-256 nor RSA");
    TRY(key_make(KEY_P256, &mine, f));
    TRY(wrap_ec_agree(mine, s->client, s->agreed, f));
    TRY(key_write_public_pem(mine, &s->pem, f));
    s->seal = seal_new(s->agreed);
    return OK;
}

/* One item ----------------------------------------------------------------------------------------------- */

/* The event says that this person was given this copy's key for exactly this request. */
static enum err check_event(const struct session *s, const struct keeper_entry *entry, struct bytes *copy,
                            struct fail *f)
{
    struct shown shown;
    TRY(shown_check(entry, &s->under, &shown, f));
    enum entry_kind kind = shown_kind(&shown);
    if (kind != KIND_BRIEFING && kind != KIND_REISSUE)
        return fail_set(f, E_UNVERIFIED, "the entry is neither briefing nor reissue");
    /* A machine's organisation is briefed as a whole: field 3 is then `@domain` (docs/formats.md, 1.2). */
    const char *at = strchr(s->sub, '@');
    struct bytes person = shown.field[FIELD_PERSON];
    bool whole = person.data && person.len > 0 && person.data[0] == '@' && at;
    TRY(shown_need(&shown, FIELD_PERSON, bytes_str(whole ? at : s->sub), f));
    TRY(shown_need(&shown, FIELD_READER, BYTES(s->reader, HASH_LEN), f));
    if (!s->bound)
        TRY(shown_need(&shown, FIELD_REPORT, BYTES("", 0), f));
    *copy = shown.field[FIELD_COPY];
    if (!copy->data || copy->len == 0)
        return fail_set(f, E_UNVERIFIED, "the entry names no copy");
    return OK;
}

static enum err check_policy(const char *body, struct bytes copy, struct fail *f)
{
    struct tdf_policy policy = { 0 };
    TRY(tdf_policy_read(body, &policy, f));
    bool is = policy.uuid && bytes_equal(bytes_str(policy.uuid), copy);
    tdf_policy_clear(&policy);
    return is ? OK : fail_set(f, E_UNVERIFIED, "the policy is not that of the copy in the entry");
}

/* With kid: that key. Without, foreign files have that: whichever opens it. */
static enum err open_share(const struct keys *k, const struct tdf_kao *kao, const char *policy,
                           uint8_t share[static TDF_KEY_LEN], struct fail *f)
{
    const enum key_use use = kao->wrap == TDF_WRAP_RSA ? USE_KAS_RSA : USE_KAS;
    const struct keys_row *row;
    for (size_t i = 0; (row = keys_at(k, use, i)) != NULL; i++)
        if ((!kao->kid || strcmp(kao->kid, row->kid) == 0) &&
            tdf_unwrap(kao, policy, row->key, share, NULL) == OK)
            return OK;
    return fail_why(f, REASON_TAMPERED, "the wrapped key does not open, or is bound to another policy");
}

static enum err wrap_share(const struct session *s, const uint8_t share[static TDF_KEY_LEN],
                           struct keeper_rewrap_item *out, struct fail *f)
{
    if (s->seal) {
        out->wrapped_len = TDF_KEY_LEN + SEAL_OVERHEAD;
        return seal_lock(s->seal, BYTES(share, TDF_KEY_LEN), out->wrapped, f);
    }
    AUTO(buf_freep) struct buf *wrapped = buf_new(sizeof out->wrapped);
    TRY(wrap_rsa(s->client, BYTES(share, TDF_KEY_LEN), wrapped, f));
    TRY(buf_check(wrapped, "wrapped key", f));
    memcpy(out->wrapped, wrapped->data, wrapped->len);
    out->wrapped_len = wrapped->len;
    return OK;
}

static enum err rewrap_kao(const struct session *s, const struct wire_item *item, const char *policy,
                           struct keeper_rewrap_item *out, struct fail *f)
{
    AUTO(wipe32_p) uint8_t share[TDF_KEY_LEN];
    AUTO(tdf_kao_clear) struct tdf_kao kao = { 0 };
    const uint8_t *opened = probed_token_find(s->opened, item->policy, item->kao);
    if (opened)
        return wrap_share(s, opened, out, f);
    TRY(srt_kao(s->srt, item->policy, item->kao, &kao, f));
    TRY(open_share(s->keys, &kao, policy, share, f));
    return wrap_share(s, share, out, f);
}

static enum err rewrap_item(const struct session *s, const struct wire_item *item,
                            struct keeper_rewrap_item *out, struct fail *f)
{
    struct bytes copy;
    TRY(check_event(s, &item->shown.entry, &copy, f));
    if (item->kao >= srt_kao_count(s->srt, item->policy))
        return fail_set(f, E_INVALID, "the request token has no such key access object");
    const char *policy = s->srt->policies[item->policy].body;
    TRY(check_policy(policy, copy, f));
    return rewrap_kao(s, item, policy, out, f);
}

/* The request -------------------------------------------------------------------------------------------- */

static enum err session_open(struct session *s, struct probed *probed, const struct wire_rewrap *v,
                             struct fail *f)
{
    TRY(read_reader(s, probed, v, f));
    TRY(shown_under(s->keys, v->checkpoint, &s->under, f));
    return agree(s, f);
}

enum err rewrap_answer(const struct keys *k, struct probed *probed, const struct wire_rewrap *v,
                       struct buf *reply, struct fail *f)
{
    AUTO(session_clear) struct session s = { .keys = k };
    buf_init(&s.pem, 1024);
    TRY(session_open(&s, probed, v, f));
    buf_put_u16_bytes(reply, bytes_of(&s.pem));
    for (size_t i = 0; i < v->count; i++) {
        struct keeper_rewrap_item out = { 0 };
        struct fail why = { 0 };
        out.result = rewrap_item(&s, &v->items[i], &out, &why);
        out.reason = out.result == OK ? REASON_NONE : why.reason;
        wire_put_outcome(reply, &out);
    }
    return buf_check(reply, "reply", f);
}

/* Probing ------------------------------------------------------------------------------------------------ */

static enum err probe_item(const struct keys *k, struct probed_token *t, unsigned policy, unsigned number)
{
    struct probed_share *to = &t->shares[t->count];
    struct tdf_kao kao = { 0 };
    if (srt_kao(t->srt, policy, number, &kao, NULL) != OK)
        return E_UNVERIFIED;
    enum err e = open_share(k, &kao, t->srt->policies[policy].body, to->share, NULL);
    tdf_kao_clear(&kao);
    to->policy = policy;
    to->kao = number;
    t->count += e == OK;
    return e;
}

enum err rewrap_probe(const struct keys *k, struct probed *probed, const struct wire_probe *v,
                      struct buf *reply, struct fail *f)
{
    AUTO(probed_token_freep) struct probed_token *t = mem_new(sizeof *t);
    uint8_t digest[HASH_LEN];
    TRY(srt_read(v->srt, &t->srt, f));
    t->shares = mem_array(v->count, sizeof *t->shares);
    for (size_t i = 0; i < v->count; i++) {
        struct keeper_rewrap_item out = { 0 };
        out.result = probe_item(k, t, v->items[i].policy, v->items[i].kao);
        out.reason = out.result == OK ? REASON_NONE : REASON_TAMPERED;
        wire_put_outcome(reply, &out);
    }
    TRY(buf_check(reply, "reply", f));
    if (t->count > 0) {
        hash_sha256(v->srt, digest);
        probed_put(probed, digest, t);
        t = NULL;
    }
    return OK;
}
