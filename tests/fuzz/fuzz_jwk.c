/* SPDX-License-Identifier: Apache-2.0
 * A key that is read from a JWK is written as one with the same meaning, and has one thumbprint. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_freep) json_t *jwk = NULL, *own = NULL;
    AUTO(key_freep) struct key *k = NULL, *again = NULL, *private = NULL;
    char a[THUMBPRINT_SIZE], b[THUMBPRINT_SIZE];
    if (json_read(BYTES(data, size), 1 << 14, "input", &jwk, NULL) != OK)
        return 0;
    (void)!key_read_jwk(jwk, true, &private, NULL);
    if (key_read_jwk(jwk, false, &k, NULL) != OK)
        return 0;
    own = key_jwk(k);
    if (key_is_private(k) || key_read_jwk(own, false, &again, NULL) != OK ||
        key_thumbprint(k, a, NULL) != OK || key_thumbprint(again, b, NULL) != OK || strcmp(a, b) != 0)
        abort();
    return 0;
}
