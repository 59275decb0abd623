/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench.h"
#include "crypto/hash.h"
#include "crypto/vrf.h"

struct floor {
    struct key *vrf;
    uint8_t alpha[120];
    uint8_t digest[HASH_LEN], signature[128];
    size_t signature_len;
    EVP_PKEY *pair[2];
    EVP_PKEY *rsa;
    uint8_t wrapped[256];
    EVP_PKEY_CTX *verify, *derive, *make, *unwrap;
    EVP_MD *sha256;
    EVP_MD_CTX *hash;
    int log; /* a file without a name */
    size_t events;
    EVP_CIPHER *aes;
    EVP_CIPHER_CTX *lock, *unlock;
};

static void need(int good)
{
    if (good != 1)
        BUG("an operation of the floor failed");
}

static EVP_PKEY *p256(void)
{
    EVP_PKEY *k = EVP_EC_gen("P-256");
    if (!k)
        BUG("no P-256");
    return k;
}

static void prepare_p256(struct floor *w)
{
    for (int i = 0; i < 2; i++)
        w->pair[i] = p256();
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new_from_pkey(NULL, w->pair[0], NULL);
    w->signature_len = sizeof w->signature;
    need(EVP_PKEY_sign_init(sign));
    need(EVP_PKEY_sign(sign, w->signature, &w->signature_len, w->digest, sizeof w->digest));
    EVP_PKEY_CTX_free(sign);
    w->verify = EVP_PKEY_CTX_new_from_pkey(NULL, w->pair[0], NULL);
    need(EVP_PKEY_verify_init(w->verify));
    w->derive = EVP_PKEY_CTX_new_from_pkey(NULL, w->pair[0], NULL);
    need(EVP_PKEY_derive_init(w->derive));
    need(EVP_PKEY_derive_set_peer_ex(w->derive, w->pair[1], 0));
    w->make = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    need(EVP_PKEY_keygen_init(w->make));
    need(EVP_PKEY_CTX_set_group_name(w->make, "P-256"));
}

/* RSAES-OAEP with SHA-1, as OpenTDF wraps keys. */
static EVP_PKEY_CTX *oaep(EVP_PKEY *k, int (*init)(EVP_PKEY_CTX *))
{
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
    need(init(c));
    need(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING));
    return c;
}

static void prepare_rsa(struct floor *w)
{
    size_t len = sizeof w->wrapped;
    w->rsa = EVP_RSA_gen(2048);
    if (!w->rsa)
        BUG("no RSA");
    EVP_PKEY_CTX *wrap = oaep(w->rsa, EVP_PKEY_encrypt_init);
    need(EVP_PKEY_encrypt(wrap, w->wrapped, &len, w->digest, sizeof w->digest));
    EVP_PKEY_CTX_free(wrap);
    w->unwrap = oaep(w->rsa, EVP_PKEY_decrypt_init);
}

