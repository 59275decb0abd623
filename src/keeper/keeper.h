/* SPDX-License-Identifier: Apache-2.0
 * keeper/keeper.h - the process that holds private keys, as the network process sees it.
 *
 * keeper_start forks the keeper, which forks its sealer; both drop what they have, enter seccomp (unknown
 * calls: ENOSYS) and Landlock, and end when the main process does. What is said to them is typed,
 * length-prefixed and bounded (message.h). The keeper trusts nothing that the network process says; it uses a
 * key only as follows:
 *
 *   card, statement, token   signs a payload of its owner under the typ that goes with the key, nothing else
 *   log                      signs a checkpoint that is consistent with the last one it signed
 *   vrf                      computes tags and proofs
 *   witness, monitor         cosigns checkpoints of logs that are not its own
 *   kas, kas-rsa             rewraps a data key only for a reader whose request token and access token hash
 *                            to what an event of its own log says, with that event shown to be under a
 *                            checkpoint that it signed; and only of an object that belongs to no report where
 *                            the token, one of this organisation, does not bind the key that signed
 *   kas                      says which sealed handles of sources are the same as one that is asked for on record
 *   kas, by the sealer       opens a master only for the author's `share` act, or for a `grant` entry of its
 *                            own log, under a checkpoint: of an officer's act, or by rule, for a partner's
 *                            act, where policy/ lets the author's mark go without asking
 *
 * So a network process that was taken over gets no data key without leaving an entry that names the reader's
 * key, or the person's key that gave leave. What the keeper can't know, since it stores nothing: whether the
 * checkpoint it is anchored to at start is the newest one. Witnesses know.
 *
 * Threads: any. The keeper serves two requests at a time for each core (at most sixteen) and one more, the
 * sealer one; more queue. A keeper that died answers E_IO, from then on E_UNAVAILABLE; and so it does where
 * descriptors or memory are short, when another try may succeed. */
#ifndef KEEPER_KEEPER_H
#define KEEPER_KEEPER_H

#include <jansson.h>

#include "base/buf.h"
#include "base/name.h"
#include "crypto/hash.h"
#include "crypto/vrf.h"

/* The numbers are written into sealed keys: new ones are added at the end. */
enum key_use {
    USE_CARD,
    USE_STATEMENT,
    USE_TOKEN,
    USE_KAS,
    USE_LOG,
    USE_VRF,
    USE_WITNESS,
    USE_MONITOR,
    USE_KAS_RSA, /* for what other makers' clients seal to RSA; nothing of our own is */
    USE_COUNT
};

/* keeper_use_name: "card", "statement", ... as in cards. keeper_use_from_name: USE_COUNT if there is none. */
const char *keeper_use_name(enum key_use use);
enum key_use keeper_use_from_name(const char *name);

struct keeper;

/*
 * keeper_start: fork keeper and sealer. Before threads, curl, TLS and database exist: the two are killed when
 * the thread that started them ends.
 *   unlock_fd   an open descriptor of keys/unlock (exactly 32 bytes): the key under which private keys are
 *               sealed; the keeper reads it, the caller closes his own
 * Errors: E_IO if a process can't be made or confined; the text says what.
 */
MUST_USE enum err keeper_start(int unlock_fd, struct keeper **out, struct fail *f);
/* keeper_await_end: wait until one of the two has ended, which says "keeper" or "sealer", or until descriptor ${stop} can
 * be read: NULL. One thread, which is done before keeper_stop. */
const char *keeper_await_end(struct keeper *k, int stop);
/* keeper_stop: end both processes and wait for them. NULL is legal. */
void keeper_stop(struct keeper *k);

/*
 * keeper_generate: a new key made inside; P-256 for card, statement, token and kas, RSA-2048 for kas-rsa,
 * Ed25519 for log, witness and monitor, VRF for vrf. The first key of a use is loaded as well; a later one takes
 *   its place only by keeper_load, when its blob is kept.
 *   name     origin of a log, "<domain>/witness", "<domain>/monitor", or the domain; it is sealed with the
 *            key and can't be changed afterwards. E_INVALID if it does not fit the use
 *   sealed   gets the blob to be kept in keys/
 *   public   gets its public half: SPKI PEM of P-256 and RSA, 32 raw bytes else
 *
 * keeper_load: load a blob made so. Several kas keys may be loaded (retired ones open what was wrapped to
 * them; new copies are sealed to the last one); of each other use the last one counts. Loading a key again
 * changes nothing but that it is the last one: a log key does not forget what it signed. Former log keys sign
 * nothing; what they signed counts for what is shown. Former vrf keys make the tags of their logs. E_UNVERIFIED for a
 * blob of another home or another use, or with a changed name.
 */
