/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/note.h"

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "crypto/hash.h"
#include "ledger/text.h"

static const char dash[4] = { '\xe2', '\x80', '\x94', ' ' }; /* U+2014 and a space */

#define COSIGNATURE_LEN (8 + SIGN_LEN)
#define TIME_END        ((uint64_t)1 << 63)
#define LINE_MAX_BYTES  ((size_t)8 << 10) /* post-quantum lines have about 5 kB */

/* The spaces of Unicode beyond ASCII: U+0085, and category Z, of three bytes up to the last one's range. */
static const struct {
    char lead[3];
    uint8_t from, to;
} spaces[] = {
    { "\xc2", 0x85, 0x85 },     { "\xc2", 0xa0, 0xa0 },     { "\xe1\x9a", 0x80, 0x80 },
    { "\xe2\x80", 0x80, 0x8a }, { "\xe2\x80", 0xa8, 0xa9 }, { "\xe2\x80", 0xaf, 0xaf },
    { "\xe2\x81", 0x9f, 0x9f }, { "\xe3\x80", 0x80, 0x80 },
};

static bool starts_with_space(struct bytes v)
{
    for (size_t i = 0; i < COUNT(spaces); i++) {
        size_t n = strlen(spaces[i].lead);
        if (v.len > n && memcmp(v.data, spaces[i].lead, n) == 0 && v.data[n] >= spaces[i].from &&
            v.data[n] <= spaces[i].to)
            return true;
    }
    return false;
}

static bool name_good(struct bytes v)
{
    if (v.len == 0 || v.len >= NOTE_NAME_SIZE || utf8_valid(v) != v.len)
        return false;
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] <= ' ' || v.data[i] == '+' || starts_with_space(BYTES(v.data + i, v.len - i)))
            return false;
    return true;
}

static void key_id(struct bytes name, enum note_type type, const uint8_t pk[static 32], uint8_t id[static 4])
{
    uint8_t h[HASH_LEN], tail[2 + 32] = { '\n', (uint8_t)type };
    memcpy(tail + 2, pk, 32);
    hash_sha256_parts((struct bytes[]){ name, { tail, sizeof tail } }, 2, h);
    memcpy(id, h, 4);
}

static MUST_USE enum err key_from(struct bytes name, enum note_type type, const uint8_t pk[static 32],
                                  struct note_key *out, struct fail *f)
{
    if (!name_good(name))
        return fail_set(f, E_INVALID, "not the name of a note key");
    memcpy(out->name, name.data, name.len);
    out->name[name.len] = '\0';
    out->type = type;
    memcpy(out->pk, pk, 32);
    key_id(name, type, pk, out->id);
    return OK;
}

MUST_USE enum err note_key_make(const char *name, enum note_type type, const uint8_t pk[static 32],
                                struct note_key *out, struct fail *f)
{
    return key_from(bytes_str(name), type, pk, out, f);
}

MUST_USE enum err note_key_read(struct bytes vkey, struct note_key *out, struct fail *f)
{
    /* base64 contains `+` too: only the first two divide */
    struct bytes name, hash, rest, coded;
    uint8_t id[4], material[1 + 32];
    struct note_key k;
    if (!text_cut(vkey, '+', &name, &rest) || !text_cut(rest, '+', &hash, &coded) ||
        !hex_read(hash, id, sizeof id) || !b64_read_exact(B64_STD, coded, material, sizeof material))
        return fail_set(f, E_INVALID, "not a key of a signed note");
    if (material[0] != NOTE_ED25519 && material[0] != NOTE_COSIGNATURE)
        return fail_set(f, E_INVALID, "a note key of type %u is not known here", material[0]);
    TRY(key_from(name, (enum note_type)material[0], material + 1, &k, f));
    if (memcmp(id, k.id, sizeof id) != 0)
        return fail_set(f, E_INVALID, "key ID and key of %s differ", k.name);
    *out = k;
    return OK;
}

void note_key_print(const struct note_key *k, char out[static NOTE_VKEY_SIZE])
{
    struct buf b;
    uint8_t material[1 + 32] = { (uint8_t)k->type };
    memcpy(material + 1, k->pk, 32);
    buf_init(&b, NOTE_VKEY_SIZE - 1);
    buf_put_str(&b, k->name);
    buf_put_u8(&b, '+');
    hex_put(&b, BYTES(k->id, sizeof k->id));
    buf_put_u8(&b, '+');
    b64_put(&b, B64_STD, BYTES(material, sizeof material));
    memcpy(out, buf_text(&b), b.len + 1);
    buf_clear(&b);
}

bool note_key_same(const struct note_key *a, const struct note_key *b)
{
    return strcmp(a->name, b->name) == 0 && a->type == b->type && memcmp(a->pk, b->pk, 32) == 0;
}

void note_free(struct note *n)
{
    if (n == NULL)
        return;
    buf_clear(&n->bytes);
    buf_clear(&n->signatures);
    free(n);
}

void note_freep(struct note **n)
{
    note_free(*n);
    *n = NULL;
}

/* text_good: UTF-8 without control characters but the newline. */
static bool text_good(struct bytes v)
{
    for (size_t i = 0; i < v.len; i++)
        if (v.data[i] < 0x20 && v.data[i] != '\n')
            return false;
    return utf8_valid(v) == v.len;
}

/* split: the last empty line divides text, which keeps its newline, and lines. */
static bool split(struct bytes v, struct bytes *text, struct bytes *lines)
{
    for (size_t i = v.len; i >= 2; i--) {
        if (v.data[i - 1] != '\n' || v.data[i - 2] != '\n')
            continue;
        *text = BYTES(v.data, i - 1);
        *lines = BYTES(v.data + i, v.len - i);
        return true;
    }
    return false;
}

