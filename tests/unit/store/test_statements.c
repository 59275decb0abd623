/* SPDX-License-Identifier: Apache-2.0
 * Statements, outbox, tasks, requests and the inbox. */
#include "fixture.h"

#include "store/ids.h"
#include "store/item.h"
#include "store/request.h"
#include "store/statement.h"

static enum err show_statement(const struct statement_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s/%s:%s:%s ", r->iss, r->id, r->kind, statement_direction_name(r->direction));
}

static enum err show_outbox(const struct outbox_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s:%s:%s:%s:%s ", r->partner, r->statement, outbox_route_name(r->route),
               outbox_state_name(r->state), r->error);
}

static enum err show_task(const struct task_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s:%s ", r->kind, r->subject);
}

static enum err show_request(const struct request_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s:%s ", r->id, request_state_name(r->state));
}

static enum err show_request_portion(const struct request_portion_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%u:%s:%s ", r->n, r->portion, request_portion_state_name(r->state));
}

static enum err show_item(const struct item_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s ", r->id);
}

static void statements(void)
{
    struct statement_row s = { .iss = "a.example",
                               .id = "s1",
                               .digest = { 1 },
                               .kind = "share",
                               .report = "r1",
                               .at_ms = 10,
                               .jws = "j1" };
    uint32_t generation;
    uint64_t idx;
    good(store_statement_add(db, &s, &f));
    bad(store_statement_add(db, &s, &f), E_CONFLICT);
    bad(store_statement_entry(db, "a.example", "s1", &generation, &idx, &f), E_NOT_FOUND);
    good(store_statement_entered(db, "a.example", "s1", 2, 41, &f));
    bad(store_statement_entered(db, "a.example", "s1", 2, 42, &f), E_CONFLICT);
    good(store_statement_entry(db, "a.example", "s1", &generation, &idx, &f));
    ok(generation == 2 && idx == 41, "the place of a statement: %u/%llu", generation,
       (unsigned long long)idx);
    s = (struct statement_row){ .iss = "b.example",
                                .id = "s1",
                                .digest = { 2 },
                                .kind = "request",
                                .direction = STATEMENT_TAKEN,
                                .report = "r1",
                                .at_ms = 20,
                                .jws = "j2",
                                .ack = "ack" };
    good(store_statement_add(db, &s, &f));
    s.id = "s3";
    s.report = "";
    s.at_ms = 15;
    good(store_statement_add(db, &s, &f));
    good(store_statement_set_ack(db, "b.example", "s3", "later", &f));
    bad(store_statement_set_ack(db, "b.example", "s9", "later", &f), E_NOT_FOUND);
    reopen();
    AUTO(store_statement_clear) struct statement_row got = { 0 }, by = { 0 };
    good(store_statement_get(db, "b.example", "s3", &got, &f));
    ok(got.direction == STATEMENT_TAKEN && got.digest[0] == 2 && strcmp(got.ack, "later") == 0 &&
           strcmp(got.jws, "j2") == 0 && strcmp(got.ref, "") == 0,
       "a statement's content");
    uint8_t digest[32] = { 1 }, other[32] = { 9 };
    good(store_statement_by_digest(db, digest, &by, &f));
    is_str(by.iss, "a.example", "by digest");
    bad(store_statement_by_digest(db, other, &by, &f), E_NOT_FOUND);
    shows(store_statement_list(db, "r1", NULL, show_statement, &line, &f),
          "a.example/s1:share:made b.example/s1:request:taken ");
    shows(store_statement_list(db, "r1", "request", show_statement, &line, &f),
          "b.example/s1:request:taken ");
    shows(store_statement_list_kind(db, "request", 0, 1, show_statement, &line, &f),
          "b.example/s3:request:taken ");
    shows(store_statement_list_kind(db, "request", 16, 9, show_statement, &line, &f),
          "b.example/s1:request:taken ");
}

