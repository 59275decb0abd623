/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_tell.c - the originator told somebody by voice or paper: a briefing like any other */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/act_rows.h"
#include "exchange/aware.h"
#include "exchange/cards.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/store.h"

#define PRESENT_MAX 100

struct telling {
    const char *whom, *reason; /* a person, or words */
    struct act *act;           /* taken ones: the teller's */
};

void act_tell_release(struct act_call *c)
{
    struct telling *t = c->state;
    if (!t)
        return;
    act_freep(&t->act);
    mem_freep(&c->state);
}

enum err act_enter_told(struct act_call *c, struct db *db, struct journal_event *e, const char *whom,
                        const json_t *portions, struct fail *f)
{
    char all[DOMAIN_MAX + 2];
    bool domain = name_is_domain(whom), named = domain || name_is_person(whom);
    snprintf(all, sizeof all, "@%s", domain ? whom : "");
    e->person = domain ? all : named ? whom : NULL;
    if (named)
        e->organisation = domain ? whom : name_domain_of(whom);
    else
        e->reason = whom;
    struct place follows = e->follows;
    for (size_t i = 0; i < json_array_size(portions); i++) {
        e->portion = json_string_value(json_array_get(portions, i));
        AUTO(str_freep) char *name = str_format("%s/%s", e->originator, e->portion);
        struct place first;
        enum err err =
            named ? store_briefing_pick(db, name, e->person, true, &first.generation, &first.index, f)
                  : E_NOT_FOUND;
        if (err != OK && named && !store_missing(err, f))
            return err;
        e->follows = err == OK ? first : follows;
        TRY(journal_enter(c->node, db, e, &c->last, f));
    }
    e->person = NULL;
    return OK;
}

/* The originator's side ------------------------------------------------------------------------------------- */

static enum err choose_portions(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const json_t *named = c->act->portions;
    if (json_array_size(named) == 0)
        return fail_set(f, E_INVALID, "tell: it names no portions");
    TRY(store_read_begin(c->node->store, &db, f));
    for (size_t i = 0; i < json_array_size(named); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        const char *id = json_string_value(json_array_get(named, i));
        enum err e = store_portion_get(db, id, &row, f);
        if (store_missing(e, f) || (e == OK && strcmp(row.report, c->report) != 0))
            return fail_why(f, REASON_NOT_YOURS, "portion %s is unknown here, or not of this report", id);
        TRY(e);
        for (size_t k = 0; k < i; k++)
            if (strcmp(json_string_value(json_array_get(named, k)), id) == 0)
                return fail_set(f, E_INVALID, "tell: portion %u is named twice", row.n);
    }
    c->portions = json_deep_copy(named);
    return OK;
}

/* Person or words, occasion, time, those present. */
static enum err read_telling(const json_t *body, uint64_t now_ms, struct telling *t, struct fail *f)
{
    const char *person, *words, *occasion, *at;
    const json_t *present = json_object_get(body, "present");
    uint64_t at_ms;
    TRY(json_may_str(body, "person", "tell", &person, f));
    TRY(json_may_str(body, "words", "tell", &words, f));
    TRY(json_may_str(body, "occasion", "tell", &occasion, f));
    TRY(json_need_str(body, "at", "tell", &at, f));
    TRY(act_reason(body, "tell", true, &t->reason, f));
    if ((person != NULL) == (words != NULL) || (person && !name_is_person(person)))
        return fail_set(f, E_INVALID, "tell: it names a person, or somebody in words");
    t->whom = person ? person : words;
    if (words &&
        (strspn(words, " \t\r\n") == strlen(words) || name_is_domain(words) || name_is_person(words)))
        return fail_set(f, E_INVALID, "tell: the words name nobody");
    if (strlen(t->whom) > 1024 || (occasion && strlen(occasion) > 1024))
        return fail_set(f, E_TOO_LARGE, "tell: the words, or the occasion, are longer than 1024 bytes");
    if (!time_read(at, &at_ms))
        return fail_why(f, REASON_TIME, "tell: 'at' is not a time");
    if (at_ms > now_ms + 60000)
        return fail_set(f, E_INVALID, "tell: the time of the telling is still to come");
    if (present && (!json_is_array(present) || json_array_size(present) > PRESENT_MAX))
        return fail_set(f, E_INVALID, "tell: 'present' is no list of at most %d", PRESENT_MAX);
    for (size_t i = 0; i < json_array_size(present); i++)
        if (!json_is_string(json_array_get(present, i)) ||
            json_string_length(json_array_get(present, i)) > 256)
            return fail_set(f, E_INVALID, "tell: one of those present is no text of at most 256 bytes");
    return OK;
}

