/* SPDX-License-Identifier: Apache-2.0
 * ledger/quorum.h - whom a verifier believes: logs, witnesses, groups of them, a quorum (C2SP tlog-policy), and
 * which of the witnesses is a monitor.
 *
 *   log <vkey> [url]                       a generation of a ledger
 *   witness <name> <vkey> [url]            a cosigner; monitors stand here too
 *   group <name> all|any|<k> <names...>    names of earlier lines; each a member once
 *   quorum <name>|none                     exactly once
 *   # ...                                  a comment, but for:
 *   #orcon monitor <name>|none             whose statement the map of a ledger rests on; without this line one is
 *                                          wanted and never met
 *   #orcon report-lag <seconds>            how old a partner's report may be; 86400 without this line
 *   #orcon gap <seconds>                   how long a gap before a cut generation may be; 0 without this line
 *
 * Pure; a struct is not changed after quorum_read, so any thread. */
#ifndef LEDGER_QUORUM_H
#define LEDGER_QUORUM_H

#include "ledger/note.h"

#define QUORUM_TEXT_MAX ((size_t)64 << 10)
#define QUORUM_MAX      64 /* logs; witnesses and groups together */

/* A witness or a group. */
struct quorum_node {
    char name[64];
    bool is_group, is_member;
    size_t key;         /* witness: its place in keys */
    size_t need, count; /* group: so many of the members */
    size_t member[QUORUM_MAX];
};

enum quorum_monitor { QUORUM_MONITOR_UNSAID, QUORUM_MONITOR_NONE, QUORUM_MONITOR_NAMED };

struct quorum {
    struct note_key log[QUORUM_MAX];
    size_t log_count;
    struct note_key key[QUORUM_MAX]; /* of the witnesses, in order */
    size_t key_count;
    struct quorum_node node[QUORUM_MAX];
    size_t node_count;
    size_t root; /* node; QUORUM_MAX: none is asked for */
    enum quorum_monitor monitor;
    size_t monitor_node; /* if named */
    uint64_t report_lag_s, gap_s;
};

/* quorum_read: E_INVALID names the line. Caller owns ${out}. */
MUST_USE enum err quorum_read(struct bytes text, struct quorum **out, struct fail *f);
void quorum_freep(struct quorum **q);

/*
 * quorum_signers: who signed the checkpoint ${note}: one of the policy's logs, whose origin it has (${log}, a view into
 * ${q}), and which of the cosigners: ${by} has room for QUORUM_MAX. E_UNVERIFIED if no such log did, or a signature of a
 * cosigner does not hold. Whether they are enough is for the two below.
 */
struct checkpoint;
MUST_USE enum err quorum_signers(const struct quorum *q, struct bytes note, struct checkpoint *out,
                                 const struct note_key **log, struct note_signed *by, struct fail *f);

/* quorum_met: whether the cosignatures ${by} (key_count of them, as note_verify sets them) are enough. */
bool quorum_met(const struct quorum *q, const struct note_signed *by);

/*
 * quorum_monitors: whether the named monitor stands behind ${by}, counting only keys whose name up to `/` is not
 * ${domain}, the ledger's own; and which keys did (bit i of ${keys}: key i), whether that was enough or not.
 * quorum_is_monitor: whether a key stands in the named monitor at all; the others are witnesses only.
 */
bool quorum_is_monitor(const struct quorum *q, size_t key);
bool quorum_monitors(const struct quorum *q, const struct note_signed *by, const char *domain,
                     uint64_t *keys);

#endif
