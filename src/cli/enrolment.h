/* SPDX-License-Identifier: Apache-2.0
 * cli/enrolment.h - the one-time URL with which a person's key becomes known: `<url>/enrol#<secret>.<digest of the card
 * key>` */
#ifndef CLI_ENROLMENT_H
#define CLI_ENROLMENT_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"

#define ENROLMENT_URL_MAX 2048

struct enrolment {
    char url[ENROLMENT_URL_MAX]; /* of the node */
    uint8_t secret[32], card_key_sha[HASH_LEN];
};

/* enrolment_read: ${argument}, or where that is "-" what stands on stdin. E_USAGE. End it with enrolment_clear, also
 * AUTO. */
MUST_USE enum err enrolment_read(const char *argument, struct enrolment *e, struct fail *f);
void enrolment_clear(struct enrolment *e);

#endif
