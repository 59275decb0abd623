/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/acts.h"
#include "exchange/outbox.h"
#include "exchange/publisher.h"
#include "store/card.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"

enum audience { MEMBERS, PARTNERS };

/* What differs between the kinds. */
static const struct {
    bool named, persons;
    enum audience told;
} kinds[LIST_KIND_COUNT] = {
    [LIST_CLIENTS] = { .told = PARTNERS },
    [LIST_COMMUNITY] = { .named = true, .told = MEMBERS },
    [LIST_GROUP] = { .named = true, .persons = true, .told = MEMBERS },
};

bool lists_kind(const char *name, enum list_kind *kind)
{
    for (enum list_kind k = 0; k < LIST_KIND_COUNT; k++)
        if (strcmp(list_kind_name(k), name) == 0) {
            *kind = k;
            return true;
        }
    return false;
}

static enum err unknown(enum list_kind kind, const char *owner, const char *name, struct fail *f)
{
    return fail_why(f, REASON_LIST_UNKNOWN, "%s has no list '%s%s%s'", owner, list_kind_name(kind),
                    *name ? ":" : "", name);
}

/* The newest version; E_NOT_FOUND also where it was ended. */
static enum err standing(struct db *db, const char *owner, enum list_kind kind, const char *name,
                         struct list_row *row, struct fail *f)
{
    enum err e = store_list_newest(db, owner, kind, name, row, f);
    if (store_missing(e, f))
        return unknown(kind, owner, name, f);
    TRY(e);
    return row->ended ? unknown(kind, owner, name, f) : OK;
}

enum err lists_has(struct db *db, const char *owner, enum list_kind kind, const char *name,
                   const char *member, bool *on, uint64_t *version, struct fail *f)
{
    AUTO(store_list_clear) struct list_row row = { 0 };
    enum err e = store_list_newest(db, owner, kind, name, &row, f);
    *on = false;
    *version = 0;
    if (store_missing(e, f) || (e == OK && row.ended))
        return OK;
    TRY(e);
    *version = row.version;
    return store_list_has(db, &row, member, on, f);
}

/* Members ------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err check_name(enum list_kind kind, const char *name, struct fail *f)
{
    if (kinds[kind].named ? name_is_list(name) : !*name)
        return OK;
    return fail_set(f, E_USAGE, "'%.80s' is no name of a %s: letters a-z, digits and -, at most 32", name,
                    list_kind_name(kind));
}

static bool is_member(enum list_kind kind, const char *owner, const char *text)
{
    return (name_is_domain(text) || (kinds[kind].persons && name_is_person(text))) &&
           strcmp(name_domain_of(text), owner) != 0;
}

/* An organisation stands on a list once, also by its persons: a share has one copy for each holder. */
static enum err check_once(enum list_kind kind, const json_t *members, struct fail *f)
{
    AUTO(json_freep) json_t *seen = json_object();
    size_t i;
    const json_t *one;
    json_array_foreach (members, i, one) {
        const char *domain = name_domain_of(json_string_value(one));
        if (json_object_get(seen, domain))
            return fail_why(f, REASON_LIST_MEMBER, "%s: %s is named twice", list_kind_name(kind), domain);
        json_set_bool(seen, domain, true);
    }
    return OK;
}

/* "b.example,a.example" as a sorted list. */
static enum err read_members(const struct node *n, enum list_kind kind, const char *text, json_t **out,
                             struct fail *f)
{
    AUTO(json_freep) json_t *members = json_array();
    AUTO(str_freep) char *copy = str_dup(text);
    char *names[LIST_MEMBERS], *rest = copy;
    size_t count = 0;
    for (char *one = strsep(&rest, ","); *text && one; one = strsep(&rest, ",")) {
        if (!is_member(kind, n->conf.domain, one))
            return fail_set(f, E_USAGE, "'%.80s' can't be on a list of %s: another organisation's domain%s",
                            one, n->conf.domain, kinds[kind].persons ? ", or a person of it" : "");
        if (count == LIST_MEMBERS)
            return fail_set(f, E_TOO_LARGE, "a list has at most %d members", LIST_MEMBERS);
        names[count++] = one;
    }
    qsort(names, count, sizeof *names, compare);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(members, json_string(names[i]));
    TRY(check_once(kind, members, f));
    *out = members;
    members = NULL;
    return OK;
}

