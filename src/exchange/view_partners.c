/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_partners.c - partners with what is on record, and who could read a report that is not yet
 * sent */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/words.h"
#include "exchange/aware.h"
#include "exchange/cards.h"
#include "exchange/facts.h"
#include "exchange/guests.h"
#include "exchange/record.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "policy/decide.h"
#include "store/override.h"
#include "store/request.h"
#include "store/statement.h"
#include "store/store.h"

#define REQUESTS_MAX 1000000

/* Partners --------------------------------------------------------------------------------------------- */

struct counts {
    struct db *db;
    const char *home, *partner;
    uint64_t overrides, requests, by_state[REQUEST_STATE_COUNT], silent, uncoordinated;
};

static enum err note_asked(const struct request_portion_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->portion));
    return OK;
}

static enum err count_request(const struct request_row *row, void *ctx, struct fail *f)
{
    struct counts *c = ctx;
    AUTO(json_freep) json_t *asked = json_array();
    bool known;
    if (strcmp(row->asker, c->partner) != 0)
        return OK;
    TRY(store_request_portion_list(c->db, row->id, note_asked, asked, f));
    TRY(aware_counts(c->db, c->partner, row->report, asked, &known, f));
    if (!known)
        return OK;
    c->requests++;
    c->by_state[row->state]++;
    c->silent += row->silent_ms != 0; /* and granted or denied, where somebody decided late */
    return OK;
}

/* A notice that we made about his copy: it was presented by somebody whom it was not issued to. */
static enum err count_notice(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct counts *c = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (row->direction != STATEMENT_MADE)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    bool known = false;
    if (statement_is_for(s, c->partner) && !*s->ref) /* not what officers made of one */
        TRY(aware_counts(c->db, c->partner, s->report, s->portions, &known, f));
    c->uncoordinated += known;
    return OK;
}

/* An override that he told us of. */
static enum err count_override(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct counts *c = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    bool known;
    if (row->direction != STATEMENT_TAKEN || strcmp(row->iss, c->partner) != 0)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *originator = json_string_value(json_object_get(s->body, "originator"));
    if (originator && strcmp(originator, c->home) != 0)
        return OK; /* it passed on to us what is somebody else's */
    TRY(aware_counts(c->db, c->partner, s->report, s->portions, &known, f));
    c->overrides += known;
    return OK;
}

/* Without what concerns HIDDEN portions only: everybody sees them. */
static enum err put_counts(struct db *db, const char *home, const char *partner, json_t *p, struct fail *f)
{
    struct counts c = { .db = db, .home = home, .partner = partner };
    for (int state = 0; state < REQUEST_STATE_COUNT; state++)
        TRY(store_request_list_state(db, (enum request_state)state, REQUESTS_MAX, count_request, &c, f));
    TRY(store_statement_list_kind(db, "notice", 0, REQUESTS_MAX, count_notice, &c, f));
    TRY(store_statement_list_kind(db, "override", 0, REQUESTS_MAX, count_override, &c, f));
    json_set_u64(p, "requests", c.requests);
    json_set_u64(p, "granted", c.by_state[REQUEST_GRANTED]);
    json_set_u64(p, "denied", c.by_state[REQUEST_DENIED]);
    json_set_u64(p, "silent", c.silent);
    json_set_u64(p, "uncoordinated", c.uncoordinated);
    uint64_t recalls, untold;
    TRY(store_override_untold(db, partner, home, &untold, f));
    json_set_u64(p, "not_yet_told", untold);
    TRY(record_recalls_open(db, partner, &recalls, f));
    json_set_u64(p, "overrides", c.overrides);
    json_set_u64(p, "recalls_open", recalls);
    return OK;
}

struct partners {
    struct node *n;
    struct db *db;
    const char *domain, *list;
    json_t *into;
};

