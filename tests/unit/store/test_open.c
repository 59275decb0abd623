/* SPDX-License-Identifier: Apache-2.0
 * Creating, opening, what is refused, and what readers see. */
#include "fixture.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "store/held.h"
#include "store/report.h"
#include "store/setting.h"

/* alter: SQL behind the store's back. number: one value. */
static void alter(const char *text)
{
    sqlite3 *conn = NULL;
    char *why = NULL;
    bool done = sqlite3_open(path, &conn) == SQLITE_OK && sqlite3_exec(conn, text, 0, 0, &why) == SQLITE_OK;
    ok(done, "%s%s", text, why ? why : "");
    sqlite3_free(why);
    sqlite3_close(conn);
}

static int number(const char *text)
{
    sqlite3 *conn = NULL;
    sqlite3_stmt *s = NULL;
    int value = -1;
    if (sqlite3_open(path, &conn) == SQLITE_OK && sqlite3_prepare_v2(conn, text, -1, &s, 0) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        value = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(conn);
    return value;
}

static void shut(void)
{
    store_writing_give(store);
    store_freep(&store);
}

/* refuses: opening fails with ${want}, and its sentence holds ${word}. */
static void refuses(enum err want, const char *word, const char *name)
{
    struct store *s = NULL;
    fail_clear(&f);
    enum err e = store_open(path, &s, &f);
    ok(e == want && !s && strstr(f.what, word), "%s: %s", name, f.what);
    store_freep(&s);
}

static void created(void)
{
    struct stat st;
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "only its owner may read it");
    bad(store_create(path, &f), E_CONFLICT);
    reopen();
    shut();
    ok(number("PRAGMA page_size") == 4096, "page size");
    ok(number("SELECT count(*) = max(version) AND min(version) = 1 FROM migration") == 1,
       "a second open applies nothing again");
    ok(number("SELECT min(length(sha256)) FROM migration") == 64, "the checksum is recorded");
    bad(store_create("/nowhere/orcon.db", &f), E_IO);
}

static void refused(void)
{
    alter("UPDATE migration SET sha256 = 'aa'");
    refuses(E_STORE, "applied with other text", "another checksum");
    drop();
    good(store_create(path, &f));
    alter("INSERT INTO migration SELECT max(version) + 1, 'a', 'b', 0 FROM migration");
    refuses(E_STORE, "made by a newer orcon (schema ", "a newer store");
    alter("DELETE FROM migration WHERE version = 1");
    refuses(E_STORE, "migration 1 is not on record", "a gap");
    drop();
    refuses(E_NOT_FOUND, "No such file", "no file");
    alter("CREATE TABLE other (a)");
    refuses(E_STORE, "not a store of orcon", "a database of another program");
    drop();
    FILE *file = fopen(path, "w");
    for (int i = 0; file && i < 1000; i++)
        fputs("no database at all ", file);
    ok(file && fclose(file) == 0, "a text file");
    refuses(E_STORE, "not a database", "a text file");
    drop();
    good(store_create(path, &f));
    int fd = open(path, O_RDWR);
    char junk[4000];
    memset(junk, 0xa5, sizeof junk);
    ok(fd >= 0 && pwrite(fd, junk, sizeof junk, 100) == sizeof junk, "the first page overwritten");
    close(fd);
    refuses(E_STORE, "malformed", "a damaged first page");
    drop();
}

/* As a user to whom the permission bits apply. */
static void unwritable(void)
{
    good(store_create(path, &f));
    ok(chmod(folder, 0755) == 0 && chmod(path, 0444) == 0, "read-only for all");
    pid_t child = fork();
    if (child == 0) {
        struct store *s = NULL;
        if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
            _exit(3);
        fail_clear(&f);
        _exit(store_open(path, &s, &f) == E_STORE && strstr(f.what, "not writable") ? 0 : 1);
    }
    int status = 0;
    ok(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
       "a file that can't be written is refused");
    ok(chmod(folder, 0700) == 0, "folder closed again");
    drop();
}

