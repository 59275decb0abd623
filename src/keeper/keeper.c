/* SPDX-License-Identifier: Apache-2.0 - the network process's side: one stub a message, as in OpenSSH's
 * monitor_wrap.c */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "keeper/message.h"
#include "keeper/party.h"
#include "keeper/pool.h"
#include "keeper/tags.h"
#include "keeper/wire.h"

#define COPY_MANIFEST_MAX ((size_t)1 << 20)

struct keeper {
    pid_t pid;
    struct pool keeper, sealer;
};

/* Birth and death ------------------------------------------------------------------------------ */

static enum err wait_ready(int sock, struct fail *f)
{
    AUTO(message_clear) struct message m;
    message_init(&m, 0);
    TRY(message_receive(sock, &m, f));
    TRY(message_load(&m, MESSAGE_PACKET, f));
    if (m.type != MESSAGE_READY)
        return pool_bad_reply(f);
    return m.code == OK ? OK : fail_set(f, E_IO, "%s", buf_text(&m.body));
}

static void close_all(const int fds[static PARTY_LINES_MAX])
{
    for (size_t i = 0; i < PARTY_LINES_MAX; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static enum err start(struct keeper *k, int unlock_fd, struct fail *f)
{
    int keeper[PARTY_LINES_MAX], sealer[PARTY_LINES_MAX];
    enum err e = pool_connect(&k->keeper, keeper, f);
    enum err also = pool_connect(&k->sealer, sealer, f);
    if (e == OK && also == OK) {
        pid_t parent = getpid();
        k->pid = fork();
        if (k->pid == 0)
            party_main(parent, keeper, sealer[0], unlock_fd);
        if (k->pid < 0)
            e = fail_set(f, E_IO, "cannot make the keeper: %s", strerror(errno));
    }
    close_all(keeper);
    close_all(sealer);
    TRY(e);
    TRY(also);
    TRY(wait_ready(k->keeper.line[0].sock, f));
    return wait_ready(k->sealer.line[0].sock, f);
}

enum err keeper_start(int unlock_fd, struct keeper **out, struct fail *f)
{
    cpu_set_t mine;
    struct keeper *k = mem_new(sizeof *k);
    size_t cores = sched_getaffinity(0, sizeof mine, &mine) == 0 ? (size_t)CPU_COUNT(&mine) : 1;
    /* one for what is quick, and two a core: while one of them waits for the next request, the other works */
    pool_init(&k->keeper, 2 * cores >= PARTY_LINES_MAX ? PARTY_LINES_MAX : 2 * cores + 1);
    pool_init(&k->sealer, 1);
    enum err e = start(k, unlock_fd, f);
    if (e != OK)
        keeper_stop(k);
    else
        *out = k;
    return e;
}

const char *keeper_await_end(struct keeper *k, int stop)
{
    /* nothing is asked for but to be told that the other end is gone */
    struct pollfd at[] = { { .fd = k->keeper.line[0].sock },
                           { .fd = k->sealer.line[0].sock },
                           { .fd = stop, .events = POLLIN } };
    while (poll(at, COUNT(at), -1) < 0)
        if (errno != EINTR)
            BUG("poll");
    return at[2].revents ? NULL : at[0].revents ? "keeper" : "sealer";
}

void keeper_stop(struct keeper *k)
{
    if (!k)
        return;
    pool_clear(&k->sealer); /* the sealer ends; the keeper waits for it */
    pool_clear(&k->keeper);
    while (k->pid > 0 && waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    mem_freep(&k);
}

/* Keys --------------------------------------------------------------------------------------------------- */

static const char *const use_name[] = {
    [USE_CARD] = "card",       [USE_STATEMENT] = "statement",
    [USE_TOKEN] = "token",     [USE_KAS] = "kas",
    [USE_LOG] = "log",         [USE_VRF] = "vrf",
    [USE_WITNESS] = "witness", [USE_MONITOR] = "monitor",
    [USE_KAS_RSA] = "kas-rsa",
};

const char *keeper_use_name(enum key_use use)
{
    return (unsigned)use < USE_COUNT ? use_name[use] : "";
}

enum key_use keeper_use_from_name(const char *name)
{
    for (unsigned i = 0; i < USE_COUNT; i++)
        if (strcmp(name, use_name[i]) == 0)
            return (enum key_use)i;
    return USE_COUNT;
}

enum err keeper_generate(struct keeper *k, enum key_use use, const char *name, struct buf *sealed,
                         struct buf *public, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_GENERATE);
    message_init(&reply, 0);
    struct wire_key v = { .use = use };
    if (strlen(name) >= sizeof v.name)
        return fail_set(f, E_INVALID, "name of a key is too long");
    memcpy(v.name, name, strlen(name));
    wire_put_key(&request.body, &v);
    TRY(pool_ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    struct bytes blob, spki;
    if (!get_u16_bytes(&r, &blob) || !get_u16_bytes(&r, &spki) || !reader_done(&r))
        return pool_bad_reply(f);
    buf_put_bytes(sealed, blob);
    buf_put_bytes(public, spki);
    TRY(buf_check(sealed, "sealed key", f));
    return buf_check(public, "public key", f);
}

/* Most answers are one piece of bytes. */
static enum err ask_bytes(struct pool *p, struct message *request, struct buf *out, const char *what,
                          struct fail *f)
{
    AUTO(message_clear) struct message reply;
    TRY(pool_ask(p, request, &reply, f));
    buf_put_bytes(out, bytes_of(&reply.body));
    return buf_check(out, what, f);
}

enum err keeper_load(struct keeper *k, enum key_use use, struct bytes sealed, struct buf *public,
                     struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_LOAD);
    struct wire_key v = { .use = use, .sealed = sealed };
    wire_put_key(&request.body, &v);
    return ask_bytes(&k->keeper, &request, public, "public key", f);
}

enum err keeper_reseal(struct keeper *k, struct bytes blobs, int unlock_fd, struct buf *out, struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_RESEAL);
    request.lent = true;
    request.fds[request.fd_count++] = unlock_fd;
    buf_put_bytes(&request.body, blobs);
    return ask_bytes(&k->keeper, &request, out, "sealed keys", f);
}

enum err keeper_sign(struct keeper *k, enum key_use use, const json_t *payload, struct buf *jws,
                     struct fail *f)
{
    AUTO(message_clear) struct message request;
    AUTO(buf_freep) struct buf *text = buf_new(MESSAGE_BODY_MAX);
    message_init(&request, MESSAGE_SIGN);
    json_put(text, payload);
    TRY(buf_check(text, "payload", f));
    struct wire_sign v = { use, bytes_of(text) };
    wire_put_sign(&request.body, &v);
    return ask_bytes(&k->keeper, &request, jws, "signed payload", f);
}

enum err keeper_sign_label(struct keeper *k, const json_t *payload, struct buf *jws, struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_LABEL);
    json_put(&request.body, payload);
    return ask_bytes(&k->keeper, &request, jws, "signed label", f);
}

