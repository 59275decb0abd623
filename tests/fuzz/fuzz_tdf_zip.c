/* SPDX-License-Identifier: Apache-2.0
 * What the strict reader takes, the tolerant one takes too; every entry lies inside the input, after the one
 * before it. */
#include <stdlib.h>

#include "tdf/zip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool any_name(const char *name)
{
    return name[0] != '/';
}

static bool read_all(struct bytes v, bool foreign)
{
    const struct zip_rules rules = { foreign, 16, 1 << 20, any_name };
    AUTO(zip_freep) struct zip *z = NULL;
    AUTO(buf_freep) struct buf *out = buf_new(1 << 20);
    struct source in = source_bytes(&v);
    if (zip_read(&in, &rules, &z, NULL) != OK)
        return false;
    uint64_t before = 0;
    for (size_t i = 0; i < zip_count(z); i++) {
        const struct zip_entry *e = zip_at(z, i);
        if (e->header_at < before || e->at < e->header_at || e->at > v.len || e->size > v.len - e->at ||
            zip_find(z, e->name) != e)
            abort();
        before = e->at + e->size;
        if (zip_get(z, e, 1 << 20, out, NULL) == OK && out->len > v.len)
            abort();
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool strict = read_all(BYTES(data, size), false);
    bool tolerant = read_all(BYTES(data, size), true);
    if (strict && !tolerant)
        abort();
    return 0;
}
