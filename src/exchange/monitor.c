/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/monitor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/snapshot.h"
#include "ledger/log.h"
#include "ledger/tiles.h"
#include "ledger/witness.h"
#include "net/client.h"
#include "store/cosigner.h"
#include "store/store.h"
#include "store/writer.h"

#define BUSY_S      3                 /* how long a thread waits for another that reads the same log */
#define FOLLOW_MS   3000              /* how long one call reads */
#define FETCH_MS    3000              /* one bundle */
#define CHUNK       ((size_t)1 << 20) /* bytes read before they go to the store */
#define BUNDLE_MAX  (TILES_WIDTH * (2 + (size_t)UINT16_MAX))
#define ENTRIES_MAX ((uint64_t)1 << 20) /* of all logs in memory: some 300 bytes each */

#define KEEP_MS   200                 /* how long one call keeps tree and map, and reads again what is kept */
#define HELD_KEYS ((uint64_t)1 << 19) /* of a log's map in memory while all of it is kept: some 50 MiB */

struct replay {
    struct replay *next;
    struct monitor *monitor;
    char origin[ORIGIN_SIZE];
    pthread_mutex_t busy;
    struct ledger_log *log;    /* entries judged; NULL: not in memory */
    bool broken;               /* what is kept is not what it was: it has to be loaded again */
    struct snapshot *snapshot; /* of ${log} */
    pthread_mutex_t log_lock;
    uint64_t kept;           /* entries in the store that were shown to be the log's */
    struct tree_range range; /* of those, and what was fetched since */
    struct buf fetched;      /* a bundle: entries from ${flushed} on */
    uint64_t flushed;        /* below it, entries are in the store */
    uint64_t reused;         /* tags met again, that were told of */
    uint64_t used_ms;
    unsigned users;
};

struct monitor {
    struct node *n;
    pthread_mutex_t lock; /* the list, users and used_ms */
    struct replay *first;
};

void monitor_open(struct node *n, struct monitor **out)
{
    struct monitor *m = mem_new(sizeof *m);
    m->n = n;
    pthread_mutex_init(&m->lock, NULL);
    *out = m;
}

/* finish: keep what came since tree and map were kept last. */
static void finish(struct replay *r)
{
    struct fail f = { 0 };
    if (r->log && !r->broken && r->kept == ledger_log_size(r->log) &&
        snapshot_finish(r->snapshot, r->log, &f) != OK)
        log_fail(LOG_WARN, "monitor-snapshot-not-made", &f);
}

