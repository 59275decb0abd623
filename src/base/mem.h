/* SPDX-License-Identifier: Apache-2.0
 * base/mem.h - memory for small things of bounded size.
 *
 * Whatever is sized by input from outside goes through struct buf and its hard maximum. What is left is
 * small; if even that can't be had the process ends: every effect follows a commit, so ending is always safe,
 * while half-working is not. */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* mem_new: ${size} zeroed bytes, never NULL. mem_array: the same for ${count} items, overflow checked. */
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull));
void *mem_array(size_t count, size_t size) __attribute__((returns_nonnull));

/* mem_grow: resize ${p} (may be NULL) to ${count} items; new items are not zeroed. */
void *mem_grow(void *p, size_t count, size_t size) __attribute__((returns_nonnull));

/* mem_dup: a copy of ${len} bytes, followed by a zero byte. str_dup: a copy of a string; NULL gives NULL. */
void *mem_dup(const void *p, size_t len) __attribute__((returns_nonnull));
char *str_dup(const char *s);

/* str_format: a new string. */
char *str_format(const char *fmt, ...) PRINTF(1, 2) __attribute__((returns_nonnull));

/* mem_freep, str_freep: for AUTO: free what ${p} points at, and clear it. */
void mem_freep(void *p);
static inline void str_freep(char **s)
{
    mem_freep(s);
}

/* size_add, size_mul: false on overflow, ${sum} then unset. */
static inline bool size_add(size_t a, size_t b, size_t *sum)
{
    return !__builtin_add_overflow(a, b, sum);
}
static inline bool size_mul(size_t a, size_t b, size_t *product)
{
    return !__builtin_mul_overflow(a, b, product);
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
