/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/absence.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "store/absence.h"
#include "store/notice.h"
#include "store/person.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define LASTS_MAX_MS ((uint64_t)366 * 86400000)
#define SLACK_MS     120000 /* between the client's clock and ours */
#define SETTING_DUTY "duty"

/* Whether ${person} is ours, active, and an officer. */
static enum err is_officer(struct db *db, const char *person, const char *domain, bool *yes, struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned roles = 0;
    *yes = false;
    enum err e = store_person_get(db, person, &row, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    TRY(auth_roles_read(row.roles, &roles, f));
    *yes = strcmp(row.domain, domain) == 0 && row.state == PERSON_ACTIVE && (roles & ROLE_OFFICER);
    return OK;
}

/* The act ------------------------------------------------------------------------------------------------------ */

struct away {
    const char *person, *deputy;
    uint64_t from_ms, until_ms;
};

static enum err read_times(const json_t *body, uint64_t now_ms, struct away *a, struct fail *f)
{
    const char *from, *until;
    TRY(json_need_str(body, "from", "absence", &from, f));
    TRY(json_need_str(body, "until", "absence", &until, f));
    if (!time_read(from, &a->from_ms) || !time_read(until, &a->until_ms))
        return fail_set(f, E_INVALID, "absence: 'from' or 'until' is not a time");
    if (a->until_ms <= a->from_ms)
        return fail_why(f, REASON_TIME_ORDER, "absence: it would end at %s, before it begins", until);
    if (a->until_ms <= now_ms || a->from_ms + SLACK_MS < now_ms)
        return fail_why(f, REASON_TIME_PAST, "absence: %s has passed", a->until_ms <= now_ms ? until : from);
    if (a->until_ms - a->from_ms > LASTS_MAX_MS || a->from_ms > now_ms + LASTS_MAX_MS)
        return fail_set(f, E_INVALID, "absence: more than a year");
    return OK;
}

static enum err read_away(const struct act_call *c, struct away *a, struct fail *f)
{
    const json_t *body = c->act->body;
    TRY(json_need_str(body, "deputy", "absence", &a->deputy, f));
    TRY(json_may_str(body, "person", "absence", &a->person, f));
    if (!a->person || !*a->person)
        a->person = c->act->by;
    if (!name_is_person(a->person) || !name_is_person(a->deputy))
        return fail_set(f, E_INVALID, "absence: '%.80s' is no person",
                        name_is_person(a->person) ? a->deputy : a->person);
    if (strcmp(a->person, a->deputy) == 0)
        return fail_why(f, REASON_DEPUTY_SELF, "%s can't stand in for himself", a->deputy);
    return read_times(body, c->now_ms, a, f);
}

static enum err check_other(const struct absence_row *row, void *ctx, struct fail *f)
{
    const struct away *a = ctx;
    if (strcmp(row->person, a->person) == 0)
        return fail_why(f, REASON_ABSENCE_OVERLAP, "%s is away then already, absence %s", a->person, row->id);
    if (strcmp(row->person, a->deputy) == 0)
        return fail_why(f, REASON_DEPUTY_CHAIN,
                        "%s is away himself then, with %s as deputy: name another one", a->deputy,
                        row->deputy);
    if (strcmp(row->deputy, a->person) == 0)
        return fail_why(f, REASON_DEPUTY_CHAIN, "%s stands in for %s then: a deputy has no deputy", a->person,
                        row->person);
    return OK;
}

static enum err check_away(struct db *db, const char *domain, struct away *a, struct fail *f)
{
    bool officer;
    TRY(is_officer(db, a->person, domain, &officer, f));
    if (!officer)
        return fail_why(f, REASON_NOT_ROLE, "%s is no active officer of %s: nobody need stand in", a->person,
                        domain);
    TRY(is_officer(db, a->deputy, domain, &officer, f));
    if (!officer)
        return fail_why(f, REASON_DEPUTY_ROLE,
                        "%s is no active officer of %s, and an absence makes nobody one", a->deputy, domain);
    return store_absence_list(db, a->from_ms, a->until_ms, check_other, a, f);
}

/* An officer for himself, an admin for anybody. */
static enum err check_whose(const struct act_call *c, const char *person, struct fail *f)
{
    if (strcmp(person, c->act->by) == 0 || (c->asker->roles & ROLE_ADMIN))
        return OK;
    return fail_why(f, REASON_NOT_ROLE, "only %s himself or an admin says when he is away", person);
}

static void set_home(struct act_call *c)
{
    const char *home = c->node->conf.domain;
    memcpy(c->originator, home, strlen(home) + 1);
    c->aud = json_pack("[s]", home);
    c->portions = json_array();
}

enum err absence_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct away a;
    TRY(read_away(c, &a, f));
    TRY(check_whose(c, a.person, f));
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(check_away(db, c->node->conf.domain, &a, f));
    set_home(c);
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->answer, "absence", c->id);
    return OK;
}

