/* SPDX-License-Identifier: Apache-2.0
 * client/trace.h - whose copy a text resembles, by the wordings in which copies differ (tdf/variant.h)
 *
 * The text may have been retyped, wrapped anew, shortened, or put together of two copies: what is compared are words, without
 * case, blanks and punctuation, and each place is found by the words around it. What the places say is weighed against every
 * holder, every pair of holders, and nobody at all:
 *
 *   - who retypes changes one wording in twenty (MISREAD); of a pair each wording comes from either
 *   - before anything is seen, one holder is as likely as another; that it was one 75 in 100, two 20, nobody of them 5
 *
 * So a score is a probability under these assumptions, no more: it says whose copy, never who passed it on. Pure; any
 * thread. */
#ifndef CLIENT_TRACE_H
#define CLIENT_TRACE_H

#include "base/buf.h"
#include "tdf/variant.h"

#define TRACE_TEXT_MAX ((size_t)16 << 20) /* bytes of a text that is traced */
#define TRACE_SURE     0.95               /* a holder is named from this score on */

/* A portion as sealed, with both wordings at each place. */
struct trace_portion {
    uint32_t n;
    struct bytes raw;
    const struct variants *places;
    const uint8_t *secret; /* HASH_LEN: of tdf/variant.h */
};

struct trace_holder {
    const char *name;
    uint32_t number;
    const bool *has; /* for each portion, in their order: whether he has a copy */
    size_t matches;  /* out: places that read as in his copy */
    double score;    /* out: 0..1: that it is his copy, or one of two of which his is one */
};

enum trace_verdict {
    TRACE_NOTHING,           /* no place was found: it is another text, or too little of it */
    TRACE_INDISTINGUISHABLE, /* nobody stands out */
    TRACE_ONE,
    TRACE_TWO, /* put together of two copies */
};

struct trace_result {
    enum trace_verdict verdict;
    size_t places, found;
    const struct trace_holder *named[2]; /* the surer one first; as many as the verdict says */
    double wrong;                        /* TRACE_ONE, TRACE_TWO: the probability that they are not it */
};

/* trace_text: weigh ${text} against ${holders}, whose out members are filled. */
void trace_text(struct bytes text, const struct trace_portion *portions, size_t portion_count,
                struct trace_holder *holders, size_t holder_count, struct trace_result *out);

#endif
