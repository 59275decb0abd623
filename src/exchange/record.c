/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/record.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "ledger/statement.h"
#include "store/statement.h"
#include "store/store.h"

#define DAY_MS ((uint64_t)86400000)

/* Kind of statement, the number it counts in, and whose number that is: its maker's, or the receiver's. */
static const struct counted {
    const char *kind, *name, *list;
    bool receiver, first; /* the receiver's; only where he is the first who is addressed: he asked */
} counted[] = {
    { "share", "given_by", "given", false, false },
    { "request", "asked_by", "asked", false, false },
    { "grant", "granted_to", "granted", true, true },
    { "deny", "denied_to", "denied", true, true },
    { "silence", "silent_to", "silent", true, true },
    { "override", "overrides_by", "overrides", false, false },
    { "objection", "objections_to", "objections", true, false },
    { "notice", "uncoordinated_of", "uncoordinated", true, false },
    { "recall", "recalled_by", "recalled", false, false },
};

struct folding {
    const char *pair[2]; /* in order */
    uint64_t since_ms[2];
    uint64_t count[2][COUNT(counted)][2]; /* window, what, whose */
    json_t *given;                        /* reports that were counted: "window domain report" */
    const char *listed;
    json_t *list;
    const char *home, *partner;
};

static const struct counted *counted_of(const char *kind)
{
    for (size_t i = 0; i < COUNT(counted); i++)
        if (strcmp(counted[i].kind, kind) == 0)
            return &counted[i];
    return NULL;
}

/* A report counts once, however many shares brought it. */
static bool is_again(struct folding *r, unsigned window, const struct statement *s)
{
    AUTO(str_freep) char *name = str_format("%u %s %s", window, s->iss, s->report);
    if (strcmp(s->kind, "share") != 0)
        return false;
    if (json_object_get(r->given, name))
        return true;
    json_object_set_new(r->given, name, json_true());
    return false;
}

static void list_one(struct folding *r, const struct statement *s)
{
    char at[TIME_TEXT_SIZE];
    json_t *one = json_object();
    time_print(s->at_ms, at);
    json_set_str(one, "statement", s->id);
    json_set_str(one, "at", at);
    json_set_str(one, "iss", s->iss);
    json_set_str(one, "report", s->report);
    json_array_append_new(r->list, one);
}

static enum err fold(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct folding *r = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    const struct counted *what = counted_of(row->kind);
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    const char *to = strcmp(s->iss, r->home) == 0 ? r->partner : r->home;
    const char *first = json_string_value(json_array_get(s->aud, 0));
    if (!what || (what->first && (!first || strcmp(first, to) != 0)))
        return OK;
    unsigned whose = strcmp(what->receiver ? to : s->iss, r->pair[1]) == 0;
    for (unsigned w = 0; w < 2; w++) {
        if (s->at_ms < r->since_ms[w] || is_again(r, w, s))
            continue;
        r->count[w][what - counted][whose]++;
        if (w == 1 && r->listed && strcmp(what->list, r->listed) == 0)
            list_one(r, s);
    }
    return OK;
}

static json_t *window_json(const struct folding *r, unsigned window)
{
    json_t *v = json_object();
    for (size_t i = 0; i < COUNT(counted); i++)
        for (unsigned whose = 0; whose < 2; whose++) {
            AUTO(str_freep) char *name = str_format("%s_%s", counted[i].name, r->pair[whose]);
            json_set_u64(v, name, r->count[window][i][whose]);
        }
    return v;
}

enum err record_put(struct node *n, struct db *db, const char *domain, const char *list, json_t *partner,
                    struct fail *f)
{
    AUTO(json_freep) json_t *given = json_object();
    AUTO(json_freep) json_t *rows = json_array();
    uint64_t today_ms = n->now_ms() / DAY_MS * DAY_MS;
    bool before = strcmp(n->conf.domain, domain) < 0, known = !*list;
    struct folding r = { .pair = { before ? n->conf.domain : domain, before ? domain : n->conf.domain },
                         .since_ms = { today_ms - 30 * DAY_MS, today_ms - 365 * DAY_MS },
                         .given = given,
                         .listed = list,
                         .list = rows,
                         .home = n->conf.domain,
                         .partner = domain };
    for (size_t i = 0; i < COUNT(counted); i++)
        known = known || strcmp(list, counted[i].list) == 0;
    if (!known)
        return fail_set(f, E_INVALID, "a record has no list '%.40s'", list);
    TRY(store_statement_between(db, n->conf.domain, domain, r.since_ms[1], fold, &r, f));
    json_t *record = json_object();
    json_set_take(record, "d30", window_json(&r, 0));
    json_set_take(record, "y1", window_json(&r, 1));
    json_set_take(partner, "record", record);
    if (*list)
        json_set_take(partner, "list", json_incref(rows));
    return OK;
}

enum err record_recalls_open(struct db *db, const char *domain, uint64_t *count, struct fail *f)
{
    return store_outbox_waiting(db, domain, "recall", count, f);
}
