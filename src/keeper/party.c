/* SPDX-License-Identifier: Apache-2.0 - the loop of keeper and sealer, and the table of what may be said to
 * them */
#include "keeper/party.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/seal.h"
#include "crypto/vrf.h"
#include "keeper/logkey.h"
#include "keeper/rewrap.h"
#include "keeper/sandbox.h"
#include "keeper/sealer.h"
#include "keeper/sign.h"

/* Keys --------------------------------------------------------------------------------------------------- */

/* The sealer opens masters with the kas keys, and believes checkpoints of the log key. */
static enum err give(struct party *p, enum key_use use, const struct keys_row *row, struct fail *f)
{
    AUTO(message_clear) struct message out, reply;
    AUTO(buf_freep) struct buf *key = buf_new_secret(256);
    message_init(&out, use == USE_KAS ? MESSAGE_GIVE_KAS : MESSAGE_GIVE_LOG);
    message_init(&reply, 0);
    if (p->peer_sock < 0 || (use != USE_KAS && use != USE_LOG))
        return OK;
    if (use == USE_KAS)
        key_write_private(row->key, key);
    else
        key_write_public(row->key, key);
    struct wire_give v = { .use = use, .key = bytes_of(key) };
    memcpy(v.name, row->name, sizeof v.name);
    wire_put_give(&out.body, &v);
    TRY(buf_check(&out.body, "key", f));
    TRY(message_send(p->peer_sock, &out, f));
    TRY(message_receive(p->peer_sock, &reply, f));
    return reply.code == OK ? OK : fail_set(f, reply.code, "the sealer did not take the key");
}

static enum err on_generate(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    struct wire_key v;
    struct keys_row *row;
    TRY(wire_get_key(bytes_of(&in->body), &v, f));
    TRY(keys_generate(p->keys, v.use, v.name, sealed, &row, f));
    TRY(keys_public(row, public, f));
    TRY(give(p, v.use, row, f));
    buf_put_u16_bytes(&out->body, bytes_of(sealed));
    buf_put_u16_bytes(&out->body, bytes_of(public));
    return OK;
}

static enum err on_load(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_key v;
    struct keys_row *row;
    TRY(wire_get_key(bytes_of(&in->body), &v, f));
    TRY(keys_load(p->keys, v.use, v.sealed, &row, f));
    TRY(give(p, v.use, row, f));
    return keys_public(row, &out->body, f);
}

static enum err on_give(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    struct wire_give v;
    struct keys_row *row;
    (void)out;
    TRY(wire_get_give(bytes_of(&in->body), &v, f));
    if (v.use != (in->type == MESSAGE_GIVE_KAS ? USE_KAS : USE_LOG))
        return fail_set(f, E_INVALID, "another key than was said");
    if (v.use == USE_KAS)
        TRY(key_read_private(KEY_P256, v.key, &key, f));
    else
        TRY(key_read_public(KEY_ED25519, v.key, &key, f));
    return keys_add(p->keys, v.use, v.name, &key, &row, f);
}

/* Signatures and tags ------------------------------------------------------------------------------------ */

/* The key that a request names by its use. */
static enum err need_key(const struct party *p, enum key_use use, struct keys_row **out, struct fail *f)
{
    *out = keys_last(p->keys, use);
    return *out ? OK : fail_set(f, E_NOT_FOUND, "there is no %s key", keeper_use_name(use));
}

static enum err on_sign(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_sign v;
    struct keys_row *row;
    TRY(wire_get_sign(bytes_of(&in->body), &v, f));
    TRY(need_key(p, v.use, &row, f));
    return sign_payload(row, &v, &out->body, f);
}

static enum err on_evidence(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    if (in->body.len != HASH_LEN)
        return fail_set(f, E_INVALID, "malformed message: evidence");
    return sign_evidence(keys_last(p->keys, USE_STATEMENT), bytes_of(&in->body), &out->body, f);
}

static enum err on_tags(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct keeper_tag tags[WIRE_TAGS_MAX];
    size_t count;
    TRY(wire_get_tags(bytes_of(&in->body), tags, &count, f));
    const struct key *vrf = keys_last(p->keys, USE_VRF)->key;
    for (size_t i = 0; i < count; i++) {
        struct keeper_tag *t = &tags[i];
        if (t->with_proof)
            vrf_prove(vrf, t->alpha, t->proof, t->tag);
        else
            vrf_tag(vrf, t->alpha, t->tag);
        buf_put(&out->body, t->tag, VRF_TAG_LEN);
        if (t->with_proof)
            buf_put(&out->body, t->proof, VRF_PROOF_LEN);
    }
    return OK;
}

static enum err on_anchor(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    (void)out;
    return logkey_anchor(keys_last(p->keys, USE_LOG), bytes_of(&in->body), f);
}

static enum err on_checkpoint(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_checkpoint v;
    TRY(wire_get_checkpoint(bytes_of(&in->body), &v, f));
    return logkey_sign(keys_last(p->keys, USE_LOG), &v, &out->body, f);
}