void monitor_close(struct monitor *m)
{
    if (!m)
        return;
    for (struct replay *next, *r = m->first; r; r = next) {
        next = r->next;
        finish(r);
        ledger_log_free(r->log);
        snapshot_free(r->snapshot);
        pthread_mutex_destroy(&r->log_lock);
        buf_clear(&r->fetched);
        pthread_mutex_destroy(&r->busy);
        free(r);
    }
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* Taking a log -------------------------------------------------------------------------------------------- */

static struct replay *use(struct monitor *m, const char *origin)
{
    pthread_mutex_lock(&m->lock);
    struct replay *r = m->first;
    while (r && strcmp(r->origin, origin) != 0)
        r = r->next;
    if (!r) {
        r = mem_new(sizeof *r);
        r->monitor = m;
        snprintf(r->origin, sizeof r->origin, "%s", origin);
        pthread_mutex_init(&r->busy, NULL);
        pthread_mutex_init(&r->log_lock, NULL);
        buf_init(&r->fetched, CHUNK + BUNDLE_MAX);
        r->next = m->first;
        m->first = r;
    }
    r->users++;
    pthread_mutex_unlock(&m->lock);
    return r;
}

/* Logs that nobody has are forgotten, the longest unused first, while all together are too many entries. */
static void forget_some(struct monitor *m)
{
    for (;;) {
        struct replay *oldest = NULL;
        uint64_t entries = 0;
        for (struct replay *r = m->first; r; r = r->next) {
            if (r->users > 0 || !r->log)
                continue;
            entries += ledger_log_size(r->log);
            if (!oldest || r->used_ms < oldest->used_ms)
                oldest = r;
        }
        if (entries <= ENTRIES_MAX)
            return;
        ledger_log_freep(&oldest->log);
    }
}

static void unuse(struct replay *r)
{
    struct monitor *m = r->monitor;
    pthread_mutex_lock(&m->lock);
    r->users--;
    r->used_ms = time_mono_ms();
    forget_some(m);
    pthread_mutex_unlock(&m->lock);
}

void monitor_end(struct replay *r)
{
    if (!r)
        return;
    if (r->broken)
        ledger_log_freep(&r->log);
    r->broken = false;
    pthread_mutex_unlock(&r->busy);
    unuse(r);
}

/* Back to what is kept: what was fetched since is not believed. Where it was judged already it is in tree and map: these are then
 * made again by the next call, or other entries would pass by that judgement. */
static enum err rewind_to_kept(struct replay *r, struct fail *f)
{
    struct tree_nodes nodes = ledger_log_nodes(r->log);
    r->broken = r->broken || ledger_log_size(r->log) > r->kept;
    buf_clear(&r->fetched);
    buf_init(&r->fetched, CHUNK + BUNDLE_MAX);
    r->flushed = r->kept;
    return tree_load(&nodes, r->kept, &r->range, f);
}

static enum err feed(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    struct replay *r = ctx;
    if (idx != ledger_log_size(r->log))
        return fail_set(f, E_STORE, "kept entry %llu of %s is missing",
                        (unsigned long long)ledger_log_size(r->log), r->origin);
    return ledger_log_add_entry(r->log, entry, f);
}

static enum err kept_entries(const struct snapshot_log *log, struct db *db, uint64_t from, uint64_t to,
                             store_entry_fn fn, void *ctx, struct fail *f)
{
    return store_watched_entries(db, log->origin, from, to, fn, ctx, f);
}

struct numbered {
    const char *origin;
    uint32_t number;
};

static enum err number_job(struct db *db, void *ctx, struct fail *f)
{
    struct numbered *v = ctx;
    return store_watched_number(db, v->origin, &v->number, f);
}

static enum err new_snapshot(struct node *n, struct replay *r, struct fail *f)
{
    struct numbered v = { .origin = r->origin };
    TRY(writer_run(n->writer, number_job, &v, f));
    const struct snapshot_log of = { .number = v.number,
                                     .held = HELD_KEYS,
                                     .lock = &r->log_lock,
                                     .entries = kept_entries,
                                     .origin = r->origin };
    snapshot_free(r->snapshot);
    r->snapshot = snapshot_new(n, &of);
    return OK;
}

/* What the row says was cosigned: whether the log's own signature is on it. */
static bool row_is_signed(const struct watched_row *row, const struct note_key *keys, size_t key_count)
{
    AUTO(note_freep) struct note *note = NULL;
    struct checkpoint c;
    return note_read(bytes_str(row->note), &note, NULL) == OK &&
           witness_signed(note, keys, key_count, NULL) == WITNESS_ACCEPTED &&
           checkpoint_read(note->text, &c, NULL) == OK && c.size == row->size &&
           memcmp(c.root, row->root, HASH_LEN) == 0;
}

/* load: as it was when it was cosigned last, from what is kept. Where that is not what was signed, nothing is believed of it: the log
 * is empty then, and its entries are fetched again. */
static enum err load(struct node *n, struct replay *r, const struct watched_row *row,
                     const struct note_key *keys, size_t key_count, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct checkpoint_row last = { .size = row->size };
    struct fail why = { 0 };
    uint64_t index, first;
    r->log = ledger_log_new();
    r->kept = 0;
    TRY(new_snapshot(n, r, f));
    TRY(store_read_begin(n->store, &db, f));
    if (row->size > 0) {
        memcpy(last.root, row->root, HASH_LEN);
        enum err e = row_is_signed(row, keys, key_count)
                         ? snapshot_replay(r->snapshot, db, &last, &r->log, &why)
                         : fail_set(&why, E_STORE, "the checkpoint that is kept is not signed by the log");
        if (e == OK) {
            r->kept = row->size;
        } else {
            fail_context(&why, "kept of %s", r->origin);
            log_fail(LOG_WARN, "monitor-rebuilds", &why);
            ledger_log_freep(&r->log);
            r->log = ledger_log_new();
        }
    }
    r->reused = ledger_log_reused(r->log, &index, &first);
    return rewind_to_kept(r, f);
}

enum err monitor_begin(struct node *n, const char *origin, const struct watched_row *row,
                       const struct note_key *keys, size_t key_count, struct replay **out, struct fail *f)
{
    struct replay *r = use(n->monitor, origin);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += BUSY_S;
    if (pthread_mutex_timedlock(&r->busy, &until) != 0) {
        unuse(r);
        return fail_set(f, E_UNAVAILABLE, "the log %s is being read", origin);
    }
    enum err e = OK;
    if (!r->log && (e = load(n, r, row, keys, key_count, f)) != OK)
        ledger_log_freep(&r->log);
    if (e == OK)
        *out = r;
    else
        monitor_end(r);
    return e;
}

/* Fetching ------------------------------------------------------------------------------------------------- */

static enum err get(struct node *n, const struct card_ref *card, uint32_t generation, const struct tile *t,
                    struct net_answer *answer, struct fail *f)
{
    char path[TILES_PATH_SIZE];
    struct card_pins pins;
    tiles_path(t, path);
    card_pins(card->card, &pins);
    AUTO(str_freep) char *url = str_format("%s/log/%u/%s", card->card->url, (unsigned)generation, path);
    struct net_request r = { .url = url,
                             .pins = pins.list,
                             .pin_count = card->card->pin_count,
                             .max_answer = BUNDLE_MAX,
                             .timeout_ms = FETCH_MS,
                             .allow_private = card->local };
    TRY(net_client_send(n->net, &r, answer, f));
    return answer->status == 404 ? fail_set(f, E_NOT_FOUND, "%s has no %s", card->card->domain, path)
                                 : net_answer_check(answer, card->card->domain, f);
}

/* Entries of one bundle that are new, up to ${width} of it. */
static enum err take_bundle(struct replay *r, struct bytes bundle, uint64_t number, unsigned width,
                            struct fail *f)
{
    struct reader at = reader_of(bundle);
    struct bytes entry;
    uint8_t leaf[HASH_LEN];
    for (unsigned i = 0; i < width; i++) {
        if (!tiles_next_entry(&at, &entry))
            return fail_set(f, E_INVALID, "bundle %llu of %s ends in entry %u of %u",
                            (unsigned long long)number, r->origin, i, width);
        if (number * TILES_WIDTH + i < r->range.size)
            continue;
        tree_leaf(entry, leaf);
        tree_range_append(&r->range, leaf);
        tiles_put_entry(&r->fetched, entry);
    }
    return buf_check(&r->fetched, "entries", f);
}

static enum err fetch_bundle(struct node *n, struct replay *r, const struct card_ref *card,
                             uint32_t generation, uint64_t size, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    struct tile t = { .level = TILES_ENTRIES, .number = r->range.size / TILES_WIDTH };
    uint64_t left = size - t.number * TILES_WIDTH;
    unsigned width = left < TILES_WIDTH ? (unsigned)left : TILES_WIDTH;
    struct fail why = { 0 };
    t.width = width;
    enum err e = get(n, card, generation, &t, &answer, &why);
    if (e == E_NOT_FOUND && width < TILES_WIDTH) { /* partial ones may go once there is the full one */
        net_answer_clear(&answer);
        t.width = TILES_WIDTH;
        fail_clear(&why);
        e = get(n, card, generation, &t, &answer, &why);
    }
    if (e != OK)
        return fail_set(f, E_UNAVAILABLE, "%s", why.what);
    return take_bundle(r, bytes_of(answer.body), t.number, width, f);
}

static enum err put_fetched(struct replay *r, struct db *db, struct fail *f)
{
    struct reader at = reader_of(bytes_of(&r->fetched));
    struct bytes entry;
    for (uint64_t idx = r->flushed; tiles_next_entry(&at, &entry); idx++)
        TRY(store_watched_entry_put(db, r->origin, idx, entry, f));
    return OK;
}

static enum err flush_job(struct db *db, void *ctx, struct fail *f)
{
    return put_fetched(ctx, db, f);
}

/* Before it is all read nothing of it is judged, and nobody else says when it ends: the room for the own ledger is not given to it. */
static enum err check_room(const struct node *n, const struct replay *r, struct fail *f)
{
    uint64_t room;
    if (node_room(n, &room) && room >= NODE_ROOM_MIN)
        return OK;
    log_event(LOG_WARN, "monitor-no-room", "log=%s entries=%llu", r->origin,
              (unsigned long long)r->range.size);
    return fail_set(f, E_UNAVAILABLE, "there is no room here to read %s on", r->origin);
}

static enum err flush(struct node *n, struct replay *r, struct fail *f)
{
    TRY(check_room(n, r, f));
    TRY(writer_run(n->writer, flush_job, r, f));
    r->flushed = r->range.size;
    buf_reset(&r->fetched);
    return OK;
}

/* Judging --------------------------------------------------------------------------------------------------- */

static enum witness_status wrong_because(struct watch_wrong *wrong, struct fail *f, uint64_t index, bool stop,
                                         const char *what)
{
    snprintf(wrong->what, sizeof wrong->what, "%.199s", what);
    wrong->index = index;
    wrong->stop = stop;
    (void)!fail_set(f, E_UNVERIFIED, "%s", what);
    return WITNESS_INCONSISTENT;
}

static enum err copy_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    (void)idx;
    (void)f;
    buf_put_bytes(ctx, entry);
    return OK;
}

