/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

#define VERSION      1
#define FLAG_BODY_FD 1
#define SEALS        (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

void message_init(struct message *m, unsigned type)
{
    *m = (struct message){ .type = (uint8_t)type, .body_fd = -1 };
    buf_init(&m->body, MESSAGE_BODY_MAX);
    m->body.secret = true;
}

void message_clear(struct message *m)
{
    buf_clear(&m->body);
    for (size_t i = 0; i < m->fd_count && !m->lent; i++)
        close(m->fds[i]);
    m->fd_count = 0;
    if (m->body_fd >= 0)
        close(m->body_fd);
    m->body_fd = -1;
}

/* Memory that is shared between processes ---------------------------------------------------------------- */

static enum err write_all(int fd, struct bytes v, struct fail *f)
{
    while (v.len > 0) {
        ssize_t n = write(fd, v.data, v.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_set(f, E_UNAVAILABLE, "cannot write shared memory: %s", strerror(errno));
        v = BYTES(v.data + n, v.len - (size_t)n);
    }
    return OK;
}

enum err message_seal(int fd, struct fail *f)
{
    if (fcntl(fd, F_ADD_SEALS, SEALS) != 0)
        return fail_set(f, E_UNAVAILABLE, "cannot seal shared memory: %s", strerror(errno));
    return OK;
}

enum err message_memfd(struct bytes v, int *out, struct fail *f)
{
    int fd = memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return fail_set(f, E_UNAVAILABLE, "cannot make shared memory: %s", strerror(errno));
    enum err e = write_all(fd, v, f);
    if (e == OK)
        e = message_seal(fd, f);
    if (e != OK) {
        close(fd);
        return e;
    }
    *out = fd;
    return OK;
}

enum err message_sealed_size(int fd, uint64_t max, uint64_t *size, struct fail *f)
{
    struct stat st;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS)
        return fail_set(f, E_INVALID, "descriptor is not sealed memory");
    if (fstat(fd, &st) != 0 || st.st_size < 0)
        return fail_set(f, E_INVALID, "descriptor has no size");
    if ((uint64_t)st.st_size > max)
        return fail_set(f, E_TOO_LARGE, "shared memory of %lld bytes is over the bound",
                        (long long)st.st_size);
    *size = (uint64_t)st.st_size;
    return OK;
}

/* Sending ------------------------------------------------------------------------------------------------ */

union control {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(int) * (MESSAGE_FDS_MAX + 1))];
};

static void put_header(const struct message *m, bool in_fd, size_t fds, struct buf *out)
{
    buf_put_u8(out, VERSION);
    buf_put_u8(out, m->type);
    buf_put_u8(out, in_fd ? FLAG_BODY_FD : 0);
    buf_put_u8(out, (uint8_t)fds);
    buf_put_u16(out, (uint16_t)m->code);
    buf_put_u16(out, (uint16_t)m->reason);
    buf_put_u32(out, m->seq);
    buf_put_u32(out, (uint32_t)m->body.len);
}

static enum err send_packet(int sock, struct iovec *iov, size_t iov_count, const int *fds, size_t fd_count,
                            struct fail *f)
{
    union control control = { 0 };
    struct msghdr hdr = { .msg_iov = iov, .msg_iovlen = iov_count };
    if (fd_count > 0) {
        hdr.msg_control = control.space;
        hdr.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *c = CMSG_FIRSTHDR(&hdr);
        if (!c)
            BUG("no room for a control message");
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(c), fds, sizeof(int) * fd_count);
    }
    ssize_t n;
    do
        n = sendmsg(sock, &hdr, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail_set(f, errno == EPIPE || errno == ECONNRESET ? E_IO : E_UNAVAILABLE,
                        "cannot send to the other process: %s", strerror(errno));
    return OK;
}

enum err message_send(int sock, const struct message *m, struct fail *f)
{
    if (m->fd_count > MESSAGE_FDS_MAX)
        BUG("too many descriptors in a message");
    TRY(buf_check(&m->body, "message", f));
    int fds[MESSAGE_FDS_MAX + 1];
    size_t count = 0;
    bool in_fd = m->body.len > MESSAGE_PACKET - MESSAGE_HEADER;
    if (in_fd)
        TRY(message_memfd(bytes_of(&m->body), &fds[count++], f));
    memcpy(fds + count, m->fds, m->fd_count * sizeof *fds);
    count += m->fd_count;

