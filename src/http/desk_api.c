/* SPDX-License-Identifier: Apache-2.0
 * http/desk_api.c - what only the desk's pages ask for: who knows what, the course of a report, drafts, devices, the node */
#include "exchange/course.h"
#include "exchange/drafts.h"
#include "exchange/knowers.h"
#include "exchange/node_view.h"
#include "exchange/people.h"

#include "base/json.h"
#include "http/desk.h"
#include "http/site.h"

enum err serve_desk(struct http_call *call, struct fail *f)
{
    const struct node *n = site_node(call);
    (void)f;
    desk_answer(call, n->conf.domain, n->conf.url, false);
    return OK;
}

enum err serve_knowers(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, knowers_answer(site_node(call), site_asker(call), in, &out, f), &out);
}

enum err serve_path(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, course_path(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

enum err serve_timeline(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(
        call, course_timeline(site_node(call), site_asker(call), http_param(call, "id"), &out, f), &out);
}

enum err serve_drafts(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, drafts_list(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_draft(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, drafts_get(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

enum err serve_draft_put(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(
        call, drafts_put(site_node(call), site_asker(call), http_param(call, "id"), in, &out, f), &out);
}

enum err serve_draft_drop(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, drafts_drop(site_node(call), site_asker(call), http_param(call, "id"), &out, f),
                       &out);
}

enum err serve_devices(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, people_devices(site_node(call), site_asker(call), &out, f), &out);
}

enum err serve_device_drop(struct http_call *call, struct fail *f)
{
    const char *thumbprint = http_param(call, "thumbprint");
    json_t *out = NULL;
    return site_answer(call, people_drop_device(site_node(call), site_asker(call), thumbprint, &out, f),
                       &out);
}

enum err serve_node(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, node_view(site_node(call), &out, f), &out);
}
