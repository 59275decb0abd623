/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/cards.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/acts.h"
#include "exchange/cosigners.h"
#include "exchange/node_internal.h"
#include "exchange/outbox.h"
#include "exchange/own_card.h"
#include "exchange/lists.h"
#include "exchange/people.h"
#include "exchange/journal.h"
#include "exchange/quarantine.h"
#include "ledger/note.h"
#include "ledger/statement.h"
#include "net/client.h"
#include "store/store.h"
#include "store/writer.h"

/* Parsed cards. A card in use is counted; one that was replaced lives until its last user is done. */
struct held_card {
    struct held_card *next;
    struct card *card;
    enum card_state state;
    bool local;
    unsigned users; /* the list counts as one */
};

struct cards {
    pthread_mutex_t lock;
    struct held_card *first;
    uint64_t changes; /* how often something was forgotten */
};

static void release(struct held_card *h)
{
    if (--h->users > 0)
        return;
    card_free(h->card);
    free(h);
}

enum err cards_open(struct node *n, struct cards **out, struct fail *f)
{
    (void)n;
    (void)f;
    struct cards *c = mem_new(sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return OK;
}

void cards_close(struct cards *c)
{
    if (!c)
        return;
    while (c->first) {
        struct held_card *h = c->first;
        c->first = h->next;
        release(h);
    }
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Forget what is parsed of ${domain}: the store has something newer. What is being loaded now came too
 * early. */
static void forget(struct cards *c, const char *domain)
{
    pthread_mutex_lock(&c->lock);
    c->changes++;
    for (struct held_card **at = &c->first; *at;) {
        struct held_card *h = *at;
        if (strcmp(h->card->domain, domain) == 0) {
            *at = h->next;
            release(h);
        } else {
            at = &h->next;
        }
    }
    pthread_mutex_unlock(&c->lock);
}

/* With the lock held: the card of ${domain}, one more user of it. */
static bool use(struct cards *c, const char *domain, struct card_ref *out)
{
    struct held_card *h = c->first;
    while (h && strcmp(h->card->domain, domain) != 0)
        h = h->next;
    if (!h)
        return false;
    h->users++;
    *out = (struct card_ref){ .owner = c, .card = h->card, .state = h->state, .local = h->local, .hold = h };
    return true;
}

static bool find(struct cards *c, const char *domain, struct card_ref *out, uint64_t *changes)
{
    pthread_mutex_lock(&c->lock);
    bool found = use(c, domain, out);
    *changes = c->changes;
    pthread_mutex_unlock(&c->lock);
    return found;
}

/* Into the list, unless another thread was faster; not if something changed while it was loaded. */
static bool adopt(struct cards *c, struct held_card *h, uint64_t changes, struct card_ref *out)
{
    pthread_mutex_lock(&c->lock);
    bool found = use(c, h->card->domain, out);
    if (!found && c->changes == changes) {
        h->next = c->first;
        c->first = h;
        h = NULL;
        found = use(c, c->first->card->domain, out);
    }
    if (h)
        release(h);
    pthread_mutex_unlock(&c->lock);
    return found;
}

static enum err load(struct node *n, const char *domain, struct held_card **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_card_clear) struct card_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_card_get(db, domain, &row, f);
    if (store_missing(e, f))
        return fail_why(f, REASON_UNKNOWN_PARTNER, "no card of %s is known here: `orcon partner add`",
                        domain);
    TRY(e);
    struct held_card *h = mem_new(sizeof *h);
    e = card_read(bytes_str(row.jws), &h->card, f);
    if (e != OK) {
        free(h);
        return e;
    }
    h->state = row.state;
    h->local = row.local;
    h->users = 1;
    *out = h;
    return OK;
}

enum err cards_get(struct node *n, const char *domain, struct card_ref *out, struct fail *f)
{
    uint64_t changes;
    while (!find(n->cards, domain, out, &changes)) {
        struct held_card *h = NULL;
        TRY(load(n, domain, &h, f));
        if (!h)
            BUG("a card that is loaded and is not there");
        if (adopt(n->cards, h, changes, out))
            return OK;
    }
    return OK;
}

void cards_put(struct card_ref *ref)
{
    if (!ref->hold)
        return;
    pthread_mutex_lock(&ref->owner->lock);
    release(ref->hold);
    pthread_mutex_unlock(&ref->owner->lock);
    *ref = (struct card_ref){ 0 };
}

enum err cards_get_trusted(struct node *n, const char *domain, struct card_ref *out, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    TRY(cards_get(n, domain, &ref, f));
    if (ref.state == CARD_UNCONFIRMED)
        return fail_why(f, REASON_UNCONFIRMED_PARTNER,
                        "the card of %s is not confirmed: `orcon partner confirm %s`", domain, domain);
    if (ref.state == CARD_SUSPENDED)
        return fail_why(f, REASON_SUSPENDED_PARTNER, "%s is suspended here", domain);
    if (ref.state == CARD_INTRODUCED)
        return fail_why(f, REASON_INTRODUCED_PARTNER,
                        "%s is known by a request only: `orcon partner confirm %s`", domain, domain);
    *out = ref;
    ref.hold = NULL;
    return OK;
}

enum err cards_get_met(struct node *n, const char *domain, struct card_ref *out, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    TRY(cards_get(n, domain, &ref, f));
    if (ref.state != CARD_INTRODUCED)
        return cards_get_trusted(n, domain, out, f);
    *out = ref;
    ref.hold = NULL;
    return OK;
}

static enum err list_confirmed(const struct card_row *row, void *ctx, struct fail *f)
{
    json_t *domains = ctx;
    (void)f;
    if (row->state == CARD_OWN || row->state == CARD_CONFIRMED)
        json_array_append_new(domains, json_string(row->domain));
    return OK;
}

enum err cards_confirmed(struct node *n, struct cards_set *out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *domains = json_array();
    AUTO(cards_set_clear) struct cards_set set = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_card_list(db, list_confirmed, domains, f));
    set.refs = mem_array(json_array_size(domains) + 1, sizeof *set.refs);
    set.cards = mem_array(json_array_size(domains) + 1, sizeof *set.cards);
    for (size_t i = 0; i < json_array_size(domains); i++) {
        struct card_ref *ref = &set.refs[set.count];
        TRY(cards_get(n, json_string_value(json_array_get(domains, i)), ref, f));
        set.cards[set.count++] = ref->card;
    }
    *out = set;
    set = (struct cards_set){ 0 };
    return OK;
}

