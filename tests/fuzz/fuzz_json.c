/* SPDX-License-Identifier: Apache-2.0
 * What the reader accepts, the writer writes, and the reader accepts again with the same meaning. */
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_freep) json_t *v = NULL;
    AUTO(json_freep) json_t *again = NULL;
    if (json_read(BYTES(data, size), 1 << 16, "input", &v, NULL) != OK)
        return 0;
    AUTO(buf_freep) struct buf *text = buf_new(1 << 20);
    json_put_sorted(text, v);
    if (buf_check(text, "text", NULL) != OK ||
        json_read(bytes_of(text), 1 << 20, "output", &again, NULL) != OK || !json_equal(v, again))
        abort();
    return 0;
}
