/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/presence.h"

#include "base/mem.h"
#include "crypto/vrf.h"
#include "ledger/text.h"

#define HEADER "orcon/presence@v1"

void presence_free(struct presence *p)
{
    if (p == NULL)
        return;
    buf_free(p->pool);
    free(p);
}

void presence_freep(struct presence **p)
{
    presence_free(*p);
    *p = NULL;
}

/* read_field: `<j> <b64 salt> <b64 path> <b64 value|->`. */
static bool read_field(struct part_lines *l, struct bytes v, struct opening *o)
{
    struct bytes j, salt, path;
    uint64_t n;
    if (!part_word(&v, &j) || !text_decimal(j, &n) || n >= FIELD_COUNT || !part_word(&v, &salt) ||
        !part_word(&v, &path) || !part_b64(l, salt, &salt) || salt.len != sizeof o->salt ||
        !part_b64(l, path, &path) || path.len != sizeof o->path || !part_b64(l, v, &o->value))
        return false;
    o->field = (unsigned)n;
    memcpy(o->salt, salt.data, salt.len);
    memcpy(o->path, path.data, path.len);
    return true;
}

static bool read_fields(struct part_lines *l, struct presence *p)
{
    struct bytes v;
    for (; part_is(l, "field", &v); p->field_count++) {
        struct opening *o = &p->field[p->field_count];
        if (p->field_count == FIELD_COUNT || !read_field(l, v, o) ||
            (p->field_count > 0 && o->field <= o[-1].field) || !part_next(l))
            return false;
    }
    return true;
}

/* read_tags: `<class> <version> <b64 pi>`. */
static bool read_tags(struct part_lines *l, struct presence *p)
{
    struct bytes v, word;
    uint64_t class;
    for (; part_is(l, "tag", &v); p->tag_count++) {
        struct presence_tag *t = &p->tag[p->tag_count];
        if (p->tag_count == ENTRY_TAGS || !part_word(&v, &word) || !text_decimal(word, &class) || class < 1 ||
            class > ENTRY_TAGS || !part_word(&v, &word) || !text_decimal(word, &t->version) ||
            !part_b64(l, v, &t->pi) || t->pi.len != VRF_PROOF_LEN)
            return false;
        t->class = (unsigned)class;
        if ((p->tag_count > 0 && t->class <= t[-1].class) || !part_next(l))
            return false;
    }
    return true;
}

/* is_compact: the characters of a compact JWS. */
static bool is_compact(struct bytes v)
{
    for (size_t i = 0; i < v.len; i++) {
        uint8_t c = v.data[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
              c == '_' || c == '.'))
            return false;
    }
    return v.len != 0;
}

static bool read_jws(struct part_lines *l, const char *name, struct bytes *out)
{
    return part_is(l, name, out) && is_compact(*out) && part_next(l);
}

static bool read_reader(struct part_lines *l, struct presence *p)
{
    struct bytes v;
    if (part_is(l, "key", &v) && !(part_bytes(l, "key", &p->jwk) && p->jwk.len != 0 &&
                                   read_jws(l, "srt", &p->srt) && read_jws(l, "token", &p->token)))
        return false;
    return !part_is(l, "statement", &v) || read_jws(l, "statement", &p->statement);
}

MUST_USE enum err presence_read(struct bytes text, struct presence **out, struct fail *f)
{
    AUTO(presence_freep) struct presence *p = mem_new(sizeof *p);
    struct part_lines l = { 0 };
    bool good = part_begin(&l, text, HEADER) && part_read_genesis(&l, &p->genesis) &&
                part_bytes(&l, "entry", &p->entry) && read_fields(&l, p) && read_tags(&l, p) &&
                read_reader(&l, p);
    p->pool = l.pool;
    if (!good)
        return fail_set(f, E_INVALID, "presence part: a line is missing or malformed");
    TRY(part_rest(&l, &p->place, f));
    *out = p;
    p = NULL;
    return OK;
}

static void put_reader(const struct presence *p, struct buf *out)
{
    const struct {
        const char *name;
        struct bytes jws;
    } lines[] = { { "srt", p->srt }, { "token", p->token }, { "statement", p->statement } };
    if (p->jwk.len != 0)
        part_put(out, "key", p->jwk);
    for (size_t i = 0; i < COUNT(lines); i++) {
        if (lines[i].jws.len == 0)
            continue;
        buf_printf(out, "%s ", lines[i].name);
        buf_put_bytes(out, lines[i].jws);
        buf_put_u8(out, '\n');
    }
}

