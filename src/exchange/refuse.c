/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/refuse.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "store/alert.h"
#include "store/leaf.h"
#include "store/store.h"

#define HOUR_MS      3600000
#define DISTINCT_MAX 60 /* uuids an identity may have entered in an hour; beyond, all count under none */

/* What goes into a notice and an alert: whose copy, and who tried. */
static json_t *about(const struct copy_row *copy, const struct asker *asker)
{
    json_t *a = json_object();
    json_set_str(a, "report", copy->report);
    json_set_str(a, "portion", copy->portion);
    json_set_u64(a, "n", copy->n);
    json_set_str(a, "copy_of", copy->holder);
    json_set_str(a, "by", asker->person);
    json_set_str(a, "state", "open");
    return a;
}

/* The notice is signed inside the transaction: whether this is the first time is known only here. */
static enum err tell_holder(struct node *n, struct db *db, const struct asker *asker, const char *originator,
                            const struct copy_row *copy, const char *id, uint64_t now_ms, struct place *at,
                            struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(json_freep) json_t *to = json_pack("[s]", copy->holder);
    uint8_t digest[HASH_LEN];
    char by[DOMAIN_MAX + 2];
    json_t *body = json_object();
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    json_t *what = about(copy, asker);
    json_object_del(what, "n"); /* numbers are each holder's own */
    json_set_take(body, "about", what);
    json_set_str(body, "state", "open");
    struct statement_making m = { .kind = "notice",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = copy->report,
                                  .aud = json_pack("[s]", copy->holder),
                                  .portions = json_pack("[s]", copy->portion),
                                  .body = body,
                                  .at_ms = now_ms };
    TRY(acts_statement(n, m, &jws, digest, f));
    struct journal_event e = { .kind = KIND_NOTICE,
                               .originator = originator,
                               .portion = copy->portion,
                               .person = asker->person,
                               .organisation = copy->holder,
                               .report = copy->report,
                               .copy = copy->policy,
                               .digest = digest };
    TRY(journal_enter(n, db, &e, at, f));
    struct act_statement s = {
        .kind = "notice", .id = id, .jws = jws, .report = copy->report, .ref = "", .digest = digest
    };
    return acts_queue(n, db, &s, to, false, *at, f);
}

/* ${at}: of the refusal; the holder's notice has an entry of its own. */
static enum err raise_alert(struct node *n, struct db *db, const struct asker *asker, const char *originator,
                            const struct copy_row *copy, uint64_t now_ms, struct place at, struct fail *f)
{
    char id[UUID_TEXT];
    json_t *what = about(copy, asker);
    random_uuid(id);
    json_set_str(what, "alert", id);
    TRY(acts_notify(db, "alert", "officer", asker->issuer, now_ms, 0, id, what, f));
    if (strcmp(copy->holder, n->conf.domain) != 0)
        TRY(tell_holder(n, db, asker, originator, copy, id, now_ms, &at, f));
    struct alert_row row = { .id = id,
                             .originator = n->conf.domain,
                             .holder = copy->holder,
                             .by_person = asker->person,
                             .report = copy->report,
                             .portion = copy->portion,
                             .at_ms = now_ms,
                             .note = "",
                             .set_by = "",
                             .answer = "",
                             .answered_by = "",
                             .generation = at.generation,
                             .idx = at.index };
    return store_alert_add(db, &row, f);
}

/* The count of the last entry's followers stands in this one. */
static enum err counted_before(struct db *db, const char *identity, const char *presented, uint64_t hour,
                               uint64_t *count, struct fail *f)
{
    AUTO(store_refusal_clear) struct refusal_row last = { 0 };
    enum err e = store_refusal_last(db, identity, presented, hour, &last, f);
    *count = 0;
    if (store_missing(e, f))
        return OK;
    TRY(e);
    *count = last.count;
    return OK;
}

/* Whether it is told of: somebody else's copy. Who has one of his own and presents another's is told to use his: no leak is
 * alleged. */
static bool is_leak(const struct copy_row *copy, enum reason reason, bool tell)
{
    return copy && tell && reason == REASON_OTHERS_COPY;
}

/* It was refused in this hour already, and is counted. If that was for something else (a request that was broken on purpose), nobody
 * has been told yet that it was presented as it is. */
static enum err tell_late(struct node *n, struct db *db, const struct asker *asker, const char *originator,
                          const struct copy_row *copy, uint64_t now_ms, struct fail *f)
{
    AUTO(store_refusal_clear) struct refusal_row first = { 0 };
    uint64_t hour = now_ms / HOUR_MS, told;
    TRY(store_alert_count(db, asker->person, copy->report, copy->holder, hour * HOUR_MS, &told, f));
    if (told > 0)
        return OK;
    TRY(store_refusal_find(db, asker->person, copy->policy, hour, &first, f));
    return raise_alert(n, db, asker, originator, copy, now_ms, (struct place){ first.generation, first.idx },
                       f);
}

enum err refuse_enter(struct node *n, struct db *db, const struct asker *asker, const char *originator,
                      const char *presented, const struct copy_row *copy, enum reason reason, bool tell,
                      uint64_t now_ms, struct place *at, struct fail *f)
{
    uint64_t hour = now_ms / HOUR_MS, distinct, before;
    bool leak = is_leak(copy, reason, tell);
    at->generation = 0;
    TRY(store_refusal_distinct(db, asker->person, hour, &distinct, f));
    enum err e = store_refusal_bump(db, asker->person, presented, hour, NULL, f);
    if (e == OK && leak)
        return tell_late(n, db, asker, originator, copy, now_ms, f);
    /* the bound is for what anybody can make up; a copy that was issued is none of that */
    if (e == E_NOT_FOUND && distinct >= DISTINCT_MAX && !leak) {
        fail_clear(f);
        presented = "";
        copy = NULL;
        e = store_refusal_bump(db, asker->person, presented, hour, NULL, f);
    }
    if (!store_missing(e, f))
        return e;
    TRY(counted_before(db, asker->person, presented, hour, &before, f));
    struct journal_event event = { .kind = KIND_REFUSED,
                                   .originator = originator,
                                   .portion = copy ? copy->portion : NULL,
                                   .person = asker->person,
                                   .organisation = asker->issuer,
                                   .report = copy ? copy->report : NULL,
                                   .copy = presented,
                                   .reason = reason_code(reason),
                                   .refusals = before };
    TRY(journal_enter(n, db, &event, at, f));
    struct refusal_row row = { .identity = asker->person,
                               .presented = presented,
                               .hour = hour,
                               .generation = at->generation,
                               .idx = at->index };
    TRY(store_refusal_put(db, &row, f));
    return leak ? raise_alert(n, db, asker, originator, copy, now_ms, *at, f) : OK;
}