static void outbox(void)
{
    struct outbox_row o = { .partner = "b.example",
                            .iss = "a.example",
                            .statement = "s1",
                            .route = OUTBOX_PACKAGES,
                            .generation = 1,
                            .idx = 5,
                            .queued_ms = 100 };
    AUTO(store_outbox_clear) struct outbox_row got = { 0 }, kept = { 0 };
    bad(store_outbox_next(db, "b.example", 1, 100, &got, &f), E_NOT_FOUND);
    good(store_outbox_put(db, &o, &f));
    good(store_outbox_put(db, &o, &f));
    o.iss = "b.example";
    o.idx = 2;
    o.queued_ms = 120;
    o.route = OUTBOX_STATEMENTS;
    good(store_outbox_put(db, &o, &f));
    o.partner = "c.example";
    good(store_outbox_put(db, &o, &f));
    o.statement = "s99";
    bad(store_outbox_put(db, &o, &f), E_STORE);
    reopen();
    bad(store_outbox_next(db, "b.example", 1, 5, &got, &f), E_NOT_FOUND);
    ok(f.code == E_NOT_FOUND, "the second, though due, waits for the first");
    good(store_outbox_next(db, "c.example", 1, 5, &got, &f));
    store_outbox_clear(&got);
    good(store_outbox_next(db, "b.example", 1, 6, &got, &f));
    ok(got.idx == 5 && got.route == OUTBOX_PACKAGES && got.queued_ms == 100, "the first, once published");
    uint64_t id = got.id, count = 0, oldest = 0;
    store_outbox_clear(&got);
    good(store_outbox_next(db, "b.example", 2, 0, &got, &f));
    ok(got.id == id, "an earlier generation is published");
    good(store_outbox_pending(db, "b.example", &count, &oldest, &f));
    ok(count == 2 && oldest == 100, "two wait");
    good(store_outbox_set_error(db, id, "refused connection", &f));
    shows(store_outbox_list(db, "a.example", "s1", show_outbox, &line, &f),
          "b.example:s1:packages:queued:refused connection ");
    good(store_outbox_set_acked(db, id, 200, "the ack", &f));
    bad(store_outbox_set_acked(db, 999, 200, "the ack", &f), E_NOT_FOUND);
    bad(store_outbox_set_error(db, 999, "x", &f), E_NOT_FOUND);
    bad(store_outbox_set_failed(db, 999, "x", &f), E_NOT_FOUND);
    store_outbox_clear(&got);
    good(store_outbox_next(db, "b.example", 1, 5, &got, &f));
    good(store_outbox_set_failed(db, got.id, "not taken", &f));
    bad(store_outbox_next(db, "b.example", 9, 0, &got, &f), E_NOT_FOUND);
    good(store_outbox_pending(db, "b.example", &count, NULL, &f));
    good(store_outbox_pending(db, "b.example", NULL, &oldest, &f));
    ok(count == 0 && oldest == 0, "none waits");
    shows(store_outbox_partners(db, put_id, &line, &f), "/c.example ");
    reopen();
    shows(store_outbox_list(db, "a.example", "s1", show_outbox, &line, &f),
          "b.example:s1:packages:delivered: ");
    shows(store_outbox_list(db, "b.example", "s1", show_outbox, &line, &f),
          "b.example:s1:statements:failed:not taken c.example:s1:statements:queued: ");
    good(store_outbox_get(db, "b.example", "a.example", "s1", &kept, &f));
    ok(kept.acked_ms == 200 && strcmp(kept.ack, "the ack") == 0, "the ack is kept");
}

static void tasks(void)
{
    AUTO(store_task_clear) struct task_row t = { 0 };
    bad(store_task_first(db, 0, &t, &f), E_NOT_FOUND);
    good(store_task_put(db, "seal", "g1", 1, &f));
    good(store_task_put(db, "seal", "g1", 2, &f));
    good(store_task_put(db, "seal", "g2", 3, &f));
    reopen();
    shows(store_task_list(db, 10, show_task, &line, &f), "seal:g1 seal:g2 ");
    shows(store_task_list(db, 1, show_task, &line, &f), "seal:g1 ");
    good(store_task_first(db, 0, &t, &f));
    uint64_t id = t.id;
    ok(strcmp(t.subject, "g1") == 0 && t.made_ms == 1, "the oldest, unchanged");
    store_task_clear(&t);
    good(store_task_first(db, id, &t, &f));
    is_str(t.subject, "g2", "the one after");
    good(store_task_delete(db, id, &f));
    bad(store_task_delete(db, id, &f), E_NOT_FOUND);
    shows(store_task_list(db, 10, show_task, &line, &f), "seal:g2 ");
}

