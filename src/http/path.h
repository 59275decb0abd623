/* SPDX-License-Identifier: Apache-2.0
 * http/path.h - the request target as text: path, query, form (RFC 3986; WHATWG urlencoded). Pure.
 *
 * A path is split before it is decoded, so that an encoded '/' can't make a segment out of two. */
#ifndef HTTP_PATH_H
#define HTTP_PATH_H

#include <stdbool.h>

#include "base/buf.h"

#define PATH_SEGMENTS_MAX 16
#define PATH_PARAMS_MAX   6
#define PATH_TARGET_MAX   8192 /* bytes of path and query */
#define QUERY_MAX         32   /* parameters */
#define QUERY_NAME_MAX    64

/* A decoded path: "/" has no segments. Segments are texts within ${text}. */
struct path {
    char *text;
    const char *segment[PATH_SEGMENTS_MAX];
    size_t count;
};

/*
 * path_read: split and decode ${raw}, which starts with '/'. False: an empty, "." or ".." segment, a bad
 * escape, a byte below 0x21 or above 0x7e as sent, a control character, '/' or '\' once decoded, not UTF-8,
 * too many segments, too long. ${out} is for path_clear, and then only, when true is returned.
 */
MUST_USE bool path_read(const char *raw, struct path *out);
void path_clear(struct path *p);

/* Names and values of a pattern's {name}s. Names point into the pattern; values are owned here. */
struct path_params {
    size_t count;
    struct {
        const char *name;
        size_t name_len;
        char *value;
    } item[PATH_PARAMS_MAX];
};

/*
 * path_match: does ${p} fit ${pattern} ("/v1/reports/{id}", "/log/{generation}/{rest...}")? A {name} takes
 * one segment, a last {name...} one or more, joined by '/'. ${params} is filled if true and for
 * path_params_clear.
 */
MUST_USE bool path_match(const char *pattern, const struct path *p, struct path_params *params);
void path_params_clear(struct path_params *params);
const char *path_param(const struct path_params *params, const char *name); /* NULL if there is none */

/* path_pattern_valid: is ${pattern} one that path_match understands? For the table of routes, at start. */
MUST_USE bool path_pattern_valid(const char *pattern);

/* Names and values, decoded. */
struct query {
    char *text;
    struct {
        const char *name, *value;
    } item[QUERY_MAX];
    size_t count;
};

/*
 * query_read: "a=1&b=two+words": '+' is a space, %XX a byte. False: a name that is empty, too long or given
 * twice, a bad escape, NUL or another control character in it (in a value, line ends and tabs may stand), not
 * UTF-8, more than QUERY_MAX parameters. "a" is "a=". Empty input has no parameters. ${out} is for
 * query_clear, and then only, when true is returned.
 */
MUST_USE bool query_read(struct bytes raw, struct query *out);
void query_clear(struct query *q);
const char *query_value(const struct query *q, const char *name); /* NULL if there is none */

#endif
