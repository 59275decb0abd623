/* SPDX-License-Identifier: Apache-2.0 */
#include "base/words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The BIP-39 English list (MIT, see docs/dependencies.md), one word a line: build step makes it an array. */
static const char *const list[2048] = {
#include "base/words_list.inc"
};

void words_print(const uint8_t digest[static 9], char out[static WORDS_SIZE])
{
    size_t len = 0;
    for (unsigned w = 0; w < 6; w++) {
        unsigned v = 0;
        for (unsigned bit = 11 * w; bit < 11 * w + 11; bit++)
            v = v << 1 | (digest[bit / 8] >> (7 - bit % 8) & 1);
        len += (size_t)snprintf(out + len, WORDS_SIZE - len, "%s%s", w ? " " : "", list[v]);
    }
}

bool words_match(const char *text, const uint8_t digest[static 9])
{
    char want[WORDS_SIZE], got[WORDS_SIZE];
    size_t n = 0;
    for (; *text; text++) {
        bool space = isspace((unsigned char)*text);
        if (space && (n == 0 || got[n - 1] == ' '))
            continue;
        if (n == sizeof got - 1)
            return false;
        got[n++] = space ? ' ' : (char)tolower((unsigned char)*text);
    }
    if (n && got[n - 1] == ' ')
        n--;
    got[n] = '\0';
    words_print(digest, want);
    return strcmp(got, want) == 0;
}
