/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

#define PEM_MAX   ((size_t)16 << 10)
#define LINE_LEN  48 /* bytes in a line of 64 letters (RFC 7468, 2) */
#define LABEL_LEN 24
#define LOCKED    "ENCRYPTED PRIVATE KEY"
#define SCRYPT_N  16384
#define SCRYPT_R  8
#define SCRYPT_P  5

/* RFC 5480, 2: the only SubjectPublicKeyInfo of P-256 with an uncompressed point, up to that point */
static const uint8_t p256_spki[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00 };

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct bytes trim(struct bytes v)
{
    while (v.len && is_space(v.data[0]))
        v = BYTES(v.data + 1, v.len - 1);
    while (v.len && is_space(v.data[v.len - 1]))
        v.len--;
    return v;
}

static bool skip(struct bytes *v, const char *text)
{
    size_t n = strlen(text);
    if (v->len < n || memcmp(v->data, text, n) != 0)
        return false;
    *v = BYTES(v->data + n, v->len - n);
    return true;
}

/* One block (RFC 7468), white space around it, nothing else: its label, and the bytes inside. */
static enum err armour_read(struct bytes pem, char label[static LABEL_LEN], struct buf *der, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(PEM_MAX);
    char end[LABEL_LEN + 16];
    if (pem.len > PEM_MAX)
        return fail_set(f, E_TOO_LARGE, "a PEM key of %zu bytes", pem.len);
    pem = trim(pem);
    if (!skip(&pem, "-----BEGIN "))
        return fail_set(f, E_INVALID, "not a PEM key: no BEGIN line");
    size_t n = 0;
    for (; n < pem.len && n < LABEL_LEN - 1 && pem.data[n] != '-'; n++)
        label[n] = (char)pem.data[n];
    label[n] = '\0';
    pem = BYTES(pem.data + n, pem.len - n);
    (void)snprintf(end, sizeof end, "-----END %s-----", label);
    size_t end_len = strlen(end);
    if (!skip(&pem, "-----") || pem.len < end_len || memcmp(pem.data + pem.len - end_len, end, end_len) != 0)
        return fail_set(f, E_INVALID, "not a PEM key: no END line that fits the first");
    pem.len -= end_len;
    for (size_t i = 0; i < pem.len; i++)
        if (!is_space(pem.data[i]))
            buf_put_u8(text, pem.data[i]);
    return b64_read(B64_STD, bytes_of(text), der, "a PEM key", f);
}

static void armour_write(const char *label, struct bytes der, struct buf *out)
{
    buf_put_str(out, "-----BEGIN ");
    buf_put_str(out, label);
    buf_put_str(out, "-----\n");
    for (size_t at = 0; at < der.len; at += LINE_LEN) {
        size_t n = der.len - at < LINE_LEN ? der.len - at : LINE_LEN;
        b64_put(out, B64_STD, BYTES(der.data + at, n));
        buf_put_u8(out, '\n');
    }
    buf_put_str(out, "-----END ");
    buf_put_str(out, label);
    buf_put_str(out, "-----\n");
}

/* The scalar is the key: the point is computed from it, and must be the one that the file has. */
static enum err take_p256(EVP_PKEY *pkey, struct key **out, struct fail *f)
{
    AUTO(pkey_freep) EVP_PKEY *given = pkey;
    AUTO(wipe32_p) uint8_t scalar[P256_SCALAR];
    uint8_t point[P256_POINT], x[P256_SCALAR], y[P256_SCALAR];
    EVP_PKEY *made = NULL;
    BIGNUM *d = BN_secure_new(), *bx = NULL, *by = NULL;
    bool good = EVP_PKEY_get_bn_param(given, OSSL_PKEY_PARAM_PRIV_KEY, &d) == 1 &&
                EVP_PKEY_get_bn_param(given, OSSL_PKEY_PARAM_EC_PUB_X, &bx) == 1 &&
                EVP_PKEY_get_bn_param(given, OSSL_PKEY_PARAM_EC_PUB_Y, &by) == 1 &&
                BN_bn2binpad(d, scalar, sizeof scalar) == P256_SCALAR &&
                BN_bn2binpad(bx, x, sizeof x) == P256_SCALAR &&
                BN_bn2binpad(by, y, sizeof y) == P256_SCALAR && p256_private(scalar, &made, point);
    BN_clear_free(d);
    BN_free(bx);
    BN_free(by);
    lib_forget();
    if (!good || memcmp(point + 1, x, sizeof x) != 0 || memcmp(point + 33, y, sizeof y) != 0) {
        EVP_PKEY_free(made);
        return fail_set(f, E_INVALID, "not a private P-256 key");
    }
    *out = p256_key(made, true, point);
    return OK;
}

