/* SPDX-License-Identifier: Apache-2.0
 * exchange/people_view.c - people as others see them: the admin's list, and what partners tell and are told
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/words.h"
#include "crypto/key.h"
#include "exchange/acts.h"
#include "exchange/auth.h"
#include "exchange/guests.h"
#include "exchange/people.h"
#include "exchange/service.h"
#include "ledger/possession.h"
#include "store/item.h"
#include "store/person.h"
#include "store/statement.h"
#include "store/store.h"

/* The admin's list --------------------------------------------------------------------------------------- */

struct listing {
    struct node *n;
    struct db *db;
    json_t *into;
};

static enum err device_check(const char *jwk_text, char words[static WORDS_SIZE], struct fail *f)
{
    AUTO(json_freep) json_t *jwk = NULL;
    AUTO(key_freep) struct key *key = NULL;
    AUTO(buf_freep) struct buf *spki = buf_new(512);
    uint8_t sha[HASH_LEN];
    TRY(json_read(bytes_str(jwk_text), JOSE_MAX_SMALL, "stored key", &jwk, f));
    TRY(key_read_jwk(jwk, false, &key, f));
    TRY(key_write_spki(key, spki, f));
    hash_sha256(bytes_of(spki), sha);
    words_print(sha, words);
    return OK;
}

enum err people_device_row(const struct device_row *row, void *ctx, struct fail *f)
{
    json_t *device = json_object();
    char at[TIME_TEXT_SIZE], words[WORDS_SIZE];
    json_array_append_new(ctx, device);
    TRY(device_check(row->jwk, words, f));
    time_print(row->enrolled_ms, at);
    json_set_str(device, "thumbprint", row->thumbprint);
    json_set_str(device, "state", device_state_name(row->state));
    json_set_bool(device, "confirmed", row->confirmed_ms != 0);
    json_set_str(device, "check", words);
    json_set_str(device, "enrolled", at);
    return OK;
}

static enum err list_read_in(const struct read_in_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->compartment));
    return OK;
}

static json_t *names_list(const char *text)
{
    json_t *list = json_array();
    while (*text) {
        size_t n = strcspn(text, ",");
        json_array_append_new(list, json_stringn(text, n));
        text += n + (text[n] == ',');
    }
    return list;
}

static enum err list_person(const struct person_row *row, void *ctx, struct fail *f)
{
    struct listing *l = ctx;
    json_t *person = json_object(), *devices = json_array(), *read_in = json_array();
    json_array_append_new(l->into, person);
    json_set_str(person, "person", row->id);
    json_set_str(person, "state", person_state_name(row->state));
    json_set_take(person, "roles", names_list(row->roles));
    json_set_take(person, "pending", names_list(row->pending_roles));
    json_set_str(person, "clearance", row->clearance);
    json_set_take(person, "devices", devices);
    json_set_take(person, "read_in", read_in);
    bool service;
    TRY(service_is(l->db, row->id, &service, f));
    json_set_bool(person, "service", service);
    TRY(store_device_list(l->db, row->id, people_device_row, devices, f));
    return store_read_in_at(l->db, row->id, l->n->now_ms(), list_read_in, read_in, f);
}

enum err people_list(struct node *n, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *answer = json_object();
    json_t *people = json_array();
    json_set_take(answer, "people", people);
    TRY(store_read_begin(n->store, &db, f));
    struct listing l = { n, db, people };
    TRY(store_person_list(db, n->conf.domain, list_person, &l, f));
    TRY(store_guest_list(db, n->conf.domain, list_person, &l, f));
    *out = json_incref(answer);
    return OK;
}

enum err people_me(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_person_clear) struct person_row row = { 0 };
    AUTO(json_freep) json_t *me = json_object();
    json_t *compartments = json_array();
    char roles[64];
    json_set_str(me, "person", a->person);
    json_set_str(me, "domain", n->conf.domain);
    json_set_str(me, "url", n->conf.url);
    json_set_take(me, "compartments", compartments);
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_person_get(db, a->person, &row, f));
    auth_roles_print(a->roles, roles);
    json_set_take(me, "roles", names_list(roles));
    json_set_str(me, "clearance", row.clearance);
    TRY(store_read_in_at(db, a->person, n->now_ms(), list_read_in, compartments, f));
    *out = json_incref(me);
    return OK;
}