MUST_USE enum err keeper_generate(struct keeper *k, enum key_use use, const char *name, struct buf *sealed,
                                  struct buf *public, struct fail *f);
MUST_USE enum err keeper_load(struct keeper *k, enum key_use use, struct bytes sealed, struct buf *public,
                              struct fail *f);

/*
 * keeper_reseal: a new unlock key, of which only ${unlock_fd} (write-only, empty) gets the 32 bytes, and the blobs in ${blobs}, each with u16 length, sealed under it
 * into ${out}, in their order. The keeper itself goes on with the old one until it is started with the other. E_UNVERIFIED: not all
 * are blobs of this home.
 */
MUST_USE enum err keeper_reseal(struct keeper *k, struct bytes blobs, int unlock_fd, struct buf *out,
                                struct fail *f);

/*
 * keeper_sign: a compact JWS over ${payload}: header {alg, kid = thumbprint, typ}; typ follows from the use:
 * card "orcon-card+jws", token "at+jwt", statement "orcon-statement+jws". E_REFUSED unless the payload names
 * the key's owner: `domain` in a card, `iss` in the others. E_INVALID for a use that signs no payloads.
 *
 * keeper_sign_label: typ "orcon-label+jws" over what binds an assertion to a sealed object (tdf/assertion.h), with the
 * statement key. E_INVALID for any other payload.
 *
 * keeper_sign_evidence: typ "orcon-evidence+jws" over a bare digest, with the statement key (docs/formats.md,
 * 2.3).
 */
MUST_USE enum err keeper_sign(struct keeper *k, enum key_use use, const json_t *payload, struct buf *jws,
                              struct fail *f);
MUST_USE enum err keeper_sign_label(struct keeper *k, const json_t *payload, struct buf *jws, struct fail *f);
MUST_USE enum err keeper_sign_evidence(struct keeper *k, const uint8_t digest[static HASH_LEN],
                                       struct buf *jws, struct fail *f);

/* keeper_tags: VRF tags of ${count} alphas (docs/formats.md, 1.3), with the proof where asked for, by the key whose
 * public half is ${vrf_pk} (32 bytes; E_NOT_FOUND if it is not loaded), or where that is NULL by the last one. Any
 * count: split here into messages that take a few milliseconds, on whatever cores are free. */
struct keeper_tag {
    struct bytes alpha; /* in */
    bool with_proof;    /* in */
    uint8_t tag[VRF_TAG_LEN], proof[VRF_PROOF_LEN];
};
MUST_USE enum err keeper_tags(struct keeper *k, const uint8_t *vrf_pk, struct keeper_tag *tags, size_t count,
                              struct fail *f);

/*
 * keeper_log_anchor: after keeper_load of the log key, the last checkpoint (signed note) that this node
 * stored, so that the next must be consistent with it; not called for a new log. E_UNVERIFIED unless this key
 * signed it, E_CONFLICT once the key is anchored or has signed.
 *
 * keeper_checkpoint: sign the checkpoint (origin of the log key, ${size} from 1, ${root}). E_UNVERIFIED if
 * the proof does not hold. ${note} gets the signed note.
 *   consistency   the RFC 6962 proof from the last signed size, 32-byte hashes joined (empty for the first,
 *                 or the same size)
 */
MUST_USE enum err keeper_log_anchor(struct keeper *k, struct bytes note, struct fail *f);
MUST_USE enum err keeper_checkpoint(struct keeper *k, uint64_t size, const uint8_t root[static HASH_LEN],
                                    struct bytes consistency, struct buf *note, struct fail *f);

/*
 * keeper_cosign: as witness or monitor (${use}), say over a checkpoint of another log that it is consistent
 * with what was cosigned before; whether it is, is for the caller to know, who stores that first. ${text} is
 * the checkpoint without signatures, ${time_s} POSIX seconds. ${line} gets the signature line
 * (tlog-cosignature v1, Ed25519). E_REFUSED for a log whose key is here: nobody witnesses himself.
 */
MUST_USE enum err keeper_cosign(struct keeper *k, enum key_use use, uint64_t time_s, struct bytes text,
                                struct buf *line, struct fail *f);

