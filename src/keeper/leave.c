/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/leave.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "keeper/shown.h"
#include "keeper/signer.h"
#include "ledger/statement.h"
#include "policy/terms.h"

struct leave {
    const struct wire_seal *shown;
    char domain[DOMAIN_MAX + 1]; /* ours */
    struct shown_under under;
    struct act *act;
    struct statement *statement; /* NULL: a share */
    struct act *author;          /* the share act, where a rule gives leave; else NULL */
    struct act *terms;           /* our officer's arrangement act, where standing terms do; else NULL */
};

void leave_freep(struct leave **l)
{
    if (!*l)
        return;
    act_freep(&(*l)->act);
    act_freep(&(*l)->author);
    act_freep(&(*l)->terms);
    statement_freep(&(*l)->statement);
    mem_freep(l);
}

static enum err not_what(const char *what, struct fail *f)
{
    return fail_set(f, E_UNVERIFIED, "leave to seal: %s", what);
}

/* The key ------------------------------------------------------------------------------------------------ */

static const struct signer_roles by_author = { "author", NULL }, by_officer = { "officer", NULL },
                                 by_reader = { "reader", NULL }, by_either = { "officer", "author" };

static enum err check_act(const struct leave *l, const struct wire_signed *by, const char *kind,
                          const struct signer_roles *roles, bool own, struct act **out, struct fail *f)
{
    const struct signer_wanted wanted = { "leave to seal", kind, l->domain, own, roles };
    return signer_check(&wanted, by, &l->under, out, f);
}

/* Four eyes: where ${first} names who must agree, he did, to just this act. ${by} NULL: nobody's agreement is
 * shown. */
static enum err check_second(const struct leave *l, const struct act *first, const struct wire_signed *by,
                             const struct signer_roles *roles, struct fail *f)
{
    AUTO(act_freep) struct act *second = NULL;
    const json_t *named = json_object_get(first->body, "second");
    uint8_t digest[HASH_LEN];
    char text[44];
    if (!named)
        return by ? not_what("the act names nobody who must agree", f) : OK;
    if (!by)
        return not_what("a second person must agree, and no agreement is shown", f);
    TRY(check_act(l, by, "second", roles, true, &second, f));
    jose_digest(first->jose, digest);
    statement_digest_text(digest, text);
    if (!signer_member_is(first->body, "second", second->by) || strcmp(second->by, first->by) == 0)
        return not_what("somebody else agreed than the act names", f);
    if (strcmp(second->ref, first->id) != 0 || !signer_member_is(second->body, "digest", text))
        return not_what("the second person agreed to another act", f);
    return signer_member_is(second->body, "state", "agreed") ? OK
                                                             : not_what("the second person did not agree", f);
}

/* The leave ---------------------------------------------------------------------------------------------- */

static enum err read_grant(struct leave *l, struct fail *f)
{
    TRY(statement_read(l->shown->statement, JOSE_MAX_SMALL, &l->statement, f));
    if (strcmp(l->statement->kind, "grant") != 0 || strcmp(l->statement->iss, l->domain) != 0)
        return not_what("the statement is not a grant of ours", f);
    return OK;
}

/* The statement carries exactly this act: what the officer signed is what is entered. */
static enum err open_grant(struct leave *l, struct fail *f)
{
    TRY(read_grant(l, f));
    TRY(check_act(l, &l->shown->by, "grant", &by_officer, true, &l->act, f));
    struct bytes carried = bytes_str(json_string_value(json_object_get(l->statement->body, "act")));
    if (!bytes_equal(carried, l->shown->by.act))
        return not_what("the statement carries another act", f);
    return check_second(l, l->act, l->shown->has_second ? &l->shown->second : NULL, &by_officer, f);
}

static enum err open_share(struct leave *l, struct fail *f)
{
    TRY(check_act(l, &l->shown->by, "share", &by_author, true, &l->act, f));
    return check_second(l, l->act, l->shown->has_second ? &l->shown->second : NULL, &by_either, f);
}

