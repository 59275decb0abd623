/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/doctor.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "exchange/backup.h"
#include "exchange/cards.h"
#include "exchange/cosigners.h"
#include "exchange/earlier.h"
#include "exchange/node_internal.h"
#include "exchange/publisher.h"
#include "exchange/rates.h"
#include "exchange/recover.h"
#include "exchange/turn.h"
#include "store/cosigner.h"
#include "store/held.h"
#include "store/leaf.h"
#include "store/statement.h"
#include "store/store.h"

#define HOUR_MS ((uint64_t)3600000)

/* A check writes what it found into ${text}; true if all is well. */
struct check {
    const char *name;
    bool (*run)(struct node *n, char text[static 240]);
};

static bool check_modes(struct node *n, char text[static 240])
{
    static const struct {
        const char *name;
        mode_t forbidden;
    } files[] = {
        { "", 077 }, { "keys", 077 }, { HOME_UNLOCK, 077 }, { HOME_TLS, 077 }, { HOME_STORE, 077 }
    };
    for (size_t i = 0; i < COUNT(files); i++) {
        AUTO(str_freep) char *path = node_path(n, files[i].name);
        struct stat st;
        if (stat(path, &st) != 0 || (st.st_mode & files[i].forbidden)) {
            snprintf(text, 240, "%s can be read by others: chmod go= %s", path, path);
            return false;
        }
    }
    snprintf(text, 240, "only the node's user can read the home");
    return true;
}

static bool check_card(struct node *n, char text[static 240])
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail f = { 0 };
    if (cards_get(n, n->conf.domain, &own, &f) != OK) {
        snprintf(text, 240, "no card of our own: %.200s", f.what);
        return false;
    }
    if (strcmp(own.card->url, n->conf.url) != 0) {
        snprintf(text, 240,
                 "the card says %.80s, the configuration %.80s: make a new card with `orcon card --renew`",
                 own.card->url, n->conf.url);
        return false;
    }
    snprintf(text, 240, "card %llu, %zu keys, at %.120s", (unsigned long long)own.card->serial,
             own.card->key_count, own.card->url);
    return true;
}

static bool check_ledger(struct node *n, char text[static 240])
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    uint64_t next = 0, last_ms = 0, size = publisher_size(n->publisher);
    if (store_read_begin(n->store, &db, &f) != OK ||
        store_leaf_next(db, n->generation, &next, &last_ms, &f) != OK) {
        snprintf(text, 240, "the store can't be read: %.200s", f.what);
        return false;
    }
    if (turn_is_closed(n)) {
        snprintf(
            text, 240,
            "generation %u is closed, and nothing is written until a witness and a monitor have cosigned its "
            "end: see `orcon witness list`",
            (unsigned)n->generation);
        return false;
    }
    snprintf(text, 240, "generation %u, %llu entries, %llu under a signed checkpoint",
             (unsigned)n->generation, (unsigned long long)next, (unsigned long long)size);
    return true;
}

static bool check_clock(struct node *n, char text[static 240])
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    uint64_t next, last_ms = 0, now_ms = n->now_ms();
    if (store_read_begin(n->store, &db, &f) == OK &&
        store_leaf_next(db, n->generation, &next, &last_ms, &f) == OK && last_ms > now_ms + 60000) {
        snprintf(text, 240, "the clock is %llu s behind the last ledger entry: set it",
                 (unsigned long long)((last_ms - now_ms) / 1000));
        return false;
    }
    if (cosigners_clock(n, &f) != OK) {
        snprintf(text, 240, "%.180s: set it, or ask the witnesses", f.what);
        return false;
    }
    snprintf(text, 240, "the clock is not behind the ledger, nor far from the witnesses'");
    return true;
}

struct waiting {
    struct db *db;
    char *text;
    uint64_t now_ms;
    bool good;
};

static enum err look_at(const char *originator, const char *partner, void *ctx, struct fail *f)
{
    struct waiting *w = ctx;
    uint64_t count, oldest_ms;
    (void)originator;
    TRY(store_outbox_pending(w->db, partner, &count, &oldest_ms, f));
    if (count && w->now_ms > oldest_ms + 60000 && w->good) {
        AUTO(store_outbox_clear) struct outbox_row first = { 0 };
        TRY(store_outbox_next(w->db, partner, UINT32_MAX, 0, &first, f));
        w->good = false;
        snprintf(w->text, 240, "%llu statements for %.60s undelivered for %llu min: %.120s",
                 (unsigned long long)count, partner, (unsigned long long)((w->now_ms - oldest_ms) / 60000),
                 *first.error ? first.error : "is its node up, did it confirm our card?");
    }
    return OK;
}

static bool check_outbox(struct node *n, char text[static 240])
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    struct waiting w = { NULL, text, n->now_ms(), true };
    snprintf(text, 240, "nothing waits longer than a minute");
    if (store_read_begin(n->store, &db, &f) != OK)
        return false;
    w.db = db;
    return store_outbox_partners(db, look_at, &w, &f) == OK && w.good;
}

