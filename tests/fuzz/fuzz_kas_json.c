/* SPDX-License-Identifier: Apache-2.0 - key requests and the key in a proof: never more than what came, or an
 * error */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "http/kas_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_freep) json_t *message = NULL;
    AUTO(str_freep) char *text = mem_dup(data, size);
    AUTO(buf_freep) struct buf *key = buf_new(1024);
    struct bytes srt = { 0 };
    struct fail f = { 0 };
    if (kas_json_request(BYTES(data, size), 4096, &message, &srt, &f) == OK &&
        (srt.len == 0 || srt.len > size))
        abort();
    fail_clear(&f);
    if (kas_json_proof_key(text, key, &f) == OK && (key->len < 30 || key->data[0] != '{'))
        abort();
    return 0;
}
