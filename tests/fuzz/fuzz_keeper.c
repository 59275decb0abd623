/* SPDX-License-Identifier: Apache-2.0
 * Packets and messages to keeper and sealer, from a network process that was taken over. First byte: the
 * type, as types[] below counts, 0 for a raw packet, 255 for a request token; second: which process, from whom, with keys or without,
 * how many descriptors; then the body. Whatever is said: a refusal has nothing but its text, and nobody gets
 * a data key or a copy by guessing. */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper/party.h"
#include "keeper/srt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FROM_PEER = 8, WITH_KEYS = 4 };

static const struct {
    enum key_use use;
    const char *name;
} own_keys[] = {
    { USE_CARD, "alder.example" },
    { USE_STATEMENT, "alder.example" },
    { USE_TOKEN, "alder.example" },
    { USE_KAS, "alder.example" },
    { USE_LOG, "alder.example/orcon/1" },
    { USE_VRF, "alder.example" },
    { USE_WITNESS, "alder.example/witness" },
};

/* What the first byte stands for, so that seeds stay what they are when a type is added between others; new ones come last. What
 * has no row stands for itself: a reply, or no type at all. */
static const uint8_t types[] = {
    [1] = MESSAGE_READY,     [2] = MESSAGE_GENERATE, [3] = MESSAGE_LOAD,   [4] = MESSAGE_SIGN,
    [5] = MESSAGE_EVIDENCE,  [6] = MESSAGE_TAGS,     [7] = MESSAGE_ANCHOR, [8] = MESSAGE_CHECKPOINT,
    [9] = MESSAGE_COSIGN,    [10] = MESSAGE_REWRAP,  [11] = MESSAGE_SEAL,  [12] = MESSAGE_GIVE_KAS,
    [13] = MESSAGE_GIVE_LOG, [14] = MESSAGE_LABEL,   [15] = MESSAGE_PROBE, [16] = MESSAGE_MATCH,
    [17] = MESSAGE_RESEAL,
};
#define TYPES (sizeof types / sizeof *types)
_Static_assert(TYPES == MESSAGE_TYPES, "every type of message has a row");

/* [1 and 2: role, plus WITH_KEYS]; made once. */
static struct party parties[8];
static int payload;

static void give_keys(struct party *p)
{
    struct keys_row *row;
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++) {
        AUTO(buf_freep) struct buf *sealed = buf_new(4096);
        if (keys_generate(p->keys, own_keys[i].use, own_keys[i].name, sealed, &row, NULL) != OK)
            abort();
    }
}

/* The random generators of OpenSSL point to each other from its secure heap, where a leak checker doesn't
 * look. */
__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

static void prepare(void)
{
    static const uint8_t unlock[32] = { 1 };
    if (crypto_start(NULL) != OK || message_memfd(bytes_str("payload"), &payload, NULL) != OK)
        abort();
    for (unsigned i = 0; i < 8; i++) {
        struct party *p = &parties[i];
        *p = (struct party){ .role = (i & 3) == 2 ? PARTY_SEALER : PARTY_KEEPER, .peer_sock = -1 };
        if (party_init(p, unlock, NULL) != OK)
            abort();
        if (i & WITH_KEYS)
            give_keys(p);
    }
}

static void try_packet(const uint8_t *data, size_t size)
{
    static int ends[2] = { -1, -1 };
    struct message m;
    if (ends[0] < 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        abort();
    if (size == 0 || size > MESSAGE_PACKET || send(ends[0], data, size, 0) != (ssize_t)size)
        return;
    if (message_receive(ends[1], &m, NULL) == OK && message_load(&m, 4096, NULL) == OK &&
        m.body.len != m.body_len)
        abort();
    message_clear(&m);
}

static void try_srt(struct bytes text)
{
    AUTO(srt_freep) struct srt *s = NULL;
    size_t kaos = 0;
    if (srt_read(text, &s, NULL) != OK)
        return;
    for (size_t i = 0; i < s->policy_count; i++) {
        for (size_t k = 0; k < srt_kao_count(s, i); k++, kaos++) {
            struct tdf_kao kao = { 0 };
            const char *id = NULL;
            if (srt_kao_id(s, i, k, &id, NULL) == OK && !id)
                abort();
            if (srt_kao(s, i, k, &kao, NULL) == OK)
                tdf_kao_clear(&kao);
        }
    }
    if (kaos != s->kao_count)
        abort();
}

/* No entry was ever made here, so none can be shown. */
static void check(const struct message *reply)
{
    unsigned type = reply->type & ~(unsigned)MESSAGE_REPLY;
    if (reply->code != OK && (reply->fd_count > 0 || reply->body.len >= sizeof((struct fail *)NULL)->what))
        abort();
    if (reply->code != OK)
        return;
    if (type == MESSAGE_SEAL)
        abort();
    if (type == MESSAGE_REWRAP) {
        struct reader r = reader_of(bytes_of(&reply->body));
        struct keeper_rewrap_item item;
        struct bytes pem;
        if (!get_u16_bytes(&r, &pem))
            abort();
        while (!reader_done(&r))
            if (!wire_get_outcome(&r, &item) || item.result == OK)
                abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool prepared;
    if (!prepared && __lsan_disable)
        __lsan_disable();
    if (!prepared)
        prepare();
    if (!prepared && __lsan_enable)
        __lsan_enable();
    prepared = true;
    if (size < 2)
        return 0;
    if (data[0] == 0 || data[0] == 255) {
        if (data[0] == 0)
            try_packet(data + 2, size - 2);
        else
            try_srt(BYTES(data + 2, size - 2));
        return 0;
    }
    struct message request, reply;
    struct party *p = &parties[data[1] & 7];
    message_init(&request, data[0] < TYPES ? types[data[0]] : data[0]);
    buf_put(&request.body, data + 2, size - 2);
    request.body_len = (uint32_t)(size - 2);
    request.lent = true;
    for (size_t n = data[1] >> 4; request.fd_count < n;)
        request.fds[request.fd_count++] = payload;
    party_answer(p, (data[1] & FROM_PEER) != 0, &request, &reply);
    check(&reply);
    message_clear(&request);
    message_clear(&reply);
    return 0;
}
