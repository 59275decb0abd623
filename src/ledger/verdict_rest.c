/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/time.h"
#include "ledger/text.h"
#include "ledger/verdict_internal.h"

static const char *const person_assumes[] = {
    "declared-tellings", "family-by-originator", "ledgers-by-originator", "one-identity", "reader-software",
};

/* assumed: the assumptions of a claim about a person, in their order, then those that may be true besides. */
static bool assumed_person(const struct evidence_list *l)
{
    size_t at = 0;
    struct bytes rest;
    uint64_t n;
    for (; at < COUNT(person_assumes); at++)
        if (at >= l->count || !text_is(l->item[at], person_assumes[at]))
            return false;
    at += at < l->count && text_is(l->item[at], "interop");
    at += at < l->count && text_is(l->item[at], "guests");
    at += at < l->count && text_after(l->item[at], "told-in-words:", &rest) && text_decimal(rest, &n);
    return at == l->count;
}

static bool assumed(const struct evidence *e)
{
    if (e->claim >= EVIDENCE_EVENTS)
        return e->assume.count == 1 && text_is(e->assume.item[0], "originator-tags");
    return assumed_person(&e->assume);
}

/* absence_of: the one absence part of a generation; NULL if there is none. */
static MUST_USE enum err absence_of(const struct judge *j, uint64_t generation, const struct seen **out,
                                    struct fail *f)
{
    *out = NULL;
    for (size_t i = 0; i < j->seen_count; i++) {
        if (j->seen[i].absence == NULL || j->seen[i].generation != generation)
            continue;
        if (*out != NULL)
            return fail_set(f, E_UNVERIFIED, "two absence parts of generation %llu",
                            (unsigned long long)generation);
        *out = &j->seen[i];
    }
    return OK;
}

/* follows: a continued log begins where the closed one before it ends, and is the one that it named. */
static bool follows(const struct seen *before, const struct entry_genesis *g)
{
    const struct absence_facts *b = before->absence_facts;
    return b->closed && b->anchor.checkpoint.size == g->prev_size &&
           memcmp(b->anchor.checkpoint.root, g->prev_root, HASH_LEN) == 0 &&
           !entry_close_names(&b->close, g) && b->seal.time_ms <= g->time_ms;
}

/* cut: a log that was cut leaves a gap; the policy may tolerate a short one, if it begins where the part before
 * ends. */
static void cut(const struct judge *j, const struct seen *before, const struct entry_genesis *g,
                struct verdict *v)
{
    const struct absence_facts *b = before == NULL ? NULL : before->absence_facts;
    if (b == NULL || b->anchor.checkpoint.size != g->prev_size ||
        memcmp(b->anchor.checkpoint.root, g->prev_root, HASH_LEN) != 0 || b->seal.time_ms > g->time_ms ||
        (g->time_ms - b->seal.time_ms + 999) / 1000 > j->policy->gap_s) {
        verdict_reason(v, "cut:%u", g->generation);
        return;
    }
    verdict_basis(v, ", gap of %llu s before generation %u",
                  (unsigned long long)((g->time_ms - b->seal.time_ms + 999) / 1000), g->generation);
}

/* chain: every generation up to the last is there, and each begins where the one before ends. */
static MUST_USE enum err chain(const struct judge *j, struct verdict *v, struct fail *f)
{
    const struct seen *before = NULL, *now;
    if (j->e->generation > QUORUM_MAX)
        return fail_set(f, E_UNVERIFIED, "more generations than a policy has logs");
    for (uint64_t g = 1; g <= j->e->generation; g++, before = now) {
        TRY(absence_of(j, g, &now, f));
        if (now == NULL) {
            verdict_reason(v, "generation-missing:%llu", (unsigned long long)g);
            continue;
        }
        const struct entry_genesis *genesis = &now->anchor->genesis;
        if (genesis->how == ENTRY_CUT)
            cut(j, before, genesis, v);
        else if (genesis->how == ENTRY_CONTINUED && before != NULL && !before->absence_facts->closed)
            return fail_set(f, E_UNVERIFIED, "close-log entry of generation %llu is not shown",
                            (unsigned long long)(g - 1));
        else if (genesis->how == ENTRY_CONTINUED && before != NULL && !follows(before, genesis))
            return fail_set(f, E_UNVERIFIED, "generation %llu does not end where %llu begins",
                            (unsigned long long)(g - 1), (unsigned long long)g);
    }
    return OK;
}

