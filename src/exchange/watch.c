/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/watch.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "exchange/monitor.h"
#include "exchange/rates.h"
#include "exchange/succession.h"
#include "ledger/entry.h"
#include "store/cosigner.h"
#include "store/store.h"
#include "store/writer.h"

#define KEYS_MAX  4
#define PROOF_MAX ((size_t)1 << 20)

/* One request on its way. */
struct asked {
    struct node *n;
    enum key_use use;
    const char *role;
    struct witness_ask ask;
    struct note *note;
    struct checkpoint c;
    struct card_ref card;
    struct note_key keys[KEYS_MAX];
    size_t key_count;
    struct replay *replay; /* monitor */
    struct buf signed_note, line;
    uint64_t time_s;
    struct watch_wrong wrong; /* what empty: nothing */
    bool stored;
    /* the answer */
    enum witness_status status;
    uint64_t size; /* cosigned last */
    struct fail why;
};

static void asked_clear(struct asked *a)
{
    note_freep(&a->note);
    cards_put(&a->card);
    monitor_end(a->replay);
    buf_clear(&a->signed_note);
    buf_clear(&a->line);
    str_freep(&a->wrong.against);
}

static bool said(struct asked *a, enum witness_status s)
{
    a->status = s;
    return s != WITNESS_ACCEPTED;
}

/* The keys that the log has by its organisation's card; none unless that is confirmed. */
static void find_keys(struct asked *a)
{
    char domain[DOMAIN_MAX + 1];
    uint32_t generation;
    if (origin_read(a->c.origin, domain, &generation) && strcmp(domain, a->n->conf.domain) != 0 &&
        cards_get_trusted(a->n, domain, &a->card, NULL) == OK)
        a->key_count = card_log_keys(a->card.card, a->c.origin, a->keys, KEYS_MAX);
}

/* The checkpoint with the log's own lines only: those of others are not ours to hand on. */
static enum err keep_log_lines(struct asked *a, struct fail *f)
{
    note_begin(&a->signed_note, a->note->text);
    for (size_t i = 0; i < a->note->count; i++)
        for (size_t k = 0; k < a->key_count; k++)
            if (memcmp(a->note->line[i].id, a->keys[k].id, sizeof a->keys[k].id) == 0 &&
                bytes_equal(a->note->line[i].name, bytes_str(a->keys[k].name)))
                buf_put_bytes(&a->signed_note, a->note->line[i].line);
    return buf_check(&a->signed_note, "checkpoint", f);
}

/* Alarms --------------------------------------------------------------------------------------------------- */

static json_t *wrong_json(const struct asked *a, const struct watched_row *row)
{
    AUTO(buf_freep) struct buf *entry = buf_new((size_t)1 << 18);
    AUTO(str_freep) char *note = mem_dup(a->signed_note.data, a->signed_note.len);
    AUTO(str_freep) char *what = str_format("%s: %s", a->c.origin, a->wrong.what);
    json_t *v = json_object();
    json_set_str(v, "what", what);
    json_set_str(v, "log", a->c.origin);
    json_set_u64(v, "index", a->wrong.index);
    b64_put(entry, B64_STD, a->wrong.entry);
    if (a->wrong.entry.len)
        json_set_str(v, "entry", buf_text(entry));
    json_set_str(v, "checkpoint", note);
    if (a->wrong.against || *row->note)
        json_set_str(v, "cosigned", a->wrong.against ? a->wrong.against : row->note);
    json_set_bool(v, "stop", a->wrong.stop);
    return v;
}

static bool is_stopped(const struct watched_row *row)
{
    AUTO(json_freep) json_t *v = NULL;
    return *row->wrong && (json_read(bytes_str(row->wrong), PROOF_MAX, "proof", &v, NULL) != OK ||
                           json_is_true(json_object_get(v, "stop")));
}

/* What was found wrong first is said each time: whose log it is asks again until he knows. */
static void say_why_stopped(const struct watched_row *row, struct fail *why)
{
    AUTO(json_freep) json_t *v = NULL;
    const char *what;
    size_t origin = strlen(row->origin);
    if (json_read(bytes_str(row->wrong), PROOF_MAX, "proof", &v, NULL) != OK ||
        json_need_str(v, "what", "proof", &what, NULL) != OK)
        what = "this log was found wrong";
    else if (strncmp(what, row->origin, origin) == 0 && strncmp(what + origin, ": ", 2) == 0)
        what += origin + 2;
    (void)!fail_set(why, E_UNVERIFIED, "%s; it is not cosigned any more", what);
}

