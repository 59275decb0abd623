/* SPDX-License-Identifier: Apache-2.0
 * What is found in a certificate lies within it and is one sequence. */
#include <stdlib.h>

#include "base/mem.h"
#include "net/spki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(mem_freep) char *text = mem_dup(data, size);
    AUTO(buf_freep) struct buf *der = buf_new(1 << 20);
    struct bytes found;
    if (spki_find(BYTES(data, size), &found) &&
        (found.data <= data || found.len < 2 || found.data + found.len > data + size ||
         found.data[0] != 0x30))
        abort();
    if (spki_find_pem(text, der, &found) && (found.data <= der->data || found.data[0] != 0x30))
        abort();
    return 0;
}
