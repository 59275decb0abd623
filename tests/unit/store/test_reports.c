/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "store/held.h"
#include "store/ids.h"
#include "store/report.h"

static enum err show_report(const struct report_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s ", r->id);
}

static enum err show_portion(const struct portion_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%u:%s:%zu ", r->n, r->id, r->manifest.len);
}

static enum err show_copy(const struct copy_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s:%s/%u:%s ", r->policy, r->report, r->n, r->holder);
}

static enum err show_release(const struct release_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s/%u:%s:%s:%llu:%llu ", r->report, r->n, r->holder, r->person,
               (unsigned long long)r->until_ms, (unsigned long long)r->recalled_ms);
}

static enum err show_held(const struct held_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s/%s:%s%s ", r->originator, r->report, r->share, r->stray ? "!" : "");
}

static enum err show_held_portion(const struct held_portion_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%u:%s:%s ", r->n, r->portion, r->share);
}

static enum err stop(const struct report_row *r, void *ctx, struct fail *fail)
{
    ++*(int *)ctx;
    return fail_set(fail, E_REFUSED, "stopped at %s", r->id);
}

static void reports(void)
{
    struct report_row r = {
        .id = "r1", .author = "amy@a", .banner = "TLP:RED", .shared_ms = 10, .act = "x.y.z"
    };
    good(store_report_add(db, &r, &f));
    bad(store_report_add(db, &r, &f), E_CONFLICT);
    r.id = "r2";
    r.shared_ms = 20;
    good(store_report_add(db, &r, &f));
    r.id = "r3";
    good(store_report_add(db, &r, &f));
    reopen();
    shows(store_report_list(db, UINT64_MAX, 0, show_report, &line, &f), "r3 r2 r1 ");
    shows(store_report_list(db, 1, 1, show_report, &line, &f), "r2 ");
    AUTO(store_report_clear) struct report_row got = { 0 };
    good(store_report_get(db, "r1", &got, &f));
    ok(strcmp(got.author, "amy@a") == 0 && strcmp(got.banner, "TLP:RED") == 0 && got.shared_ms == 10 &&
           strcmp(got.act, "x.y.z") == 0,
       "a report's content");
    int rows = 0;
    bad(store_report_list(db, 10, 0, stop, &rows, &f), E_REFUSED);
    ok(rows == 1, "a list stops at the first error");
    shows(store_report_list(db, 1, 0, show_report, &line, &f), "r3 ");
}

static void portions(void)
{
    struct portion_row p = {
        .id = "p1", .report = "r1", .n = 1, .mark = "TLP:RED", .manifest = BYTES("{}", 2)
    };
    good(store_portion_add(db, &p, BYTES("sealed\0bytes", 12), &f));
    bad(store_portion_add(db, &p, BYTES("x", 1), &f), E_CONFLICT);
    p.id = "p9";
    bad(store_portion_add(db, &p, BYTES("x", 1), &f), E_CONFLICT);
    p.report = "nothing";
    bad(store_portion_add(db, &p, BYTES("x", 1), &f), E_STORE);
    p = (struct portion_row){ .id = "p0", .report = "r1", .n = 0, .mark = "TLP:CLEAR", .clear = true };
    good(store_portion_add(db, &p, BYTES("title", 5), &f));
    p = (struct portion_row){ .id = "p2", .report = "r1", .n = 2, .mark = "TLP:RED" };
    good(store_portion_add(db, &p, BYTES("", 0), &f));
    reopen();
    shows(store_portion_list(db, "r1", show_portion, &line, &f), "0:p0:0 1:p1:2 2:p2:0 ");
    AUTO(store_portion_clear) struct portion_row got = { 0 };
    good(store_portion_get(db, "p0", &got, &f));
    ok(got.clear && got.n == 0 && strcmp(got.mark, "TLP:CLEAR") == 0, "the title");
    AUTO(buf_freep) struct buf *payload = NULL, *empty = NULL;
    good(store_portion_payload(db, "p1", &payload, &f));
    ok(payload && bytes_equal(bytes_of(payload), BYTES("sealed\0bytes", 12)), "its payload");
    good(store_portion_payload(db, "p2", &empty, &f));
    ok(empty && empty->len == 0, "an empty payload");
    bad(store_portion_payload(db, "p7", &payload, &f), E_NOT_FOUND);
}

