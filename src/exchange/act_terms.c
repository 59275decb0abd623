/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_terms.c - on what terms a grant lets portions go, and what it leaves closed all the same */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "policy/decide.h"
#include "store/person.h"
#include "store/report.h"
#include "store/store.h"

#define TERMS_NOTE 1024

/* Not beyond one person: he is of the organisation that gets it, and nobody names another for one who asks for
 * himself. */
static enum err read_person(const json_t *body, const char *to, struct act_terms *t, struct fail *f)
{
    TRY(json_may_str(body, "person", "grant", &t->person, f));
    if (t->person && !*t->person)
        t->person = NULL;
    if (!t->person)
        return OK;
    if (!name_is_person(t->person))
        return fail_set(f, E_INVALID, "grant: '%.80s' is no person", t->person);
    if (name_is_person(to))
        return fail_set(f, E_INVALID, "grant: %s asks for himself, and nobody else", to);
    if (strcmp(name_domain_of(t->person), to) != 0)
        return fail_why(f, REASON_WIDER_THAN_ASKED, "grant: %s is not of %s, for which was asked", t->person,
                        to);
    return OK;
}

enum err act_terms_read(const json_t *body, const char *to, uint64_t now_ms, struct act_terms *out,
                        struct fail *f)
{
    const char *until;
    *out = (struct act_terms){ 0 };
    TRY(json_may_str(body, "note", "grant", &out->note, f));
    TRY(json_may_str(body, "until", "grant", &until, f));
    if (until && *until && !time_read(until, &out->until_ms))
        return fail_why(f, REASON_TIME, "grant: 'until' is not a time of the years 1970 to 9999");
    if (until && *until && out->until_ms <= now_ms)
        return fail_why(f, REASON_TIME_PAST, "grant: it would end before it begins");
    if (out->note && strlen(out->note) > TERMS_NOTE)
        return fail_set(f, E_TOO_LARGE, "grant: the note is longer than %d bytes", TERMS_NOTE);
    return read_person(body, to, out, f);
}

/* What a reader of ${home}, or ${person} there, still lacks once the grant stands. */
struct lacking {
    struct act_call *call;
    const char *home, *person;
    char **read_in;
    size_t read_in_count;
    json_t *into;
};

static void lacking_clear(struct lacking *l)
{
    for (size_t i = 0; i < l->read_in_count; i++)
        free(l->read_in[i]);
    mem_freep(&l->read_in);
}

static enum err note_read_in(const struct read_in_row *row, void *ctx, struct fail *f)
{
    struct lacking *l = ctx;
    (void)f;
    l->read_in = mem_grow(l->read_in, l->read_in_count + 1, sizeof *l->read_in);
    l->read_in[l->read_in_count++] = str_dup(row->compartment);
    return OK;
}

static enum err look(const struct lacking *l, const struct portion_row *portion, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    TRY(marking_read(portion->mark, &mark, f));
    const struct policy_input in = {
        .marks = &mark,
        .mark_count = 1,
        .originator = l->call->node->conf.domain,
        .now_ms = l->call->now_ms,
        .release = { .exists = true,
                     .granted = true,
                     .named = l->person != NULL,
                     .persons_only = l->person != NULL },
        .asker = { .home = l->home,
                   .person = POLICY_ACTIVE,
                   .device = POLICY_ACTIVE,
                   .partner = POLICY_ACTIVE,
                   .person_id = l->person,
                   .read_in = (const char *const *)l->read_in,
                   .read_in_count = l->read_in_count },
        .copy_holder = l->home,
    };
    policy_read(&in, &r);
    if (r.outcome == POLICY_ALLOW)
        return OK;
    json_t *row = json_object();
    json_array_append_new(l->into, row);
    json_set_u64(row, "n", portion->n);
    json_set_str(row, "mark", r.reasons[0].mark);
    json_set_str(row, "reason", reason_code(r.reasons[0].reason));
    json_set_str(row, "text", reason_text(r.reasons[0].reason));
    return OK;
}

enum err act_terms_lacking(struct act_call *c, const char *home, const char *person, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(lacking_clear)
    struct lacking l = { .call = c, .home = home, .person = person, .into = json_array() };
    json_set_take(c->answer, "lacking", l.into);
    TRY(store_read_begin(c->node->store, &db, f));
    if (person)
        TRY(store_read_in_at(db, person, c->now_ms, note_read_in, &l, f));
    for (size_t i = 0; i < json_array_size(c->portions); i++) {
        AUTO(store_portion_clear) struct portion_row portion = { 0 };
        TRY(store_portion_get(db, json_string_value(json_array_get(c->portions, i)), &portion, f));
        TRY(look(&l, &portion, f));
    }
    return OK;
}
