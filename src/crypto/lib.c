/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lib.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sodium.h>

#include "base/hex.h"
#include "base/mem.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "crypto/vrf.h"

/* Private numbers of EVP_PKEYs live here: a P-256 key takes 64 bytes, an RSA-2048 key about 2 KiB. */
#define SECURE_HEAP  ((size_t)1 << 20)
#define SECURE_PIECE 32

static struct lib the_lib;
static pthread_once_t lib_once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static _Thread_local struct lib_thread *this_thread;

static void thread_free(void *p)
{
    struct lib_thread *t = p;
    EVP_MD_CTX_free(t->sha256);
    EVP_CIPHER_CTX_free(t->cipher);
    EVP_PKEY_CTX_free(t->p256_maker);
    for (size_t i = 0; i < LIB_KNOWN; i++)
        EVP_PKEY_free(t->known[i].pkey);
    free(t);
}

static EVP_PKEY_CTX *new_p256_maker(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_group_name(ctx, SN_X9_62_prime256v1) != 1)
        BUG("P-256 is missing from OpenSSL");
    return ctx;
}

static EVP_PKEY *new_p256(void)
{
    EVP_PKEY *curve = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!ctx || EVP_PKEY_paramgen_init(ctx) != 1 ||
        EVP_PKEY_CTX_set_group_name(ctx, SN_X9_62_prime256v1) != 1 || EVP_PKEY_paramgen(ctx, &curve) != 1)
        BUG("P-256 is missing from OpenSSL");
    EVP_PKEY_CTX_free(ctx);
    return curve;
}

static void start(void)
{
    /* Only what is asked for here: the machine's openssl.cnf must not change which code runs. */
    if (!OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
        BUG("OpenSSL does not start");
    /* Without leave to lock memory the heap still works, guarded but unlocked. */
    if (!CRYPTO_secure_malloc_initialized() && !CRYPTO_secure_malloc_init(SECURE_HEAP, SECURE_PIECE))
        BUG("no secure heap");
    if (sodium_init() < 0)
        BUG("libsodium does not start");
    the_lib = (struct lib){
        .sha256 = EVP_MD_fetch(NULL, "SHA256", NULL),
        .sha1 = EVP_MD_fetch(NULL, "SHA1", NULL),
        .aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL),
        .p256_group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
        .p256 = new_p256(),
    };
    if (!the_lib.sha256 || !the_lib.sha1 || !the_lib.aes_256_gcm || !the_lib.p256_group)
        BUG("an algorithm is missing from OpenSSL");
    if (pthread_key_create(&thread_key, thread_free))
        BUG("no thread key");
}

const struct lib *lib(void)
{
    pthread_once(&lib_once, start);
    return &the_lib;
}

static struct lib_thread *thread_new(void)
{
    pthread_once(&lib_once, start);
    struct lib_thread *t = mem_new(sizeof *t);
    t->sha256 = EVP_MD_CTX_new();
    t->cipher = EVP_CIPHER_CTX_new();
    t->p256_maker = new_p256_maker();
    if (!t->sha256 || !t->cipher || pthread_setspecific(thread_key, t))
        BUG("out of memory");
    this_thread = t;
    return t;
}

struct lib_thread *lib_thread(void)
{
    return this_thread ? this_thread : thread_new();
}

enum err lib_fail(struct fail *f, const char *what)
{
    const char *why = ERR_reason_error_string(ERR_peek_error());
    enum err code = fail_set(f, E_INTERNAL, "%s failed: %s", what, why ? why : "no reason given");
    ERR_clear_error();
    return code;
}

void lib_forget(void)
{
    ERR_clear_error();
}

