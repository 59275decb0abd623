/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/absence.h"

#include "base/mem.h"
#include "crypto/vrf.h"
#include "ledger/text.h"

#define HEADER "orcon/absence@v1"

void absence_free(struct absence *a)
{
    if (a == NULL)
        return;
    if (a->pool != NULL)
        free(a->query);
    buf_free(a->pool);
    free(a);
}

void absence_freep(struct absence **a)
{
    absence_free(*a);
    *a = NULL;
}

/* name: a name as it stands; `-` is none. */
static struct bytes name_of(struct bytes v)
{
    return text_is(v, "-") ? BYTES(NULL, 0) : v;
}

/* read_query: the three lines `query <class> <version> <portion|-> <name|->`, `vrf <b64>`, `map <b64|->`. */
static bool read_query(struct part_lines *l, struct bytes v, struct absence_query *q)
{
    struct bytes word;
    uint64_t class;
    if (!part_word(&v, &word) || !text_decimal(word, &class) || class < 1 || class > ENTRY_TAGS ||
        !part_word(&v, &word) || !text_decimal(word, &q->version) || !part_word(&v, &q->portion) ||
        memchr(v.data, ' ', v.len) != NULL || !part_next(l))
        return false;
    q->class = (unsigned)class;
    q->portion = name_of(q->portion);
    q->name = name_of(v);
    return part_bytes(l, "vrf", &q->pi) && q->pi.len == VRF_PROOF_LEN && part_bytes(l, "map", &q->map);
}

static bool read_queries(struct part_lines *l, struct absence *a)
{
    struct bytes v;
    for (; part_is(l, "query", &v); a->query_count++) {
        if (a->query_count == ABSENCE_QUERIES_MAX)
            return false;
        if (a->query_count % 64 == 0)
            a->query = mem_grow(a->query, a->query_count + 64, sizeof *a->query);
        if (!read_query(l, v, &a->query[a->query_count]))
            return false;
    }
    return a->query_count != 0;
}

static bool read_close(struct part_lines *l, struct absence *a)
{
    struct bytes v;
    return !part_is(l, "close", &v) || (part_bytes(l, "close", &a->close) &&
                                        part_bytes(l, "close-proof", &a->close_proof) && a->close.len != 0);
}

MUST_USE enum err absence_read(struct bytes text, struct absence **out, struct fail *f)
{
    AUTO(absence_freep) struct absence *a = mem_new(sizeof *a);
    struct part_lines l = { 0 };
    a->pool = buf_new(1); /* says from here on that the queries are ours */
    bool good = part_begin(&l, text, HEADER) && part_read_genesis(&l, &a->genesis) && read_close(&l, a) &&
                part_bytes(&l, "seal", &a->seal) && read_queries(&l, a);
    if (l.pool != NULL) {
        buf_free(a->pool);
        a->pool = l.pool;
    }
    if (!good)
        return fail_set(f, E_INVALID, "absence part: a line is missing or malformed");
    TRY(part_rest(&l, &a->place, f));
    *out = a;
    a = NULL;
    return OK;
}

static void put_name(struct buf *b, struct bytes v)
{
    buf_put_u8(b, ' ');
    if (v.len == 0)
        buf_put_u8(b, '-');
    buf_put_bytes(b, v);
}

MUST_USE enum err absence_write(const struct absence *a, struct buf *out, struct fail *f)
{
    buf_put_str(out, HEADER "\n");
    part_put_genesis(out, &a->genesis);
    if (a->close.len != 0) {
        part_put(out, "close", a->close);
        part_put(out, "close-proof", a->close_proof);
    }
    part_put(out, "seal", a->seal);
    for (size_t i = 0; i < a->query_count; i++) {
        const struct absence_query *q = &a->query[i];
        buf_printf(out, "query %u %llu", q->class, (unsigned long long)q->version);
        put_name(out, q->portion);
        put_name(out, q->name);
        buf_put_u8(out, '\n');
        part_put(out, "vrf", q->pi);
        part_put(out, "map", q->map);
    }
    buf_put_u8(out, '\n');
    proof_put(out, a->place.index, proof_hashes(&a->place), a->place.checkpoint);
    return buf_check(out, "absence part", f);
}

static MUST_USE enum err verify_seal(const struct absence *a, struct absence_facts *facts, struct fail *f)
{
    struct entry e;
    TRY(part_verify_entry(&facts->anchor, a->place.index, a->seal, proof_hashes(&a->place), f));
    TRY(entry_read(a->seal, &e, f));
    if (e.form != ENTRY_SEAL || a->place.index + 1 != facts->anchor.checkpoint.size ||
        e.seal.covered != a->place.index)
        return fail_set(f, E_UNVERIFIED, "the seal is not the last entry");
    facts->seal = e.seal;
    return OK;
}

static MUST_USE enum err verify_close(const struct absence *a, struct absence_facts *facts, struct fail *f)
{
    struct entry e;
    if (a->close.len == 0)
        return OK;
    if (a->place.index == 0)
        return fail_set(f, E_UNVERIFIED, "no entry is before the seal");
    TRY(part_verify_entry(&facts->anchor, a->place.index - 1, a->close, a->close_proof, f));
    TRY(entry_read(a->close, &e, f));
    if (e.form != ENTRY_CLOSE)
        return fail_set(f, E_UNVERIFIED, "the entry before the seal does not close the log");
    facts->close = e.close;
    facts->closed = true;
    return OK;
}

MUST_USE enum err absence_verify(const struct absence *a, const struct part_trust *trust,
                                 struct absence_facts *out, struct fail *f)
{
    struct absence_facts facts = { 0 };
    TRY(part_verify_anchor(&a->genesis, &a->place, trust, &facts.anchor, f));
    TRY(verify_seal(a, &facts, f));
    TRY(verify_close(a, &facts, f));
    for (size_t i = 0; i < a->query_count; i++) {
        const struct absence_query *q = &a->query[i];
        uint8_t tag[32];
        TRY(part_verify_tag(&facts.anchor, q->class, q->version, q->portion, q->name, q->pi, tag, f));
        TRY(map_verify_absent(facts.seal.map_root, tag, q->map, f));
    }
    *out = facts;
    return OK;
}
