/* SPDX-License-Identifier: Apache-2.0 */
#include "client/reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "client/act.h"
#include "client/growth.h"
#include "client/onward.h"
#include "client/unlock.h"

void reading_clear(struct reading *r)
{
    for (size_t i = 0; i < r->package_count; i++)
        held_free(r->packages[i]);
    mem_freep(&r->packages);
    mem_freep(&r->portions);
    json_decref(r->view);
    card_free(r->originator);
    *r = (struct reading){ 0 };
}

/* Getting it ----------------------------------------------------------------------------------------------- */

static enum err get_package(struct session *s, const char *report, const char *share, struct buf **out,
                            struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    AUTO(str_freep)
    char *path = str_format("/v1/reports/%s/package%s%s", report, share ? "?share=" : "", share ? share : "");
    struct session_request r = {
        .method = "GET", .path = path, .max_answer = SESSION_PACKAGE_MAX, .timeout_ms = SESSION_PACKAGE_MS
    };
    TRY(session_call(s, &r, &got, f));
    *out = buf_take(&got.body);
    return OK;
}

/* Who passed it on has signed the package; whose texts these are, their originator has. */
static enum err verify_passed(struct session *s, struct held *h, const struct card *originator,
                              struct fail *f)
{
    AUTO(card_freep) struct card *giver = NULL;
    TRY(session_card(s, h->giver, &giver, f));
    TRY(held_verify(h, giver, f));
    return held_verify_text(h, originator, f);
}

/* What is in the package, its originator has signed; nothing else is believed about it. */
static enum err add_package(struct session *s, struct reading *r, const char *share, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = NULL;
    const char *id = reading_report(r);
    TRY(get_package(s, id, share, &bytes, f));
    r->packages = mem_grow(r->packages, r->package_count + 1, sizeof *r->packages);
    struct held **slot = &r->packages[r->package_count];
    TRY(held_read(&bytes, slot, f));
    r->package_count++;
    if (strcmp((*slot)->share->report, id) != 0)
        return fail_set(f, E_UNVERIFIED, "asked for report %s, got %s", id, (*slot)->share->report);
    if (!r->originator)
        TRY(session_card(s, (*slot)->originator, &r->originator, f));
    if (strcmp((*slot)->originator, r->originator->domain) != 0)
        return fail_set(f, E_UNVERIFIED, "report %s has two originators", id);
    return (*slot)->giver ? verify_passed(s, *slot, r->originator, f) : held_verify(*slot, r->originator, f);
}

/* The shares that the node names, each once; own reports and strays have but one package. */
static json_t *shares_of(const json_t *view)
{
    const json_t *rows = json_object_get(view, "portions");
    json_t *shares = json_object();
    for (size_t i = 0; !json_is_true(json_object_get(view, "stray")) && i < json_array_size(rows) + 1; i++) {
        const json_t *row = i == 0 ? json_object_get(view, "title") : json_array_get(rows, i - 1);
        const char *share = json_string_value(json_object_get(row, "share"));
        if (share && name_is_uuid(share))
            json_object_set_new(shares, share, json_true());
    }
    return shares;
}

static bool has_portion(const struct reading *r, const char *id)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcmp(r->portions[i]->id, id) == 0)
            return true;
    return false;
}

static int by_number(const void *a, const void *b)
{
    const struct held_portion *x = *(struct held_portion *const *)a, *y = *(struct held_portion *const *)b;
    if (x->mark.hidden != y->mark.hidden)
        return x->mark.hidden ? 1 : -1;
    return x->n != y->n ? (x->n < y->n ? -1 : 1) : strcmp(x->id, y->id);
}

/* HIDDEN portions go on where the others end, whatever others of them his organisation holds. */
static void number_hidden(struct reading *r)
{
    uint32_t next = 1;
    for (size_t i = 0; i < r->count; i++) {
        if (r->portions[i]->mark.hidden)
            r->portions[i]->n = next;
        next = r->portions[i]->n + 1;
    }
}

