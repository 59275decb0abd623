/* SPDX-License-Identifier: Apache-2.0
 * bench/journal - briefings through a real node's journal: how many a second with all their tags, how long until a briefing is on disk
 * (L0) and under a signed checkpoint (L1), how long a start takes with a long ledger, and with how much memory.
 *   --seconds N    2 a run
 *   --events N     100000 before the start that is measured */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "bench.h"
#include "exchange/journal.h"
#include "exchange/publisher.h"
#include "floor.h"
#include "store/writer.h"
#include "world.h"

#define THREADS 512
#define FILLING 200 /* events of one job while a ledger is filled */
#define WAITS   200000
#define FLOOR_N 1280 /* a multiple of a group */
#define RUNS    15

static struct node *node;
static atomic_bool stopping;

/* What is read: reports of so many portions, each opened as a whole by so many persons. */
struct habit {
    const char *name;
    uint64_t portions, readers;
};
static const struct habit alone = { "one portion a request, each read by one person alone", 1, 1 };
static const struct habit reports = { "reports of four portions, each read by eight persons", 4, 8 };
static const struct habit *habit = &alone;

#define ACTIVE        64 /* reports that are read at a time */
#define ORGANISATIONS 4  /* whose people take turns */

/* Somebody reads a report: briefings of a person who was not briefed on these portions before. */
struct reading {
    struct place at;
    uint64_t report, reader;
};

static struct reading next_reading(void)
{
    static atomic_uint_least64_t count;
    uint64_t n = atomic_fetch_add(&count, 1), every = habit->readers * ACTIVE;
    return (struct reading){ .report = n / every * every + n % ACTIVE,
                             .reader = n / ACTIVE % habit->readers };
}

