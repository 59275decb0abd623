/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_receipt.c - a person signs that portions have arrived, or that he was told */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/hidden.h"
#include "store/item.h"
#include "store/leaf.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"

/* A share that we hold, or a telling: whose receipt it can be is checked with what it says. */
static bool is_received(const struct act_call *c, const struct statement_row *row)
{
    return strcmp(row->report, c->act->report) == 0 &&
           (strcmp(row->kind, "share") == 0 || strcmp(row->kind, "tell") == 0);
}

static enum err note_signed(const struct statement_row *row, void *ctx, struct fail *f)
{
    const struct act_call *c = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *was = json_string_value(json_object_get(s->body, "digest"));
    const char *now = json_string_value(json_object_get(c->act->body, "digest"));
    return was && strcmp(was, now) == 0 && strcmp(s->by, c->act->by) == 0
               ? fail_why(f, REASON_ALREADY_SIGNED, "%s has signed a receipt for this already", s->by)
               : OK;
}

/* Of a telling: by the person who was told, for all that he was told, once. */
static enum err prepare_told(struct act_call *c, struct db *db, const struct statement_row *row,
                             struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *person = json_string_value(json_object_get(s->body, "person"));
    if (!person || strcmp(person, c->act->by) != 0)
        return fail_why(f, REASON_NOT_YOURS, "receipt: it was not %s who was told this", c->act->by);
    if (strcmp(c->act->ref, s->id) != 0)
        return fail_set(f, E_INVALID, "receipt: it does not name telling %s", s->id);
    TRY(store_statement_list(db, row->report, "receipt", note_signed, c, f));
    c->portions = json_deep_copy(s->portions);
    memcpy(c->ref, s->id, strlen(s->id) + 1);
    return OK;
}

/* Ours: each follows what it is the receipt of, the first briefing of the person on the portion. */
static enum err enter(struct act_call *c, struct db *db, struct journal_event *e, const char *person,
                      const json_t *portions, struct fail *f)
{
    bool ours = strcmp(c->originator, c->node->conf.domain) == 0;
    e->person = person;
    for (size_t i = 0; i < json_array_size(portions); i++) {
        e->portion = json_string_value(json_array_get(portions, i));
        e->follows = (struct place){ 0 };
        AUTO(str_freep) char *name = str_format("%s/%s", c->originator, e->portion);
        struct place first;
        enum err err = ours ? store_briefing_pick(db, name, person, true, &first.generation, &first.index, f)
                            : E_NOT_FOUND;
        if (err == OK)
            e->follows = first;
        else if (ours ? !store_missing(err, f) : false)
            return err;
        TRY(journal_enter(c->node, db, e, &c->last, f));
    }
    return OK;
}

enum err act_receipt_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    TRY(enter(c, db, e, c->act->by, c->portions, f));
    return *c->ref ? store_item_done(db, c->ref, "told", c->now_ms, f) : OK;
}

enum err act_receipt_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    return enter(c, db, e, c->taken->by, c->taken->portions, f);
}

void act_receipt_release(struct act_call *c)
{
    struct act *act = c->state;
    act_freep(&act);
    c->state = NULL;
}

enum err act_receipt_prepare(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_statement_clear) struct statement_row share = { 0 };
    const char *text;
    uint8_t digest[HASH_LEN];
    TRY(json_need_str(c->act->body, "digest", "receipt", &text, f));
    if (!b64_read_exact(B64_URL, bytes_str(text), digest, HASH_LEN) || !*c->act->report)
        return fail_set(f, E_INVALID, "receipt: no digest of what was received, or no report");
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_statement_by_digest(db, digest, &share, f);
    if (store_missing(e, f) || (e == OK && !is_received(c, &share)))
        return fail_why(f, REASON_NOT_YOURS, "receipt: nothing like this of report %s was given to %s",
                        c->act->report, c->act->by);
    TRY(e);
    if (strcmp(share.kind, "tell") == 0)
        TRY(prepare_told(c, db, &share, f));
    memcpy(c->originator, share.iss, strlen(share.iss) + 1);
    memcpy(c->report, c->act->report, sizeof c->report);
    if (!c->portions)
        c->portions = json_deep_copy(c->act->portions);
    c->aud = json_pack("[s]", share.iss);
    c->body = json_deep_copy(c->act->body);
    return OK;
}

/* Who was told holds no copy; what he was told of, the telling says: a receipt for it is his, and about nothing else. */
static enum err is_telling(const struct act_call *c, struct db *db, const char *by, bool *told,
                           struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row of = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    const char *text = json_string_value(json_object_get(c->taken->body, "digest"));
    uint8_t digest[HASH_LEN];
    if (!text || !b64_read_exact(B64_URL, bytes_str(text), digest, HASH_LEN))
        return OK;
    enum err e = store_statement_by_digest(db, digest, &of, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    if (strcmp(of.kind, "tell") != 0 || strcmp(of.report, c->report) != 0)
        return OK;
    TRY(statement_read(bytes_str(of.jws), JOSE_MAX_SMALL, &s, f));
    const char *person = json_string_value(json_object_get(s->body, "person"));
    *told = person && strcmp(person, by) == 0 && json_equal(s->portions, c->taken->portions);
    return OK;
}

enum err act_receipt_take(struct act_call *c, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct act *act = NULL;
    TRY(act_carried(c, &act, f));
    c->state = act;
    memcpy(c->originator, c->node->conf.domain, strlen(c->node->conf.domain) + 1);
    TRY(store_read_begin(c->node->store, &db, f));
    bool told = false;
    TRY(is_telling(c, db, act->by, &told, f));
    for (size_t i = 0; i < json_array_size(c->taken->portions); i++) {
        AUTO(store_portion_clear) struct portion_row row = { 0 };
        const char *id = json_string_value(json_array_get(c->taken->portions, i));
        const struct hidden_asked asked = { id, c->report, act->by, c->taken->iss };
        bool yours;
        TRY(hidden_yours(c->node, db, &asked, &row, &yours, f));
        /* who has not got a portion, or may not know of it, hears what he would of any other id */
        if (!yours && !told)
            return fail_why(f, REASON_NOT_YOURS, "portion %s is unknown, or not yours", id);
    }
    return OK;
}
