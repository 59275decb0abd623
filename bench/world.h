/* SPDX-License-Identifier: Apache-2.0
 * bench/world.h - real nodes in processes of their own, and people who talk to them as docs/protocol.md says.
 *
 * Whatever goes wrong ends the program: a measurement that can't be made is no measurement. */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <jansson.h>
#include <sys/types.h>

#include "base/name.h"
#include "crypto/key.h"
#include "ledger/card.h"
#include "net/client.h"

/* A node: its home, and the process that serves it. */
struct site {
    const char *program;
    char domain[DOMAIN_MAX + 1];
    char *home, *url;
    uint16_t port;
    pid_t pid;         /* of `orcon serve` */
    pid_t children[8]; /* keeper and sealer */
    size_t child_count;
    double ready;      /* seconds from exec to readiness */
    struct card *card; /* once it is up */
    char pin[65];
};

/* site_program: the orcon beside this program's folder; the caller frees. */
char *site_program(const char *argv0);
/* site_init: `orcon init` below ${dir}. site_serve: `orcon serve`, until it says that it is ready; its log goes into its home's
 * folder. site_stop: SIGTERM. site_clear: and forget. */
void site_init(struct site *s, const char *program, const char *dir, const char *domain);
void site_serve(struct site *s);
void site_stop(struct site *s);
void site_clear(struct site *s);
/* site_introduce: each takes the other's card, handed over as a file would be. */
void site_introduce(struct site *a, struct site *b);
/* site_cpu: processor seconds of node, keeper and sealer so far. site_resident: their memory, bytes. */
double site_cpu(const struct site *s);
uint64_t site_resident(const struct site *s);

/* A person with his key, and a token for one organisation. */
struct human {
    const struct site *home;
    char id[PERSON_MAX + 1];
    struct key *key;
    char *token; /* as human_sign_in got it */
};
/* human_enrol: `person add`, POST /enrol, `person confirm`. human_sign_in: POST /token for ${resource}; again when it is over. */
void human_enrol(struct human *h, const struct site *home, const char *id, const char *roles);
void human_sign_in(struct human *h, const char *resource);
void human_clear(struct human *h);

/* human_call: one call of ${site}, with his token for it; the status must be ${want}. Caller clears ${out}. */
void human_call(const struct human *h, const struct site *site, const char *method, const char *path,
                const char *type, struct bytes body, size_t max_answer, struct net_answer *out);

/* What a key request says of one portion. */
struct copy {
    char portion[UUID_TEXT];
    json_t *object; /* the key access object */
    char *policy;   /* base64 */
};

/*
 * world_share: ${author} shares a report of a title and ${count} portions under ${mark} with ${to}; when ${to}'s node has it, his
 * reader ${reader} fetches the package. ${copies} gets ${count} + 1 of them; the caller ends each with copy_clear.
 */
void world_share(const struct human *author, const struct site *to, const struct human *reader,
                 const char *mark, size_t count, struct copy *copies);
void copy_clear(struct copy *c);

#endif
