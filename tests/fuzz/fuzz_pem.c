/* SPDX-License-Identifier: Apache-2.0
 * A key that is read from PEM is written as PEM that is the same key. */
#include <stdlib.h>
#include <string.h>

#include "crypto/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(key_freep) struct key *k = NULL, *again = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new_secret(1 << 16);
    char a[THUMBPRINT_SIZE], b[THUMBPRINT_SIZE];
    if (key_read_pem(BYTES(data, size), &k, NULL) != OK)
        return 0;
    enum err e = key_is_private(k) ? key_write_private_pem(k, pem, NULL) : key_write_public_pem(k, pem, NULL);
    if (e != OK || key_read_pem(bytes_of(pem), &again, NULL) != OK ||
        key_is_private(k) != key_is_private(again) || key_thumbprint(k, a, NULL) != OK ||
        key_thumbprint(again, b, NULL) != OK || strcmp(a, b) != 0)
        abort();
    return 0;
}