enum err keeper_sign_evidence(struct keeper *k, const uint8_t digest[static HASH_LEN], struct buf *jws,
                              struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_EVIDENCE);
    buf_put(&request.body, digest, HASH_LEN);
    return ask_bytes(&k->keeper, &request, jws, "signed digest", f);
}

/* The ledger --------------------------------------------------------------------------------------------- */

enum err keeper_tags(struct keeper *k, const uint8_t *vrf_pk, struct keeper_tag *tags, size_t count,
                     struct fail *f)
{
    return tags_ask(&k->keeper, vrf_pk, tags, count, f);
}

enum err keeper_log_anchor(struct keeper *k, struct bytes note, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_ANCHOR);
    buf_put_bytes(&request.body, note);
    return pool_ask(&k->keeper, &request, &reply, f);
}

enum err keeper_checkpoint(struct keeper *k, uint64_t size, const uint8_t root[static HASH_LEN],
                           struct bytes consistency, struct buf *note, struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_CHECKPOINT);
    struct wire_checkpoint v = { size, root, consistency };
    wire_put_checkpoint(&request.body, &v);
    return ask_bytes(&k->keeper, &request, note, "checkpoint", f);
}

enum err keeper_cosign(struct keeper *k, enum key_use use, uint64_t time_s, struct bytes text,
                       struct buf *line, struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_COSIGN);
    struct wire_cosign v = { use, time_s, text };
    wire_put_cosign(&request.body, &v);
    return ask_bytes(&k->keeper, &request, line, "cosignature", f);
}

/* Data keys ---------------------------------------------------------------------------------------------- */

static enum err take_outcomes(struct reader *r, struct keeper_rewrap_item *items, size_t count,
                              struct fail *f)
{
    for (size_t i = 0; i < count; i++)
        if (!wire_get_outcome(r, &items[i]))
            return pool_bad_reply(f);
    return reader_done(r) ? OK : pool_bad_reply(f);
}

