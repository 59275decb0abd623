/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/words.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/compartment.h"
#include "exchange/guests.h"
#include "exchange/hidden.h"
#include "exchange/publisher.h"
#include "exchange/telling.h"
#include "ledger/possession.h"
#include "store/item.h"
#include "store/person.h"
#include "store/store.h"
#include "store/writer.h"

#define ENROLMENT_MS 3600000
#define SECRET_LEN   32
#define ENROL_AGE_MS 600000

static enum err own_person(const struct node *n, const char *person, struct fail *f)
{
    if (!name_is_person(person))
        return fail_set(f, E_USAGE, "'%.80s' is not a person: local@domain in lower case", person);
    if (strcmp(name_domain_of(person), n->conf.domain) == 0)
        return OK;
    AUTO(store_read_endp) struct db *db = NULL;
    char via[DOMAIN_MAX + 1];
    TRY(store_read_begin(n->store, &db, f));
    TRY(guests_via(db, person, via, f));
    if (strcmp(via, n->conf.domain) != 0)
        return fail_set(f, E_REFUSED, "%s is not of %s: only its own organisation keeps a person", person,
                        n->conf.domain);
    return OK;
}

/* A new one may be a guest: of a client that has no card here; and he reads, no more. */
static enum err check_guest(struct node *n, const char *person, unsigned roles, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    if (!name_is_person(person))
        return fail_set(f, E_USAGE, "'%.80s' is not a person: local@domain in lower case", person);
    if (strcmp(name_domain_of(person), n->conf.domain) == 0)
        return OK;
    TRY(store_read_begin(n->store, &db, f));
    struct fail why = { 0 };
    if (guests_vouched(db, n->conf.domain, person, NULL, &why) != OK) {
        fail_set(f, why.code == E_UNAUTHENTICATED ? E_REFUSED : why.code, "%s", why.what);
        if (f)
            f->reason = why.reason;
        return f ? f->code : E_REFUSED;
    }
    if (roles & ~(unsigned)ROLE_READER)
        return fail_why(f, REASON_NOT_ROLE, "%s is a guest: guests are readers", person);
    return OK;
}

/* Adding ------------------------------------------------------------------------------------------------- */

struct adding {
    struct node *n;
    const char *person, *clearance;
    char roles[64];
    bool with_roles;
    uint8_t secret_sha[HASH_LEN];
};

static enum err add_row(struct db *db, const struct adding *a, struct fail *f)
{
    AUTO(store_person_clear) struct person_row was = { 0 };
    enum err e = store_person_get(db, a->person, &was, f);
    if (store_missing(e, f)) {
        if (!a->with_roles)
            return fail_set(f, E_USAGE, "%s is new: give his roles with --role", a->person);
        struct person_row row = { .id = a->person,
                                  .domain = name_domain_of(a->person),
                                  .state = PERSON_ACTIVE,
                                  .roles = "",
                                  .pending_roles = a->roles,
                                  .clearance = a->clearance ? a->clearance : "",
                                  .added_ms = a->n->now_ms() };
        TRY(store_person_add(db, &row, f));
        return guests_note(db, a->person, a->n->conf.domain, f);
    }
    TRY(e);
    if (was.state != PERSON_ACTIVE)
        return fail_why(f, REASON_SUSPENDED_PERSON, "%s is suspended", a->person);
    return a->with_roles ? store_person_set_roles(db, a->person, was.roles, a->roles, f) : OK;
}

static enum err write_add(struct db *db, void *ctx, struct fail *f)
{
    struct adding *a = ctx;
    TRY(add_row(db, a, f));
    return store_enrolment_add(db, a->secret_sha, a->person, a->n->now_ms() + ENROLMENT_MS, f);
}

