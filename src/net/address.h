/* SPDX-License-Identifier: Apache-2.0
 * net/address.h - inside src/net only: which addresses are on the public Internet. Pure. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * address_is_public: false for what the IANA special-purpose registries (RFC 6890, as of 2024) say isn't
 * globally reachable: loopback, private, shared, link-local, unique local, documentation, benchmarking,
 * multicast, reserved; and for any family but IPv4 and IPv6. IPv4 within IPv6 (mapped, 64:ff9b::/96) is judged
 * as the IPv4 address; other tunnels are not public.
 */
bool address_is_public(const struct sockaddr *sa);

#endif