/* What a partner tells ----------------------------------------------------------------------------------- */

static enum err need_person(const struct statement *s, const char **person, struct fail *f)
{
    TRY(json_need_str(s->body, "person", s->kind, person, f));
    if (!name_is_person(*person))
        return fail_set(f, E_INVALID, "%s statement of %s: '%.80s' is not a person", s->kind, s->iss,
                        *person);
    return OK;
}

/* His own, or a guest of his. */
static enum err need_his(struct db *db, const struct statement *s, const char *person, struct fail *f)
{
    char via[DOMAIN_MAX + 1];
    TRY(guests_via(db, person, via, f));
    return strcmp(via, s->iss) == 0 ? OK : guests_vouched(db, s->iss, person, NULL, f);
}

/* ${bits}: roles that he has anyway. */
static enum err put_person(struct node *n, struct db *db, const char *person, const char *via,
                           enum person_state state, unsigned bits, const json_t *roles, struct fail *f)
{
    char text[64];
    for (size_t i = 0; i < json_array_size(roles); i++) {
        unsigned one = 0;
        const char *name = json_string_value(json_array_get(roles, i));
        if (!name)
            return fail_set(f, E_INVALID, "roles of %s are no list of names", person);
        TRY(auth_roles_read(name, &one, f));
        bits |= one;
    }
    /* a guest reads, whatever his host says */
    auth_roles_print(strcmp(name_domain_of(person), via) == 0 ? bits : bits & ROLE_READER, text);
    struct person_row row = { .id = person,
                              .domain = name_domain_of(person),
                              .state = state,
                              .roles = text,
                              .pending_roles = "",
                              .clearance = "",
                              .added_ms = n->now_ms() };
    TRY(store_person_put(db, &row, f));
    return guests_note(db, person, via, f);
}

/* What a home says of a key. */
struct claim {
    const struct statement *s;
    const char *person, *thumbprint;
    const char *proof; /* ""; or its own enrolment proof, checked */
    const json_t *jwk;
    bool active;
};

static enum err read_claim(const struct statement *s, struct claim *c, struct fail *f)
{
    const char *state;
    char real[THUMBPRINT_SIZE];
    AUTO(key_freep) struct key *key = NULL;
    TRY(json_need_str(s->body, "thumbprint", s->kind, &c->thumbprint, f));
    TRY(json_need_str(s->body, "state", s->kind, &state, f));
    TRY(json_need_object(s->body, "jwk", s->kind, &c->jwk, f));
    TRY(key_read_jwk(c->jwk, false, &key, f));
    TRY(key_thumbprint(key, real, f));
    c->active = strcmp(state, device_state_name(DEVICE_ACTIVE)) == 0;
    if (strcmp(real, c->thumbprint) != 0 ||
        (!c->active && strcmp(state, device_state_name(DEVICE_REVOKED)) != 0))
        return fail_set(f, E_INVALID, "person-key statement of %s: thumbprint or state is wrong", s->iss);
    if (!json_object_get(s->body, "proof")) /* of before there were any, or of who sends none */
        return OK;
    TRY(json_need_str(s->body, "proof", s->kind, &c->proof, f));
    return possession_check(bytes_str(c->proof), c->thumbprint, s->iss, f);
}

/* A name is said by anybody, a proof is made by who holds the key: who shows one has it from who only says so. He loses nothing
 * that he could use. Our own people have proved theirs here; whose of its own people's it is, a home knows without. */
static enum err outdo(struct node *n, struct db *db, const struct claim *c, const struct device_row *known,
                      struct fail *f)
{
    char via[DOMAIN_MAX + 1];
    TRY(guests_via(db, known->person, via, f));
    if (!*c->proof || *known->proof || strcmp(via, n->conf.domain) == 0 || strcmp(via, c->s->iss) == 0)
        return fail_why(f, REASON_KEY_TAKEN,
                        "person-key statement of %s: this key serves somebody else here%s", c->s->iss,
                        *c->proof ? "" : ", and comes without a proof");
    json_t *about = json_object();
    json_set_take(
        about, "what",
        json_sprintf("%s has proved that a key is %s's which %s had only named as %s's: it is taken from "
                     "the latter",
                     c->s->iss, c->person, via, known->person));
    json_set_str(about, "statement", c->s->id);
    log_event(LOG_WARN, "key-claimed", "iss=%s before=%s taken=yes statement=%s", c->s->iss, via, c->s->id);
    return acts_notify(db, "alert", "officer", c->s->iss, n->now_ms(), 0, c->thumbprint, about, f);
}

