/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/people.h"

#include <string.h>

#include "base/json.h"
#include "http/site.h"

enum err serve_enrol(struct http_call *call, struct fail *f)
{
    AUTO(json_freep) json_t *in = NULL;
    json_t *out = NULL;
    TRY(site_json(call, &in, f));
    return site_answer(call, people_enrol(site_node(call), in, &out, f), &out);
}

/* RFC 7523, 2.1; the answer is RFC 6749's, but failures are problem documents as everywhere. */
enum err serve_token(struct http_call *call, struct fail *f)
{
    static const char wanted[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    const char *type = http_form(call, "grant_type");
    json_t *out = NULL;
    if (!type || strcmp(type, wanted) != 0)
        return fail_set(f, E_INVALID, "the form's grant_type is not %s", wanted);
    if (!http_form(call, "assertion") || !http_form(call, "resource"))
        return fail_set(f, E_INVALID, "the form needs assertion and resource");
    return site_answer(call,
                       auth_token(site_node(call), http_form(call, "assertion"), http_header(call, "DPoP"),
                                  http_form(call, "resource"), &out, f),
                       &out);
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
