/* SPDX-License-Identifier: Apache-2.0
 * exchange/node.h - one node: its home, its parts, and how they are put together and taken apart.
 *
 * Order of birth (docs/architecture.md): lock the home, fork keeper and sealer, open the store, load keys,
 * replay the ledger, start the writer and the publisher, then whatever talks to the network. Death is the
 * reverse. */
#ifndef EXCHANGE_NODE_H
#define EXCHANGE_NODE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/name.h"

struct bell;
struct cards;
struct cosigners;
struct earlier;
struct follower;
struct guard;
struct key;
struct keeper;
struct lives;
struct monitor;
struct net_client;
struct outbox;
struct proofs;
struct publisher;
struct rates;
struct store;
struct timer;
struct turner;
struct writer;

/* orcon.conf; the table in node_conf.c gives names, defaults and help. */
struct node_conf {
    char *domain;
    char *name;
    char *listen;         /* ADDR:PORT */
    char *url;            /* public URL, https, no slash at the end */
    char *metrics;        /* loopback ADDR:PORT, "" = none */
    uint64_t max_report;  /* bytes of one package */
    uint64_t max_clients; /* connections at a time */
    /* in an hour, and at once (exchange/rates.h); 0: no bound */
    uint64_t partner_statements, partner_bytes, partner_keys;
    uint64_t person_calls, person_bytes, device_keys;
    /* bytes of packages held from one partner (exchange/partner_held.h); 0: no bound */
    uint64_t partner_held;
    char *sendmail; /* path of the program that takes mail; "": none */
    uint64_t log_level;
    char *interop;  /* "off", "signed" or "any": enum interop */
    char *unmarked; /* who may open objects without attributes and without a list of readers: names, comma
                     * separated */
};

/* Which clients of other makers are served that prove no key of their own (docs/opentdf.md). */
enum interop {
    INTEROP_OFF,    /* none */
    INTEROP_SIGNED, /* those whose request token is signed by the key that the answer is wrapped to */
    INTEROP_ANY     /* those, too, whose request token is signed by a key that nobody knows */
};

/* The public half of a kas key. One that was replaced lives as long as the node: somebody may be looking at it. */
struct node_kas {
    struct node_kas *before;
    struct key *key;
    char kid[44];
};

struct node {
    char *home;
    struct node_conf conf;
    int lock_fd;
    uint32_t generation;          /* of the ledger */
    char origin[DOMAIN_MAX + 32]; /* "<domain>/orcon/<generation>" */
    uint64_t (*now_ms)(void);     /* the clock; tests give their own */
    uint64_t started_ms;          /* proofs made before need a nonce */
    struct keeper *keeper;
    struct store *store;
    struct writer *writer;
    struct publisher *publisher;
    struct earlier *earlier; /* generations that have ended */
    struct bell *bell;       /* rung after each commit */
    struct lives *lives;     /* streams of inboxes that are open */
    struct cards *cards;
    struct renewals *renewals; /* of partners' cards */
    struct monitor *monitor;   /* partners' logs that are read whole */
    struct proofs *proofs;     /* seen DPoP proofs and checked tokens */
    struct rates *rates;       /* how much who had done in the last hour */
    struct net_client *net;
    struct outbox *outbox;       /* NULL until node_network_start */
    struct follower *mailer;     /* the same; NULL also where no mail is sent */
    struct follower *webhook;    /* the same */
    struct timer *timer;         /* the same */
    struct cosigners *cosigners; /* the same */
    struct guard *guard;         /* the same */
    struct turner *turner;       /* the same; NULL also while the log is open */
    atomic_bool halted;          /* a witness has seen another history of the ledger: nothing is written */
    _Atomic uint64_t closed_at;  /* index of the close entry; 0: the log is open, and grows */
    atomic_bool stale;           /* what this process was started with is not what the home has any more */
    atomic_bool turned;          /* the next generation has begun: this process has none to go on with */
    void (*on_stale)(void);      /* then: whoever runs the node ends it, and starts it again; may be NULL */
    atomic_bool restored; /* put back from a backup, and no witness has confirmed yet: nothing is written */
    _Atomic(struct node_kas *) kas;     /* what is sealed to us is sealed to it */
    _Atomic(struct node_kas *) kas_rsa; /* the same, for clients of other makers that know RSA only */
    enum interop interop;
    _Atomic uint64_t
        taken_back; /* how often leave was: raised in the writer job that does it, before its commit */
};

/*
 * node_init: make a home at ${home} for ${conf}.domain: configuration, keys, certificate, store, first card,
 * genesis. The folder may exist if it is empty. E_CONFLICT if there is a home already; nothing is left behind
 * on failure.
 */
MUST_USE enum err node_init(const char *home, const struct node_conf *conf, struct fail *f);

/*
 * node_open: lock and open a home. Forks, so before any thread. Acts on the store work; nothing talks to the
 * network.
 *   serving   log as much as the configuration says; else only what went wrong
 * E_CONFLICT if another process holds the lock; E_STORE if the store is newer than this program or broken;
 * E_IO with the path if it can't be read or written.
 */
MUST_USE enum err node_open(const char *home, bool serving, struct node **out, struct fail *f);
void node_close(struct node *n);
void node_closep(struct node **n);

/* node_network_client: the HTTPS client, if there is none yet. node_network_start: that, the outbox,
 * the timer, and the guard who ends the process with its keeper or sealer. */
MUST_USE enum err node_network_client(struct node *n, struct fail *f);
MUST_USE enum err node_network_start(struct node *n, struct fail *f);

/* node_conf_keys: the table of orcon.conf, for --help and the manual page. */
struct conf_key;
const struct conf_key *node_conf_keys(size_t *count);
/* node_conf_write: the file's text, commented. */
struct buf;
void node_conf_write(const struct node_conf *conf, struct buf *out);

/* node_tls: append the certificate and the private key of the public listener, PEM, as they are in the home
 * now. ${key} is a secret buffer. E_IO. */
struct buf;
MUST_USE enum err node_tls(const struct node *n, struct buf *certificate, struct buf *key, struct fail *f);

/* node_start_again: it is stale: whoever runs it is told. */
void node_start_again(struct node *n);

/* node_path: "<home>/<name>", a heap string. */
char *node_path(const struct node *n, const char *name);

/* node_room: ${bytes} that are free on the home's disk; false: can't be told. Below NODE_ROOM_MIN doctor asks for more, and nothing is
 * taken in that can wait. */
#define NODE_ROOM_MIN ((uint64_t)1 << 30)
bool node_room(const struct node *n, uint64_t *bytes);

#endif