static void list_portions(struct reading *r)
{
    for (size_t i = 0; i < r->package_count; i++)
        for (size_t k = 0; k < r->packages[i]->count; k++) {
            struct held_portion *p = &r->packages[i]->portions[k];
            if (has_portion(r, p->id))
                continue;
            r->portions = mem_grow(r->portions, r->count + 1, sizeof(struct held_portion *));
            r->portions[r->count++] = p;
        }
    qsort(r->portions, r->count, sizeof(struct held_portion *), by_number);
    number_hidden(r);
}

static enum err fetch(struct session *s, const char *path, struct reading *r, struct fail *f)
{
    AUTO(json_freep) json_t *shares = NULL;
    const char *share, *id;
    json_t *value;
    TRY(session_get(s, path, &r->view, f));
    TRY(json_need_str(r->view, "report", "report", &id, f));
    shares = shares_of(r->view);
    if (json_object_size(shares) == 0)
        TRY(add_package(s, r, NULL, f));
    json_object_foreach (shares, share, value)
        TRY(add_package(s, r, share, f));
    const char *home = session_profile(s)->card->domain;
    r->own = strcmp(r->originator->domain, home) == 0;
    r->stray =
        !statement_is_for(r->packages[0]->share, home); /* signed, so it counts more than the node's word */
    list_portions(r);
    return OK;
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

struct held_portion *reading_find(const struct reading *r, uint32_t n)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->portions[i]->n == n)
            return r->portions[i];
    return NULL;
}

const char *reading_report(const struct reading *r)
{
    return json_string_value(json_object_get(r->view, "report"));
}

void reading_banner(const struct reading *r, struct marking *out)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->portions[i]->state == HELD_OPEN)
            marking_banner_add(out, &r->portions[i]->mark);
}

/* Opening it ------------------------------------------------------------------------------------------------ */

bool reading_asked(const struct choice *c, uint32_t n)
{
    return c->given ? n <= CHOICE_MAX && c->has[n] : n != 0;
}

static enum err check_choice(const struct reading *r, const struct choice *c, struct fail *f)
{
    for (uint32_t n = 0; c->given && n <= CHOICE_MAX; n++)
        if (c->has[n] && !reading_find(r, n))
            return fail_why(f, REASON_NOT_YOURS, "portion %u of report %s is unknown here, or not yours", n,
                            reading_report(r));
    return OK;
}

/* Who is asked whether a checkpoint fits, and about whose log. */
struct watching {
    struct session *session;
    const struct card *originator;
};

static enum err check_growth(void *ctx, struct bytes note, struct fail *f)
{
    struct watching *w = ctx;
    return growth_check(w->session, w->originator, note, f);
}

/* Of the originator, or of ${giver}, who passed it on. */
static enum err ask_keys(struct session *s, struct reading *r, const struct card *of, struct unlock *k,
                         struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(card_freep) struct card *next = NULL;
    struct watching w = { s, of };
    struct unlock_growth growth = { check_growth, &w };
    TRY(unlock_sign(k, session_profile(s), time_now_ms(), f));
    TRY(session_rewrap(s, of, buf_text(k->srt), &answer, f));
    k->report = reading_report(r);
    k->token = session_token(s, of->domain);
    uint32_t generation = unlock_generation(k, answer);
    if (generation > json_array_size(of->logs)) { /* its log was followed by another: so is its card */
        TRY(session_card_naming(s, of->domain, generation, &next, f));
        w.originator = next;
    }
    unlock_take(k, answer, w.originator, session_profile(s), &growth);
    return OK;
}

static enum err ask(struct session *s, struct reading *r, const char *giver, struct unlock *k, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    if (!giver)
        return ask_keys(s, r, r->originator, k, f);
    TRY(session_card(s, giver, &card, f));
    k->passed = r->originator->domain;
    return ask_keys(s, r, card, k, f);
}

