/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/checkpoint.h"

#include "base/b64.h"
#include "ledger/text.h"

void checkpoint_put(struct buf *b, const char *origin, uint64_t size, const uint8_t root[static HASH_LEN])
{
    buf_printf(b, "%s\n%llu\n", origin, (unsigned long long)size);
    b64_put(b, B64_STD, BYTES(root, HASH_LEN));
    buf_put_u8(b, '\n');
}

MUST_USE enum err checkpoint_read(struct bytes text, struct checkpoint *out, struct fail *f)
{
    struct reader r = reader_of(text);
    struct bytes origin, size, root, line;
    struct checkpoint c = { 0 };
    uint8_t empty[HASH_LEN];
    if (!text_line(&r, &origin) || origin.len == 0 || origin.len >= sizeof c.origin ||
        memchr(origin.data, '\0', origin.len) != NULL || !text_line(&r, &size) ||
        !text_decimal(size, &c.size) || !text_line(&r, &root) ||
        !b64_read_exact(B64_STD, root, c.root, sizeof c.root))
        return fail_set(f, E_INVALID, "not a checkpoint");
    memcpy(c.origin, origin.data, origin.len);
    while (!reader_done(&r)) {
        if (!text_line(&r, &line) || line.len == 0)
            return fail_set(f, E_INVALID, "checkpoint: extension line");
        c.extended = true;
    }
    tree_empty_root(empty);
    if (c.size == 0 && memcmp(c.root, empty, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "checkpoint: an empty tree has one root only");
    *out = c;
    return OK;
}

MUST_USE enum err checkpoint_open(struct bytes note, const struct note_key *log, struct checkpoint *out,
                                  struct fail *f)
{
    AUTO(note_freep) struct note *n = NULL;
    struct checkpoint c;
    TRY(note_read(note, &n, f));
    TRY(checkpoint_read(n->text, &c, f));
    if (log->type != NOTE_ED25519)
        return fail_set(f, E_INVALID, "%s is not the key of a log", log->name);
    if (strcmp(c.origin, log->name) != 0 || c.extended)
        return fail_set(f, E_UNVERIFIED, "not a checkpoint of %s", log->name);
    TRY(note_verify(n, log, 1, NULL, f));
    *out = c;
    return OK;
}
