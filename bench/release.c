/* SPDX-License-Identifier: Apache-2.0
 * bench/release - key release by a real node: HTTPS kept alive, DPoP-bound tokens of a partner's readers, P-256, each briefing under a
 * signed checkpoint before its key leaves. Processor time of node, keeper and sealer against the operations that cannot be avoided,
 * measured in turn; and how long a reader waits at half of the load that the machine can take, of which the client has its share.
 *   --rounds N        8
 *   --requests N      300 a round
 *   --connections N   16
 *   --only K          1 first releases, 2 repeated ones, 3 bulk: for a profiler */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "bench.h"
#include "crypto/jose.h"
#include "floor.h"
#include "load.h"
#include "world.h"

#define BULK      100
#define PORTIONS  900 /* a package has room for 1024 entries */
#define READERS   12
#define REWRAP    "/kas.AccessService/Rewrap"
#define FRESH_S   120 /* sign in again after this, well before a token ends */
#define MARK      "TLP:AMBER"
#define FLOOR_RUN 150

struct bench_world {
    struct site alder, birch;
    struct human author, reader[READERS];
    struct copy *copies;
    double signed_in;
    char *session_pem;
    size_t next; /* of the pairs (reader, portion): those before are briefed */
    struct load *load;
    struct floor *floor;
};

/* Requests --------------------------------------------------------------------------------------------- */

static char *request_token(const struct bench_world *w, const struct human *h, size_t first, size_t count)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *body = json_object();
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    json_t *requests = json_array();
    uint64_t now_s = time_now_ms() / 1000;
    json_set_str(body, "clientPublicKey", w->session_pem);
    json_set_take(body, "requests", requests);
    for (size_t i = first; i < first + count; i++)
        json_array_append_new(requests,
                              json_pack("{s:[{s:s,s:O}],s:{s:s,s:s}}", "keyAccessObjects",
                                        "keyAccessObjectId", "kao-0", "keyAccessObject", w->copies[i].object,
                                        "policy", "id", w->copies[i].portion, "body", w->copies[i].policy));
    AUTO(str_freep) char *text = json_text(body);
    json_set_str(claims, "requestBody", text);
    json_set_u64(claims, "iat", now_s);
    json_set_u64(claims, "exp", now_s + 60);
    bench_must(jose_sign(h->key, "", NULL, claims, srt, &f), &f);
    return buf_steal_text(srt);
}

/* One HTTP request of a reader for the portions [first, first + count). */
static void make_job(const struct bench_world *w, size_t reader, size_t first, size_t count, struct job *out)
{
    struct fail f = { 0 };
    const struct human *h = &w->reader[reader];
    AUTO(str_freep) char *srt = request_token(w, h, first, count);
    AUTO(str_freep) char *htu = str_format("%s" REWRAP, w->alder.url);
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    bench_must(jose_make_dpop(h->key, "POST", htu, h->token, time_now_ms(), proof, &f), &f);
    *out = (struct job){ .mark = "\"kasWrappedKey\"", .times = (unsigned)count };
    out->text = str_format("POST " REWRAP " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: "
                           "application/json\r\nAuthorization: DPoP %s\r\nDPoP: %s\r\nContent-Length: "
                           "%zu\r\n\r\n{\"signedRequestToken\":\"%s\"}",
                           w->alder.port, h->token, buf_text(proof), strlen(srt) + 25, srt);
    out->len = strlen(out->text);
}

static void sign_in(struct bench_world *w)
{
    if (w->signed_in > 0 && bench_wall() - w->signed_in < FRESH_S)
        return;
    for (size_t i = 0; i < READERS; i++)
        human_sign_in(&w->reader[i], w->alder.domain);
    w->signed_in = bench_wall();
}

