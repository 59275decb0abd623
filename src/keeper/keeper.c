/* SPDX-License-Identifier: Apache-2.0 - the network process's side: one stub a message, as in OpenSSH's
 * monitor_wrap.c */
#include "keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "keeper/message.h"
#include "keeper/party.h"
#include "keeper/wire.h"

#define COPY_MANIFEST_MAX ((size_t)1 << 20)

/* A socket with one request under way. broken: nothing more can be said, for the other end is gone or talks
 * out of turn. */
struct line {
    pthread_mutex_t lock;
    int sock;
    uint32_t seq;
    bool broken;
};

struct keeper {
    pid_t pid;
    struct line keeper, sealer;
};

/* One request, one reply --------------------------------------------------------------------------------- */

static enum err exchange(struct line *l, struct message *request, struct message *reply, struct fail *f)
{
    TRY(message_send(l->sock, request, f));
    TRY(message_receive(l->sock, reply, f));
    if (reply->type != (request->type | MESSAGE_REPLY) || reply->seq != request->seq)
        return fail_set(f, E_INTERNAL, "the keeper answered something else");
    return message_load(reply, MESSAGE_BODY_MAX, f);
}

/* ask: ${reply} is initialised, and cleared by the caller. What the other side refused comes back as its
 * failure. */
static enum err ask(struct line *l, struct message *request, struct message *reply, struct fail *f)
{
    message_init(reply, 0);
    TRY(buf_check(&request->body, "request to the keeper", f));
    pthread_mutex_lock(&l->lock);
    enum err e;
    if (l->broken) {
        e = fail_set(f, E_UNAVAILABLE, "the keeper is gone");
    } else {
        request->seq = ++l->seq;
        e = exchange(l, request, reply, f);
        l->broken = e != OK;
    }
    pthread_mutex_unlock(&l->lock);
    if (e != OK || reply->code == OK)
        return e;
    if (reply->reason != REASON_NONE && reason_err(reply->reason) == reply->code)
        return fail_why(f, reply->reason, "%s", buf_text(&reply->body));
    return fail_set(f, reply->code, "%s", buf_text(&reply->body));
}

static enum err bad_reply(struct fail *f)
{
    return fail_set(f, E_INTERNAL, "the keeper's answer can't be read");
}

/* Birth and death ---------------------------------------------------------------------------------------- */

static void line_init(struct line *l, int sock)
{
    pthread_mutex_init(&l->lock, NULL);
    l->sock = sock;
}

static enum err wait_ready(int sock, struct fail *f)
{
    AUTO(message_clear) struct message m;
    message_init(&m, 0);
    TRY(message_receive(sock, &m, f));
    TRY(message_load(&m, MESSAGE_PACKET, f));
    if (m.type != MESSAGE_READY)
        return bad_reply(f);
    return m.code == OK ? OK : fail_set(f, E_IO, "%s", buf_text(&m.body));
}

static enum err pair(int ends[2], struct fail *f)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_set(f, E_IO, "cannot make a socket: %s", strerror(errno));
    return OK;
}

