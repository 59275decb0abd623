/* SPDX-License-Identifier: Apache-2.0 - share, open, ask, grant, open elsewhere: three nodes in one process,
 * no network between them, so that every message can be looked at and bent on its way */
#include <stdio.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/brief.h"
#include "exchange/cards.h"
#include "exchange/pack.h"
#include "exchange/view.h"
#include "ledger/presence.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"
#include "tdf/open.h"
#include "tdf/package.h"
#include "tdf/seal.h"

#define PORTIONS 4

static struct node *alder, *birch, *cedar;
static struct key *amy, *olga, *bob, *cyd;

static const struct {
    const char *mark, *text;
} portions[PORTIONS] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:CLEAR", "Public advice." },
    { "TLP:RED//alder.example/SOURCE//ORCON", "From one person inside the cell." },
};
static char report[UUID_TEXT], ids[PORTIONS][UUID_TEXT];

static struct asker asker_of(const char *person, unsigned roles)
{
    struct asker a = { .roles = roles, .own = true };
    snprintf(a.person, sizeof a.person, "%s", person);
    snprintf(a.domain, sizeof a.domain, "%s", name_domain_of(person));
    snprintf(a.issuer, sizeof a.issuer, "%s", name_domain_of(person));
    return a;
}

static enum err mark_sent(struct db *db, void *ctx, struct fail *f)
{
    return store_outbox_set_acked(db, *(uint64_t *)ctx, test_now(), "-", f);
}

/* What passes between nodes, without a network: everything that waits in ${from}'s outbox for ${to}. */
static unsigned deliver(struct node *from, struct node *to)
{
    unsigned count = 0;
    for (;;) {
        AUTO(store_read_endp) struct db *db = NULL;
        AUTO(store_outbox_clear) struct outbox_row row = { 0 };
        AUTO(store_statement_clear) struct statement_row statement = { 0 };
        AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
        AUTO(buf_freep) struct buf *bytes = buf_new((size_t)1 << 24);
        AUTO(package_freep) struct package *package = NULL;
        struct fail f = { 0 };
        if (store_read_begin(from->store, &db, &f) != OK ||
            store_outbox_next(db, to->conf.domain, 1, UINT32_MAX, &row, &f) != OK)
            return count;
        enum err e = store_statement_get(db, row.iss, row.statement, &statement, &f);
        struct bytes jws = bytes_str(statement.jws);
        struct source in;
        struct bytes view;
        if (e == OK && row.route == OUTBOX_PACKAGES) {
            e = pack_share(from, &statement, bytes, &f);
            view = bytes_of(bytes);
            in = source_bytes(&view);
            if (e == OK)
                e = package_read(&in, &package, &f);
            if (e == OK)
                jws = package_report(package);
        }
        if (e == OK)
            e = acts_take(to, jws, package, ack, &f);
        if (!ok(e == OK && ack->len > 0, "%s: %s to %s %s", statement.kind, from->conf.domain,
                to->conf.domain, f.what))
            return count;
        AUTO(buf_freep) struct buf *again = buf_new(JOSE_MAX_SMALL);
        ok(acts_take(to, jws, package, again, &f) == OK && strcmp(buf_text(ack), buf_text(again)) == 0,
           "the same again gets the same ack %s", f.what);
        if (!ok(writer_run(from->writer, mark_sent, &row.id, &f) == OK, "sent"))
            return count;
        count++;
    }
}

/* Each has the other's card, confirmed. */
static void introduce(struct node *a, struct node *b)
{
    struct node *pair[2] = { a, b };
    for (int i = 0; i < 2; i++) {
        struct card_ref own = { 0 };
        struct fail f = { 0 };
        char domain[DOMAIN_MAX + 1];
        bool good = cards_get(pair[i], pair[i]->conf.domain, &own, &f) == OK &&
                    cards_take(pair[!i], bytes_str(own.card->jose->text), true, true, domain, &f) == OK;
        ok(good, "%s has the card of %s %s", pair[!i]->conf.domain, pair[i]->conf.domain, f.what);
        cards_put(&own);
    }
    deliver(a, b);
    deliver(b, a);
}

/* The author's client -------------------------------------------------------------------------------------- */

