/* SPDX-License-Identifier: Apache-2.0 - the way of a report over the wire: enrol, sign in, share, deliver,
 * read, ask, grant. Three real nodes on loopback, and nothing but HTTP. */
#include "nodes.h"

#include "exchange/outbox.h"
#include "ledger/statement.h"
#include "store/statement.h"
#include "store/store.h"
#include "tdf/open.h"
#include "tdf/package.h"
#include "tdf/seal.h"

#define PORTIONS 3

static struct site alder, birch, cedar;
/* One device each; a token for each organisation that it speaks to. */
static struct key *amy_key, *olga_key, *bob_key, *cyd_key;
static struct caller amy, olga, bob, bob_to_alder, cyd;

static const struct {
    const char *mark, *text;
} portions[PORTIONS] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:CLEAR", "Public advice." },
};
static char report[UUID_TEXT], ids[PORTIONS][UUID_TEXT];
static char *share_to_birch;          /* the statement */
static struct net_answer carried_out; /* its package, as it was before it was delivered */

static const char *member(const json_t *v, const char *name)
{
    const char *text = json_string_value(json_object_get(v, name));
    return text ? text : "(none)";
}

/* ---- people ---- */

static char *enrolment(const char *url, const struct key *key)
{
    AUTO(json_freep) json_t *payload = json_object();
    AUTO(json_freep) json_t *body = json_object();
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    AUTO(buf_freep) struct buf *sha = buf_new(64);
    struct fail f = { 0 };
    char now[TIME_TEXT_SIZE];
    uint8_t secret[32], digest[HASH_LEN];
    const char *hash = strchr(url, '#') + 1;
    AUTO(str_freep) char *text = mem_dup(hash, strcspn(hash, "."));
    time_print(time_now_ms(), now);
    if (!b64_read_exact(B64_URL, bytes_str(text), secret, sizeof secret))
        return str_dup("");
    hash_sha256(BYTES(secret, sizeof secret), digest);
    b64_put(sha, B64_URL, BYTES(digest, sizeof digest));
    json_set_u64(payload, "v", 1);
    json_set_str(payload, "secret_sha", buf_text(sha));
    json_set_take(payload, "jwk", key_jwk(key));
    json_set_str(payload, "at", now);
    ok(jose_sign(key, NULL, "orcon-enrol+jws", payload, proof, &f) == OK, "a proof of the key %s", f.what);
    json_set_str(body, "secret", text);
    json_set_str(body, "proof", buf_text(proof));
    return json_text(body);
}

/* A person of ${home}, who enrols over the wire; the admin hears his words. */
static struct key *enrol(const struct site *home, const char *person, const char *roles)
{
    AUTO(str_freep) char *url = NULL;
    struct key *key = NULL;
    struct fail f = { 0 };
    if (!ok(people_add(home->n, person, roles, NULL, NULL, &url, &f) == OK &&
                key_make(KEY_P256, &key, &f) == OK,
            "%s is added: %s", person, f.what))
        exit(1);
    AUTO(str_freep) char *body = enrolment(url, key);
    struct asking a = { .site = home, .method = "POST", .path = "/enrol", .body = body };
    AUTO(json_freep) json_t *answer = got_json(a, "enrolled");
    ok(people_confirm(home->n, person, member(answer, "check"), &f) == OK, "%s: %s", person, f.what);
    asked(a, 401, "\"reason\":\"already-used\"", "the secret counts once");
    return key;
}