/* No fault, but to be known: whether keys go to clients that prove none of their own. */
static bool check_clients(struct node *n, char text[static 240])
{
    if (n->interop == INTEROP_OFF)
        snprintf(text, 240, "whoever asks for a key proves one of his own");
    else
        snprintf(text, 240,
                 "interop is %s: service accounts get keys of single objects without proof of possession; "
                 "evidence of that is our word alone",
                 n->conf.interop);
    return true;
}

/* Who cosigns our ledger, and who has not of late. */
static bool check_witnesses(struct node *n, char text[static 240])
{
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    size_t good = 0, failing = 0;
    if (cosigners_list(n, &answer, &f) != OK) {
        snprintf(text, 240, "the witnesses can't be told: %.200s", f.what);
        return false;
    }
    const json_t *list = json_object_get(answer, "witnesses"), *bad = NULL;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *w = json_array_get(list, i);
        const char *state = json_string_value(json_object_get(w, "state"));
        if (strcmp(state, "ahead") == 0) {
            snprintf(text, 240,
                     "%.80s has a checkpoint of our ledger that is not ours: this home was put back, or runs "
                     "twice; "
                     "nothing is written",
                     json_string_value(json_object_get(w, "name")));
            return false;
        }
        good += strcmp(state, "good") == 0;
        if (strcmp(state, "failing") != 0)
            continue;
        failing++;
        bad = w;
    }
    snprintf(text, 240, "%zu of %zu cosign our ledger", good, json_array_size(list));
    if (bad)
        snprintf(text, 240, "%zu of %zu don't cosign; %.60s %.150s", failing, json_array_size(list),
                 json_string_value(json_object_get(bad, "name")),
                 json_string_value(json_object_get(bad, "problem")));
    return !bad;
}

struct watched_logs {
    char *text;
    size_t count;
    bool good;
};

static enum err look_at_log(const struct watched_row *row, void *ctx, struct fail *f)
{
    struct watched_logs *w = ctx;
    AUTO(json_freep) json_t *wrong = NULL;
    (void)f;
    w->count += strcmp(row->role, "reader") != 0; /* that one only looks */
    if (!*row->wrong || !w->good)
        return OK;
    w->good = false;
    const char *what = json_read(bytes_str(row->wrong), (size_t)1 << 20, "proof", &wrong, NULL) == OK
                           ? json_string_value(json_object_get(wrong, "what"))
                           : NULL;
    snprintf(w->text, 240, "%.200s: ask them; the proof is in the inbox", what ? what : row->origin);
    return OK;
}

/* Partners' ledgers that we cosign. */
static bool check_logs(struct node *n, char text[static 240])
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    struct watched_logs w = { text, 0, true };
    if (store_read_begin(n->store, &db, &f) != OK || store_watched_list(db, look_at_log, &w, &f) != OK) {
        snprintf(text, 240, "the store can't be read: %.200s", f.what);
        return false;
    }
    if (w.good)
        snprintf(text, 240, "nothing is wrong with the ledgers that we cosign");
    return w.good;
}

static bool check_room(struct node *n, char text[static 240])
{
    uint64_t room;
    if (!node_room(n, &room)) {
        snprintf(text, 240, "the room on the disk can't be told");
        return false;
    }
    bool good = room >= NODE_ROOM_MIN;
    snprintf(text, 240, "%llu MiB free on the home's disk%s", (unsigned long long)(room >> 20),
             good ? "" : ": make room; a node that can't write ends");
    return good;
}

static bool check_restored(struct node *n, char text[static 240])
{
    uint32_t newest = recover_newest(n);
    if (!atomic_load(&n->restored)) {
        snprintf(text, 240, "this home is not waiting for its witnesses");
        return true;
    }
    if (newest > n->generation)
        snprintf(
            text, 240,
            "put back from a backup that ends in generation %u; there were %u. Generation %u begins once "
            "each witness was reached (orcon witness list), or by orcon close-log --cut",
            (unsigned)n->generation, (unsigned)newest, (unsigned)newest + 1);
    else
        snprintf(
            text, 240,
            "put back from a backup: nothing is written until every witness that is reached has confirmed "
            "the "
            "ledger, or, where one has seen more, the next generation begins. See who does not answer: orcon "
            "witness "
            "list");
    return false;
}

/* The next generation, which is due, but can't begin: nothing is written until it does. */
static bool check_turn(struct node *n, char text[static 240])
{
    struct turn_failed failed = turner_failed(n->turner);
    uint64_t now_ms = n->now_ms();
    if (!failed.since_ms) {
        snprintf(text, 240, "no generation of the ledger failed to begin");
        return true;
    }
    snprintf(text, 240,
             "for %llu s, %llu times: the next generation can't begin: %s. Mend that; it is tried again",
             (unsigned long long)(now_ms > failed.since_ms ? (now_ms - failed.since_ms) / 1000 : 0),
             (unsigned long long)failed.tries, failed.what);
    return false;
}

#define BACKUP_DAYS 7
#define DAY_MS      ((uint64_t)86400000)

