/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/wire.h"

#include <string.h>

#include "base/mem.h"
#include "keeper/message.h"

/* Pieces --------------------------------------------------------------------------------------- */

static enum err malformed(const char *what, struct fail *f)
{
    return fail_set(f, E_INVALID, "malformed message: %s", what);
}

static void put_text(struct buf *b, const char *s)
{
    buf_put_u16_bytes(b, bytes_str(s));
}

static bool get_text(struct reader *r, char *out, size_t size)
{
    struct bytes v;
    if (!get_u16_bytes(r, &v) || v.len >= size || memchr(v.data, '\0', v.len))
        return false;
    memcpy(out, v.data, v.len);
    out[v.len] = '\0';
    return true;
}

static bool get_use(struct reader *r, enum key_use *use)
{
    uint8_t v;
    if (!get_u8(r, &v) || v >= USE_COUNT)
        return false;
    *use = (enum key_use)v;
    return true;
}

static bool get_fixed(struct reader *r, size_t n, const uint8_t **out)
{
    struct bytes v;
    if (!get_bytes(r, n, &v))
        return false;
    *out = v.data;
    return true;
}

/* In the count of openings: the checkpoint of an earlier generation follows them. */
#define WITH_CHECKPOINT 0x80u

static void put_entry(struct buf *b, const struct keeper_entry *e)
{
    unsigned more = e->checkpoint.len ? WITH_CHECKPOINT : 0;
    buf_put_u16_bytes(b, e->event);
    buf_put_u64(b, e->index);
    buf_put_u16_bytes(b, e->inclusion);
    buf_put_u8(b, (uint8_t)(e->opening_count | more));
    for (size_t i = 0; i < e->opening_count && i < WIRE_OPENINGS; i++) {
        const struct keeper_opening *o = &e->openings[i];
        buf_put_u8(b, (uint8_t)o->field);
        buf_put(b, o->salt, KEEPER_SALT_LEN);
        buf_put(b, o->path, KEEPER_PATH_LEN);
        buf_put_u32_bytes(b, o->value);
    }
    if (more)
        buf_put_u16_bytes(b, e->checkpoint);
}

static bool get_entry(struct reader *r, struct wire_entry *v)
{
    uint8_t head, field;
    if (!get_u16_bytes(r, &v->entry.event) || !get_u64(r, &v->entry.index) ||
        !get_u16_bytes(r, &v->entry.inclusion) || !get_u8(r, &head))
        return false;
    unsigned count = head & ~WITH_CHECKPOINT;
    if (count > WIRE_OPENINGS)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct keeper_opening *o = &v->openings[i];
        if (!get_u8(r, &field) || field >= WIRE_OPENINGS || !get_fixed(r, KEEPER_SALT_LEN, &o->salt) ||
            !get_fixed(r, KEEPER_PATH_LEN, &o->path) || !get_u32_bytes(r, &o->value))
            return false;
        o->field = field;
    }
    v->entry.openings = v->openings;
    v->entry.opening_count = count;
    v->entry.checkpoint = BYTES(NULL, 0);
    return !(head & WITH_CHECKPOINT) ||
           (get_u16_bytes(r, &v->entry.checkpoint) && v->entry.checkpoint.len > 0);
}

/* Keys and signatures -------------------------------------------------------------------------- */

void wire_put_key(struct buf *b, const struct wire_key *v)
{
    buf_put_u8(b, (uint8_t)v->use);
    put_text(b, v->name);
    buf_put_u16_bytes(b, v->sealed);
}

enum err wire_get_key(struct bytes body, struct wire_key *v, struct fail *f)
{
    struct reader r = reader_of(body);
    if (!get_use(&r, &v->use) || !get_text(&r, v->name, sizeof v->name) || !get_u16_bytes(&r, &v->sealed) ||
        !reader_done(&r))
        return malformed("key", f);
    return OK;
}

void wire_put_sign(struct buf *b, const struct wire_sign *v)
{
    buf_put_u8(b, (uint8_t)v->use);
    buf_put_u32_bytes(b, v->payload);
}

enum err wire_get_sign(struct bytes body, struct wire_sign *v, struct fail *f)
{
    struct reader r = reader_of(body);
    if (!get_use(&r, &v->use) || !get_u32_bytes(&r, &v->payload) || !reader_done(&r))
        return malformed("sign", f);
    return OK;
}

/* In the count of tags: the public half of the key follows. */
#define WITH_KEY 0x8000u

