/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/aware.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/facts.h"
#include "exchange/guests.h"
#include "ledger/statement.h"
#include "store/person.h"
#include "store/report.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

#define KEEPS_ORDER (ROLE_OFFICER | ROLE_AUDITOR) /* who decides on all that is ours, and who checks it */

void aware_clear(struct aware *k)
{
    for (size_t i = 0; i < k->count; i++)
        free(k->rows[i].mark);
    mem_freep(&k->rows);
    k->count = 0;
}

/* One person ------------------------------------------------------------------------------------------------- */

static enum err load_facts(struct node *n, struct db *db, const struct aware_hidden *h, const char *person,
                           const char *home, const char *clearance, struct facts *facts, struct fail *f)
{
    struct policy_input *in = &facts->input;
    TRY(facts_asker(n, db, person, home, clearance, n->now_ms(), facts, f));
    in->originator = h->originator;
    in->marks = h->mark;
    in->mark_count = 1;
    in->copy_holder = home;
    in->release = (struct policy_release){ .exists = true,
                                           .granted = h->granted,
                                           .persons_only = h->persons != NULL,
                                           .named = h->persons && statement_names(h->persons, person) };
    return OK;
}

static enum err may_know(struct node *n, struct db *db, const struct aware_hidden *h, const char *person,
                         const char *home, const char *clearance, bool *may, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    TRY(load_facts(n, db, h, person, home, clearance, &facts, f));
    *may = policy_knows(&facts.input);
    return OK;
}

/* As far as the holder can say: the originator decides when he is asked. */
static enum err may_read(struct node *n, struct db *db, const struct aware_hidden *h, const struct asker *a,
                         bool *may, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    TRY(load_facts(n, db, h, a->person, n->conf.domain, a->clearance, &facts, f));
    facts_decide(&facts);
    *may = facts.result.outcome == POLICY_ALLOW;
    return OK;
}

enum err aware_person(struct node *n, struct db *db, const struct aware_hidden *h, const char *person,
                      const char *home, bool *may, struct fail *f)
{
    return may_know(n, db, h, person, home, NULL, may, f);
}

void aware_terms(const json_t *body, struct aware_hidden *h)
{
    const json_t *terms = json_object_get(body, "terms");
    const json_t *persons = json_object_get(terms, "persons");
    h->persons = json_is_array(persons) ? persons : NULL;
    h->granted = json_is_string(json_object_get(terms, "grant"));
}

/* Many persons ------------------------------------------------------------------------------------------------- */

struct asking {
    struct node *n;
    struct db *db;
    const struct aware_hidden *hidden;
    const char *home;
    json_t *into; /* who may; NULL: only whether anybody does */
    bool any;
};

static enum err ask_person(const struct person_row *row, void *ctx, struct fail *f)
{
    struct asking *a = ctx;
    bool may;
    if (row->state != PERSON_ACTIVE || (a->any && !a->into))
        return OK;
    TRY(may_know(a->n, a->db, a->hidden, row->id, a->home, row->clearance, &may, f));
    a->any = a->any || may;
    if (may && a->into)
        json_array_append_new(a->into, json_string(row->id));
    return OK;
}

static enum err ask_all(struct asking *a, struct fail *f)
{
    TRY(store_person_list(a->db, a->home, ask_person, a, f));
    return store_guest_list(a->db, a->home, ask_person, a, f);
}

enum err aware_readers(struct node *n, struct db *db, const struct aware_hidden *h, json_t *into,
                       struct fail *f)
{
    struct asking a = { .n = n, .db = db, .hidden = h, .home = n->conf.domain, .into = into };
    return ask_all(&a, f);
}

enum err aware_held_readers(struct node *n, struct db *db, const struct held_portion_row *row, bool *hidden,
                            json_t *into, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(store_held_clear) struct held_row held = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    struct aware_hidden h = { .originator = row->originator, .mark = &mark };
    TRY(marking_read(row->mark, &mark, f));
    *hidden = mark.hidden;
    if (!mark.hidden)
        return OK;
    TRY(store_held_get(db, row->originator, row->share, &held, f));
    TRY(statement_read(bytes_str(held.jws), JOSE_MAX_LARGE, &s, f));
    aware_terms(s->body, &h);
    return aware_readers(n, db, &h, into, f);
}

