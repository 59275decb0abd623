/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/log.h"

#include "base/mem.h"
#include "ledger/checkpoint.h"

struct ledger_log {
    struct tree_memory *tree;
    struct map *map;
    struct entry_genesis genesis;
    struct entry_close close;
    bool closed;
    uint64_t last_time, last_seal;
    uint64_t reused, reused_index, reused_first;
    bool known;                   /* entries that come were judged before */
    struct entry_seal known_seal; /* the last of them, not yet compared */
};

struct ledger_log *ledger_log_new(void)
{
    struct ledger_log *l = mem_new(sizeof *l);
    l->tree = tree_memory_new();
    l->map = map_new();
    l->last_seal = ENTRY_NO_SEAL;
    return l;
}

void ledger_log_free(struct ledger_log *l)
{
    if (l == NULL)
        return;
    tree_memory_free(l->tree);
    map_free(l->map);
    free(l);
}

void ledger_log_freep(struct ledger_log **l)
{
    ledger_log_free(*l);
    *l = NULL;
}

uint64_t ledger_log_size(const struct ledger_log *l)
{
    return tree_memory_size(l->tree);
}

uint64_t ledger_log_last_time(const struct ledger_log *l)
{
    return l->last_time;
}

uint64_t ledger_log_last_seal(const struct ledger_log *l)
{
    return l->last_seal;
}

bool ledger_log_sealed(const struct ledger_log *l)
{
    return l->last_seal != ENTRY_NO_SEAL && l->last_seal + 1 == ledger_log_size(l);
}

const struct entry_genesis *ledger_log_genesis(const struct ledger_log *l)
{
    return ledger_log_size(l) == 0 ? NULL : &l->genesis;
}

const struct entry_close *ledger_log_next(const struct ledger_log *l)
{
    return l->closed ? &l->close : NULL;
}

void ledger_log_root(const struct ledger_log *l, uint8_t out[static HASH_LEN])
{
    struct tree_nodes nodes = tree_memory_nodes(l->tree);
    if (tree_root(&nodes, ledger_log_size(l), out, NULL) != OK)
        BUG("a tree without its nodes");
}

struct map *ledger_log_map(struct ledger_log *l)
{
    return l->map;
}

struct tree_nodes ledger_log_nodes(struct ledger_log *l)
{
    return tree_memory_nodes(l->tree);
}

uint64_t ledger_log_reused(const struct ledger_log *l, uint64_t *index, uint64_t *first)
{
    *index = l->reused_index;
    *first = l->reused_first;
    return l->reused;
}

MUST_USE enum err ledger_log_checkpoint(const struct ledger_log *l, struct buf *text, struct fail *f)
{
    uint8_t root[HASH_LEN];
    if (!ledger_log_sealed(l))
        return fail_set(f, E_INVALID, "size %llu does not end in a seal",
                        (unsigned long long)ledger_log_size(l));
    ledger_log_root(l, root);
    checkpoint_put(text, l->genesis.origin, ledger_log_size(l), root);
    return buf_check(text, "checkpoint", f);
}

/* The rules that depend on the place of an entry (docs/formats.md, 1.4). */
static MUST_USE enum err check_time(const struct ledger_log *l, uint64_t time_ms, struct fail *f)
{
    if (time_ms < l->last_time)
        return fail_set(f, E_UNVERIFIED, "time runs backwards");
    return OK;
}

