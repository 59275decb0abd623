/* SPDX-License-Identifier: Apache-2.0
 * keeper/party.h - one of the two confined processes: who it is, what it holds, which messages it takes.
 *
 * The keeper and the sealer are the same loop over the same table of messages (party.c); the table says who
 * may send a message, to whom, which keys must be there, and how large it may be. One thread. */
#ifndef KEEPER_PARTY_H
#define KEEPER_PARTY_H

#include <sys/types.h>

#include "keeper/keys.h"
#include "keeper/message.h"

enum party_role { PARTY_KEEPER = 1, PARTY_SEALER = 2 };

struct party {
    enum party_role role;
    int main_sock, peer_sock; /* -1: nobody there */
    pid_t child;              /* the keeper's sealer */
    struct keys *keys;
};

/*
 * party_main: what the forked process becomes; does not return. Forks the sealer, makes ready, is confined,
 * says so to the network process, and serves until that ends.
 *   parent                    the network process
 *   keeper_sock, sealer_sock  the ends of the two
 *   unlock_fd                 as in keeper_start
 */
_Noreturn void party_main(pid_t parent, int keeper_sock, int sealer_sock, int unlock_fd);

/*
 * party_answer: check ${request}, received from ${sock}, against the table, carry it out, and fill ${reply}
 * (initialised here). Never fails: a refusal is a reply too, with nothing but its text.
 */
void party_answer(struct party *p, int sock, struct message *request, struct message *reply);

#endif
