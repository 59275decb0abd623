/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/verdict.h"

#include "base/mem.h"
#include "base/time.h"
#include "ledger/absence.h"
#include "ledger/text.h"
#include "ledger/verdict_internal.h"

#define FUTURE_MS 60000 /* a seal may be so much ahead of the newest cosignature */

/* origin_of: the ledger and generation that a part's checkpoint names; nothing is verified here. */
static MUST_USE enum err origin_of(struct bytes note, const char *ledger, uint32_t *generation,
                                   struct fail *f)
{
    char origin[ORIGIN_SIZE], domain[DOMAIN_MAX + 1];
    struct reader r = reader_of(note);
    struct bytes line;
    if (!text_line(&r, &line) || line.len >= sizeof origin ||
        (line.len != 0 && memchr(line.data, '\0', line.len) != NULL))
        return fail_set(f, E_INVALID, "a part's checkpoint has no origin");
    memcpy(origin, line.data, line.len);
    origin[line.len] = '\0';
    if (!origin_read(origin, domain, generation) || strcmp(domain, ledger) != 0)
        return fail_set(f, E_UNVERIFIED, "a part of another ledger than %s", ledger);
    return OK;
}

/* cosigned: who cosigned a part's checkpoint, and whether they are a quorum; the newest time among them. */
static MUST_USE enum err cosigned(struct judge *j, const struct part_anchor *a, struct bytes checkpoint,
                                  uint64_t *newest_s, struct fail *f)
{
    AUTO(note_freep) struct note *n = NULL;
    AUTO(mem_freep) struct note_key *keys = mem_array(QUORUM_MAX + 1, sizeof *keys);
    struct note_signed by[QUORUM_MAX + 1] = { 0 };
    uint64_t monitors;
    keys[0] = *a->log;
    memcpy(keys + 1, j->policy->key, j->policy->key_count * sizeof *keys);
    TRY(note_read(checkpoint, &n, f));
    TRY(note_verify(n, keys, j->policy->key_count + 1, by, f));
    if (!quorum_met(j->policy, by + 1))
        return fail_set(f, E_UNVERIFIED, "no quorum of witnesses signed the checkpoint");
    *newest_s = 0;
    j->logs |= (uint64_t)1 << (a->log - j->policy->log);
    for (size_t i = 1; i <= j->policy->key_count; i++) {
        j->cosigners |= (uint64_t)by[i].by << (i - 1);
        if (by[i].by && by[i].time_s > *newest_s)
            *newest_s = by[i].time_s;
    }
    if (!quorum_monitors(j->policy, by + 1, j->e->ledger, &monitors))
        j->unmonitored = true;
    j->monitors &= monitors;
    j->monitors_of_any |= monitors;
    return OK;
}

/* genesis_of: what an earlier part showed of this generation; NULL if none did. */
static const struct entry_genesis *genesis_of(const struct judge *j, uint32_t generation)
{
    for (size_t i = 0; i < j->seen_count; i++)
        if (j->seen[i].generation == generation)
            return &j->seen[i].anchor->genesis;
    return NULL;
}

static void absence_done(struct seen *s)
{
    absence_free(s->absence);
    mem_freep(&s->absence_facts);
}

static void presence_done(struct seen *s)
{
    presence_free(s->presence);
    mem_freep(&s->presence_facts);
}

static MUST_USE enum err see_absence(struct judge *j, struct seen *s, struct bytes text, struct fail *f)
{
    uint64_t newest_s;
    struct part_trust trust = { j->policy->log, j->policy->log_count, NULL };
    TRY(absence_read(text, &s->absence, f));
    TRY(origin_of(s->absence->place.checkpoint, j->e->ledger, &s->generation, f));
    trust.genesis = genesis_of(j, s->generation);
    s->absence_facts = mem_new(sizeof *s->absence_facts);
    TRY(absence_verify(s->absence, &trust, s->absence_facts, f));
    s->anchor = &s->absence_facts->anchor;
    TRY(cosigned(j, s->anchor, s->absence->place.checkpoint, &newest_s, f));
    if (newest_s != 0 && newest_s < UINT64_MAX / 1000 - FUTURE_MS &&
        s->absence_facts->seal.time_ms > newest_s * 1000 + FUTURE_MS)
        return fail_set(f, E_UNVERIFIED, "seal from the future");
    return OK;
}

static MUST_USE enum err see_presence(struct judge *j, struct seen *s, struct bytes text, struct fail *f)
{
    uint64_t newest_s;
    struct part_trust trust = { j->policy->log, j->policy->log_count, NULL };
    TRY(presence_read(text, &s->presence, f));
    TRY(origin_of(s->presence->place.checkpoint, j->e->ledger, &s->generation, f));
    trust.genesis = genesis_of(j, s->generation);
    s->presence_facts = mem_new(sizeof *s->presence_facts);
    TRY(presence_verify(s->presence, &trust, s->presence_facts, f));
    s->anchor = &s->presence_facts->anchor;
    return cosigned(j, s->anchor, s->presence->place.checkpoint, &newest_s, f);
}