static MUST_USE enum err check_seal(struct ledger_log *l, const struct entry_seal *s, struct fail *f)
{
    uint8_t root[HASH_LEN];
    if (s->covered != ledger_log_size(l) || s->prev_seal != l->last_seal)
        return fail_set(f, E_UNVERIFIED, "seal does not cover what is before it");
    TRY(check_time(l, s->time_ms, f));
    l->known_seal = *s;
    if (l->known)
        return OK;
    map_root(l->map, root);
    if (s->map_leaves != map_count(l->map) || memcmp(s->map_root, root, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "map root");
    return OK;
}

static MUST_USE enum err check_close(const struct ledger_log *l, const struct entry_close *c, struct fail *f)
{
    char ours[DOMAIN_MAX + 1], next[DOMAIN_MAX + 1];
    uint32_t generation;
    TRY(check_time(l, c->time_ms, f));
    if (!origin_read(l->genesis.origin, ours, &generation) ||
        !origin_read(c->next_origin, next, &generation) || strcmp(ours, next) != 0 ||
        generation - 1 != l->genesis.generation)
        return fail_set(f, E_UNVERIFIED, "close does not name the next generation");
    if (memcmp(c->next_log_pk, l->genesis.log_pk, 32) == 0 ||
        memcmp(c->next_vrf_pk, l->genesis.vrf_pk, 32) == 0)
        return fail_set(f, E_UNVERIFIED, "the next generation needs keys of its own");
    return OK;
}

static MUST_USE enum err check(struct ledger_log *l, const struct entry *e, struct fail *f)
{
    if ((e->form == ENTRY_GENESIS) != (ledger_log_size(l) == 0))
        return fail_set(f, E_UNVERIFIED, "genesis is index 0 and nothing else");
    if (l->closed && (e->form != ENTRY_SEAL || ledger_log_sealed(l)))
        return fail_set(f, E_UNVERIFIED, "entry after the log was closed");
    if (e->form == ENTRY_SEAL)
        return check_seal(l, &e->seal, f);
    if (e->form == ENTRY_CLOSE)
        return check_close(l, &e->close, f);
    return OK;
}

static void take_event(struct ledger_log *l, const struct entry_event *e)
{
    for (size_t i = 0; i < ENTRY_TAGS; i++) {
        uint64_t first = 0;
        if (map_add(l->map, e->tag[i], ledger_log_size(l)))
            continue;
        bool known = map_find(l->map, e->tag[i], &first);
        if (!known)
            BUG("a map lost a key");
        l->reused++;
        l->reused_index = ledger_log_size(l);
        l->reused_first = first;
    }
}

/* take: ${e} has passed; it becomes part of the state. */
static void take(struct ledger_log *l, const struct entry *e, struct bytes bytes)
{
    uint8_t leaf[HASH_LEN];
    switch (e->form) {
    case ENTRY_GENESIS:
        l->genesis = e->genesis;
        l->last_time = e->genesis.time_ms;
        break;
    case ENTRY_EVENT:
        take_event(l, &e->event);
        break;
    case ENTRY_SEAL:
        l->last_seal = ledger_log_size(l);
        l->last_time = e->seal.time_ms;
        break;
    case ENTRY_CLOSE:
        l->close = e->close;
        l->closed = true;
        l->last_time = e->close.time_ms;
        break;
    }
    tree_leaf(bytes, leaf);
    tree_memory_append(l->tree, leaf);
}

MUST_USE enum err ledger_log_add_entry(struct ledger_log *l, struct bytes entry, struct fail *f)
{
    struct entry e;
    enum err err = entry_read(entry, &e, f);
    if (err == OK)
        err = check(l, &e, f);
    for (size_t i = 0; err == OK && e.form == ENTRY_EVENT && i < ENTRY_TAGS; i++)
        err = map_need(l->map, e.event.tag[i], f);
    if (err != OK) {
        fail_context(f, "ledger entry %llu", (unsigned long long)ledger_log_size(l));
        return err;
    }
    take(l, &e, entry);
    return OK;
}

MUST_USE enum err ledger_log_add_known(struct ledger_log *l, struct bytes entry, struct fail *f)
{
    l->known = true;
    enum err e = ledger_log_add_entry(l, entry, f);
    l->known = false;
    return e;
}

/* Events after the last seal added keys that it does not cover, so only a sealed log can be compared. */
MUST_USE enum err ledger_log_known_end(struct ledger_log *l, struct fail *f)
{
    uint8_t root[HASH_LEN];
    const struct entry_seal *s = &l->known_seal;
    if (!ledger_log_sealed(l))
        return OK;
    map_root(l->map, root);
    if (s->map_leaves != map_count(l->map) || memcmp(s->map_root, root, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "ledger entry %llu: map root", (unsigned long long)l->last_seal);
    return OK;
}

/* need_leaf: ${entry} is number ${index} of the tree. */
static MUST_USE enum err need_leaf(const struct ledger_log *l, uint64_t index, struct bytes entry,
                                   struct fail *f)
{
    struct tree_nodes nodes = tree_memory_nodes(l->tree);
    uint8_t is[HASH_LEN], leaf[HASH_LEN];
    tree_leaf(entry, leaf);
    TRY(nodes.node(nodes.ctx, 0, index, is, f));
    return memcmp(is, leaf, HASH_LEN) == 0
               ? OK
               : fail_set(f, E_UNVERIFIED, "entry %llu is not of this tree", (unsigned long long)index);
}

MUST_USE enum err ledger_log_resume(struct map **map, struct tree_memory **tree, struct bytes genesis,
                                    struct bytes before_seal, struct bytes seal, struct ledger_log **out,
                                    struct fail *f)
{
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    uint64_t size = tree_memory_size(*tree);
    struct entry first, before, last;
    map_free(l->map);
    l->map = *map;
    *map = NULL;
    tree_memory_free(l->tree);
    l->tree = *tree;
    *tree = NULL;
    TRY(entry_read(genesis, &first, f));
    TRY(entry_read(before_seal, &before, f));
    TRY(entry_read(seal, &last, f));
    if (size < 2 || first.form != ENTRY_GENESIS || last.form != ENTRY_SEAL || last.seal.covered != size - 1)
        return fail_set(f, E_UNVERIFIED, "not a log from its genesis to a seal");
    TRY(need_leaf(l, 0, genesis, f));
    TRY(need_leaf(l, size - 2, before_seal, f));
    TRY(need_leaf(l, size - 1, seal, f));
    l->genesis = first.genesis;
    l->closed = before.form == ENTRY_CLOSE;
    if (l->closed)
        l->close = before.close;
    l->known_seal = last.seal;
    l->last_seal = size - 1;
    l->last_time = last.seal.time_ms;
    TRY(ledger_log_known_end(l, f));
    *out = l;
    l = NULL;
    return OK;
}

/* add: encode ${e} and take it in. */
static MUST_USE enum err add(struct ledger_log *l, uint64_t index, const struct entry *e, struct buf *entry,
                             struct fail *f)
{
    size_t start = entry->len;
    if (index != ledger_log_size(l))
        return fail_set(f, E_INVALID, "entry %llu is not the next one of the ledger, %llu",
                        (unsigned long long)index, (unsigned long long)ledger_log_size(l));
    TRY(entry_put(entry, e, f));
    return ledger_log_add_entry(l, BYTES(entry->data + start, entry->len - start), f);
}

MUST_USE enum err ledger_log_add_genesis(struct ledger_log *l, const struct entry_genesis *g,
                                         struct buf *entry, struct fail *f)
{
    return add(l, 0, &(struct entry){ .form = ENTRY_GENESIS, .genesis = *g }, entry, f);
}

/* event_of: what of a body and its real tags is public. */
static MUST_USE enum err event_of(const struct body *body, const uint8_t tag[static ENTRY_TAGS][32],
                                  struct entry *e, struct fail *f)
{
    struct tag_plan plan;
    TRY(tag_plan_of(body, &plan, f));
    e->form = ENTRY_EVENT;
    for (unsigned slot = 0; slot < ENTRY_TAGS; slot++)
        body_dummy(body, slot, e->event.tag[slot]);
    for (size_t i = 0; i < plan.count; i++)
        memcpy(e->event.tag[plan.need[i].class - 1], tag[plan.need[i].class - 1], 32);
    body_commit(body, e->event.commitment);
    return OK;
}

MUST_USE enum err ledger_log_event_bytes(const struct body *body, const uint8_t tag[static ENTRY_TAGS][32],
                                         struct buf *entry, struct fail *f)
{
    struct entry e;
    TRY(event_of(body, tag, &e, f));
    return entry_put(entry, &e, f);
}

MUST_USE enum err ledger_log_add_event(struct ledger_log *l, uint64_t index, const struct body *body,
                                       const uint8_t tag[static ENTRY_TAGS][32], struct buf *entry,
                                       struct fail *f)
{
    struct entry e;
    TRY(event_of(body, tag, &e, f));
    return add(l, index, &e, entry, f);
}

MUST_USE enum err ledger_log_add_seal(struct ledger_log *l, uint64_t index, uint64_t time_ms,
                                      struct buf *entry, struct fail *f)
{
    struct entry e = { .form = ENTRY_SEAL };
    e.seal.covered = ledger_log_size(l);
    e.seal.prev_seal = l->last_seal;
    e.seal.time_ms = time_ms;
    e.seal.map_leaves = map_count(l->map);
    map_root(l->map, e.seal.map_root);
    return add(l, index, &e, entry, f);
}

MUST_USE enum err ledger_log_add_close(struct ledger_log *l, uint64_t index, const struct entry_close *c,
                                       struct buf *entry, struct fail *f)
{
    return add(l, index, &(struct entry){ .form = ENTRY_CLOSE, .close = *c }, entry, f);
}
