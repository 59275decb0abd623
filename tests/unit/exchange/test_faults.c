/* SPDX-License-Identifier: Apache-2.0 - a disk that fails under a node, at each of its calls in turn
 *
 *   test_faults [STEP [SEED]]   every STEP-th call of each kind (120 unless told; 1: all), the first one by SEED; of
 *                               the rare ones more
 *
 * A run: a copy of alder's and birch's homes; a process with a fault under alder's (tests/support/faultvfs.h), in which bob
 * opens what he holds and asks for cedar, olga grants it, and amy shares a report; then a process that starts alder on
 * what is left. What was acknowledged is there; every root that the keeper signed, whether anybody saw it or not, is the
 * root of that many of the entries; and all of that can be done again. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow.h"

#include "exchange/publisher.h"
#include "ledger/body.h"
#include "ledger/tree.h"
#include "store/leaf.h"
#include "store/report.h"
#include "support/faultvfs.h"

#define FACTS_MAX 256

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage." },
};

/* How a process of a run ends: with WRITER_EXIT_STATUS or FAULT_POWER_STATUS, or so. */
enum { DONE = 0, BROKEN = 1, NOT_OPENED = 60, REFUSED = 61 };

enum fact_kind { SIGNED = 1, KEY, ASKED, GRANTED, SHARED, HAPPENED };

/* What is known outside of the process, whatever becomes of it. Shorter than what a pipe takes at once. */
struct fact {
    enum fact_kind kind;
    uint64_t number; /* SIGNED: the size; KEY: the entry */
    uint8_t root[HASH_LEN];
    char id[UUID_TEXT]; /* of portion, request or report */
};

struct facts {
    struct fact list[FACTS_MAX];
    size_t count;
};

static char dir[] = "/tmp/orcon-faults-XXXXXX";
static char *base, *run_dir;
static char first_report[UUID_TEXT], first_ids[PORTIONS_MAX][UUID_TEXT];
static _Atomic int told = -1; /* where facts go */

static void tell(struct fact fact)
{
    if (told >= 0 && write(told, &fact, sizeof fact) != (ssize_t)sizeof fact)
        _exit(99);
}

static void tell_id(enum fact_kind kind, const char *id)
{
    struct fact fact = { .kind = kind };
    snprintf(fact.id, sizeof fact.id, "%s", id);
    tell(fact);
}

static void it_happens(void)
{
    tell((struct fact){ .kind = HAPPENED });
}

/* The linker puts this before the keeper's own: what is signed is known from then on. */
enum err __real_keeper_checkpoint(struct keeper *k, uint64_t size, const uint8_t root[static HASH_LEN],
                                  struct bytes consistency, struct buf *note, struct fail *f);
enum err __wrap_keeper_checkpoint(struct keeper *k, uint64_t size, const uint8_t root[static HASH_LEN],
                                  struct bytes consistency, struct buf *note, struct fail *f);
enum err __wrap_keeper_checkpoint(struct keeper *k, uint64_t size, const uint8_t root[static HASH_LEN],
                                  struct bytes consistency, struct buf *note, struct fail *f)
{
    TRY(__real_keeper_checkpoint(k, size, root, consistency, note, f));
    struct fact fact = { .kind = SIGNED, .number = size };
    memcpy(fact.root, root, HASH_LEN);
    if (alder && k == alder->keeper)
        tell(fact);
    return OK;
}

/* What people do ----------------------------------------------------------------------------------------------------- */

/* Nothing was promised, and the process goes on: to the next step it does not. */
static _Noreturn void refused(const char *step, const struct fail *f)
{
    fprintf(stderr, "%s: %s\n", step, f->what);
    _exit(REFUSED);
}

static void bob_opens(void)
{
    struct opened o;
    const char *wanted[] = { ids[0], ids[1] };
    open_at(birch, "bob@birch.example", bob, wanted, COUNT(wanted), bob, &o);
    if (o.err != OK)
        refused("open", &o.fail);
    for (size_t i = 0; i < o.answer.count; i++) {
        struct fact fact = { .kind = KEY, .number = o.answer.results[i].entry.index };
        if (o.answer.results[i].err != OK || !o.answer.results[i].wrapped_len)
            refused("open", &(struct fail){ .what = "no key" });
        snprintf(fact.id, sizeof fact.id, "%s", wanted[i]);
        tell(fact);
    }
    brief_answer_clear(&o.answer);
}

/* Deliver, unless the receiver fails: then it is no ack. */
static void reaches(struct node *from, struct node *to, const char *step)
{
    int bad = tap_bad;
    if (deliver(from, to) == 0 || tap_bad != bad)
        refused(step, &(struct fail){ .what = "not delivered" });
}

