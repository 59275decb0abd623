/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/signer.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "keeper/shown.h"

bool signer_member_is(const json_t *object, const char *name, const char *value)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && strcmp(text, value) == 0;
}

static bool list_has(const json_t *list, const char *text)
{
    size_t i;
    const json_t *one;
    json_array_foreach (list, i, one)
        if (json_is_string(one) && strcmp(json_string_value(one), text) == 0)
            return true;
    return false;
}

static enum err not_what(const struct signer_wanted *w, const char *what, struct fail *f)
{
    return fail_set(f, E_UNVERIFIED, "%s: %s", w->what, what);
}

/* The statement shown for the key names the signer, the key, his role, and says that it is active; the log
 * holds it. */
static enum err check_device(const struct signer_wanted *w, const struct wire_signed *by,
                             const struct shown_under *under, const struct act *act, const struct key *key,
                             struct fail *f)
{
    AUTO(statement_freep) struct statement *s = NULL;
    struct shown event;
    char thumbprint[THUMBPRINT_SIZE];
    TRY(statement_read(by->device_statement, JOSE_MAX_SMALL, &s, f));
    TRY(key_thumbprint(key, thumbprint, f));
    if (strcmp(s->kind, "person-key") != 0 || strcmp(s->iss, act->org) != 0)
        return not_what(
            w, "the device's statement is not a person-key statement of the signer's organisation", f);
    if (!signer_member_is(s->body, "person", act->by) ||
        !signer_member_is(s->body, "thumbprint", thumbprint) || !signer_member_is(s->body, "state", "active"))
        return not_what(w, "the act's signer has not enrolled this key", f);
    const json_t *has = json_object_get(s->body, "roles");
    if (!list_has(has, w->roles->one) && !(w->roles->other && list_has(has, w->roles->other)))
        return not_what(w, "the act's signer had not the role for it", f);
    TRY(shown_check(&by->device.entry, under, &event, f));
    if (shown_kind(&event) != KIND_PERSON_KEY)
        return not_what(w, "the device's entry is no person-key", f);
    TRY(shown_need(&event, FIELD_PERSON, bytes_str(act->by), f));
    return shown_need(&event, FIELD_STATEMENT, BYTES(s->digest, HASH_LEN), f);
}

enum err signer_check(const struct signer_wanted *wanted, const struct wire_signed *by,
                      const struct shown_under *under, struct act **out, struct fail *f)
{
    AUTO(json_freep) json_t *jwk = NULL;
    AUTO(key_freep) struct key *key = NULL;
    AUTO(act_freep) struct act *act = NULL;
    TRY(act_read(by->act, JOSE_MAX_LARGE, &act, f));
    TRY(json_read(by->act_jwk, 8192, "signer's key", &jwk, f));
    TRY(key_read_jwk(jwk, false, &key, f));
    TRY(act_verify(act, key, f));
    if ((strcmp(act->org, wanted->domain) == 0) != wanted->own ||
        strcmp(name_domain_of(act->by), act->org) != 0)
        return not_what(wanted, "the act is for another organisation", f);
    if (strcmp(act->kind, wanted->kind) != 0)
        return not_what(wanted, "the act is of another kind", f);
    TRY(check_device(wanted, by, under, act, key, f));
    *out = act;
    act = NULL;
    return OK;
}