static void sign_in(const struct site *home, struct caller *c, const char *person, struct key *key,
                    const char *resource)
{
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(buf_freep) struct buf *form = buf_new(8192);
    AUTO(str_freep) char *url = str_format("%s/token", home->n->conf.url);
    struct fail f = { 0 };
    char jti[UUID_TEXT];
    uint64_t now_s = time_now_ms() / 1000;
    random_uuid(jti);
    json_set_str(claims, "iss", person);
    json_set_str(claims, "sub", person);
    json_set_str(claims, "aud", url);
    json_set_u64(claims, "iat", now_s);
    json_set_u64(claims, "exp", now_s + 60);
    json_set_str(claims, "jti", jti);
    buf_printf(form,
               "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&resource=%s&assertion=",
               resource);
    ok(jose_sign(key, NULL, "JWT", claims, form, &f) == OK, "an assertion %s", f.what);
    *c = (struct caller){ .name = person, .person = person, .key = key };
    struct asking a = { .site = home,
                        .method = "POST",
                        .path = "/token",
                        .as = c,
                        .type = "application/x-www-form-urlencoded",
                        .body = buf_text(form) };
    AUTO(json_freep) json_t *answer = got_json(a, "a token");
    c->token = str_dup(member(answer, "access_token"));
}

/* ---- the author's client ---- */

static void set_digest(json_t *object, const char *name, const uint8_t digest[static HASH_LEN])
{
    char text[44];
    statement_digest_text(digest, text);
    json_set_str(object, name, text);
}

static enum err seal_portion(size_t i, json_t *p, struct buf *container, struct fail *f)
{
    AUTO(buf_freep) struct buf *metadata = buf_new(256);
    AUTO(buf_freep) struct buf *text = buf_new(1 << 16);
    AUTO(str_freep) char *url = str_format("%s/kas", alder.n->conf.url);
    uint8_t salt[32], digest[HASH_LEN];
    struct tdf_manifest *made = NULL;
    struct buf_sink to;
    struct bytes plain = bytes_str(portions[i].text);
    struct source in = source_bytes(&plain);
    struct sink out = sink_buf(&to, container);
    random_bytes(salt, sizeof salt);
    buf_put_str(metadata, "{\"salt\":\"");
    b64_put(metadata, B64_URL, BYTES(salt, sizeof salt));
    buf_put_str(metadata, "\"}");
    struct tdf_policy policy = { .uuid = ids[i] };
    struct tdf_recipient recipient = {
        .to = alder.n->kas->key, .url = url, .kid = alder.n->kas->kid, .metadata = buf_text(metadata)
    };
    struct tdf_spec spec = { .policy = &policy, .recipients = &recipient, .recipient_count = 1 };
    TRY(tdf_seal(&in, &spec, &out, &made, f));
    enum err e = tdf_manifest_write(made, text, f);
    tdf_manifest_free(made);
    hash_sha256(bytes_of(text), digest);
    set_digest(p, "digest", digest);
    struct bytes parts[] = { bytes_str("orcon/portion/v1\n"), BYTES(salt, sizeof salt), plain };
    hash_sha256_parts(parts, COUNT(parts), digest);
    set_digest(p, "commitment", digest);
    return e;
}

static enum err put_portion(size_t i, json_t *list, struct buf *content, struct fail *f)
{
    uint8_t digest[HASH_LEN];
    json_t *p = json_object();
    random_uuid(ids[i]);
    json_array_append_new(list, p);
    json_set_str(p, "id", ids[i]);
    json_set_u64(p, "n", i);
    json_set_str(p, "mark", portions[i].mark);
    if (strcmp(portions[i].mark, "TLP:CLEAR") != 0)
        return seal_portion(i, p, content, f);
    buf_put_str(content, portions[i].text);
    hash_sha256(bytes_of(content), digest);
    set_digest(p, "digest", digest);
    return OK;
}

static enum err sign_act(const struct key *key, struct statement_making m, struct buf *jws, struct fail *f)
{
    char id[UUID_TEXT];
    random_uuid(id);
    m.id = id;
    m.at_ms = time_now_ms();
    AUTO(json_freep) json_t *payload = act_payload(m);
    return jose_sign(key, NULL, ACT_TYP, payload, jws, f);
}

