/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/exchange/flow.h - share, open and act between three nodes in one process, with no network between
 * them, so that every message can be looked at and bent on its way */
#ifndef TESTS_EXCHANGE_FLOW_H
#define TESTS_EXCHANGE_FLOW_H

#include <stdio.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/brief.h"
#include "exchange/cards.h"
#include "exchange/onward.h"
#include "exchange/pack.h"
#include "exchange/view.h"
#include "ledger/presence.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"
#include "tdf/open.h"
#include "tdf/package.h"
#include "tdf/seal.h"

#define MAYBE        __attribute__((unused))
#define PORTIONS_MAX 41

MAYBE static struct node *alder, *birch, *cedar;
MAYBE static struct key *amy, *olga, *bob, *cyd;

/* What amy writes: the portions of the report, from 0. */
struct flow_portion {
    const char *mark, *text;
};
static const struct flow_portion *portions;
static size_t portion_count;
static char report[UUID_TEXT], ids[PORTIONS_MAX][UUID_TEXT];

MAYBE static struct asker asker_of(const char *person, unsigned roles)
{
    struct asker a = { .roles = roles, .own = true };
    snprintf(a.person, sizeof a.person, "%s", person);
    snprintf(a.domain, sizeof a.domain, "%s", name_domain_of(person));
    snprintf(a.issuer, sizeof a.issuer, "%s", name_domain_of(person));
    return a;
}

MAYBE static enum err mark_sent(struct db *db, void *ctx, struct fail *f)
{
    return store_outbox_set_acked(db, *(uint64_t *)ctx, test_now(), "-", f);
}

/* What passes between nodes, without a network: everything that waits in ${from}'s outbox for ${to}. */
MAYBE static unsigned deliver(struct node *from, struct node *to)
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
            e = strcmp(statement.kind, "override") == 0 ? onward_pack(from, &statement, bytes, &f)
                                                        : pack_share(from, &statement, bytes, &f);
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
MAYBE static void introduce(struct node *a, struct node *b)
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

