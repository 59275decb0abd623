/* SPDX-License-Identifier: Apache-2.0 - leave that is taken back while a key request is under way: what is entered after that is no
 * briefing */
#include <pthread.h>
#include <unistd.h>

#include "flow.h"

#include "store/leaf.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER", "One." },
};

#define BOB "bob@birch.example"

/* What comes between the decision on a request and its entry: the linker sends brief.c here. */
static void (*between)(void);
enum err __real_writer_run_until(struct writer *w, writer_job job, bool (*done)(const void *), void *ctx,
                                 struct fail *f);
enum err __wrap_writer_run_until(struct writer *w, writer_job job, bool (*done)(const void *), void *ctx,
                                 struct fail *f);
enum err __wrap_writer_run_until(struct writer *w, writer_job job, bool (*done)(const void *), void *ctx,
                                 struct fail *f)
{
    void (*once)(void) = between;
    between = NULL;
    if (once)
        once();
    return __real_writer_run_until(w, job, done, ctx, f);
}

static bool is_briefed(const char *portion)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *name = str_format("alder.example/%s", portion);
    uint32_t generation;
    uint64_t idx;
    struct fail f = { 0 };
    return store_read_begin(alder->store, &db, &f) == OK &&
           store_briefing_pick(db, name, BOB, true, &generation, &idx, &f) == OK;
}

static void tried(const char *name, void (*meanwhile)(void), enum err err, enum reason reason)
{
    const char *wanted[] = { ids[1] };
    struct opened o;
    between = meanwhile;
    open_at(birch, BOB, bob, wanted, 1, bob, &o);
    if (ok(o.err == OK && o.answer.count == 1, "%s: answered: %s", name, o.fail.what))
        ok(o.answer.results[0].err == err && o.answer.results[0].reason == reason, "%s: %s", name,
           reason_code(o.answer.results[0].reason));
    ok(is_briefed(ids[1]) == (err == OK), "%s: the ledger says what was done", name);
    brief_answer_clear(&o.answer);
}

static enum err recall_it(struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    return do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "recall", NULL, ids[1], NULL, &answer, f);
}

static void recall(void)
{
    struct fail f = { 0 };
    ok(recall_it(&f) == OK, "olga recalls it meanwhile: %s", f.what);
}

static void suspend(void)
{
    struct fail f = { 0 };
    ok(people_suspend(birch, BOB, NULL, &f) == OK && deliver(birch, alder) == 1,
       "birch suspends bob meanwhile, and alder hears of it: %s", f.what);
}

static void resume(void)
{
    struct fail f = { 0 };
    test_clock_ms++;
    ok(people_resume(birch, BOB, &f) == OK && deliver(birch, alder) == 1, "and resumes him: %s", f.what);
}

static void revoke_key(void)
{
    char thumbprint[THUMBPRINT_SIZE];
    struct fail f = { 0 };
    ok(key_thumbprint(bob, thumbprint, &f) == OK && people_suspend(birch, BOB, thumbprint, &f) == OK &&
           deliver(birch, alder) == 1,
       "birch revokes bob's key meanwhile, and alder hears of it: %s", f.what);
}

static void nothing(void)
{
}

static enum err count_recall(const struct statement_row *row, void *ctx, struct fail *f)
{
    (void)f;
    *(unsigned *)ctx += strcmp(row->report, report) == 0;
    return OK;
}

static unsigned recalls(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    unsigned count = 0;
    struct fail f = { 0 };
    return store_read_begin(alder->store, &db, &f) == OK &&
                   store_statement_list(db, report, "recall", count_recall, &count, &f) == OK
               ? count
               : 0;
}

/* On a thread of its own: olga's answer waits for whoever seals, what she did does not. */
static pthread_t other;
static bool other_runs;

static void *recall_thread(void *arg)
{
    struct fail f = { 0 };
    return recall_it(&f) == OK ? arg : NULL;
}

static void recall_beside(void)
{
    other_runs = ok(pthread_create(&other, NULL, recall_thread, ids) == 0, "another thread");
    for (int i = 0; i < 500 && recalls() == 0; i++)
        usleep(10000);
    ok(recalls() > 0, "it was recalled before it was sealed");
}

/* A grant is sealed after it was made, maybe after a crash: here comes what happens between. */
static void (*before_sealing)(void);
enum err __real_act_seal_granted(struct node *n, const char *id, uint64_t task, struct fail *f);
enum err __wrap_act_seal_granted(struct node *n, const char *id, uint64_t task, struct fail *f);
enum err __wrap_act_seal_granted(struct node *n, const char *id, uint64_t task, struct fail *f)
{
    void (*once)(void) = before_sealing;
    before_sealing = NULL;
    if (once)
        once();
    return __real_act_seal_granted(n, id, task, f);
}

static void granted_and_recalled(void (*meanwhile)(void), bool opens)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    const char *wanted[] = { ids[1] };
    struct opened o;
    struct fail f = { 0 };
    ok(do_act(birch, BOB, ROLE_READER, bob, "request", NULL, ids[1], request_body("cedar.example"), &asked,
              &f) == OK &&
           deliver(birch, alder) == 1,
       "bob asks: %s", f.what);
    before_sealing = meanwhile;
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant",
              json_string_value(json_object_get(asked, "request")), ids[1], NULL, &answer, &f) == OK,
       "olga grants: %s", f.what);
    void *recalled = NULL;
    ok(!other_runs || (pthread_join(other, &recalled) == 0 && recalled), "and so did olga's recall");
    other_runs = false;
    deliver(alder, birch);
    deliver(alder, cedar);
    open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
    if (ok(o.err == OK && o.answer.count == 1, "cyd asks for the key: %s", o.fail.what))
        ok((o.answer.results[0].err == OK) == opens, "cyd %s it: %s", opens ? "opens" : "does not open",
           reason_code(o.answer.results[0].reason));
    brief_answer_clear(&o.answer);
}

/* What was recalled before is told first. */
static void share_again(void)
{
    deliver(alder, birch);
    flow_share();
}

int main(void)
{
    char dir[] = "/tmp/orcon-race-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    share_again();
    tried("recalled", recall, E_NOT_RELEASED, REASON_RECALLED);
    share_again();
    tried("suspended", suspend, E_REFUSED, REASON_SUSPENDED_PERSON);
    resume();
    tried("nothing happened", nothing, OK, REASON_RELEASED);
    share_again();
    granted_and_recalled(nothing, true);
    share_again();
    granted_and_recalled(recall_beside, false);
    share_again();
    tried("revoked", revoke_key, E_REFUSED, REASON_SUSPENDED_DEVICE);
    flow_end(dir);
    return tap_done();
}
