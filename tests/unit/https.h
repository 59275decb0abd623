/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/https.h - a server on loopback with a certificate of its own, for tests of both ends */
#ifndef TESTS_HTTPS_H
#define TESTS_HTTPS_H

#include <stdlib.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "http/server.h"
#include "tap.h"

struct https_identity {
    struct buf key, certificate;
    char pin[2 * HASH_LEN + 1]; /* hex */
};

__attribute__((unused)) static void https_must(enum err e, const struct fail *f)
{
    if (e != OK) {
        printf("Bail out! %s\n", f->what);
        exit(99);
    }
}

__attribute__((unused)) static void https_identity_make(struct https_identity *id)
{
    static const char *const alt[] = { "localhost", "127.0.0.1", "::1" };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *k = NULL;
    AUTO(buf_freep) struct buf *spki = buf_new(1000);
    uint8_t digest[HASH_LEN];
    buf_init(&id->key, 10000);
    buf_init(&id->certificate, 10000);
    https_must(crypto_start(&f), &f);
    https_must(key_make(KEY_P256, &k, &f), &f);
    https_must(key_write_private_pem(k, &id->key, &f), &f);
    https_must(key_certificate(k, "test.example", alt, COUNT(alt), 2, &id->certificate, &f), &f);
    https_must(key_write_spki(k, spki, &f), &f);
    hash_sha256(bytes_of(spki), digest);
    hex_print(BYTES(digest, sizeof digest), id->pin);
}

__attribute__((unused)) static void https_identity_clear(struct https_identity *id)
{
    buf_clear(&id->key);
    buf_clear(&id->certificate);
}

/* https_start: the rest of ${conf} as given. */
__attribute__((unused)) static struct http_server *https_start(const struct https_identity *id,
                                                               struct http_conf conf)
{
    struct http_server *s = NULL;
    struct fail f = { 0 };
    conf.listen = conf.listen ? conf.listen : "127.0.0.1:0";
    conf.certificate = bytes_of(&id->certificate);
    conf.key = bytes_of(&id->key);
    https_must(http_server_start(&conf, &s, &f), &f);
    return s;
}

#endif
