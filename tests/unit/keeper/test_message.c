/* SPDX-License-Identifier: Apache-2.0 - packets: what goes in comes out; what is malformed is refused, and
 * the next one still gets through */
#include "keeper/message.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "tap.h"

static int ends[2];

static int open_fds(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* Bodies inside the packet, at its edge, and in shared memory. */
static void test_sizes(void)
{
    static const size_t sizes[] = { 0,
                                    1,
                                    1000,
                                    MESSAGE_PACKET - MESSAGE_HEADER,
                                    MESSAGE_PACKET - MESSAGE_HEADER + 1,
                                    1 << 20,
                                    MESSAGE_BODY_MAX };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        AUTO(message_clear) struct message out, in;
        struct fail f = { 0 };
        message_init(&out, MESSAGE_SIGN);
        out.seq = 0x01020304;
        out.code = E_REFUSED;
        out.reason = REASON_ORCON;
        uint8_t *p = buf_reserve(&out.body, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            p[j] = (uint8_t)(j * 7);
        out.body.len = sizes[i];
        ok(message_send(ends[0], &out, &f) == OK, "%zu bytes are sent: %s", sizes[i], f.what);
        ok(message_receive(ends[1], &in, &f) == OK && message_load(&in, MESSAGE_BODY_MAX, &f) == OK,
           "and received: %s", f.what);
        ok(in.type == MESSAGE_SIGN && in.seq == 0x01020304 && in.code == E_REFUSED &&
               in.reason == REASON_ORCON,
           "with their header");
        ok(bytes_equal(bytes_of(&in.body), bytes_of(&out.body)), "unchanged");
    }
    struct message big;
    message_init(&big, 1);
    buf_reserve(&big.body, MESSAGE_BODY_MAX + 1);
    ok(message_send(ends[0], &big, NULL) == E_TOO_LARGE, "a body over the bound is not sent");
    message_clear(&big);
}

static void test_bound(void)
{
    AUTO(message_clear) struct message out, in;
    struct fail f = { 0 };
    message_init(&out, MESSAGE_REWRAP);
    uint8_t *p = buf_reserve(&out.body, 100000);
    memset(p, 1, 100000);
    out.body.len = 100000;
    if (!ok(message_send(ends[0], &out, &f) == OK && message_receive(ends[1], &in, &f) == OK, "sent"))
        return;
    ok(message_load(&in, 99999, NULL) == E_TOO_LARGE && in.body.len == 0,
       "a receiver has a bound of its own");
}

static void test_descriptors(void)
{
    AUTO(message_clear) struct message out, in;
    struct fail f = { 0 };
    uint64_t size;
    char text[5] = "";
    message_init(&out, MESSAGE_SEAL);
    for (; out.fd_count < MESSAGE_FDS_MAX; out.fd_count++)
        ok(message_memfd(bytes_str("text"), &out.fds[out.fd_count], &f) == OK, "memory");
    uint8_t *p = buf_reserve(&out.body, 70000);
    memset(p, 2, 70000);
    out.body.len = 70000;
    ok(message_send(ends[0], &out, &f) == OK && message_receive(ends[1], &in, &f) == OK, "sent: %s", f.what);
    ok(in.fd_count == MESSAGE_FDS_MAX, "all descriptors came beside the body's");
    ok(message_load(&in, 70000, &f) == OK && in.body.len == 70000, "and the body");
    ok(message_sealed_size(in.fds[3], 4, &size, &f) == OK && size == 4, "sealed");
    ok(message_sealed_size(in.fds[3], 3, &size, NULL) == E_TOO_LARGE, "over a bound");
    ok(pread(in.fds[MESSAGE_FDS_MAX - 1], text, 4, 0) == 4 && strcmp(text, "text") == 0,
       "with their content");
    ok(write(in.fds[0], "x", 1) < 0, "which nobody can change");
}

/* Packets as a broken or hostile process would send them. */
#define HEAD(version, type, flags, fds, code, reason, len)                                                   \
    {                                                                                                        \
        version, type, flags, fds, 0, code, 0, reason, 0, 0, 0, 9, 0, 0, 0, len                              \
    }
static const struct {
    const char *name;
    uint8_t bytes[20];
    size_t len;
    int fds;
} malformed[] = {
    { "one byte", { 1 }, 1, 0 },
    { "half a header", HEAD(1, 2, 0, 0, 0, 0, 0), 15, 0 },
    { "another version", HEAD(2, 2, 0, 0, 0, 0, 0), 16, 0 },
    { "an unknown flag", HEAD(1, 2, 2, 0, 0, 0, 0), 16, 0 },
    { "an unknown code", HEAD(1, 2, 0, 0, E_COUNT, 0, 0), 16, 0 },
    { "an unknown reason", HEAD(1, 2, 0, 0, 0, 255, 0), 16, 0 },
    { "shorter than it says", HEAD(1, 2, 0, 0, 0, 0, 5), 20, 0 },
    { "longer than it says", HEAD(1, 2, 0, 0, 0, 0, 3), 20, 0 },
    { "body elsewhere, but no descriptor", HEAD(1, 2, 1, 0, 0, 0, 4), 16, 0 },
    { "body elsewhere and here", HEAD(1, 2, 1, 1, 0, 0, 4), 20, 1 },
    { "a descriptor that it does not mention", HEAD(1, 2, 0, 0, 0, 0, 4), 20, 1 },
    { "a descriptor that did not come", HEAD(1, 2, 0, 2, 0, 0, 4), 20, 1 },
    { "more descriptors than there may be", HEAD(1, 2, 0, 17, 0, 0, 4), 20, 17 },
    { "more than there is room for", HEAD(1, 2, 1, 17, 0, 0, 4), 16, 19 },
};

static void send_raw(const void *p, size_t len, int count, int fd)
{
    int fds[32];
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof fds)];
    } control = { 0 };
    for (size_t i = 0; i < COUNT(fds); i++)
        fds[i] = fd;
    struct iovec iov = { mem_dup(p, len), len };
    struct msghdr hdr = { .msg_iov = &iov, .msg_iovlen = 1 };
    if (count > 0) {
        hdr.msg_control = control.space;
        hdr.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * (size_t)count);
    }
    ok(sendmsg(ends[0], &hdr, 0) == (ssize_t)len, "a raw packet is sent");
    mem_freep(&iov.iov_base);
}

