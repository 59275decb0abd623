/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/mem.h"
#include "exchange/node.h"

#define RATE_MAX ((uint64_t)1 << 40)

static const struct conf_key keys[] = {
    { "domain", CONF_STRING, offsetof(struct node_conf, domain), NULL, 0, 0,
      "the organisation; never changes" },
    { "name", CONF_STRING, offsetof(struct node_conf, name), "", 0, 0, "its name for people" },
    { "listen", CONF_STRING, offsetof(struct node_conf, listen), "127.0.0.1:7700", 0, 0,
      "ADDR:PORT for HTTPS; [::]:7700 for all addresses" },
    { "url", CONF_STRING, offsetof(struct node_conf, url), NULL, 0, 0,
      "public URL, https, no slash at the end; stands in the card and in proofs" },
    { "metrics", CONF_STRING, offsetof(struct node_conf, metrics), "", 0, 0,
      "loopback ADDR:PORT for plain HTTP /metrics; empty: none" },
    { "max_report", CONF_NUMBER, offsetof(struct node_conf, max_report), "67108864", 65536,
      (uint64_t)512 << 20, "bytes of the largest package taken or sent" },
    { "max_clients", CONF_NUMBER, offsetof(struct node_conf, max_clients), "256", 4, 4096,
      "connections at a time" },
    { "partner_statements", CONF_NUMBER, offsetof(struct node_conf, partner_statements), "36000", 0, RATE_MAX,
      "statements, packages and questions taken of one partner in an hour; 0: any number" },
    { "partner_bytes", CONF_NUMBER, offsetof(struct node_conf, partner_bytes), "4294967296", 0, RATE_MAX,
      "bytes of them in an hour; 0: any" },
    { "partner_held", CONF_NUMBER, offsetof(struct node_conf, partner_held), "68719476736", 0, RATE_MAX,
      "bytes of packages that are held from one partner, in all; 0: any" },
    { "partner_keys", CONF_NUMBER, offsetof(struct node_conf, partner_keys), "360000", 0, RATE_MAX,
      "keys asked for by the people of one partner in an hour; 0: any number" },
    { "person_calls", CONF_NUMBER, offsetof(struct node_conf, person_calls), "36000", 0, RATE_MAX,
      "calls of one person that may write, in an hour; 0: any number" },
    { "person_bytes", CONF_NUMBER, offsetof(struct node_conf, person_bytes), "4294967296", 0, RATE_MAX,
      "bytes of them in an hour; 0: any" },
    { "device_keys", CONF_NUMBER, offsetof(struct node_conf, device_keys), "36000", 0, RATE_MAX,
      "keys asked for with one device in an hour; 0: any number" },
    { "sendmail", CONF_STRING, offsetof(struct node_conf, sendmail), "", 0, 0,
      "path of the program that takes mail, /usr/sbin/sendmail; empty: no notices by mail" },
    { "log_level", CONF_NUMBER, offsetof(struct node_conf, log_level), "2", LOG_ERROR, LOG_DEBUG,
      "0 errors, 1 warnings, 2 events, 3 details" },
    { "interop", CONF_STRING, offsetof(struct node_conf, interop), "off", 0, 0,
      "OpenTDF clients that prove no key: off; signed: if the session key signs; any" },
    { "unmarked", CONF_STRING, offsetof(struct node_conf, unmarked), "", 0, 0,
      "names, comma separated, who may open objects sealed under no attribute and no list" },
};

const struct conf_key *node_conf_keys(size_t *count)
{
    *count = COUNT(keys);
    return keys;
}

void node_conf_write(const struct node_conf *conf, struct buf *out)
{
    const char *base = (const char *)conf;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const void *at = base + keys[i].offset;
        buf_printf(out, "# %s\n", keys[i].help);
        if (keys[i].type == CONF_NUMBER)
            buf_printf(out, "%s = %llu\n\n", keys[i].name, (unsigned long long)*(const uint64_t *)at);
        else
            buf_printf(out, "%s = %s\n\n", keys[i].name, *(char *const *)at ? *(char *const *)at : "");
    }
}
