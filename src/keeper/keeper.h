/* SPDX-License-Identifier: Apache-2.0
 * keeper/keeper.h - the process that holds private keys, as the network process sees it.
 *
 * keeper_start forks the keeper, which forks its sealer; both drop what they have, enter seccomp (unknown calls:
 * ENOSYS) and Landlock, and end when the main process does. What is said to them is typed, length-prefixed and
 * bounded (message.h). The keeper trusts nothing that the network process says; it uses a key only as follows:
 *
 *   statement, token, card   signs a payload under the `typ` that goes with the key, and nothing else
 *   log                      signs a checkpoint that is consistent with the last one it signed
 *   vrf                      computes tags and proofs
 *   kas                      rewraps a data key only for a reader whose request token and access token hash to what an
 *                            event of its own log says, with that event shown to be under a checkpoint that it signed
 *   kas, by the sealer       opens a master only for the author's `share` act, or for a `grant` entry of its own log,
 *                            under a checkpoint, whose statement carries an officer's act
 *
 * Threads: any; one request is under way at a time in each process, callers queue. */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include <jansson.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/vrf.h"

enum key_use { USE_CARD, USE_STATEMENT, USE_TOKEN, USE_KAS, USE_LOG, USE_VRF, USE_WITNESS, USE_MONITOR, USE_COUNT };

/* keeper_use_name: "card", "statement", ... as in cards. keeper_use_from_name: USE_COUNT if there is none. */
const char *keeper_use_name(enum key_use use);
enum key_use keeper_use_from_name(const char *name);

struct keeper;

/*
 * keeper_start: fork keeper and sealer. Before threads, curl, TLS and database exist.
 *   unlock_fd   an open descriptor of keys/unlock (32 bytes): the key under which private keys are sealed; the
 *               keeper reads it, the caller closes his own
 * Errors: E_IO if a process can't be made or confined; the text says what.
 */
MUST_USE enum err keeper_start(int unlock_fd, struct keeper **out, struct fail *f);
/* keeper_stop: end both processes and wait for them. NULL is legal. */
void keeper_stop(struct keeper *k);

/*
 * keeper_generate: a new key made inside; P-256 for card, statement, token and kas, Ed25519 for log, witness and monitor, VRF
 * for vrf. ${sealed} gets the blob to be kept in keys/, ${public} its public half: SPKI PEM of P-256, 32 raw bytes else. The
 * key is loaded as well. ${name} (origin of a log, "<domain>/witness", or the domain) is sealed with it and can't be
 * changed afterwards: log, witness and monitor keys sign under no other name.
 * keeper_load: load a blob made so; several kas keys may be loaded (retired ones), of each other use the last one counts.
 */
MUST_USE enum err keeper_generate(struct keeper *k, enum key_use use, const char *name, struct buf *sealed,
                                  struct buf *public, struct fail *f);
MUST_USE enum err keeper_load(struct keeper *k, enum key_use use, struct bytes sealed, struct buf *public,
                              struct fail *f);

/*
 * keeper_sign: a compact JWS over ${payload}: header {alg, kid = thumbprint, typ}; typ follows from the use:
 * card "orcon-card+jws", token "at+jwt", statement "orcon-statement+jws".
 * keeper_sign_evidence: typ "orcon-evidence+jws" over a digest, with the statement key.
 */
MUST_USE enum err keeper_sign(struct keeper *k, enum key_use use, const json_t *payload, struct buf *jws,
                              struct fail *f);
MUST_USE enum err keeper_sign_evidence(struct keeper *k, const uint8_t digest[static HASH_LEN], struct buf *jws,
                                       struct fail *f);

/* keeper_tags: VRF tags of ${count} alphas (reference: ledger, E3), with the proof where asked for. */
struct keeper_tag {
    struct bytes alpha;   /* in */
    bool with_proof;      /* in */
    uint8_t tag[VRF_TAG_LEN], proof[VRF_PROOF_LEN];
};
MUST_USE enum err keeper_tags(struct keeper *k, struct keeper_tag *tags, size_t count, struct fail *f);

/*
 * keeper_log_anchor: after keeper_load of the log key, the last checkpoint (signed note) that this node stored, so that the next
 * must be consistent with it; none for a new log. Once per key. E_UNVERIFIED unless this key signed it.
 * keeper_checkpoint: sign the checkpoint (origin of the log key, ${size}, ${root}). ${consistency}: the RFC 6962 proof from the last
 * signed size, 32-byte hashes joined (empty for the first, or the same size). E_UNVERIFIED if it does not hold.
 */
