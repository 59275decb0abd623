/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

#define V4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

static const struct {
    uint32_t prefix;
    unsigned bits;
} closed_v4[] = {
    { V4(0, 0, 0, 0), 8 },       /* this network */
    { V4(10, 0, 0, 0), 8 },      /* private */
    { V4(100, 64, 0, 0), 10 },   /* shared by a provider's customers */
    { V4(127, 0, 0, 0), 8 },     /* loopback */
    { V4(169, 254, 0, 0), 16 },  /* link-local */
    { V4(172, 16, 0, 0), 12 },   /* private */
    { V4(192, 0, 0, 0), 24 },    /* protocol assignments */
    { V4(192, 0, 2, 0), 24 },    /* documentation */
    { V4(192, 88, 99, 0), 24 },  /* 6to4 relays */
    { V4(192, 168, 0, 0), 16 },  /* private */
    { V4(198, 18, 0, 0), 15 },   /* benchmarking */
    { V4(198, 51, 100, 0), 24 }, /* documentation */
    { V4(203, 0, 113, 0), 24 },  /* documentation */
    { V4(224, 0, 0, 0), 4 },     /* multicast */
    { V4(240, 0, 0, 0), 4 },     /* reserved, broadcast */
};

/* Within 2000::/3, the only part that is handed out. */
static const struct {
    uint8_t prefix[6];
    unsigned bits;
} closed_v6[] = {
    { { 0x20, 0x01, 0x00, 0x00 }, 23 }, /* protocol assignments: Teredo, ORCHID */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x20, 0x02 }, 16 },             /* 6to4 */
    { { 0x3f, 0xff, 0x00 }, 20 },       /* documentation */
};

static bool v4_is_public(uint32_t address)
{
    for (size_t i = 0; i < COUNT(closed_v4); i++)
        if ((address ^ closed_v4[i].prefix) >> (32 - closed_v4[i].bits) == 0)
            return false;
    return true;
}

static bool starts(const uint8_t address[static 16], const uint8_t *prefix, unsigned bits)
{
    size_t whole = bits / 8;
    unsigned rest = bits % 8;
    if (memcmp(address, prefix, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ prefix[whole]) >> (8 - rest) == 0;
}

static bool v6_is_public(const uint8_t a[static 16])
{
    static const uint8_t mapped[12] = { [10] = 0xff, 0xff };
    static const uint8_t nat64[12] = { 0x00, 0x64, 0xff, 0x9b };
    static const uint8_t global[1] = { 0x20 };
    if (starts(a, mapped, 96) || starts(a, nat64, 96))
        return v4_is_public(V4(a[12], a[13], a[14], a[15]));
    if (!starts(a, global, 3))
        return false;
    for (size_t i = 0; i < COUNT(closed_v6); i++)
        if (starts(a, closed_v6[i].prefix, closed_v6[i].bits))
            return false;
    return true;
}

bool address_is_public(const struct sockaddr *sa)
{
    if (sa->sa_family == AF_INET)
        return v4_is_public(ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr));
    if (sa->sa_family == AF_INET6)
        return v6_is_public(((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr.s6_addr);
    return false;
}
