/* SPDX-License-Identifier: Apache-2.0
 * simulate ORGANISATIONS HOURS SEED LOG: many nodes in one process, in fast time.
 *
 * Everything is real but the clock and the wires: stores, keepers, sealers, signatures, ledgers. People of all
 * organisations share, ask, decide, forward, take back, recall and open at random, also what they must not; nodes go
 * down and come back with new processes; clocks are up to a minute apart. What was tried, what came of it, and what
 * each node says at the end is written to LOG, a line of JSON each. Whether that is right is not judged here but by
 * oracle.py, which knows the rules and nothing of this program. */
#include <stdio.h>
#include <unistd.h>

#include "flow.h"

#include "exchange/timer.h"
#include "store/item.h"
#include "store/notice.h"
#include "store/request.h"

#define ORGS_MAX     30
#define STEP_MS      600000
#define SKEW_MS      30000
#define REPORTS_MAX  4096
#define HOLDINGS_MAX 16384
#define REQUESTS_MAX 8192

/* ---- chance, the same for the same seed ---- */

static uint64_t chance_state;

static uint64_t chance(uint64_t below) /* splitmix64 */
{
    uint64_t z = chance_state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (z ^ (z >> 31)) % below;
}

/* ---- clocks: one a node, since a node's clock takes no argument ---- */

static int64_t offsets[ORGS_MAX];

/* clang-format off */
#define CLOCKS(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
    X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29)
/* clang-format on */
#define X(i)                                                                                                 \
    static uint64_t clock_##i(void)                                                                          \
    {                                                                                                        \
        return (uint64_t)((int64_t)test_clock_ms + offsets[i]);                                              \
    }
CLOCKS(X)
#undef X
#define X(i) clock_##i,
static uint64_t (*const clocks[ORGS_MAX])(void) = { CLOCKS(X) };
#undef X

/* ---- the world ---- */

enum who { ANN, OLE, ROB, PEOPLE }; /* author, officer, reader */
static const char *const names[PEOPLE] = { "ann", "ole", "rob" };
static const char *const roles[PEOPLE] = { "reader,author", "reader,officer", "reader" };
static const unsigned role_bits[PEOPLE] = { ROLE_READER | ROLE_AUTHOR, ROLE_READER | ROLE_OFFICER,
                                            ROLE_READER };

struct org {
    char *domain, *person[PEOPLE], *home;
    struct key *key[PEOPLE];
    struct node *n; /* NULL: down */
};
static struct org orgs[ORGS_MAX];
static size_t org_count;

struct written {
    size_t of, portion_count;
    char id[UUID_TEXT], portion[PORTIONS_MAX][UUID_TEXT];
};
static struct written reports[REPORTS_MAX];
static size_t report_count;

/* A package that reached a holder. */
struct holding {
    size_t org, report;
    char share[UUID_TEXT];
    char *bytes;
    size_t len;
};
static struct holding holdings[HOLDINGS_MAX];
static size_t holding_count;

struct asked {
    size_t by, of, report;
    char id[UUID_TEXT];
};
static struct asked requests[REQUESTS_MAX];
static size_t request_count;

static FILE *out;

/* A line of the record; ${v} is taken over. */
static void record(const char *what, const struct org *at, json_t *v)
{
    json_set_str(v, "ev", what);
    if (at) {
        json_set_str(v, "org", at->domain);
        json_set_u64(v, "t", (uint64_t)((int64_t)test_clock_ms + offsets[at - orgs]));
    }
    AUTO(str_freep) char *text = json_text(v);
    if (fprintf(out, "%s\n", text) < 0)
        exit(1);
    json_decref(v);
}

static void set_result(json_t *v, enum err e, const struct fail *f)
{
    json_set_str(v, "result", e == OK ? "ok" : f->reason ? reason_code(f->reason) : err_row(e)->name);
    if (e != OK)
        json_set_str(v, "what", f->what);
}

