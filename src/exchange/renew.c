/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/renew.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "ledger/entry.h"
#include "net/client.h"

#define PLACES     32   /* domains that share one wait for each other, at worst */
#define SPACING_MS 1000 /* between two questions */
#define ASK_MS     3000
#define CARDS_MAX  16 /* of one partner at once, as many as he says by himself */

struct renewals {
    struct {
        pthread_mutex_t busy;
        uint64_t asked_ms; /* monotonic; 0: never */
    } place[PLACES];
};

void renewals_open(struct renewals **out)
{
    struct renewals *r = mem_new(sizeof *r);
    for (size_t i = 0; i < PLACES; i++)
        pthread_mutex_init(&r->place[i].busy, NULL);
    *out = r;
}

void renewals_close(struct renewals *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < PLACES; i++)
        pthread_mutex_destroy(&r->place[i].busy);
    free(r);
}

static bool names(const struct card_ref *card, uint64_t generation)
{
    return json_array_size(card->card->logs) >= generation;
}

/* The card after ${known}, from the partner's own node. */
static enum err ask(struct node *n, const struct card_ref *known, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(card_freep) struct card *card = NULL;
    AUTO(str_freep)
    char *url =
        str_format("%s/card?serial=%llu", known->card->url, (unsigned long long)known->card->serial + 1);
    char domain[DOMAIN_MAX + 1];
    struct card_pins pins;
    card_pins(known->card, &pins);
    struct net_request r = { .url = url,
                             .pins = pins.list,
                             .pin_count = known->card->pin_count,
                             .max_answer = CARD_MAX,
                             .timeout_ms = ASK_MS,
                             .allow_private = known->local };
    TRY(net_client_send(n->net, &r, &answer, f));
    TRY(net_answer_check(&answer, known->card->domain, f));
    TRY(card_read(bytes_of(answer.body), &card, f));
    if (strcmp(card->domain, known->card->domain) != 0)
        return fail_set(f, E_REFUSED, "%s gave a card of %s", known->card->domain, card->domain);
    TRY(card_succeeds(known->card, card, f));
    return cards_take(n, bytes_of(answer.body), false, known->local, domain, f);
}

static void ask_all(struct node *n, const char *domain, uint64_t generation)
{
    struct fail f = { 0 };
    enum err e = OK;
    bool named = false;
    for (unsigned i = 0; e == OK && !named && i < CARDS_MAX; i++) {
        AUTO(cards_put) struct card_ref known = { 0 };
        e = cards_get_trusted(n, domain, &known, &f);
        named = e == OK && names(&known, generation);
        if (e == OK && !named)
            e = ask(n, &known, &f);
    }
    if (e != OK)
        log_fail(LOG_INFO, "card-not-renewed", &f);
}

/* Whoever comes while another asks waits for what that one finds. */
static void renew(struct node *n, const char *domain, uint64_t generation)
{
    uint8_t digest[HASH_LEN];
    hash_sha256(bytes_str(domain), digest);
    size_t i = digest[0] % PLACES;
    pthread_mutex_lock(&n->renewals->place[i].busy);
    uint64_t now_ms = time_mono_ms(), *asked_ms = &n->renewals->place[i].asked_ms;
    if (*asked_ms == 0 || now_ms - *asked_ms >= SPACING_MS) {
        ask_all(n, domain, generation);
        *asked_ms = time_mono_ms();
    }
    pthread_mutex_unlock(&n->renewals->place[i].busy);
}

enum err renew_card(struct node *n, const char *domain, uint64_t generation, struct card_ref *out,
                    struct fail *f)
{
    AUTO(cards_put) struct card_ref known = { 0 };
    TRY(cards_get_trusted(n, domain, &known, f));
    if (!names(&known, generation) && n->net && known.state != CARD_OWN) {
        cards_put(&known);
        renew(n, domain, generation);
        TRY(cards_get_trusted(n, domain, &known, f));
    }
    *out = known;
    known.hold = NULL;
    return OK;
}
