/* SPDX-License-Identifier: Apache-2.0
 * bench/seal - sealing and opening a large file, against the bare loop of read, AES-256-GCM and write over the same files, against
 * AES-256-GCM alone, and against age.
 *   --size MIB   1024; 256 with --quick
 *   --rounds N   8
 * Files are made in $TMPDIR, else /var/tmp. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "bench.h"
#include "crypto/hash.h"
#include "floor.h"
#include "tdf/open.h"
#include "tdf/seal.h"

#define MIB     ((size_t)1 << 20)
#define SEGMENT MIB /* of the loop, and of what is compared with it */
#define FRAME   (SEGMENT + 28)
#define LIMIT   32.0 /* MiB of memory */

extern char **environ;

struct files {
    char *dir;
    int plain, sealed, opened, loop; /* descriptors */
    uint64_t size;
};

/* What one way through a file cost. */
struct cost {
    double wall, user, cpu;
};

static struct cost now(void)
{
    return (struct cost){ bench_wall(), bench_user_cpu(), bench_cpu() };
}

static struct cost since(struct cost start)
{
    struct cost end = now();
    return (struct cost){ end.wall - start.wall, end.user - start.user, end.cpu - start.cpu };
}

static void check(bool good, const char *what)
{
    struct fail f = { 0 };
    if (!good)
        bench_must(fail_set(&f, E_IO, "%s", what), &f);
}

static int open_in(const char *dir, const char *name)
{
    AUTO(str_freep) char *path = str_format("%s/%s", dir, name);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    check(fd >= 0, "no file for the measurement");
    return fd;
}

/* As new: both sides write into an empty file whose offset is 0. */
static void empty(int fd)
{
    check(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0, "can't empty a file");
}

static void files_make(struct files *t, uint64_t size)
{
    const char *tmp = getenv("TMPDIR");
    AUTO(mem_freep) uint8_t *piece = mem_new(MIB);
    t->dir = str_format("%s/orcon-bench-XXXXXX", tmp ? tmp : "/var/tmp");
    check(mkdtemp(t->dir) != NULL, "no temporary folder");
    t->size = size;
    t->plain = open_in(t->dir, "plain");
    t->sealed = open_in(t->dir, "sealed");
    t->opened = open_in(t->dir, "opened");
    t->loop = open_in(t->dir, "loop");
    random_bytes(piece, MIB);
    for (uint64_t at = 0; at < size; at += MIB)
        check(write(t->plain, piece, MIB) == (ssize_t)MIB, "no room for the file");
}

static void files_remove(struct files *t)
{
    struct fail f = { 0 };
    close(t->plain);
    close(t->sealed);
    close(t->opened);
    close(t->loop);
    bench_must(file_remove_tree(t->dir, &f), &f);
    free(t->dir);
}

/* The two loops ---------------------------------------------------------------------------------------- */

static struct cost loop_lock(const struct files *t, struct floor *w, uint8_t *frame)
{
    empty(t->loop);
    struct cost start = now();
    for (uint64_t at = 0; at < t->size; at += SEGMENT) {
        check(pread(t->plain, frame + 12, SEGMENT, (off_t)at) == (ssize_t)SEGMENT, "short read");
        floor_lock(w, frame + 12, SEGMENT, frame, frame + 12 + SEGMENT);
        check(write(t->loop, frame, FRAME) == (ssize_t)FRAME, "short write");
    }
    return since(start);
}

static struct cost loop_unlock(const struct files *t, struct floor *w, uint8_t *frame)
{
    empty(t->opened);
    struct cost start = now();
    for (uint64_t at = 0; at < t->size / SEGMENT; at++) {
        check(pread(t->loop, frame, FRAME, (off_t)(at * FRAME)) == (ssize_t)FRAME, "short read");
        floor_unlock(w, frame + 12, SEGMENT, frame, frame + 12 + SEGMENT);
        check(write(t->opened, frame + 12, SEGMENT) == (ssize_t)SEGMENT, "short write");
    }
    return since(start);
}

/* AES-256-GCM alone, in one buffer. */
static struct cost gcm(const struct files *t, struct floor *w, uint8_t *frame)
{
    struct cost start = now();
    for (uint64_t at = 0; at < t->size; at += SEGMENT)
        floor_lock(w, frame + 12, SEGMENT, frame, frame + 12 + SEGMENT);
    return since(start);
}