void wire_put_tags(struct buf *b, const uint8_t *vrf_pk, const struct keeper_tag *tags, size_t count)
{
    buf_put_u16(b, (uint16_t)(count | (vrf_pk ? WITH_KEY : 0)));
    if (vrf_pk)
        buf_put(b, vrf_pk, 32);
    for (size_t i = 0; i < count; i++) {
        buf_put_u8(b, tags[i].with_proof);
        buf_put_u16_bytes(b, tags[i].alpha);
    }
}

enum err wire_get_tags(struct bytes body, const uint8_t **vrf_pk, struct keeper_tag *tags, size_t *count,
                       struct fail *f)
{
    struct reader r = reader_of(body);
    uint16_t head;
    *vrf_pk = NULL;
    if (!get_u16(&r, &head))
        return malformed("tags", f);
    size_t n = head & ~WITH_KEY;
    if (n > WIRE_TAGS_MAX || ((head & WITH_KEY) && !get_fixed(&r, 32, vrf_pk)))
        return malformed("tags", f);
    for (size_t i = 0; i < n; i++) {
        uint8_t with_proof;
        if (!get_u8(&r, &with_proof) || with_proof > 1 || !get_u16_bytes(&r, &tags[i].alpha))
            return malformed("tags", f);
        tags[i].with_proof = with_proof != 0;
    }
    if (!reader_done(&r))
        return malformed("tags", f);
    *count = n;
    return OK;
}

void wire_put_checkpoint(struct buf *b, const struct wire_checkpoint *v)
{
    buf_put_u64(b, v->size);
    buf_put(b, v->root, HASH_LEN);
    buf_put_u16_bytes(b, v->consistency);
}

enum err wire_get_checkpoint(struct bytes body, struct wire_checkpoint *v, struct fail *f)
{
    struct reader r = reader_of(body);
    if (!get_u64(&r, &v->size) || !get_fixed(&r, HASH_LEN, &v->root) || !get_u16_bytes(&r, &v->consistency) ||
        !reader_done(&r))
        return malformed("checkpoint", f);
    return OK;
}

void wire_put_cosign(struct buf *b, const struct wire_cosign *v)
{
    buf_put_u8(b, (uint8_t)v->use);
    buf_put_u64(b, v->time_s);
    buf_put_u16_bytes(b, v->text);
}

enum err wire_get_cosign(struct bytes body, struct wire_cosign *v, struct fail *f)
{
    struct reader r = reader_of(body);
    if (!get_use(&r, &v->use) || !get_u64(&r, &v->time_s) || !get_u16_bytes(&r, &v->text) || !reader_done(&r))
        return malformed("cosign", f);
    return OK;
}

/* Rewrap --------------------------------------------------------------------------------------- */

void wire_put_probe(struct buf *b, struct bytes srt, const struct keeper_rewrap_item *items, size_t count)
{
    buf_put_u32_bytes(b, srt);
    buf_put_u16(b, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_u32(b, items[i].policy);
        buf_put_u32(b, items[i].kao);
    }
}

enum err wire_get_probe(struct bytes body, struct wire_probe *v, struct fail *f)
{
    struct reader r = reader_of(body);
    uint16_t count;
    if (!get_u32_bytes(&r, &v->srt) || !get_u16(&r, &count) || count > WIRE_ITEMS_MAX)
        return malformed("probe", f);
    for (v->count = 0; v->count < count; v->count++) {
        uint32_t policy, kao;
        if (!get_u32(&r, &policy) || !get_u32(&r, &kao))
            return malformed("probe", f);
        v->items[v->count].policy = policy;
        v->items[v->count].kao = kao;
    }
    return reader_done(&r) ? OK : malformed("probe", f);
}

void wire_put_rewrap(struct buf *b, const struct wire_rewrap *head, const struct keeper_rewrap_item *items,
                     size_t count)
{
    buf_put_u32_bytes(b, head->srt);
    buf_put_u32_bytes(b, head->token);
    buf_put_u16_bytes(b, head->jwk);
    buf_put_u16_bytes(b, head->checkpoint);
    buf_put_u16(b, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        buf_put_u32(b, items[i].policy);
        buf_put_u32(b, items[i].kao);
        put_entry(b, &items[i].entry);
    }
}

