/* SPDX-License-Identifier: Apache-2.0 */
#include "client/verify_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"
#include "client/held.h"
#include "ledger/absence.h"
#include "ledger/presence.h"
#include "ledger/text.h"
#include "ledger/wording.h"

void verify_clear(struct verify *v)
{
    json_decref(v->out);
    buf_free(v->text);
    v->out = NULL;
    v->text = NULL;
}

/* Anchors -------------------------------------------------------------------------------------------------- */

static void anchor(struct verify *v, const char *fmt, ...) PRINTF(2, 3);
static void anchor(struct verify *v, const char *fmt, ...)
{
    char text[NOTE_VKEY_SIZE + 64];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    json_t *list = json_object_get(v->out, "anchors");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            return;
    json_array_append_new(list, json_string(text));
}

static void anchor_card(struct verify *v, const char *domain)
{
    struct trust t = known_trust(v->known);
    const struct card *card = trust_card(&t, domain);
    char words[WORDS_SIZE];
    if (!card)
        return;
    card_words(card, words);
    anchor(v, "card %s (%s)", domain, words);
}

static void anchor_key(struct verify *v, const char *what, const struct note_key *k)
{
    char vkey[NOTE_VKEY_SIZE];
    note_key_print(k, vkey);
    anchor(v, "%s %s", what, vkey);
}

char *verify_anchor_brief(const char *anchor)
{
    const char *hash = strncmp(anchor, "card ", 5) == 0 ? NULL : strchr(anchor, '+');
    const char *key = hash ? strchr(hash + 1, '+') : NULL; /* base64 may have more of them */
    return key ? mem_dup(anchor, (size_t)(key - anchor)) : str_dup(anchor);
}

/* What a note is judged by: the verifier's own policy, or what the cards make of it. */
static enum err policy_for(struct verify *v, const char *domain, struct bytes text, struct quorum **own,
                           const struct quorum **out, struct fail *f)
{
    struct trust t = known_trust(v->known);
    *out = v->policy;
    if (v->policy)
        return OK;
    TRY(trust_policy(&t, domain, text, own, f));
    *out = *own;
    return OK;
}

/* Evidence --------------------------------------------------------------------------------------------------- */

static json_t *text_list(const struct evidence_list *l)
{
    json_t *list = json_array();
    for (size_t i = 0; i < l->count; i++)
        json_array_append_new(list, json_stringn((const char *)l->item[i].data, l->item[i].len));
    return list;
}

static void set_bytes(json_t *object, const char *name, struct bytes v)
{
    json_set_take(object, name, json_stringn((const char *)v.data, v.len));
}

static void set_place(json_t *object, const char *when, uint64_t time_ms, uint64_t generation, uint64_t index)
{
    char time[TIME_TEXT_SIZE], entry[48];
    time_print(time_ms, time);
    snprintf(entry, sizeof entry, "%llu/%llu", (unsigned long long)generation, (unsigned long long)index);
    json_set_str(object, when, time);
    json_set_str(object, "entry", entry);
}

/* UTF-8 in the lines of a file that nobody has verified can be anything. */
static bool is_plain(const struct evidence *e)
{
    const struct bytes texts[] = { e->portion, e->subject };
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t k = 0; k < texts[i].len; k++)
            if (texts[i].data[k] < 0x20 || texts[i].data[k] > 0x7e)
                return false;
    return true;
}

static void claim_json(struct verify *v, const struct evidence *e)
{
    json_set_str(v->out, "claim", evidence_claim_name(e->claim));
    json_set_str(v->out, "ledger", e->ledger);
    if (!is_plain(e))
        return;
    set_bytes(v->out, "portion", e->portion);
    if (e->claim != EVIDENCE_LIST) /* of everyone */
        set_bytes(v->out, e->claim == EVIDENCE_EVENTS ? "organisation" : "person", e->subject);
}

static void reasons_json(struct verify *v, const struct verdict *verdict)
{
    json_t *reasons = json_array();
    for (size_t i = 0; i < verdict->reason_count; i++)
        json_array_append_new(reasons, json_string(verdict->reason[i]));
    json_set_take(v->out, "reasons", reasons);
}

