/* SPDX-License-Identifier: Apache-2.0 - names and ids: one spelling each */
#include "base/name.h"
#include "base/mem.h"
#include "tap.h"

/* One bit beyond: the id before the first, and the one after the last, or "" where there is none. */
static void neighbour(const char *uuid, bool after, char out[static UUID_TEXT])
{
    uint8_t id[16], end = after ? 0xff : 0x00;
    int i = 15;
    if (!uuid_read(uuid, id))
        BUG("no UUID");
    for (; i >= 0 && id[i] == end; i--)
        id[i] = (uint8_t)~end;
    *out = '\0';
    if (i < 0)
        return;
    id[i] = (uint8_t)(after ? id[i] + 1 : id[i] - 1);
    uuid_print(id, out);
}

static bool is_exact(const char *uuid, unsigned letters)
{
    char text[25], first[UUID_TEXT], last[UUID_TEXT], before[UUID_TEXT], after[UUID_TEXT];
    short_print(uuid, letters, text);
    if (!short_range(text, first, last) || strcmp(first, uuid) > 0 || strcmp(uuid, last) > 0)
        return false;
    neighbour(first, false, before);
    neighbour(last, true, after);
    return short_matches(text, first) && short_matches(text, last) && !short_matches(text, before) &&
           !short_matches(text, after);
}

static void ranges(const char *uuid)
{
    static const char *const others[] = { "00000000-0000-0000-0000-000000000000",
                                          "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                          "80000000-0000-4000-8000-000000000001" };
    char first[UUID_TEXT], last[UUID_TEXT];
    unsigned wrong = 0;
    for (unsigned letters = 4; letters <= 24; letters++) {
        wrong += !is_exact(uuid, letters);
        for (size_t i = 0; i < COUNT(others); i++)
            wrong += !is_exact(others[i], letters);
    }
    ok(wrong == 0, "a short form stands for the ids of its range, and for no others");
    ok(short_range("q-7M67", first, last) && strcmp(first, "3d0c7000-0000-0000-0000-000000000000") == 0 &&
           strcmp(last, "3d0c7fff-ffff-ffff-ffff-ffffffffffff") == 0,
       "20 bits");
    ok(short_range(uuid, first, last) && strcmp(first, uuid) == 0 && strcmp(last, uuid) == 0,
       "an id, for itself");
    ok(!short_range("7m6", first, last) && !short_range("7m6u", first, last) && !short_range("", first, last),
       "what is no short form has none");
}

int main(void)
{
    static const struct {
        const char *s;
        bool domain, person;
    } rows[] = {
        { "alder.example", true, false },
        { "xn--bcher-kva.example", true, false },
        { "Alder.example", false, false },
        { "alder", false, false },
        { "alder.example.", false, false },
        { "-a.example", false, false },
        { "a..example", false, false },
        { "", false, false },
        { "amy@alder.example", false, true },
        { "a.b_c-d@alder.example", false, true },
        { "Amy@alder.example", false, false },
        { "amy+x@alder.example", false, false },
        { ".amy@alder.example", false, false },
        { "amy.@alder.example", false, false },
        { "a..my@alder.example", false, false },
        { "@alder.example", false, false },
        { "amy@alder", false, false },
        { "\xc3\xa4my@alder.example", false, false },
        { "amy@alder.example@birch.example", false, false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        ok(name_is_domain(rows[i].s) == rows[i].domain, "'%s' as a domain", rows[i].s);
        ok(name_is_person(rows[i].s) == rows[i].person, "'%s' as a person", rows[i].s);
    }
    ok(name_is_compartment("alder.example/SOURCE") && !name_is_compartment("SOURCE") &&
           !name_is_compartment("alder.example/source") && !name_is_compartment("alder.example/"),
       "compartments");
    is_str(name_domain_of("amy@alder.example"), "alder.example", "domain of a person");
    is_str(name_domain_of("@alder.example"), "alder.example", "domain of an organisation");

    const char *uuid = "3d0c7a10-2f6b-4b39-9d4a-0a1b2c3d4e5f";
    char text[25];
    short_print(uuid, 4, text);
    is_str(text, "7m67", "short form: 20 bits in Crockford letters");
    ok(short_matches("7m67", uuid) && short_matches("q-7M67", uuid) && short_matches(uuid, uuid), "matches");
    ok(!short_matches("7m68", uuid) && !short_matches("7m6", uuid) && !short_matches("", uuid),
       "does not match");
    ok(!short_is("7m6u") && !short_is("abc") && short_is("abcd"), "what a short form is");
    uint8_t id[16];
    char back[UUID_TEXT];
    ranges(uuid);
    ok(uuid_read(uuid, id), "uuid reads");
    uuid_print(id, back);
    is_str(back, uuid, "and prints");
    ok(!uuid_read("3D0c7a10-2f6b-4b39-9d4a-0a1b2c3d4e5f", id) &&
           !uuid_read("3d0c7a102f6b4b399d4a0a1b2c3d4e5f", id),
       "other spellings are refused");
    return tap_done();
}
