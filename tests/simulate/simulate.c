/* SPDX-License-Identifier: Apache-2.0
 * simulate ORGANISATIONS HOURS SEED LOG: many nodes in one process, in fast time.
 *
 * Everything is real but the clock and the wires: stores, keepers, sealers, signatures, ledgers. People of all
 * organisations share, ask (also for themselves what was recalled), decide, forward, take back, recall, tell, override, object,
 * review, pass sealed copies on, judge alerts, inquire, answer and open at random, also what they must not; nodes go down
 * and come back with new processes; clocks are up to a minute apart. What was tried, what came of it, and what each node
 * says at the end is written to LOG, a line of JSON each. Whether that is right is not judged here but by
 * oracle.py, which knows the rules and nothing of this program. */
#include <stdio.h>
#include <unistd.h>

#include "acts.h"
#include "strain.h"

/* ---- opening ---- */

static void keep_proof(const struct org *at, const struct holding *h, const char *portion,
                       const char *presence)
{
    if (proof_count == PROOFS_MAX)
        return;
    struct shown *p = &proofs[proof_count++];
    *p = (struct shown){ .org = (size_t)(at - orgs), .report = h->report, .presence = str_dup(presence) };
    snprintf(p->portion, sizeof p->portion, "%s", portion);
    memcpy(p->share, h->share, sizeof p->share);
}

static void record_key(const struct org *at, const struct org *reader, size_t who, const struct holding *h,
                       const char *portion, const char *result)
{
    json_t *v = json_object();
    json_set_str(v, "reader", reader->person[who]);
    json_set_u64(v, "reader_t", (uint64_t)((int64_t)test_clock_ms + offsets[reader - orgs]));
    json_set_str(v, "holder", orgs[h->org].domain);
    json_set_str(v, "share", h->share);
    json_set_str(v, "portion", portion);
    json_set_str(v, "result", result);
    record("open", at, v);
}

static void act_open(void)
{
    if (holding_count == 0)
        return;
    const struct holding *h = &holdings[chance(holding_count)];
    const struct written *r = &reports[h->report];
    struct org *a = &orgs[r->of], *reader = &orgs[chance(5) == 0 ? chance(org_count) : h->org];
    AUTO(package_freep) struct package *p = NULL;
    struct fail f = { 0 };
    struct opened o = { 0 };
    struct bytes view = BYTES(h->bytes, h->len);
    struct source in = source_bytes(&view);
    const char *wanted[PORTIONS_MAX];
    size_t count = 0, who = chance(4) == 0 ? PAT : ROB;
    if (!a->n || !reader->n || reader == a)
        return;
    if (package_read(&in, &p, &f) != OK) {
        record_key(a, reader, who, h, "-", "package");
        return;
    }
    for (size_t i = 0; i < r->portion_count; i++) {
        const struct package_portion *portion = package_find(p, r->portion[i]);
        if (portion && portion->kind == PACKAGE_SEALED)
            wanted[count++] = r->portion[i];
    }
    if (count == 0)
        return;
    open_package(a->n, reader->n, p, reader->person[who], reader->key[who], wanted, count, reader->key[who],
                 &o);
    for (size_t i = 0; who == PAT && o.err == OK && i < count; i++)
        if (o.answer.results[i].err == OK)
            keep_proof(reader, h, wanted[i], o.answer.results[i].presence);
    json_t *results = json_array();
    for (size_t i = 0; i < count; i++) {
        const char *result = o.err != OK ? (o.fail.reason ? reason_code(o.fail.reason) : o.fail.what)
                             : o.answer.results[i].err == OK ? "ok"
                                                             : reason_code(o.answer.results[i].reason);
        record_key(a, reader, who, h, wanted[i], result);
        for (size_t n = 0; o.err == OK && n < r->portion_count; n++)
            if (strcmp(r->portion[n], wanted[i]) == 0)
                json_array_append_new(results, json_pack("{s:s, s:i, s:s}", "portion", wanted[i], "n", (int)n,
                                                         "result", result));
    }
    json_t *v = json_object();
    json_set_str(v, "reader", reader->person[who]);
    json_set_str(v, "holder", orgs[h->org].domain);
    json_set_str(v, "report", r->id);
    json_set_str(v, "share", h->share);
    json_set_take(v, "results", results);
    record("presented", a, v);
    brief_answer_clear(&o.answer);
}