/* The deputy learns what he is in for. */
static enum err tell_deputy(const struct act_call *c, struct db *db, const struct away *a, struct fail *f)
{
    AUTO(str_freep) char *what = NULL;
    json_t *about = json_object();
    char until[TIME_TEXT_SIZE];
    time_print(a->until_ms, until);
    what = str_format("you stand in for %s until %.16sZ", a->person, until);
    json_set_str(about, "absence", c->id);
    json_set_str(about, "person", a->person);
    json_set_str(about, "what", what);
    return acts_notify(db, "absence", a->deputy, c->node->conf.domain, c->now_ms, 0, c->id, about, f);
}

enum err absence_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    struct away a;
    TRY(read_away(c, &a, f));
    TRY(check_away(db, c->node->conf.domain, &a, f));
    struct absence_row row = { .id = c->id,
                               .person = a.person,
                               .deputy = a.deputy,
                               .from_ms = a.from_ms,
                               .until_ms = a.until_ms,
                               .set_by = c->act->by };
    e->person = a.person;
    e->reason = "absence";
    TRY(store_absence_add(db, &row, f));
    return tell_deputy(c, db, &a, f);
}

static enum err load_absence(const struct act_call *c, struct db *db, struct absence_row *row, struct fail *f)
{
    enum err e = store_absence_get(db, c->act->ref, row, f);
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_YOURS, "absence %s is unknown, or not yours", c->act->ref);
    TRY(e);
    TRY(check_whose(c, row->person, f));
    if (row->ended_ms || row->until_ms <= c->now_ms)
        return fail_why(f, REASON_EXPIRED, "absence %s is over already", row->id);
    return OK;
}

enum err absence_return_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_absence_clear) struct absence_row row = { 0 };
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(load_absence(c, db, &row, f));
    set_home(c);
    memcpy(c->ref, row.id, strlen(row.id) + 1);
    c->body = json_object();
    json_set_str(c->answer, "absence", row.id);
    return OK;
}

enum err absence_return_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    AUTO(store_absence_clear) struct absence_row row = { 0 };
    TRY(load_absence(c, db, &row, f));
    e->reason = "return";
    TRY(store_item_done(db, row.id, "absence", c->now_ms, f));
    return store_absence_end(db, row.id, c->now_ms, f);
}

/* Who stands in ------------------------------------------------------------------------------------------------- */

struct standing_in {
    const char *deputy;
    enum err (*fn)(const char *person, void *ctx, struct fail *f);
    void *ctx;
};

static enum err if_deputy(const struct absence_row *row, void *ctx, struct fail *f)
{
    const struct standing_in *s = ctx;
    return strcmp(row->deputy, s->deputy) == 0 ? s->fn(row->person, s->ctx, f) : OK;
}

enum err absence_each(struct db *db, const char *deputy, uint64_t now_ms,
                      enum err (*fn)(const char *person, void *ctx, struct fail *f), void *ctx,
                      struct fail *f)
{
    struct standing_in s = { deputy, fn, ctx };
    return store_absence_list(db, now_ms, now_ms + 1, if_deputy, &s, f);
}

struct acting {
    const char *person;
    char deputy[PERSON_MAX + 1]; /* "" : he is there */
};

static enum err note_deputy(const struct absence_row *row, void *ctx, struct fail *f)
{
    struct acting *a = ctx;
    (void)f;
    if (strcmp(row->person, a->person) == 0)
        memcpy(a->deputy, row->deputy, strlen(row->deputy) + 1);
    return OK;
}

