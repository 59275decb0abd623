/* SPDX-License-Identifier: Apache-2.0 - a start from the kept tree and map: it gives what the entries give; where what is kept is
 * torn, older, or was altered, the entries are believed, and an entry that was altered behind it is found */
#include <sys/wait.h>
#include <unistd.h>

#include "exchange/journal.h"
#include "exchange/publisher.h"
#include "home.h"
#include "ledger/map.h"
#include "store/leaf.h"
#include "store/writer.h"
#include "store_file.h"
#include "support/faultvfs.h"

#define MORE   4400 /* entries: enough for a snapshot */
#define BATCH  200
#define PROBES 40

static char dir[] = "/tmp/orcon-snapshot-XXXXXX";
static char *home, *file, *kept;

/* Entries, as many as ${ctx} says: what a reader said. */
static enum err enter(struct db *db, void *ctx, struct fail *f)
{
    struct node *n = ctx;
    for (int i = 0; i < BATCH; i++) {
        char portion[UUID_TEXT];
        random_uuid(portion);
        TRY(journal_enter(n, db,
                          &(struct journal_event){ .kind = KIND_REMARK,
                                                   .originator = n->conf.domain,
                                                   .portion = portion,
                                                   .organisation = "birch.example",
                                                   .actor = "@birch.example" },
                          NULL, f));
    }
    return OK;
}

static bool more(struct node *n, uint64_t count, struct fail *f)
{
    uint64_t until = publisher_size(n->publisher) + count;
    enum err e = OK;
    while (e == OK && publisher_size(n->publisher) < until) {
        uint64_t size = publisher_size(n->publisher);
        e = writer_run(n->writer, enter, n, f);
        if (e == OK)
            e = publisher_wait(n->publisher, size, f);
    }
    return e == OK;
}

static void fill(struct node *n, uint64_t count)
{
    struct fail f = { 0 };
    ok(more(n, count, &f), "%llu entries: %s", (unsigned long long)publisher_size(n->publisher), f.what);
}

/* Tags of the log, to be asked for. */
struct tags {
    uint8_t tag[PROBES][32];
    size_t count, seen;
};

static enum err take_tag(uint64_t index, struct bytes bytes, void *ctx, struct fail *f)
{
    struct tags *t = ctx;
    struct entry e;
    (void)index;
    TRY(entry_read(bytes, &e, f));
    if (e.form != ENTRY_EVENT || t->seen++ % 97 != 0 || t->count == PROBES)
        return OK;
    memcpy(t->tag[t->count++], e.event.tag[1], 32);
    return OK;
}

/* Every tag of the log is present; each with a changed bit is absent, by a proof under the seal's root. */
static bool answers(struct node *n)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_leaf_clear) struct leaf_row seal = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(MAP_PROOF_MAX);
    struct fail f = { 0 };
    struct tags t = { 0 };
    struct entry e;
    if (store_read_begin(n->store, &db, &f) != OK ||
        store_leaf_entries(db, 1, 0, UINT64_MAX, take_tag, &t, &f) != OK || t.count < PROBES / 2)
        return false;
    for (size_t i = 0; i < 2 * t.count; i++) {
        AUTO(publisher_head_clear) struct publisher_head head = { 0 };
        struct publisher_query q = { .tag = t.tag[i / 2], .proof = proof };
        t.tag[i / 2][31] ^= (uint8_t)(i % 2);
        if (publisher_absent(n->publisher, &q, 1, &head, &f) != OK || q.present != (i % 2 == 0))
            return false;
        if (q.present)
            continue;
        store_leaf_clear(&seal);
        if (store_leaf_get(db, 1, head.size - 1, &seal, &f) != OK || entry_read(seal.entry, &e, &f) != OK ||
            map_verify_absent(e.seal.map_root, q.tag, bytes_of(proof), &f) != OK)
            return false;
    }
    return true;
}

/* The store is at ${sql} after ${kept}; it opens at the same checkpoint, and what is kept was used or not. */
static void starts(const char *name, const char *sql, bool used, const struct publisher_head *was)
{
    AUTO(publisher_head_clear) struct publisher_head is = { 0 };
    struct fail f = { 0 };
    struct node *n = NULL;
    if (!ok(copy_file(kept, file) && store_alter(file, sql) >= 0, "%s: made", name))
        return;
    enum err e = node_open(home, false, &n, &f);
    if (!ok(e == OK, "%s: opens: %s", name, f.what))
        return;
    publisher_head(n->publisher, &is);
    ok(store_number(file, "SELECT count(*) FROM map_top") == used, "%s: %s", name,
       used ? "is used" : "is not used");
    ok(is.size == was->size && strcmp(is.note, was->note) == 0 && answers(n), "%s: gives what was signed",
       name);
    fill(n, BATCH);
    ok(answers(n), "%s: goes on", name);
    node_close(n);
    ok(store_number(file, "SELECT count(*) FROM map_top") == 1 &&
           store_number(file, "SELECT length(rows) = size / 256 * 32 FROM map_top") == 1,
       "%s: is kept again at the end", name);
}

#define OLDER                                                                                                \
    "UPDATE map_top SET size = (SELECT size FROM older), depth = (SELECT depth FROM older),"                 \
    " pages = (SELECT pages FROM older), rows = (SELECT rows FROM older)"
#define LAST_TILE  "(SELECT max(number) FROM log_tile)"
#define FIRST_PAGE "(SELECT min(id) FROM map_page)"

