/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/cosigned.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/node_internal.h"
#include "exchange/publisher.h"
#include "exchange/turn.h"
#include "ledger/witness.h"
#include "store/leaf.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define LOOK_BACK 64 /* checkpoints looked at for one that everybody cosigned */
#define KEYS_MAX  256

/* Who ------------------------------------------------------------------------------------------------------- */

struct each {
    struct node *n;
    struct db *db;
    cosigned_fn fn;
    void *ctx;
};

static enum err give(const struct each *e, struct cosigner *c, struct fail *f)
{
    AUTO(store_cosigner_clear) struct cosigner_row row = { 0 };
    note_key_print(&c->key, c->vkey);
    enum err err = store_cosigner_get(e->db, c->vkey, &row, f);
    if (!store_missing(err, f))
        TRY(err);
    if (row.generation != e->n->generation)
        row.size = row.time_s = row.ahead = 0;
    return e->fn(c, &row, e->ctx, f);
}

static enum err give_partner(const struct card_row *row, void *ctx, struct fail *f)
{
    const struct each *e = ctx;
    AUTO(cards_put) struct card_ref card = { 0 };
    struct cosigner witness = { 0 }, monitor = { .monitor = true };
    struct fail why = { 0 };
    if (row->state != CARD_CONFIRMED)
        return OK;
    TRY(cards_get(e->n, row->domain, &card, f));
    if (card_cosigners(card.card, &witness.key, &monitor.key, &why) != OK) {
        log_fail(LOG_WARN, "cosigner-unusable", &why);
        return OK;
    }
    snprintf(witness.domain, sizeof witness.domain, "%s", row->domain);
    snprintf(monitor.domain, sizeof monitor.domain, "%s", row->domain);
    TRY(give(e, &witness, f));
    return give(e, &monitor, f);
}

static bool is_monitor(const char *name)
{
    size_t n = strlen(name), suffix = strlen("/monitor");
    return n > suffix && strcmp(name + n - suffix, "/monitor") == 0;
}

static enum err give_foreign(const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct cosigner c = { .local = row->local };
    if (!*row->url || note_key_read(bytes_str(row->vkey), &c.key, NULL) != OK)
        return OK;
    snprintf(c.url, sizeof c.url, "%s", row->url);
    c.monitor = is_monitor(c.key.name);
    return give(ctx, &c, f);
}

enum err cosigned_each(struct node *n, cosigned_fn fn, void *ctx, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    struct each e = { n, db, fn, ctx };
    TRY(store_card_list(db, give_partner, &e, f));
    return store_cosigner_list(db, give_foreign, &e, f);
}

/* What is on record ------------------------------------------------------------------------------------------- */

/* The row of ${c}, or a new one. */
static enum err get_row(struct node *n, struct db *db, const struct cosigner *c, struct cosigner_row *row,
                        struct fail *f)
{
    enum err e = store_cosigner_get(db, c->vkey, row, f);
    if (!store_missing(e, f))
        return e;
    row->vkey = c->vkey;
    row->url = c->url;
    row->local = c->local;
    row->added_ms = n->now_ms();
    row->shown = "";
    return OK;
}

enum err cosigned_keep(struct node *n, struct db *db, const struct cosigner *c, uint64_t size,
                       struct bytes line, uint64_t time_s, struct fail *f)
{
    AUTO(store_cosigner_clear) struct cosigner_row old = { 0 };
    AUTO(store_checkpoint_clear) struct checkpoint_row at = { 0 };
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    TRY(store_checkpoint_at(db, n->generation, size, &at, f));
    TRY(witness_note_add(bytes_str(at.note), line, note, f));
    struct checkpoint_row with = at;
    with.note = buf_text(note);
    TRY(store_checkpoint_put(db, &with, f));
    TRY(get_row(n, db, c, &old, f));
    struct cosigner_row row = old;
    row.generation = n->generation;
    row.size = size;
    row.time_s = time_s;
    row.ahead = 0;
    row.shown = "";
    return store_cosigner_put(db, &row, f);
}

