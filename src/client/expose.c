/* SPDX-License-Identifier: Apache-2.0 */
#include "client/expose.h"

#include "base/b64.h"
#include "base/mem.h"
#include "client/act.h"
#include "tdf/handle.h"

static enum err seal(const struct card *card, const char *person, const char *handle, struct buf *text,
                     struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(HANDLE_SEALED_MAX);
    const struct card_key *kas = card_key(card, "kas", NULL);
    uint8_t context[HASH_LEN];
    if (!kas)
        return fail_set(f, E_REFUSED, "the card of %s has no key to seal to", card->domain);
    handle_of_question(card->domain, person, context);
    TRY(handle_seal(kas->key, kas->kid, context, handle, sealed, f));
    b64_put(text, B64_URL, bytes_of(sealed));
    return buf_check(text, "sealed handle", f);
}

enum err expose_ask(struct session *s, const char *handle, json_t **answer, struct fail *f)
{
    const struct profile *p = session_profile(s);
    AUTO(card_freep) struct card *own = NULL;
    AUTO(buf_freep) struct buf *sealed = buf_new(2 * HANDLE_SEALED_MAX);
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    TRY(session_card(s, p->card->domain, &own, f)); /* sealed to the newest key */
    TRY(seal(own, p->person, handle, sealed, f));
    json_t *body = json_object();
    json_set_str(body, "sealed", buf_text(sealed));
    TRY(act_sign(p, (struct statement_making){ .kind = "exposure", .body = body }, id, jws, f));
    json_t *in = json_object();
    json_set_str(in, "act", buf_text(jws));
    return session_post(s, "/v1/exposures", in, answer, f);
}
