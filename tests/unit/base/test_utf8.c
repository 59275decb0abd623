/* SPDX-License-Identifier: Apache-2.0 - UTF-8: the edges of each form */
#include "base/mem.h"
#include "base/utf8.h"
#include "tap.h"

int main(void)
{
    static const struct {
        const char *name, *text;
        size_t len, valid;
    } rows[] = {
        { "nothing", "", 0, 0 },
        { "ASCII", "abc", 3, 3 },
        { "a zero byte", "a\0b", 3, 3 },
        { "two bytes, lowest and highest", "\xc2\x80\xdf\xbf", 4, 4 },
        { "three bytes, lowest and highest", "\xe0\xa0\x80\xef\xbf\xbf", 6, 6 },
        { "beside the surrogates", "\xed\x9f\xbf\xee\x80\x80", 6, 6 },
        { "four bytes, lowest and highest", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8, 8 },
        { "lone continuation", "ab\x80", 3, 2 },
        { "overlong, two", "\xc0\x80", 2, 0 },
        { "overlong, two, highest", "\xc1\xbf", 2, 0 },
        { "overlong, three", "\xe0\x9f\xbf", 3, 0 },
        { "overlong, four", "\xf0\x8f\xbf\xbf", 4, 0 },
        { "surrogate", "a\xed\xa0\x80", 4, 1 },
        { "over U+10FFFF", "\xf4\x90\x80\x80", 4, 0 },
        { "first byte F5", "\xf5\x80\x80\x80", 4, 0 },
        { "cut short", "abc\xe2\x82", 5, 3 },
        { "followed by ASCII", "\xe2\x82z", 3, 0 },
        { "Latin-1", "caf\xe9", 4, 3 },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        ok(utf8_valid(BYTES(rows[i].text, rows[i].len)) == rows[i].valid, "%s", rows[i].name);
    ok(utf8_count(BYTES("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10)) == 4, "count");
    return tap_done();
}