/* A reader's rest of the portions is left over where a request would need more of them. */
static void make_first(struct bench_world *w, size_t portions, struct job *out)
{
    if (w->next % PORTIONS + portions > PORTIONS)
        w->next += PORTIONS - w->next % PORTIONS;
    if (w->next + portions > (size_t)PORTIONS * READERS)
        BUG("no more pairs: fewer rounds or requests");
    make_job(w, w->next / PORTIONS, w->next % PORTIONS, portions, out);
    w->next += portions;
}

static void make_repeated(struct bench_world *w, size_t number, struct job *out)
{
    size_t pair = number * 7919 % w->next;
    make_job(w, pair / PORTIONS, pair % PORTIONS, 1, out);
}

/* Measuring -------------------------------------------------------------------------------------------- */

enum kind { FIRST, REPEATED, MANY };
static const struct {
    const char *name, *ratio;
    void (*least)(struct floor *);
    double target;
    size_t portions;
} kinds[] = {
    [FIRST] = { "first release", "first release: CPU / floor", floor_first_release, 1.5, 1 },
    [REPEATED] = { "repeated release", "repeated release: CPU / floor", floor_repeated_release, 1.5, 1 },
    [MANY] = { "100 portions a request, each", "100 portions a request: CPU / floor", floor_portion_more,
               1.25, BULK },
};

struct spent {
    double process[1 + 8];
};

static struct spent spent(const struct site *s)
{
    struct spent now = { { bench_cpu_of(s->pid) } };
    for (size_t i = 0; i < s->child_count; i++)
        now.process[1 + i] = bench_cpu_of(s->children[i]);
    return now;
}

struct outcome {
    struct bench_series ratio, us, least_us, node_us, keeper_us, rate;
};

/* One round: ${requests} of a kind, as fast as they go, with the floor before and after. */
static void one_round(struct bench_world *w, enum kind kind, size_t requests, struct outcome *out)
{
    struct job *jobs = mem_array(requests, sizeof *jobs);
    sign_in(w);
    for (size_t i = 0; i < requests; i++) {
        if (kind == REPEATED)
            make_repeated(w, i + out->us.count * requests, &jobs[i]);
        else
            make_first(w, kinds[kind].portions, &jobs[i]);
    }
    double least = floor_cost(w->floor, kinds[kind].least, FLOOR_RUN);
    struct spent before = spent(&w->alder);
    double seconds = load_run(w->load, jobs, requests, 0), per[9], all = 0;
    struct spent after = spent(&w->alder);
    least = (least + floor_cost(w->floor, kinds[kind].least, FLOOR_RUN)) / 2;
    double count = (double)(requests * kinds[kind].portions);
    for (size_t i = 0; i < COUNT(per); i++) {
        per[i] = (after.process[i] - before.process[i]) / count * 1e6;
        all += per[i];
    }
    bench_add(&out->ratio, all / (least * 1e6));
    bench_add(&out->us, all);
    bench_add(&out->least_us, least * 1e6);
    bench_add(&out->node_us, per[0]);
    bench_add(&out->keeper_us, per[1]);
    bench_add(&out->rate, count / seconds);
    for (size_t i = 0; i < requests; i++)
        job_clear(&jobs[i]);
    free(jobs);
}

static void say(enum kind kind, const struct outcome *o)
{
    printf("%s\n", kinds[kind].name);
    bench_say("  CPU", &o->us, "us");
    bench_say("    of it: the node", &o->node_us, "us");
    bench_say("    of it: the keeper", &o->keeper_us, "us");
    bench_say("  floor", &o->least_us, "us");
    bench_say("  a second, client on the same machine", &o->rate, "1/s");
    bench_target(kinds[kind].ratio, &o->ratio, "", false, kinds[kind].target);
}

