/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/proofs.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "exchange/node.h"
#include "exchange/seen.h"
#include "store/setting.h"
#include "store/store.h"
#include "store/writer.h"

#define PROOF_KEPT_MS 120000 /* docs/protocol.md, 2: longer than a proof is good for */
#define PROOFS_MAX    200000
#define TOKENS_MAX    20000
#define NONCE_LEN     16
#define AHEAD_STEP_S  10
#define SETTING_AHEAD "proofs-ahead" /* seconds */
#define SETTING_LAST  "proofs-last"  /* the latest iat that a process took before it ended, in seconds; or: */
#define LAST_OPEN     "open"         /* it has not ended, or was killed */

/*
 * What was seen is forgotten with the process. So a proof that may have counted before this start needs our nonce, which nobody
 * had then: one whose iat is not after the latest that the process before took without a nonce. It leaves that behind when it
 * ends. One that was killed may have taken proofs until the second of this start, and later ones of clients whose clock is
 * ahead of ours: the latest of these is kept in the store, AHEAD_STEP_S more than it is, so that it is seldom written.
 */
struct proofs {
    struct seen *proofs; /* H(thumbprint, jti) */
    struct seen *tokens; /* H(token, issuer's card): signature checked */
    char nonce[NONCE_LEN * 2 + 1];
    bool killed;               /* the process before, which had taken proofs */
    uint64_t before_s;         /* what it left behind */
    _Atomic uint64_t kept_s;   /* SETTING_AHEAD as it stands in the store now */
    _Atomic uint64_t latest_s; /* that this process took without a nonce */
    atomic_bool open;          /* the store knows that it takes some */
};

/* "" where it is not there. */
static enum err get_setting(struct db *db, const char *name, char **value, struct fail *f)
{
    enum err e = store_setting_get(db, name, value, f);
    if (!store_missing(e, f))
        return e;
    *value = str_dup("");
    return OK;
}

enum err proofs_open(struct node *n, struct proofs **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *ahead = NULL, *last = NULL;
    uint8_t nonce[NONCE_LEN];
    TRY(store_read_begin(n->store, &db, f));
    TRY(get_setting(db, SETTING_AHEAD, &ahead, f));
    TRY(get_setting(db, SETTING_LAST, &last, f));
    struct proofs *p = mem_new(sizeof *p);
    p->killed = strcmp(last, LAST_OPEN) == 0;
    p->before_s = strtoull(p->killed ? ahead : last, NULL, 10);
    p->kept_s = strtoull(ahead, NULL, 10);
    random_bytes(nonce, sizeof nonce);
    hex_print(BYTES(nonce, sizeof nonce), p->nonce);
    p->proofs = seen_new(PROOFS_MAX);
    p->tokens = seen_new(TOKENS_MAX);
    *out = p;
    return OK;
}

const char *proofs_nonce(const struct node *n)
{
    return n->proofs->nonce;
}

struct seen *proofs_tokens(const struct node *n)
{
    return n->proofs->tokens;
}

void proofs_close(struct proofs *p)
{
    if (!p)
        return;
    seen_free(p->proofs);
    seen_free(p->tokens);
    free(p);
}

/* It was made for this process, or after it had started. */
static enum err check_start(const struct node *n, const struct dpop *d, struct fail *f)
{
    const struct proofs *p = n->proofs;
    uint64_t started_s = p->killed ? n->started_ms / 1000 : 0;
    uint64_t last_s = started_s > p->before_s ? started_s : p->before_s;
    if (*d->nonce)
        return strlen(d->nonce) == strlen(p->nonce) && same(d->nonce, p->nonce, strlen(p->nonce))
                   ? OK
                   : fail_why(f, REASON_NONCE,
                              "the proof's nonce is not this node's of now: make a new proof with the one "
                              "that comes along");
    return d->iat > last_s
               ? OK
               : fail_why(f, REASON_NONCE,
                          "the proof may have counted before this node started: make a new one, with "
                          "the nonce that comes along");
}

/* In the one writer, so that it never goes back. */
static enum err write_ahead(struct db *db, void *ctx, struct fail *f)
{
    const uint64_t *s = ctx;
    AUTO(str_freep) char *was = NULL;
    AUTO(str_freep) char *text = str_format("%llu", (unsigned long long)*s);
    TRY(get_setting(db, SETTING_AHEAD, &was, f));
    return strtoull(was, NULL, 10) >= *s ? OK : store_setting_put(db, SETTING_AHEAD, text, f);
}

static void raise_to(_Atomic uint64_t *at, uint64_t to)
{
    uint64_t was = atomic_load(at);
    while (was < to && !atomic_compare_exchange_weak(at, &was, to)) {
        /* was has the new value */
    }
}

/* Before a proof by a clock that is ahead of ours counts without a nonce, the next start knows of it. */
static enum err note_ahead(struct node *n, const struct dpop *d, uint64_t now_ms, struct fail *f)
{
    struct proofs *p = n->proofs;
    uint64_t keep_s = d->iat + AHEAD_STEP_S;
    if (*d->nonce || d->iat <= now_ms / 1000 || d->iat <= atomic_load(&p->kept_s))
        return OK;
    TRY(writer_run(n->writer, write_ahead, &keep_s, f));
    raise_to(&p->kept_s, keep_s);
    return OK;
}

static enum err write_last(struct db *db, void *ctx, struct fail *f)
{
    return store_setting_put(db, SETTING_LAST, ctx, f);
}

/* Before the first proof counts without a nonce, the next start knows that there were some. */
static enum err note_open(struct node *n, const struct dpop *d, struct fail *f)
{
    struct proofs *p = n->proofs;
    char text[] = LAST_OPEN;
    if (*d->nonce)
        return OK;
    raise_to(&p->latest_s, d->iat);
    if (atomic_load(&p->open))
        return OK;
    TRY(writer_run(n->writer, write_last, text, f));
    atomic_store(&p->open, true);
    return OK;
}

void proofs_settle(struct node *n)
{
    struct proofs *p = n->proofs;
    struct fail f = { 0 };
    if (!p || !atomic_load(&p->open))
        return;
    AUTO(str_freep) char *text = str_format("%llu", (unsigned long long)atomic_load(&p->latest_s));
    if (writer_run(n->writer, write_last, text, &f) != OK)
        log_fail(LOG_WARN, "proofs-not-settled", &f);
}

enum err proofs_use(struct node *n, const struct dpop *d, uint64_t now_ms, struct fail *f)
{
    uint8_t name[HASH_LEN];
    struct bytes parts[] = { bytes_str(d->thumbprint), bytes_str("."), bytes_str(d->jti) };
    hash_sha256_parts(parts, COUNT(parts), name);
    switch (seen_add(n->proofs->proofs, name, now_ms, now_ms + PROOF_KEPT_MS)) {
    case SEEN_NEW:
        return OK;
    case SEEN_BEFORE:
        return fail_why(f, REASON_REPLAY, "this DPoP proof was used before");
    case SEEN_FULL:
        break;
    }
    return fail_set(f, E_RATE, "too many requests: proofs can't be remembered, so none is taken");
}

enum err proofs_use_ours(struct node *n, const struct dpop *d, uint64_t now_ms, struct fail *f)
{
    TRY(check_start(n, d, f));
    TRY(note_open(n, d, f));
    TRY(note_ahead(n, d, now_ms, f));
    return proofs_use(n, d, now_ms, f);
}
