/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/body.h"

#include "base/mem.h"
#include "base/name.h"
#include "base/utf8.h"
#include "ledger/tree.h"

static const char *const kind_names[KIND_COUNT] = {
    "",         "request",    "grant",  "deny",        "override",  "briefing",
    "refused",  "recall",     "remark", "receipt",     "silence",   "shared",
    "received", "ack",        "notice", "reissue",     "told",      "reported-briefing",
    "read-in",  "person-key", "card",   "arrangement", "objection", "review-closed",
};

const char *kind_name(enum entry_kind kind)
{
    return kind > KIND_NONE && kind < KIND_COUNT ? kind_names[kind] : "";
}

enum entry_kind kind_from_name(const char *name)
{
    for (unsigned k = KIND_NONE + 1; k < KIND_COUNT; k++)
        if (strcmp(kind_names[k], name) == 0)
            return (enum entry_kind)k;
    return KIND_NONE;
}

bool kind_is_briefing(enum entry_kind kind)
{
    return kind == KIND_BRIEFING || kind == KIND_TOLD || kind == KIND_REPORTED_BRIEFING;
}

static uint64_t u64_at(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

static void u64_put(uint64_t v, uint8_t *p)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* The forms of values. Text checks get a C string. */
static bool is_object(const char *s) /* "<domain>/<uuid>" */
{
    char domain[DOMAIN_MAX + 1];
    const char *slash = strchr(s, '/');
    if (slash == NULL || (size_t)(slash - s) > DOMAIN_MAX)
        return false;
    memcpy(domain, s, (size_t)(slash - s));
    domain[slash - s] = '\0';
    return name_is_domain(domain) && name_is_uuid(slash + 1);
}

static bool is_organisation(const char *s)
{
    return s[0] == '@' && name_is_domain(s + 1);
}

static bool is_someone(const char *s)
{
    return is_organisation(s) || name_is_person(s);
}

enum { MAY_BE_EMPTY = 1 };

static const struct {
    const char *what;
    unsigned flags;
    size_t exact; /* length, 0: as ${max} and ${is} say */
    size_t max;
    bool (*is)(const char *); /* NULL: any UTF-8 */
} forms[FIELD_COUNT] = {
    [FIELD_KIND] = { "kind", 0, 1, 0, NULL },
    [FIELD_TIME] = { "time", 0, 8, 0, NULL },
    [FIELD_PORTION] = { "portion", MAY_BE_EMPTY, 0, DOMAIN_MAX + 37, is_object },
    [FIELD_PERSON] = { "person", MAY_BE_EMPTY, 0, PERSON_MAX, is_someone },
    [FIELD_ORGANISATION] = { "organisation", 0, 0, DOMAIN_MAX + 1, is_organisation },
    [FIELD_ACTOR] = { "actor", MAY_BE_EMPTY, 0, PERSON_MAX, is_someone },
    [FIELD_REPORT] = { "report", MAY_BE_EMPTY, 0, DOMAIN_MAX + 37, is_object },
    [FIELD_COPY] = { "copy", MAY_BE_EMPTY, 0, 36, name_is_uuid },
    [FIELD_FOLLOWS] = { "followed entry", MAY_BE_EMPTY, ENTRY_REF_LEN, 0, NULL },
    [FIELD_DECISION] = { "decision entry", MAY_BE_EMPTY, ENTRY_REF_LEN, 0, NULL },
    [FIELD_REASON] = { "reason", MAY_BE_EMPTY, 0, 1024, NULL },
    [FIELD_POLICY] = { "policy version", MAY_BE_EMPTY, 0, 64, NULL },
    [FIELD_VERSIONS] = { "versions", 0, 8 * ENTRY_TAGS, 0, NULL },
    [FIELD_PREVIOUS] = { "previous entry", MAY_BE_EMPTY, ENTRY_REF_LEN, 0, NULL },
    [FIELD_STATEMENT] = { "statement digest", MAY_BE_EMPTY, HASH_LEN, 0, NULL },
    [FIELD_READER] = { "reader digest", MAY_BE_EMPTY, HASH_LEN, 0, NULL },
};

static bool text_fits(struct bytes v, size_t max, bool (*is)(const char *))
{
    char text[BODY_FIELD_MAX + 1];
    if (v.len > max || utf8_valid(v) != v.len)
        return false;
    if (is == NULL)
        return true;
    if (memchr(v.data, '\0', v.len) != NULL)
        return false;
    memcpy(text, v.data, v.len);
    text[v.len] = '\0';
    return is(text);
}

MUST_USE enum err body_check(const struct body *b, struct fail *f)
{
    struct bytes kind = b->field[FIELD_KIND];
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        struct bytes v = b->field[j];
        bool good;
        if (v.len == 0)
            good = (forms[j].flags & MAY_BE_EMPTY) != 0;
        else if (forms[j].exact != 0)
            good = v.len == forms[j].exact;
        else if (j == FIELD_REASON && kind.data[0] == KIND_REFUSED) /* u32 count first */
            good = v.len > 4 && text_fits(BYTES(v.data + 4, v.len - 4), forms[j].max, NULL);
        else
            good = text_fits(v, forms[j].max, forms[j].is);
        if (good && j == FIELD_KIND)
            good = v.data[0] > KIND_NONE && v.data[0] < KIND_COUNT;
        if (!good)
            return fail_set(f, E_INVALID, "event field %u (%s) is not of its form", j, forms[j].what);
    }
    return OK;
}

enum entry_kind body_kind(const struct body *b)
{
    return (enum entry_kind)b->field[FIELD_KIND].data[0];
}

uint64_t body_time_ms(const struct body *b)
{
    return u64_at(b->field[FIELD_TIME].data);
}

