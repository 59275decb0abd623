/* SPDX-License-Identifier: Apache-2.0
 * exchange/rates.h - how much one partner, one person and one device may have done here in an hour: token buckets.
 *
 * A bucket is full at first, so that an hour's worth may come at once; what was taken comes back evenly. What is asked for
 * beyond it is refused (E_RATE, HTTP 429 with Retry-After) and changes nothing, the bucket included. Names are counted after
 * they were proved only: nobody empties another's bucket. Memory is bounded: where all slots of a name's place are in use, the
 * emptiest of them is the new name's; so whoever has taken most is the last to be forgotten. Gone with the process.
 * Threads: any. */
#ifndef EXCHANGE_RATES_H
#define EXCHANGE_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/name.h"
#include "exchange/node.h"

/* What is counted; the table in rates.c names the settings of orcon.conf. */
enum rate {
    RATE_STATEMENTS,   /* statements, packages and questions of a partner, by its domain */
    RATE_CHECKPOINTS,  /* checkpoints that a partner's log asks to have cosigned, by its domain */
    RATE_CALLS,        /* calls of a person that may write, by his name */
    RATE_PARTNER_KEYS, /* keys asked for by a partner's people, by its domain */
    RATE_DEVICE_KEYS,  /* keys asked for by a device, by its thumbprint */
    RATE_COUNT
};

struct rates;

/* rates_new: bounds as in ${conf}, which outlives it. */
struct rates *rates_new(const struct node_conf *conf);
void rates_free(struct rates *r);

/*
 * rates_take: ${count} of them, with ${bytes} bytes, for ${who}: both or nothing. What is more than a whole bucket is taken
 * from a full one. E_RATE with what, whose and the setting, and ${f}->retry_s.
 */
MUST_USE enum err rates_take(struct rates *r, enum rate of, const char *who, uint64_t count, uint64_t bytes,
                             uint64_t now_ms, struct fail *f);

/* The last refusal of all, for the doctor. */
struct rates_refusal {
    char who[PERSON_MAX + 1];
    const char *setting; /* of orcon.conf */
    uint64_t at_ms;
    uint64_t count; /* of refusals since the start */
};
/* rates_refused: false if nothing was refused since the start. */
bool rates_refused(struct rates *r, struct rates_refusal *out);

#endif
