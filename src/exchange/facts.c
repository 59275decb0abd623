/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/facts.h"

#include "exchange/arrange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/lists.h"
#include "store/person.h"
#include "store/store.h"

void facts_clear(struct facts *facts)
{
    for (size_t i = 0; i < facts->read_in_count; i++)
        free(facts->read_in[i]);
    free(facts->read_in);
    policy_result_clear(&facts->result);
    marking_clear(&facts->mark);
}

static enum err note_read_in(const struct read_in_row *row, void *ctx, struct fail *f)
{
    struct facts *facts = ctx;
    (void)f;
    facts->read_in = mem_grow(facts->read_in, facts->read_in_count + 1, sizeof *facts->read_in);
    facts->read_in[facts->read_in_count++] = str_dup(row->compartment);
    return OK;
}

struct choosing {
    struct facts *facts;
    const char *person, *home;
    uint64_t now_ms;
};

static bool is_live(const struct release_row *row, uint64_t now_ms)
{
    return row->recalled_ms == 0 && row->from_ms <= now_ms && (row->until_ms == 0 || now_ms < row->until_ms);
}

/* Of several releases a live one counts before one that ended, and one that names him before one that does
 * not; what was granted stays granted beside it while both live. One that names somebody else says no more than that
 * there is one: any other counts before it. */
static enum err choose(const struct release_row *row, void *ctx, struct fail *f)
{
    struct choosing *c = ctx;
    struct policy_release *best = &c->facts->input.release;
    bool named = strcmp(row->person, c->person) == 0, live = is_live(row, c->now_ms);
    bool organisation = strcmp(row->person, name_domain_of(c->person)) == 0;
    (void)f;
    if (*row->person && !named && !organisation) {
        if (!best->exists && live)
            *best = (struct policy_release){ .exists = true, .persons_only = true };
        return OK;
    }
    struct release_row was = { .from_ms = best->from_ms,
                               .until_ms = best->until_ms,
                               .recalled_ms = best->recalled };
    bool best_live = best->exists && is_live(&was, c->now_ms);
    bool others = best->persons_only && !best->named && !best->organisation;
    bool granted = row->granted || (live && best_live && best->granted);
    if (best->exists && !others && (best_live > live || (best_live == live && best->named > named))) {
        best->granted = best->granted || (live && best_live && row->granted);
        return OK;
    }
    *best = (struct policy_release){ .exists = true,
                                     .granted = granted,
                                     .named = named,
                                     .organisation = organisation,
                                     .persons_only = *row->person != '\0',
                                     .recalled = row->recalled_ms != 0,
                                     .from_ms = row->from_ms,
                                     .until_ms = row->until_ms };
    c->facts->rests_on = (struct place){ row->generation, row->idx };
    return OK;
}

/* An organisation as we know it. */
static enum policy_state partner_state(struct node *n, const char *domain)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    struct fail why = { 0 };
    if (cards_get(n, domain, &card, &why) != OK)
        return POLICY_UNKNOWN;
    return card.state == CARD_SUSPENDED                                      ? POLICY_SUSPENDED
           : card.state == CARD_UNCONFIRMED || card.state == CARD_INTRODUCED ? POLICY_UNCONFIRMED
                                                                             : POLICY_ACTIVE;
}

/* Who is known by a request only is a partner for what it let go: for copies that he has a release on. */
static bool is_introduced(struct node *n, const char *domain)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    struct fail why = { 0 };
    return cards_get(n, domain, &card, &why) == OK && card.state == CARD_INTRODUCED;
}

static enum err load_states(struct node *n, struct db *db, const char *person, const char *home,
                            struct policy_asker *a, struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    enum err e = store_person_get(db, person, &row, f);
    bool known = !store_missing(e, f);
    if (known)
        TRY(e);
    /* his key and his home's word were proved when he signed in; what we know of him can only take away */
    a->person = known && row.state == PERSON_SUSPENDED ? POLICY_SUSPENDED : POLICY_ACTIVE;
    a->device = POLICY_ACTIVE;
    a->partner = partner_state(n, home);
    return OK;
}

