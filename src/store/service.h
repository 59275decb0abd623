/* SPDX-License-Identifier: Apache-2.0
 * store/service.h - service accounts: people of ours that are machines. Conventions: store/store.h */
#ifndef STORE_SERVICE_H
#define STORE_SERVICE_H

#include "store/store.h"

struct service_row {
    const char *person;
    uint8_t secret_sha[32];
    uint64_t made_ms;
    void *own;
};
void store_service_clear(struct service_row *r);

/* store_service_put: add, or replace the secret of one that is there. The person must be. store_service_get:
 * E_NOT_FOUND for a person who is no service account. */
MUST_USE enum err store_service_put(struct db *db, const struct service_row *r, struct fail *f);
MUST_USE enum err store_service_get(struct db *db, const char *person, struct service_row *r, struct fail *f);

#endif
