/* SPDX-License-Identifier: Apache-2.0
 * What comes to a witness and from one: requests, sizes, cosignatures, bundles of entries. Nobody finds a signature by
 * trying, so no answer counts. */
#include <stdio.h>
#include <stdlib.h>

#include "ledger/tiles.h"
#include "ledger/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void requests(struct bytes v)
{
    static struct witness_ask a;
    AUTO(note_freep) struct note *note = NULL;
    AUTO(buf_freep) struct buf *again = buf_new(v.len + 64);
    struct witness_seen seen = { 0 };
    struct checkpoint c;
    if (witness_ask_read(v, &a, NULL) != OK)
        return;
    witness_ask_put(again, a.old, BYTES(a.proof, a.proof_len), a.note);
    check(bytes_equal(bytes_of(again), v));
    if (witness_text(&a, &note, &c, NULL) != WITNESS_ACCEPTED)
        return;
    enum witness_status s = witness_judge(&a, &c, &seen, NULL);
    check(s != WITNESS_ACCEPTED || (a.old == 0 && a.proof_len == 0));
    seen.size = a.old;
    if (a.old > 0 && a.old < c.size)
        check(witness_judge(&a, &c, &seen, NULL) != WITNESS_ACCEPTED);
}

static void bundles(struct bytes v)
{
    AUTO(buf_freep) struct buf *again = buf_new(v.len + 64);
    struct reader r = reader_of(v);
    struct bytes entry;
    while (tiles_next_entry(&r, &entry))
        tiles_put_entry(again, entry);
    check(!reader_done(&r) || bytes_equal(bytes_of(again), v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t pk[32] = { 3 };
    AUTO(buf_freep) struct buf *line = buf_new(size + 64);
    struct bytes v = BYTES(data, size),
                 text = bytes_str("a\n1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    struct note_key key;
    uint64_t n;
    char digits[24];
    requests(v);
    bundles(v);
    if (witness_size(v, &n)) {
        snprintf(digits, sizeof digits, "%llu\n", (unsigned long long)n);
        check(bytes_equal(bytes_str(digits), v));
    }
    if (note_key_make("w", NOTE_COSIGNATURE, pk, &key, NULL) == OK)
        check(witness_answer(text, v, &key, line, &n, NULL) != OK && line->len == 0);
    return 0;
}