static enum err enrol_url(struct node *n, const uint8_t secret[static SECRET_LEN], char **out, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    AUTO(buf_freep) struct buf *url = buf_new_secret(2048);
    TRY(cards_get(n, n->conf.domain, &own, f));
    buf_printf(url, "%s/enrol#", n->conf.url);
    b64_put(url, B64_URL, BYTES(secret, SECRET_LEN));
    buf_put_u8(url, '.');
    b64_put(url, B64_URL, BYTES(own.card->card_key_sha, HASH_LEN));
    TRY(buf_check(url, "enrolment URL", f));
    *out = buf_steal_text(url);
    return OK;
}

static enum err check_compartment(struct node *n, const char *person, const char *one, struct fail *f)
{
    AUTO(str_freep) char *full = NULL;
    (void)person;
    return compartment_full(n, one, &full, f);
}

static enum err read_in(struct node *n, const char *person, const char *one, struct fail *f)
{
    return people_read_in(n, person, one, 0, f);
}

static enum err each_compartment(struct node *n, const char *person, const char *list,
                                 enum err (*run)(struct node *, const char *, const char *, struct fail *),
                                 struct fail *f)
{
    AUTO(str_freep) char *text = str_dup(list);
    char *rest = text;
    for (char *one = strsep(&rest, ","); list && one; one = strsep(&rest, ","))
        TRY(run(n, person, one, f));
    return OK;
}

enum err people_check_compartments(struct node *n, const char *list, struct fail *f)
{
    return each_compartment(n, NULL, list, check_compartment, f);
}

enum err people_read_in_list(struct node *n, const char *person, const char *list, struct fail *f)
{
    return each_compartment(n, person, list, read_in, f);
}

enum err people_add(struct node *n, const char *person, const char *roles, const char *clearance,
                    const char *compartments, char **enrol, struct fail *f)
{
    struct adding a = { .n = n, .person = person, .clearance = clearance };
    uint8_t secret[SECRET_LEN];
    unsigned bits = 0;
    if (roles)
        TRY(auth_roles_read(roles, &bits, f));
    TRY(check_guest(n, person, bits, f));
    TRY(people_check_compartments(n, compartments, f));
    if (roles) {
        if (bits == 0)
            return fail_set(f, E_USAGE, "%s needs a role", person);
        /* reader needs no confirmation; beside auditor it has to be said: an auditor alone reads no content */
        auth_roles_print(bits & ROLE_AUDITOR ? bits : bits & ~(unsigned)ROLE_READER, a.roles);
        a.with_roles = true;
    }
    random_bytes(secret, sizeof secret);
    hash_sha256(BYTES(secret, sizeof secret), a.secret_sha);
    enum err e = writer_run(n->writer, write_add, &a, f);
    if (e == OK)
        e = people_read_in_list(n, person, compartments, f);
    if (e == OK)
        e = enrol_url(n, secret, enrol, f);
    wipe(secret, sizeof secret);
    return e;
}

/* Enrolling ---------------------------------------------------------------------------------------------- */

struct enrolling {
    struct node *n;
    uint8_t secret_sha[HASH_LEN];
    char *person;
    char thumbprint[THUMBPRINT_SIZE];
    char *jwk, *proof;           /* proof: ""; or what partners are shown */
    char roles[64], pending[64]; /* of the new key: what it may at once, and what waits for its words */
    bool used;
    struct telling telling;
};

/* The secret, whose it is, what is active at once: `reader`. Rolled back if the key can't be taken. */
static enum err take_secret(struct db *db, struct enrolling *e, struct fail *f)
{
    struct fail why = { 0 };
    enum err err = store_enrolment_take(db, e->secret_sha, e->n->now_ms(), &e->person, &why);
    e->used = why.reason == REASON_USED;
    if (err == E_NOT_FOUND)
        return fail_why(f, REASON_TOKEN, "this enrolment is unknown: ask the admin for a new one");
    if (why.reason == REASON_USED)
        return fail_why(f, REASON_USED, "this enrolment was used before; the admin is told");
    return err == OK ? OK
                     : fail_why(f, REASON_TOKEN, "this enrolment has run out: ask the admin for a new one");
}

