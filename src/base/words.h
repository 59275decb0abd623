/* SPDX-License-Identifier: Apache-2.0
 * base/words.h - six words that two people read to each other: the first 66 bits of a digest */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define WORDS_SIZE 60 /* six words of at most 8 letters, spaces between, a zero byte */

/* words_print: 6 x 11 bits, high bit first, as words of the BIP-39 English list, one space between. */
void words_print(const uint8_t digest[static 9], char out[static WORDS_SIZE]);

/* words_match: whether ${text} names the same words; case and runs of spaces don't count. */
bool words_match(const char *text, const uint8_t digest[static 9]);

#endif