static void verdict_json(struct verify *v, const struct evidence *e, const struct verdict *verdict,
                         const struct quorum *policy)
{
    json_t *reports = json_array();
    set_place(v->out, "until", verdict->time_ms, verdict->generation, verdict->index);
    json_set_str(v->out, "basis", verdict->basis);
    reasons_json(v, verdict);
    json_set_take(v->out, "family", text_list(&e->relative));
    for (size_t i = 0; i < e->report_count; i++)
        json_array_append_new(reports, json_string(e->report[i].domain));
    json_set_take(v->out, "reports", reports);
    json_set_take(v->out, "assumptions", text_list(&e->assume));
    if (e->claim >= EVIDENCE_EVENTS)
        json_set_u64(v->out, "count", verdict->count);
    wording_claim(e, verdict, policy, v->portion, v->text);
    json_set_str(v->out, "statement", buf_text(v->text));
}

/* Whose card's keys the basis rests on: the person's home, or who vouched for him instead. */
static void basis_anchor(struct verify *v, const struct evidence *e, const struct verdict *verdict)
{
    static const char via[] = ", reader via ";
    const char *at = strstr(verdict->basis, via);
    const uint8_t *home = e->subject.len ? memchr(e->subject.data, '@', e->subject.len) : NULL;
    char domain[DOMAIN_MAX + 1];
    if (at) {
        at += sizeof via - 1;
        snprintf(domain, sizeof domain, "%.*s", (int)strcspn(at, ","), at);
        anchor_card(v, domain);
    } else if (home && (strstr(verdict->basis, "reader") || strstr(verdict->basis, "receipt"))) {
        snprintf(domain, sizeof domain, "%.*s", (int)(e->subject.data + e->subject.len - home - 1), home + 1);
        anchor_card(v, domain);
    }
}

static void evidence_anchors(struct verify *v, const struct evidence *e, const struct verdict *verdict,
                             const struct quorum *policy)
{
    anchor_card(v, e->ledger);
    basis_anchor(v, e, verdict);
    for (size_t i = 0; i < policy->log_count; i++)
        if (verdict->logs >> i & 1)
            anchor_key(v, "log", &policy->log[i]);
    for (size_t i = 0; i < policy->key_count; i++)
        if (verdict->cosigners >> i & 1)
            anchor_key(v, quorum_is_monitor(policy, i) ? "monitor" : "witness", &policy->key[i]);
    for (size_t i = 0; i < e->report_count; i++)
        if (e->report[i].jws.len)
            anchor_card(v, e->report[i].domain);
}

static enum err check_evidence(struct verify *v, struct bytes file, struct fail *f)
{
    AUTO(evidence_freep) struct evidence *e = NULL;
    AUTO(quorum_freep) struct quorum *own = NULL;
    AUTO(mem_freep) struct verdict *verdict = mem_new(sizeof *verdict);
    const struct quorum *policy;
    struct trust t = known_trust(v->known);
    struct shown_cards keys = trust_keys(&t);
    TRY(evidence_read(file, &e, f));
    claim_json(v, e);
    TRY(policy_for(v, e->ledger, file, &own, &policy, f));
    enum err err = verdict_of(e, policy, &keys, false, verdict, f);
    if (err != OK) /* why it claims more than it proves, where that is what is wrong with it */
        reasons_json(v, verdict);
    TRY(err);
    verdict_json(v, e, verdict, policy);
    evidence_anchors(v, e, verdict, policy);
    return OK;
}

/* A signed checkpoint --------------------------------------------------------------------------------------------- */

static enum err domain_of(struct bytes note, char domain[static DOMAIN_MAX + 1], struct fail *f)
{
    char origin[ORIGIN_SIZE];
    struct reader r = reader_of(note);
    struct bytes line;
    uint32_t generation;
    if (!text_line(&r, &line) || line.len >= sizeof origin ||
        (line.len && memchr(line.data, '\0', line.len) != NULL))
        return fail_set(f, E_UNVERIFIED, "a checkpoint without an origin");
    memcpy(origin, line.data, line.len);
    origin[line.len] = '\0';
    if (!origin_read(origin, domain, &generation))
        return fail_set(f, E_UNVERIFIED, "a checkpoint of another kind of log than an orcon ledger");
    return OK;
}

