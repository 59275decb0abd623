/* SPDX-License-Identifier: Apache-2.0 - edges of the ranges that are not connected to */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/mem.h"
#include "net/address.h"
#include "tap.h"

static const struct {
    const char *address;
    bool open;
} rows[] = {
    { "0.0.0.0", false },
    { "0.255.255.255", false },
    { "1.0.0.0", true },
    { "9.255.255.255", true },
    { "10.0.0.0", false },
    { "10.255.255.255", false },
    { "11.0.0.0", true },
    { "100.63.255.255", true },
    { "100.64.0.0", false },
    { "100.127.255.255", false },
    { "100.128.0.0", true },
    { "126.255.255.255", true },
    { "127.0.0.1", false },
    { "127.255.255.255", false },
    { "128.0.0.0", true },
    { "169.253.255.255", true },
    { "169.254.169.254", false },
    { "169.255.0.0", true },
    { "172.15.255.255", true },
    { "172.16.0.0", false },
    { "172.31.255.255", false },
    { "172.32.0.0", true },
    { "192.0.0.8", false },
    { "192.0.1.0", true },
    { "192.0.2.1", false },
    { "192.88.99.1", false },
    { "192.167.255.255", true },
    { "192.168.0.1", false },
    { "192.169.0.0", true },
    { "198.17.255.255", true },
    { "198.18.0.0", false },
    { "198.19.255.255", false },
    { "198.20.0.0", true },
    { "198.51.100.7", false },
    { "203.0.113.7", false },
    { "223.255.255.255", true },
    { "224.0.0.1", false },
    { "239.255.255.255", false },
    { "240.0.0.1", false },
    { "255.255.255.255", false },
    { "8.8.8.8", true },
    { "::", false },
    { "::1", false },
    { "::7f00:1", false },
    { "::ffff:127.0.0.1", false },
    { "::ffff:10.1.2.3", false },
    { "::ffff:8.8.8.8", true },
    { "64:ff9b::8.8.8.8", true },
    { "64:ff9b::192.168.1.1", false },
    { "64:ff9b:1::8.8.8.8", false },
    { "100::1", false },
    { "1fff::1", false },
    { "2000::1", true },
    { "2001::1", false },
    { "2001:1ff::1", false },
    { "2001:200::1", true },
    { "2001:db7::1", true },
    { "2001:db8::1", false },
    { "2001:db9::1", true },
    { "2002:7f00:1::1", false },
    { "2003::1", true },
    { "2a00:1450:4001:81b::200e", true },
    { "3ffe::1", true },
    { "3fff::1", false },
    { "3fff:fff::1", false },
    { "3fff:1000::1", true },
    { "4000::1", false },
    { "fc00::1", false },
    { "fd12:3456::1", false },
    { "fe80::1", false },
    { "fec0::1", false },
    { "ff02::1", false },
};

int main(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct sockaddr_in v4 = { .sin_family = AF_INET };
        struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
        const struct sockaddr *sa = (const struct sockaddr *)&v6;
        bool read = inet_pton(AF_INET6, rows[i].address, &v6.sin6_addr) == 1;
        if (!read) {
            read = inet_pton(AF_INET, rows[i].address, &v4.sin_addr) == 1;
            sa = (const struct sockaddr *)&v4;
        }
        ok(read && address_is_public(sa) == rows[i].open, "%s is %s", rows[i].address,
           rows[i].open ? "public" : "not public");
    }
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    ok(!address_is_public((const struct sockaddr *)&local), "a local socket is not public");
    return tap_done();
}
