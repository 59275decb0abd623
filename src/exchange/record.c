/* SPDX-License-Identifier: Apache-2.0
 * exchange/record.c - two passes: what both have acked is read, then each number is a question put to each statement. What a
 * statement has become (a state, an answer, a closed review) is said by others that both have acked, never by our own rows. */
#include "exchange/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/aware.h"
#include "ledger/statement.h"
#include "store/statement.h"
#include "store/store.h"

#define DAY_MS ((uint64_t)86400000)

/* One statement that both have. */
struct heard {
    char id[UUID_TEXT], report[UUID_TEXT], ref[UUID_TEXT];
    const char *kind;
    char state[16];    /* of a notice */
    uint64_t at_ms;    /* by its maker's clock */
    uint64_t due_ms;   /* of an inquiry */
    uint64_t taken_ms; /* of a request: when its originator took it, by the ack */
    bool theirs;       /* made by the second of the pair */
    bool to_other;     /* the other of the pair is the first who is addressed: he asked */
    bool by_rule;      /* nobody decided */
    bool again[2]; /* in a window: a report that was given in it before; what an officer makes of a notice */
};

struct fold {
    const char *pair[2]; /* in order */
    struct db *db;
    const char *home, *partner;
    uint64_t now_ms, since_ms[2];
    struct heard *rows;
    size_t count, room;
    json_t *later; /* "kind ref" -> index of the first, or for notices of the newest */
    json_t *given; /* "window iss report" */
};

/* What became of it ----------------------------------------------------------------------------------------------- */

static const struct heard *later(const struct fold *r, const char *kind, const char *ref)
{
    AUTO(str_freep) char *name = str_format("%s %s", kind, ref);
    const json_t *index = json_object_get(r->later, name);
    return index ? &r->rows[json_integer_value(index)] : NULL;
}

static bool is_any(const struct fold *r, const struct heard *h)
{
    (void)r, (void)h;
    return true;
}

static bool is_to_other(const struct fold *r, const struct heard *h)
{
    (void)r;
    return h->to_other;
}

/* Open, unless an officer of the originator said otherwise and the holder has it. */
static const char *state_of(const struct fold *r, const struct heard *h)
{
    const struct heard *newest = later(r, "notice", h->id);
    return newest ? newest->state : "open";
}

static bool is_open(const struct fold *r, const struct heard *h)
{
    return strcmp(state_of(r, h), "open") == 0;
}

static bool is_explained(const struct fold *r, const struct heard *h)
{
    return strcmp(state_of(r, h), "explained") == 0;
}

static bool is_attributed(const struct fold *r, const struct heard *h)
{
    return strcmp(state_of(r, h), "attributed") == 0;
}

static bool is_unreviewed(const struct fold *r, const struct heard *h)
{
    return !later(r, "review", h->id);
}

/* By the answerer's own clock: that the asker could not be reached is no silence. */
static bool is_unanswered(const struct fold *r, const struct heard *h)
{
    const struct heard *answer = later(r, "answer", h->id);
    return h->due_ms <= r->now_ms && (!answer || answer->at_ms > h->due_ms);
}

/* Kind of statement, the number it counts in, the list behind that, and whose number it is: its maker's, or the receiver's. */
static const struct number {
    const char *kind, *name, *list;
    bool receiver;
    bool (*counts)(const struct fold *, const struct heard *);
} numbers[] = {
    { "share", "given_by", "given", false, is_any },
    { "request", "asked_by", "asked", false, is_any },
    { "grant", "granted_to", "granted", true, is_to_other },
    { "deny", "denied_to", "denied", true, is_to_other },
    { "silence", "silent_to", "silent", true, is_to_other },
    { "withdraw", "withdrawn_by", "withdrawn", false, is_any },
    { "override", "overrides_by", "overrides", false, is_any },
    { "override", "reviews_open_of", "unreviewed", false, is_unreviewed },
    { "objection", "objections_to", "objections", true, is_any },
    { "notice", "uncoordinated_of", "uncoordinated", true, is_any },
    { "notice", "uncoordinated_open_of", "open", true, is_open },
    { "notice", "uncoordinated_explained_of", "explained", true, is_explained },
    { "notice", "uncoordinated_attributed_of", "attributed", true, is_attributed },
    { "recall", "recalled_by", "recalled", false, is_any },
    { "inquiry", "inquiries_by", "inquiries", false, is_any },
    { "inquiry", "unanswered_by", "unanswered", true, is_unanswered },
};

