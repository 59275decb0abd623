/* SPDX-License-Identifier: Apache-2.0
 * store/notice.h - the feed of notices, and reminders to come. Conventions: store/store.h */
#ifndef STORE_NOTICE_H
#define STORE_NOTICE_H

#include "store/item.h"

/* A notice and the item that it is about. Only item, kind, audience and at_ms are written. */
struct notice_row {
    const char *item, *kind, *audience;
    uint64_t at_ms;
    uint64_t seq; /* rises by one with every notice */
    const char *item_kind, *sender;
    uint64_t item_at_ms, due_ms;
    const char *ref, *about;
    uint64_t done_ms;
    void *own;
};
void store_notice_clear(struct notice_row *r);
void store_notice_copy(const struct notice_row *from, struct notice_row *to);
typedef enum err (*store_notice_fn)(const struct notice_row *r, void *ctx, struct fail *f);

/* store_notice_add: the next in the feed. E_CONFLICT: the item had one of this kind for this audience. */
MUST_USE enum err store_notice_add(struct db *db, const struct notice_row *r, struct fail *f);
/* store_notice_list: those after ${after} for any of ${audiences} (1 to ITEM_AUDIENCES), in order. */
MUST_USE enum err store_notice_list(struct db *db, const char *const *audiences, size_t count, uint64_t after,
                                    uint64_t limit, store_notice_fn fn, void *ctx, struct fail *f);
/* store_notice_next: the first after ${after}, whoever it is for. E_NOT_FOUND. */
MUST_USE enum err store_notice_next(struct db *db, uint64_t after, struct notice_row *r, struct fail *f);
/* store_notice_newest: the last seq; 0 without any. */
MUST_USE enum err store_notice_newest(struct db *db, uint64_t *seq, struct fail *f);

struct reminder_row {
    const char *item, *kind;
    uint64_t due_ms;
    void *own;
};
void store_reminder_clear(struct reminder_row *r);
void store_reminder_copy(const struct reminder_row *from, struct reminder_row *to);
typedef enum err (*store_reminder_fn)(const struct reminder_row *r, void *ctx, struct fail *f);

MUST_USE enum err store_reminder_add(struct db *db, const struct reminder_row *r, struct fail *f);
MUST_USE enum err store_reminder_drop(struct db *db, const char *item, const char *kind, struct fail *f);
/* store_reminder_list: those due at ${now_ms}, soonest first. store_reminder_next: when the first is due;
 * E_NOT_FOUND. */
MUST_USE enum err store_reminder_list(struct db *db, uint64_t now_ms, store_reminder_fn fn, void *ctx,
                                      struct fail *f);
MUST_USE enum err store_reminder_next(struct db *db, uint64_t *due_ms, struct fail *f);

#endif