/* The told person's organisation hears of it where it is a partner, so that he can sign a receipt. */
static json_t *audience_of(struct act_call *c, const char *whom)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct fail why = { 0 };
    const char *domain = name_domain_of(whom);
    if (!name_is_person(whom) || strcmp(domain, c->node->conf.domain) == 0 ||
        cards_get_trusted(c->node, domain, &ref, &why) != OK)
        return json_array();
    return json_pack("[s]", domain);
}

enum err act_tell_prepare(struct act_call *c, struct fail *f)
{
    struct telling *t = c->state = mem_new(sizeof *t);
    TRY(act_own_report(c, f));
    TRY(choose_portions(c, f));
    TRY(read_telling(c->act->body, c->now_ms, t, f));
    c->aud = audience_of(c, t->whom);
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->answer, "told", c->id);
    return OK;
}

static enum err notify_told(struct act_call *c, struct db *db, const char *person, const char *sender,
                            const json_t *body, const json_t *portions, const json_t *numbers, struct fail *f)
{
    char digest[44];
    json_t *about = json_object();
    statement_digest_text(c->digest, digest);
    json_set_str(about, "told", c->id);
    json_set_str(about, "digest", digest);
    json_set_str(about, "report", c->report);
    json_set_take(about, "portions", json_deep_copy(portions));
    json_set_take(about, "n", json_deep_copy(numbers));
    json_set_str(about, "reason", json_string_value(json_object_get(body, "reason")));
    json_set_str(about, "occasion", json_string_value(json_object_get(body, "occasion")));
    return acts_notify(db, "told", person, sender, c->now_ms, 0, c->id, about, f);
}

enum err act_tell_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct telling *t = c->state;
    AUTO(json_freep) json_t *numbers = NULL;
    AUTO(aware_clear) struct aware known = { 0 };
    e->reason = t->reason;
    e->organisation = c->node->conf.domain;
    TRY(act_enter_told(c, db, e, t->whom, c->portions, f));
    if (!name_is_person(t->whom) || strcmp(name_domain_of(t->whom), c->node->conf.domain) != 0)
        return OK;
    TRY(aware_of_ours(c->node, db, t->whom, c->report, &known, f));
    numbers = aware_numbers(&known, c->portions);
    return notify_told(c, db, t->whom, c->node->conf.domain, c->body, c->portions, numbers, f);
}

/* At the organisation of who was told ------------------------------------------------------------------------ */

enum err act_tell_take(struct act_call *c, struct fail *f)
{
    struct telling *t = c->state = mem_new(sizeof *t);
    TRY(act_carried(c, &t->act, f));
    TRY(read_telling(c->taken->body, c->now_ms, t, f));
    if (!*c->report || json_array_size(c->taken->portions) == 0)
        return fail_set(f, E_INVALID, "tell: it names no report, or no portions");
    if (!name_is_person(t->whom) || strcmp(name_domain_of(t->whom), c->node->conf.domain) != 0)
        return fail_why(f, REASON_AUDIENCE, "tell: who was told is not of %s", c->node->conf.domain);
    return OK;
}

/* A briefing is in the ledger of who made it; here it is a notice of it. Who was told knows of it by that; a number it has for him
 * only if he knows of it by a copy. */
enum err act_tell_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct telling *t = c->state;
    AUTO(json_freep) json_t *numbers = NULL;
    AUTO(aware_clear) struct aware known = { 0 };
    TRY(aware_of_theirs(c->node, db, t->whom, c->taken->iss, c->report, &known, f));
    numbers = aware_numbers(&known, c->taken->portions);
    e->kind = KIND_NOTICE;
    e->person = t->whom;
    e->reason = t->reason;
    TRY(acts_enter(c->node, db, e, c->taken->portions, &c->last, f));
    return notify_told(c, db, t->whom, c->taken->iss, c->taken->body, c->taken->portions, numbers, f);
}
