/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/leave.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "keeper/logkey.h"
#include "keeper/shown.h"
#include "ledger/statement.h"

struct leave {
    const struct wire_seal *shown;
    char domain[DOMAIN_MAX + 1]; /* ours */
    struct checkpoint checkpoint;
    struct act *act;
    struct statement *statement; /* NULL: a share */
};

void leave_freep(struct leave **l)
{
    if (!*l)
        return;
    act_freep(&(*l)->act);
    statement_freep(&(*l)->statement);
    mem_freep(l);
}

static enum err not_what(const char *what, struct fail *f)
{
    return fail_set(f, E_UNVERIFIED, "leave to seal: %s", what);
}

static bool member_is(const json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && strcmp(text, value) == 0;
}

/* The key ------------------------------------------------------------------------------------------------ */

static bool list_has(const json_t *list, const char *text)
{
    size_t i;
    const json_t *one;
    json_array_foreach (list, i, one)
        if (json_is_string(one) && strcmp(json_string_value(one), text) == 0)
            return true;
    return false;
}

/* The statement shown for the key names the signer, the key, his role, and says that it is active; the log
 * holds it. */
static enum err check_device(const struct leave *l, const struct key *key, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    struct shown event;
    char thumbprint[THUMBPRINT_SIZE];
    TRY(statement_read(l->shown->device_statement, JOSE_MAX_SMALL, &s, f));
    TRY(key_thumbprint(key, thumbprint, f));
    if (strcmp(s->kind, "person-key") != 0 || strcmp(s->iss, l->domain) != 0)
        return not_what("the device's statement is not a person-key statement of ours", f);
    if (!member_is(s->body, "person", l->act->by) || !member_is(s->body, "thumbprint", thumbprint) ||
        !member_is(s->body, "state", "active"))
        return not_what("the act's signer has not enrolled this key", f);
    const char *role = l->shown->statement.len > 0 ? "officer" : "author";
    if (!list_has(json_object_get(s->body, "roles"), role))
        return not_what("the act's signer had not the role for it", f);
    TRY(shown_check(&l->shown->device.entry, &l->checkpoint, &event, f));
    if (shown_kind(&event) != KIND_PERSON_KEY)
        return not_what("the device's entry is no person-key", f);
    TRY(shown_need(&event, FIELD_PERSON, bytes_str(l->act->by), f));
    return shown_need(&event, FIELD_STATEMENT, BYTES(s->digest, HASH_LEN), f);
}

static enum err check_act(struct leave *l, struct fail *f)
{
    AUTO(json_freep) json_t *jwk = NULL;
    AUTO(key_freep) struct key *key = NULL;
    TRY(act_read(l->shown->act, JOSE_MAX_LARGE, &l->act, f));
    TRY(json_read(l->shown->act_jwk, 8192, "signer's key", &jwk, f));
    TRY(key_read_jwk(jwk, false, &key, f));
    TRY(act_verify(l->act, key, f));
    if (strcmp(l->act->org, l->domain) != 0)
        return not_what("the act is for another organisation", f);
    return check_device(l, key, f);
}

/* The leave ---------------------------------------------------------------------------------------------- */

/* The statement carries exactly this act: what the officer signed is what is entered. */
static enum err check_statement(struct leave *l, struct fail *f)
{
    TRY(statement_read(l->shown->statement, JOSE_MAX_SMALL, &l->statement, f));
    const struct statement *s = l->statement;
    if (strcmp(s->kind, "grant") != 0 || strcmp(s->iss, l->domain) != 0)
        return not_what("the statement is not a grant of ours", f);
    struct bytes carried = bytes_str(json_string_value(json_object_get(s->body, "act")));
    if (!bytes_equal(carried, l->shown->act))
        return not_what("the statement carries another act", f);
    return OK;
}

enum err leave_open(const struct keys_row *log, const struct wire_seal *v, struct leave **out, struct fail *f)
{
    AUTO(leave_freep) struct leave *l = mem_new(sizeof *l);
    uint32_t generation;
    l->shown = v;
    if (!origin_read(log->name, l->domain, &generation))
        return fail_set(f, E_INTERNAL, "a log without a domain");
    TRY(logkey_open(log, v->checkpoint, &l->checkpoint, f));
    TRY(check_act(l, f));
    if (v->statement.len > 0)
        TRY(check_statement(l, f));
    if (strcmp(l->act->kind, l->statement ? "grant" : "share") != 0)
        return not_what("the act is of another kind", f);
    *out = l;
    l = NULL;
    return OK;
}

/* One copy ----------------------------------------------------------------------------------------------- */

/* A list or a single text of organisations, or of persons, who stand for theirs. */
static bool names_holder(const json_t *v, const char *holder)
{
    size_t i;
    const json_t *one;
    const char *text = json_string_value(v);
    if (text)
        return strcmp(name_domain_of(text), holder) == 0;
    json_array_foreach (v, i, one) {
        text = json_string_value(one);
        if (text && strcmp(name_domain_of(text), holder) == 0)
            return true;
    }
    return false;
}

static const json_t *find_portion(const json_t *portions, const char *id)
{
    size_t i;
    const json_t *one;
    json_array_foreach (portions, i, one)
        if (member_is(one, "id", id))
            return one;
    return NULL;
}

/* share: the author named portion, manifest and holder. */
static enum err share_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    uint8_t digest[HASH_LEN];
    char text[44];
    const json_t *body = l->act->body;
    const json_t *portion = find_portion(json_object_get(body, "portions"), copy->portion);
    if (!portion)
        return not_what("the act does not name this portion", f);
    hash_sha256(copy->manifest, digest);
    statement_digest_text(digest, text);
    if (!member_is(portion, "digest", text))
        return not_what("the master is not the one that the author sealed", f);
    if (!names_holder(json_object_get(body, "to"), copy->holder) &&
        !names_holder(json_object_get(body, "holders"), copy->holder))
        return not_what("the act does not name this holder", f);
    return OK;
}

/* grant: the officer named the portion, the statement the holder, and the log says so. */
static enum err grant_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    struct shown event;
    char portion[DOMAIN_MAX + 1 + UUID_TEXT];
    if (!copy->has_leave)
        return not_what("no entry is shown for this portion", f);
    if (!statement_names(l->act->portions, copy->portion) ||
        !statement_names(l->statement->portions, copy->portion))
        return not_what("the act does not name this portion", f);
    if (!names_holder(json_object_get(l->statement->body, "to"), copy->holder))
        return not_what("the grant is for another holder", f);
    TRY(shown_check(&copy->leave.entry, &l->checkpoint, &event, f));
    if (shown_kind(&event) != KIND_GRANT)
        return not_what("the entry is no grant", f);
    snprintf(portion, sizeof portion, "%s/%s", l->domain, copy->portion);
    TRY(shown_need(&event, FIELD_PORTION, bytes_str(portion), f));
    TRY(shown_need(&event, FIELD_ACTOR, bytes_str(l->act->by), f));
    return shown_need(&event, FIELD_STATEMENT, BYTES(l->statement->digest, HASH_LEN), f);
}

enum err leave_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    if (!name_is_uuid(copy->portion) || !name_is_domain(copy->holder))
        return fail_set(f, E_INVALID, "leave to seal: portion or holder is malformed");
    return l->statement ? grant_covers(l, copy, f) : share_covers(l, copy, f);
}
