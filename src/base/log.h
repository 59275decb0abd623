/* SPDX-License-Identifier: Apache-2.0
 * base/log.h - one JSON line an event on standard error: ids and counts, never titles, text, tokens or keys
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* log_set: who speaks ("node", "keeper", "sealer") and how much. Before the threads start. */
void log_set(const char *process, enum log_level most);
/* log_name: only who speaks; a child says as much as its parent. */
void log_name(const char *process);

/*
 * log_event: {"at","level","process","event", then members}. ${members} is a format that gives name=value
 * pairs separated by spaces ("report=%s status=%d"); control bytes and quotes in values are escaped. Any
 * thread; a line is written by one write(2).
 */
void log_event(enum log_level level, const char *event, const char *members, ...) PRINTF(3, 4);

/* log_fail: the same for a failure, with its kind, reason and sentence. */
void log_fail(enum log_level level, const char *event, const struct fail *f);

#endif
