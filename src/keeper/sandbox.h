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

/*
 * sandbox_files: Landlock without a single rule: no file, no TCP port, no abstract socket of others. For this
 * thread and those that it starts. ${abi} gets what the kernel has, 0 if it has none, which is no failure.
 * sandbox_calls: seccomp for all threads, a short list of system calls; the others fail with ENOSYS, making
 * threads and processes among them; threads that are there must be running. ${reap}: may wait for a child.
 * ${applied} gets false only in builds with a sanitizer.
 * Errors: E_IO if the kernel refuses.
 */
MUST_USE enum err sandbox_files(int *abi, struct fail *f);
MUST_USE enum err sandbox_calls(bool reap, bool *applied, struct fail *f);

#endif