/* Entries below ${flushed} that are not judged, from the store. */
static enum err judge_stored(struct node *n, struct replay *r, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return store_watched_entries(db, r->origin, ledger_log_size(r->log), r->flushed, feed, r, f);
}

static enum err judge_fetched(struct replay *r, struct fail *f)
{
    struct reader at = reader_of(bytes_of(&r->fetched));
    struct bytes entry;
    for (uint64_t idx = r->flushed; tiles_next_entry(&at, &entry); idx++)
        if (idx >= ledger_log_size(r->log))
            TRY(ledger_log_add_entry(r->log, entry, f));
    return OK;
}

struct bytes monitor_entry(struct node *n, struct replay *r, uint64_t idx)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(buf_freep) struct buf *copy = buf_new(BUNDLE_MAX);
    struct reader at = reader_of(bytes_of(&r->fetched));
    struct bytes entry;
    for (uint64_t i = r->flushed; tiles_next_entry(&at, &entry); i++)
        if (i == idx)
            buf_put_bytes(copy, entry);
    if (idx < r->flushed && store_read_begin(n->store, &db, NULL) == OK)
        (void)!store_watched_entries(db, r->origin, idx, idx + 1, copy_entry, copy, NULL);
    buf_reset(&r->fetched);
    buf_put_bytes(&r->fetched, bytes_of(copy));
    r->broken = true;
    return bytes_of(&r->fetched);
}