static void table(const struct publisher_head *was)
{
    starts("as it was kept", "SELECT 1", true, was);
    starts("pages that are newer than the table", OLDER, true, was);
    starts("a page that is missing", "DELETE FROM map_page WHERE id = " FIRST_PAGE, true, was);
    starts("a torn page", "UPDATE map_page SET keys = substr(keys, 1, 57) WHERE id = " FIRST_PAGE, true, was);
    starts("a page of zeros", "UPDATE map_page SET keys = zeroblob(80) WHERE id = " FIRST_PAGE, true, was);
    starts("the table of zeros", "UPDATE map_top SET pages = zeroblob(length(pages))", false, was);
    starts("no such depth", "UPDATE map_top SET depth = 4000000000", false, was);
    starts("a larger size than was signed", "UPDATE map_top SET size = size + 1000", false, was);
    starts("a size without a seal", "UPDATE map_top SET size = size - 1", false, was);
    starts("a missing tile", "DELETE FROM log_tile WHERE number = 3", true, was);
    starts("a tile of zeros", "UPDATE log_tile SET leaves = zeroblob(8192) WHERE number = 3", true, was);
    starts("the first tile of zeros", "UPDATE log_tile SET leaves = zeroblob(8192) WHERE number = 0", true,
           was);
    starts("the last tile of zeros",
           "UPDATE log_tile SET leaves = zeroblob(length(leaves)) WHERE number = " LAST_TILE, false, was);
    starts("the last tile missing", "DELETE FROM log_tile WHERE number = " LAST_TILE, false, was);
    starts("from before rows were kept", "UPDATE map_top SET rows = x''", true, was);
    starts("rows of zeros", "UPDATE map_top SET rows = zeroblob(length(rows))", false, was);
    starts("a row too few", "UPDATE map_top SET rows = substr(rows, 33)", false, was);
}

/* The store is at ${sql} after ${kept}; a process that starts on it ends when it finds that out. */
static void ends(const char *name, const char *sql)
{
    struct fail f = { 0 };
    int status = 0;
    if (!ok(copy_file(kept, file) && store_alter(file, sql) >= 0, "%s: made", name))
        return;
    pid_t pid = fork();
    if (pid == 0) {
        struct node *n = NULL;
        if (node_open(home, false, &n, &f) != OK)
            _exit(1);
        while (more(n, 1, &f))
            usleep(1000);
        pause();
    }
    ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == WRITER_EXIT_STATUS,
       "%s: is found soon after the start: %d", name, status);
}

/* An entry that a start from the snapshot doesn't read. */
static void altered(void)
{
    struct fail f = { 0 };
    struct node *n = NULL;
    ends("an altered entry", "UPDATE entry SET bytes = zeroblob(138) WHERE idx = 1000");
    enum err e = node_open(home, false, &n, &f);
    ok(e == E_STORE && strstr(f.what, "altered"), "and the next start is refused: %s", f.what);
    node_close(n);
}

/* Making one page after the other from all entries takes too long. */
static void worn(void)
{
    struct fail f = { 0 };
    struct node *n = NULL;
    ends("all pages missing", "DELETE FROM map_page");
    ok(node_open(home, false, &n, &f) == OK && answers(n), "and the next start makes all anew: %s", f.what);
    node_close(n);
}

/* The disk fails, or the power goes, while a snapshot is written over the older one. */
static void torn(const struct publisher_head *was)
{
    static const struct {
        enum fault_kind kind;
        unsigned n;
    } rows[] = { { FAULT_POWER, 20 }, { FAULT_POWER, 130 }, { FAULT_POWER, 260 },
                 { FAULT_TORN, 150 }, { FAULT_FULL, 200 },  { FAULT_SYNC, 6 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(publisher_head_clear) struct publisher_head is = { 0 };
        struct fault fault = { .kind = rows[i].kind, .n = rows[i].n, .seed = 7 + i, .under = dir };
        struct fail f = { 0 };
        struct node *n = NULL;
        int status = 0;
        if (!ok(copy_file(kept, file) && store_alter(file, OLDER) >= 0, "an older snapshot"))
            return;
        pid_t pid = fork();
        if (pid == 0) {
            faultvfs_install(&fault);
            if (node_open(home, false, &n, &f) == OK && more(n, BATCH, &f))
                node_close(n);
            _exit(0);
        }
        ok(waitpid(pid, &status, 0) == pid && WIFEXITED(status), "fault %d at call %u: %d", (int)rows[i].kind,
           rows[i].n, status);
        enum err e = node_open(home, false, &n, &f);
        if (e == OK)
            publisher_head(n->publisher, &is);
        ok(e == OK && is.size >= was->size && answers(n), "and what is left is the ledger: %s", f.what);
        node_close(n);
    }
}

int main(void)
{
    struct fail f = { 0 };
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    if (!mkdtemp(dir))
        return 1;
    home = str_format("%s/alder.example", dir);
    file = str_format("%s/orcon.db", home);
    kept = str_format("%s/kept.db", dir);
    struct node *n = home_make(dir, "alder.example");
    fill(n, MORE);
    node_close(n);
    ok(store_number(file, "SELECT size FROM map_top") > MORE &&
           store_alter(file, "CREATE TABLE older AS SELECT * FROM map_top") >= 0,
       "a snapshot");
    ok(node_open(home, false, &n, &f) == OK, "opens: %s", f.what);
    fill(n, 4 * BATCH);
    publisher_head(n->publisher, &head);
    node_close(n);
    ok(store_number(file, "SELECT map_top.size > older.size FROM map_top, older") == 1 &&
           copy_file(file, kept),
       "and a newer one");
    table(&head);
    torn(&head);
    altered();
    worn();
    ok(file_remove_tree(dir, &f) == OK, "removed");
    mem_freep(&home);
    mem_freep(&file);
    mem_freep(&kept);
    return tap_done();
}