static enum err seal_master(struct node *n, const char *id, const char *text, struct buf *container,
                            struct buf *manifest, uint8_t salt[32], struct fail *f)
{
    struct buf metadata;
    struct buf_sink to;
    struct bytes plain = bytes_str(text);
    struct source in = source_bytes(&plain);
    struct sink out = sink_buf(&to, container);
    struct tdf_manifest *made = NULL;
    random_bytes(salt, 32);
    buf_init(&metadata, 256);
    buf_put_str(&metadata, "{\"salt\":\"");
    b64_put(&metadata, B64_URL, BYTES(salt, 32));
    buf_put_str(&metadata, "\"}");
    AUTO(str_freep) char *url = str_format("%s/kas", n->conf.url);
    AUTO(str_freep) char *policy_id = str_dup(id);
    struct tdf_policy policy = { .uuid = policy_id };
    struct tdf_recipient recipient = {
        .to = n->kas_key, .url = url, .kid = n->kas_kid, .metadata = buf_text(&metadata)
    };
    struct tdf_spec spec = {
        .policy = &policy, .mime_type = "text/markdown", .recipients = &recipient, .recipient_count = 1
    };
    enum err e = tdf_seal(&in, &spec, &out, &made, f);
    if (e == OK)
        e = tdf_manifest_write(made, manifest, f);
    tdf_manifest_free(made);
    buf_clear(&metadata);
    return e;
}

static void set_digest(json_t *object, const char *name, const uint8_t digest[static HASH_LEN])
{
    char text[44];
    statement_digest_text(digest, text);
    json_set_str(object, name, text);
}

static enum err add_portion(struct node *n, size_t i, json_t *list, struct buf *containers, struct fail *f)
{
    AUTO(buf_freep) struct buf *manifest = buf_new(1 << 16);
    uint8_t salt[32], digest[HASH_LEN];
    bool clear = strcmp(portions[i].mark, "TLP:CLEAR") == 0;
    json_t *p = json_object();
    json_array_append_new(list, p);
    json_set_str(p, "id", ids[i]);
    json_set_u64(p, "n", i);
    json_set_str(p, "mark", portions[i].mark);
    buf_init(containers, 1 << 16);
    if (clear) {
        buf_put_str(containers, portions[i].text);
        hash_sha256(bytes_of(containers), digest);
    } else {
        TRY(seal_master(n, ids[i], portions[i].text, containers, manifest, salt, f));
        struct bytes parts[] = { bytes_str("orcon/portion/v1\n"), BYTES(salt, 32),
                                 bytes_str(portions[i].text) };
        hash_sha256_parts(parts, COUNT(parts), digest);
        set_digest(p, "commitment", digest);
        hash_sha256(bytes_of(manifest), digest);
    }
    set_digest(p, "digest", digest);
    return OK;
}

static enum err make_share(struct node *n, struct buf *out, struct fail *f)
{
    struct buf containers[PORTIONS];
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    json_t *body = json_object(), *list = json_array(), *named = json_array();
    char id[UUID_TEXT];
    random_uuid(report);
    random_uuid(id);
    json_set_take(body, "to", json_pack("[s]", "birch.example"));
    json_set_take(body, "portions", list);
    for (size_t i = 0; i < PORTIONS; i++) {
        random_uuid(ids[i]);
        json_array_append_new(named, json_string(ids[i]));
        TRY(add_portion(n, i, list, &containers[i], f));
    }
    struct statement_making m = { .kind = "share",
                                  .id = id,
                                  .iss = "alder.example",
                                  .by = "amy@alder.example",
                                  .report = report,
                                  .portions = named,
                                  .body = body,
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(amy, NULL, ACT_TYP, payload, jws, f));
    TRY(package_begin(&sink, bytes_of(jws), &w, f));
    for (size_t i = 0; i < PORTIONS; i++) {
        struct bytes bytes = bytes_of(&containers[i]);
        struct source in = source_bytes(&bytes);
        TRY(package_add(w, ids[i],
                        strcmp(portions[i].mark, "TLP:CLEAR") == 0 ? PACKAGE_CLEAR : PACKAGE_SEALED, &in, f));
        buf_clear(&containers[i]);
    }
    return package_end(w, f);
}