/* Everybody is a reader, but who is an auditor and nothing else: he sees what was done, and no content. */
static unsigned at_once(unsigned wanted)
{
    return wanted == ROLE_AUDITOR ? 0 : ROLE_READER;
}

/* What he is stays. His new key reads until its words are confirmed, whatever his others may: who catches the URL on its way has no more. */
static enum err split_roles(struct db *db, struct enrolling *e, struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned active, pending;
    char is[64], waits[64];
    TRY(store_person_get(db, e->person, &row, f));
    if (row.state != PERSON_ACTIVE)
        return fail_why(f, REASON_SUSPENDED_PERSON, "%s is suspended", e->person);
    TRY(auth_roles_read(row.roles, &active, f));
    TRY(auth_roles_read(row.pending_roles, &pending, f));
    unsigned wanted = pending | active;
    unsigned his = active | at_once(wanted), its = his & (unsigned)ROLE_READER;
    auth_roles_print(his, is);
    auth_roles_print(wanted & ~his, waits);
    auth_roles_print(its, e->roles);
    auth_roles_print(wanted & ~its, e->pending);
    return store_person_set_roles(db, e->person, is, waits, f);
}

static enum err judge_proof(const struct enrolling *e, const struct possession *proof, struct fail *f)
{
    const char *domain = e->n->conf.domain;
    uint64_t now_ms = e->n->now_ms(), at_ms = proof->at_ms;
    if (!same(proof->secret_sha, e->secret_sha, HASH_LEN))
        return fail_why(f, REASON_PROOF, "the enrolment proof is for another secret");
    if (*proof->aud && strcmp(proof->aud, domain) != 0)
        return fail_why(f, REASON_PROOF, "the enrolment proof was made for %s, not for %s", proof->aud,
                        domain);
    if (at_ms > now_ms + ENROL_AGE_MS || at_ms + ENROL_AGE_MS < now_ms)
        return fail_why(f, REASON_PROOF, "the enrolment proof is not from the last minutes: check the clock");
    return OK;
}

/* What the client sent: the secret, and proof that it holds the key. */
static enum err read_enrolment(const json_t *body, struct enrolling *e, struct key **key, struct fail *f)
{
    const char *secret_text, *proof_text;
    uint8_t secret[SECRET_LEN];
    AUTO(possession_clear) struct possession proof = { 0 };
    TRY(json_need_str(body, "secret", "enrolment", &secret_text, f));
    TRY(json_need_str(body, "proof", "enrolment", &proof_text, f));
    if (!b64_read_exact(B64_URL, bytes_str(secret_text), secret, sizeof secret))
        return fail_set(f, E_INVALID, "enrolment: the secret is not 32 bytes of base64url");
    hash_sha256(BYTES(secret, sizeof secret), e->secret_sha);
    wipe(secret, sizeof secret);
    TRY(possession_read(bytes_str(proof_text), &proof, f));
    TRY(judge_proof(e, &proof, f));
    memcpy(e->thumbprint, proof.thumbprint, sizeof e->thumbprint);
    AUTO(json_freep) json_t *clean = key_jwk(proof.key);
    e->jwk = json_text(clean);
    e->proof =
        str_dup(*proof.aud ? proof_text : ""); /* one that any home could show proves nothing to partners */
    *key = proof.key;
    proof.key = NULL;
    return OK;
}

static json_t *roles_list(const char *roles)
{
    json_t *list = json_array();
    while (*roles) {
        size_t n = strcspn(roles, ",");
        json_array_append_new(list, json_stringn(roles, n));
        roles += n + (roles[n] == ',');
    }
    return list;
}

