/* SPDX-License-Identifier: Apache-2.0 - ES256 (RFC 7515, A.3), RS256, Ed25519 (RFC 8032, 7.1) */
#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "vectors.h"

#define ES_MESSAGE                                                                                           \
    "eyJhbGciOiJFUzI1NiJ9."                                                                                  \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cn"             \
    "VlfQ"
#define ES_SIGNATURE "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"

static struct key *rfc7515_key(void)
{
    struct key *k = NULL;
    AUTO(json_freep)
    json_t *jwk = json_pack("{s:s, s:s, s:s, s:s}", "kty", "EC", "crv", "P-256", "x",
                            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y",
                            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
    if (key_read_jwk(jwk, false, &k, NULL) != OK)
        BUG("the key of RFC 7515 does not load");
    return k;
}

/* What is done to a good signature before it is shown. */
static const struct {
    const char *name;
    size_t len, flip; /* flip: index of the byte; 99 = none */
    int fill;         /* -1, or a byte that fills ${from} to ${to} */
    size_t from, to;
} es_rows[] = {
    { "flipped bit in R", 64, 0, -1, 0, 0 },
    { "flipped bit in S", 64, 63, -1, 0, 0 },
    { "truncated", 63, 99, -1, 0, 0 },
    { "trailing byte", 65, 99, -1, 0, 0 },
    { "empty", 0, 99, -1, 0, 0 },
    { "R = 0", 64, 99, 0, 0, 32 },
    { "S = 0", 64, 99, 0, 32, 64 },
    { "both 0", 64, 99, 0, 0, 64 },
    { "R too large", 64, 99, 0xff, 0, 32 },
    { "S too large", 64, 99, 0xff, 32, 64 },
};

static void test_es256(void)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *k = rfc7515_key(), *mine = NULL, *ed = NULL;
    uint8_t sig[66] = { 0 }, made[SIGN_LEN], again[SIGN_LEN];
    ok(b64_read_exact(B64_URL, bytes_str(ES_SIGNATURE), sig, 64), "the signature of RFC 7515");
    ok(verify_es256(k, bytes_str(ES_MESSAGE), BYTES(sig, 64), &f) == OK, "holds: %s", f.what);
    ok(verify_es256(k, bytes_str(ES_MESSAGE "A"), BYTES(sig, 64), &f) == E_UNVERIFIED, "not for other text");
    for (size_t i = 0; i < COUNT(es_rows); i++) {
        uint8_t bad[66];
        memcpy(bad, sig, sizeof bad);
        if (es_rows[i].flip < 66)
            bad[es_rows[i].flip] ^= 1;
        if (es_rows[i].fill >= 0)
            memset(bad + es_rows[i].from, es_rows[i].fill, es_rows[i].to - es_rows[i].from);
        ok(verify_es256(k, bytes_str(ES_MESSAGE), BYTES(bad, es_rows[i].len), NULL) == E_UNVERIFIED,
           "ES256, %s", es_rows[i].name);
    }
    ok(key_make(KEY_P256, &mine, &f) == OK && key_make(KEY_ED25519, &ed, &f) == OK, "keys of our own");
    bool held = true;
    for (int i = 0; i < 300 && held; i++) { /* enough for R and S with a leading zero byte to come by */
        uint8_t text[4] = { (uint8_t)i, (uint8_t)(i >> 8) };
        held = sign_es256(mine, BYTES(text, 4), made, &f) == OK &&
               verify_es256(mine, BYTES(text, 4), BYTES(made, SIGN_LEN), &f) == OK;
    }
    ok(held, "what we sign, holds: %s", f.what);
    ok(verify_es256(k, bytes_str("x"), BYTES(made, SIGN_LEN), NULL) == E_UNVERIFIED, "not with another key");
    ok(sign_es256(mine, bytes_str("x"), made, &f) == OK &&
           sign_es256(mine, bytes_str("x"), again, &f) == OK && memcmp(made, again, SIGN_LEN) != 0,
       "a fresh nonce each time");
    ok(sign_es256(k, bytes_str("x"), made, NULL) == E_INTERNAL, "a public key signs nothing");
    ok(sign_es256(ed, bytes_str("x"), made, NULL) == E_INTERNAL, "nor does a key of another kind");
    ok(verify_es256(ed, bytes_str("x"), BYTES(made, SIGN_LEN), NULL) == E_UNVERIFIED, "or verify");
}

