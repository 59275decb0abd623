/* SPDX-License-Identifier: Apache-2.0
 * marking/wording.h - `{conceal|hide}` in a report source: where it stands in its portion (orcon-report(5)) */
#ifndef MARKING_WORDING_H
#define MARKING_WORDING_H

#include <stddef.h>
#include <stdint.h>

#define SOURCE_VARIANTS_MAX ((size_t)256)  /* in one portion */
#define SOURCE_VARIANT_TEXT ((size_t)1024) /* bytes of one wording */

/* `{` at ${at} of a portion's text, and the lengths of the two wordings. A holder's copy has one of them. */
struct source_variant {
    size_t at;
    uint32_t first, second;
};

#endif
