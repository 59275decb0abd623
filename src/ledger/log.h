/* SPDX-License-Identifier: Apache-2.0
 * ledger/log.h - one generation of a ledger as a state machine: entries go in, in order; tree, map, seals and
 * checkpoint texts come out.
 *
 * The same machine makes a log from the store's rows, rebuilds it from its public bytes after a start, and
 * judges a partner's log as a monitor: every entry passes the same checks. It holds no entry bytes: 64 bytes
 * an entry at most and about 100 a tag. Whoever makes entries stores them. Names start with ledger_log_. One thread at a
 * time, also for reading. */
#ifndef LEDGER_LOG_H
#define LEDGER_LOG_H

#include "ledger/body.h"
#include "ledger/map.h"
#include "ledger/tag.h"
#include "ledger/tree.h"

struct ledger_log;
struct ledger_log *ledger_log_new(void);
void ledger_log_free(struct ledger_log *l);
void ledger_log_freep(struct ledger_log **l);

/*
 * ledger_log_add_entry: the next entry, as public bytes. E_INVALID if it is malformed; E_UNVERIFIED if it may
 * not stand here: genesis is index 0 and nothing else; times of genesis, seals and close never fall; a seal
 * covers all before it, names the seal before it and the right map; close names the next generation of the
 * same domain; after close comes one seal, and then nothing. The state is unchanged on failure.
 * A tag met twice is no failure: see ledger_log_reused.
 */
MUST_USE enum err ledger_log_add_entry(struct ledger_log *l, struct bytes entry, struct fail *f);

/*
 * ledger_log_add_known: the next entry of a log that was judged before, and that a signed root shows to be the same: as
 * above, but the map is not hashed at each seal, which is most of the work. ledger_log_known_end: after the last of them,
 * the map against the last seal; E_UNVERIFIED.
 */
MUST_USE enum err ledger_log_add_known(struct ledger_log *l, struct bytes entry, struct fail *f);
MUST_USE enum err ledger_log_known_end(struct ledger_log *l, struct fail *f);

/*
 * ledger_log_resume: a log of which are known the tree, its first entry, its last but one, which closes it or does not, its last,
 * which is a seal, and the map; tree and map are taken over from ${tree} and ${map}. E_INVALID, E_UNVERIFIED if these do not fit
 * one another; E_STORE if a row of the tree can't be had. The root is for the caller to compare with a signed one.
 */
MUST_USE enum err ledger_log_resume(struct map **map, struct tree_memory **tree, struct bytes genesis,
                                    struct bytes before_seal, struct bytes seal, struct ledger_log **out,
                                    struct fail *f);

/*
 * Making entries: ${index} is the place that the store's row fixed, and must be the next one (E_INVALID).
 * The public bytes are appended to ${entry}. The same checks as above apply.
 *
 * ledger_log_add_event: ${body} passed body_check; ${tag}[c - 1] holds the VRF tag of class c where
 * tag_plan_of says that it is real; other slots are not read, and become dummies.
 * ledger_log_add_seal: of everything before it.
 */
MUST_USE enum err ledger_log_add_genesis(struct ledger_log *l, const struct entry_genesis *g,
                                         struct buf *entry, struct fail *f);
MUST_USE enum err ledger_log_add_event(struct ledger_log *l, uint64_t index, const struct body *body,
                                       const uint8_t tag[static ENTRY_TAGS][32], struct buf *entry,
                                       struct fail *f);
MUST_USE enum err ledger_log_add_seal(struct ledger_log *l, uint64_t index, uint64_t time_ms,
                                      struct buf *entry, struct fail *f);
MUST_USE enum err ledger_log_add_close(struct ledger_log *l, uint64_t index, const struct entry_close *c,
                                       struct buf *entry, struct fail *f);

/* ledger_log_event_bytes: the public bytes of an event alone, as add_event would make them. */
MUST_USE enum err ledger_log_event_bytes(const struct body *body, const uint8_t tag[static ENTRY_TAGS][32],
                                         struct buf *entry, struct fail *f);

/* The state. ledger_log_genesis: NULL while the log is empty. ledger_log_sealed: the last entry is a seal, so
 * that the tree of this size may be published. ledger_log_last_seal: ENTRY_NO_SEAL if there is none.
 * ledger_log_next: the close entry, NULL while the log is open. */
uint64_t ledger_log_size(const struct ledger_log *l);
uint64_t ledger_log_last_time(const struct ledger_log *l);
uint64_t ledger_log_last_seal(const struct ledger_log *l);
bool ledger_log_sealed(const struct ledger_log *l);
const struct entry_genesis *ledger_log_genesis(const struct ledger_log *l);
const struct entry_close *ledger_log_next(const struct ledger_log *l);
void ledger_log_root(const struct ledger_log *l, uint8_t out[static HASH_LEN]);
struct map *ledger_log_map(struct ledger_log *l);
struct tree_nodes ledger_log_nodes(struct ledger_log *l);

/* ledger_log_reused: how many tags were met again; the last place: entry ${index} repeats one of ${first}. */
uint64_t ledger_log_reused(const struct ledger_log *l, uint64_t *index, uint64_t *first);

/* ledger_log_checkpoint: the text to be signed for the present size. E_INVALID unless sealed. */
MUST_USE enum err ledger_log_checkpoint(const struct ledger_log *l, struct buf *text, struct fail *f);

#endif
