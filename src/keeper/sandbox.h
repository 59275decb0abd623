/* SPDX-License-Identifier: Apache-2.0
 * keeper/sandbox.h - what a process that holds keys gives up, for good.
 *
 * Two steps, with start-up work between them: sandbox_detach right after the fork; sandbox_enter when
 * everything that has to be opened, fetched or started is there. */
#ifndef KEEPER_SANDBOX_H
#define KEEPER_SANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * sandbox_detach: no core dumps, not dumpable, no new privileges, memory locked where the limits allow,
 * signals of a terminal ignored, killed when ${parent} ends (and at once if it has ended already); standard
 * input and output are /dev/null; every descriptor is closed but standard error and the ${count} in ${keep}.
 * E_IO.
 */
MUST_USE enum err sandbox_detach(const char *name, pid_t parent, const int *keep, size_t count,
                                 struct fail *f);

/* What was applied, for the log. */
struct sandbox_state {
    int landlock; /* ABI, 0: the kernel has none */
    bool seccomp; /* false only in builds with a sanitizer */
};

/*
 * sandbox_enter: Landlock without a single rule (no file, no TCP port, no signal or abstract socket to
 * others), then seccomp with a short list of system calls, all others failing with ENOSYS. ${reap}: may wait
 * for a child. E_IO if the kernel refuses; a kernel without Landlock is no failure.
 */
MUST_USE enum err sandbox_enter(bool reap, struct sandbox_state *out, struct fail *f);

#endif
