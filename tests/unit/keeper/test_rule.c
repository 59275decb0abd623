/* SPDX-License-Identifier: Apache-2.0 - a master is opened by rule only where the author marked it so, a partner's
 * person asked for just that, and our node's answer stands in the log */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "ledger/statement.h"
#include "tap.h"
#include "tdf/seal.h"
#include "world.h"

#define ASKER  "birch.example"
#define HOLDER "cedar.example"
#define OTHER  "dove.example"

static struct world *w;
static struct person *amy, *bob;
static uint64_t bob_entry;

enum twist {
    NOTHING,
    NOT_A_FORWARD,
    ACT_TO_OTHER,
    ACT_OTHER_PORTION,
    ACT_OTHER_ORIGINATOR,
    ACT_OTHER_REPORT,
    ACT_BY_OTHER_KEY,
    ACT_OF_OUR_OWN,
    STATEMENT_TO_OTHER,
    STATEMENT_BY_PERSON,
    STATEMENT_ANSWERS_OTHER,
    STATEMENT_DENIES,
    STATEMENT_ALTERED,
    AUTHOR_OTHER_PORTION,
    AUTHOR_OTHER_MASTER,
    AUTHOR_OTHER_KEY,
    AUTHOR_OTHER_REPORT,
    AUTHOR_NO_MARK,
    EVENT_BY_PERSON,
    EVENT_OTHER_PORTION,
    EVENT_DENIES,
    NO_EVENT,
    NO_AUTHOR,
};