static enum err on_cosign(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_cosign v;
    struct keys_row *row;
    TRY(wire_get_cosign(bytes_of(&in->body), &v, f));
    if (v.use != USE_WITNESS && v.use != USE_MONITOR)
        return fail_set(f, E_INVALID, "a %s key cosigns nothing", keeper_use_name(v.use));
    TRY(need_key(p, v.use, &row, f));
    return logkey_cosign(p->keys, row, &v, &out->body, f);
}

/* Data keys ---------------------------------------------------------------------------------------------- */

static enum err on_rewrap(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_rewrap v;
    TRY(wire_get_rewrap(bytes_of(&in->body), &v, f));
    enum err e = rewrap_answer(p->keys, &v, &out->body, f);
    wire_rewrap_clear(&v);
    return e;
}

static enum err on_seal(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_seal v;
    TRY(wire_get_seal(bytes_of(&in->body), &v, f));
    enum err e = sealer_answer(p->keys, &v, in, out, f);
    wire_seal_clear(&v);
    return e;
}

/* The table ---------------------------------------------------------------------------------------------- */

enum { FROM_MAIN = 1, FROM_PEER = 2 };
#define HAS(use) (1U << (use))

/* Who takes it, from whom, which keys must be there, bytes and descriptors at most. */
static const struct rule {
    enum err (*answer)(struct party *, struct message *, struct message *, struct fail *);
    enum party_role role;
    unsigned from, needs;
    size_t max;
    unsigned fds;
} rules[MESSAGE_TYPES] = {
    [MESSAGE_GENERATE] = { on_generate, PARTY_KEEPER, FROM_MAIN, 0, 1024, 0 },
    [MESSAGE_LOAD] = { on_load, PARTY_KEEPER, FROM_MAIN, 0, 8192, 0 },
    [MESSAGE_SIGN] = { on_sign, PARTY_KEEPER, FROM_MAIN, 0, (size_t)1 << 20, 0 },
    [MESSAGE_EVIDENCE] = { on_evidence, PARTY_KEEPER, FROM_MAIN, HAS(USE_STATEMENT), HASH_LEN, 0 },
    [MESSAGE_TAGS] = { on_tags, PARTY_KEEPER, FROM_MAIN, HAS(USE_VRF), (size_t)1 << 20, 0 },
    [MESSAGE_ANCHOR] = { on_anchor, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG), NOTE_MAX, 0 },
    [MESSAGE_CHECKPOINT] = { on_checkpoint, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG), 8192, 0 },
    [MESSAGE_COSIGN] = { on_cosign, PARTY_KEEPER, FROM_MAIN, 0, 8192, 0 },
    [MESSAGE_REWRAP] = { on_rewrap, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG) | HAS(USE_KAS), MESSAGE_BODY_MAX,
                         0 },
    [MESSAGE_SEAL] = { on_seal, PARTY_SEALER, FROM_MAIN, HAS(USE_LOG) | HAS(USE_KAS), MESSAGE_BODY_MAX,
                       MESSAGE_FDS_MAX },
    [MESSAGE_GIVE_KAS] = { on_give, PARTY_SEALER, FROM_PEER, 0, 4096, 0 },
    [MESSAGE_GIVE_LOG] = { on_give, PARTY_SEALER, FROM_PEER, 0, 4096, 0 },
};

static enum err permit(const struct party *p, unsigned from, const struct message *in,
                       const struct rule **out, struct fail *f)
{
    const struct rule *r = in->type < MESSAGE_TYPES ? &rules[in->type] : &rules[0];
    if (!r->answer || r->role != p->role || (r->from & from) == 0)
        return fail_set(f, E_INVALID, "message %u is not for this process", in->type);
    for (unsigned use = 0; use < USE_COUNT; use++)
        if ((r->needs & HAS(use)) != 0 && !keys_last(p->keys, (enum key_use)use))
            return fail_set(f, E_NOT_FOUND, "there is no %s key", keeper_use_name((enum key_use)use));
    if (in->fd_count > r->fds)
        return fail_set(f, E_INVALID, "message %u with descriptors", in->type);
    *out = r;
    return OK;
}

static enum err answer(struct party *p, unsigned from, struct message *in, struct message *out,
                       struct fail *f)
{
    const struct rule *rule;
    TRY(permit(p, from, in, &rule, f));
    TRY(message_load(in, rule->max, f));
    TRY(rule->answer(p, in, out, f));
    return buf_check(&out->body, "reply", f);
}

/* Nothing of a reply that was begun is left in a refusal. */
static void refuse(struct message *reply, const struct message *request, const struct fail *f)
{
    message_clear(reply);
    message_init(reply, request->type | MESSAGE_REPLY);
    reply->code = f->code == OK ? E_INTERNAL : f->code;
    reply->reason = f->reason;
    buf_put_str(&reply->body, f->what);
}

