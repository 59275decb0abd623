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
static struct person *amy, *bob, *olga, *otto; /* otto: an officer of the asker's organisation */
static uint64_t bob_entry, otto_entry;

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
    TERMS_YOUNGER,
    TERMS_WITH_OTHER,
    TERMS_THEIRS_WITH_OTHER,
    TERMS_THEIRS_DIFFER,
    TERMS_THEIRS_OTHER_VERSION,
    TERMS_OURS_BY_AUTHOR,
    TERMS_THEIRS_BY_READER,
    TERMS_OURS_TWICE,
    TERMS_THAT_ARE_NONE,
    TERMS_OF_ANOTHER_KIND,
    TERMS_NOT_SHOWN,
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

/* What officers of both sides signed, before the author shared it; a request that says `forward` 0. */
#define RULES(rules)     "{\"rules\":[" rules "],\"on_silence\":\"deny\",\"answer\":{},\"override\":\"any\"}"
#define RULE(what, rest) "{\"what\":\"" what "\"," rest "}"
#define FREE             RULES(RULE("TLP:AMBER//ORCON", "\"rule\":\"free\""))
#define SILENCE                                                                                              \
    "{\"rules\":[],\"on_silence\":\"grant\",\"answer\":{\"routine\":1,\"priority\":1,\"immediate\":1,"       \
    "\"flash\":1},"                                                                                          \
    "\"override\":\"any\"}"
#define MARKED "TLP:AMBER//ORCON"

static const struct {
    const char *name, *mark, *terms;
    unsigned due_hours; /* from the request */
    unsigned hours;     /* from the request to the grant */
    enum twist twist;
    enum err want;
    enum reason reason;
} by_terms[] = {
    { "free by terms", MARKED, FREE, 24, 0, NOTHING, OK, 0 },
    { "terms about another mark", "TLP:AMBER+STRICT", FREE, 24, 0, NOTHING, E_NOT_RELEASED,
      REASON_ORGANISATION_ONLY },
    { "a compartment that they don't name", "TLP:AMBER//" DOMAIN "/SOURCE//ORCON", FREE, 24, 0, NOTHING,
      E_NOT_RELEASED, REASON_COMPARTMENT },
    { "terms that ask", MARKED, RULES(RULE(MARKED, "\"rule\":\"ask\"")), 24, 0, NOTHING, E_NOT_RELEASED,
      REASON_ORCON },
    { "told long enough before", MARKED, RULES(RULE(MARKED, "\"rule\":\"tell-before\",\"hours\":2")), 24, 3,
      NOTHING, OK, 0 },
    { "told not long enough before", MARKED, RULES(RULE(MARKED, "\"rule\":\"tell-before\",\"hours\":2")), 24,
      1, NOTHING, E_NOT_RELEASED, REASON_ORCON },
    { "silence that grants", MARKED, SILENCE, 2, 3, NOTHING, OK, 0 },
    { "silence before the deadline", MARKED, SILENCE, 4, 3, NOTHING, E_NOT_RELEASED, REASON_ORCON },
    { "silence to a deadline that left too little time", MARKED, SILENCE, 0, 3, NOTHING, E_NOT_RELEASED,
      REASON_ORCON },
    { "terms younger than the report", MARKED, FREE, 24, 0, TERMS_YOUNGER, E_UNVERIFIED, 0 },
    { "terms with somebody else", MARKED, FREE, 24, 0, TERMS_WITH_OTHER, E_UNVERIFIED, 0 },
    { "terms that the other side signed with somebody else", MARKED, FREE, 24, 0, TERMS_THEIRS_WITH_OTHER,
      E_UNVERIFIED, 0 },
    { "other terms on the other side", MARKED, FREE, 24, 0, TERMS_THEIRS_DIFFER, E_UNVERIFIED, 0 },
    { "another version on the other side", MARKED, FREE, 24, 0, TERMS_THEIRS_OTHER_VERSION, E_UNVERIFIED, 0 },
    { "terms that our author signed", MARKED, FREE, 24, 0, TERMS_OURS_BY_AUTHOR, E_UNVERIFIED, 0 },
    { "terms that their reader signed", MARKED, FREE, 24, 0, TERMS_THEIRS_BY_READER, E_UNVERIFIED, 0 },
    { "terms that we signed for both", MARKED, FREE, 24, 0, TERMS_OURS_TWICE, E_UNVERIFIED, 0 },
    { "terms that are none", MARKED, "{\"rules\":\"all\"}", 24, 0, TERMS_THAT_ARE_NONE, E_INVALID, 0 },
    { "another act than terms", MARKED, FREE, 24, 0, TERMS_OF_ANOTHER_KIND, E_UNVERIFIED, 0 },
    { "terms that are not shown", MARKED, FREE, 24, 0, TERMS_NOT_SHOWN, E_UNVERIFIED, 0 },
};

