/* SPDX-License-Identifier: Apache-2.0
 * Whatever the bundle is: a refusal says why and leaves nothing behind; what is read is portions that can be read again, each
 * of the same mark, by strictness. */
#include <stdlib.h>
#include <string.h>

#include "cti/stix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

/* A portion by itself: its objects have the mark that it has, or none. */
static void again(const struct stix_portion *p)
{
    AUTO(stix_clear) struct stix s = { 0 };
    struct fail f = { 0 };
    check(stix_is(bytes_of(p->text)));
    check(stix_read("again", bytes_of(p->text), &p->mark, &s, &f) == OK);
    check(s.count == 1 && marking_compare(&s.portions[0].mark, &p->mark) == MARKING_EQUAL);
}

static void stricter(void *ctx, const struct stix_strict *one)
{
    (void)ctx;
    check(one->n >= 1 && one->mark->level > TLP_AMBER && strlen(one->type) + strlen(one->id) <= 320);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(stix_clear) struct stix s = { 0 };
    AUTO(marking_clear) struct marking amber = { 0 };
    struct fail f = { 0 };
    check(marking_read("TLP:AMBER//ORCON", &amber, &f) == OK);
    stix_stricter(BYTES(data, size), &amber, stricter, NULL);
    bool unmarked = size && data[size - 1] == '\n'; /* either way */
    if (stix_read("fuzz", BYTES(data, size), unmarked ? &amber : NULL, &s, &f) != OK) {
        check(f.what[0] && !s.portions && !s.title && s.count == 0);
        return 0;
    }
    check(s.count >= 1 && s.count <= 6);
    for (size_t i = 0; i < s.count; i++) {
        check(i == 0 || s.portions[i - 1].mark.level <= s.portions[i].mark.level);
        again(&s.portions[i]);
    }
    return 0;
}
