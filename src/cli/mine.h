/* SPDX-License-Identifier: Apache-2.0
 * cli/mine.h - what the verbs share that act for a person: his profile, his session, how things are said to
 * him */
#ifndef CLI_MINE_H
#define CLI_MINE_H

#include "cli/cli.h"
#include "client/act.h"
#include "client/session.h"

/* Whoever acts. */
struct mine {
    struct profile *profile;
    struct session *session;
};

/* mine_begin: the profile that --as names, or the only one. Nothing is sent. End it with mine_end, also
 * AUTO. */
MUST_USE enum err mine_begin(const struct cli *c, struct mine *m, struct fail *f);
void mine_end(struct mine *m);

/* mine_text: a value from the command line that others will read: UTF-8, at most ${max} bytes, and not blank
 * where ${needed}. ${option} names it. E_USAGE. */
#define MINE_TEXT_MAX 1024
MUST_USE enum err mine_text(const char *text, const char *option, bool needed, struct fail *f);

/* mine_time: --by, --until: as base/time.h's time_read_by, printed; "" for NULL. E_USAGE. */
MUST_USE enum err mine_time(const char *text, char out[static 25], struct fail *f);

/* mine_precedence: --precedence: one of those that a request may have; NULL is fine. E_USAGE. */
MUST_USE enum err mine_precedence(const char *text, struct fail *f);

/* mine_short: the short form of a report (${kind} "reports") or request ("requests") that is unique at the own
 * node; of 4 letters if it does not say. */
void mine_short(struct mine *m, const char *kind, const char *id, char out[static 25]);

/*
 * mine_wait: for the acks to ${statement}, till 10 s after ${began_ms} (time_mono_ms). The word for people and
 * JSON: "delivered", "queued"; or "refused" by a partner, then ${why} (caller frees) says what he said. A node
 * that can't be asked any more has the statement all the same: "queued".
 */
const char *mine_wait(struct mine *m, const char *statement, uint64_t began_ms, char **why);

/* mine_waits_why: why ${statement} is not delivered yet, "DOMAIN: what went wrong", as the own node was told; caller frees; NULL if
 * nothing did yet. */
char *mine_waits_why(struct mine *m, const char *statement);

/* mine_second: a --second that is no person: E_USAGE; NULL is fine. mine_say_waits: `waits` of an answer, for people. */
MUST_USE enum err mine_second(const char *person, struct fail *f);
void mine_say_waits(const json_t *waits);

/* mine_unsent: ${e} again; where the own node refused what was asked of it, ${f} also says that nothing was sent. */
MUST_USE enum err mine_unsent(enum err e, struct fail *f);

/* mine_copy: a member of an answer for another document: JSON null where it is missing. */
json_t *mine_copy(const json_t *object, const char *name);

/* mine_portions: ids of those portions of the report ${view} (GET /v1/reports/{id}) that ${c} names; NULL, which is
 * all that may be meant, where it names none. REASON_NOT_HELD for a number that is not there. Caller owns. */
struct choice;
MUST_USE enum err mine_portions(const json_t *view, const struct choice *c, json_t **out, struct fail *f);

/* mine_write: ${v} into ${path} (0600, whole), "-" being standard output. */
MUST_USE enum err mine_write(const char *path, struct bytes v, struct fail *f);

#endif
