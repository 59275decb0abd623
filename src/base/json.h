/* SPDX-License-Identifier: Apache-2.0
 * base/json.h - JSON from outside: bounded before it is parsed, one reading only.
 *
 * json_t is jansson's. Everything is refused that two parsers could read differently: duplicate members,
 * depth over 16 (or as given), invalid UTF-8, trailing bytes, embedded NUL. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

#include "base/buf.h"

#define JSON_DEPTH 16

/* json_freep: for AUTO. */
void json_freep(json_t **v);

/* json_read: parse ${text}; ${what} names it in errors (E_INVALID, E_TOO_LARGE). Caller owns ${out}. */
MUST_USE enum err json_read(struct bytes text, size_t max, const char *what, json_t **out, struct fail *f);
MUST_USE enum err json_read_deep(struct bytes text, size_t max, unsigned depth, const char *what,
                                 json_t **out, struct fail *f);

/* json_put: append compact JSON, members in the order they were set. json_put_sorted: members sorted. */
void json_put(struct buf *b, const json_t *v);
void json_put_sorted(struct buf *b, const json_t *v);
/* json_text: the same as a heap string. */
char *json_text(const json_t *v);

/*
 * json_whole: whether each number in ${text}, which json_read took, is an integer from -2^53 to 2^53, written without fraction,
 * exponent, or sign at zero: what any two parsers read alike. E_INVALID names ${what}, where the number stands ("body.terms[2].n"), and
 * the number.
 */
#define JSON_WHOLE_MAX ((uint64_t)1 << 53)
MUST_USE enum err json_whole(struct bytes text, const char *what, struct fail *f);

/* json_text_of: the member as text; "" where it is missing or no string. Points into ${object}. */
const char *json_text_of(const json_t *object, const char *name);

/*
 * Members of an object. Each fails with E_INVALID, naming ${what} and the member, when it is missing or of
 * another type. Strings point into ${v}. Optional ones give NULL, 0 or the default for a missing or null
 * member.
 */
MUST_USE enum err json_need_str(const json_t *v, const char *name, const char *what, const char **out,
                                struct fail *f);
MUST_USE enum err json_need_u64(const json_t *v, const char *name, const char *what, uint64_t *out,
                                struct fail *f);
MUST_USE enum err json_need_array(const json_t *v, const char *name, const char *what, const json_t **out,
                                  struct fail *f);
MUST_USE enum err json_need_object(const json_t *v, const char *name, const char *what, const json_t **out,
                                   struct fail *f);
MUST_USE enum err json_may_str(const json_t *v, const char *name, const char *what, const char **out,
                               struct fail *f);
MUST_USE enum err json_may_u64(const json_t *v, const char *name, const char *what, uint64_t *out,
                               struct fail *f);

/* Setters that never fail on sane input: they take any text that is UTF-8 and BUG() otherwise. */
void json_set_str(json_t *object, const char *name, const char *value); /* NULL value: member left out */
void json_set_u64(json_t *object, const char *name, uint64_t value);    /* below 2^63 */
/* json_set_time: as base/time.h prints it, "" for 0, which is no time. */
void json_set_time(json_t *object, const char *name, uint64_t ms);
void json_set_bool(json_t *object, const char *name, bool value);
void json_set_take(json_t *object, const char *name, json_t *value); /* takes the reference */

#endif