void cards_set_clear(struct cards_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        cards_put(&set->refs[i]);
    mem_freep(&set->refs);
    mem_freep(&set->cards);
    set->count = 0;
}

/* Taking ------------------------------------------------------------------------------------------------- */

/* What a partner just confirmed is told. */
static enum err tell(struct node *n, struct db *db, const char *partner, struct fail *f)
{
    TRY(lists_tell(n, db, partner, f)); /* first: guests among our people rest on the client list */
    return people_tell(n, db, partner, f);
}

struct taking {
    struct node *n;
    struct card_row row;
    bool enter, tell;
    bool replace; /* what was here was nobody's word: it leaves no trace */
    /* a partner's: what it was judged against, if there was one, and whether that has changed since */
    bool judged, known, moved;
    enum card_state was;
    uint8_t was_digest[HASH_LEN];
};

/* A hello and a `partner add` may come at once: what was judged against the card that is here holds while it is. */
static enum err check_still(struct db *db, struct taking *t, struct fail *f)
{
    AUTO(store_card_clear) struct card_row now = { 0 };
    enum err e = store_card_get(db, t->row.domain, &now, f);
    bool here = !store_missing(e, f),
         same = now.state == t->was && memcmp(now.digest, t->was_digest, HASH_LEN) == 0;
    t->moved = here != t->known || (here && !same);
    return here ? e : OK;
}

