/* SPDX-License-Identifier: Apache-2.0
 * cli/home.h - what the verbs share that act on a node's home */
#ifndef CLI_HOME_H
#define CLI_HOME_H

#include "cli/cli.h"

/* home_call: run one verb of exchange/admin.h on the home, running or not. ${args} is taken over. Caller owns
 * ${out}. */
MUST_USE enum err home_call(const struct cli *c, const char *verb, json_t *args, json_t **out,
                            struct fail *f);

/* home_str: a member of an answer, "" if it is not there. */
const char *home_str(const json_t *object, const char *name);

#endif
