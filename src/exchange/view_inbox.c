/* SPDX-License-Identifier: Apache-2.0
 * exchange/view_inbox.c - a person's inbox, and the feed of what is new in it */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/audience.h"
#include "exchange/bell.h"
#include "exchange/view.h"
#include "store/notice.h"
#include "store/store.h"

#define INBOX_MAX  500
#define EVENTS_MAX 200
#define ABOUT_MAX  ((size_t)64 << 10)

/* The kinds of items, in the order in which people want to see them. */
static const struct {
    const char *kind;
    bool needs; /* somebody must do something about it, until it is done */
} kinds[] = {
    { "request", true },  { "second", true },  { "override", true },  { "inquiry", true },
    { "alert", false },   { "recall", false }, { "delivery", false }, { "decision", false },
    { "absence", false }, { "told", false },
};

static size_t rank(const char *kind)
{
    size_t i = 0;
    while (i < COUNT(kinds) && strcmp(kinds[i].kind, kind) != 0)
        i++;
    return i;
}

static bool needs(const char *kind, bool done)
{
    size_t i = rank(kind);
    return !done && i < COUNT(kinds) && kinds[i].needs;
}

/* One that can't be read keeps nobody from the others. */
static void read_about(const struct item_row *row, json_t **about)
{
    if (json_read(bytes_str(row->about), ABOUT_MAX, "inbox item", about, NULL) == OK &&
        json_is_object(*about))
        return;
    log_event(LOG_WARN, "item-unreadable", "item=%s", row->id);
    json_decref(*about);
    *about = json_pack("{s:s}", "what", "an item that can't be read");
}

static enum err add_item(const struct item_row *row, void *ctx, struct fail *f)
{
    AUTO(json_freep) json_t *about = NULL;
    json_t *item = json_object();
    (void)f;
    json_array_append_new(ctx, item);
    read_about(row, &about);
    json_set_str(item, "id", row->id);
    json_set_str(item, "kind", row->kind);
    json_set_str(item, "from", row->sender);
    json_set_time(item, "at", row->at_ms);
    json_set_time(item, "due", row->due_ms);
    json_set_bool(item, "done", row->done_ms != 0);
    json_set_bool(item, "needs", needs(row->kind, row->done_ms != 0));
    json_set_take(item, "about", json_incref(about));
    return OK;
}

/* What needs somebody: what is due by time left, then the oldest. The rest: by kind, then the newest. */
static int in_order(const void *a, const void *b)
{
    const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
    bool x_needs = json_is_true(json_object_get(x, "needs")),
         y_needs = json_is_true(json_object_get(y, "needs"));
    if (x_needs != y_needs)
        return x_needs ? -1 : 1;
    const char *x_due = json_text_of(x, "due"), *y_due = json_text_of(y, "due");
    if (x_needs && !*x_due != !*y_due)
        return *x_due ? -1 : 1;
    if (x_needs && strcmp(x_due, y_due) != 0)
        return strcmp(x_due, y_due);
    if (x_needs)
        return strcmp(json_text_of(x, "at"), json_text_of(y, "at"));
    size_t x_rank = rank(json_text_of(x, "kind")), y_rank = rank(json_text_of(y, "kind"));
    if (x_rank != y_rank)
        return x_rank < y_rank ? -1 : 1;
    return strcmp(json_text_of(y, "at"), json_text_of(x, "at"));
}

static json_t *sorted(const json_t *items)
{
    size_t count = json_array_size(items);
    json_t **rows = mem_array(count + 1, sizeof *rows), *out = json_array();
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(items, i);
    qsort(rows, count, sizeof *rows, in_order);
    for (size_t i = 0; i < count; i++)
        json_array_append(out, rows[i]);
    mem_freep(&rows);
    return out;
}

enum err view_inbox(struct node *n, const struct asker *a, bool all, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *items = json_array();
    AUTO(audience_clear) struct audience mine = { 0 };
    uint64_t next;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    TRY(audience_of(n, db, a->person, a->roles, &mine, f));
    TRY(store_item_list(db, mine.names, mine.count, all, 0, INBOX_MAX, add_item, items, f));
    TRY(store_notice_newest(db, &next, f));
    *out = json_object();
    json_set_take(*out, "items", sorted(items));
    json_set_u64(*out, "next", next);
    return OK;
}

/* What is new ------------------------------------------------------------------------------------------------- */

struct feed {
    json_t *events;
    uint64_t next;
};

static enum err add_event(const struct notice_row *row, void *ctx, struct fail *f)
{
    struct feed *feed = ctx;
    struct item_row item = { .id = row->item,
                             .kind = row->item_kind,
                             .sender = row->sender,
                             .at_ms = row->item_at_ms,
                             .due_ms = row->due_ms,
                             .about = row->about,
                             .done_ms = row->done_ms };
    TRY(add_item(&item, feed->events, f));
    json_t *event = json_array_get(feed->events, json_array_size(feed->events) - 1);
    json_set_u64(event, "seq", row->seq);
    json_set_str(event, "notice", row->kind);
    feed->next = row->seq;
    return OK;
}

/* One look. Where there was nothing for ${a}, the next look begins behind what was for others. */
static enum err look(struct node *n, const struct asker *a, struct feed *feed, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(audience_clear) struct audience mine = { 0 };
    uint64_t newest;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    TRY(store_notice_newest(db, &newest, f));
    if (feed->next > newest)
        return fail_set(f, E_INVALID, "after %llu: the newest notice is %llu", (unsigned long long)feed->next,
                        (unsigned long long)newest);
    TRY(audience_of(n, db, a->person, a->roles, &mine, f));
    TRY(store_notice_list(db, mine.names, mine.count, feed->next, EVENTS_MAX, add_event, feed, f));
    if (json_array_size(feed->events) == 0)
        feed->next = newest;
    return OK;
}

enum err view_inbox_events(struct node *n, const struct asker *a, uint64_t after, unsigned wait_ms,
                           json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *events = json_array();
    struct feed feed = { events, after };
    uint64_t end_ms = time_mono_ms() + wait_ms, now_ms;
    unsigned most = (unsigned)(n->conf.max_clients / 2); /* others need connections, too */
    for (;;) {
        uint64_t heard = bell_heard(n->bell);
        TRY(look(n, a, &feed, f));
        now_ms = time_mono_ms();
        if (json_array_size(events) || now_ms >= end_ms || !bell_wait(n->bell, heard, end_ms - now_ms, most))
            break;
    }
    *out = json_object();
    json_set_take(*out, "events", json_incref(events));
    json_set_u64(*out, "next", feed.next);
    return OK;
}