/* rule: what our node says, by which the portion goes. */
static const struct {
    const char *name, *mark, *rule;
    enum twist twist;
    enum err want;
    enum reason reason;
} rows[] = {
    { "a tearline", "TLP:GREEN//TEARLINE", "tearline", NOTHING, OK, 0 },
    { "inside the community", "TLP:GREEN", "community", NOTHING, OK, 0 },
    { "to a client", "TLP:AMBER", "client", NOTHING, OK, 0 },
    { "a tearline, to one who is listed", "TLP:GREEN//TEARLINE//REL TO " HOLDER, "tearline", NOTHING, OK, 0 },
    { "a tearline, to one who is not listed", "TLP:GREEN//TEARLINE//REL TO " OTHER, "tearline", NOTHING,
      E_NOT_RELEASED, REASON_NOT_LISTED },
    { "GREEN, said to be a tearline", "TLP:GREEN", "tearline", NOTHING, E_NOT_RELEASED,
      REASON_OUTSIDE_COMMUNITY },
    { "AMBER, said to be a community's", "TLP:AMBER", "community", NOTHING, E_NOT_RELEASED,
      REASON_CLIENTS_ONLY },
    { "AMBER, by no rule", "TLP:AMBER", "", NOTHING, E_NOT_RELEASED, REASON_CLIENTS_ONLY },
    { "AMBER+STRICT", "TLP:AMBER+STRICT", "client", NOTHING, E_NOT_RELEASED, REASON_ORGANISATION_ONLY },
    { "RED", "TLP:RED", "client", NOTHING, E_NOT_RELEASED, REASON_NOT_NAMED },
    { "ORCON", "TLP:GREEN//ORCON", "community", NOTHING, E_NOT_RELEASED, REASON_ORCON },
    { "a compartment", "TLP:GREEN//" DOMAIN "/SOURCE", "community", NOTHING, E_NOT_RELEASED,
      REASON_COMPARTMENT },
    { "HIDDEN", "TLP:GREEN//HIDDEN", "community", NOTHING, E_NOT_RELEASED, REASON_NO_RELEASE },

    { "a request that an officer decides", "TLP:GREEN//TEARLINE", "tearline", NOT_A_FORWARD, E_UNVERIFIED,
      0 },
    { "an act for another organisation", "TLP:GREEN//TEARLINE", "tearline", ACT_TO_OTHER, E_UNVERIFIED, 0 },
    { "an act about another portion", "TLP:GREEN//TEARLINE", "tearline", ACT_OTHER_PORTION, E_UNVERIFIED, 0 },
    { "an act to another originator", "TLP:GREEN//TEARLINE", "tearline", ACT_OTHER_ORIGINATOR, E_UNVERIFIED,
      0 },
    { "an act about another report", "TLP:GREEN//TEARLINE", "tearline", ACT_OTHER_REPORT, E_UNVERIFIED, 0 },
    { "an act by a key that nobody enrolled", "TLP:GREEN//TEARLINE", "tearline", ACT_BY_OTHER_KEY,
      E_UNVERIFIED, 0 },
    { "an act of our own people", "TLP:GREEN//TEARLINE", "tearline", ACT_OF_OUR_OWN, E_UNVERIFIED, 0 },
    { "a grant to another organisation", "TLP:GREEN//TEARLINE", "tearline", STATEMENT_TO_OTHER, E_UNVERIFIED,
      0 },
    { "a grant by a person", "TLP:GREEN//TEARLINE", "tearline", STATEMENT_BY_PERSON, E_UNVERIFIED, 0 },
    { "a grant that answers something else", "TLP:GREEN//TEARLINE", "tearline", STATEMENT_ANSWERS_OTHER,
      E_UNVERIFIED, 0 },
    { "a denial", "TLP:GREEN//TEARLINE", "tearline", STATEMENT_DENIES, E_UNVERIFIED, 0 },
    { "a grant that is not the one entered", "TLP:GREEN//TEARLINE", "tearline", STATEMENT_ALTERED,
      E_UNVERIFIED, 0 },
    { "a portion that the author did not name", "TLP:GREEN//TEARLINE", "tearline", AUTHOR_OTHER_PORTION,
      E_UNVERIFIED, 0 },
    { "a master that the author did not seal", "TLP:GREEN//TEARLINE", "tearline", AUTHOR_OTHER_MASTER,
      E_UNVERIFIED, 0 },
    { "an author who is none", "TLP:GREEN//TEARLINE", "tearline", AUTHOR_OTHER_KEY, E_UNVERIFIED, 0 },
    { "an author of another report", "TLP:GREEN//TEARLINE", "tearline", AUTHOR_OTHER_REPORT, E_UNVERIFIED,
      0 },
    { "an author who gave no mark", "TLP:GREEN//TEARLINE", "tearline", AUTHOR_NO_MARK, E_INVALID, 0 },
    { "an event by a person", "TLP:GREEN//TEARLINE", "tearline", EVENT_BY_PERSON, E_UNVERIFIED, 0 },
    { "an event about another portion", "TLP:GREEN//TEARLINE", "tearline", EVENT_OTHER_PORTION, E_UNVERIFIED,
      0 },
    { "an event that denies", "TLP:GREEN//TEARLINE", "tearline", EVENT_DENIES, E_UNVERIFIED, 0 },
    { "no event", "TLP:GREEN//TEARLINE", "tearline", NO_EVENT, E_UNVERIFIED, 0 },
    { "no author", "TLP:GREEN//TEARLINE", "tearline", NO_AUTHOR, E_UNVERIFIED, 0 },
};

/* Everything that is shown for one copy. */
struct request {
    enum twist twist;
    char portion[UUID_TEXT], other[UUID_TEXT], report[UUID_TEXT], id[UUID_TEXT];
    struct buf manifest, payload, act, author, statement;
    uint8_t digest[HASH_LEN];
    struct exhibit bob, amy, event;
    struct keeper_signed by_author;
    struct keeper_leave leave;
    struct keeper_copy copy;
};

static void sign(const struct key *k, const char *typ, struct statement_making m, struct buf *out)
{
    AUTO(json_freep) json_t *payload = strcmp(typ, ACT_TYP) == 0 ? act_payload(m) : statement_payload(m);
    world_sign(k, typ, payload, out);
}

static void digest_of(struct bytes jws, uint8_t digest[static HASH_LEN])
{
    struct fail f = { 0 };
    AUTO(jose_freep) struct jose *j = NULL;
    must(jose_read(jws, JOSE_MAX_SMALL, "statement", &j, &f), &f, "statement");
    jose_digest(j, digest);
}

