/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/show.h"

#include <string.h>

#include "exchange/earlier.h"
#include "ledger/presence.h"
#include "store/leaf.h"
#include "store/store.h"

void show_proof_clear(struct show_proof *proof)
{
    buf_clear(&proof->entry);
    buf_clear(&proof->inclusion);
    buf_clear(&proof->body);
}

static enum err load_entry(struct db *db, uint32_t generation, uint64_t index, struct show_proof *out,
                           struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row leaf = { 0 };
    TRY(store_leaf_get(db, generation, index, &leaf, f));
    buf_put_bytes(&out->entry, leaf.entry);
    buf_put_bytes(&out->body, leaf.body);
    out->reader = leaf.reader;
    out->has_vrf_proof = leaf.proof.len == VRF_PROOF_LEN;
    if (out->has_vrf_proof)
        memcpy(out->vrf_proof, leaf.proof.data, VRF_PROOF_LEN);
    TRY(buf_check(&out->entry, "entry", f));
    return buf_check(&out->body, "body of the entry", f);
}

enum err show_proof(struct node *n, struct db *db, const struct publisher_head *head, uint64_t index,
                    struct show_proof *out, struct fail *f)
{
    struct tree_nodes nodes;
    *out = (struct show_proof){ .index = index };
    buf_init(&out->entry, ENTRY_MAX);
    buf_init(&out->inclusion, TREE_PROOF_MAX);
    buf_init(&out->body, BODY_MAX); /* of other forms it is not private, and bounded as well */
    out->body.secret = true;
    enum err e = index < head->size
                     ? load_entry(db, head->generation, index, out, f)
                     : fail_set(f, E_NOT_FOUND, "entry %llu is not published", (unsigned long long)index);
    if (e == OK)
        e = earlier_nodes(n, head->generation, &nodes, f);
    if (e == OK)
        e = tree_prove_inclusion(&nodes, index, head->size, &out->inclusion, f);
    if (e != OK)
        show_proof_clear(out);
    return e;
}

void show_entry_clear(struct show_entry *s)
{
    show_proof_clear(&s->proof);
    publisher_head_clear(&s->own);
}

enum err show_entry(struct node *n, struct db *db, const struct publisher_head *head, struct place at,
                    uint32_t fields, struct show_entry *out, struct fail *f)
{
    struct body body;
    bool earlier = at.generation < head->generation;
    size_t count = (size_t)__builtin_popcount(fields);
    if (count > SHOW_FIELDS_MAX)
        BUG("more fields to open than there is room for");
    if (earlier)
        TRY(earlier_head(n, at.generation, &out->own, f));
    TRY(show_proof(n, db, earlier ? &out->own : head, at.index, &out->proof, f));
    enum err e = body_read(bytes_of(&out->proof.body), &body, f);
    if (e == OK)
        body_open(&body, fields, out->opening);
    for (size_t i = 0; e == OK && i < count; i++) {
        const struct opening *o = &out->opening[i];
        out->keeper[i] = (struct keeper_opening){ o->field, o->salt, o->path, o->value };
    }
    wipe(&body, sizeof body);
    out->entry = (struct keeper_entry){
        bytes_of(&out->proof.entry), at.index, bytes_of(&out->proof.inclusion), out->keeper, count,
        bytes_str(out->own.note)
    };
    if (e != OK)
        show_entry_clear(out);
    return e;
}

enum err show_part(struct node *n, const struct publisher_head *head, const struct show_part *part,
                   struct buf *out, struct fail *f)
{
    struct tree_nodes nodes;
    struct presence p = { 0 };
    struct body body;
    const struct show_proof *of = part->of;
    if (part->tag && !of->has_vrf_proof)
        return fail_set(f, E_STORE, "entry %llu has no proof of its person's tag",
                        (unsigned long long)of->index);
    TRY(earlier_nodes(n, head->generation, &nodes, f));
    TRY(body_read(bytes_of(&of->body), &body, f));
    enum err e = presence_make(&p, bytes_of(&of->entry), of->index, &body, part->fields, &nodes, head->size,
                               bytes_str(head->note), f);
    wipe(body.key, sizeof body.key);
    TRY(e);
    p.genesis = (struct part_genesis){ bytes_of(&part->genesis->entry), bytes_of(&part->genesis->inclusion) };
    if (part->tag)
        presence_add_tag(&p, TAG_PERSON, 0, BYTES(of->vrf_proof, VRF_PROOF_LEN));
    p.jwk = part->jwk;
    p.srt = part->srt;
    p.token = part->token;
    p.statement = part->statement;
    return presence_write(&p, out, f);
}

enum err show_presence(struct node *n, const struct publisher_head *head, const struct show_proof *first,
                       const struct show_proof *genesis, bool now, struct buf *out, struct fail *f)
{
    uint32_t always = 1u << FIELD_KIND | 1u << FIELD_TIME | 1u << FIELD_PORTION | 1u << FIELD_PERSON;
    uint32_t own = now ? 1u << FIELD_COPY | 1u << FIELD_READER : 0;
    /* a reader may see this log for the first time, so the genesis comes along */
    struct show_part part = { .of = first, .genesis = genesis, .fields = always | own, .tag = true };
    return show_part(n, head, &part, out, f);
}
