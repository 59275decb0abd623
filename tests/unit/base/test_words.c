/* SPDX-License-Identifier: Apache-2.0 - six words: BIP-39 indices, high bit first */
#include "base/words.h"
#include "tap.h"

int main(void)
{
    static const uint8_t zero[9] = { 0 }, ones[9] = { 255, 255, 255, 255, 255, 255, 255, 255, 255 };
    static const uint8_t second[9] = { 0, 0x20, 0x04, 0, 0x80, 0x10, 0x02, 0, 0x40 };
    char text[WORDS_SIZE];
    words_print(zero, text);
    is_str(text, "abandon abandon abandon abandon abandon abandon", "all zero");
    words_print(ones, text);
    is_str(text, "zoo zoo zoo zoo zoo zoo", "all ones");
    words_print(second, text);
    is_str(text, "ability ability ability ability ability ability", "index 1 six times");
    ok(words_match("  Zoo zoo\tzoo zoo  zoo ZOO ", ones), "case and spaces don't count");
    ok(!words_match("zoo zoo zoo zoo zoo", ones) && !words_match("", ones), "five words are not six");
    ok(!words_match("zoo zoo zoo zoo zoo zone", ones), "another word is another word");
    ok(!words_match("zoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoozoo", ones), "too long");
    return tap_done();
}