static void share(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct asker who = asker_of("amy@alder.example", ROLE_READER | ROLE_AUTHOR);
    struct asker reader = asker_of("amy@alder.example", ROLE_READER);
    struct fail f = { 0 };
    enum err e = make_share(alder, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &package, &f);
    ok(e == OK && acts_share(alder, &reader, package, &answer, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "a reader shares nothing: %s", f.what);
    fail_clear(&f);
    ok(acts_share(alder, &who, package, &answer, &f) == OK, "shared: %s", f.what);
    is_str(json_string_value(json_object_get(answer, "banner")), "TLP:RED//alder.example/SOURCE//ORCON",
           "banner");
    AUTO(json_freep) json_t *twice = NULL;
    ok(acts_share(alder, &who, package, &twice, &f) == E_CONFLICT, "not twice: %s", f.what);
    ok(deliver(alder, birch) == 1, "one package goes to birch");
}

/* The reader's client --------------------------------------------------------------------------------------- */

struct opened {
    struct kas_answer answer;
    enum err err;
    struct fail fail;
};

static json_t *bulk_request(struct package *p, const char *const *wanted, size_t count,
                            const struct key *session)
{
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    json_t *body = json_object(), *requests = json_array();
    struct fail f = { 0 };
    if (key_write_public_pem(session, pem, &f) != OK)
        return body;
    json_set_str(body, "clientPublicKey", buf_text(pem));
    json_set_take(body, "requests", requests);
    for (size_t i = 0; i < count; i++) {
        AUTO(tdf_container_freep) struct tdf_container *c = NULL;
        const struct package_portion *portion = package_find(p, wanted[i]);
        struct window window = portion->bytes;
        struct source in = source_window(&window);
        if (tdf_container_read(&in, TDF_MANIFEST_OWN, &c, &f) != OK)
            return body;
        json_array_append_new(requests, json_pack("{s:[{s:s,s:o}],s:{s:s,s:s}}", "keyAccessObjects",
                                                  "keyAccessObjectId", "kao-0", "keyAccessObject",
                                                  tdf_kao_json(&c->manifest->kaos[0]), "policy", "id",
                                                  wanted[i], "body", c->manifest->policy));
    }
    return body;
}

/* How a key request may be bent on its way into the request token. */
static void (*bend)(json_t *requests);

static json_t *object_of(json_t *requests, size_t i)
{
    return json_object_get(
        json_array_get(json_object_get(json_array_get(requests, i), "keyAccessObjects"), 0),
        "keyAccessObject");
}

static void swap_members(json_t *a, json_t *b, const char *name)
{
    json_t *held = json_incref(json_object_get(a, name));
    json_object_set(a, name, json_object_get(b, name));
    json_object_set_new(b, name, held);
}

static void swap_keys(json_t *requests)
{
    swap_members(object_of(requests, 0), object_of(requests, 1), "wrappedKey");
}

static void swap_bindings(json_t *requests)
{
    swap_members(object_of(requests, 0), object_of(requests, 1), "policyBinding");
}

static void swap_policies(json_t *requests)
{
    swap_members(json_object_get(json_array_get(requests, 0), "policy"),
                 json_object_get(json_array_get(requests, 1), "policy"), "body");
}

static void own_policy(json_t *requests)
{
    /* {"uuid":"00000000-0000-4000-8000-000000000000","body":{"dataAttributes":[],"dissem":["eve@birch.example"]}} */
    json_object_set_new(
        json_object_get(json_array_get(requests, 0), "policy"), "body",
        json_string(
            "eyJ1dWlkIjoiMDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAwIiwiYm9keSI6eyJkYXRhQXR0cmlidXRlcyI6"
            "W10sImRpc3NlbSI6WyJldmVAYmlyY2guZXhhbXBsZSJdfX0="));
}

static void open_at(struct node *reader_node, const char *person, const struct key *device,
                    const char *const *wanted, size_t count, const struct key *srt_key, struct opened *out)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    AUTO(key_freep) struct key *session = NULL;
    AUTO(json_freep) json_t *body = NULL;
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    struct asker local = asker_of(person, ROLE_READER), who;
    struct fail *f = &out->fail;
    *out = (struct opened){ 0 };
    out->err = view_package(reader_node, &local, report, NULL, bytes, f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (out->err != OK || package_read(&in, &p, f) != OK || key_make(KEY_P256, &session, f) != OK)
        return;
    body = bulk_request(p, wanted, count, session);
    if (bend)
        bend(json_object_get(body, "requests"));
    AUTO(str_freep) char *text = json_text(body);
    json_set_str(claims, "requestBody", text);
    json_set_u64(claims, "iat", test_now() / 1000);
    json_set_u64(claims, "exp", test_now() / 1000 + 60);
    AUTO(str_freep) char *token = home_token(reader_node, person, device, "alder.example", f);
    AUTO(str_freep) char *authorization = str_format("DPoP %s", token ? token : "");
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    const char *htu = "https://alder.example:7700/kas.AccessService/Rewrap";
    out->err = jose_sign(srt_key, "", NULL, claims, srt, f);
    if (out->err == OK)
        out->err = jose_make_dpop(device, "POST", htu, token, test_now(), proof, f);
    if (out->err == OK)
        out->err = auth_check(alder, authorization, buf_text(proof), "POST", htu, "alder.example", &who, f);
    struct kas_request r = {
        .srt = bytes_of(srt), .token = bytes_str(token), .asker = &who, .now_ms = test_now()
    };
    if (out->err == OK)
        out->err = brief_rewrap(alder, &r, &out->answer, f);
}

/* What a reader demands of a reply before he takes the key. */
static bool presence_holds(const struct opened *o, size_t i, const char *portion, const char *person)
{
    AUTO(presence_freep) struct presence *p = NULL;
    struct card_ref own = { 0 };
    struct presence_facts facts;
    struct note_key log;
    struct fail f = { 0 };
    AUTO(str_freep) char *name = str_format("alder.example/%s", portion);
    bool good =
        o->answer.results[i].presence && cards_get(birch, "alder.example", &own, &f) == OK &&
        note_key_read(bytes_str(json_string_value(json_array_get(own.card->logs, 0))), &log, &f) == OK &&
        presence_read(bytes_str(o->answer.results[i].presence), &p, &f) == OK;
    struct part_trust trust = { .logs = &log, .log_count = 1 };
    good = good && presence_verify(p, &trust, &facts, &f) == OK &&
           presence_check_reply(&facts, name, person, &f) == OK;
    if (!good)
        printf("# %s\n", f.what);
    cards_put(&own);
    return good;
}

static void reads(void)
{
    struct opened o;
    const char *wanted[] = { ids[0], ids[1], ids[3] };
    open_at(birch, "bob@birch.example", bob, wanted, 3, bob, &o);
    if (!ok(o.err == OK && o.answer.count == 3, "bob asks for three keys: %s", o.fail.what))
        return;
    ok(o.answer.results[0].err == OK && o.answer.results[1].err == OK, "title and portion 1 are released");
    ok(o.answer.results[1].wrapped_len == 60 && *o.answer.session_pem, "wrapped to his session key");
    ok(o.answer.results[2].err == E_NOT_RELEASED && o.answer.results[2].reason == REASON_COMPARTMENT &&
           !o.answer.results[2].wrapped_len,
       "the source is not: %s", reason_code(o.answer.results[2].reason));
    ok(presence_holds(&o, 1, ids[1], "bob@birch.example"),
       "the briefing stands in the ledger, under a signed checkpoint");
    ok(!presence_holds(&o, 1, ids[0], "bob@birch.example"), "of this portion and no other");
    ok(!presence_holds(&o, 1, ids[1], "ben@birch.example"), "of this person and no other");
    uint64_t first = o.answer.results[1].entry.index;
    brief_answer_clear(&o.answer);
    open_at(birch, "bob@birch.example", bob, wanted, 3, bob, &o);
    ok(o.err == OK && o.answer.results[1].err == OK && o.answer.results[1].entry.index > first,
       "again: a reissue, in an entry of its own: %s", o.fail.what);
    brief_answer_clear(&o.answer);
    open_at(birch, "bob@birch.example", bob, wanted, 3, cyd, &o);
    ok(o.err == E_UNAUTHENTICATED && o.fail.reason == REASON_REQUEST_TOKEN,
       "a request token by another key: %s", o.fail.what);
    open_at(birch, "bob@birch.example", cyd, wanted, 3, cyd, &o);
    ok(o.err != OK, "a device that is not his: %s", o.fail.what);
}

/* Whoever knows a data key can make the rest of a container; only what was registered at sealing counts. */
static void bent(void)
{
    static const struct {
        const char *name;
        void (*bend)(json_t *);
        enum reason want;
    } rows[] = {
        { "wrapped keys swapped", swap_keys, REASON_TAMPERED },
        { "bindings swapped", swap_bindings, REASON_TAMPERED },
        { "policies swapped", swap_policies, REASON_TAMPERED },
        { "a policy of one's own", own_policy, REASON_UNKNOWN_OBJECT },
    };
    const char *wanted[] = { ids[0], ids[1] };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct opened o;
        bend = rows[i].bend;
        open_at(birch, "bob@birch.example", bob, wanted, 2, bob, &o);
        ok(o.err == OK && o.answer.results[0].reason == rows[i].want && !o.answer.results[0].wrapped_len,
           "%s: %s", rows[i].name, o.err == OK ? reason_code(o.answer.results[0].reason) : o.fail.what);
        if (rows[i].want == REASON_UNKNOWN_OBJECT)
            ok(o.err == OK && o.answer.results[1].err == OK, "and its neighbour is released all the same");
        brief_answer_clear(&o.answer);
    }
    bend = NULL;
}

