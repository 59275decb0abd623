/* SPDX-License-Identifier: Apache-2.0
 * base/name.h - names and ids, one spelling each (docs/formats.md, 1.1) */
#ifndef BASE_NAME_H
#define BASE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DOMAIN_MAX 253
#define PERSON_MAX (64 + 1 + DOMAIN_MAX)
#define UUID_TEXT  37 /* 36 characters and a zero byte */

/* name_is_domain: lower-case A-labels, at least two, no final dot. */
bool name_is_domain(const char *s);
/* name_is_person: `local@domain`; local [a-z0-9._-]{1,64}, no leading, trailing or doubled dot. */
bool name_is_person(const char *s);
/* name_is_compartment: `domain/NAME`, NAME [A-Z0-9][A-Z0-9-]{0,31}. name_is_bare_compartment: NAME alone. */
bool name_is_compartment(const char *s);
bool name_is_bare_compartment(const char *s, size_t len);
/* name_is_list: of a group or community: [a-z0-9][a-z0-9-]{0,31}. */
bool name_is_list(const char *s);
/*
 * name_is_handle: a source handle, by which an author's organisation calls a source among its own people: letters A-Z, digits
 * and `-._`, the first a letter or digit, HANDLE_MAX at most; case does not count. It is a secret. name_handle: ${out} gets
 * it in lower case; the caller wipes it.
 */
#define HANDLE_MAX 64
bool name_is_handle(const char *s, size_t len);
MUST_USE bool name_handle(const char *s, size_t len, char out[static HANDLE_MAX + 1]);
/* name_domain_of: the domain in `local@domain`, `@domain` or `domain`; points into ${s}. */
const char *name_domain_of(const char *s);

/* uuid_print: 16 bytes as text. uuid_read: lower case, any version. name_is_uuid: 36 characters of that
 * form. */
void uuid_print(const uint8_t id[static 16], char out[static UUID_TEXT]);
MUST_USE bool uuid_read(const char *s, uint8_t id[static 16]);
bool name_is_uuid(const char *s);

/*
 * short_print: the speakable form of a UUID: Crockford base32 of its first 5 x ${letters} bits,
 * ${letters} 4..24. short_matches: whether ${text} (4..24 letters, either case, o i l read as 0 1 1; a
 * leading `q-`, `o-`, `i-`, `a-` is dropped) is the short form of the UUID ${uuid}, or is ${uuid} itself. short_is:
 * whether ${text} has that form at all. short_range: those UUIDs, and no others, are from ${first} to ${last}, as text too;
 * false if ${text} is neither a UUID nor of that form.
 */
void short_print(const char *uuid, unsigned letters, char out[static 25]);
bool short_matches(const char *text, const char *uuid);
bool short_is(const char *text);
MUST_USE bool short_range(const char *text, char first[static UUID_TEXT], char last[static UUID_TEXT]);

#endif
