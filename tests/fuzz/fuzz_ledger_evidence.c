/* SPDX-License-Identifier: Apache-2.0
 * Evidence files and policies: what is read is written back as it was; judging it under no cards proves
 * nothing but a bare digest. */
#include "base/mem.h"
#include "ledger/verdict.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static const struct key *no_key(void *ctx, const char *domain, const char *use, const char *kid)
{
    (void)ctx, (void)domain, (void)use, (void)kid;
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(evidence_freep) struct evidence *e = NULL;
    AUTO(quorum_freep) struct quorum *q = NULL;
    AUTO(buf_freep) struct buf *again = buf_new(size + 256);
    AUTO(mem_freep) struct verdict *v = mem_new(sizeof *v);
    struct shown_cards cards = { no_key, NULL };
    struct bytes in = BYTES(data, size);
    uint8_t digest[HASH_LEN];
    if (quorum_read(in, &q, NULL) == OK) {
        struct note_signed by[QUORUM_MAX] = { 0 };
        uint64_t keys;
        check(q->root == QUORUM_MAX || !quorum_met(q, by));
        check(!quorum_monitors(q, by, "alder.example", &keys) && keys == 0);
    }
    if (evidence_read(in, &e, NULL) != OK)
        return 0;
    check(evidence_write(e, again, digest, NULL) == OK && bytes_equal(bytes_of(again), e->covered));
    if (q == NULL && quorum_read(bytes_str("quorum none\n"), &q, NULL) != OK)
        abort();
    check(verdict_of(e, q, &cards, false, v, NULL) != OK && v->outcome == EVIDENCE_UNKNOWN);
    return 0;
}
