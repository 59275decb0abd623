/* SPDX-License-Identifier: Apache-2.0
 * store/person.h - people, their devices, enrolments and read-ins. Conventions: store/store.h */
#ifndef STORE_PERSON_H
#define STORE_PERSON_H

#include "store/store.h"

enum person_state { PERSON_ACTIVE, PERSON_SUSPENDED, PERSON_STATE_COUNT };
const char *person_state_name(enum person_state s);

struct person_row {
    const char *id; /* local@domain */
    const char *domain;
    enum person_state state;
    const char *roles;         /* active ones, comma separated, sorted */
    const char *pending_roles; /* become active once the check words were compared */
    const char *clearance;
    uint64_t added_ms;
    void *own;
};
void store_person_clear(struct person_row *r);
void store_person_copy(const struct person_row *from, struct person_row *to);
typedef enum err (*store_person_fn)(const struct person_row *r, void *ctx, struct fail *f);

/* store_person_add: E_CONFLICT if the id is taken. store_person_put: add or replace all but added_ms. */
MUST_USE enum err store_person_add(struct db *db, const struct person_row *r, struct fail *f);
MUST_USE enum err store_person_put(struct db *db, const struct person_row *r, struct fail *f);
MUST_USE enum err store_person_get(struct db *db, const char *id, struct person_row *r, struct fail *f);
/* store_person_list: those of ${domain}, by id. */
MUST_USE enum err store_person_list(struct db *db, const char *domain, store_person_fn fn, void *ctx,
                                    struct fail *f);
/* E_NOT_FOUND without such a person. */
MUST_USE enum err store_person_set_roles(struct db *db, const char *id, const char *roles,
                                         const char *pending_roles, struct fail *f);
MUST_USE enum err store_person_set_state(struct db *db, const char *id, enum person_state state,
                                         struct fail *f);

/* store_guest_put: ${person}, who is there, is a guest of ${via}; a second time changes nothing. store_guest_get:
 * whose; E_NOT_FOUND for who is none; caller frees. store_guest_list: guests of ${via}, by id. */
MUST_USE enum err store_guest_put(struct db *db, const char *person, const char *via, struct fail *f);
MUST_USE enum err store_guest_get(struct db *db, const char *person, char **via, struct fail *f);
MUST_USE enum err store_guest_list(struct db *db, const char *via, store_person_fn fn, void *ctx,
                                   struct fail *f);

enum device_state { DEVICE_ACTIVE, DEVICE_REVOKED, DEVICE_STATE_COUNT };
const char *device_state_name(enum device_state s);

struct device_row {
    const char *thumbprint; /* RFC 7638, base64url; never serves two persons */
    const char *person;
    const char *jwk;
    enum device_state state;
    uint64_t enrolled_ms;
    uint64_t confirmed_ms; /* 0: the check words were not compared */
    uint32_t generation;   /* the person-key entry that names this key */
    uint64_t idx;
    const char *
        proof; /* the enrolment proof that its home shows; "": none, which is so for what enrolled before there were any */
    void *own;
};
void store_device_clear(struct device_row *r);
void store_device_copy(const struct device_row *from, struct device_row *to);
typedef enum err (*store_device_fn)(const struct device_row *r, void *ctx, struct fail *f);

/* store_device_add: E_CONFLICT if the thumbprint is known, whosever it is. */
MUST_USE enum err store_device_add(struct db *db, const struct device_row *r, struct fail *f);
/* store_device_put: all of the device with that thumbprint, its person too; nothing if there is none. */
MUST_USE enum err store_device_put(struct db *db, const struct device_row *r, struct fail *f);
MUST_USE enum err store_device_get(struct db *db, const char *thumbprint, struct device_row *r,
                                   struct fail *f);
/* store_device_list: of one person, by enrolled_ms. */
MUST_USE enum err store_device_list(struct db *db, const char *person, store_device_fn fn, void *ctx,
                                    struct fail *f);
/* E_NOT_FOUND without such a device. */
/* store_device_confirm: the words were compared; (generation, idx) is the person-key entry that gives his
 * roles. */
MUST_USE enum err store_device_confirm(struct db *db, const char *thumbprint, uint64_t confirmed_ms,
                                       uint32_t generation, uint64_t idx, struct fail *f);
MUST_USE enum err store_device_set_state(struct db *db, const char *thumbprint, enum device_state state,
                                         struct fail *f);

/* store_enrolment_add: an enrolment for a person; ${secret_sha} is SHA-256 of the secret in the URL. */
MUST_USE enum err store_enrolment_add(struct db *db, const uint8_t secret_sha[static 32], const char *person,
                                      uint64_t expires_ms, struct fail *f);
/*
 * store_enrolment_take: use it, once: caller frees ${person}. E_NOT_FOUND if unknown; REASON_USED if taken
 * before, then ${person} is set all the same, for the alert; REASON_EXPIRED if ${now_ms} >= expires_ms.
 */
MUST_USE enum err store_enrolment_take(struct db *db, const uint8_t secret_sha[static 32], uint64_t now_ms,
                                       char **person, struct fail *f);

struct read_in_row {
    const char *person;
    const char *compartment; /* domain/NAME */
    uint64_t from_ms;
    uint64_t until_ms; /* 0: no end */
    void *own;
};
void store_read_in_clear(struct read_in_row *r);
void store_read_in_copy(const struct read_in_row *from, struct read_in_row *to);
typedef enum err (*store_read_in_fn)(const struct read_in_row *r, void *ctx, struct fail *f);

/* store_read_in_put: add or replace. To end one, put it with until_ms. The person need not be known. */
MUST_USE enum err store_read_in_put(struct db *db, const struct read_in_row *r, struct fail *f);
/* store_read_in_at: those of ${person} in force at ${at_ms} (from <= at, and at < until), by compartment. */
MUST_USE enum err store_read_in_at(struct db *db, const char *person, uint64_t at_ms, store_read_in_fn fn,
                                   void *ctx, struct fail *f);

#endif
