/* SPDX-License-Identifier: Apache-2.0
 * base/time.h - time: POSIX milliseconds inside, RFC 3339 UTC outside */
#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define TIME_TEXT_SIZE 25 /* "2026-03-02T09:00:00.000Z" and a zero byte */

/* time_now_ms: the wall clock. time_mono_ms: a clock that never jumps, for waiting. */
uint64_t time_now_ms(void);
uint64_t time_mono_ms(void);

/* time_print: always 24 characters, three decimals, Z. ${ms} is at most 9999-12-31. */
void time_print(uint64_t ms, char out[static TIME_TEXT_SIZE]);

/* time_read: RFC 3339 with Z, no or 1 to 9 decimals (cut to milliseconds), years 1970 to 9999, no leap
 * second. */
MUST_USE bool time_read(const char *text, uint64_t *ms);

/*
 * time_read_by: what people give to --by and --until (orcon(1)): RFC 3339, `+30s`, `+15m`, `+2h`, `+3d` from
 * ${now_ms}, or a date, which means its end in UTC. E_USAGE for anything else, for times not after ${now_ms},
 * and after the year 9999.
 */
MUST_USE enum err time_read_by(const char *text, uint64_t now_ms, uint64_t *ms, struct fail *f);

#endif