MUST_USE enum err keeper_log_anchor(struct keeper *k, struct bytes note, struct fail *f);
MUST_USE enum err keeper_checkpoint(struct keeper *k, uint64_t size, const uint8_t root[static HASH_LEN],
                                    struct bytes consistency, struct buf *note, struct fail *f);

/* Proof that an event stands in our own log: its bytes, some opened fields, its place under a checkpoint. */
struct keeper_opening {
    unsigned field;            /* 0..15 */
    const uint8_t *salt, *path; /* 32 and 128 bytes */
    struct bytes value;
};
struct keeper_entry {
    struct bytes event;        /* the public bytes */
    uint64_t index;
    struct bytes inclusion;    /* RFC 6962 proof in the tree of the checkpoint, 32-byte hashes joined */
    const struct keeper_opening *openings;
    size_t opening_count;
};

/*
 * keeper_rewrap: data keys for one request token. What is checked, in this order, once: the access token's cnf.jkt is the
 * thumbprint of ${jwk}; ${srt} is signed by ${jwk}; ${checkpoint} is signed by our log key. For each item: the event is in the log
 * under that checkpoint; its opened fields 0 (kind briefing or reissue), 3 (the token's sub), 7 and 15 are given; field 15 is
 * H("orcon/reader/v1\n" || u32,SRT || u32,token); the SRT's policy at (policy, kao) has uuid = field 7; the wrapped key opens and
 * the policy binding holds. Each item has its own outcome: one bad item never fails its neighbours.
 *   wrapped      per item, the data key wrapped to the SRT's clientPublicKey (EC: iv||ct||tag; RSA: OAEP block)
 *   session_pem  SPKI PEM of the one ephemeral key of this reply; "" for an RSA client key
 */
struct keeper_rewrap_item {
    unsigned policy, kao;      /* position in the SRT: requests[policy].keyAccessObjects[kao] */
    struct keeper_entry entry;
    enum err result;           /* out */
    enum reason reason;        /* out, where it failed */
    uint8_t wrapped[512];      /* out */
    size_t wrapped_len;
};
MUST_USE enum err keeper_rewrap(struct keeper *k, struct bytes srt, struct bytes token, struct bytes jwk,
                                struct bytes checkpoint, struct keeper_rewrap_item *items, size_t count,
                                struct buf *session_pem, struct fail *f);

/*
 * keeper_seal_copies: open masters with the kas key and seal copies of them to the same kas key, each under a fresh data key, policy
 * uuid and salt. The plaintext is only ever in the sealer.
 *
 * The leave that is shown, one of:
 *   share   ${act} is the author's act (typ orcon-act+jws, kind share), signed by ${act_jwk}; every portion sealed is in its
 *           body.portions with the SHA-256 of the master's manifest, and every holder in its body.to or body.holders
 *   grant   ${act} is an officer's act (kind grant) signed by ${act_jwk}, carried as body.act of ${statement}, whose digest is field 14
 *           of the grant event ${leave} (kind 2, field 2 = the portion, field 5 = the officer), under ${checkpoint}
 * In both, ${device} shows the person-key event (kind 19) of our log whose statement ${device_statement} names the act's signer and the
 * thumbprint of ${act_jwk}; so a key that nobody enrolled in the open signs for no copy.
 */
struct keeper_leave {
    struct bytes act, act_jwk;
    struct keeper_entry device;
    struct bytes device_statement;
    struct bytes statement;    /* grant: the statement; share: empty */
    struct bytes checkpoint;
};
struct keeper_copy {
    /* in */
    const char *portion;       /* uuid */
    const char *holder;        /* domain */
    struct bytes manifest;     /* the master's */
    int payload_fd;            /* the master's payload, read from offset 0 (a sealed memfd) */
    const char *kas_url;       /* written into the copy's key access object */
    const struct keeper_entry *leave; /* grant: the event for this portion; share: NULL */
    /* out */
    char policy[37];           /* the copy's policy uuid */
    struct buf manifest_out;   /* the copy's manifest, JSON */
    int payload_out;           /* a memfd with the copy's payload; the caller closes it; -1 on failure */
    uint8_t commitment[HASH_LEN];
    uint8_t wrapped_sha[HASH_LEN], policy_sha[HASH_LEN], binding_sha[HASH_LEN];
};
MUST_USE enum err keeper_seal_copies(struct keeper *k, const struct keeper_leave *leave, struct keeper_copy *copies,
                                     size_t count, struct fail *f);

#endif
