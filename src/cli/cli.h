/* SPDX-License-Identifier: Apache-2.0
 * cli/cli.h - what every verb of the command line shares: the global options, how a verb takes its own, and
 * how results, questions and failures reach a person.
 *
 * Results go to stdout, everything else to stderr. One thread. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/json.h"

/* The global options; strings live as long as the program. */
struct cli {
    const char *home;            /* --home, ORCON_HOME, or ~/.local/share/orcon: the node's home */
    const char *profiles;        /* ORCON_PROFILES, or ~/.config/orcon: where people's profiles are */
    const char *as;              /* --as: the person, NULL if not given */
    const char *passphrase_file; /* ORCON_PASSPHRASE_FILE, or NULL: asked for on the terminal */
    bool json;                   /* --json: one JSON document on stdout, nothing else there */
    bool yes;                    /* --yes: every question is answered with yes */
};

/*
 * One verb, one row of VERBS in cli/verbs.h.
 *   run   argv[0] is the verb. The failure it returns is printed by the caller, as one line; a verb that has
 *         already said what is wrong returns its code and leaves ${f} empty, then only the exit status is set
 */
struct verb {
    const char *name;    /* "read-in" */
    const char *args;    /* "FILE... --to WHOM [--dry-run]"; options are found here by help and completion */
    const char *help;    /* one line, lower case, no full stop */
    const char *example; /* a whole command that can be pasted */
    enum err (*run)(struct cli *c, int argc, char **argv, struct fail *f);
};

/* cli_verb: the verb of this name, NULL if there is none. cli_verbs: all of them, in the order of help. */
const struct verb *cli_verb(const char *name);
const struct verb *cli_verbs(size_t *count);

/* An option of a verb: `--name`, and `-letter` unless that is 0. */
struct cli_option {
    const char *name;
    char letter;
    const char **text; /* takes a value, stored here; NULL for a flag */
    bool *flag;        /* set to true; NULL for an option with a value */
};

/*
 * cli_options: take the options out of a verb's arguments, by getopt_long: anywhere, `--to X` or `--to=X`,
 * until `--`. The global options are understood here too, so `orcon list --json` works like `orcon --json
 * list`.
 *   options   ${count} rows, up to 24; every target keeps its value where its option is absent
 *   argc, argv   in: as the verb got them; out: what is left, without the verb
 * An option given twice, or unknown, or without its value: E_USAGE.
 */
MUST_USE enum err cli_options(struct cli *c, const struct cli_option *options, size_t count, int *argc,
                              char ***argv, struct fail *f);

/* cli_arguments: E_USAGE unless ${argc} is in ${least}..${most}; the message names ${args}. */
MUST_USE enum err cli_arguments(int argc, int least, int most, const char *args, struct fail *f);

/* cli_output: E_USAGE if ${path}, the value of ${option}, is `-` where --json has its one document there. NULL is fine. */
MUST_USE enum err cli_output(const struct cli *c, const char *option, const char *path, struct fail *f);

/* cli_confirm: ask ${question} on the terminal; the answer has to be ${word}. Without a terminal, and with
 * --yes, nothing is asked and the answer is yes. Any other answer: E_USAGE, nothing was done. */
MUST_USE enum err cli_confirm(const struct cli *c, const char *question, const char *word, struct fail *f);

/* cli_json: print ${v} as the one document of --json. Takes the reference. What cli_put does not let through stands in it as
 * \uXXXX, which is the same document. */
void cli_json(json_t *v);

/* cli_put: write text that may come from elsewhere: control characters other than newline and tab become
 * U+FFFD, so that a report can't drive the terminal; what turns text around or hides in it is shown as its code, as the desk does.
 * cli_print: as fprintf, so. The bytes that fprintf would have written. */
void cli_put(FILE *out, const char *text);
int cli_print(FILE *out, const char *fmt, ...) PRINTF(2, 3);

/* What a node answers is not printed any other way. */
#undef printf
#define printf(...) BANNED(printf)

/* cli_fail: print "orcon VERB: what" on stderr (nothing when ${f} is empty) and return the exit status of
 * ${code}. ${verb} NULL: "orcon: what". */
int cli_fail(const char *verb, enum err code, const struct fail *f);

/* cli_usage: the synopsis, help and example of one verb. */
void cli_usage(FILE *out, const struct verb *v);

#endif