enum err people_taken_key(struct node *n, struct db *db, const struct statement *s, struct fail *f)
{
    AUTO(store_device_clear) struct device_row known = { 0 };
    const char *person, *thumbprint;
    char via[DOMAIN_MAX + 1];
    uint64_t open;
    TRY(need_person(s, &person, f));
    TRY(json_need_str(s->body, "thumbprint", s->kind, &thumbprint, f));
    TRY(store_device_get(db, thumbprint, &known, f));
    TRY(guests_via(db, known.person, via, f));
    TRY(store_item_open(db, thumbprint, "alert", &open, f));
    log_event(LOG_WARN, "key-claimed", "iss=%s before=%s taken=no statement=%s", s->iss, via, s->id);
    if (open > 0)
        return OK;
    bool proved = *known.proof || strcmp(via, n->conf.domain) == 0;
    json_t *about = json_object();
    json_set_take(about, "what",
                  json_sprintf("%s names a key as %s's which is %s's here: refused%s", s->iss, person,
                               known.person,
                               proved ? "" : "; neither shows a proof, which a new enrolment would"));
    json_set_str(about, "statement", s->id);
    return acts_notify(db, "alert", "officer", s->iss, n->now_ms(), 0, thumbprint, about, f);
}

static enum err put_key(struct db *db, const struct claim *c, struct device_row *known, bool fresh,
                        struct fail *f)
{
    AUTO(str_freep) char *text = json_text(c->jwk);
    struct device_row row = { .thumbprint = c->thumbprint,
                              .person = c->person,
                              .jwk = text,
                              .proof = c->proof,
                              .state = DEVICE_ACTIVE,
                              .enrolled_ms = c->s->at_ms };
    if (!known->thumbprint)
        return store_device_add(db, &row, f);
    if (fresh)
        return store_device_put(db, &row, f);
    if (!*c->proof || *known->proof)
        return OK;
    known->proof = c->proof;
    return store_device_put(db, known, f);
}

static enum err take_key(struct node *n, struct db *db, const struct statement *s, struct fail *f)
{
    struct claim c = { .s = s, .proof = "" };
    AUTO(store_device_clear) struct device_row known = { 0 };
    AUTO(store_person_clear) struct person_row was = { 0 };
    unsigned bits = 0;
    TRY(need_person(s, &c.person, f));
    TRY(need_his(db, s, c.person, f));
    TRY(read_claim(s, &c, f));
    if (c.active)
        TRY(guests_vouched(db, s->iss, c.person, NULL, f)); /* ending a key needs no leave, a new one does */
    enum err e = store_device_get(db, c.thumbprint, &known, f);
    if (!store_missing(e, f))
        TRY(e);
    bool other = known.thumbprint && strcmp(known.person, c.person) != 0;
    bool fresh = !known.thumbprint || other;
    if (other)
        TRY(outdo(n, db, &c, &known, f));
    e = store_person_get(db, c.person, &was, f);
    if (!store_missing(e, f))
        TRY(e);
    if (fresh && was.roles) /* one more key, which is not confirmed yet, takes nothing from him */
        TRY(auth_roles_read(was.roles, &bits, f));
    TRY(put_person(n, db, c.person, s->iss,
                   was.roles && was.state == PERSON_SUSPENDED ? was.state : PERSON_ACTIVE, bits,
                   json_object_get(s->body, "roles"), f));
    TRY(put_key(db, &c, &known, fresh, f));
    /* revoked is for good */
    return c.active ? OK : store_device_set_state(db, c.thumbprint, DEVICE_REVOKED, f);
}