static void bob_asks_and_olga_grants(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    struct fail f = { 0 };
    if (do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
               request_body("cedar.example"), &asked, &f) != OK)
        refused("request", &f);
    const char *request = json_string_value(json_object_get(asked, "request"));
    reaches(birch, alder, "request");
    tell_id(ASKED, request);
    if (do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &granted,
               &f) != OK)
        refused("grant", &f);
    tell_id(GRANTED, request);
    reaches(alder, birch, "grant");
}

static void amy_shares(void)
{
    struct fail f = { 0 };
    if (flow_share_only(&f) != OK)
        refused("share", &f);
    tell_id(SHARED, report);
    reaches(alder, birch, "share");
}

/* Processes of one run follow each other within a second; in each it is later, so that no proof of theirs may be one from before. */
enum process { FIRST = 1, AGAIN, CHECKING };

static struct node *open_home(const char *domain, enum process p, struct fail *f)
{
    AUTO(str_freep) char *home = str_format("%s/%s", run_dir, domain);
    struct node *n = NULL;
    if (node_open(home, false, &n, f) != OK)
        return NULL;
    test_clock_ms = time_now_ms() + 2000 * (uint64_t)p;
    n->now_ms = test_now;
    return n;
}

static void what_people_do(void)
{
    memcpy(report, first_report, sizeof report);
    memcpy(ids, first_ids, sizeof ids);
    bob_opens();
    bob_asks_and_olga_grants();
    amy_shares();
}

/* A run's processes --------------------------------------------------------------------------------------------------- */

/* Standard output is the parent's alone; what is said else is kept. */
static void turn_away_output(void)
{
    AUTO(str_freep) char *log = str_format("%s/log", run_dir);
    int null = open("/dev/null", O_WRONLY), file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (null < 0 || file < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(file, STDERR_FILENO) < 0)
        _exit(99);
    close(null);
    close(file);
}

static _Noreturn void under_fault(const struct fault *fault)
{
    struct fail f = { 0 };
    turn_away_output();
    birch = open_home("birch.example", FIRST, &f);
    if (!birch)
        _exit(99);
    faultvfs_install(fault);
    alder = open_home("alder.example", FIRST, &f);
    if (!alder) {
        fprintf(stderr, "node_open: %s\n", f.what);
        _exit(*f.what ? NOT_OPENED : BROKEN);
    }
    what_people_do();
    node_close(birch); /* before alder, at whom looks whoever signs */
    node_close(alder);
    _exit(DONE);
}

/* The page cache lived on, and then the power went. */
static _Noreturn void restart_and_power(const struct fault *fault)
{
    struct fail f = { 0 };
    struct fault none = { .seed = fault->seed + 1, .under = fault->under };
    turn_away_output();
    faultvfs_install(&none);
    alder = open_home("alder.example", AGAIN, &f);
    if (!alder) {
        fprintf(stderr, "restart before the power went: %s\n", f.what);
        _exit(BROKEN);
    }
    faultvfs_power();
}

__attribute__((format(printf, 1, 2))) static _Noreturn void wrong(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("WRONG: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    _exit(BROKEN);
}

struct roots {
    struct tree_range range;
    const struct facts *facts;
    size_t found;
};

static enum err add_entry(uint64_t index, struct bytes entry, void *ctx, struct fail *f)
{
    struct roots *r = ctx;
    uint8_t hash[HASH_LEN];
    (void)index;
    (void)f;
    tree_leaf(entry, hash);
    tree_range_append(&r->range, hash);
    tree_range_root(&r->range, hash);
    for (size_t i = 0; i < r->facts->count; i++) {
        const struct fact *fact = &r->facts->list[i];
        if (fact->kind != SIGNED || fact->number != r->range.size)
            continue;
        r->found++;
        if (memcmp(fact->root, hash, HASH_LEN) != 0)
            wrong("another root was signed for %llu entries", (unsigned long long)fact->number);
    }
    return OK;
}

static void check_roots(struct db *db, const struct facts *facts)
{
    struct roots r = { .facts = facts };
    struct fail f = { 0 };
    size_t is_signed = 0;
    for (size_t i = 0; i < facts->count; i++)
        is_signed += facts->list[i].kind == SIGNED;
    if (store_leaf_entries(db, alder->generation, 0, INT64_MAX, add_entry, &r, &f) != OK)
        wrong("entries: %s", f.what);
    if (r.found != is_signed)
        wrong("of %zu sizes that were signed %zu are there", is_signed, r.found);
}

static bool says(struct bytes field, const char *want)
{
    return field.len == strlen(want) && memcmp(field.data, want, field.len) == 0;
}

/* A key was given: its entry is there, and says so. */
static void check_key(struct db *db, const struct fact *fact)
{
    AUTO(store_leaf_clear) struct leaf_row row = { 0 };
    AUTO(str_freep) char *portion = str_format("alder.example/%s", fact->id);
    struct body body;
    struct fail f = { 0 };
    if (store_leaf_get(db, alder->generation, fact->number, &row, &f) != OK ||
        body_read(row.body, &body, &f) != OK || body_check(&body, &f) != OK)
        wrong("the entry of a key: %s", f.what);
    enum entry_kind kind = body_kind(&body);
    if ((kind != KIND_BRIEFING && kind != KIND_REISSUE) || !says(body.field[FIELD_PORTION], portion) ||
        !says(body.field[FIELD_PERSON], "bob@birch.example") || row.entry.len == 0)
        wrong("entry %llu is not that of the key that was given", (unsigned long long)fact->number);
}

static void check_request(const struct fact *fact)
{
    AUTO(json_freep) json_t *view = NULL;
    struct asker who = asker_of("olga@alder.example", ROLE_OFFICER);
    struct fail f = { 0 };
    if (view_request(alder, &who, fact->id, &view, &f) != OK)
        wrong("the request: %s", f.what);
    const char *state = json_string_value(json_object_get(view, "state"));
    if (fact->kind == GRANTED && strcmp(state, "granted") != 0)
        wrong("the request is %s", state);
}

static void check_facts(const struct facts *facts)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    if (store_read_begin(alder->store, &db, &f) != OK)
        wrong("%s", f.what);
    check_roots(db, facts);
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];
        AUTO(store_report_clear) struct report_row row = { 0 };
        if (fact->kind == KEY)
            check_key(db, fact);
        if (fact->kind == ASKED || fact->kind == GRANTED)
            check_request(fact);
        if (fact->kind == SHARED && store_report_get(db, fact->id, &row, &f) != OK)
            wrong("a report that was shared: %s", f.what);
    }
}

