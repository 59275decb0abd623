/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/own_card.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "exchange/cards.h"
#include "exchange/earlier.h"
#include "exchange/node_internal.h"
#include "exchange/turn.h"
#include "ledger/note.h"
#include "ledger/statement.h"
#include "store/store.h"

#define KEYS_IN_CARD 64
#define LATE_S       60  /* what was under way when a key was replaced */
#define TOKEN_S      330 /* the life of an access token, and the skew of clocks */
#define ENDED_S      86400

/* What partners see in the card's keys[]; the others stand elsewhere in it, or nowhere. */
static const enum key_use listed[] = { USE_CARD, USE_STATEMENT, USE_TOKEN, USE_KAS };

struct making {
    struct node *n;
    const struct own_change *change;
    const struct card *last; /* NULL: the first card */
    uint64_t now_s;
    struct card_key keys[KEYS_IN_CARD];
    size_t count;
    size_t in_use; /* the first ones; theirs is ${key}, that of the others is ${last}'s */
    uint8_t pins[2][HASH_LEN];
    size_t pin_count;
    char logs[TURN_GENERATIONS_MAX][NOTE_VKEY_SIZE];
    const char *log_list[TURN_GENERATIONS_MAX];
    size_t log_count;
};

enum err own_card_pin(struct node *n, const char *name, uint8_t pin[static HASH_LEN], struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, name);
    AUTO(buf_freep) struct buf *pem = buf_new_secret(4096);
    AUTO(buf_freep) struct buf *spki = buf_new(512);
    AUTO(key_freep) struct key *key = NULL;
    TRY(file_read(path, pem, f));
    TRY(key_read_pem(bytes_of(pem), &key, f));
    TRY(key_write_spki(key, spki, f));
    hash_sha256(bytes_of(spki), pin);
    return OK;
}

/* Who knows the next key of the listener need not look twice when it comes; who missed the change finds the old one. */
static enum err put_pins(struct making *m, struct fail *f)
{
    AUTO(str_freep) char *next = node_path(m->n, HOME_TLS_NEXT);
    TRY(own_card_pin(m->n, HOME_TLS, m->pins[0], f));
    m->pin_count = 1;
    if (file_exists(next))
        TRY(own_card_pin(m->n, HOME_TLS_NEXT, m->pins[m->pin_count++], f));
    else if (m->last && memcmp(m->last->pins[0], m->pins[0], HASH_LEN) != 0)
        memcpy(m->pins[m->pin_count++], m->last->pins[0], HASH_LEN);
    return OK;
}

/* Loading a key again is how the keeper tells its public half. */
enum err own_card_public(struct node *n, enum key_use use, struct buf *public, struct fail *f)
{
    AUTO(str_freep) char *name = node_key_name(use);
    AUTO(str_freep) char *path = node_path(n, name);
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    TRY(file_read(path, sealed, f));
    return keeper_load(n->keeper, use, bytes_of(sealed), public, f);
}

static enum err vkey_of(struct node *n, enum key_use use, struct bytes public,
                        char text[static NOTE_VKEY_SIZE], struct fail *f)
{
    AUTO(str_freep) char *name = str_format("%s/%s", n->conf.domain, keeper_use_name(use));
    struct note_key key;
    if (public.len != sizeof key.pk)
        return fail_set(f, E_INTERNAL, "a %s key of %zu bytes", keeper_use_name(use), public.len);
    TRY(note_key_make(name, NOTE_COSIGNATURE, public.data, &key, f));
    note_key_print(&key, text);
    return OK;
}

static bool changes(const struct making *m, enum key_use use)
{
    return m->change && m->change->rotates && m->change->use == use;
}

static enum err own_vkey(const struct making *m, enum key_use use, char text[static NOTE_VKEY_SIZE],
                         struct fail *f)
{
    AUTO(buf_freep) struct buf *public = buf_new(64);
    TRY(own_card_public(m->n, use, public, f));
    return vkey_of(m->n, use, changes(m, use) ? m->change->next : bytes_of(public), text, f);
}