enum err cosigned_halt(struct node *n, struct db *db, const struct cosigner *c, uint64_t ahead,
                       struct bytes shown, bool tell, struct fail *f)
{
    AUTO(store_cosigner_clear) struct cosigner_row old = { 0 };
    AUTO(str_freep) char *note = mem_dup(shown.data, shown.len);
    AUTO(str_freep)
    char *what = str_format("%s has a checkpoint of our ledger, of size %llu, that is not ours: the ledger "
                            "was put back or doubled, "
                            "and nothing more is written in it",
                            c->key.name, (unsigned long long)ahead);
    TRY(get_row(n, db, c, &old, f));
    struct cosigner_row row = old;
    row.generation = n->generation;
    row.ahead = ahead;
    row.shown = note;
    TRY(store_cosigner_put(db, &row, f));
    if (!tell)
        return OK;
    json_t *about = json_object();
    json_set_str(about, "what", what);
    json_set_str(about, "log", n->origin);
    json_set_u64(about, "index", ahead);
    json_set_str(about, "checkpoint", note);
    return acts_notify(db, "alert", "officer", *c->domain ? c->domain : c->key.name, n->now_ms(), 0,
                       n->origin, about, f);
}

static enum err look_for_halt(const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct node *n = ctx;
    (void)f;
    if (row->generation == n->generation && row->ahead > 0)
        atomic_store(&n->halted, true);
    return OK;
}

enum err cosigners_load_halt(struct node *n, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *restored = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_setting_get(db, SETTING_RESTORED, &restored, f);
    if (!store_missing(e, f))
        TRY(e);
    atomic_store(&n->restored, restored && *restored);
    return store_cosigner_list(db, look_for_halt, n, f);
}

enum err cosigners_halted(const struct node *n, struct fail *f)
{
    if (atomic_load(&n->halted))
        return fail_why(f, REASON_FORKED,
                        "a witness has a checkpoint of this ledger that is not ours: nothing is written; see "
                        "`orcon doctor`");
    if (turn_is_closed(n))
        return fail_why(
            f, REASON_CLOSED,
            "generation %u of the ledger is closed, and the next one has not begun yet: try again "
            "in a moment",
            (unsigned)n->generation);
    return cosigners_restored(n, f);
}

enum err cosigners_restored(const struct node *n, struct fail *f)
{
    return atomic_load(&n->restored)
               ? fail_why(f, REASON_RESTORED,
                          "this home was put back from a backup: nothing is written until its witnesses have "
                          "confirmed its ledger; see `orcon doctor`")
               : OK;
}

static enum err put_confirmed(struct db *db, void *ctx, struct fail *f)
{
    (void)ctx;
    return store_setting_put(db, SETTING_RESTORED, "", f);
}

enum err cosigned_confirm(struct node *n, struct fail *f)
{
    TRY(writer_run(n->writer, put_confirmed, NULL, f));
    atomic_store(&n->restored, false);
    log_event(LOG_WARN, "restored-confirmed", "size=%llu", (unsigned long long)publisher_size(n->publisher));
    return publisher_kick(n, f);
}

/* Checkpoints with their lines ---------------------------------------------------------------------------------- */

struct keys {
    struct note_key key[KEYS_MAX];
    bool monitor[KEYS_MAX];
    size_t count;
};

static enum err take_key(const struct cosigner *c, const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct keys *k = ctx;
    (void)row;
    (void)f;
    if (k->count < KEYS_MAX) {
        k->monitor[k->count] = c->monitor;
        k->key[k->count++] = c->key;
    }
    return OK;
}

struct looking {
    const struct keys *keys;
    struct cosigned best;
};

static int rank(const struct cosigned *c)
{
    return !c->note ? -1 : (c->witnessed ? 1 : 0) + (c->witnessed && c->monitored ? 1 : 0);
}

/* Lines were verified when they were stored: here it is only looked whose they are. */
static enum err look(const struct checkpoint_row *row, void *ctx, struct fail *f)
{
    struct looking *l = ctx;
    AUTO(note_freep) struct note *note = NULL;
    struct cosigned c = { .size = row->size };
    TRY(note_read(bytes_str(row->note), &note, f));
    for (size_t i = 0; i < note->count; i++)
        for (size_t k = 0; k < l->keys->count; k++)
            if (memcmp(note->line[i].id, l->keys->key[k].id, sizeof note->line[i].id) == 0 &&
                bytes_equal(note->line[i].name, bytes_str(l->keys->key[k].name)))
                *(l->keys->monitor[k] ? &c.monitored : &c.witnessed) = true;
    c.note = str_dup(row->note);
    if (rank(&c) > rank(&l->best)) {
        cosigned_clear(&l->best);
        l->best = c;
    } else {
        cosigned_clear(&c);
    }
    return OK;
}

