/* SPDX-License-Identifier: Apache-2.0
 * base/conf.h - an INI file read against a table: an unknown key is an error with its line */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdint.h>

#include "base/err.h"

enum conf_type { CONF_STRING, CONF_NUMBER, CONF_BOOL };

/* One key. The member at ${offset} of the target is a char * (owned by it), a uint64_t, or a bool. */
struct conf_key {
    const char *name; /* "listen"; no sections */
    enum conf_type type;
    size_t offset;
    const char *def;   /* default as text; NULL: no value, for strings only */
    uint64_t min, max; /* for numbers */
    const char *help;
};

/* conf_defaults: set every member to its default. conf_release: free the strings. */
void conf_defaults(const struct conf_key *keys, size_t count, void *target);
void conf_release(const struct conf_key *keys, size_t count, void *target);

/*
 * conf_read: read ${path} over what ${target} holds. E_IO if it can't be read; E_INVALID names file, line and
 * what is wrong: unknown key, key given twice, not a number, out of range, section header.
 */
MUST_USE enum err conf_read(const char *path, const struct conf_key *keys, size_t count, void *target,
                            struct fail *f);

#endif