/* What came from outside: names, ascending, each once. */
static enum err check_members(const struct statement *s, enum list_kind kind, const json_t *members,
                              struct fail *f)
{
    const char *last = "";
    if (json_array_size(members) > LIST_MEMBERS)
        return fail_set(f, E_TOO_LARGE, "%s statement of %s: more than %d members", s->kind, s->iss,
                        LIST_MEMBERS);
    for (size_t i = 0; i < json_array_size(members); i++) {
        const char *one = json_string_value(json_array_get(members, i));
        if (!one || !is_member(kind, s->iss, one))
            return fail_set(f, E_INVALID, "%s statement of %s: '%.80s' can't be a member", s->kind, s->iss,
                            one ? one : "");
        if (strcmp(one, last) <= 0)
            return fail_why(f, REASON_LIST_MEMBER, "%s statement of %s: %s stands twice, or out of order",
                            s->kind, s->iss, one);
        last = one;
    }
    return OK;
}

/* Ours ------------------------------------------------------------------------------------------------------ */

struct setting {
    struct node *n;
    struct list_row row;
    json_t *members, *told; /* told: who was a member before, too, so that he learns of it */
    char id[UUID_TEXT];
    char *jws;
    uint8_t digest[HASH_LEN];
    struct place at;
};

static void setting_clear(struct setting *s)
{
    json_decref(s->members);
    json_decref(s->told);
    mem_freep(&s->jws);
}

static enum err add_member(const char *member, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(member));
    return OK;
}

/* Whether an organisation, or a person of it, is on ${list}. */
static bool named(const json_t *list, const char *domain)
{
    size_t i;
    const json_t *one;
    json_array_foreach (list, i, one)
        if (strcmp(name_domain_of(json_string_value(one)), domain) == 0)
            return true;
    return false;
}

/* The version before, if any: what the next one is, and whether there is anything new in it. */
static enum err look_back(struct setting *s, bool *same, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_list_clear) struct list_row last = { 0 };
    TRY(store_read_begin(s->n->store, &db, f));
    enum err e = store_list_newest(db, s->row.owner, s->row.kind, s->row.name, &last, f);
    *same = false;
    s->told = json_array();
    s->row.version = 1;
    if (store_missing(e, f)) {
        json_array_extend(s->told, s->members);
        return OK;
    }
    TRY(e);
    TRY(store_list_members(db, &last, add_member, s->told, f));
    s->row.version = last.version + 1;
    *same = last.hide == s->row.hide && last.ended == s->row.ended && json_equal(s->told, s->members);
    /* who was in a community learns that he is not any more; of groups only members are told */
    if (s->row.kind == LIST_GROUP)
        json_array_clear(s->told);
    json_array_extend(s->told, s->members);
    return OK;
}

static enum err sign(struct setting *s, struct fail *f)
{
    char by[DOMAIN_MAX + 2];
    json_t *body = json_object();
    snprintf(by, sizeof by, "@%s", s->n->conf.domain);
    random_uuid(s->id);
    s->row.statement = s->id;
    json_set_str(body, "owner", s->row.owner);
    json_set_str(body, "name", s->row.name);
    json_set_u64(body, "version", s->row.version);
    json_set_take(body, "members", json_incref(s->members));
    json_set_bool(body, "hide_members", s->row.hide);
    json_set_bool(body, "ended", s->row.ended);
    struct statement_making m = { .kind = list_kind_name(s->row.kind),
                                  .id = s->id,
                                  .iss = s->row.owner,
                                  .by = by,
                                  .body = body,
                                  .at_ms = s->row.taken_ms };
    TRY(acts_statement(s->n, m, &s->jws, s->digest, f));
    if (strlen(s->jws) > JOSE_MAX_SMALL)
        return fail_set(f, E_TOO_LARGE, "the list is longer than a statement may be: split it");
    return OK;
}

struct telling {
    const struct setting *s;
    json_t *to;
};

