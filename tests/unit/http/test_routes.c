/* SPDX-License-Identifier: Apache-2.0 - every route against every kind of caller, on two real nodes over TLS */
#include "nodes.h"

#include "http/routes.h"
#include "store/person.h"
#include "store/writer.h"

#define SOME_ID "0b9e1c52-7a3f-4d0a-9b1e-2f6a54c0d7e1"

static struct site alder, birch;

static struct caller callers[] = {
    { "reader", "rita@alder.example", "reader", ROLE_READER, NULL, NULL },
    { "author", "amy@alder.example", "reader,author", ROLE_READER | ROLE_AUTHOR, NULL, NULL },
    { "officer", "olga@alder.example", "reader,officer", ROLE_READER | ROLE_OFFICER, NULL, NULL },
    { "authority", "ann@alder.example", "reader,authority", ROLE_READER | ROLE_AUTHORITY, NULL, NULL },
    { "auditor", "ada@alder.example", "reader,auditor", ROLE_READER | ROLE_AUDITOR, NULL, NULL },
    { "auditor, no reader", "aud@alder.example", "auditor", ROLE_AUDITOR, NULL, NULL },
    { "admin", "adam@alder.example", "reader,admin", ROLE_READER | ROLE_ADMIN, NULL, NULL },
    { "no role", "nora@alder.example", "", 0, NULL, NULL },
};
static struct caller bob = { "partner's reader", "bob@birch.example", "reader", ROLE_READER, NULL, NULL };

static enum err drop_roles(struct db *db, void *ctx, struct fail *f)
{
    return store_person_set_roles(db, ctx, "", "", f);
}

static void caller_make(struct site *home, struct caller *c)
{
    struct fail f = { 0 };
    c->key = home_person(home->n, c->person, *c->roles ? c->roles : "reader");
    AUTO(str_freep) char *person = str_dup(c->person);
    if (!*c->roles && writer_run(home->n->writer, drop_roles, person, &f) != OK)
        ok(false, "%s has no role: %s", c->person, f.what);
    c->token = home_token(home->n, c->person, c->key, "alder.example", &f);
    ok(c->token != NULL, "%s has a token: %s", c->name, f.what);
}

/* The pattern's parameters filled in. */
static char *example(const char *pattern)
{
    static const struct {
        const char *name, *value;
    } values[] = { { "{domain}", "alder.example" },
                   { "{id}", SOME_ID },
                   { "{statement}", SOME_ID },
                   { "{kind}", "clients" },
                   { "{thumbprint}", "SsKSg_L7pa6kE9AUC4Y4Y8OUDL39KxXm_SsjUc6hdXM" },
                   { "{generation}", "1" },
                   { "{serial}", "1" },
                   { "{tile...}", "tile/0/000.p/1" },
                   { "{hash}", "5aaec9b1c54b18edf1f203aa70200790890532f82aaa1bb09cd3131742b6224b" } };
    AUTO(buf_freep) struct buf *out = buf_new(1024);
    while (*pattern) {
        size_t i = 0;
        while (i < COUNT(values) && strncmp(pattern, values[i].name, strlen(values[i].name)) != 0)
            i++;
        if (i < COUNT(values)) {
            buf_put_str(out, values[i].value);
            pattern += strlen(values[i].name);
        } else {
            buf_put_u8(out, (uint8_t)*pattern++);
        }
    }
    return buf_steal_text(out);
}

/* ---- who may ask for what ---- */

