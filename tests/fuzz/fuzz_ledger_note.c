/* SPDX-License-Identifier: Apache-2.0
 * Signed notes, their keys, and checkpoints: a reader's parts make the note again, line by line. */
#include "ledger/checkpoint.h"
#include "ledger/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

static void keys(struct bytes v)
{
    struct note_key k;
    char text[NOTE_VKEY_SIZE];
    if (note_key_read(v, &k, NULL) != OK)
        return;
    note_key_print(&k, text);
    check(bytes_equal(bytes_str(text), v));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(note_freep) struct note *n = NULL;
    AUTO(buf_freep) struct buf *again = buf_new(size + 64);
    struct bytes v = BYTES(data, size);
    struct checkpoint c;
    struct proof p;
    keys(v);
    if (proof_read(v, &p, NULL) == OK && p.extra.len == 0) {
        proof_put(again, p.index, proof_hashes(&p), p.checkpoint);
        check(bytes_equal(bytes_of(again), v));
    }
    if (note_read(v, &n, NULL) != OK)
        return 0;
    buf_reset(again);
    note_begin(again, n->text);
    for (size_t i = 0; i < n->count; i++)
        buf_put_bytes(again, n->line[i].line);
    check(bytes_equal(bytes_of(again), v));
    if (checkpoint_read(n->text, &c, NULL) == OK && !c.extended) {
        buf_reset(again);
        checkpoint_put(again, c.origin, c.size, c.root);
        check(bytes_equal(bytes_of(again), n->text));
    }
    return 0;
}
