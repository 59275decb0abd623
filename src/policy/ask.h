/* SPDX-License-Identifier: Apache-2.0
 * policy/ask.h - who may ask whether a person was briefed on a portion (docs/protocol.md, 5), and what came from a source
 *
 * Pure. A struct policy_asking that is all zero may ask nothing. */
#ifndef POLICY_ASK_H
#define POLICY_ASK_H

#include <stdbool.h>

struct policy_asking {
    bool exists;   /* the portion is one of ours */
    bool shared;   /* it was shared or granted to the asker's organisation, or is his own organisation's */
    bool hidden;   /* marked HIDDEN: nothing shows that it exists but to those who may have it */
    bool may_have; /* looked at for hidden ones: the asker may read it, or was briefed on it */

    bool about_self; /* he asks about himself */
    bool about_own;  /* he asks about a person of his own organisation, or about it as a whole */
    bool
        about_originator; /* he asks about a person of the originator's organisation, or about it as a whole */
    bool originator;      /* he is of the originator's organisation */
    bool author;          /* he wrote the report */
    bool officer, auditor;
    bool oversight; /* an arrangement of the two organisations lets auditors of either side see evidence */
};

/*
 * policy_may_ask: about himself anybody; about their own people officers and auditors; about anybody the
 * originator's officers and auditors, and the author of the report. With oversight a partner's auditor also asks about the
 * originator's people, on what was given to his organisation: of the two sides, and of nobody else. A portion that is not there, is hidden from
 * him, or was not shared with his organisation is nobody's to ask about: the caller says the same in all cases.
 */
bool policy_may_ask(const struct policy_asking *a);

/*
 * policy_may_trace_source: of a portion of ours, whether he may learn that it came from a source by whose handle he asks: he is
 * the author of the report, or an officer, and may read under the mark that the handle has. Auditors see what happened, not
 * whose word it was. Otherwise the portion is, for him, from no such source.
 */
bool policy_may_trace_source(bool author, bool officer, bool may_read);

#endif
