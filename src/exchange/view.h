/* SPDX-License-Identifier: Apache-2.0
 * exchange/view.h - what people are shown: lists and details as JSON, filtered by who asks */
#ifndef EXCHANGE_VIEW_H
#define EXCHANGE_VIEW_H

#include <jansson.h>

#include "exchange/auth.h"

struct aware;
struct buf;

/* view_resolve: a UUID or its short form to a UUID; ${kind} "report", "request", "override", "alert", "inquiry" or
 * "second". E_NOT_FOUND; E_CONFLICT names the candidates. */
MUST_USE enum err view_resolve(struct node *n, const char *kind, const char *text, char id[static UUID_TEXT],
                               struct fail *f);

/* view_resolve_for: the same for ${a}: to a guest a form that could be several is unknown, too: some may not be his to know of. */
MUST_USE enum err view_resolve_for(struct node *n, const struct asker *a, const char *kind, const char *text,
                                   char id[static UUID_TEXT], struct fail *f);

/* view_shortest: a short form of ${id} that is unique here: as many letters as it takes. */
MUST_USE enum err view_shortest(struct node *n, const char *kind, const char *id, char out[static 25],
                                struct fail *f);

/* view_partners: `partner list`, or one partner with his record; members as in docs/protocol.md, 2. ${a}
 * NULL: the local admin. ${list} NULL: without the record of exchange/record.h; "": with it; else also that list. */
MUST_USE enum err view_partners(struct node *n, const struct asker *a, const char *domain, const char *list,
                                json_t **out, struct fail *f);

/* Each gives the JSON of docs/protocol.md, 2; caller owns. */
MUST_USE enum err view_reports(struct node *n, const struct asker *a, json_t **out, struct fail *f);
MUST_USE enum err view_report(struct node *n, const struct asker *a, const char *id, json_t **out,
                              struct fail *f);
/* view_onward: of the JSON of a report that is held: `leave` as it is for ${to}, as far as is known here, and
 * `onward`, the reason's code. */
MUST_USE enum err view_onward(struct node *n, const char *to, json_t *report, struct fail *f);
/* view_recalls: for view_report: into ${report} of ours, `recalls[]` {recall, at, by, reason, holders[]{domain, n[],
 * state (acknowledged, waiting, refused), at}}: what each holder said to each recall, which is his word. */
struct db;
MUST_USE enum err view_recalls(struct node *n, struct db *db, const char *id, json_t *report, struct fail *f);
MUST_USE enum err view_request(struct node *n, const struct asker *a, const char *id, json_t **out,
                               struct fail *f);
/* view_override: {override, report, originator, giver, by, to, portions[], reason, receipt, review, outcome,
 * objections[]}: docs/protocol.md, 2. */
MUST_USE enum err view_override(struct node *n, const struct asker *a, const char *id, json_t **out,
                                struct fail *f);
/* view_alerts, view_alert: copies presented by somebody else, the newest first; those of portions that ${a} may not know of do not
 * exist for him. view_inquiries, view_inquiry: asked and to be answered. */
MUST_USE enum err view_alerts(struct node *n, const struct asker *a, json_t **out, struct fail *f);
MUST_USE enum err view_alert(struct node *n, const struct asker *a, const char *id, json_t **out,
                             struct fail *f);
MUST_USE enum err view_inquiries(struct node *n, const struct asker *a, json_t **out, struct fail *f);
MUST_USE enum err view_inquiry(struct node *n, const struct asker *a, const char *id, json_t **out,
                               struct fail *f);
/* view_set_entry: `entry` in ${object}: a place in a ledger as people write it, "generation/index"; "" for generation 0. */
void view_set_entry(json_t *object, uint32_t generation, uint64_t index);
/* view_told: for view_report: who was told of a report of ours and is named in words only, of what is ${known}, into ${briefed}. */
MUST_USE enum err view_told(struct db *db, const char *id, const struct aware *known, json_t *briefed,
                            struct fail *f);
/* view_variants: for view_report of one of ours: `differs` on portions whose copies have wordings by holder
 * (tdf/variant.h), and `variants[]` {holder, number, portions[] (n)}: who has which number, and which portions. */
struct aware;
MUST_USE enum err view_variants(struct db *db, const char *id, const struct aware *known, json_t *report,
                                struct fail *f);
/* view_inbox: what is open, and with ${all} what is done. First what needs ${a}, by time left; then alerts,
 * overrides, recalls, deliveries, answers, the newest first. `next` is where view_inbox_events goes on. */
MUST_USE enum err view_inbox(struct node *n, const struct asker *a, bool all, json_t **out, struct fail *f);
/* view_inbox_events: the notices to ${a} after ${after}, in order: {events[], next}; where there are none, those
 * that come within ${wait_ms}. Every notice comes once to whoever goes on with `next`. E_INVALID if ${after} is
 * still to come. */
#define VIEW_WAIT_MAX_MS 20000
MUST_USE enum err view_inbox_events(struct node *n, const struct asker *a, uint64_t after, unsigned wait_ms,
                                    json_t **out, struct fail *f);
MUST_USE enum err view_delivery(struct node *n, const struct asker *a, const char *statement, json_t **out,
                                struct fail *f);
MUST_USE enum err view_preview(struct node *n, const struct asker *a, const json_t *in, json_t **out,
                               struct fail *f);
/* view_share_package: what one of our share statements delivers, to be carried by hand. view_package: the
 * package as held: the share ${share} of it, or where that is NULL the newest. */
MUST_USE enum err view_share_package(struct node *n, const struct asker *a, const char *statement,
                                     struct buf *out, struct fail *f);
MUST_USE enum err view_package(struct node *n, const struct asker *a, const char *id, const char *share,
                               struct buf *out, struct fail *f);

#endif