/* ---- the wires ---- */

static void keep_package(const struct org *to, const struct statement *s, const struct buf *bytes)
{
    if (holding_count == HOLDINGS_MAX)
        return;
    for (size_t i = 0; i < report_count; i++)
        if (strcmp(reports[i].id, s->report) == 0) {
            struct holding *h = &holdings[holding_count++];
            *h = (struct holding){ .org = (size_t)(to - orgs), .report = i, .len = bytes->len };
            memcpy(h->share, s->id, sizeof h->share);
            h->bytes = mem_dup((const char *)bytes->data, bytes->len);
            return;
        }
}

/* An override's ack is a receipt, which its third party hears of, too. */
struct acked {
    struct node *n;
    const struct outbox_row *row;
    const struct statement_row *statement;
    const char *ack;
};

static enum err mark_acked(struct db *db, void *ctx, struct fail *f)
{
    const struct acked *a = ctx;
    TRY(store_outbox_set_acked(db, a->row->id, a->n->now_ms(), a->ack, f));
    return strcmp(a->statement->kind, "override") == 0
               ? onward_acked(a->n, db, a->statement, a->row->partner, a->ack, f)
               : OK;
}

static enum err mark_failed(struct db *db, void *ctx, struct fail *f)
{
    return store_outbox_set_failed(db, *(uint64_t *)ctx, "refused", f);
}

/* One message, if there is one. Now and then it comes twice. */
static bool carry(struct org *from, struct org *to)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_outbox_clear) struct outbox_row row = { 0 };
    AUTO(store_statement_clear) struct statement_row kept = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *bytes = buf_new((size_t)1 << 24);
    AUTO(package_freep) struct package *package = NULL;
    struct fail f = { 0 };
    if (store_read_begin(from->n->store, &db, &f) != OK ||
        store_outbox_next(db, to->domain, 1, UINT32_MAX, &row, &f) != OK)
        return false;
    enum err e = store_statement_get(db, row.iss, row.statement, &kept, &f);
    struct bytes jws = bytes_str(kept.jws);
    if (e == OK && row.route == OUTBOX_PACKAGES) {
        e = strcmp(kept.kind, "override") == 0 ? onward_pack(from->n, &kept, bytes, &f)
                                               : pack_share(from->n, &kept, bytes, &f);
        struct bytes view = bytes_of(bytes);
        struct source in = source_bytes(&view);
        if (e == OK)
            e = package_read(&in, &package, &f);
        if (e == OK)
            jws = package_report(package);
    }
    if (e == OK)
        e = statement_read(jws, JOSE_MAX_LARGE, &s, &f);
    for (size_t times = 1 + (chance(10) == 0); e == OK && times > 0; times--) {
        buf_reset(ack);
        e = acts_take(to->n, jws, package, ack, &f);
    }
    json_t *v = json_object();
    json_set_str(v, "from", from->domain);
    json_set_str(v, "iss", kept.iss);
    json_set_str(v, "kind", kept.kind);
    json_set_str(v, "id", kept.id);
    json_set_str(v, "ref", kept.ref);
    if (s) {
        json_set_take(v, "portions", json_deep_copy(s->portions));
        json_set_str(v, "report", s->report);
        json_set_take(v, "body", json_deep_copy(s->body));
    }
    set_result(v, e, &f);
    record("taken", to, v);
    struct fail later = { 0 };
    if (acts_resume(to->n, &later) != OK) /* what a rule decides is decided at once */
        printf("# %s: %s\n", to->domain, later.what);
    strain_taken(&kept, from, to);
    if (e == OK && package && strcmp(kept.kind, "share") == 0)
        keep_package(to, s, bytes);
    struct fail g = { 0 };
    struct acked acked = { from->n, &row, &kept, buf_text(ack) };
    if ((e == OK ? writer_run(from->n->writer, mark_acked, &acked, &g)
                 : writer_run(from->n->writer, mark_failed, &row.id, &g)) != OK) {
        printf("# %s: %s\n", from->domain, g.what);
        exit(1);
    }
    return true;
}

