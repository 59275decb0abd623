/* SPDX-License-Identifier: Apache-2.0
 * A manifest that is taken is within its bounds; written and read again it says the same. */
#include <stdlib.h>

#include "tdf/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    AUTO(tdf_manifest_freep) struct tdf_manifest *again = NULL;
    AUTO(tdf_policy_clear) struct tdf_policy policy = { 0 };
    AUTO(buf_freep) struct buf *text = buf_new(TDF_MANIFEST_FOREIGN);
    AUTO(buf_freep) struct buf *twice = buf_new(TDF_MANIFEST_FOREIGN);
    if (tdf_manifest_read(BYTES(data, size), TDF_MANIFEST_OWN, &m, NULL) != OK)
        return 0;
    if (m->kao_count == 0 || m->kao_count > TDF_KAOS_MAX || m->segment_count > TDF_SEGMENTS_MAX ||
        tdf_manifest_size(m) > TDF_PAYLOAD_MAX)
        abort();
    if (tdf_policy_read(m->policy, &policy, NULL) == OK) {
        AUTO(buf_freep) struct buf *out = buf_new(2 * TDF_POLICY_MAX);
        tdf_policy_write(&policy, out);
    }
    if (m->hex)
        return 0;
    if (tdf_manifest_write(m, text, NULL) != OK ||
        tdf_manifest_read(bytes_of(text), TDF_MANIFEST_FOREIGN, &again, NULL) != OK ||
        tdf_manifest_write(again, twice, NULL) != OK || !bytes_equal(bytes_of(text), bytes_of(twice)))
        abort();
    return 0;
}
