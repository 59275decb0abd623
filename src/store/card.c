/* SPDX-License-Identifier: Apache-2.0 */
#include "store/card.h"

#include <string.h>

#include "store/row.h"

static const char *const states[CARD_STATE_COUNT] = { "own", "unconfirmed", "confirmed", "suspended",
                                                      "introduced" };

const char *card_state_name(enum card_state s)
{
    return states[s];
}

static const struct field fields[] = {
    FIELD(card_row, domain, FIELD_TEXT),       FIELD(card_row, serial, FIELD_U64),
    FIELD(card_row, jws, FIELD_TEXT),          FIELD(card_row, digest, FIELD_HASH),
    FIELD_ENUM(card_row, state, states),       FIELD(card_row, local, FIELD_BOOL),
    FIELD(card_row, card_key_sha, FIELD_HASH), FIELD(card_row, taken_ms, FIELD_U64),
    FIELD(card_row, confirmed_ms, FIELD_U64),  FIELD(card_row, reached_ms, FIELD_U64),
};
SHAPE(card, fields, 10);
ROW_GET(card)
ROW_LIST(card)

enum err store_card_put(struct db *db, const struct card_row *r, struct fail *f)
{
    AUTO(store_card_clear) struct card_row old = { 0 };
    enum err e = store_card_get(db, r->domain, &old, f);
    if (!store_missing(e, f)) {
        TRY(e);
        if (old.serial > r->serial)
            return fail_set(f, E_CONFLICT, "card %llu of %s is older than the one known, %llu",
                            (unsigned long long)r->serial, r->domain, (unsigned long long)old.serial);
        if (old.serial == r->serial && strcmp(old.jws, r->jws) != 0)
            return fail_why(f, REASON_OTHER_CONTENT, "card %llu of %s was seen with other content",
                            (unsigned long long)r->serial, r->domain);
    }
    TRY(db_run(db, Q_CARD_HISTORY_ADD, ARGS(TEXT(r->domain), NUMBER(r->serial), TEXT(r->jws)), NULL, f));
    return row_put(db, Q_CARD_PUT, &card_shape, r, f);
}

enum err store_card_get(struct db *db, const char *domain, struct card_row *r, struct fail *f)
{
    return db_one(db, Q_CARD_GET, ARGS(TEXT(domain)), card_one, r, f);
}

enum err store_card_forget(struct db *db, const char *domain, struct fail *f)
{
    TRY(db_run(db, Q_CARD_HISTORY_FORGET, ARGS(TEXT(domain)), NULL, f));
    return db_run(db, Q_CARD_FORGET, ARGS(TEXT(domain)), NULL, f);
}

enum err store_card_list(struct db *db, store_card_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_CARD_LIST, NO_ARGS, card_each, LIST(card), f);
}

enum err store_card_own(struct db *db, struct card_row *r, struct fail *f)
{
    return db_one(db, Q_CARD_OWN, NO_ARGS, card_one, r, f);
}

enum err store_card_history(struct db *db, const char *domain, uint64_t serial, char **jws, struct fail *f)
{
    return db_one(db, Q_CARD_HISTORY_GET, ARGS(TEXT(domain), NUMBER(serial)), row_take_text, jws, f);
}

enum err store_card_set_state(struct db *db, const char *domain, enum card_state state, uint64_t confirmed_ms,
                              struct fail *f)
{
    return db_must(db, Q_CARD_SET_STATE, ARGS(TEXT(domain), TEXT(states[state]), NUMBER(confirmed_ms)), f);
}

enum err store_card_set_local(struct db *db, const char *domain, bool local, struct fail *f)
{
    return db_must(db, Q_CARD_SET_LOCAL, ARGS(TEXT(domain), NUMBER(local ? 1 : 0)), f);
}

enum err store_card_set_reached(struct db *db, const char *domain, uint64_t reached_ms, struct fail *f)
{
    return db_must(db, Q_CARD_SET_REACHED, ARGS(TEXT(domain), NUMBER(reached_ms)), f);
}
