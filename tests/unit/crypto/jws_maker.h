/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/crypto/jws_maker.h - a JWS of any texts, rightly signed: what jose_sign would never write */
#ifndef TESTS_CRYPTO_JWS_MAKER_H
#define TESTS_CRYPTO_JWS_MAKER_H

#include "base/b64.h"
#include "base/mem.h"
#include "crypto/sign.h"

/* jws_of: b64u(header).b64u(payload).b64u(ES256 by ${k}); caller frees. */
__attribute__((unused)) static char *jws_of(const struct key *k, const char *header, const char *payload)
{
    struct buf out;
    uint8_t signature[SIGN_LEN];
    buf_init(&out, BUF_MAX_DEFAULT);
    b64_put(&out, B64_URL, bytes_str(header));
    buf_put_u8(&out, '.');
    b64_put(&out, B64_URL, bytes_str(payload));
    if (sign_es256(k, bytes_of(&out), signature, NULL) != OK)
        BUG("signing failed in a test");
    buf_put_u8(&out, '.');
    b64_put(&out, B64_URL, BYTES(signature, SIGN_LEN));
    return buf_steal_text(&out);
}

/* jws_resigned: ${input} as it is (header.payload, however spelt) with a signature over exactly that. */
__attribute__((unused)) static char *jws_resigned(const struct key *k, const char *input)
{
    struct buf out;
    uint8_t signature[SIGN_LEN];
    buf_init(&out, BUF_MAX_DEFAULT);
    buf_put_str(&out, input);
    if (sign_es256(k, bytes_of(&out), signature, NULL) != OK)
        BUG("signing failed in a test");
    buf_put_u8(&out, '.');
    b64_put(&out, B64_URL, BYTES(signature, SIGN_LEN));
    return buf_steal_text(&out);
}

#endif