static json_t *key_body(const struct device_row *device, const char *roles)
{
    json_t *body = json_object();
    json_set_str(body, "person", device->person);
    json_set_str(body, "thumbprint", device->thumbprint);
    json_set_take(body, "jwk", json_loads(device->jwk, JSON_REJECT_DUPLICATES, NULL));
    if (*device->proof)
        json_set_str(body, "proof", device->proof);
    json_set_take(body, "roles", roles_list(roles));
    json_set_str(body, "state", device_state_name(device->state));
    return body;
}

static void key_words(const struct key *key, char out[static WORDS_SIZE])
{
    uint8_t sha[HASH_LEN];
    struct buf spki;
    buf_init(&spki, 512);
    if (key_write_spki(key, &spki, NULL) != OK)
        BUG("a P-256 key without SPKI");
    hash_sha256(bytes_of(&spki), sha);
    buf_clear(&spki);
    words_print(sha, out);
}

static enum err write_enrol(struct db *db, void *ctx, struct fail *f)
{
    struct enrolling *e = ctx;
    TRY(take_secret(db, e, f));
    TRY(split_roles(db, e, f));
    /* signed inside the transaction: whose key it is, is known only here, and enrolments are few */
    struct device_row device = { .thumbprint = e->thumbprint,
                                 .person = e->person,
                                 .jwk = e->jwk,
                                 .proof = e->proof,
                                 .state = DEVICE_ACTIVE,
                                 .enrolled_ms = e->n->now_ms() };
    e->telling = (struct telling){ .kind = "person-key", .entry = KIND_PERSON_KEY, .person = e->person };
    TRY(telling_make(e->n, &e->telling, key_body(&device, e->roles), f));
    TRY(telling_write(e->n, db, &e->telling, f));
    device.generation = e->telling.at.generation;
    device.idx = e->telling.at.index;
    if (store_device_add(db, &device, f) == E_CONFLICT)
        return fail_set(f, E_CONFLICT, "this key serves a person already: make a new one");
    return OK;
}

static enum err write_alert(struct db *db, void *ctx, struct fail *f)
{
    struct enrolling *e = ctx;
    json_t *about = json_object();
    json_set_str(about, "what", "an enrolment was used twice");
    json_set_str(about, "person", e->person);
    return acts_notify(db, "alert", "admin", e->n->conf.domain, e->n->now_ms(), 0, "", about, f);
}

static void enrolling_clear(struct enrolling *e)
{
    telling_clear(&e->telling);
    free(e->person);
    free(e->jwk);
    free(e->proof);
}

static enum err enrol_answer(struct node *n, const struct enrolling *e, const struct key *key, json_t **out,
                             struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    char words[WORDS_SIZE];
    TRY(cards_get(n, n->conf.domain, &own, f));
    key_words(key, words);
    json_t *answer = json_object();
    json_set_str(answer, "person", e->person);
    json_set_str(answer, "domain", n->conf.domain);
    json_set_take(answer, "roles", roles_list(e->roles));
    json_set_take(answer, "pending", roles_list(e->pending));
    json_set_str(answer, "check", words);
    json_set_str(answer, "card", own.card->jose->text);
    *out = answer;
    return OK;
}

enum err people_enrol(struct node *n, const json_t *body, json_t **out, struct fail *f)
{
    AUTO(enrolling_clear) struct enrolling e = { .n = n };
    AUTO(key_freep) struct key *key = NULL;
    TRY(read_enrolment(body, &e, &key, f));
    enum err err = writer_run(n->writer, write_enrol, &e, f);
    if (err != OK) {
        if (e.used && writer_run(n->writer, write_alert, &e, NULL) != OK)
            fail_context(f, "the admin could not be told");
        return err;
    }
    TRY(publisher_wait(n->publisher, e.telling.at.index, f));
    return enrol_answer(n, &e, key, out, f);
}

/* Confirming, suspending --------------------------------------------------------------------------------- */

struct changing {
    struct node *n;
    const char *person, *thumbprint, *words;
    struct device_row matched; /* the device whose words were read */
    enum person_state state;
    char roles[64];
    struct telling telling;
};

