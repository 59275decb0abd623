/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/remind.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/notice.h"
#include "store/store.h"
#include "store/writer.h"

#define LAST_MS ((uint64_t)15 * 60000)

enum err remind_plan(struct db *db, const struct item_row *item, struct fail *f)
{
    if (item->due_ms <= item->at_ms)
        return OK;
    struct reminder_row half = { .item = item->id,
                                 .kind = "half",
                                 .due_ms = item->at_ms + (item->due_ms - item->at_ms) / 2 };
    struct reminder_row last = { .item = item->id, .kind = "last", .due_ms = item->due_ms - LAST_MS };
    TRY(store_reminder_add(db, &half, f));
    /* what is due within a quarter of an hour was said just now */
    return item->due_ms - item->at_ms > LAST_MS ? store_reminder_add(db, &last, f) : OK;
}

struct reminding {
    uint64_t now_ms;
    json_t *due; /* [[item, kind]] */
    unsigned count;
};

static enum err note_due(const struct reminder_row *row, void *ctx, struct fail *f)
{
    struct reminding *r = ctx;
    (void)f;
    json_array_append_new(r->due, json_pack("[s,s]", row->item, row->kind));
    return OK;
}

static enum err remind(struct reminding *r, struct db *db, const char *id, const char *kind, struct fail *f)
{
    AUTO(store_item_clear) struct item_row item = { 0 };
    TRY(store_item_get(db, id, &item, f));
    TRY(store_reminder_drop(db, id, kind, f));
    if (item.done_ms != 0 || item.due_ms <= r->now_ms)
        return OK;
    struct notice_row notice = { .item = id, .kind = kind, .audience = item.audience, .at_ms = r->now_ms };
    r->count++;
    return store_notice_add(db, &notice, f);
}

/* All that is due, in the writer's job, so that what was decided meanwhile is seen. */
static enum err write_due(struct db *db, void *ctx, struct fail *f)
{
    struct reminding *r = ctx;
    TRY(store_reminder_list(db, r->now_ms, note_due, r, f));
    for (size_t i = 0; i < json_array_size(r->due); i++) {
        const json_t *one = json_array_get(r->due, i);
        TRY(remind(r, db, json_string_value(json_array_get(one, 0)),
                   json_string_value(json_array_get(one, 1)), f));
    }
    return OK;
}

static enum err find_next(struct node *n, uint64_t *next_ms, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_reminder_next(db, next_ms, f);
    return store_missing(e, f) ? OK : e;
}

enum err remind_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    AUTO(json_freep) json_t *due = json_array();
    struct reminding r = { now_ms, due, 0 };
    TRY(find_next(n, next_ms, f));
    if (*next_ms > now_ms)
        return OK;
    TRY(writer_run(n->writer, write_due, &r, f));
    if (r.count)
        log_event(LOG_INFO, "reminded", "count=%u", r.count);
    *next_ms = UINT64_MAX;
    return find_next(n, next_ms, f);
}