static const char *kind_of(const char *kind)
{
    static const char *const helpers[] = { "answer", "review" };
    for (size_t i = 0; i < COUNT(numbers); i++)
        if (strcmp(numbers[i].kind, kind) == 0)
            return numbers[i].kind;
    for (size_t i = 0; i < COUNT(helpers); i++)
        if (strcmp(helpers[i], kind) == 0)
            return helpers[i];
    return NULL;
}

/* The first pass ---------------------------------------------------------------------------------------------------- */

/* When the originator took a request: his ack says so, and both have it. */
static uint64_t received_of(const struct statement_row *row)
{
    AUTO(statement_freep) struct statement *ack = NULL;
    uint64_t ms = 0;
    if (statement_read(bytes_str(row->ack), JOSE_MAX_SMALL, &ack, NULL) != OK)
        return 0;
    const char *received = json_string_value(json_object_get(ack->body, "received"));
    return received && time_read(received, &ms) ? ms : 0;
}

/* Of notices the newest counts, of all else the first: they come in order. */
static void note_later(struct fold *r, size_t index)
{
    const struct heard *h = &r->rows[index], *had = later(r, h->kind, h->ref);
    AUTO(str_freep) char *name = str_format("%s %s", h->kind, h->ref);
    bool newest = strcmp(h->kind, "notice") == 0;
    if (had && !newest)
        return;
    json_object_set_new(r->later, name, json_integer((json_int_t)index));
}

/* A report counts once in a window, however many shares brought it. */
static bool was_given(struct fold *r, const struct heard *h, unsigned window)
{
    AUTO(str_freep) char *name = str_format("%u %d %s", window, h->theirs, h->report);
    if (json_object_get(r->given, name))
        return true;
    json_object_set_new(r->given, name, json_true());
    return false;
}

static struct heard *add(struct fold *r)
{
    if (r->count == r->room) {
        size_t room = r->room ? r->room * 2 : 256;
        struct heard *rows = mem_array(room, sizeof *rows);
        if (r->count)
            memcpy(rows, r->rows, r->count * sizeof *rows);
        mem_freep(&r->rows);
        r->rows = rows;
        r->room = room;
    }
    return &r->rows[r->count++];
}

static void copy_id(char to[static UUID_TEXT], const char *from)
{
    snprintf(to, UUID_TEXT, "%s", from);
}

static enum err hear(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct fold *r = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    const char *kind = kind_of(row->kind);
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    bool counts;
    if (!kind || s->at_ms < r->since_ms[1])
        return OK;
    TRY(aware_counts(r->db, r->partner, s->report, s->portions, &counts, f));
    if (!counts)
        return OK; /* everybody sees a record, and not everybody may know of a HIDDEN portion */
    const char *other = strcmp(s->iss, r->home) == 0 ? r->partner : r->home;
    const char *first = json_string_value(json_array_get(s->aud, 0));
    const char *state = json_string_value(json_object_get(s->body, "state"));
    const char *by = json_string_value(json_object_get(s->body, "by"));
    struct heard *h = add(r);
    *h = (struct heard){ .kind = kind, .at_ms = s->at_ms };
    copy_id(h->id, s->id);
    copy_id(h->report, s->report);
    copy_id(h->ref, s->ref);
    snprintf(h->state, sizeof h->state, "%s", state ? state : "");
    h->theirs = strcmp(s->iss, r->pair[1]) == 0;
    h->to_other = first && strcmp(first, other) == 0;
    h->by_rule = *s->by == '@';
    if (strcmp(kind, "notice") == 0)
        h->again[0] = h->again[1] = *s->ref != '\0';
    if (strcmp(kind, "request") == 0)
        h->taken_ms = received_of(row);
    if (strcmp(kind, "inquiry") == 0 && (!by || !time_read(by, &h->due_ms)))
        return fail_set(f, E_STORE, "damaged inquiry %s", s->id);
    return OK;
}

