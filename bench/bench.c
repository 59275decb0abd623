/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"

static unsigned missed;

/* The value of the first line "${name}...: value" of a file under /proc, "" if there is none. */
static void proc_line(const char *path, const char *name, char out[static 128])
{
    char line[256];
    FILE *in = fopen(path, "re");
    out[0] = '\0';
    while (in && !*out && fgets(line, sizeof line, in))
        if (strncmp(line, name, strlen(name)) == 0 && strchr(line, ':'))
            snprintf(out, 128, "%.100s", strchr(line, ':') + 1 + strspn(strchr(line, ':') + 1, " \t"));
    out[strcspn(out, "\n")] = '\0';
    if (in)
        fclose(in);
}

static void say_machine(void)
{
    char cpu[128], memory[128];
    struct utsname system;
    proc_line("/proc/cpuinfo", "model name", cpu);
    proc_line("/proc/meminfo", "MemTotal", memory);
    if (uname(&system) != 0)
        system.release[0] = '\0';
    printf("machine   %s, %ld cores, %.1f GiB; Linux %s; gcc %s, %s\n", cpu, sysconf(_SC_NPROCESSORS_ONLN),
           strtod(memory, NULL) / 1048576, system.release, __VERSION__, BENCH_FLAGS);
}

void bench_start(struct bench *b, int argc, char **argv, const char *what)
{
    struct fail f = { 0 };
    *b = (struct bench){ .argc = argc, .argv = argv };
    for (int i = 1; i < argc; i++) {
        b->quick |= strcmp(argv[i], "--quick") == 0;
        b->full |= strcmp(argv[i], "--full") == 0;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    say_machine();
    printf("measured  %s\n", what);
    bench_must(crypto_start(&f), &f);
}

uint64_t bench_option(const struct bench *b, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < b->argc; i++)
        if (strcmp(b->argv[i], name) == 0)
            return strtoull(b->argv[i + 1], NULL, 10);
    return otherwise;
}

int bench_end(void)
{
    if (missed)
        printf("%u target%s missed\n", missed, missed == 1 ? "" : "s");
    return missed ? 1 : 0;
}

void bench_must(enum err e, const struct fail *f)
{
    if (e == OK)
        return;
    fflush(stdout);
    fprintf(stderr, "bench: %s\n", f->what);
    exit(2);
}

static double seconds(const struct timespec *t)
{
    return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

static double clock_seconds(clockid_t clock)
{
    struct timespec t = { 0 };
    clock_gettime(clock, &t);
    return seconds(&t);
}

double bench_wall(void)
{
    return clock_seconds(CLOCK_MONOTONIC);
}

double bench_cpu(void)
{
    return clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_thread_cpu(void)
{
    return clock_seconds(CLOCK_THREAD_CPUTIME_ID);
}

double bench_user_cpu(void)
{
    struct rusage u;
    if (getrusage(RUSAGE_SELF, &u) != 0)
        BUG("no resource usage");
    return (double)u.ru_utime.tv_sec + (double)u.ru_utime.tv_usec / 1e6;
}

/* The process' own clock counts in nanoseconds, where /proc/PID/stat has hundredths of a second. */
double bench_cpu_of(pid_t pid)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 ? clock_seconds(clock) : 0;
}

size_t bench_children(pid_t pid, pid_t *out, size_t max)
{
    AUTO(str_freep) char *path = str_format("/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *in = fopen(path, "re");
    size_t count = 0;
    int child;
    while (in && count < max && fscanf(in, "%d", &child) == 1)
        out[count++] = child;
    if (in)
        fclose(in);
    return count;
}

static uint64_t status_bytes(pid_t pid, const char *name)
{
    char value[128];
    AUTO(str_freep) char *path = str_format("/proc/%d/status", (int)pid);
    proc_line(path, name, value);
    return strtoull(value, NULL, 10) * 1024;
}

uint64_t bench_resident(pid_t pid)
{
    return status_bytes(pid, "VmRSS");
}

uint64_t bench_resident_peak(pid_t pid)
{
    return status_bytes(pid, "VmHWM");
}

void bench_resident_peak_reset(void)
{
    FILE *out = fopen("/proc/self/clear_refs", "we");
    if (out) {
        fputs("5", out);
        fclose(out);
    }
}

void bench_add(struct bench_series *s, double value)
{
    if (s->count == BENCH_ROUNDS_MAX)
        BUG("too many rounds");
    s->value[s->count++] = value;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t count, double q)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, by_value);
    double at = q * (double)(count - 1);
    size_t below = (size_t)at;
    double part = at - (double)below;
    return below + 1 < count ? values[below] * (1 - part) + values[below + 1] * part : values[below];
}

double bench_median(const struct bench_series *s)
{
    struct bench_series sorted = *s;
    return bench_quantile(sorted.value, sorted.count, 0.5);
}

static void say(const char *name, const struct bench_series *s, const char *unit)
{
    struct bench_series sorted = *s;
    double low = bench_quantile(sorted.value, sorted.count, 0.25);
    double middle = bench_quantile(sorted.value, sorted.count, 0.5);
    double high = bench_quantile(sorted.value, sorted.count, 0.75);
    printf("%-46s %9.3f %-5s", name, middle, unit);
    if (s->count > 1)
        printf(" [%.3f .. %.3f]", low, high);
}

void bench_say(const char *name, const struct bench_series *s, const char *unit)
{
    say(name, s, unit);
    printf("\n");
}

void bench_target(const char *name, const struct bench_series *s, const char *unit, bool at_least,
                  double target)
{
    double value = bench_median(s);
    bool met = at_least ? value >= target : value <= target;
    say(name, s, unit);
    printf("  %s %s %g\n", met ? "ok:" : "MISSED:", at_least ? ">=" : "<=", target);
    missed += !met;
}

void bench_target_one(const char *name, double value, const char *unit, bool at_least, double target)
{
    struct bench_series s = { { value }, 1 };
    bench_target(name, &s, unit, at_least, target);
}
