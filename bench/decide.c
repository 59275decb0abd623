/* SPDX-License-Identifier: Apache-2.0
 * bench/decide - the decision on one key, with its inputs at hand, and what it takes to look them up among many releases.
 *   --full   up to 10^6 releases instead of 10^5 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/name.h"
#include "bench.h"
#include "crypto/hash.h"
#include "policy/decide.h"
#include "store/report.h"
#include "store/writer.h"

#define ROUNDS    9
#define DECISIONS 200000
#define LOOKUPS   20000
#define BATCH     1000 /* rows a transaction */

/* The decision ------------------------------------------------------------------------------------------- */

static const char *const read_in[] = { "alder.example/OTHER", "alder.example/SOURCE" };

static const struct {
    const char *name, *mark;
    enum policy_outcome outcome;
} rows[] = {
    { "decide: TLP:GREEN", "TLP:GREEN", POLICY_ALLOW },
    { "decide: TLP:AMBER//ORCON", "TLP:AMBER//ORCON", POLICY_ALLOW },
    { "decide: compartment, ORCON, REL TO", "TLP:RED//alder.example/SOURCE//ORCON//REL TO birch.example",
      POLICY_ALLOW },
    { "decide: not read in", "TLP:RED//alder.example/THIRD//ORCON", POLICY_ASK },
};

static double decide_once(const struct policy_input *in, enum policy_outcome want)
{
    double start = bench_thread_cpu();
    for (size_t i = 0; i < DECISIONS; i++) {
        struct policy_result r = { 0 };
        policy_read(in, &r);
        if (r.outcome != want)
            BUG("another decision than the one to be measured");
        policy_result_clear(&r);
    }
    return (bench_thread_cpu() - start) / DECISIONS * 1e6;
}

static void decide(void)
{
    for (size_t k = 0; k < COUNT(rows); k++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        struct bench_series us = { 0 };
        struct fail f = { 0 };
        bench_must(marking_read(rows[k].mark, &mark, &f), &f);
        const struct policy_input in = {
            .marks = &mark,
            .mark_count = 1,
            .originator = "alder.example",
            .now_ms = 1772442000000,
            .release = { .exists = true, .granted = true, .named = true, .from_ms = 1 },
            .asker = { .home = "birch.example",
                       .person = POLICY_ACTIVE,
                       .device = POLICY_ACTIVE,
                       .partner = POLICY_ACTIVE,
                       .person_id = "bob@birch.example",
                       .clearance = "",
                       .read_in = read_in,
                       .read_in_count = COUNT(read_in) },
            .copy_holder = "birch.example",
        };
        for (int i = 0; i < ROUNDS; i++)
            bench_add(&us, decide_once(&in, rows[k].outcome));
        bench_target(rows[k].name, &us, "us", false, 1);
    }
}

/* The lookup --------------------------------------------------------------------------------------------- */

/* Ids that can be made again from their number, in no order that an index would like. */
static void id_of(uint64_t number, const char *kind, char out[static UUID_TEXT])
{
    uint8_t h[HASH_LEN];
    const struct bytes parts[] = { bytes_str(kind), BYTES(&number, sizeof number) };
    hash_sha256_parts(parts, COUNT(parts), h);
    snprintf(out, UUID_TEXT, "%02x%02x%02x%02x-%02x%02x-4%x%02x-8%x%02x-%02x%02x%02x%02x%02x%02x", h[0], h[1],
             h[2], h[3], h[4], h[5], h[6] & 15, h[7], h[8] & 15, h[9], h[10], h[11], h[12], h[13], h[14],
             h[15]);
}

struct span {
    uint64_t from, to;
};

