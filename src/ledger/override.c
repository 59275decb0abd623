/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/override.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "ledger/presence.h"
#include "ledger/trust.h"

#define LOGS_MAX 64

static const char what[] = "override";

bool override_is_sealed(const struct statement *s)
{
    return strcmp(s->kind, "override") == 0 && !json_is_true(json_object_get(s->body, "oral"));
}

/* Reading ----------------------------------------------------------------------------------------------------- */

static bool read_digest(const json_t *row, const char *name, uint8_t out[static HASH_LEN])
{
    const char *text = json_string_value(json_object_get(row, name));
    return text && b64_read_exact(B64_URL, bytes_str(text), out, HASH_LEN);
}

static enum err read_portion(const json_t *row, struct override_portion *p, struct fail *f)
{
    uint64_t n;
    TRY(json_need_str(row, "id", what, &p->id, f));
    TRY(json_need_str(row, "mark", what, &p->mark, f));
    TRY(json_need_str(row, "copy", what, &p->copy, f));
    TRY(json_need_str(row, "share", what, &p->share, f));
    TRY(json_need_u64(row, "n", what, &n, f));
    if (!name_is_uuid(p->id) || !name_is_uuid(p->copy) || !name_is_uuid(p->share) || n > 1023)
        return fail_set(f, E_INVALID, "override: a portion without a proper id, copy, share or number");
    p->n = (uint32_t)n;
    if (!read_digest(row, "digest", p->digest) || !read_digest(row, "commitment", p->commitment))
        return fail_set(f, E_INVALID, "override: portion %u has no digest, or no commitment", p->n);
    return OK;
}

enum err override_read(const struct statement *s, struct override *out, struct fail *f)
{
    const json_t *rows;
    *out = (struct override){ 0 };
    if (!override_is_sealed(s))
        return fail_set(f, E_INVALID, "a '%.20s' that passes no copy on", s->kind);
    TRY(json_need_str(s->body, "to", what, &out->to, f));
    TRY(json_need_str(s->body, "originator", what, &out->originator, f));
    TRY(json_need_str(s->body, "banner", what, &out->banner, f));
    TRY(json_need_array(s->body, "portions", what, &rows, f));
    size_t count = json_array_size(rows);
    if (!name_is_domain(out->to) || !name_is_domain(out->originator))
        return fail_set(f, E_INVALID, "override: a sealed copy is an organisation's, for an organisation");
    if (count < 1 || count > OVERRIDE_PORTIONS_MAX || count != json_array_size(s->portions))
        return fail_set(f, E_INVALID, "override: it does not list the portions that it names");
    for (size_t i = 0; i < count; i++) {
        struct override_portion *p = &out->portions[out->count++];
        TRY(read_portion(json_array_get(rows, i), p, f));
        if (!statement_names(s->portions, p->id) || (i > 0 && p->n <= out->portions[i - 1].n))
            return fail_set(f, E_INVALID, "override: portions are not in order, or not the statement's");
    }
    return OK;
}

/* The text ------------------------------------------------------------------------------------------------------ */

static enum err changed(const struct override_portion *p, const char *why, struct fail *f)
{
    return fail_why(f, REASON_TEXT_CHANGED, "portion %u: %s", p->n, why);
}

/* The row of the originator's statement that commits to it. */
static const json_t *row_of(const struct statement *share, const char *portion)
{
    const json_t *rows = json_object_get(share->body, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(rows, i), "id"));
        if (id && strcmp(id, portion) == 0)
            return json_array_get(rows, i);
    }
    return NULL;
}

static enum err check_row(const struct override_portion *p, const json_t *row, struct fail *f)
{
    uint8_t commitment[HASH_LEN];
    const char *mark = json_string_value(json_object_get(row, "mark"));
    if (!row || !mark || strcmp(mark, p->mark) != 0 ||
        json_integer_value(json_object_get(row, "n")) != (json_int_t)p->n)
        return changed(p, "its originator signed another mark or number", f);
    if (!read_digest(row, "commitment", commitment) || !same(commitment, p->commitment, HASH_LEN))
        return changed(p, "not the text that its originator committed to", f);
    return OK;
}

static enum err find_share(const struct statement *s, const struct override_portion *p,
                           struct statement **out, struct fail *f)
{
    const json_t *shares = json_object_get(s->body, "shares");
    for (size_t i = 0; i < json_array_size(shares); i++) {
        const char *jws = json_string_value(json_array_get(shares, i));
        AUTO(statement_freep) struct statement *share = NULL;
        if (!jws || statement_read(bytes_str(jws), JOSE_MAX_LARGE, &share, NULL) != OK ||
            strcmp(share->id, p->share) != 0)
            continue;
        *out = share;
        share = NULL;
        return OK;
    }
    return changed(p, "the originator's statement of it is missing", f);
}