/* The author's share. */
static void make_author(struct request *r, const char *mark)
{
    uint8_t digest[HASH_LEN];
    char text[44], id[UUID_TEXT];
    enum twist t = r->twist;
    random_uuid(id);
    hash_sha256(t == AUTHOR_OTHER_MASTER ? bytes_of(&r->payload) : bytes_of(&r->manifest), digest);
    statement_digest_text(digest, text);
    json_t *p =
        json_pack("{s:s, s:s}", "id", t == AUTHOR_OTHER_PORTION ? r->other : r->portion, "digest", text);
    if (t != AUTHOR_NO_MARK)
        json_set_str(p, "mark", mark);
    sign(t == AUTHOR_OTHER_KEY ? bob->key : amy->key, ACT_TYP,
         (struct statement_making){ .kind = "share",
                                    .id = id,
                                    .iss = DOMAIN,
                                    .by = amy->name,
                                    .report = t == AUTHOR_OTHER_REPORT ? r->other : r->report,
                                    .at_ms = world_now(),
                                    .body = json_pack("{s:[s], s:[o]}", "to", ASKER, "portions", p) },
         &r->author);
}

/* bob's wish. */
static void make_act(struct request *r)
{
    enum twist t = r->twist;
    const struct person *by = t == ACT_OF_OUR_OWN ? amy : bob;
    json_t *body = json_pack("{s:s, s:s}", "to", t == ACT_TO_OTHER ? OTHER : HOLDER, "originator",
                             t == ACT_OTHER_ORIGINATOR ? OTHER : DOMAIN);
    json_set_u64(body, "forward", t != NOT_A_FORWARD);
    random_uuid(r->id);
    sign(t == ACT_BY_OTHER_KEY ? amy->key : by->key, ACT_TYP,
         (struct statement_making){ .kind = "request",
                                    .id = r->id,
                                    .iss = name_domain_of(by->name),
                                    .by = by->name,
                                    .report = t == ACT_OTHER_REPORT ? r->other : r->report,
                                    .portions =
                                        json_pack("[s]", t == ACT_OTHER_PORTION ? r->other : r->portion),
                                    .at_ms = world_now(),
                                    .body = body },
         &r->act);
}

/* Our node's answer, and its event. */
static void make_statement(struct request *r, const char *rule)
{
    struct fail f = { 0 };
    enum twist t = r->twist;
    char id[UUID_TEXT];
    random_uuid(id);
    struct statement_making m = { .kind = t == STATEMENT_DENIES ? "deny" : "grant",
                                  .id = id,
                                  .iss = DOMAIN,
                                  .by = t == STATEMENT_BY_PERSON ? amy->name : "@" DOMAIN,
                                  .report = r->report,
                                  .ref = t == STATEMENT_ANSWERS_OTHER ? r->other : r->id,
                                  .aud = json_pack("[s, s]", ASKER, HOLDER),
                                  .portions = json_pack("[s]", r->portion),
                                  .at_ms = world_now(),
                                  .body = json_pack("{s:s, s:[{s:s, s:s}]}", "to",
                                                    t == STATEMENT_TO_OTHER ? OTHER : HOLDER, "rules",
                                                    "portion", r->portion, "rule", rule) };
    AUTO(json_freep) json_t *payload = statement_payload(m);
    must(keeper_sign(w->keeper, USE_STATEMENT, payload, &r->statement, &f), &f, "statement");
    digest_of(bytes_of(&r->statement), r->digest);
    if (t == STATEMENT_ALTERED)
        r->digest[0] ^= 1;
}

