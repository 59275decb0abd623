/* SPDX-License-Identifier: Apache-2.0
 * cli/verbs.h - the one table of verbs: dispatch, help, completion and the manual page's synopsis come from
 * it. A verb is one row here and one file, src/cli/<verb>.c, that defines verb_<verb>. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

/* X(function, name, arguments, help, example) */
#define VERBS(X)                                                                                             \
    X(verb_completion, "completion", "bash", "print the completion script of a shell",                       \
      "orcon completion bash > /etc/bash_completion.d/orcon")                                                \
    X(verb_help, "help", "[VERB]", "say what the verbs do, or how to use one", "orcon help share")           \
    X(verb_version, "version", "", "print the version", "orcon version")

#define X(function, name, args, help, example)                                                               \
    enum err function(struct cli *c, int argc, char **argv, struct fail *f);
VERBS(X)
#undef X

#endif
