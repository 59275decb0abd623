/* SPDX-License-Identifier: Apache-2.0
 * cli/stage.h - organisations on this machine, for the demonstration: real nodes in processes of their own,
 * driven by nothing but the program's own verbs */
#ifndef CLI_STAGE_H
#define CLI_STAGE_H

#include <sys/types.h>

#include "base/buf.h"
#include "base/json.h"

#define STAGE_ORGS  3
#define STAGE_DESKS 8

struct stage_org {
    const char *name; /* "alder" */
    char *domain, *home, *url;
    pid_t node; /* 0: not running */
};

struct stage {
    char *dir; /* everything is below it */
    char *profiles;
    char exe[4096];
    struct stage_org org[STAGE_ORGS];
    pid_t desks[STAGE_DESKS];
    size_t desk_count;
};

/* What a verb said. Zero it first. */
struct said {
    int status; /* exit status */
    struct buf out, err;
    json_t *json; /* of stdout, where it was JSON */
};
void said_clear(struct said *s);

/* stage_open: a folder for it. stage_close: end nodes and desks, remove the folder. */
MUST_USE enum err stage_open(struct stage *s, struct fail *f);
void stage_close(struct stage *s);

/*
 * stage_run: one verb, as one would type it: on ${org}'s home (NULL: none), ${args} ends with NULL, ${input}
 * on stdin (NULL: none). OK whatever its exit status is; E_IO if it can't be run or does not end within a
 * minute.
 */
MUST_USE enum err stage_run(struct stage *s, const struct stage_org *org, const char *const *args,
                            const char *input, struct said *out, struct fail *f);

/* stage_must: the same with --json, and its exit status must be 0; ${out} may be NULL. */
MUST_USE enum err stage_must(struct stage *s, const struct stage_org *org, const char *const *args,
                             const char *input, json_t **out, struct fail *f);

/* stage_serve: start a home's node and wait until it answers. */
MUST_USE enum err stage_serve(struct stage *s, struct stage_org *org, struct fail *f);

/*
 * stage_desk: leave `orcon desk` open for the node that the enrolment URL ${enrol} names, on ${port}, or on any other one
 * that is free where that is taken. ${said}: what it printed, JSON; caller owns. At most STAGE_DESKS.
 */
MUST_USE enum err stage_desk(struct stage *s, const char *enrol, unsigned port, json_t **said,
                             struct fail *f);

/* stage_command: the command as one would paste it, after `orcon`. */
void stage_command(const char *const *args, struct buf *out);

#endif
