/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/sign.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "crypto/jose.h"
#include "crypto/sign.h"
#include "keeper/message.h"
#include "ledger/statement.h"

#define LABEL "label"

/* What a key may sign: payloads that name its owner where this typ has the signer, under this typ. */
static const struct {
    enum key_use use;
    const char *typ, *owner;
} rules[] = {
    { USE_CARD, CARD_TYP, "domain" },
    { USE_STATEMENT, STATEMENT_TYP, "iss" },
    { USE_TOKEN, "at+jwt", "iss" },
};

enum err sign_payload(const struct keys_row *row, const struct wire_sign *v, struct buf *jws, struct fail *f)
{
    AUTO(json_freep) json_t *payload = NULL;
    const char *owner;
    size_t i = 0;
    while (i < sizeof rules / sizeof *rules && rules[i].use != v->use)
        i++;
    if (i == sizeof rules / sizeof *rules)
        return fail_set(f, E_INVALID, "a %s key signs no payloads", keeper_use_name(v->use));
    TRY(json_read(v->payload, JOSE_MAX_LARGE, "payload", &payload, f));
    TRY(json_need_str(payload, rules[i].owner, rules[i].typ, &owner, f));
    if (strcmp(owner, row->name) != 0)
        return fail_set(f, E_REFUSED, "the %s key of %s signs for no other", keeper_use_name(v->use),
                        row->name);
    return jose_sign(row->key, row->kid, rules[i].typ, payload, jws, f);
}

enum err sign_label(const struct keys_row *row, struct bytes text, struct buf *jws, struct fail *f)
{
    AUTO(json_freep) json_t *payload = NULL;
    const char *hash, *sig;
    TRY(json_read(text, MESSAGE_BODY_MAX, LABEL, &payload, f));
    TRY(json_need_str(payload, "assertionHash", LABEL, &hash, f));
    TRY(json_need_str(payload, "assertionSig", LABEL, &sig, f));
    if (json_object_size(payload) != 2 || strlen(hash) != 2 * HASH_LEN ||
        strspn(hash, "0123456789abcdef") != 2 * HASH_LEN)
        return fail_set(f, E_INVALID, "a label signs hash and sig, and nothing else");
    return jose_sign(row->key, row->kid, "orcon-label+jws", payload, jws, f);
}

/* The payload is the bare digest, not JSON (docs/formats.md, 2.3), so the text is put together here. */
enum err sign_evidence(const struct keys_row *row, struct bytes digest, struct buf *jws, struct fail *f)
{
    AUTO(buf_freep) struct buf *header = buf_new(512);
    uint8_t signature[SIGN_LEN];
    buf_printf(header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"orcon-evidence+jws\"}", row->kid);
    TRY(buf_check(header, "header", f));
    b64_put(jws, B64_URL, bytes_of(header));
    buf_put_u8(jws, '.');
    b64_put(jws, B64_URL, digest);
    TRY(buf_check(jws, "signed digest", f));
    TRY(sign_es256(row->key, bytes_of(jws), signature, f));
    jose_finish(jws, signature);
    return buf_check(jws, "signed digest", f);
}