static void carry_all(void)
{
    for (size_t i = 0; i < org_count; i++)
        for (size_t j = 0; j < org_count; j++)
            if (i != j && orgs[i].n && orgs[j].n)
                while (carry(&orgs[i], &orgs[j]))
                    ;
}

/* ---- time ---- */

static void go_down(struct org *o)
{
    node_close(o->n);
    o->n = NULL;
    record("down", o, json_object());
}

static bool come_up(struct org *o)
{
    struct fail f = { 0 };
    if (node_open(o->home, false, &o->n, &f) != OK) {
        printf("# %s does not start: %s\n", o->domain, f.what);
        return false;
    }
    o->n->now_ms = clocks[o - orgs];
    record("up", o, json_object());
    return true;
}

static bool turn(struct org *o)
{
    struct fail f = { 0 };
    if (timer_turn(o->n, NULL, &f) != OK) {
        printf("# %s: timer: %s\n", o->domain, f.what);
        return false;
    }
    record("turn", o, json_object());
    return true;
}

static bool step(void)
{
    static const struct {
        unsigned weight;
        void (*run)(void);
    } acts[] = { { 3, act_share },   { 6, act_decide }, { 1, act_withdraw }, { 12, act_open },
                 { 1, act_suspend }, { 1, act_tell },   { 2, act_override }, { 2, act_answer },
                 { 1, act_list },    { 2, act_judge },  { 2, act_reply },    { 1, act_inquire },
                 { 1, act_pass_on } };
    test_clock_ms += STEP_MS;
    for (size_t i = 0; i < org_count; i++) {
        if (orgs[i].n ? chance(200) == 0 : chance(12) == 0) {
            if (orgs[i].n)
                go_down(&orgs[i]);
            else if (!come_up(&orgs[i]))
                return false;
        }
        if (orgs[i].n && !turn(&orgs[i]))
            return false;
    }
    for (size_t n = 1 + org_count / 6; n > 0; n--) {
        for (size_t i = 0; i < COUNT(acts); i++)
            if (chance(12) < acts[i].weight)
                acts[i].run();
        if (chance(2) == 0)
            act_request(false);
        if (chance(3) == 0)
            act_request(true);
        if (chance(12) == 0 && acts_find("recall"))
            act_recall();
    }
    carry_all();
    return true;
}

/* ---- what everybody says at the end ---- */

static enum err say_notice(const struct notice_row *row, void *ctx, struct fail *f)
{
    json_t *v = json_object();
    (void)f;
    json_set_str(v, "kind", row->kind);
    json_set_str(v, "audience", row->audience);
    json_set_str(v, "item", row->item);
    json_set_str(v, "item_kind", row->item_kind);
    json_set_str(v, "ref", row->ref);
    json_set_u64(v, "at", row->at_ms);
    record("notice", ctx, v);
    return OK;
}

static void say(struct org *o)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *audiences[] = { "reader",       "officer",      o->person[ANN],
                                o->person[OLE], o->person[ROB], o->person[PAT] };
    struct fail f = { 0 };
    if (store_read_begin(o->n->store, &db, &f) != OK ||
        store_notice_list(db, audiences, COUNT(audiences), 0, 1000000, say_notice, o, &f) != OK)
        exit(1);
    for (size_t i = 0; i < request_count; i++) {
        AUTO(store_request_clear) struct request_row row = { 0 };
        if (store_request_get(db, requests[i].id, &row, &f) != OK) {
            fail_clear(&f);
            continue;
        }
        json_t *v = json_object();
        json_set_str(v, "request", row.id);
        json_set_str(v, "state", request_state_name(row.state));
        json_set_u64(v, "silent", row.silent_ms != 0);
        record("state", o, v);
    }
    for (size_t i = 0; i < override_count; i++) {
        AUTO(store_override_clear) struct override_row row = { 0 };
        if (store_override_get(db, overrides[i].id, &row, &f) != OK) {
            fail_clear(&f);
            continue;
        }
        json_t *v = json_object();
        json_set_str(v, "override", row.id);
        json_set_str(v, "state", override_state_name(row.state));
        record("review-state", o, v);
    }
}