/* Signed by its log, and by as many witnesses as the policy wants; all of them are anchors. */
enum err verify_note(struct verify *v, struct bytes note, struct checkpoint *out, struct note_key *log,
                     struct fail *f)
{
    AUTO(quorum_freep) struct quorum *own = NULL;
    struct note_signed by[QUORUM_MAX] = { 0 };
    char domain[DOMAIN_MAX + 1];
    const struct quorum *policy;
    const struct note_key *key;
    TRY(domain_of(note, domain, f));
    TRY(policy_for(v, domain, note, &own, &policy, f));
    TRY(quorum_signers(policy, note, out, &key, by, f));
    if (!v->policy)
        anchor_card(v, domain);
    anchor_key(v, "log", key);
    for (size_t i = 0; i < policy->key_count; i++)
        if (by[i].by)
            anchor_key(v, quorum_is_monitor(policy, i) ? "monitor" : "witness", &policy->key[i]);
    if (!quorum_met(policy, by))
        return fail_set(
            f, E_UNVERIFIED,
            "signed by its log, but by no quorum of witnesses: others could be shown another history");
    *log = *key;
    return OK;
}

void verify_checkpoint_json(struct verify *v, const struct checkpoint *c)
{
    AUTO(buf_freep) struct buf *root = buf_new(64);
    b64_put(root, B64_STD, BYTES(c->root, HASH_LEN));
    json_set_str(v->out, "origin", c->origin);
    json_set_u64(v->out, "size", c->size);
    json_set_str(v->out, "root", buf_text(root));
}

static enum err check_checkpoint(struct verify *v, struct bytes file, struct fail *f)
{
    struct checkpoint c;
    struct note_key log;
    TRY(verify_note(v, file, &c, &log, f));
    verify_checkpoint_json(v, &c);
    buf_printf(v->text, "The ledger %s had %llu entries, with root %s.", c.origin, (unsigned long long)c.size,
               json_string_value(json_object_get(v->out, "root")));
    return OK;
}

/* Parts of evidence: single fields of an entry, or tags that are not there --------------------------------------- */

/* What a field is, as text: names and reasons as they are, numbers in decimal, the rest in hexadecimal. */
static char *field_text(unsigned field, struct bytes v)
{
    struct reader r = reader_of(v);
    char time[TIME_TEXT_SIZE];
    uint64_t n;
    if (field == FIELD_KIND && v.len == 1 && v.data[0] < KIND_COUNT)
        return str_dup(kind_name((enum entry_kind)v.data[0]));
    if (field == FIELD_TIME && get_u64(&r, &n) && reader_done(&r)) {
        time_print(n, time);
        return str_dup(time);
    }
    bool plain = true;
    for (size_t i = 0; i < v.len; i++)
        plain = plain && v.data[i] >= 0x20 && v.data[i] < 0x7f;
    if (plain)
        return mem_dup(v.data ? v.data : (const uint8_t *)"", v.len);
    char *hex = mem_array(2 * v.len + 1, 1);
    hex_print(v, hex);
    return hex;
}

static enum err check_presence(struct verify *v, struct bytes file, struct fail *f)
{
    AUTO(presence_freep) struct presence *p = NULL;
    AUTO(mem_freep) struct presence_facts *facts = mem_new(sizeof *facts);
    struct checkpoint c;
    struct note_key log;
    TRY(presence_read(file, &p, f));
    TRY(verify_note(v, p->place.checkpoint, &c, &log, f));
    struct part_trust trust = { &log, 1, NULL };
    TRY(presence_verify(p, &trust, facts, f));
    json_t *fields = json_object();
    json_set_take(v->out, "fields", fields);
    verify_checkpoint_json(v, &c);
    buf_printf(v->text, "Entry %llu of %s says", (unsigned long long)facts->index, c.origin);
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        if ((facts->opened >> j & 1) == 0)
            continue;
        char name[8];
        AUTO(str_freep) char *text = field_text(j, facts->field[j]);
        snprintf(name, sizeof name, "%u", j);
        json_set_str(fields, name, text);
        buf_printf(v->text, "\nfield %u: %s", j, text);
    }
    json_set_u64(v->out, "index", facts->index);
    return OK;
}