/* What is measured -------------------------------------------------------------------------------------- */

static struct cost seal(const struct files *t, const struct key *to)
{
    struct fail f = { 0 };
    struct tdf_policy policy = { 0 };
    struct tdf_recipient recipient = { .to = to, .url = "https://kas.example/kas", .kid = "1" };
    struct tdf_spec spec = {
        .policy = &policy, .segment_size = SEGMENT, .recipients = &recipient, .recipient_count = 1
    };
    empty(t->sealed);
    struct cost start = now();
    struct source in = source_fd(t->plain, t->size);
    struct sink out = sink_fd(t->sealed, true);
    bench_must(tdf_seal(&in, &spec, &out, NULL, &f), &f);
    return since(start);
}

static struct cost unseal(const struct files *t, const struct key *mine)
{
    struct fail f = { 0 };
    struct stat st;
    uint8_t key[TDF_KEY_LEN];
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    const struct key *keys[] = { mine };
    empty(t->opened);
    check(fstat(t->sealed, &st) == 0, "no sealed file");
    struct cost start = now();
    struct source in = source_fd(t->sealed, (uint64_t)st.st_size);
    struct sink out = sink_fd(t->opened, false);
    bench_must(tdf_container_read(&in, TDF_MANIFEST_OWN, &c, &f), &f);
    bench_must(tdf_data_key(c->manifest, keys, 1, key, &f), &f);
    struct source payload = source_window(&c->payload);
    bench_must(tdf_open(c->manifest, key, &payload, &out, &f), &f);
    return since(start);
}

/* age --------------------------------------------------------------------------------------------------- */

static bool run(const char *const argv[], struct cost *cost)
{
    struct rusage before, after;
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status;
    getrusage(RUSAGE_CHILDREN, &before);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    double start = bench_wall();
    bool good = posix_spawnp(&pid, argv[0], &files, NULL, (char *const *)(uintptr_t)argv, environ) == 0 &&
                waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    posix_spawn_file_actions_destroy(&files);
    getrusage(RUSAGE_CHILDREN, &after);
    cost->wall = bench_wall() - start;
    cost->cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec -
                         before.ru_stime.tv_sec) +
                (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
                         before.ru_stime.tv_usec) /
                    1e6;
    return good;
}

struct age {
    char *key, *plain, *sealed, *opened;
    char recipient[80];
    bool here;
};

static void age_find(struct age *a, const char *dir)
{
    struct cost cost;
    char line[256];
    a->key = str_format("%s/age.key", dir);
    a->plain = str_format("%s/plain", dir);
    a->sealed = str_format("%s/age", dir);
    a->opened = str_format("%s/age.opened", dir);
    const char *const make[] = { "age-keygen", "-o", a->key, NULL };
    if (!run(make, &cost))
        return;
    FILE *in = fopen(a->key, "re");
    while (in && fgets(line, sizeof line, in))
        if (strncmp(line, "# public key: ", 14) == 0)
            snprintf(a->recipient, sizeof a->recipient, "%.70s", line + 14);
    if (in)
        fclose(in);
    a->recipient[strcspn(a->recipient, "\n")] = '\0';
    a->here = a->recipient[0] != '\0';
}

static void age_clear(struct age *a)
{
    free(a->key);
    free(a->plain);
    free(a->sealed);
    free(a->opened);
}

static void age_round(const struct age *a, struct cost *sealing, struct cost *opening)
{
    const char *const seal_it[] = { "age", "-r", a->recipient, "-o", a->sealed, a->plain, NULL };
    const char *const open_it[] = { "age", "-d", "-i", a->key, "-o", a->opened, a->sealed, NULL };
    unlink(a->sealed);
    unlink(a->opened);
    check(run(seal_it, sealing) && run(open_it, opening), "age failed");
}

/* -------------------------------------------------------------------------------------------------------- */

struct results {
    struct bench_series seal_speed, open_speed, seal_wall, open_wall, seal_cpu, open_cpu, seal_gcm, open_gcm,
        age_seal, age_open, age_seal_cpu, age_open_cpu, age_loop;
};

