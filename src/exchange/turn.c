/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/turn.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cond.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/time.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/cosigned.h"
#include "exchange/earlier.h"
#include "exchange/journal.h"
#include "exchange/node_internal.h"
#include "exchange/publisher.h"
#include "exchange/recover.h"
#include "exchange/rotate.h"
#include "ledger/checkpoint.h"
#include "store/leaf.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define FIRST_MS 10000 /* how long somebody is looked for who cosigns, before anything is changed */
#define WAIT_MS  15000 /* how long the verb waits for the turn */
#define STEP_MS  500   /* of the thread's waiting */
#define ASK_MS   5000  /* between two looks at what partners know */

/* What the rows say ------------------------------------------------------------------------------------------ */

bool turn_is_closed(const struct node *n)
{
    return atomic_load(&n->closed_at) != 0;
}

static enum err read_close(struct db *db, uint32_t generation, uint64_t index, struct entry_close *out,
                           bool *found, struct fail *f)
{
    AUTO(store_leaf_clear) struct leaf_row row = { 0 };
    struct entry e;
    enum err err = store_leaf_get(db, generation, index, &row, f);
    bool missing = store_missing(err, f); /* whoever took it out is found by the replay */
    if (!missing)
        TRY(err);
    *found = !missing && row.form == LEAF_CLOSE;
    if (!*found)
        return OK;
    TRY(entry_read(row.body, &e, f));
    *out = e.close;
    return OK;
}

/* ${index} 0: there is none. It is the last row, or the last but its seal. */
static enum err find_close(struct db *db, uint32_t generation, struct entry_close *out, uint64_t *index,
                           struct fail *f)
{
    uint64_t next, last_ms;
    bool found = false;
    TRY(store_leaf_next(db, generation, &next, &last_ms, f));
    *index = 0;
    for (uint64_t back = 1; back <= 2 && back < next && !found; back++) {
        TRY(read_close(db, generation, next - back, out, &found, f));
        if (found)
            *index = next - back;
    }
    return OK;
}

enum err turn_load(struct node *n, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct entry_close ignored;
    uint64_t index;
    TRY(store_read_begin(n->store, &db, f));
    TRY(find_close(db, n->generation, &ignored, &index, f));
    atomic_store(&n->closed_at, index);
    return OK;
}

enum err turn_key(struct node *n, enum key_use use, struct bytes public, enum turn_key *out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct entry_genesis genesis;
    struct entry_close close;
    uint64_t closed_at;
    bool log = use == USE_LOG;
    *out = TURN_NONE;
    TRY(store_read_begin(n->store, &db, f));
    TRY(earlier_genesis(db, n->generation, &genesis, f));
    TRY(find_close(db, n->generation, &close, &closed_at, f));
    if (bytes_equal(public, BYTES(log ? genesis.log_pk : genesis.vrf_pk, 32)))
        *out = TURN_THIS;
    else if (closed_at && bytes_equal(public, BYTES(log ? close.next_log_pk : close.next_vrf_pk, 32)))
        *out = TURN_NEXT;
    return OK;
}

enum err turn_card(struct node *n, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail none = { 0 };
    struct note_key key;
    if (cards_get(n, n->conf.domain, &own, &none) != OK) /* a home that is being made */
        return OK;
    return card_log_keys(own.card, n->origin, &key, 1) > 0 ? OK : cards_make_own(n, NULL, f);
}

/* Closing ------------------------------------------------------------------------------------------------------- */

struct closing {
    struct node *n;
    struct entry_close close;
    uint64_t index;
};

static enum err write_close(struct db *db, void *ctx, struct fail *f)
{
    struct closing *c = ctx;
    TRY(journal_close(c->n, db, &c->close, &c->index, f));
    atomic_store(&c->n->closed_at, c->index); /* what else is in this batch comes too late */
    return OK;
}

static enum err make_key(struct node *n, enum key_use use, const char *name, uint8_t pk[static 32],
                         struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(64);
    AUTO(str_freep) char *path = str_format("%s/keys/%s.next.key", n->home, keeper_use_name(use));
    if (atomic_load(&n->stale))
        return fail_set(f, E_UNAVAILABLE, "the node is being started again: try again in a moment");
    TRY(rotate_settle(n, use, f)); /* what a close left that was not reached */
    TRY(keeper_generate(n->keeper, use, name, sealed, public, f));
    TRY(file_write(path, bytes_of(sealed), 0600, f));
    memcpy(pk, public->data, 32);
    return OK;
}