static enum err make_report(struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf content[PORTIONS];
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    json_t *body = json_object(), *list = json_array(), *named = json_array();
    enum err e = OK;
    random_uuid(report);
    json_set_take(body, "to", json_pack("[s]", "birch.example"));
    json_set_take(body, "portions", list);
    for (size_t i = 0; i < PORTIONS; i++) {
        buf_init(&content[i], 1 << 16);
        e = e == OK ? put_portion(i, list, &content[i], f) : e;
        json_array_append_new(named, json_string(ids[i]));
    }
    struct statement_making m = { .kind = "share",
                                  .iss = "alder.example",
                                  .by = "amy@alder.example",
                                  .report = report,
                                  .portions = named,
                                  .body = body };
    e = e == OK ? sign_act(amy_key, m, jws, f) : e;
    e = e == OK ? package_begin(&sink, bytes_of(jws), &w, f) : e;
    for (size_t i = 0; i < PORTIONS; i++) {
        struct bytes bytes = bytes_of(&content[i]);
        struct source in = source_bytes(&bytes);
        bool clear = strcmp(portions[i].mark, "TLP:CLEAR") == 0;
        e = e == OK ? package_add(w, ids[i], clear ? PACKAGE_CLEAR : PACKAGE_SEALED, &in, f) : e;
        buf_clear(&content[i]);
    }
    return e == OK ? package_end(w, f) : e;
}

/* ---- the story ---- */

/* Until the answer has ${words}: deliveries take a moment. */
static bool wait_for(struct asking a, const char *words, const char *name)
{
    for (int i = 0; i < 400; i++) {
        AUTO(net_answer_clear) struct net_answer answer = { 0 };
        int status = ask(&a, &answer);
        free(a.used);
        if (status == 200 && strstr(buf_text(answer.body), words))
            return ok(true, "%s", name);
        usleep(25000);
    }
    return ok(false, "%s: not within 10 s", name);
}

static void share(void)
{
    AUTO(buf_freep) struct buf *package = buf_new(1 << 20);
    struct fail f = { 0 };
    node_server_stop(birch.server);
    struct asking a = { .site = &alder, .method = "POST", .path = "/v1/preview", .as = &amy };
    a.body = "{\"to\":[\"birch.example\"],\"portions\":[{\"n\":1,\"mark\":\"TLP:AMBER//"
             "ORCON\"},{\"n\":2,\"mark\":\"TLP:CLEAR\"}]}";
    asked(a, 200, "\"banner\":\"TLP:AMBER//ORCON\"", "who could read it");
    a.path = "/v1/cited";
    a.body = "{\"to\":[\"birch.example\"],\"cites\":[{\"report\":\"7k3q\",\"n\":1}]}";
    asked(a, 200, "\"reason\":\"not-found\",\"why\":\"unknown, or not yours\"", "what it would cite");
    a.body = "{\"cites\":[{\"report\":\"7k3q\",\"n\":0}]}";
    asked(a, 400, "number of a portion", "a title is not cited");
    a.body = "{\"cites\":[]}";
    asked(a, 400, "1 to 256", "nothing to cite");
    a.body = NULL;
    if (!ok(make_report(package, &f) == OK, "a report: %s", f.what))
        exit(1);
    a.path = "/v1/reports";
    a.type = "application/zip";
    a.bytes = bytes_of(package);
    AUTO(json_freep) json_t *shared = got_json(a, "shared");
    is_str(member(shared, "report"), report, "under the author's id");
    share_to_birch = str_dup(member(json_array_get(json_object_get(shared, "shares"), 0), "statement"));
    AUTO(str_freep) char *delivery = str_format("/v1/deliveries/%s", share_to_birch);
    AUTO(str_freep) char *carried = str_format("/v1/shares/%s/package", share_to_birch);
    a = (struct asking){ .site = &alder, .method = "GET", .path = carried, .as = &amy };
    ok(ask(&a, &carried_out) == 200, "as a file, to be carried by hand");
    free(a.used);
    asked((struct asking){ .site = &alder, .method = "GET", .path = delivery, .as = &amy }, 200,
          "\"state\":\"queued\"", "queued while the partner's node is away");
    ok(node_server_start(birch.n, &birch.server, &f) == OK, "it is back: %s", f.what);
    outbox_kick(alder.n->outbox, "birch.example");
    wait_for((struct asking){ .site = &alder, .method = "GET", .path = delivery, .as = &amy },
             "\"state\":\"delivered\"", "delivered");
}

