/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p)
{
    if (!p)
        BUG("out of memory");
    return p;
}

void *mem_new(size_t size)
{
    return must(calloc(1, size ? size : 1));
}

void *mem_array(size_t count, size_t size)
{
    return must(calloc(count ? count : 1, size ? size : 1));
}

void *mem_grow(void *p, size_t count, size_t size)
{
    return must(reallocarray(p, count ? count : 1, size ? size : 1));
}

void *mem_dup(const void *p, size_t len)
{
    size_t room;
    if (!size_add(len, 1, &room))
        BUG("size overflow");
    char *copy = must(malloc(room));
    if (len)
        memcpy(copy, p, len);
    copy[len] = '\0';
    return copy;
}

char *str_dup(const char *s)
{
    return s ? mem_dup(s, strlen(s)) : NULL;
}

char *str_format(const char *fmt, ...)
{
    char *s = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&s, fmt, args);
    va_end(args);
    if (n < 0)
        BUG("out of memory");
    return s;
}

void mem_freep(void *p)
{
    void **slot = p;
    free(*slot);
    *slot = NULL;
}