static enum err check_text(const struct statement *s, const struct override_portion *p,
                           const struct card *originator, struct fail *f)
{
    AUTO(statement_freep) struct statement *share = NULL;
    TRY(find_share(s, p, &share, f));
    if (strcmp(share->kind, "share") != 0 || strcmp(share->iss, originator->domain) != 0 ||
        strcmp(share->report, s->report) != 0 || !statement_is_for(share, s->iss))
        return changed(p, "its originator shared something else with who passes it on", f);
    if (statement_verify(share, originator, NULL) != OK)
        return changed(p, "its originator has not signed what is shown of him", f);
    return check_row(p, row_of(share, p->id), f);
}

enum err override_check_text(const struct statement *s, const struct override *o,
                             const struct card *originator, struct fail *f)
{
    if (strcmp(o->originator, originator->domain) != 0)
        return fail_set(f, E_UNVERIFIED, "override: %s is not the originator that it names",
                        originator->domain);
    for (size_t i = 0; i < o->count; i++)
        TRY(check_text(s, &o->portions[i], originator, f));
    return OK;
}

/* The receipt ---------------------------------------------------------------------------------------------------- */

enum err override_check_receipt(const struct statement *s, struct bytes receipt,
                                const struct card *originator, uint64_t *at_ms, struct fail *f)
{
    AUTO(statement_freep) struct statement *ack = NULL;
    char want[44];
    if (statement_read(receipt, JOSE_MAX_SMALL, &ack, NULL) != OK || strcmp(ack->kind, "ack") != 0)
        return fail_why(f, REASON_RECEIPT_FORGED, "what is shown as a receipt of %s is none",
                        originator->domain);
    if (strcmp(ack->iss, originator->domain) != 0)
        return fail_why(f, REASON_RECEIPT_FOREIGN, "the receipt is by %s, not by %s, whose text it is",
                        ack->iss, originator->domain);
    if (statement_verify(ack, originator, NULL) != OK)
        return fail_why(f, REASON_RECEIPT_FORGED, "the receipt is not signed by a key of %s",
                        originator->domain);
    statement_digest_text(s->digest, want);
    const char *digest = json_string_value(json_object_get(ack->body, "digest"));
    if (!digest || strcmp(digest, want) != 0)
        return fail_why(f, REASON_RECEIPT_OTHER, "the receipt of %s is for another statement",
                        originator->domain);
    if (at_ms)
        *at_ms = ack->at_ms;
    return OK;
}

/* Its place in the giver's ledger ------------------------------------------------------------------------------------ */

static size_t logs_of(const struct card *card, struct note_key *logs)
{
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(card->logs) && n < LOGS_MAX; i++) {
        const char *vkey = json_string_value(json_array_get(card->logs, i));
        if (vkey && note_key_read(bytes_str(vkey), &logs[n], NULL) == OK && logs[n].type == NOTE_ED25519)
            n++;
    }
    return n;
}

static bool field_is(const struct presence_facts *facts, enum field field, struct bytes want)
{
    return (facts->opened >> field & 1) && bytes_equal(facts->field[field], want);
}

enum err override_check_inclusion(const struct statement *s, struct bytes text, const struct trust *t,
                                  const char *holder, const char *portion, bool *witnessed, struct fail *f)
{
    AUTO(presence_freep) struct presence *presence = NULL;
    const struct card *giver = trust_card(t, s->iss);
    struct note_key logs[LOGS_MAX];
    struct part_trust trust = { .logs = logs };
    struct presence_facts facts;
    const uint8_t kind[] = { KIND_OVERRIDE };
    bool monitored;
    const char *originator = json_string_value(json_object_get(s->body, "originator"));
    AUTO(str_freep) char *name = str_format("%s/%s", originator ? originator : "", portion);
    AUTO(str_freep) char *organisation = str_format("@%s", holder);
    if (!giver)
        return fail_set(f, E_UNVERIFIED, "the card of %s is not confirmed here", s->iss);
    trust.log_count = logs_of(giver, logs);
    TRY(presence_read(text, &presence, f));
    TRY(presence_verify(presence, &trust, &facts, f));
    if (!field_is(&facts, FIELD_KIND, BYTES(kind, sizeof kind)) ||
        !field_is(&facts, FIELD_PORTION, bytes_str(name)) ||
        !field_is(&facts, FIELD_ORGANISATION, bytes_str(organisation)) ||
        !field_is(&facts, FIELD_STATEMENT, BYTES(s->digest, HASH_LEN)))
        return fail_set(f, E_UNVERIFIED, "the entry in the ledger of %s is not of this override", s->iss);
    trust_signed(t, s->iss, presence->place.checkpoint, witnessed, &monitored);
    return OK;
}
