/* SPDX-License-Identifier: Apache-2.0
 * client/reading.h - opening a report: the package from the own node, the keys from its originator, the
 * receipt */
#ifndef CLIENT_READING_H
#define CLIENT_READING_H

#include "client/choice.h"
#include "client/held.h"
#include "client/session.h"

/* A report as its reader has it: one package, or several where portions came later, by grants of their own. */
struct reading {
    json_t *view; /* GET /v1/reports/{id}, as the own node says */
    struct held **packages;
    size_t package_count;
    struct held_portion **portions; /* of all packages, ascending n */
    size_t count;
    struct card *originator;
    bool own, stray; /* of the own organisation; made for somebody else */
    bool untold;     /* something was opened by an override that its originator had not been told of */
};

/* reading_fetch: ${report} is an id or a short form. Afterwards the packages are verified and public portions
 * are open. E_NOT_FOUND; E_UNVERIFIED. Caller ends it with reading_clear. */
MUST_USE enum err reading_fetch(struct session *s, const char *report, struct reading *out, struct fail *f);
void reading_clear(struct reading *r);

/* reading_find: the portion with this number, NULL if there is none. reading_report: the report's id.
 * reading_banner: the roll-up of what is open, set only if something is; ${out} starts zeroed. */
struct held_portion *reading_find(const struct reading *r, uint32_t n);
const char *reading_report(const struct reading *r);
void reading_banner(const struct reading *r, struct marking *out);

/*
 * reading_open: ask for what ${c} names, or for all, and always for the title. A number that isn't there:
 * E_NOT_FOUND, before anything is asked. Each portion then says itself what became of it, also where its
 * originator could not be asked at all.
 */
MUST_USE enum err reading_open(struct session *s, struct reading *r, const struct choice *c, struct fail *f);

/* reading_receipt: tell the originator, once for each portion, that what was sealed has arrived. Nothing is
 * sent for own reports. */
MUST_USE enum err reading_receipt(struct session *s, struct reading *r, struct fail *f);

/* reading_asked: whether ${c} asks for portion ${n}; the title is never asked for but by its number. */
bool reading_asked(const struct choice *c, uint32_t n);

#endif