enum err aware_anyone(struct node *n, struct db *db, const struct marking *mark, const char *whom,
                      bool granted, bool *may, struct fail *f)
{
    AUTO(json_freep) json_t *persons = name_is_person(whom) ? json_pack("[s]", whom) : NULL;
    char home[DOMAIN_MAX + 1], reader[DOMAIN_MAX + 2];
    struct aware_hidden h = { n->conf.domain, mark, persons, granted };
    if (persons) {
        TRY(guests_via(db, whom, home, f));
        return may_know(n, db, &h, whom, home, NULL, may, f);
    }
    /* we may not know of its people yet: one like any other of them */
    struct asking a = { .n = n, .db = db, .hidden = &h, .home = whom };
    snprintf(reader, sizeof reader, "@%s", whom);
    TRY(may_know(n, db, &h, reader, whom, NULL, &a.any, f));
    TRY(ask_all(&a, f));
    *may = a.any;
    return OK;
}

/* Portions ------------------------------------------------------------------------------------------------------ */

struct gathering {
    struct node *n;
    struct db *db;
    const struct asker *asker; /* NULL: everything */
    const char *originator;
    bool all; /* he keeps order, or wrote it */
    struct aware *into;
    bool guest;      /* of held ones: who asks is one */
    bool reads;      /* and may read something of it, or asked for it, or it was granted to him */
    json_t *persons; /* of our own: a guest, as a list that a release could name; NULL: one of us */
    json_t *given;   /* and the portions that were released to him or his organisation */
};

static bool is_guest(const struct node *n, const struct asker *a)
{
    return a && a->own && *a->person && guests_is(n, a->person);
}

static enum err note(struct gathering *g, const char *id, const char *share, uint32_t number,
                     const char *text, bool clear, bool hidden, struct fail *f)
{
    struct aware *k = g->into;
    (void)f;
    k->rows = mem_grow(k->rows, k->count + 1, sizeof *k->rows);
    struct aware_portion *p = &k->rows[k->count++];
    *p = (struct aware_portion){ .mark = str_dup(text), .n = number, .clear = clear, .hidden = hidden };
    memcpy(p->id, id, UUID_TEXT);
    if (share)
        memcpy(p->share, share, UUID_TEXT);
    return OK;
}

static enum err note_own(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct gathering *g = ctx;
    AUTO(marking_clear) struct marking mark = { 0 };
    bool may = true;
    TRY(marking_read(row->mark, &mark, f));
    const struct aware_hidden h = { .originator = g->originator, .mark = &mark, .persons = g->persons };
    if (mark.hidden && g->given && !statement_names(g->given, row->id))
        return OK;
    if (mark.hidden && !g->all)
        TRY(may_know(g->n, g->db, &h, g->asker->person, g->originator, g->asker->clearance, &may, f));
    return may ? note(g, row->id, NULL, row->n, row->mark, row->clear, mark.hidden, f) : OK;
}

/* ${read}: whether he may read it, else whether he may know of it. */
static enum err weigh_held(struct gathering *g, const struct held_portion_row *row,
                           const struct marking *mark, bool read, bool *may, struct fail *f)
{
    AUTO(store_held_clear) struct held_row held = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    struct aware_hidden h = { .originator = g->originator, .mark = mark };
    TRY(store_held_get(g->db, row->originator, row->share, &held, f));
    TRY(statement_read(bytes_str(held.jws), JOSE_MAX_LARGE, &s, f));
    aware_terms(s->body, &h);
    return read ? may_read(g->n, g->db, &h, g->asker, may, f)
                : may_know(g->n, g->db, &h, g->asker->person, g->n->conf.domain, g->asker->clearance, may, f);
}