enum err facts_asker(struct node *n, struct db *db, const char *person, const char *home,
                     const char *clearance, uint64_t now_ms, struct facts *out, struct fail *f)
{
    struct policy_input *in = &out->input;
    TRY(store_read_in_at(db, person, now_ms, note_read_in, out, f));
    in->originator = n->conf.domain;
    in->now_ms = now_ms;
    in->asker.home = home;
    in->asker.person_id = person;
    in->asker.guest = strcmp(name_domain_of(person), home) != 0;
    in->asker.clearance = clearance;
    in->asker.read_in = (const char *const *)out->read_in;
    in->asker.read_in_count = out->read_in_count;
    return load_states(n, db, person, home, &in->asker, f);
}

enum err facts_load(struct node *n, struct db *db, const struct copy_row *copy, const char *person,
                    const char *home, const char *clearance, uint64_t now_ms, struct facts *out,
                    struct fail *f)
{
    char author[PERSON_MAX + 1] = "";
    struct choosing choosing = { out, person, home, now_ms };
    TRY(marking_read(copy->mark, &out->mark, f));
    enum err e = store_report_author(db, copy->report, author, f);
    if (!store_missing(e, f)) /* who asks about what there is not has to wait as long (exchange/hidden.h) */
        TRY(e);
    TRY(store_release_list(db, copy->portion, home, choose, &choosing, f));
    struct policy_input *in = &out->input;
    in->marks = &out->mark;
    in->mark_count = 1;
    in->copy_holder = copy->holder;
    in->asker.author = strcmp(author, person) == 0;
    TRY(facts_asker(n, db, person, home, clearance, now_ms, out, f));
    if (in->asker.partner == POLICY_UNCONFIRMED && in->release.exists && is_introduced(n, home))
        in->asker.partner = POLICY_ACTIVE;
    return OK;
}

void facts_decide(struct facts *facts)
{
    policy_result_clear(&facts->result);
    policy_read(&facts->input, &facts->result);
}

struct meeting {
    struct db *db;
    const char *originator, *to;
    struct facts_list *out;
};

/* The first, by name, of the originator's communities that has both. */
static enum err meet(const struct list_row *row, void *ctx, struct fail *f)
{
    struct meeting *m = ctx;
    bool on;
    if (m->out->version || row->ended || strcmp(row->owner, m->originator) != 0)
        return OK;
    TRY(store_list_has(m->db, row, m->to, &on, f));
    if (!on)
        return OK;
    snprintf(m->out->name, sizeof m->out->name, "%s", row->name);
    m->out->version = row->version;
    return OK;
}

enum err facts_lists(struct db *db, const char *originator, const char *holder, const char *to,
                     struct facts_list *community, struct facts_list *clients, struct fail *f)
{
    bool on;
    uint64_t version;
    struct meeting meeting = { db, originator, to, community };
    *community = *clients = (struct facts_list){ 0 };
    TRY(store_list_naming(db, LIST_COMMUNITY, holder, meet, &meeting, f));
    TRY(lists_has(db, holder, LIST_CLIENTS, "", to, &on, &version, f));
    if (on)
        clients->version = version;
    return OK;
}

enum err facts_onward(struct node *n, struct db *db, const char *to, struct facts *facts, struct fail *f)
{
    struct policy_input *in = &facts->input;
    TRY(facts_lists(db, in->originator, in->asker.home, to, &facts->community, &facts->clients, f));
    in->onward = (struct policy_onward){ .to = to,
                                         .state = partner_state(n, to),
                                         .in_community = facts->community.version != 0,
                                         .client = facts->clients.version != 0 };
    TRY(arrange_say(db, in->asker.home, &facts->mark, facts->given_ms,
                    facts->precedence ? facts->precedence : "", &facts->terms, &facts->terms_version,
                    &facts->wait.answer_hours, f));
    in->onward.leave = terms_leave(&facts->terms, &facts->wait);
    in->onward.need = terms_need(&facts->terms);
    policy_result_clear(&facts->result);
    policy_onward(in, &facts->result);
    return OK;
}