enum err wire_get_rewrap(struct bytes body, struct wire_rewrap *v, struct fail *f)
{
    struct reader r = reader_of(body);
    uint16_t count;
    *v = (struct wire_rewrap){ 0 };
    if (!get_u32_bytes(&r, &v->srt) || !get_u32_bytes(&r, &v->token) || !get_u16_bytes(&r, &v->jwk) ||
        !get_u16_bytes(&r, &v->checkpoint) || !get_u16(&r, &count) || count > WIRE_ITEMS_MAX)
        return malformed("rewrap", f);
    v->items = mem_array(count, sizeof *v->items);
    for (size_t i = 0; i < count; i++) {
        uint32_t policy, kao;
        if (!get_u32(&r, &policy) || !get_u32(&r, &kao) || !get_entry(&r, &v->items[i].shown))
            break;
        v->items[i].policy = policy;
        v->items[i].kao = kao;
        v->count++;
    }
    if (v->count == count && reader_done(&r))
        return OK;
    wire_rewrap_clear(v);
    return malformed("rewrap", f);
}

void wire_rewrap_clear(struct wire_rewrap *v)
{
    mem_freep(&v->items);
    v->count = 0;
}

void wire_put_outcome(struct buf *b, const struct keeper_rewrap_item *item)
{
    buf_put_u16(b, (uint16_t)item->result);
    buf_put_u16(b, (uint16_t)item->reason);
    buf_put_u16_bytes(b, BYTES(item->wrapped, item->result == OK ? item->wrapped_len : 0));
}

bool wire_get_outcome(struct reader *r, struct keeper_rewrap_item *item)
{
    uint16_t result, reason;
    struct bytes wrapped;
    if (!get_u16(r, &result) || result >= E_COUNT || !get_u16(r, &reason) || reason >= REASON_COUNT ||
        !get_u16_bytes(r, &wrapped) || wrapped.len > sizeof item->wrapped)
        return false;
    item->result = (enum err)result;
    item->reason = (enum reason)reason;
    memcpy(item->wrapped, wrapped.data, wrapped.len);
    item->wrapped_len = wrapped.len;
    return true;
}

/* Seal --------------------------------------------------------------------------------------------------- */

static void put_signed(struct buf *b, const struct keeper_signed *s)
{
    buf_put_u32_bytes(b, s->act);
    buf_put_u16_bytes(b, s->act_jwk);
    buf_put_u32_bytes(b, s->device_statement);
    put_entry(b, &s->device);
}

static void put_may_signed(struct buf *b, const struct keeper_signed *s)
{
    buf_put_u8(b, s != NULL);
    if (s)
        put_signed(b, s);
}

void wire_put_seal(struct buf *b, const struct keeper_leave *leave, const struct keeper_copy *copies,
                   size_t count)
{
    put_signed(b, &leave->by);
    buf_put_u32_bytes(b, leave->statement);
    buf_put_u16_bytes(b, leave->checkpoint);
    put_may_signed(b, leave->second);
    put_may_signed(b, leave->author);
    put_may_signed(b, leave->author_second);
    put_may_signed(b, leave->terms);
    if (leave->terms)
        put_signed(b, leave->theirs);
    buf_put_u8(b, (uint8_t)count);
    for (size_t i = 0; i < count; i++) {
        put_text(b, copies[i].portion);
        put_text(b, copies[i].holder);
        buf_put_u32(b, copies[i].number);
        put_text(b, copies[i].kas_url);
        buf_put_u32_bytes(b, copies[i].manifest);
        buf_put_u8(b, copies[i].leave != NULL);
        if (copies[i].leave)
            put_entry(b, copies[i].leave);
    }
}

static bool get_copy_row(struct reader *r, struct wire_copy *c)
{
    uint8_t has_leave;
    if (!get_text(r, c->portion, sizeof c->portion) || !get_text(r, c->holder, sizeof c->holder) ||
        !get_u32(r, &c->number) || !get_text(r, c->kas_url, sizeof c->kas_url) ||
        !get_u32_bytes(r, &c->manifest) || !get_u8(r, &has_leave) || has_leave > 1)
        return false;
    c->has_leave = has_leave != 0;
    return !c->has_leave || get_entry(r, &c->leave);
}

static bool get_signed(struct reader *r, struct wire_signed *s)
{
    return get_u32_bytes(r, &s->act) && get_u16_bytes(r, &s->act_jwk) &&
           get_u32_bytes(r, &s->device_statement) && get_entry(r, &s->device);
}

