/* SPDX-License-Identifier: Apache-2.0 - the key is found in certificates, and in nothing else */
#include "base/b64.h"
#include "crypto/key.h"
#include "https.h"
#include "net/spki.h"

static void test_own(const struct https_identity *id)
{
    AUTO(buf_freep) struct buf *der = buf_new(100000);
    struct bytes found = { 0 };
    uint8_t digest[HASH_LEN];
    char hex[2 * HASH_LEN + 1] = "";
    if (ok(spki_find_pem(buf_text(&id->certificate), der, &found), "in a node's certificate")) {
        hash_sha256(found, digest);
        hex_print(BYTES(digest, sizeof digest), hex);
    }
    is_str(hex, id->pin, "it is the key");
    size_t bad = 0;
    for (size_t n = 0; n < der->len; n++) {
        AUTO(mem_freep) uint8_t *cut = mem_dup(der->data, n);
        bad += spki_find(BYTES(cut, n), &found);
    }
    ok(bad == 0, "in none of %zu beginnings of it: %zu", der->len, bad);
    buf_put_u8(der, 0);
    ok(!spki_find(bytes_of(der), &found), "not with a byte after it");
}

/* certificate: tbs: [0] version, serial, algorithm, issuer, validity, subject, key */
static const struct {
    const char *name, *der_hex;
    bool good;
} rows[] = {
    { "smallest", "30173015a0030201020201013000300030003000300306012a", true },
    { "no version", "301230100201013000300030003000300306012a", true },
    { "more behind the key", "30203019a0030201020201013000300030003000300306012a300030003000030100", true },
    { "a long key",
      "3082014830820144a0030201020201013000300030003000308201300382012c61616161616161616161616161"
      "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
      "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
      "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
      "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
      "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
      "616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161"
      "6161616161616161616161616161616161",
      true },
    { "no key", "30123010a0030201020201013000300030003000", false },
    { "no serial", "30143012a0030201023000300030003000300306012a", false },
    { "another element for the issuer", "30173015a0030201020201013000310030003000300306012a", false },
    { "a set for a certificate", "31173015a0030201020201013000300030003000300306012a", false },
    { "nothing", "", false },
    { "an empty sequence", "3000", false },
    { "two certificates",
      "30173015a0030201020201013000300030003000300306012a30173015a0030201020201013000300030003000"
      "300306012a",
      false },
    { "a length that is not the shortest", "3081173015a0030201020201013000300030003000300306012a", false },
    { "a length with a leading zero", "308200173015a0030201020201013000300030003000300306012a", false },
    { "a length without end", "30803015a0030201020201013000300030003000300306012a0000", false },
    { "a length of four bytes", "3084000000173015a0030201020201013000300030003000300306012a", false },
    { "a length past the end", "30183015a0030201020201013000300030003000300306012a", false },
};

static void test_rows(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t der[1000];
        size_t n = strlen(rows[i].der_hex) / 2;
        struct bytes found;
        bool read = n <= sizeof der && hex_read(bytes_str(rows[i].der_hex), der, n);
        ok(read && spki_find(BYTES(der, n), &found) == rows[i].good, "%s: %s", rows[i].name,
           rows[i].good ? "found" : "refused");
    }
}

static const struct {
    const char *name, *pem;
} texts[] = {
    { "nothing", "" },
    { "no end", "-----BEGIN CERTIFICATE-----\nMAA=\n" },
    { "an end before the beginning", "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n" },
    { "no base64", "-----BEGIN CERTIFICATE-----\nM*A=\n-----END CERTIFICATE-----\n" },
    { "no certificate", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n" },
    { "a key", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n" },
};

int main(void)
{
    struct https_identity id;
    https_identity_make(&id);
    test_own(&id);
    test_rows();
    for (size_t i = 0; i < COUNT(texts); i++) {
        AUTO(buf_freep) struct buf *der = buf_new(1000);
        struct bytes found;
        ok(!spki_find_pem(texts[i].pem, der, &found), "in text: %s", texts[i].name);
    }
    https_identity_clear(&id);
    return tap_done();
}
