/* SPDX-License-Identifier: Apache-2.0 - where an act names a second person, no master is opened before he agreed to just
 * that act, whatever the network process says */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "ledger/statement.h"
#include "tap.h"
#include "world.h"

#define HOLDER "birch.example"

static struct world *w;
static struct person *amy, *olga, *ruth, *zoe; /* author, officer, reader, and nobody */
static struct person *bob;                     /* officer of birch, whose key we know */

enum twist {
    NOTHING,
    NOT_NAMED,    /* the act names nobody, and somebody agreed */
    NOT_SHOWN,    /* the act names somebody, and nobody agreed */
    NULL_NAMED,   /* the act says that the second person is null */
    SELF,         /* the act names its maker */
    OTHER_PERSON, /* somebody else agreed than is named */
    OTHER_KEY,    /* signed by a key that was not enrolled */
    OTHER_KIND,   /* an act of his, of another kind */
    OTHER_ACT,    /* about another act's id */
    OTHER_DIGEST, /* about other content under that id */
    REFUSES,      /* he said no */
    NO_STATE,
    NOT_ENTERED, /* his key's event is another's */
};

struct row {
    const char *name;
    bool grant;
    struct person *const *second;
    enum twist twist;
    enum err want;
};

static const struct row rows[] = {
    { "a share, with an officer", false, &olga, NOTHING, OK },
    { "a grant, with another officer", true, &zoe, NOTHING, OK },
    { "a share, with a reader", false, &ruth, NOTHING, E_UNVERIFIED },
    { "a grant, with an author", true, &amy, NOTHING, E_UNVERIFIED },
    { "a share, with a partner's officer", false, &bob, NOTHING, E_UNVERIFIED },
    { "a share that names nobody", false, &olga, NOT_NAMED, E_UNVERIFIED },
    { "a share that nobody agreed to", false, &olga, NOT_SHOWN, E_UNVERIFIED },
    { "a grant that nobody agreed to", true, &zoe, NOT_SHOWN, E_UNVERIFIED },
    { "a share that names null", false, &olga, NULL_NAMED, E_UNVERIFIED },
    { "a share by one who agrees with himself", false, &amy, SELF, E_UNVERIFIED },
    { "another person than is named", false, &olga, OTHER_PERSON, E_UNVERIFIED },
    { "a key that nobody enrolled", false, &olga, OTHER_KEY, E_UNVERIFIED },
    { "an act of another kind", false, &olga, OTHER_KIND, E_UNVERIFIED },
    { "agreement to another act", false, &olga, OTHER_ACT, E_UNVERIFIED },
    { "agreement to other content", false, &olga, OTHER_DIGEST, E_UNVERIFIED },
    { "a refusal", false, &olga, REFUSES, E_UNVERIFIED },
    { "agreement that says nothing", false, &olga, NO_STATE, E_UNVERIFIED },
    { "a key shown with another's event", false, &olga, NOT_ENTERED, E_UNVERIFIED },
};

struct request {
    char portion[UUID_TEXT], id[UUID_TEXT];
    struct buf manifest, payload, act, second, statement;
    uint8_t statement_digest[HASH_LEN];
    struct exhibit first_device, second_device, event;
    struct keeper_signed agreed;
    struct keeper_leave leave;
    struct keeper_copy copy;
};

static void sign(const struct person *by, const struct key *key, struct statement_making m, struct buf *out)
{
    m.iss = name_domain_of(by->name);
    m.by = by->name;
    m.at_ms = world_now();
    AUTO(json_freep) json_t *payload = act_payload(m);
    world_sign(key, ACT_TYP, payload, out);
}

static json_t *first_body(const struct request *r, const struct row *row)
{
    uint8_t digest[HASH_LEN];
    char text[44];
    hash_sha256(bytes_of(&r->manifest), digest);
    statement_digest_text(digest, text);
    json_t *body = row->grant ? json_object()
                              : json_pack("{s:[s], s:[{s:s, s:s}]}", "to", HOLDER, "portions", "id",
                                          r->portion, "digest", text);
    const struct person *named = row->twist == OTHER_PERSON ? ruth : *row->second;
    if (row->twist == NULL_NAMED)
        json_object_set_new(body, "second", json_null());
    else if (row->twist != NOT_NAMED)
        json_set_str(body, "second", named->name);
    return body;
}

static void make_first(struct request *r, const struct row *row)
{
    const struct person *by = row->grant ? olga : amy;
    random_uuid(r->id);
    sign(by, by->key,
         (struct statement_making){ .kind = row->grant ? "grant" : "share",
                                    .id = r->id,
                                    .portions = json_pack("[s]", r->portion),
                                    .body = first_body(r, row) },
         &r->act);
}