static bool get_may_signed(struct reader *r, bool *has, struct wire_signed *s)
{
    uint8_t v;
    if (!get_u8(r, &v) || v > 1)
        return false;
    *has = v != 0;
    return !*has || get_signed(r, s);
}

enum err wire_get_seal(struct bytes body, struct wire_seal *v, struct fail *f)
{
    struct reader r = reader_of(body);
    uint8_t count;
    *v = (struct wire_seal){ 0 };
    if (!get_signed(&r, &v->by) || !get_u32_bytes(&r, &v->statement) || !get_u16_bytes(&r, &v->checkpoint) ||
        !get_may_signed(&r, &v->has_second, &v->second) || !get_may_signed(&r, &v->has_author, &v->author) ||
        !get_may_signed(&r, &v->has_author_second, &v->author_second) ||
        !get_may_signed(&r, &v->has_terms, &v->terms) || v->has_terms > v->has_author ||
        (v->has_terms && !get_signed(&r, &v->theirs)) || !get_u8(&r, &count) || count == 0 ||
        count > MESSAGE_FDS_MAX)
        return malformed("seal", f);
    v->copies = mem_array(count, sizeof *v->copies);
    while (v->count < count && get_copy_row(&r, &v->copies[v->count]))
        v->count++;
    if (v->count == count && reader_done(&r))
        return OK;
    wire_seal_clear(v);
    return malformed("seal", f);
}

void wire_seal_clear(struct wire_seal *v)
{
    mem_freep(&v->copies);
    v->count = 0;
}

void wire_put_sealed(struct buf *b, const struct keeper_copy *copy)
{
    put_text(b, copy->policy);
    buf_put_u32_bytes(b, bytes_of(&copy->manifest_out));
    buf_put(b, copy->commitment, HASH_LEN);
    buf_put(b, copy->wrapped_sha, HASH_LEN);
    buf_put(b, copy->policy_sha, HASH_LEN);
    buf_put(b, copy->binding_sha, HASH_LEN);
}

bool wire_get_sealed(struct reader *r, struct keeper_copy *copy)
{
    struct bytes manifest;
    if (!get_text(r, copy->policy, sizeof copy->policy) || !get_u32_bytes(r, &manifest) ||
        !get_copy(r, copy->commitment, HASH_LEN) || !get_copy(r, copy->wrapped_sha, HASH_LEN) ||
        !get_copy(r, copy->policy_sha, HASH_LEN) || !get_copy(r, copy->binding_sha, HASH_LEN))
        return false;
    buf_put_bytes(&copy->manifest_out, manifest);
    return !copy->manifest_out.failed;
}

/* Match -------------------------------------------------------------------------------------------------- */

void wire_put_match(struct buf *b, const struct keeper_question *q, const struct keeper_source *sources,
                    size_t count)
{
    put_signed(b, &q->by);
    put_entry(b, &q->entry);
    buf_put_u32_bytes(b, q->statement);
    buf_put_u16_bytes(b, q->checkpoint);
    buf_put_u16(b, (uint16_t)count);
    for (size_t i = 0; i < count; i++) {
        put_text(b, sources[i].report);
        buf_put_u16_bytes(b, sources[i].sealed);
    }
}

enum err wire_get_match(struct bytes body, struct wire_match *v, struct fail *f)
{
    struct reader r = reader_of(body);
    uint16_t count;
    if (!get_signed(&r, &v->by) || !get_entry(&r, &v->entry) || !get_u32_bytes(&r, &v->statement) ||
        !get_u16_bytes(&r, &v->checkpoint) || !get_u16(&r, &count) || count > WIRE_SOURCES_MAX)
        return malformed("match", f);
    for (v->count = 0; v->count < count; v->count++)
        if (!get_text(&r, v->sources[v->count].report, UUID_TEXT) ||
            !get_u16_bytes(&r, &v->sources[v->count].sealed))
            return malformed("match", f);
    return reader_done(&r) ? OK : malformed("match", f);
}

void wire_put_give(struct buf *b, const struct wire_give *v)
{
    buf_put_u8(b, (uint8_t)v->use);
    put_text(b, v->name);
    buf_put_u16_bytes(b, v->key);
}

enum err wire_get_give(struct bytes body, struct wire_give *v, struct fail *f)
{
    struct reader r = reader_of(body);
    if (!get_use(&r, &v->use) || !get_text(&r, v->name, sizeof v->name) || !get_u16_bytes(&r, &v->key) ||
        !reader_done(&r))
        return malformed("give", f);
    return OK;
}