static void close_pair(int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

enum err keeper_start(int unlock_fd, struct keeper **out, struct fail *f)
{
    int keeper[2], sealer[2];
    TRY(pair(keeper, f));
    enum err e = pair(sealer, f);
    if (e != OK) {
        close_pair(keeper);
        return e;
    }
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        party_main(parent, keeper[1], sealer[1], unlock_fd);
    if (pid < 0) {
        close_pair(keeper);
        close_pair(sealer);
        return fail_set(f, E_IO, "cannot make the keeper: %s", strerror(errno));
    }
    close(keeper[1]);
    close(sealer[1]);
    struct keeper *k = mem_new(sizeof *k);
    k->pid = pid;
    line_init(&k->keeper, keeper[0]);
    line_init(&k->sealer, sealer[0]);
    e = wait_ready(k->keeper.sock, f);
    if (e == OK)
        e = wait_ready(k->sealer.sock, f);
    if (e != OK) {
        keeper_stop(k);
        return e;
    }
    *out = k;
    return OK;
}

void keeper_stop(struct keeper *k)
{
    if (!k)
        return;
    close(k->sealer.sock); /* the sealer ends; the keeper waits for it */
    close(k->keeper.sock);
    while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    pthread_mutex_destroy(&k->keeper.lock);
    pthread_mutex_destroy(&k->sealer.lock);
    mem_freep(&k);
}

/* Keys --------------------------------------------------------------------------------------------------- */

static const char *const use_name[] = {
    [USE_CARD] = "card",       [USE_STATEMENT] = "statement",
    [USE_TOKEN] = "token",     [USE_KAS] = "kas",
    [USE_LOG] = "log",         [USE_VRF] = "vrf",
    [USE_WITNESS] = "witness", [USE_MONITOR] = "monitor",
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
    TRY(ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    struct bytes blob, spki;
    if (!get_u16_bytes(&r, &blob) || !get_u16_bytes(&r, &spki) || !reader_done(&r))
        return bad_reply(f);
    buf_put_bytes(sealed, blob);
    buf_put_bytes(public, spki);
    TRY(buf_check(sealed, "sealed key", f));
    return buf_check(public, "public key", f);
}

/* Most answers are one piece of bytes. */
static enum err ask_bytes(struct line *l, struct message *request, struct buf *out, const char *what,
                          struct fail *f)
{
    AUTO(message_clear) struct message reply;
    TRY(ask(l, request, &reply, f));
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

enum err keeper_sign_evidence(struct keeper *k, const uint8_t digest[static HASH_LEN], struct buf *jws,
                              struct fail *f)
{
    AUTO(message_clear) struct message request;
    message_init(&request, MESSAGE_EVIDENCE);
    buf_put(&request.body, digest, HASH_LEN);
    return ask_bytes(&k->keeper, &request, jws, "signed digest", f);
}

/* The ledger --------------------------------------------------------------------------------------------- */

static enum err ask_tags(struct keeper *k, struct keeper_tag *tags, size_t count, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_TAGS);
    message_init(&reply, 0);
    wire_put_tags(&request.body, tags, count);
    TRY(ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    for (size_t i = 0; i < count; i++)
        if (!get_copy(&r, tags[i].tag, VRF_TAG_LEN) ||
            (tags[i].with_proof && !get_copy(&r, tags[i].proof, VRF_PROOF_LEN)))
            return bad_reply(f);
    return reader_done(&r) ? OK : bad_reply(f);
}

enum err keeper_tags(struct keeper *k, struct keeper_tag *tags, size_t count, struct fail *f)
{
    while (count > 0) {
        /* As many as fit one packet, there and back: never a detour through shared memory. */
        size_t n = 0, there = 2, back = 0;
        for (; n < count && n < WIRE_TAGS_MAX; n++) {
            there += 3 + tags[n].alpha.len;
            back += VRF_TAG_LEN;
            if (tags[n].with_proof)
                back += VRF_PROOF_LEN;
            if (n > 0 && (there > MESSAGE_PACKET - MESSAGE_HEADER || back > MESSAGE_PACKET - MESSAGE_HEADER))
                break;
        }
        TRY(ask_tags(k, tags, n, f));
        tags += n;
        count -= n;
    }
    return OK;
}

enum err keeper_log_anchor(struct keeper *k, struct bytes note, struct fail *f)
{
    AUTO(message_clear) struct message request, reply;
    message_init(&request, MESSAGE_ANCHOR);
    buf_put_bytes(&request.body, note);
    return ask(&k->keeper, &request, &reply, f);
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
    TRY(ask(&k->keeper, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    struct bytes pem;
    if (!get_u16_bytes(&r, &pem))
        return bad_reply(f);
    for (size_t i = 0; i < count; i++)
        if (!wire_get_outcome(&r, &items[i]))
            return bad_reply(f);
    if (!reader_done(&r))
        return bad_reply(f);
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
    TRY(ask(&k->sealer, &request, &reply, f));
    struct reader r = reader_of(bytes_of(&reply.body));
    if (reply.fd_count != count)
        return bad_reply(f);
    for (size_t i = 0; i < count; i++)
        if (!wire_get_sealed(&r, &copies[i]))
            return bad_reply(f);
    if (!reader_done(&r))
        return bad_reply(f);
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
