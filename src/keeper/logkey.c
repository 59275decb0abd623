/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/logkey.h"

#include <pthread.h>
#include <string.h>

/* Over what log keys signed (struct keys_log): of two checkpoints at once each must extend what is there, and only one does. */
static pthread_mutex_t signing = PTHREAD_MUTEX_INITIALIZER;

static enum err note_key_of(const struct keys_row *row, enum note_type type, struct note_key *out,
                            struct fail *f)
{
    struct buf pk;
    buf_init(&pk, 32);
    key_write_public(row->key, &pk);
    enum err e = pk.len == 32 ? note_key_make(row->name, type, pk.data, out, f)
                              : fail_set(f, E_INTERNAL, "not an Ed25519 key");
    buf_clear(&pk);
    return e;
}

static void remember(struct keys_log *log, uint64_t size, const uint8_t *root)
{
    memmove(log->recent + 1, log->recent, (KEYS_RECENT - 1) * sizeof *log->recent);
    log->recent[0].size = size;
    memcpy(log->recent[0].root, root, HASH_LEN);
    if (log->count < KEYS_RECENT)
        log->count++;
}

enum err logkey_anchor(struct keys_row *log, struct bytes note, struct fail *f)
{
    struct note_key key;
    struct checkpoint last;
    if (log->log.count > 0)
        return fail_set(f, E_CONFLICT, "this log key is anchored already");
    TRY(note_key_of(log, NOTE_ED25519, &key, f));
    TRY(checkpoint_open(note, &key, &last, f));
    remember(&log->log, last.size, last.root);
    return OK;
}

/* The rule of the log key: what it signs extends what it signed. */
static enum err check_extends(const struct keys_log *log, const struct wire_checkpoint *v, struct fail *f)
{
    const struct keys_signed *last = &log->recent[0];
    if (v->size == 0 || v->size > INT64_MAX)
        return fail_set(f, E_INVALID, "no size of a log: %llu", (unsigned long long)v->size);
    if (log->count == 0 || last->size == 0) {
        if (v->consistency.len != 0)
            return fail_set(f, E_UNVERIFIED, "a first checkpoint has nothing to be consistent with");
        return OK;
    }
    return tree_verify_consistency(last->size, v->size, last->root, v->root, v->consistency, f);
}

static enum err sign(struct keys_row *log, const struct wire_checkpoint *v, struct buf *note, struct fail *f)
{
    struct note_key key;
    AUTO(buf_freep) struct buf *text = buf_new(1024);
    TRY(check_extends(&log->log, v, f));
    TRY(note_key_of(log, NOTE_ED25519, &key, f));
    checkpoint_put(text, log->name, v->size, v->root);
    TRY(buf_check(text, "checkpoint", f));
    note_begin(note, bytes_of(text));
    note_sign_line(note, &key, log->key, bytes_of(text), 0);
    TRY(buf_check(note, "checkpoint", f));
    remember(&log->log, v->size, v->root);
    return OK;
}

enum err logkey_sign(struct keys_row *log, const struct wire_checkpoint *v, struct buf *note, struct fail *f)
{
    pthread_mutex_lock(&signing);
    enum err e = sign(log, v, note, f);
    pthread_mutex_unlock(&signing);
    return e;
}

static bool signed_of_late(const struct keys_row *log, const struct checkpoint *c)
{
    bool found = false;
    if (c->extended || strcmp(c->origin, log->name) != 0)
        return false;
    pthread_mutex_lock(&signing);
    for (unsigned i = 0; i < log->log.count; i++)
        found |=
            log->log.recent[i].size == c->size && memcmp(log->log.recent[i].root, c->root, HASH_LEN) == 0;
    pthread_mutex_unlock(&signing);
    return found;
}

enum err logkey_open(const struct keys_row *log, struct bytes note, struct checkpoint *out, struct fail *f)
{
    struct note_key key;
    AUTO(note_freep) struct note *n = NULL;
    TRY(note_read(note, &n, f));
    TRY(checkpoint_read(n->text, out, f));
    if (signed_of_late(log, out))
        return OK;
    TRY(note_key_of(log, NOTE_ED25519, &key, f));
    return checkpoint_open(note, &key, out, f);
}

/* Generations have keys of their own, and an origin of theirs. */
enum err logkey_open_any(const struct keys *k, struct bytes note, struct checkpoint *out, struct fail *f)
{
    const struct keys_row *own;
    size_t line = 0;
    while (line < note.len && note.data[line] != '\n')
        line++;
    for (size_t i = 0; (own = keys_at(k, USE_LOG, i)) != NULL; i++)
        if (bytes_equal(BYTES(note.data, line), bytes_str(own->name)))
            return logkey_open(own, note, out, f);
    return fail_set(f, E_UNVERIFIED, "a checkpoint of no log of ours");
}

enum err logkey_cosign(const struct keys *k, const struct keys_row *row, const struct wire_cosign *v,
                       struct buf *line, struct fail *f)
{
    struct note_key key;
    struct checkpoint c;
    const struct keys_row *own;
    TRY(checkpoint_read(v->text, &c, f));
    for (size_t i = 0; (own = keys_at(k, USE_LOG, i)) != NULL; i++)
        if (strcmp(own->name, c.origin) == 0)
            return fail_set(f, E_REFUSED, "nobody witnesses his own log");
    if (v->time_s == 0 || v->time_s > INT64_MAX)
        return fail_set(f, E_INVALID, "no time for a cosignature");
    TRY(note_key_of(row, NOTE_COSIGNATURE, &key, f));
    note_sign_line(line, &key, row->key, v->text, v->time_s);
    return buf_check(line, "cosignature", f);
}
