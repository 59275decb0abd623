/* SPDX-License-Identifier: Apache-2.0
 * What the reader accepts, the writer writes, and the reader accepts again with the same meaning. Numbers that are whole as they are
 * written are whole as they were read. */
#include <stdlib.h>

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_whole(const json_t *v)
{
    size_t i;
    json_t *item;
    const char *name;
    json_array_foreach ((json_t *)(uintptr_t)v, i, item)
        if (!is_whole(item))
            return false;
    json_object_foreach ((json_t *)(uintptr_t)v, name, item)
        if (!is_whole(item))
            return false;
    return !json_is_real(v) && json_integer_value(v) <= (json_int_t)JSON_WHOLE_MAX &&
           json_integer_value(v) >= -(json_int_t)JSON_WHOLE_MAX;
}

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
    bool whole = json_whole(BYTES(data, size), "input", NULL) == OK;
    if (whole && !is_whole(v)) /* not the other way round: -0 is 0 there */
        abort();
    return 0;
}