/* As its genesis says. Of a generation that was lost, the card before is all that is here. */
static enum err log_vkey(const struct making *m, struct db *db, uint32_t generation,
                         char text[static NOTE_VKEY_SIZE], struct fail *f)
{
    struct entry_genesis genesis;
    struct note_key key;
    enum err e = earlier_genesis(db, generation, &genesis, f);
    const char *named = m->last ? json_string_value(json_array_get(m->last->logs, generation - 1)) : NULL;
    if (e == E_NOT_FOUND && named) {
        fail_clear(f);
        snprintf(text, NOTE_VKEY_SIZE, "%s", named);
        return OK;
    }
    TRY(e);
    TRY(note_key_make(genesis.origin, NOTE_ED25519, genesis.log_pk, &key, f));
    note_key_print(&key, text);
    return OK;
}

/* One a generation: a card never names fewer than the one before it. */
static enum err put_logs(struct making *m, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    size_t named = m->last ? json_array_size(m->last->logs) : 0,
           count = named > m->n->generation ? named : m->n->generation;
    TRY(store_read_begin(m->n->store, &db, f));
    for (; m->log_count < count && m->log_count < TURN_GENERATIONS_MAX; m->log_count++) {
        char *text = m->logs[m->log_count];
        TRY(log_vkey(m, db, (uint32_t)m->log_count + 1, text, f));
        m->log_list[m->log_count] = text;
    }
    return OK;
}

/* Keys --------------------------------------------------------------------------------------------------- */

static struct card_key *find(struct making *m, const char *use, const char *kid)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->keys[i].kid, kid) == 0 && (!use || strcmp(m->keys[i].use, use) == 0))
            return &m->keys[i];
    return NULL;
}

static enum err put_key(struct making *m, enum key_use use, struct bytes pem, struct fail *f)
{
    struct card_key *k = &m->keys[m->count];
    TRY(key_read_pem(pem, &k->key, f));
    m->in_use = ++m->count;
    TRY(key_thumbprint(k->key, k->kid, f));
    snprintf(k->use, sizeof k->use, "%s", keeper_use_name(use));
    const struct card_key *was = m->last ? card_key(m->last, k->use, k->kid) : NULL;
    k->nbf_s = was ? was->nbf_s : m->now_s;
    k->revoked_s =
        was ? was->revoked_s : 0; /* a home that was put back has old keys: none comes back to life */
    return OK;
}

static enum err put_in_use(struct making *m, struct fail *f)
{
    for (size_t i = 0; i < COUNT(listed); i++) {
        AUTO(buf_freep) struct buf *pem = buf_new(4096);
        bool follows = changes(m, listed[i]);
        TRY(own_card_public(m->n, listed[i], pem, f));
        if (!follows || listed[i] == USE_CARD)
            TRY(put_key(m, listed[i], bytes_of(pem), f));
        if (follows)
            TRY(put_key(m, listed[i], m->change->next, f));
    }
    return OK;
}

static void retire(const struct making *m, struct card_key *k)
{
    if (k->exp_s || k->revoked_s)
        return;
    if (strcmp(k->use, "card") == 0)
        k->revoked_s = m->now_s;
    else
        k->exp_s = m->now_s + (strcmp(k->use, "token") == 0 ? TOKEN_S : LATE_S);
}

/* What was signed stays to be checked, and what was sealed to be named. Of tokens nothing stays. */
static enum err put_former(struct making *m, struct fail *f)
{
    for (size_t i = 0; m->last && i < m->last->key_count; i++) {
        const struct card_key *was = &m->last->keys[i];
        bool over = strcmp(was->use, "token") == 0 && was->exp_s && was->exp_s + ENDED_S < m->now_s;
        if (over || find(m, was->use, was->kid))
            continue;
        if (m->count == KEYS_IN_CARD)
            return fail_set(f, E_TOO_LARGE, "a card has at most %d keys, those included that were replaced",
                            KEYS_IN_CARD);
        m->keys[m->count] = *was;
        retire(m, &m->keys[m->count++]);
    }
    return OK;
}

