/* SPDX-License-Identifier: Apache-2.0
 * http/listen.h - listening sockets and numeric addresses; outside src/http only listen_check is used */
#ifndef HTTP_LISTEN_H
#define HTTP_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

#define LISTEN_TEXT 64

/* listen_open: bind and listen on "ADDR:PORT", ADDR numeric, IPv6 in brackets; close-on-exec, non-blocking.
 * E_INVALID if it does not parse, E_IO if the system refuses. */
MUST_USE enum err listen_open(const char *where, int *fd, struct fail *f);

/* listen_check: whether listen_open could parse ${where}. E_INVALID says what is wrong with it. */
MUST_USE enum err listen_check(const char *where, struct fail *f);

/* listen_describe: where ${fd} listens, as "ADDR:PORT"; whether only this machine can reach it. E_INVALID if
 * it is no TCP socket. */
MUST_USE enum err listen_describe(int fd, char text[static LISTEN_TEXT], uint16_t *port, bool *loopback,
                                  struct fail *f);

/* listen_peer: the address alone, numeric; "" if it is none of TCP. */
void listen_peer(const struct sockaddr *sa, char *out, size_t size);

#endif