static void copies(void)
{
    struct copy_row c = { .policy = "m1",
                          .portion = "p1",
                          .holder = "a.example",
                          .wrapped_sha = { 1 },
                          .policy_sha = { 2 },
                          .binding_sha = { 3 },
                          .manifest = BYTES("man", 3),
                          .commitment = { 4 },
                          .made_ms = 5 };
    struct bytes payload = BYTES("copy", 4);
    good(store_copy_add(db, &c, NULL, &f));
    bad(store_copy_add(db, &c, NULL, &f), E_CONFLICT);
    c.policy = "c1";
    c.holder = "b.example";
    c.share = "s1";
    good(store_copy_add(db, &c, &payload, &f));
    c.policy = "c2";
    c.portion = "p2";
    good(store_copy_add(db, &c, &payload, &f));
    c.policy = "c3";
    c.share = "s2";
    c.holder = "c.example";
    good(store_copy_add(db, &c, &payload, &f));
    c.portion = "p99";
    c.policy = "c4";
    bad(store_copy_add(db, &c, &payload, &f), E_STORE);
    good(store_copy_drop_payloads(db, "s1", &f));
    reopen();
    AUTO(store_copy_clear) struct copy_row got = { 0 }, master = { 0 };
    good(store_copy_get(db, "c1", &got, &f));
    ok(got.wrapped_sha[0] == 1 && got.policy_sha[0] == 2 && got.binding_sha[0] == 3 &&
           got.commitment[0] == 4 && got.made_ms == 5 && bytes_equal(got.manifest, BYTES("man", 3)) &&
           strcmp(got.share, "s1") == 0,
       "what is registered of a copy");
    ok(strcmp(got.report, "r1") == 0 && got.n == 1 && strcmp(got.mark, "TLP:RED") == 0 && !got.clear,
       "and whose portion it is");
    bad(store_copy_get(db, "c9", &got, &f), E_NOT_FOUND);
    good(store_copy_master(db, "p1", &master, &f));
    is_str(master.policy, "m1", "the master");
    shows(store_copy_list(db, "p1", show_copy, &line, &f), "m1:r1/1:a.example c1:r1/1:b.example ");
    shows(store_copy_list_share(db, "s1", show_copy, &line, &f), "c1:r1/1:b.example c2:r1/2:b.example ");
    shows(store_copy_list_report(db, "r1", show_copy, &line, &f),
          "m1:r1/1:a.example c1:r1/1:b.example c2:r1/2:b.example c3:r1/2:c.example ");
    AUTO(buf_freep) struct buf *kept = NULL;
    good(store_copy_payload(db, "c3", &kept, &f));
    ok(kept && bytes_equal(bytes_of(kept), payload), "a payload that was not acked");
    bad(store_copy_payload(db, "c1", &kept, &f), E_NOT_FOUND);
    bad(store_copy_payload(db, "m1", &kept, &f), E_NOT_FOUND);
}

static void releases(void)
{
    struct release_row r = { .portion = "p1",
                             .holder = "b.example",
                             .from_ms = 1,
                             .note = "n",
                             .statement = "s1",
                             .generation = 1,
                             .idx = 4 };
    uint64_t first = 0, second = 0, count = 0;
    good(store_release_add(db, &r, &first, &f));
    r.person = "bob@b.example";
    good(store_release_add(db, &r, &second, &f));
    ok(first != second, "each has its id");
    r.holder = "a.example";
    r.person = "";
    good(store_release_add(db, &r, NULL, &f));
    r.holder = "c.example";
    good(store_release_add(db, &r, NULL, &f));
    r.portion = "p2";
    good(store_release_add(db, &r, NULL, &f));
    r.portion = "p77";
    bad(store_release_add(db, &r, NULL, &f), E_STORE);
    good(store_release_end(db, second, 90, &f));
    bad(store_release_end(db, 12345, 90, &f), E_NOT_FOUND);
    shows(store_release_list(db, "p1", "b.example", show_release, &line, &f),
          "r1/1:b.example::0:0 r1/1:b.example:bob@b.example:90:0 ");
    good(store_release_recall(db, "p1", "c.example", NULL, 50, &count, &f));
    ok(count == 1, "one holder's");
    good(store_release_recall(db, "p1", NULL, "a.example", 60, &count, &f));
    ok(count == 2, "all others', but not what was recalled before");
    reopen();
    shows(store_release_list_report(db, "r1", show_release, &line, &f),
          "r1/1:b.example::0:60 r1/1:b.example:bob@b.example:90:60 r1/1:a.example::0:0 r1/1:c.example::0:50 "
          "r1/2:c.example::0:0 ");
}

