/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "ledger/text.h"
#include "ledger/verdict_internal.h"

static enum entry_kind kind_of(const struct presence_facts *facts)
{
    struct bytes v = facts->field[FIELD_KIND];
    return v.len == 1 ? (enum entry_kind)v.data[0] : KIND_NONE;
}

static bool opened(const struct presence_facts *facts, enum field j)
{
    return (facts->opened >> j & 1) != 0;
}

/* same_matter: this portion and this person. */
static bool same_matter(const struct evidence *e, const struct presence_facts *facts)
{
    return opened(facts, FIELD_PORTION) && opened(facts, FIELD_PERSON) &&
           bytes_equal(facts->field[FIELD_PORTION], e->portion) &&
           bytes_equal(facts->field[FIELD_PERSON], e->subject);
}

/* domain_of: of a person or `@domain` in a field, as text. */
static bool domain_of(struct bytes v, char out[static DOMAIN_MAX + 1])
{
    const uint8_t *at = v.len == 0 ? NULL : memchr(v.data, '@', v.len);
    size_t len = at == NULL ? 0 : v.len - (size_t)(at - v.data) - 1;
    if (len == 0 || len > DOMAIN_MAX)
        return false;
    memcpy(out, at + 1, len);
    out[len] = '\0';
    return name_is_domain(out);
}

/* put_reader: the reader lines of a part hold; `, reader`, and who vouched if not his home. */
static MUST_USE enum err put_reader(const struct judge *j, const struct seen *s, struct verdict *v,
                                    struct fail *f)
{
    char issuer[DOMAIN_MAX + 1], home[DOMAIN_MAX + 1];
    TRY(shown_reader(s->presence, s->presence_facts, j->e->ledger, j->cards, issuer, f));
    bool at_home = domain_of(s->presence_facts->field[FIELD_PERSON], home) && strcmp(home, issuer) == 0;
    verdict_basis(v, ", reader");
    if (!at_home)
        verdict_basis(v, " via %s", issuer);
    return OK;
}

/* statement_of: the statement of a part, which must hold where there is one. */
static MUST_USE enum err statement_of(const struct judge *j, const struct seen *s, struct jose **out,
                                      struct fail *f)
{
    if (s->presence->statement.len == 0)
        return OK;
    return shown_statement(s->presence, s->presence_facts, j->cards, out, f);
}

/* by_reporter: the statement is the report of field 5's organisation about this portion and person. */
static bool by_reporter(const struct evidence *e, const struct presence_facts *facts, const struct jose *s)
{
    char reporter[DOMAIN_MAX + 1];
    AUTO(str_freep) char *portion = str_format("%.*s", (int)e->portion.len, (const char *)e->portion.data);
    const json_t *body = json_object_get(s->payload, "body");
    return kind_of(facts) == KIND_REPORTED_BRIEFING && opened(facts, FIELD_COPY) &&
           opened(facts, FIELD_ACTOR) && domain_of(facts->field[FIELD_ACTOR], reporter) &&
           strcmp(shown_text(s->payload, "iss"), reporter) == 0 &&
           strcmp(shown_text(s->payload, "kind"), "briefing-report") == 0 &&
           text_is(e->subject, shown_text(body, "person")) && shown_names(s, portion);
}

/* first: the entry that the claim is about. */
static MUST_USE enum err first(const struct judge *j, struct verdict *v, struct fail *f)
{
    AUTO(jose_freep) struct jose *statement = NULL;
    const struct seen *s = &j->seen[0];
    const struct presence_facts *facts = s->presence_facts;
    uint64_t time_ms;
    if (s->presence == NULL || !same_matter(j->e, facts) || (facts->tags & 1u << TAG_PERSON) == 0 ||
        !kind_is_briefing(kind_of(facts)))
        return fail_set(f, E_UNVERIFIED, "no briefing of this person on this portion");
    struct reader r = reader_of(facts->field[FIELD_TIME]);
    if (!get_u64(&r, &time_ms) || time_ms != j->e->time_ms || s->generation != j->e->generation ||
        facts->index != j->e->index)
        return fail_set(f, E_UNVERIFIED, "at line");
    bool by_key = kind_of(facts) == KIND_BRIEFING ||
                  (kind_of(facts) == KIND_REPORTED_BRIEFING && facts->field[FIELD_COPY].len != 0);
    verdict_basis(v, "%s", by_key ? "key" : "told");
    TRY(statement_of(j, s, &statement, f));
    if (s->presence->srt.len != 0)
        return put_reader(j, s, v, f);
    verdict_basis(v, "%s",
                  statement != NULL && by_reporter(j->e, facts, statement) ? ", reporter" : ", originator");
    return OK;
}

/* further: an entry that follows the first: a receipt from the person's home, or a key with the reader's own
 * proof. */
static MUST_USE enum err further(const struct judge *j, const struct seen *s, struct verdict *v,
                                 struct fail *f)
{
    AUTO(jose_freep) struct jose *statement = NULL;
    const struct presence_facts *facts = s->presence_facts;
    uint8_t ref[ENTRY_REF_LEN];
    char home[DOMAIN_MAX + 1];
    entry_ref_put((uint32_t)j->e->generation, j->e->index, ref);
    if (s->presence == NULL || !same_matter(j->e, facts) ||
        !bytes_equal(facts->field[FIELD_FOLLOWS], BYTES(ref, sizeof ref)))
        return fail_set(f, E_UNVERIFIED, "a part that does not follow the first");
    TRY(statement_of(j, s, &statement, f));
    if (kind_of(facts) == KIND_RECEIPT && statement != NULL && domain_of(j->e->subject, home) &&
        strcmp(shown_text(statement->payload, "iss"), home) == 0) {
        verdict_basis(v, ", receipt");
        return OK;
    }
    if (kind_of(facts) == KIND_REISSUE && s->presence->srt.len != 0) {
        verdict_basis(v, ", key");
        return put_reader(j, s, v, f);
    }
    return fail_set(f, E_UNVERIFIED, "a part that adds nothing to the first");
}

MUST_USE enum err verdict_yes(const struct judge *j, struct verdict *v, struct fail *f)
{
    TRY(first(j, v, f));
    for (size_t i = 1; i < j->seen_count; i++)
        TRY(further(j, &j->seen[i], v, f));
    v->time_ms = j->e->time_ms;
    v->generation = j->e->generation;
    v->index = j->e->index;
    return OK;
}
