/* SPDX-License-Identifier: Apache-2.0
 * http/health.c - whether the node lives, can work, and what it has done (OpenMetrics 1.0) */
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/cosigners.h"
#include "exchange/publisher.h"
#include "http/site.h"
#include "keeper/keeper.h"
#include "store/leaf.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

#define METRICS_MAX ((size_t)1 << 20)

static void answer_ok(struct http_call *call)
{
    http_reply_static(call, 200, "text/plain; charset=utf-8", bytes_str("ok\n"));
}

enum err serve_health(struct http_call *call, struct fail *f)
{
    (void)f;
    answer_ok(call);
    return OK;
}

/* Able to work: the store answers, what it holds is under a checkpoint, and the keeper answers (a tag of
 * nothing that a ledger can hold, which goes nowhere). */
static enum err check_ready(struct node *n, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_checkpoint_clear) struct checkpoint_row row = { 0 };
    struct keeper_tag tag = { .alpha = bytes_str("orcon/ready") };
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_checkpoint_newest(db, n->generation, &row, f));
    return keeper_tags(n->keeper, NULL, &tag, 1, f);
}

enum err serve_ready(struct http_call *call, struct fail *f)
{
    struct fail why = { 0 };
    if (check_ready(site_node(call), &why) != OK) {
        log_fail(LOG_ERROR, "not-ready", &why);
        return fail_set(f, E_UNAVAILABLE, "not ready: the log says why");
    }
    answer_ok(call);
    return OK;
}

/* Metrics: one family after the other, each with all its samples together --------------------------------- */

static void put_family(struct buf *out, const char *name, const char *type, const char *unit,
                       const char *help)
{
    buf_printf(out, "# TYPE %s %s\n", name, type);
    if (unit)
        buf_printf(out, "# UNIT %s %s\n", name, unit);
    buf_printf(out, "# HELP %s %s\n", name, help);
}

static uint64_t total(const struct http_count *c)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < 5; i++)
        sum += c->by_class[i];
    return sum;
}

static void put_calls(void *ctx, const struct http_count *c)
{
    for (unsigned i = 0; i < 5; i++)
        if (c->by_class[i])
            buf_printf(ctx, "orcon_http_calls_total{method=\"%s\",route=\"%s\",class=\"%uxx\"} %llu\n",
                       c->method, c->path, i + 1, (unsigned long long)c->by_class[i]);
}

static void put_busy(void *ctx, const struct http_count *c)
{
    if (total(c))
        buf_printf(ctx, "orcon_http_busy_seconds_total{method=\"%s\",route=\"%s\"} %llu.%03llu\n", c->method,
                   c->path, (unsigned long long)(c->busy_ms / 1000), (unsigned long long)(c->busy_ms % 1000));
}

static void put_answered(void *ctx, const struct http_count *c)
{
    if (total(c))
        buf_printf(ctx, "orcon_http_answer_bytes_total{method=\"%s\",route=\"%s\"} %llu\n", c->method,
                   c->path, (unsigned long long)c->answer_bytes);
}

static void put_gauge(struct buf *out, const char *name, const char *help, uint64_t value)
{
    put_family(out, name, "gauge", NULL, help);
    buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void put_http(const struct node_server *s, struct buf *out)
{
    unsigned connections, running;
    put_family(out, "orcon_http_calls", "counter", NULL, "answered calls by route and class of status");
    http_server_counts(s->public, put_calls, out);
    put_family(out, "orcon_http_busy_seconds", "counter", "seconds",
               "from a call's first byte to its answer's last");
    http_server_counts(s->public, put_busy, out);
    put_family(out, "orcon_http_answer_bytes", "counter", "bytes", "bytes of answers' bodies");
    http_server_counts(s->public, put_answered, out);
    http_server_load(s->public, &connections, &running);
    put_gauge(out, "orcon_http_connections", "connections open now", connections);
    put_gauge(out, "orcon_http_running", "calls running now", running);
}

static enum err count_waiting(const char *originator, const char *id, void *ctx, struct fail *f)
{
    uint64_t *partners = ctx;
    (void)originator;
    (void)id;
    (void)f;
    ++*partners;
    return OK;
}

/* How many of those who cosign our ledger are in each state. */
static enum err put_cosigners(struct node *n, struct buf *out, struct fail *f)
{
    static const char *const states[] = { "good", "waiting", "failing", "ahead" };
    AUTO(json_freep) json_t *answer = NULL;
    size_t count[COUNT(states)] = { 0 };
    TRY(cosigners_list(n, &answer, f));
    const json_t *list = json_object_get(answer, "witnesses");
    for (size_t i = 0; i < json_array_size(list); i++)
        for (size_t k = 0; k < COUNT(states); k++)
            count[k] +=
                strcmp(json_string_value(json_object_get(json_array_get(list, i), "state")), states[k]) == 0;
    put_family(out, "orcon_cosigners", "gauge", NULL, "witnesses and monitors of our ledger by state");
    for (size_t k = 0; k < COUNT(states); k++)
        buf_printf(out, "orcon_cosigners{state=\"%s\"} %zu\n", states[k], count[k]);
    put_gauge(out, "orcon_ledger_stopped", "1: a witness has seen another history, nothing is written",
              cosigners_halted(n, NULL) == OK ? 0 : 1);
    return OK;
}

/* Counts only: which partner waits is nobody's business here. */
static enum err put_node(struct node *n, struct buf *out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t waiting = 0;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_outbox_partners(db, count_waiting, &waiting, f));
    put_gauge(out, "orcon_ledger_entries", "entries under the newest checkpoint",
              publisher_size(n->publisher));
    put_gauge(out, "orcon_outbox_partners", "partners for whom something is undelivered", waiting);
    put_gauge(out, "orcon_store_waiting", "jobs that wait for the store's next batch",
              writer_waiting(n->writer));
    TRY(put_cosigners(n, out, f));
    put_family(out, "orcon_start_time_seconds", "gauge", "seconds", "when the node was started");
    buf_printf(out, "orcon_start_time_seconds %llu.%03llu\n", (unsigned long long)(n->started_ms / 1000),
               (unsigned long long)(n->started_ms % 1000));
    put_family(out, "orcon_build", "info", NULL, "the program");
    buf_printf(out, "orcon_build_info{version=\"" ORCON_VERSION "\"} 1\n");
    return OK;
}

enum err serve_metrics(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new(METRICS_MAX);
    put_http(call->context, out);
    TRY(put_node(site_node(call), out, f));
    buf_put_str(out, "# EOF\n");
    TRY(buf_check(out, "metrics", f));
    http_reply_take(call, 200, "application/openmetrics-text; version=1.0.0; charset=utf-8", &out);
    return OK;
}
