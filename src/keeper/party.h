/* SPDX-License-Identifier: Apache-2.0
 * keeper/party.h - one of the two confined processes: who it is, what it holds, which messages it takes.
 *
 * The keeper and the sealer are the same loop over the same table of messages (party.c); the table says who
 * may send a message, to whom, which keys must be there, and how large it may
 * be. The keeper serves a line of the network process in each of its threads. */
#ifndef KEEPER_PARTY_H
#define KEEPER_PARTY_H

#include <pthread.h>
#include <sys/types.h>

#include "keeper/keys.h"
#include "keeper/message.h"
#include "keeper/probed.h"

#define PARTY_LINES_MAX 17

enum party_role { PARTY_KEEPER = 1, PARTY_SEALER = 2 };

struct party {
    enum party_role role;
    int lines[PARTY_LINES_MAX]; /* to the network process, one a thread; -1: none */
    int peer_sock;              /* between the two; -1: none */
    pid_t child;                /* the keeper's sealer */
    struct keys *keys;
    struct probed *probed; /* never NULL; the sealer's stays empty */
    pthread_rwlock_t lock; /* of the keys and what they signed */
};

/*
 * party_main: what the forked process becomes; does not return. Forks the sealer, makes ready, is confined,
 * says so to the network process, and serves until that ends.
 *   parent      the network process
 *   lines       the keeper's ends of its sockets to it, sealer_sock the sealer's; unlock_fd as in keeper_start
 */
_Noreturn void party_main(pid_t parent, const int lines[static PARTY_LINES_MAX], int sealer_sock,
                          int unlock_fd);

/* party_init, party_clear: lock and keys; ${unlock} as in keys_new. */
MUST_USE enum err party_init(struct party *p, const uint8_t *unlock, struct fail *f);
void party_clear(struct party *p);

/*
 * party_answer: check ${request} against the table, carry it out, and fill ${reply} (initialised here). Never
 * fails: a refusal is a reply too, with nothing but its text. Any thread.
 *   from_peer   it came from the other confined process, not from the network process
 */
void party_answer(struct party *p, bool from_peer, struct message *request, struct message *reply);

#endif
