/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/people.h"

#include "base/json.h"
#include "http/site.h"

enum err serve_enrol(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, people_enrol(site_node(call), in, &out, f), &out);
}

enum err serve_people(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, people_list(site_node(call), &out, f), &out);
}

enum err serve_me(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, people_me(site_node(call), site_asker(call), &out, f), &out);
}