/* Known answers: FIPS 180-2 "abc"; RFC 4231 case 2. */
static enum err test_hashes(struct fail *f)
{
    static const char sha[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    static const char mac[] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const struct bytes text = bytes_str("what do ya want for nothing?");
    uint8_t got[HASH_LEN];
    char hex[2 * HASH_LEN + 1];
    hash_sha256(bytes_str("abc"), got);
    hex_print(BYTES(got, HASH_LEN), hex);
    if (strcmp(hex, sha) != 0)
        return fail_set(f, E_INTERNAL, "self-test of SHA-256 failed");
    hash_hmac(bytes_str("Jefe"), &text, 1, got);
    hex_print(BYTES(got, HASH_LEN), hex);
    if (strcmp(hex, mac) != 0)
        return fail_set(f, E_INTERNAL, "self-test of HMAC-SHA-256 failed");
    return OK;
}

/* AES-256-GCM: test case 14 of McGrew and Viega. Ed25519: RFC 8032, 7.1, test 1. */
static enum err test_ciphers(struct fail *f)
{
    static const char sealed_hex[] = "000000000000000000000000"
                                     "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919";
    static const char seed_hex[] = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    static const char half_hex[] = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155";
    static const uint8_t zeros[SEAL_KEY_LEN];
    AUTO(buf_freep) struct buf *plain = buf_new_secret(16);
    AUTO(key_freep) struct key *k = NULL;
    uint8_t sealed[44], seed[32], half[32], signature[SIGN_LEN];
    if (!hex_read(bytes_str(sealed_hex), sealed, sizeof sealed) || !hex_read(bytes_str(seed_hex), seed, 32) ||
        !hex_read(bytes_str(half_hex), half, 32))
        BUG("a known answer is no hex");
    if (seal_open_once(zeros, BYTES(NULL, 0), BYTES(sealed, sizeof sealed), plain, f) != OK ||
        !bytes_equal(bytes_of(plain), BYTES(zeros, 16)))
        return fail_set(f, E_INTERNAL, "self-test of AES-256-GCM failed");
    TRY(key_read_private(KEY_ED25519, BYTES(seed, sizeof seed), &k, f));
    sign_ed25519(k, BYTES(NULL, 0), signature);
    if (memcmp(signature, half, sizeof half) != 0)
        return fail_set(f, E_INTERNAL, "self-test of Ed25519 failed");
    return OK;
}

/* The published vector of vrf-r255. */
static enum err test_vrf(struct fail *f)
{
    static const char scalar_hex[] = "3431c2b03533e280b23232e280b34e2c3132c2b03238e280b23131e280b34500";
    static const char tag_hex[] = "dd653f0879b48c3ef69e13551239bec4cbcc1c18fe8894de2e9e1c790e182736";
    AUTO(key_freep) struct key *k = NULL;
    uint8_t scalar[32], want[VRF_TAG_LEN], tag[VRF_TAG_LEN];
    if (!hex_read(bytes_str(scalar_hex), scalar, 32) || !hex_read(bytes_str(tag_hex), want, 32))
        BUG("a known answer is no hex");
    TRY(key_read_private(KEY_VRF, BYTES(scalar, sizeof scalar), &k, f));
    vrf_tag(k, bytes_str("c2sp.org/vrf-r255"), tag);
    if (memcmp(tag, want, sizeof tag) != 0)
        return fail_set(f, E_INTERNAL, "self-test of the VRF failed");
    return OK;
}

/* ECDSA has no known answer that it would give again: a signature must hold, and not for other text. */
static enum err test_signing(struct fail *f)
{
    AUTO(key_freep) struct key *k = NULL;
    uint8_t signature[SIGN_LEN];
    TRY(key_make(KEY_P256, &k, f));
    TRY(sign_es256(k, bytes_str("abc"), signature, f));
    TRY(verify_es256(k, bytes_str("abc"), BYTES(signature, SIGN_LEN), f));
    if (verify_es256(k, bytes_str("abd"), BYTES(signature, SIGN_LEN), NULL) != E_UNVERIFIED)
        return fail_set(f, E_INTERNAL, "self-test of ES256 failed");
    return OK;
}

enum err crypto_start(struct fail *f)
{
    (void)lib();
    TRY(test_hashes(f));
    TRY(test_ciphers(f));
    TRY(test_vrf(f));
    return test_signing(f);
}
