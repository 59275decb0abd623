/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/label.h"

#include "base/mem.h"
#include "base/time.h"
#include "crypto/jose.h"
#include "exchange/node.h"
#include "keeper/keeper.h"
#include "policy/label.h"
#include "tdf/assertion.h"

#define JWS_MAX ((size_t)8 << 20) /* the hashes of all segments are in it */

static enum err make(struct node *n, const char *mark_text, struct tdf_manifest *m, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(json_freep) json_t *payload = NULL, *label = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(JWS_MAX);
    char at[TIME_TEXT_SIZE];
    TRY(marking_read(mark_text, &mark, f));
    time_print(n->now_ms(), at);
    label = policy_label(&mark, at);
    TRY(tdf_assertion_payload(m, label, &payload, f));
    TRY(keeper_sign_label(n->keeper, payload, jws, f));
    tdf_assertion_attach(m, json_incref(label), buf_text(jws));
    return OK;
}

enum err label_attach(struct node *n, const char *mark, struct buf *manifest, struct fail *f)
{
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    TRY(tdf_manifest_read(bytes_of(manifest), TDF_MANIFEST_OWN, &m, f));
    TRY(make(n, mark, m, f));
    buf_reset(manifest);
    TRY(tdf_manifest_write(m, manifest, f));
    return buf_check(manifest, "manifest", f);
}