/* Said here once more, so that a slip in the table shows. What is in neither list is for readers. */
static const char *const public[] = {
    "GET /healthz",
    "GET /readyz",
    "GET /card",
    "POST /enrol",
    "POST /token",
    "POST /x/v1/statements",
    "POST /x/v1/packages",
    "POST /x/v1/hello",
    "POST /kas.AccessService/PublicKey",
    "GET /kas/v2/kas_public_key",
    "GET /kas/kas_public_key",
    "GET /kas.AccessService/PublicKey",
    "POST /kas.AccessService/LegacyPublicKey",
    "GET /kas.AccessService/LegacyPublicKey",
    "GET /v2/kas_public_key",
    "GET /kas_public_key",
    "POST /protocol/openid-connect/token",
    "GET /.well-known/openid-configuration",
    "GET /.well-known/opentdf-configuration",
    "GET /jwks",
    "POST /wellknownconfiguration.WellKnownService/GetWellKnownConfiguration",
    "GET /wellknownconfiguration.WellKnownService/GetWellKnownConfiguration",
    "POST /grpc.health.v1.Health/Check",
    "GET /grpc.health.v1.Health/Check",
    "GET /log/{generation}/checkpoint",
    "GET /log/{generation}/{tile...}",
    "POST /witness/add-checkpoint",
    "GET /witness/{hash}/checkpoint",
    "POST /monitor/add-checkpoint",
    "GET /monitor/{hash}/checkpoint",
    "GET /monitor/{hash}/card/{serial}",
    "GET /monitor/{hash}/{tile...}",
    "GET /v1/desk",
};
#define CLIENTS (ROLE_READER | NEEDS_PARTNERS_TOO | NEEDS_CLIENTS)
static const struct {
    const char *route;
    unsigned needs;
} special[] = {
    { "POST /kas.AccessService/Rewrap", CLIENTS },
    { "POST /kas/v2/rewrap", CLIENTS },
    { "POST /v2/rewrap", CLIENTS },
    { "GET /protocol/openid-connect/userinfo", CLIENTS },
    { "GET /key-access-servers", CLIENTS },
    { "POST /policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers", CLIENTS },
    { "GET /policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers", CLIENTS },
    { "POST /policy.attributes.AttributesService/GetAttributeValuesByFqns", CLIENTS },
    { "GET /policy.attributes.AttributesService/GetAttributeValuesByFqns", CLIENTS },
    { "POST /policy.attributes.AttributesService/GetKeyMappingsByFqns", CLIENTS },
    { "GET /policy.attributes.AttributesService/GetKeyMappingsByFqns", CLIENTS },
    { "POST /relay/v1/{domain}/rewrap", ROLE_READER | NEEDS_RELAYED },
    { "POST /v1/briefed", ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR | NEEDS_PARTNERS_TOO },
    { "POST /relay/v1/{domain}/briefed", ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR | NEEDS_RELAYED },
    { "POST /v1/knowers", ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR | NEEDS_PARTNERS_TOO },
    { "POST /relay/v1/{domain}/knowers", ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR | NEEDS_RELAYED },
    { "POST /v1/inclusion", ROLE_READER | NEEDS_PARTNERS_TOO },
    { "POST /relay/v1/{domain}/inclusion", ROLE_READER | NEEDS_RELAYED },
    { "POST /v1/overrides", ROLE_AUTHORITY },
    { "POST /v1/exposures", ROLE_AUTHOR | ROLE_OFFICER },
    { "GET /v1/people", ROLE_ADMIN },
    { "GET /v1/node", ROLE_ADMIN },
    { "GET /v1/alerts", ROLE_OFFICER | ROLE_AUDITOR },
    { "GET /v1/alerts/{id}", ROLE_OFFICER | ROLE_AUDITOR },
    { "GET /v1/inquiries", ROLE_OFFICER | ROLE_AUDITOR },
    { "GET /v1/inquiries/{id}", ROLE_OFFICER | ROLE_AUDITOR },
    { "POST /v1/preview", ROLE_AUTHOR },
    { "POST /v1/cited", ROLE_AUTHOR },
    { "POST /v1/reports", ROLE_AUTHOR },
    { "GET /v1/shares/{statement}/package", ROLE_AUTHOR | ROLE_OFFICER },
    { "GET /v1/seconds", ROLE_AUTHOR | ROLE_OFFICER },
    { "GET /v1/seconds/{id}", ROLE_AUTHOR | ROLE_OFFICER },
    { "GET /v1/lists/{kind}", ROLE_READER | ROLE_AUDITOR | NEEDS_NO_GUEST },
    { "GET /v1/absences", ROLE_READER | ROLE_AUDITOR | NEEDS_NO_GUEST },
    { "GET /v1/arrangements/{domain}", ROLE_READER | ROLE_AUDITOR | NEEDS_NO_GUEST },
    { "GET /v1/reports/{id}/path", ROLE_READER | ROLE_AUDITOR | NEEDS_NO_GUEST },
};