const struct entry_genesis *monitor_genesis(const struct replay *r)
{
    return r->log ? ledger_log_genesis(r->log) : NULL;
}

const struct entry_close *monitor_close_entry(const struct replay *r)
{
    return r->log ? ledger_log_next(r->log) : NULL;
}

uint64_t monitor_size(const struct replay *r)
{
    return r->log ? ledger_log_size(r->log) : 0;
}

bool monitor_is_new(const struct replay *r)
{
    return r->kept == 0;
}

static enum witness_status judge(struct node *n, struct replay *r, const struct note_key *key,
                                 const struct checkpoint *c, struct watch_wrong *wrong, struct fail *f)
{
    struct fail why = { 0 };
    enum err e = judge_stored(n, r, &why);
    if (e == OK)
        e = judge_fetched(r, &why);
    if (e == E_STORE) { /* damaged pages or entries: the next call finds what is left to believe */
        snapshot_forget(r->snapshot);
        r->broken = true;
    }
    if (e == E_STORE || e == E_IO || e == E_UNAVAILABLE) {
        (void)!fail_pass(f, &why);
        return WITNESS_LATER;
    }
    const struct entry_genesis *g = ledger_log_genesis(r->log);
    uint64_t at = ledger_log_size(r->log);
    if (e == OK && (!g || strcmp(g->origin, c->origin) != 0 || memcmp(g->log_pk, key->pk, 32) != 0)) {
        (void)!fail_set(&why, E_UNVERIFIED, "genesis has another origin or log key than the card");
        at = 0;
    } else if (e == OK && !ledger_log_sealed(r->log)) {
        (void)!fail_set(&why, E_UNVERIFIED, "a checkpoint of size %llu that does not end in a seal",
                        (unsigned long long)c->size);
        at = c->size - 1;
    } else if (e == OK) {
        return WITNESS_ACCEPTED;
    }
    wrong->entry = monitor_entry(n, r, at);
    return wrong_because(wrong, f, at, true, why.what);
}

