/* SPDX-License-Identifier: Apache-2.0 - generations follow each other: what a close changes, what is left of the one before, and a
 * process that ends between any two steps */
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exchange/cards.h"
#include "exchange/earlier.h"
#include "exchange/journal.h"
#include "exchange/rotate.h"
#include "exchange/turn.h"
#include "home.h"
#include "store/leaf.h"
#include "store/store.h"
#include "store/writer.h"

static char dir[] = "/tmp/orcon-turn-XXXXXX";

/* The linker leads each of these calls through here: the process ends before the ${end_at}th. */
static int end_at, calls;

#define ENDED 77

static void step(void)
{
    if (end_at && ++calls == end_at)
        _exit(ENDED);
}

#define WRAP(name, parameters, arguments, type)                                                              \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        step();                                                                                              \
        return __real_##name arguments;                                                                      \
    }

WRAP(rename, (const char *from, const char *to), (from, to), int)
WRAP(link, (const char *from, const char *to), (from, to), int)
WRAP(unlink, (const char *path), (path), int)
WRAP(journal_close, (struct node * n, struct db *db, struct entry_close *c, uint64_t *index, struct fail *f),
     (n, db, c, index, f), enum err)
WRAP(journal_genesis, (struct db * db, const struct entry_genesis *g, struct fail *f), (db, g, f), enum err)
WRAP(store_checkpoint_put, (struct db * db, const struct checkpoint_row *r, struct fail *f), (db, r, f),
     enum err)
WRAP(cards_make_own, (struct node * n, const struct own_change *change, struct fail *f), (n, change, f),
     enum err)

static enum err remark(struct db *db, void *ctx, struct fail *f)
{
    struct node *n = ctx;
    const struct journal_event e = { .kind = KIND_REMARK, .organisation = "birch.example", .reason = "note" };
    return journal_enter(n, db, &e, NULL, f);
}

static struct node *again(struct node *n, const char *home)
{
    struct fail f = { 0 };
    struct node *out = NULL;
    node_close(n);
    if (!ok(node_open(home, false, &out, &f) == OK, "it starts: %s", f.what))
        exit(1);
    return out;
}

static size_t logs_in_card(struct node *n)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct note_key key;
    return cards_get(n, n->conf.domain, &own, NULL) == OK && card_log_keys(own.card, n->origin, &key, 1) == 1
               ? json_array_size(own.card->logs)
               : 0;
}

static bool genesis_of(struct node *n, uint32_t generation, struct entry_genesis *out)
{
    AUTO(store_read_endp) struct db *db = NULL;
    return store_read_begin(n->store, &db, NULL) == OK && earlier_genesis(db, generation, out, NULL) == OK;
}

/* The root of a generation by its own tree, and by the checkpoint that was signed at its end. */
static bool root_of(struct node *n, uint32_t generation, uint8_t root[static HASH_LEN], uint64_t *size,
                    struct fail *f)
{
    struct tree_nodes nodes;
    return earlier_size(n, generation, size, f) == OK && earlier_nodes(n, generation, &nodes, f) == OK &&
           tree_root(&nodes, *size, root, f) == OK;
}

/* One after the other ---------------------------------------------------------------------------------------- */

static struct node *next(struct node *n, const char *home, uint32_t generation)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *out = json_object();
    AUTO(json_freep) json_t *once_more = json_object();
    struct entry_genesis old, new;
    uint8_t root[HASH_LEN], now[HASH_LEN];
    uint64_t size;
    ok(writer_run(n->writer, remark, n, &f) == OK, "something is written in %u: %s", generation, f.what);
    ok(turn_close(n, out, &f) == OK, "%u is closed: %s", generation, f.what);
    is_str(json_string_value(json_object_get(out, "state")), "begun",
           "nobody cosigns, so nobody is waited for");
    ok(json_integer_value(json_object_get(out, "generation")) == generation + 1, "the next is %u",
       generation + 1);
    ok(writer_run(n->writer, remark, n, &f) == E_UNAVAILABLE && f.reason == REASON_CLOSED,
       "nothing is written any more: %s", f.what);
    fail_clear(&f);
    ok(turn_close(n, once_more, &f) == OK && json_equal(out, once_more), "once more: the same answer");
    ok(root_of(n, generation, root, &size, &f), "its end: %s", f.what);
    n = again(n, home);
    ok(n->generation == generation + 1 && genesis_of(n, generation, &old) &&
           genesis_of(n, generation + 1, &new),
       "after a start it is %u", n->generation);
    ok(new.how == ENTRY_CONTINUED &&strcmp(new.prev_origin, old.origin) == 0 &&
           new.prev_size == size &&memcmp(new.prev_root, root, HASH_LEN) == 0 && new.time_ms >= old.time_ms,
       "its genesis commits to the end of the one before");
    ok(memcmp(new.log_pk, old.log_pk, 32) != 0 && memcmp(new.vrf_pk, old.vrf_pk, 32) != 0,
       "and has keys of its own");
    ok(logs_in_card(n) == generation + 1, "the card names all of them");
    ok(root_of(n, generation, now, &size, &f) && size == new.prev_size &&memcmp(now, root, HASH_LEN) == 0,
       "the one before is there as it ended: %s", f.what);
    ok(writer_run(n->writer, remark, n, &f) == OK, "and it goes on: %s", f.what);
    return n;
}

