/* SPDX-License-Identifier: Apache-2.0
 * Public entries and private bodies: what is read is written back as it was. */
#include "ledger/body.h"
#include "ledger/tag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(buf_freep) struct buf *again = buf_new(size + 1);
    struct bytes v = BYTES(data, size);
    struct entry e;
    struct body b;
    struct tag_plan plan;
    if (entry_read(v, &e, NULL) == OK)
        check(entry_put(again, &e, NULL) == OK && bytes_equal(bytes_of(again), v));
    if (body_read(v, &b, NULL) == OK) {
        buf_reset(again);
        check(body_write(&b, again, NULL) == OK && bytes_equal(bytes_of(again), v));
        if (body_check(&b, NULL) == OK && tag_plan_of(&b, &plan, NULL) == OK)
            check(plan.count >= 1 && plan.count <= ENTRY_TAGS && body_kind(&b) < KIND_COUNT);
    }
    return 0;
}
