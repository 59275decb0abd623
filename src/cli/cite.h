/* SPDX-License-Identifier: Apache-2.0
 * cli/cite.h - what a report to be shared cites, whose leave it has, and asking for what is missing */
#ifndef CLI_CITE_H
#define CLI_CITE_H

#include "cli/mine.h"
#include "client/cite.h"

/* cite_say: one block for each cited portion, one line for each organisation or person that it would go to. */
void cite_say(const struct mine *m, const json_t *cited);

/* cite_refuse: E_NOT_RELEASED (REASON_SOURCE_LEAVE), naming the first leave of ${cited} that is missing; OK if none is. */
MUST_USE enum err cite_refuse(const json_t *cited, struct fail *f);

/* cite_send: asks for what is missing of ${cited}, waits for the acks, and says so; nothing of the report is sent. */
MUST_USE enum err cite_send(struct mine *m, const struct cli *c, const json_t *cited,
                            const struct cite_asking *a, struct fail *f);

#endif