static void request_make(struct request *r, size_t row)
{
    struct fail f = { 0 };
    enum twist t = rows[row].twist;
    static const unsigned grant = FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PORTION) | FIELD_BIT(FIELD_ACTOR) |
                                  FIELD_BIT(FIELD_STATEMENT);
    static const unsigned device =
        FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_STATEMENT);
    *r = (struct request){ .twist = t };
    struct buf *all[] = { &r->manifest, &r->payload, &r->act, &r->author, &r->statement };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_init(all[i], 1 << 20);
    random_uuid(r->portion);
    random_uuid(r->other);
    random_uuid(r->report);
    world_master(w, r->portion, bytes_str("Take portable computers out of cabin baggage."), &r->manifest,
                 &r->payload);
    make_author(r, rows[row].mark);
    make_act(r);
    make_statement(r, rows[row].rule);
    uint64_t at = world_add(w, &(struct said){ .kind = t == EVENT_DENIES ? KIND_DENY : KIND_GRANT,
                                               .portion = t == EVENT_OTHER_PORTION ? r->other : r->portion,
                                               .actor = t == EVENT_BY_PERSON ? amy->name : "@" DOMAIN,
                                               .statement = r->digest });
    world_publish(w);
    exhibit_make(w, at, grant, &r->event);
    exhibit_make(w, amy->entry, device, &r->amy);
    exhibit_make(w, bob_entry, device, &r->bob);
    const struct keeper_signed ours = { bytes_of(&r->act), bytes_of(&amy->jwk), r->amy.entry,
                                        bytes_of(&amy->statement) };
    const struct keeper_signed his = { bytes_of(&r->act), bytes_of(&bob->jwk), r->bob.entry,
                                       bytes_of(&bob->statement) };
    r->by_author = (struct keeper_signed){ bytes_of(&r->author), bytes_of(&amy->jwk), r->amy.entry,
                                           bytes_of(&amy->statement) };
    r->leave = (struct keeper_leave){ .by = t == ACT_OF_OUR_OWN ? ours : his,
                                      .statement = bytes_of(&r->statement),
                                      .author = t == NO_AUTHOR ? NULL : &r->by_author,
                                      .checkpoint = bytes_of(&w->note) };
    r->copy = (struct keeper_copy){ .portion = r->portion,
                                    .holder = HOLDER,
                                    .kas_url = "https://alder.example/kas",
                                    .manifest = bytes_of(&r->manifest),
                                    .leave = t == NO_EVENT ? NULL : &r->event.entry };
    must(keeper_payload(bytes_of(&r->payload), &r->copy.payload_fd, &f), &f, "payload");
}

static void request_clear(struct request *r)
{
    struct buf *all[] = {
        &r->manifest, &r->payload, &r->act, &r->author, &r->statement, &r->copy.manifest_out
    };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_clear(all[i]);
    exhibit_clear(&r->event);
    exhibit_clear(&r->amy);
    exhibit_clear(&r->bob);
    close(r->copy.payload_fd);
    if (r->copy.payload_out >= 0)
        close(r->copy.payload_out);
}

static void run(size_t i)
{
    struct request r;
    struct fail f = { 0 };
    request_make(&r, i);
    enum err e = keeper_seal_copies(w->keeper, &r.leave, &r.copy, 1, &f);
    ok(e == rows[i].want && f.reason == rows[i].reason && (e == OK) == (r.copy.payload_out >= 0), "%s: %s",
       rows[i].name, f.what);
    request_clear(&r);
}

/* bob's key, as birch told us of it. */
static void enrol_bob(void)
{
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    random_uuid(id);
    sign(bob->key, STATEMENT_TYP,
         (struct statement_making){ .kind = "person-key",
                                    .id = id,
                                    .iss = ASKER,
                                    .by = "@" ASKER,
                                    .at_ms = world_now(),
                                    .body =
                                        json_pack("{s:s, s:s, s:[s], s:s}", "person", bob->name, "thumbprint",
                                                  bob->thumbprint, "roles", "reader", "state", "active") },
         &bob->statement);
    digest_of(bytes_of(&bob->statement), digest);
    bob_entry =
        world_add(w, &(struct said){ .kind = KIND_PERSON_KEY, .person = bob->name, .statement = digest });
}

int main(void)
{
    w = world_new();
    amy = person_new("amy@" DOMAIN);
    bob = person_new("bob@" ASKER);
    world_enrol(w, amy, "author");
    enrol_bob();
    world_publish(w);
    for (size_t i = 0; i < COUNT(rows); i++)
        run(i);
    person_free(amy);
    person_free(bob);
    world_free(w);
    return tap_done();
}
