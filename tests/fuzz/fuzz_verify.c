/* SPDX-License-Identifier: Apache-2.0
 * Whatever file somebody is handed: with no card known nothing verifies, and the document says so. */
#include "base/mem.h"
#include "client/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(known_clear) struct known known = { 0 };
    AUTO(verify_clear) struct verify v = { .known = &known };
    struct fail f = { 0 };
    check(crypto_start(&f) == OK);
    check(verify_bytes(&v, BYTES(data, size), &f) == E_UNVERIFIED && f.code == E_UNVERIFIED);
    check(json_is_false(json_object_get(v.out, "verified")) &&
          json_is_string(json_object_get(v.out, "kind")));
    AUTO(str_freep) char *text = json_text(v.out); /* it can be printed */
    check(text != NULL);
    return 0;
}
