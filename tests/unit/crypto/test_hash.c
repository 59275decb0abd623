/* SPDX-License-Identifier: Apache-2.0 - SHA-256 (FIPS 180-2), HMAC (RFC 4231), HKDF (RFC 5869) */
#include <pthread.h>

#include "base/mem.h"
#include "base/name.h"
#include "crypto/hash.h"
#include "vectors.h"

static const struct {
    const char *text, *digest;
} sha_rows[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void test_sha(void)
{
    uint8_t out[HASH_LEN], again[HASH_LEN];
    for (size_t i = 0; i < COUNT(sha_rows); i++) {
        struct bytes v = bytes_str(sha_rows[i].text);
        hash_sha256(v, out);
        is_hex(BYTES(out, HASH_LEN), sha_rows[i].digest, "SHA-256");
        for (size_t cut = 0; cut <= v.len; cut += 7) {
            const struct bytes parts[] = { BYTES(v.data, cut), BYTES(v.data + cut, v.len - cut) };
            hash_sha256_parts(parts, 2, again);
            if (memcmp(out, again, HASH_LEN) != 0)
                ok(false, "parts cut at %zu give another digest", cut);
        }
    }
    hash_sha256_parts(NULL, 0, out);
    is_hex(BYTES(out, HASH_LEN), sha_rows[0].digest, "no parts are the empty range");

    AUTO(hash_stream_freep) struct hash_stream *h = hash_stream_new();
    for (int round = 0; round < 2; round++) {
        static const uint8_t a[1000] = { [0 ... 999] = 'a' };
        for (int i = 0; i < 1000; i++)
            hash_stream_add(h, BYTES(a, sizeof a));
        hash_stream_final(h, out);
        is_hex(BYTES(out, HASH_LEN), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
               "a million letters as a stream, and again with the same stream");
    }
}

/* RFC 4231, 4.2 to 4.8; case 5 (truncated) left out */
static const struct {
    const char *key, *data, *mac;
} hmac_rows[] = {
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",
      "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "0102030405060708090a0b0c0d0e0f10111213141516171819",
      "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
      "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
};

static void test_hmac(void)
{
    uint8_t key[140], data[200], out[HASH_LEN];
    for (size_t i = 0; i < COUNT(hmac_rows); i++) {
        struct bytes v = from_hex(hmac_rows[i].data, data);
        const struct bytes parts[] = { BYTES(v.data, 3), BYTES(v.data + 3, v.len - 3) };
        hash_hmac(from_hex(hmac_rows[i].key, key), parts, 2, out);
        is_hex(BYTES(out, HASH_LEN), hmac_rows[i].mac, "HMAC of RFC 4231");
    }
    memset(key, 0xaa, 131);
    struct bytes v = bytes_str("Test Using Larger Than Block-Size Key - Hash Key First");
    hash_hmac(BYTES(key, 131), &v, 1, out);
    is_hex(BYTES(out, HASH_LEN), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
           "a long key");
    hash_hmac(BYTES(NULL, 0), NULL, 0, out);
    is_hex(BYTES(out, HASH_LEN), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad",
           "nothing at all");
}

/* RFC 5869, appendix A.1 to A.3 */
static const struct {
    const char *secret, *salt, *info, *okm;
} hkdf_rows[] = {
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865" },
    { "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132"
      "333435"
      "363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
      "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192"
      "939495"
      "969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
      "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2"
      "e3e4e5"
      "e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
      "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275"
      "600c2f"
      "09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87" },
    { "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
      "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8" },
};

static void test_hkdf(void)
{
    for (size_t i = 0; i < COUNT(hkdf_rows); i++) {
        uint8_t secret[100], salt[100], info[100], out[100];
        size_t len = strlen(hkdf_rows[i].okm) / 2;
        hash_hkdf(from_hex(hkdf_rows[i].secret, secret), from_hex(hkdf_rows[i].salt, salt),
                  from_hex(hkdf_rows[i].info, info), out, len);
        is_hex(BYTES(out, len), hkdf_rows[i].okm, "HKDF of RFC 5869");
    }
    static uint8_t most[8160];
    hash_hkdf(bytes_str("secret"), bytes_str(""), bytes_str(""), most, sizeof most);
    ok(memcmp(most, most + 8128, HASH_LEN) != 0, "the longest output ends in a block of its own");
}

static void test_random(void)
{
    char a[UUID_TEXT], b[UUID_TEXT];
    uint8_t secret[32] = { 1 }, other[32] = { 1 };
    random_uuid(a);
    random_uuid(b);
    ok(name_is_uuid(a) && a[14] == '4' && strchr("89ab", a[19]) && strcmp(a, b) != 0, "two UUIDs: %s %s", a,
       b);
    ok(same(secret, other, 32) && same(NULL, NULL, 0), "equal ranges are the same");
    other[31] = 1;
    ok(!same(secret, other, 32), "a difference at the end is seen");
    wipe32_p(&other);
    wipe(secret, 1);
    ok(same(secret, other, 32), "both wiped");
    wipe(NULL, 0);
}

static void *in_thread(void *wrong)
{
    uint8_t want[HASH_LEN], got[HASH_LEN];
    hash_sha256(bytes_str("thread"), want);
    for (int i = 0; i < 5000; i++) {
        hash_sha256(bytes_str("thread"), got);
        *(bool *)wrong |= memcmp(got, want, HASH_LEN) != 0;
    }
    return NULL;
}

static void test_threads(void)
{
    pthread_t threads[4];
    bool wrong[4] = { false };
    for (size_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, in_thread, &wrong[i]);
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        ok(!wrong[i], "thread %zu has a context of its own", i);
    }
}

int main(void)
{
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK && crypto_start(&f) == OK, "starts, and starts again: %s", f.what);
    test_sha();
    test_hmac();
    test_hkdf();
    test_random();
    test_threads();
    return tap_done();
}