static void test_malformed(void)
{
    for (size_t i = 0; i < COUNT(malformed); i++) {
        AUTO(message_clear) struct message in;
        int before = open_fds();
        send_raw(malformed[i].bytes, malformed[i].len, malformed[i].fds, ends[0]);
        ok(message_receive(ends[1], &in, NULL) == E_INVALID, "refused: %s", malformed[i].name);
        message_clear(&in);
        ok(open_fds() == before, "and no descriptor is left open");
    }
    static uint8_t large[MESSAGE_PACKET + 100] = HEAD(1, 2, 0, 0, 0, 0, 0);
    AUTO(message_clear) struct message in;
    send_raw(large, sizeof large, 0, -1);
    ok(message_receive(ends[1], &in, NULL) == E_INVALID, "refused: more than a packet");
}

/* A body in memory that could still change, or is not what the header says. */
static void test_unsealed(void)
{
    static const uint8_t head[] = HEAD(1, 2, 1, 1, 0, 0, 4);
    static const struct {
        const char *name, *text;
        int seals;
        enum err want;
    } rows[] = {
        { "sealed", "four", F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, OK },
        { "not sealed", "four", 0, E_INVALID },
        { "may be written", "four", F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW, E_INVALID },
        { "may shrink", "four", F_SEAL_SEAL | F_SEAL_WRITE | F_SEAL_GROW, E_INVALID },
        { "seals may be added", "four", F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW, E_INVALID },
        { "shorter", "fou", F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, E_INVALID },
        { "longer", "fours", F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE, E_TOO_LARGE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(message_clear) struct message in;
        int fd = memfd_create("test", MFD_ALLOW_SEALING | MFD_CLOEXEC);
        ok(write(fd, rows[i].text, strlen(rows[i].text)) > 0 && fcntl(fd, F_ADD_SEALS, rows[i].seals) == 0,
           "memory: %s", rows[i].name);
        send_raw(head, sizeof head, 1, fd);
        ok(message_receive(ends[1], &in, NULL) == OK && message_load(&in, 4, NULL) == rows[i].want, "body %s",
           rows[i].name);
        close(fd);
    }
    AUTO(message_clear) struct message in;
    int fd = open("/dev/null", O_RDONLY);
    send_raw(head, sizeof head, 1, fd);
    ok(message_receive(ends[1], &in, NULL) == OK && message_load(&in, 4, NULL) == E_INVALID,
       "no memory at all");
    close(fd);
}

int main(void)
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return 1;
    test_sizes();
    test_bound();
    test_descriptors();
    test_malformed();
    test_unsealed();
    test_sizes(); /* still in step */
    struct message in;
    close(ends[0]);
    ok(message_receive(ends[1], &in, NULL) == E_IO, "nobody there");
    message_clear(&in);
    return tap_done();
}
