/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tiles.h"

#include "ledger/text.h"

#define NUMBER_END ((uint64_t)1 << 55)

void tiles_path(const struct tile *t, char out[static TILES_PATH_SIZE])
{
    char digits[24], suffix[8] = "";
    unsigned groups = 1;
    if (t->width == 0 || t->width > TILES_WIDTH || t->number >= NUMBER_END)
        BUG("no such tile");
    for (uint64_t n = t->number / 1000; n != 0; n /= 1000)
        groups++;
    snprintf(digits, sizeof digits, "%0*llu", (int)(3 * groups), (unsigned long long)t->number);
    if (t->width < TILES_WIDTH)
        snprintf(suffix, sizeof suffix, ".p/%u", t->width);
    int at = t->level == TILES_ENTRIES ? snprintf(out, TILES_PATH_SIZE, "tile/entries/")
                                       : snprintf(out, TILES_PATH_SIZE, "tile/%u/", t->level);
    for (unsigned g = 0; g < groups; g++)
        at += snprintf(out + at, TILES_PATH_SIZE - (size_t)at, "%s%.3s%s", g + 1 < groups ? "x" : "",
                       digits + 3 * g, g + 1 < groups ? "/" : suffix);
}

/* read_number: groups of three digits, all but the last after an x. */
static bool read_number(struct bytes *v, uint64_t *out)
{
    uint64_t n = 0;
    for (unsigned groups = 0; groups < 7; groups++) {
        bool more = v->len > 0 && v->data[0] == 'x';
        struct bytes g = BYTES(v->data + more, v->len - more);
        if (g.len < 3 || (groups == 0 && more && memcmp(g.data, "000", 3) == 0))
            return false;
        for (int i = 0; i < 3; i++) {
            if (g.data[i] < '0' || g.data[i] > '9')
                return false;
            n = n * 10 + (uint64_t)(g.data[i] - '0');
        }
        *v = BYTES(g.data + 3, g.len - 3);
        if (n >= NUMBER_END)
            return false;
        if (!more) {
            *out = n;
            return true;
        }
        if (!text_after(*v, "/", v))
            return false;
    }
    return false;
}

MUST_USE bool tiles_path_read(const char *path, struct tile *out)
{
    struct tile t = { .width = TILES_WIDTH };
    struct bytes rest, level;
    uint64_t v;
    if (!text_after(bytes_str(path), "tile/", &rest) || !text_cut(rest, '/', &level, &rest))
        return false;
    if (text_is(level, "entries"))
        t.level = TILES_ENTRIES;
    else if (text_decimal(level, &v) && v < 64)
        t.level = (uint32_t)v;
    else
        return false;
    if (!read_number(&rest, &t.number))
        return false;
    if (rest.len != 0) {
        if (!text_after(rest, ".p/", &rest) || !text_decimal(rest, &v) || v == 0 || v >= TILES_WIDTH)
            return false;
        t.width = (unsigned)v;
    }
    *out = t;
    return true;
}

unsigned tiles_width(uint32_t level, uint64_t number, uint64_t size)
{
    unsigned height = level == TILES_ENTRIES ? 0 : 8 * level;
    uint64_t hashes = height < 64 ? size >> height : 0;
    if (number >= NUMBER_END || number > hashes / TILES_WIDTH)
        return 0;
    uint64_t left = hashes - number * TILES_WIDTH;
    return left < TILES_WIDTH ? (unsigned)left : TILES_WIDTH;
}

MUST_USE enum err tiles_put(const struct tree_nodes *nodes, const struct tile *t, struct buf *out,
                            struct fail *f)
{
    if (t->level >= TILES_LEVELS || t->number >= NUMBER_END)
        return fail_set(f, E_INVALID, "no such tile");
    for (unsigned i = 0; i < t->width; i++) {
        uint8_t h[HASH_LEN];
        TRY(nodes->node(nodes->ctx, 8 * t->level, t->number * TILES_WIDTH + i, h, f));
        buf_put(out, h, sizeof h);
    }
    return buf_check(out, "tile", f);
}

void tiles_put_entry(struct buf *out, struct bytes entry)
{
    buf_put_u16_bytes(out, entry);
}

bool tiles_next_entry(struct reader *r, struct bytes *entry)
{
    return get_u16_bytes(r, entry);
}

/* fold: the root of ${count} hashes, a power of two up to 128, in place. */
static void fold(uint8_t *hash, size_t count, uint8_t out[static HASH_LEN])
{
    for (; count > 1; count /= 2)
        for (size_t i = 0; i < count / 2; i++)
            tree_node(hash + 2 * i * HASH_LEN, hash + (2 * i + 1) * HASH_LEN, hash + i * HASH_LEN);
    memcpy(out, hash, HASH_LEN);
}

static enum err source_node(void *ctx, unsigned height, uint64_t index, uint8_t out[static HASH_LEN],
                            struct fail *f)
{
    struct tiles_source *s = ctx;
    AUTO(buf_freep) struct buf *b = buf_new((size_t)TILES_WIDTH * HASH_LEN);
    unsigned within = height % 8;
    uint64_t first = index << within; /* among the hashes of the tile's level */
    struct tile t = { .level = height / 8, .number = first / TILES_WIDTH };
    size_t at = (size_t)(first % TILES_WIDTH), count = (size_t)1 << within;
    t.width = tiles_width(t.level, t.number, s->size);
    if (height >= TREE_LEVELS || first >> within != index || at + count > t.width)
        return fail_set(f, E_INVALID, "the tree has no complete node %llu at height %u",
                        (unsigned long long)index, height);
    TRY(s->fetch(s->ctx, &t, b, f));
    TRY(buf_check(b, "tile", f));
    if (b->len != (size_t)t.width * HASH_LEN && b->len != (size_t)TILES_WIDTH * HASH_LEN)
        return fail_set(f, E_UNVERIFIED, "a tile of %zu bytes, not %u hashes", b->len, t.width);
    fold(b->data + at * HASH_LEN, count, out);
    return OK;
}

struct tree_nodes tiles_nodes(struct tiles_source *s)
{
    return (struct tree_nodes){ source_node, s };
}
