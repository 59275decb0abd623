/* SPDX-License-Identifier: Apache-2.0
 * A package that is taken holds portions that are found by their ids and can be read. */
#include <stdlib.h>

#include "tdf/container.h"
#include "tdf/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(package_freep) struct package *p = NULL;
    struct bytes v = BYTES(data, size);
    struct source in = source_bytes(&v);
    if (package_read(&in, &p, NULL) != OK)
        return 0;
    if (package_report(p).len > PACKAGE_REPORT_MAX)
        abort();
    for (size_t i = 0; i < package_count(p); i++) {
        const struct package_portion *portion = package_at(p, i);
        struct window w = portion->bytes;
        struct source inner = source_window(&w);
        uint32_t crc;
        if (package_find(p, portion->uuid) != portion || source_crc(&inner, &crc, NULL) != OK)
            abort();
        AUTO(tdf_container_freep) struct tdf_container *c = NULL;
        if (portion->kind == PACKAGE_SEALED && tdf_container_read(&inner, TDF_MANIFEST_OWN, &c, NULL) != OK)
            c = NULL;
    }
    return 0;
}