/* last_seal: the until line is the seal of the last generation, and no part goes beyond it. */
static MUST_USE enum err last_seal(const struct judge *j, struct verdict *v, struct fail *f)
{
    const struct evidence *e = j->e;
    const struct seen *last;
    TRY(absence_of(j, e->generation, &last, f));
    if (last == NULL || j->seen[j->seen_count - 1].generation != e->generation ||
        last->absence_facts->seal.time_ms != e->time_ms || last->absence->place.index != e->index)
        return fail_set(f, E_UNVERIFIED, "until line");
    v->time_ms = e->time_ms;
    v->generation = e->generation;
    v->index = e->index;
    return OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* monitored: on what the maps rest. Comes before the gaps in the text of the basis. */
static void monitored(const struct judge *j, struct verdict *v)
{
    const char *names[QUORUM_MAX];
    size_t count = 0;
    /* a group can be met by other members in each part: then all of them are named */
    uint64_t keys = j->monitors != 0 ? j->monitors : j->monitors_of_any;
    for (size_t i = 0; i < j->policy->key_count; i++)
        if (keys >> i & 1)
            names[count++] = j->policy->key[i].name;
    if (j->replayed) {
        verdict_basis(v, "replayed");
    } else if (j->policy->monitor == QUORUM_MONITOR_NONE || j->unmonitored) {
        verdict_basis(v, "self-asserted");
    } else {
        qsort(names, count, sizeof *names, by_name);
        verdict_basis(v, "monitored by");
        for (size_t i = 0; i < count; i++)
            verdict_basis(v, " %s", names[i]);
    }
}

/* shown: `@domain` has a briefing on ${portion} on record in this generation. */
static bool shown(const struct judge *j, uint32_t generation, struct bytes portion, struct bytes name)
{
    for (size_t i = 0; i < j->seen_count; i++) {
        const struct presence_facts *p = j->seen[i].presence_facts;
        if (p != NULL && j->seen[i].generation == generation &&
            bytes_equal(p->field[FIELD_PORTION], portion) && bytes_equal(p->field[FIELD_PERSON], name))
            return true;
    }
    return false;
}

static bool asked(const struct absence *a, struct bytes portion, struct bytes name)
{
    for (size_t i = 0; i < a->query_count; i++)
        if (a->query[i].class == TAG_PERSON && bytes_equal(a->query[i].portion, portion) &&
            bytes_equal(a->query[i].name, name))
            return true;
    return false;
}

/* organisation_of: `@domain` of the person asked about. */
static struct bytes organisation_of(struct bytes person)
{
    const uint8_t *at = memchr(person.data, '@', person.len);
    return BYTES(at, person.len - (size_t)(at - person.data));
}

/* all_asked: in one generation, about the person and his organisation, on every covered portion. */
static MUST_USE enum err all_asked(const struct judge *j, const struct seen *s, struct fail *f)
{
    const struct evidence *e = j->e;
    const struct bytes names[] = { e->subject, organisation_of(e->subject) };
    for (size_t p = 0; p <= e->relative.count; p++) {
        struct bytes portion = p == 0 ? e->portion : e->relative.item[p - 1];
        for (size_t n = 0; n < COUNT(names); n++)
            if (!asked(s->absence, portion, names[n]) &&
                !(n == 1 && shown(j, s->generation, portion, names[n])))
                return fail_set(f, E_UNVERIFIED, "no query for %.*s on %.*s in generation %u",
                                (int)names[n].len, (const char *)names[n].data, (int)portion.len,
                                (const char *)portion.data, s->generation);
    }
    return OK;
}

static bool is_covered(const struct evidence *e, struct bytes portion)
{
    bool good = bytes_equal(portion, e->portion);
    for (size_t i = 0; i < e->relative.count; i++)
        good = good || bytes_equal(portion, e->relative.item[i]);
    return good;
}

/* organisation_wide: the presence parts of a claim about a person can show one thing: a briefing of his whole
 * organisation. */
static MUST_USE enum err organisation_wide(const struct judge *j, struct verdict *v, struct fail *f)
{
    struct bytes all = organisation_of(j->e->subject);
    for (size_t i = 0; i < j->seen_count; i++) {
        const struct presence_facts *p = j->seen[i].presence_facts;
        if (p == NULL)
            continue;
        if (all.len == j->e->subject.len || (p->tags & 1u << TAG_PERSON) == 0 ||
            !bytes_equal(p->field[FIELD_PERSON], all) || !is_covered(j->e, p->field[FIELD_PORTION]))
            return fail_set(f, E_UNVERIFIED, "a presence part that has no place in this claim");
        verdict_reason(v, "organisation-wide");
    }
    return OK;
}

/* report_good: the statement says, for every covered portion, that all briefings before its `until` are
 * reported. */
static bool report_good(const struct judge *j, const struct evidence_report *r, struct fail *f)
{
    AUTO(jose_freep) struct jose *s = NULL;
    const struct evidence *e = j->e;
    uint64_t until_ms;
    if (shown_jws(r->jws, j->cards, &s, f) != OK)
        return false;
    const json_t *body = json_object_get(s->payload, "body"), *aud = json_object_get(s->payload, "aud");
    bool good = strcmp(shown_text(s->payload, "iss"), r->domain) == 0 &&
                strcmp(shown_text(s->payload, "kind"), "briefing-report") == 0 &&
                json_object_get(body, "person") == NULL && time_read(shown_text(body, "until"), &until_ms) &&
                until_ms == r->until_ms;
    bool for_us = false;
    for (size_t i = 0; i < json_array_size(aud); i++) {
        const char *to = json_string_value(json_array_get(aud, i));
        for_us = for_us || (to != NULL && strcmp(to, e->ledger) == 0);
    }
    for (size_t i = 0; good && i <= e->relative.count; i++) {
        struct bytes p = i == 0 ? e->portion : e->relative.item[i - 1];
        AUTO(str_freep) char *portion = str_format("%.*s", (int)p.len, (const char *)p.data);
        good = shown_names(s, portion);
    }
    return good && for_us;
}

static MUST_USE enum err reports(const struct judge *j, struct verdict *v, struct fail *f)
{
    for (size_t i = 0; i < j->e->report_count; i++) {
        const struct evidence_report *r = &j->e->report[i];
        if (r->jws.len != 0 && !report_good(j, r, NULL))
            return fail_set(f, E_UNVERIFIED, "report of %s", r->domain);
        uint64_t behind_ms = r->until_ms < j->e->time_ms ? j->e->time_ms - r->until_ms : 0;
        if (r->jws.len == 0 || behind_ms > j->policy->report_lag_s * 1000)
            verdict_reason(v, "report-missing:%s", r->domain);
    }
    return OK;
}

static MUST_USE enum err about_person(const struct judge *j, struct verdict *v, struct fail *f)
{
    TRY(organisation_wide(j, v, f));
    for (size_t i = 0; i < j->seen_count; i++)
        if (j->seen[i].absence != NULL)
            TRY(all_asked(j, &j->seen[i], f));
    return reports(j, v, f);
}

/* counted: presence parts of one generation show the versions 0..${end}-1 of the class, each once. */
static MUST_USE enum err counted(const struct judge *j, uint32_t generation, unsigned class, uint64_t end,
                                 struct fail *f)
{
    const struct evidence *e = j->e;
    uint64_t found = 0;
    AUTO(mem_freep) bool *have = end <= j->seen_count ? mem_array(end + 1, sizeof *have) : NULL;
    for (size_t i = 0; i < j->seen_count; i++) {
        const struct presence_facts *p = j->seen[i].presence_facts;
        if (p == NULL || j->seen[i].generation != generation)
            continue;
        if ((p->tags & 1u << class) == 0 || !bytes_equal(p->field[FIELD_PORTION], e->portion) ||
            (class == TAG_ORGANISATION && !bytes_equal(p->field[FIELD_ORGANISATION], e->subject)))
            return fail_set(f, E_UNVERIFIED, "a presence part that has no place in this claim");
        if (have == NULL || p->version[class] >= end || have[p->version[class]])
            return fail_set(f, E_UNVERIFIED, "version %llu is shown, but not before the closing query",
                            (unsigned long long)p->version[class]);
        have[p->version[class]] = true;
        found++;
    }
    if (found != end)
        return fail_set(f, E_UNVERIFIED, "versions 0..%llu are not all shown", (unsigned long long)end - 1);
    return OK;
}

/* complete: one closing query a generation, and everything before it shown. */
static MUST_USE enum err complete(const struct judge *j, struct verdict *v, struct fail *f)
{
    const struct evidence *e = j->e;
    unsigned class = e->claim == EVIDENCE_EVENTS ? TAG_ORGANISATION : TAG_LIST;
    for (size_t i = 0; i < j->seen_count; i++) {
        const struct seen *s = &j->seen[i];
        struct seen const *only;
        TRY(absence_of(j, s->generation, &only, f));
        if (only == NULL)
            return fail_set(f, E_UNVERIFIED, "one closing query a generation");
        if (s->absence == NULL)
            continue;
        const struct absence_query *q = &s->absence->query[0];
        if (s->absence->query_count != 1 || q->class != class || !bytes_equal(q->portion, e->portion) ||
            !bytes_equal(q->name, e->subject))
            return fail_set(f, E_UNVERIFIED, "one closing query a generation");
        TRY(counted(j, s->generation, class, q->version, f));
        v->count += q->version;
    }
    if (v->count != e->count)
        return fail_set(f, E_UNVERIFIED, "the parts show %llu, not %llu", (unsigned long long)v->count,
                        (unsigned long long)e->count);
    return OK;
}

MUST_USE enum err verdict_rest(const struct judge *j, struct verdict *v, struct fail *f)
{
    if (!assumed(j->e))
        return fail_set(f, E_UNVERIFIED, "assume lines");
    TRY(last_seal(j, v, f));
    monitored(j, v);
    TRY(j->e->claim >= EVIDENCE_EVENTS ? complete(j, v, f) : about_person(j, v, f));
    TRY(chain(j, v, f));
    if (!j->replayed && j->policy->monitor != QUORUM_MONITOR_NONE && j->unmonitored)
        verdict_reason(v, "no-monitor");
    return OK;
}