/* The same statement, and the same portions to the byte, in whatever order. */
static bool same_package(struct bytes one, struct bytes other)
{
    AUTO(package_freep) struct package *a = NULL;
    AUTO(package_freep) struct package *b = NULL;
    struct source in_a = source_bytes(&one), in_b = source_bytes(&other);
    struct fail f = { 0 };
    if (package_read(&in_a, &a, &f) != OK || package_read(&in_b, &b, &f) != OK ||
        !bytes_equal(package_report(a), package_report(b)) || package_count(a) != package_count(b))
        return false;
    for (size_t i = 0; i < package_count(a); i++) {
        const struct package_portion *p = package_at(a, i), *q = package_find(b, p->uuid);
        if (!q || !bytes_equal(BYTES(one.data + p->bytes.at, p->bytes.size),
                               BYTES(other.data + q->bytes.at, q->bytes.size)))
            return false;
    }
    return true;
}

/* Both ends show it; what one sent is what the other holds. */
static void shown(void)
{
    AUTO(net_answer_clear) struct net_answer held = { 0 };
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", report);
    AUTO(str_freep) char *package = str_format("/v1/reports/%s/package", report);
    AUTO(str_freep) char *carried = str_format("/v1/shares/%s/package", share_to_birch);
    AUTO(str_freep)
    char *explain = str_format("/v1/explain?person=bob%%40birch.example&report=%s&n=1", report);
    asked((struct asking){ .site = &alder, .method = "GET", .path = "/v1/reports", .as = &amy }, 200, report,
          "the author's list");
    asked((struct asking){ .site = &birch, .method = "GET", .path = "/v1/reports", .as = &bob }, 200, report,
          "the reader's list");
    asked((struct asking){ .site = &alder, .method = "GET", .path = path, .as = &amy }, 200,
          "\"holders\":[\"birch.example\"]", "who holds it");
    asked((struct asking){ .site = &birch, .method = "GET", .path = path, .as = &bob }, 200, "\"own\":false",
          "as held");
    asked((struct asking){ .site = &birch, .method = "GET", .path = "/v1/inbox", .as = &bob }, 200,
          "\"kind\":\"delivery\"", "in the inbox");
    asked((struct asking){ .site = &alder, .method = "GET", .path = package, .as = &amy }, 200, NULL,
          "the masters");
    asked((struct asking){ .site = &alder, .method = "GET", .path = explain, .as = &amy }, 200,
          "\"decision\":\"allow\"", "why bob may");
    asked((struct asking){ .site = &alder, .method = "GET", .path = carried, .as = &amy }, 404, NULL,
          "nothing to carry once it has arrived");
    struct asking b = { .site = &birch, .method = "GET", .path = package, .as = &bob };
    struct bytes sent = bytes_of(carried_out.body);
    ok(ask(&b, &held) == 200 && same_package(sent, bytes_of(held.body)), "what was sent is what is held");
    free(b.used);
    struct asking again = {
        .site = &birch, .method = "POST", .path = "/x/v1/packages", .type = "application/zip"
    };
    again.bytes = sent;
    asked(again, 200, ".", "delivered once more: the same ack");
    again = (struct asking){
        .site = &cedar, .method = "POST", .path = "/v1/packages", .type = "application/zip", .as = &cyd
    };
    again.bytes = sent;
    asked(again, 200, "\"stray\":true", "in somebody else's hands: a stray");
}

