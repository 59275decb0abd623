/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_recall.c - what was recalled of a report of ours, and who says that he has heard */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/view.h"
#include "ledger/statement.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"

struct recalls {
    struct node *n;
    struct db *db;
    json_t *numbers; /* portion -> n */
    json_t *into;
};

/* Numbers of the portions that the view of the report shows. */
static json_t *numbers_of(const json_t *report)
{
    const json_t *rows = json_object_get(report, "portions");
    json_t *numbers = json_object();
    for (size_t i = 0; i < json_array_size(rows) + 1; i++) {
        const json_t *row = i ? json_array_get(rows, i - 1) : json_object_get(report, "title");
        const char *id = json_string_value(json_object_get(row, "id"));
        if (id)
            json_object_set(numbers, id, json_object_get(row, "n"));
    }
    return numbers;
}

static json_t *find(json_t *recalls, const char *id)
{
    size_t i;
    json_t *r;
    json_array_foreach (recalls, i, r)
        if (strcmp(json_string_value(json_object_get(r, "recall")), id) == 0)
            return r;
    return NULL;
}

/* The person's own act, from which the statements to the holders were made. */
static void add_recall(struct recalls *l, const struct statement *s)
{
    json_t *r = json_object();
    const char *reason = json_string_value(json_object_get(s->body, "reason"));
    json_set_str(r, "recall", s->id);
    json_set_time(r, "at", s->at_ms);
    json_set_str(r, "by", s->by);
    json_set_str(r, "reason", reason ? reason : "");
    json_set_take(r, "holders", json_array());
    json_array_append_new(l->into, r);
}

static enum err add_holder(struct recalls *l, const struct statement *s, struct fail *f)
{
    static const char *const said[OUTBOX_STATE_COUNT] = {
        [OUTBOX_QUEUED] = "waiting", [OUTBOX_DELIVERED] = "acknowledged", [OUTBOX_FAILED] = "refused"
    };
    AUTO(store_outbox_clear) struct outbox_row sent = { 0 };
    const char *holder = json_string_value(json_array_get(s->aud, 0));
    json_t *recall = find(l->into, s->ref), *h = json_object(), *numbers = json_array();
    json_set_take(h, "n", numbers);
    for (size_t i = 0; i < json_array_size(s->portions); i++)
        json_array_append(numbers,
                          json_object_get(l->numbers, json_string_value(json_array_get(s->portions, i))));
    if (json_array_size(numbers) == 0) {
        json_decref(h);
        return OK;
    }
    json_array_append_new(json_object_get(recall, "holders"), h);
    TRY(store_outbox_get(l->db, holder, s->iss, s->id, &sent, f));
    json_set_str(h, "domain", holder);
    json_set_str(h, "state", said[sent.state]);
    json_set_time(h, "at", sent.acked_ms);
    return OK;
}

static enum err take_row(const struct statement_row *row, bool holders, struct recalls *l, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    if (!holders && !*s->ref)
        add_recall(l, s);
    return holders && *s->ref ? add_holder(l, s, f) : OK;
}

static enum err take_act(const struct statement_row *row, void *ctx, struct fail *f)
{
    return take_row(row, false, ctx, f);
}

static enum err take_holder(const struct statement_row *row, void *ctx, struct fail *f)
{
    return take_row(row, true, ctx, f);
}

enum err view_recalls(struct node *n, struct db *db, const char *id, json_t *report, struct fail *f)
{
    AUTO(json_freep) json_t *numbers = numbers_of(report);
    struct recalls l = { n, db, numbers, json_array() };
    json_set_take(report, "recalls", l.into);
    TRY(store_statement_list(db, id, "recall", take_act, &l, f));
    TRY(store_statement_list(db, id, "recall", take_holder, &l, f));
    for (size_t i = json_array_size(l.into); i-- > 0;) /* of nothing that the view shows */
        if (json_array_size(json_object_get(json_array_get(l.into, i), "holders")) == 0)
            json_array_remove(l.into, i);
    return OK;
}
