/* SPDX-License-Identifier: Apache-2.0 - the loop of keeper and sealer, and the table of what may be said to
 * them */
#include "keeper/party.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/seal.h"
#include "crypto/vrf.h"
#include "keeper/logkey.h"
#include "keeper/match.h"
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
    probed_forget(p->probed);
    TRY(keys_generate(p->keys, v.use, v.name, sealed, &row, f));
    TRY(keys_public(row, public, f));
    if (keys_last(p->keys, v.use) == row)
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
    probed_forget(p->probed);
    TRY(keys_load(p->keys, v.use, v.sealed, &row, f));
    TRY(give(p, v.use, row, f));
    return keys_public(row, &out->body, f);
}

static enum err on_reseal(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    if (in->fd_count != 1)
        return fail_set(f, E_INVALID, "malformed message: reseal");
    return keys_reseal(p->keys, bytes_of(&in->body), in->fds[0], &out->body, f);
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

static enum err on_label(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    return sign_label(keys_last(p->keys, USE_STATEMENT), bytes_of(&in->body), &out->body, f);
}

static enum err on_evidence(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    if (in->body.len != HASH_LEN)
        return fail_set(f, E_INVALID, "malformed message: evidence");
    return sign_evidence(keys_last(p->keys, USE_STATEMENT), bytes_of(&in->body), &out->body, f);
}

/* ${pk} NULL: the last one. */
static const struct key *vrf_key(const struct party *p, const uint8_t *pk)
{
    const struct keys_row *row = pk ? NULL : keys_last(p->keys, USE_VRF);
    for (size_t i = 0; pk && !row && keys_at(p->keys, USE_VRF, i); i++) {
        AUTO(buf_freep) struct buf *public = buf_new(64);
        key_write_public(keys_at(p->keys, USE_VRF, i)->key, public);
        if (bytes_equal(bytes_of(public), BYTES(pk, 32)))
            row = keys_at(p->keys, USE_VRF, i);
    }
    return row ? row->key : NULL;
}

static enum err on_tags(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct keeper_tag tags[WIRE_TAGS_MAX];
    const uint8_t *pk;
    size_t count;
    TRY(wire_get_tags(bytes_of(&in->body), &pk, tags, &count, f));
    const struct key *vrf = vrf_key(p, pk);
    if (!vrf)
        return fail_set(f, E_NOT_FOUND, "the vrf key of that log is not here");
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

static enum err on_probe(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    AUTO(mem_freep) struct wire_probe *v = mem_new(sizeof *v);
    TRY(wire_get_probe(bytes_of(&in->body), v, f));
    return rewrap_probe(p->keys, p->probed, v, &out->body, f);
}

static enum err on_rewrap(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    struct wire_rewrap v;
    TRY(wire_get_rewrap(bytes_of(&in->body), &v, f));
    enum err e = rewrap_answer(p->keys, p->probed, &v, &out->body, f);
    wire_rewrap_clear(&v);
    return e;
}

static enum err on_match(struct party *p, struct message *in, struct message *out, struct fail *f)
{
    AUTO(mem_freep) struct wire_match *v = mem_new(sizeof *v);
    TRY(wire_get_match(bytes_of(&in->body), v, f));
    return match_answer(p->keys, v, &out->body, f);
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

/* Who takes it, from whom, which keys must be there, bytes and descriptors at most; whether it changes keys,
 * so that nothing else may be under way. What log keys signed has a lock of its own (keeper/logkey.c): a checkpoint that waited for
 * the end of all tags under way would stop the lines that make them as often as something is published. */
static const struct rule {
    enum err (*answer)(struct party *, struct message *, struct message *, struct fail *);
    enum party_role role;
    unsigned from, needs;
    size_t max;
    unsigned fds;
    bool changes;
} rules[MESSAGE_TYPES] = {
    [MESSAGE_GENERATE] = { on_generate, PARTY_KEEPER, FROM_MAIN, 0, 1024, 0, true },
    [MESSAGE_LOAD] = { on_load, PARTY_KEEPER, FROM_MAIN, 0, 8192, 0, true },
    [MESSAGE_RESEAL] = { on_reseal, PARTY_KEEPER, FROM_MAIN, 0, MESSAGE_BODY_MAX, 1, true },
    [MESSAGE_SIGN] = { on_sign, PARTY_KEEPER, FROM_MAIN, 0, (size_t)1 << 20, 0 },
    [MESSAGE_EVIDENCE] = { on_evidence, PARTY_KEEPER, FROM_MAIN, HAS(USE_STATEMENT), HASH_LEN, 0 },
    [MESSAGE_LABEL] = { on_label, PARTY_KEEPER, FROM_MAIN, HAS(USE_STATEMENT), MESSAGE_BODY_MAX, 0 },
    [MESSAGE_TAGS] = { on_tags, PARTY_KEEPER, FROM_MAIN, HAS(USE_VRF), (size_t)1 << 20, 0 },
    [MESSAGE_ANCHOR] = { on_anchor, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG), NOTE_MAX, 0, true },
    [MESSAGE_CHECKPOINT] = { on_checkpoint, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG), 8192, 0 },
    [MESSAGE_COSIGN] = { on_cosign, PARTY_KEEPER, FROM_MAIN, 0, 8192, 0 },
    [MESSAGE_PROBE] = { on_probe, PARTY_KEEPER, FROM_MAIN, HAS(USE_KAS), MESSAGE_BODY_MAX, 0 },
    [MESSAGE_REWRAP] = { on_rewrap, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG) | HAS(USE_KAS), MESSAGE_BODY_MAX,
                         0 },
    [MESSAGE_MATCH] = { on_match, PARTY_KEEPER, FROM_MAIN, HAS(USE_LOG) | HAS(USE_KAS), (size_t)1 << 20, 0 },
    [MESSAGE_SEAL] = { on_seal, PARTY_SEALER, FROM_MAIN, HAS(USE_LOG) | HAS(USE_KAS), MESSAGE_BODY_MAX,
                       MESSAGE_FDS_MAX },
    [MESSAGE_GIVE_KAS] = { on_give, PARTY_SEALER, FROM_PEER, 0, 4096, 0, true },
    [MESSAGE_GIVE_LOG] = { on_give, PARTY_SEALER, FROM_PEER, 0, 4096, 0, true },
};