/* One that is up, and not ${but}; NULL if chance did not find one. */
static struct org *some_org(const struct org *but)
{
    struct org *o = &orgs[chance(org_count)];
    return o->n && o != but ? o : NULL;
}

/* ---- acts ---- */

static const char *mark_of(const struct org *o, char *buf, size_t size)
{
    static const char *const plain[] = { "TLP:CLEAR",      "TLP:GREEN",        "TLP:GREEN//TEARLINE",
                                         "TLP:AMBER",      "TLP:AMBER+STRICT", "TLP:AMBER//ORCON",
                                         "TLP:RED//ORCON", "TLP:GREEN//ORCON" };
    size_t pick = chance(COUNT(plain) + 2);
    if (pick < COUNT(plain))
        return plain[pick];
    if (pick == COUNT(plain)) {
        snprintf(buf, size, "TLP:RED//%s/SOURCE//ORCON", o->domain);
    } else {
        size_t a = chance(org_count - 1);
        snprintf(buf, size, "TLP:AMBER//REL TO %s, %s", orgs[a].domain, orgs[a + 1].domain);
    }
    return buf;
}

static json_t *some_partners(const struct org *o)
{
    json_t *to = json_array();
    for (size_t tries = 1 + chance(3); tries > 0; tries--) {
        const struct org *p = &orgs[chance(org_count)];
        json_t *domain = json_string(p->domain);
        bool there = p == o;
        for (size_t i = 0; i < json_array_size(to); i++)
            there = there || json_equal(json_array_get(to, i), domain);
        if (!there)
            json_array_append(to, domain);
        json_decref(domain);
    }
    return to;
}

static void act_share(void)
{
    struct org *o = some_org(NULL);
    char marks[4][128];
    struct flow_portion text[4];
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *to = o ? some_partners(o) : NULL;
    struct fail f = { 0 };
    if (!o || json_array_size(to) == 0 || report_count == REPORTS_MAX)
        return;
    portions = text;
    portion_count = 2 + chance(3);
    for (size_t i = 0; i < portion_count; i++)
        text[i] = (struct flow_portion){ mark_of(o, marks[i], sizeof marks[i]), "Something to know." };
    size_t by = chance(20) == 0 ? ROB : ANN;
    enum err e = make_share_by(o->n, o->person[by], o->key[by], to, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &package, &f);
    struct asker who = asker_of(o->person[by], role_bits[by]);
    if (e == OK)
        e = acts_share(o->n, &who, package, &answer, &f);
    json_t *v = json_object(), *list = json_array();
    json_set_str(v, "by", o->person[by]);
    json_set_str(v, "report", report);
    json_set_take(v, "to", json_incref(to));
    for (size_t i = 0; i < portion_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "id", ids[i], "mark", text[i].mark));
    json_set_take(v, "portions", list);
    set_result(v, e, &f);
    record("share", o, v);
    if (e != OK)
        return;
    struct written *r = &reports[report_count++];
    *r = (struct written){ .of = (size_t)(o - orgs), .portion_count = portion_count };
    memcpy(r->id, report, sizeof r->id);
    memcpy(r->portion, ids, sizeof *ids * portion_count);
}

/* Some of a report's portions, one at least; now and then one of another report. */
static json_t *some_portions(const struct written *r)
{
    json_t *list = json_array();
    size_t first = chance(r->portion_count);
    json_array_append_new(list, json_string(r->portion[first]));
    for (size_t i = 0; i < r->portion_count; i++)
        if (i != first && chance(3) == 0)
            json_array_append_new(list, json_string(r->portion[i]));
    const struct written *other = &reports[chance(report_count)];
    if (chance(25) == 0 && other != r)
        json_array_append_new(list, json_string(other->portion[0]));
    return list;
}

