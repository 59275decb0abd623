/* SPDX-License-Identifier: Apache-2.0
 * keeper/leave.h - who said that a master may be opened, and for whom (see struct keeper_leave) */
#ifndef KEEPER_LEAVE_H
#define KEEPER_LEAVE_H

#include "keeper/keys.h"

struct leave;

/*
 * leave_open: the act is signed by the key given, whose owner's enrolment stands in our log under the
 * checkpoint; it is a share, or a grant carried by the statement. E_UNVERIFIED, E_INVALID.
 *   log    our log: its name says who we are
 *   v      outlives ${out}
 */
MUST_USE enum err leave_open(const struct keys *k, const struct wire_seal *v, struct leave **out,
                             struct fail *f);
void leave_freep(struct leave **l);

/* leave_covers: E_REFUSED or E_UNVERIFIED unless this copy of this master is part of it. */
MUST_USE enum err leave_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f);

#endif