struct cosigning {
    size_t witnesses, monitors;
};

static enum err count_one(const struct cosigner *c, const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct cosigning *count = ctx;
    (void)row;
    (void)f;
    ++*(c->monitor ? &count->monitors : &count->witnesses);
    return OK;
}

/* Of each kind that there is, one has cosigned what is of ${size} or more. */
static enum err look(struct node *n, uint64_t size, unsigned wait_ms, bool *enough, struct fail *f)
{
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    struct cosigning count = { 0 };
    TRY(cosigned_each(n, count_one, &count, f));
    bool any = count.witnesses + count.monitors > 0;
    TRY(cosigners_wait(n, size, count.monitors > 0, any ? wait_ms : 0, &c, f));
    *enough = (!count.witnesses || c.witnessed) && (!count.monitors || c.monitored);
    return OK;
}

/* An end that nobody cosigns is no end that others can build on. A home that does not run asks nobody. */
static enum err look_for_somebody(struct node *n, struct fail *f)
{
    bool enough;
    if (!n->cosigners)
        return OK;
    TRY(look(n, publisher_size(n->publisher), FIRST_MS, &enough, f));
    return enough ? OK
                  : fail_set(f, E_UNAVAILABLE,
                             "no witness, or no monitor, answers, and the end of a ledger must be cosigned "
                             "before the next begins; nothing was changed: see `orcon witness list`");
}

static enum err check_room(uint32_t generation, struct fail *f)
{
    return generation < TURN_GENERATIONS_MAX
               ? OK
               : fail_set(f, E_REFUSED, "generation %u is the last one that a ledger may have",
                          (unsigned)generation);
}

static enum err close_log(struct node *n, struct fail *f)
{
    struct closing c = { .n = n };
    TRY(cosigners_halted(n, f));
    TRY(check_room(n->generation, f));
    TRY(look_for_somebody(n, f));
    origin_print(n->conf.domain, n->generation + 1, c.close.next_origin);
    TRY(make_key(n, USE_LOG, c.close.next_origin, c.close.next_log_pk, f));
    TRY(make_key(n, USE_VRF, n->conf.domain, c.close.next_vrf_pk, f));
    TRY(writer_run(n->writer, write_close, &c, f));
    log_event(LOG_INFO, "log-closed", "log=%s index=%llu", n->origin, (unsigned long long)c.index);
    return OK;
}

/* The turn -------------------------------------------------------------------------------------------------------- */

/* What is lost of one generation, and what of it was had back. */
static void put_lost(struct buf *text, const char *origin, const struct recovered *r, uint64_t seen)
{
    if (seen <= r->from)
        buf_printf(text, "; nothing of %s", origin);
    else
        buf_printf(text, "; entries %llu to %llu of %s%s", (unsigned long long)r->from,
                   (unsigned long long)seen - 1, origin,
                   r->entries ? ", of which partners had the public bytes" : "");
}

/* Officers learn that something was lost, and how much. */
static enum err tell_cut(struct node *n, struct db *db, const struct entry_genesis *g,
                         const struct recovery *lost, struct fail *f)
{
    AUTO(buf_freep) struct buf *what = buf_new(2048);
    json_t *about = json_object();
    const struct recovered *here = &lost->of[0];
    uint64_t seen = lost->count > 1 ? here->end.size : g->prev_size;
    buf_printf(
        what, "%s was cut: it had %llu entries when this home was backed up, and %llu were seen by a witness",
        n->origin, (unsigned long long)here->from, (unsigned long long)seen);
    if (lost->count > 1)
        buf_printf(what, "; then %s followed", g->prev_origin);
    buf_put_str(what, ". What was entered between is lost here");
    for (size_t i = 0; i < lost->count; i++) {
        char origin[ORIGIN_SIZE];
        origin_print(n->conf.domain, lost->of[i].generation, origin);
        put_lost(what, origin, &lost->of[i], i + 1 == lost->count ? g->prev_size : lost->of[i].end.size);
    }
    buf_printf(what, ". %s goes on without it", g->origin);
    TRY(buf_check(what, "alert", f));
    json_set_str(about, "what", buf_text(what));
    json_set_str(about, "log", g->origin);
    json_set_u64(about, "index", g->prev_size);
    return acts_notify(db, "alert", "officer", n->conf.domain, g->time_ms, 0, g->origin, about, f);
}