/* By their makers' clocks, which are the same at both ends; the order in which things came is not. */
static int by_time(const void *a, const void *b)
{
    const struct heard *x = a, *y = b;
    if (x->at_ms != y->at_ms)
        return x->at_ms < y->at_ms ? -1 : 1;
    return strcmp(x->id, y->id);
}

static void put_in_order(struct fold *r)
{
    if (r->count)
        qsort(r->rows, r->count, sizeof *r->rows, by_time);
    for (size_t i = 0; i < r->count; i++) {
        struct heard *h = &r->rows[i];
        if (*h->ref)
            note_later(r, i);
        for (unsigned w = 0; w < 2 && strcmp(h->kind, "share") == 0; w++)
            h->again[w] = h->at_ms >= r->since_ms[w] && was_given(r, h, w);
    }
}

/* The second pass ----------------------------------------------------------------------------------------------------- */

static int smaller(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* How long people of ${whose} took to decide what the other asked: the median, in seconds. False: they decided nothing. */
static bool median_of(const struct fold *r, unsigned window, unsigned whose, uint64_t *seconds)
{
    uint64_t *times = mem_array(r->count + 1, sizeof *times);
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct heard *h = &r->rows[i];
        if (strcmp(h->kind, "request") != 0 || h->theirs == (whose == 1) || h->at_ms < r->since_ms[window])
            continue;
        const struct heard *yes = later(r, "grant", h->id), *no = later(r, "deny", h->id);
        const struct heard *decision = !yes ? no : !no || yes->at_ms <= no->at_ms ? yes : no;
        if (decision && !decision->by_rule && h->taken_ms && decision->at_ms >= h->taken_ms)
            times[n++] = (decision->at_ms - h->taken_ms) / 1000;
    }
    qsort(times, n, sizeof *times, smaller);
    if (n)
        *seconds = times[(n - 1) / 2];
    mem_freep(&times);
    return n > 0;
}

static uint64_t count_of(const struct fold *r, unsigned window, const struct number *what, unsigned whose)
{
    uint64_t count = 0;
    for (size_t i = 0; i < r->count; i++) {
        const struct heard *h = &r->rows[i];
        count += strcmp(h->kind, what->kind) == 0 && h->at_ms >= r->since_ms[window] && !h->again[window] &&
                 (h->theirs != what->receiver) == (whose == 1) && what->counts(r, h);
    }
    return count;
}

static json_t *window_json(const struct fold *r, unsigned window)
{
    json_t *v = json_object();
    uint64_t seconds;
    for (size_t i = 0; i < COUNT(numbers); i++)
        for (unsigned whose = 0; whose < 2; whose++) {
            AUTO(str_freep) char *name = str_format("%s_%s", numbers[i].name, r->pair[whose]);
            json_set_u64(v, name, count_of(r, window, &numbers[i], whose));
        }
    for (unsigned whose = 0; whose < 2; whose++) {
        AUTO(str_freep) char *name = str_format("median_answer_s_by_%s", r->pair[whose]);
        if (median_of(r, window, whose, &seconds))
            json_set_u64(v, name, seconds);
    }
    return v;
}

static json_t *list_row(const char *id, uint64_t at_ms, const char *iss, const char *report, const char *kind)
{
    char at[TIME_TEXT_SIZE];
    json_t *one = json_object();
    time_print(at_ms, at);
    json_set_str(one, "statement", id);
    json_set_str(one, "at", at);
    json_set_str(one, "iss", iss);
    json_set_str(one, "report", report);
    json_set_str(one, "kind", kind);
    return one;
}

