/* SPDX-License-Identifier: Apache-2.0
 * bench/floor.h - the operations that a piece of work cannot do without, and nothing else.
 *
 * The cryptography is called as near to the libraries as can be, with keys, contexts and buffers made beforehand and the same ones
 * throughout. What a floor costs here and now, in the same process and the same minute, is what the work is compared with. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>
#include <stdint.h>

struct floor;
struct floor *floor_new(void);
void floor_free(struct floor *w);

/* One of each. */
void floor_vrf_tag(struct floor *w);
void floor_vrf_proof(struct floor *w); /* and the tag in it */
void floor_es256_verify(struct floor *w);
void floor_ecdh(struct floor *w);
void floor_p256_make(struct floor *w);

/* A key release that briefs a person: 2 tags, 1 proof, 2 verifies, 2 agreements, 1 key. A repeated one: 1 tag and no proof.
 * One portion more in the same request: 2 tags, 1 proof, 1 agreement. */
void floor_first_release(struct floor *w);
void floor_repeated_release(struct floor *w);
void floor_portion_more(struct floor *w);
/* The same for what is wrapped to RSA-2048: its private operation in place of one agreement. */
void floor_rsa(struct floor *w);
void floor_first_release_rsa(struct floor *w);
void floor_portion_more_rsa(struct floor *w);

/*
 * A briefing in the ledger: 2 tags, 1 proof, its hashes and its share of a group commit.
 *   hashes        a salt and a leaf for each of an event's fields, their tree, the entry's leaf, a node of the log; and in the
 *                 map, for each tag, what its path does not share with the others of its group
 *   group commit  its bytes written with those of its group, and one fdatasync for all of them
 */
#define FLOOR_FIELDS    16
#define FLOOR_GROUP     64  /* events */
#define FLOOR_MAP_NODES 11  /* of one tag, in a map of 10^5 tags */
#define FLOOR_EVENT_LEN 512 /* bytes: body, entry, proof */
void floor_entry_hashes(struct floor *w);
void floor_group_commit(struct floor *w);
void floor_briefing(struct floor *w);

/* floor_cost: processor seconds of this thread that one ${work} takes, over ${count}. */
double floor_cost(struct floor *w, void (*work)(struct floor *), size_t count);

/* floor_cost_crowded: the same while ${threads} threads, at most FLOOR_THREADS, do it at once, each with its ${w}, and each ${count}
 * of them: what one costs where no core is idle, as under the load that is compared with it. */
#define FLOOR_THREADS 64
double floor_cost_crowded(struct floor *const *w, size_t threads, void (*work)(struct floor *), size_t count);

/* AES-256-GCM over ${len} bytes in place under a new iv, tag beside it: floor_lock. The other way: floor_unlock. */
void floor_lock(struct floor *w, uint8_t *data, size_t len, uint8_t iv[static 12], uint8_t tag[static 16]);
void floor_unlock(struct floor *w, uint8_t *data, size_t len, const uint8_t iv[static 12],
                  uint8_t tag[static 16]);

#endif
