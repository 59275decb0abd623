/* SPDX-License-Identifier: Apache-2.0
 * Containers under a fixed key. The fuzzer can't forge, so root and bindings are made right for what it
 * wrote: then the segments are read. What opens has the size that the manifest says. */
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "tdf/open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t key[TDF_KEY_LEN] = { 1, 2, 3 };

/* Root and bindings as the holder of the key would make them. */
static void sign(struct tdf_manifest *m)
{
    AUTO(buf_freep) struct buf *joined = buf_new(1 << 22);
    uint8_t mac[HASH_LEN];
    bool gmac = m->root_hash == TDF_HASH_GMAC;
    tdf_aggregate(m, joined);
    struct bytes aggregate = bytes_of(joined);
    hash_hmac(BYTES(key, sizeof key), &aggregate, 1, mac);
    memcpy(m->root, gmac ? mac + HASH_LEN - 16 : mac, gmac ? 16 : HASH_LEN);
    tdf_bind(key, m->policy, mac);
    for (size_t i = 0; i < m->kao_count; i++) {
        AUTO(buf_freep) struct buf *base64 = buf_new(100);
        b64_put(base64, B64_STD, BYTES(mac, sizeof mac));
        free(m->kaos[i].binding);
        m->kaos[i].binding = buf_steal_text(base64);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    AUTO(buf_freep) struct buf *out = buf_new(1 << 20);
    struct bytes v = BYTES(data, size);
    struct source in = source_bytes(&v);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    if (tdf_container_read(&in, TDF_MANIFEST_FOREIGN, &c, NULL) != OK)
        return 0;
    sign(c->manifest);
    struct source payload = source_window(&c->payload);
    if (tdf_open(c->manifest, key, &payload, &sink, NULL) == OK && out->len != tdf_manifest_size(c->manifest))
        abort();
    return 0;
}