/* PRAGMA that finds nothing, or says the one word ${good}. */
static void check_pragma(sqlite3 *conn, const char *pragma, const char *good)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(conn, pragma, -1, &s, NULL) != SQLITE_OK)
        wrong("%s: %s", pragma, sqlite3_errmsg(conn));
    while (sqlite3_step(s) == SQLITE_ROW)
        if (strcmp((const char *)sqlite3_column_text(s, 0), good) != 0)
            wrong("%s: %s", pragma, sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
}

static void check_store(void)
{
    AUTO(str_freep) char *path = str_format("%s/alder.example/orcon.db", run_dir);
    sqlite3 *conn = NULL;
    if (sqlite3_open_v2(path, &conn, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        wrong("the store does not open");
    check_pragma(conn, "PRAGMA integrity_check", "ok");
    check_pragma(conn, "PRAGMA foreign_key_check", "");
    sqlite3_close(conn);
}

static _Noreturn void after_fault(const struct facts *facts)
{
    struct fail f = { 0 };
    turn_away_output();
    birch = open_home("birch.example", CHECKING, &f);
    alder = birch ? open_home("alder.example", CHECKING, &f) : NULL;
    if (!alder)
        wrong("it does not start again: %s", f.what);
    check_facts(facts);
    check_store();
    deliver(alder, birch); /* what a crash kept back */
    what_people_do();
    check_facts(facts);
    node_close(birch); /* before alder, at whom looks whoever signs */
    node_close(alder);
    _exit(DONE);
}

/* Runs ---------------------------------------------------------------------------------------------------------------- */

static int status_of(pid_t pid)
{
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return 99;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool copy_homes(void)
{
    struct fail f = { 0 };
    if (file_remove_tree(run_dir, &f) != OK)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        execlp("cp", "cp", "-a", base, run_dir, (char *)NULL);
        _exit(99);
    }
    return status_of(pid) == 0;
}

static int run_fault(const struct fault *fault, struct facts *facts)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) != 0)
        return 99;
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        told = fd[1];
        under_fault(fault);
    }
    close(fd[1]);
    facts->count = 0;
    while (facts->count < FACTS_MAX &&
           read(fd[0], &facts->list[facts->count], sizeof(struct fact)) == (ssize_t)sizeof(struct fact))
        facts->count++;
    close(fd[0]);
    return facts->count < FACTS_MAX ? status_of(pid) : 99;
}

static int run_check(const struct fault *fault, const struct facts *facts)
{
    if (fault->kind == FAULT_STALE) {
        pid_t pid = fork();
        if (pid == 0)
            restart_and_power(fault);
        int status = status_of(pid);
        if (status != FAULT_POWER_STATUS)
            return status ? status : BROKEN;
    }
    pid_t pid = fork();
    if (pid == 0)
        after_fault(facts);
    return status_of(pid);
}

/* What the processes of the run said, for a reader or for a word in it. */
static void read_log(struct buf *text)
{
    AUTO(str_freep) char *path = str_format("%s/log", run_dir);
    struct fail f = { 0 };
    if (file_read(path, text, &f) != OK)
        printf("# %s\n", f.what);
}

