/* SPDX-License-Identifier: Apache-2.0
 * Parts of evidence: what is read is written back as it was; verifying it does no harm. */
#include "ledger/absence.h"
#include "ledger/presence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(presence_freep) struct presence *p = NULL;
    AUTO(absence_freep) struct absence *a = NULL;
    AUTO(buf_freep) struct buf *again = buf_new(size + 1);
    struct bytes v = BYTES(data, size);
    struct note_key log = { .name = "alder.example/orcon/1", .type = NOTE_ED25519 };
    struct part_trust trust = { &log, 1, NULL };
    struct presence_facts present;
    struct absence_facts absent;
    if (presence_read(v, &p, NULL) == OK) {
        check(presence_write(p, again, NULL) == OK && bytes_equal(bytes_of(again), v));
        check(presence_verify(p, &trust, &present, NULL) != OK);
    }
    if (absence_read(v, &a, NULL) == OK) {
        buf_reset(again);
        check(absence_write(a, again, NULL) == OK && bytes_equal(bytes_of(again), v));
        check(absence_verify(a, &trust, &absent, NULL) != OK);
    }
    return 0;
}