static void test_rs256(void)
{
    struct fail f = { 0 };
    uint8_t sig[300], other[300];
    AUTO(json_freep) json_t *all = vectors_load("opentdf/wrap.json");
    const json_t *v = json_object_get(all, "rs256"), *keys = json_object_get(all, "keys");
    AUTO(key_freep) struct key *k = NULL, *ec = rfc7515_key(), *wrong = NULL;
    ok(key_read_jwk(json_object_get(json_object_get(keys, "rsa"), "jwk"), false, &k, &f) == OK, "a key");
    struct bytes text = bytes_str(text_at(v, "message")), good = from_hex(text_at(v, "signature"), sig);
    ok(verify_rs256(k, text, good, &f) == OK, "RS256 holds: %s", f.what);
    ok(verify_rs256(k, bytes_str("x"), good, NULL) == E_UNVERIFIED, "not for other text");
    ok(verify_rs256(k, text, BYTES(sig, 255), NULL) == E_UNVERIFIED, "truncated");
    ok(verify_rs256(k, text, BYTES(sig, 257), NULL) == E_UNVERIFIED, "trailing byte");
    ok(verify_rs256(k, text, from_hex(text_at(v, "pss"), other), NULL) == E_UNVERIFIED,
       "PSS is another thing");
    ok(verify_rs256(k, text, from_hex(text_at(v, "sha1"), other), NULL) == E_UNVERIFIED, "so is SHA-1");
    ok(verify_rs256(ec, text, good, NULL) == E_UNVERIFIED, "a key of another kind");
    ok(verify_es256(k, text, BYTES(sig, 64), NULL) == E_UNVERIFIED, "and the other way round");
    ok(key_make(KEY_RSA, &wrong, &f) == OK && verify_rs256(wrong, text, good, NULL) == E_UNVERIFIED,
       "wrong key");
    sig[128] ^= 1;
    ok(verify_rs256(k, text, good, NULL) == E_UNVERIFIED, "flipped bit");
    memset(sig, 0xff, 256);
    ok(verify_rs256(k, text, good, NULL) == E_UNVERIFIED, "a number over the modulus");
}

/* RFC 8032, 7.1: tests 1 to 3 and SHA(abc) */
static const struct {
    const char *seed, *public, *message, *signature;
} ed_rows[] = {
    { "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
      "f0595bbe24"
      "655141438e7a100b" },
    { "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
      "aeb4302aee"
      "b00d291612bb0c00" },
    { "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
      "e9716ed28d"
      "c027beceea1ec40a" },
    { "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d44"
      "23643ce80e"
      "2a9ac94fa54ca49f",
      "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca17"
      "9c138ac17a"
      "d9bef1177331a704" },
};

static void test_ed25519(void)
{
    for (size_t i = 0; i < COUNT(ed_rows); i++) {
        struct fail f = { 0 };
        AUTO(key_freep) struct key *k = NULL, *public = NULL, *other = NULL;
        uint8_t seed[32], raw[32], text[64], sig[SIGN_LEN + 1] = { 0 };
        struct bytes message = from_hex(ed_rows[i].message, text);
        if (!ok(key_read_private(KEY_ED25519, from_hex(ed_rows[i].seed, seed), &k, &f) == OK &&
                    key_read_public(KEY_ED25519, from_hex(ed_rows[i].public, raw), &public, &f) == OK &&
                    key_make(KEY_ED25519, &other, &f) == OK,
                "keys: %s", f.what))
            continue;
        sign_ed25519(k, message, sig);
        is_hex(BYTES(sig, SIGN_LEN), ed_rows[i].signature, "Ed25519 of RFC 8032");
        ok(verify_ed25519(public, message, BYTES(sig, SIGN_LEN), &f) == OK, "holds");
        ok(verify_ed25519(other, message, BYTES(sig, SIGN_LEN), NULL) == E_UNVERIFIED,
           "not with another key");
        ok(verify_ed25519(public, bytes_str("x"), BYTES(sig, SIGN_LEN), NULL) == E_UNVERIFIED,
           "nor for other text");
        ok(verify_ed25519(public, message, BYTES(sig, SIGN_LEN - 1), NULL) == E_UNVERIFIED, "truncated");
        ok(verify_ed25519(public, message, BYTES(sig, SIGN_LEN + 1), NULL) == E_UNVERIFIED, "trailing byte");
        sig[40] ^= 1;
        ok(verify_ed25519(public, message, BYTES(sig, SIGN_LEN), NULL) == E_UNVERIFIED, "flipped bit");
    }
    /* S + L, a second spelling of test 1's S (RFC 8032, 5.1.7: S below the order) */
    AUTO(key_freep) struct key *k = NULL;
    uint8_t raw[32], sig[SIGN_LEN];
    static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                       0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
    (void)from_hex(ed_rows[0].signature, sig);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)sig[32 + i] + order[i];
        sig[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    ok(key_read_public(KEY_ED25519, from_hex(ed_rows[0].public, raw), &k, NULL) == OK &&
           verify_ed25519(k, bytes_str(""), BYTES(sig, SIGN_LEN), NULL) == E_UNVERIFIED,
       "S not reduced");
}

int main(void)
{
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK, "starts: %s", f.what);
    test_es256();
    test_rs256();
    test_ed25519();
    return tap_done();
}
