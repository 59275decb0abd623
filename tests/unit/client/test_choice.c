/* SPDX-License-Identifier: Apache-2.0 - what people write to name portions */
#include "base/mem.h"
#include "client/choice.h"
#include "tap.h"

static const struct {
    const char *text;
    bool good;
    size_t count; /* numbers it names */
} lists[] = {
    { NULL, true, 0 },   { "0", true, 1 },     { "1,3", true, 2 },   { "3,1,2", true, 3 },
    { "1023", true, 1 }, { "", false, 0 },     { ",", false, 0 },    { "1,", false, 0 },
    { ",1", false, 0 },  { "1,,2", false, 0 }, { "x", false, 0 },    { "-1", false, 0 },
    { "+1", false, 0 },  { "1,1", false, 0 },  { "01", false, 0 },   { "1 ", false, 0 },
    { " 1", false, 0 },  { "1-3", false, 0 },  { "1024", false, 0 }, { "99999999999", false, 0 },
    { "0x1", false, 0 }, { "1.0", false, 0 },  { "1;2", false, 0 },  { "1\t", false, 0 },
};

static const struct {
    const char *text;
    bool good, has_number;
    uint32_t number;
} targets[] = {
    { "7k3q", true, false, 0 },
    { "7K3Q/2", true, true, 2 },
    { "7k3q/0", true, true, 0 },
    { "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", true, false, 0 },
    { "f81d4fae-7dec-41d0-a765-00a0c91e6bf6/12", true, true, 12 },
    { "7k3", false, false, 0 },
    { "7k3u", false, false, 0 }, /* no letter of Crockford's */
    { "7k3q/", false, false, 0 },
    { "7k3q/x", false, false, 0 },
    { "7k3q/-1", false, false, 0 },
    { "7k3q/1/2", false, false, 0 },
    { "7k3q/1,2", false, false, 0 },
    { "../../etc/passwd", false, false, 0 },
    { "7k3q?x", false, false, 0 },
    { "", false, false, 0 },
    { "F81D4FAE-7dec-41d0-a765-00a0c91e6bf6", false, false, 0 },
    { "f81d4fae-7dec-41d0-a765-00a0c91e6bf6f81d4fae", false, false, 0 },
};

int main(void)
{
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct choice c = { 0 };
        size_t count = 0;
        enum err e = choice_read(lists[i].text, &c, NULL);
        for (size_t n = 0; n <= CHOICE_MAX; n++)
            count += c.has[n];
        ok((e == OK) == lists[i].good && (lists[i].good || e == E_USAGE) && count == lists[i].count &&
               (e != OK || c.given == (lists[i].text != NULL)),
           "--portion '%s'", lists[i].text ? lists[i].text : "(none)");
        ok(choice_one(&c) == (count == 1), "one: %zu", count);
    }
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct choice_target t = { 0 };
        enum err e = choice_target(targets[i].text, &t, NULL);
        ok((e == OK) == targets[i].good && (targets[i].good || e == E_USAGE) &&
               t.has_number == targets[i].has_number && t.number == targets[i].number,
           "target '%s'", targets[i].text);
    }
    return tap_done();
}
