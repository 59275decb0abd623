/* SPDX-License-Identifier: Apache-2.0 - whole evidence files under verifiers' policies: the verdict, and that
 * every byte of them counts; policies themselves */
#include "ledger/verdict.h"
#include "tap.h"
#include "vec.h"

/* The keys in the vectors' cards, by thumbprint. */
struct card_row {
    const char *domain, *use;
    char kid[THUMBPRINT_SIZE];
    struct key *key;
};
static struct card_row card_rows[32];
static size_t card_count;

static void load_cards(const json_t *cards)
{
    static const char *const uses[] = { "statement", "token" };
    const char *domain;
    json_t *card, *jwk;
    size_t i;
    json_object_foreach ((json_t *)(uintptr_t)cards, domain, card) {
        for (size_t u = 0; u < COUNT(uses); u++)
            json_array_foreach (json_object_get(card, uses[u]), i, jwk) {
                struct card_row *r = &card_rows[card_count++];
                json_t *parsed = json_loads(json_string_value(jwk), 0, NULL);
                r->domain = domain;
                r->use = uses[u];
                if (card_count == COUNT(card_rows) || key_read_jwk(parsed, false, &r->key, NULL) != OK ||
                    key_thumbprint(r->key, r->kid, NULL) != OK)
                    exit(99);
                json_decref(parsed);
            }
    }
}

static const struct key *find_key(void *ctx, const char *domain, const char *use, const char *kid)
{
    (void)ctx;
    for (size_t i = 0; i < card_count; i++)
        if (strcmp(card_rows[i].domain, domain) == 0 && strcmp(card_rows[i].use, use) == 0 &&
            strcmp(card_rows[i].kid, kid) == 0)
            return card_rows[i].key;
    return NULL;
}

static const struct shown_cards cards = { find_key, NULL };

/* judge: read and judge; ${out} is what was found even where the file is refused. */
static enum err judge(struct bytes text, const struct quorum *policy, struct verdict *out, struct fail *f)
{
    AUTO(evidence_freep) struct evidence *e = NULL;
    memset(out, 0, sizeof *out);
    out->outcome = EVIDENCE_UNKNOWN;
    TRY(evidence_read(text, &e, f));
    return verdict_of(e, policy, &cards, false, out, f);
}

static bool reasons_are(const struct verdict *v, const json_t *want)
{
    bool good = json_array_size(want) == v->reason_count;
    for (size_t i = 0; good && i < v->reason_count; i++)
        good = strcmp(v->reason[i], json_string_value(json_array_get(want, i))) == 0;
    return good;
}

static bool place_is(const struct verdict *v, const json_t *want)
{
    return json_real_value(json_array_get(want, 0)) == (double)v->time_ms &&
           json_real_value(json_array_get(want, 1)) == (double)v->generation &&
           json_real_value(json_array_get(want, 2)) == (double)v->index;
}

static void one_file(const json_t *v, const struct quorum *policy, struct verdict *got)
{
    const json_t *want = json_object_get(v, "want"), *place = json_object_get(want, "at");
    const char *name = vec_str(v, "name");
    struct fail f = { 0 };
    bool verified = judge(bytes_str(vec_str(v, "text")), policy, got, &f) == OK;
    ok(verified == vec_bool(want, "verified"), "%s (%s)", name, f.what);
    is_str(evidence_claim_name(got->outcome), vec_str(want, "outcome"), "outcome");
    if (json_object_get(want, "basis") != NULL)
        is_str(got->basis, vec_str(want, "basis"), "basis");
    if (json_object_get(want, "reasons") != NULL)
        ok(reasons_are(got, json_object_get(want, "reasons")), "reasons: %s", got->reason[0]);
    if (json_object_get(want, "count") != NULL)
        ok(got->count == vec_u64(want, "count"), "count");
    if (place == NULL)
        place = json_object_get(want, "until");
    if (place != NULL)
        ok(place_is(got, place), "place");
}

/* written: a file read is written as it was, and signed again it verifies with another key's card refused. */
static void written(const json_t *v)
{
    AUTO(evidence_freep) struct evidence *e = NULL;
    AUTO(buf_freep) struct buf *b = buf_new(EVIDENCE_MAX);
    struct bytes text = bytes_str(vec_str(v, "text"));
    uint8_t digest[HASH_LEN], want[HASH_LEN];
    if (evidence_read(text, &e, NULL) != OK)
        return;
    hash_sha256(e->covered, want);
    bool good = evidence_write(e, b, digest, NULL) == OK && memcmp(digest, want, HASH_LEN) == 0 &&
                bytes_equal(bytes_of(b), e->covered);
    if (e->is_signed)
        evidence_put_signed(b, e->last);
    else
        evidence_put_end(b, digest);
    /* a reject vector may have another last line */
    ok(good && (!vec_bool(json_object_get(v, "want"), "verified") || bytes_equal(bytes_of(b), text)),
       "written as it was read");
}