MUST_USE enum err presence_write(const struct presence *p, struct buf *out, struct fail *f)
{
    buf_put_str(out, HEADER "\n");
    part_put_genesis(out, &p->genesis);
    part_put(out, "entry", p->entry);
    for (size_t i = 0; i < p->field_count; i++) {
        const struct opening *o = &p->field[i];
        buf_printf(out, "field %u ", o->field);
        part_put_b64(out, BYTES(o->salt, sizeof o->salt));
        buf_put_u8(out, ' ');
        part_put_b64(out, BYTES(o->path, sizeof o->path));
        buf_put_u8(out, ' ');
        part_put_b64(out, o->value);
        buf_put_u8(out, '\n');
    }
    for (size_t i = 0; i < p->tag_count; i++) {
        buf_printf(out, "tag %u %llu ", p->tag[i].class, (unsigned long long)p->tag[i].version);
        part_put_b64(out, p->tag[i].pi);
        buf_put_u8(out, '\n');
    }
    put_reader(p, out);
    buf_put_u8(out, '\n');
    proof_put(out, p->place.index, proof_hashes(&p->place), p->place.checkpoint);
    return buf_check(out, "presence part", f);
}

MUST_USE enum err presence_make(struct presence *p, struct bytes entry, uint64_t index,
                                const struct body *body, uint32_t fields, const struct tree_nodes *nodes,
                                uint64_t size, struct bytes checkpoint, struct fail *f)
{
    AUTO(buf_freep) struct buf *hashes = buf_new(TREE_PROOF_MAX);
    memset(p, 0, sizeof *p);
    p->entry = entry;
    p->field_count = body_open(body, fields, p->field);
    TRY(tree_prove_inclusion(nodes, index, size, hashes, f));
    p->place.index = index;
    p->place.checkpoint = checkpoint;
    p->place.count = hashes->len / HASH_LEN;
    memcpy(p->place.hash, hashes->data, hashes->len);
    return OK;
}

void presence_add_tag(struct presence *p, unsigned class, uint64_t version, struct bytes pi)
{
    if (p->tag_count == ENTRY_TAGS || pi.len != VRF_PROOF_LEN)
        BUG("an event has three tags");
    p->tag[p->tag_count++] = (struct presence_tag){ class, version, pi };
}

static MUST_USE enum err verify_tag(const struct presence_tag *t, struct presence_facts *facts,
                                    struct fail *f)
{
    enum field name = tag_name(t->class);
    uint32_t need = 1u << FIELD_PORTION | (name == FIELD_COUNT ? 0 : 1u << name);
    uint8_t tag[32];
    if ((facts->opened & need) != need)
        return fail_set(f, E_UNVERIFIED, "a tag of class %u whose names are not opened", t->class);
    TRY(part_verify_tag(&facts->anchor, t->class, t->version, facts->field[FIELD_PORTION],
                        name == FIELD_COUNT ? BYTES(NULL, 0) : facts->field[name], t->pi, tag, f));
    if (memcmp(tag, facts->event.tag[t->class - 1], 32) != 0)
        return fail_set(f, E_UNVERIFIED, "the entry has another tag of class %u", t->class);
    facts->tags |= 1u << t->class;
    facts->version[t->class] = t->version;
    return OK;
}

MUST_USE enum err presence_verify(const struct presence *p, const struct part_trust *trust,
                                  struct presence_facts *out, struct fail *f)
{
    struct presence_facts facts = { .index = p->place.index };
    struct entry e;
    TRY(part_verify_anchor(&p->genesis, &p->place, trust, &facts.anchor, f));
    TRY(part_verify_entry(&facts.anchor, p->place.index, p->entry, proof_hashes(&p->place), f));
    TRY(entry_read(p->entry, &e, f));
    if (e.form != ENTRY_EVENT)
        return fail_set(f, E_UNVERIFIED, "the entry is no event");
    facts.event = e.event;
    for (size_t i = 0; i < p->field_count; i++) {
        const struct opening *o = &p->field[i];
        TRY(opening_verify(o, e.event.commitment, f));
        facts.field[o->field] = o->value;
        facts.opened |= 1u << o->field;
    }
    for (size_t i = 0; i < p->tag_count; i++)
        TRY(verify_tag(&p->tag[i], &facts, f));
    *out = facts;
    return OK;
}

MUST_USE enum err presence_check_reply(const struct presence_facts *facts, const char *portion,
                                       const char *person, struct fail *f)
{
    struct bytes kind = facts->field[FIELD_KIND];
    if ((facts->tags & 1u << TAG_PERSON) == 0 || kind.len != 1 ||
        !kind_is_briefing((enum entry_kind)kind.data[0]) || !text_is(facts->field[FIELD_PORTION], portion) ||
        !text_is(facts->field[FIELD_PERSON], person))
        return fail_set(f, E_UNVERIFIED, "not the first briefing of this person on this portion");
    return OK;
}
