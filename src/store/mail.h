/* SPDX-License-Identifier: Apache-2.0
 * store/mail.h - who gets notices by mail, and up to which he has got them. Conventions: store/store.h */
#ifndef STORE_MAIL_H
#define STORE_MAIL_H

#include "store/store.h"

enum mail_mode { MAIL_AT_ONCE, MAIL_DIGEST, MAIL_MODES };
const char *mail_mode_name(enum mail_mode m);

struct mail_row {
    const char *person;
    enum mail_mode mode;
    uint64_t sent_seq; /* the last notice that was handed over */
    void *own;
};
void store_mail_clear(struct mail_row *r);
void store_mail_copy(const struct mail_row *from, struct mail_row *to);
typedef enum err (*store_mail_fn)(const struct mail_row *r, void *ctx, struct fail *f);

/* store_mail_put: sent_seq counts for a new row only. store_mail_drop: none is no error. */
MUST_USE enum err store_mail_put(struct db *db, const struct mail_row *r, struct fail *f);
MUST_USE enum err store_mail_drop(struct db *db, const char *person, struct fail *f);
MUST_USE enum err store_mail_get(struct db *db, const char *person, struct mail_row *r, struct fail *f);
MUST_USE enum err store_mail_list(struct db *db, store_mail_fn fn, void *ctx, struct fail *f);
/* store_mail_sent: up to ${seq}; never back. A row that is gone is no error. */
MUST_USE enum err store_mail_sent(struct db *db, const char *person, uint64_t seq, struct fail *f);

#endif
