/* SPDX-License-Identifier: Apache-2.0
 * keeper/wire.h - the bodies of the messages: what is asked, and the answers.
 *
 * For each message a put, used by the side that speaks, and a get, used by the side that listens. Integers
 * are big-endian; lists have their count in front; every length has a bound. A get takes exactly the whole
 * body, or fails with E_INVALID and names the message; what it gives points into the body. Any thread. */
#ifndef KEEPER_WIRE_H
#define KEEPER_WIRE_H

#include "keeper/keeper.h"

#define WIRE_NAME      320 /* longest name with its zero byte */
#define WIRE_TAGS_MAX  32  /* in one message: a few milliseconds' work */
#define WIRE_ITEMS_MAX 1024
#define WIRE_OPENINGS  16

/* generate, load: ${sealed} is empty in the first, ${name} in the second. */
struct wire_key {
    enum key_use use;
    char name[WIRE_NAME];
    struct bytes sealed;
};
void wire_put_key(struct buf *b, const struct wire_key *v);
MUST_USE enum err wire_get_key(struct bytes body, struct wire_key *v, struct fail *f);

struct wire_sign {
    enum key_use use;
    struct bytes payload; /* JSON text */
};
void wire_put_sign(struct buf *b, const struct wire_sign *v);
MUST_USE enum err wire_get_sign(struct bytes body, struct wire_sign *v, struct fail *f);

/* tags: at most WIRE_TAGS_MAX. ${tags} of the getter has that many rows, of which alpha and with_proof are
 * set. ${vrf_pk}: NULL for the last key. */
void wire_put_tags(struct buf *b, const uint8_t *vrf_pk, const struct keeper_tag *tags, size_t count);
MUST_USE enum err wire_get_tags(struct bytes body, const uint8_t **vrf_pk, struct keeper_tag *tags,
                                size_t *count, struct fail *f);

struct wire_checkpoint {
    uint64_t size;
    const uint8_t *root; /* HASH_LEN */
    struct bytes consistency;
};
void wire_put_checkpoint(struct buf *b, const struct wire_checkpoint *v);
MUST_USE enum err wire_get_checkpoint(struct bytes body, struct wire_checkpoint *v, struct fail *f);

struct wire_cosign {
    enum key_use use;
    uint64_t time_s;
    struct bytes text; /* of the checkpoint, without signatures */
};
void wire_put_cosign(struct buf *b, const struct wire_cosign *v);
MUST_USE enum err wire_get_cosign(struct bytes body, struct wire_cosign *v, struct fail *f);

/* An entry with room for its openings: ${entry}.openings points to them. */
struct wire_entry {
    struct keeper_entry entry;
    struct keeper_opening openings[WIRE_OPENINGS];
};

/* probe: of each item only its place in the request token. */
struct wire_probe {
    struct bytes srt;
    struct {
        unsigned policy, kao;
    } items[WIRE_ITEMS_MAX];
    size_t count;
};
void wire_put_probe(struct buf *b, struct bytes srt, const struct keeper_rewrap_item *items, size_t count);
MUST_USE enum err wire_get_probe(struct bytes body, struct wire_probe *v, struct fail *f);

struct wire_item {
    unsigned policy, kao;
    struct wire_entry shown;
};
struct wire_rewrap {
    struct bytes srt, token, jwk, checkpoint;
    struct wire_item *items; /* owned: wire_rewrap_clear */
    size_t count;
};
void wire_put_rewrap(struct buf *b, const struct wire_rewrap *head, const struct keeper_rewrap_item *items,
                     size_t count);
MUST_USE enum err wire_get_rewrap(struct bytes body, struct wire_rewrap *v, struct fail *f);
void wire_rewrap_clear(struct wire_rewrap *v);
/* The outcome of an item, in their order. */
void wire_put_outcome(struct buf *b, const struct keeper_rewrap_item *item);
MUST_USE bool wire_get_outcome(struct reader *r, struct keeper_rewrap_item *item);

/* seal: the leave, then one row for each descriptor that comes with the message. */
struct wire_copy {
    char portion[UUID_TEXT], holder[DOMAIN_MAX + 1], kas_url[512];
    uint32_t number;
    struct bytes manifest;
    bool has_leave;
    struct wire_entry leave;
};
struct wire_signed {
    struct bytes act, act_jwk, device_statement;
    struct wire_entry device;
};
struct wire_seal {
    struct wire_signed by, second, author, author_second, terms, theirs;
    bool has_second, has_author, has_author_second, has_terms;
    struct bytes statement, checkpoint;
    struct wire_copy *copies; /* owned: wire_seal_clear */
    size_t count;
};
void wire_put_seal(struct buf *b, const struct keeper_leave *leave, const struct keeper_copy *copies,
                   size_t count);
MUST_USE enum err wire_get_seal(struct bytes body, struct wire_seal *v, struct fail *f);
void wire_seal_clear(struct wire_seal *v);
/* What came of a copy; its payload is the next descriptor. */
void wire_put_sealed(struct buf *b, const struct keeper_copy *copy);
MUST_USE bool wire_get_sealed(struct reader *r, struct keeper_copy *copy);

/* match: the question, and sealed handles with the reports that they belong to; the answer is a byte for each. */
#define WIRE_SOURCES_MAX 512
struct wire_match {
    struct wire_signed by;
    struct wire_entry entry;
    struct bytes statement, checkpoint;
    struct {
        char report[UUID_TEXT];
        struct bytes sealed;
    } sources[WIRE_SOURCES_MAX];
    size_t count;
};
void wire_put_match(struct buf *b, const struct keeper_question *q, const struct keeper_source *sources,
                    size_t count);
MUST_USE enum err wire_get_match(struct bytes body, struct wire_match *v, struct fail *f);

/* give: a kas key (kid, private form), or a log (its origin, public form). */
struct wire_give {
    enum key_use use;
    char name[WIRE_NAME];
    struct bytes key;
};
void wire_put_give(struct buf *b, const struct wire_give *v);
MUST_USE enum err wire_get_give(struct bytes body, struct wire_give *v, struct fail *f);

#endif
