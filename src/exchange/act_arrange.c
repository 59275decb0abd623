/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_arrange.c - standing terms: an officer of one side proposes a version, one of the other side signs the same
 *
 * A proposal's version lies above every one that its maker knows. Two proposals cross when neither maker knew the other's: the
 * higher version stands, of equal ones that of the organisation whose name sorts first, and the other is kept as dropped on
 * both sides, in whichever order they arrive. A side that proposed again is not held to what it dropped, except by an
 * acceptance that was under way. What is older, or signed by one side, is no arrangement.
 *
 * What is known here is looked at twice: before, for a precise answer, and in the transaction, since two officers, or an officer
 * and the partner, may be at it at once. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/arrange.h"
#include "exchange/cards.h"
#include "store/item.h"
#include "store/store.h"

struct arranging {
    const char *partner;
    uint64_t version;
    const json_t *terms;
    struct arrangement_row proposal; /* what is accepted */
    bool crossed;                    /* a proposal of the partner's that ours stands before */
    struct act *act;                 /* taken ones */
};

void act_arrange_release(struct act_call *c)
{
    struct arranging *a = c->state;
    if (!a)
        return;
    store_arrangement_clear(&a->proposal);
    act_freep(&a->act);
    mem_freep(&c->state);
}

static enum err read_terms(const json_t *body, struct arranging *a, struct fail *f)
{
    TRY(json_need_u64(body, "version", "arrangement", &a->version, f));
    TRY(json_need_object(body, "terms", "arrangement", &a->terms, f));
    return terms_check(a->terms, f);
}

static enum err too_old(uint64_t version, uint64_t known, struct fail *f)
{
    return fail_why(f, REASON_TERMS_VERSION, "terms of version %llu: version %llu is here already",
                    (unsigned long long)version, (unsigned long long)known);
}

/* What is newest here, 0: nothing, and what is agreed. */
static enum err known(struct db *db, const char *partner, struct arrangement_row *newest, uint64_t *agreed,
                      struct fail *f)
{
    AUTO(store_arrangement_clear) struct arrangement_row row = { 0 };
    enum err e = store_arrangement_newest(db, partner, newest, f);
    if (!store_missing(e, f))
        TRY(e);
    e = store_arrangement_at(db, partner, INT64_MAX, &row, f);
    *agreed = 0;
    if (store_missing(e, f))
        return OK;
    TRY(e);
    *agreed = row.version;
    return OK;
}

/* The proposal ${ref} of ${proposer}, in the very words of the acceptance. */
static enum err load_proposal(struct act_call *c, struct db *db, struct arranging *a, const char *ref,
                              const char *proposer, struct fail *f)
{
    AUTO(json_freep) json_t *terms = NULL;
    enum err e = store_arrangement_get(db, ref, &a->proposal, f);
    if (store_missing(e, f) || (e == OK && (strcmp(a->proposal.proposer, proposer) != 0 ||
                                            strcmp(a->proposal.partner, a->partner) != 0)))
        return fail_why(f, REASON_TERMS_UNSIGNED,
                        "%s proposed no such terms: they are signed by one side only", proposer);
    TRY(e);
    TRY(arrange_terms(&a->proposal, &terms, f));
    if (a->proposal.version != a->version || !json_equal(terms, a->terms))
        return fail_why(f, REASON_TERMS_UNSIGNED,
                        "these are other terms than those of version %llu that %s proposed",
                        (unsigned long long)a->proposal.version, proposer);
    memcpy(c->ref, ref, UUID_TEXT);
    return OK;
}

/* Only the newest proposal is signed, and only one above it is made. */
static enum err check_own(const struct arranging *a, struct db *db, struct fail *f)
{
    AUTO(store_arrangement_clear) struct arrangement_row newest = { 0 };
    uint64_t agreed;
    TRY(known(db, a->partner, &newest, &agreed, f));
    if (!a->proposal.own)
        return a->version == newest.version + 1
                   ? OK
                   : fail_why(f, REASON_TERMS_VERSION,
                              "the next version of the terms with %s is %llu, not %llu", a->partner,
                              (unsigned long long)newest.version + 1, (unsigned long long)a->version);
    return newest.own && strcmp(newest.proposal, a->proposal.proposal) == 0 && a->version > agreed
               ? OK
               : too_old(a->version, newest.version, f);
}

/* Our officer ---------------------------------------------------------------------------------------------------------- */

enum err act_arrange_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct arranging *a = c->state = mem_new(sizeof *a);
    TRY(json_need_str(c->act->body, "with", "arrangement", &a->partner, f));
    TRY(read_terms(c->act->body, a, f));
    if (!name_is_domain(a->partner) || strcmp(a->partner, c->node->conf.domain) == 0)
        return fail_set(f, E_INVALID, "arrangement: '%.80s' is no other organisation", a->partner);
    if (*c->act->report || json_array_size(c->act->portions))
        return fail_set(f, E_INVALID, "arrangement: terms are about no report");
    TRY(cards_get_trusted(c->node, a->partner, &ref, f));
    TRY(store_read_begin(c->node->store, &db, f));
    if (*c->act->ref)
        TRY(load_proposal(c, db, a, c->act->ref, a->partner, f));
    TRY(check_own(a, db, f));
    c->portions = json_array();
    c->aud = json_pack("[s]", a->partner);
    c->body = json_deep_copy(c->act->body);
    json_set_u64(c->answer, "version", a->version);
    json_set_str(c->answer, "state",
                 arrangement_state_name(*c->act->ref ? ARRANGEMENT_AGREED : ARRANGEMENT_PROPOSED));
    return OK;
}