/* every_byte: with any byte changed the file is refused. */
static void every_byte(const json_t *v, const struct quorum *policy, struct verdict *got)
{
    AUTO(buf_freep) struct buf *b = buf_new(EVIDENCE_MAX);
    size_t taken = 0, step = 3; /* every third byte: each costs a signature at most */
    buf_put_str(b, vec_str(v, "text"));
    for (size_t i = 0; i < b->len; i += step) {
        b->data[i] ^= 1;
        taken += judge(bytes_of(b), policy, got, NULL) == OK;
        b->data[i] ^= 1;
    }
    ok(taken == 0, "refused with a byte changed: %s", vec_str(v, "name"));
    for (size_t i = 0; i < b->len; i += 17)
        taken += judge(BYTES(b->data, i), policy, got, NULL) == OK;
    buf_put_str(b, "\n");
    taken += judge(bytes_of(b), policy, got, NULL) == OK;
    ok(taken == 0, "refused when cut, or longer");
}

static void own_signature(void)
{
    AUTO(key_freep) struct key *k = NULL;
    AUTO(evidence_freep) struct evidence *e = evidence_new();
    AUTO(evidence_freep) struct evidence *back = NULL;
    AUTO(buf_freep) struct buf *b = buf_new(4096);
    AUTO(buf_freep) struct buf *jws = buf_new(4096);
    struct card_row *r = &card_rows[card_count++];
    uint8_t digest[HASH_LEN];
    if (key_make(KEY_P256, &k, NULL) != OK || key_thumbprint(k, r->kid, NULL) != OK)
        exit(99);
    r->domain = "alder.example";
    r->use = "statement";
    r->key = k;
    e->claim = EVIDENCE_EVENTS;
    snprintf(e->ledger, sizeof e->ledger, "alder.example");
    e->subject = bytes_str("@birch.example");
    e->generation = 1;
    e->assume.item[e->assume.count++] = bytes_str("originator-tags");
    evidence_add_part(e, true, bytes_str("any\n"));
    ok(evidence_write(e, b, digest, NULL) == OK && evidence_sign(k, r->kid, digest, jws, NULL) == OK,
       "signed");
    evidence_put_signed(b, bytes_of(jws));
    ok(evidence_read(bytes_of(b), &back, NULL) == OK && back->portion.len == 0 &&
           evidence_verify_last(back, &cards, NULL) == OK,
       "and verified");
    r->use = "token";
    ok(evidence_verify_last(back, &cards, NULL) == E_UNVERIFIED, "a token key signs no evidence");
    card_count--;
}

#define W1 "witness w1 birch.example/witness+919f7f70+BISYTLm4BjOQFSgUjFlHtpChoOkcelFQt+LfJ0w2Do8l\n"
#define W2 "witness w2 elm.example/witness+0eedd456+BDtWLG74fgW4rfbtRaV3Tkfz/a+HKq/KFgWbRZCrYqXE\n"
#define M1 "witness m1 birch.example/monitor+82928438+BJ8Sbmk8eX1Q8y7D9Sdb9SAsXA0A3JNHij/hezW8GhoO\n"
#define M0 "witness m0 alder.example/monitor+6d6d17e1+BHMVQEFZaEFFaV0HmfwznW8oDPNUBwhvTg9xTUYJoEhD\n"
#define L1 "log alder.example/orcon/1+ad4edcbf+AYelGljUZots+uSVpPkIyWT86H1eATxx6+lIMFqmAaTr"