static enum err write_card(struct db *db, void *ctx, struct fail *f)
{
    struct taking *t = ctx;
    if (t->judged)
        TRY(check_still(db, t, f));
    if (t->moved)
        return OK;
    if (t->replace)
        TRY(store_card_forget(db, t->row.domain, f));
    TRY(store_card_put(db, &t->row, f));
    if (t->row.state == CARD_CONFIRMED)
        TRY(quarantine_settle(t->n, db, t->row.domain, true, f));
    if (t->enter) {
        struct journal_event e = { .kind = KIND_CARD,
                                   .organisation = t->row.domain,
                                   .digest = t->row.digest };
        TRY(journal_enter(t->n, db, &e, NULL, f));
    }
    return t->tell ? tell(t->n, db, t->row.domain, f) : OK;
}

/* The row of a card; ${jws} and ${domain} must outlive it. */
static void card_row_of(const struct card *card, const char *jws, enum card_state state, bool local,
                        uint64_t now_ms, struct card_row *row)
{
    *row = (struct card_row){ .domain = card->domain,
                              .serial = card->serial,
                              .jws = jws,
                              .state = state,
                              .local = local,
                              .taken_ms = now_ms };
    memcpy(row->digest, card->digest, HASH_LEN);
    memcpy(row->card_key_sha, card->card_key_sha, HASH_LEN);
    if (state == CARD_CONFIRMED || state == CARD_OWN)
        row->confirmed_ms = now_ms;
}

enum err cards_make_own(struct node *n, const struct own_change *change, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_card_clear) struct card_row last = { 0 };
    AUTO(json_freep) json_t *payload = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(CARD_MAX);
    AUTO(card_freep) struct card *card = NULL;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_card_own(db, &last, f);
    if (!store_missing(e, f))
        TRY(e);
    TRY(own_card_payload(n, &last, change, &payload, f));
    TRY(keeper_sign(n->keeper, USE_CARD, payload, jws, f));
    TRY(card_read(bytes_of(jws), &card, f));
    struct taking t = { .n = n, .enter = true };
    card_row_of(card, buf_text(jws), CARD_OWN, true, n->now_ms(), &t.row);
    TRY(writer_run(n->writer, write_card, &t, f));
    forget(n->cards, n->conf.domain);
    return OK;
}

enum err cards_take_back(struct node *n, struct bytes jws, bool *taken, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    AUTO(cards_put) struct card_ref last = { 0 };
    AUTO(str_freep) char *text = mem_dup(jws.data, jws.len);
    struct taking t = { .n = n };
    *taken = false;
    TRY(card_read(jws, &card, f));
    TRY(cards_get(n, n->conf.domain, &last, f));
    if (strcmp(card->domain, n->conf.domain) != 0)
        return fail_set(f, E_REFUSED, "a card of %s, not ours", card->domain);
    if (card->serial <= last.card->serial)
        return OK;
    /* the one after ours; or any of the same card key, where the partner missed some */
    if (card_succeeds(last.card, card, NULL) != OK &&
        memcmp(card->card_key_sha, last.card->card_key_sha, HASH_LEN) != 0)
        return fail_set(
            f, E_REFUSED,
            "our card %llu does not follow card %llu, the newest that is known here: it is signed "
            "by another card key",
            (unsigned long long)card->serial, (unsigned long long)last.card->serial);
    TRY(card_keeps_logs(last.card, card, f));
    card_row_of(card, text, CARD_OWN, true, n->now_ms(), &t.row);
    TRY(writer_run(n->writer, write_card, &t, f));
    forget(n->cards, n->conf.domain);
    *taken = true;
    return OK;
}

/* Partners' cards ---------------------------------------------------------------------------------------- */

/* A node on loopback has its partners there, too. */
static bool is_loopback(const char *url)
{
    return strstr(url, "//127.") || strstr(url, "//localhost") || strstr(url, "//[::1]");
}