/* A checkpoint of a size that was read before. */
static enum witness_status compare(struct replay *r, const struct checkpoint *c, struct watch_wrong *wrong,
                                   struct fail *f)
{
    struct tree_nodes nodes = ledger_log_nodes(r->log);
    uint8_t root[HASH_LEN];
    if (tree_root(&nodes, c->size, root, f) != OK)
        return WITNESS_LATER;
    if (memcmp(root, c->root, HASH_LEN) != 0)
        return wrong_because(wrong, f, c->size, true, "two histories: another root for a size that was read");
    return WITNESS_ACCEPTED;
}

/* What is served is not what was signed: an alarm, but one that may end. */
static enum witness_status not_as_signed(struct replay *r, const struct checkpoint *c,
                                         struct watch_wrong *wrong, struct fail *f, const char *what)
{
    enum witness_status s = wrong_because(wrong, f, c->size, false, what);
    return rewind_to_kept(r, f) == OK ? s : WITNESS_LATER;
}

enum witness_status monitor_follow(struct node *n, struct replay *r, const struct card_ref *card,
                                   const struct note_key *key, const struct checkpoint *c,
                                   struct watch_wrong *wrong, struct fail *f)
{
    char domain[DOMAIN_MAX + 1];
    uint8_t root[HASH_LEN];
    uint32_t generation;
    uint64_t until_ms = time_mono_ms() + FOLLOW_MS;
    if (c->size <= r->kept)
        return compare(r, c, wrong, f);
    if (!origin_read(c->origin, domain, &generation) ||
        (r->range.size > c->size && rewind_to_kept(r, f) != OK))
        return WITNESS_LATER;
    if (r->broken) {
        (void)!fail_set(f, E_UNAVAILABLE, "%s is being read again", c->origin);
        return WITNESS_LATER;
    }
    while (r->range.size < c->size) {
        struct fail why = { 0 };
        if (r->fetched.len > CHUNK && flush(n, r, f) != OK) /* there was no room for it before */
            return WITNESS_LATER;
        enum err e = fetch_bundle(n, r, card, generation, c->size, &why);
        if (e == E_INVALID) /* his own node said so, over the pinned connection */
            return not_as_signed(r, c, wrong, f, why.what);
        if (e != OK) {
            (void)!fail_pass(f, &why);
            return WITNESS_LATER;
        }
        if (r->fetched.len > CHUNK && flush(n, r, f) != OK)
            return WITNESS_LATER;
        if (time_mono_ms() > until_ms && r->range.size < c->size) {
            (void)!fail_set(f, E_UNAVAILABLE, "%llu of %llu entries are read",
                            (unsigned long long)r->range.size, (unsigned long long)c->size);
            return WITNESS_LATER;
        }
    }
    tree_range_root(&r->range, root);
    if (memcmp(root, c->root, HASH_LEN) != 0)
        return not_as_signed(r, c, wrong, f, "its entries are not those that were signed");
    return judge(n, r, key, c, wrong, f);
}

/* keep: a part of what is left to do: of the snapshot, and of the entries below it that nobody has read since they were kept. */
static void keep(struct replay *r)
{
    uint64_t until_ms = time_mono_ms() + KEEP_MS;
    struct fail f = { 0 };
    enum err e = OK;
    do
        e = snapshot_step(r->snapshot, r->log, &f);
    while (e == OK && snapshot_active(r->snapshot) && time_mono_ms() < until_ms);
    while (e == OK && !snapshot_audited(r->snapshot) && time_mono_ms() < until_ms)
        e = snapshot_audit(r->snapshot, r->log, &f);
    if (e == OK)
        return;
    fail_context(&f, "kept of %s", r->origin);
    log_fail(LOG_WARN, "monitor-rebuilds", &f);
    r->broken = true;
}

enum err monitor_store(struct replay *r, struct db *db, uint64_t *kept, struct fail *f)
{
    TRY(put_fetched(r, db, f));
    *kept = ledger_log_size(r->log);
    return OK;
}

void monitor_stored(struct replay *r)
{
    r->kept = r->flushed = ledger_log_size(r->log);
    buf_reset(&r->fetched);
    keep(r);
}

uint64_t monitor_reused(struct replay *r, uint64_t *index, uint64_t *first)
{
    uint64_t all = ledger_log_reused(r->log, index, first), fresh = all - r->reused;
    r->reused = all;
    return fresh;
}
