/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/quarantine.h"

#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/words.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "store/item.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/third.h"
#include "store/writer.h"
#include "tdf/package.h"

struct keeping {
    struct node *n;
    struct quarantine_row row;
    char words[WORDS_SIZE];
};

static enum err check_room(struct db *db, const struct keeping *k, bool *first, struct fail *f)
{
    uint64_t count, bytes, size = strlen(k->row.jws) + k->row.package.len;
    TRY(store_quarantine_usage(db, k->row.iss, &count, &bytes, f));
    *first = count == 0;
    if (count >= QUARANTINE_EACH)
        return fail_set(f, E_RATE, "%d statements of %s wait here already for its card to be confirmed",
                        QUARANTINE_EACH, k->row.iss);
    TRY(store_quarantine_usage(db, "", &count, &bytes, f));
    if (count >= QUARANTINE_ALL || bytes + size > QUARANTINE_BYTES)
        return fail_set(f, E_RATE, "no more room for what comes from organisations that nobody confirmed");
    return OK;
}

/* Whoever was confirmed a moment ago is owed no release: what came is taken when it is sent again. */
static enum err check_state(enum card_state state, const char *iss, struct fail *f)
{
    return state == CARD_UNCONFIRMED
               ? OK
               : fail_why(f, REASON_UNCONFIRMED_PARTNER, "%s is %s here", iss, card_state_name(state));
}

static enum err write_kept(struct db *db, void *ctx, struct fail *f)
{
    struct keeping *k = ctx;
    AUTO(store_card_clear) struct card_row card = { 0 };
    bool first;
    TRY(store_card_get(db, k->row.iss, &card, f));
    TRY(check_state(card.state, k->row.iss, f));
    TRY(check_room(db, k, &first, f));
    TRY(store_quarantine_add(db, &k->row, f));
    if (!first)
        return OK;
    json_t *about = json_object();
    AUTO(str_freep)
    char *what = str_format("from %s, not confirmed: compare its words, then orcon partner confirm %s",
                            k->row.iss, k->row.iss);
    json_set_str(about, "what", what);
    json_set_str(about, "state", "quarantined");
    json_set_str(about, "originator", k->row.iss);
    json_set_str(about, "words", k->words);
    if (*k->row.report)
        json_set_str(about, "report", k->row.report);
    return acts_notify(db, "delivery", "admin", k->row.iss, k->row.received_ms, 0, k->row.iss, about, f);
}

static enum err is_kept(struct node *n, const struct statement *s, bool *kept, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_quarantine_clear) struct quarantine_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_quarantine_get(db, s->iss, s->id, &row, f);
    *kept = e == OK;
    return store_missing(e, f) ? OK : e;
}

/* By a key of the card that waits, and for us: or anybody could fill the room in another's name. */
static enum err check(struct node *n, const struct statement *s, struct keeping *k, struct fail *f)
{
    AUTO(cards_put) struct card_ref from = { 0 };
    const struct act_row *row = acts_find(s->kind);
    TRY(cards_get(n, s->iss, &from, f));
    TRY(check_state(from.state, s->iss, f));
    TRY(statement_verify(s, from.card, f));
    if (!row || !row->take)
        return fail_set(f, E_INVALID, "'%.20s' is no kind of statement that is taken here", s->kind);
    if (!statement_is_for(s, n->conf.domain) && (!row->for_all || json_array_size(s->aud) > 0))
        return fail_why(f, REASON_AUDIENCE, "%s statement %s of %s is not for %s", s->kind, s->id, s->iss,
                        n->conf.domain);
    card_words(from.card, k->words);
    return OK;
}

enum err quarantine_keep(struct node *n, struct bytes jws, struct bytes package, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    struct keeping k = { .n = n };
    bool kept;
    TRY(statement_read(jws, package.len ? JOSE_MAX_LARGE : JOSE_MAX_SMALL, &s, f));
    TRY(check(n, s, &k, f));
    k.row = (struct quarantine_row){ .iss = s->iss,
                                     .statement = s->id,
                                     .kind = s->kind,
                                     .report = s->report,
                                     .received_ms = n->now_ms(),
                                     .jws = s->jose->text,
                                     .package = package };
    TRY(is_kept(n, s, &kept, f));
    if (!kept)
        TRY(writer_run(n->writer, write_kept, &k, f));
    return fail_why(f, REASON_QUARANTINED, "kept until somebody at %s confirms the card of %s",
                    n->conf.domain, s->iss);
}