static void act_request(bool forward)
{
    if (holding_count == 0 || request_count == REQUESTS_MAX)
        return;
    const struct holding *h = &holdings[chance(holding_count)];
    struct org *b = &orgs[h->org];
    const struct written *r = &reports[h->report];
    const struct org *to = &orgs[chance(org_count)];
    if (!b->n)
        return;
    char by[TIME_TEXT_SIZE];
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    uint64_t due_ms = (uint64_t)((int64_t)test_clock_ms + offsets[h->org]) + (1 + chance(36)) * 3600000;
    time_print(due_ms, by);
    json_t *body = json_pack("{s:s,s:s,s:s,s:s}", "to", to->domain, "reason", "an operation", "by", by,
                             "originator", orgs[r->of].domain);
    if (forward)
        json_set_u64(body, "forward", 1);
    json_t *about = some_portions(r), *v = json_object();
    json_set_take(v, "portions", json_deep_copy(about));
    memcpy(report, r->id, sizeof report);
    enum err e =
        do_acts(b->n, b->person[ROB], ROLE_READER, b->key[ROB], "request", NULL, about, body, &answer, &f);
    json_set_str(v, "by", b->person[ROB]);
    json_set_str(v, "originator", orgs[r->of].domain);
    json_set_str(v, "report", r->id);
    json_set_str(v, "to", to->domain);
    json_set_u64(v, "due", due_ms);
    set_result(v, e, &f);
    if (e == OK) {
        struct asked *q = &requests[request_count++];
        *q = (struct asked){ .by = h->org, .of = r->of, .report = h->report };
        snprintf(q->id, sizeof q->id, "%s", json_string_value(json_object_get(answer, "request")));
        json_set_str(v, "request", q->id);
    }
    record(forward ? "forward" : "request", b, v);
}

/* Some request, newer ones rather, and where its decision is made: now and then where it can't be. */
static const struct asked *some_request(void)
{
    if (request_count == 0)
        return NULL;
    size_t back = chance(request_count < 20 ? request_count : 20);
    return chance(5) == 0 ? &requests[chance(request_count)] : &requests[request_count - 1 - back];
}

static void act_decide(void)
{
    const struct asked *q = some_request();
    if (!q)
        return;
    size_t where = chance(30) == 0 ? chance(org_count) : q->of;
    struct org *a = &orgs[where];
    bool grant = chance(3) > 0;
    size_t by = chance(20) == 0 ? ANN : OLE;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!a->n)
        return;
    json_t *about = grant ? some_portions(&reports[q->report]) : NULL, *v = json_object();
    json_t *body = grant ? json_object() : json_pack("{s:s}", "reason", "too early");
    uint64_t until_ms = 0;
    if (grant && chance(3) == 0) {
        char until[TIME_TEXT_SIZE];
        until_ms = test_clock_ms + (1 + chance(24)) * 3600000;
        time_print(until_ms, until);
        json_set_str(body, "until", until);
    }
    json_set_take(v, "portions", about ? json_deep_copy(about) : json_array());
    enum err e = do_acts(a->n, a->person[by], role_bits[by], a->key[by], grant ? "grant" : "deny", q->id,
                         about, body, &answer, &f);
    json_set_str(v, "by", a->person[by]);
    json_set_str(v, "request", q->id);
    json_set_u64(v, "until", until_ms);
    set_result(v, e, &f);
    record(grant ? "grant" : "deny", a, v);
}

static void act_withdraw(void)
{
    const struct asked *q = some_request();
    if (!q)
        return;
    struct org *b = &orgs[chance(20) == 0 ? chance(org_count) : q->by];
    size_t by = chance(4) == 0 ? ANN : ROB;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!b->n)
        return;
    json_t *v = json_object();
    enum err e =
        do_acts(b->n, b->person[by], role_bits[by], b->key[by], "withdraw", q->id, NULL, NULL, &answer, &f);
    json_set_str(v, "by", b->person[by]);
    json_set_str(v, "request", q->id);
    set_result(v, e, &f);
    record("withdraw", b, v);
}

