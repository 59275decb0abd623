/* SPDX-License-Identifier: Apache-2.0 - public entries, private bodies, commitments, openings, real tags */
#include "ledger/body.h"
#include "ledger/entry.h"
#include "ledger/tag.h"
#include "tap.h"
#include "vec.h"

static bool is_hex(const uint8_t *got, const json_t *v, const char *name)
{
    return memcmp(got, vec_hex(json_object_get(v, name)).data, 32) == 0;
}

static bool genesis_is(const struct entry_genesis *g, const json_t *want)
{
    return g->time_ms == vec_u64(want, "time_ms") && g->generation == vec_u64(want, "generation") &&
           strcmp(g->origin, vec_str(want, "origin")) == 0 && is_hex(g->log_pk, want, "log_pk") &&
           is_hex(g->vrf_pk, want, "vrf_pk") && g->how == vec_u64(want, "how") &&
           strcmp(g->prev_origin, vec_str(want, "prev_origin")) == 0 &&
           g->prev_size == vec_u64(want, "prev_size") && is_hex(g->prev_root, want, "prev_root");
}

static bool event_is(const struct entry_event *e, const json_t *want)
{
    const json_t *tags = json_object_get(want, "tags");
    bool good = json_array_size(tags) == ENTRY_TAGS && is_hex(e->commitment, want, "C");
    for (size_t i = 0; good && i < ENTRY_TAGS; i++)
        good = memcmp(e->tag[i], vec_hex(json_array_get(tags, i)).data, 32) == 0;
    return good;
}

static bool seal_is(const struct entry_seal *s, const json_t *want)
{
    return s->covered == vec_u64(want, "covered") && s->prev_seal == vec_u64(want, "prev_seal") &&
           s->time_ms == vec_u64(want, "time_ms") && s->map_leaves == vec_u64(want, "map_leaves") &&
           is_hex(s->map_root, want, "map_root");
}

static bool entry_is(const struct entry *e, const json_t *want)
{
    static const char *const forms[] = { "", "genesis", "event", "seal", "close" };
    if (strcmp(forms[e->form], vec_str(want, "form")) != 0)
        return false;
    switch (e->form) {
    case ENTRY_GENESIS:
        return genesis_is(&e->genesis, want);
    case ENTRY_EVENT:
        return event_is(&e->event, want);
    case ENTRY_SEAL:
        return seal_is(&e->seal, want);
    default:
        return e->close.time_ms == vec_u64(want, "time_ms") &&
               strcmp(e->close.next_origin, vec_str(want, "next_origin")) == 0 &&
               is_hex(e->close.next_log_pk, want, "next_log_pk") &&
               is_hex(e->close.next_vrf_pk, want, "next_vrf_pk");
    }
}

static void one_entry(const json_t *v)
{
    struct bytes bytes = vec_b64(json_object_get(v, "entry_base64"));
    AUTO(buf_freep) struct buf *again = buf_new(ENTRY_MAX);
    struct fail f = { 0 };
    struct entry e;
    bool good = entry_read(bytes, &e, &f) == OK;
    ok(good == vec_bool(v, "want_ok"), "%s (%s)", vec_str(v, "name"), f.what);
    if (!good || !vec_bool(v, "want_ok"))
        return;
    ok(entry_is(&e, json_object_get(v, "parsed")), "%s: as parsed", vec_str(v, "name"));
    ok(entry_put(again, &e, NULL) == OK && bytes_equal(bytes_of(again), bytes), "%s: the same bytes again",
       vec_str(v, "name"));
    bool refused = true;
    for (size_t n = 0; n < bytes.len; n++)
        refused = refused && entry_read(BYTES(bytes.data, n), &e, NULL) == E_INVALID;
    ok(refused, "%s: refused when cut anywhere", vec_str(v, "name"));
}

