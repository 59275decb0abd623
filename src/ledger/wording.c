/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/wording.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "ledger/text.h"

#define LIMIT                                                                                                \
    "No key was released to this identity through orcon, and no telling was declared. It does not show "     \
    "what "                                                                                                  \
    "the person saw or heard otherwise."

static void put(struct buf *out, struct bytes v)
{
    buf_put_bytes(out, v);
}

static void put_time(struct buf *out, uint64_t time_ms)
{
    char text[TIME_TEXT_SIZE];
    time_print(time_ms, text);
    buf_put_str(out, text);
}

/* in_basis: the verdict rests on this monitor. */
static bool in_basis(const struct verdict *v, const char *name)
{
    static const char head[] = "monitored by ";
    size_t len = strlen(name);
    const char *at = strncmp(v->basis, head, sizeof head - 1) == 0 ? v->basis + sizeof head - 1 : "";
    for (; *at && *at != ','; at += strcspn(at, " ,")) {
        at += *at == ' ';
        if (strncmp(at, name, len) == 0 && (at[len] == ' ' || at[len] == ',' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* put_cosigners: the organisations behind the keys that signed: monitors that the verdict rests on, or witnesses. */
static void put_cosigners(const struct verdict *v, const struct quorum *policy, bool monitors,
                          struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < policy->key_count; i++) {
        const char *name = policy->key[i].name;
        bool counts = monitors ? in_basis(v, name) : !quorum_is_monitor(policy, i);
        if ((v->cosigners >> i & 1) == 0 || !counts)
            continue;
        buf_printf(out, "%s%.*s", count++ == 0 ? "" : ", ", (int)strcspn(name, "/"), name);
    }
    if (count == 0)
        buf_put_str(out, "nobody outside");
}

static void put_portion(const struct evidence *e, const char *portion, struct buf *out)
{
    if (portion != NULL)
        buf_put_str(out, portion);
    else
        put(out, e->portion);
}

static void put_family(const struct evidence *e, struct buf *out)
{
    buf_put_str(out, " (family: ");
    if (e->family != EVIDENCE_FAMILY_LISTED)
        buf_put_str(out, e->family == EVIDENCE_FAMILY_NONE ? "none" : "not covered");
    for (size_t i = 0; i < e->relative.count; i++) {
        buf_put_str(out, i == 0 ? "" : ", ");
        put(out, e->relative.item[i]);
    }
    buf_put_str(out, ")");
}

static void put_reports(const struct evidence *e, struct buf *out)
{
    for (size_t i = 0; i < e->report_count; i++) {
        buf_printf(out, "; reports from %s", e->report[i].domain);
        if (e->report[i].jws.len == 0) {
            buf_put_str(out, " are missing");
            continue;
        }
        buf_put_str(out, " up to ");
        put_time(out, e->report[i].until_ms);
    }
}

/* put_where: up to which time and entry of which ledger. */
static void put_end(const struct evidence *e, const struct verdict *v, struct buf *out)
{
    buf_printf(out, "%s/orcon/%llu up to ", e->ledger, (unsigned long long)v->generation);
    put_time(out, v->time_ms);
    buf_printf(out, ", entry %llu", (unsigned long long)v->index);
}

static void put_checked(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                        struct buf *out)
{
    buf_put_str(out, "; map checked by ");
    if (text_is(bytes_str(v->basis), "replayed"))
        buf_put_str(out, "the verifier");
    else
        put_cosigners(v, policy, true, out);
    buf_put_str(out, "; witnessed by ");
    put_cosigners(v, policy, false, out);
    put_reports(e, out);
    buf_put_str(out, ". ");
}

static void say_no_record(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                          const char *portion, struct buf *out)
{
    buf_put_str(out, "No briefing of ");
    put(out, e->subject);
    buf_put_str(out, " on portion ");
    put_portion(e, portion, out);
    put_family(e, out);
    buf_put_str(out, " is on record in ");
    put_end(e, v, out);
    put_checked(e, v, policy, out);
    buf_put_str(out, LIMIT);
}

static void say_unknown(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                        const char *portion, struct buf *out)
{
    buf_put_str(out, "Whether ");
    put(out, e->subject);
    buf_put_str(out, " was briefed on portion ");
    put_portion(e, portion, out);
    put_family(e, out);
    buf_put_str(out, " is unknown: ");
    for (size_t i = 0; i < v->reason_count; i++) {
        buf_put_str(out, i == 0 ? "" : "; ");
        wording_reason(v->reason[i], out);
    }
    bool own_word = strncmp(v->basis, "self-asserted", 13) == 0;
    buf_put_str(out, own_word ? ". By the originator's own word no" : ". No");
    buf_put_str(out, " briefing of this person himself is on record in ");
    put_end(e, v, out);
    put_checked(e, v, policy, out);
    buf_put_str(out, "It does not show what the person saw or heard otherwise.");
}

/* What a `yes` rests on, by the words of its basis. */
static void put_yes_basis(const struct verdict *v, struct buf *out)
{
    static const struct {
        const char *word, *says;
    } words[] = {
        { ", reader", "The person's own signed request and access token are in the proof. " },
        { ", reporter", "The signed report of the organisation that released or told it is in the proof. " },
        { ", originator", "It is the originator's word: the person's own request is not in the proof. " },
        { ", receipt", "A receipt from the person's organisation says that it arrived. " },
    };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(v->basis, words[i].word) != NULL)
            buf_put_str(out, words[i].says);
}

static void say_yes(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                    const char *portion, struct buf *out)
{
    bool told = strncmp(v->basis, "told", 4) == 0;
    put(out, e->subject);
    buf_put_str(out, " was briefed on portion ");
    put_portion(e, portion, out);
    buf_put_str(out, told ? ": a telling was recorded at " : ": its key was released at ");
    put_time(out, v->time_ms);
    buf_printf(out, ", entry %llu of %s/orcon/%llu; witnessed by ", (unsigned long long)v->index, e->ledger,
               (unsigned long long)v->generation);
    put_cosigners(v, policy, false, out);
    buf_put_str(out, ". ");
    put_yes_basis(v, out);
    buf_put_str(out, "It does not show what the person read, saw or heard.");
}

static void say_count(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                      const char *portion, struct buf *out)
{
    buf_printf(out, "%llu ", (unsigned long long)v->count);
    if (e->claim == EVIDENCE_EVENTS) {
        buf_put_str(out, v->count == 1 ? "event with " : "events with ");
        put(out, e->subject);
    } else {
        buf_put_str(out, v->count == 1 ? "briefing" : "briefings");
    }
    buf_put_str(out, " on portion ");
    put_portion(e, portion, out);
    buf_put_str(out, " are on record in ");
    put_end(e, v, out);
    put_checked(e, v, policy, out);
}

void wording_claim(const struct evidence *e, const struct verdict *v, const struct quorum *policy,
                   const char *portion, struct buf *out)
{
    if (v->outcome == EVIDENCE_UNKNOWN)
        say_unknown(e, v, policy, portion, out);
    else if (v->outcome == EVIDENCE_YES)
        say_yes(e, v, policy, portion, out);
    else if (v->outcome == EVIDENCE_NO_RECORD)
        say_no_record(e, v, policy, portion, out);
    else
        say_count(e, v, policy, portion, out);
}

/* Words with a value behind them end in a colon. */
struct meaning {
    const char *word, *says;
};

static void say_meaning(const struct meaning *m, size_t count, struct bytes token, struct buf *out)
{
    struct bytes value;
    for (size_t i = 0; i < count; i++) {
        bool has_value = m[i].word[strlen(m[i].word) - 1] == ':';
        if (has_value ? !text_after(token, m[i].word, &value) : !text_is(token, m[i].word))
            continue;
        buf_put_str(out, m[i].says);
        if (has_value) {
            buf_put_u8(out, ' ');
            put(out, value);
        }
        return;
    }
    put(out, token);
}

void wording_assume(struct bytes token, struct buf *out)
{
    static const struct meaning meanings[] = {
        { "declared-tellings", "who tells somebody by voice or paper records it" },
        { "family-by-originator", "which portions have the same text is the originator's word" },
        { "ledgers-by-originator", "which other ledgers could release it is the originator's word" },
        { "one-identity", "each person has one id, at his own organisation" },
        { "reader-software", "readers' programs refuse a key without the proof of its entry" },
        { "interop", "keys were released to other programs, which check no proof" },
        { "guests", "guests of a node are known to it alone" },
        { "told-in-words:", "tellings to somebody who is named only in words:" },
        { "originator-tags", "which organisation an entry concerns is the originator's word" },
    };
    say_meaning(meanings, COUNT(meanings), token, out);
}

void wording_reason(const char *reason, struct buf *out)
{
    static const struct meaning meanings[] = {
        { "organisation-wide", "his whole organisation was briefed" },
        { "report-missing:", "there is no recent report from" },
        { "generation-missing:", "nothing is shown of the ledger's generation" },
        { "cut:", "entries may have been lost before the ledger's generation" },
        { "no-monitor", "no monitor outside the originator has checked the ledger's map" },
    };
    say_meaning(meanings, COUNT(meanings), bytes_str(reason), out);
}
