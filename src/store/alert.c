/* SPDX-License-Identifier: Apache-2.0 */
#include "store/alert.h"

#include <string.h>

#include "store/row.h"

static const char *const states[] = {
    [ALERT_OPEN] = "open", [ALERT_EXPLAINED] = "explained", [ALERT_ATTRIBUTED] = "attributed"
};

const char *alert_state_name(enum alert_state s)
{
    return states[s];
}

bool alert_state_read(const char *name, enum alert_state *out)
{
    for (int i = 0; i < ALERT_STATE_COUNT; i++)
        if (strcmp(states[i], name) == 0) {
            *out = (enum alert_state)i;
            return true;
        }
    return false;
}

static const struct field alert_fields[] = {
    FIELD(alert_row, id, FIELD_TEXT),          FIELD(alert_row, originator, FIELD_TEXT),
    FIELD(alert_row, holder, FIELD_TEXT),      FIELD(alert_row, by_person, FIELD_TEXT),
    FIELD(alert_row, report, FIELD_TEXT),      FIELD(alert_row, portion, FIELD_TEXT),
    FIELD(alert_row, at_ms, FIELD_U64),        FIELD_ENUM(alert_row, state, states),
    FIELD(alert_row, note, FIELD_TEXT),        FIELD(alert_row, set_by, FIELD_TEXT),
    FIELD(alert_row, set_ms, FIELD_U64),       FIELD(alert_row, answer, FIELD_TEXT),
    FIELD(alert_row, answered_by, FIELD_TEXT), FIELD(alert_row, answered_ms, FIELD_U64),
    FIELD(alert_row, generation, FIELD_U32),   FIELD(alert_row, idx, FIELD_U64),
};
SHAPE(alert, alert_fields, 16);
ROW_GET(alert)
ROW_LIST(alert)

enum err store_alert_add(struct db *db, const struct alert_row *r, struct fail *f)
{
    return row_put(db, Q_ALERT_ADD, &alert_shape, r, f);
}

enum err store_alert_get(struct db *db, const char *id, struct alert_row *r, struct fail *f)
{
    return db_one(db, Q_ALERT_GET, ARGS(TEXT(id)), alert_one, r, f);
}

enum err store_alert_set(struct db *db, const char *id, enum alert_state state, const char *note,
                         const char *by, uint64_t at_ms, struct fail *f)
{
    return db_must(db, Q_ALERT_SET, ARGS(TEXT(id), TEXT(states[state]), TEXT(note), TEXT(by), NUMBER(at_ms)),
                   f);
}

enum err store_alert_answer(struct db *db, const char *id, const char *answer, const char *by, uint64_t at_ms,
                            struct fail *f)
{
    return db_must(db, Q_ALERT_ANSWER, ARGS(TEXT(id), TEXT(answer), TEXT(by), NUMBER(at_ms)), f);
}

enum err store_alert_count(struct db *db, const char *by, const char *report, const char *holder,
                           uint64_t since_ms, uint64_t *count, struct fail *f)
{
    return db_one(db, Q_ALERT_COUNT, ARGS(TEXT(by), TEXT(report), TEXT(holder), NUMBER(since_ms)),
                  row_take_number, count, f);
}

enum err store_alert_list(struct db *db, uint64_t limit, store_alert_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_ALERT_LIST, ARGS(NUMBER(limit)), alert_each, LIST(alert), f);
}
