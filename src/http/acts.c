/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/acts.h"

#include <string.h>

#include "base/json.h"
#include "exchange/view.h"
#include "http/site.h"

enum err serve_act(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    const char *act;
    TRY(site_json(call, &in, f));
    TRY(json_need_str(in, "act", "body", &act, f));
    return site_answer(call, acts_do(site_node(call), site_asker(call), bytes_str(act), &out, f), &out);
}

enum err serve_request(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_request(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
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

enum err serve_delivery(struct http_call *call, struct fail *f)
{
    const char *statement = http_param(call, "statement");
    json_t *out = NULL;
    return site_answer(call, view_delivery(site_node(call), site_asker(call), statement, &out, f), &out);
}