/* Who goes first changes with the rounds: the second finds the pages that the first gave back. */
static void one_round(const struct files *t, struct floor *w, uint8_t *frame, const struct key *key,
                      const struct age *age, bool loop_first, struct results *r)
{
    double mib = (double)t->size / (double)MIB;
    struct cost locked, sealed, unlocked, opened, alone = gcm(t, w, frame);
    if (loop_first)
        locked = loop_lock(t, w, frame);
    sealed = seal(t, key);
    if (!loop_first)
        locked = loop_lock(t, w, frame);
    if (loop_first)
        unlocked = loop_unlock(t, w, frame);
    opened = unseal(t, key);
    if (!loop_first)
        unlocked = loop_unlock(t, w, frame);
    bench_add(&r->seal_speed, mib / sealed.wall);
    bench_add(&r->open_speed, mib / opened.wall);
    bench_add(&r->seal_wall, locked.wall / sealed.wall);
    bench_add(&r->open_wall, unlocked.wall / opened.wall);
    bench_add(&r->seal_cpu, locked.cpu / sealed.cpu);
    bench_add(&r->open_cpu, unlocked.cpu / opened.cpu);
    bench_add(&r->seal_gcm, alone.user / sealed.user);
    bench_add(&r->open_gcm, alone.user / opened.user);
    if (age->here) {
        struct cost sealing, opening;
        age_round(age, &sealing, &opening);
        bench_add(&r->age_seal, sealing.wall / sealed.wall);
        bench_add(&r->age_open, opening.wall / opened.wall);
        bench_add(&r->age_loop, sealing.wall / locked.wall);
        bench_add(&r->age_seal_cpu, sealing.cpu / sealed.cpu);
        bench_add(&r->age_open_cpu, opening.cpu / opened.cpu);
    }
}

static void say(const struct results *r, const struct age *age, double peak)
{
    bench_say("seal", &r->seal_speed, "MiB/s");
    bench_say("open", &r->open_speed, "MiB/s");
    bench_target("seal: speed / loop", &r->seal_wall, "", true, 0.9);
    bench_target("open: speed / loop", &r->open_wall, "", true, 0.9);
    bench_say("seal: CPU of the loop / CPU", &r->seal_cpu, "");
    bench_say("open: CPU of the loop / CPU", &r->open_cpu, "");
    bench_target("seal: user CPU of GCM alone / user CPU", &r->seal_gcm, "", true, 0.8);
    bench_target("open: user CPU of GCM alone / user CPU", &r->open_gcm, "", true, 0.8);
    bench_target_one("memory at most", peak, "MiB", false, LIMIT);
    if (age->here) {
        bench_target("seal: time of age / time", &r->age_seal, "", true, 2);
        bench_target("open: time of age / time", &r->age_open, "", true, 2);
        bench_say("the bare loop: time of age / time", &r->age_loop, "");
        bench_say("seal: CPU of age / CPU", &r->age_seal_cpu, "");
        bench_say("open: CPU of age / CPU", &r->age_open_cpu, "");
    } else {
        printf("not compared with age: it is not installed (apt-get install age)\n");
    }
}

int main(int argc, char **argv)
{
    struct bench b;
    struct files t;
    struct age age = { 0 };
    struct results r = { 0 };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *key = NULL;
    bench_start(&b, argc, argv, "sealing and opening one file");
    uint64_t mib = bench_option(&b, "--size", b.quick ? 256 : 1024);
    uint64_t rounds = bench_option(&b, "--rounds", 8);
    files_make(&t, mib * MIB);
    age_find(&age, t.dir);
    struct floor *w = floor_new();
    uint8_t *frame = mem_new(FRAME);
    bench_must(key_make(KEY_P256, &key, &f), &f);
    printf("file      %llu MiB in %s, %llu rounds\n", (unsigned long long)mib, t.dir,
           (unsigned long long)rounds);
    bench_resident_peak_reset();
    seal(&t, key);
    unseal(&t, key);
    double peak = (double)bench_resident_peak(getpid()) / (double)MIB;
    for (uint64_t i = 0; i < rounds && i < BENCH_ROUNDS_MAX; i++)
        one_round(&t, w, frame, key, &age, i % 2 == 0, &r);
    say(&r, &age, peak);
    mem_freep(&frame);
    floor_free(w);
    age_clear(&age);
    files_remove(&t);
    return bench_end();
}