struct beginning {
    struct node *n;
    struct entry_genesis genesis;
    struct recovery lost; /* of a cut */
};

static void beginning_clear(struct beginning *b)
{
    recovery_clear(&b->lost);
}

static enum err write_genesis(struct db *db, void *ctx, struct fail *f)
{
    const struct beginning *b = ctx;
    const struct entry_genesis *g = &b->genesis;
    AUTO(str_freep) char *generation = str_format("%u", (unsigned)g->generation);
    TRY(store_setting_put(db, SETTING_GENERATION, generation, f));
    if (g->how == ENTRY_CUT) {
        TRY(store_setting_put(db, SETTING_RESTORED, "", f)); /* nothing of the new one is known to anybody */
        TRY(recover_store(db, &b->lost, f));
        TRY(tell_cut(b->n, db, g, &b->lost, f));
    }
    return journal_genesis(db, g, f);
}

/* What the close entry named, and where the log ended. */
static enum err next_genesis(struct node *n, struct entry_genesis *g, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row end = { 0 };
    struct entry_close close;
    uint64_t closed_at, now_ms = n->now_ms();
    TRY(store_read_begin(n->store, &db, f));
    TRY(find_close(db, n->generation, &close, &closed_at, f));
    TRY(store_checkpoint_newest(db, n->generation, &end, f));
    if (!closed_at || end.size != closed_at + 2)
        return fail_set(f, E_INTERNAL, "a ledger that did not end");
    *g = (struct entry_genesis){ .time_ms = now_ms > end.time_ms ? now_ms : end.time_ms,
                                 .generation = n->generation + 1,
                                 .how = ENTRY_CONTINUED,
                                 .prev_size = end.size };
    memcpy(g->origin, close.next_origin, sizeof g->origin);
    memcpy(g->log_pk, close.next_log_pk, sizeof g->log_pk);
    memcpy(g->vrf_pk, close.next_vrf_pk, sizeof g->vrf_pk);
    memcpy(g->prev_origin, n->origin, strlen(n->origin) + 1);
    memcpy(g->prev_root, end.root, sizeof g->prev_root);
    return OK;
}

/* By one thread: the turner, or whoever has the home to himself. */
static enum err begin_next(struct beginning *b, struct fail *f)
{
    struct node *n = b->n;
    TRY(writer_run(n->writer, write_genesis, b, f));
    atomic_store(&n->turned, true);
    log_event(LOG_INFO, "generation-begun", "log=%s after=%llu", b->genesis.origin,
              (unsigned long long)b->genesis.prev_size);
    node_start_again(n);
    return OK;
}

/* ${turned}: it has begun. */
static enum err turn_if_cosigned(struct node *n, unsigned wait_ms, bool *turned, struct fail *f)
{
    uint64_t end = atomic_load(&n->closed_at) + 2;
    struct beginning b = { .n = n };
    bool enough;
    *turned = false;
    TRY(publisher_wait(n->publisher, end - 1, f));
    TRY(look(n, end, wait_ms, &enough, f));
    if (!enough)
        return OK;
    TRY(next_genesis(n, &b.genesis, f));
    TRY(begin_next(&b, f));
    *turned = true;
    return OK;
}

/* Cutting --------------------------------------------------------------------------------------------------------- */

struct seen {
    struct node *n;
    struct db *db;
    uint64_t size;
    uint8_t root[HASH_LEN];
};

static void take_seen(struct seen *s, uint64_t size, const uint8_t root[static HASH_LEN])
{
    if (size < s->size)
        return;
    s->size = size;
    memcpy(s->root, root, HASH_LEN);
}

