/* SPDX-License-Identifier: Apache-2.0
 * keeper/message.h - packets between the network process, the keeper and the sealer.
 *
 * A packet on a SOCK_SEQPACKET socket is a header of 16 bytes (all big-endian) and a body:
 *   u8 version = 1, u8 type, u8 flags, u8 descriptors, u16 code, u16 reason, u32 seq, u32 length of the body
 * A body that does not fit a packet of 64 KiB travels in a sealed memfd, the first of the descriptors (flag
 * 1). A receiver takes only memfds that can no longer change. Bodies are wiped when they are let go. One
 * thread at a time for a socket. */
#ifndef KEEPER_MESSAGE_H
#define KEEPER_MESSAGE_H

#include "base/buf.h"

#define MESSAGE_PACKET   ((size_t)64 << 10)
#define MESSAGE_HEADER   ((size_t)16)
#define MESSAGE_BODY_MAX ((size_t)8 << 20) /* of any message, in whatever way it travels */
#define MESSAGE_FDS_MAX  ((size_t)16)      /* besides the body's */

/* What is said. A reply has the type and seq of its request, and MESSAGE_REPLY added to the type. */
enum message_type {
    MESSAGE_READY = 1, /* child to main, once, unasked: confined, or why not */
    MESSAGE_GENERATE,
    MESSAGE_LOAD,
    MESSAGE_SIGN,
    MESSAGE_EVIDENCE,
    MESSAGE_LABEL,
    MESSAGE_TAGS,
    MESSAGE_ANCHOR,
    MESSAGE_CHECKPOINT,
    MESSAGE_COSIGN,
    MESSAGE_PROBE,
    MESSAGE_REWRAP,
    MESSAGE_MATCH,
    MESSAGE_SEAL,     /* main to sealer */
    MESSAGE_GIVE_KAS, /* keeper to sealer: a key that opens */
    MESSAGE_GIVE_LOG, /* keeper to sealer: whose checkpoints count */
    MESSAGE_RESEAL,
    MESSAGE_TYPES,
    MESSAGE_REPLY = 0x80
};

struct message {
    uint8_t type;
    uint32_t seq;
    enum err code; /* in a reply: the outcome; the body is then its text */
    enum reason reason;
    struct buf body;
    int fds[MESSAGE_FDS_MAX + 1];
    size_t fd_count;
    bool lent;   /* the descriptors are the caller's: message_clear leaves them open */
    int body_fd; /* received, not yet loaded; -1: none */
    uint32_t body_len;
};

/* message_init: empty, of ${type}. message_clear: wipe the body, close descriptors that were received. */
void message_init(struct message *m, unsigned type);
void message_clear(struct message *m);

/* message_send: E_TOO_LARGE over MESSAGE_BODY_MAX; E_IO if the other side is gone; E_UNAVAILABLE without
 * memory or descriptors: nothing was sent then. The other side gets descriptors of its own. */
MUST_USE enum err message_send(int sock, const struct message *m, struct fail *f);

/*
 * message_receive: wait for a packet. ${m} is initialised, and to be cleared by the caller whatever the
 * result. OK: header and descriptors are there, and the body if it came in the packet. E_INVALID: malformed;
 * the socket is still in step, type and seq are set if they could be read. E_IO: the other side is gone.
 */
MUST_USE enum err message_receive(int sock, struct message *m, struct fail *f);

/* message_load: have the body of at most ${max} bytes in memory. E_TOO_LARGE; E_INVALID if its memfd is
 * not sealed or has another size than was said. */
MUST_USE enum err message_load(struct message *m, size_t max, struct fail *f);

/* message_memfd: a memfd on its own, filled with ${v} and sealed against every change; the caller closes it;
 * E_UNAVAILABLE without memory or descriptors.
 * message_seal: seal one that was written. message_sealed_size: E_INVALID unless ${fd} is such a memfd,
 * E_TOO_LARGE over ${max}. */
MUST_USE enum err message_memfd(struct bytes v, int *fd, struct fail *f);
MUST_USE enum err message_seal(int fd, struct fail *f);
MUST_USE enum err message_sealed_size(int fd, uint64_t max, uint64_t *size, struct fail *f);

#endif