/* What was briefed before is asked of the map of that generation, under its own key. */
static void old_map(struct node *n)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(65536);
    uint8_t tag[32] = { 1 };
    struct publisher_query q = { .tag = tag, .proof = proof };
    struct entry_genesis g;
    struct keeper_tag made[2] = { { .alpha = bytes_str("a") }, { .alpha = bytes_str("a") } };
    ok(earlier_absent(n, 1, &q, 1, &f) == OK && !q.present && proof->len > 0, "no such tag in 1: %s", f.what);
    ok(earlier_absent(n, n->generation, &q, 1, &f) == E_NOT_FOUND, "the current one is asked elsewhere");
    ok(earlier_absent(n, 0, &q, 1, NULL) == E_NOT_FOUND && earlier_absent(n, 99, &q, 1, NULL) == E_NOT_FOUND,
       "no such generations");
    ok(genesis_of(n, 1, &g) && keeper_tags(n->keeper, g.vrf_pk, &made[0], 1, &f) == OK &&
           keeper_tags(n->keeper, NULL, &made[1], 1, &f) == OK &&
           memcmp(made[0].tag, made[1].tag, VRF_TAG_LEN) != 0,
       "each generation has tags of its own: %s", f.what);
    memset(g.vrf_pk, 7, sizeof g.vrf_pk);
    ok(keeper_tags(n->keeper, g.vrf_pk, made, 1, &f) == E_NOT_FOUND, "an unknown key: %s", f.what);
}

static void the_last_one(struct node *n)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *out = json_object();
    uint32_t is = n->generation;
    n->generation = TURN_GENERATIONS_MAX;
    ok(turn_cut(n, out, &f) == E_REFUSED && !atomic_load(&n->turned), "nobody is ahead, nothing is cut: %s",
       f.what);
    fail_clear(&f);
    ok(turn_close(n, out, &f) == E_REFUSED && !turn_is_closed(n), "no more than %d: %s", TURN_GENERATIONS_MAX,
       f.what);
    n->generation = is;
}

/* An edited row of an old generation is found when it is asked for. */
static struct node *edited(struct node *n, const char *home)
{
    struct fail f = { 0 };
    uint8_t root[HASH_LEN];
    uint64_t size;
    AUTO(str_freep) char *path = str_format("%s/orcon.db", home);
    sqlite3 *db = NULL;
    node_close(n);
    ok(sqlite3_open(path, &db) == SQLITE_OK &&
           sqlite3_exec(
               db,
               "UPDATE entry SET bytes = (SELECT bytes FROM entry WHERE id = (SELECT max(id) FROM leaf WHERE "
               "generation = 1 AND form = 2)) WHERE id = (SELECT min(id) FROM leaf WHERE generation = 1 AND "
               "form = 2)",
               NULL, NULL, NULL) == SQLITE_OK,
       "an entry of generation 1 is replaced");
    sqlite3_close(db);
    if (!ok(node_open(home, false, &n, &f) == OK, "the current one starts: %s", f.what))
        exit(1);
    ok(!root_of(n, 1, root, &size, &f) && f.code == E_STORE, "the old one is not proved from: %s", f.what);
    return n;
}

/* A process that ends ---------------------------------------------------------------------------------------- */

static int run_and_end(const char *home, int at)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct node *n = NULL;
        AUTO(json_freep) json_t *out = json_object();
        end_at = at;
        if (node_open(home, false, &n, NULL) != OK)
            _exit(1);
        _exit(turn_close(n, out, NULL) == OK ? 0 : 2);
    }
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The old one, open; or closed, and a close finds its way on; or the new one. Nothing in between. */
static void crashes(const char *home)
{
    int status = ENDED;
    uint32_t generation = 0;
    for (int at = 1; status == ENDED && at < 40; at++) {
        struct fail f = { 0 };
        struct node *n = NULL;
        AUTO(json_freep) json_t *out = json_object();
        struct entry_genesis g;
        status = run_and_end(home, at);
        ok(status == ENDED || status == 0, "ended before step %d: %d", at, status);
        n = again(NULL, home);
        ok(n->generation == generation || n->generation == generation + 1 || generation == 0,
           "it is %u, after %u", n->generation, generation);
        generation = n->generation;
        if (turn_is_closed(n)) {
            ok(turn_close(n, out, &f) == OK, "a close goes on: %s", f.what);
            n = again(n, home);
            ok(n->generation == ++generation, "to %u", n->generation);
        }
        ok(logs_in_card(n) == generation && genesis_of(n, generation, &g), "the card has them all");
        ok(writer_run(n->writer, remark, n, &f) == OK && publisher_fresh(n->publisher, 0, &f) == OK,
           "it is written and signed: %s", f.what);
        AUTO(str_freep) char *left = str_format("%s/keys/log.next.key", home);
        ok(!file_exists(left), "no key is left over");
        node_close(n);
    }
    ok(status == 0, "to its end");
    ok(generation >= 4, "%u generations", generation);
}

int main(void)
{
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    struct node *alder = home_make(dir, "alder.example"), *birch = home_make(dir, "birch.example");
    AUTO(str_freep) char *home = str_format("%s/alder.example", dir);
    AUTO(str_freep) char *other = str_format("%s/birch.example", dir);
    alder = next(alder, home, 1);
    alder = next(alder, home, 2);
    old_map(alder);
    the_last_one(alder);
    alder = edited(alder, home);
    node_close(alder);
    node_close(birch);
    crashes(other);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