enum err keeper_probe(struct keeper *k, struct bytes srt, struct keeper_rewrap_item *items, size_t count,
                      struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_PROBE);
    message_init(&reply, 0);
    if (count > WIRE_ITEMS_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %d keys in one request", WIRE_ITEMS_MAX);
    wire_put_probe(&request.body, srt, items, count);
    TRY(pool_ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    return take_outcomes(&r, items, count, f);
}

enum err keeper_rewrap(struct keeper *k, struct bytes srt, struct bytes token, struct bytes jwk,
                       struct bytes checkpoint, struct keeper_rewrap_item *items, size_t count,
                       struct buf *session_pem, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_REWRAP);
    message_init(&reply, 0);
    if (count > WIRE_ITEMS_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %d keys in one request", WIRE_ITEMS_MAX);
    struct wire_rewrap head = { srt, token, jwk, checkpoint, NULL, 0 };
    wire_put_rewrap(&request.body, &head, items, count);
    TRY(pool_ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    struct bytes pem;
    if (!get_u16_bytes(&r, &pem))
        return pool_bad_reply(f);
    TRY(take_outcomes(&r, items, count, f));
    buf_put_bytes(session_pem, pem);
    return buf_check(session_pem, "session key", f);
}

enum err keeper_payload(struct bytes payload, int *fd, struct fail *f)
{
    return message_memfd(payload, fd, f);
}

/* Copies travel in batches: one descriptor each, and never more manifests than a message holds. */
static size_t batch_of(const struct keeper_copy *copies, size_t count)
{
    size_t n = 0, bytes = 0;
    while (n < count && n < MESSAGE_FDS_MAX) {
        bytes += copies[n].manifest.len;
        if (n > 0 && bytes > MESSAGE_BODY_MAX / 4)
            break;
        n++;
    }
    return n;
}

static enum err ask_seal(struct keeper *k, const struct keeper_leave *leave, struct keeper_copy *copies,
                         size_t count, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_SEAL);
    message_init(&reply, 0);
    wire_put_seal(&request.body, leave, copies, count);
    request.lent = true;
    for (size_t i = 0; i < count; i++)
        request.fds[request.fd_count++] = copies[i].payload_fd;
    TRY(pool_ask(&k->sealer, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    if (reply.fd_count != count)
        return pool_bad_reply(f);
    for (size_t i = 0; i < count; i++)
        if (!wire_get_sealed(&r, &copies[i]))
            return pool_bad_reply(f);
    if (!reader_done(&r))
        return pool_bad_reply(f);
    for (size_t i = 0; i < count; i++)
        copies[i].payload_out = reply.fds[i];
    reply.lent = true; /* they are the caller's now */
    return OK;
}

enum err keeper_seal_copies(struct keeper *k, const struct keeper_leave *leave, struct keeper_copy *copies,
                            size_t count, struct fail *f)
{
    for (size_t i = 0; i < count; i++) {
        copies[i].payload_out = -1;
        buf_init(&copies[i].manifest_out, COPY_MANIFEST_MAX);
    }
    enum err e = OK;
    for (size_t at = 0, n; at < count && e == OK; at += n) {
        n = batch_of(copies + at, count - at);
        e = ask_seal(k, leave, copies + at, n, f);
    }
    for (size_t i = 0; i < count && e != OK; i++) { /* all or none */
        if (copies[i].payload_out >= 0)
            close(copies[i].payload_out);
        copies[i].payload_out = -1;
        buf_clear(&copies[i].manifest_out);
    }
    return e;
}

/* Sources ------------------------------------------------------------------------------------------------ */

static enum err ask_match(struct keeper *k, const struct keeper_question *q, struct keeper_source *sources,
                          size_t count, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_MATCH);
    message_init(&reply, 0);
    wire_put_match(&request.body, q, sources, count);
    TRY(pool_ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    for (size_t i = 0; i < count; i++) {
        uint8_t same;
        if (!get_u8(&r, &same) || same > 1)
            return pool_bad_reply(f);
        sources[i].same = same != 0;
    }
    return reader_done(&r) ? OK : pool_bad_reply(f);
}

enum err keeper_match(struct keeper *k, const struct keeper_question *q, struct keeper_source *sources,
                      size_t count, struct fail *f)
{
    for (size_t at = 0, n; at < count; at += n) {
        n = count - at < WIRE_SOURCES_MAX ? count - at : WIRE_SOURCES_MAX;
        TRY(ask_match(k, q, sources + at, n, f));
    }
    return OK;
}
