/* SPDX-License-Identifier: Apache-2.0
 * client/share.h - a draft sealed to the author's own node, and sent there under his act.
 *
 * The node sees no plaintext: every portion but public ones is sealed here to the KAS key in the node's card,
 * as the master from which the node's sealer makes each holder's copy. */
#ifndef CLIENT_SHARE_H
#define CLIENT_SHARE_H

#include "client/draft.h"
#include "client/session.h"

/* To whom, and whether copies are kept back to be carried by hand. */
struct share_to {
    const json_t *to;      /* domains, persons, `group:NAME` */
    const json_t *holders; /* what these stand for: domains and persons */
    const json_t *groups;  /* [{name, version}] that were looked up for it */
    bool hold;
    bool no_held;       /* nobody's client holds keys of it (client/heldkey.h) */
    const char *second; /* who must agree first; NULL: nobody */
};

/*
 * share_resolve: look up the groups in ${to->to} at the author's node; ${holders} and ${groups} become new
 * lists, which the caller owns. E_REFUSED (REASON_LIST_EMPTY) for a group without members, E_NOT_FOUND for an
 * unknown one.
 */
MUST_USE enum err share_resolve(struct session *s, const json_t *to, json_t **holders, json_t **groups,
                                struct fail *f);

/* share_pack: append the package of POST /v1/reports to ${out}: report.json is the act, signed by ${p}'s key.
 * ${report} gets the report's fresh id. */
MUST_USE enum err share_pack(const struct profile *p, const struct draft *d, const struct share_to *to,
                             char report[static UUID_TEXT], struct buf *out, struct fail *f);

/* share_send: share_pack with the node's newest card, and POST. ${answer}: {report, banner, portions[],
 * shares[]}, and where a second person must agree `waits` {second, person, until}; caller owns. */
MUST_USE enum err share_send(struct session *s, const struct draft *d, const struct share_to *to,
                             json_t **answer, struct fail *f);

/* share_preview: POST /v1/preview: marks only. Caller owns ${answer}. */
MUST_USE enum err share_preview(struct session *s, const struct draft *d, const json_t *to, json_t **answer,
                                struct fail *f);

#endif