/* What he cosigned of it as it is here, and what he showed that is not here. */
static enum err look_at_row(const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct seen *s = ctx;
    AUTO(note_freep) struct note *note = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row ours = { 0 };
    struct checkpoint c;
    if (row->generation != s->n->generation)
        return OK;
    if (row->ahead && *row->shown) { /* signed by us: that was looked at when it came */
        TRY(note_read(bytes_str(row->shown), &note, f));
        TRY(checkpoint_read(note->text, &c, f));
        take_seen(s, c.size, c.root);
    }
    enum err e = row->size ? store_checkpoint_at(s->db, s->n->generation, row->size, &ours, f) : E_NOT_FOUND;
    if (e == OK)
        take_seen(s, ours.size, ours.root);
    else if (row->size && !store_missing(e, f))
        return e;
    return OK;
}

/* Where the last log that there was ends: as witnesses have it on record here, and as they and monitors show it now. */
static enum err find_end(struct node *n, const struct recovered *last, struct seen *s, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    hash_sha256(BYTES("", 0), s->root);
    TRY(store_read_begin(n->store, &db, f));
    s->db = db;
    if (last->generation == n->generation)
        TRY(store_cosigner_list(db, look_at_row, s, f));
    if (last->note)
        take_seen(s, last->end.size, last->end.root);
    return last->generation > n->generation || s->size > 0
               ? OK
               : fail_set(f, E_UNAVAILABLE,
                          "the witness's checkpoint is not on record: see `orcon witness list`");
}

static enum err last_time(struct node *n, uint64_t *last_ms, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t next;
    TRY(store_read_begin(n->store, &db, f));
    return store_leaf_next(db, n->generation, &next, last_ms, f);
}

static enum err cut_genesis(struct node *n, const struct recovered *last, struct entry_genesis *g,
                            struct fail *f)
{
    struct seen s = { .n = n };
    uint64_t last_ms, now_ms = n->now_ms();
    TRY(check_room(last->generation, f));
    TRY(last_time(n, &last_ms, f));
    TRY(find_end(n, last, &s, f));
    *g = (struct entry_genesis){ .time_ms = now_ms > last_ms ? now_ms : last_ms,
                                 .generation = last->generation + 1,
                                 .how = ENTRY_CUT,
                                 .prev_size = s.size };
    origin_print(n->conf.domain, g->generation, g->origin);
    origin_print(n->conf.domain, last->generation, g->prev_origin);
    memcpy(g->prev_root, s.root, sizeof g->prev_root);
    TRY(make_key(n, USE_LOG, g->origin, g->log_pk, f));
    return make_key(n, USE_VRF, n->conf.domain, g->vrf_pk, f);
}

/* Once: the turner and a verb may come at the same time. */
static enum err cut(struct node *n, struct entry_genesis *next, struct fail *f)
{
    static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
    AUTO(beginning_clear) struct beginning b = { .n = n };
    pthread_mutex_lock(&once);
    enum err e = OK;
    if (!atomic_load(&n->turned)) {
        e = recover_look(n, &b.lost, f);
        if (e == OK)
            e = cut_genesis(n, &b.lost.of[b.lost.count - 1], &b.genesis, f);
        if (e == OK)
            e = begin_next(&b, f);
    }
    *next = b.genesis;
    pthread_mutex_unlock(&once);
    return e;
}

/* The thread ------------------------------------------------------------------------------------------------------- */

struct turner {
    struct node *n;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    struct turn_failures failures;
};

/* A home that was put back, all witnesses of which were heard: what there is more of than is here is known. */
static bool is_behind(struct node *n)
{
    bool heard, lags = cosigners_lag(n, &heard);
    return atomic_load(&n->restored) && heard && (lags || recover_newest(n) > n->generation);
}

/* False: the end. Nobody wakes it for what a restored home waits for. */
static bool wait_for_turn_of(struct turner *t)
{
    pthread_mutex_lock(&t->lock);
    /* a closed log that was put back may be followed already */
    while (!t->stopping && (!turn_is_closed(t->n) || atomic_load(&t->n->restored)) && !is_behind(t->n)) {
        if (atomic_load(&t->n->restored))
            (void)cond_wait_until(&t->wake, &t->lock, cond_after(STEP_MS));
        else
            pthread_cond_wait(&t->wake, &t->lock);
    }
    bool go = !t->stopping;
    pthread_mutex_unlock(&t->lock);
    return go;
}

