/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/http/nodes.h - real nodes that serve on loopback, and a client that says what it likes to them.
 *
 * With ORCON_ANSWERS in the environment every answer is also appended to that file, for
 * tests/scenario/check_openapi.py. */
#ifndef TESTS_HTTP_NODES_H
#define TESTS_HTTP_NODES_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hex.h"
#include "exchange/cards.h"
#include "home.h"
#include "http/node_server.h"
#include "net/client.h"

/* One node with its server. */
struct site {
    struct node *n;
    struct node_server *server;
    char pin[2 * HASH_LEN + 1];
};
static struct net_client *client;

struct caller {
    const char *name, *person;
    const char *roles; /* as added; "" : taken away again */
    unsigned bits;
    struct key *key;
    char *token; /* for one organisation; NULL: a proof alone */
};

/* ---- making ---- */

/* A port that was free a moment ago: the card, which needs one, is made before the server. */
__attribute__((unused)) static uint16_t free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return 0;
    return ntohs(at.sin_port);
}

__attribute__((unused)) static bool site_make(struct site *s, const char *dir, const char *domain)
{
    struct fail f = { 0 };
    struct node_conf conf = { 0 };
    size_t count;
    unsigned port = free_port();
    const struct conf_key *keys = node_conf_keys(&count);
    AUTO(str_freep) char *home = str_format("%s/%s", dir, domain);
    AUTO(cards_put) struct card_ref own = { 0 };
    conf_defaults(keys, count, &conf);
    free(conf.listen);
    free(conf.metrics);
    conf.domain = str_dup(domain);
    conf.url = str_format("https://127.0.0.1:%u", port);
    conf.listen = str_format("127.0.0.1:%u", port);
    conf.metrics = str_dup("127.0.0.1:0");
    bool good = node_init(home, &conf, &f) == OK && node_open(home, false, &s->n, &f) == OK &&
                node_network_client(s->n, &f) == OK && cards_get(s->n, domain, &own, &f) == OK;
    conf_release(keys, count, &conf);
    if (good) {
        s->n->started_ms -= 1000; /* a while ago: proofs of now need no nonce, also after a kill */
        hex_print(BYTES(own.card->pins[0], HASH_LEN), s->pin);
    }
    return ok(good, "a home of %s: %s", domain, f.what);
}

/* ${to} knows and trusts the card of ${whose}. */
__attribute__((unused)) static bool introduce(const struct site *to, const struct site *whose)
{
    AUTO(cards_put) struct card_ref card = { 0 };
    char domain[DOMAIN_MAX + 1];
    struct fail f = { 0 };
    bool good = cards_get(whose->n, whose->n->conf.domain, &card, &f) == OK &&
                cards_take(to->n, bytes_str(card.card->jose->text), true, true, domain, &f) == OK;
    return ok(good, "%s trusts the card of %s: %s", to->n->conf.domain, whose->n->conf.domain, f.what);
}

/* ---- asking ---- */

struct asking {
    const struct site *site;
    const char *method, *path; /* with its query */
    const struct caller *as;   /* NULL: no token */
    const char *htu;           /* NULL: as it should be */
    const char *proof;         /* instead of a new one; "": none */
    const char *type, *body;
    struct bytes bytes; /* instead of body */
    char *used;         /* out: the proof */
};

static void record(const struct asking *a, const struct net_answer *answer)
{
    const char *path = getenv("ORCON_ANSWERS"), *type = net_answer_header(answer, "Content-Type");
    if (!path)
        return;
    AUTO(json_freep) json_t *v = json_object();
    bool text = type && (strstr(type, "json") || strstr(type, "text/") || strstr(type, "jose"));
    json_set_str(v, "method", a->method);
    json_set_str(v, "path", a->path);
    json_set_u64(v, "status", (uint64_t)answer->status);
    json_set_str(v, "type", type ? type : "");
    json_set_str(v, "body", text ? buf_text(answer->body) : "");
    AUTO(str_freep) char *line = json_text(v);
    FILE *to = fopen(path, "ae");
    if (!to || fprintf(to, "%s\n", line) < 0 || fclose(to) != 0)
        ok(false, "%s can't be written", path);
}

__attribute__((unused)) static int ask(struct asking *a, struct net_answer *answer)
{
    struct fail f = { 0 };
    AUTO(str_freep) char *url = str_format("%s%s", a->site->n->conf.url, a->path);
    const char *token = a->as ? a->as->token : NULL;
    AUTO(str_freep) char *authorization = str_format("DPoP %s", token ? token : "");
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    const char *pins[] = { a->site->pin };
    struct net_header headers[3];
    size_t count = 0;
    *answer = (struct net_answer){ 0 };
    if (a->as && !a->proof &&
        jose_make_dpop(a->as->key, a->method, a->htu ? a->htu : url, token, time_now_ms(), proof, &f) != OK)
        return -1;
    const char *shown = a->proof ? a->proof : buf_text(proof);
    if (token)
        headers[count++] = (struct net_header){ "Authorization", authorization };
    if (a->as && *shown)
        headers[count++] = (struct net_header){ "DPoP", shown };
    headers[count++] = (struct net_header){ "Content-Type", a->type ? a->type : "application/json" };
    struct net_request r = { .method = a->method,
                             .url = url,
                             .headers = headers,
                             .header_count = count,
                             .body = a->body ? bytes_str(a->body) : a->bytes,
                             .pins = pins,
                             .pin_count = 1,
                             .allow_private = true };
    if (net_client_send(client, &r, answer, &f) != OK) {
        printf("# %s %s: %s\n", a->method, url, f.what);
        return -1;
    }
    a->used = str_dup(shown);
    record(a, answer);
    return answer->status;
}

/* The answer's JSON, NULL (and a failed row) unless it is 200. Caller owns. */
__attribute__((unused)) static json_t *got_json(struct asking a, const char *name)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    json_t *v = NULL;
    struct fail f = { 0 };
    int status = ask(&a, &answer);
    free(a.used);
    if (!ok(status == 200 && json_read(bytes_of(answer.body), (size_t)1 << 24, name, &v, &f) == OK,
            "%s: %d %s", name, status, f.what))
        printf("# %s\n", answer.body ? buf_text(answer.body) : "nothing");
    return v;
}

/* The status, and whether the answer's text has ${words}. */
__attribute__((unused)) static bool asked(struct asking a, int status, const char *words, const char *name)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    int got = ask(&a, &answer);
    free(a.used);
    bool good = got == status && (!words || strstr(buf_text(answer.body), words));
    ok(good, "%s: %d", name, got);
    if (!good)
        printf("# wanted %d with %s, got %s\n", status, words,
               answer.body ? buf_text(answer.body) : "nothing");
    return good;
}

#endif