MAYBE static enum err seal_master(struct node *n, const char *id, const char *text, struct buf *container,
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
        .to = n->kas->key, .url = url, .kid = n->kas->kid, .metadata = buf_text(&metadata)
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

MAYBE static void set_digest(json_t *object, const char *name, const uint8_t digest[static HASH_LEN])
{
    char text[44];
    statement_digest_text(digest, text);
    json_set_str(object, name, text);
}

MAYBE static enum err add_portion(struct node *n, size_t i, json_t *list, struct buf *containers,
                                  struct fail *f)
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

/* Whom the author names as the second person; NULL: nobody. */
static const char *share_second;
/* What the act says it cites: `in` may be the number of a portion, and `report` "self"; NULL: nothing. */
static const json_t *share_derived;
/* The report's id; NULL: a fresh one. */
static const char *share_as;

/* The id of portion 1; NULL: a fresh one. */
static const char *share_portion_as;

MAYBE static json_t *derived_rows_of(const json_t *rows)
{
    json_t *out = json_deep_copy(rows), *row;
    size_t i;
    json_array_foreach (out, i, row) {
        const json_t *in = json_object_get(row, "in");
        const char *of = json_string_value(json_object_get(row, "report"));
        if (json_is_integer(in))
            json_set_str(row, "in", ids[json_integer_value(in)]);
        if (of && strcmp(of, "self") == 0)
            json_set_str(row, "report", report);
    }
    return out;
}

/* The package of a new report of ${portions} by one of ${n}'s people, for the recipients in ${whom}. */
MAYBE static enum err make_share_by(struct node *n, const char *author, const struct key *key, json_t *whom,
                                    struct buf *out, struct fail *f)
{
    struct buf containers[PORTIONS_MAX];
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    json_t *body = json_object(), *list = json_array(), *named = json_array();
    char id[UUID_TEXT];
    random_uuid(report);
    if (share_as)
        memcpy(report, share_as, UUID_TEXT);
    random_uuid(id);
    json_set_take(body, "to", json_deep_copy(whom));
    json_set_take(body, "portions", list);
    json_set_str(body, "second", share_second);
    for (size_t i = 0; i < portion_count; i++) {
        random_uuid(ids[i]);
        if (share_portion_as && i == 1)
            memcpy(ids[i], share_portion_as, UUID_TEXT);
        json_array_append_new(named, json_string(ids[i]));
        TRY(add_portion(n, i, list, &containers[i], f));
    }
    if (share_derived)
        json_set_take(body, "derived_from", derived_rows_of(share_derived));
    struct statement_making m = { .kind = "share",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = author,
                                  .report = report,
                                  .portions = named,
                                  .body = body,
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(key, NULL, ACT_TYP, payload, jws, f));
    TRY(package_begin(&sink, bytes_of(jws), &w, f));
    for (size_t i = 0; i < portion_count; i++) {
        struct bytes bytes = bytes_of(&containers[i]);
        struct source in = source_bytes(&bytes);
        TRY(package_add(w, ids[i],
                        strcmp(portions[i].mark, "TLP:CLEAR") == 0 ? PACKAGE_CLEAR : PACKAGE_SEALED, &in, f));
        buf_clear(&containers[i]);
    }
    return package_end(w, f);
}

/* amy's, for birch. */
MAYBE static enum err make_share(struct node *n, struct buf *out, struct fail *f)
{
    AUTO(json_freep) json_t *whom = json_pack("[s]", "birch.example");
    return make_share_by(n, "amy@alder.example", amy, whom, out, f);
}

/* A new report of ${portions} by one of ${n}'s people, shared with ${to} alone. */
MAYBE static enum err flow_share_by(struct node *n, const char *author, const struct key *key, const char *to,
                                    struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *whom = json_pack("[s]", to);
    struct asker who = asker_of(author, ROLE_READER | ROLE_AUTHOR);
    TRY(make_share_by(n, author, key, whom, bytes, f));
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    return acts_share(n, &who, package, &answer, f);
}

/* The reader's client --------------------------------------------------------------------------------------- */

struct opened {
    struct kas_answer answer;
    enum err err;
    struct fail fail;
};

MAYBE static json_t *bulk_request(struct package *p, const char *const *wanted, size_t count,
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
        if (!ok(portion != NULL, "the package has portion %zu", i))
            return body;
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

/* One of ${home}'s people asks ${origin} for the keys of what lies in ${p}. */
MAYBE static void open_package(struct node *origin, struct node *home, struct package *p, const char *person,
                               const struct key *device, const char *const *wanted, size_t count,
                               const struct key *srt_key, struct opened *out)
{
    AUTO(key_freep) struct key *session = NULL;
    AUTO(json_freep) json_t *body = NULL;
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    AUTO(str_freep) char *htu = str_format("%s/kas.AccessService/Rewrap", origin->conf.url);
    const char *domain = origin->conf.domain;
    struct asker who;
    struct fail *f = &out->fail;
    out->err = key_make(KEY_P256, &session, f);
    if (out->err != OK)
        return;
    body = bulk_request(p, wanted, count, session);
    if (bend)
        bend(json_object_get(body, "requests"));
    AUTO(str_freep) char *text = json_text(body);
    json_set_str(claims, "requestBody", text);
    json_set_u64(claims, "iat", home->now_ms() / 1000);
    json_set_u64(claims, "exp", home->now_ms() / 1000 + 60);
    AUTO(str_freep) char *token = home_token(home, person, device, domain, f);
    AUTO(str_freep) char *authorization = str_format("DPoP %s", token ? token : "");
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    out->err = token ? jose_sign(srt_key, "", NULL, claims, srt, f) : f->code;
    if (out->err == OK)
        out->err = jose_make_dpop(device, "POST", htu, token, home->now_ms(), proof, f);
    if (out->err == OK)
        out->err = auth_check(origin, authorization, buf_text(proof), "POST", htu, domain, &who, f);
    struct kas_request r = {
        .srt = bytes_of(srt), .token = bytes_str(token), .asker = &who, .now_ms = origin->now_ms()
    };
    if (out->err == OK)
        out->err = brief_rewrap(origin, &r, &out->answer, f);
}

/* The same for the report as ${home} holds it, of alder. */
MAYBE static void open_at(struct node *home, const char *person, const struct key *device,
                          const char *const *wanted, size_t count, const struct key *srt_key,
                          struct opened *out)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    struct asker local = asker_of(person, ROLE_READER);
    struct fail *f = &out->fail;
    *out = (struct opened){ 0 };
    out->err = view_package(home, &local, report, NULL, bytes, f);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (out->err == OK)
        out->err = package_read(&in, &p, f);
    if (out->err == OK)
        open_package(alder, home, p, person, device, wanted, count, srt_key, out);
}

/* A wish of one of our people; ${about} (taken over) lists portions, and may be NULL. */
MAYBE static enum err do_acts(struct node *n, const char *person, unsigned roles, const struct key *key,
                              const char *kind, const char *ref, json_t *about, json_t *body, json_t **out,
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
                                  .portions = about,
                                  .body = body,
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(key, NULL, ACT_TYP, payload, jws, f));
    return acts_do(n, &who, bytes_of(jws), out, f);
}

/* The same about one portion, or none. */
MAYBE static enum err do_act(struct node *n, const char *person, unsigned roles, const struct key *key,
                             const char *kind, const char *ref, const char *portion, json_t *body,
                             json_t **out, struct fail *f)
{
    return do_acts(n, person, roles, key, kind, ref, portion ? json_pack("[s]", portion) : NULL, body, out,
                   f);
}

/* What bob asks of alder: an hour to answer. */
MAYBE static json_t *request_body(const char *to)
{
    char by[TIME_TEXT_SIZE];
    time_print(test_now() + 3600000, by);
    return json_pack("{s:s,s:s,s:s,s:s}", "to", to, "reason", "operation", "by", by, "originator",
                     "alder.example");
}

/* amy shares a report of ${portions} with birch, where it has not arrived. */
MAYBE static enum err flow_share_only(struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct asker who = asker_of("amy@alder.example", ROLE_READER | ROLE_AUTHOR);
    TRY(make_share(alder, bytes, f));
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    return acts_share(alder, &who, package, &answer, f);
}

/* The same, and it is taken by birch. */
MAYBE static void flow_share(void)
{
    struct fail f = { 0 };
    ok(flow_share_only(&f) == OK && deliver(alder, birch) == 1, "amy shares with birch: %s", f.what);
}

/* alder (amy author, olga officer), birch (bob) and cedar (cyd), who know and trust each other. */
MAYBE static void flow_start(const char *dir)
{
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
}

MAYBE static void flow_end(const char *dir)
{
    struct fail f = { 0 };
    key_free(amy);
    key_free(olga);
    key_free(bob);
    key_free(cyd);
    node_close(alder);
    node_close(birch);
    node_close(cedar);
    ok(file_remove_tree(dir, &f) == OK, "removed");
}

#endif