/* What says what was done, and has no content: for auditors, too. */
static const char *const audited[] = {
    "GET /v1/me",
    "GET /v1/devices",
    "DELETE /v1/devices/{thumbprint}",
    "GET /v1/partners",
    "GET /v1/partners/{domain}",
    "GET /v1/partners/{domain}/card",
    "GET /v1/reports",
    "GET /v1/reports/{id}",
    "GET /v1/reports/{id}/timeline",
    "GET /v1/requests/{id}",
    "GET /v1/overrides/{id}",
    "GET /v1/inbox",
    "GET /v1/inbox/events",
    "GET /v1/notify",
    "POST /v1/notify",
    "GET /v1/deliveries/{statement}",
    "GET /v1/explain",
    "POST /v1/history",
};

static unsigned meant(const char *route)
{
    for (size_t i = 0; i < COUNT(public); i++)
        if (strcmp(public[i], route) == 0)
            return 0;
    for (size_t i = 0; i < COUNT(special); i++)
        if (strcmp(special[i].route, route) == 0)
            return special[i].needs;
    for (size_t i = 0; i < COUNT(audited); i++)
        if (strcmp(audited[i], route) == 0)
            return ROLE_READER | ROLE_AUDITOR;
    return ROLE_READER;
}

/* Refused for who he is, not for what he sent. */
static bool is_refusal(const struct net_answer *answer)
{
    const char *text = answer->body ? buf_text(answer->body) : "";
    return answer->status == 403 && (strstr(text, "this needs the role") || strstr(text, "for people of"));
}

static void check_caller(const struct http_route *r, const char *path, const struct caller *c, bool partner)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    /* the relay's own organisation: what is asked of it is answered here, under its own path's proof */
    const char *own = strstr(r->path, "/briefed")     ? "/v1/briefed"
                      : strstr(r->path, "/knowers")   ? "/v1/knowers"
                      : strstr(r->path, "/inclusion") ? "/v1/inclusion"
                                                      : "/kas.AccessService/Rewrap";
    AUTO(str_freep)
    char *htu = r->needs & NEEDS_RELAYED ? str_format("%s%s", alder.n->conf.url, own) : NULL;
    struct asking a = { .site = &alder, .method = r->method, .path = path, .as = c, .htu = htu };
    a.body = strcmp(r->method, "POST") == 0 ? "{}" : NULL;
    int status = ask(&a, &answer);
    free(a.used);
    bool may = (!partner || r->needs & NEEDS_PARTNERS_TOO) && c->bits & r->needs;
    bool good = status > 0 && status != 401 && is_refusal(&answer) == !may;
    ok(good, "%s %s as %s: %s, %d", r->method, r->path, c->name, may ? "let in" : "refused", status);
    if (!good)
        printf("# %s\n", answer.body ? buf_text(answer.body) : "");
}

