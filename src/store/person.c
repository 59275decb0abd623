/* SPDX-License-Identifier: Apache-2.0 */
#include "store/person.h"

#include "store/row.h"

static const char *const person_states[PERSON_STATE_COUNT] = { "active", "suspended" };
static const char *const device_states[DEVICE_STATE_COUNT] = { "active", "revoked" };

const char *person_state_name(enum person_state s)
{
    return person_states[s];
}

const char *device_state_name(enum device_state s)
{
    return device_states[s];
}

/* People ------------------------------------------------------------------------------------------------- */

static const struct field person_fields[] = {
    FIELD(person_row, id, FIELD_TEXT),
    FIELD(person_row, domain, FIELD_TEXT),
    FIELD_ENUM(person_row, state, person_states),
    FIELD(person_row, roles, FIELD_TEXT),
    FIELD(person_row, pending_roles, FIELD_TEXT),
    FIELD(person_row, clearance, FIELD_TEXT),
    FIELD(person_row, added_ms, FIELD_U64),
};
SHAPE(person, person_fields, 7);
ROW_GET(person)
ROW_LIST(person)

enum err store_person_add(struct db *db, const struct person_row *r, struct fail *f)
{
    return row_put(db, Q_PERSON_ADD, &person_shape, r, f);
}

enum err store_person_put(struct db *db, const struct person_row *r, struct fail *f)
{
    return row_put(db, Q_PERSON_PUT, &person_shape, r, f);
}

enum err store_person_get(struct db *db, const char *id, struct person_row *r, struct fail *f)
{
    return db_one(db, Q_PERSON_GET, ARGS(TEXT(id)), person_one, r, f);
}

enum err store_person_list(struct db *db, const char *domain, store_person_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_PERSON_LIST, ARGS(TEXT(domain)), person_each, LIST(person), f);
}

enum err store_person_set_roles(struct db *db, const char *id, const char *roles, const char *pending_roles,
                                struct fail *f)
{
    return db_must(db, Q_PERSON_SET_ROLES, ARGS(TEXT(id), TEXT(roles), TEXT(pending_roles)), f);
}

enum err store_person_set_state(struct db *db, const char *id, enum person_state state, struct fail *f)
{
    return db_must(db, Q_PERSON_SET_STATE, ARGS(TEXT(id), TEXT(person_states[state])), f);
}

enum err store_guest_put(struct db *db, const char *person, const char *via, struct fail *f)
{
    return db_run(db, Q_GUEST_PUT, ARGS(TEXT(person), TEXT(via)), NULL, f);
}

enum err store_guest_get(struct db *db, const char *person, char **via, struct fail *f)
{
    return db_one(db, Q_GUEST_GET, ARGS(TEXT(person)), row_take_text, via, f);
}

enum err store_guest_list(struct db *db, const char *via, store_person_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_GUEST_LIST, ARGS(TEXT(via)), person_each, LIST(person), f);
}

/* Devices ------------------------------------------------------------------------------------------------ */

static const struct field device_fields[] = {
    FIELD(device_row, thumbprint, FIELD_TEXT), FIELD(device_row, person, FIELD_TEXT),
    FIELD(device_row, jwk, FIELD_TEXT),        FIELD_ENUM(device_row, state, device_states),
    FIELD(device_row, enrolled_ms, FIELD_U64), FIELD(device_row, confirmed_ms, FIELD_U64),
    FIELD(device_row, generation, FIELD_U32),  FIELD(device_row, idx, FIELD_U64),
    FIELD(device_row, proof, FIELD_TEXT),
};
SHAPE(device, device_fields, 9);
ROW_GET(device)
ROW_LIST(device)

enum err store_device_add(struct db *db, const struct device_row *r, struct fail *f)
{
    return row_put(db, Q_DEVICE_ADD, &device_shape, r, f);
}

