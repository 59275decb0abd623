/* SPDX-License-Identifier: Apache-2.0
 * client/choice.h - what people write to name portions: `1,3` to --portion, `7k3q/2` */
#ifndef CLIENT_CHOICE_H
#define CLIENT_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"

#define CHOICE_MAX 1023 /* the highest number that a portion may have */

/* Numbers that were asked for; all zero: no choice was made. */
struct choice {
    bool given;
    bool has[CHOICE_MAX + 1];
};

/* choice_read: `N` or `N,N,...`, plain decimals, each once. NULL text: no choice. E_USAGE. */
MUST_USE enum err choice_read(const char *text, struct choice *out, struct fail *f);

/* choice_one: whether ${c} is a choice of one number. */
bool choice_one(const struct choice *c);

/* A report, and perhaps one of its portions. */
struct choice_target {
    char report[UUID_TEXT]; /* an id, or a short form of one */
    bool has_number;
    uint32_t number;
};
/* choice_target: `REPORT` or `REPORT/N`. choice_id: an id or a short form of one, alone; ${what} names it.
 * E_USAGE for what has not that form. */
MUST_USE enum err choice_target(const char *text, struct choice_target *out, struct fail *f);
MUST_USE enum err choice_id(const char *text, const char *what, struct fail *f);

#endif