static enum err revoke(struct making *m, const char *kid, struct fail *f)
{
    struct card_key *k = find(m, NULL, kid);
    if (!k)
        return fail_set(f, E_NOT_FOUND, "the card of %s has no key %.60s: see `orcon key list`",
                        m->n->conf.domain, kid);
    if (k < m->keys + m->in_use)
        return fail_set(f, E_CONFLICT, "%s is the %s key in use: `orcon rotate %s` first", k->kid, k->use,
                        k->use);
    if (k->revoked_s)
        return fail_set(f, E_CONFLICT, "the %s key %s is revoked already", k->use, k->kid);
    k->revoked_s = m->now_s;
    return OK;
}

/* The card ----------------------------------------------------------------------------------------------- */

static enum err write_payload(struct making *m, const struct card_row *last, json_t **out, struct fail *f)
{
    char prev[44] = "", witness[NOTE_VKEY_SIZE], monitor[NOTE_VKEY_SIZE];
    TRY(put_pins(m, f));
    TRY(put_logs(m, f));
    TRY(own_vkey(m, USE_WITNESS, witness, f));
    TRY(own_vkey(m, USE_MONITOR, monitor, f));
    TRY(put_in_use(m, f));
    TRY(put_former(m, f));
    if (m->change && m->change->revoke)
        TRY(revoke(m, m->change->revoke, f));
    if (last->serial)
        statement_digest_text(last->digest, prev);
    struct card_making made = {
        .domain = m->n->conf.domain,
        .name = m->n->conf.name,
        .url = m->n->conf.url,
        .prev = prev,
        .serial = last->serial + 1,
        .pins = (const uint8_t(*)[HASH_LEN])m->pins,
        .pin_count = m->pin_count,
        .keys = m->keys,
        .key_count = m->count,
        .logs = m->log_list,
        .log_count = m->log_count,
        .witness = witness,
        .monitor = monitor,
    };
    return card_payload(&made, out, f);
}

enum err own_card_payload(struct node *n, const struct card_row *last, const struct own_change *change,
                          json_t **out, struct fail *f)
{
    AUTO(card_freep) struct card *before = NULL;
    if (last->serial)
        TRY(card_read(bytes_str(last->jws), &before, f));
    struct making *m = mem_new(sizeof *m);
    m->n = n;
    m->change = change;
    m->last = before;
    m->now_s = n->now_ms() / 1000;
    enum err e = write_payload(m, last, out, f);
    for (size_t i = 0; i < m->in_use; i++)
        key_free(m->keys[i].key);
    mem_freep(&m);
    return e;
}

enum err own_card_has(struct node *n, enum key_use use, struct bytes public, bool *has, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    TRY(cards_get(n, n->conf.domain, &own, f));
    if (use == USE_WITNESS || use == USE_MONITOR) {
        char text[NOTE_VKEY_SIZE];
        TRY(vkey_of(n, use, public, text, f));
        *has = strcmp(text, use == USE_WITNESS ? own.card->witness : own.card->monitor) == 0;
        return OK;
    }
    AUTO(key_freep) struct key *key = NULL;
    char kid[THUMBPRINT_SIZE];
    TRY(key_read_pem(public, &key, f));
    TRY(key_thumbprint(key, kid, f));
    const struct card_key *k = card_key(own.card, keeper_use_name(use), kid);
    *has = k && !k->revoked_s;
    return OK;
}

bool own_card_takes(struct node *n, const char *kid)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail ignored = { 0 };
    if (cards_get(n, n->conf.domain, &own, &ignored) != OK)
        return false;
    const struct card_key *k = card_key(own.card, "kas", kid);
    return k && !k->revoked_s && (k->exp_s == 0 || n->now_ms() / 1000 <= k->exp_s);
}
