/* SPDX-License-Identifier: Apache-2.0
 * The small readers of names, times and ids: one spelling each, so what is read prints as it was. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(mem_freep) char *s = mem_dup(data, size); /* as C text: it ends at the first zero byte */
    uint8_t id[16];
    char text[UUID_TEXT], at[TIME_TEXT_SIZE], again[TIME_TEXT_SIZE], letters[25];
    uint64_t ms, ms_again;

    if (name_is_person(s))
        check(strlen(s) <= PERSON_MAX && name_is_domain(name_domain_of(s)) && !name_is_domain(s));
    if (name_is_compartment(s))
        check(!name_is_person(s) && strchr(s, '/') &&
              name_is_bare_compartment(strchr(s, '/') + 1, strlen(strchr(s, '/') + 1)));
    check(uuid_read(s, id) == name_is_uuid(s));
    if (name_is_uuid(s)) {
        uuid_print(id, text);
        check(strcmp(text, s) == 0);
        short_print(s, 8, letters);
        check(short_is(letters) && short_matches(letters, s));
    }
    if (time_read(s, &ms)) {
        time_print(ms, at);
        check(time_read(at, &ms_again) && ms_again == ms);
        time_print(ms_again, again);
        check(strcmp(at, again) == 0);
    }
    if (time_read_by(s, 1772442000000, &ms, NULL) == OK)
        check(ms > 1772442000000);
    return 0;
}
