/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/variant.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define METADATA_MAX ((size_t)32 << 10)
#define SECRET_LABEL "orcon/variants/v1"
#define SIGNS        3 /* `{`, `|`, `}` */

/* Metadata --------------------------------------------------------------------------------------------------- */

char *variants_metadata(const char *metadata, const struct variants *v)
{
    size_t len = strlen(metadata);
    if (v->count == 0)
        return str_dup(metadata);
    if (len < 2 || metadata[len - 1] != '}')
        BUG("metadata is an object");
    AUTO(buf_freep) struct buf *text = buf_new_secret(METADATA_MAX);
    buf_put_bytes(text, BYTES(metadata, len - 1));
    buf_put_str(text, ",\"variants\":[");
    for (size_t i = 0; i < v->count; i++)
        buf_printf(text, "%s[%" PRIu64 ",%" PRIu32 ",%" PRIu32 "]", i ? "," : "", v->place[i].at,
                   v->place[i].first, v->place[i].second);
    buf_put_str(text, "]}");
    return buf_steal_text(text);
}

static uint64_t place_end(const struct variant_place *p)
{
    return p->at + p->first + p->second + SIGNS;
}

static bool read_number(const json_t *v, uint64_t max, uint64_t *out)
{
    json_int_t n = json_integer_value(v);
    if (!json_is_integer(v) || n < 0 || (uint64_t)n > max)
        return false;
    *out = (uint64_t)n;
    return true;
}

static bool read_place(const json_t *row, uint64_t from, uint64_t size, struct variant_place *p)
{
    uint64_t first, second;
    if (json_array_size(row) != 3 || !read_number(json_array_get(row, 0), size, &p->at) ||
        !read_number(json_array_get(row, 1), VARIANT_TEXT, &first) ||
        !read_number(json_array_get(row, 2), VARIANT_TEXT, &second))
        return false;
    p->first = (uint32_t)first;
    p->second = (uint32_t)second;
    return first > 0 && second > 0 && p->at >= from && place_end(p) <= size;
}

enum err variants_read(struct bytes metadata, uint64_t size, struct variants *out, struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    out->count = 0;
    TRY(json_read(metadata, METADATA_MAX, "metadata", &v, f));
    const json_t *rows = json_object_get(v, "variants");
    bool good = !rows || (json_is_array(rows) && json_array_size(rows) <= VARIANT_MAX);
    uint64_t from = 0;
    for (size_t i = 0; good && i < json_array_size(rows); i++) {
        good = read_place(json_array_get(rows, i), from, size, &out->place[i]);
        from = good ? place_end(&out->place[i]) : from;
    }
    if (!good)
        return fail_why(f, REASON_TAMPERED, "the metadata holds no proper variants");
    out->count = json_array_size(rows);
    return OK;
}

/* The code --------------------------------------------------------------------------------------------------- */

/* The words of a simplex code of dimension 3, as a shift register gives them: any three neighbours tell eight numbers apart,
 * any seven differ in four places. */
static const uint8_t words[] = { 1, 2, 5, 3, 7, 6, 4 };

void variant_secret(const uint8_t key[static TDF_KEY_LEN], uint8_t out[static HASH_LEN])
{
    struct bytes label = bytes_str(SECRET_LABEL);
    hash_hmac(BYTES(key, TDF_KEY_LEN), &label, 1, out);
}

/* Bytes that only the secret gives: for place ${i}, or with UINT32_MAX for the portion. */
static void draw(const struct variant_code *code, uint32_t i, uint8_t out[static HASH_LEN])
{
    uint8_t text[4] = { (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i };
    struct bytes part = BYTES(text, sizeof text);
    hash_hmac(BYTES(code->secret, HASH_LEN), &part, 1, out);
}

/* The lowest three bits of the number take a word of the table, from where the secret says; every three more take one that
 * the secret draws for this place. The bit is their sum, turned where the secret says, so that no wording is the likelier
 * one. */
bool variant_second(const struct variant_code *code, size_t i)
{
    uint8_t of_portion[HASH_LEN], of_place[HASH_LEN];
    draw(code, UINT32_MAX, of_portion);
    draw(code, (uint32_t)i, of_place);
    unsigned parity = of_place[0];
    for (unsigned digit = 0; digit <= 10; digit++) { /* of 32 bits */
        uint8_t word = words[(digit ? of_place[digit] : of_portion[0] + i) % COUNT(words)];
        parity += (unsigned)__builtin_popcount(code->number >> 3 * digit & word);
    }
    wipe(of_portion, sizeof of_portion);
    wipe(of_place, sizeof of_place);
    return parity & 1u;
}

/* Choosing --------------------------------------------------------------------------------------------------- */

/* Read on in the raw text without giving it. */
static enum err skip(struct variant_choice *c, uint64_t len, struct fail *f)
{
    uint8_t part[1024];
    enum err e = OK;
    while (e == OK && len > 0) {
        size_t n = len < sizeof part ? (size_t)len : sizeof part;
        e = source_read(&c->raw, c->raw_at, part, n, f);
        c->raw_at += n;
        len -= n;
    }
    wipe(part, sizeof part);
    return e;
}

/* Nothing is left to keep: we stand at a place, or at the end of one's wording, or of the text. */
static enum err step(struct variant_choice *c, struct fail *f)
{
    const struct variant_place *p = c->next < c->v->count ? &c->v->place[c->next] : NULL;
    if (p && c->raw_at == p->at) {
        bool second = variant_second(c->code, c->next);
        c->keep = second ? p->second : p->first;
        return skip(c, second ? (uint64_t)p->first + 2 : 1, f);
    }
    if (p && c->raw_at > p->at) { /* behind the chosen wording */
        c->next++;
        return skip(c, place_end(p) - c->raw_at, f);
    }
    c->keep = (p ? p->at : c->text) - c->raw_at;
    return OK;
}

static enum err read_chosen(void *ctx, uint64_t off, void *out, size_t len, struct fail *f)
{
    struct variant_choice *c = ctx;
    uint8_t *to = out;
    if (off != c->at)
        return fail_set(f, E_INTERNAL, "variants are read in order");
    while (len > 0) {
        if (c->keep == 0) {
            if (c->next == c->v->count && c->raw_at == c->text)
                return fail_set(f, E_INTERNAL, "variants end before their text");
            TRY(step(c, f));
            continue;
        }
        size_t n = c->keep < len ? (size_t)c->keep : len;
        TRY(source_read(&c->raw, c->raw_at, to, n, f));
        if (c->hash)
            hash_stream_add(c->hash, BYTES(to, n));
        c->raw_at += n;
        c->keep -= n;
        c->at += n;
        to += n;
        len -= n;
    }
    while (c->keep == 0 && c->next < c->v->count) /* what ends with a place: its rest */
        TRY(step(c, f));
    return c->keep == 0 && c->raw_at == c->text ? skip(c, c->raw.size - c->raw_at, f) : OK;
}

struct source variant_source(struct variant_choice *c, const struct source *raw, uint64_t text,
                             const struct variants *v, const struct variant_code *code,
                             struct hash_stream *hash)
{
    uint64_t size = text;
    for (size_t i = 0; i < v->count; i++)
        size -= SIGNS + (uint64_t)(variant_second(code, i) ? v->place[i].first : v->place[i].second);
    *c = (struct variant_choice){ .raw = *raw, .text = text, .v = v, .code = code, .hash = hash };
    return (struct source){ read_chosen, c, size };
}