/* Who is on duty; NULL: nobody. Caller frees. ${acting} gets who does it now. */
static enum err on_duty(struct db *db, uint64_t now_ms, char **duty, struct acting *acting, struct fail *f)
{
    enum err e = store_setting_get(db, SETTING_DUTY, duty, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    if (!**duty) {
        mem_freep(duty);
        return OK;
    }
    acting->person = *duty;
    TRY(store_absence_list(db, now_ms, now_ms + 1, note_deputy, acting, f));
    if (!*acting->deputy)
        memcpy(acting->deputy, *duty, strlen(*duty) + 1);
    return OK;
}

/* Duty ------------------------------------------------------------------------------------------------------------ */

static enum err write_duty(struct db *db, void *ctx, struct fail *f)
{
    const char *person = ctx;
    bool officer;
    if (person) {
        TRY(is_officer(db, person, name_domain_of(person), &officer, f));
        if (!officer)
            return fail_why(f, REASON_NOT_ROLE, "%s is no active officer: he can't be on duty", person);
    }
    return store_setting_put(db, SETTING_DUTY, person ? person : "", f);
}

enum err duty_set(struct node *n, const char *person, struct fail *f)
{
    if (person && (!name_is_person(person) || strcmp(name_domain_of(person), n->conf.domain) != 0))
        return fail_set(f, E_INVALID, "'%.80s' is no person of %s", person, n->conf.domain);
    AUTO(str_freep) char *copy = person ? str_dup(person) : NULL;
    return writer_run(n->writer, write_duty, copy, f);
}

enum err duty_tell(struct node *n, json_t *to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *duty = NULL;
    struct acting acting = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    TRY(on_duty(db, n->now_ms(), &duty, &acting, f));
    if (duty)
        json_set_str(to, "duty", acting.deputy);
    return OK;
}

enum err duty_wake(struct db *db, const struct item_row *item, struct fail *f)
{
    AUTO(json_freep) json_t *about = NULL;
    AUTO(str_freep) char *duty = NULL;
    struct acting acting = { 0 };
    const char *precedence;
    if (strcmp(item->kind, "request") != 0)
        return OK;
    TRY(json_read(bytes_str(item->about), 65536, "inbox item", &about, f));
    TRY(json_may_str(about, "precedence", "inbox item", &precedence, f));
    if (!precedence || strcmp(precedence, "flash") != 0)
        return OK;
    TRY(on_duty(db, item->at_ms, &duty, &acting, f));
    struct notice_row notice = { .item = item->id,
                                 .kind = "flash",
                                 .audience = duty ? acting.deputy : item->audience,
                                 .at_ms = item->at_ms };
    return store_notice_add(db, &notice, f);
}

/* The view ---------------------------------------------------------------------------------------------------------- */

struct viewing {
    uint64_t now_ms;
    json_t *into;
};

static enum err add_absence(const struct absence_row *row, void *ctx, struct fail *f)
{
    const struct viewing *v = ctx;
    char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    json_t *one = json_object();
    (void)f;
    json_array_append_new(v->into, one);
    time_print(row->from_ms, from);
    time_print(row->until_ms, until);
    json_set_str(one, "id", row->id);
    json_set_str(one, "person", row->person);
    json_set_str(one, "deputy", row->deputy);
    json_set_str(one, "from", from);
    json_set_str(one, "until", until);
    json_set_str(one, "state", row->from_ms <= v->now_ms ? "away" : "planned");
    json_set_str(one, "set_by", row->set_by);
    return OK;
}

enum err absence_view(struct node *n, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    AUTO(str_freep) char *duty = NULL;
    struct acting acting = { 0 };
    struct viewing v = { n->now_ms(), json_array() };
    json_set_take(answer, "absences", v.into);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_absence_list(db, v.now_ms, UINT64_MAX, add_absence, &v, f));
    TRY(on_duty(db, v.now_ms, &duty, &acting, f));
    json_set_str(answer, "duty", duty ? duty : "");
    json_set_str(answer, "acting", acting.deputy);
    *out = json_incref(answer);
    return OK;
}
