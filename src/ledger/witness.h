/* SPDX-License-Identifier: Apache-2.0
 * ledger/witness.h - asking for a cosignature, and judging who asks (C2SP tlog-witness v1.0.0)
 *
 * A request is `old <size>`, a consistency proof, an empty line and a signed checkpoint. What a witness remembers
 * of a log, and how it compares and stores in one step, is for the caller. Pure; any thread. */
#ifndef LEDGER_WITNESS_H
#define LEDGER_WITNESS_H

#include "ledger/checkpoint.h"

#define WITNESS_PROOF_LINES 63
#define WITNESS_BODY_MAX    (NOTE_MAX + (size_t)WITNESS_PROOF_LINES * 45 + 32) /* bytes of a request */
#define WITNESS_ANSWER_MAX  ((size_t)64 << 10)

struct witness_ask {
    uint64_t old;                                  /* what the asker believes was cosigned last; 0: nothing */
    uint8_t proof[WITNESS_PROOF_LINES * HASH_LEN]; /* from old to the checkpoint's size, joined */
    size_t proof_len;
    struct bytes note; /* the checkpoint, not yet looked at; points into what was read */
};

/* witness_ask_read: E_INVALID: the first line, a proof line, more than 63 of them, no checkpoint.
 * witness_ask_put: append one. */
MUST_USE enum err witness_ask_read(struct bytes body, struct witness_ask *out, struct fail *f);
void witness_ask_put(struct buf *b, uint64_t old, struct bytes proof, struct bytes note);

/* How a request is answered: HTTP statuses. */
enum witness_status {
    WITNESS_ACCEPTED = 200,
    WITNESS_MALFORMED = 400,
    WITNESS_UNSIGNED = 403,
    WITNESS_UNKNOWN = 404,
    WITNESS_STALE = 409, /* the body is the size last cosigned and a newline, of type WITNESS_SIZE_TYPE */
    WITNESS_INCONSISTENT = 422,
    WITNESS_LATER = 503 /* not now: a monitor is still reading the log */
};
#define WITNESS_SIZE_TYPE "text/x.tlog.size"

/* What was cosigned last; size 0: nothing. */
struct witness_seen {
    uint64_t size;
    uint8_t root[HASH_LEN];
};

/*
 * The three questions, in this order; each gives WITNESS_ACCEPTED, or the status that refuses, and ${f} says why.
 * witness_text: is there a checkpoint? Caller owns ${note}.
 * witness_signed: did one of the ${count} keys sign it, all of the log that it names? No keys: the log is unknown.
 * witness_judge: may ${c} be cosigned after ${seen}?
 */
MUST_USE enum witness_status witness_text(const struct witness_ask *a, struct note **note,
                                          struct checkpoint *c, struct fail *f);
MUST_USE enum witness_status witness_signed(const struct note *note, const struct note_key *keys,
                                            size_t count, struct fail *f);
MUST_USE enum witness_status witness_judge(const struct witness_ask *a, const struct checkpoint *c,
                                           const struct witness_seen *seen, struct fail *f);

/*
 * witness_answer: in the body of a 200, the valid line of ${key} over ${text}, and its time. Lines of others are
 * skipped. E_INVALID, E_UNVERIFIED. ${line} is appended with its newline.
 * witness_size: in the body of a 409; false if it is none.
 */
MUST_USE enum err witness_answer(struct bytes text, struct bytes body, const struct note_key *key,
                                 struct buf *line, uint64_t *time_s, struct fail *f);
MUST_USE bool witness_size(struct bytes body, uint64_t *size);

/* witness_note_add: ${note} with ${line} as its last one; another line of the same key is left out. */
MUST_USE enum err witness_note_add(struct bytes note, struct bytes line, struct buf *out, struct fail *f);

/* witness_path: "<lower-case hex of H(origin)>/checkpoint", where monitors of a witness look; 75 bytes and a zero. */
#define WITNESS_PATH_SIZE (2 * HASH_LEN + 12)
void witness_path(const char *origin, char out[static WITNESS_PATH_SIZE]);

#endif