static enum err permit(const struct party *p, unsigned from, const struct message *in,
                       const struct rule **out, struct fail *f)
{
    const struct rule *r = in->type < MESSAGE_TYPES ? &rules[in->type] : &rules[0];
    if (!r->answer || r->role != p->role || (r->from & from) == 0)
        return fail_set(f, E_INVALID, "message %u is not for this process", in->type);
    if (in->fd_count > r->fds)
        return fail_set(f, E_INVALID, "message %u with descriptors", in->type);
    *out = r;
    return OK;
}

static enum err carry_out(struct party *p, const struct rule *rule, struct message *in, struct message *out,
                          struct fail *f)
{
    for (unsigned use = 0; use < USE_COUNT; use++)
        if ((rule->needs & HAS(use)) != 0 && !keys_last(p->keys, (enum key_use)use))
            return fail_set(f, E_NOT_FOUND, "there is no %s key", keeper_use_name((enum key_use)use));
    TRY(rule->answer(p, in, out, f));
    return buf_check(&out->body, "reply", f);
}

static enum err answer(struct party *p, unsigned from, struct message *in, struct message *out,
                       struct fail *f)
{
    const struct rule *rule = NULL;
    TRY(permit(p, from, in, &rule, f));
    TRY(message_load(in, rule->max, f));
    if (rule->changes)
        pthread_rwlock_wrlock(&p->lock);
    else
        pthread_rwlock_rdlock(&p->lock);
    enum err e = carry_out(p, rule, in, out, f);
    pthread_rwlock_unlock(&p->lock);
    return e;
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

void party_answer(struct party *p, bool from_peer, struct message *request, struct message *reply)
{
    struct fail f = { 0 };
    message_init(reply, request->type | MESSAGE_REPLY);
    if (answer(p, from_peer ? FROM_PEER : FROM_MAIN, request, reply, &f) != OK)
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
        party_answer(p, sock == p->peer_sock, &request, &reply);
        e = message_send(sock, &reply, &f);
    }
    if (e != OK && e != E_IO) { /* malformed, or an answer that can't be sent: somebody waits for one */
        refuse(&reply, &request, &f);
        reply.seq = request.seq;
        e = message_send(sock, &reply, NULL);
    }
    return e;
}

