/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/partner_held.h"

#include "base/log.h"
#include "store/held.h"
#include "store/statement.h"

uint64_t partner_held_size(struct bytes jws, const struct package *package)
{
    uint64_t size = jws.len;
    for (size_t i = 0; package && i < package_count(package); i++)
        size += package_at(package, i)->bytes.size;
    return size;
}

static enum err check(struct node *n, struct db *db, const char *domain, uint64_t size, struct fail *f)
{
    uint64_t held, bound = n->conf.partner_held;
    if (bound == 0)
        return OK;
    TRY(store_held_sum_get(db, domain, &held, f));
    if (size <= bound && held <= bound - size)
        return OK;
    log_event(LOG_WARN, "partner-held-refused", "who=%s held=%llu size=%llu bound=%llu", domain,
              (unsigned long long)held, (unsigned long long)size, (unsigned long long)bound);
    enum err e =
        fail_why(f, REASON_PARTNER_FULL,
                 "%llu bytes of packages of %s are held here; with the %llu of this one they would be more "
                 "than %llu (partner_held): an officer here may raise that",
                 (unsigned long long)held, domain, (unsigned long long)size, (unsigned long long)bound);
    if (f && f->reason == REASON_PARTNER_FULL)
        f->retry_s = PARTNER_HELD_RETRY_S;
    return e;
}

static enum err is_taken(struct db *db, const struct statement *s, bool *taken, struct fail *f)
{
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    enum err e = store_statement_get(db, s->iss, s->id, &row, f);
    *taken = !store_missing(e, f);
    return *taken ? e : OK;
}

enum err partner_held_early(struct node *n, const struct statement *s, const struct package *package,
                            struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    bool taken;
    if (!package || n->conf.partner_held == 0)
        return OK;
    TRY(store_read_begin(n->store, &db, f));
    TRY(is_taken(db, s, &taken, f));
    return taken ? OK : check(n, db, s->iss, partner_held_size(bytes_str(s->jose->text), package), f);
}

enum err partner_held_add(struct node *n, struct db *db, const struct statement *s,
                          const struct package *package, struct fail *f)
{
    uint64_t size = partner_held_size(bytes_str(s->jose->text), package);
    TRY(check(n, db, s->iss, size, f));
    return store_held_sum_add(db, s->iss, size, f);
}