/* see: verify every part by itself, in order; generations never fall. */
static MUST_USE enum err see(struct judge *j, struct fail *f)
{
    j->seen = mem_array(j->e->part_count, sizeof *j->seen);
    for (size_t i = 0; i < j->e->part_count; i++) {
        const struct evidence_part *p = &j->e->part[i];
        struct seen *s = &j->seen[i];
        enum err err = p->is_absence ? see_absence(j, s, p->text, f) : see_presence(j, s, p->text, f);
        if (err != OK) { /* what was read of this one is not among the seen, but ours to free */
            absence_done(s);
            presence_done(s);
            return err;
        }
        j->seen_count++;
        if (i > 0 && s->generation < s[-1].generation)
            return fail_set(f, E_UNVERIFIED, "the parts are not in the order of generations");
    }
    return OK;
}

static void judge_done(struct judge *j)
{
    for (size_t i = 0; i < j->seen_count; i++) {
        absence_done(&j->seen[i]);
        presence_done(&j->seen[i]);
    }
    mem_freep(&j->seen);
}

void verdict_reason(struct verdict *v, const char *fmt, ...)
{
    char text[VERDICT_REASON_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (size_t i = 0; i < v->reason_count; i++)
        if (strcmp(v->reason[i], text) == 0)
            return;
    if (v->reason_count < EVIDENCE_LIST_MAX)
        memcpy(v->reason[v->reason_count++], text, sizeof text);
}

void verdict_basis(struct verdict *v, const char *fmt, ...)
{
    size_t len = strlen(v->basis);
    va_list args;
    va_start(args, fmt);
    vsnprintf(v->basis + len, sizeof v->basis - len, fmt, args);
    va_end(args);
}

/* The reasons that a claim of unknown may give, whatever the verifier finds. */
static bool is_reason(const char *s)
{
    static const char *const with_number[] = { "generation-missing:", "cut:" };
    struct bytes rest;
    uint64_t n;
    if (strcmp(s, "organisation-wide") == 0 || strcmp(s, "no-monitor") == 0)
        return true;
    if (text_after(bytes_str(s), "report-missing:", &rest))
        return name_is_domain((const char *)rest.data);
    for (size_t i = 0; i < COUNT(with_number); i++)
        if (text_after(bytes_str(s), with_number[i], &rest))
            return text_decimal(rest, &n) && n != 0;
    return false;
}

/* claimed: a claim of unknown keeps its reasons, in front of those that are found. */
static MUST_USE enum err claimed(const struct evidence *e, struct verdict *v, struct fail *f)
{
    for (size_t i = 0; i < e->reason.count; i++) {
        char text[VERDICT_REASON_SIZE];
        struct bytes r = e->reason.item[i];
        if (r.len >= sizeof text)
            return fail_set(f, E_INVALID, "evidence: reason %zu of the claim", i + 1);
        memcpy(text, r.data, r.len);
        text[r.len] = '\0';
        if (strlen(text) != r.len || !is_reason(text))
            return fail_set(f, E_INVALID, "evidence: reason %zu of the claim", i + 1);
        verdict_reason(v, "%s", text);
    }
    return OK;
}

/* compare: the outcome of all that was found, and whether the claim follows from it. */
static MUST_USE enum err compare(const struct evidence *e, struct verdict *v, struct fail *f)
{
    char all[400] = "";
    v->outcome = v->reason_count != 0 ? EVIDENCE_UNKNOWN : e->claim;
    if (v->outcome == e->claim)
        return OK;
    for (size_t i = 0; i < v->reason_count; i++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i == 0 ? "" : " ", v->reason[i]);
    return fail_set(f, E_UNVERIFIED, "the claim does not follow: %s", all);
}

MUST_USE enum err verdict_of(const struct evidence *e, const struct quorum *policy,
                             const struct shown_cards *cards, bool replayed, struct verdict *out,
                             struct fail *f)
{
    struct judge j = {
        .e = e, .policy = policy, .cards = cards, .replayed = replayed, .monitors = UINT64_MAX
    };
    memset(out, 0, sizeof *out);
    out->outcome = EVIDENCE_UNKNOWN;
    enum err err = evidence_verify_last(e, cards, f);
    if (err == OK)
        err = see(&j, f);
    if (err == OK && e->claim == EVIDENCE_UNKNOWN)
        err = claimed(e, out, f);
    if (err == OK)
        err = e->claim == EVIDENCE_YES ? verdict_yes(&j, out, f) : verdict_rest(&j, out, f);
    out->cosigners = j.cosigners;
    out->logs = j.logs;
    judge_done(&j);
    return err != OK ? err : compare(e, out, f);
}
