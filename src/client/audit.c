/* SPDX-License-Identifier: Apache-2.0 */
#include "client/audit.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "ledger/tiles.h"
#include "ledger/trust.h"
#include "net/client.h"

#define BUNDLE_MAX (TILES_WIDTH * (2 + (size_t)UINT16_MAX))
#define TILE_MAX   ((size_t)TILES_WIDTH * HASH_LEN)

#define GENERATIONS_MAX QUORUM_MAX /* a policy has no more logs */

void audit_clear(struct audit *a)
{
    buf_free(a->note);
    ledger_log_free(a->log);
    *a = (struct audit){ 0 };
}

static enum err get_file(void *ctx, const char *path, size_t max, struct buf *out, struct fail *f)
{
    AUTO(str_freep) char *name = str_format("%s/%s", (const char *)ctx, path);
    (void)max; /* ${out} has it */
    if (!file_exists(name))
        return fail_set(f, E_NOT_FOUND, "%s is not there", name);
    return file_read(name, out, f);
}

struct audit_source audit_folder(const char *path)
{
    struct audit_source s = { get_file, (void *)(uintptr_t)path, 0 };
    AUTO(str_freep) char *own = str_format("%s/checkpoint", path);
    for (bool there = !file_exists(own); there && s.generations < GENERATIONS_MAX; s.generations += there) {
        AUTO(str_freep) char *name = str_format("%s/%zu/checkpoint", path, s.generations + 1);
        there = file_exists(name);
    }
    return s;
}

static enum err get_of_one(void *ctx, const char *path, size_t max, struct buf *out, struct fail *f)
{
    const struct audit_generation *g = ctx;
    AUTO(str_freep) char *name = str_format("%zu/%s", g->number, path);
    return g->all->get(g->all->ctx, name, max, out, f);
}

struct audit_source audit_generation(const struct audit_source *all, size_t number,
                                     struct audit_generation *out)
{
    *out = (struct audit_generation){ all, number };
    return (struct audit_source){ get_of_one, out, 0 };
}

/* Over HTTPS ---------------------------------------------------------------------------------------------------- */

void audit_url_clear(struct audit_url *u)
{
    net_client_freep(&u->net);
    mem_freep(&u->url);
}

/* A card's address is the beginning of the URL, up to the end or a slash. */
static const struct card *card_at(const struct trust *t, const char *url)
{
    for (size_t i = 0; i < t->count; i++) {
        size_t n = strlen(t->cards[i]->url);
        if (strncmp(url, t->cards[i]->url, n) == 0 && (url[n] == '/' || url[n] == '\0'))
            return t->cards[i];
    }
    return NULL;
}

enum err audit_url_begin(const struct trust *t, const char *url, struct audit_url *out, struct fail *f)
{
    struct audit_url u = { .card = card_at(t, url) };
    size_t len = strlen(url);
    if (!u.card)
        return fail_set(f, E_UNVERIFIED, "no confirmed card has the address %.200s", url);
    while (len && url[len - 1] == '/')
        len--;
    /* a node's own address: all its generations */
    bool whole = len == strlen(u.card->url);
    u.url = str_format("%.*s%s", (int)len, url, whole ? "/log" : "");
    u.generations = whole ? json_array_size(u.card->logs) : 0;
    enum err e = net_client_new(&u.net, f);
    if (e != OK)
        audit_url_clear(&u);
    else
        *out = u;
    return e;
}

static enum err get_url(void *ctx, const char *path, size_t max, struct buf *out, struct fail *f)
{
    struct audit_url *u = ctx;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(str_freep) char *url = str_format("%s/%s", u->url, path);
    struct card_pins pins;
    card_pins(u->card, &pins);
    struct net_request r = { .url = url,
                             .pins = pins.list,
                             .pin_count = u->card->pin_count,
                             .max_answer = max,
                             .allow_private = true };
    TRY(net_client_send(u->net, &r, &answer, f));
    TRY(net_answer_check(&answer, u->card->domain, f));
    buf_put_bytes(out, bytes_of(answer.body));
    return buf_check(out, path, f);
}

struct audit_source audit_url_source(struct audit_url *u)
{
    return (struct audit_source){ get_url, u, u->generations };
}

/* Replaying ------------------------------------------------------------------------------------------------------ */

enum err audit_checkpoint(const struct audit_source *s, struct audit *a, struct fail *f)
{
    AUTO(note_freep) struct note *n = NULL;
    a->note = buf_new(NOTE_MAX);
    TRY(s->get(s->ctx, "checkpoint", NOTE_MAX, a->note, f));
    TRY(note_read(bytes_of(a->note), &n, f));
    return checkpoint_read(n->text, &a->checkpoint, f);
}

/* A partial resource may be gone once the full one is there; what is more in it is not looked at. */
static enum err get_tile(const struct audit_source *s, const struct tile *t, size_t max, struct buf *out,
                         struct fail *f)
{
    struct tile full = *t;
    struct fail why = { 0 };
    char path[TILES_PATH_SIZE];
    tiles_path(t, path);
    enum err e = s->get(s->ctx, path, max, out, &why);
    if (e == E_NOT_FOUND && t->width < TILES_WIDTH) {
        full.width = TILES_WIDTH;
        tiles_path(&full, path);
        buf_reset(out);
        fail_clear(&why);
        e = s->get(s->ctx, path, max, out, &why);
    }
    return e == OK ? OK : fail_pass(f, &why);
}