uint64_t body_version(const struct body *b, unsigned class)
{
    return u64_at(b->field[FIELD_VERSIONS].data + 8 * (class - 1));
}

void body_put_time(uint64_t time_ms, uint8_t out[static 8])
{
    u64_put(time_ms, out);
}

void body_put_versions(const uint64_t version[static ENTRY_TAGS], uint8_t out[static 24])
{
    for (size_t i = 0; i < ENTRY_TAGS; i++)
        u64_put(version[i], out + 8 * i);
}

MUST_USE enum err body_write(const struct body *b, struct buf *out, struct fail *f)
{
    buf_put(out, b->key, sizeof b->key);
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        if (b->field[j].len > BODY_FIELD_MAX)
            return fail_set(f, E_TOO_LARGE, "event field %u is too long", j);
        buf_put_u32_bytes(out, b->field[j]);
    }
    return buf_check(out, "event body", f);
}

MUST_USE enum err body_read(struct bytes v, struct body *out, struct fail *f)
{
    struct reader r = reader_of(v);
    struct body b;
    bool good = v.len <= BODY_MAX && get_copy(&r, b.key, sizeof b.key);
    for (unsigned j = 0; good && j < FIELD_COUNT; j++)
        good = get_u32_bytes(&r, &b.field[j]) && b.field[j].len <= BODY_FIELD_MAX;
    if (good && reader_done(&r))
        *out = b;
    wipe(b.key, sizeof b.key);
    if (!good || !reader_done(&r))
        return fail_set(f, E_INVALID, "the body of an event is malformed");
    return OK;
}

/* keyed: HMAC-SHA-256(K, label || u8 n). */
static void keyed(const struct body *b, const char *label, unsigned n, uint8_t out[static 32])
{
    uint8_t number = (uint8_t)n;
    hash_hmac(BYTES(b->key, sizeof b->key), (struct bytes[]){ bytes_str(label), { &number, 1 } }, 2, out);
}

void body_dummy(const struct body *b, unsigned slot, uint8_t out[static 32])
{
    keyed(b, "orcon/dummy/v1\n", slot, out);
}

static void field_leaf(unsigned j, const uint8_t salt[static 32], struct bytes value,
                       uint8_t out[static HASH_LEN])
{
    static const char label[] = "orcon/field/v1\n";
    uint8_t head[1 + sizeof label - 1 + 1 + 32 + 4], *p = head;
    *p++ = 0x00; /* the leaf prefix of RFC 6962 */
    memcpy(p, label, sizeof label - 1);
    p += sizeof label - 1;
    *p++ = (uint8_t)j;
    memcpy(p, salt, 32);
    p += 32;
    for (int i = 0; i < 4; i++)
        *p++ = (uint8_t)(value.len >> (24 - 8 * i));
    hash_sha256_parts((struct bytes[]){ { head, sizeof head }, value }, 2, out);
}

/* All nodes of the tree over the fields, as a heap: root at 1, leaf j at 16 + j. */
static void field_tree(const struct body *b, uint8_t node[static 2 * FIELD_COUNT][HASH_LEN])
{
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        uint8_t salt[32];
        keyed(b, "orcon/salt/v1\n", j, salt);
        field_leaf(j, salt, b->field[j], node[FIELD_COUNT + j]);
        wipe(salt, sizeof salt);
    }
    for (unsigned i = FIELD_COUNT - 1; i > 0; i--)
        tree_node(node[2 * i], node[2 * i + 1], node[i]);
}

void body_commit(const struct body *b, uint8_t out[static HASH_LEN])
{
    uint8_t node[2 * FIELD_COUNT][HASH_LEN];
    field_tree(b, node);
    memcpy(out, node[1], HASH_LEN);
}

size_t body_open(const struct body *b, uint32_t fields, struct opening *out)
{
    uint8_t node[2 * FIELD_COUNT][HASH_LEN];
    size_t count = 0;
    field_tree(b, node);
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        if (!(fields >> j & 1))
            continue;
        struct opening *o = &out[count++];
        uint8_t *p = o->path;
        o->field = j;
        o->value = b->field[j];
        keyed(b, "orcon/salt/v1\n", j, o->salt);
        for (unsigned i = FIELD_COUNT + j; i > 1; i /= 2, p += HASH_LEN)
            memcpy(p, node[i ^ 1], HASH_LEN);
    }
    return count;
}

MUST_USE enum err opening_verify(const struct opening *o, const uint8_t commitment[static HASH_LEN],
                                 struct fail *f)
{
    uint8_t h[HASH_LEN];
    if (o->field >= FIELD_COUNT || o->value.len > BODY_FIELD_MAX)
        return fail_set(f, E_UNVERIFIED, "no such field in an event");
    field_leaf(o->field, o->salt, o->value, h);
    for (unsigned k = 0; k < OPENING_PATH_LEN / HASH_LEN; k++) {
        const uint8_t *p = o->path + (size_t)k * HASH_LEN;
        if ((o->field >> k) & 1)
            tree_node(p, h, h);
        else
            tree_node(h, p, h);
    }
    if (memcmp(h, commitment, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "field %u is not in the commitment", o->field);
    return OK;
}

void body_reader_digest(struct bytes srt, struct bytes token, uint8_t out[static HASH_LEN])
{
    uint8_t srt_len[4], token_len[4];
    for (int i = 0; i < 4; i++) {
        srt_len[i] = (uint8_t)(srt.len >> (24 - 8 * i));
        token_len[i] = (uint8_t)(token.len >> (24 - 8 * i));
    }
    hash_sha256_parts(
        (struct bytes[]){ bytes_str("orcon/reader/v1\n"), { srt_len, 4 }, srt, { token_len, 4 }, token }, 5,
        out);
}
