/* SPDX-License-Identifier: Apache-2.0
 * tdf/assertion.h - assertions: labels bound to a sealed payload (OpenTDF 4.3.0, assertions; ZTDF).
 *
 * An assertion is a JSON object {id, type, scope, appliesToState, statement{format, schema, value}, binding}.
 * Its binding is a compact JWS over {assertionHash, assertionSig}: the hash of the canonical assertion
 * (RFC 8785) without the binding, and that hash joined to the hashes of all segments. To make one:
 *     payload = tdf_assertion_payload(m, assertion)       once the payload is sealed
 *     jws = ES256 over it, by whoever holds the key
 *     tdf_assertion_attach(m, assertion, jws)             before tdf_manifest_write
 * An assertion under HS256 is signed with the data key: whoever can read can forge it. */
#ifndef TDF_ASSERTION_H
#define TDF_ASSERTION_H

#include "crypto/key.h"
#include "tdf/manifest.h"

/* tdf_assertion_payload: what is to be signed for ${assertion}, an object whose `binding`, if any, does not
 * count; caller owns ${out}. E_INVALID: no canonical form is known here (fractions, integers over 2^53,
 * control characters, names that are not ASCII). */
MUST_USE enum err tdf_assertion_payload(const struct tdf_manifest *m, const json_t *assertion, json_t **out,
                                        struct fail *f);

/* tdf_assertion_attach: set the binding of ${assertion} and append it to the manifest; takes the reference. */
void tdf_assertion_attach(struct tdf_manifest *m, json_t *assertion, const char *jws);

/*
 * tdf_assertions_check: every assertion is bound to this payload, by HS256 under the data key ${key}, or by
 * ES256 or RS256 under one of ${anchors} (keys in the JWS's own header are not looked at). None is fine.
 * E_UNVERIFIED names the first that does not hold.
 */
MUST_USE enum err tdf_assertions_check(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                                       const struct key *const *anchors, size_t anchor_count, struct fail *f);

/* tdf_assertion_forgeable: ${assertion} says that it is signed with the data key, so that whoever can read could have
 * made it. Of one that was checked. */
bool tdf_assertion_forgeable(const json_t *assertion);

#endif
