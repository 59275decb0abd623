/* SPDX-License-Identifier: Apache-2.0
 * http/briefed.c - was he briefed? and does a ledger show one history? */
#include "base/json.h"
#include "exchange/briefed.h"
#include "exchange/history.h"
#include "http/site.h"

enum err serve_briefed(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, briefed_answer(site_node(call), site_asker(call), in, &out, f), &out);
}

enum err serve_history(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, history_check(site_node(call), site_asker(call), in, &out, f), &out);
}
