/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/shown.h"

#include <string.h>

#include "keeper/logkey.h"
#include "ledger/tree.h"

_Static_assert(KEEPER_PATH_LEN == OPENING_PATH_LEN, "keeper.h states the ledger's path length");

static enum err check_opening(const struct keeper_opening *o, const struct entry_event *event,
                              struct shown *out, struct fail *f)
{
    struct opening opening = { .field = o->field, .value = o->value };
    if (o->field >= FIELD_COUNT || out->field[o->field].data)
        return fail_set(f, E_INVALID, "field %u is unknown or given twice", o->field);
    memcpy(opening.salt, o->salt, sizeof opening.salt);
    memcpy(opening.path, o->path, sizeof opening.path);
    TRY(opening_verify(&opening, event->commitment, f));
    out->field[o->field] = o->value;
    return OK;
}

enum err shown_under(const struct keys *k, struct bytes note, struct shown_under *out, struct fail *f)
{
    out->keys = k;
    return logkey_open(keys_last(k, USE_LOG), note, &out->checkpoint, f);
}

enum err shown_check(const struct keeper_entry *e, const struct shown_under *under, struct shown *out,
                     struct fail *f)
{
    const struct checkpoint *checkpoint = &under->checkpoint;
    struct checkpoint earlier;
    struct entry entry;
    uint8_t leaf[HASH_LEN];
    if (e->checkpoint.len) {
        TRY(logkey_open_any(under->keys, e->checkpoint, &earlier, f));
        checkpoint = &earlier;
    }
    TRY(entry_read(e->event, &entry, f));
    if (entry.form != ENTRY_EVENT)
        return fail_set(f, E_UNVERIFIED, "entry %llu is no event", (unsigned long long)e->index);
    tree_leaf(e->event, leaf);
    TRY(tree_verify_inclusion(e->index, checkpoint->size, leaf, e->inclusion, checkpoint->root, f));
    *out = (struct shown){ 0 };
    for (size_t i = 0; i < e->opening_count; i++)
        TRY(check_opening(&e->openings[i], &entry.event, out, f));
    return OK;
}

enum err shown_need(const struct shown *s, enum field field, struct bytes value, struct fail *f)
{
    if (!s->field[field].data)
        return fail_set(f, E_UNVERIFIED, "field %d of the entry is not shown", (int)field);
    if (!bytes_equal(s->field[field], value))
        return fail_set(f, E_UNVERIFIED, "field %d of the entry says something else", (int)field);
    return OK;
}

enum entry_kind shown_kind(const struct shown *s)
{
    struct bytes kind = s->field[FIELD_KIND];
    return kind.data && kind.len == 1 && kind.data[0] < KIND_COUNT ? (enum entry_kind)kind.data[0]
                                                                   : KIND_NONE;
}