/* As scattered as random ones (splitmix64), without asking the kernel for each. */
static void portion_uuid(uint64_t report, uint64_t portion, char out[static UUID_TEXT])
{
    uint64_t z = (report * 1024 + portion + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    z ^= z >> 31;
    uint8_t id[16] = { [6] = 0x40, [8] = 0x80 };
    memcpy(id, &z, 6);
    memcpy(id + 10, (uint8_t *)&z + 2, 6);
    uuid_print(id, out);
}

static enum err enter(struct db *db, void *ctx, struct fail *f)
{
    struct reading *r = ctx;
    char portion[UUID_TEXT], person[64], organisation[32];
    snprintf(organisation, sizeof organisation, "birch%llu.example",
             (unsigned long long)r->reader % ORGANISATIONS);
    snprintf(person, sizeof person, "reader%llu@%s", (unsigned long long)r->reader, organisation);
    for (uint64_t i = 0; i < habit->portions; i++) {
        struct place first;
        portion_uuid(r->report, i, portion);
        struct journal_event e = { .originator = node->conf.domain,
                                   .portion = portion,
                                   .person = person,
                                   .organisation = organisation,
                                   .actor = person,
                                   .report = portion,
                                   .copy = portion };
        TRY(journal_brief(node, db, &e, &r->at, &first, f));
    }
    return OK;
}

static void brief(double *on_disk, double *sealed)
{
    struct reading r = next_reading();
    struct fail f = { 0 };
    double start = bench_wall();
    bench_must(writer_run(node->writer, enter, &r, &f), &f);
    *on_disk = bench_wall() - start;
    bench_must(publisher_wait(node->publisher, r.at.index, &f), &f);
    *sealed = bench_wall() - start;
}

static bool is_sealed(const void *ctx)
{
    const struct reading *r = ctx;
    return publisher_has(node->publisher, r->at.index);
}

/* As many as go: each thread opens the next report when its last one is sealed; it waits as a key release does. */
static atomic_size_t done;

static void *push(void *arg)
{
    (void)arg;
    while (!atomic_load(&stopping)) {
        struct reading r = next_reading();
        struct fail f = { 0 };
        bench_must(writer_run_until(node->writer, enter, is_sealed, &r, &f), &f);
        atomic_fetch_add(&done, habit->portions);
    }
    return NULL;
}

static void spread(pthread_t *threads, size_t count, void *(*work)(void *), double seconds)
{
    atomic_store(&stopping, false);
    atomic_store(&done, 0);
    for (size_t i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            BUG("no thread");
    double until = bench_wall() + seconds;
    while (bench_wall() < until)
        usleep(20000);
    atomic_store(&stopping, true);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static double rate(double seconds, double *cpu)
{
    pthread_t threads[THREADS];
    pid_t children[8];
    size_t count = bench_children(getpid(), children, COUNT(children));
    double before = bench_cpu(), start;
    for (size_t i = 0; i < count; i++)
        before += bench_cpu_of(children[i]);
    start = bench_wall();
    spread(threads, THREADS, push, seconds);
    double took = bench_wall() - start, after = bench_cpu();
    for (size_t i = 0; i < count; i++)
        after += bench_cpu_of(children[i]);
    *cpu = (after - before) / (double)atomic_load(&done);
    return (double)atomic_load(&done) / took;
}

/* Waiting at half of that rate: arrivals by the clock, from as many threads as can keep up. */
static double waits[2][WAITS];
static atomic_size_t waited;
static double arrival_every, arrival_from;
static atomic_size_t arrivals;

static void *wait_turn(void *arg)
{
    (void)arg;
    while (!atomic_load(&stopping)) {
        double due = arrival_from + (double)atomic_fetch_add(&arrivals, 1) * arrival_every,
               now = bench_wall();
        double on_disk, sealed;
        if (due > now)
            usleep((useconds_t)((due - now) * 1e6));
        if (atomic_load(&stopping))
            break;
        double late = bench_wall() - due;
        brief(&on_disk, &sealed);
        size_t at = atomic_fetch_add(&waited, 1);
        if (at < WAITS) {
            waits[0][at] = late + on_disk;
            waits[1][at] = late + sealed;
        }
        atomic_fetch_add(&done, 1);
    }
    return NULL;
}

static void wait_at_half(double full, double seconds)
{
    pthread_t threads[THREADS];
    arrival_every = 2 / full;
    arrival_from = bench_wall();
    spread(threads, THREADS, wait_turn, seconds);
    size_t count = atomic_load(&waited) < WAITS ? atomic_load(&waited) : WAITS;
    static const char *const names[] = { "99 of 100 on disk (L0)", "99 of 100 under a checkpoint (L1)" };
    printf("waiting   %zu briefings at %.0f a second\n", count, full / 2);
    bench_target_one(names[0], bench_quantile(waits[0], count, 0.99) * 1000, "ms", false, 150);
    bench_target_one(names[1], bench_quantile(waits[1], count, 0.99) * 1000, "ms", false, 150);
}

/* The floor on all cores at once, before a run and after it, and on a core alone. */
struct floors {
    struct floor *w[FLOOR_THREADS];
    size_t cores;
};

static double crowded(const struct floors *f)
{
    return floor_cost_crowded(f->w, f->cores, floor_briefing, FLOOR_N);
}

/* Returns briefings a second. */
static double throughput(const struct floors *f, const struct habit *h, double seconds)
{
    struct bench_series ratio = { 0 }, rates = { 0 }, cpu = { 0 }, least = { 0 }, idle = { 0 };
    habit = h;
    printf("%s\n", h->name);
    for (int i = 0; i < RUNS; i++) {
        double used, before = crowded(f), now = rate(seconds, &used), floor = (before + crowded(f)) / 2;
        bench_add(&rates, now);
        bench_add(&cpu, used * 1e6);
        bench_add(&least, floor * 1e6);
        bench_add(&idle, floor_cost(f->w[0], floor_briefing, FLOOR_N) * 1e6);
        bench_add(&ratio, now * floor / (double)f->cores);
    }
    bench_say("briefings a second", &rates, "/s");
    bench_say("processor time of one", &cpu, "us");
    bench_say("floor: tags, proof, hashes, group commit", &least, "us");
    bench_say("  on one core while the others are idle", &idle, "us");
    bench_target("of what all cores could do", &ratio, "", true, 0.8);
    return bench_median(&rates);
}

static void loads(double seconds)
{
    struct floors f = { .cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN) };
    if (f.cores > FLOOR_THREADS)
        f.cores = FLOOR_THREADS;
    for (size_t i = 0; i < f.cores; i++)
        f.w[i] = floor_new();
    throughput(&f, &reports, seconds);
    wait_at_half(throughput(&f, &alone, seconds), seconds);
    for (size_t i = 0; i < f.cores; i++)
        floor_free(f.w[i]);
}

static enum err enter_many(struct db *db, void *ctx, struct fail *f)
{
    struct reading *last = ctx;
    for (int i = 0; i < FILLING; i++) {
        *last = next_reading();
        TRY(enter(db, last, f));
    }
    return OK;
}

static void fill(uint64_t events)
{
    struct reading last = { 0 };
    struct fail f = { 0 };
    while (publisher_size(node->publisher) < events) {
        bench_must(writer_run(node->writer, enter_many, &last, &f), &f);
        bench_must(publisher_wait(node->publisher, last.at.index, &f), &f);
    }
}

static void starts(struct site *s, uint64_t events)
{
    struct bench_series ready = { 0 }, memory = { 0 };
    for (int i = 0; i < 5; i++) {
        site_serve(s);
        bench_add(&ready, s->ready * 1000);
        bench_add(&memory, (double)site_resident(s) / (1 << 20));
        site_stop(s);
    }
    printf("start     with %llu entries\n", (unsigned long long)events);
    bench_target("ready in", &ready, "ms", false, 100);
    bench_target("resident: node, keeper, sealer", &memory, "MiB", false, 64);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct fail f = { 0 };
    struct site alder;
    const char *tmp = getenv("TMPDIR");
    AUTO(str_freep) char *program = site_program(argv[0]);
    AUTO(str_freep) char *dir = str_format("%s/orcon-bench-XXXXXX", tmp ? tmp : "/var/tmp");
    bench_start(&b, argc, argv, "briefings in a node's ledger");
    if (!mkdtemp(dir))
        BUG("no temporary folder");
    double seconds = (double)bench_option(&b, "--seconds", b.quick ? 1 : 2);
    uint64_t events = bench_option(&b, "--events", b.quick ? 20000 : 100000);
    site_init(&alder, program, dir, "alder.example");
    bench_must(node_open(alder.home, false, &node, &f), &f);
    loads(seconds);
    fill(events);
    uint64_t size = publisher_size(node->publisher);
    node_close(node);
    starts(&alder, size);
    site_clear(&alder);
    bench_must(file_remove_tree(dir, &f), &f);
    return bench_end();
}