/* {signedRequestToken} for all sealed portions that bob holds. */
static char *key_request(const struct key *signer, bool single)
{
    AUTO(net_answer_clear) struct net_answer held = { 0 };
    AUTO(package_freep) struct package *p = NULL;
    AUTO(key_freep) struct key *session = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    AUTO(json_freep) json_t *body = json_object();
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(json_freep) json_t *message = json_object();
    AUTO(str_freep) char *path = str_format("/v1/reports/%s/package", report);
    struct asking a = { .site = &birch, .method = "GET", .path = path, .as = &bob };
    struct fail f = { 0 };
    json_t *requests = json_array();
    ok(ask(&a, &held) == 200 && key_make(KEY_P256, &session, &f) == OK &&
           key_write_public_pem(session, pem, &f) == OK,
       "a session key %s", f.what);
    free(a.used);
    struct bytes view = bytes_of(held.body);
    struct source in = source_bytes(&view);
    if (!ok(package_read(&in, &p, &f) == OK, "the package reads %s", f.what))
        exit(1);
    for (size_t i = 0; i < PORTIONS - 1; i++) {
        AUTO(tdf_container_freep) struct tdf_container *c = NULL;
        struct window window = package_find(p, ids[i])->bytes;
        struct source portion = source_window(&window);
        if (!ok(tdf_container_read(&portion, TDF_MANIFEST_OWN, &c, &f) == OK, "portion %zu reads %s", i,
                f.what))
            exit(1);
        json_t *kao = tdf_kao_json(&c->manifest->kaos[0]);
        if (single && i == 1) {
            json_set_take(body, "keyAccess", json_incref(kao));
            json_set_str(body, "policy", c->manifest->policy);
        }
        json_array_append_new(requests, json_pack("{s:[{s:s,s:o}],s:{s:s,s:s}}", "keyAccessObjects",
                                                  "keyAccessObjectId", "kao-0", "keyAccessObject", kao,
                                                  "policy", "id", ids[i], "body", c->manifest->policy));
    }
    json_set_str(body, "clientPublicKey", buf_text(pem));
    if (single)
        json_decref(requests);
    else
        json_set_take(body, "requests", requests);
    AUTO(str_freep) char *text = json_text(body);
    json_set_str(claims, "requestBody", text);
    json_set_u64(claims, "iat", time_now_ms() / 1000);
    json_set_u64(claims, "exp", time_now_ms() / 1000 + 60);
    ok(jose_sign(signer, "", NULL, claims, srt, &f) == OK, "a request token %s", f.what);
    json_set_str(message, "signedRequestToken", buf_text(srt));
    return json_text(message);
}

static void check_keys(struct asking a, const char *name)
{
    AUTO(json_freep) json_t *keys = got_json(a, name);
    const json_t *responses = json_object_get(keys, "responses");
    const json_t *second = json_array_get(responses, 1);
    const json_t *result = json_array_get(json_object_get(second, "results"), 0);
    ok(json_array_size(responses) == 2, "%s: an answer for each policy", name);
    is_str(member(second, "policyId"), ids[1], "its id");
    is_str(member(result, "keyAccessObjectId"), "kao-0", "the object's id");
    is_str(member(result, "status"), "permit", "permitted");
    ok(strlen(member(result, "kasWrappedKey")) == 80, "%s: a wrapped key of 60 bytes", name);
    ok(strncmp(member(json_object_get(result, "metadata"), "orcon-entry"), "1/", 2) == 0, "%s: its entry",
       name);
    ok(strstr(member(keys, "sessionPublicKey"), "BEGIN PUBLIC KEY") != NULL, "%s: the reply's key", name);
}

