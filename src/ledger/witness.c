/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/witness.h"

#include "base/b64.h"
#include "base/hex.h"
#include "ledger/text.h"

MUST_USE enum err witness_ask_read(struct bytes body, struct witness_ask *out, struct fail *f)
{
    struct reader r = reader_of(body);
    struct witness_ask a = { 0 };
    struct bytes line, size;
    if (!text_line(&r, &line) || !text_after(line, "old ", &size) || !text_decimal(size, &a.old))
        return fail_set(f, E_INVALID, "first line: not `old` and a size");
    for (size_t lines = 0;; lines++) {
        if (!text_line(&r, &line))
            return fail_set(f, E_INVALID, "no empty line after the proof");
        if (line.len == 0)
            break;
        if (lines == WITNESS_PROOF_LINES)
            return fail_set(f, E_INVALID, "more than %d proof lines", WITNESS_PROOF_LINES);
        if (!b64_read_exact(B64_STD, line, a.proof + a.proof_len, HASH_LEN))
            return fail_set(f, E_INVALID, "proof line %zu is no hash", lines + 1);
        a.proof_len += HASH_LEN;
    }
    if (reader_done(&r))
        return fail_set(f, E_INVALID, "no checkpoint");
    a.note = BYTES(r.data + r.at, r.len - r.at);
    *out = a;
    return OK;
}

void witness_ask_put(struct buf *b, uint64_t old, struct bytes proof, struct bytes note)
{
    buf_printf(b, "old %llu\n", (unsigned long long)old);
    for (size_t at = 0; at + HASH_LEN <= proof.len; at += HASH_LEN) {
        b64_put(b, B64_STD, BYTES(proof.data + at, HASH_LEN));
        buf_put_u8(b, '\n');
    }
    buf_put_u8(b, '\n');
    buf_put_bytes(b, note);
}

/* A checkpoint under which no signature line can be read is one that nobody signed. */
static bool is_unsigned(struct bytes note)
{
    struct checkpoint c;
    for (size_t at = note.len; at >= 2; at--)
        if (note.data[at - 1] == '\n' && note.data[at - 2] == '\n')
            return at < note.len && checkpoint_read(BYTES(note.data, at - 1), &c, NULL) == OK;
    return false;
}

MUST_USE enum witness_status witness_text(const struct witness_ask *a, struct note **note,
                                          struct checkpoint *c, struct fail *f)
{
    AUTO(note_freep) struct note *n = NULL;
    if (note_read(a->note, &n, f) != OK)
        return is_unsigned(a->note) ? WITNESS_UNSIGNED : WITNESS_MALFORMED;
    enum err e = checkpoint_read(n->text, c, f);
    if (e != OK) /* well formed, and can't be true */
        return e == E_UNVERIFIED ? WITNESS_INCONSISTENT : WITNESS_MALFORMED;
    *note = n;
    n = NULL;
    return WITNESS_ACCEPTED;
}

MUST_USE enum witness_status witness_signed(const struct note *note, const struct note_key *keys,
                                            size_t count, struct fail *f)
{
    if (count == 0) {
        (void)!fail_set(f, E_NOT_FOUND, "no such log is known here");
        return WITNESS_UNKNOWN;
    }
    return note_verify(note, keys, count, NULL, f) == OK ? WITNESS_ACCEPTED : WITNESS_UNSIGNED;
}

MUST_USE enum witness_status witness_judge(const struct witness_ask *a, const struct checkpoint *c,
                                           const struct witness_seen *seen, struct fail *f)
{
    struct bytes proof = BYTES(a->proof, a->proof_len);
    if (a->old > c->size) {
        (void)!fail_set(f, E_INVALID, "the old size is above the checkpoint's");
        return WITNESS_MALFORMED;
    }
    if (a->old != seen->size) {
        (void)!fail_set(f, E_CONFLICT, "size %llu was cosigned last", (unsigned long long)seen->size);
        return WITNESS_STALE;
    }
    if (a->old == 0) {
        if (proof.len == 0)
            return WITNESS_ACCEPTED;
        (void)!fail_set(f, E_UNVERIFIED, "nothing is proved from size 0");
        return WITNESS_INCONSISTENT;
    }
    return tree_verify_consistency(a->old, c->size, seen->root, c->root, proof, f) == OK
               ? WITNESS_ACCEPTED
               : WITNESS_INCONSISTENT;
}

static bool is_of(const struct note_line *l, const struct note_key *k)
{
    return text_is(l->name, k->name) && memcmp(l->id, k->id, sizeof l->id) == 0;
}

MUST_USE enum err witness_answer(struct bytes text, struct bytes body, const struct note_key *key,
                                 struct buf *line, uint64_t *time_s, struct fail *f)
{
    AUTO(buf_freep) struct buf *whole = buf_new(NOTE_MAX);
    AUTO(note_freep) struct note *n = NULL;
    struct note_signed by = { 0 };
    size_t i = 0;
    note_begin(whole, text);
    buf_put_bytes(whole, body);
    TRY(buf_check(whole, "answer of a witness", f));
    TRY(note_read(bytes_of(whole), &n, f));
    if (!bytes_equal(n->text, text)) /* an empty line in the body moved the end of the text */
        return fail_set(f, E_INVALID, "the answer is not signature lines");
    TRY(note_verify(n, key, 1, &by, f));
    while (i < n->count && !is_of(&n->line[i], key))
        i++;
    if (i == n->count)
        return fail_set(f, E_UNVERIFIED, "no line of %s", key->name);
    buf_put_bytes(line, n->line[i].line);
    *time_s = by.time_s;
    return buf_check(line, "cosignature", f);
}

MUST_USE bool witness_size(struct bytes body, uint64_t *size)
{
    struct reader r = reader_of(body);
    struct bytes line;
    return text_line(&r, &line) && reader_done(&r) && text_decimal(line, size);
}

MUST_USE enum err witness_note_add(struct bytes note, struct bytes line, struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *lone = buf_new(NOTE_MAX);
    AUTO(note_freep) struct note *n = NULL;
    AUTO(note_freep) struct note *added = NULL;
    TRY(note_read(note, &n, f));
    note_begin(lone, n->text);
    buf_put_bytes(lone, line);
    TRY(note_read(bytes_of(lone), &added, f));
    const struct note_line *new = &added->line[0];
    note_begin(out, n->text);
    for (size_t i = 0; i < n->count; i++)
        if (!bytes_equal(n->line[i].name, new->name) || memcmp(n->line[i].id, new->id, sizeof new->id) != 0)
            buf_put_bytes(out, n->line[i].line);
    buf_put_bytes(out, new->line);
    return buf_check(out, "checkpoint with its cosignatures", f);
}

void witness_path(const char *origin, char out[static WITNESS_PATH_SIZE])
{
    uint8_t digest[HASH_LEN];
    hash_sha256(bytes_str(origin), digest);
    hex_print(BYTES(digest, sizeof digest), out);
    memcpy(out + 2 * HASH_LEN, "/checkpoint", 12);
}