/* When the generation began; 0 for the first, or if that can't be told. */
static uint64_t begun_ms(struct node *n)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct entry_genesis g;
    return n->generation > 1 && store_read_begin(n->store, &db, NULL) == OK &&
                   earlier_genesis(db, n->generation, &g, NULL) == OK
               ? g.time_ms
               : 0;
}

/* A home that is younger than that may be without one. But a backup from before a turn has not the keys of the new log: restored, it
 * loses all of that. */
static bool check_backup(struct node *n, char text[static 240])
{
    AUTO(str_freep) char *unlock = node_path(n, HOME_UNLOCK);
    struct stat st;
    uint64_t last_ms = backup_last_ms(n), now_ms = n->now_ms();
    uint64_t since_ms = last_ms ? last_ms : stat(unlock, &st) == 0 ? (uint64_t)st.st_mtime * 1000 : 0;
    uint64_t days = now_ms > since_ms ? (now_ms - since_ms) / DAY_MS : 0;
    if (last_ms / 1000 < begun_ms(n) / 1000) {
        snprintf(text, 240, "%s generation %u of the ledger, whose keys are in none: orcon backup -o FILE",
                 last_ms ? "the last backup is older than" : "no backup was made in",
                 (unsigned)n->generation);
        return false;
    }
    if (last_ms)
        snprintf(text, 240, "the last backup is %llu days old%s", (unsigned long long)days,
                 days >= BACKUP_DAYS ? ": orcon backup -o FILE" : "");
    else
        snprintf(text, 240, "no backup was made yet: orcon backup -o FILE");
    return days < BACKUP_DAYS;
}

/* Who asked for more than an hour's worth: a loop, an attack, or bounds that are too low. */
static bool check_rates(struct node *n, char text[static 240])
{
    struct rates_refusal r;
    uint64_t now_ms = n->now_ms();
    if (!rates_refused(n->rates, &r) || now_ms > r.at_ms + HOUR_MS) {
        snprintf(text, 240, "nobody was refused for too much within the last hour");
        return true;
    }
    snprintf(text, 240,
             "%llu refused for too much since the start, %.80s last, %llu min ago: ask there, or raise %s in "
             "orcon.conf",
             (unsigned long long)r.count, r.who, (unsigned long long)((now_ms - r.at_ms) / 60000), r.setting);
    return false;
}

struct fullest {
    const struct node *n;
    char *text;
    size_t count;
};

static enum err look_at_held(const struct held_sum_row *row, void *ctx, struct fail *f)
{
    struct fullest *w = ctx;
    uint64_t bound = w->n->conf.partner_held;
    (void)f;
    if (w->count++ == 0)
        snprintf(w->text, 240,
                 "%llu of the %llu bytes of partner_held are held from %.80s: beyond them its packages are "
                 "refused; raise it in orcon.conf, or ask there",
                 (unsigned long long)row->bytes, (unsigned long long)bound, row->domain);
    return OK;
}

/* Who has laid down more than four fifths of what one partner may. */
static bool check_held(struct node *n, char text[static 240])
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    uint64_t bound = n->conf.partner_held;
    struct fullest w = { n, text, 0 };
    if (bound == 0) {
        snprintf(text, 240, "what is held from one partner has no bound: partner_held is 0");
        return true;
    }
    if (store_read_begin(n->store, &db, &f) != OK ||
        store_held_sum_list(db, bound - bound / 5, look_at_held, &w, &f) != OK) {
        snprintf(text, 240, "the store can't be read: %.200s", f.what);
        return false;
    }
    if (w.count == 0)
        snprintf(text, 240, "from no partner more than 80 %% of partner_held is held");
    if (w.count > 1) {
        size_t len = strlen(text);
        snprintf(text + len, 240 - len, "; %zu more are above 80 %%", w.count - 1);
    }
    return w.count == 0;
}

static const struct check checks[] = {
    { "permissions", check_modes }, { "card", check_card },         { "ledger", check_ledger },
    { "clock", check_clock },       { "outbox", check_outbox },     { "witnesses", check_witnesses },
    { "partners", check_logs },     { "disk", check_room },         { "clients", check_clients },
    { "backup", check_backup },     { "restored", check_restored }, { "rates", check_rates },
    { "turn", check_turn },         { "held", check_held },
};

enum err doctor_run(struct node *n, json_t **out, struct fail *f)
{
    json_t *answer = json_object(), *list = json_array();
    bool all = true;
    (void)f;
    json_set_take(answer, "checks", list);
    for (size_t i = 0; i < COUNT(checks); i++) {
        char text[240] = "";
        bool good = checks[i].run(n, text);
        text[utf8_valid(bytes_str(text))] = '\0'; /* others' words may have been cut */
        json_t *row = json_object();
        json_array_append_new(list, row);
        json_set_str(row, "check", checks[i].name);
        json_set_str(row, "state", good ? "good" : "mend");
        json_set_str(row, "text", text);
        all = all && good;
    }
    json_set_bool(answer, "good", all);
    *out = answer;
    return OK;
}