static void read_keys(void)
{
    AUTO(str_freep) char *url = str_format("%s/kas.AccessService/Rewrap", alder.n->conf.url);
    AUTO(str_freep) char *bulk = key_request(bob_key, false);
    AUTO(str_freep) char *rest = key_request(bob_key, false);
    AUTO(str_freep) char *old = key_request(bob_key, true);
    AUTO(str_freep) char *forged = key_request(cyd_key, false);
    struct asking a = {
        .site = &birch, .method = "POST", .path = "/relay/v1/alder.example/rewrap", .as = &bob_to_alder
    };
    a.htu = url;
    a.body = bulk;
    check_keys(a, "through his own node");
    a = (struct asking){
        .site = &alder, .method = "POST", .path = "/kas.AccessService/Rewrap", .as = &bob_to_alder
    };
    a.body = bulk;
    check_keys(a, "the same request again, straight");
    a.body = forged;
    asked(a, 401, "\"code\":\"unauthenticated\"", "a request token by another key");
    a.path = "/kas/v2/rewrap";
    a.body = rest;
    check_keys(a, "by REST");
    a.path = "/v2/rewrap";
    a.body = old;
    AUTO(json_freep) json_t *single = got_json(a, "in the old form");
    ok(strlen(member(single, "entityWrappedKey")) == 80, "its key at the top");
}

static char *question(const char *person, size_t portion, const char *more)
{
    return str_format("{\"person\":\"%s\",\"portion\":\"%s\",\"wait\":false%s}", person, ids[portion], more);
}

static void evidence(void)
{
    AUTO(str_freep) char *htu = str_format("%s/v1/briefed", alder.n->conf.url);
    AUTO(str_freep) char *own = question("bob@birch.example", 1, "");
    AUTO(str_freep) char *others = question("cyd@cedar.example", 1, "");
    AUTO(str_freep) char *field = question("bob@birch.example", 1, ",\"fields\":[0,3]");
    AUTO(str_freep) char *bad = question("nobody", 1, "");
    struct asking a = {
        .site = &birch, .method = "POST", .path = "/relay/v1/alder.example/briefed", .as = &bob_to_alder
    };
    a.htu = htu;
    a.body = own;
    AUTO(json_freep) json_t *answer = got_json(a, "bob asks about himself, through his own node");
    ok(json_is_true(json_object_get(answer, "briefed")) &&
           strncmp(member(answer, "evidence"), "orcon/evidence@v1\nclaim yes\n", 28) == 0,
       "he was briefed, with proof");
    a.body = others;
    asked(a, 404, "not yours to ask about", "about somebody else");
    a.body = bad;
    asked(a, 400, "neither a person", "about nobody");
    a.body = field;
    AUTO(json_freep) json_t *part = got_json(a, "two fields alone");
    ok(strncmp(member(part, "presence"), "orcon/presence@v1\n", 18) == 0, "as a part");
    a = (struct asking){ .site = &alder, .method = "POST", .path = "/v1/briefed", .as = &amy };
    a.body = others;
    AUTO(json_freep) json_t *none = got_json(a, "the author asks about somebody else");
    ok(json_object_get(none, "briefed") && !json_is_true(json_object_get(none, "briefed")), "who was not");
}

/* Whether alder shows one history, as bob's node sees it. */
static void one_history(void)
{
    AUTO(net_answer_clear) struct net_answer note = { 0 };
    AUTO(json_freep) json_t *in = json_object();
    struct asking get = { .site = &alder, .method = "GET", .path = "/log/1/checkpoint" };
    ok(ask(&get, &note) == 200, "alder's checkpoint");
    free(get.used);
    json_set_str(in, "checkpoint", buf_text(note.body));
    json_set_str(in, "seen", "");
    AUTO(str_freep) char *body = json_text(in);
    struct asking a = { .site = &birch, .method = "POST", .path = "/v1/history", .as = &bob, .body = body };
    AUTO(json_freep) json_t *answer = got_json(a, "a checkpoint that fits");
    is_str(member(answer, "origin"), "alder.example/orcon/1", "its log");
    a.body = "{\"checkpoint\":\"elsewhere\"}";
    asked(a, 400, "not the checkpoint", "something else");
}

