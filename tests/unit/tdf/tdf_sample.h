/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/tdf/tdf_sample.h - what the tests of sealed portions share: files, keys, a container in memory
 */
#ifndef TESTS_TDF_SAMPLE_H
#define TESTS_TDF_SAMPLE_H

#include <stdlib.h>

#include "base/mem.h"
#include "tap.h"
#include "tdf/open.h"
#include "tdf/seal.h"

/* A vector file, whole; ends the program if it can't be had. */
__attribute__((unused)) static struct buf *vector(const char *name)
{
    AUTO(str_freep) char *path = str_format("%s/opentdf/%s", VECTORS, name);
    struct buf *b = buf_new(1 << 20);
    FILE *in = fopen(path, "rb");
    uint8_t *to = buf_reserve(b, 1 << 18);
    if (!in || !to)
        BUG("vector file can't be read");
    b->len = fread(to, 1, 1 << 18, in);
    fclose(in);
    return b;
}

__attribute__((unused)) static struct key *vector_key(const char *name)
{
    AUTO(buf_freep) struct buf *pem = vector(name);
    struct key *k = NULL;
    if (key_read_pem(bytes_of(pem), &k, NULL) != OK)
        BUG("vector key can't be read");
    return k;
}

/* ${size} bytes that differ from segment to segment. */
__attribute__((unused)) static struct buf *sample_plain(size_t size)
{
    struct buf *b = buf_new(size + 1);
    uint8_t *to = buf_reserve(b, size);
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)(i * 7 + i / 251);
    b->len = size;
    return b;
}

static char *const sample_attributes[] = { (char[]){ "https://ns.example/attr/class/value/secret" } };
__attribute__((unused)) static const struct tdf_policy sample_policy = {
    .uuid = (char[]){ "2b91a669-cc62-442b-bc5d-973b3ce6e3b6" },
    .attributes = (char **)(uintptr_t)sample_attributes,
    .attribute_count = 1,
};

/* ${plain} sealed to ${to} in memory. */
__attribute__((unused)) static struct buf *sample_sealed(struct bytes plain, uint64_t segment_size,
                                                         const struct key *to)
{
    struct buf *b = buf_new(plain.len + plain.len / 16 + (1 << 20));
    struct buf_sink where;
    struct sink out = sink_buf(&where, b);
    struct source in = source_bytes(&plain);
    const struct tdf_recipient recipient = { to, "https://kas.example/kas", "e1", NULL,
                                             "{\"salt\":\"AA==\"}" };
    const struct tdf_spec spec = { &sample_policy, "text/plain", segment_size, &recipient, 1 };
    struct fail f = { 0 };
    if (tdf_seal(&in, &spec, &out, NULL, &f) != OK) {
        fprintf(stderr, "# %s\n", f.what);
        BUG("sample can't be sealed");
    }
    return b;
}

/* All the way from bytes to plaintext, with private keys. */
__attribute__((unused)) static enum err sample_open(struct bytes container, const struct key *const *keys,
                                                    size_t key_count, struct buf *out, struct fail *f)
{
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    struct source in = source_bytes(&container);
    struct buf_sink where;
    struct sink to = sink_buf(&where, out);
    uint8_t key[TDF_KEY_LEN];
    TRY(tdf_container_read(&in, TDF_MANIFEST_FOREIGN, &c, f));
    TRY(tdf_data_key(c->manifest, keys, key_count, key, f));
    struct source payload = source_window(&c->payload);
    return tdf_open(c->manifest, key, &payload, &to, f);
}

#endif
