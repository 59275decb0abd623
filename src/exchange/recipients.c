/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/recipients.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/guests.h"
#include "exchange/lists.h"
#include "ledger/statement.h"
#include "store/store.h"

#define GROUP "group:"

void recipients_clear(struct recipients *r)
{
    for (size_t i = 0; i < r->count; i++)
        free(r->rows[i].reason);
    free(r->rows);
    json_decref(r->names);
    json_decref(r->groups);
    *r = (struct recipients){ 0 };
}

/* A client without a node: its people are guests here, or nobody is. */
static enum err add_guest(struct node *n, const char *whom, const struct fail *no_card, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = guests_recipient(n, db, whom, f);
    if (e == OK || f->reason != REASON_ISSUER)
        return e;
    fail_clear(f);
    return fail_pass(f, no_card); /* no client of ours */
}

static bool is_twice(const struct recipient_row *row, const char *whom, const char *reason, bool guest)
{
    bool same = strcmp(row->whom, whom) == 0;
    if (guest && !same && name_is_person(whom) && name_is_person(row->whom))
        return false;
    return !same || (!row->reason && !reason);
}

/* Named twice in the same way, by groups or himself, is once; as a person and as his organisation is unclear. */
static enum err add(struct node *n, struct recipients *r, const char *whom, const char *reason,
                    struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    const char *domain = name_domain_of(whom);
    if (!name_is_domain(whom) && !name_is_person(whom))
        return fail_set(f, E_INVALID, "share: '%.80s' is neither a domain nor a person", whom);
    if (strcmp(domain, n->conf.domain) == 0)
        return fail_set(f, E_INVALID, "share: %s is of this organisation, which has the report already",
                        whom);
    struct fail why = { 0 };
    enum err e = cards_get_trusted(n, domain, &ref, &why);
    bool guest = e != OK && why.reason == REASON_UNKNOWN_PARTNER;
    for (size_t i = 0; i < r->count; i++) {
        const struct recipient_row *row = &r->rows[i];
        if (strcmp(name_domain_of(row->whom), domain) != 0)
            continue;
        if (is_twice(row, whom, reason, guest))
            return fail_set(f, E_INVALID, "share: %s is named twice", domain);
        if (strcmp(row->whom, whom) == 0)
            return OK;
    }
    if (r->count == RECIPIENTS_MAX)
        return fail_set(f, E_TOO_LARGE, "share: more than %d recipients", RECIPIENTS_MAX);
    e = guest ? add_guest(n, whom, &why, f) : e == OK ? OK : fail_pass(f, &why);
    if (e != OK && reason)
        fail_context(f, "share: %.*s", (int)strcspn(reason, " "), reason);
    TRY(e);
    json_t *name = json_string(whom);
    json_array_append_new(r->names, name);
    r->rows = mem_grow(r->rows, r->count + 1, sizeof *r->rows);
    r->rows[r->count++] =
        (struct recipient_row){ json_string_value(name), reason ? str_dup(reason) : NULL, guest };
    return OK;
}

/* The version that the author saw is the one that stands. */
static enum err check_version(const json_t *body, const char *name, uint64_t version, struct fail *f)
{
    const json_t *seen = json_object_get(body, "groups"), *one;
    size_t i;
    json_array_foreach (seen, i, one) {
        const char *text;
        uint64_t number;
        TRY(json_need_str(one, "name", "share group", &text, f));
        TRY(json_need_u64(one, "version", "share group", &number, f));
        if (strcmp(text, name) == 0 && number == version)
            return OK;
    }
    return fail_why(f, REASON_LIST_VERSION, "share: group %s is at version %llu by now: look at it again",
                    name, (unsigned long long)version);
}

static enum err add_group(struct node *n, struct recipients *r, const json_t *body, const char *name,
                          struct fail *f)
{
    AUTO(json_freep) json_t *list = NULL;
    TRY(lists_show(n, NULL, LIST_GROUP, name, &list, f));
    const json_t *members = json_object_get(list, "members"), *holders = json_object_get(body, "holders");
    uint64_t version = (uint64_t)json_integer_value(json_object_get(list, "version"));
    AUTO(str_freep) char *reason = str_format(GROUP "%s version %llu", name, (unsigned long long)version);
    TRY(check_version(body, name, version, f));
    if (json_array_size(members) == 0)
        return fail_why(f, REASON_LIST_EMPTY, "share: nobody is in group %s", name);
    for (size_t i = 0; i < json_array_size(members); i++) {
        const char *whom = json_string_value(json_array_get(members, i));
        if (!statement_names(holders, whom))
            return fail_set(f, E_INVALID, "share: the act leaves %s out, who is in group %s", whom, name);
        TRY(add(n, r, whom, reason, f));
    }
    json_t *group = json_object();
    json_set_str(group, "name", name);
    json_set_u64(group, "version", version);
    json_array_append_new(r->groups, group);
    return OK;
}

static enum err read_all(struct node *n, const json_t *body, struct recipients *r, struct fail *f)
{
    const json_t *to;
    TRY(json_need_array(body, "to", "share", &to, f));
    if (json_array_size(to) > RECIPIENTS_MAX)
        return fail_set(f, E_TOO_LARGE, "share: more than %d recipients", RECIPIENTS_MAX);
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *whom = json_string_value(json_array_get(to, i));
        if (whom && strncmp(whom, GROUP, strlen(GROUP)) == 0)
            TRY(add_group(n, r, body, whom + strlen(GROUP), f));
        else
            TRY(add(n, r, whom ? whom : "", NULL, f));
    }
    return OK;
}

enum err recipients_read(struct node *n, const json_t *body, struct recipients *out, struct fail *f)
{
    AUTO(recipients_clear) struct recipients r = { .names = json_array(), .groups = json_array() };
    TRY(read_all(n, body, &r, f));
    *out = r;
    r = (struct recipients){ 0 };
    return OK;
}

enum err recipients_write(struct db *db, const char *report, const struct recipients *r, struct fail *f)
{
    size_t i;
    const json_t *one;
    json_array_foreach (r->groups, i, one)
        TRY(store_report_group_add(db, report, json_string_value(json_object_get(one, "name")),
                                   (uint64_t)json_integer_value(json_object_get(one, "version")), f));
    return OK;
}