static const struct {
    const char *origin, *domain;
    uint32_t generation; /* 0: refused */
} origins[] = {
    { "alder.example/orcon/1", "alder.example", 1 },
    { "a.example/orcon/4294967295", "a.example", 4294967295u },
    { "a.example/orcon/4294967296", "", 0 },
    { "a.example/orcon/0", "", 0 },
    { "a.example/orcon/01", "", 0 },
    { "a.example/orcon/", "", 0 },
    { "a.example/orcon/1 ", "", 0 },
    { "a.example/orcon/+1", "", 0 },
    { "a.example/Orcon/1", "", 0 },
    { "A.example/orcon/1", "", 0 },
    { "/orcon/1", "", 0 },
    { "a.example", "", 0 },
    { "", "", 0 },
};

static void test_origins(void)
{
    for (size_t i = 0; i < COUNT(origins); i++) {
        char domain[DOMAIN_MAX + 1], again[ORIGIN_SIZE];
        uint32_t g = 0;
        bool good = origin_read(origins[i].origin, domain, &g);
        if (ok(good == (origins[i].generation != 0), "origin '%s'", origins[i].origin) && good) {
            origin_print(domain, g, again);
            ok(g == origins[i].generation && strcmp(domain, origins[i].domain) == 0 &&
                   strcmp(again, origins[i].origin) == 0,
               "its parts, and back");
        }
    }
    uint8_t ref[ENTRY_REF_LEN];
    uint32_t g;
    uint64_t index;
    entry_ref_put(2, 0x123456789aULL, ref);
    ok(entry_ref_read(BYTES(ref, sizeof ref), &g, &index) && g == 2 && index == 0x123456789aULL,
       "entry reference");
    ok(!entry_ref_read(BYTES(ref, 11), &g, &index), "too short a reference");
    entry_ref_put(0, 1, ref);
    ok(!entry_ref_read(BYTES(ref, sizeof ref), &g, &index), "there is no generation 0");
}

/* A briefing that holds together; rows change one thing. */
struct draft {
    uint8_t kind, time[8], versions[24], ref[ENTRY_REF_LEN], digest[32];
    struct body body;
};
static const char portion[] = "alder.example/5a4ebb28-ed24-46cc-b489-2a3cded855a6";

static void draft(struct draft *d, enum entry_kind kind, uint64_t v1, uint64_t v2, uint64_t v3)
{
    memset(d, 0, sizeof *d);
    d->kind = (uint8_t)kind;
    memset(d->body.key, 0x5a, 32);
    body_put_time(1767225620000, d->time);
    body_put_versions((const uint64_t[]){ v1, v2, v3 }, d->versions);
    d->body.field[FIELD_KIND] = BYTES(&d->kind, 1);
    d->body.field[FIELD_TIME] = BYTES(d->time, 8);
    d->body.field[FIELD_VERSIONS] = BYTES(d->versions, 24);
    d->body.field[FIELD_PORTION] = bytes_str(portion);
    d->body.field[FIELD_PERSON] = bytes_str("bob@birch.example");
    d->body.field[FIELD_ORGANISATION] = bytes_str("@birch.example");
}

static const struct {
    enum field field;
    const char *value;
    bool good;
} values[] = {
    { FIELD_PORTION, "", true },
    { FIELD_PORTION, "alder.example", false },
    { FIELD_PORTION, "alder.example/5A4EBB28-ed24-46cc-b489-2a3cded855a6", false },
    { FIELD_PORTION, "ALDER.example/5a4ebb28-ed24-46cc-b489-2a3cded855a6", false },
    { FIELD_PERSON, "@birch.example", true },
    { FIELD_PERSON, "Bob@birch.example", false },
    { FIELD_PERSON, "bob", false },
    { FIELD_ORGANISATION, "", false },
    { FIELD_ORGANISATION, "birch.example", false },
    { FIELD_ORGANISATION, "bob@birch.example", false },
    { FIELD_ACTOR, "olga@alder.example", true },
    { FIELD_ACTOR, "olga @alder.example", false },
    { FIELD_COPY, "6411d3e6-796d-410a-b884-a1f4a24a3498", true },
    { FIELD_COPY, "6411d3e6", false },
    { FIELD_FOLLOWS, "twelve bytes", true },
    { FIELD_FOLLOWS, "eleven byte", false },
    { FIELD_REASON, "gr\xc3\xbc\xc3\x9f", true },
    { FIELD_REASON, "\xff", false },
    { FIELD_REASON, "\xed\xa0\x80", false },
    { FIELD_REASON, "\xc0\xaf", false },
    { FIELD_STATEMENT, "32 bytes long or none at all ...", true },
    { FIELD_STATEMENT, "31 bytes", false },
    { FIELD_KIND, "\x18", false },
    { FIELD_KIND, "", false },
    { FIELD_TIME, "seven b", false },
    { FIELD_VERSIONS, "", false },
};

