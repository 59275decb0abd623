/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/crypto/vectors.h - vector files and bytes for the tests of this folder */
#ifndef TESTS_CRYPTO_VECTORS_H
#define TESTS_CRYPTO_VECTORS_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"
#include "tap.h"

/* vectors_load: a JSON file of the vectors' folder. */
__attribute__((unused)) static json_t *vectors_load(const char *name)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", VECTORS, name);
    json_t *v = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (!v)
        BUG("a vector file does not load");
    return v;
}

/* text_at: a string member; "" if there is none. */
__attribute__((unused)) static const char *text_at(const json_t *v, const char *name)
{
    const char *s = json_string_value(json_object_get(v, name));
    return s ? s : "";
}

/* from_hex: decoded into ${room}, which is as large as it must be. */
__attribute__((unused)) static struct bytes from_hex(const char *hex, uint8_t *room)
{
    size_t n = strlen(hex) / 2;
    if (!hex_read(bytes_str(hex), room, n))
        BUG("bad hex in a test");
    return BYTES(room, n);
}

/* is_hex: these bytes in hexadecimal. */
__attribute__((unused)) static bool is_hex(struct bytes got, const char *want, const char *name)
{
    static char hex[20000];
    if (got.len >= sizeof hex / 2)
        BUG("too long for a test");
    hex_print(got, hex);
    return is_str(hex, want, name);
}

#endif