/* Before the next try, or until somebody wakes it. */
static void rest(struct turner *t, unsigned ms)
{
    pthread_mutex_lock(&t->lock);
    if (!t->stopping)
        (void)cond_wait_until(&t->wake, &t->lock, cond_after(ms));
    pthread_mutex_unlock(&t->lock);
}

static void *run(void *arg)
{
    struct turner *t = arg;
    bool turned = false;
    while (!turned && wait_for_turn_of(t)) {
        struct fail f = { 0 };
        struct entry_genesis next;
        bool closed = turn_is_closed(t->n) && !is_behind(t->n);
        enum err e = closed ? turn_if_cosigned(t->n, STEP_MS, &turned, &f) : cut(t->n, &next, &f);
        turned = turned || (!closed && e == OK);
        if (e == OK) {
            turn_failures_end(&t->failures);
            continue;
        }
        turn_failures_note(t->n, &t->failures, &f);
        rest(t, closed ? STEP_MS : ASK_MS);
    }
    return NULL;
}

enum err turner_open(struct node *n, struct fail *f)
{
    struct turner *t = mem_new(sizeof *t);
    t->n = n;
    pthread_mutex_init(&t->lock, NULL);
    cond_init(&t->wake);
    turn_failures_start(&t->failures);
    if (!thread_start(&t->thread, "turner", run, t)) {
        pthread_cond_destroy(&t->wake);
        pthread_mutex_destroy(&t->lock);
        turn_failures_stop(&t->failures);
        free(t);
        return fail_set(f, E_INTERNAL, "cannot start the thread that begins generations");
    }
    n->turner = t;
    return OK;
}

struct turn_failed turner_failed(struct turner *t)
{
    return t ? turn_failures_now(&t->failures) : (struct turn_failed){ 0 };
}

static void wake(struct turner *t, bool stop)
{
    pthread_mutex_lock(&t->lock);
    t->stopping = t->stopping || stop;
    pthread_cond_broadcast(&t->wake);
    pthread_mutex_unlock(&t->lock);
}

void turner_close(struct turner *t)
{
    if (!t)
        return;
    wake(t, true);
    pthread_join(t->thread, NULL);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->lock);
    turn_failures_stop(&t->failures);
    free(t);
}

/* The verb --------------------------------------------------------------------------------------------------------- */

static enum err wait_for_turn(struct node *n, struct fail *f)
{
    bool turned = false;
    if (!n->turner)
        return turn_if_cosigned(n, 0, &turned, f);
    wake(n->turner, false);
    for (uint64_t until_ms = time_mono_ms() + WAIT_MS; !atomic_load(&n->turned) && time_mono_ms() < until_ms;)
        nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
    return OK;
}

/* ${size} of this generation, as it is here; ${next}: the generation that begins. */
static json_t *put_answer(struct node *n, uint64_t size, uint32_t next, json_t *out)
{
    char origin[ORIGIN_SIZE];
    json_t *closed = json_object();
    json_set_take(out, "closed", closed);
    origin_print(n->conf.domain, next, origin);
    json_set_u64(closed, "generation", n->generation);
    json_set_str(closed, "origin", n->origin);
    json_set_u64(closed, "size", size);
    json_set_u64(out, "generation", next);
    json_set_str(out, "origin", origin);
    json_set_str(out, "state", atomic_load(&n->turned) ? "begun" : "closed");
    return closed;
}

enum err turn_close(struct node *n, json_t *out, struct fail *f)
{
    TRY(cosigners_restored(n, f));
    if (!turn_is_closed(n))
        TRY(close_log(n, f));
    if (!atomic_load(&n->turned))
        TRY(wait_for_turn(n, f));
    put_answer(n, atomic_load(&n->closed_at) + 2, n->generation + 1, out);
    return OK;
}

enum err turn_cut(struct node *n, json_t *out, struct fail *f)
{
    struct entry_genesis next;
    if (!atomic_load(&n->halted) && recover_newest(n) == n->generation)
        return fail_set(
            f, E_REFUSED,
            "no witness has seen more of this ledger than is here: there is nothing to cut, and nothing "
            "was changed");
    TRY(cut(n, &next, f));
    json_t *closed = put_answer(n, publisher_size(n->publisher), next.generation, out);
    json_set_u64(closed, "seen", next.prev_size);
    return OK;
}
