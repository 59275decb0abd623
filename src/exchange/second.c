/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/second.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/acts.h"
#include "exchange/aware.h"
#include "exchange/compartment.h"
#include "exchange/timer.h"
#include "marking/marking.h"
#include "store/item.h"
#include "store/person.h"
#include "store/store.h"
#include "store/writer.h"

#define DAY_MS ((uint64_t)86400000)

/* Who ------------------------------------------------------------------------------------------------------- */

const char *second_named(const struct act *act)
{
    return json_string_value(json_object_get(act->body, "second"));
}

static enum err refuse(const struct act *act, const char *person, const char *why, struct fail *f)
{
    return fail_why(f, REASON_SECOND_PERSON, "%s: %.80s %s: name another one", act->kind, person, why);
}

/* Whether he knows of what is HIDDEN, or might: who decides on all that is ours does. */
static enum err check_known(struct node *n, struct db *db, const struct act *act, const char *person,
                            unsigned roles, const struct marking *mark, struct fail *f)
{
    struct aware_hidden h = { .originator = n->conf.domain, .mark = mark };
    bool may = true;
    if (mark->hidden && !(roles & ROLE_OFFICER))
        TRY(aware_person(n, db, &h, person, n->conf.domain, &may, f));
    return may ? OK : refuse(act, person, "may not know of a HIDDEN portion in it", f);
}

static enum err check_person(struct node *n, struct db *db, const struct act *act, const char *person,
                             const char *asker, unsigned *roles, struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned suits = strcmp(act->kind, "share") == 0 ? ROLE_AUTHOR | ROLE_OFFICER : ROLE_OFFICER;
    if (strcmp(person, act->by) == 0)
        return refuse(act, person, "makes it himself, and has but two eyes", f);
    if (asker && strcmp(person, asker) == 0)
        return refuse(act, person, "asked for it", f);
    if (!name_is_person(person) || strcmp(name_domain_of(person), n->conf.domain) != 0)
        return refuse(act, person, "is no person of this organisation", f);
    enum err e = store_person_get(db, person, &row, f);
    if (store_missing(e, f))
        return refuse(act, person, "is unknown here", f);
    TRY(e);
    if (row.state != PERSON_ACTIVE)
        return refuse(act, person, "is not active", f);
    TRY(auth_roles_read(row.roles, roles, f));
    return *roles & suits
               ? OK
               : refuse(act, person, suits & ROLE_AUTHOR ? "is neither author nor officer" : "is no officer",
                        f);
}

enum err second_check(struct node *n, const struct act *act, const json_t *marks, const char *asker,
                      struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *person, *wants;
    unsigned roles = 0;
    TRY(json_may_str(act->body, "second", act->kind, &person, f));
    TRY(store_read_begin(n->store, &db, f));
    if (person)
        TRY(check_person(n, db, act, person, asker, &roles, f));
    for (size_t i = 0; i < json_array_size(marks); i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        TRY(marking_read(json_string_value(json_array_get(marks, i)), &mark, f));
        if (person) {
            TRY(check_known(n, db, act, person, roles, &mark, f));
            continue;
        }
        TRY(compartment_wants(db, &mark, act->kind, &wants, f));
        if (wants)
            return fail_why(f, REASON_SECOND_NEEDED,
                            "%s: what is marked %s needs a second person: name him with --second PERSON",
                            act->kind, wants);
    }
    return OK;
}

/* Waiting ------------------------------------------------------------------------------------------------------ */

struct waiting {
    const struct second_row *row;
    struct bytes package;
};

static json_t *about_of(const struct second_row *row, const char *what)
{
    json_t *about = json_object();
    json_set_str(about, "second", row->id);
    json_set_str(about, "act", row->kind);
    json_set_str(about, "report", row->report);
    if (*row->ref)
        json_set_str(about, "request", row->ref);
    json_set_str(about, "what", what);
    return about;
}

static enum err write_waiting(struct db *db, void *ctx, struct fail *f)
{
    const struct waiting *w = ctx;
    const struct second_row *row = w->row;
    AUTO(str_freep) char *what = str_format("%s waits for you to agree to a %s", row->maker, row->kind);
    TRY(store_second_add(db, row, w->package.len ? &w->package : NULL, f));
    return acts_notify(db, "second", row->person, row->maker, row->at_ms, row->until_ms, row->id,
                       about_of(row, what), f);
}

enum err second_wait(struct node *n, const struct act *act, struct bytes package, json_t *answer,
                     struct fail *f)
{
    char until[TIME_TEXT_SIZE];
    uint64_t now_ms = n->now_ms();
    struct second_row row = { .id = act->id,
                              .kind = act->kind,
                              .maker = act->by,
                              .person = second_named(act),
                              .report = act->report,
                              .ref = act->ref,
                              .at_ms = now_ms,
                              .until_ms = now_ms + SECOND_DAYS * DAY_MS,
                              .act = act->jose->text,
                              .answer = "" };
    struct waiting w = { &row, package };
    if (package.len)
        hash_sha256(package, row.sha);
    enum err e = writer_run(n->writer, write_waiting, &w, f);
    if (e == E_CONFLICT) {
        fail_clear(f);
        return fail_why(f, REASON_OTHER_CONTENT, "%s %s came before", act->kind, act->id);
    }
    TRY(e);
    timer_kick(n->timer);
    time_print(row.until_ms, until);
    json_set_take(answer, "waits",
                  json_pack("{s:s,s:s,s:s}", "second", row.id, "person", row.person, "until", until));
    return OK;
}

enum err second_tell(struct db *db, const struct second_row *row, const char *by, const char *what,
                     uint64_t now_ms, struct fail *f)
{
    TRY(store_item_done(db, row->id, "second", now_ms, f));
    return acts_notify(db, "decision", row->maker, by, now_ms, 0, row->id, about_of(row, what), f);
}

/* The end of it ------------------------------------------------------------------------------------------------ */

struct ending {
    const struct node *n;
    uint64_t now_ms;
    json_t *due;
};

static enum err note_due(const struct second_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->id));
    return OK;
}

/* All that is due, in the writer's job, so that what was agreed to meanwhile is seen. */
static enum err write_ended(struct db *db, void *ctx, struct fail *f)
{
    struct ending *e = ctx;
    TRY(store_second_due(db, e->now_ms, note_due, e->due, f));
    for (size_t i = 0; i < json_array_size(e->due); i++) {
        AUTO(store_second_clear) struct second_row row = { 0 };
        TRY(store_second_get(db, json_string_value(json_array_get(e->due, i)), &row, f));
        AUTO(str_freep)
        char *what =
            str_format("%s said nothing in %d days: the %s is dropped", row.person, SECOND_DAYS, row.kind);
        TRY(store_second_end(db, row.id, SECOND_ENDED, "", e->now_ms, f));
        TRY(second_tell(db, &row, e->n->conf.domain, what, e->now_ms, f));
    }
    return OK;
}

static enum err find_next(struct node *n, uint64_t *next_ms, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_second_next(db, next_ms, f);
    return store_missing(e, f) ? OK : e;
}

enum err second_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    AUTO(json_freep) json_t *due = json_array();
    struct ending ending = { n, now_ms, due };
    TRY(find_next(n, next_ms, f));
    if (*next_ms > now_ms)
        return OK;
    TRY(writer_run(n->writer, write_ended, &ending, f));
    if (json_array_size(due))
        log_event(LOG_INFO, "second-ended", "count=%zu", json_array_size(due));
    *next_ms = TIMER_NEVER;
    return find_next(n, next_ms, f);
}