static enum err check_absence(struct verify *v, struct bytes file, struct fail *f)
{
    AUTO(absence_freep) struct absence *a = NULL;
    AUTO(mem_freep) struct absence_facts *facts = mem_new(sizeof *facts);
    struct checkpoint c;
    struct note_key log;
    TRY(absence_read(file, &a, f));
    TRY(verify_note(v, a->place.checkpoint, &c, &log, f));
    struct part_trust trust = { &log, 1, NULL };
    TRY(absence_verify(a, &trust, facts, f));
    verify_checkpoint_json(v, &c);
    json_set_u64(v->out, "queries", a->query_count);
    buf_printf(v->text, "%zu tags are not in the map of %s, %llu entries.", a->query_count, c.origin,
               (unsigned long long)c.size);
    return OK;
}

/* Packages ----------------------------------------------------------------------------------------------------------- */

static enum err check_package(struct verify *v, struct bytes file, struct fail *f)
{
    AUTO(held_freep) struct held *h = NULL;
    struct buf *copy = buf_new(file.len + 1);
    struct trust t = known_trust(v->known);
    buf_put_bytes(copy, file);
    TRY(held_read(&copy, &h, f));
    json_set_str(v->out, "originator", h->originator);
    if (h->giver)
        json_set_str(v->out, "passed_on_by", h->giver);
    json_set_str(v->out, "report", h->share->report);
    const struct card *card = trust_card(&t, h->share->iss);
    if (!card)
        return fail_set(f, E_UNVERIFIED, "there is no confirmed card of %s", h->share->iss);
    TRY(held_verify(h, card, f));
    anchor_card(v, card->domain);
    json_set_take(v->out, "audience", json_deep_copy(h->share->aud));
    json_set_str(v->out, "banner", h->banner);
    json_set_u64(v->out, "portions", h->count);
    const char *to = json_string_value(json_array_get(h->share->aud, 0));
    buf_printf(
        v->text,
        "A package of %zu portions of report %s, as %s signed it for %s: its manifests and public texts are "
        "the signed ones. Sealed text is checked when it is opened.",
        h->count, h->share->report, h->share->iss, to ? to : "everybody");
    return OK;
}

/* Single JWS ----------------------------------------------------------------------------------------------------------- */

