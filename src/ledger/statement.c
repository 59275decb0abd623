/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/statement.h"

#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"

#define PORTIONS_MAX 1024

void statement_freep(struct statement **s)
{
    if (*s)
        jose_free((*s)->jose);
    mem_freep(s);
}

void act_freep(struct act **a)
{
    if (*a)
        jose_free((*a)->jose);
    mem_freep(a);
}

/* What statements and acts have in common. */
struct common {
    const char *kind, *id, *by, *home, *report, *ref;
    const json_t *portions, *body;
    uint64_t at_ms;
};

/* Of what is signed and kept, every reader must read the same: also of members that are not known here. */
enum err statement_jws(struct bytes jws, size_t max, const char *what, struct jose **out, struct fail *f)
{
    AUTO(jose_freep) struct jose *j = NULL;
    TRY(jose_read(jws, max, what, &j, f));
    struct bytes input = j->signing_input;
    const uint8_t *dot = memchr(input.data, '.', input.len);
    struct bytes letters = BYTES(dot + 1, input.len - (size_t)(dot + 1 - input.data));
    AUTO(buf_freep) struct buf *payload = buf_new(letters.len);
    TRY(b64_read(B64_URL, letters, payload, what, f));
    TRY(json_whole(bytes_of(payload), what, f));
    *out = j;
    j = NULL;
    return OK;
}

static enum err read_list(const json_t *p, const char *name, const char *what, bool (*fits)(const char *),
                          const json_t **out, struct fail *f)
{
    TRY(json_need_array(p, name, what, out, f));
    size_t count = json_array_size(*out);
    if (count > PORTIONS_MAX)
        return fail_set(f, E_INVALID, "%s: '%s' has more than %d members", what, name, PORTIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        const char *s = json_string_value(json_array_get(*out, i));
        if (!s || !fits(s))
            return fail_set(f, E_INVALID, "%s: '%s' has a member of the wrong form", what, name);
    }
    return OK;
}

static enum err read_common(const json_t *p, const char *home, const char *what, struct common *c,
                            struct fail *f)
{
    uint64_t v;
    const char *at;
    TRY(json_need_u64(p, "v", what, &v, f));
    if (v != 1)
        return fail_set(f, E_INVALID, "%s: version %llu is not known", what, (unsigned long long)v);
    TRY(json_need_str(p, "kind", what, &c->kind, f));
    TRY(json_need_str(p, "id", what, &c->id, f));
    TRY(json_need_str(p, home, what, &c->home, f));
    TRY(json_need_str(p, "by", what, &c->by, f));
    TRY(json_need_str(p, "at", what, &at, f));
    TRY(json_need_str(p, "report", what, &c->report, f));
    TRY(json_may_str(p, "ref", what, &c->ref, f));
    TRY(json_need_object(p, "body", what, &c->body, f));
    TRY(read_list(p, "portions", what, name_is_uuid, &c->portions, f));
    if (!c->ref)
        c->ref = "";
    if (!name_is_uuid(c->id))
        return fail_set(f, E_INVALID, "%s: id is not a UUID", what);
    if (!name_is_domain(c->home))
        return fail_set(f, E_INVALID, "%s: '%s' is not a domain", what, home);
    /* a person may be a guest: whether c->home vouches for him, is for whoever takes it to know */
    if (!name_is_person(c->by) && (c->by[0] != '@' || strcmp(c->by + 1, c->home) != 0))
        return fail_set(f, E_INVALID, "%s: '%.80s' is nobody of %s", what, c->by, c->home);
    if ((*c->report && !name_is_uuid(c->report)) || (*c->ref && !name_is_uuid(c->ref)))
        return fail_set(f, E_INVALID, "%s: report or ref is not a UUID", what);
    if (!time_read(at, &c->at_ms))
        return fail_set(f, E_INVALID, "%s: '%.40s' is not a time", what, at);
    return OK;
}

enum err statement_read(struct bytes jws, size_t max, struct statement **out, struct fail *f)
{
    AUTO(statement_freep) struct statement *s = mem_new(sizeof *s);
    struct common c;
    TRY(statement_jws(jws, max, "statement", &s->jose, f));
    TRY(read_common(s->jose->payload, "iss", "statement", &c, f));
    TRY(read_list(s->jose->payload, "aud", "statement", name_is_domain, &s->aud, f));
    *s = (struct statement){ .kind = c.kind,
                             .id = c.id,
                             .iss = c.home,
                             .by = c.by,
                             .report = c.report,
                             .ref = c.ref,
                             .aud = s->aud,
                             .portions = c.portions,
                             .body = c.body,
                             .at_ms = c.at_ms,
                             .jose = s->jose };
    jose_digest(s->jose, s->digest);
    *out = s;
    s = NULL;
    return OK;
}

