/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/guests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "exchange/lists.h"
#include "store/card.h"
#include "store/person.h"
#include "store/store.h"

bool guests_is(const struct node *n, const char *person)
{
    return strcmp(name_domain_of(person), n->conf.domain) != 0;
}

enum err guests_via(struct db *db, const char *person, char out[static DOMAIN_MAX + 1], struct fail *f)
{
    AUTO(str_freep) char *via = NULL;
    enum err e = store_guest_get(db, person, &via, f);
    if (!store_missing(e, f))
        TRY(e);
    snprintf(out, DOMAIN_MAX + 1, "%s", via ? via : name_domain_of(person));
    return OK;
}

/* Any card counts, also one that is unconfirmed or suspended: it says that there is a node to ask. */
static enum err check_no_card(struct db *db, const char *issuer, const char *person, struct fail *f)
{
    AUTO(store_card_clear) struct card_row card = { 0 };
    enum err e = store_card_get(db, name_domain_of(person), &card, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    return fail_why(f, REASON_CLIENT_HAS_CARD, "%s may not vouch for %s: %s has a card here", issuer, person,
                    name_domain_of(person));
}

/* Who is known by a request only vouches for his own people. */
static enum err check_host(struct db *db, const char *issuer, struct fail *f)
{
    AUTO(store_card_clear) struct card_row card = { 0 };
    enum err e = store_card_get(db, issuer, &card, f);
    if (!store_missing(e, f))
        TRY(e);
    if (e == OK && card.state == CARD_INTRODUCED)
        return fail_why(f, REASON_INTRODUCED_PARTNER, "%s is known by a request only", issuer);
    return OK;
}

enum err guests_vouched(struct db *db, const char *issuer, const char *person, uint64_t *version,
                        struct fail *f)
{
    char via[DOMAIN_MAX + 1];
    const char *domain = name_domain_of(person);
    uint64_t at = 0;
    bool on = true;
    if (strcmp(domain, issuer) != 0) {
        TRY(lists_has(db, issuer, LIST_CLIENTS, "", domain, &on, &at, f));
        if (!on)
            return fail_why(f, REASON_ISSUER, "%s may not vouch for %s: %s is not on its client list", issuer,
                            person, domain);
        TRY(check_no_card(db, issuer, person, f));
        TRY(check_host(db, issuer, f));
        TRY(guests_via(db, person, via, f));
        if (strcmp(via, issuer) != 0 && strcmp(via, domain) != 0)
            return fail_why(f, REASON_ISSUER, "%s may not vouch for %s: %s does", issuer, person, via);
    }
    if (version)
        *version = at;
    return OK;
}

enum err guests_check(struct node *n, const char *issuer, const char *person, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    if (strcmp(name_domain_of(person), issuer) == 0)
        return OK;
    TRY(store_read_begin(n->store, &db, f));
    return guests_vouched(db, issuer, person, NULL, f);
}

enum err guests_note(struct db *db, const char *person, const char *via, struct fail *f)
{
    return strcmp(name_domain_of(person), via) == 0 ? OK : store_guest_put(db, person, via, f);
}

enum err guests_recipient(struct node *n, struct db *db, const char *whom, struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    AUTO(str_freep) char *client = str_format("@%s", name_domain_of(whom));
    TRY(guests_vouched(db, n->conf.domain, name_is_person(whom) ? whom : client, NULL, f));
    if (!name_is_person(whom))
        return OK;
    enum err e = store_person_get(db, whom, &row, f);
    return store_missing(e, f)
               ? fail_why(f, REASON_UNKNOWN_GUEST, "%s is no guest here: `orcon person add %s --role reader`",
                          whom, whom)
               : e;
}