static void check_route(const struct http_route *r)
{
    AUTO(str_freep) char *name = str_format("%s %s", r->method, r->path);
    AUTO(str_freep) char *path = example(r->path);
    AUTO(net_answer_clear) struct net_answer bare = { 0 };
    struct asking a = { .site = &alder, .method = r->method, .path = path };
    a.body = strcmp(r->method, "POST") == 0 ? "{}" : NULL;
    ok(r->needs == meant(name), "%s needs %x", name, r->needs);
    int status = ask(&a, &bare);
    free(a.used);
    if (!r->needs) {
        ok(status > 0 && status != 401 && !is_refusal(&bare), "%s without a token: let in, %d", name, status);
        return;
    }
    const char *challenge = net_answer_header(&bare, "WWW-Authenticate");
    ok(status == 401 && challenge && strncmp(challenge, "DPoP ", 5) == 0, "%s without a token: %d", name,
       status);
    a.as = &callers[0];
    a.proof = "";
    asked(a, 401, "proof", "with a token and no proof");
    for (size_t i = 0; i < COUNT(callers); i++)
        check_caller(r, path, &callers[i], false);
    check_caller(r, path, &bob, true);
}

static void check_table(void)
{
    size_t count;
    const struct http_route *routes = routes_public(&count);
    for (size_t i = 0; i < count; i++)
        check_route(&routes[i]);
}

/* ---- proofs as the server sees them ---- */

static void check_proofs(void)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    struct asking a = { .site = &alder, .method = "GET", .path = "/v1/me", .as = &callers[0] };
    ok(ask(&a, &answer) == 200, "a proof counts");
    AUTO(str_freep) char *used = a.used;
    a.proof = used;
    asked(a, 401, "\"reason\":\"replay\"", "once");
    a.proof = NULL;
    a.htu = "https://localhost/v1/me";
    asked(a, 401, "\"reason\":\"dpop\"", "not for a host that the client names");
    a.htu = NULL;
    a.path = "/v1/inbox?all=1";
    asked(a, 200, "\"items\":[", "the query is no part of what it is for");
    a.path = "/v1/inbox?all=yes";
    asked(a, 400, "all is 0 or 1", "the query is read");
}

/* ---- what they say ---- */

static void check_people(void)
{
    struct asking a = { .site = &alder, .method = "GET", .path = "/v1/me", .as = &callers[1] };
    asked(a, 200, "\"person\":\"amy@alder.example\"", "about oneself");
    asked(a, 200, "\"roles\":[\"author\",\"reader\"]", "one's roles");
    a = (struct asking){ .site = &alder, .method = "POST", .path = "/token" };
    a.body = "grant_type=password";
    a.type = "application/x-www-form-urlencoded";
    asked(a, 400, "grant_type", "another grant");
    a.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c&resource="
             "alder.example";
    asked(a, 400, "assertion", "no assertion");
    a.type = "application/json";
    asked(a, 400, "grant_type", "not a form");
}

static void check_cards(void)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    struct fail f = { 0 };
    if (!ok(cards_get(birch.n, "birch.example", &card, &f) == OK, "birch's card: %s", f.what))
        return;
    struct asking a = { .site = &birch, .method = "GET", .path = "/card" };
    asked(a, 200, card.card->jose->text, "the own card");
    a = (struct asking){
        .site = &alder, .method = "GET", .path = "/v1/partners/birch.example/card", .as = &callers[0]
    };
    asked(a, 200, card.card->jose->text, "a partner's card");
    a.path = "/v1/partners/alder.example/card";
    asked(a, 200, "\"state\":\"own\"", "the own one among them");
    a.path = "/v1/partners/cedar.example/card";
    asked(a, 403, "partner-unknown", "none of a stranger");
    a.path = "/v1/partners/birch.example";
    asked(a, 200, "\"domain\":\"birch.example\"", "a partner's record");
    a = (struct asking){
        .site = &alder, .method = "POST", .path = "/x/v1/hello", .body = card.card->jose->text
    };
    asked(a, 204, NULL, "hello from a partner");
    a.body = "a.b.c";
    asked(a, 400, "card", "hello without a card");
}