static void requests(void)
{
    struct request_row r = { .id = "q1",
                             .originator = "a.example",
                             .asker = "b.example",
                             .by_person = "bob@b.example",
                             .report = "r1",
                             .to_whom = "c.example",
                             .reason = "aviation",
                             .asked_ms = 10,
                             .due_ms = 100,
                             .generation = 1,
                             .idx = 3 };
    uint64_t due = 0;
    bad(store_request_next_due(db, "a.example", &due, &f), E_NOT_FOUND);
    good(store_request_add(db, &r, &f));
    bad(store_request_add(db, &r, &f), E_CONFLICT);
    r.id = "q2";
    r.due_ms = 50;
    good(store_request_add(db, &r, &f));
    r.id = "q3";
    r.originator = "z.example";
    good(store_request_add(db, &r, &f));
    static const char *const portion[] = { "p2", "p1" };
    for (uint32_t i = 0; i < COUNT(portion); i++)
        good(store_request_portion_add(
            db, &(struct request_portion_row){ .request = "q1", .portion = portion[i], .n = 2 - i }, &f));
    bad(store_request_portion_add(db, &(struct request_portion_row){ .request = "q1", .portion = "p1" }, &f),
        E_CONFLICT);
    reopen();
    good(store_request_next_due(db, "a.example", &due, &f));
    ok(due == 50, "the earliest deadline");
    shows(store_request_list_due(db, "a.example", 99, show_request, &line, &f), "q2:open ");
    shows(store_request_list_due(db, "a.example", 100, show_request, &line, &f), "q2:open q1:open ");
    good(store_request_silence(db, "q2", REQUEST_OPEN, 60, &f));
    bad_why(store_request_silence(db, "q2", REQUEST_OPEN, 61, &f), REASON_DECIDED);
    bad(store_request_silence(db, "q9", REQUEST_OPEN, 61, &f), E_NOT_FOUND);
    good(store_request_decide(db, "q3", REQUEST_WITHDRAWN, "bob@b.example", 61, "", &f));
    bad_why(store_request_silence(db, "q3", REQUEST_OPEN, 62, &f), REASON_WITHDRAWN);
    good(store_request_silence(db, "q3", REQUEST_WITHDRAWN, 62, &f));
    bad_why(store_request_decide(db, "q3", REQUEST_GRANTED, "olga@a.example", 70, "", &f), REASON_WITHDRAWN);
    bad(store_request_decide(db, "q9", REQUEST_GRANTED, "olga@a.example", 70, "", &f), E_NOT_FOUND);
    good(store_request_decide(db, "q1", REQUEST_GRANTED, "olga@a.example", 80, "only 1", &f));
    good(store_request_portion_set_state(db, "q1", "p1", REQUEST_PORTION_GRANTED, &f));
    good(store_request_portion_set_state(db, "q1", "p2", REQUEST_PORTION_DENIED, &f));
    bad(store_request_portion_set_state(db, "q1", "p3", REQUEST_PORTION_DENIED, &f), E_NOT_FOUND);
    reopen();
    AUTO(store_request_clear) struct request_row got = { 0 };
    good(store_request_get(db, "q1", &got, &f));
    ok(got.state == REQUEST_GRANTED && got.decided_ms == 80 &&
           strcmp(got.decided_by, "olga@a.example") == 0 && strcmp(got.note, "only 1") == 0 && got.idx == 3 &&
           got.due_ms == 100,
       "a decided request");
    shows(store_request_portion_list(db, "q1", show_request_portion, &line, &f), "1:p1:granted 2:p2:denied ");
    shows(store_request_list(db, "a.example", "r1", show_request, &line, &f), "q1:granted q2:silent ");
    good(store_request_decide(db, "q2", REQUEST_DENIED, "olga@a.example", 90, "late", &f));
    bad_why(store_request_decide(db, "q2", REQUEST_GRANTED, "olga@a.example", 91, "", &f), REASON_DECIDED);
    store_request_clear(&got);
    good(store_request_get(db, "q2", &got, &f));
    ok(got.state == REQUEST_DENIED && got.silent_ms == 60, "a late decision: silent, and denied");
    good(store_request_settle(db, "q3", REQUEST_GRANTED, "olga@z.example", 92, "", &f));
    bad_why(store_request_settle(db, "q3", REQUEST_DENIED, "olga@z.example", 93, "", &f), REASON_DECIDED);
    good(store_request_add(
        db,
        &(struct request_row){
            .id = "q4", .originator = "z.example", .report = "r2", .state = REQUEST_WITHDRAWN },
        &f));
    shows(store_request_list_state(db, REQUEST_OPEN, 9, show_request, &line, &f), "");
    shows(store_request_list_state(db, REQUEST_WITHDRAWN, 9, show_request, &line, &f), "q4:withdrawn ");
    struct ids ids;
    good(store_ids(db, IDS_REQUEST, "q2", "q3", &ids, &f));
    ok(ids.count == 2 && strcmp(ids.id[0], "q2") == 0 && strcmp(ids.id[1], "q3") == 0, "their ids");
}

