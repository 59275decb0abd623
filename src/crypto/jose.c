/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/jose.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/sign.h"

static const char *const alg_names[] = { [JOSE_ES256] = "ES256", [JOSE_RS256] = "RS256" };

/* Header parameters that would change what is signed or how it is read (RFC 7515, 4.1.11; RFC 7797, 3). */
static const char *const refused[] = { "crit", "b64" };

/* Decode one part and parse it: an object, or nothing. */
static enum err read_object(struct bytes text, const char *what, const char *part, json_t **out,
                            struct fail *f)
{
    AUTO(buf_freep) struct buf *raw = buf_new(text.len);
    struct fail why = { 0 };
    if (b64_read(B64_URL, text, raw, part, &why) != OK ||
        json_read(bytes_of(raw), text.len, part, out, &why) != OK)
        return fail_set(f, E_INVALID, "%s: %s", what, why.what);
    if (!json_is_object(*out))
        return fail_set(f, E_INVALID, "%s: the %s is no object", what, part);
    return OK;
}

static enum err read_header(struct jose *j, const char *what, struct fail *f)
{
    bool known = false;
    TRY(json_need_str(j->header, "alg", what, &j->alg, f));
    for (size_t i = 0; i < COUNT(alg_names); i++)
        known |= strcmp(j->alg, alg_names[i]) == 0;
    if (!known)
        return fail_set(f, E_INVALID, "%s: the header's alg is neither ES256 nor RS256", what);
    for (size_t i = 0; i < COUNT(refused); i++)
        if (json_object_get(j->header, refused[i]))
            return fail_set(f, E_INVALID, "%s: the header has \"%s\", which is not understood here", what,
                            refused[i]);
    if (json_object_get(j->header, "typ"))
        TRY(json_need_str(j->header, "typ", what, &j->typ, f));
    if (json_object_get(j->header, "kid"))
        TRY(json_need_str(j->header, "kid", what, &j->kid, f));
    return OK;
}

enum err jose_read(struct bytes text, size_t max, const char *what, struct jose **out, struct fail *f)
{
    if (text.len > max)
        return fail_set(f, E_TOO_LARGE, "%s is larger than %zu bytes", what, max);
    const uint8_t *end = text.data + text.len;
    const uint8_t *dot = text.len ? memchr(text.data, '.', text.len) : NULL;
    const uint8_t *second = dot ? memchr(dot + 1, '.', (size_t)(end - dot - 1)) : NULL;
    if (!second)
        return fail_set(f, E_INVALID, "%s is not a compact JWS: header.payload.signature", what);
    AUTO(jose_freep) struct jose *j = mem_new(sizeof *j);
    TRY(read_object(BYTES(text.data, (size_t)(dot - text.data)), what, "header", &j->header, f));
    TRY(read_header(j, what, f));
    TRY(read_object(BYTES(dot + 1, (size_t)(second - dot - 1)), what, "payload", &j->payload, f));
    struct buf signature;
    buf_init(&signature, sizeof j->signature);
    struct bytes letters = BYTES(second + 1, (size_t)(end - second - 1));
    if (b64_read(B64_URL, letters, &signature, "signature", NULL) != OK || signature.len == 0) {
        buf_clear(&signature);
        return fail_set(f, E_INVALID, "%s: the signature is no base64url of 1 to %zu bytes", what,
                        sizeof j->signature);
    }
    memcpy(j->signature, signature.data, signature.len);
    j->signature_len = signature.len;
    buf_clear(&signature);
    j->text = mem_dup(text.data, text.len);
    j->signing_input = BYTES(j->text, (size_t)(second - text.data));
    *out = j;
    j = NULL;
    return OK;
}

void jose_free(struct jose *j)
{
    if (!j)
        return;
    json_decref(j->header);
    json_decref(j->payload);
    free(j->text);
    free(j);
}

void jose_freep(struct jose **j)
{
    jose_free(*j);
    *j = NULL;
}

enum err jose_verify(const struct jose *j, enum jose_alg alg, const char *typ, const struct key *k,
                     struct fail *f)
{
    struct bytes signature = BYTES(j->signature, j->signature_len);
    if (strcmp(j->alg, alg_names[alg]) != 0)
        return fail_set(f, E_UNVERIFIED, "signed under %s instead of %s", j->alg, alg_names[alg]);
    if (typ && (!j->typ || strcmp(j->typ, typ) != 0))
        return fail_set(f, E_UNVERIFIED, "the JWS is not of type %s", typ);
    return alg == JOSE_ES256 ? verify_es256(k, j->signing_input, signature, f)
                             : verify_rs256(k, j->signing_input, signature, f);
}

void jose_digest(const struct jose *j, uint8_t out[static HASH_LEN])
{
    hash_sha256(j->signing_input, out);
}

static void put_part(const json_t *v, struct buf *out)
{
    AUTO(buf_freep) struct buf *text = buf_new(out->max);
    json_put(text, v);
    if (text->failed)
        out->failed = true;
    else
        b64_put(out, B64_URL, bytes_of(text));
}

void jose_signing_input_with(const char *kid, const char *typ, const json_t *extra, const json_t *payload,
                             struct buf *out)
{
    AUTO(json_freep) json_t *header = json_object();
    json_set_str(header, "alg", alg_names[JOSE_ES256]);
    if (kid && kid[0])
        json_set_str(header, "kid", kid);
    json_set_str(header, "typ", typ);
    AUTO(json_freep) json_t *more = extra ? json_deep_copy(extra) : NULL;
    if (more && json_object_update(header, more) != 0)
        BUG("header members can't be added");
    put_part(header, out);
    buf_put_u8(out, '.');
    put_part(payload, out);
}

void jose_signing_input(const char *kid, const char *typ, const json_t *payload, struct buf *out)
{
    jose_signing_input_with(kid, typ, NULL, payload, out);
}

void jose_finish(struct buf *signing_input, const uint8_t signature[static 64])
{
    buf_put_u8(signing_input, '.');
    b64_put(signing_input, B64_URL, BYTES(signature, SIGN_LEN));
}

/* Sign what ${out} has from ${start} on. */
static enum err sign_from(const struct key *k, size_t start, struct buf *out, struct fail *f)
{
    uint8_t signature[SIGN_LEN];
    TRY(buf_check(out, "a JWS", f));
    TRY(sign_es256(k, BYTES(out->data + start, out->len - start), signature, f));
    jose_finish(out, signature);
    return buf_check(out, "a JWS", f);
}

enum err jose_sign(const struct key *k, const char *kid, const char *typ, const json_t *payload,
                   struct buf *out, struct fail *f)
{
    return jose_sign_with(k, kid, typ, NULL, payload, out, f);
}

enum err jose_sign_with(const struct key *k, const char *kid, const char *typ, const json_t *extra,
                        const json_t *payload, struct buf *out, struct fail *f)
{
    char own[THUMBPRINT_SIZE];
    size_t start = out->len;
    if (!kid) {
        TRY(key_thumbprint(k, own, f));
        kid = own;
    }
    jose_signing_input_with(kid, typ, extra, payload, out);
    return sign_from(k, start, out, f);
}
