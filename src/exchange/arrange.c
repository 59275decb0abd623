/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/arrange.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/cards.h"
#include "store/report.h"
#include "store/request.h"
#include "store/store.h"

#define TERMS_MAX    32768
#define REQUESTS_MAX 10000

enum err arrange_terms(const struct arrangement_row *row, json_t **out, struct fail *f)
{
    return json_read(bytes_str(row->terms), TERMS_MAX, "arrangement", out, f);
}

/* The terms at a time; NULL and version 0: none. */
static enum err terms_at(struct db *db, const char *partner, uint64_t at_ms, json_t **out, uint64_t *version,
                         struct fail *f)
{
    AUTO(store_arrangement_clear) struct arrangement_row row = { 0 };
    enum err e = store_arrangement_at(db, partner, at_ms, &row, f);
    *out = NULL;
    *version = 0;
    if (store_missing(e, f))
        return OK;
    TRY(e);
    *version = row.version;
    return arrange_terms(&row, out, f);
}

enum err arrange_say(struct db *db, const char *partner, const struct marking *mark, uint64_t given_ms,
                     const char *precedence, struct terms_say *out, uint64_t *version, uint32_t *answer_hours,
                     struct fail *f)
{
    AUTO(json_freep) json_t *then = NULL;
    AUTO(json_freep) json_t *now = NULL;
    struct terms_say was, is;
    uint64_t newest;
    TRY(terms_at(db, partner, given_ms, &then, version, f));
    TRY(terms_at(db, partner, INT64_MAX, &now, &newest, f));
    terms_say(then, mark, &was);
    terms_say(now, mark, &is);
    terms_stricter(&was, &is, out);
    if (answer_hours) {
        uint32_t first = terms_answer_hours(then, precedence), last = terms_answer_hours(now, precedence);
        *answer_hours = first > last ? first : last;
    }
    return OK;
}

enum err arrange_may_override(struct db *db, const char *originator, const char *person, struct fail *f)
{
    AUTO(json_freep) json_t *terms = NULL;
    uint64_t version;
    TRY(terms_at(db, originator, INT64_MAX, &terms, &version, f));
    return terms_may_override(terms, person)
               ? OK
               : fail_why(f, REASON_TERMS_OVERRIDE,
                          "the terms with %s, version %llu, let %s override nothing", originator,
                          (unsigned long long)version, person);
}

enum err arrange_may_hold(struct db *db, const char *partner, bool *may, struct fail *f)
{
    AUTO(json_freep) json_t *terms = NULL;
    uint64_t version;
    TRY(terms_at(db, partner, INT64_MAX, &terms, &version, f));
    *may = terms_may_hold(terms);
    return OK;
}

enum err arrange_no_held(struct node *n, const json_t *body, const char *holder, bool *no_held,
                         struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    bool may;
    TRY(store_read_begin(n->store, &db, f));
    TRY(arrange_may_hold(db, holder, &may, f));
    *no_held = !may || json_is_true(json_object_get(body, "no_held"));
    return OK;
}

enum err arrange_oversight(struct db *db, const char *partner, bool *may, struct fail *f)
{
    AUTO(json_freep) json_t *terms = NULL;
    uint64_t version;
    TRY(terms_at(db, partner, INT64_MAX, &terms, &version, f));
    *may = terms_oversight(terms);
    return OK;
}

/* Shown ------------------------------------------------------------------------------------------------------------ */

struct listing {
    json_t *versions;
    const json_t *current; /* borrowed */
};

static enum err add_version(const struct arrangement_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    json_t *terms = NULL, *v = json_object();
    json_array_append_new(l->versions, v);
    TRY(arrange_terms(row, &terms, f));
    json_set_take(v, "terms", terms);
    json_set_u64(v, "version", row->version);
    json_set_str(v, "state", arrangement_state_name(row->state));
    json_set_str(v, "proposal", row->proposal);
    json_set_str(v, "proposer", row->proposer);
    json_set_str(v, "own_by", row->own_by);
    json_set_str(v, "their_by", row->their_by);
    json_set_time(v, "proposed", row->proposed_ms);
    json_set_time(v, "agreed", row->agreed_ms);
    if (row->state == ARRANGEMENT_AGREED && !l->current)
        l->current = v;
    return OK;
}

enum err arrange_view(struct node *n, const char *partner, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(cards_put) struct card_ref ref = { 0 };
    AUTO(json_freep) json_t *versions = json_array();
    struct listing l = { versions, NULL };
    if (!name_is_domain(partner))
        return fail_set(f, E_INVALID, "'%.80s' is not a domain", partner);
    TRY(cards_get(n, partner, &ref, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_arrangement_list(db, partner, add_version, &l, f));
    *out = json_object();
    json_set_str(*out, "partner", partner);
    json_set_take(*out, "current", l.current ? json_deep_copy(l.current) : json_null());
    json_set_take(*out, "versions", json_incref(versions));
    return OK;
}

/* The timer: tell-before ---------------------------------------------------------------------------------------------- */

struct waiting {
    struct node *n;
    struct db *db;
    json_t *ids;
};

static enum err note_request(const struct request_row *row, void *ctx, struct fail *f)
{
    struct waiting *w = ctx;
    AUTO(json_freep) json_t *terms = NULL;
    uint64_t version;
    if (strcmp(row->originator, w->n->conf.domain) != 0 || row->forward)
        return OK;
    TRY(terms_at(w->db, row->asker, INT64_MAX, &terms, &version, f));
    if (version)
        json_array_append_new(w->ids, json_string(row->id));
    return OK;
}

static enum err find_waiting(struct node *n, json_t *ids, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    struct waiting w = { n, db, ids };
    return store_request_list_state(db, REQUEST_OPEN, REQUESTS_MAX, note_request, &w, f);
}

enum err arrange_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    AUTO(json_freep) json_t *ids = json_array();
    (void)now_ms;
    TRY(find_waiting(n, ids, f));
    for (size_t i = 0; i < json_array_size(ids); i++) {
        uint64_t wakes_ms;
        bool granted;
        TRY(act_forward_by_terms(n, json_string_value(json_array_get(ids, i)), &granted, &wakes_ms, f));
        if (!granted && wakes_ms < *next_ms)
            *next_ms = wakes_ms;
    }
    return OK;
}
