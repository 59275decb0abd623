/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/ledger/vec.h - reading the vector files; what is decoded lives until vec_done */
#ifndef TESTS_LEDGER_VEC_H
#define TESTS_LEDGER_VEC_H

#include <jansson.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"

#define VEC_MAX ((size_t)4 << 20)

static struct buf **vec_pool;
static size_t vec_pool_count;
static json_t **vec_files;
static size_t vec_file_count;

static struct buf *vec_buf(void)
{
    vec_pool = mem_grow(vec_pool, vec_pool_count + 1, sizeof *vec_pool);
    return vec_pool[vec_pool_count++] = buf_new(VEC_MAX);
}

static json_t *vec_load(const char *name)
{
    json_error_t e;
    char *path = str_format("%s/ledger/%s.json", VECTORS, name);
    /* 2^64-1 stands there for "none": more than the parser's integers hold, so numbers are read as real */
    size_t flags = strcmp(name, "orcon_ledger_small") == 0 ? JSON_DECODE_INT_AS_REAL : 0;
    json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES | flags, &e);
    if (v == NULL) {
        fprintf(stderr, "%s: %s\n", path, e.text);
        exit(99);
    }
    free(path);
    vec_files = mem_grow(vec_files, vec_file_count + 1, sizeof(json_t *));
    vec_files[vec_file_count++] = v;
    return v;
}

__attribute__((unused)) static void vec_done(void)
{
    for (size_t i = 0; i < vec_pool_count; i++)
        buf_free(vec_pool[i]);
    for (size_t i = 0; i < vec_file_count; i++)
        json_decref(vec_files[i]);
    free(vec_pool);
    free(vec_files);
}

__attribute__((unused)) static const char *vec_str(const json_t *v, const char *name)
{
    const char *s = json_string_value(json_object_get(v, name));
    return s == NULL ? "" : s;
}

__attribute__((unused)) static uint64_t vec_u64(const json_t *v, const char *name)
{
    const json_t *n = json_object_get(v, name);
    if (!json_is_real(n))
        return (uint64_t)json_integer_value(n);
    return json_real_value(n) < 18446744073709551615.0 ? (uint64_t)json_real_value(n) : UINT64_MAX;
}

__attribute__((unused)) static bool vec_bool(const json_t *v, const char *name)
{
    return json_is_true(json_object_get(v, name));
}

/* vec_b64, vec_hex: decoded; empty for null. A malformed vector ends the test. */
__attribute__((unused)) static struct bytes vec_b64(const json_t *v)
{
    struct buf *b = vec_buf();
    if (json_is_string(v) &&
        b64_read(B64_STD, BYTES(json_string_value(v), json_string_length(v)), b, "vector", NULL) != OK)
        exit(99);
    return bytes_of(b);
}

__attribute__((unused)) static struct bytes vec_hex(const json_t *v)
{
    struct buf *b = vec_buf();
    size_t n = json_string_length(v) / 2;
    uint8_t *p = buf_reserve(b, n);
    if (n > 0 && !hex_read(BYTES(json_string_value(v), json_string_length(v)), p, n))
        exit(99);
    b->len += n;
    return bytes_of(b);
}

/* vec_joined: an array of base64 values, joined. */
__attribute__((unused)) static struct bytes vec_joined(const json_t *list)
{
    struct buf *b = vec_buf();
    size_t i;
    const json_t *v;
    json_array_foreach (list, i, v)
        buf_put_bytes(b, vec_b64(v));
    return bytes_of(b);
}

#endif