/* One of the sockets has closed: nobody is left to serve. Whoever comes first waits until nothing is under
 * way. */
_Noreturn static void end(struct party *p)
{
    pthread_rwlock_wrlock(&p->lock);
    keys_free(p->keys);
    probed_free(p->probed);
    shutdown(p->peer_sock, SHUT_RDWR); /* the other one ends, too */
    if (p->child > 0)
        waitpid(p->child, NULL, 0);
    _exit(0);
}

/* A line, in a thread of its own. */
struct helper {
    struct party *p;
    int sock;
    bool slow;
    pthread_barrier_t *running;
};

/* What takes long gives way to what is short and waited for by many: the node's writer, its publisher and its connections, each of which
 * has work for the lines soon after. At the same priority the writer waited for a core longer than it had one. */
#define SLOW_NICE 10

static void *serve_line(void *arg)
{
    struct helper *h = arg;
    if (h->slow)
        setpriority(PRIO_PROCESS, 0,
                    SLOW_NICE); /* this thread's; where it can't be had, all goes on as it is */
    pthread_barrier_wait(h->running);
    while (serve_one(h->p, h->sock) == OK)
        continue;
    end(h->p);
}

/* Lines for what takes long have their core: where there are few cores, and they are busy, the kernel lets two threads share one while
 * another is idle. Where one is slow to answer, the others get more of the work (keeper/tags.h). */
static int bind_to_core(pthread_attr_t *a, size_t line, const cpu_set_t *mine)
{
    cpu_set_t one;
    size_t count = (size_t)CPU_COUNT(mine), seen = 0;
    for (size_t core = 0; line > 0 && core < CPU_SETSIZE; core++) {
        if (!CPU_ISSET(core, mine) || seen++ != (line - 1) % count)
            continue;
        CPU_ZERO(&one);
        CPU_SET(core, &one);
        return pthread_attr_setaffinity_np(a, sizeof one, &one);
    }
    /* the first line, for what is quick, goes where there is room */
    return pthread_attr_setaffinity_np(a, sizeof *mine, mine);
}

/* Returns when all of them run: libc makes calls of its own when a thread begins, and ends the process if
 * they are refused. */
static enum err start_helpers(struct party *p, struct fail *f)
{
    static struct helper helpers[PARTY_LINES_MAX]; /* for the life of the process, as their barrier */
    static pthread_barrier_t running;
    pthread_attr_t small;
    pthread_t thread;
    cpu_set_t mine;
    unsigned count = 0;
    while (count < COUNT(p->lines) && p->lines[count] >= 0)
        count++;
    int bad = pthread_barrier_init(&running, NULL, count + 1) | pthread_attr_init(&small) |
              pthread_attr_setstacksize(&small, (size_t)1 << 20) |
              pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED) |
              sched_getaffinity(0, sizeof mine, &mine);
    for (size_t i = 0; i < count && !bad; i++) {
        helpers[i] = (struct helper){ p, p->lines[i], i > 0, &running };
        bad = bind_to_core(&small, i, &mine) | pthread_create(&thread, &small, serve_line, &helpers[i]);
    }
    pthread_attr_destroy(&small);
    if (bad)
        return fail_set(f, E_IO, "cannot make a thread: %d", bad);
    pthread_barrier_wait(&running);
    return OK;
}

/* The first thread is for the peer. The sealer gives only answers, to the thread that asked; so the keeper
 * looks at that socket only for its end. */
_Noreturn static void serve_peer(struct party *p)
{
    struct pollfd peer = { .fd = p->peer_sock };
    if (p->role == PARTY_SEALER)
        while (serve_one(p, p->peer_sock) == OK)
            continue;
    else
        while (poll(&peer, 1, -1) <= 0)
            continue;
    end(p);
}