static bool is_from(const struct held_portion *p, const char *giver)
{
    return giver ? p->giver && strcmp(p->giver, giver) == 0 : !p->giver;
}

/* All that one key server opens. */
static void open_from(struct session *s, struct reading *r, const struct choice *c, const char *giver)
{
    for (size_t i = 0; i < r->count;) {
        AUTO(unlock_clear) struct unlock k = { 0 };
        struct fail why = { 0 };
        for (; i < r->count; i++) {
            struct held_portion *p = r->portions[i];
            bool wanted = (p->n == 0 || reading_asked(c, p->n)) && is_from(p, giver);
            if (wanted && p->state == HELD_SEALED && !unlock_add(&k, p))
                break;
        }
        if (k.count && ask(s, r, giver, &k, &why) != OK)
            /* what is public, and what other requests gave, can be read all the same */
            for (size_t j = 0; j < k.count; j++)
                held_withhold(k.portions[j], why.code, why.reason, why.what);
    }
}

static bool is_wanted(const struct held *h, const struct choice *c)
{
    for (size_t i = 0; i < h->count; i++)
        if (h->portions[i].n == 0 || reading_asked(c, h->portions[i].n))
            return true;
    return false;
}

/* Nothing is asked for that may not be opened: the question alone would be a briefing. */
static void check_passed(struct session *s, struct reading *r, struct held *h)
{
    struct fail why = { 0 };
    bool told = true;
    if (onward_check(s, h, r->originator, &told, &why) == OK) {
        r->untold = r->untold || !told;
        return;
    }
    for (size_t i = 0; i < h->count; i++)
        held_withhold(&h->portions[i], why.code, why.reason, why.what);
}

enum err reading_open(struct session *s, struct reading *r, const struct choice *c, struct fail *f)
{
    TRY(check_choice(r, c, f));
    open_from(s, r, c, NULL);
    for (size_t i = 0; i < r->package_count; i++)
        if (r->packages[i]->giver && is_wanted(r->packages[i], c)) {
            check_passed(s, r, r->packages[i]);
            open_from(s, r, c, r->packages[i]->giver);
        }
    return OK;
}

/* The receipt ------------------------------------------------------------------------------------------------- */

static char *receipt_name(const char *portion)
{
    return str_format("%s.receipt", portion);
}

/* Which portions of one share have arrived and were not told of yet. */
static json_t *arrived_of(const struct profile *profile, const struct held *h)
{
    json_t *arrived = json_array();
    for (size_t i = 0; i < h->count; i++) {
        const struct held_portion *p = &h->portions[i];
        AUTO(str_freep) char *name = receipt_name(p->id);
        if (p->state == HELD_OPEN && !p->clear && !profile_has(profile, name))
            json_array_append_new(arrived, json_string(p->id));
    }
    return arrived;
}

static enum err send_receipt(struct session *s, const struct held *h, struct fail *f)
{
    const struct profile *profile = session_profile(s);
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *arrived = arrived_of(profile, h);
    char digest[44];
    if (json_array_size(arrived) == 0)
        return OK;
    statement_digest_text(h->share->digest, digest);
    json_t *body = json_object();
    json_set_str(body, "digest", digest);
    struct statement_making m = {
        .kind = "receipt", .report = h->share->report, .portions = json_incref(arrived), .body = body
    };
    TRY(act_send(s, m, &answer, f));
    for (size_t i = 0; i < json_array_size(arrived); i++) {
        AUTO(str_freep) char *name = receipt_name(json_string_value(json_array_get(arrived, i)));
        TRY(profile_keep(profile, name, bytes_str(h->share->id), f));
    }
    return OK;
}

enum err reading_receipt(struct session *s, struct reading *r, struct fail *f)
{
    for (size_t i = 0; !r->own && i < r->package_count; i++)
        if (!r->packages[i]->giver) /* of what was passed on, who passed it on reports */
            TRY(send_receipt(s, r->packages[i], f));
    return OK;
}
