/* SPDX-License-Identifier: Apache-2.0 - vrf-r255: the published vector, computed ones, and what must be
 * refused */
#include "base/json.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/vrf.h"
#include "vectors.h"

static void prove_row(const json_t *v, struct bytes alpha, size_t at)
{
    AUTO(key_freep) struct key *k = NULL;
    AUTO(buf_freep) struct buf *public = buf_new(32);
    uint8_t sk[32], proof[VRF_PROOF_LEN], tag[VRF_TAG_LEN], again[VRF_TAG_LEN];
    struct fail f = { 0 };
    if (!ok(key_read_private(KEY_VRF, from_hex(text_at(v, "sk"), sk), &k, &f) == OK, "%zu: key: %s", at,
            f.what))
        return;
    key_write_public(k, public);
    is_hex(bytes_of(public), text_at(v, "pk"), "public key");
    vrf_prove(k, alpha, proof, tag);
    is_hex(BYTES(proof, sizeof proof), text_at(v, "pi"), "proof");
    vrf_tag(k, alpha, again);
    char beta[2 * VRF_TAG_LEN + 1];
    (void)snprintf(beta, sizeof beta, "%s", text_at(v, "beta"));
    is_hex(BYTES(tag, sizeof tag), beta, "tag");
    ok(memcmp(tag, again, sizeof tag) == 0, "the tag alone is the same");
}

static void verify_row(const json_t *v, struct bytes alpha, size_t at)
{
    AUTO(key_freep) struct key *k = NULL;
    uint8_t pk[32], pi[100], beta[VRF_BETA_LEN] = { 0 };
    struct fail f = { 0 };
    enum err e = key_read_public(KEY_VRF, from_hex(text_at(v, "pk"), pk), &k, &f);
    if (e == OK)
        e = vrf_verify(k, alpha, from_hex(text_at(v, "pi"), pi), beta, &f);
    if (json_is_true(json_object_get(v, "want_ok"))) {
        ok(e == OK, "%zu: verifies: %s", at, f.what);
        is_hex(BYTES(beta, sizeof beta), text_at(v, "beta"), "beta");
    } else {
        ok(e == E_UNVERIFIED || (e == E_INVALID && strstr(text_at(v, "why"), "public key")),
           "%zu: refused, %s: %s", at, text_at(v, "why"), f.what);
    }
}

/* Every single flipped bit of a proof makes it none, and so do a byte more and less, and another key. */
static void test_altered(void)
{
    AUTO(key_freep) struct key *k = NULL, *other = NULL, *ed = NULL;
    uint8_t proof[VRF_PROOF_LEN + 1] = { 0 }, tag[VRF_TAG_LEN], beta[VRF_BETA_LEN];
    struct bytes alpha = bytes_str("alpha");
    ok(key_make(KEY_VRF, &k, NULL) == OK && key_make(KEY_VRF, &other, NULL) == OK &&
           key_make(KEY_ED25519, &ed, NULL) == OK,
       "keys");
    vrf_prove(k, alpha, proof, tag);
    ok(vrf_verify(k, alpha, BYTES(proof, VRF_PROOF_LEN), beta, NULL) == OK &&
           memcmp(beta, tag, VRF_TAG_LEN) == 0,
       "our proof verifies");
    size_t taken = 0;
    for (size_t bit = 0; bit < 8 * VRF_PROOF_LEN; bit++) {
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
        taken += vrf_verify(k, alpha, BYTES(proof, VRF_PROOF_LEN), beta, NULL) != E_UNVERIFIED;
        proof[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ok(taken == 0, "no flipped bit is taken: %zu were", taken);
    ok(vrf_verify(k, alpha, BYTES(proof, VRF_PROOF_LEN + 1), beta, NULL) == E_UNVERIFIED, "trailing byte");
    ok(vrf_verify(k, alpha, BYTES(NULL, 0), beta, NULL) == E_UNVERIFIED, "no proof");
    ok(vrf_verify(other, alpha, BYTES(proof, VRF_PROOF_LEN), beta, NULL) == E_UNVERIFIED, "another key");
    ok(vrf_verify(ed, alpha, BYTES(proof, VRF_PROOF_LEN), beta, NULL) == E_UNVERIFIED,
       "a key of another kind");
}

int main(void)
{
    struct fail f = { 0 };
    ok(crypto_start(&f) == OK, "starts: %s", f.what);
    AUTO(json_freep) json_t *all = vectors_load("ledger/vrf_r255.json");
    size_t i, proved = 0;
    json_t *v;
    json_array_foreach (json_object_get(all, "vectors"), i, v) {
        uint8_t room[1000];
        struct bytes alpha = from_hex(text_at(v, "alpha"), room);
        if (json_object_get(v, "sk")) {
            prove_row(v, alpha, i);
            proved++;
        }
        verify_row(v, alpha, i);
    }
    ok(proved >= 5 && i > 20, "%zu proofs made, %zu looked at", proved, i);
    test_altered();
    return tap_done();
}