static enum err add_one(struct db *db, uint64_t number, struct fail *f)
{
    static const char manifest[] = "{}";
    char report[UUID_TEXT], portion[UUID_TEXT], policy[UUID_TEXT];
    uint32_t n = (uint32_t)(number % 10);
    id_of(number / 10, "report", report);
    id_of(number, "portion", portion);
    id_of(number, "policy", policy);
    if (n == 0) {
        const struct report_row row = {
            .id = report, .author = "amy@alder.example", .banner = "TLP:AMBER", .shared_ms = 1, .act = "-"
        };
        TRY(store_report_add(db, &row, f));
    }
    const struct portion_row p = {
        .id = portion, .report = report, .n = n, .mark = "TLP:AMBER", .manifest = bytes_str(manifest)
    };
    const struct copy_row c = { .policy = policy,
                                .portion = portion,
                                .holder = "birch.example",
                                .manifest = bytes_str(manifest),
                                .share = report,
                                .made_ms = 1 };
    const struct release_row r = { .portion = portion,
                                   .holder = "birch.example",
                                   .from_ms = 1,
                                   .statement = report,
                                   .generation = 1,
                                   .idx = number };
    TRY(store_portion_add(db, &p, BYTES("x", 1), f));
    TRY(store_copy_add(db, &c, NULL, f));
    return store_release_add(db, &r, NULL, f);
}

static enum err add_span(struct db *db, void *ctx, struct fail *f)
{
    const struct span *s = ctx;
    for (uint64_t i = s->from; i < s->to; i++)
        TRY(add_one(db, i, f));
    return OK;
}

static enum err count_release(const struct release_row *r, void *ctx, struct fail *f)
{
    (void)r;
    (void)f;
    ++*(size_t *)ctx;
    return OK;
}

/* What a key request asks the store before it is decided. */
static enum err look_up(struct store *s, uint64_t number, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_copy_clear) struct copy_row copy = { 0 };
    char policy[UUID_TEXT];
    size_t releases = 0;
    id_of(number, "policy", policy);
    TRY(store_read_begin(s, &db, f));
    TRY(store_copy_get(db, policy, &copy, f));
    TRY(store_release_list(db, copy.portion, "birch.example", count_release, &releases, f));
    return releases == 1 ? OK : fail_set(f, E_STORE, "no release");
}

static double look_up_many(struct store *s, uint64_t size)
{
    struct fail f = { 0 };
    uint64_t x = 1;
    double start = bench_thread_cpu();
    for (size_t i = 0; i < LOOKUPS; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        bench_must(look_up(s, (x >> 20) % size, &f), &f);
    }
    return (bench_thread_cpu() - start) / LOOKUPS * 1e6;
}

static void look_ups(uint64_t most)
{
    const char *tmp = getenv("TMPDIR");
    AUTO(str_freep) char *dir = str_format("%s/orcon-bench-XXXXXX", tmp ? tmp : "/var/tmp");
    AUTO(writer_freep) struct writer *w = NULL;
    AUTO(store_freep) struct store *s = NULL;
    struct fail f = { 0 };
    double least = 0, last = 0;
    if (!mkdtemp(dir))
        BUG("no temporary folder");
    AUTO(str_freep) char *path = str_format("%s/store.db", dir);
    bench_must(store_create(path, &f), &f);
    bench_must(store_open(path, &s, &f), &f);
    bench_must(writer_new(s, NULL, &w, &f), &f);
    for (uint64_t size = 1000, done = 0; size <= most; size *= 10) {
        struct bench_series us = { 0 };
        AUTO(str_freep) char *name = str_format("look up among %llu releases", (unsigned long long)size);
        for (; done < size; done += BATCH) {
            struct span span = { done, done + BATCH };
            bench_must(writer_run(w, add_span, &span, &f), &f);
        }
        for (int i = 0; i < ROUNDS; i++)
            bench_add(&us, look_up_many(s, size));
        bench_target(name, &us, "us", false, 10);
        last = bench_median(&us);
        least = least > 0 ? least : last;
    }
    bench_target_one("the last of these / the first", last / least, "", false, 2);
    writer_freep(&w);
    store_freep(&s);
    bench_must(file_remove_tree(dir, &f), &f);
}

int main(int argc, char **argv)
{
    struct bench b;
    bench_start(&b, argc, argv, "the decision on one key, and what it looks up");
    decide();
    look_ups(b.full ? 1000000 : b.quick ? 10000 : 100000);
    return bench_end();
}
