/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_rows.h - what is special about each act; called by acts.c through its table only */
#ifndef EXCHANGE_ACT_ROWS_H
#define EXCHANGE_ACT_ROWS_H

#include "exchange/acts.h"

/* Every function is a row's prepare, apply, take, take_apply or release: see struct act_row. */

/* act_share.c: the originator's side is acts_share; here is the holder's. act_check_names: people call reports
 * and portions by their ids alone, so each is that of one, whoever's came first: not of another's when ${originator}'s comes. E_CONFLICT (REASON_OTHER_CONTENT). */
MUST_USE enum err act_check_names(struct node *n, struct db *db, const char *originator, const char *report,
                                  const json_t *portions, struct fail *f);
MUST_USE enum err act_share_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_share_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                       struct fail *f);
void act_share_release(struct act_call *c);

/*
 * For a share that waited for a second person. act_share_begin: from the ${package} that was kept, and the act ${second} of
 * whoever agreed to it, to copies that are sealed; what acts_share checks is checked again, but for its age and who
 * signed in. act_share_write: in a writer job, which ends with E_CONFLICT if the report was shared before.
 */
struct sharing;
MUST_USE enum err act_share_begin(struct node *n, struct bytes package, struct bytes second,
                                  struct sharing **out, struct fail *f);
MUST_USE enum err act_share_write(struct db *db, void *sharing, struct fail *f);
json_t *act_share_answer(const struct sharing *s); /* as acts_share answers; caller owns */
void act_share_endp(struct sharing **s);

/* act_second.c: the word of the second person, or of whoever waits for it (exchange/second.h). */
MUST_USE enum err act_second_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_second_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                   struct fail *f);
void act_second_release(struct act_call *c);

/* act_request.c: request and withdraw. The request row is written once its entry has a place; ${due} is its
 * deadline. */
MUST_USE enum err act_request_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_request_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                    struct fail *f);
MUST_USE enum err act_request_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_request_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                         struct fail *f);
MUST_USE enum err act_request_place(struct act_call *c, struct db *db, struct place at, struct fail *f);
uint64_t act_request_due(const struct act_call *c);
/* act_request_about: what those who decide see of it in their inbox: n[], to, reason, precedence. */
void act_request_about(const struct act_call *c, json_t *about);
void act_request_release(struct act_call *c);

MUST_USE enum err act_withdraw_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_withdraw_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                     struct fail *f);
MUST_USE enum err act_withdraw_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_withdraw_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                          struct fail *f);

/* act_decide.c: grant and deny. */
MUST_USE enum err act_grant_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_grant_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f);
MUST_USE enum err act_deny_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_deny_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f);
MUST_USE enum err act_decision_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_decision_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                          struct fail *f);
void act_decision_release(struct act_call *c);
/* act_seal_granted: task `seal`: copies of what grant statement ${id} let go, delivered straight to the third
 * party. Doing it again after a crash is fine: nothing is written before everything is. */
MUST_USE enum err act_seal_granted(struct node *n, const char *id, uint64_t task, struct fail *f);

/* act_terms.c: the terms of a grant that is for ${to}; strings live in ${body}. REASON_TIME, TIME_PAST, WIDER_THAN_ASKED. */
struct act_terms {
    const char *note, *person; /* person: it goes to him alone; NULL: to the organisation, or him who asked */
    uint64_t until_ms;         /* 0: no end */
};
MUST_USE enum err act_terms_read(const json_t *body, const char *to, uint64_t now_ms, struct act_terms *out,
                                 struct fail *f);
/* act_terms_lacking: puts `lacking[]` into the answer of a grant: portions that a reader of ${home}, or ${person} there (may be NULL),
 * can't read in spite of it, since a grant is neither a read-in nor a name. */
MUST_USE enum err act_terms_lacking(struct act_call *c, const char *home, const char *person, struct fail *f);

/* act_forward.c. act_forward_check: of a prepared request that it goes by rule: the reason why it can't, by the
 * marks alone. act_forward_decide: task `rule` of the originator: request ${id} is granted or denied. */
/* act_forward_asker: who may have a rule decide, and for whom: one of the holder's own people, for an organisation. */
MUST_USE enum err act_forward_asker(const char *by, const char *home, const char *to, struct fail *f);
MUST_USE enum err act_forward_check(struct act_call *c, const char *to, struct fail *f);
MUST_USE enum err act_forward_decide(struct node *n, const char *id, uint64_t task, struct fail *f);
/* act_forward_by_terms: grants request ${id}, which people may decide on, if standing terms let all of it go now. ${wakes_ms}: when
 * they may next; UINT64_MAX: never. */
MUST_USE enum err act_forward_by_terms(struct node *n, const char *id, bool *granted, uint64_t *wakes_ms,
                                       struct fail *f);
/* act_decide_by_rule: gives ${c}, a grant or denial without a person, what its row needs; ${task} ends with it.
 * ${request} is moved, ${asked} copied. */
struct request_row;
void act_decide_by_rule(struct act_call *c, struct request_row *request, const json_t *asked, uint64_t task);

/* act_silence.c: the timer's job that says so where nobody answered in time (exchange/timer.h), and the
 * asker's side of it. */
MUST_USE enum err act_silence_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);
MUST_USE enum err act_silence_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                    struct fail *f);
MUST_USE enum err act_silence_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_silence_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                         struct fail *f);

