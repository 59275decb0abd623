/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/publication.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/node.h"
#include "keeper/keeper.h"
#include "ledger/log.h"
#include "store/leaf.h"

/* One row on its way to public bytes. */
struct row {
    struct leaf_row leaf;
    struct body body;
    struct tag_plan plan;
    struct keeper_tag *tags; /* plan.count of them */
    struct buf entry;
};

void publication_clear(struct publication *pub)
{
    for (size_t i = 0; i < pub->count; i++) {
        wipe(&pub->rows[i].body, sizeof pub->rows[i].body);
        store_leaf_clear(&pub->rows[i].leaf);
        buf_clear(&pub->rows[i].entry);
    }
    free(pub->rows);
    free(pub->tags);
    buf_clear(&pub->alphas);
    buf_clear(&pub->consistency);
    buf_clear(&pub->note);
}

static enum err take_row(const struct leaf_row *leaf, void *ctx, struct fail *f)
{
    struct publication *pub = ctx;
    (void)f;
    /* doubling keeps a long backlog linear */
    if ((pub->count & (pub->count - 1)) == 0)
        pub->rows = mem_grow(pub->rows, pub->count ? 2 * pub->count : 1, sizeof *pub->rows);
    struct row *row = &pub->rows[pub->count++];
    *row = (struct row){ 0 };
    store_leaf_copy(leaf, &row->leaf);
    buf_init(&row->entry, ENTRY_MAX);
    return OK;
}

static enum err load_rows(struct publication *pub, struct store *store, uint64_t end, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(store, &db, f));
    TRY(store_leaf_range(db, pub->generation, pub->from, end, take_row, pub, f));
    if (pub->count != end - pub->from)
        return fail_set(f, E_STORE, "rows %llu to %llu of the ledger are not all there",
                        (unsigned long long)pub->from, (unsigned long long)end);
    return OK;
}

/* What tags are wanted. Alphas go into one buffer, so they are pointed at only once it no longer moves. */
static enum err plan_tags(struct publication *pub, struct fail *f)
{
    for (size_t i = 0; i < pub->count; i++) {
        struct row *row = &pub->rows[i];
        if (row->leaf.form != LEAF_EVENT)
            continue;
        TRY(body_read(row->leaf.body, &row->body, f));
        TRY(body_check(&row->body, f));
        TRY(tag_plan_of(&row->body, &row->plan, f));
        pub->tag_count += row->plan.count;
    }
    size_t *end = mem_array(pub->tag_count, sizeof *end), t = 0;
    pub->tags = mem_array(pub->tag_count, sizeof *pub->tags);
    for (size_t i = 0; i < pub->count; i++) {
        struct row *row = &pub->rows[i];
        row->tags = pub->tags + t;
        for (size_t k = 0; k < row->plan.count; k++) {
            const struct tag_need *need = &row->plan.need[k];
            tag_alpha(&pub->alphas, need->class, need->portion, need->name, need->version);
            pub->tags[t].with_proof = need->proof;
            end[t++] = pub->alphas.len;
        }
    }
    for (t = 0; t < pub->tag_count; t++) {
        size_t begin = t ? end[t - 1] : 0;
        pub->tags[t].alpha = BYTES(pub->alphas.data + begin, end[t] - begin);
    }
    free(end);
    return buf_check(&pub->alphas, "tag names", f);
}

enum err publication_prepare(struct publication *pub, struct node *n, uint64_t from, uint64_t end,
                             struct fail *f)
{
    pub->generation = n->generation;
    pub->from = from;
    buf_init(&pub->alphas, (size_t)1 << 28);
    buf_init(&pub->consistency, TREE_PROOF_MAX);
    buf_init(&pub->note, 16384);
    TRY(load_rows(pub, n->store, end, f));
    TRY(plan_tags(pub, f));
    return pub->tag_count ? keeper_tags(n->keeper, NULL, pub->tags, pub->tag_count, f) : OK;
}

static enum err add_to_log(struct ledger_log *log, struct row *row, struct fail *f)
{
    uint8_t tag[ENTRY_TAGS][32] = { { 0 } };
    struct entry e;
    switch (row->leaf.form) {
    case LEAF_EVENT:
        for (size_t k = 0; k < row->plan.count; k++)
            memcpy(tag[row->plan.need[k].class - 1], row->tags[k].tag, 32);
        return ledger_log_add_event(log, row->leaf.idx, &row->body, tag, &row->entry, f);
    case LEAF_SEAL:
        return ledger_log_add_seal(log, row->leaf.idx, row->leaf.time_ms, &row->entry, f);
    case LEAF_GENESIS:
        TRY(entry_read(row->leaf.body, &e, f));
        return ledger_log_add_genesis(log, &e.genesis, &row->entry, f);
    case LEAF_CLOSE:
        TRY(entry_read(row->leaf.body, &e, f));
        return ledger_log_add_close(log, row->leaf.idx, &e.close, &row->entry, f);
    }
    return fail_set(f, E_STORE, "row %llu of the ledger has an unknown form",
                    (unsigned long long)row->leaf.idx);
}

enum err publication_enter(struct publication *pub, struct ledger_log *log, struct fail *f)
{
    for (size_t i = 0; i < pub->count; i++)
        TRY(add_to_log(log, &pub->rows[i], f));
    struct tree_nodes nodes = ledger_log_nodes(log);
    pub->size = ledger_log_size(log);
    pub->time_ms = ledger_log_last_time(log);
    ledger_log_root(log, pub->root);
    return pub->from > 0 ? tree_prove_consistency(&nodes, pub->from, pub->size, &pub->consistency, f) : OK;
}

enum err publication_sign(struct publication *pub, struct keeper *keeper, struct fail *f)
{
    return keeper_checkpoint(keeper, pub->size, pub->root, bytes_of(&pub->consistency), &pub->note, f);
}

enum err publication_store(const struct publication *pub, struct db *db, struct fail *f)
{
    for (size_t i = 0; i < pub->count; i++) {
        const struct row *row = &pub->rows[i];
        struct bytes proof = { 0 };
        for (size_t k = 0; k < row->plan.count; k++)
            if (row->plan.need[k].proof)
                proof = BYTES(row->tags[k].proof, VRF_PROOF_LEN);
        TRY(store_leaf_publish(db, row->leaf.generation, row->leaf.idx, bytes_of(&row->entry), proof, f));
    }
    struct checkpoint_row row = { .generation = pub->generation,
                                  .size = pub->size,
                                  .note = buf_text(&pub->note),
                                  .time_ms = pub->time_ms };
    memcpy(row.root, pub->root, sizeof row.root);
    return store_checkpoint_put(db, &row, f);
}