/* Release ------------------------------------------------------------------------------------------------- */

enum err quarantine_settle(struct node *n, struct db *db, const char *domain, bool confirmed, struct fail *f)
{
    uint64_t count, bytes, now_ms = n->now_ms();
    TRY(store_quarantine_usage(db, domain, &count, &bytes, f));
    if (count == 0)
        return OK;
    TRY(store_item_done(db, domain, "delivery", now_ms, f));
    return confirmed ? store_task_put(db, "quarantine", domain, now_ms, f)
                     : store_quarantine_drop(db, domain, f);
}

static enum err take(struct node *n, const struct quarantine_row *row, struct fail *f)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(package_freep) struct package *package = NULL;
    struct bytes view = row->package;
    struct source in = source_bytes(&view);
    if (row->package.len)
        TRY(package_read(&in, &package, f));
    return acts_take_kept(n, bytes_str(row->jws), package, ack, f);
}

static enum err drop_row(struct db *db, void *ctx, struct fail *f)
{
    const struct quarantine_row *row = ctx;
    return store_quarantine_delete(db, row->id, f);
}

static enum err drop_task(struct db *db, void *ctx, struct fail *f)
{
    return store_task_delete(db, *(const uint64_t *)ctx, f);
}

static enum err first_of(struct node *n, const char *domain, struct quarantine_row *row, bool *found,
                         struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_quarantine_first(db, domain, row, f);
    *found = e == OK;
    return store_missing(e, f) ? OK : e;
}

enum err quarantine_release(struct node *n, const char *domain, uint64_t task, struct fail *f)
{
    AUTO(cards_put) struct card_ref from = { 0 };
    TRY(cards_get_trusted(n, domain, &from, f));
    for (bool found = true; found;) {
        AUTO(store_quarantine_clear) struct quarantine_row row = { 0 };
        struct fail why = { 0 };
        TRY(first_of(n, domain, &row, &found, f));
        if (!found)
            break;
        if (take(n, &row, &why) != OK)
            log_event(LOG_WARN, "quarantine-dropped", "iss=%s statement=%s error=%s", row.iss, row.statement,
                      err_row(why.code)->name);
        TRY(writer_run(n->writer, drop_row, &row, f));
    }
    return writer_run(n->writer, drop_task, &task, f);
}

/* What waits ------------------------------------------------------------------------------------------------ */

struct listing {
    struct db *db;
    json_t *into;
};

/* HIDDEN portions come in shares of their own: a report waits once, however many there are. */
static bool is_listed(const json_t *list, const struct quarantine_row *row)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(one, "originator")), row->iss) == 0 &&
            strcmp(json_string_value(json_object_get(one, "report")), row->report) == 0)
            return true;
    }
    return false;
}

static enum err list_one(const struct quarantine_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    AUTO(store_card_clear) struct card_row card = { 0 };
    char since[TIME_TEXT_SIZE], words[WORDS_SIZE];
    if (strcmp(row->kind, "share") != 0 || is_listed(l->into, row))
        return OK;
    TRY(store_card_get(l->db, row->iss, &card, f));
    words_print(card.card_key_sha, words);
    time_print(row->received_ms, since);
    json_t *one = json_object();
    json_set_str(one, "originator", row->iss);
    json_set_str(one, "report", row->report);
    json_set_str(one, "since", since);
    json_set_str(one, "state", "quarantined");
    json_set_str(one, "words", words);
    json_array_append_new(l->into, one);
    return OK;
}

enum err quarantine_list(struct db *db, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *list = json_array();
    struct listing l = { db, list };
    TRY(store_quarantine_list(db, list_one, &l, f));
    *out = json_incref(list);
    return OK;
}
