/* SPDX-License-Identifier: Apache-2.0
 * The metadata of a portion: what is taken says a size that can be written again the same. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tdf/portion.h"
#include "tdf/variant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t salt[PORTION_SALT_LEN], again[PORTION_SALT_LEN];
    uint64_t said, same;
    struct fail f = { 0 };
    struct variants places;
    if (variants_read(BYTES(data, size), 4096, &places, NULL) == OK)
        for (size_t i = 0; i < places.count; i++)
            if (places.place[i].at + places.place[i].first + places.place[i].second + 3 > 4096)
                abort();
    if (portion_metadata_read(BYTES(data, size), salt, &said, &f) != OK) {
        if (f.reason != REASON_TAMPERED)
            abort();
        return 0;
    }
    AUTO(str_freep) char *text = portion_metadata(salt, said);
    if (portion_metadata_read(bytes_str(text), again, &same, &f) != OK || same != said ||
        memcmp(salt, again, sizeof salt) != 0)
        abort();
    uint64_t sealed = portion_padded(said);
    if (sealed < said || portion_padded(sealed) != sealed)
        abort();
    return 0;
}