/* What an officer of ours and one of the asker's signed alike, before the report was given. */
static enum err open_terms(struct leave *l, struct fail *f)
{
    AUTO(act_freep) struct act *theirs = NULL;
    TRY(check_act(l, &l->shown->terms, "arrangement", &by_officer, true, &l->terms, f));
    TRY(check_act(l, &l->shown->theirs, "arrangement", &by_officer, false, &theirs, f));
    const json_t *ours = l->terms->body;
    if (strcmp(theirs->org, l->act->org) != 0 || !signer_member_is(ours, "with", theirs->org) ||
        !signer_member_is(theirs->body, "with", l->domain))
        return not_what("the terms are between others", f);
    if (!json_equal(json_object_get(ours, "terms"), json_object_get(theirs->body, "terms")) ||
        !json_equal(json_object_get(ours, "version"), json_object_get(theirs->body, "version")))
        return not_what("the two sides signed different terms", f);
    if (l->terms->at_ms > l->author->at_ms)
        return not_what("the terms are younger than the report", f);
    return terms_check(json_object_get(ours, "terms"), f);
}

/* Our node answers, as our organisation, the very act that a partner's person signed, on a report that our
 * author shared. */
static enum err open_rule(struct leave *l, struct fail *f)
{
    char own[DOMAIN_MAX + 2];
    TRY(read_grant(l, f));
    TRY(check_act(l, &l->shown->by, "request", &by_reader, false, &l->act, f));
    TRY(check_act(l, &l->shown->author, "share", &by_author, true, &l->author, f));
    TRY(check_second(l, l->author, l->shown->has_author_second ? &l->shown->author_second : NULL, &by_either,
                     f));
    snprintf(own, sizeof own, "@%s", l->domain);
    if (strcmp(l->statement->by, own) != 0 || strcmp(l->statement->ref, l->act->id) != 0)
        return not_what("the statement does not answer this act", f);
    if (l->shown->has_terms)
        TRY(open_terms(l, f));
    if ((json_integer_value(json_object_get(l->act->body, "forward")) != 1 && !l->terms) ||
        !signer_member_is(l->act->body, "originator", l->domain))
        return not_what("the act asks for a decision, not for a rule", f);
    if (strcmp(l->act->report, l->author->report) != 0 || strcmp(l->act->report, l->statement->report) != 0)
        return not_what("act, share and statement are about several reports", f);
    return OK;
}

enum err leave_open(const struct keys *k, const struct wire_seal *v, struct leave **out, struct fail *f)
{
    AUTO(leave_freep) struct leave *l = mem_new(sizeof *l);
    uint32_t generation;
    l->shown = v;
    if (!origin_read(keys_last(k, USE_LOG)->name, l->domain, &generation))
        return fail_set(f, E_INTERNAL, "a log without a domain");
    TRY(shown_under(k, v->checkpoint, &l->under, f));
    TRY(v->has_author ? open_rule(l, f) : v->statement.len != 0 ? open_grant(l, f) : open_share(l, f));
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
        if (signer_member_is(one, "id", id))
            return one;
    return NULL;
}

/* The author named the portion, as this master; ${out} is its row in his act. */
static enum err sealed_by(const struct act *author, const struct wire_copy *copy, const json_t **out,
                          struct fail *f)
{
    uint8_t digest[HASH_LEN];
    char text[44];
    const json_t *portion = find_portion(json_object_get(author->body, "portions"), copy->portion);
    if (!portion)
        return not_what("the act does not name this portion", f);
    hash_sha256(copy->manifest, digest);
    statement_digest_text(digest, text);
    if (!signer_member_is(portion, "digest", text))
        return not_what("the master is not the one that the author sealed", f);
    *out = portion;
    return OK;
}

/* share: the author named portion, manifest and holder. */
static enum err share_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    const json_t *body = l->act->body, *portion;
    TRY(sealed_by(l->act, copy, &portion, f));
    if (!names_holder(json_object_get(body, "to"), copy->holder) &&
        !names_holder(json_object_get(body, "holders"), copy->holder))
        return not_what("the act does not name this holder", f);
    return OK;
}

/* The log has a grant of this portion by ${actor}, in these words. */
static enum err entered(const struct leave *l, const struct wire_copy *copy, const char *actor,
                        struct fail *f)
{
    struct shown event;
    char portion[DOMAIN_MAX + 1 + UUID_TEXT];
    TRY(shown_check(&copy->leave.entry, &l->under, &event, f));
    if (shown_kind(&event) != KIND_GRANT)
        return not_what("the entry is no grant", f);
    snprintf(portion, sizeof portion, "%s/%s", l->domain, copy->portion);
    TRY(shown_need(&event, FIELD_PORTION, bytes_str(portion), f));
    TRY(shown_need(&event, FIELD_ACTOR, bytes_str(actor), f));
    return shown_need(&event, FIELD_STATEMENT, BYTES(l->statement->digest, HASH_LEN), f);
}