/* Proof that an event stands in our own log: its bytes, some opened fields, its place under a checkpoint. */
#define KEEPER_SALT_LEN 32
#define KEEPER_PATH_LEN 128
struct keeper_opening {
    unsigned field;             /* 0..15, each at most once */
    const uint8_t *salt, *path; /* KEEPER_SALT_LEN and KEEPER_PATH_LEN bytes */
    struct bytes value;
};
struct keeper_entry {
    struct bytes event; /* the public bytes */
    uint64_t index;
    struct bytes inclusion; /* RFC 6962 proof in the tree of the checkpoint, 32-byte hashes joined */
    const struct keeper_opening *openings;
    size_t opening_count;    /* at most 16 */
    struct bytes checkpoint; /* of an earlier generation, signed by its log key; empty: that of the request */
};

/*
 * keeper_probe: whether each object asked for in ${srt} is sealed to a kas key of ours and bound to its policy,
 * before anything is entered about it: an object that is no copy of ours comes with nobody's word but its own.
 * Nothing is unwrapped for anyone. result and reason of each item are set: OK, or E_UNVERIFIED
 * (REASON_TAMPERED) whatever does not hold. ${entry} is not looked at.
 */
struct keeper_rewrap_item;
MUST_USE enum err keeper_probe(struct keeper *k, struct bytes srt, struct keeper_rewrap_item *items,
                               size_t count, struct fail *f);

/*
 * keeper_rewrap: data keys for one request token. Checked once, in this order:
 *   - the access token's cnf.jkt is the thumbprint of ${jwk}, or the token, not bound to that key, is one that our
 *     own token key signed: else E_UNAUTHENTICATED (REASON_PROOF)
 *   - ${srt} is signed by ${jwk}: else E_UNAUTHENTICATED (REASON_REQUEST_TOKEN). ${jwk} may be empty where the
 *     token is not bound to it
 *   - ${checkpoint} is signed by our log key: else E_UNVERIFIED
 * and for each item, so that one bad item never fails its neighbours (E_UNVERIFIED):
 *   - the event is in the log under that checkpoint, and the fields given lie in it
 *   - field 0 is briefing or reissue, field 3 the token's sub (or `@domain` of it),
 *     field 15 H("orcon/reader/v1\n" || u32,SRT || u32,token)
 *   - the SRT's policy at (policy, kao) has uuid = field 7
 *   - field 6 is empty, where the token is not bound to ${jwk}
 *   - the wrapped key opens and the policy binding holds (REASON_TAMPERED)
 * At most 1024 items.
 *   session_pem   gets the SPKI PEM of the one ephemeral key of this reply; "" for an RSA client key
 */
struct keeper_rewrap_item {
    unsigned policy, kao; /* position in the SRT: requests[policy].keyAccessObjects[kao] (keeper/srt.h) */
    struct keeper_entry entry;
    enum err result;    /* out */
    enum reason reason; /* out, where it failed */
    /* out: the data key wrapped to the SRT's clientPublicKey (EC: iv||ct||tag; RSA: OAEP block) */
    uint8_t wrapped[512];
    size_t wrapped_len;
};
MUST_USE enum err keeper_rewrap(struct keeper *k, struct bytes srt, struct bytes token, struct bytes jwk,
                                struct bytes checkpoint, struct keeper_rewrap_item *items, size_t count,
                                struct buf *session_pem, struct fail *f);

/*
 * struct keeper_leave: who said that masters may be opened, and for whom.
 *   share   ${act} is the author's act (typ orcon-act+jws, kind share); each portion is in its body.portions
 *           with the digest of the master's manifest, each holder in its body.to or body.holders: a domain,
 *           or a person of that domain
 *   grant   ${act} is an officer's act (kind grant) whose portions name each portion, carried as body.act of
 *           the grant ${statement}, whose portions do so too, and whose body.to is the holder, or a person
 *           of his; for each portion the copy's ${leave} shows the event: kind 2, field 2 the portion,
 *           field 5 the officer, field 14 the statement's digest
 *   rule    ${act} is a partner's act (kind request, body.forward 1) to us, whose body.to is the holder and
 *           whose portions name each portion; the grant ${statement} is by `@domain` and answers it (ref); its
 *           body.rules say by which rule each portion goes; the event is as above, field 5 `@domain`.
 *           ${author} is the author's share act: it has each portion with the digest of the master's manifest
 *           and its mark, which policy_onward must allow. What the network process says about the recipient
 *           (confirmed, in the community, a client) stands in that statement, and so in the log, for good
 *   terms   a rule as above, or without body.forward, whose body.rules say `terms` of a portion: ${terms} and ${theirs} are
 *           acts of kind arrangement, by an officer of ours and one of the asker's organisation, each with the other's domain in
 *           body.with, the same body.version and body.terms; ours was signed before the author's share. policy/terms.h
 *           must give leave, by the times that asker and statement state
 * In all of them the act is signed by ${act_jwk}, and ${device} shows the event (kind 19; fields 0, 3, 14) of the
 * person-key statement ${device_statement}, which names the act's signer and the thumbprint of ${act_jwk},
 * state active, with the role author, officer or (by rule) reader; so a key that nobody enrolled in the open
 * gives no leave. All entries are under ${checkpoint}.
 *
 * Four eyes: a share or grant whose body.second names a person gives leave only with ${second} (${author_second} for
 * ${author}): an act of kind second by just that person, of our organisation and not the maker, with the role
 * officer (of a share, author will do); its ref is the first act's id, its body.digest that act's digest, its
 * body.state `agreed`. So whoever holds the network process can't leave the second pair of eyes out.
 */
