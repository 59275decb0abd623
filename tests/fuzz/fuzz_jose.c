/* SPDX-License-Identifier: Apache-2.0
 * A JWS that is read is its three parts as they stand: put together again they are the same text. */
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "crypto/jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(jose_freep) struct jose *j = NULL;
    if (jose_read(BYTES(data, size), JOSE_MAX_SMALL, "input", &j, NULL) != OK)
        return 0;
    AUTO(buf_freep) struct buf *text = buf_new(JOSE_MAX_SMALL);
    buf_put_bytes(text, j->signing_input);
    buf_put_u8(text, '.');
    b64_put(text, B64_URL, BYTES(j->signature, j->signature_len));
    if (!bytes_equal(bytes_of(text), BYTES(data, size)) || !json_is_object(j->payload) ||
        json_object_get(j->header, "crit") || (strcmp(j->alg, "ES256") != 0 && strcmp(j->alg, "RS256") != 0))
        abort();
    return 0;
}