static enum err take_private(EVP_PKEY *pkey, struct key **out, struct fail *f)
{
    char group[32];
    size_t len;
    if (pkey && EVP_PKEY_is_a(pkey, "RSA"))
        return key_take_rsa(pkey, RSA_PART_PRIVATE, out, f);
    if (pkey && EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, &len) == 1 &&
        strcmp(group, SN_X9_62_prime256v1) == 0)
        return take_p256(pkey, out, f);
    EVP_PKEY_free(pkey);
    lib_forget();
    return fail_set(f, E_INVALID, "not a private key of P-256 or RSA");
}

static enum err read_spki(struct bytes der, struct key **out, struct fail *f)
{
    EVP_PKEY *pkey = NULL;
    const uint8_t *at = der.data;
    if (der.len == sizeof p256_spki + P256_POINT && memcmp(at, p256_spki, sizeof p256_spki) == 0)
        return key_read_public(KEY_P256, BYTES(at + sizeof p256_spki, P256_POINT), out, f);
    pkey = d2i_PUBKEY(NULL, &at, (long)der.len);
    if (pkey && at == der.data + der.len && EVP_PKEY_is_a(pkey, "RSA"))
        return key_take_rsa(pkey, RSA_PART_PUBLIC, out, f);
    EVP_PKEY_free(pkey);
    lib_forget();
    return fail_set(f, E_INVALID, "not a public key of P-256 (uncompressed) or RSA");
}

static EVP_PKEY *pkcs8(struct bytes der)
{
    EVP_PKEY *pkey = NULL;
    const uint8_t *at = der.data;
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
    if (info && at == der.data + der.len)
        pkey = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return pkey;
}

static enum err read_pkcs8(struct bytes der, struct key **out, struct fail *f)
{
    return take_private(pkcs8(der), out, f);
}

static enum err read_bare(int type, struct bytes der, struct key **out, struct fail *f)
{
    const uint8_t *at = der.data;
    EVP_PKEY *pkey = d2i_PrivateKey(type, NULL, &at, (long)der.len);
    if (pkey && at != der.data + der.len) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return take_private(pkey, out, f);
}

static enum err read_bare_ec(struct bytes der, struct key **out, struct fail *f)
{
    return read_bare(EVP_PKEY_EC, der, out, f);
}

static enum err read_bare_rsa(struct bytes der, struct key **out, struct fail *f)
{
    return read_bare(EVP_PKEY_RSA, der, out, f);
}

static const struct {
    const char *label;
    enum err (*read)(struct bytes der, struct key **out, struct fail *f);
} forms[] = {
    { "PUBLIC KEY", read_spki },
    { "PRIVATE KEY", read_pkcs8 },
    { "EC PRIVATE KEY", read_bare_ec },
    { "RSA PRIVATE KEY", read_bare_rsa },
};

enum err key_read_pem(struct bytes pem, struct key **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *der = buf_new_secret(PEM_MAX);
    char label[LABEL_LEN];
    (void)lib();
    TRY(armour_read(pem, label, der, f));
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strcmp(label, forms[i].label) == 0)
            return forms[i].read(bytes_of(der), out, f);
    return fail_set(f, E_INVALID, "not a PEM key: neither PUBLIC KEY nor PRIVATE KEY");
}

enum err key_read_kept_rsa(struct bytes pem, struct key **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *der = buf_new_secret(PEM_MAX);
    char label[LABEL_LEN];
    (void)lib();
    TRY(armour_read(pem, label, der, f));
    EVP_PKEY *pkey = strcmp(label, "PRIVATE KEY") == 0 ? pkcs8(bytes_of(der)) : NULL;
    if (pkey && EVP_PKEY_is_a(pkey, "RSA"))
        return key_take_rsa(pkey, RSA_PART_KEPT, out, f);
    EVP_PKEY_free(pkey);
    lib_forget();
    return fail_set(f, E_INVALID, "not a kept private RSA key");
}

