/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "bench.h"
#include "crypto/jose.h"
#include "exchange/admin.h"
#include "ledger/statement.h"
#include "tdf/open.h"
#include "tdf/package.h"
#include "tdf/seal.h"

#define PACKAGE_ROOM ((size_t)64 << 20)
#define READY_MS     60000

extern char **environ;

static struct net_client *client;

static void need(bool good, const char *what)
{
    struct fail f = { 0 };
    if (!good)
        bench_must(fail_set(&f, E_INTERNAL, "%s", what), &f);
}

/* Nodes ---------------------------------------------------------------------------------------------------- */

char *site_program(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    AUTO(str_freep) char *folder = slash ? mem_dup(argv0, (size_t)(slash - argv0)) : str_dup(".");
    return str_format("%s/../orcon", folder);
}

/* A port that was free a moment ago. */
static uint16_t free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
             getsockname(fd, (struct sockaddr *)&at, &len) == 0,
         "no free port");
    return ntohs(at.sin_port);
}

static pid_t spawn(const struct site *s, const char *const argv[], const char *output)
{
    posix_spawn_file_actions_t files;
    pid_t pid = -1;
    posix_spawn_file_actions_init(&files);
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        posix_spawn_file_actions_addopen(&files, fd, output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int bad = posix_spawn(&pid, s->program, &files, NULL, (char *const *)(uintptr_t)argv, environ);
    posix_spawn_file_actions_destroy(&files);
    need(bad == 0, "the program can't be started");
    return pid;
}

void site_init(struct site *s, const char *program, const char *dir, const char *domain)
{
    int status;
    *s = (struct site){ .program = program, .pid = -1, .port = free_port() };
    snprintf(s->domain, sizeof s->domain, "%s", domain);
    s->home = str_format("%s/%s", dir, domain);
    s->url = str_format("https://127.0.0.1:%u", s->port);
    AUTO(str_freep) char *log = str_format("%s.log", s->home);
    const char *listen = s->url + strlen("https://");
    const char *const argv[] = { "orcon", "--home", s->home, "init", domain, "--listen", listen, NULL };
    pid_t pid = spawn(s, argv, log);
    need(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "init failed");
}

/* Wait for READY=1 on the socket that the node was told of. */
static void wait_ready(struct site *s, int notify)
{
    char text[256];
    double start = bench_wall();
    for (;;) {
        ssize_t n = recv(notify, text, sizeof text - 1, 0);
        need(n > 0, "the node does not become ready: see its log");
        text[n] = '\0';
        if (strstr(text, "READY=1"))
            break;
    }
    s->ready = bench_wall() - start;
}

void site_serve(struct site *s)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    struct timeval patience = { .tv_sec = READY_MS / 1000 };
    struct fail f = { 0 };
    AUTO(str_freep) char *log = str_format("%s.log", s->home);
    const char *const argv[] = { "orcon", "--home", s->home, "serve", NULL };
    snprintf(at.sun_path, sizeof at.sun_path, "%s.ready", s->home);
    unlink(at.sun_path);
    AUTO(fd_closep) int notify = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    need(notify >= 0 && bind(notify, (struct sockaddr *)&at, sizeof at) == 0, "no socket");
    setsockopt(notify, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setenv("NOTIFY_SOCKET", at.sun_path, 1);
    s->pid = spawn(s, argv, log);
    wait_ready(s, notify);
    unsetenv("NOTIFY_SOCKET");
    s->child_count = bench_children(s->pid, s->children, COUNT(s->children));
    if (s->child_count > 0) /* the sealer is the keeper's */
        s->child_count +=
            bench_children(s->children[0], s->children + s->child_count, COUNT(s->children) - s->child_count);
    AUTO(json_freep) json_t *args = json_object();
    AUTO(json_freep) json_t *answer = NULL;
    bench_must(admin_call(s->home, "card", args, &answer, &f), &f);
    card_freep(&s->card);
    bench_must(card_read(bytes_str(json_string_value(json_object_get(answer, "card"))), &s->card, &f), &f);
    hex_print(BYTES(s->card->pins[0], HASH_LEN), s->pin);
}

void site_stop(struct site *s)
{
    int status;
    if (s->pid > 0 && kill(s->pid, SIGTERM) == 0)
        waitpid(s->pid, &status, 0);
    s->pid = -1;
}

void site_clear(struct site *s)
{
    site_stop(s);
    card_freep(&s->card);
    mem_freep(&s->home);
    mem_freep(&s->url);
}

static void take_card(struct site *to, const struct site *whose)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(json_freep) json_t *args = json_object();
    json_set_str(args, "card", whose->card->jose->text);
    json_set_bool(args, "local", true);
    bench_must(admin_call(to->home, "partner-add", args, &answer, &f), &f);
}