static enum err check_card(struct verify *v, struct bytes file, struct fail *f)
{
    AUTO(card_freep) struct card *card = NULL;
    struct trust t = known_trust(v->known);
    TRY(card_read(file, &card, f));
    json_set_str(v->out, "domain", card->domain);
    json_set_u64(v->out, "serial", card->serial);
    const struct card *known = trust_card(&t, card->domain);
    if (!known || memcmp(known->card_key_sha, card->card_key_sha, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "a card of %s by a key that nobody has confirmed here",
                        card->domain);
    anchor_card(v, card->domain);
    buf_printf(v->text, "Card %llu of %s, by the card key that is confirmed here.",
               (unsigned long long)card->serial, card->domain);
    return OK;
}

static enum err check_statement(struct verify *v, struct bytes file, struct fail *f)
{
    AUTO(jose_freep) struct jose *s = NULL;
    struct trust t = known_trust(v->known);
    struct shown_cards keys = trust_keys(&t);
    static const char *const members[] = { "kind", "id", "iss", "by", "at", "report" };
    TRY(shown_jws(file, &keys, &s, f));
    for (size_t i = 0; i < COUNT(members); i++)
        json_set_str(v->out, members[i][0] == 'k' ? "statement_kind" : members[i],
                     shown_text(s->payload, members[i]));
    anchor_card(v, shown_text(s->payload, "iss"));
    buf_printf(v->text, "A statement of %s: %s, %s.", shown_text(s->payload, "iss"),
               shown_text(s->payload, "kind"), shown_text(s->payload, "at"));
    return OK;
}

static bool is_jws(struct bytes file, const char *typ)
{
    AUTO(jose_freep) struct jose *j = NULL;
    return jose_read(file, JOSE_MAX_LARGE, "file", &j, NULL) == OK && j->typ && strcmp(j->typ, typ) == 0;
}

/* Which it is ------------------------------------------------------------------------------------------------------- */

static bool begins(struct bytes file, const char *head)
{
    struct bytes rest;
    return text_after(file, head, &rest);
}

static bool is_evidence(struct bytes file)
{
    return begins(file, "orcon/evidence@");
}

static bool is_presence(struct bytes file)
{
    return begins(file, "orcon/presence@");
}

static bool is_absence(struct bytes file)
{
    return begins(file, "orcon/absence@");
}

static bool is_package(struct bytes file)
{
    return begins(file, "PK");
}

static bool is_card(struct bytes file)
{
    return is_jws(file, CARD_TYP);
}

static bool is_statement(struct bytes file)
{
    return is_jws(file, STATEMENT_TYP);
}

static bool is_note(struct bytes file)
{
    AUTO(note_freep) struct note *n = NULL;
    return note_read(file, &n, NULL) == OK;
}

static const struct {
    const char *kind;
    bool (*is)(struct bytes file);
    enum err (*check)(struct verify *v, struct bytes file, struct fail *f);
} kinds[] = {
    { "evidence", is_evidence, check_evidence },
    { "presence", is_presence, check_presence },
    { "absence", is_absence, check_absence },
    { "package", is_package, check_package },
    { "card", is_card, check_card },
    { "statement", is_statement, check_statement },
    { "checkpoint", is_note, check_checkpoint },
};

void verify_begin(struct verify *v)
{
    verify_clear(v);
    v->out = json_object();
    v->text = buf_new((size_t)1 << 20);
    json_set_bool(v->out, "verified", false);
    json_set_str(v->out, "kind", "unknown");
    json_set_take(v->out, "anchors", json_array());
}

/* Why it failed may quote the file, whose bytes can be anything. */
void verify_set_why(struct verify *v, const struct fail *why)
{
    AUTO(str_freep) char *text = str_dup(why->what);
    if (utf8_valid(bytes_str(text)) < strlen(text))
        for (char *p = text; *p; p++)
            *p = *p < ' ' || *p > '~' ? '?' : *p;
    json_set_str(v->out, "why", text);
}

/* Whatever is wrong with a file, it does not verify. */
enum err verify_finish(struct verify *v, enum err e, const struct fail *why, struct fail *f)
{
    if (e == OK) {
        json_set_bool(v->out, "verified", true);
        return OK;
    }
    verify_set_why(v, why);
    fail_pass(f, why);
    if (f)
        f->code = E_UNVERIFIED;
    return E_UNVERIFIED;
}

/* A line of text that ends in a newline is what an editor makes of a JWS. */
static struct bytes without_newline(struct bytes v)
{
    return v.len && v.data[v.len - 1] == '\n' ? BYTES(v.data, v.len - 1) : v;
}

enum err verify_bytes(struct verify *v, struct bytes file, struct fail *f)
{
    verify_begin(v);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct fail why = { 0 };
        struct bytes line = without_newline(file);
        bool as_line = kinds[i].is == is_card || kinds[i].is == is_statement;
        struct bytes seen = as_line ? line : file;
        if (!kinds[i].is(seen))
            continue;
        json_set_str(v->out, "kind", kinds[i].kind);
        return verify_finish(v, kinds[i].check(v, seen, &why), &why, f);
    }
    struct fail why = { 0 };
    fail_set(&why, E_UNVERIFIED, "it is neither evidence, a package, a checkpoint, a card nor a statement");
    return verify_finish(v, E_UNVERIFIED, &why, f);
}
