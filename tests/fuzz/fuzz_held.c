/* SPDX-License-Identifier: Apache-2.0
 * A package in a reader's hands: one that is taken lists its portions in order, each with what it needs to be read. */
#include <stdlib.h>
#include <string.h>

#include "client/held.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(size + 1);
    AUTO(held_freep) struct held *h = NULL;
    struct fail f = { 0 };
    buf_put(bytes, data, size);
    enum err e = held_read(&bytes, &h, &f);
    if (e != OK) {
        if (e != E_UNVERIFIED || !*f.what)
            abort();
        return 0;
    }
    if (h->count == 0 || strcmp(h->share->kind, h->giver ? "override" : "share") != 0)
        abort();
    for (size_t i = 0; i < h->count; i++) {
        const struct held_portion *p = &h->portions[i];
        if (p->state != HELD_SEALED || p->text || (i > 0 && p->n <= h->portions[i - 1].n) ||
            (p->container == NULL) != p->clear)
            abort();
        if (p->container && p->container->manifest->kao_count != 1)
            abort();
    }
    return 0;
}