static void check_keys(void)
{
    struct asking a = { .site = &alder,
                        .method = "GET",
                        .path = "/kas/v2/kas_public_key?algorithm=ec:secp256r1" };
    asked(a, 200, "\"publicKey\":\"-----BEGIN PUBLIC KEY-----", "the public key");
    asked(a, 200, alder.n->kas->kid, "its id");
    a.path = "/kas/kas_public_key?algorithm=ec:secp256r1";
    asked(a, 200, "\"-----BEGIN PUBLIC KEY-----", "the oldest form");
    a.path = "/kas/v2/kas_public_key";
    asked(a, 200, alder.n->kas_rsa->kid, "no algorithm is rsa:2048");
    a.path = "/kas_public_key";
    asked(a, 200, "\"-----BEGIN PUBLIC KEY-----", "the oldest form, at the root");
    a.path = "/v2/kas_public_key?algorithm=ec:secp521r1";
    asked(a, 404, "rsa:2048", "an algorithm that is not here");
    a.path = "/kas.AccessService/"
             "PublicKey?connect=v1&encoding=json&message=%7B%22algorithm%22%3A%22ec:secp256r1%22%7D";
    asked(a, 200, alder.n->kas->kid, "by Connect, in a query");
    a.path = "/kas.AccessService/PublicKey?connect=v1&encoding=proto&base64=1&message=CgZ4OjIwNDg=";
    asked(a, 404, "\"code\":\"not_found\"", "by Connect, in a query, in protobuf; what fails is JSON");
    a.path = "/kas.AccessService/PublicKey?encoding=xml&message=";
    asked(a, 400, "\"code\":\"invalid_argument\"", "by Connect, in a query, in neither");
    a.path = "/policy.attributes.AttributesService/GetAttributeValuesByFqns?encoding=json&message="
             "%7B%22fqns%22%3A%5B%22https%3A%2F%2Falder.example%2Fattr%2FTLP%2Fvalue%2FRed%22%5D%7D";
    a.as = &callers[0];
    asked(a, 200, "ATTRIBUTE_RULE_TYPE_ENUM_HIERARCHY", "an attribute, letter case aside");
    a.path = "/policy.attributes.AttributesService/GetKeyMappingsByFqns?encoding=json&message="
             "%7B%22fqns%22%3A%5B%22https%3A%2F%2Falder.example%2Fattr%2Freleasable%2Fvalue%2Fbirch.example%"
             "22%5D%7D";
    asked(a, 200, "ATTRIBUTE_RULE_TYPE_ENUM_ANY_OF", "and which keys go with one");
    a.path = "/policy.attributes.AttributesService/GetAttributeValuesByFqns?encoding=json&message="
             "%7B%22fqns%22%3A%5B%22https%3A%2F%2Fbirch.example%2Fattr%2Ftlp%2Fvalue%2Fred%22%5D%7D";
    asked(a, 404, "\"code\":\"not_found\"", "an attribute of somebody else");
    a = (struct asking){ .site = &alder, .method = "POST", .path = "/kas.AccessService/PublicKey" };
    a.body = "{\"algorithm\":\"ec:secp256r1\",\"v\":\"2\"}";
    asked(a, 200, "\"kid\"", "by Connect");
    a.body = "{\"algorithm\":\"rsa:4096\"}";
    asked(a, 404, "\"code\":\"not_found\"", "by Connect, another algorithm");
    a.type = "application/proto";
    asked(a, 400, "\"code\":\"invalid_argument\"", "by Connect, the binary form");
    a = (struct asking){
        .site = &alder, .method = "POST", .path = "/kas.AccessService/Rewrap", .as = &callers[0]
    };
    a.body = "{\"signedRequestToken\":\"a.b.c\"}";
    asked(a, 401, "\"code\":\"unauthenticated\"", "a request token that is none, by Connect");
    a.path = "/kas/v2/rewrap";
    asked(a, 401, "\"reason\":\"request-token\"", "by REST");
    a.body = "{}";
    asked(a, 400, "signedRequestToken", "no request token");
}