static enum err add_partner(const struct card_row *row, void *ctx, struct fail *f)
{
    struct partners *l = ctx;
    char words[WORDS_SIZE], reached[TIME_TEXT_SIZE] = "";
    uint64_t pending, oldest_ms;
    AUTO(cards_put) struct card_ref ref = { 0 };
    if (row->state == CARD_OWN || (l->domain && strcmp(l->domain, row->domain) != 0))
        return OK;
    json_t *p = json_object();
    json_array_append_new(l->into, p);
    TRY(cards_get(l->n, row->domain, &ref, f));
    TRY(store_outbox_pending(l->db, row->domain, &pending, &oldest_ms, f));
    words_print(row->card_key_sha, words);
    if (row->reached_ms)
        time_print(row->reached_ms, reached);
    json_set_str(p, "domain", row->domain);
    json_set_str(p, "name", ref.card->name ? ref.card->name : "");
    json_set_str(p, "url", ref.card->url);
    json_set_str(p, "state", card_state_name(row->state));
    json_set_str(p, "words", words);
    json_set_u64(p, "serial", row->serial);
    json_set_str(p, "reached", reached);
    json_set_u64(p, "undelivered", pending);
    TRY(put_counts(l->db, l->n->conf.domain, row->domain, p, f));
    return l->domain && l->list ? record_put(l->n, l->db, row->domain, l->list, p, f) : OK;
}

enum err view_partners(struct node *n, const struct asker *a, const char *domain, const char *list,
                       json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *partners = json_array();
    json_set_take(answer, "partners", partners);
    if (a && guests_is(n, a->person)) { /* whom his host deals with, and how, is none of his business */
        if (domain)
            return fail_why(f, REASON_NOT_ROLE, "records are shown to people of %s, not to its guests",
                            n->conf.domain);
        *out = json_incref(answer);
        return OK;
    }
    TRY(store_read_begin(n->store, &db, f));
    struct partners l = { n, db, domain, list, partners };
    TRY(store_card_list(db, add_partner, &l, f));
    if (domain && json_array_size(partners) == 0)
        return fail_why(f, REASON_UNKNOWN_PARTNER, "no card of %s is known here", domain);
    *out = json_incref(answer);
    return OK;
}

/* The preview ----------------------------------------------------------------------------------------------- */

/* Who could read a portion with this mark, if it were shared. */
struct previewing {
    struct node *n;
    struct db *db;
    const struct marking *mark;
    json_t *columns;
};

static void put_column(struct previewing *p, const char *who, const char *may,
                       const struct policy_reason *why)
{
    json_t *c = json_object();
    json_set_str(c, "who", who);
    json_set_str(c, "may", may);
    json_set_str(c, "reason", reason_code(why->reason));
    json_set_str(c, "text", reason_text(why->reason));
    json_array_append_new(p->columns, c);
}

/* One person, with his read-ins; or, where ${person} is NULL, anybody of ${who}: "some" if not a plain reader, but
 * somebody whom we know may. */
static enum err preview_column(struct previewing *p, const char *who, const char *home, const char *person,
                               bool author, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(str_freep) char *reader = str_format("@%s", home);
    struct policy_input *in = &facts.input;
    struct marking apart = *p->mark; /* borrowed; read as it would be if nobody else knew of it */
    bool some = false;
    TRY(facts_asker(p->n, p->db, person ? person : reader, home, NULL, p->n->now_ms(), &facts, f));
    in->marks = p->mark;
    in->mark_count = 1;
    in->copy_holder = home;
    in->release = (struct policy_release){ .exists = true,
                                           .named = person && !author,
                                           .persons_only = person && !author };
    in->asker.author = author;
    facts_decide(&facts);
    bool all = facts.result.outcome == POLICY_ALLOW;
    apart.hidden = true;
    if (!all && !person)
        TRY(aware_anyone(p->n, p->db, &apart, who, false, &some, f));
    put_column(p, who, all ? "yes" : some ? "some" : "no", &facts.result.reasons[0]);
    return OK;
}

/* Has no card: guests here. */
static bool is_client(struct node *n, const char *whom)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct fail why = { 0 };
    return cards_get_trusted(n, name_domain_of(whom), &ref, &why) != OK &&
           why.reason == REASON_UNKNOWN_PARTNER;
}