static void changing_clear(struct changing *c)
{
    telling_clear(&c->telling);
    store_device_clear(&c->matched);
}

static enum err match_device(const struct device_row *row, void *ctx, struct fail *f)
{
    struct changing *c = ctx;
    AUTO(json_freep) json_t *jwk = NULL;
    AUTO(key_freep) struct key *key = NULL;
    AUTO(buf_freep) struct buf *spki = buf_new(512);
    uint8_t sha[HASH_LEN];
    if (row->state != DEVICE_ACTIVE || c->matched.thumbprint)
        return OK;
    TRY(json_read(bytes_str(row->jwk), JOSE_MAX_SMALL, "stored key", &jwk, f));
    TRY(key_read_jwk(jwk, false, &key, f));
    TRY(key_write_spki(key, spki, f));
    hash_sha256(bytes_of(spki), sha);
    if (words_match(c->words, sha))
        store_device_copy(row, &c->matched);
    return OK;
}

static enum err write_confirm(struct db *db, void *ctx, struct fail *f)
{
    struct changing *c = ctx;
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned active, pending;
    TRY(store_person_get(db, c->person, &row, f));
    TRY(store_device_list(db, c->person, match_device, c, f));
    if (!c->matched.thumbprint)
        return fail_set(f, E_REFUSED,
                        "these are not the words of a key of %s: somebody else may have enrolled", c->person);
    TRY(auth_roles_read(row.roles, &active, f));
    TRY(auth_roles_read(row.pending_roles, &pending, f));
    auth_roles_print(active | pending | at_once(active | pending), c->roles);
    TRY(store_person_set_roles(db, c->person, c->roles, "", f));
    c->telling = (struct telling){ .kind = "person-key", .entry = KIND_PERSON_KEY, .person = c->person };
    TRY(telling_make(c->n, &c->telling, key_body(&c->matched, c->roles), f));
    TRY(telling_write(c->n, db, &c->telling, f));
    /* the sealer is shown this entry: it names the roles */
    return store_device_confirm(db, c->matched.thumbprint, c->n->now_ms(), c->telling.at.generation,
                                c->telling.at.index, f);
}

static enum err change(struct node *n, struct changing *c, writer_job job, struct fail *f)
{
    enum err e = writer_run(n->writer, job, c, f);
    if (e == E_NOT_FOUND) {
        fail_clear(f);
        return fail_set(f, E_NOT_FOUND, "no person or device like this: %s", c->person);
    }
    TRY(e);
    return publisher_wait(n->publisher, c->telling.at.index, f);
}

enum err people_confirm(struct node *n, const char *person, const char *words, struct fail *f)
{
    AUTO(changing_clear) struct changing c = { .n = n, .person = person, .words = words };
    TRY(own_person(n, person, f));
    return change(n, &c, write_confirm, f);
}

static enum err write_device_state(struct db *db, void *ctx, struct fail *f)
{
    struct changing *c = ctx;
    AUTO(store_device_clear) struct device_row device = { 0 };
    AUTO(store_person_clear) struct person_row person = { 0 };
    TRY(store_device_get(db, c->thumbprint, &device, f));
    TRY(store_person_get(db, c->person, &person, f));
    if (strcmp(device.person, c->person) != 0)
        return fail_set(f, E_NOT_FOUND, "this device is not one of %s", c->person);
    TRY(store_device_set_state(db, c->thumbprint, DEVICE_REVOKED, f));
    atomic_fetch_add(&c->n->taken_back, 1);
    c->telling = (struct telling){
        .kind = "person-key", .entry = KIND_PERSON_KEY, .person = c->person, .reason = "revoked"
    };
    device.state = DEVICE_REVOKED;
    TRY(telling_make(c->n, &c->telling, key_body(&device, person.roles), f));
    return telling_write(c->n, db, &c->telling, f);
}

