/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/match.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "keeper/shown.h"
#include "keeper/signer.h"
#include "tdf/handle.h"

static const struct signer_roles who = { "officer", "author" };

static enum err not_what(const char *what, struct fail *f)
{
    return fail_set(f, E_UNVERIFIED, "question about a source: %s", what);
}

/* The log has the question, by him, in these words. */
static enum err check_record(const struct wire_match *v, const struct shown_under *under, const char *domain,
                             const struct act *act, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    struct shown event;
    TRY(statement_read(v->statement, JOSE_MAX_SMALL, &s, f));
    struct bytes carried = bytes_str(json_string_value(json_object_get(s->body, "act")));
    if (strcmp(s->kind, "exposure") != 0 || strcmp(s->iss, domain) != 0 || !bytes_equal(carried, v->by.act))
        return not_what("the statement does not carry this act", f);
    TRY(shown_check(&v->entry.entry, under, &event, f));
    if (shown_kind(&event) != KIND_REMARK)
        return not_what("the entry is no remark", f);
    TRY(shown_need(&event, FIELD_ACTOR, bytes_str(act->by), f));
    return shown_need(&event, FIELD_STATEMENT, BYTES(s->digest, HASH_LEN), f);
}

/* A handle opens with whichever of our keys it was sealed to. */
static enum err open_handle(const struct keys *k, struct bytes sealed, const uint8_t context[static HASH_LEN],
                            uint8_t out[static HANDLE_MAX], struct fail *f)
{
    struct bytes kid;
    TRY(handle_kid(sealed, &kid, f));
    for (size_t i = 0; keys_at(k, USE_KAS, i); i++) {
        const struct keys_row *row = keys_at(k, USE_KAS, i);
        if (bytes_equal(kid, bytes_str(row->kid)))
            return handle_open(row->key, sealed, context, out, f);
    }
    return fail_set(f, E_UNVERIFIED, "the handle is sealed to another key");
}

static enum err open_asked(const struct keys *k, const struct act *act, const char *domain,
                           uint8_t out[static HANDLE_MAX], struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(HANDLE_SEALED_MAX);
    uint8_t context[HASH_LEN];
    const char *text;
    TRY(json_need_str(act->body, "sealed", "question about a source", &text, f));
    TRY(b64_read(B64_URL, bytes_str(text), sealed, "question about a source: 'sealed'", f));
    handle_of_question(domain, act->by, context);
    return open_handle(k, bytes_of(sealed), context, out, f);
}

static bool is_same(const struct keys *k, const char *domain, const char *report, struct bytes sealed,
                    const uint8_t asked[static HANDLE_MAX])
{
    uint8_t context[HASH_LEN], handle[HANDLE_MAX];
    struct fail why = { 0 };
    handle_of_report(domain, report, context);
    bool is = open_handle(k, sealed, context, handle, &why) == OK && same(handle, asked, sizeof handle);
    wipe(handle, sizeof handle);
    return is;
}

enum err match_answer(const struct keys *k, const struct wire_match *v, struct buf *reply, struct fail *f)
{
    AUTO(act_freep) struct act *act = NULL;
    const struct keys_row *log = keys_last(k, USE_LOG);
    struct shown_under under;
    uint8_t asked[HANDLE_MAX];
    char domain[DOMAIN_MAX + 1];
    uint32_t generation;
    if (!origin_read(log->name, domain, &generation))
        return fail_set(f, E_INTERNAL, "a log without a domain");
    const struct signer_wanted wanted = { "question about a source", "exposure", domain, true, &who };
    TRY(shown_under(k, v->checkpoint, &under, f));
    TRY(signer_check(&wanted, &v->by, &under, &act, f));
    TRY(check_record(v, &under, domain, act, f));
    TRY(open_asked(k, act, domain, asked, f));
    for (size_t i = 0; i < v->count; i++)
        buf_put_u8(reply, is_same(k, domain, v->sources[i].report, v->sources[i].sealed, asked));
    wipe(asked, sizeof asked);
    return OK;
}