enum err key_write_spki(const struct key *k, struct buf *out, struct fail *f)
{
    if (k->kind == KEY_P256) {
        buf_put(out, p256_spki, sizeof p256_spki);
        buf_put(out, k->public, P256_POINT);
        return OK;
    }
    uint8_t *der = NULL;
    int len = k->pkey ? i2d_PUBKEY(k->pkey, &der) : -1;
    if (len < 0)
        return lib_fail(f, "writing a public key");
    buf_put(out, der, (size_t)len);
    OPENSSL_free(der);
    return OK;
}

enum err key_write_public_pem(const struct key *k, struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *der = buf_new(PEM_MAX);
    TRY(key_write_spki(k, der, f));
    armour_write("PUBLIC KEY", bytes_of(der), out);
    return OK;
}

enum err key_write_private_pem(const struct key *k, struct buf *out, struct fail *f)
{
    uint8_t *der = NULL;
    PKCS8_PRIV_KEY_INFO *info = k->private && k->pkey ? EVP_PKEY2PKCS8(k->pkey) : NULL;
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
    PKCS8_PRIV_KEY_INFO_free(info);
    if (len < 0)
        return lib_fail(f, "writing a private key");
    armour_write("PRIVATE KEY", BYTES(der, (size_t)len), out);
    OPENSSL_clear_free(der, (size_t)len);
    return OK;
}

/* Under a passphrase ---------------------------------------------------------------------------------------------- */

bool key_pem_is_locked(struct bytes pem)
{
    pem = trim(pem);
    return skip(&pem, "-----BEGIN " LOCKED "-----");
}

enum err key_write_locked_pem(const struct key *k, struct bytes passphrase, struct buf *out, struct fail *f)
{
    uint8_t *der = NULL;
    if (passphrase.len == 0 || passphrase.len > KEY_PASSPHRASE_MAX)
        return fail_set(f, E_INVALID, "a passphrase of %zu bytes: 1 to %d", passphrase.len,
                        KEY_PASSPHRASE_MAX);
    (void)lib();
    PKCS8_PRIV_KEY_INFO *info = k->private && k->pkey ? EVP_PKEY2PKCS8(k->pkey) : NULL;
    X509_ALGOR *pbe = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    X509_SIG *sig =
        info && pbe ? PKCS8_set0_pbe((const char *)passphrase.data, (int)passphrase.len, info, pbe) : NULL;
    if (!sig)
        X509_ALGOR_free(pbe); /* else it is part of sig */
    int len = sig ? i2d_X509_SIG(sig, &der) : -1;
    X509_SIG_free(sig);
    PKCS8_PRIV_KEY_INFO_free(info);
    if (len < 0)
        return lib_fail(f, "locking a private key");
    armour_write(LOCKED, BYTES(der, (size_t)len), out);
    OPENSSL_free(der);
    return OK;
}

enum err key_read_locked_pem(struct bytes pem, struct bytes passphrase, struct key **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *der = buf_new(PEM_MAX);
    char label[LABEL_LEN];
    (void)lib();
    TRY(armour_read(pem, label, der, f));
    const uint8_t *at = der->data;
    X509_SIG *sig = strcmp(label, LOCKED) == 0 ? d2i_X509_SIG(NULL, &at, (long)der->len) : NULL;
    bool whole = sig && at == der->data + der->len;
    PKCS8_PRIV_KEY_INFO *info = whole && passphrase.len <= KEY_PASSPHRASE_MAX
                                    ? PKCS8_decrypt(sig, (const char *)passphrase.data, (int)passphrase.len)
                                    : NULL;
    X509_SIG_free(sig);
    EVP_PKEY *pkey = info ? EVP_PKCS82PKEY(info) : NULL;
    PKCS8_PRIV_KEY_INFO_free(info);
    lib_forget();
    if (!whole)
        return fail_set(f, E_INVALID, "not a private key under a passphrase");
    if (!pkey)
        return fail_set(f, E_UNAUTHENTICATED, "the passphrase does not open the key");
    return take_private(pkey, out, f);
}
