/* SPDX-License-Identifier: Apache-2.0
 * exchange/reporters.h - which other ledgers could release a portion of ours, as ours shows, and up to when each has reported all its
 * briefings on it (docs/formats.md, 2.4: report lines)
 *
 * A partner could, once he told us by an `override` that he sealed copies to his own key. What he told by voice he reported. */
#ifndef EXCHANGE_REPORTERS_H
#define EXCHANGE_REPORTERS_H

#include "exchange/node.h"

struct db;

struct reporter {
    char domain[DOMAIN_MAX + 1];
    uint64_t until_ms; /* all his briefings on it before then are reported; 0: he has not said so */
    char *jws;         /* the statement that says so; NULL */
};
struct reporters {
    struct reporter *each; /* by domain, each once */
    size_t count;
};

/* reporters_of: for ${portion} of our report ${report}. reporters_clear: also for AUTO. */
MUST_USE enum err reporters_of(struct db *db, const char *report, const char *portion, struct reporters *out,
                               struct fail *f);
void reporters_clear(struct reporters *r);

#endif