static void test_fields(void)
{
    struct draft d;
    char text[1026];
    for (size_t i = 0; i < COUNT(values); i++) {
        draft(&d, KIND_BRIEFING, 0, 0, 0);
        d.body.field[values[i].field] = bytes_str(values[i].value);
        ok((body_check(&d.body, NULL) == OK) == values[i].good, "field %u: '%s'", values[i].field,
           values[i].value);
    }
    memset(text, 'x', sizeof text);
    draft(&d, KIND_REMARK, BODY_DUMMY, 0, BODY_DUMMY);
    d.body.field[FIELD_REASON] = BYTES(text, 1024);
    ok(body_check(&d.body, NULL) == OK, "a reason of 1024 bytes");
    d.body.field[FIELD_REASON] = BYTES(text, 1025);
    ok(body_check(&d.body, NULL) == E_INVALID, "a reason of 1025 bytes");
    draft(&d, KIND_REFUSED, BODY_DUMMY, 0, BODY_DUMMY);
    d.body.field[FIELD_REASON] = BYTES("\0\0\0\x80not-released", 16);
    ok(body_check(&d.body, NULL) == OK, "a refusal counts in front of its reason");
}

static const struct {
    const char *name;
    enum entry_kind kind;
    const char *portion, *person;
    uint64_t v1, v2, v3;
    unsigned real; /* bit c - 1: class c; 0: refused */
} plans[] = {
    { "briefing", KIND_BRIEFING, portion, "bob@birch.example", 0, 4, 1, 7 },
    { "briefing without class 1", KIND_BRIEFING, portion, "bob@birch.example", BODY_DUMMY, 4, BODY_DUMMY, 0 },
    { "briefing, class 1 version 1", KIND_BRIEFING, portion, "bob@birch.example", 1, 4, 1, 0 },
    { "briefing of nobody", KIND_BRIEFING, portion, "", 0, 4, 1, 0 },
    { "briefing on nothing", KIND_BRIEFING, "", "bob@birch.example", 0, 4, 1, 0 },
    { "briefing without class 3", KIND_BRIEFING, portion, "bob@birch.example", 0, 4, BODY_DUMMY, 0 },
    { "reissue", KIND_REISSUE, portion, "bob@birch.example", BODY_DUMMY, 5, BODY_DUMMY, 2 },
    { "reissue with class 1", KIND_REISSUE, portion, "bob@birch.example", 0, 5, 1, 0 },
    { "first telling", KIND_TOLD, portion, "bob@birch.example", 0, 0, 0, 7 },
    { "later telling", KIND_TOLD, portion, "bob@birch.example", BODY_DUMMY, 1, BODY_DUMMY, 2 },
    { "telling in words", KIND_TOLD, portion, "", BODY_DUMMY, 0, 3, 6 },
    { "telling in words without class 3", KIND_TOLD, portion, "", BODY_DUMMY, 0, BODY_DUMMY, 0 },
    { "reported telling in words", KIND_REPORTED_BRIEFING, portion, "", BODY_DUMMY, 0, 3, 6 },
    { "card", KIND_CARD, "", "", BODY_DUMMY, 0, BODY_DUMMY, 2 },
    { "card with class 3", KIND_CARD, "", "", BODY_DUMMY, 0, 0, 0 },
    { "no class 2", KIND_CARD, "", "", BODY_DUMMY, BODY_DUMMY, BODY_DUMMY, 0 },
};