static void hold(const char *share, const char *report, bool stray, uint64_t at, const char *const *portions)
{
    good(store_held_add(db,
                        &(struct held_row){ .originator = "o.example",
                                            .share = share,
                                            .report = report,
                                            .audience = "a.example",
                                            .banner = "TLP:AMBER",
                                            .stray = stray,
                                            .received_ms = at,
                                            .jws = "h.p.s" },
                        &f));
    for (; *portions; portions++)
        good(store_held_portion_add(db,
                                    &(struct held_portion_row){ .originator = "o.example",
                                                                .share = share,
                                                                .portion = *portions,
                                                                .n = (uint32_t)((*portions)[1] - '0'),
                                                                .mark = "TLP:AMBER" },
                                    BYTES(share, strlen(share)), &f));
}

static void held(void)
{
    hold("h1", "q1", false, 100, (const char *const[]){ "q1", "q2", NULL });
    hold("h2", "q1", false, 100, (const char *const[]){ "q2", "q3", NULL });
    hold("h3", "q1", true, 300, (const char *const[]){ "q1", "q4", NULL });
    hold("h4", "q2", true, 50, (const char *const[]){ "q9", NULL });
    bad(store_held_add(db, &(struct held_row){ .originator = "o.example", .share = "h1" }, &f), E_CONFLICT);
    struct held_portion_row orphan = { .originator = "o.example", .share = "h9", .portion = "q1" };
    bad(store_held_portion_add(db, &orphan, BYTES("x", 1), &f), E_STORE);
    reopen();
    struct ids ids;
    AUTO(store_held_clear) struct held_row got = { 0 }, stray = { 0 }, by_id = { 0 };
    good(store_held_newest(db, "o.example", "q1", &got, &f));
    is_str(got.share, "h2", "the newest share of it");
    good(store_held_stray(db, "o.example", "q1", &stray, &f));
    is_str(stray.share, "h3", "the newest stray one");
    bad(store_held_newest(db, "o.example", "q2", &got, &f), E_NOT_FOUND);
    good(store_held_get(db, "o.example", "h1", &by_id, &f));
    ok(by_id.received_ms == 100 && !by_id.stray && strcmp(by_id.jws, "h.p.s") == 0, "a share's content");
    shows(store_held_list(db, 10, 0, show_held, &line, &f), "o.example/q1:h2 o.example/q2:h4! ");
    shows(store_held_list(db, 10, 1, show_held, &line, &f), "o.example/q2:h4! ");
    shows(store_held_list_report(db, "o.example", "q1", show_held, &line, &f),
          "o.example/q1:h3! o.example/q1:h2 o.example/q1:h1 ");
    shows(store_held_origin(db, "q1", put_id, &line, &f), "o.example/q1 ");
    good(store_ids(db, IDS_REPORT, "q2", "r2", &ids, &f));
    ok(ids.count == 3 && strcmp(ids.id[0], "q2") == 0 && strcmp(ids.id[1], "r1") == 0 &&
           strcmp(ids.id[2], "r2") == 0,
       "the ids in a range, ours and held");
    good(store_ids(db, IDS_REPORT, "q1", "q1", &ids, &f));
    ok(ids.count == 1 && strcmp(ids.id[0], "q1") == 0, "one that is held by three shares, once");
    good(store_ids(db, IDS_REPORT, "q3", "qz", &ids, &f));
    ok(ids.count == 0, "nothing between");
    good(store_ids(db, IDS_REPORT, "", "z", &ids, &f));
    ok(ids.count == IDS_MAX && strcmp(ids.id[IDS_MAX - 1], "r3") == 0, "no more than are wanted");
    shows(store_held_portion_list(db, "o.example", "h3", show_held_portion, &line, &f), "1:q1:h3 4:q4:h3 ");
    shows(store_held_portion_merged(db, "o.example", "q1", show_held_portion, &line, &f),
          "1:q1:h1 2:q2:h2 3:q3:h2 ");
    AUTO(store_held_portion_clear) struct held_portion_row portion = { 0 };
    good(store_held_portion_get(db, "o.example", "h2", "q3", &portion, &f));
    ok(portion.n == 3 && !portion.clear, "one portion");
    AUTO(buf_freep) struct buf *content = NULL;
    good(store_held_portion_content(db, "o.example", "h2", "q3", &content, &f));
    is_str(content ? buf_text(content) : NULL, "h2", "its content");
}

int main(void)
{
    begin();
    reports();
    portions();
    copies();
    releases();
    held();
    return end();
}