/* ---- the whole ---- */

static void begin(const char *dir)
{
    for (size_t i = 0; i < org_count; i++) {
        struct org *o = &orgs[i];
        o->domain = str_format("o%02zu.example", i);
        o->home = str_format("%s/%s", dir, o->domain);
        o->n = home_make(dir, o->domain);
        for (int p = 0; p < PEOPLE; p++) {
            o->person[p] = str_format("%s@%s", names[p], o->domain);
            o->key[p] = home_person(o->n, o->person[p], roles[p]);
        }
    }
    for (size_t i = 0; i < org_count; i++)
        for (size_t j = i + 1; j < org_count; j++)
            introduce(orgs[i].n, orgs[j].n);
    /* what is made from here on has a time after all that was made in real time */
    test_clock_ms = time_now_ms() + 2 * SKEW_MS;
    for (size_t i = 0; i < org_count; i++) {
        offsets[i] = (int64_t)chance(2 * SKEW_MS) - SKEW_MS;
        orgs[i].n->now_ms = clocks[i];
        json_t *v = json_object();
        json_set_take(v, "people",
                      json_pack("{s:s, s:s, s:s}", "author", orgs[i].person[ANN], "officer",
                                orgs[i].person[OLE], "reader", orgs[i].person[ROB]));
        record("org", &orgs[i], v);
    }
}

static void end(const char *dir)
{
    struct fail f = { 0 };
    for (size_t i = 0; i < org_count; i++) {
        if (orgs[i].n)
            node_close(orgs[i].n);
        for (int p = 0; p < PEOPLE; p++) {
            key_free(orgs[i].key[p]);
            free(orgs[i].person[p]);
        }
        free(orgs[i].domain);
        free(orgs[i].home);
    }
    for (size_t i = 0; i < holding_count; i++)
        free(holdings[i].bytes);
    for (size_t i = 0; i < proof_count; i++)
        free(proofs[i].presence);
    ok(file_remove_tree(dir, &f) == OK, "removed");
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/orcon-simulate-XXXXXX";
    if (argc != 5 || !(out = fopen(argv[4], "we")) || !mkdtemp(dir)) {
        fprintf(stderr, "usage: simulate ORGANISATIONS HOURS SEED LOG\n");
        return 2;
    }
    org_count = strtoul(argv[1], NULL, 10);
    if (org_count < 3 || org_count > ORGS_MAX)
        return 2;
    unsigned long steps = strtoul(argv[2], NULL, 10) * 3600000 / STEP_MS;
    chance_state = strtoull(argv[3], NULL, 10);
    begin(dir);
    bool good = true;
    for (unsigned long i = 0; good && i < steps; i++) {
        good = step();
        if (isatty(2))
            fprintf(stderr, "\r%lu of %lu steps, %zu reports, %zu requests ", i + 1, steps, report_count,
                    request_count);
    }
    for (size_t i = 0; good && i < org_count; i++)
        good = orgs[i].n || come_up(&orgs[i]);
    if (good) {
        carry_all();
        for (size_t i = 0; i < org_count; i++)
            good = good && turn(&orgs[i]);
        carry_all();
        for (size_t i = 0; good && i < org_count; i++)
            say(&orgs[i]);
        strain_rest();
        for (size_t i = 0; good && i < org_count; i++)
            strain_say(&orgs[i]);
    }
    ok(good && report_count && request_count,
       "%lu steps, %zu reports, %zu packages, %zu requests, %zu overrides", steps, report_count,
       holding_count, request_count, override_count);
    end(dir);
    if (fclose(out) != 0)
        return 1;
    return tap_done();
}
