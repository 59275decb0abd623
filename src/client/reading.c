/* SPDX-License-Identifier: Apache-2.0 */
#include "client/reading.h"

#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "client/act.h"
#include "client/unlock.h"

void reading_clear(struct reading *r)
{
    json_decref(r->view);
    held_free(r->held);
    card_free(r->originator);
    *r = (struct reading){ 0 };
}

static enum err fetch_package(struct session *s, const char *report, struct buf **out, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    AUTO(str_freep) char *path = str_format("/v1/reports/%s/package", report);
    struct session_request r = {
        .method = "GET", .path = path, .max_answer = SESSION_PACKAGE_MAX, .timeout_ms = SESSION_PACKAGE_MS
    };
    TRY(session_call(s, &r, &got, f));
    *out = buf_take(&got.body);
    return OK;
}

/* The node says which report this is; what is in the package, its originator has signed. */
static enum err fetch(struct session *s, const char *report, struct reading *r, struct fail *f)
{
    AUTO(buf_freep) struct buf *package = NULL;
    const char *id;
    TRY(session_get(s, report, &r->view, f));
    TRY(json_need_str(r->view, "report", "report", &id, f));
    r->stray = json_is_true(json_object_get(r->view, "stray"));
    TRY(fetch_package(s, id, &package, f));
    TRY(held_read(&package, &r->held, f));
    if (strcmp(r->held->share->report, id) != 0)
        return fail_set(f, E_UNVERIFIED, "asked for report %s, got %s", id, r->held->share->report);
    r->own = strcmp(r->held->share->iss, session_profile(s)->card->domain) == 0;
    TRY(session_card(s, r->held->share->iss, &r->originator, f));
    return held_verify(r->held, r->originator, f);
}

enum err reading_fetch(struct session *s, const char *report, struct reading *out, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", report);
    struct reading r = { 0 };
    enum err e = fetch(s, path, &r, f);
    if (e == OK)
        *out = r;
    else
        reading_clear(&r);
    return e;
}

bool reading_asked(const struct choice *c, uint32_t n)
{
    return c->given ? n <= CHOICE_MAX && c->has[n] : n != 0;
}

static enum err check_choice(const struct reading *r, const struct choice *c, struct fail *f)
{
    for (uint32_t n = 0; c->given && n <= CHOICE_MAX; n++)
        if (c->has[n] && !held_find(r->held, n))
            return fail_why(f, REASON_NOT_YOURS, "portion %u of report %s is unknown here, or not yours", n,
                            r->held->share->report);
    return OK;
}

static enum err ask(struct session *s, struct reading *r, struct unlock *k, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(unlock_sign(k, session_profile(s), time_now_ms(), f));
    TRY(session_rewrap(s, r->originator, buf_text(k->srt), &answer, f));
    unlock_take(k, answer, r->originator, session_profile(s));
    return OK;
}

enum err reading_open(struct session *s, struct reading *r, const struct choice *c, struct fail *f)
{
    TRY(check_choice(r, c, f));
    for (size_t i = 0; i < r->held->count;) {
        AUTO(unlock_clear) struct unlock k = { 0 };
        for (; i < r->held->count; i++) {
            struct held_portion *p = &r->held->portions[i];
            bool wanted = p->n == 0 || reading_asked(c, p->n);
            if (wanted && p->state == HELD_SEALED && !unlock_add(&k, p))
                break;
        }
        struct fail why = { 0 };
        if (k.count && ask(s, r, &k, &why) != OK)
            /* what is public, and what other requests gave, can be read all the same */
            for (size_t j = 0; j < k.count; j++)
                held_withhold(k.portions[j], why.code, why.reason, why.what);
    }
    return OK;
}

static char *receipt_name(const struct held_portion *p)
{
    return str_format("%s.receipt", p->id);
}

enum err reading_receipt(struct session *s, struct reading *r, struct fail *f)
{
    const struct profile *profile = session_profile(s);
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *arrived = json_array();
    char digest[44];
    for (size_t i = 0; !r->own && i < r->held->count; i++) {
        const struct held_portion *p = &r->held->portions[i];
        AUTO(str_freep) char *name = receipt_name(p);
        if (p->state == HELD_OPEN && !p->clear && !profile_has(profile, name))
            json_array_append_new(arrived, json_string(p->id));
    }
    if (json_array_size(arrived) == 0)
        return OK;
    statement_digest_text(r->held->share->digest, digest);
    json_t *body = json_object();
    json_set_str(body, "digest", digest);
    struct statement_making m = {
        .kind = "receipt", .report = r->held->share->report, .portions = json_incref(arrived), .body = body
    };
    TRY(act_send(s, m, &answer, f));
    for (size_t i = 0; i < json_array_size(arrived); i++) {
        AUTO(str_freep)
        char *name = receipt_name(held_find_id(r->held, json_string_value(json_array_get(arrived, i))));
        TRY(profile_keep(profile, name, bytes_str(r->held->share->id), f));
    }
    return OK;
}
