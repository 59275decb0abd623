/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/part.h"

#include "base/b64.h"
#include "crypto/vrf.h"
#include "ledger/tag.h"
#include "ledger/text.h"

bool part_begin(struct part_lines *l, struct bytes text, const char *header)
{
    struct bytes line;
    if (text.len > PART_MAX)
        return false;
    l->r = reader_of(text);
    l->pool = buf_new(text.len + 1);
    return buf_reserve(l->pool, text.len + 1) != NULL && text_line(&l->r, &line) && text_is(line, header) &&
           part_next(l);
}

void part_end(struct part_lines *l)
{
    buf_freep(&l->pool);
}

bool part_next(struct part_lines *l)
{
    return text_line(&l->r, &l->line);
}

bool part_is(const struct part_lines *l, const char *name, struct bytes *value)
{
    struct bytes rest;
    return text_after(l->line, name, &rest) && text_after(rest, " ", value);
}

bool part_b64(struct part_lines *l, struct bytes v, struct bytes *out)
{
    size_t start = l->pool->len;
    if (text_is(v, "-")) {
        *out = BYTES(NULL, 0);
        return true;
    }
    if (v.len == 0 || b64_read(B64_STD, v, l->pool, "value", NULL) != OK)
        return false;
    *out = BYTES(l->pool->data + start, l->pool->len - start);
    return out->len != 0;
}

bool part_word(struct bytes *v, struct bytes *word)
{
    struct bytes head, tail;
    if (!text_cut(*v, ' ', &head, &tail) || head.len == 0 || tail.len == 0)
        return false;
    *word = head;
    *v = tail;
    return true;
}

bool part_bytes(struct part_lines *l, const char *name, struct bytes *out)
{
    struct bytes v;
    return part_is(l, name, &v) && part_b64(l, v, out) && part_next(l);
}

bool part_read_genesis(struct part_lines *l, struct part_genesis *g)
{
    struct bytes v;
    *g = (struct part_genesis){ 0 };
    if (!part_is(l, "genesis", &v))
        return true;
    return part_bytes(l, "genesis", &g->entry) && part_bytes(l, "genesis-proof", &g->proof) &&
           g->entry.len != 0;
}

MUST_USE enum err part_rest(struct part_lines *l, struct proof *place, struct fail *f)
{
    if (l->line.len != 0)
        return fail_set(f, E_INVALID, "evidence part: a line where none, or another, belongs");
    TRY(proof_read(BYTES(l->r.data + l->r.at, l->r.len - l->r.at), place, f));
    if (place->extra.len != 0)
        return fail_set(f, E_INVALID, "evidence part: a tlog-proof with an extra line");
    return OK;
}

void part_put_b64(struct buf *b, struct bytes v)
{
    if (v.len == 0)
        buf_put_u8(b, '-');
    else
        b64_put(b, B64_STD, v);
}

void part_put(struct buf *b, const char *name, struct bytes v)
{
    buf_printf(b, "%s ", name);
    part_put_b64(b, v);
    buf_put_u8(b, '\n');
}

void part_put_genesis(struct buf *b, const struct part_genesis *g)
{
    if (g->entry.len == 0)
        return;
    part_put(b, "genesis", g->entry);
    part_put(b, "genesis-proof", g->proof);
}

/* open_checkpoint: under the first trusted key that has its origin's name and signed it. */
static MUST_USE enum err open_checkpoint(struct bytes note, const struct part_trust *trust,
                                         struct part_anchor *out, struct fail *f)
{
    for (size_t i = 0; i < trust->log_count; i++) {
        enum err err = checkpoint_open(note, &trust->logs[i], &out->checkpoint, NULL);
        out->log = &trust->logs[i];
        if (err == OK)
            return OK;
        if (err != E_UNVERIFIED)
            return fail_set(f, err, "evidence part: the checkpoint is malformed");
    }
    return fail_set(f, E_UNVERIFIED, "not signed by the log");
}

MUST_USE enum err part_verify_entry(const struct part_anchor *a, uint64_t index, struct bytes entry,
                                    struct bytes hashes, struct fail *f)
{
    uint8_t leaf[HASH_LEN];
    tree_leaf(entry, leaf);
    return tree_verify_inclusion(index, a->checkpoint.size, leaf, hashes, a->checkpoint.root, f);
}

MUST_USE enum err part_verify_anchor(const struct part_genesis *genesis, const struct proof *place,
                                     const struct part_trust *trust, struct part_anchor *out, struct fail *f)
{
    struct entry e;
    TRY(open_checkpoint(place->checkpoint, trust, out, f));
    if (genesis->entry.len != 0) {
        TRY(part_verify_entry(out, 0, genesis->entry, genesis->proof, f));
        TRY(entry_read(genesis->entry, &e, f));
        if (e.form != ENTRY_GENESIS)
            return fail_set(f, E_UNVERIFIED, "the first entry is no genesis");
        out->genesis = e.genesis;
    } else if (trust->genesis != NULL) {
        out->genesis = *trust->genesis;
    } else {
        return fail_set(f, E_UNVERIFIED, "evidence part without a genesis");
    }
    if (strcmp(out->genesis.origin, out->checkpoint.origin) != 0 ||
        memcmp(out->genesis.log_pk, out->log->pk, 32) != 0)
        return fail_set(f, E_UNVERIFIED, "genesis and checkpoint are not of one log");
    return OK;
}

MUST_USE enum err part_verify_tag(const struct part_anchor *a, unsigned class, uint64_t version,
                                  struct bytes portion, struct bytes name, struct bytes pi,
                                  uint8_t tag[static 32], struct fail *f)
{
    AUTO(key_freep) struct key *y = NULL;
    AUTO(buf_freep) struct buf *alpha = buf_new(TAG_ALPHA_MAX);
    uint8_t beta[VRF_BETA_LEN];
    if (class < TAG_PERSON || class > TAG_LIST || (class == TAG_LIST) != (name.len == 0) ||
        (portion.len == 0 && class != TAG_ORGANISATION))
        return fail_set(f, E_UNVERIFIED, "no tag of class %u has these names", class);
    if (class == TAG_PERSON && version != 0)
        return fail_set(f, E_UNVERIFIED, "class 1 has version 0 only");
    tag_alpha(alpha, class, portion, name, version);
    TRY(buf_check(alpha, "tag", f));
    TRY(key_read_public(KEY_VRF, BYTES(a->genesis.vrf_pk, 32), &y, f));
    if (vrf_verify(y, bytes_of(alpha), pi, beta, NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "VRF proof does not fit class %u version %llu of these names", class,
                        (unsigned long long)version);
    memcpy(tag, beta, 32);
    return OK;
}