/* First releases at half the rate at which they went when nothing held them back. */
static void wait_at_half(struct bench_world *w, double rate, size_t requests)
{
    struct job *jobs = mem_array(requests, sizeof *jobs);
    double *latency = mem_array(requests, sizeof *latency);
    sign_in(w);
    for (size_t i = 0; i < requests; i++)
        make_first(w, 1, &jobs[i]);
    load_run(w->load, jobs, requests, rate / 2);
    for (size_t i = 0; i < requests; i++) {
        latency[i] = jobs[i].latency * 1e3;
        job_clear(&jobs[i]);
    }
    printf("first releases at %.0f a second, half of the most\n", rate / 2);
    struct bench_series half = { { bench_quantile(latency, requests, 0.5) }, 1 };
    bench_say("  wait, half of them at most", &half, "ms");
    bench_target_one("  wait, 99 of 100 at most", bench_quantile(latency, requests, 0.99), "ms", false, 30);
    free(latency);
    free(jobs);
}

/* Setting up ------------------------------------------------------------------------------------------- */

static void start(struct bench_world *w, const char *program, const char *dir)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *session = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    site_init(&w->alder, program, dir, "alder.example");
    site_init(&w->birch, program, dir, "birch.example");
    site_serve(&w->alder);
    site_serve(&w->birch);
    site_introduce(&w->alder, &w->birch);
    human_enrol(&w->author, &w->alder, "amy@alder.example", "reader,author");
    human_sign_in(&w->author, w->alder.domain);
    for (size_t i = 0; i < READERS; i++) {
        AUTO(str_freep) char *id = str_format("bob%zu@birch.example", i);
        human_enrol(&w->reader[i], &w->birch, id, "reader");
    }
    human_sign_in(&w->reader[0], w->birch.domain);
    w->copies = mem_array(PORTIONS + 1, sizeof *w->copies);
    world_share(&w->author, &w->birch, &w->reader[0], MARK, PORTIONS, w->copies);
    bench_must(key_make(KEY_P256, &session, &f), &f);
    bench_must(key_write_public_pem(session, pem, &f), &f);
    w->session_pem = buf_steal_text(pem);
    w->floor = floor_new();
}

static void finish(struct bench_world *w)
{
    load_close(w->load);
    floor_free(w->floor);
    human_clear(&w->author);
    for (size_t i = 0; i < READERS; i++)
        human_clear(&w->reader[i]);
    for (size_t i = 0; i <= PORTIONS; i++)
        copy_clear(&w->copies[i]);
    free(w->copies);
    free(w->session_pem);
    site_clear(&w->alder);
    site_clear(&w->birch);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct bench_world w = { 0 };
    struct fail f = { 0 };
    const char *tmp = getenv("TMPDIR");
    AUTO(str_freep) char *program = site_program(argv[0]);
    AUTO(str_freep) char *dir = str_format("%s/orcon-bench-XXXXXX", tmp ? tmp : "/var/tmp");
    struct outcome outcome[COUNT(kinds)] = { 0 };
    bench_start(&b, argc, argv, "key release by a node");
    if (!mkdtemp(dir))
        BUG("no temporary folder");
    uint64_t rounds = bench_option(&b, "--rounds", b.quick ? 3 : 8);
    uint64_t requests = bench_option(&b, "--requests", b.quick ? 150 : 300);
    uint64_t only = bench_option(&b, "--only", 0);
    double began = bench_wall();
    start(&w, program, dir);
    printf("set up    in %.1f s: %d portions shared, %d readers; node %d\n", bench_wall() - began, PORTIONS,
           READERS, (int)w.alder.pid);
    w.load = load_open(w.alder.port, (unsigned)bench_option(&b, "--connections", 16));
    one_round(&w, FIRST, 50, &(struct outcome){ 0 }); /* warm */
    for (uint64_t i = 0; i < rounds; i++)
        for (size_t k = 0; k < COUNT(kinds); k++)
            if (!only || only == k + 1)
                one_round(&w, k, k == MANY ? requests / 50 : requests, &outcome[k]);
    for (size_t k = 0; k < COUNT(kinds); k++)
        if (!only || only == k + 1)
            say(k, &outcome[k]);
    if (!only)
        wait_at_half(&w, bench_median(&outcome[FIRST].rate), requests * 3);
    finish(&w);
    bench_must(file_remove_tree(dir, &f), &f);
    return bench_end();
}