static void reading(void)
{
    good(store_create(path, &f));
    good(store_open(path, &store, &f));
    db = store_writing_take(store);
    ok(store_writing_take(store) == NULL, "one writer");
    good(store_setting_put(db, "a", "1", &f));
    struct db *now = NULL, *then = NULL;
    AUTO(str_freep) char *one = NULL, *two = NULL, *three = NULL;
    good(store_read_begin(store, &now, &f));
    good(store_read_begin(store, &then, &f));
    ok(now != then, "two at a time are two connections");
    good(store_read_snapshot(then, &f));
    good(store_setting_put(db, "a", "2", &f));
    good(store_setting_get(now, "a", &one, &f));
    is_str(one, "2", "a reader sees what is committed");
    good(store_setting_get(then, "a", &two, &f));
    is_str(two, "1", "a snapshot sees what was");
    store_read_end(then);
    struct db *next = NULL;
    good(store_read_begin(store, &next, &f));
    ok(next == then, "connections are used again");
    good(store_setting_get(next, "a", &three, &f));
    is_str(three, "2", "without the snapshot");
    bad(store_setting_put(now, "a", "3", &f), E_STORE);
    store_read_endp(&now);
    store_read_endp(&next);
    store_read_end(NULL);
    ok(now == NULL, "cleared");
}

/* A store from before there were sums: what is held is summed, by who sent it. */
static void sums(void)
{
    AUTO(buf_freep) struct buf *text = buf_new(65536);
    good(file_read(STORE_SOURCES "/sql/0034_held_sum.sql", text, &f));
    shut();
    alter("DROP TABLE held_sum");
    alter("INSERT INTO held (originator, share, report, audience, banner, stray, received_ms, jws) VALUES "
          "('a', 's1', 'r', 'us', '', 0, 1, '0123456789'), ('a', 's2', 'r', 'us', '', 0, 1, '01234'), "
          "('a', 's3', 'r', 'them', '', 1, 1, 'a stray'), ('a', 'o1', 'q', 'us', '', 0, 1, '012'), "
          "('c', 's4', 't', 'us', '', 0, 1, '0')");
    alter("INSERT INTO held_portion (originator, share, portion, n, mark, clear, content) VALUES "
          "('a', 's1', 'p1', 1, '', 0, zeroblob(1000)), ('a', 's1', 'p2', 2, '', 0, zeroblob(500)), "
          "('a', 's2', 'p1', 1, '', 0, zeroblob(100)), ('a', 's3', 'p1', 1, '', 0, zeroblob(9999)), "
          "('a', 'o1', 'p3', 1, '', 0, zeroblob(40))");
    alter("INSERT INTO override (id, originator, giver, by_person, report, to_whom, occasion, reason, at_ms, "
          "state, closed_by, closed_ms, outcome, generation, idx) VALUES "
          "('o1', 'a', 'b', '', 'q', 'us', '', '', 1, '', '', 0, '', 1, 1), "
          "('s2', 'a', 'b', '', 'q', 'us', '', '', 1, '', '', 0, '', 1, 1)");
    alter("INSERT INTO statement (iss, id, digest, kind, direction, report, ref, at_ms, jws, ack) VALUES "
          "('a', 's2', x'00', 'share', 'taken', 'r', '', 1, '01234', '')");
    alter(buf_text(text));
    ok(number("SELECT count(*) FROM held_sum") == 3, "three have sent something");
    ok(number("SELECT bytes FROM held_sum WHERE domain = 'a'") == 1615,
       "shares: statements and portions, strays left out, whatever id an override has");
    ok(number("SELECT bytes FROM held_sum WHERE domain = 'b'") == 43, "an override's copies are its giver's");
    ok(number("SELECT bytes FROM held_sum WHERE domain = 'c'") == 1, "a statement alone");
    good(store_open(path, &store, &f));
    db = store_writing_take(store);
    uint64_t bytes = 7;
    good(store_held_sum_get(db, "d", &bytes, &f));
    ok(bytes == 0, "nobody else");
    good(store_held_sum_add(db, "d", 5, &f));
    good(store_held_sum_add(db, "d", 6, &f));
    good(store_held_sum_get(db, "d", &bytes, &f));
    ok(bytes == 11, "what is added");
}

/* A callback that runs the statement whose row it is given. */
static enum err again(const struct report_row *r, void *ctx, struct fail *fail)
{
    int *depth = ctx;
    if (strcmp(r->id, "r1") != 0 || *depth >= 2)
        return OK;
    ++*depth;
    return store_report_list(db, 9, 0, again, ctx, fail);
}

static void nested(void)
{
    int depth = 0;
    for (int i = 1; i <= 2; i++) {
        char id[16];
        snprintf(id, sizeof id, "r%d", i);
        good(store_report_add(db, &(struct report_row){ .id = id }, &f));
    }
    good(store_report_list(db, 9, 0, again, &depth, &f));
    ok(depth == 2, "a list inside the same list");
}

int main(void)
{
    begin();
    created();
    refused();
    unwritable();
    reading();
    nested();
    sums();
    return end();
}