enum err store_device_put(struct db *db, const struct device_row *r, struct fail *f)
{
    return row_put(db, Q_DEVICE_PUT, &device_shape, r, f);
}

enum err store_device_get(struct db *db, const char *thumbprint, struct device_row *r, struct fail *f)
{
    return db_one(db, Q_DEVICE_GET, ARGS(TEXT(thumbprint)), device_one, r, f);
}

enum err store_device_list(struct db *db, const char *person, store_device_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_DEVICE_LIST, ARGS(TEXT(person)), device_each, LIST(device), f);
}

enum err store_device_confirm(struct db *db, const char *thumbprint, uint64_t confirmed_ms,
                              uint32_t generation, uint64_t idx, struct fail *f)
{
    return db_must(db, Q_DEVICE_CONFIRM,
                   ARGS(TEXT(thumbprint), NUMBER(confirmed_ms), NUMBER(generation), NUMBER(idx)), f);
}

enum err store_device_set_state(struct db *db, const char *thumbprint, enum device_state state,
                                struct fail *f)
{
    return db_must(db, Q_DEVICE_SET_STATE, ARGS(TEXT(thumbprint), TEXT(device_states[state])), f);
}

/* Enrolments --------------------------------------------------------------------------------------------- */

struct enrolment {
    char *person;
    uint64_t expires_ms, used_ms;
};

static enum err enrolment_row(const struct cursor *c, void *ctx, struct fail *f)
{
    struct enrolment *e = ctx;
    if (!cursor_number(c, 1, &e->expires_ms) || !cursor_number(c, 2, &e->used_ms))
        return fail_set(f, E_STORE, "damaged row of table enrolment");
    e->person = str_dup(cursor_text(c, 0));
    return OK;
}

enum err store_enrolment_add(struct db *db, const uint8_t secret_sha[static 32], const char *person,
                             uint64_t expires_ms, struct fail *f)
{
    return db_run(db, Q_ENROLMENT_ADD, ARGS(HASH(secret_sha), TEXT(person), NUMBER(expires_ms)), NULL, f);
}

enum err store_enrolment_take(struct db *db, const uint8_t secret_sha[static 32], uint64_t now_ms,
                              char **person, struct fail *f)
{
    struct enrolment e = { 0 };
    TRY(db_one(db, Q_ENROLMENT_GET, ARGS(HASH(secret_sha)), enrolment_row, &e, f));
    AUTO(str_freep) char *whose = e.person;
    if (e.used_ms == 0 && now_ms >= e.expires_ms)
        return fail_why(f, REASON_EXPIRED, "this enrolment of %s has expired", whose);
    uint64_t used = 0;
    TRY(db_run(db, Q_ENROLMENT_USE, ARGS(HASH(secret_sha), NUMBER(now_ms)), &used, f));
    *person = whose;
    whose = NULL;
    return used ? OK : fail_why(f, REASON_USED, "this enrolment of %s was used before", *person);
}

/* Read-ins ----------------------------------------------------------------------------------------------- */

static const struct field read_in_fields[] = {
    FIELD(read_in_row, person, FIELD_TEXT),
    FIELD(read_in_row, compartment, FIELD_TEXT),
    FIELD(read_in_row, from_ms, FIELD_U64),
    FIELD(read_in_row, until_ms, FIELD_U64),
};
SHAPE(read_in, read_in_fields, 4);
ROW_CLEAR(read_in)
ROW_LIST(read_in)

enum err store_read_in_put(struct db *db, const struct read_in_row *r, struct fail *f)
{
    return row_put(db, Q_READ_IN_PUT, &read_in_shape, r, f);
}

enum err store_read_in_at(struct db *db, const char *person, uint64_t at_ms, store_read_in_fn fn, void *ctx,
                          struct fail *f)
{
    return db_each(db, Q_READ_IN_AT, ARGS(TEXT(person), NUMBER(at_ms)), read_in_each, LIST(read_in), f);
}