static enum err add_receiver(const struct card_row *row, void *ctx, struct fail *f)
{
    const struct telling *t = ctx;
    (void)f;
    if (row->state == CARD_CONFIRMED && !t->s->row.hide &&
        (kinds[t->s->row.kind].told == PARTNERS || named(t->s->told, row->domain)))
        json_array_append_new(t->to, json_string(row->domain));
    return OK;
}

static enum err write_rows(struct db *db, const struct list_row *row, const json_t *members, struct fail *f)
{
    TRY(store_list_add(db, row, f));
    for (size_t i = 0; i < json_array_size(members); i++)
        TRY(store_list_member_add(db, row, json_string_value(json_array_get(members, i)), f));
    return OK;
}

static enum err write_set(struct db *db, void *ctx, struct fail *f)
{
    struct setting *s = ctx;
    AUTO(json_freep) json_t *to = json_array();
    struct telling t = { s, to };
    const char *kind = list_kind_name(s->row.kind);
    struct journal_event e = {
        .kind = KIND_REMARK, .organisation = s->row.owner, .reason = kind, .digest = s->digest
    };
    TRY(write_rows(db, &s->row, s->members, f));
    TRY(journal_enter(s->n, db, &e, &s->at, f));
    TRY(store_card_list(db, add_receiver, &t, f));
    struct act_statement statement = {
        .kind = kind, .id = s->id, .jws = s->jws, .report = "", .ref = "", .digest = s->digest
    };
    return acts_queue(s->n, db, &statement, to, false, s->at, f);
}

/* Makes, writes and publishes the next version; ${s} says what stands in it. */
static enum err next_version(struct setting *s, json_t **out, struct fail *f)
{
    bool same;
    TRY(look_back(s, &same, f));
    if (!same) {
        TRY(sign(s, f));
        enum err e = writer_run(s->n->writer, write_set, s, f);
        if (e == E_CONFLICT) {
            fail_clear(f);
            return fail_why(f, REASON_LIST_VERSION, "the list was changed by somebody else just now");
        }
        TRY(e);
        TRY(publisher_wait(s->n->publisher, s->at.index, f));
        outbox_kick(s->n->outbox, NULL);
    }
    return s->row.ended ? OK : lists_show(s->n, NULL, s->row.kind, s->row.name, out, f);
}

static struct setting setting_of(struct node *n, enum list_kind kind, const char *name)
{
    return (struct setting){
        .n = n, .row = { .owner = n->conf.domain, .kind = kind, .name = name, .taken_ms = n->now_ms() }
    };
}

enum err lists_set(struct node *n, enum list_kind kind, const char *name, const char *members, bool hide,
                   json_t **out, struct fail *f)
{
    AUTO(setting_clear) struct setting s = setting_of(n, kind, name);
    s.row.hide = hide;
    TRY(check_name(kind, name, f));
    TRY(read_members(n, kind, members, &s.members, f));
    return next_version(&s, out, f);
}

enum err lists_delete(struct node *n, enum list_kind kind, const char *name, json_t **out, struct fail *f)
{
    AUTO(setting_clear) struct setting s = setting_of(n, kind, name);
    TRY(check_name(kind, name, f));
    TRY(lists_show(n, NULL, kind, name, out, f));
    s.row.ended = true;
    s.members = json_array();
    enum err e = next_version(&s, NULL, f);
    if (e != OK)
        json_decref(*out);
    return e;
}

/* Reading --------------------------------------------------------------------------------------------------- */

static enum err list_json(struct db *db, const struct list_row *row, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *list = json_object();
    char at[TIME_TEXT_SIZE];
    json_t *members = json_array();
    time_print(row->taken_ms, at);
    json_set_str(list, "kind", list_kind_name(row->kind));
    json_set_str(list, "owner", row->owner);
    json_set_str(list, "name", row->name);
    json_set_u64(list, "version", row->version);
    json_set_take(list, "members", members);
    json_set_bool(list, "hide_members", row->hide);
    json_set_str(list, "at", at);
    TRY(store_list_members(db, row, add_member, members, f));
    *out = json_incref(list);
    return OK;
}

