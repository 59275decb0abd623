/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/acts.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/absence.h"
#include "exchange/exposure.h"
#include "exchange/arrange.h"
#include "exchange/live.h"
#include "exchange/mailer.h"
#include "exchange/onward.h"
#include "exchange/second.h"
#include "exchange/view.h"
#include "http/site.h"
#include "tdf/package.h"

#define STREAM_MAX ((size_t)4 << 20) /* of what is said at a time */

enum err serve_act(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    const char *act;
    TRY(site_json(call, &in, f));
    TRY(json_need_str(in, "act", "body", &act, f));
    return site_answer(call, acts_do(site_node(call), site_asker(call), bytes_str(act), &out, f), &out);
}

enum err serve_exposure(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    const char *act;
    TRY(site_json(call, &in, f));
    TRY(json_need_str(in, "act", "body", &act, f));
    return site_answer(call, exposure_answer(site_node(call), site_asker(call), bytes_str(act), &out, f),
                       &out);
}

enum err serve_request(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_request(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

enum err serve_second(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, second_view(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

enum err serve_seconds(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, second_list(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_override(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(
        call, view_override(site_node(call), site_asker(call), http_param(call, "id"), &out, f), &out);
}

enum err serve_arrangement(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, arrange_view(site_node(call), http_param(call, "domain"), &out, f), &out);
}

enum err serve_alerts(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_alerts(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_alert(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_alert(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

enum err serve_inquiries(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_inquiries(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_inquiry(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_inquiry(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

/* The act of an authority with the copies that he passes on. */
enum err serve_pass_on(struct http_call *call, struct fail *f)
{
    AUTO(site_package_clear) struct site_package p = { 0 };
    json_t *out = NULL;
    TRY(site_package(call, &p, f));
    return site_answer(call, acts_override(site_node(call), site_asker(call), p.package, &out, f), &out);
}

/* For those who got them: that our ledger has the override. */
enum err serve_inclusion(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    const char *override;
    TRY(site_json(call, &in, f));
    TRY(json_need_str(in, "override", "body", &override, f));
    return site_answer(call, onward_inclusion(site_node(call), site_asker(call), override, &out, f), &out);
}

enum err serve_inbox(struct http_call *call, struct fail *f)
{
    const char *all = http_query(call, "all");
    json_t *out = NULL;
    if (all && strcmp(all, "0") != 0 && strcmp(all, "1") != 0)
        return fail_set(f, E_INVALID, "all is 0 or 1");
    return site_answer(call, view_inbox(site_node(call), site_asker(call), all && *all == '1', &out, f),
                       &out);
}

/* A whole number of at most ${max}. */
static enum err number_in(const char *text, const char *name, uint64_t max, uint64_t *v, struct fail *f)
{
    bool good = *text != '\0';
    *v = 0;
    for (const char *p = text; good && *p; p++) {
        good = *p >= '0' && *p <= '9' && *v <= max / 10;
        *v = *v * 10 + (uint64_t)(*p - '0');
    }
    return good && *v <= max ? OK
                             : fail_set(f, E_INVALID, "%s is a whole number of at most %llu", name,
                                        (unsigned long long)max);
}

/* A query parameter that is one; 0 where it is absent. */
static enum err number_of(const struct http_call *call, const char *name, uint64_t max, uint64_t *v,
                          struct fail *f)
{
    const char *text = http_query(call, name);
    *v = 0;
    return text ? number_in(text, name, max, v, f) : OK;
}

static enum err serve_inbox_wait(struct http_call *call, struct fail *f)
{
    uint64_t after, wait_s;
    json_t *out = NULL;
    if (!http_query(call, "after"))
        return fail_set(f, E_INVALID, "after is missing: the `next` of the inbox, or of the last answer");
    TRY(number_of(call, "after", INT64_MAX, &after, f));
    TRY(number_of(call, "wait", VIEW_WAIT_MAX_MS / 1000, &wait_s, f));
    return site_answer(
        call, view_inbox_events(site_node(call), site_asker(call), after, (unsigned)wait_s * 1000, &out, f),
        &out);
}

/* As a stream: what live_next says, as it says it. */
struct streaming {
    struct live *live;
    struct buf text;
    size_t sent;
};

static ssize_t stream_read(void *ctx, uint64_t at, uint8_t *out, size_t max)
{
    struct streaming *s = ctx;
    (void)at;
    if (s->sent == s->text.len) {
        buf_reset(&s->text);
        s->sent = 0;
        if (!live_next(s->live, &s->text))
            return 0;
        if (s->text.len == 0)
            return HTTP_STREAM_WAIT;
    }
    if (s->text.failed)
        return -1;
    size_t n = s->text.len - s->sent < max ? s->text.len - s->sent : max;
    memcpy(out, s->text.data + s->sent, n);
    s->sent += n;
    return (ssize_t)n;
}

static void stream_end(void *ctx)
{
    struct streaming *s = ctx;
    live_close(s->live);
    buf_clear(&s->text);
    mem_freep(&s);
}

static enum err serve_inbox_stream(struct http_call *call, struct fail *f)
{
    const char *last = http_header(call, "Last-Event-ID");
    uint64_t after = LIVE_FROM_NOW;
    struct live *live = NULL;
    if (last && *last)
        TRY(number_in(last, "Last-Event-ID", INT64_MAX, &after, f));
    else if (http_query(call, "after"))
        TRY(number_of(call, "after", INT64_MAX, &after, f));
    TRY(live_open(site_node(call), site_asker(call), after, &live, f));
    struct streaming *s = mem_new(sizeof *s);
    s->live = live;
    buf_init(&s->text, STREAM_MAX);
    http_reply_stream(call, 200, "text/event-stream", HTTP_LEN_OPEN,
                      &(struct http_stream){ s, stream_read, stream_end });
    return OK;
}

enum err serve_inbox_events(struct http_call *call, struct fail *f)
{
    const char *accept = http_header(call, "Accept");
    return accept && strstr(accept, "text/event-stream") ? serve_inbox_stream(call, f)
                                                         : serve_inbox_wait(call, f);
}

enum err serve_notify(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, mailer_view(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_notify_choose(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    const char *mail;
    TRY(site_json(call, &in, f));
    TRY(json_need_str(in, "mail", "body", &mail, f));
    TRY(mailer_choose(site_node(call), site_asker(call), mail, f));
    return serve_notify(call, f);
}

enum err serve_absences(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, absence_view(site_node(call), &out, f), &out);
}

enum err serve_delivery(struct http_call *call, struct fail *f)
{
    const char *statement = http_param(call, "statement");
    json_t *out = NULL;
    return site_answer(call, view_delivery(site_node(call), site_asker(call), statement, &out, f), &out);
}