/* False: no number has this list. */
static bool list_json(const struct fold *r, const char *list, json_t *into)
{
    bool known = false;
    for (size_t k = 0; k < COUNT(numbers); k++) {
        if (strcmp(numbers[k].list, list) != 0)
            continue;
        known = true;
        for (size_t i = 0; i < r->count; i++) {
            const struct heard *h = &r->rows[i];
            if (strcmp(h->kind, numbers[k].kind) != 0 || h->again[1] || !numbers[k].counts(r, h))
                continue;
            json_t *one = list_row(h->id, h->at_ms, r->pair[h->theirs], h->report, h->kind);
            if (strcmp(h->kind, "notice") == 0)
                json_set_str(one, "state", state_of(r, h));
            if (strcmp(h->kind, "override") == 0)
                json_set_str(one, "state", is_unreviewed(r, h) ? "open" : "closed");
            json_array_append_new(into, one);
        }
    }
    return known;
}

/* Apart: what we said, and the partner has not acked ------------------------------------------------------------------ */

struct unheard {
    struct db *db;
    const char *partner;
    json_t *counts, *list;
};

static enum err note_unheard(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct unheard *u = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    bool counts;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_LARGE, &s, f));
    TRY(aware_counts(u->db, u->partner, s->report, s->portions, &counts, f));
    if (!counts)
        return OK;
    json_set_u64(u->counts, row->kind,
                 (uint64_t)json_integer_value(json_object_get(u->counts, row->kind)) + 1);
    json_array_append_new(u->list, list_row(s->id, s->at_ms, s->iss, s->report, row->kind));
    return OK;
}

static void fold_clear(struct fold *r)
{
    mem_freep(&r->rows);
    json_decref(r->later);
    json_decref(r->given);
}

enum err record_put(struct node *n, struct db *db, const char *domain, const char *list, json_t *partner,
                    struct fail *f)
{
    AUTO(json_freep) json_t *rows = json_array();
    AUTO(json_freep) json_t *waiting = json_array();
    uint64_t now_ms = n->now_ms(), today_ms = now_ms / DAY_MS * DAY_MS;
    bool before = strcmp(n->conf.domain, domain) < 0;
    AUTO(fold_clear)
    struct fold r = { .pair = { before ? n->conf.domain : domain, before ? domain : n->conf.domain },
                      .db = db,
                      .home = n->conf.domain,
                      .partner = domain,
                      .now_ms = now_ms,
                      .since_ms = { today_ms - 30 * DAY_MS, today_ms - 365 * DAY_MS },
                      .later = json_object(),
                      .given = json_object() };
    struct unheard u = { db, domain, json_object(), waiting };
    json_set_take(partner, "unacknowledged", u.counts);
    /* rows have our clock, statements their maker's: a day apart at most */
    TRY(store_statement_between(db, n->conf.domain, domain, r.since_ms[1] - DAY_MS, hear, &r, f));
    put_in_order(&r);
    TRY(store_statement_unacked(db, domain, note_unheard, &u, f));
    json_t *record = json_object();
    json_set_take(record, "d30", window_json(&r, 0));
    json_set_take(record, "y1", window_json(&r, 1));
    json_set_take(partner, "record", record);
    bool unacked = strcmp(list, "unacknowledged") == 0;
    if (*list && !unacked && !list_json(&r, list, rows))
        return fail_set(f, E_INVALID, "a record has no list '%.40s'", list);
    if (*list)
        json_set_take(partner, "list", json_incref(unacked ? waiting : rows));
    return OK;
}

enum err record_recalls_open(struct db *db, const char *domain, uint64_t *count, struct fail *f)
{
    return store_outbox_waiting(db, domain, "recall", count, f);
}
