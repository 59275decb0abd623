/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/telling.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "crypto/hash.h"
#include "exchange/acts.h"
#include "exchange/node.h"
#include "ledger/statement.h"
#include "store/card.h"

void telling_clear(struct telling *t)
{
    mem_freep(&t->jws);
}

enum err telling_make(struct node *n, struct telling *t, json_t *body, struct fail *f)
{
    char by[DOMAIN_MAX + 2];
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    random_uuid(t->id);
    struct statement_making m = {
        .kind = t->kind, .id = t->id, .iss = n->conf.domain, .by = by, .body = body, .at_ms = n->now_ms()
    };
    return acts_statement(n, m, &t->jws, t->digest, f);
}

static enum err add_partner(const struct card_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (row->state == CARD_CONFIRMED)
        json_array_append_new(ctx, json_string(row->domain));
    return OK;
}

enum err telling_write(struct node *n, struct db *db, struct telling *t, struct fail *f)
{
    AUTO(json_freep) json_t *partners = json_array();
    struct journal_event e = { .kind = t->entry,
                               .person = t->person,
                               .organisation =
                                   t->entry == KIND_READ_IN ? name_domain_of(t->person) : n->conf.domain,
                               .reason = t->reason,
                               .digest = t->digest };
    TRY(journal_enter(n, db, &e, &t->at, f));
    TRY(store_card_list(db, add_partner, partners, f));
    struct act_statement s = {
        .kind = t->kind, .id = t->id, .jws = t->jws, .report = "", .ref = "", .digest = t->digest
    };
    return acts_queue(n, db, &s, partners, false, t->at, f);
}