void cosigned_clear(struct cosigned *c)
{
    str_freep(&c->note);
    *c = (struct cosigned){ 0 };
}

enum err cosigners_newest(struct node *n, uint64_t size, struct cosigned *out, struct fail *f)
{
    AUTO(mem_freep) struct keys *keys = mem_new(sizeof *keys);
    AUTO(store_read_endp) struct db *db = NULL;
    struct looking l = { .keys = keys };
    TRY(cosigned_each(n, take_key, keys, f));
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_checkpoint_list(db, n->generation, size, LOOK_BACK, look, &l, f);
    if (e == OK && !l.best.note)
        e = fail_set(f, E_NOT_FOUND, "no checkpoint of size %llu yet", (unsigned long long)size);
    if (e != OK) {
        cosigned_clear(&l.best);
        return e;
    }
    cosigned_clear(out);
    *out = l.best;
    return OK;
}

/* Foreign witnesses ----------------------------------------------------------------------------------------------- */

static enum err put_row(struct db *db, void *ctx, struct fail *f)
{
    const struct cosigner_row *row = ctx;
    AUTO(store_cosigner_clear) struct cosigner_row old = { 0 };
    enum err e = store_cosigner_get(db, row->vkey, &old, f);
    if (e == OK && *old.url)
        return fail_set(f, E_CONFLICT, "this witness is known already, at %s", old.url);
    if (!store_missing(e, f))
        TRY(e);
    return store_cosigner_put(db, row, f);
}

static enum err same_key(const struct cosigner *c, const struct cosigner_row *row, void *ctx, struct fail *f)
{
    const struct note_key *key = ctx;
    (void)row;
    if (memcmp(c->key.pk, key->pk, sizeof key->pk) == 0)
        return fail_set(f, E_CONFLICT, "%s has this very key: one key under two names would count as two",
                        c->key.name);
    return OK;
}

enum err cosigners_add(struct node *n, const char *url, const char *vkey, bool local, struct fail *f)
{
    struct note_key key;
    size_t len = strlen(url);
    if (note_key_read(bytes_str(vkey), &key, NULL) != OK || key.type != NOTE_COSIGNATURE)
        return fail_set(f, E_USAGE, "'%.80s' is not the vkey of a witness: NAME+8 hex digits+base64, type 04",
                        vkey);
    while (len > 0 && url[len - 1] == '/')
        len--;
    AUTO(str_freep) char *prefix = mem_dup(url, len);
    if (strncmp(prefix, "https://", 8) != 0 || len < 9 || len >= sizeof((struct cosigner *)0)->url ||
        strpbrk(prefix, " ?#\\\"<>"))
        return fail_set(f, E_USAGE, "'%.80s' is not an https URL: what stands in front of /add-checkpoint",
                        url);
    TRY(cosigned_each(n, same_key, &key, f));
    struct cosigner_row row = { .vkey = vkey,
                                .url = prefix,
                                .local = local,
                                .added_ms = n->now_ms(),
                                .generation = n->generation,
                                .shown = "" };
    TRY(writer_run(n->writer, put_row, &row, f));
    cosigners_changed(n->cosigners);
    return OK;
}

struct removing {
    const char *name;
    char vkey[NOTE_VKEY_SIZE];
};

static enum err find(const struct cosigner *c, const struct cosigner_row *row, void *ctx, struct fail *f)
{
    struct removing *r = ctx;
    (void)row;
    if (strcmp(c->vkey, r->name) != 0 && strcmp(c->key.name, r->name) != 0)
        return OK;
    if (*c->domain)
        return fail_set(f, E_CONFLICT, "%s cosigns as a partner: `orcon partner suspend %s`", c->key.name,
                        c->domain);
    memcpy(r->vkey, c->vkey, sizeof r->vkey);
    return OK;
}

static enum err remove_row(struct db *db, void *ctx, struct fail *f)
{
    return store_cosigner_remove(db, ctx, f);
}

enum err cosigners_remove(struct node *n, const char *name, struct fail *f)
{
    struct removing r = { .name = name };
    TRY(cosigned_each(n, find, &r, f));
    if (!*r.vkey)
        return fail_set(f, E_NOT_FOUND, "no witness '%.80s' was added here: `orcon witness list`", name);
    TRY(writer_run(n->writer, remove_row, r.vkey, f));
    cosigners_changed(n->cosigners);
    return OK;
}