/* Policies: bit i of signed is key i; met for quorum and monitor of alder.example; -1: refused. */
static const struct {
    const char *text;
    unsigned by;
    int quorum, monitor;
} policies[] = {
    { "quorum none\n", 0, 1, 0 },
    { "", 0, -1, 0 },
    { "# a comment\n\n" L1 " https://alder.example/log/1\n" W1 "quorum w1\n", 0, 0, 0 },
    { W1 "quorum w1\n", 1, 1, 0 },
    { W1 W2 "group g any w1 w2\nquorum g\n", 2, 1, 0 },
    { W1 W2 "group g all w1 w2\nquorum g\n", 2, 0, 0 },
    { W1 W2 M1 "group g 2 w1 w2 m1\nquorum g\n#orcon monitor m1\n", 6, 1, 1 },
    { W1 W2 M1 "group a any w1 w2\ngroup b all a m1\nquorum b\n#orcon monitor m1\n", 6, 1, 1 },
    { W1 W2 M1 "group a any w1 w2\ngroup b all a m1\nquorum b\n#orcon monitor m1\n", 3, 0, 0 },
    { M1 M0 "group g any m1 m0\nquorum none\n#orcon monitor g\n", 2, 1, 0 },
    { M1 M0 "group g any m1 m0\nquorum none\n#orcon monitor g\n", 1, 1, 1 },
    { M0 "quorum none\n#orcon monitor m0\n", 1, 1, 0 },
    { "#orcon report-lag 60\n#orcon gap 5\n#orcon monitor none\nquorum none\n", 0, 1, 0 },
    { W1 "quorum w1\nquorum w1\n", 0, -1, 0 },
    { W1 "quorum w2\n", 0, -1, 0 },
    { W1 W1 "quorum w1\n", 0, -1, 0 },
    { W1 "group g any w1 w2\nquorum g\n", 0, -1, 0 },
    { W1 "group g any w1 w1\nquorum g\n", 0, -1, 0 },
    { W1 W2 "group g 3 w1 w2\nquorum g\n", 0, -1, 0 },
    { W1 W2 "group g 0 w1 w2\nquorum g\n", 0, -1, 0 },
    { W1 "group g any w1\ngroup h any w1\nquorum g\n", 0, -1, 0 },
    { W1 "group none any w1\nquorum none\n", 0, -1, 0 },
    { L1 "\n" L1 "\nquorum none\n", 0, -1, 0 },
    { "witness w birch.example/witness+919f7f71+BISYTLm4BjOQFSgUjFlHtpChoOkcelFQt+LfJ0w2Do8l\nquorum w\n", 0,
      -1, 0 },
    { "quorum none\n#orcon monitor x\n", 0, -1, 0 },
    { "quorum none\n#orcon watch none\n", 0, -1, 0 },
    { "quorum none\n#orcon gap -1\n", 0, -1, 0 },
    { "quorum none\n#orcon gap 1\n#orcon gap 1\n", 0, -1, 0 },
    { "quorum none\nwhat is this\n", 0, -1, 0 },
    { "quorum none", 0, -1, 0 },
    { "quorum none\r\n", 0, -1, 0 },
};

static void test_policies(void)
{
    for (size_t i = 0; i < COUNT(policies); i++) {
        AUTO(quorum_freep) struct quorum *q = NULL;
        struct note_signed by[QUORUM_MAX] = { 0 };
        uint64_t keys;
        bool good = quorum_read(bytes_str(policies[i].text), &q, NULL) == OK;
        if (!ok(good == (policies[i].quorum >= 0), "policy %zu: %s", i, good ? "read" : "refused") || !good)
            continue;
        for (unsigned k = 0; k < 8; k++)
            by[k].by = (policies[i].by >> k & 1) != 0;
        ok(quorum_met(q, by) == policies[i].quorum &&
               quorum_monitors(q, by, "alder.example", &keys) == policies[i].monitor,
           "policy %zu: quorum and monitor", i);
    }
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    json_t *t = vec_load("orcon_ledger_small"), *v, *text;
    struct verdict *got = mem_new(sizeof *got);
    const char *name;
    size_t i;
    load_cards(json_object_get(t, "cards"));
    json_object_foreach (json_object_get(t, "policies"), name, text) {
        AUTO(quorum_freep) struct quorum *policy = NULL;
        ok(quorum_read(bytes_str(json_string_value(text)), &policy, NULL) == OK, "policy %s", name);
        json_array_foreach (json_object_get(t, "evidence"), i, v) {
            if (policy == NULL || strcmp(vec_str(v, "policy"), name) != 0)
                continue;
            one_file(v, policy, got);
            written(v);
            if (i == 1 || i == 11)
                every_byte(v, policy, got);
        }
    }
    own_signature();
    test_policies();
    for (i = 0; i < card_count; i++)
        key_free(card_rows[i].key);
    free(got);
    vec_done();
    return tap_done();
}