static void test_plans(void)
{
    for (size_t i = 0; i < COUNT(plans); i++) {
        struct draft d;
        struct tag_plan plan;
        unsigned real = 0;
        bool names = true;
        draft(&d, plans[i].kind, plans[i].v1, plans[i].v2, plans[i].v3);
        d.body.field[FIELD_PORTION] = bytes_str(plans[i].portion);
        d.body.field[FIELD_PERSON] = bytes_str(plans[i].person);
        bool good = body_check(&d.body, NULL) == OK && tag_plan_of(&d.body, &plan, NULL) == OK;
        for (size_t k = 0; good && k < plan.count; k++) {
            const struct tag_need *n = &plan.need[k];
            static const enum field name[] = { 0, FIELD_PERSON, FIELD_ORGANISATION };
            real |= 1u << (n->class - 1);
            names = names && n->version == body_version(&d.body, n->class) && n->proof == (n->class == 1) &&
                    bytes_equal(n->portion, d.body.field[FIELD_PORTION]) &&
                    bytes_equal(n->name, n->class == 3 ? BYTES("", 0) : d.body.field[name[n->class]]);
        }
        ok(real == plans[i].real && names, "tags: %s", plans[i].name);
    }
}

static void test_body(void)
{
    struct draft d;
    struct body back;
    struct opening o;
    uint8_t c[32], other[32];
    AUTO(buf_freep) struct buf *b = buf_new(BODY_MAX);
    draft(&d, KIND_BRIEFING, 0, 7, 1);
    ok(body_kind(&d.body) == KIND_BRIEFING && body_time_ms(&d.body) == 1767225620000 &&
           body_version(&d.body, 2) == 7,
       "kind, time, version");
    ok(body_write(&d.body, b, NULL) == OK && body_read(bytes_of(b), &back, NULL) == OK, "written and read");
    body_commit(&d.body, c);
    body_commit(&back, other);
    ok(memcmp(c, other, 32) == 0, "the same commitment");
    bool cut = true;
    for (size_t n = 0; n < b->len; n++)
        cut = cut && body_read(BYTES(b->data, n), &back, NULL) == E_INVALID;
    buf_put_u8(b, 0);
    ok(cut && body_read(bytes_of(b), &back, NULL) == E_INVALID, "refused when cut, or longer");
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        body_open(&d.body, 1u << j, &o);
        bool good = opening_verify(&o, c, NULL) == OK;
        o.salt[0] ^= 1;
        bool bad = opening_verify(&o, c, NULL) == OK;
        o.salt[0] ^= 1;
        o.path[127] ^= 0x80;
        bad = bad || opening_verify(&o, c, NULL) == OK;
        o.path[127] ^= 0x80;
        o.field ^= 8;
        bad = bad || opening_verify(&o, c, NULL) == OK;
        o.field ^= 8;
        o.value = bytes_str("something else");
        bad = bad || opening_verify(&o, c, NULL) == OK;
        ok(good && !bad, "field %u opens, and nothing else opens as it", j);
    }
    o.field = FIELD_COUNT;
    ok(opening_verify(&o, c, NULL) == E_UNVERIFIED, "there is no field 16");
    ok(kind_from_name("reported-briefing") == KIND_REPORTED_BRIEFING &&
           kind_from_name("close-log") == KIND_NONE && kind_from_name("") == KIND_NONE &&
           strcmp(kind_name(KIND_REVIEW_CLOSED), "review-closed") == 0,
       "kinds by name");
}

int main(void)
{
    const json_t *v;
    size_t i;
    if (crypto_start(NULL) != OK)
        return 99;
    json_array_foreach (json_object_get(vec_load("orcon_ledger_small"), "entries"), i, v)
        one_entry(v);
    test_origins();
    test_fields();
    test_plans();
    test_body();
    vec_done();
    return tap_done();
}