static enum err write_person_state(struct db *db, void *ctx, struct fail *f)
{
    struct changing *c = ctx;
    AUTO(store_person_clear) struct person_row row = { 0 };
    TRY(store_person_get(db, c->person, &row, f));
    TRY(store_person_set_state(db, c->person, c->state, f));
    atomic_fetch_add(&c->n->taken_back, 1);
    json_t *body = json_object();
    json_set_str(body, "person", c->person);
    json_set_str(body, "state", person_state_name(c->state));
    json_set_take(body, "roles", roles_list(row.roles));
    c->telling = (struct telling){ .kind = "person-state",
                                   .entry = KIND_PERSON_KEY,
                                   .person = c->person,
                                   .reason = person_state_name(c->state) };
    TRY(telling_make(c->n, &c->telling, body, f));
    return telling_write(c->n, db, &c->telling, f);
}

enum err people_suspend(struct node *n, const char *person, const char *thumbprint, struct fail *f)
{
    AUTO(changing_clear)
    struct changing c = { .n = n, .person = person, .thumbprint = thumbprint, .state = PERSON_SUSPENDED };
    TRY(own_person(n, person, f));
    return change(n, &c, thumbprint ? write_device_state : write_person_state, f);
}

enum err people_resume(struct node *n, const char *person, struct fail *f)
{
    AUTO(changing_clear) struct changing c = { .n = n, .person = person, .state = PERSON_ACTIVE };
    TRY(own_person(n, person, f));
    return change(n, &c, write_person_state, f);
}

/* Reading in --------------------------------------------------------------------------------------------- */

struct reading_in {
    struct node *n;
    struct read_in_row row;
    struct telling telling;
};

static enum err write_read_in(struct db *db, void *ctx, struct fail *f)
{
    struct reading_in *r = ctx;
    TRY(store_read_in_put(db, &r->row, f));
    TRY(hidden_owe(db, r->row.person, r->row.from_ms, f));
    return telling_write(r->n, db, &r->telling, f);
}

/* Somebody of ours who is nobody is a slip of the pen; whom a partner's name means is the partner's matter. */
static enum err check_reader(struct node *n, const char *person, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_person_clear) struct person_row row = { 0 };
    if (strcmp(name_domain_of(person), n->conf.domain) != 0)
        return OK;
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_person_get(db, person, &row, f);
    return store_missing(e, f) ? fail_set(f, E_NOT_FOUND, "nobody here is %s: `orcon person add`", person)
                               : e;
}

enum err people_read_in(struct node *n, const char *person, const char *compartment, uint64_t until_ms,
                        struct fail *f)
{
    AUTO(str_freep) char *full = NULL;
    char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE] = "";
    uint64_t now_ms = n->now_ms();
    if (!name_is_person(person))
        return fail_set(f, E_USAGE, "'%.80s' is not a person: local@domain in lower case", person);
    TRY(compartment_full(n, compartment, &full, f));
    TRY(check_reader(n, person, f));
    time_print(now_ms, from);
    if (until_ms)
        time_print(until_ms, until);
    json_t *body = json_object();
    json_set_str(body, "person", person);
    json_set_str(body, "compartment", full);
    json_set_str(body, "from", from);
    json_set_str(body, "until", until);
    struct reading_in r = {
        .n = n,
        .row = { .person = person, .compartment = full, .from_ms = now_ms, .until_ms = until_ms },
        .telling = { .kind = "read-in", .entry = KIND_READ_IN, .person = person, .reason = full }
    };
    enum err e = telling_make(n, &r.telling, body, f);
    if (e == OK)
        e = writer_run(n->writer, write_read_in, &r, f);
    if (e == OK)
        e = publisher_wait(n->publisher, r.telling.at.index, f);
    telling_clear(&r.telling);
    return e == OK ? acts_resume(n, f) : e;
}