static void show_log(void)
{
    AUTO(buf_freep) struct buf *text = buf_new(1 << 20);
    read_log(text);
    for (const char *line = buf_text(text); *line;) {
        int len = (int)strcspn(line, "\n");
        printf("# %.*s\n", len, line);
        line += len + (line[len] == '\n');
    }
}

static bool logged(const char *what)
{
    AUTO(buf_freep) struct buf *text = buf_new(1 << 20);
    read_log(text);
    return strstr(buf_text(text), what) != NULL;
}

static const struct row {
    enum fault_kind kind;
    const char *name;
    bool may_go_on; /* a caller may be refused, and the node live */
    bool rare;      /* of its calls more are tried */
    const char *said;
} rows[] = {
    { FAULT_NONE, "no fault", true, true, "" },
    { FAULT_WRITE, "a write that fails", false, false, "disk I/O error" },
    { FAULT_TORN, "a torn write", false, false, "disk I/O error" },
    { FAULT_FULL, "a full disk", false, false, "database or disk is full" },
    { FAULT_SYNC, "a sync that fails, and drops what it had", false, true, "disk I/O error" },
    { FAULT_STALE, "a sync that fails, and the power after the restart", false, true, "disk I/O error" },
    { FAULT_TRUNCATE, "a cut that fails", false, true, "disk I/O error" },
    { FAULT_READ, "a read that fails", true, false, "" },
    { FAULT_OPEN, "a file that does not open", true, false, "" },
    { FAULT_SHM, "an index that can't be mapped", true, true, "" },
    { FAULT_POWER, "the power goes", false, false, "" },
};

/* Whether the process ended as it should: by itself, having said why, and without going on. */
static bool ended_well(const struct row *row, int status, bool happened)
{
    if (!happened)
        return status == DONE;
    if (row->kind == FAULT_POWER)
        return status == FAULT_POWER_STATUS;
    if (status == WRITER_EXIT_STATUS || status == NOT_OPENED)
        return logged(row->said);
    return row->may_go_on && (status == REFUSED || status == DONE);
}

/* One run; false if there was no such call any more. */
static bool one(const struct row *row, unsigned n, uint64_t seed, unsigned *bad)
{
    struct facts facts;
    bool happened = false;
    AUTO(str_freep) char *under = str_format("%s/alder.example/", run_dir);
    struct fault fault = { row->kind, n, seed, under, it_happens };
    if (!copy_homes()) {
        ok(false, "the homes are copied");
        return false;
    }
    int status = run_fault(&fault, &facts);
    for (size_t i = 0; i < facts.count; i++)
        happened = happened || facts.list[i].kind == HAPPENED;
    int after = run_check(&fault, &facts);
    if (!ended_well(row, status, happened) || after != DONE) {
        ++*bad;
        printf("# %s, call %u, seed %llu: ended with %d, and the check with %d\n", row->name, n,
               (unsigned long long)seed, status, after);
        show_log();
    }
    return happened;
}

static void all_of(const struct row *row, unsigned step, uint64_t seed)
{
    unsigned bad = 0, runs = 0, by = row->rare ? (step + 39) / 40 : step, n = 1 + (unsigned)(seed % by);
    while (one(row, n, seed + runs, &bad)) {
        n += by;
        runs++;
    }
    ok(bad == 0, "%s: %u runs, up to call %u, %u wrong", row->name, runs, n - 1, bad);
}

static void make_base(void)
{
    struct fail f = { 0 };
    portions = written;
    portion_count = COUNT(written);
    if (!ok(file_mkdirs(base, 0700, &f) == OK, "a folder"))
        exit(1);
    flow_start(base);
    flow_share();
    memcpy(first_report, report, sizeof report);
    memcpy(first_ids, ids, sizeof ids);
    node_close(cedar);
    node_close(birch); /* before alder, at whom looks whoever signs */
    node_close(alder);
    alder = birch = cedar = NULL;
}

/* Every so many calls fail once. Forks of a process under the sanitizers take ten times as long: fewer there. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 720
#else
#define STEP 120
#endif

int main(int argc, char **argv)
{
    struct fail f = { 0 };
    unsigned step = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : STEP;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : time_now_ms() % 1000;
    if (step == 0 || !mkdtemp(dir))
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0); /* a process that forks must hold nothing back */
    printf("# step %u, seed %llu\n", step, (unsigned long long)seed);
    base = str_format("%s/base", dir);
    run_dir = str_format("%s/run", dir);
    make_base();
    for (size_t i = 0; i < COUNT(rows); i++)
        all_of(&rows[i], step, seed);
    key_free(amy);
    key_free(olga);
    key_free(bob);
    key_free(cyd);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    mem_freep(&base);
    mem_freep(&run_dir);
    return tap_done();
}
