/* SPDX-License-Identifier: Apache-2.0
 * A mark that is read prints in a form that is read as the same mark, and rolls up to nothing weaker. Two
 * marks, one a line, are compared and joined. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "marking/marking.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *alias(void *ctx, const char *name)
{
    (void)ctx;
    return strlen(name) == 3 ? "birch.example" : NULL;
}

static const struct marking_reader alder = { "alder.example", alias, NULL };

static void check(bool good)
{
    if (!good)
        abort();
}

static bool read_mark(struct bytes text, struct marking *m)
{
    struct fail f = { 0 };
    size_t at = 0;
    bool good = marking_parse(text, &alder, m, &at, &f) == OK;
    check(good == marking_is_set(m) && at <= text.len && good == (f.code == OK));
    return good;
}

static void round_trip(const struct marking *m)
{
    AUTO(str_freep) char *wire = marking_text(m, NULL);
    AUTO(str_freep) char *own = marking_text(m, "alder.example");
    AUTO(str_freep) char *again = NULL;
    AUTO(marking_clear) struct marking back = { 0 }, seen = { 0 };
    if (marking_fits(m, "it", NULL) != OK) /* qualified names are longer than what was read */
        return;
    check(marking_read(wire, &back, NULL) == OK && marking_compare(m, &back) == MARKING_EQUAL);
    check(read_mark(bytes_str(own), &seen) && marking_compare(m, &seen) == MARKING_EQUAL);
    again = marking_text(&back, NULL);
    check(strcmp(wire, again) == 0);
}

static bool no_weaker(const struct marking *a, const struct marking *b)
{
    enum marking_order order = marking_compare(a, b);
    return order == MARKING_EQUAL || order == MARKING_STRICTER;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(marking_clear) struct marking a = { 0 }, b = { 0 }, sum = { 0 };
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t len = end ? (size_t)(end - data) : size;

    marking_claims(BYTES(data, size), size % 2);
    if (!read_mark(BYTES(data, len), &a))
        return 0;
    round_trip(&a);
    if (!end || !read_mark(BYTES(end + 1, size - len - 1), &b))
        return 0;
    marking_join(&a, &b, &sum);
    check(no_weaker(&sum, &a) && no_weaker(&sum, &b));
    return 0;
}
