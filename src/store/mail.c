/* SPDX-License-Identifier: Apache-2.0 */
#include "store/mail.h"

#include "store/row.h"

static const char *const modes[MAIL_MODES] = { [MAIL_AT_ONCE] = "at-once", [MAIL_DIGEST] = "digest" };

const char *mail_mode_name(enum mail_mode m)
{
    return modes[m];
}

static const struct field fields[] = {
    FIELD(mail_row, person, FIELD_TEXT),
    FIELD_ENUM(mail_row, mode, modes),
    FIELD(mail_row, sent_seq, FIELD_U64),
};
SHAPE(mail, fields, 3);
ROW_GET(mail)
ROW_LIST(mail)

enum err store_mail_put(struct db *db, const struct mail_row *r, struct fail *f)
{
    return row_put(db, Q_MAIL_PUT, &mail_shape, r, f);
}

enum err store_mail_drop(struct db *db, const char *person, struct fail *f)
{
    return db_run(db, Q_MAIL_DROP, ARGS(TEXT(person)), NULL, f);
}

enum err store_mail_get(struct db *db, const char *person, struct mail_row *r, struct fail *f)
{
    return db_one(db, Q_MAIL_GET, ARGS(TEXT(person)), mail_one, r, f);
}

enum err store_mail_list(struct db *db, store_mail_fn fn, void *ctx, struct fail *f)
{
    return db_each(db, Q_MAIL_LIST, NO_ARGS, mail_each, LIST(mail), f);
}

enum err store_mail_sent(struct db *db, const char *person, uint64_t seq, struct fail *f)
{
    return db_run(db, Q_MAIL_SENT, ARGS(TEXT(person), NUMBER(seq)), NULL, f);
}