/* A wish of one of our people. */
static enum err do_act(struct node *n, const char *person, unsigned roles, const struct key *key,
                       const char *kind, const char *ref, const char *portion, json_t *body, json_t **out,
                       struct fail *f)
{
    struct asker who = asker_of(person, roles);
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    random_uuid(id);
    struct statement_making m = { .kind = kind,
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = person,
                                  .report = ref ? NULL : report,
                                  .ref = ref,
                                  .portions = portion ? json_pack("[s]", portion) : NULL,
                                  .body = body,
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(key, NULL, ACT_TYP, payload, jws, f));
    return acts_do(n, &who, bytes_of(jws), out, f);
}

static json_t *request_body(const char *to)
{
    char by[TIME_TEXT_SIZE];
    time_print(test_now() + 3600000, by);
    return json_pack("{s:s,s:s,s:s,s:s}", "to", to, "reason", "operation", "by", by, "originator",
                     "alder.example");
}

static void coordinates(void)
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *granted = NULL;
    AUTO(json_freep) json_t *again = NULL;
    struct fail f = { 0 };
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
              request_body("birch.example"), &asked, &f) == E_REFUSED,
       "a request to pass on to oneself: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, report,
              request_body("cedar.example"), &asked, &f) == E_REFUSED &&
           f.reason == REASON_NOT_HELD,
       "a portion that is not held: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "request", NULL, ids[1],
              request_body("cedar.example"), &asked, &f) == OK,
       "asked: %s", f.what);
    const char *request = json_string_value(json_object_get(asked, "request"));
    ok(deliver(birch, alder) == 1, "one request goes to alder");
    ok(do_act(alder, "amy@alder.example", ROLE_AUTHOR, amy, "grant", request, ids[1], NULL, &granted, &f) ==
               E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "not by a mere author: %s", f.what);
    fail_clear(&f);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[0], NULL, &granted,
              &f) == E_REFUSED &&
           f.reason == REASON_WIDER_THAN_ASKED,
       "not more than was asked: %s", f.what);
    fail_clear(&f);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &granted,
              &f) == OK,
       "granted: %s", f.what);
    ok(do_act(alder, "olga@alder.example", ROLE_OFFICER, olga, "grant", request, ids[1], NULL, &again, &f) ==
               E_CONFLICT &&
           f.reason == REASON_DECIDED,
       "once: %s", f.what);
    ok(deliver(alder, birch) == 1, "birch hears of it");
    ok(deliver(alder, cedar) == 2, "cedar hears of it, and gets its copy");
    struct opened o;
    const char *wanted[] = { ids[1] };
    open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
    ok(o.err == OK && o.answer.results[0].err == OK, "cyd reads portion 1: %s", o.fail.what);
    brief_answer_clear(&o.answer);
}