void site_introduce(struct site *a, struct site *b)
{
    take_card(a, b);
    take_card(b, a);
}

double site_cpu(const struct site *s)
{
    double sum = bench_cpu_of(s->pid);
    for (size_t i = 0; i < s->child_count; i++)
        sum += bench_cpu_of(s->children[i]);
    return sum;
}

uint64_t site_resident(const struct site *s)
{
    uint64_t sum = bench_resident(s->pid);
    for (size_t i = 0; i < s->child_count; i++)
        sum += bench_resident(s->children[i]);
    return sum;
}

/* People --------------------------------------------------------------------------------------------------- */

static void send_to(const struct site *site, struct net_request *r, const char *path, int want,
                    struct net_answer *out)
{
    struct fail f = { 0 };
    const char *pins[] = { site->pin };
    AUTO(str_freep) char *url = str_format("%s%s", site->url, path);
    if (!client)
        bench_must(net_client_new(&client, &f), &f);
    r->url = url;
    r->pins = pins;
    r->pin_count = 1;
    r->allow_private = true;
    bench_must(net_client_send(client, r, out, &f), &f);
    if (out->status != want)
        bench_must(fail_set(&f, E_INTERNAL, "%s answered %d: %.200s", path, out->status, buf_text(out->body)),
                   &f);
}

static json_t *send_json(const struct site *site, struct net_request *r, const char *path, int want)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    struct fail f = { 0 };
    json_t *v = NULL;
    send_to(site, r, path, want, &answer);
    bench_must(json_read(bytes_of(answer.body), NET_ANSWER_MAX, "answer", &v, &f), &f);
    return v;
}

/* The enrolment URL's secret and the proof that goes with it. */
static char *enrol_body(const struct human *h, const char *url)
{
    AUTO(json_freep) json_t *payload = json_object();
    AUTO(json_freep) json_t *body = json_object();
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    AUTO(buf_freep) struct buf *sha = buf_new(64);
    struct fail f = { 0 };
    uint8_t secret[32], digest[HASH_LEN];
    char at[TIME_TEXT_SIZE];
    const char *hash = strchr(url, '#');
    need(hash != NULL, "no secret in the enrolment URL");
    AUTO(str_freep) char *text = mem_dup(hash + 1, strcspn(hash + 1, "."));
    need(b64_read_exact(B64_URL, bytes_str(text), secret, sizeof secret), "no secret to enrol with");
    hash_sha256(BYTES(secret, sizeof secret), digest);
    b64_put(sha, B64_URL, BYTES(digest, sizeof digest));
    time_print(time_now_ms(), at);
    json_set_u64(payload, "v", 1);
    json_set_str(payload, "secret_sha", buf_text(sha));
    json_set_take(payload, "jwk", key_jwk(h->key));
    json_set_str(payload, "at", at);
    bench_must(jose_sign(h->key, NULL, "orcon-enrol+jws", payload, proof, &f), &f);
    json_set_str(body, "secret", text);
    json_set_str(body, "proof", buf_text(proof));
    return json_text(body);
}

void human_enrol(struct human *h, const struct site *home, const char *id, const char *roles)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *add = json_object();
    AUTO(json_freep) json_t *added = NULL;
    AUTO(json_freep) json_t *enrolled = NULL;
    AUTO(json_freep) json_t *confirmed = NULL;
    *h = (struct human){ .home = home };
    snprintf(h->id, sizeof h->id, "%s", id);
    bench_must(key_make(KEY_P256, &h->key, &f), &f);
    json_set_str(add, "person", id);
    json_set_str(add, "roles", roles);
    bench_must(admin_call(home->home, "person-add", add, &added, &f), &f);
    AUTO(str_freep) char *body = enrol_body(h, json_string_value(json_object_get(added, "enrol")));
    struct net_header type = { "Content-Type", "application/json" };
    struct net_request r = { .headers = &type, .header_count = 1, .body = bytes_str(body) };
    enrolled = send_json(home, &r, "/enrol", 200);
    json_t *confirm = json_object();
    json_set_str(confirm, "person", id);
    json_set_str(confirm, "words", json_string_value(json_object_get(enrolled, "check")));
    if (strchr(roles, ','))
        bench_must(admin_call(home->home, "person-confirm", confirm, &confirmed, &f), &f);
    json_decref(confirm);
}

