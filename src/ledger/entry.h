/* SPDX-License-Identifier: Apache-2.0
 * ledger/entry.h - the public bytes of a ledger entry: genesis, event, seal, close (docs/formats.md, 1.1).
 *
 * An entry is "orcnle1\n", a form, and what the form says, to the last byte; all big-endian. There is one
 * encoding for each entry and the reader takes no other. Pure; any thread. */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H

#include "base/buf.h"
#include "base/name.h"
#include "crypto/hash.h"

#define ENTRY_MAX       1024 /* bytes of the longest entry */
#define ENTRY_TAGS      3    /* an event has one tag of each class, in this order: 1, 2, 3 */
#define ENTRY_EVENT_LEN 138
#define ENTRY_NO_SEAL   UINT64_MAX /* prev_seal of a log's first seal */

/* "<domain>/orcon/<generation>" and a zero byte. */
#define ORIGIN_SIZE (DOMAIN_MAX + 7 + 10 + 1)

enum entry_form { ENTRY_GENESIS = 1, ENTRY_EVENT = 2, ENTRY_SEAL = 3, ENTRY_CLOSE = 4 };

/* How a generation begins: the very first; after a log that was closed; after one that was cut. */
enum entry_how { ENTRY_FIRST = 0, ENTRY_CONTINUED = 1, ENTRY_CUT = 2 };

struct entry_genesis {
    uint64_t time_ms;
    uint32_t generation; /* from 1 */
    char origin[ORIGIN_SIZE];
    uint8_t log_pk[32], vrf_pk[32];
    enum entry_how how;
    char prev_origin[ORIGIN_SIZE]; /* "" in ENTRY_FIRST */
    uint64_t prev_size;            /* ENTRY_CONTINUED: at least 3 */
    uint8_t prev_root[HASH_LEN];   /* H("") where prev_size is 0 */
};

struct entry_event {
    uint8_t tag[ENTRY_TAGS][32];
    uint8_t commitment[HASH_LEN];
};

struct entry_seal {
    uint64_t covered;   /* entries before this one = its own index */
    uint64_t prev_seal; /* index of the seal before, ENTRY_NO_SEAL in the first */
    uint64_t time_ms;
    uint64_t map_leaves;
    uint8_t map_root[HASH_LEN];
};

struct entry_close {
    uint64_t time_ms;
    char next_origin[ORIGIN_SIZE];
    uint8_t next_log_pk[32], next_vrf_pk[32];
};

struct entry {
    enum entry_form form;
    union {
        struct entry_genesis genesis;
        struct entry_event event;
        struct entry_seal seal;
        struct entry_close close;
    };
};

/* entry_put: append the bytes of ${e}. E_INVALID if it breaks a rule that entry_read checks. */
MUST_USE enum err entry_put(struct buf *b, const struct entry *e, struct fail *f);

/*
 * entry_read: E_INVALID says which rule is broken: magic, form, length, tag count, classes; origin and
 * generation agree; a first generation has no predecessor, another has the one before it, of its own domain.
 * What depends on the place in a log (ledger_log_add_entry) is not looked at. ${out} only on success.
 */
MUST_USE enum err entry_read(struct bytes v, struct entry *out, struct fail *f);

/* origin_print: "<domain>/orcon/<generation>". origin_read: its parts; ${domain} has DOMAIN_MAX + 1 bytes. */
void origin_print(const char *domain, uint32_t generation, char out[static ORIGIN_SIZE]);
MUST_USE bool origin_read(const char *origin, char domain[static DOMAIN_MAX + 1], uint32_t *generation);

/* entry_close_names: NULL if the log with the genesis ${g} is the one that ${c} names, and begins no earlier; else what of it is
 * another: "name", "log key", "VRF key", "time". */
const char *entry_close_names(const struct entry_close *c, const struct entry_genesis *g);

/* How one entry names another: u32 generation || u64 index. */
#define ENTRY_REF_LEN 12
void entry_ref_put(uint32_t generation, uint64_t index, uint8_t out[static ENTRY_REF_LEN]);
MUST_USE bool entry_ref_read(struct bytes v, uint32_t *generation, uint64_t *index);

#endif
