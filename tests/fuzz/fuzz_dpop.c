/* SPDX-License-Identifier: Apache-2.0
 * A proof that is taken was signed by the key that it names, which no fuzzer can do: what is read here
 * without a right signature is refused. The claims are read before the signature is looked at, so they are
 * reached. */
#include <stdlib.h>

#include "crypto/jose.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dpop d;
    struct fail f = { 0 };
    enum err e = jose_read_dpop(BYTES(data, size), "POST", "https://alder.example/token", NULL, 1700000000000,
                                60, 5, &d, &f);
    if (e == OK ? d.iat < 1699999940 || d.iat > 1700000005 || !d.jti[0] || d.jti[128]
                : e != E_UNAUTHENTICATED || !f.what[0])
        abort();
    return 0;
}
