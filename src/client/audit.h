/* SPDX-License-Identifier: Apache-2.0
 * client/audit.h - a whole ledger, read from its public resources and replayed (docs/formats.md, 2.7)
 *
 * Every entry passes the rules of a log (ledger/log.h): order, times, seals, map. The root must be the one that was
 * signed, and every tile of hashes what follows from the entries. Nothing is kept. One thread. */
#ifndef CLIENT_AUDIT_H
#define CLIENT_AUDIT_H

#include "ledger/checkpoint.h"
#include "ledger/log.h"
#include "ledger/quorum.h"

/* Where the resources come from: get appends `checkpoint`, `tile/...`, at most ${max} bytes. E_NOT_FOUND if there is
 * none. ${generations} 0: of one log; else of so many, each below its number, `1/checkpoint`. */
struct audit_source {
    enum err (*get)(void *ctx, const char *path, size_t max, struct buf *out, struct fail *f);
    void *ctx;
    size_t generations;
};

/* audit_folder: the files below ${path}, which outlives the source: of one log, or a folder for each generation. */
struct audit_source audit_folder(const char *path);

/* audit_generation: one log of a source that has several; ${out} outlives the source. */
struct audit_generation {
    const struct audit_source *all;
    size_t number;
};
struct audit_source audit_generation(const struct audit_source *all, size_t number,
                                     struct audit_generation *out);

/*
 * The same over HTTPS, from a node whose card is known: what is asked of is below ${url}, `https://.../log/1`; a node's own
 * address stands for all its generations. Started by audit_url_begin, ended by audit_url_clear, also for AUTO. E_UNVERIFIED if no card of ${t} has that address.
 */
struct trust;
struct card;
struct audit_url {
    char *url;
    const struct card *card;
    size_t generations;
    struct net_client *net;
};
MUST_USE enum err audit_url_begin(const struct trust *t, const char *url, struct audit_url *out,
                                  struct fail *f);
void audit_url_clear(struct audit_url *u);
struct audit_source audit_url_source(struct audit_url *u);

/* What was found. Ended by audit_clear, also for AUTO. */
struct audit {
    struct buf *note; /* the checkpoint as served */
    struct checkpoint checkpoint;
    struct ledger_log *log;        /* all of it */
    uint64_t reused, again, first; /* tags met twice; the last: entry ${again} repeats one of ${first} */
};
void audit_clear(struct audit *a);

/* audit_checkpoint: get the checkpoint. Not verified: whose it claims to be is for the caller to look at.
 * audit_replay: the rest; ${a} has the checkpoint, and ${log} is the key that signed it. E_UNVERIFIED says where it is
 * wrong; E_NOT_FOUND, E_UNAVAILABLE, E_IO what can't be had. */
MUST_USE enum err audit_checkpoint(const struct audit_source *s, struct audit *a, struct fail *f);
MUST_USE enum err audit_replay(const struct audit_source *s, const struct note_key *log, struct audit *a,
                               struct fail *f);

/* audit_follows: whether ${next} begins where ${before} ended, and is the log that it named. ${lost}: after a cut, how many entries of the
 * one before, which somebody cosigned, it does not show. E_UNVERIFIED names the entry that does not fit. */
MUST_USE enum err audit_follows(const struct audit *before, const struct audit *next, uint64_t *lost,
                                struct fail *f);

#endif
