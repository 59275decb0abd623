/* SPDX-License-Identifier: Apache-2.0
 * A sealed handle of whoever: taken apart or refused in words; and none that was not sealed to this key opens. */
#include "tdf/handle.h"

#include <stdlib.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct key *mine;
    static const uint8_t context[HASH_LEN];
    uint8_t out[HANDLE_MAX];
    struct fail f = { 0 };
    struct bytes kid;
    if (!mine && key_make(KEY_P256, &mine, &f) != OK)
        abort();
    if (handle_kid(BYTES(data, size), &kid, &f) != OK) {
        if (f.code != E_INVALID || !*f.what)
            abort();
        return 0;
    }
    if (kid.data < data || kid.data + kid.len > data + size)
        abort();
    f = (struct fail){ 0 };
    if (handle_open(mine, BYTES(data, size), context, out, &f) == OK || !*f.what)
        abort();
    return 0;
}
