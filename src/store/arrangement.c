/* SPDX-License-Identifier: Apache-2.0 */
#include "store/arrangement.h"

#include "store/row.h"

static const char *const states[] = {
    [ARRANGEMENT_PROPOSED] = "proposed", [ARRANGEMENT_AGREED] = "agreed", [ARRANGEMENT_DROPPED] = "dropped"
};

const char *arrangement_state_name(enum arrangement_state s)
{
    return states[s];
}

static const struct field arrangement_fields[] = {
    FIELD(arrangement_row, proposal, FIELD_TEXT),   FIELD(arrangement_row, partner, FIELD_TEXT),
    FIELD(arrangement_row, version, FIELD_U64),     FIELD(arrangement_row, proposer, FIELD_TEXT),
    FIELD_ENUM(arrangement_row, state, states),     FIELD(arrangement_row, terms, FIELD_TEXT),
    FIELD(arrangement_row, own_act, FIELD_TEXT),    FIELD(arrangement_row, own_by, FIELD_TEXT),
    FIELD(arrangement_row, their_act, FIELD_TEXT),  FIELD(arrangement_row, their_by, FIELD_TEXT),
    FIELD(arrangement_row, proposed_ms, FIELD_U64), FIELD(arrangement_row, agreed_ms, FIELD_U64),
};
SHAPE(arrangement, arrangement_fields, 12);
ROW_GET(arrangement)
ROW_LIST(arrangement)

enum err store_arrangement_put(struct db *db, const struct arrangement_row *r, struct fail *f)
{
    return row_put(db, Q_ARRANGEMENT_PUT, &arrangement_shape, r, f);
}

enum err store_arrangement_get(struct db *db, const char *proposal, struct arrangement_row *r, struct fail *f)
{
    return db_one(db, Q_ARRANGEMENT_GET, ARGS(TEXT(proposal)), arrangement_one, r, f);
}

enum err store_arrangement_at(struct db *db, const char *partner, uint64_t at_ms, struct arrangement_row *r,
                              struct fail *f)
{
    return db_one(db, Q_ARRANGEMENT_AT, ARGS(TEXT(partner), NUMBER(at_ms)), arrangement_one, r, f);
}

enum err store_arrangement_newest(struct db *db, const char *partner, struct arrangement_row *r,
                                  struct fail *f)
{
    return db_one(db, Q_ARRANGEMENT_NEWEST, ARGS(TEXT(partner)), arrangement_one, r, f);
}

enum err store_arrangement_drop(struct db *db, const char *partner, uint64_t version, const char *proposal,
                                struct fail *f)
{
    return db_run(db, Q_ARRANGEMENT_DROP, ARGS(TEXT(partner), NUMBER(version), TEXT(proposal)), NULL, f);
}

enum err store_arrangement_list(struct db *db, const char *partner, store_arrangement_fn fn, void *ctx,
                                struct fail *f)
{
    return db_each(db, Q_ARRANGEMENT_LIST, ARGS(TEXT(partner)), arrangement_each, LIST(arrangement), f);
}