/* grant: the officer named the portion, the statement the holder, and the log says so. */
static enum err grant_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    if (!copy->has_leave)
        return not_what("no entry is shown for this portion", f);
    if (!statement_names(l->act->portions, copy->portion) ||
        !statement_names(l->statement->portions, copy->portion))
        return not_what("the act does not name this portion", f);
    if (!names_holder(json_object_get(l->statement->body, "to"), copy->holder))
        return not_what("the grant is for another holder", f);
    return entered(l, copy, l->act->by, f);
}

/* By which rule the statement says that the portion goes. */
static enum reason rule_of(const struct leave *l, const char *id)
{
    size_t i;
    const json_t *row;
    json_array_foreach (json_object_get(l->statement->body, "rules"), i, row)
        if (signer_member_is(row, "portion", id) && json_is_string(json_object_get(row, "rule")))
            return reason_from_code(json_string_value(json_object_get(row, "rule")));
    return REASON_NONE;
}

/* By which of the terms it goes, by the asker's times and the statement's: never by what the statement says of it. */
static enum reason terms_of(const struct leave *l, const struct marking *mark)
{
    const json_t *terms = l->terms ? json_object_get(l->terms->body, "terms") : NULL;
    const char *by = json_string_value(json_object_get(l->act->body, "by"));
    const char *precedence = json_string_value(json_object_get(l->act->body, "precedence"));
    struct terms_say say;
    struct terms_wait wait = { .asked = json_integer_value(json_object_get(l->act->body, "forward")) != 1,
                               .asked_ms = l->act->at_ms,
                               .now_ms = l->statement->at_ms };
    if (!terms || !by || !time_read(by, &wait.due_ms))
        return REASON_NONE;
    wait.answer_hours = terms_answer_hours(terms, precedence ? precedence : "routine");
    terms_say(terms, mark, &say);
    return terms_leave(&say, &wait);
}

/* What the author marked decides; what is stated of the recipient stands in the log with the statement. */
static enum err rule_allows(const struct leave *l, const struct wire_copy *copy, const json_t *portion,
                            struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(policy_result_clear) struct policy_result result = { 0 };
    const char *text;
    enum reason rule = rule_of(l, copy->portion);
    TRY(json_need_str(portion, "mark", "leave to seal", &text, f));
    TRY(marking_read(text, &mark, f));
    const struct policy_input in = {
        .marks = &mark,
        .mark_count = 1,
        .originator = l->domain,
        /* what the asker himself may read is the node's to say: of his releases nothing is shown here */
        .release = { .exists = true, .granted = true },
        .asker = { .home = l->act->org,
                   .person = POLICY_ACTIVE,
                   .device = POLICY_ACTIVE,
                   .partner = POLICY_ACTIVE,
                   .person_id = l->act->by },
        .onward = { .to = copy->holder,
                    .state = POLICY_ACTIVE,
                    .in_community = rule == REASON_COMMUNITY_RULE,
                    .client = rule == REASON_CLIENT_RULE,
                    .leave = terms_of(l, &mark) },
    };
    policy_onward(&in, &result);
    return policy_check(&result, "leave to seal by rule", f);
}

/* rule: the partner's person named portion and holder, the author the master and its mark. */
static enum err rule_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    char own[DOMAIN_MAX + 2];
    const json_t *portion;
    if (!copy->has_leave)
        return not_what("no entry is shown for this portion", f);
    if (!statement_names(l->act->portions, copy->portion) ||
        !statement_names(l->statement->portions, copy->portion))
        return not_what("the act does not name this portion", f);
    if (!signer_member_is(l->act->body, "to", copy->holder) ||
        !signer_member_is(l->statement->body, "to", copy->holder))
        return not_what("the act or the statement is for another holder", f);
    TRY(sealed_by(l->author, copy, &portion, f));
    TRY(rule_allows(l, copy, portion, f));
    snprintf(own, sizeof own, "@%s", l->domain);
    return entered(l, copy, own, f);
}

enum err leave_covers(const struct leave *l, const struct wire_copy *copy, struct fail *f)
{
    if (!name_is_uuid(copy->portion) || !name_is_domain(copy->holder))
        return fail_set(f, E_INVALID, "leave to seal: portion or holder is malformed");
    return l->author      ? rule_covers(l, copy, f)
           : l->statement ? grant_covers(l, copy, f)
                          : share_covers(l, copy, f);
}