/* Whether the other one of witness and monitor told of the same. */
static enum err is_told(const struct asked *a, struct db *db, bool *told, struct fail *f)
{
    AUTO(store_watched_clear) struct watched_row other = { 0 };
    AUTO(json_freep) json_t *v = NULL;
    uint64_t index;
    const char *role = keeper_use_name(a->use == USE_WITNESS ? USE_MONITOR : USE_WITNESS);
    enum err e = store_watched_get(db, role, a->c.origin, &other, f);
    *told = false;
    if (store_missing(e, f))
        return OK;
    TRY(e);
    *told = *other.wrong && json_read(bytes_str(other.wrong), PROOF_MAX, "proof", &v, NULL) == OK &&
            json_need_u64(v, "index", "proof", &index, NULL) == OK && index == a->wrong.index;
    return OK;
}

/* Once, until it is right again; but what may end is followed by what never does. */
static bool is_news(const struct asked *a, const struct watched_row *row)
{
    return !row->wrong || !*row->wrong || (a->wrong.stop && !is_stopped(row));
}

static enum err raise_alarm(struct asked *a, struct db *db, struct watched_row *row, char **text,
                            struct fail *f)
{
    bool told;
    if (!is_news(a, row))
        return OK;
    AUTO(json_freep) json_t *v = wrong_json(a, row);
    *text = json_text(v);
    row->wrong = *text;
    log_event(LOG_WARN, "log-wrong", "log=%s role=%s index=%llu", a->c.origin, a->role,
              (unsigned long long)a->wrong.index);
    TRY(is_told(a, db, &told, f));
    return told ? OK
                : acts_notify(db, "alert", "officer", a->card.card->domain, a->n->now_ms(), 0, a->c.origin,
                              json_incref(v), f);
}

/* Two roots of one size under one signature are a proof, whatever else the request says. */
static void look_for_fork(struct asked *a, const struct watched_row *row)
{
    if (*a->wrong.what || row->size == 0 || a->c.size != row->size ||
        memcmp(a->c.root, row->root, HASH_LEN) == 0)
        return;
    snprintf(a->wrong.what, sizeof a->wrong.what, "two histories: two roots of size %llu",
             (unsigned long long)row->size);
    a->wrong.index = row->size;
    a->wrong.stop = a->use == USE_MONITOR;
}

static enum err tell_reused(struct asked *a, struct db *db, struct fail *f)
{
    uint64_t index, first;
    if (!a->replay || monitor_reused(a->replay, &index, &first) == 0)
        return OK;
    json_t *v = json_object();
    AUTO(str_freep)
    char *what = str_format("%s: entry %llu has a tag that entry %llu had", a->c.origin,
                            (unsigned long long)index, (unsigned long long)first);
    json_set_str(v, "what", what);
    json_set_str(v, "log", a->c.origin);
    json_set_u64(v, "index", index);
    return acts_notify(db, "alert", "officer", a->card.card->domain, a->n->now_ms(), 0, a->c.origin, v, f);
}

/* No wrong: a home that was put back goes on openly. But who holds entries of it should know what is lost there, and what of it is
 * here. */
static enum err tell_cut(struct asked *a, struct db *db, struct fail *f)
{
    const struct entry_genesis *g =
        a->replay && monitor_is_new(a->replay) ? monitor_genesis(a->replay) : NULL;
    uint64_t kept;
    if (!g || g->how != ENTRY_CUT)
        return OK;
    TRY(succession_kept(db, g, &kept, f));
    json_t *v = json_object();
    AUTO(str_freep)
    char *more = kept > g->prev_size
                     ? str_format("; entries %llu to %llu, which were cosigned here, are left out "
                                  "there",
                                  (unsigned long long)g->prev_size, (unsigned long long)kept - 1)
                     : str_dup("");
    AUTO(str_freep)
    char *what =
        str_format("%s: the log before it was cut at entry %llu: what was entered last may be lost there%s. "
                   "%llu of its entries are kept here",
                   a->c.origin, (unsigned long long)g->prev_size, more, (unsigned long long)kept);
    json_set_str(v, "what", what);
    json_set_str(v, "log", a->c.origin);
    json_set_u64(v, "index", 0);
    json_set_u64(v, "cut", g->prev_size);
    json_set_u64(v, "kept", kept);
    return acts_notify(db, "alert", "officer", a->card.card->domain, a->n->now_ms(), 0, a->c.origin, v, f);
}