static enum err take_state(struct node *n, struct db *db, const struct statement *s, struct fail *f)
{
    const char *person, *state;
    TRY(need_person(s, &person, f));
    TRY(need_his(db, s, person, f));
    TRY(json_need_str(s->body, "state", s->kind, &state, f));
    bool active = strcmp(state, person_state_name(PERSON_ACTIVE)) == 0;
    if (!active && strcmp(state, person_state_name(PERSON_SUSPENDED)) != 0)
        return fail_set(f, E_INVALID, "person-state statement of %s: unknown state '%.20s'", s->iss, state);
    return put_person(n, db, person, s->iss, active ? PERSON_ACTIVE : PERSON_SUSPENDED, 0,
                      json_object_get(s->body, "roles"), f);
}

static enum err take_read_in(struct node *n, struct db *db, const struct statement *s, struct fail *f)
{
    const char *person, *compartment, *from, *until;
    struct read_in_row row = { 0 };
    size_t len = strlen(s->iss);
    (void)n;
    TRY(need_person(s, &person, f));
    TRY(json_need_str(s->body, "compartment", s->kind, &compartment, f));
    TRY(json_need_str(s->body, "from", s->kind, &from, f));
    TRY(json_need_str(s->body, "until", s->kind, &until, f));
    if (!name_is_compartment(compartment) || strncmp(compartment, s->iss, len) != 0 ||
        compartment[len] != '/')
        return fail_why(f, REASON_NOT_ORIGINATOR, "%s reads nobody in to '%.80s'", s->iss, compartment);
    row.person = person;
    row.compartment = compartment;
    if (!time_read(from, &row.from_ms) || (*until && !time_read(until, &row.until_ms)))
        return fail_set(f, E_INVALID, "read-in statement of %s: no times", s->iss);
    return store_read_in_put(db, &row, f);
}

enum err people_take(struct node *n, struct db *db, const struct statement *s, struct fail *f)
{
    static const struct {
        const char *kind;
        enum err (*take)(struct node *, struct db *, const struct statement *, struct fail *);
    } rows[] = { { "person-key", take_key }, { "person-state", take_state }, { "read-in", take_read_in } };
    atomic_fetch_add(&n->taken_back, 1); /* it may end a key, suspend a person, or end a read-in */
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].kind, s->kind) == 0)
            return rows[i].take(n, db, s, f);
    return fail_set(f, E_INVALID, "'%.20s' is no statement about people", s->kind);
}

/* What a new partner is told ----------------------------------------------------------------------------- */

struct queueing {
    struct node *n;
    struct db *db;
    const char *partner;
    const char *person; /* NULL: of all */
};

static enum err names_person(const struct statement_row *row, const char *person, bool *is, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    const char *about;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    TRY(json_need_str(s->body, "person", s->kind, &about, f));
    *is = strcmp(about, person) == 0;
    return OK;
}

/* Statements about people were made for whoever was a partner then; the newcomer gets the same bytes, in the
 * same order. */
static enum err queue_old(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct queueing *q = ctx;
    bool wanted = row->direction == STATEMENT_MADE;
    if (wanted && q->person)
        TRY(names_person(row, q->person, &wanted, f));
    if (!wanted)
        return OK;
    struct outbox_row out = { .partner = q->partner,
                              .iss = row->iss,
                              .statement = row->id,
                              .route = OUTBOX_STATEMENTS,
                              .generation = q->n->generation,
                              .idx = 0,
                              .state = OUTBOX_QUEUED,
                              .queued_ms = q->n->now_ms() };
    return store_outbox_put(q->db, &out, f);
}

enum err people_tell_of(struct node *n, struct db *db, const char *partner, const char *person,
                        struct fail *f)
{
    struct queueing q = { n, db, partner, person };
    return name_is_person(person) ? store_statement_list_kind(db, "person-key", 0, 1000000, queue_old, &q, f)
                                  : OK;
}

enum err people_tell(struct node *n, struct db *db, const char *partner, struct fail *f)
{
    static const char *const kinds[] = { "person-key", "person-state", "read-in" };
    struct queueing q = { n, db, partner, NULL };
    for (size_t i = 0; i < COUNT(kinds); i++)
        TRY(store_statement_list_kind(db, kinds[i], 0, 1000000, queue_old, &q, f));
    return OK;
}