void human_sign_in(struct human *h, const char *resource)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *claims = json_object();
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(buf_freep) struct buf *body = buf_new(16384);
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    AUTO(str_freep) char *htu = str_format("%s/token", h->home->url);
    char jti[UUID_TEXT];
    uint64_t now_s = time_now_ms() / 1000;
    random_uuid(jti);
    json_set_str(claims, "iss", h->id);
    json_set_str(claims, "sub", h->id);
    json_set_str(claims, "aud", htu);
    json_set_u64(claims, "iat", now_s);
    json_set_u64(claims, "exp", now_s + 60);
    json_set_str(claims, "jti", jti);
    buf_printf(body,
               "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&resource=%s&assertion=",
               resource);
    bench_must(jose_sign(h->key, NULL, "JWT", claims, body, &f), &f);
    bench_must(jose_make_dpop(h->key, "POST", htu, NULL, time_now_ms(), proof, &f), &f);
    struct net_header headers[] = { { "DPoP", buf_text(proof) },
                                    { "Content-Type", "application/x-www-form-urlencoded" } };
    struct net_request r = { .headers = headers, .header_count = COUNT(headers), .body = bytes_of(body) };
    answer = send_json(h->home, &r, "/token", 200);
    free(h->token);
    h->token = str_dup(json_string_value(json_object_get(answer, "access_token")));
}

void human_clear(struct human *h)
{
    key_freep(&h->key);
    mem_freep(&h->token);
}

void human_call(const struct human *h, const struct site *site, const char *method, const char *path,
                const char *type, struct bytes body, size_t max_answer, struct net_answer *out)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    AUTO(str_freep) char *htu = str_format("%s%s", site->url, path);
    AUTO(str_freep) char *authorization = str_format("DPoP %s", h->token);
    bench_must(jose_make_dpop(h->key, method, htu, h->token, time_now_ms(), proof, &f), &f);
    struct net_header headers[] = { { "Authorization", authorization },
                                    { "DPoP", buf_text(proof) },
                                    { "Content-Type", type } };
    struct net_request r = { .method = method,
                             .headers = headers,
                             .header_count = type ? 3 : 2,
                             .body = body,
                             .max_answer = max_answer,
                             .timeout_ms = 60000 };
    send_to(site, &r, path, 200, out);
}

/* Sharing -------------------------------------------------------------------------------------------------- */

static void set_digest(json_t *object, const char *name, const uint8_t digest[static HASH_LEN])
{
    char text[44];
    statement_digest_text(digest, text);
    json_set_str(object, name, text);
}

/* A master as the author's client seals it. */
static void seal_master(const struct site *home, const char *id, struct bytes text, struct buf *container,
                        struct buf *manifest, uint8_t salt[static 32])
{
    struct fail f = { 0 };
    struct buf_sink to;
    struct source in = source_bytes(&text);
    struct sink out = sink_buf(&to, container);
    const struct card_key *kas = card_key(home->card, "kas", NULL);
    AUTO(tdf_manifest_freep) struct tdf_manifest *made = NULL;
    AUTO(buf_freep) struct buf *metadata = buf_new(256);
    AUTO(str_freep) char *url = str_format("%s/kas", home->url);
    AUTO(str_freep) char *policy_id = str_dup(id);
    random_bytes(salt, 32);
    buf_put_str(metadata, "{\"salt\":\"");
    b64_put(metadata, B64_URL, BYTES(salt, 32));
    buf_put_str(metadata, "\"}");
    struct tdf_policy policy = { .uuid = policy_id };
    struct tdf_recipient recipient = {
        .to = kas->key, .url = url, .kid = kas->kid, .metadata = buf_text(metadata)
    };
    struct tdf_spec spec = {
        .policy = &policy, .mime_type = "text/markdown", .recipients = &recipient, .recipient_count = 1
    };
    bench_must(tdf_seal(&in, &spec, &out, &made, &f), &f);
    bench_must(tdf_manifest_write(made, manifest, &f), &f);
}

