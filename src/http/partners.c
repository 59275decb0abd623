/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/lists.h"
#include "exchange/renew.h"
#include "exchange/view.h"
#include "http/site.h"
#include "store/card.h"

enum err serve_partners(struct http_call *call, struct fail *f)
{
    json_t *out = NULL;
    return site_answer(call, view_partners(site_node(call), site_asker(call), NULL, NULL, &out, f), &out);
}

enum err serve_partner(struct http_call *call, struct fail *f)
{
    const char *domain = http_param(call, "domain"), *list = http_query(call, "list");
    const char *record = http_query(call, "record");
    json_t *out = NULL;
    if (record && strcmp(record, "0") != 0 && strcmp(record, "1") != 0)
        return fail_set(f, E_INVALID, "record is 0 or 1");
    if (!list && record && *record == '1')
        list = "";
    return site_answer(call, view_partners(site_node(call), site_asker(call), domain, list, &out, f), &out);
}

enum err site_serial(const char *text, uint64_t *out, struct fail *f)
{
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits])
        return fail_set(f, E_INVALID, "serial is a number of a card, not '%.40s'", text);
    *out = strtoull(text, NULL, 10);
    return OK;
}

static enum err earlier_card(struct node *n, const char *domain, const char *text, char **jws, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t serial;
    TRY(site_serial(text, &serial, f));
    TRY(store_read_begin(n->store, &db, f));
    return store_card_history(db, domain, serial, jws, f);
}

enum err serve_own_card(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    AUTO(cards_put) struct card_ref own = { 0 };
    AUTO(str_freep) char *before = NULL;
    const char *serial = http_query(call, "serial");
    TRY(cards_get(n, n->conf.domain, &own, f));
    if (serial)
        TRY(earlier_card(n, n->conf.domain, serial, &before, f));
    http_reply(call, 200, "application/jose", bytes_str(before ? before : own.card->jose->text));
    return OK;
}

/* Who asks has met a log of this generation. One who is not trusted is not asked: the answer says what he is. */
static enum err renew_if_trusted(struct node *n, const char *domain, const char *text, struct fail *f)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    uint64_t generation;
    TRY(site_serial(text, &generation, f));
    (void)!renew_card(n, domain, generation, &card, NULL);
    return OK;
}

enum err serve_partner_card(struct http_call *call, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    const char *domain = http_param(call, "domain"), *serial = http_query(call, "serial");
    const char *generation = http_query(call, "generation");
    AUTO(str_freep) char *before = NULL;
    if (!name_is_domain(domain))
        return fail_set(f, E_INVALID, "'%.80s' is not a domain", domain);
    if (generation)
        TRY(renew_if_trusted(site_node(call), domain, generation, f));
    TRY(cards_get(site_node(call), domain, &ref, f));
    if (serial)
        TRY(earlier_card(site_node(call), domain, serial, &before, f));
    json_t *out = json_object();
    json_set_str(out, "domain", ref.card->domain);
    json_set_str(out, "state", card_state_name(ref.state));
    json_set_str(out, "card", before ? before : ref.card->jose->text);
    return site_answer(call, OK, &out);
}

/* Whom a group holds is for those who share with it, and those who watch over that. */
#define GROUP_ROLES (ROLE_AUTHOR | ROLE_OFFICER | ROLE_AUDITOR | ROLE_ADMIN)

enum err serve_lists(struct http_call *call, struct fail *f)
{
    struct node *n = site_node(call);
    const char *text = http_param(call, "kind"), *owner = http_query(call, "owner");
    const char *name = http_query(call, "name");
    enum list_kind kind;
    json_t *out = NULL, *one = NULL;
    if (!lists_kind(text, &kind))
        return fail_set(f, E_NOT_FOUND, "'%.40s' is no kind of list", text);
    if (kind == LIST_GROUP && !(site_asker(call)->roles & GROUP_ROLES))
        return fail_why(f, REASON_NOT_ROLE, "groups are for authors, officers, auditors and admins");
    if (!owner && !name)
        return site_answer(call, lists_all(n, kind, &out, f), &out);
    TRY(lists_show(n, owner && *owner ? owner : NULL, kind, name ? name : "", &one, f));
    out = json_pack("{s:[o]}", "lists", one);
    return site_answer(call, OK, &out);
}