void party_answer(struct party *p, int sock, struct message *request, struct message *reply)
{
    struct fail f = { 0 };
    message_init(reply, request->type | MESSAGE_REPLY);
    if (answer(p, sock == p->main_sock ? FROM_MAIN : FROM_PEER, request, reply, &f) != OK)
        refuse(reply, request, &f);
    reply->seq = request->seq;
}

/* The loop ----------------------------------------------------------------------------------------------- */

/* E_IO: the other side is gone, and with it the reason to be here. */
static enum err serve_one(struct party *p, int sock)
{
    AUTO(message_clear) struct message request, reply;
    struct fail f = { 0 };
    message_init(&reply, 0);
    enum err e = message_receive(sock, &request, &f);
    if (e == E_IO)
        return e;
    if (e == OK) {
        party_answer(p, sock, &request, &reply);
    } else {
        refuse(&reply, &request, &f);
        reply.seq = request.seq;
    }
    return message_send(sock, &reply, &f);
}

static void serve(struct party *p)
{
    struct pollfd fds[2] = { { .fd = p->main_sock, .events = POLLIN },
                             { .fd = p->peer_sock, .events = POLLIN } };
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return;
        for (size_t i = 0; i < COUNT(fds); i++)
            if (fds[i].revents != 0 && serve_one(p, fds[i].fd) != OK)
                return;
    }
}

/* Birth -------------------------------------------------------------------------------------------------- */

static enum err read_unlock(int fd, uint8_t key[static SEAL_KEY_LEN], struct fail *f)
{
    uint8_t more;
    size_t got = 0;
    while (got < SEAL_KEY_LEN) {
        ssize_t n = pread(fd, key + got, SEAL_KEY_LEN - got, (off_t)got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_set(f, E_IO, "cannot read the unlock key");
        got += (size_t)n;
    }
    if (pread(fd, &more, 1, SEAL_KEY_LEN) != 0)
        return fail_set(f, E_IO, "the unlock key is not 32 bytes");
    return OK;
}

static enum err take_unlock(struct party *p, int fd, struct fail *f)
{
    uint8_t key[SEAL_KEY_LEN];
    enum err e = read_unlock(fd, key, f);
    close(fd);
    if (e == OK)
        e = keys_new(key, &p->keys, f);
    wipe(key, sizeof key);
    return e;
}

/* Algorithms are fetched, and the first random bytes drawn, while files can still be opened. */
static enum err warm_up(struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(1024);
    TRY(crypto_start(f));
    TRY(key_make(KEY_P256, &key, f));
    TRY(key_write_public_pem(key, pem, f));
    return OK;
}

static enum err prepare(struct party *p, const char *name, pid_t parent, int unlock_fd, struct fail *f)
{
    struct sandbox_state state;
    int keep[] = { p->main_sock, p->peer_sock, unlock_fd };
    TRY(sandbox_detach(name, parent, keep, COUNT(keep), f));
    TRY(warm_up(f));
    TRY(p->role == PARTY_KEEPER ? take_unlock(p, unlock_fd, f) : keys_new(NULL, &p->keys, f));
    TRY(sandbox_enter(p->role == PARTY_KEEPER, &state, f));
    log_event(LOG_INFO, "confined", "landlock=%d seccomp=%d", state.landlock, state.seccomp);
    return OK;
}

static enum err say_ready(struct party *p, enum err e, const struct fail *f)
{
    AUTO(message_clear) struct message m;
    message_init(&m, MESSAGE_READY);
    m.code = e;
    if (e != OK)
        buf_put_str(&m.body, f->what);
    return message_send(p->main_sock, &m, NULL);
}

_Noreturn static void live(struct party *p, const char *name, pid_t parent, int unlock_fd)
{
    struct fail f = { 0 };
    enum err e = prepare(p, name, parent, unlock_fd, &f);
    if (say_ready(p, e, &f) == OK && e == OK)
        serve(p);
    keys_free(p->keys);
    close(p->main_sock);
    close(p->peer_sock);
    if (p->child > 0) /* it saw its sockets close */
        waitpid(p->child, NULL, 0);
    _exit(e == OK ? 0 : 1);
}

_Noreturn void party_main(pid_t parent, int keeper_sock, int sealer_sock, int unlock_fd)
{
    int peers[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, peers) != 0)
        _exit(1);
    pid_t self = getpid(), child = fork();
    if (child < 0)
        _exit(1);
    if (child == 0) {
        struct party sealer = { .role = PARTY_SEALER, .main_sock = sealer_sock, .peer_sock = peers[1] };
        log_name("sealer");
        live(&sealer, "orcon-sealer", self, -1);
    }
    struct party keeper = {
        .role = PARTY_KEEPER, .main_sock = keeper_sock, .peer_sock = peers[0], .child = child
    };
    log_name("keeper");
    live(&keeper, "orcon-keeper", parent, unlock_fd);
}