/* read_line: one signature line, without its newline. */
static bool read_line(struct note *n, struct bytes v, struct fail *f)
{
    struct note_line *l = &n->line[n->count];
    size_t start = n->signatures.len;
    if (v.len < sizeof dash || v.len > LINE_MAX_BYTES || memcmp(v.data, dash, sizeof dash) != 0)
        return false;
    struct bytes coded;
    if (!text_cut(BYTES(v.data + sizeof dash, v.len - sizeof dash), ' ', &l->name, &coded))
        return false;
    if (!name_good(l->name) || b64_read(B64_STD, coded, &n->signatures, "signature", f) != OK)
        return false;
    /* the buffer never moves: it was reserved for all lines */
    struct bytes raw = BYTES(n->signatures.data + start, n->signatures.len - start);
    if (raw.len <= sizeof l->id)
        return false;
    memcpy(l->id, raw.data, sizeof l->id);
    l->signature = BYTES(raw.data + sizeof l->id, raw.len - sizeof l->id);
    l->line = BYTES(v.data, v.len + 1);
    n->count++;
    return true;
}

MUST_USE enum err note_read(struct bytes v, struct note **out, struct fail *f)
{
    AUTO(note_freep) struct note *n = mem_new(sizeof *n);
    struct bytes lines;
    struct fail ignored = { 0 };
    if (v.len > NOTE_MAX)
        return fail_set(f, E_TOO_LARGE, "a signed note of more than %zu bytes", NOTE_MAX);
    buf_init(&n->bytes, NOTE_MAX);
    buf_init(&n->signatures, NOTE_MAX);
    buf_put_bytes(&n->bytes, v);
    if (!text_good(v) || !split(bytes_of(&n->bytes), &n->text, &lines) || lines.len == 0 ||
        lines.data[lines.len - 1] != '\n' || buf_reserve(&n->signatures, lines.len) == NULL)
        return fail_set(f, E_INVALID, "not a signed note");
    while (lines.len > 0) {
        struct bytes line, rest;
        if (!text_cut(lines, '\n', &line, &rest) || n->count == NOTE_LINES_MAX ||
            !read_line(n, line, &ignored))
            return fail_set(f, E_INVALID, "signature line %zu of a note", n->count + 1);
        lines = rest;
    }
    *out = n;
    n = NULL;
    return OK;
}

void note_message(enum note_type type, struct bytes text, uint64_t time_s, struct buf *out)
{
    if (type == NOTE_COSIGNATURE)
        buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    buf_put_bytes(out, text);
}

/* verify_line: does ${l} hold as a line of ${k}? */
static MUST_USE enum err verify_line(const struct note *n, const struct note_line *l,
                                     const struct note_key *k, uint64_t *time_s, struct fail *f)
{
    AUTO(key_freep) struct key *pk = NULL;
    AUTO(buf_freep) struct buf *message = buf_new(NOTE_MAX + 64);
    struct reader r = reader_of(l->signature);
    struct bytes signature;
    uint64_t t = 0;
    bool cosigned = k->type == NOTE_COSIGNATURE;
    if (l->signature.len != (cosigned ? COSIGNATURE_LEN : SIGN_LEN) || (cosigned && !get_u64(&r, &t)) ||
        t >= TIME_END || !get_bytes(&r, SIGN_LEN, &signature))
        return fail_set(f, E_UNVERIFIED, "the signature by %s is malformed", k->name);
    TRY(key_read_public(KEY_ED25519, BYTES(k->pk, sizeof k->pk), &pk, f));
    note_message(k->type, n->text, t, message);
    TRY(buf_check(message, "note", f));
    if (verify_ed25519(pk, bytes_of(message), signature, NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "the signature by %s does not hold", k->name);
    *time_s = t;
    return OK;
}

MUST_USE enum err note_verify(const struct note *n, const struct note_key *keys, size_t count,
                              struct note_signed *out, struct fail *f)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        const struct note_key *k = &keys[i];
        struct note_signed by = { 0 };
        for (size_t j = 0; j < n->count && !by.by; j++) {
            const struct note_line *l = &n->line[j];
            if (memcmp(l->id, k->id, sizeof k->id) != 0 || !bytes_equal(l->name, bytes_str(k->name)))
                continue;
            TRY(verify_line(n, l, k, &by.time_s, f));
            by.by = any = true;
        }
        if (out != NULL)
            out[i] = by;
    }
    if (!any)
        return fail_set(f, E_UNVERIFIED, "no known key signed the note");
    return OK;
}

void note_begin(struct buf *out, struct bytes text)
{
    buf_put_bytes(out, text);
    buf_put_u8(out, '\n');
}

void note_add_line(struct buf *out, const struct note_key *k, uint64_t time_s,
                   const uint8_t signature[static SIGN_LEN])
{
    struct buf raw;
    buf_init(&raw, 4 + COSIGNATURE_LEN);
    buf_put(&raw, k->id, sizeof k->id);
    if (k->type == NOTE_COSIGNATURE)
        buf_put_u64(&raw, time_s);
    buf_put(&raw, signature, SIGN_LEN);
    buf_put(out, dash, sizeof dash);
    buf_put_str(out, k->name);
    buf_put_u8(out, ' ');
    b64_put(out, B64_STD, bytes_of(&raw));
    buf_put_u8(out, '\n');
    buf_clear(&raw);
}

void note_sign_line(struct buf *out, const struct note_key *k, const struct key *secret, struct bytes text,
                    uint64_t time_s)
{
    struct buf message;
    uint8_t signature[SIGN_LEN];
    buf_init(&message, NOTE_MAX + 64);
    note_message(k->type, text, time_s, &message);
    sign_ed25519(secret, bytes_of(&message), signature);
    note_add_line(out, k, time_s, signature);
    buf_clear(&message);
}
