/* SPDX-License-Identifier: Apache-2.0 - names and ids: one spelling each */
#include "base/name.h"
#include "base/mem.h"
#include "tap.h"

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
    ok(uuid_read(uuid, id), "uuid reads");
    uuid_print(id, back);
    is_str(back, uuid, "and prints");
    ok(!uuid_read("3D0c7a10-2f6b-4b39-9d4a-0a1b2c3d4e5f", id) &&
           !uuid_read("3d0c7a102f6b4b399d4a0a1b2c3d4e5f", id),
       "other spellings are refused");
    return tap_done();
}
