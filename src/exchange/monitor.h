/* SPDX-License-Identifier: Apache-2.0
 * exchange/monitor.h - reading partners' logs whole: entries fetched, shown to be what was signed, and judged
 *
 * The entries are kept in the store. The state that they make, tree and map, is in memory while it is used, and kept
 * there too, page by page (exchange/snapshot.h). What is kept is believed only where it gives the root that was cosigned: what does
 * not is read from the partner's node again. A log is read by one thread at a time. */
#ifndef EXCHANGE_MONITOR_H
#define EXCHANGE_MONITOR_H

#include "exchange/cards.h"
#include "exchange/watch.h"
#include "store/cosigner.h"

struct monitor;
struct replay; /* one log, while a thread has it */

void monitor_open(struct node *n, struct monitor **out);
void monitor_close(struct monitor *m);

/* monitor_begin: take the log ${origin}, of which ${row} says what was cosigned, and ${keys} its keys are; E_UNAVAILABLE: another
 * thread has had it for some seconds. monitor_end: give it back; NULL is fine. */
MUST_USE enum err monitor_begin(struct node *n, const char *origin, const struct watched_row *row,
                                const struct note_key *keys, size_t key_count, struct replay **out,
                                struct fail *f);
void monitor_end(struct replay *r);

/*
 * monitor_follow: read the log up to the signed checkpoint ${c}, whose log key is ${key}, from ${card}'s node.
 *   WITNESS_ACCEPTED      every entry is right, and the last a seal; monitor_store in the job that says so
 *   WITNESS_LATER         not in the time that there is; what was read is kept for the next call
 *   WITNESS_INCONSISTENT  ${wrong} says what, ${f} too; its entry points into ${r}
 */
MUST_USE enum witness_status monitor_follow(struct node *n, struct replay *r, const struct card_ref *card,
                                            const struct note_key *key, const struct checkpoint *c,
                                            struct watch_wrong *wrong, struct fail *f);
/* monitor_store: put what was read into the store, in a writer's job; ${kept} is then how many there are.
 * monitor_stored: it was committed; some time goes into keeping tree and map, and into reading again what is kept. monitor_reused: tags that were met again since the last call. */
MUST_USE enum err monitor_store(struct replay *r, struct db *db, uint64_t *kept, struct fail *f);
void monitor_stored(struct replay *r);
/* What was judged so far: its genesis, NULL if that was not; its close entry, NULL if there is none; entries. monitor_is_new: nothing
 * of it was ever cosigned. */
const struct entry_genesis *monitor_genesis(const struct replay *r);
const struct entry_close *monitor_close_entry(const struct replay *r);
uint64_t monitor_size(const struct replay *r);
bool monitor_is_new(const struct replay *r);
/* monitor_entry: the bytes of an entry, for the alarm; kept in ${r} in place of what was fetched, so that nothing more can be stored
 * of it: it is read again. */
struct bytes monitor_entry(struct node *n, struct replay *r, uint64_t idx);
uint64_t monitor_reused(struct replay *r, uint64_t *index, uint64_t *first);

#endif