static void items(void)
{
    static const struct item_row rows[] = {
        { .id = "i1", .kind = "alert", .audience = "officer", .at_ms = 10, .ref = "x" },
        { .id = "i2", .kind = "delivery", .audience = "reader", .at_ms = 20, .ref = "y" },
        { .id = "i3", .kind = "request", .audience = "officer", .at_ms = 5, .due_ms = 90, .ref = "q1" },
        { .id = "i4", .kind = "request", .audience = "officer", .at_ms = 6, .due_ms = 80, .ref = "q2" },
        { .id = "i5", .kind = "decision", .audience = "bob@b.example", .at_ms = 30, .ref = "q1" },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        good(store_item_add(db, &rows[i], &f));
    bad(store_item_add(db, &rows[0], &f), E_CONFLICT);
    reopen();
    const char *const officer[] = { "olga@a.example", "officer", "reader" }, *const bob[] = {
        "bob@b.example"
    };
    shows(store_item_list(db, officer, 3, false, 0, 10, show_item, &line, &f), "i4 i3 i2 i1 ");
    shows(store_item_list(db, officer, 3, false, 0, 2, show_item, &line, &f), "i4 i3 ");
    shows(store_item_list(db, officer, 3, false, 10, 9, show_item, &line, &f), "i2 i1 ");
    shows(store_item_list(db, bob, 1, false, 0, 9, show_item, &line, &f), "i5 ");
    good(store_item_done(db, "q1", "request", 100, &f));
    shows(store_item_list(db, bob, 1, false, 0, 9, show_item, &line, &f), "i5 ");
    shows(store_item_list(db, officer, 3, false, 0, 9, show_item, &line, &f), "i4 i2 i1 ");
    shows(store_item_list(db, officer, 3, true, 0, 9, show_item, &line, &f), "i4 i2 i1 i3 ");
    good(store_item_done(db, "q1", NULL, 110, &f));
    shows(store_item_list(db, bob, 1, false, 0, 9, show_item, &line, &f), "");
    good(store_item_done(db, "nothing", NULL, 110, &f));
    good(store_item_done_id(db, "i1", 120, &f));
    good(store_item_done_id(db, "i1", 130, &f));
    bad(store_item_done_id(db, "i9", 130, &f), E_NOT_FOUND);
    reopen();
    AUTO(store_item_clear) struct item_row got = { 0 };
    good(store_item_get(db, "i1", &got, &f));
    ok(got.done_ms == 120, "when it was done first");
}

int main(void)
{
    begin();
    statements();
    outbox();
    tasks();
    requests();
    items();
    return end();
}
