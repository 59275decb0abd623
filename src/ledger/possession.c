/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/possession.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "ledger/statement.h"

#define ENROL_TYP "orcon-enrol+jws"
#define WHAT      "enrolment proof"

void possession_clear(struct possession *p)
{
    key_freep(&p->key);
}

enum err possession_make(const struct key *key, const char *domain, const uint8_t secret_sha[static HASH_LEN],
                         uint64_t at_ms, struct buf *out, struct fail *f)
{
    AUTO(json_freep) json_t *proof = json_object();
    char sha[44], at[TIME_TEXT_SIZE];
    statement_digest_text(secret_sha, sha);
    time_print(at_ms, at);
    json_set_u64(proof, "v", 1);
    json_set_str(proof, "secret_sha", sha);
    json_set_str(proof, "aud", domain);
    json_set_take(proof, "jwk", key_jwk(key));
    json_set_str(proof, "at", at);
    return jose_sign(key, NULL, ENROL_TYP, proof, out, f);
}

static enum err read_aud(const json_t *payload, struct possession *p, struct fail *f)
{
    const char *aud;
    if (!json_object_get(payload, "aud"))
        return OK;
    TRY(json_need_str(payload, "aud", WHAT, &aud, f));
    if (!name_is_domain(aud))
        return fail_set(f, E_INVALID, WHAT ": 'aud' is no domain");
    snprintf(p->aud, sizeof p->aud, "%s", aud);
    return OK;
}

enum err possession_read(struct bytes text, struct possession *out, struct fail *f)
{
    AUTO(jose_freep) struct jose *proof = NULL;
    const char *sha, *at;
    const json_t *jwk;
    TRY(jose_read(text, JOSE_MAX_SMALL, WHAT, &proof, f));
    TRY(json_need_str(proof->payload, "secret_sha", WHAT, &sha, f));
    TRY(json_need_str(proof->payload, "at", WHAT, &at, f));
    TRY(json_need_object(proof->payload, "jwk", WHAT, &jwk, f));
    if (!b64_read_exact(B64_URL, bytes_str(sha), out->secret_sha, HASH_LEN) || !time_read(at, &out->at_ms))
        return fail_set(f, E_INVALID, WHAT ": 'secret_sha' or 'at' can't be read");
    TRY(read_aud(proof->payload, out, f));
    TRY(key_read_jwk(jwk, false, &out->key, f));
    if (key_kind(out->key) != KEY_P256 || jose_verify(proof, JOSE_ES256, ENROL_TYP, out->key, NULL) != OK)
        return fail_why(f, REASON_PROOF, "the " WHAT " is not signed by the key in it");
    return key_thumbprint(out->key, out->thumbprint, f);
}

enum err possession_check(struct bytes text, const char *thumbprint, const char *domain, struct fail *f)
{
    AUTO(possession_clear) struct possession p = { 0 };
    struct fail why = { 0 };
    if (possession_read(text, &p, &why) != OK)
        return why.reason == REASON_PROOF ? fail_why(f, REASON_KEY_PROOF, "%s", why.what)
                                          : fail_pass(f, &why);
    if (strcmp(p.thumbprint, thumbprint) != 0)
        return fail_why(f, REASON_KEY_PROOF, "the " WHAT " is one of another key");
    if (strcmp(p.aud, domain) != 0)
        return fail_why(f, REASON_KEY_PROOF, "the " WHAT " was made for %s, not for %s",
                        *p.aud ? p.aud : "no home", domain);
    return OK;
}