static enum err note_held(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    struct gathering *g = ctx;
    AUTO(marking_clear) struct marking mark = { 0 };
    bool may = true;
    TRY(marking_read(row->mark, &mark, f));
    if (mark.hidden && g->asker)
        TRY(weigh_held(g, row, &mark, false, &may, f));
    if (!may)
        return OK;
    if (g->guest && !g->reads)
        TRY(weigh_held(g, row, &mark, true, &g->reads, f));
    TRY(note(g, row->portion, row->share, row->n, row->mark, row->clear, mark.hidden, f));
    g->into->rows[g->into->count - 1].recalled_ms = row->recalled_ms;
    return OK;
}

static int in_order(const void *a, const void *b)
{
    const struct aware_portion *x = a, *y = b;
    if (x->hidden != y->hidden)
        return x->hidden ? 1 : -1;
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    return strcmp(x->id, y->id);
}

static enum err note_given(const struct release_row *row, void *ctx, struct fail *f)
{
    struct gathering *g = ctx;
    (void)f;
    bool his = strcmp(row->person, g->asker->person) == 0 || strcmp(row->person, g->asker->domain) == 0;
    if (strcmp(row->holder, g->originator) == 0 && his)
        json_array_append_new(g->given, json_string(row->portion));
    return OK;
}

/* Hidden ones go on where the others end. */
static void number(struct aware *k)
{
    uint32_t next = 1;
    if (k->count)
        qsort(k->rows, k->count, sizeof *k->rows, in_order);
    for (size_t i = 0; i < k->count; i++) {
        struct aware_portion *p = &k->rows[i];
        if (p->hidden)
            p->n = next;
        next = p->n + 1;
    }
}

/* The statements by which our own people have it: one for what is seen, one for each hidden portion. */
struct finding {
    const char *home;
    struct aware *known;
};

static enum err note_share(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct finding *found = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (row->direction != STATEMENT_MADE)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    if (!statement_is_for(s, found->home))
        return OK;
    for (size_t i = 0; i < found->known->count; i++)
        if (statement_names(s->portions, found->known->rows[i].id))
            memcpy(found->known->rows[i].share, s->id, UUID_TEXT);
    return OK;
}

enum err aware_own(struct node *n, struct db *db, const struct asker *a, const char *report,
                   struct aware *out, struct fail *f)
{
    char author[PERSON_MAX + 1];
    struct gathering g = {
        .n = n, .db = db, .asker = a, .originator = n->conf.domain, .all = true, .into = out
    };
    struct finding found = { n->conf.domain, out };
    TRY(store_report_author(db, report, author, f));
    g.all = a->roles & KEEPS_ORDER || strcmp(author, a->person) == 0;
    AUTO(json_freep) json_t *given = is_guest(n, a) ? json_array() : NULL;
    AUTO(json_freep) json_t *persons = given ? json_pack("[s]", a->person) : NULL;
    g.given = given;
    g.persons = persons;
    if (given) {
        g.all = false;
        TRY(store_release_list_report(db, report, note_given, &g, f));
        if (json_array_size(given) == 0)
            return OK;
    }
    TRY(store_portion_list(db, report, note_own, &g, f));
    number(out);
    return out->count && out->rows[out->count - 1].hidden
               ? store_statement_list(db, report, "share", note_share, &found, f)
               : OK;
}

static enum err note_request(const struct request_row *row, void *ctx, struct fail *f)
{
    struct gathering *g = ctx;
    (void)f;
    g->reads = g->reads || strcmp(row->by_person, g->asker->person) == 0 ||
               (row->state == REQUEST_GRANTED && strcmp(row->to_whom, g->asker->person) == 0);
    return OK;
}

enum err aware_held(struct node *n, struct db *db, const struct asker *a, const char *originator,
                    const char *report, struct aware *out, struct fail *f)
{
    struct gathering g = { .n = n, .db = db, .asker = a, .originator = originator, .into = out };
    g.guest = is_guest(n, a);
    TRY(store_held_portion_merged(db, originator, report, note_held, &g, f));
    if (g.guest && !g.reads)
        TRY(store_request_list(db, originator, report, note_request, &g, f));
    if (g.guest && !g.reads)
        aware_clear(out);
    number(out);
    return OK;
}

