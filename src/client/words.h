/* SPDX-License-Identifier: Apache-2.0
 * client/words.h - a text as its words: what is left of it when somebody retypes it
 *
 * A word is a run of ASCII letters and digits and of bytes above 127, without case (ASCII). Words are kept as hashes. */
#ifndef CLIENT_WORDS_H
#define CLIENT_WORDS_H

#include "base/buf.h"

#define WORDS_AROUND ((size_t)6)     /* words at either side that tell where a wording stands */
#define WORDS_NEAR   ((uint64_t)120) /* bytes of the original in which they are looked for */

/* Starts zeroed; end it with words_clear, which wipes it. */
struct words {
    uint64_t *hash;
    size_t count, room;
};
void words_clear(struct words *w);

/* words_add: append the words of ${text}. words_is_letter: ${c} belongs to a word. */
void words_add(struct words *w, struct bytes text);
bool words_is_letter(uint8_t c);

/* words_stand: ${part} stands at ${at} of ${text}, which has room for it. words_same: the same words. */
bool words_stand(const struct words *text, size_t at, const struct words *part);
bool words_same(const struct words *a, const struct words *b);

/* words_shared: how many of the words of ${text} from ${from} to before ${to} (cut to what there is) are in ${near}, each of
 * which counts once; ${possible} grows by as many as there could be. */
size_t words_shared(const struct words *text, size_t from, size_t to, const struct words *near,
                    size_t *possible);

#endif