static int nameless_file(void)
{
    const char *tmp = getenv("TMPDIR");
    int fd = open(tmp ? tmp : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        BUG("no temporary file");
    return fd;
}

struct floor *floor_new(void)
{
    struct floor *w = mem_new(sizeof *w);
    struct fail f = { 0 };
    uint8_t key[32];
    bench_must(key_make(KEY_VRF, &w->vrf, &f), &f);
    random_bytes(w->alpha, sizeof w->alpha);
    random_bytes(w->digest, sizeof w->digest);
    random_bytes(key, sizeof key);
    prepare_p256(w);
    prepare_rsa(w);
    w->sha256 = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    w->hash = EVP_MD_CTX_new();
    need(EVP_DigestInit_ex2(w->hash, w->sha256, NULL));
    w->log = nameless_file();
    w->aes = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    w->lock = EVP_CIPHER_CTX_new();
    w->unlock = EVP_CIPHER_CTX_new();
    need(EVP_EncryptInit_ex2(w->lock, w->aes, key, NULL, NULL));
    need(EVP_DecryptInit_ex2(w->unlock, w->aes, key, NULL, NULL));
    return w;
}

void floor_free(struct floor *w)
{
    key_free(w->vrf);
    close(w->log);
    EVP_MD_CTX_free(w->hash);
    EVP_MD_free(w->sha256);
    EVP_PKEY_CTX_free(w->verify);
    EVP_PKEY_CTX_free(w->derive);
    EVP_PKEY_CTX_free(w->make);
    EVP_PKEY_CTX_free(w->unwrap);
    EVP_PKEY_free(w->rsa);
    EVP_PKEY_free(w->pair[0]);
    EVP_PKEY_free(w->pair[1]);
    EVP_CIPHER_CTX_free(w->lock);
    EVP_CIPHER_CTX_free(w->unlock);
    EVP_CIPHER_free(w->aes);
    mem_freep(&w);
}

void floor_vrf_tag(struct floor *w)
{
    uint8_t tag[VRF_TAG_LEN];
    w->alpha[0]++;
    vrf_tag(w->vrf, BYTES(w->alpha, sizeof w->alpha), tag);
    bench_keep(tag);
}

void floor_vrf_proof(struct floor *w)
{
    uint8_t tag[VRF_TAG_LEN], proof[VRF_PROOF_LEN];
    w->alpha[0]++;
    vrf_prove(w->vrf, BYTES(w->alpha, sizeof w->alpha), proof, tag);
    bench_keep(proof);
}

void floor_es256_verify(struct floor *w)
{
    need(EVP_PKEY_verify(w->verify, w->signature, w->signature_len, w->digest, sizeof w->digest));
}

void floor_ecdh(struct floor *w)
{
    uint8_t x[32];
    size_t len = sizeof x;
    need(EVP_PKEY_derive(w->derive, x, &len));
    bench_keep(x);
}

void floor_p256_make(struct floor *w)
{
    EVP_PKEY *k = NULL;
    need(EVP_PKEY_generate(w->make, &k));
    EVP_PKEY_free(k);
}

void floor_repeated_release(struct floor *w)
{
    floor_vrf_tag(w);
    floor_es256_verify(w);
    floor_es256_verify(w);
    floor_ecdh(w);
    floor_ecdh(w);
    floor_p256_make(w);
}

void floor_first_release(struct floor *w)
{
    floor_repeated_release(w);
    floor_vrf_tag(w);
    floor_vrf_proof(w);
}

void floor_portion_more(struct floor *w)
{
    floor_vrf_tag(w);
    floor_vrf_tag(w);
    floor_vrf_proof(w);
    floor_ecdh(w);
}

void floor_rsa(struct floor *w)
{
    uint8_t share[256];
    size_t len = sizeof share;
    need(EVP_PKEY_decrypt(w->unwrap, share, &len, w->wrapped, sizeof w->wrapped));
    bench_keep(share);
}

static void release_but_unwrap(struct floor *w)
{
    floor_vrf_tag(w);
    floor_vrf_tag(w);
    floor_vrf_proof(w);
    floor_es256_verify(w);
    floor_es256_verify(w);
    floor_ecdh(w);
    floor_p256_make(w);
}

void floor_first_release_rsa(struct floor *w)
{
    release_but_unwrap(w);
    floor_rsa(w);
}

void floor_portion_more_rsa(struct floor *w)
{
    floor_vrf_tag(w);
    floor_vrf_tag(w);
    floor_vrf_proof(w);
    floor_rsa(w);
}

static void sha256(struct floor *w, size_t len)
{
    static const uint8_t data[256];
    need(EVP_DigestInit_ex2(w->hash, NULL, NULL));
    need(EVP_DigestUpdate(w->hash, data, len));
    need(EVP_DigestFinal_ex(w->hash, w->digest, NULL));
}

/* What docs/formats.md has of an entry, the log's tree and the map. An HMAC is two hashes, of a block and what follows it. */
void floor_entry_hashes(struct floor *w)
{
    for (int j = 0; j < FLOOR_FIELDS; j++) {
        sha256(w, 64 + 16);
        sha256(w, 64 + 32);
        sha256(w, 53 + 32); /* the field's leaf: label, salt, length, value */
    }
    for (int j = 0; j < FLOOR_FIELDS; j++)
        sha256(w, 65); /* inner nodes over the fields, one less than them, and one of the log's tree */
    sha256(w, 139);    /* the entry's leaf */
    for (int j = 0; j < 3 * FLOOR_MAP_NODES; j++)
        sha256(w, 65);
}

void floor_group_commit(struct floor *w)
{
    static const uint8_t group[FLOOR_GROUP * FLOOR_EVENT_LEN];
    if (++w->events % FLOOR_GROUP)
        return;
    if (pwrite(w->log, group, sizeof group, 0) != (ssize_t)sizeof group || fdatasync(w->log) != 0)
        BUG("the floor's file can't be written");
}

void floor_briefing(struct floor *w)
{
    floor_vrf_tag(w);
    floor_vrf_tag(w);
    floor_vrf_proof(w);
    floor_entry_hashes(w);
    floor_group_commit(w);
}

double floor_cost(struct floor *w, void (*work)(struct floor *), size_t count)
{
    double start = bench_thread_cpu();
    for (size_t i = 0; i < count; i++)
        work(w);
    return (bench_thread_cpu() - start) / (double)count;
}

struct crowd {
    struct floor *w;
    void (*work)(struct floor *);
    size_t count;
    double cost;
    pthread_t thread;
};

static void *one_of_crowd(void *arg)
{
    struct crowd *c = arg;
    c->cost = floor_cost(c->w, c->work, c->count);
    return NULL;
}

double floor_cost_crowded(struct floor *const *w, size_t threads, void (*work)(struct floor *), size_t count)
{
    struct crowd crowd[FLOOR_THREADS];
    double sum = 0;
    for (size_t i = 0; i < threads; i++) {
        crowd[i] = (struct crowd){ .w = w[i], .work = work, .count = count };
        if (pthread_create(&crowd[i].thread, NULL, one_of_crowd, &crowd[i]) != 0)
            BUG("no thread");
    }
    for (size_t i = 0; i < threads; i++) {
        pthread_join(crowd[i].thread, NULL);
        sum += crowd[i].cost;
    }
    return sum / (double)threads;
}

void floor_lock(struct floor *w, uint8_t *data, size_t len, uint8_t iv[static 12], uint8_t tag[static 16])
{
    int n;
    random_bytes(iv, 12);
    need(EVP_EncryptInit_ex2(w->lock, NULL, NULL, iv, NULL));
    need(EVP_EncryptUpdate(w->lock, data, &n, data, (int)len));
    need(EVP_EncryptFinal_ex(w->lock, data + len, &n));
    need(EVP_CIPHER_CTX_ctrl(w->lock, EVP_CTRL_AEAD_GET_TAG, 16, tag));
}

void floor_unlock(struct floor *w, uint8_t *data, size_t len, const uint8_t iv[static 12],
                  uint8_t tag[static 16])
{
    int n;
    need(EVP_DecryptInit_ex2(w->unlock, NULL, NULL, iv, NULL));
    need(EVP_DecryptUpdate(w->unlock, data, &n, data, (int)len));
    need(EVP_CIPHER_CTX_ctrl(w->unlock, EVP_CTRL_AEAD_SET_TAG, 16, tag));
    need(EVP_DecryptFinal_ex(w->unlock, data + len, &n));
}