enum err aware_stray(struct db *db, const char *originator, const char *share, struct aware *out,
                     struct fail *f)
{
    struct gathering g = { .db = db, .originator = originator, .all = true, .into = out };
    TRY(store_held_portion_list(db, originator, share, note_held, &g, f));
    number(out);
    return OK;
}

/* As if he had signed in, but for a clearance that somebody may vouch for: it is the one that we have. */
static enum err asker_who(struct db *db, const char *person, const char *home, struct asker *a,
                          struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    enum err e = store_person_get(db, person, &row, f);
    if (!store_missing(e, f))
        TRY(e);
    *a = (struct asker){ .own = true };
    snprintf(a->person, sizeof a->person, "%s", person);
    snprintf(a->domain, sizeof a->domain, "%s", name_domain_of(person));
    snprintf(a->issuer, sizeof a->issuer, "%s", home);
    return e == OK ? auth_roles_read(row.roles, &a->roles, f) : OK;
}

enum err aware_of_ours(struct node *n, struct db *db, const char *person, const char *report,
                       struct aware *out, struct fail *f)
{
    struct asker a;
    TRY(asker_who(db, person, n->conf.domain, &a, f));
    return aware_own(n, db, &a, report, out, f);
}

enum err aware_of_theirs(struct node *n, struct db *db, const char *person, const char *originator,
                         const char *report, struct aware *out, struct fail *f)
{
    struct asker a;
    TRY(asker_who(db, person, n->conf.domain, &a, f));
    return aware_held(n, db, &a, originator, report, out, f);
}

json_t *aware_numbers(const struct aware *k, const json_t *portions)
{
    json_t *numbers = json_array();
    for (size_t i = 0; i < k->count; i++)
        if (k->rows[i].n > 0 && statement_names(portions, k->rows[i].id))
            json_array_append_new(numbers, json_integer(k->rows[i].n));
    return numbers;
}

/* What everybody may see ---------------------------------------------------------------------------------------- */

struct counting {
    const json_t *portions;
    bool seen; /* one that is not hidden */
};

static enum err count_held(const struct held_portion_row *row, void *ctx, struct fail *f)
{
    struct counting *c = ctx;
    AUTO(marking_clear) struct marking mark = { 0 };
    if (c->seen || !statement_names(c->portions, row->portion))
        return OK;
    TRY(marking_read(row->mark, &mark, f));
    c->seen = !mark.hidden;
    return OK;
}

static enum err count_own(const struct portion_row *row, void *ctx, struct fail *f)
{
    struct counting *c = ctx;
    AUTO(marking_clear) struct marking mark = { 0 };
    if (c->seen || !statement_names(c->portions, row->id))
        return OK;
    TRY(marking_read(row->mark, &mark, f));
    c->seen = !mark.hidden;
    return OK;
}

enum err aware_counts(struct db *db, const char *partner, const char *report, const json_t *portions,
                      bool *counts, struct fail *f)
{
    struct counting c = { portions, json_array_size(portions) == 0 };
    if (!c.seen)
        TRY(store_portion_list(db, report, count_own, &c, f));
    if (!c.seen)
        TRY(store_held_portion_merged(db, partner, report, count_held, &c, f));
    *counts = c.seen;
    return OK;
}

const struct aware_portion *aware_find(const struct aware *k, const char *id)
{
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->rows[i].id, id) == 0)
            return &k->rows[i];
    return NULL;
}

const struct aware_portion *aware_number(const struct aware *k, uint32_t n)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->rows[i].n == n)
            return &k->rows[i];
    return NULL;
}

bool aware_has_share(const struct aware *k, const char *share)
{
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->rows[i].share, share) == 0)
            return true;
    return false;
}

enum err aware_banner(const struct aware *k, char **out, struct fail *f)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    for (size_t i = 0; i < k->count; i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        TRY(marking_read(k->rows[i].mark, &mark, f));
        marking_banner_add(&banner, &mark);
    }
    *out = marking_is_set(&banner) ? marking_text(&banner, NULL) : str_dup("");
    return OK;
}