/* Comparing and storing --------------------------------------------------------------------------------------- */

static enum err get_row(struct db *db, const struct asked *a, struct watched_row *row, struct fail *f)
{
    enum err e = store_watched_get(db, a->role, a->c.origin, row, f);
    if (!store_missing(e, f))
        return e;
    return OK;
}

static enum witness_status judge_row(struct asked *a, const struct watched_row *row)
{
    struct witness_seen seen = { .size = row->size };
    memcpy(seen.root, row->root, HASH_LEN);
    a->size = row->size;
    if (row->wrong && is_stopped(row)) {
        say_why_stopped(row, &a->why);
        return WITNESS_INCONSISTENT;
    }
    return witness_judge(&a->ask, &a->c, &seen, &a->why);
}

/* The one step: what was cosigned before is compared, and the new stands in its place. */
static enum err settle(struct db *db, void *ctx, struct fail *f)
{
    struct asked *a = ctx;
    AUTO(store_watched_clear) struct watched_row old = { 0 };
    AUTO(str_freep) char *text = NULL;
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    TRY(get_row(db, a, &old, f));
    struct watched_row row = old;
    row.role = a->role;
    row.origin = a->c.origin;
    row.note = old.note ? old.note : "";
    row.wrong = old.wrong ? old.wrong : "";
    if (a->status == WITNESS_ACCEPTED)
        a->status = judge_row(a, &row);
    look_for_fork(a, &row);
    if (*a->wrong.what)
        TRY(raise_alarm(a, db, &row, &text, f));
    else if (a->replay && a->status == WITNESS_ACCEPTED)
        row.wrong = "";
    if (a->replay && !*a->wrong.what)
        TRY(monitor_store(a->replay, db, &row.entries, f));
    TRY(tell_reused(a, db, f));
    if (a->status == WITNESS_ACCEPTED)
        TRY(tell_cut(a, db, f));
    if (a->status == WITNESS_ACCEPTED) {
        TRY(witness_note_add(bytes_of(&a->signed_note), bytes_of(&a->line), note, f));
        row.size = a->c.size;
        memcpy(row.root, a->c.root, HASH_LEN);
        row.note = buf_text(note);
        row.time_s = a->time_s;
    }
    return store_watched_put(db, &row, f);
}

static enum err read_row(struct asked *a, struct watched_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(a->n->store, &db, f));
    return get_row(db, a, row, f);
}

/* Our line in the note that was stored. */
static enum err stored_line(struct asked *a, const struct watched_row *row, struct fail *f)
{
    AUTO(note_freep) struct note *n = NULL;
    TRY(note_read(bytes_str(row->note), &n, f));
    buf_put_bytes(&a->line, n->line[n->count - 1].line);
    return OK;
}

/* The same again within a second is the same statement: it costs no signature and no commit. */
static bool is_same_again(const struct asked *a, const struct watched_row *row)
{
    return row->note && *row->note && a->status == WITNESS_ACCEPTED && a->c.size == row->size &&
           a->time_s == row->time_s && memcmp(a->c.root, row->root, HASH_LEN) == 0;
}

/* Every entry is right by itself. Is the log, beside the one before it and the one after? */
static enum witness_status follows(struct asked *a)
{
    enum witness_status s = succession_ends(a->n, &a->c, &a->wrong, &a->why);
    if (s != WITNESS_ACCEPTED || !monitor_is_new(a->replay))
        return s;
    s = succession_begins(a->n, &a->card, monitor_genesis(a->replay), &a->wrong, &a->why);
    if (s == WITNESS_INCONSISTENT)
        a->wrong.entry = monitor_entry(a->n, a->replay, 0);
    return s;
}

