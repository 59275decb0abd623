/* SPDX-License-Identifier: Apache-2.0
 * cli/verbs.h - the one table of verbs: dispatch, help, completion and the manual page's synopsis come from
 * it. A verb is one row here and one file, src/cli/<verb>.c, that defines verb_<verb>. */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

/* X(function, name, arguments, help, example) */
#define VERBS(X)                                                                                             \
    X(verb_card, "card", "[--renew]", "print this organisation's card, to be handed to partners",            \
      "orcon card > alder.card")                                                                             \
    X(verb_completion, "completion", "bash", "print the completion script of a shell",                       \
      "orcon completion bash > /etc/bash_completion.d/orcon")                                                \
    X(verb_demo, "demo", "[--check] [--pause]", "three organisations on this machine, and the whole story",  \
      "orcon demo --check")                                                                                  \
    X(verb_doctor, "doctor", "", "say what to mend", "orcon doctor")                                         \
    X(verb_help, "help", "[VERB]", "say what the verbs do, or how to use one", "orcon help share")           \
    X(verb_init, "init", "DOMAIN [--name N] [--listen ADDR:PORT] [--url URL] [--store URI] [--admin NAME]",  \
      "make a node's home: configuration, keys, store, ledger",                                              \
      "orcon init alder.example --listen 127.0.0.1:7710 --admin amy")                                        \
    X(verb_partner, "partner", "add FILE|URL|confirm|list|show|suspend|resume [DOMAIN] [--local]",           \
      "cards of other organisations, and their record", "orcon partner add birch.card")                      \
    X(verb_person, "person",                                                                                 \
      "add|confirm|list|suspend [PERSON] [WORDS] [--role R,...] [--clearance L] [--read-in C,...] "          \
      "[--device T] [--resume]",                                                                             \
      "people of this organisation", "orcon person add bob@birch.example --role reader")                     \
    X(verb_read_in, "read-in", "PERSON COMPARTMENT [--until TIME]",                                          \
      "let a person into a compartment of ours", "orcon read-in amy@alder.example SOURCE")                   \
    X(verb_serve, "serve", "", "run the node until SIGTERM", "orcon --home /var/lib/orcon serve")            \
    X(verb_version, "version", "", "print the version", "orcon version")

#define X(function, name, args, help, example)                                                               \
    enum err function(struct cli *c, int argc, char **argv, struct fail *f);
VERBS(X)
#undef X

#endif
