/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/introduced.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/words.h"
#include "exchange/cards.h"
#include "exchange/people.h"
#include "store/store.h"
#include "store/third.h"

enum err introduced_offer(struct node *n, const char *to, json_t *body, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct fail why = { 0 };
    if (!name_is_domain(to))
        return OK;
    enum err e = cards_get_trusted(n, to, &ref, &why);
    if (e == OK)
        json_set_str(body, "card", ref.card->jose->text);
    /* whom we don't know either, the originator may know */
    return e == OK || reason_err(why.reason) == E_REFUSED ? OK : fail_pass(f, &why);
}

enum err introduced_check(const json_t *body, const char *to, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    const char *jws;
    TRY(json_may_str(body, "card", "request", &jws, f));
    if (!jws)
        return OK;
    if (card_read(bytes_str(jws), &card, f) != OK) {
        fail_context(f, "request: the card of %.80s", to);
        return f ? f->code : E_INVALID;
    }
    return strcmp(card->domain, to) == 0
               ? OK
               : fail_set(f, E_INVALID, "request: it is for %.80s, but the card in it is of %s", to,
                          card->domain);
}

/* Whether a card in this state leaves room for an introduction. */
static bool is_open(enum err found, enum card_state state)
{
    return found == E_NOT_FOUND || state == CARD_INTRODUCED;
}

static enum err find_card(struct db *db, const char *domain, struct card_row *row, enum err *found,
                          struct fail *f)
{
    *found = store_card_get(db, domain, row, f);
    return store_missing(*found, f) ? OK : *found;
}

enum err introduced_note(struct node *n, struct db *db, const char *request, const char *to, const char *via,
                         const json_t *body, struct fail *f)
{
    AUTO(store_card_clear) struct card_row card = { 0 };
    enum err found;
    struct introduction_row row = {
        .request = request, .domain = to, .via = via, .jws = json_string_value(json_object_get(body, "card"))
    };
    if (!row.jws || strcmp(to, n->conf.domain) == 0)
        return OK;
    TRY(find_card(db, to, &card, &found, f));
    return is_open(found, card.state) ? store_introduction_add(db, &row, f) : OK;
}

/* The card that came with the request, and what is known of the organisation otherwise. */
struct known {
    struct card_row card;
    struct introduction_row came;
    enum err card_found, came_found;
};

static void known_clear(struct known *k)
{
    store_card_clear(&k->card);
    store_introduction_clear(&k->came);
}

static enum err look(struct db *db, const char *request, const char *to, struct known *k, struct fail *f)
{
    TRY(find_card(db, to, &k->card, &k->card_found, f));
    k->came_found = store_introduction_get(db, request, &k->came, f);
    return store_missing(k->came_found, f) ? OK : k->came_found;
}

enum err introduced_may(struct node *n, const char *request, const char *to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(known_clear) struct known k = { 0 };
    AUTO(cards_put) struct card_ref ref = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    TRY(look(db, request, to, &k, f));
    if (k.came_found != OK || !is_open(k.card_found, k.card.state))
        return cards_get_trusted(n, to, &ref, f);
    if (k.card_found == OK && strcmp(k.card.jws, k.came.jws) != 0)
        return fail_why(f, REASON_INTRODUCED_PARTNER,
                        "another card of %s was introduced before: compare the words with it, and `orcon "
                        "partner confirm %s`, or take its card by hand",
                        to, to);
    return OK;
}

enum err introduced_trust(struct node *n, struct db *db, const char *request, const char *to,
                          const char *officer, struct fail *f)
{
    AUTO(known_clear) struct known k = { 0 };
    if (!name_is_domain(to))
        return OK;
    TRY(look(db, request, to, &k, f));
    if (k.came_found != OK || !is_open(k.card_found, k.card.state))
        return OK;
    if (k.card_found != OK)
        TRY(cards_keep_introduced(n, db, k.came.jws, f));
    return people_tell_of(n, db, to, officer, f);
}

static const char *state_of(const struct known *k)
{
    return k->card_found == OK ? card_state_name(k->card.state) : "unknown";
}

enum err introduced_show(struct db *db, const char *request, const char *to, json_t **out, struct fail *f)
{
    AUTO(known_clear) struct known k = { 0 };
    AUTO(card_freep) struct card *came = NULL;
    char words[WORDS_SIZE] = "";
    *out = NULL;
    if (!name_is_domain(to))
        return OK;
    TRY(look(db, request, to, &k, f));
    bool introduced = k.came_found == OK && is_open(k.card_found, k.card.state);
    if (introduced) {
        TRY(card_read(bytes_str(k.came.jws), &came, f));
        card_words(came, words);
    } else if (k.card_found == OK) {
        words_print(k.card.card_key_sha, words);
    }
    json_t *third = json_object();
    json_set_str(third, "domain", to);
    json_set_str(third, "state", introduced ? card_state_name(CARD_INTRODUCED) : state_of(&k));
    json_set_str(third, "introduced_by", introduced ? k.came.via : "");
    json_set_str(third, "words", words);
    *out = third;
    return OK;
}