/* The signature is made first, and leaves only if the step after it went well. */
static enum err cosign(struct asked *a, struct fail *f)
{
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    TRY(read_row(a, &row, f));
    if (a->status == WITNESS_ACCEPTED)
        a->status = judge_row(a, &row);
    if (a->status == WITNESS_ACCEPTED && a->use == USE_MONITOR) {
        TRY(monitor_begin(a->n, a->c.origin, &row, a->keys, a->key_count, &a->replay, f));
        a->status = monitor_follow(a->n, a->replay, &a->card, &a->keys[0], &a->c, &a->wrong, &a->why);
        if (a->status == WITNESS_ACCEPTED)
            a->status = follows(a);
    } else if (a->use == USE_MONITOR && a->c.size > 0 && a->c.size <= row.entries && !is_stopped(&row)) {
        /* refused, but was it on the way of what was read? */
        TRY(monitor_begin(a->n, a->c.origin, &row, a->keys, a->key_count, &a->replay, f));
        (void)!monitor_follow(a->n, a->replay, &a->card, &a->keys[0], &a->c, &a->wrong, NULL);
    }
    look_for_fork(a, &row);
    a->time_s = a->n->now_ms() / 1000;
    if (is_same_again(a, &row))
        return stored_line(a, &row, f);
    if (a->status == WITNESS_ACCEPTED)
        TRY(keeper_cosign(a->n->keeper, a->use, a->time_s, a->note->text, &a->line, f));
    else if (!*a->wrong.what || !is_news(a, &row))
        return OK; /* refused, and nothing to tell of */
    TRY(writer_run(a->n->writer, settle, a, f));
    if (a->replay && !*a->wrong.what)
        monitor_stored(a->replay);
    return OK;
}

/* All that can be said without asking the store. */
static enum err read_request(struct asked *a, struct bytes body, struct fail *f)
{
    if (witness_ask_read(body, &a->ask, &a->why) != OK) {
        a->status = WITNESS_MALFORMED;
        return OK;
    }
    if (said(a, witness_text(&a->ask, &a->note, &a->c, &a->why)))
        return OK;
    find_keys(a);
    if (said(a, witness_signed(a->note, a->keys, a->key_count, &a->why)))
        return OK;
    return keep_log_lines(a, f);
}

static void put_answer(const struct asked *a, struct buf *out)
{
    if (a->status == WITNESS_ACCEPTED)
        buf_put_bytes(out, bytes_of(&a->line));
    else if (a->status == WITNESS_STALE)
        buf_printf(out, "%llu\n", (unsigned long long)a->size);
    else
        buf_printf(out, "%s\n", a->why.what);
}

enum err watch_add(struct node *n, enum key_use use, struct bytes body, enum witness_status *status,
                   struct buf *out, struct fail *f)
{
    AUTO(asked_clear) struct asked a = { .n = n, .use = use, .role = keeper_use_name(use) };
    struct fail why = { 0 };
    buf_init(&a.signed_note, NOTE_MAX);
    buf_init(&a.line, 4096);
    enum err e = read_request(&a, body, &why);
    if (e == OK && a.status == WITNESS_ACCEPTED)
        e = rates_take(n->rates, RATE_CHECKPOINTS, a.card.card->domain, 1, 0, n->now_ms(), &why);
    if (e == OK && a.status == WITNESS_ACCEPTED)
        e = cosign(&a, &why);
    if (e == E_UNAVAILABLE && use == USE_MONITOR) {
        a.status = WITNESS_LATER;
        (void)!fail_pass(&a.why, &why);
    } else if (e != OK) {
        return fail_pass(f, &why);
    }
    *status = a.status;
    put_answer(&a, out);
    return buf_check(out, "answer", f);
}

/* Where monitors of witnesses look ------------------------------------------------------------------------------ */

struct search {
    const char *role, *hash;
    struct watched_row *found;
};

static enum err look_at(const struct watched_row *row, void *ctx, struct fail *f)
{
    struct search *s = ctx;
    char path[WITNESS_PATH_SIZE];
    (void)f;
    witness_path(row->origin, path);
    if (strcmp(row->role, s->role) == 0 && *row->note && strncmp(path, s->hash, strlen(s->hash)) == 0 &&
        path[strlen(s->hash)] == '/')
        store_watched_copy(row, s->found);
    return OK;
}

enum err watch_find(struct db *db, enum key_use use, const char *hash, struct watched_row *row,
                    struct fail *f)
{
    struct search s = { keeper_use_name(use), hash, row };
    TRY(store_watched_list(db, look_at, &s, f));
    return row->origin ? OK : fail_set(f, E_NOT_FOUND, "no such log is cosigned here");
}

enum err watch_checkpoint(struct node *n, enum key_use use, const char *hash, struct buf *note,
                          struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_watched_clear) struct watched_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    TRY(watch_find(db, use, hash, &row, f));
    buf_put_str(note, row.note);
    return buf_check(note, "checkpoint", f);
}
