/* SPDX-License-Identifier: Apache-2.0 - cards that are asked for: a partner's next one, and our own that a partner has */
#include "nodes.h"

#include "exchange/renew.h"
#include "exchange/rotate.h"

static struct site alder, birch, other; /* the other one says that it is alder, too */

static uint64_t serial_at(const struct site *s, const char *domain)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    return cards_get(s->n, domain, &card, NULL) == OK ? card.card->serial : 0;
}

/* So many new cards, which nobody is told of. */
static void make_cards(const struct site *s, const char *use, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        AUTO(json_freep) json_t *answer = json_object();
        struct fail f = { 0 };
        ok(rotate_key(s->n, use, answer, &f) == OK, "a new %s key: %s", use, f.what);
    }
}

static char *card_of(const struct site *s)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    return cards_get(s->n, s->n->conf.domain, &own, NULL) == OK ? str_dup(own.card->jose->text) : str_dup("");
}

static void renewing(void)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    struct fail f = { 0 };
    uint64_t known = serial_at(&birch, "alder.example");
    make_cards(&alder, "card", 2); /* two cards each, signed by different keys */
    ok(renew_card(birch.n, "alder.example", 1, &card, &f) == OK && card.card->serial == known,
       "a log that the card names: nobody is asked: %s", f.what);
    cards_put(&card);
    ok(renew_card(birch.n, "alder.example", 2, &card, &f) == OK && card.card->serial == known + 4 &&
           serial_at(&alder, "alder.example") == known + 4,
       "one that it does not name: every card up to the newest, though none names it: %s", f.what);
    cards_put(&card);
    ok(renew_card(birch.n, "cedar.example", 2, &card, &f) == E_REFUSED, "nobody's card");
    f = (struct fail){ 0 };
    ok(cards_set_state(birch.n, "alder.example", "suspended", &f) == OK, "alder is suspended: %s", f.what);
    make_cards(&alder, "token", 1);
    ok(renew_card(birch.n, "alder.example", 3, &card, NULL) == E_REFUSED &&
           serial_at(&birch, "alder.example") == known + 4,
       "and not asked any more");
    ok(cards_set_state(birch.n, "alder.example", "confirmed", &f) == OK, "and taken back: %s", f.what);
}

/* Whoever serves at the address of a partner is not he, unless his card says so. */
static void forging(void)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    uint64_t known = serial_at(&other, "birch.example");
    struct fail f = { 0 };
    make_cards(&birch, "token", 1);
    node_server_stop(birch.server);
    birch.server = NULL;
    ok(renew_card(other.n, "birch.example", 2, &card, &f) == OK && card.card->serial == known,
       "a node that is away: the card that is here: %s", f.what);
}

static void taking_back(void)
{
    AUTO(str_freep) char *first = card_of(&alder);
    struct fail f = { 0 };
    bool taken = true;
    ok(cards_take_back(alder.n, bytes_str(first), &taken, &f) == OK && !taken, "our newest card, again: %s",
       f.what);
    make_cards(&other, "token", 20);
    AUTO(str_freep) char *forged = card_of(&other);
    AUTO(str_freep) char *theirs = card_of(&birch);
    uint64_t serial = serial_at(&alder, "alder.example");
    ok(serial_at(&other, "alder.example") > serial &&
           cards_take_back(alder.n, bytes_str(forged), &taken, &f) == E_REFUSED && !taken,
       "a newer one of our name, by another card key: %s", f.what);
    ok(cards_take_back(alder.n, bytes_str(theirs), &taken, NULL) == E_REFUSED && !taken, "a partner's");
    ok(cards_take_back(alder.n, bytes_str("eyJ.x.y"), &taken, NULL) != OK && !taken, "no card at all");
    ok(serial_at(&alder, "alder.example") == serial, "none of them is ours now");
}

int main(void)
{
    char dir[] = "/tmp/orcon-renew-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    AUTO(str_freep) char *elsewhere = str_format("%s/elsewhere", dir);
    if (!site_make(&alder, dir, "alder.example") || !site_make(&birch, dir, "birch.example") ||
        file_mkdirs(elsewhere, 0700, &f) != OK || !site_make(&other, elsewhere, "alder.example"))
        return tap_done();
    if (!ok(net_client_new(&client, &f) == OK && node_server_start(alder.n, &alder.server, &f) == OK &&
                node_server_start(birch.n, &birch.server, &f) == OK,
            "both serve: %s", f.what))
        return tap_done();
    introduce(&birch, &alder);
    introduce(&other, &birch);
    renewing();
    forging();
    taking_back();
    node_server_stop(alder.server);
    node_close(alder.n);
    node_close(birch.n);
    node_close(other.n);
    net_client_free(client);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    return tap_done();
}
