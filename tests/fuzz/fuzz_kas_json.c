/* SPDX-License-Identifier: Apache-2.0 - key requests: never more than what came, or an error */
#include <stdlib.h>

#include "base/json.h"
#include "http/kas_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_freep) json_t *message = NULL;
    struct bytes srt = { 0 };
    struct fail f = { 0 };
    if (kas_json_request(BYTES(data, size), 4096, &message, &srt, &f) == OK &&
        (srt.len == 0 || srt.len > size))
        abort();
    return 0;
}
