/* SPDX-License-Identifier: Apache-2.0
 * http/witness.c - requests to cosign, and what was cosigned (C2SP tlog-witness): anyone may ask, logs are known */
#include "exchange/mirror.h"
#include "exchange/watch.h"
#include "http/site.h"
#include "ledger/card.h"

#define BUNDLE_MAX (TILES_WIDTH * (2 + (size_t)UINT16_MAX))

static enum err add(struct http_call *call, enum key_use use, struct fail *f)
{
    AUTO(buf_freep) struct buf *body = buf_new(WITNESS_ANSWER_MAX);
    enum witness_status status = WITNESS_MALFORMED;
    TRY(watch_add(site_node(call), use, call->body, &status, body, f));
    if (status == WITNESS_LATER)
        http_reply_header(call, "Retry-After", "1");
    http_reply_take(call, (int)status,
                    status == WITNESS_STALE ? WITNESS_SIZE_TYPE : "text/plain; charset=utf-8", &body);
    return OK;
}

static enum err show(struct http_call *call, enum key_use use, struct fail *f)
{
    AUTO(buf_freep) struct buf *note = buf_new(NOTE_MAX);
    TRY(watch_checkpoint(site_node(call), use, http_param(call, "hash"), note, f));
    http_reply_take(call, 200, "text/plain; charset=utf-8", &note);
    return OK;
}

enum err serve_witness_add(struct http_call *call, struct fail *f)
{
    return add(call, USE_WITNESS, f);
}

enum err serve_witness_checkpoint(struct http_call *call, struct fail *f)
{
    return show(call, USE_WITNESS, f);
}

enum err serve_monitor_add(struct http_call *call, struct fail *f)
{
    return add(call, USE_MONITOR, f);
}

enum err serve_monitor_checkpoint(struct http_call *call, struct fail *f)
{
    return show(call, USE_MONITOR, f);
}

enum err serve_monitor_card(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *card = buf_new(CARD_MAX);
    uint64_t serial;
    TRY(site_serial(http_param(call, "serial"), &serial, f));
    TRY(mirror_card(site_node(call), http_param(call, "hash"), serial, card, f));
    http_reply_take(call, 200, "application/jose", &card);
    return OK;
}

enum err serve_monitor_entries(struct http_call *call, struct fail *f)
{
    AUTO(buf_freep) struct buf *bundle = buf_new(BUNDLE_MAX);
    struct tile t;
    if (!tiles_path_read(http_param(call, "tile"), &t))
        return fail_set(f, E_NOT_FOUND, "no such resource of a log");
    TRY(mirror_entries(site_node(call), http_param(call, "hash"), &t, bundle, f));
    http_reply_take(call, 200, "application/octet-stream", &bundle);
    return OK;
}
