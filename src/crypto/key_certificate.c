/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/key_internal.h"
#include "crypto/lib.h"

#define CN_MAX     64 /* RFC 5280, appendix A: ub-common-name */
#define EARLIER_S  3600
#define SERIAL_LEN 16

static bool set_serial(X509 *cert)
{
    uint8_t raw[SERIAL_LEN];
    random_bytes(raw, sizeof raw);
    raw[0] = (uint8_t)((raw[0] & 0x7f) | 0x40); /* RFC 5280, 4.1.2.2: positive; of one length here */
    BIGNUM *n = BN_bin2bn(raw, sizeof raw, NULL);
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
    BN_free(n);
    return good;
}

static bool set_names(X509 *cert, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    size_t len = strlen(name) < CN_MAX ? strlen(name) : CN_MAX;
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const uint8_t *)name, (int)len, -1, 0) ==
               1 &&
           X509_set_issuer_name(cert, subject) == 1;
}

/* An address becomes its 4 or 16 bytes, all else is a DNS name (RFC 5280, 4.2.1.6). */
static GENERAL_NAME *general_name(const char *alt)
{
    GENERAL_NAME *n = GENERAL_NAME_new();
    uint8_t address[16];
    bool v4 = inet_pton(AF_INET, alt, address) == 1;
    bool is_address = v4 || inet_pton(AF_INET6, alt, address) == 1;
    ASN1_STRING *value = ASN1_STRING_type_new(is_address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    if (!n || !value ||
        ASN1_STRING_set(value, is_address ? (const void *)address : alt,
                        is_address ? (v4 ? 4 : 16) : (int)strlen(alt)) != 1)
        BUG("out of memory");
    GENERAL_NAME_set0_value(n, is_address ? GEN_IPADD : GEN_DNS, value);
    return n;
}

static bool set_alt(X509 *cert, const char *const *alt, size_t alt_count)
{
    if (alt_count == 0)
        return true;
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < alt_count; i++)
        if (!names || !sk_GENERAL_NAME_push(names, general_name(alt[i])))
            BUG("out of memory");
    bool good = X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1;
    sk_GENERAL_NAME_pop_free(names, GENERAL_NAME_free);
    return good;
}

static bool set_use(X509 *cert)
{
    static const struct {
        int nid;
        const char *value;
    } rows[] = {
        { NID_basic_constraints, "critical,CA:FALSE" },
        { NID_key_usage, "critical,digitalSignature" },
        { NID_ext_key_usage, "serverAuth" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        X509_EXTENSION *x = X509V3_EXT_conf_nid(NULL, NULL, rows[i].nid, rows[i].value);
        bool good = x && X509_add_ext(cert, x, -1) == 1;
        X509_EXTENSION_free(x);
        if (!good)
            return false;
    }
    return true;
}

static bool put_pem(X509 *cert, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    bool good = bio && PEM_write_bio_X509(bio, cert) == 1;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    if (len > 0)
        buf_put(out, text, (size_t)len);
    BIO_free(bio);
    return len > 0;
}

enum err key_certificate(const struct key *k, const char *name, const char *const *alt, size_t alt_count,
                         unsigned days, struct buf *out, struct fail *f)
{
    if (k->kind != KEY_P256 || !k->private)
        return fail_set(f, E_INTERNAL, "a certificate needs a private P-256 key");
    X509 *cert = X509_new();
    bool good = cert && X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
                X509_gmtime_adj(X509_getm_notBefore(cert), -EARLIER_S) &&
                X509_time_adj_ex(X509_getm_notAfter(cert), (int)days, 0, NULL) && set_names(cert, name) &&
                X509_set_pubkey(cert, k->pkey) == 1 && set_use(cert) && set_alt(cert, alt, alt_count) &&
                X509_sign(cert, k->pkey, lib()->sha256) > 0 && put_pem(cert, out);
    X509_free(cert);
    return good ? OK : lib_fail(f, "making a certificate");
}