/* Cyd holds bob's copy: in the many form a refusal within a good answer, in the single one a refusal of the
 * call. */
static void refused_keys(void)
{
    AUTO(str_freep) char *bulk = key_request(cyd_key, false);
    AUTO(str_freep) char *old = key_request(cyd_key, true);
    struct caller cyd_to_alder;
    sign_in(&cedar, &cyd_to_alder, "cyd@cedar.example", cyd_key, "alder.example");
    struct asking a = {
        .site = &alder, .method = "POST", .path = "/kas.AccessService/Rewrap", .as = &cyd_to_alder
    };
    a.body = bulk;
    AUTO(json_freep) json_t *keys = got_json(a, "another's copy");
    const json_t *first = json_array_get(json_object_get(keys, "responses"), 0);
    const json_t *result = json_array_get(json_object_get(first, "results"), 0);
    is_str(member(result, "status"), "fail", "is not opened");
    ok(strstr(member(result, "error"), "code = PermissionDenied desc = forbidden") != NULL,
       "as clients read it");
    is_str(member(json_object_get(result, "metadata"), "orcon-reason"), "copy-of-another", "and why");
    a.body = old;
    asked(a, 403, "\"code\":\"permission_denied\"", "in the old form");
    a.path = "/v2/rewrap";
    asked(a, 403, "\"reason\":\"copy-of-another\"", "by REST");
    free(cyd_to_alder.token);
}

static json_t *act(const struct site *site, const struct caller *by, struct statement_making m,
                   const char *name)
{
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    AUTO(json_freep) json_t *body = json_object();
    struct fail f = { 0 };
    m.iss = site->n->conf.domain;
    m.by = by->person;
    ok(sign_act(by->key, m, jws, &f) == OK, "%s, signed %s", m.kind, f.what);
    json_set_str(body, "act", buf_text(jws));
    AUTO(str_freep) char *text = json_text(body);
    return got_json(
        (struct asking){ .site = site, .method = "POST", .path = "/v1/acts", .as = by, .body = text }, name);
}

static void coordinate(void)
{
    char by[TIME_TEXT_SIZE];
    time_print(time_now_ms() + 3600000, by);
    json_t *wish = json_pack("{s:s,s:s,s:s,s:s}", "to", "cedar.example", "reason", "operation", "by", by,
                             "originator", "alder.example");
    struct statement_making ask_for = {
        .kind = "request", .report = report, .portions = json_pack("[s]", ids[1]), .body = wish
    };
    AUTO(json_freep) json_t *asked_for = act(&birch, &bob, ask_for, "asked");
    AUTO(str_freep) char *request = str_dup(member(asked_for, "request"));
    AUTO(str_freep) char *path = str_format("/v1/requests/%s", request);
    AUTO(str_freep) char *want = str_format("\"request\":\"%s\"", request);
    wait_for((struct asking){ .site = &alder, .method = "GET", .path = "/v1/inbox", .as = &olga }, want,
             "an officer of the originator sees it");
    asked((struct asking){ .site = &alder, .method = "GET", .path = path, .as = &olga }, 200,
          "\"state\":\"open\"", "open");
    struct statement_making give = { .kind = "grant", .ref = request, .portions = json_pack("[s]", ids[1]) };
    AUTO(json_freep) json_t *given = act(&alder, &olga, give, "granted");
    is_str(member(given, "state"), "granted", "its state");
    wait_for((struct asking){ .site = &birch, .method = "GET", .path = path, .as = &bob },
             "\"state\":\"granted\"", "the asker sees that");
    wait_for((struct asking){ .site = &cedar, .method = "GET", .path = "/v1/inbox", .as = &cyd },
             "\"kind\":\"delivery\"", "the third party has its copy");
}

