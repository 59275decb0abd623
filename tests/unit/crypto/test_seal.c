/* SPDX-License-Identifier: Apache-2.0 - AES-256-GCM, EC and RSA wraps: another library's, and what must be
 * refused */
#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/seal.h"
#include "vectors.h"

/* McGrew and Viega, The Galois/Counter Mode of Operation, appendix B: cases 13, 14, 16 */
static const struct {
    const char *key, *iv, *aad, *plain, *sealed;
} gcm_rows[] = {
    { "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
      "530f8afbc74536b9a963b4f1c4cb738b" },
    { "0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
      "00000000000000000000000000000000",
      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919" },
    { "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
      "feedfacedeadbeeffeedfacedeadbeefabaddad2",
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aed"
      "f5aa0de6"
      "57ba637b39",
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e"
      "6393ba7a"
      "0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b" },
};

static void test_gcm_vectors(void)
{
    for (size_t i = 0; i < COUNT(gcm_rows); i++) {
        AUTO(buf_freep) struct buf *out = buf_new_secret(200);
        AUTO(str_freep) char *hex = str_format("%s%s", gcm_rows[i].iv, gcm_rows[i].sealed);
        uint8_t key[32], aad[32], sealed[100];
        struct fail f = { 0 };
        (void)from_hex(gcm_rows[i].key, key);
        struct bytes a = from_hex(gcm_rows[i].aad, aad), s = from_hex(hex, sealed);
        ok(seal_open_once(key, a, s, out, &f) == OK, "GCM vector opens: %s", f.what);
        is_hex(bytes_of(out), gcm_rows[i].plain, "plaintext");
        ok(seal_open_once(key, bytes_str("x"), s, out, NULL) == E_UNVERIFIED, "not with other data");
        key[31] ^= 1;
        size_t before = out->len;
        ok(seal_open_once(key, a, s, out, NULL) == E_UNVERIFIED && out->len == before,
           "nor with another key");
    }
}

static void test_altered(struct seal *s, const uint8_t *key, struct bytes plain)
{
    AUTO(mem_freep) uint8_t *sealed = mem_new(plain.len + SEAL_OVERHEAD + 1), *out = mem_new(plain.len + 2);
    struct fail f = { 0 };
    size_t len = plain.len + SEAL_OVERHEAD;
    ok(seal_lock(s, plain, sealed, &f) == OK, "%zu bytes sealed: %s", plain.len, f.what);
    ok(seal_open(s, BYTES(sealed, len), out, &f) == OK && bytes_equal(BYTES(out, plain.len), plain),
       "and opened: %s", f.what);
    AUTO(buf_freep) struct buf *once = buf_new_secret(plain.len + 1);
    ok(seal_open_once(key, BYTES(NULL, 0), BYTES(sealed, len), once, &f) == OK &&
           bytes_equal(bytes_of(once), plain),
       "and in one call: %s", f.what);
    size_t taken = 0, left = 0;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        memset(out, 0xee, plain.len + 1);
        taken += seal_open(s, BYTES(sealed, len), out, NULL) != E_UNVERIFIED;
        for (size_t i = 0; i < plain.len; i++)
            left += out[i] != 0;
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ok(taken == 0 && left == 0, "no flipped bit opens, and nothing is left of what did not: %zu, %zu", taken,
       left);
    ok(seal_open(s, BYTES(sealed, len - 1), out, NULL) == E_UNVERIFIED, "truncated");
    ok(seal_open(s, BYTES(sealed, len + 1), out, NULL) == E_UNVERIFIED, "trailing byte");
    ok(seal_open(s, BYTES(sealed, SEAL_OVERHEAD - 1), out, NULL) == E_UNVERIFIED, "too short to be anything");
    ok(seal_open(s, BYTES(NULL, 0), out, NULL) == E_UNVERIFIED, "nothing");
}

static void test_seal(void)
{
    uint8_t key[SEAL_KEY_LEN], text[100], room[128], again[128];
    random_bytes(key, sizeof key);
    random_bytes(text, sizeof text);
    AUTO(seal_freep) struct seal *s = seal_new(key);
    test_altered(s, key, BYTES(text, sizeof text));
    test_altered(s, key, BYTES(text, 1));
    test_altered(s, key, BYTES(text, 0));
    memcpy(room + SEAL_IV_LEN, text, sizeof text);
    ok(seal_lock(s, BYTES(room + SEAL_IV_LEN, sizeof text), room, NULL) == OK &&
           seal_lock(s, BYTES(text, sizeof text), again, NULL) == OK && memcmp(room, again, SEAL_IV_LEN) != 0,
       "in place, and a fresh iv each time");
    ok(seal_open(s, BYTES(room, sizeof room), room + SEAL_IV_LEN, NULL) == OK &&
           memcmp(room + SEAL_IV_LEN, text, sizeof text) == 0,
       "opened in place");
    AUTO(buf_freep) struct buf *small = buf_new(sizeof text + SEAL_OVERHEAD - 1), *out = buf_new_secret(10);
    ok(seal_lock_once(key, BYTES(NULL, 0), BYTES(text, sizeof text), small, NULL) == E_TOO_LARGE &&
           small->len == 0,
       "no room to seal");
    ok(seal_open_once(key, BYTES(NULL, 0), BYTES(again, sizeof again), out, NULL) == E_TOO_LARGE &&
           out->len == 0,
       "no room to open");
    AUTO(buf_freep) struct buf *with = buf_new(200), *plain = buf_new_secret(200);
    ok(seal_lock_once(key, bytes_str("aad"), BYTES(text, 50), with, NULL) == OK && with->len == 78 &&
           seal_open_once(key, bytes_str("aad"), bytes_of(with), plain, NULL) == OK &&
           bytes_equal(bytes_of(plain), BYTES(text, 50)),
       "with additional data");
    ok(seal_open_once(key, BYTES(NULL, 0), bytes_of(with), plain, NULL) == E_UNVERIFIED, "and not without");
}

static struct key *key_of(const json_t *all, const char *kind, const char *form)
{
    struct key *k = NULL;
    const json_t *forms = json_object_get(json_object_get(all, "keys"), kind);
    if (key_read_pem(bytes_str(text_at(forms, form)), &k, NULL) != OK)
        BUG("a key of the vectors does not load");
    return k;
}

static void test_ec(const json_t *all)
{
    AUTO(key_freep) struct key *kas = key_of(all, "ec", "pkcs8"), *rsa = key_of(all, "rsa", "pkcs8");
    AUTO(key_freep) struct key *public = key_of(all, "ec", "spki");
    uint8_t room[400], secret[32];
    size_t i;
    json_t *v;
    json_array_foreach (json_object_get(all, "ec"), i, v) {
        AUTO(buf_freep) struct buf *out = buf_new_secret(100);
        struct fail f = { 0 };
        ok(unwrap_ec(kas, bytes_str(text_at(v, "ephemeral")), from_hex(text_at(v, "wrapped"), room), out,
                     &f) == OK,
           "EC wrap of another library, %s: %s", text_at(v, "name"), f.what);
        is_hex(bytes_of(out), text_at(v, "secret"), "the secret");
    }
    json_array_foreach (json_object_get(all, "ec_refused"), i, v) {
        AUTO(buf_freep) struct buf *out = buf_new_secret(100);
        struct fail f = { 0 };
        enum err e = unwrap_ec(kas, bytes_str(text_at(v, "ephemeral")), from_hex(text_at(v, "wrapped"), room),
                               out, &f);
        bool key_is_bad =
            strstr(text_at(v, "name"), "ephemeral key ") || strstr(text_at(v, "name"), "no ephemeral");
        ok(e == (key_is_bad && !strstr(text_at(v, "name"), "another") ? E_INVALID : E_UNVERIFIED) &&
               out->len == 0,
           "EC wrap refused, %s: %s", text_at(v, "name"), f.what);
    }
    AUTO(buf_freep) struct buf *wrapped = buf_new(100), *pem = buf_new(400), *out = buf_new_secret(100);
    struct fail f = { 0 };
    random_bytes(secret, sizeof secret);
    ok(wrap_ec(public, BYTES(secret, 32), wrapped, pem, &f) == OK && wrapped->len == 60, "wrapped: %s",
       f.what);
    ok(unwrap_ec(kas, bytes_of(pem), bytes_of(wrapped), out, &f) == OK &&
           bytes_equal(bytes_of(out), BYTES(secret, 32)),
       "and unwrapped: %s", f.what);
    ok(unwrap_ec(rsa, bytes_of(pem), bytes_of(wrapped), out, NULL) == E_INVALID, "not with an RSA key");
    ok(unwrap_ec(public, bytes_of(pem), bytes_of(wrapped), out, NULL) == E_INVALID, "nor with a public one");
    ok(wrap_ec(rsa, BYTES(secret, 32), wrapped, pem, NULL) == E_INVALID, "nor to an RSA key");
    AUTO(buf_freep) struct buf *private_pem = buf_new_secret(400);
    ok(key_write_private_pem(kas, private_pem, NULL) == OK &&
           unwrap_ec(kas, bytes_of(private_pem), bytes_of(wrapped), out, NULL) == E_INVALID,
       "an ephemeral key that is private");
}

static void test_agree(void)
{
    AUTO(key_freep) struct key *a = NULL, *b = NULL, *c = NULL;
    uint8_t ab[SEAL_KEY_LEN], ba[SEAL_KEY_LEN], ac[SEAL_KEY_LEN];
    ok(key_make(KEY_P256, &a, NULL) == OK && key_make(KEY_P256, &b, NULL) == OK &&
           key_make(KEY_P256, &c, NULL) == OK,
       "keys");
    ok(wrap_ec_agree(a, b, ab, NULL) == OK && wrap_ec_agree(b, a, ba, NULL) == OK &&
           wrap_ec_agree(a, c, ac, NULL) == OK && same(ab, ba, sizeof ab) && !same(ab, ac, sizeof ab),
       "two agree, a third does not");
}

static void test_rsa(const json_t *all)
{
    AUTO(key_freep) struct key *kas = key_of(all, "rsa", "pkcs8"), *public = key_of(all, "rsa", "spki");
    AUTO(key_freep) struct key *ec = key_of(all, "ec", "pkcs8");
    uint8_t room[400], secret[32];
    char first[sizeof((struct fail *)NULL)->what] = "";
    size_t i;
    json_t *v;
    json_array_foreach (json_object_get(all, "rsa"), i, v) {
        AUTO(buf_freep) struct buf *out = buf_new_secret(600);
        struct fail f = { 0 };
        ok(unwrap_rsa(kas, from_hex(text_at(v, "wrapped"), room), out, &f) == OK,
           "RSA wrap of another library: %s", f.what);
        is_hex(bytes_of(out), text_at(v, "secret"), "the secret");
    }
    json_array_foreach (json_object_get(all, "rsa_refused"), i, v) {
        AUTO(buf_freep) struct buf *out = buf_new_secret(600);
        struct fail f = { 0 };
        enum err e = unwrap_rsa(kas, from_hex(text_at(v, "wrapped"), room), out, &f);
        ok(e == E_UNVERIFIED && out->len == 0, "RSA wrap refused, %s", text_at(v, "name"));
        if (!first[0])
            (void)snprintf(first, sizeof first, "%s", f.what);
        is_str(f.what, first, "in the same words as any other");
    }
    AUTO(buf_freep) struct buf *wrapped = buf_new(600), *out = buf_new_secret(600);
    struct fail f = { 0 };
    random_bytes(secret, sizeof secret);
    ok(wrap_rsa(public, BYTES(secret, 32), wrapped, &f) == OK && wrapped->len == 256, "wrapped: %s", f.what);
    ok(unwrap_rsa(kas, bytes_of(wrapped), out, &f) == OK && bytes_equal(bytes_of(out), BYTES(secret, 32)),
       "and unwrapped: %s", f.what);
    ok(unwrap_rsa(public, bytes_of(wrapped), out, NULL) == E_INVALID &&
           unwrap_rsa(ec, bytes_of(wrapped), out, NULL) == E_INVALID &&
           wrap_rsa(ec, BYTES(secret, 32), out, NULL) == E_INVALID,
       "other keys do neither");
    memset(room, 0xff, 256);
    ok(unwrap_rsa(kas, BYTES(room, 256), out, NULL) == E_UNVERIFIED, "a number over the modulus");
    ok(wrap_rsa(public, BYTES(room, 215), wrapped, NULL) == E_INTERNAL, "a secret too long for the modulus");
}

/* The policy binding of a key access object: HMAC over the base64 text, as base64 of hexadecimal. */
static void test_binding(const json_t *all)
{
    size_t i;
    json_t *v;
    json_array_foreach (json_object_get(all, "binding"), i, v) {
        AUTO(buf_freep) struct buf *text = buf_new(100);
        uint8_t key[32], mac[HASH_LEN];
        char hex[2 * HASH_LEN + 1];
        struct bytes policy = bytes_str(text_at(v, "policy"));
        hash_hmac(from_hex(text_at(v, "key"), key), &policy, 1, mac);
        hex_print(BYTES(mac, HASH_LEN), hex);
        b64_put(text, B64_STD, bytes_str(hex));
        is_str(buf_text(text), text_at(v, "hash"), "policy binding");
    }
    ok(i == 3, "three bindings");
}

int main(void)
{
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK, "starts: %s", f.what);
    AUTO(json_freep) json_t *all = vectors_load("opentdf/wrap.json");
    test_gcm_vectors();
    test_seal();
    test_ec(all);
    test_agree();
    test_rsa(all);
    test_binding(all);
    return tap_done();
}