static void add_portion(const struct site *home, const struct copy *c, size_t n, const char *mark,
                        json_t *list, struct buf *container)
{
    AUTO(buf_freep) struct buf *manifest = buf_new(1 << 16);
    AUTO(str_freep) char *text = str_format("Portion %zu: take portable computers out of cabin baggage.", n);
    uint8_t salt[32], digest[HASH_LEN];
    json_t *p = json_object();
    buf_init(container, 1 << 16);
    seal_master(home, c->portion, bytes_str(text), container, manifest, salt);
    const struct bytes parts[] = { bytes_str("orcon/portion/v1\n"), BYTES(salt, 32), bytes_str(text) };
    json_set_str(p, "id", c->portion);
    json_set_u64(p, "n", n);
    json_set_str(p, "mark", mark);
    hash_sha256_parts(parts, COUNT(parts), digest);
    set_digest(p, "commitment", digest);
    hash_sha256(bytes_of(manifest), digest);
    set_digest(p, "digest", digest);
    json_array_append_new(list, p);
}

static void post_share(const struct human *author, const char *to, const char *mark, size_t count,
                       struct copy *copies, char report[static UUID_TEXT])
{
    struct fail f = { 0 };
    char id[UUID_TEXT];
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    AUTO(buf_freep) struct buf *package = buf_new(PACKAGE_ROOM);
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    struct buf_sink place;
    struct sink sink = sink_buf(&place, package);
    struct buf *containers = mem_array(count, sizeof *containers);
    json_t *body = json_object(), *list = json_array(), *named = json_array();
    random_uuid(report);
    random_uuid(id);
    json_set_take(body, "to", json_pack("[s]", to));
    json_set_take(body, "portions", list);
    for (size_t i = 0; i < count; i++) {
        random_uuid(copies[i].portion);
        json_array_append_new(named, json_string(copies[i].portion));
        add_portion(author->home, &copies[i], i, mark, list, &containers[i]);
    }
    struct statement_making m = { .kind = "share",
                                  .id = id,
                                  .iss = author->home->domain,
                                  .by = author->id,
                                  .report = report,
                                  .portions = named,
                                  .body = body,
                                  .at_ms = time_now_ms() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    bench_must(jose_sign(author->key, NULL, ACT_TYP, payload, jws, &f), &f);
    bench_must(package_begin(&sink, bytes_of(jws), &w, &f), &f);
    for (size_t i = 0; i < count; i++) {
        struct bytes bytes = bytes_of(&containers[i]);
        struct source in = source_bytes(&bytes);
        bench_must(package_add(w, copies[i].portion, PACKAGE_SEALED, &in, &f), &f);
        buf_clear(&containers[i]);
    }
    bench_must(package_end(w, &f), &f);
    free(containers);
    human_call(author, author->home, "POST", "/v1/reports", "application/zip", bytes_of(package), 0, &answer);
}

/* The reader's node has it when it can give it to him. */
static void await_package(const struct human *reader, const char *report, struct net_answer *out)
{
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", report);
    AUTO(str_freep) char *package = str_format("/v1/reports/%s/package", report);
    AUTO(str_freep) char *own = str_dup(report);
    for (int i = 0; i < 600; i++) {
        AUTO(net_answer_clear) struct net_answer list = { 0 };
        human_call(reader, reader->home, "GET", "/v1/reports", NULL, BYTES(NULL, 0), 0, &list);
        if (strstr(buf_text(list.body), own)) {
            human_call(reader, reader->home, "GET", package, NULL, BYTES(NULL, 0), PACKAGE_ROOM, out);
            return;
        }
        usleep(100000);
    }
    need(false, path);
}

void world_share(const struct human *author, const struct site *to, const struct human *reader,
                 const char *mark, size_t count, struct copy *copies)
{
    struct fail f = { 0 };
    char report[UUID_TEXT];
    AUTO(package_freep) struct package *p = NULL;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    post_share(author, to->domain, mark, count + 1, copies, report);
    await_package(reader, report, &answer);
    struct bytes view = bytes_of(answer.body);
    struct source in = source_bytes(&view);
    bench_must(package_read(&in, &p, &f), &f);
    for (size_t i = 0; i <= count; i++) {
        AUTO(tdf_container_freep) struct tdf_container *c = NULL;
        const struct package_portion *portion = package_find(p, copies[i].portion);
        need(portion != NULL, "a portion is missing in the package");
        struct window window = portion->bytes;
        struct source one = source_window(&window);
        bench_must(tdf_container_read(&one, TDF_MANIFEST_OWN, &c, &f), &f);
        copies[i].object = tdf_kao_json(&c->manifest->kaos[0]);
        copies[i].policy = str_dup(c->manifest->policy);
    }
}

void copy_clear(struct copy *c)
{
    json_decref(c->object);
    c->object = NULL;
    mem_freep(&c->policy);
}