    struct buf header;
    buf_init(&header, MESSAGE_HEADER);
    put_header(m, in_fd, count, &header);
    struct iovec iov[2] = { { header.data, header.len }, { m->body.data, m->body.len } };
    enum err e = send_packet(sock, iov, in_fd || m->body.len == 0 ? 1 : 2, fds, count, f);
    buf_clear(&header);
    if (in_fd)
        close(fds[0]);
    return e;
}

/* Receiving ---------------------------------------------------------------------------------------------- */

/* Take over what descriptors came, so that none stays open whatever is wrong with the packet. */
static size_t take_fds(struct msghdr *hdr, int *fds, size_t max)
{
    size_t count = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            if (count < max)
                fds[count++] = fd;
            else
                close(fd);
        }
    }
    return count;
}

/* ${inline_len}: bytes that came in the packet after the header. ${fds}: descriptors that came with it. */
static enum err read_header(struct message *m, struct reader r, size_t inline_len, size_t fds, struct fail *f)
{
    uint8_t version, flags, said;
    uint16_t code, reason;
    if (!get_u8(&r, &version) || version != VERSION || !get_u8(&r, &m->type) || !get_u8(&r, &flags) ||
        !get_u8(&r, &said) || !get_u16(&r, &code) || !get_u16(&r, &reason) || !get_u32(&r, &m->seq) ||
        !get_u32(&r, &m->body_len))
        return fail_set(f, E_INVALID, "message without a header");
    if (code >= E_COUNT || reason >= REASON_COUNT || (flags & ~FLAG_BODY_FD) != 0)
        return fail_set(f, E_INVALID, "message with an unknown code or flag");
    bool in_fd = (flags & FLAG_BODY_FD) != 0;
    if (said != fds || fds < in_fd || fds - in_fd > MESSAGE_FDS_MAX)
        return fail_set(f, E_INVALID, "message with other descriptors than it says");
    if (inline_len != (in_fd ? 0 : m->body_len))
        return fail_set(f, E_INVALID, "message of another length than it says");
    m->code = (enum err)code;
    m->reason = (enum reason)reason;
    if (in_fd) { /* it is the first one */
        m->body_fd = m->fds[0];
        m->fd_count--;
        memmove(m->fds, m->fds + 1, m->fd_count * sizeof *m->fds);
    }
    return OK;
}

/* Where packets land before their bodies are taken out: not on the stack, which would be cleared each time, and
 * not in a buffer of the largest size for each body. */
static _Thread_local uint8_t packet[MESSAGE_PACKET];

enum err message_receive(int sock, struct message *m, struct fail *f)
{
    message_init(m, 0);
    union control control = { 0 };
    uint8_t header[MESSAGE_HEADER];
    struct iovec iov[2] = { { header, sizeof header }, { packet, sizeof packet } };
    struct msghdr hdr = {
        .msg_iov = iov, .msg_iovlen = 2, .msg_control = control.space, .msg_controllen = sizeof control.space
    };
    ssize_t n;
    do
        n = recvmsg(sock, &hdr, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return fail_set(f, E_IO, "the other process is gone");
    size_t got = (size_t)n < sizeof header ? (size_t)n : sizeof header, body = (size_t)n - got;
    m->fd_count = take_fds(&hdr, m->fds, COUNT(m->fds));
    bool whole = (hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (whole)
        buf_put(&m->body, packet, body);
    explicit_bzero(packet, body);
    if (!whole || m->body.failed)
        return fail_set(f, E_INVALID, "message larger than a packet");
    return read_header(m, reader_of(BYTES(header, got)), body, m->fd_count, f);
}

enum err message_load(struct message *m, size_t max, struct fail *f)
{
    if (m->body_len > max)
        return fail_set(f, E_TOO_LARGE, "message of %u bytes is over the bound", m->body_len);
    if (m->body_fd < 0)
        return OK;
    uint64_t size;
    TRY(message_sealed_size(m->body_fd, max, &size, f));
    if (size != m->body_len)
        return fail_set(f, E_INVALID, "message of another length than it says");
    uint8_t *p = buf_reserve(&m->body, size);
    if (!p)
        return buf_check(&m->body, "message", f);
    while (m->body.len < size) {
        ssize_t n = pread(m->body_fd, p + m->body.len, size - m->body.len, (off_t)m->body.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_set(f, E_INVALID, "shared memory can't be read");
        m->body.len += (size_t)n;
    }
    p[size] = '\0';
    close(m->body_fd);
    m->body_fd = -1;
    return OK;
}