/* Birth ---------------------------------------------------------------------------------------- */

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

enum err party_init(struct party *p, const uint8_t *unlock, struct fail *f)
{
    pthread_rwlockattr_t writers_first; /* or a checkpoint would wait for a pause between rewraps */
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&p->lock, &writers_first);
    pthread_rwlockattr_destroy(&writers_first);
    p->probed = probed_new();
    return keys_new(unlock, &p->keys, f);
}

void party_clear(struct party *p)
{
    keys_free(p->keys);
    probed_free(p->probed);
    pthread_rwlock_destroy(&p->lock);
}

/* Only the keeper seals and opens blobs. */
static enum err take_unlock(struct party *p, int fd, struct fail *f)
{
    uint8_t key[SEAL_KEY_LEN];
    if (p->role != PARTY_KEEPER)
        return party_init(p, NULL, f);
    enum err e = read_unlock(fd, key, f);
    close(fd);
    if (e == OK)
        e = party_init(p, key, f);
    wipe(key, sizeof key);
    return e;
}

/* Algorithms are fetched, and the first random bytes drawn, while files can still be opened. jansson would read
 * its seed from a file, and take the time where it can't: then table collisions could be made on purpose. */
static enum err warm_up(struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(1024);
    size_t seed;
    TRY(crypto_start(f));
    random_bytes(&seed, sizeof seed);
    json_object_seed(seed | 1);
    TRY(key_make(KEY_P256, &key, f));
    return key_write_public_pem(key, pem, f);
}

static enum err prepare(struct party *p, const char *name, pid_t parent, int unlock_fd, struct fail *f)
{
    int abi, keep[PARTY_LINES_MAX + 2];
    bool seccomp;
    memcpy(keep, p->lines, sizeof p->lines);
    keep[PARTY_LINES_MAX] = p->peer_sock;
    keep[PARTY_LINES_MAX + 1] = unlock_fd;
    TRY(sandbox_detach(name, parent, keep, COUNT(keep), f));
    TRY(warm_up(f));
    TRY(take_unlock(p, unlock_fd, f));
    TRY(sandbox_files(&abi, f));
    TRY(start_helpers(p, f)); /* nobody speaks to them before say_ready */
    TRY(sandbox_calls(p->role == PARTY_KEEPER, &seccomp, f));
    log_event(LOG_INFO, "confined", "landlock=%d seccomp=%d", abi, seccomp);
    return OK;
}

static enum err say_ready(const struct party *p, enum err e, const struct fail *f)
{
    AUTO(message_clear) struct message m;
    message_init(&m, MESSAGE_READY);
    m.code = e;
    if (e != OK)
        buf_put_str(&m.body, f->what);
    return message_send(p->lines[0], &m, NULL);
}

_Noreturn static void live(struct party *p, const char *name, pid_t parent, int unlock_fd)
{
    struct fail f = { 0 };
    log_name(name + strlen("orcon-"));
    enum err e = prepare(p, name, parent, unlock_fd, &f);
    if (say_ready(p, e, &f) != OK || e != OK)
        _exit(1);
    serve_peer(p);
}

static struct party party_of(enum party_role role, int peer, pid_t child)
{
    struct party p = { .role = role, .peer_sock = peer, .child = child };
    for (size_t i = 0; i < COUNT(p.lines); i++)
        p.lines[i] = -1;
    return p;
}

_Noreturn void party_main(pid_t parent, const int lines[static PARTY_LINES_MAX], int sealer_sock,
                          int unlock_fd)
{
    int peers[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, peers) != 0)
        _exit(1);
    pid_t self = getpid(), child = fork();
    if (child < 0)
        _exit(1);
    if (child == 0) {
        struct party sealer = party_of(PARTY_SEALER, peers[1], 0);
        sealer.lines[0] = sealer_sock;
        live(&sealer, "orcon-sealer", self, -1);
    }
    struct party keeper = party_of(PARTY_KEEPER, peers[0], child);
    memcpy(keeper.lines, lines, sizeof keeper.lines);
    live(&keeper, "orcon-keeper", parent, unlock_fd);
}