/* A guest of ours, or one of a client's people like any other. */
static enum err preview_guest(struct previewing *p, const char *whom, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    AUTO(str_freep) char *reader = name_is_person(whom) ? str_dup(whom) : str_format("@%s", whom);
    struct policy_input *in = &facts.input;
    TRY(facts_asker(p->n, p->db, reader, p->n->conf.domain, NULL, p->n->now_ms(), &facts, f));
    in->marks = p->mark;
    in->mark_count = 1;
    in->copy_holder = p->n->conf.domain;
    in->release = (struct policy_release){ .exists = true,
                                           .named = name_is_person(whom),
                                           .organisation = name_is_domain(whom),
                                           .persons_only = true };
    facts_decide(&facts);
    put_column(p, whom, facts.result.outcome == POLICY_ALLOW ? "yes" : "no", &facts.result.reasons[0]);
    return OK;
}

static enum err preview_portion(struct node *n, struct db *db, const struct asker *a, const json_t *in,
                                const json_t *to, struct marking *banner, json_t *out, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    const char *text;
    uint64_t number;
    json_t *columns = json_array();
    json_set_take(out, "columns", columns);
    TRY(json_need_str(in, "mark", "preview portion", &text, f));
    TRY(json_need_u64(in, "n", "preview portion", &number, f));
    TRY(marking_read(text, &mark, f));
    marking_banner_add(banner, &mark);
    json_set_u64(out, "n", number);
    json_set_str(out, "mark", text);
    struct previewing p = { n, db, &mark, columns };
    TRY(preview_column(&p, a->person, n->conf.domain, a->person, true, f));
    TRY(preview_column(&p, n->conf.domain, n->conf.domain, NULL, false, f));
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *whom = json_string_value(json_array_get(to, i));
        TRY(is_client(n, whom) ? preview_guest(&p, whom, f)
                               : preview_column(&p, whom, name_domain_of(whom),
                                                name_is_person(whom) ? whom : NULL, false, f));
    }
    enum reason beyond = policy_beyond(&mark, 1);
    json_set_str(out, "beyond", reason_code(beyond));
    json_set_str(out, "beyond_text", reason_text(beyond));
    return OK;
}

static enum err check_recipients(struct node *n, const json_t *to, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(to); i++) {
        AUTO(cards_put) struct card_ref ref = { 0 };
        const char *whom = json_string_value(json_array_get(to, i));
        if (!whom || (!name_is_domain(whom) && !name_is_person(whom)))
            return fail_set(f, E_INVALID, "'%.80s' is neither a domain nor a person", whom ? whom : "");
        struct fail why = { 0 };
        enum err e = cards_get_trusted(n, name_domain_of(whom), &ref, &why);
        if (e == OK)
            continue;
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        if (why.reason != REASON_UNKNOWN_PARTNER)
            return fail_pass(f, &why);
        e = guests_recipient(n, db, whom, f);
        if (e != OK && f->reason == REASON_ISSUER) {
            fail_clear(f);
            return fail_pass(f, &why);
        }
        TRY(e);
    }
    return OK;
}

enum err view_preview(struct node *n, const struct asker *a, const json_t *in, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    AUTO(marking_clear) struct marking banner = { 0 };
    AUTO(str_freep) char *text = NULL;
    const json_t *to, *portions;
    json_t *rows = json_array();
    json_set_take(answer, "portions", rows);
    TRY(json_need_array(in, "to", "preview", &to, f));
    TRY(json_need_array(in, "portions", "preview", &portions, f));
    if (json_array_size(portions) < 1 || json_array_size(portions) > 1024)
        return fail_set(f, E_INVALID, "preview: 1 to 1024 portions");
    TRY(check_recipients(n, to, f));
    TRY(store_read_begin(n->store, &db, f));
    for (size_t i = 0; i < json_array_size(portions); i++) {
        json_t *row = json_object();
        json_array_append_new(rows, row);
        TRY(preview_portion(n, db, a, json_array_get(portions, i), to, &banner, row, f));
    }
    text = marking_text(&banner, NULL);
    json_set_str(answer, "banner", text);
    json_set_take(answer, "to", json_deep_copy(to));
    *out = json_incref(answer);
    return OK;
}