/* The reader's own word that it arrived: in his organisation's ledger and in the originator's. */
struct looking {
    const char *domain;
    char digest[44];
};

static enum err find_share(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct looking *l = ctx;
    (void)f;
    if (row->direction == STATEMENT_TAKEN)
        statement_digest_text(row->digest, l->digest);
    return OK;
}

static void receipts(void)
{
    AUTO(json_freep) json_t *done = NULL;
    AUTO(json_freep) json_t *wrong = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    struct looking l = { .domain = "birch.example" };
    struct fail f = { 0 };
    ok(store_read_begin(birch->store, &db, &f) == OK &&
           store_statement_list(db, report, "share", find_share, &l, &f) == OK && *l.digest,
       "birch has the share: %s", f.what);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "receipt", NULL, ids[1],
              json_pack("{s:s}", "digest", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &wrong,
              &f) == E_NOT_FOUND,
       "a receipt for nothing: %s", f.what);
    fail_clear(&f);
    ok(do_act(birch, "bob@birch.example", ROLE_READER, bob, "receipt", NULL, ids[1],
              json_pack("{s:s}", "digest", l.digest), &done, &f) == OK,
       "a receipt: %s", f.what);
    ok(deliver(birch, alder) == 1, "which alder takes");
}

/* birch's package in cedar's hands, before anything was granted. */
static void strays(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *inbox = NULL;
    struct asker reader = asker_of("bob@birch.example", ROLE_READER),
                 cedars = asker_of("cyd@cedar.example", ROLE_READER);
    struct asker officer = asker_of("olga@alder.example", ROLE_OFFICER);
    struct fail f = { 0 };
    struct opened o;
    const char *wanted[] = { ids[1] };
    enum err e = view_package(birch, &reader, report, NULL, bytes, &f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (e == OK)
        e = package_read(&in, &p, &f);
    ok(e == OK && acts_import(cedar, &cedars, p, &answer, &f) == OK &&
           json_is_true(json_object_get(answer, "stray")),
       "cedar keeps birch's copy as a stray: %s", f.what);
    open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
    ok(o.err == OK && o.answer.results[0].reason == REASON_OTHERS_COPY, "it does not open: %s",
       o.err == OK ? reason_code(o.answer.results[0].reason) : o.fail.what);
    brief_answer_clear(&o.answer);
    ok(view_inbox(alder, &officer, false, &inbox, &f) == OK, "alder's inbox: %s", f.what);
    const json_t *item = json_array_get(json_object_get(inbox, "items"), 0),
                 *about = json_object_get(item, "about");
    is_str(json_string_value(json_object_get(item, "kind")), "alert", "holds an alert");
    is_str(json_string_value(json_object_get(about, "copy_of")), "birch.example", "whose copy");
    is_str(json_string_value(json_object_get(about, "by")), "cyd@cedar.example", "who tried");
    ok(deliver(alder, birch) == 1, "birch gets a notice");
    for (int i = 0; i < 3; i++) {
        open_at(cedar, "cyd@cedar.example", cyd, wanted, 1, cyd, &o);
        brief_answer_clear(&o.answer);
    }
    ok(deliver(alder, birch) == 0, "once an hour");
}

int main(void)
{
    char dir[] = "/tmp/orcon-flow-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    alder = home_make(dir, "alder.example");
    birch = home_make(dir, "birch.example");
    cedar = home_make(dir, "cedar.example");
    amy = home_person(alder, "amy@alder.example", "reader,author");
    olga = home_person(alder, "olga@alder.example", "reader,officer");
    bob = home_person(birch, "bob@birch.example", "reader");
    cyd = home_person(cedar, "cyd@cedar.example", "reader");
    introduce(alder, birch);
    introduce(alder, cedar);
    introduce(birch, cedar);
    share();
    reads();
    bent();
    strays();
    coordinates();
    receipts();
    key_free(amy);
    key_free(olga);
    key_free(bob);
    key_free(cyd);
    node_close(alder);
    node_close(birch);
    node_close(cedar);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