struct keeper_signed {
    struct bytes act, act_jwk;
    struct keeper_entry device;
    struct bytes device_statement;
};
struct keeper_leave {
    struct keeper_signed by;
    const struct keeper_signed *second; /* where ${by} names one; else NULL */
    struct bytes statement;             /* share: empty */
    const struct keeper_signed *author; /* by rule; else NULL */
    const struct keeper_signed *author_second;
    const struct keeper_signed
        *terms; /* by rule and standing terms: our officer's arrangement act; else NULL */
    const struct keeper_signed *theirs; /* and the partner's */
    struct bytes checkpoint;
};

/*
 * keeper_seal_copies: open masters with the kas key and seal copies of them to the newest kas key, each under
 * a fresh data key, policy uuid and salt. The plaintext is only ever in the sealer. All copies or none:
 * E_UNVERIFIED where the leave does not hold or does not cover a copy, E_TOO_LARGE over 64 MiB a portion.
 *
 * A master belongs to its portion by its policy, which is bound under its data key: the policy's uuid is the
 * portion's id. A copy's metadata is {"salt": b64u}; its commitment is
 * SHA-256("orcon/portion/v1\n" || salt || text).
 *
 * keeper_payload: a sealed memfd with ${payload}, to be given as payload_fd; the caller closes it.
 * E_UNAVAILABLE without memory or descriptors.
 */
struct keeper_copy {
    /* in */
    const char *portion;              /* uuid */
    const char *holder;               /* domain */
    uint32_t number;                  /* of the holder in the report (tdf/variant.h) */
    struct bytes manifest;            /* the master's, at most 1 MiB */
    int payload_fd;                   /* the master's payload from offset 0, a sealed memfd */
    const char *kas_url;              /* written into the copy's key access object; below 512 bytes */
    const struct keeper_entry *leave; /* grant: the event for this portion; share: NULL */
    /* out */
    char policy[UUID_TEXT];  /* the copy's policy uuid */
    struct buf manifest_out; /* the copy's manifest, JSON; initialised here, the caller clears it */
    int payload_out;         /* a sealed memfd with the copy's payload; the caller closes it; -1 on failure */
    uint8_t commitment[HASH_LEN];
    /* SHA-256 of the base64 texts of wrappedKey, policy and policyBinding.hash as they stand in the manifest */
    uint8_t wrapped_sha[HASH_LEN], policy_sha[HASH_LEN], binding_sha[HASH_LEN];
};
MUST_USE enum err keeper_seal_copies(struct keeper *k, const struct keeper_leave *leave,
                                     struct keeper_copy *copies, size_t count, struct fail *f);
MUST_USE enum err keeper_payload(struct bytes payload, int *fd, struct fail *f);

/*
 * keeper_match: which sealed handles (tdf/handle.h) name the source that a person asks about. Nothing else is said of any: a
 * handle never leaves the keeper. The question is an act (kind exposure) by one of our own people, by a key enrolled with the
 * role author or officer, as in struct keeper_leave; its body.sealed is the handle sealed for a question of his. It was put
 * on record first: ${statement}, of ours, carries the act, and ${entry}, under ${checkpoint}, is the remark (fields 0, 5,
 * 14) that names him and it. So nobody guesses handles without leaving his name for each guess. E_UNVERIFIED, E_INVALID.
 * A source that can't be opened matches nothing. Any count, in messages of 512 sources.
 */
struct keeper_question {
    struct keeper_signed by;
    struct keeper_entry entry;
    struct bytes statement, checkpoint;
};
struct keeper_source {
    const char *report; /* uuid */
    struct bytes sealed;
    bool same; /* out */
};
MUST_USE enum err keeper_match(struct keeper *k, const struct keeper_question *q,
                               struct keeper_source *sources, size_t count, struct fail *f);

#endif
