/* SPDX-License-Identifier: Apache-2.0
 * crypto/vrf.h - ECVRF-RISTRETTO255-SHA512 (C2SP vrf-r255) */
#ifndef CRYPTO_VRF_H
#define CRYPTO_VRF_H

#include "crypto/key.h"

#define VRF_PROOF_LEN 80
#define VRF_BETA_LEN  64
#define VRF_TAG_LEN   32 /* a ledger tag is beta[0:32] */

/* vrf_tag: beta[0:32] for ${alpha}, without the proof (about half the work). ${k} is a private KEY_VRF. Any
 * thread. */
void vrf_tag(const struct key *k, struct bytes alpha, uint8_t tag[static VRF_TAG_LEN]);
/* vrf_prove: the proof and the tag that goes with it. Deterministic. */
void vrf_prove(const struct key *k, struct bytes alpha, uint8_t proof[static VRF_PROOF_LEN],
               uint8_t tag[static VRF_TAG_LEN]);
/* vrf_verify: E_UNVERIFIED unless ${proof} is a proof by public key ${k} for ${alpha}; then beta is written. */
MUST_USE enum err vrf_verify(const struct key *k, struct bytes alpha, struct bytes proof,
                             uint8_t beta[static VRF_BETA_LEN], struct fail *f);

#endif