static void act_recall(void)
{
    if (report_count == 0)
        return;
    const struct written *r = &reports[chance(report_count)];
    struct org *a = &orgs[chance(20) == 0 ? chance(org_count) : r->of];
    size_t by = chance(10) == 0 ? ROB : chance(2) ? ANN : OLE;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    if (!a->n)
        return;
    const char *from = chance(2) ? orgs[chance(org_count)].domain : NULL;
    json_t *about = chance(2) ? some_portions(r) : NULL, *v = json_object();
    json_t *body = json_pack("{s:s}", "reason", "an error");
    if (from)
        json_set_str(body, "from", from);
    json_set_take(v, "portions", about ? json_deep_copy(about) : json_array());
    memcpy(report, r->id, sizeof report);
    enum err e =
        do_acts(a->n, a->person[by], role_bits[by], a->key[by], "recall", NULL, about, body, &answer, &f);
    json_set_str(v, "by", a->person[by]);
    json_set_str(v, "report", r->id);
    json_set_str(v, "from", from ? from : "");
    set_result(v, e, &f);
    record("recall", a, v);
}

static void act_suspend(void)
{
    struct org *o = some_org(NULL);
    if (!o)
        return;
    struct fail f = { 0 };
    bool resume = chance(3) > 0;
    json_t *v = json_object();
    enum err e =
        resume ? people_resume(o->n, o->person[ROB], &f) : people_suspend(o->n, o->person[ROB], NULL, &f);
    json_set_str(v, "person", o->person[ROB]);
    set_result(v, e, &f);
    record(resume ? "resume" : "suspend", o, v);
}

/* ---- opening ---- */

static void record_key(const struct org *at, const struct org *reader, const struct holding *h,
                       const char *portion, const char *result)
{
    json_t *v = json_object();
    json_set_str(v, "reader", reader->person[ROB]);
    json_set_u64(v, "reader_t", (uint64_t)((int64_t)test_clock_ms + offsets[reader - orgs]));
    json_set_str(v, "holder", orgs[h->org].domain);
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
    size_t count = 0;
    if (!a->n || !reader->n || reader == a)
        return;
    if (package_read(&in, &p, &f) != OK) {
        record_key(a, reader, h, "-", "package");
        return;
    }
    for (size_t i = 0; i < r->portion_count; i++) {
        const struct package_portion *portion = package_find(p, r->portion[i]);
        if (portion && portion->kind == PACKAGE_SEALED)
            wanted[count++] = r->portion[i];
    }
    if (count == 0)
        return;
    open_package(a->n, reader->n, p, reader->person[ROB], reader->key[ROB], wanted, count, reader->key[ROB],
                 &o);
    for (size_t i = 0; i < count; i++)
        record_key(a, reader, h, wanted[i],
                   o.err != OK ? (o.fail.reason ? reason_code(o.fail.reason) : o.fail.what)
                   : o.answer.results[i].err == OK ? "ok"
                                                   : reason_code(o.answer.results[i].reason));
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
        e = pack_share(from->n, &kept, bytes, &f);
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
    if (e == OK && package)
        keep_package(to, s, bytes);
    struct fail g = { 0 };
    if (writer_run(from->n->writer, e == OK ? mark_sent : mark_failed, &row.id, &g) != OK)
        exit(1);
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
    } acts[] = {
        { 3, act_share }, { 6, act_decide }, { 1, act_withdraw }, { 12, act_open }, { 1, act_suspend }
    };
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
    const char *audiences[] = { "reader", "officer", o->person[ANN], o->person[OLE], o->person[ROB] };
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
    }
    ok(good && report_count && request_count, "%lu steps, %zu reports, %zu packages, %zu requests", steps,
       report_count, holding_count, request_count);
    end(dir);
    if (fclose(out) != 0)
        return 1;
    return tap_done();
}