enum err act_read(struct bytes jws, size_t max, struct act **out, struct fail *f)
{
    AUTO(act_freep) struct act *a = mem_new(sizeof *a);
    struct common c;
    TRY(statement_jws(jws, max, "act", &a->jose, f));
    TRY(read_common(a->jose->payload, "org", "act", &c, f));
    if (c.by[0] == '@')
        return fail_set(f, E_INVALID, "act: not by a person");
    *a = (struct act){ .kind = c.kind,
                       .id = c.id,
                       .by = c.by,
                       .org = c.home,
                       .report = c.report,
                       .ref = c.ref,
                       .portions = c.portions,
                       .body = c.body,
                       .at_ms = c.at_ms,
                       .jose = a->jose };
    jose_digest(a->jose, a->digest);
    *out = a;
    a = NULL;
    return OK;
}

enum err statement_verify(const struct statement *s, const struct card *card, struct fail *f)
{
    if (strcmp(s->iss, card->domain) != 0)
        return fail_set(f, E_UNVERIFIED, "a statement of %s can't be checked with the card of %s", s->iss,
                        card->domain);
    const struct card_key *k = s->jose->kid ? card_key(card, "statement", s->jose->kid) : NULL;
    if (!k)
        return fail_set(f, E_UNVERIFIED, "%s statement of %s: signed by a key that is not in its card",
                        s->kind, s->iss);
    if (k->revoked_s)
        return fail_set(f, E_UNVERIFIED, "%s statement of %s: signed by a revoked key", s->kind, s->iss);
    if (k->exp_s && s->at_ms / 1000 > k->exp_s)
        return fail_set(f, E_UNVERIFIED, "%s statement of %s: signed by a key that was replaced before",
                        s->kind, s->iss);
    if (jose_verify(s->jose, JOSE_ES256, STATEMENT_TYP, k->key, NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "%s statement of %s: the signature does not hold", s->kind, s->iss);
    return OK;
}

enum err act_verify(const struct act *a, const struct key *k, struct fail *f)
{
    char kid[THUMBPRINT_SIZE];
    TRY(key_thumbprint(k, kid, f));
    if (!a->jose->kid || strcmp(a->jose->kid, kid) != 0 ||
        jose_verify(a->jose, JOSE_ES256, ACT_TYP, k, NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "%s act of %s: not signed by his key", a->kind, a->by);
    return OK;
}

static bool list_has(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return true;
    return false;
}

bool statement_is_for(const struct statement *s, const char *domain)
{
    return list_has(s->aud, domain);
}

bool statement_names(const json_t *portions, const char *portion)
{
    return list_has(portions, portion);
}

static json_t *payload(struct statement_making m, const char *home)
{
    char at[TIME_TEXT_SIZE];
    json_t *p = json_object();
    time_print(m.at_ms, at);
    json_set_u64(p, "v", 1);
    json_set_str(p, "kind", m.kind);
    json_set_str(p, "id", m.id);
    json_set_str(p, home, m.iss);
    if (m.aud)
        json_set_take(p, "aud", m.aud);
    json_set_str(p, "by", m.by);
    json_set_str(p, "at", at);
    json_set_str(p, "report", m.report ? m.report : "");
    json_set_take(p, "portions", m.portions ? m.portions : json_array());
    json_set_str(p, "ref", m.ref ? m.ref : "");
    json_set_take(p, "body", m.body ? m.body : json_object());
    return p;
}

json_t *statement_payload(struct statement_making m)
{
    if (!m.aud)
        m.aud = json_array();
    return payload(m, "iss");
}

json_t *act_payload(struct statement_making m)
{
    json_decref(m.aud);
    m.aud = NULL;
    return payload(m, "org");
}

void statement_digest_text(const uint8_t digest[static HASH_LEN], char out[static 44])
{
    struct buf text;
    buf_init(&text, 64);
    b64_put(&text, B64_URL, BYTES(digest, HASH_LEN));
    memcpy(out, buf_text(&text), 44);
    buf_clear(&text);
}