/* What a card that came becomes, given the one we have. */
static enum err judge(struct node *n, const struct card *card, bool confirmed, bool *same_again,
                      enum card_state *state, bool *local, struct taking *t, struct fail *f)
{
    AUTO(cards_put) struct card_ref last = { 0 };
    if (strcmp(card->domain, n->conf.domain) == 0)
        return fail_set(f, E_CONFLICT, "%s is this node's own organisation", card->domain);
    *state = confirmed ? CARD_CONFIRMED : CARD_UNCONFIRMED;
    *same_again = false;
    *t = (struct taking){ .n = n, .judged = true };
    struct fail none = { 0 };
    enum err e = cards_get(n, card->domain, &last, &none);
    if (e == E_REFUSED)
        return OK; /* the first one */
    if (e != OK)
        return fail_set(f, none.code, "%s", none.what);
    t->known = true;
    t->was = last.state;
    memcpy(t->was_digest, last.card->digest, HASH_LEN);
    *local = *local || last.local;
    *same_again = memcmp(last.card->digest, card->digest, HASH_LEN) == 0;
    bool waits = last.state == CARD_UNCONFIRMED || last.state == CARD_INTRODUCED;
    if (*same_again) {
        *state = waits && confirmed ? CARD_CONFIRMED : last.state;
        return OK;
    }
    if (last.state != CARD_UNCONFIRMED && !confirmed)
        TRY(card_succeeds(last.card, card, f));
    t->replace = waits && card_succeeds(last.card, card, NULL) != OK;
    if (!waits || (last.state == CARD_INTRODUCED && !confirmed))
        *state = last.state;
    return OK;
}

/* Once: judged, and written unless what it was judged against has changed. ${t}->moved says so. */
static enum err take_once(struct node *n, const struct card *card, const char *text, bool confirmed,
                          bool local, struct taking *t, struct fail *f)
{
    enum card_state state;
    bool same_again;
    TRY(judge(n, card, confirmed, &same_again, &state, &local, t, f));
    if (same_again)
        return state == CARD_CONFIRMED ? cards_set_state(n, card->domain, "confirmed", f) : OK;
    card_row_of(card, text, state, local, n->now_ms(), &t->row);
    t->enter = t->tell = state == CARD_CONFIRMED;
    TRY(writer_run(n->writer, write_card, t, f));
    forget(n->cards, card->domain);
    return OK;
}

enum err cards_take(struct node *n, struct bytes jws, bool confirmed, bool local,
                    char domain[static DOMAIN_MAX + 1], struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    AUTO(str_freep) char *text = mem_dup(jws.data, jws.len);
    struct taking t;
    local = local || is_loopback(n->conf.url);
    text[strcspn(text, "\r\n \t")] = '\0';
    TRY(card_read(bytes_str(text), &card, f));
    snprintf(domain, DOMAIN_MAX + 1, "%s", card->domain);
    do
        TRY(take_once(n, card, text, confirmed, local, &t, f));
    while (t.moved);   /* somebody else's write came first: each time another one */
    if (!t.row.domain) /* the one that is here */
        return OK;
    outbox_kick(n->outbox, domain);
    cosigners_changed(n->cosigners);
    return t.tell ? acts_resume(n, f) : OK;
}

static enum err count_waiting(const struct card_row *row, void *ctx, struct fail *f)
{
    size_t *count = ctx;
    (void)f;
    *count += row->state == CARD_UNCONFIRMED;
    return OK;
}

/* Somebody of whom nothing is known says who he is. */
static enum err check_waiting(struct node *n, const char *domain, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    size_t count = 0;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_card_list(db, count_waiting, &count, f));
    return count < CARDS_WAITING
               ? OK
               : fail_set(f, E_RATE, "%s is unknown, and %zu cards wait to be confirmed", domain, count);
}

