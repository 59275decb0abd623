/* SPDX-License-Identifier: Apache-2.0
 * bench/bench.h - what the measurements share: clocks, rounds, ratios against targets, the machine's name.
 *
 * Every figure that has a target is a ratio of two things measured in turn in one run on one machine, round by round; the median of
 * the rounds counts, so that a neighbour on the machine who disturbs some rounds disturbs both sides or is outvoted. Work is
 * measured as processor time, waiting as time. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* bench_start: read the options that all programs know (--quick, --full), say what the machine is and what is measured.
 * bench_option: the value of "--name VALUE" or ${otherwise}. bench_end: exit status: 0, or 1 if a target was missed. */
struct bench {
    bool quick, full;
    int argc;
    char **argv;
};
void bench_start(struct bench *b, int argc, char **argv, const char *what);
uint64_t bench_option(const struct bench *b, const char *name, uint64_t otherwise);
int bench_end(void);

/* bench_must: end the program with ${f} unless ${e} is OK: a measurement that can't be made is no measurement. */
void bench_must(enum err e, const struct fail *f);

/* Seconds: of the wall clock; of this process' processor time; the part of it outside the kernel; of this thread's. */
double bench_wall(void);
double bench_cpu(void);
double bench_user_cpu(void);
double bench_thread_cpu(void);
/* bench_cpu_of: processor time so far of another process, all its threads, the ended ones too. bench_children: its living
 * children, at most ${max}; how many. bench_resident: its resident memory in bytes, now and at most. */
double bench_cpu_of(pid_t pid);
size_t bench_children(pid_t pid, pid_t *out, size_t max);
uint64_t bench_resident(pid_t pid);
uint64_t bench_resident_peak(pid_t pid);
/* bench_resident_peak_reset: of this process: what counts is from now on. */
void bench_resident_peak_reset(void);

/* A series of measurements, in any order. */
#define BENCH_ROUNDS_MAX 64
struct bench_series {
    double value[BENCH_ROUNDS_MAX];
    size_t count;
};
void bench_add(struct bench_series *s, double value);
/* bench_quantile: of ${count} values, which get sorted; ${q} 0..1. bench_median: of a series. */
double bench_quantile(double *values, size_t count, double q);
double bench_median(const struct bench_series *s);

/* bench_say: one line: name, median and quartiles in ${unit}. bench_target: the same, and whether the median is at least
 * (${at_least}) or at most ${target}. */
void bench_say(const char *name, const struct bench_series *s, const char *unit);
void bench_target(const char *name, const struct bench_series *s, const char *unit, bool at_least,
                  double target);
void bench_target_one(const char *name, double value, const char *unit, bool at_least, double target);

/* bench_keep: a result that the compiler must not find unused. */
static inline void bench_keep(const void *p)
{
    __asm__ volatile("" : : "g"(p) : "memory");
}

#endif