enum err lists_show(struct node *n, const char *owner, enum list_kind kind, const char *name, json_t **out,
                    struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_list_clear) struct list_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    TRY(standing(db, owner ? owner : n->conf.domain, kind, name, &row, f));
    return list_json(db, &row, out, f);
}

struct gathering {
    struct db *db;
    json_t *lists;
};

static enum err gather(const struct list_row *row, void *ctx, struct fail *f)
{
    struct gathering *g = ctx;
    json_t *one = NULL;
    if (row->ended)
        return OK;
    TRY(list_json(g->db, row, &one, f));
    json_array_append_new(g->lists, one);
    return OK;
}

enum err lists_all(struct node *n, enum list_kind kind, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    struct gathering g = { db, json_array() };
    json_set_take(answer, "lists", g.lists);
    TRY(store_list_all(db, kind, gather, &g, f));
    *out = json_incref(answer);
    return OK;
}

/* Partners' ------------------------------------------------------------------------------------------------- */

static enum err read_list(const struct statement *s, struct list_row *row, const json_t **members,
                          struct fail *f)
{
    const char *owner;
    TRY(json_need_str(s->body, "owner", s->kind, &owner, f));
    TRY(json_need_str(s->body, "name", s->kind, &row->name, f));
    TRY(json_need_u64(s->body, "version", s->kind, &row->version, f));
    TRY(json_need_array(s->body, "members", s->kind, members, f));
    row->hide = json_is_true(json_object_get(s->body, "hide_members"));
    row->ended = json_is_true(json_object_get(s->body, "ended"));
    row->owner = s->iss;
    row->statement = s->id;
    if (strcmp(owner, s->iss) != 0)
        return fail_why(f, REASON_LIST_OWNER, "%s statement of %s: the list is %.80s's", s->kind, s->iss,
                        owner);
    if (!lists_kind(s->kind, &row->kind))
        return fail_set(f, E_INVALID, "'%.20s' is no kind of list that is taken here", s->kind);
    if ((kinds[row->kind].named ? !name_is_list(row->name) : *row->name != '\0') || row->version == 0 ||
        (row->ended && json_array_size(*members) > 0))
        return fail_set(f, E_INVALID, "%s statement of %s: name or version is malformed", s->kind, s->iss);
    return check_members(s, row->kind, *members, f);
}

enum err lists_take(struct node *n, struct db *db, const struct statement *s, struct fail *f)
{
    AUTO(store_list_clear) struct list_row last = { 0 };
    struct list_row row = { .taken_ms = n->now_ms() };
    const json_t *members;
    TRY(read_list(s, &row, &members, f));
    enum err e = store_list_newest(db, s->iss, row.kind, row.name, &last, f);
    bool first = store_missing(e, f);
    if (!first)
        TRY(e);
    if (!first && row.version <= last.version)
        return fail_why(f, REASON_LIST_VERSION, "%s statement of %s: version %llu, but %llu is here", s->kind,
                        s->iss, (unsigned long long)row.version, (unsigned long long)last.version);
    return write_rows(db, &row, members, f);
}

/* What a new partner is told --------------------------------------------------------------------------------- */

struct newcomer {
    struct node *n;
    struct db *db;
    const char *partner;
};

static enum err queue_list(const struct list_row *row, void *ctx, struct fail *f)
{
    const struct newcomer *to = ctx;
    if (strcmp(row->owner, to->n->conf.domain) != 0 || row->hide)
        return OK;
    struct outbox_row out = { .partner = to->partner,
                              .iss = row->owner,
                              .statement = row->statement,
                              .route = OUTBOX_STATEMENTS,
                              .generation = to->n->generation,
                              .state = OUTBOX_QUEUED,
                              .queued_ms = to->n->now_ms() };
    return store_outbox_put(to->db, &out, f);
}

enum err lists_tell(struct node *n, struct db *db, const char *partner, struct fail *f)
{
    struct newcomer to = { n, db, partner };
    TRY(store_list_all(db, LIST_CLIENTS, queue_list, &to, f));
    TRY(store_list_naming(db, LIST_COMMUNITY, partner, queue_list, &to, f));
    return store_list_naming(db, LIST_GROUP, partner, queue_list, &to, f);
}