enum err cards_hello(struct node *n, struct bytes jws, char domain[static DOMAIN_MAX + 1], struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    AUTO(cards_put) struct card_ref known = { 0 };
    struct fail why = { 0 };
    TRY(card_read(jws, &card, f));
    if (cards_get(n, card->domain, &known, &why) != OK) {
        if (why.reason != REASON_UNKNOWN_PARTNER)
            return fail_pass(f, &why);
        TRY(check_waiting(n, card->domain, f));
    } else if (known.state == CARD_SUSPENDED) {
        return fail_why(f, REASON_SUSPENDED_PARTNER, "%s is suspended here", card->domain);
    } else if (memcmp(known.card->digest, card->digest, HASH_LEN) != 0) {
        TRY(card_succeeds(known.card, card, f)); /* whose words may be being compared just now */
    }
    return cards_take(n, jws, false, false, domain, f);
}

enum err cards_keep_introduced(struct node *n, struct db *db, const char *jws, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    struct card_row row;
    TRY(card_read(bytes_str(jws), &card, f));
    card_row_of(card, jws, CARD_INTRODUCED, is_loopback(n->conf.url), n->now_ms(), &row);
    return store_card_put(db, &row, f);
}

enum err cards_fetch(struct node *n, const char *url, bool local, char domain[static DOMAIN_MAX + 1],
                     struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(card_freep) struct card *card = NULL;
    uint8_t seen[HASH_LEN];
    AUTO(str_freep) char *at = str_format("%s/card", url);
    local = local || is_loopback(n->conf.url);
    struct net_request request = { .url = at, .max_answer = CARD_MAX, .allow_private = local };
    TRY(net_client_first_contact(n->net, &request, seen, &answer, f));
    TRY(net_answer_check(&answer, url, f));
    TRY(card_read(bytes_of(answer.body), &card, f));
    bool pinned = false;
    for (size_t i = 0; i < card->pin_count; i++)
        pinned = pinned || memcmp(card->pins[i], seen, HASH_LEN) == 0;
    if (!pinned)
        return fail_set(f, E_UNVERIFIED, "the card at %s does not pin the key that the server there used",
                        url);
    return cards_take(n, bytes_of(answer.body), false, local, domain, f);
}

struct change {
    struct node *n;
    const char *domain;
    enum card_state state;
    uint8_t digest[HASH_LEN];
    bool enter;
};

static enum err write_state(struct db *db, void *ctx, struct fail *f)
{
    struct change *c = ctx;
    uint64_t now_ms = c->n->now_ms();
    TRY(store_card_set_state(db, c->domain, c->state, c->state == CARD_CONFIRMED ? now_ms : 0, f));
    TRY(quarantine_settle(c->n, db, c->domain, c->state == CARD_CONFIRMED, f));
    if (c->state != CARD_CONFIRMED)
        return OK;
    struct journal_event e = { .kind = KIND_CARD, .organisation = c->domain, .digest = c->digest };
    TRY(journal_enter(c->n, db, &e, NULL, f));
    return tell(c->n, db, c->domain, f);
}

enum err cards_set_state(struct node *n, const char *domain, const char *state, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    struct change c = { .n = n, .domain = domain, .state = CARD_UNCONFIRMED };
    while (c.state < CARD_STATE_COUNT && strcmp(card_state_name(c.state), state) != 0)
        c.state++;
    if (c.state != CARD_CONFIRMED && c.state != CARD_SUSPENDED)
        return fail_set(f, E_USAGE, "a partner is made confirmed or suspended, not '%.20s'", state);
    TRY(cards_get(n, domain, &ref, f));
    if (ref.state == CARD_OWN)
        return fail_set(f, E_CONFLICT, "%s is this node's own organisation", domain);
    if (ref.state == c.state)
        return OK;
    memcpy(c.digest, ref.card->digest, HASH_LEN);
    TRY(writer_run(n->writer, write_state, &c, f));
    forget(n->cards, domain);
    outbox_kick(n->outbox, domain);
    cosigners_changed(n->cosigners);
    return c.state == CARD_CONFIRMED ? acts_resume(n, f) : OK;
}