/* Everything that is shown for one copy. */
struct request {
    enum twist twist;
    char portion[UUID_TEXT], other[UUID_TEXT], report[UUID_TEXT], id[UUID_TEXT];
    struct buf manifest, payload, act, author, statement;
    uint8_t digest[HASH_LEN];
    struct buf ours, theirs;               /* arrangement acts */
    uint64_t asked_ms, due_ms, granted_ms; /* 0: now */
    struct exhibit bob, amy, event, olga, otto;
    struct keeper_signed by_author, by_olga, by_otto;
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

/* One side's signature under the terms. */
static void make_terms(const struct person *by, const char *kind, const char *with, uint64_t version,
                       const char *terms, uint64_t at_ms, struct buf *out)
{
    char id[UUID_TEXT];
    random_uuid(id);
    json_t *body = json_object(), *v = json_loads(terms, 0, NULL);
    json_set_str(body, "with", with);
    json_set_u64(body, "version", version);
    json_set_take(body, "terms", v ? v : json_null());
    sign(by->key, ACT_TYP,
         (struct statement_making){ .kind = kind,
                                    .id = id,
                                    .iss = name_domain_of(by->name),
                                    .by = by->name,
                                    .at_ms = at_ms,
                                    .body = body },
         out);
}

static void make_both_terms(struct request *r, const char *terms, uint64_t at_ms)
{
    enum twist t = r->twist;
    make_terms(t == TERMS_OURS_BY_AUTHOR ? amy : olga, t == TERMS_OF_ANOTHER_KIND ? "grant" : "arrangement",
               t == TERMS_WITH_OTHER ? OTHER : ASKER, 1, terms, at_ms, &r->ours);
    make_terms(t == TERMS_THEIRS_BY_READER ? bob
               : t == TERMS_OURS_TWICE     ? olga
                                           : otto,
               "arrangement", t == TERMS_THEIRS_WITH_OTHER ? OTHER : DOMAIN,
               t == TERMS_THEIRS_OTHER_VERSION ? 2 : 1, t == TERMS_THEIRS_DIFFER ? RULES("") : terms, at_ms,
               &r->theirs);
}

/* bob's wish. */
static void make_act(struct request *r)
{
    enum twist t = r->twist;
    const struct person *by = t == ACT_OF_OUR_OWN ? amy : bob;
    json_t *body = json_pack("{s:s, s:s}", "to", t == ACT_TO_OTHER ? OTHER : HOLDER, "originator",
                             t == ACT_OTHER_ORIGINATOR ? OTHER : DOMAIN);
    json_set_u64(body, "forward", t != NOT_A_FORWARD && !r->due_ms);
    if (r->due_ms)
        json_set_time(body, "by", r->due_ms);
    random_uuid(r->id);
    sign(t == ACT_BY_OTHER_KEY ? amy->key : by->key, ACT_TYP,
         (struct statement_making){ .kind = "request",
                                    .id = r->id,
                                    .iss = name_domain_of(by->name),
                                    .by = by->name,
                                    .report = t == ACT_OTHER_REPORT ? r->other : r->report,
                                    .portions =
                                        json_pack("[s]", t == ACT_OTHER_PORTION ? r->other : r->portion),
                                    .at_ms = r->asked_ms ? r->asked_ms : world_now(),
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
                                  .at_ms = r->granted_ms ? r->granted_ms : world_now(),
                                  .body = json_pack("{s:s, s:[{s:s, s:s}]}", "to",
                                                    t == STATEMENT_TO_OTHER ? OTHER : HOLDER, "rules",
                                                    "portion", r->portion, "rule", rule) };
    AUTO(json_freep) json_t *payload = statement_payload(m);
    must(keeper_sign(w->keeper, USE_STATEMENT, payload, &r->statement, &f), &f, "statement");
    digest_of(bytes_of(&r->statement), r->digest);
    if (t == STATEMENT_ALTERED)
        r->digest[0] ^= 1;
}

static const unsigned shown_device =
    FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_STATEMENT);

static void request_begin(struct request *r, enum twist t)
{
    *r = (struct request){ .twist = t };
    struct buf *all[] = {
        &r->manifest, &r->payload, &r->act, &r->author, &r->statement, &r->ours, &r->theirs
    };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_init(all[i], 1 << 20);
    random_uuid(r->portion);
    random_uuid(r->other);
    random_uuid(r->report);
    world_master(w, r->portion, bytes_str("Take portable computers out of cabin baggage."), &r->manifest,
                 &r->payload);
}

/* What the keeper is shown of it. */
static void request_show(struct request *r)
{
    struct fail f = { 0 };
    enum twist t = r->twist;
    static const unsigned grant = FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PORTION) | FIELD_BIT(FIELD_ACTOR) |
                                  FIELD_BIT(FIELD_STATEMENT);
    uint64_t at = world_add(w, &(struct said){ .kind = t == EVENT_DENIES ? KIND_DENY : KIND_GRANT,
                                               .portion = t == EVENT_OTHER_PORTION ? r->other : r->portion,
                                               .actor = t == EVENT_BY_PERSON ? amy->name : "@" DOMAIN,
                                               .statement = r->digest });
    world_publish(w);
    exhibit_make(w, at, grant, &r->event);
    exhibit_make(w, amy->entry, shown_device, &r->amy);
    exhibit_make(w, bob_entry, shown_device, &r->bob);
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

static struct keeper_signed signed_by(struct buf *act, struct person *p, struct exhibit *x)
{
    return (struct keeper_signed){ bytes_of(act), bytes_of(&p->jwk), x->entry, bytes_of(&p->statement) };
}

/* Those who signed the terms, whoever that was. */
static void request_show_terms(struct request *r)
{
    enum twist t = r->twist;
    exhibit_make(w, olga->entry, shown_device, &r->olga);
    exhibit_make(w, otto_entry, shown_device, &r->otto);
    r->by_olga =
        t == TERMS_OURS_BY_AUTHOR ? signed_by(&r->ours, amy, &r->amy) : signed_by(&r->ours, olga, &r->olga);
    r->by_otto = t == TERMS_THEIRS_BY_READER ? signed_by(&r->theirs, bob, &r->bob)
                 : t == TERMS_OURS_TWICE     ? signed_by(&r->theirs, olga, &r->olga)
                                             : signed_by(&r->theirs, otto, &r->otto);
    if (t == TERMS_NOT_SHOWN)
        return;
    r->leave.terms = &r->by_olga;
    r->leave.theirs = &r->by_otto;
}

static void request_clear(struct request *r)
{
    struct buf *all[] = { &r->manifest,  &r->payload, &r->act,    &r->author,
                          &r->statement, &r->ours,    &r->theirs, &r->copy.manifest_out };
    for (size_t i = 0; i < COUNT(all); i++)
        buf_clear(all[i]);
    exhibit_clear(&r->event);
    exhibit_clear(&r->amy);
    exhibit_clear(&r->bob);
    exhibit_clear(&r->olga);
    exhibit_clear(&r->otto);
    close(r->copy.payload_fd);
    if (r->copy.payload_out >= 0)
        close(r->copy.payload_out);
}

static void run(size_t i)
{
    struct request r;
    struct fail f = { 0 };
    request_begin(&r, rows[i].twist);
    make_author(&r, rows[i].mark);
    make_act(&r);
    make_statement(&r, rows[i].rule);
    request_show(&r);
    enum err e = keeper_seal_copies(w->keeper, &r.leave, &r.copy, 1, &f);
    ok(e == rows[i].want && f.reason == rows[i].reason && (e == OK) == (r.copy.payload_out >= 0), "%s: %s",
       rows[i].name, f.what);
    request_clear(&r);
}

#define HOUR_MS ((uint64_t)3600000)

static void run_terms(size_t i)
{
    struct request r;
    struct fail f = { 0 };
    enum twist t = by_terms[i].twist;
    request_begin(&r, t);
    if (t != TERMS_YOUNGER)
        make_both_terms(&r, by_terms[i].terms, world_now());
    make_author(&r, by_terms[i].mark);
    if (t == TERMS_YOUNGER)
        make_both_terms(&r, by_terms[i].terms, world_now());
    r.asked_ms = world_now();
    r.due_ms = r.asked_ms + by_terms[i].due_hours * HOUR_MS + 1;
    r.granted_ms = r.asked_ms + by_terms[i].hours * HOUR_MS + 2;
    make_act(&r);
    make_statement(&r, "orcon");
    request_show(&r);
    request_show_terms(&r);
    enum err e = keeper_seal_copies(w->keeper, &r.leave, &r.copy, 1, &f);
    ok(e == by_terms[i].want && f.reason == by_terms[i].reason && (e == OK) == (r.copy.payload_out >= 0),
       "%s: %s", by_terms[i].name, f.what);
    request_clear(&r);
}

/* A key of ${p}, as birch told us of it; its entry. */
static uint64_t enrol_theirs(struct person *p, const char *role)
{
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    random_uuid(id);
    sign(p->key, STATEMENT_TYP,
         (struct statement_making){ .kind = "person-key",
                                    .id = id,
                                    .iss = ASKER,
                                    .by = "@" ASKER,
                                    .at_ms = world_now(),
                                    .body =
                                        json_pack("{s:s, s:s, s:[s], s:s}", "person", p->name, "thumbprint",
                                                  p->thumbprint, "roles", role, "state", "active") },
         &p->statement);
    digest_of(bytes_of(&p->statement), digest);
    return world_add(w, &(struct said){ .kind = KIND_PERSON_KEY, .person = p->name, .statement = digest });
}

int main(void)
{
    w = world_new();
    amy = person_new("amy@" DOMAIN);
    bob = person_new("bob@" ASKER);
    olga = person_new("olga@" DOMAIN);
    otto = person_new("otto@" ASKER);
    world_enrol(w, amy, "author");
    world_enrol(w, olga, "officer");
    bob_entry = enrol_theirs(bob, "reader");
    otto_entry = enrol_theirs(otto, "officer");
    world_publish(w);
    for (size_t i = 0; i < COUNT(rows); i++)
        run(i);
    for (size_t i = 0; i < COUNT(by_terms); i++)
        run_terms(i);
    person_free(olga);
    person_free(otto);
    person_free(amy);
    person_free(bob);
    world_free(w);
    return tap_done();
}
