/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_onward.c - which portions of a held report may go to somebody without asking, as far as its
 * holder knows; the originator decides */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/arrange.h"
#include "exchange/facts.h"
#include "exchange/view.h"
#include "policy/decide.h"
#include "store/person.h"
#include "store/store.h"

/* For whom: an organisation, or a person of ours, who holds nothing by himself. */
struct onward {
    struct node *n;
    const char *to;
    struct policy_onward facts;
    char **read_in;
    size_t read_in_count;
};

static void onward_clear(struct onward *o)
{
    for (size_t i = 0; i < o->read_in_count; i++)
        free(o->read_in[i]);
    mem_freep(&o->read_in);
}

static enum err note_read_in(const struct read_in_row *row, void *ctx, struct fail *f)
{
    struct onward *o = ctx;
    (void)f;
    o->read_in = mem_grow(o->read_in, o->read_in_count + 1, sizeof *o->read_in);
    o->read_in[o->read_in_count++] = str_dup(row->compartment);
    return OK;
}

/* What keeps him from reading it as a plain reader of his organisation, which holds it. */
static enum reason by_himself(const struct onward *o, const struct marking *mark, const char *originator)
{
    const char *home = o->n->conf.domain;
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    const struct policy_input in = {
        .marks = mark,
        .mark_count = 1,
        .originator = originator,
        .now_ms = o->n->now_ms(),
        .release = { .exists = true },
        .asker = { .home = home,
                   .person = POLICY_ACTIVE,
                   .device = POLICY_ACTIVE,
                   .partner = POLICY_ACTIVE,
                   .person_id = o->to,
                   .read_in = (const char *const *)o->read_in,
                   .read_in_count = o->read_in_count },
        .copy_holder = home,
    };
    policy_read(&in, &r);
    return r.reasons[0].reason;
}

/* The terms as they are now: for a report that was given before them the originator decides otherwise. */
static enum err by_terms(struct onward *o, const char *originator, const struct marking *mark, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct terms_say say;
    uint64_t version;
    const struct terms_wait forward = { 0 };
    TRY(store_read_begin(o->n->store, &db, f));
    TRY(arrange_say(db, originator, mark, INT64_MAX, "", &say, &version, NULL, f));
    o->facts.leave = terms_leave(&say, &forward);
    o->facts.need = terms_need(&say);
    return OK;
}

static enum err put_rule(struct onward *o, const char *originator, json_t *row, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    TRY(marking_read(json_string_value(json_object_get(row, "mark")), &mark, f));
    TRY(by_terms(o, originator, &mark, f));
    enum reason r = name_is_person(o->to) ? by_himself(o, &mark, originator)
                                          : policy_might(&mark, 1, o->n->conf.domain, &o->facts);
    json_set_bool(row, "leave", reason_err(r) != OK);
    json_set_str(row, "onward", reason_code(r));
    return OK;
}

static enum err look_up(struct onward *o, const char *originator, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct facts_list community, clients;
    TRY(store_read_begin(o->n->store, &db, f));
    if (name_is_person(o->to))
        return store_read_in_at(db, o->to, o->n->now_ms(), note_read_in, o, f);
    TRY(facts_lists(db, originator, o->n->conf.domain, o->to, &community, &clients, f));
    o->facts = (struct policy_onward){ .to = o->to,
                                       .state = POLICY_ACTIVE,
                                       .in_community = community.version != 0,
                                       .client = clients.version != 0 };
    return OK;
}

enum err view_onward(struct node *n, const char *to, json_t *report, struct fail *f)
{
    AUTO(onward_clear) struct onward o = { .n = n, .to = to };
    const char *originator = json_string_value(json_object_get(report, "originator"));
    json_t *rows = json_object_get(report, "portions"), *title = json_object_get(report, "title");
    if (!name_is_domain(to) && !name_is_person(to))
        return fail_set(f, E_INVALID, "'%.80s' is neither a domain nor a person", to);
    TRY(look_up(&o, originator, f));
    for (size_t i = 0; i < json_array_size(rows); i++)
        TRY(put_rule(&o, originator, json_array_get(rows, i), f));
    return title ? put_rule(&o, originator, title, f) : OK;
}