static void make_second(struct request *r, const struct row *row)
{
    struct fail f = { 0 };
    AUTO(act_freep) struct act *first = NULL;
    char text[44], id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    must(act_read(bytes_of(&r->act), JOSE_MAX_LARGE, &first, &f), &f, "the act");
    memcpy(digest, first->digest, HASH_LEN);
    digest[0] ^= row->twist == OTHER_DIGEST;
    statement_digest_text(digest, text);
    random_uuid(id);
    json_t *body = json_pack("{s:s}", "digest", text);
    if (row->twist != NO_STATE)
        json_set_str(body, "state", row->twist == REFUSES ? "refused" : "agreed");
    sign(*row->second, row->twist == OTHER_KEY ? ruth->key : (*row->second)->key,
         (struct statement_making){ .kind = row->twist == OTHER_KIND ? "deny" : "second",
                                    .id = id,
                                    .ref = row->twist == OTHER_ACT ? id : r->id,
                                    .body = body },
         &r->second);
}

static struct keeper_signed signed_by(const struct person *p, const struct buf *act,
                                      const struct exhibit *device)
{
    return (struct keeper_signed){ .act = bytes_of(act),
                                   .act_jwk = bytes_of(&p->jwk),
                                   .device = device->entry,
                                   .device_statement = bytes_of(&p->statement) };
}

/* A grant stands in the log with its statement. */
static uint64_t make_grant(struct request *r)
{
    world_statement(w, "grant", "@" DOMAIN, r->portion,
                    json_pack("{s:s, s:s}", "to", HOLDER, "act", buf_text(&r->act)), &r->statement,
                    r->statement_digest);
    uint64_t at = world_add(w, &(struct said){ .kind = KIND_GRANT,
                                               .portion = r->portion,
                                               .actor = olga->name,
                                               .statement = r->statement_digest });
    world_publish(w);
    return at;
}

static void request_make(struct request *r, const struct row *row)
{
    static const unsigned device =
        FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_STATEMENT);
    static const unsigned grant = FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PORTION) | FIELD_BIT(FIELD_ACTOR) |
                                  FIELD_BIT(FIELD_STATEMENT);
    struct fail f = { 0 };
    struct buf *all[] = { &r->manifest, &r->payload, &r->act, &r->second, &r->statement };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_init(all[i], 1 << 20);
    random_uuid(r->portion);
    world_master(w, r->portion, bytes_str("The source is a driver."), &r->manifest, &r->payload);
    make_first(r, row);
    make_second(r, row);
    if (row->grant) {
        exhibit_make(w, make_grant(r), grant, &r->event);
        r->copy.leave = &r->event.entry;
    }
    exhibit_make(w, (row->grant ? olga : amy)->entry, device, &r->first_device);
    exhibit_make(w, (row->twist == NOT_ENTERED ? ruth : *row->second)->entry, device, &r->second_device);
    r->agreed = signed_by(*row->second, &r->second, &r->second_device);
    r->leave = (struct keeper_leave){ .by = signed_by(row->grant ? olga : amy, &r->act, &r->first_device),
                                      .second = row->twist == NOT_SHOWN ? NULL : &r->agreed,
                                      .statement = bytes_of(&r->statement),
                                      .checkpoint = bytes_of(&w->note) };
    r->copy.portion = r->portion;
    r->copy.holder = HOLDER;
    r->copy.kas_url = "https://" DOMAIN "/kas";
    r->copy.manifest = bytes_of(&r->manifest);
    r->copy.payload_out = -1;
    must(keeper_payload(bytes_of(&r->payload), &r->copy.payload_fd, &f), &f, "payload");
}

static void request_clear(struct request *r)
{
    struct buf *all[] = {
        &r->manifest, &r->payload, &r->act, &r->second, &r->statement, &r->copy.manifest_out
    };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_clear(all[i]);
    exhibit_clear(&r->first_device);
    exhibit_clear(&r->second_device);
    exhibit_clear(&r->event);
    close(r->copy.payload_fd);
    if (r->copy.payload_out >= 0)
        close(r->copy.payload_out);
}

static void run(const struct row *row)
{
    struct request r = { 0 };
    struct fail f = { 0 };
    request_make(&r, row);
    enum err e = keeper_seal_copies(w->keeper, &r.leave, &r.copy, 1, &f);
    ok(e == row->want, "%s: %s (%s)", row->name, e == OK ? "sealed" : "refused", f.what);
    request_clear(&r);
}

int main(void)
{
    w = world_new();
    amy = person_new("amy@" DOMAIN);
    olga = person_new("olga@" DOMAIN);
    ruth = person_new("ruth@" DOMAIN);
    zoe = person_new("zoe@" DOMAIN);
    bob = person_new("bob@" HOLDER);
    world_enrol(w, amy, "author");
    world_enrol(w, olga, "officer");
    world_enrol(w, ruth, "reader");
    world_enrol(w, zoe, "officer");
    world_enrol(w, bob, "officer");
    world_publish(w);
    for (size_t i = 0; i < COUNT(rows); i++)
        run(&rows[i]);
    struct person *all[] = { amy, olga, ruth, zoe, bob };
    for (size_t i = 0; i < COUNT(all); i++)
        person_free(all[i]);
    world_free(w);
    return tap_done();
}