/* Bob, at home at birch, asks alder through his own node: what comes back is alder's word. */
static void check_relay(void)
{
    AUTO(str_freep) char *htu = str_format("%s/kas.AccessService/Rewrap", alder.n->conf.url);
    AUTO(str_freep) char *wrong = str_format("%s/kas.AccessService/Rewrap", birch.n->conf.url);
    struct asking a = {
        .site = &birch, .method = "POST", .path = "/relay/v1/alder.example/rewrap", .as = &bob, .htu = htu
    };
    a.body = "{\"signedRequestToken\":\"a.b.c\"}";
    asked(a, 401, "request token", "relayed, and refused by the originator for its content");
    a.body = "{}";
    asked(a, 400, "\"code\":\"invalid_argument\"", "relayed as it came");
    a.htu = wrong;
    asked(a, 401, "\"code\":\"unauthenticated\"", "a proof for the relay itself");
    a.htu = htu;
    a.path = "/relay/v1/cedar.example/rewrap";
    asked(a, 401, "no token for this organisation", "to a stranger");
    a.path = "/relay/v1/alder.example/rewrap";
    a.as = &callers[0];
    asked(a, 403, "for people of birch.example", "for somebody else's people");
}

static void check_ledger(void)
{
    struct asking a = { .site = &alder, .method = "GET", .path = "/log/1/checkpoint" };
    asked(a, 200, "alder.example/orcon/1\n", "the checkpoint");
    a.path = "/log/2/checkpoint";
    asked(a, 404, "generation is 1", "no other generation");
    a.path = "/log/1/tile/entries/000.p/1";
    asked(a, 200, NULL, "entries");
    a.path = "/log/1/tile/0/000";
    asked(a, 404, "no such tile yet", "no tile before its time");
    a.path = "/log/1/tile/0/0";
    asked(a, 404, "no such resource", "another spelling");
}

/* ---- metrics: plain HTTP on loopback ---- */

static void check_metrics(void)
{
    size_t count;
    const struct http_route *routes = routes_metrics(&count);
    ok(count == 3 && strcmp(routes[0].path, "/metrics") == 0, "metrics are listed apart");
    struct asking a = { .site = &alder, .method = "GET", .path = "/metrics" };
    asked(a, 404, NULL, "and not served to everybody");
    char text[65536];
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(node_server_metrics_port(alder.server)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t len = 0;
    ssize_t got = 0;
    bool good = connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
                write(fd, request, sizeof request - 1) == (ssize_t)sizeof request - 1;
    while (good && len < sizeof text - 1 && (got = read(fd, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    ok(good && strstr(text, " 200 ") &&
           strstr(text, "orcon_http_calls_total{method=\"GET\",route=\"/card\",class=\"2xx\"}"),
       "calls are counted by route");
    ok(len > 6 && strcmp(text + len - 6, "# EOF\n") == 0, "the text is whole");
    ok(!strstr(text, "birch.example") && !strstr(text, "rita"), "no partner, no person in it");
}

int main(void)
{
    char dir[] = "/tmp/orcon-routes-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir) || !site_make(&alder, dir, "alder.example") ||
        !site_make(&birch, dir, "birch.example") || !introduce(&alder, &birch) || !introduce(&birch, &alder))
        return 1;
    for (size_t i = 0; i < COUNT(callers); i++)
        caller_make(&alder, &callers[i]);
    caller_make(&birch, &bob);
    bool good = net_client_new(&client, &f) == OK && node_server_start(alder.n, &alder.server, &f) == OK &&
                node_server_start(birch.n, &birch.server, &f) == OK;
    if (ok(good, "serving: %s", f.what)) {
        check_table();
        check_proofs();
        check_people();
        check_cards();
        check_keys();
        check_relay();
        check_ledger();
        check_metrics();
    }
    net_client_free(client);
    node_server_stop(alder.server);
    node_server_stop(birch.server);
    node_close(birch.n);
    node_close(alder.n);
    for (size_t i = 0; i <= COUNT(callers); i++) {
        struct caller *c = i < COUNT(callers) ? &callers[i] : &bob;
        key_free(c->key);
        free(c->token);
    }
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
