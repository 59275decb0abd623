/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/untaken.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "ledger/override.h"
#include "store/item.h"
#include "store/override.h"
#include "store/store.h"
#include "store/writer.h"

#define ENTRY_REASON "override-refused"
#define DAY_MS       ((uint64_t)86400000)

struct noting {
    struct node *n;
    struct statement *s;
    const struct fail *why;
    uint64_t now_ms;
    bool full;
};

static void noting_clear(struct noting *o)
{
    statement_freep(&o->s);
}

/* What is no fault of the statement: sent again, it may be taken. */
static bool passes(const struct fail *why)
{
    return why->code == E_IO || why->code == E_STORE || why->code == E_INTERNAL ||
           why->code == E_UNAVAILABLE || why->code == E_RATE;
}

static bool is_ours(const struct node *n, const struct statement *s)
{
    const char *originator = json_string_value(json_object_get(s->body, "originator"));
    return strcmp(s->kind, "override") == 0 && strcmp(s->iss, n->conf.domain) != 0 &&
           statement_is_for(s, n->conf.domain) &&
           (!override_is_sealed(s) || (originator && strcmp(originator, n->conf.domain) == 0));
}

/* A partner's, whatever became of it since: it can still say what its people did with what we gave it. */
static bool is_signed(struct node *n, const struct statement *s)
{
    AUTO(cards_put) struct card_ref from = { 0 };
    struct fail why = { 0 };
    return cards_get(n, s->iss, &from, &why) == OK && from.state != CARD_UNCONFIRMED &&
           statement_verify(s, from.card, &why) == OK;
}

static enum err is_known(struct db *db, const struct statement *s, bool *known, struct fail *f)
{
    AUTO(store_untaken_clear) struct untaken_row row = { 0 };
    enum err e = store_untaken_get(db, s->iss, s->id, &row, f);
    *known = !store_missing(e, f);
    return *known ? e : OK;
}

static const char *why_text(const struct fail *why)
{
    return why->reason != REASON_NONE ? reason_text(why->reason) : err_row(why->code)->title;
}

static json_t *about(const struct noting *o)
{
    const struct statement *s = o->s;
    const char *to = json_string_value(json_object_get(s->body, "to"));
    const char *reason = json_string_value(json_object_get(s->body, "reason"));
    AUTO(str_freep)
    char *what =
        str_format("%s signed an override that can't be taken as one (%s): what it names went, or was "
                   "told, to %.256s",
                   s->iss, why_text(o->why), to ? to : "nobody knows whom");
    json_t *a = json_object();
    json_set_str(a, "what", what);
    json_set_str(a, "statement", s->id);
    if (*s->report)
        json_set_str(a, "report", s->report);
    json_set_take(a, "portions", json_deep_copy(s->portions));
    json_set_str(a, "by", s->by);
    json_set_str(a, "to", to ? to : "");
    json_set_str(a, "reason", reason ? reason : "");
    json_set_bool(a, "oral", !override_is_sealed(s));
    return a;
}

/* Of its portions it says what it says: they may be none of ours, so the entry is about none. */
static enum err write_note(struct db *db, void *ctx, struct fail *f)
{
    struct noting *o = ctx;
    const struct statement *s = o->s;
    struct untaken_row row = { .iss = s->iss,
                               .statement = s->id,
                               .received_ms = o->now_ms,
                               .reason = o->why->reason != REASON_NONE ? reason_code(o->why->reason)
                                                                       : err_row(o->why->code)->name,
                               .jws = s->jose->text };
    struct journal_event e = { .kind = KIND_REMARK,
                               .originator = o->n->conf.domain,
                               .organisation = s->iss,
                               .actor = s->by,
                               .reason = ENTRY_REASON,
                               .digest = s->digest };
    uint64_t count, told;
    bool known;
    TRY(is_known(db, s, &known, f));
    TRY(store_untaken_count(db, s->iss, o->now_ms - DAY_MS, &count, f));
    o->full = count >= UNTAKEN_EACH;
    if (known || o->full)
        return OK;
    TRY(store_untaken_add(db, &row, f));
    TRY(journal_enter(o->n, db, &e, NULL, f));
    TRY(store_item_open(db, s->id, "alert", &told,
                        f)); /* other content under a known id raised an alarm already */
    return told ? OK : acts_notify(db, "alert", "officer", s->iss, o->now_ms, 0, s->id, about(o), f);
}

static enum err note(struct noting *o, struct bytes jws, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    bool known = false;
    TRY(statement_read(jws, JOSE_MAX_SMALL, &o->s, f));
    if (!is_ours(o->n, o->s) || !is_signed(o->n, o->s))
        return OK;
    TRY(store_read_begin(o->n->store, &db, f));
    TRY(is_known(db, o->s, &known, f)); /* what is sent again and again costs no commit */
    return known ? OK : writer_run(o->n->writer, write_note, o, f);
}

void untaken_note(struct node *n, struct bytes jws, const struct fail *why)
{
    AUTO(noting_clear) struct noting o = { .n = n, .why = why, .now_ms = n->now_ms() };
    struct fail f = { 0 };
    if (passes(why))
        return;
    enum err e = note(&o, jws, &f);
    if (o.s && (e != OK || o.full))
        log_event(LOG_WARN, "override-not-noted", "iss=%s id=%s error=%s", o.s->iss, o.s->id,
                  e == OK ? "full" : err_row(e)->name);
}

enum err untaken_end(struct db *db, const char *iss, const char *id, uint64_t now_ms, struct fail *f)
{
    AUTO(store_untaken_clear) struct untaken_row row = { 0 };
    enum err e = store_untaken_get(db, iss, id, &row, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    TRY(store_untaken_drop(db, iss, id, f));
    return store_item_done(db, id, "alert", now_ms, f);
}
