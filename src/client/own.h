/* SPDX-License-Identifier: Apache-2.0
 * client/own.h - a reader's own proof that he was briefed, from what his profile kept of the key answer: his request, his token, and
 * the originator's presence part. Needs no node.
 *
 * The checkpoint in it was signed before any witness saw it, so that a verifier who wants witnesses needs the originator's file. */
#ifndef CLIENT_OWN_H
#define CLIENT_OWN_H

#include "client/profile.h"

#define OWN_SUFFIX ".briefed.json" /* held/<portion>.briefed.json */

/* Which portion it is about. */
struct own {
    char report[UUID_TEXT], portion[UUID_TEXT], originator[DOMAIN_MAX + 1];
    uint32_t n;
};

/* own_evidence: append the evidence file, a `yes`, about portion ${n} of ${report} (an id or a short form); ${out} says which that
 * is. E_NOT_FOUND if nothing is kept of it. */
MUST_USE enum err own_evidence(const struct profile *p, const char *report, uint32_t n, struct own *out,
                               struct buf *evidence, struct fail *f);

/* own_presence: append the presence part that came with the first key of the portion with this id: what an override
 * shows. E_NOT_FOUND if nothing is kept of it. */
MUST_USE enum err own_presence(const struct profile *p, const char *portion, struct buf *out, struct fail *f);

#endif