/* Either side's signature, in the row. */
static enum err keep(struct act_call *c, struct db *db, struct fail *f)
{
    const struct arranging *a = c->state;
    const struct act *act = c->taken ? a->act : c->act;
    AUTO(str_freep) char *terms = json_text(a->terms);
    bool accepted = a->proposal.own != NULL;
    struct arrangement_row row = { .proposal = c->id,
                                   .partner = a->partner,
                                   .version = a->version,
                                   .proposer = c->taken ? a->partner : c->node->conf.domain,
                                   .state = a->crossed ? ARRANGEMENT_DROPPED : ARRANGEMENT_PROPOSED,
                                   .terms = terms,
                                   .own_act = "",
                                   .own_by = "",
                                   .their_act = "",
                                   .their_by = "",
                                   .proposed_ms = c->now_ms };
    if (accepted) {
        row = a->proposal;
        row.state = ARRANGEMENT_AGREED;
        row.agreed_ms = c->now_ms;
    }
    if (c->taken) {
        row.their_act = act->jose->text;
        row.their_by = act->by;
    } else {
        row.own_act = act->jose->text;
        row.own_by = act->by;
    }
    TRY(store_arrangement_put(db, &row, f));
    if (a->crossed)
        return OK;
    TRY(store_item_done(db, row.proposal, "arrangement", c->now_ms, f));
    return store_arrangement_drop(db, a->partner, a->version, row.proposal, f);
}

enum err act_arrange_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    (void)e;
    TRY(check_own(c->state, db, f));
    return keep(c, db, f);
}

/* The partner's ---------------------------------------------------------------------------------------------------------- */

/* A proposal of the partner's, against what is known here. What he says comes in the order in which he said it: so what lies at or
 * below his own newest, or what both signed, is no crossing but old. */
static enum err take_proposal(struct act_call *c, struct db *db, struct arranging *a, struct fail *f)
{
    AUTO(store_arrangement_clear) struct arrangement_row newest = { 0 };
    const char *home = c->node->conf.domain;
    uint64_t agreed;
    TRY(known(db, a->partner, &newest, &agreed, f));
    a->crossed = false;
    if (a->version > newest.version)
        return OK;
    if (a->version <= agreed || strcmp(newest.proposer, home) != 0)
        return too_old(a->version, newest.version, f);
    a->crossed = a->version < newest.version || strcmp(home, a->partner) < 0;
    return OK;
}

/* His signature under a proposal of ours: not below what both signed, nor after he proposed as much or more himself. */
static enum err take_acceptance(struct db *db, const struct arranging *a, struct fail *f)
{
    AUTO(store_arrangement_clear) struct arrangement_row newest = { 0 };
    uint64_t agreed;
    TRY(known(db, a->partner, &newest, &agreed, f));
    if (a->version <= agreed)
        return too_old(a->version, agreed, f);
    return strcmp(newest.proposer, a->partner) != 0 || newest.version < a->version
               ? OK
               : too_old(a->version, newest.version, f);
}

static enum err check_taken(struct act_call *c, struct db *db, struct fail *f)
{
    struct arranging *a = c->state;
    return *c->ref ? take_acceptance(db, a, f) : take_proposal(c, db, a, f);
}

enum err act_arrange_take(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct arranging *a = c->state = mem_new(sizeof *a);
    const char *with;
    a->partner = c->taken->iss;
    TRY(act_carried(c, &a->act, f));
    TRY(read_terms(c->taken->body, a, f));
    TRY(json_need_str(a->act->body, "with", "arrangement", &with, f));
    if (strcmp(with, c->node->conf.domain) != 0 ||
        !json_equal(json_object_get(a->act->body, "version"), json_object_get(c->taken->body, "version")) ||
        !json_equal(json_object_get(a->act->body, "terms"), a->terms))
        return fail_why(f, REASON_TERMS_UNSIGNED, "no officer of %s signed these terms", c->taken->iss);
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(act_need_role(c, db, ROLE_OFFICER, "officer", f));
    if (*c->ref)
        TRY(load_proposal(c, db, a, c->ref, c->node->conf.domain, f));
    return check_taken(c, db, f);
}

enum err act_arrange_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct arranging *a = c->state;
    bool accepted = a->proposal.own != NULL;
    (void)e;
    TRY(check_taken(c, db, f));
    TRY(keep(c, db, f));
    if (a->crossed)
        return OK; /* ours stands: nothing to decide */
    AUTO(str_freep)
    char *what = str_format("terms of version %llu %s by %s", (unsigned long long)a->version,
                            accepted ? "signed" : "proposed", c->taken->iss);
    json_t *about = json_object();
    json_set_str(about, "what", what);
    json_set_u64(about, "version", a->version);
    json_set_str(about, "by", c->taken->by);
    return acts_notify(db, "decision", "officer", c->taken->iss, c->now_ms, 0, accepted ? c->ref : c->id,
                       about, f);
}
