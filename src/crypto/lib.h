/* SPDX-License-Identifier: Apache-2.0
 * crypto/lib.h - inside src/crypto only: what is fetched from OpenSSL once, and contexts kept per thread */
#ifndef CRYPTO_LIB_H
#define CRYPTO_LIB_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "crypto/hash.h"

/* The algorithms, fetched once per process at first use. Never NULL; constant afterwards. Any thread. */
struct lib {
    EVP_MD *sha256, *sha1;
    EVP_CIPHER *aes_256_gcm;
    EC_GROUP *p256_group;
    EVP_PKEY *p256; /* the curve without a key, to be copied */
};
const struct lib *lib(void);

/* A public key of P-256 that was read before: its point was found on the curve then. */
struct lib_known {
    uint8_t point[65];
    EVP_PKEY *pkey; /* NULL: none yet */
};
#define LIB_KNOWN 8u

/* The calling thread's own contexts; freed when the thread ends. */
struct lib_thread {
    EVP_MD_CTX *sha256;     /* between two calls in no particular state */
    EVP_CIPHER_CTX *cipher; /* AES-256-GCM; keyed anew by every use, wiped after it */
    EVP_PKEY_CTX *p256_maker;
    struct lib_known known[LIB_KNOWN]; /* the last ones, in turn */
    unsigned known_next;
};
struct lib_thread *lib_thread(void);

/* lib_fail: E_INTERNAL: "${what} failed: ${OpenSSL's own word}"; empties OpenSSL's error queue. */
enum err lib_fail(struct fail *f, const char *what);
/* lib_forget: empty OpenSSL's error queue, after a failure that is told in our own words. */
void lib_forget(void);

#endif
