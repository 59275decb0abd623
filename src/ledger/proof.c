/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/proof.h"

#include "base/b64.h"
#include "ledger/note.h"
#include "ledger/text.h"

#define PROOF_HEADER "c2sp.org/tlog-proof@v1"

void proof_put(struct buf *b, uint64_t index, struct bytes hashes, struct bytes checkpoint)
{
    buf_printf(b, PROOF_HEADER "\nindex %llu\n", (unsigned long long)index);
    for (size_t at = 0; at + HASH_LEN <= hashes.len; at += HASH_LEN) {
        b64_put(b, B64_STD, BYTES(hashes.data + at, HASH_LEN));
        buf_put_u8(b, '\n');
    }
    buf_put_u8(b, '\n');
    buf_put_bytes(b, checkpoint);
}

static bool read_hashes(struct reader *r, struct proof *p)
{
    struct bytes line;
    for (;;) {
        if (!text_line(r, &line))
            return false;
        if (line.len == 0)
            return true;
        if (p->count == TREE_LEVELS + 1 || !b64_read_exact(B64_STD, line, p->hash[p->count], HASH_LEN))
            return false;
        p->count++;
    }
}

MUST_USE enum err proof_read(struct bytes text, struct proof *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *extra = buf_new(NOTE_MAX);
    struct reader r = reader_of(text);
    struct bytes line, number;
    struct proof *p = out;
    p->count = 0;
    p->extra = BYTES(NULL, 0);
    if (!text_line(&r, &line) || !text_is(line, PROOF_HEADER) || !text_line(&r, &line))
        return fail_set(f, E_INVALID, "not a tlog-proof");
    if (text_after(line, "extra ", &p->extra)) {
        TRY(b64_read(B64_STD, p->extra, extra, "tlog-proof: extra line", f));
        if (!text_line(&r, &line))
            return fail_set(f, E_INVALID, "tlog-proof: index line");
    }
    if (!text_after(line, "index ", &number) || !text_decimal(number, &p->index))
        return fail_set(f, E_INVALID, "tlog-proof: index line");
    if (!read_hashes(&r, p))
        return fail_set(f, E_INVALID, "tlog-proof: hash %zu", p->count + 1);
    p->checkpoint = BYTES(r.data + r.at, r.len - r.at);
    if (p->checkpoint.len == 0)
        return fail_set(f, E_INVALID, "tlog-proof: no checkpoint");
    return OK;
}

struct bytes proof_hashes(const struct proof *p)
{
    return BYTES(p->hash, p->count * HASH_LEN);
}