/* act_recall.c */
MUST_USE enum err act_recall_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_recall_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                   struct fail *f);
MUST_USE enum err act_recall_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_recall_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                        struct fail *f);
void act_recall_release(struct act_call *c);
/*
 * act_own_report: the act's report is ours, and the act by its author or an officer; fills report and originator.
 * REASON_NOT_ORIGINATOR where it is held from somebody else, REASON_NOT_YOURS where it is unknown, REASON_NOT_AUTHOR.
 * act_reason: body.reason: not blank, at most 1,024 bytes; NULL where it may be, and is, missing. A view.
 */
MUST_USE enum err act_own_report(struct act_call *c, struct fail *f);
MUST_USE enum err act_reason(const json_t *body, const char *what, bool needed, const char **reason,
                             struct fail *f);

/* act_tell.c: a telling by voice or paper. */
MUST_USE enum err act_tell_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_tell_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f);
MUST_USE enum err act_tell_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_tell_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                      struct fail *f);
void act_tell_release(struct act_call *c);
/*
 * act_enter_told: ${e} (told, or reported-briefing) once for each of ${portions}: ${whom} is a person, a domain (all
 * of it) or words, which stand in field 10. What is no first briefing follows the first.
 */
MUST_USE enum err act_enter_told(struct act_call *c, struct db *db, struct journal_event *e, const char *whom,
                                 const json_t *portions, struct fail *f);
/* act_held_numbers: the numbers, from 1, of those of ${portions} that we hold from ${originator}. Caller owns. */
MUST_USE enum err act_held_numbers(struct db *db, const char *originator, const char *report,
                                   const json_t *portions, json_t **out, struct fail *f);

/* act_override.c: told on without leave, by a partner's authority; the originator's objection and review. */
MUST_USE enum err act_override_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_override_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                     struct fail *f);
MUST_USE enum err act_override_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_override_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                          struct fail *f);
void act_override_release(struct act_call *c);
/* act_sealed_take.c: of copies that an override passed on: the originator has heard; who was briefed. */
MUST_USE enum err act_heard_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_heard_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                       struct fail *f);
MUST_USE enum err act_report_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_report_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                        struct fail *f);
/* act_cited.c: an override on a portion that cites ours. */
MUST_USE enum err act_cited_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_cited_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                       struct fail *f);
MUST_USE enum err act_answer_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_answer_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                   struct fail *f);
MUST_USE enum err act_answer_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_answer_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                        struct fail *f);
void act_answer_release(struct act_call *c);
MUST_USE enum err act_receipt_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                    struct fail *f);
MUST_USE enum err act_receipt_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                         struct fail *f);

/* act_receipt.c, act_take.c */
MUST_USE enum err act_receipt_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_receipt_take(struct act_call *c, struct fail *f);
void act_receipt_release(struct act_call *c);
MUST_USE enum err act_person_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_person_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                        struct fail *f);
MUST_USE enum err act_person_place(struct act_call *c, struct db *db, struct place at, struct fail *f);

/* act_alert.c: whose copy was presented by somebody else: the node's first notice, and what officers make of it. */
MUST_USE enum err act_notice_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_notice_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                   struct fail *f);
MUST_USE enum err act_notice_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_notice_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                        struct fail *f);
MUST_USE enum err act_notice_place(struct act_call *c, struct db *db, struct place at, struct fail *f);
void act_notice_release(struct act_call *c);

/* act_arrange.c: standing terms. */
MUST_USE enum err act_arrange_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_arrange_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                    struct fail *f);
MUST_USE enum err act_arrange_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_arrange_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                         struct fail *f);
void act_arrange_release(struct act_call *c);

/* act_inquiry.c: whether a partner passed on a text that is out. act_inquiry_run: the timer's job at its deadline. */
MUST_USE enum err act_inquiry_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_inquiry_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                    struct fail *f);
MUST_USE enum err act_inquiry_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_inquiry_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                         struct fail *f);
MUST_USE enum err act_inquiry_place(struct act_call *c, struct db *db, struct place at, struct fail *f);
void act_inquiry_release(struct act_call *c);
MUST_USE enum err act_inquiry_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f);
/* act_reply.c: the answer to an inquiry, or to a notice. */
MUST_USE enum err act_reply_prepare(struct act_call *c, struct fail *f);
MUST_USE enum err act_reply_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f);
MUST_USE enum err act_reply_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_reply_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                       struct fail *f);
void act_reply_release(struct act_call *c);

MUST_USE enum err act_list_take(struct act_call *c, struct fail *f);
MUST_USE enum err act_list_take_apply(struct act_call *c, struct db *db, struct journal_event *e,
                                      struct fail *f);

/* act_notify.c: the item of a taken statement's row, for those whom it is for: of hidden portions not for others
 * than who may know of them. */
MUST_USE enum err acts_notify_taken(struct act_call *c, struct db *db, struct fail *f);

/*
 * act_carried: the act in ${body}.act of a partner's statement: read, by a device of his that is active,
 * verified, and saying the same as the statement (kind, id, report, portions). Caller frees ${out}.
 */
MUST_USE enum err act_carried(struct act_call *c, struct act **out, struct fail *f);

/* act_need_role: who said ${taken} has ${role}, one ROLE_ bit that people call ${name}, as his organisation told us. REASON_NOT_ROLE. */
MUST_USE enum err act_need_role(const struct act_call *c, struct db *db, unsigned role, const char *name,
                                struct fail *f);

/* acts_notify_readers: what came from a partner about a report that we hold, for all readers: our own by their role, each
 * guest whom it concerns by himself. ${about} is taken over. */
MUST_USE enum err acts_notify_readers(struct act_call *c, struct db *db, const char *kind, const char *ref,
                                      json_t *about, struct fail *f);

#endif