static enum err add_bundle(const struct audit_source *s, uint64_t number, unsigned width, struct audit *a,
                           struct fail *f)
{
    AUTO(buf_freep) struct buf *bundle = buf_new(BUNDLE_MAX);
    struct tile t = { TILES_ENTRIES, number, width };
    struct bytes entry;
    TRY(get_tile(s, &t, BUNDLE_MAX, bundle, f));
    struct reader r = reader_of(bytes_of(bundle));
    for (unsigned i = 0; i < width; i++) {
        uint64_t index = number * TILES_WIDTH + i;
        struct fail why = { 0 };
        if (!tiles_next_entry(&r, &entry))
            return fail_set(f, E_UNVERIFIED, "bundle %llu ends before entry %llu", (unsigned long long)number,
                            (unsigned long long)index);
        if (ledger_log_add_entry(a->log, entry, &why) != OK)
            return fail_set(f, E_UNVERIFIED, "entry %llu: %s", (unsigned long long)index, why.what);
    }
    return OK;
}

/* The root is the signed one, and the genesis is this log's own. */
static enum err check_root(const struct note_key *log, const struct audit *a, struct fail *f)
{
    const struct entry_genesis *g = ledger_log_genesis(a->log);
    uint8_t root[HASH_LEN];
    ledger_log_root(a->log, root);
    if (memcmp(root, a->checkpoint.root, sizeof root) != 0)
        return fail_set(f, E_UNVERIFIED, "the entries do not give the root that was signed at size %llu",
                        (unsigned long long)a->checkpoint.size);
    if (!ledger_log_sealed(a->log))
        return fail_set(f, E_UNVERIFIED, "the last entry is no seal");
    if (g == NULL || strcmp(g->origin, log->name) != 0 || memcmp(g->log_pk, log->pk, sizeof log->pk) != 0)
        return fail_set(f, E_UNVERIFIED, "the genesis entry is of another log");
    return OK;
}

static enum err check_tile(const struct audit_source *s, const struct tree_nodes *nodes, const struct tile *t,
                           struct fail *f)
{
    AUTO(buf_freep) struct buf *got = buf_new(TILE_MAX);
    AUTO(buf_freep) struct buf *want = buf_new(TILE_MAX);
    char path[TILES_PATH_SIZE];
    TRY(get_tile(s, t, TILE_MAX, got, f));
    TRY(tiles_put(nodes, t, want, f));
    tiles_path(t, path);
    if (got->len < want->len || memcmp(got->data, want->data, want->len) != 0)
        return fail_set(f, E_UNVERIFIED, "%s is not what follows from the entries", path);
    return OK;
}

static enum err check_tiles(const struct audit_source *s, const struct audit *a, struct fail *f)
{
    struct tree_nodes nodes = ledger_log_nodes(a->log);
    for (uint32_t level = 0; level < TILES_LEVELS; level++)
        for (uint64_t number = 0;; number++) {
            struct tile t = { level, number, tiles_width(level, number, a->checkpoint.size) };
            if (t.width == 0)
                break;
            TRY(check_tile(s, &nodes, &t, f));
        }
    return OK;
}

enum err audit_replay(const struct audit_source *s, const struct note_key *log, struct audit *a,
                      struct fail *f)
{
    struct checkpoint signed_one;
    TRY(checkpoint_open(bytes_of(a->note), log, &signed_one, f));
    a->log = ledger_log_new();
    for (uint64_t number = 0;; number++) {
        unsigned width = tiles_width(0, number, a->checkpoint.size);
        if (width == 0)
            break;
        TRY(add_bundle(s, number, width, a, f));
    }
    TRY(check_root(log, a, f));
    TRY(check_tiles(s, a, f));
    a->reused = ledger_log_reused(a->log, &a->again, &a->first);
    return OK;
}

/* Generations ---------------------------------------------------------------------------------------------------- */

static enum err misfit(const struct entry_genesis *g, const char *what, struct fail *f)
{
    return fail_set(f, E_UNVERIFIED, "entry 0 of %s names size %llu as the end of %s: %s", g->origin,
                    (unsigned long long)g->prev_size, g->prev_origin, what);
}

/* The one before has so many entries, and that root. */
static enum err check_end(const struct audit *before, const struct entry_genesis *g, struct fail *f)
{
    struct tree_nodes nodes = ledger_log_nodes(before->log);
    uint8_t root[HASH_LEN];
    TRY(tree_root(&nodes, g->prev_size, root, f));
    return memcmp(root, g->prev_root, sizeof root) == 0 ? OK : misfit(g, "its entries give another root", f);
}

enum err audit_follows(const struct audit *before, const struct audit *next, uint64_t *lost, struct fail *f)
{
    const struct entry_genesis *g = ledger_log_genesis(next->log);
    const struct entry_close *close = ledger_log_next(before->log);
    uint64_t size = before->checkpoint.size;
    *lost = 0;
    if (strcmp(g->prev_origin, before->checkpoint.origin) != 0)
        return fail_set(f, E_UNVERIFIED, "entry 0 of %s does not follow %s", g->origin,
                        before->checkpoint.origin);
    if (g->how == ENTRY_CUT) {
        *lost = g->prev_size > size ? g->prev_size - size : 0;
        return *lost || g->prev_size == 0 ? OK : check_end(before, g, f);
    }
    if (g->prev_size > size || !close)
        return misfit(g, "it is not closed there", f);
    TRY(check_end(before, g, f));
    if (g->prev_size < size)
        return misfit(g, "it goes on after that", f);
    const char *other = entry_close_names(close, g);
    return other ? fail_set(f, E_UNVERIFIED,
                            "entry 0 of %s has another %s than entry %llu of %s, its close, says", g->origin,
                            other, (unsigned long long)size - 2, g->prev_origin)
                 : OK;
}
