/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_second.c - what waits for a second person, as its maker and he may see it: everything that he agrees
 * to but the text */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/second.h"
#include "exchange/view.h"
#include "store/report.h"
#include "store/request.h"
#include "store/store.h"

#define LIST_MAX 500

static void set_digest(json_t *object, const char *name, const uint8_t digest[static HASH_LEN])
{
    char text[44];
    statement_digest_text(digest, text);
    json_set_str(object, name, text);
}

static void add_portion(json_t *list, const char *id, uint64_t n, const char *mark)
{
    json_t *p = json_object();
    json_set_str(p, "id", id);
    json_set_u64(p, "n", n);
    json_set_str(p, "mark", mark);
    json_array_append_new(list, p);
}

static void describe_share(const struct act *act, json_t *out, json_t *portions)
{
    size_t i;
    const json_t *p, *holders = json_object_get(act->body, "holders");
    json_array_foreach (json_object_get(act->body, "portions"), i, p)
        add_portion(portions, json_string_value(json_object_get(p, "id")), i,
                    json_string_value(json_object_get(p, "mark")));
    json_object_set(out, "to", json_object_get(act->body, "to"));
    if (holders) /* what the groups among them stand for */
        json_object_set(out, "holders", json_object_get(act->body, "holders"));
}

static enum err describe_grant(struct db *db, const struct act *act, json_t *out, json_t *portions,
                               struct fail *f)
{
    static const char *const names[] = { "until", "note", "person" };
    json_t *terms = json_object();
    AUTO(store_request_clear) struct request_row request = { 0 };
    TRY(store_request_get(db, act->ref, &request, f));
    for (size_t i = 0; i < json_array_size(act->portions); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        TRY(store_portion_get(db, json_string_value(json_array_get(act->portions, i)), &row, f));
        add_portion(portions, row.id, row.n, row.mark);
    }
    json_set_str(out, "request", act->ref);
    json_set_str(out, "asker", request.by_person);
    json_set_take(out, "to", json_pack("[s]", request.to_whom));
    json_set_take(out, "terms", terms);
    for (size_t i = 0; i < COUNT(names); i++) {
        const char *text = json_string_value(json_object_get(act->body, names[i]));
        json_set_str(terms, names[i], text ? text : "");
    }
    return OK;
}

static void answer_reason(const struct second_row *row, json_t *out)
{
    AUTO(act_freep) struct act *answer = NULL;
    const char *reason = NULL;
    if (*row->answer && act_read(bytes_str(row->answer), JOSE_MAX_SMALL, &answer, NULL) == OK)
        reason = json_string_value(json_object_get(answer->body, "reason"));
    json_set_str(out, "reason", reason ? reason : "");
}

static enum err describe(struct node *n, struct db *db, const struct second_row *row, json_t *out,
                         struct fail *f)
{
    AUTO(act_freep) struct act *act = NULL;
    char brief[25];
    json_t *portions = json_array();
    json_set_take(out, "portions", portions);
    TRY(act_read(bytes_str(row->act), JOSE_MAX_LARGE, &act, f));
    TRY(view_shortest(n, "second", row->id, brief, f));
    json_set_str(out, "second", row->id);
    json_set_str(out, "short", brief);
    json_set_str(out, "act", row->kind);
    json_set_str(out, "state", second_state_name(row->state));
    json_set_str(out, "by", row->maker);
    json_set_str(out, "person", row->person);
    json_set_str(out, "report", row->report);
    json_set_time(out, "at", row->at_ms);
    json_set_time(out, "until", row->until_ms);
    json_set_time(out, "ended", row->ended_ms);
    set_digest(out, "digest", act->digest);
    answer_reason(row, out);
    if (strcmp(row->kind, "share") != 0)
        return describe_grant(db, act, out, portions, f);
    set_digest(out, "package", row->sha);
    describe_share(act, out, portions);
    return OK;
}

enum err second_view(struct node *n, const struct asker *a, const char *text, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_second_clear) struct second_row row = { 0 };
    AUTO(json_freep) json_t *v = json_object();
    char id[UUID_TEXT];
    TRY(view_resolve(n, "second", text, id, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_second_get(db, id, &row, f));
    if (strcmp(row.maker, a->person) != 0 && strcmp(row.person, a->person) != 0)
        return fail_why(f, REASON_NOT_YOURS, "second %.40s is unknown here, or not yours", text);
    TRY(describe(n, db, &row, v, f));
    *out = json_incref(v);
    return OK;
}

struct listing {
    struct node *n;
    struct db *db;
    json_t *into;
};

static enum err add_second(const struct second_row *row, void *ctx, struct fail *f)
{
    const struct listing *l = ctx;
    json_t *v = json_object();
    json_array_append_new(l->into, v);
    return describe(l->n, l->db, row, v, f);
}

enum err second_list(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *list = json_array();
    struct listing l = { n, NULL, list };
    TRY(store_read_begin(n->store, &db, f));
    l.db = db;
    TRY(store_second_list(db, a->person, LIST_MAX, add_second, &l, f));
    *out = json_object();
    json_set_take(*out, "seconds", json_incref(list));
    return OK;
}