/* A statement that came once more, as after a lost ack. */
static void repeat(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    struct fail f = { 0 };
    AUTO(json_freep) json_t *requests = NULL;
    if (!ok(store_read_begin(birch.n->store, &db, &f) == OK, "birch's store"))
        return;
    struct asking a = { .site = &birch, .method = "GET", .path = "/v1/inbox?all=1", .as = &bob };
    requests = got_json(a, "bob's inbox");
    const char *id = "";
    for (size_t i = 0; i < json_array_size(json_object_get(requests, "items")); i++) {
        const json_t *item = json_array_get(json_object_get(requests, "items"), i);
        if (strcmp(member(item, "kind"), "decision") == 0)
            id = member(json_object_get(item, "about"), "request");
    }
    if (!ok(store_statement_get(db, "birch.example", id, &row, &f) == OK, "the request: %s", f.what))
        return;
    a = (struct asking){ .site = &alder,
                         .method = "POST",
                         .path = "/x/v1/statements",
                         .type = "application/jose",
                         .body = row.jws };
    asked(a, 200, ".", "taken again: the same ack");
    AUTO(str_freep) char *cut = mem_dup(row.jws, strlen(row.jws) - 1); /* no base64 has that length */
    a.body = cut;
    asked(a, 400, "urn:orcon:problem:", "cut short");
}

static bool start(struct site *s)
{
    struct fail f = { 0 };
    return ok(outbox_open(s->n, &s->n->outbox, &f) == OK && node_server_start(s->n, &s->server, &f) == OK,
              "%s serves: %s", s->n->conf.domain, f.what);
}

static void people(void)
{
    amy_key = enrol(&alder, "amy@alder.example", "reader,author");
    olga_key = enrol(&alder, "olga@alder.example", "reader,officer");
    bob_key = enrol(&birch, "bob@birch.example", "reader");
    cyd_key = enrol(&cedar, "cyd@cedar.example", "reader");
    sign_in(&alder, &amy, "amy@alder.example", amy_key, "alder.example");
    sign_in(&alder, &olga, "olga@alder.example", olga_key, "alder.example");
    sign_in(&birch, &bob, "bob@birch.example", bob_key, "birch.example");
    sign_in(&birch, &bob_to_alder, "bob@birch.example", bob_key, "alder.example");
    sign_in(&cedar, &cyd, "cyd@cedar.example", cyd_key, "cedar.example");
}

int main(void)
{
    char dir[] = "/tmp/orcon-story-XXXXXX";
    struct fail f = { 0 };
    struct site *sites[] = { &alder, &birch, &cedar };
    static const char *const domains[] = { "alder.example", "birch.example", "cedar.example" };
    bool good = mkdtemp(dir) != NULL;
    for (size_t i = 0; good && i < COUNT(sites); i++)
        good = site_make(sites[i], dir, domains[i]);
    good = good && net_client_new(&client, &f) == OK;
    for (size_t i = 0; good && i < COUNT(sites); i++)
        for (size_t k = 0; good && k < COUNT(sites); k++)
            good = i == k || introduce(sites[i], sites[k]);
    for (size_t i = 0; good && i < COUNT(sites); i++)
        good = start(sites[i]);
    if (!good)
        return 1;
    people();
    share();
    shown();
    read_keys();
    evidence();
    one_history();
    refused_keys();
    coordinate();
    repeat();
    struct caller *callers[] = { &amy, &olga, &bob, &bob_to_alder, &cyd };
    for (size_t i = 0; i < COUNT(callers); i++)
        free(callers[i]->token);
    struct key *keys[] = { amy_key, olga_key, bob_key, cyd_key };
    for (size_t i = 0; i < COUNT(keys); i++)
        key_free(keys[i]);
    free(share_to_birch);
    net_answer_clear(&carried_out);
    net_client_free(client);
    for (size_t i = 0; i < COUNT(sites); i++)
        node_server_stop(sites[i]->server);
    for (size_t i = 0; i < COUNT(sites); i++)
        node_close(sites[i]->n);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
