/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/evidence.h"

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "ledger/text.h"

#define HEADER    "orcon/evidence@v1"
#define TEXT_SIZE (PERSON_MAX + 1)

static const char *const claim_names[] = {
    [EVIDENCE_YES] = "yes",       [EVIDENCE_NO_RECORD] = "no-record", [EVIDENCE_UNKNOWN] = "unknown",
    [EVIDENCE_EVENTS] = "events", [EVIDENCE_LIST] = "list",
};

const char *evidence_claim_name(enum evidence_claim claim)
{
    return claim_names[claim];
}

struct evidence *evidence_new(void)
{
    return mem_new(sizeof(struct evidence));
}

void evidence_free(struct evidence *e)
{
    if (e == NULL)
        return;
    free(e->part);
    free(e);
}

void evidence_freep(struct evidence **e)
{
    evidence_free(*e);
    *e = NULL;
}

void evidence_add_part(struct evidence *e, bool is_absence, struct bytes text)
{
    if (e->part_count % 16 == 0)
        e->part = mem_grow(e->part, e->part_count + 16, sizeof *e->part);
    e->part[e->part_count++] = (struct evidence_part){ is_absence, text };
}

/* as_text: a short view as a C string; false if it is too long or has a zero byte. */
static bool as_text(struct bytes v, char out[static TEXT_SIZE])
{
    if (v.len == 0 || v.len >= TEXT_SIZE || memchr(v.data, '\0', v.len) != NULL)
        return false;
    memcpy(out, v.data, v.len);
    out[v.len] = '\0';
    return true;
}

bool evidence_is_organisation(struct bytes v)
{
    char s[TEXT_SIZE];
    return as_text(v, s) && s[0] == '@' && name_is_domain(s + 1);
}

bool evidence_is_object(struct bytes v)
{
    char s[TEXT_SIZE];
    if (!as_text(v, s))
        return false;
    char *slash = strchr(s, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return name_is_domain(s) && name_is_uuid(slash + 1);
}

static bool is_person(struct bytes v)
{
    char s[TEXT_SIZE];
    return as_text(v, s) && name_is_person(s);
}

static bool is_domain(struct bytes v, char out[static DOMAIN_MAX + 1])
{
    char s[TEXT_SIZE];
    if (!as_text(v, s) || !name_is_domain(s))
        return false;
    memcpy(out, s, strlen(s) + 1); /* a domain fits */
    return true;
}

/* Reading: the line looked at, and its words. */
struct lines {
    struct reader r;
    struct bytes line;
};

static bool next(struct lines *l)
{
    return text_line(&l->r, &l->line);
}

/* value: the line is `${name} ...`. */
static bool value(const struct lines *l, const char *name, struct bytes *out)
{
    struct bytes rest;
    return text_after(l->line, name, &rest) && text_after(rest, " ", out) && out->len != 0;
}

static bool word(struct bytes *v, struct bytes *out)
{
    return part_word(v, out);
}

static bool last_word(struct bytes v, struct bytes *out)
{
    *out = v;
    return v.len != 0 && memchr(v.data, ' ', v.len) == NULL;
}

static bool add(struct evidence_list *l, struct bytes v)
{
    for (size_t i = 0; i < l->count; i++)
        if (bytes_equal(l->item[i], v))
            return false;
    if (l->count == EVIDENCE_LIST_MAX)
        return false;
    l->item[l->count++] = v;
    return true;
}

/* read_reasons: one space between each. */
static bool read_reasons(struct evidence *e, struct bytes v)
{
    struct bytes one;
    while (word(&v, &one))
        if (!add(&e->reason, one))
            return false;
    return last_word(v, &one) && add(&e->reason, one);
}

static bool read_claim(struct lines *l, struct evidence *e)
{
    struct bytes v, rest;
    if (!value(l, "claim", &v))
        return false;
    for (size_t i = 0; i < COUNT(claim_names); i++) {
        e->claim = (enum evidence_claim)i;
        bool more = text_after(v, claim_names[i], &rest) && text_after(rest, " ", &rest);
        if (i == EVIDENCE_YES || i == EVIDENCE_NO_RECORD) {
            if (text_is(v, claim_names[i]))
                return next(l);
        } else if (more) {
            return (i == EVIDENCE_UNKNOWN ? read_reasons(e, rest) : text_decimal(rest, &e->count)) && next(l);
        }
    }
    return false;
}

static bool is_about_person(const struct evidence *e)
{
    return e->claim <= EVIDENCE_UNKNOWN;
}

static bool read_subject(struct lines *l, struct evidence *e)
{
    struct bytes v;
    if (!value(l, "ledger", &v) || !is_domain(v, e->ledger) || !next(l) || !value(l, "portion", &e->portion))
        return false;
    if (e->claim == EVIDENCE_EVENTS && text_is(e->portion, "-"))
        e->portion = BYTES(NULL, 0);
    else if (!evidence_is_object(e->portion))
        return false;
    if (!next(l))
        return false;
    if (e->claim == EVIDENCE_LIST)
        return text_is(l->line, "everyone") && next(l);
    if (e->claim == EVIDENCE_EVENTS)
        return value(l, "organisation", &e->subject) && evidence_is_organisation(e->subject) && next(l);
    return value(l, "person", &e->subject) &&
           (is_person(e->subject) || evidence_is_organisation(e->subject)) && next(l);
}

/* read_place: `at` or `until`, time, generation, index. */
static bool read_place(struct lines *l, struct evidence *e)
{
    struct bytes v, w;
    return value(l, e->claim == EVIDENCE_YES ? "at" : "until", &v) && word(&v, &w) &&
           text_decimal(w, &e->time_ms) && word(&v, &w) && text_decimal(w, &e->generation) &&
           e->generation != 0 && e->generation <= UINT32_MAX && text_decimal(v, &e->index) && next(l);
}

static bool read_family(struct lines *l, struct evidence *e)
{
    struct bytes v;
    if (!value(l, "family", &v))
        return false;
    if (text_is(v, "none") || text_is(v, "not-covered")) {
        e->family = text_is(v, "none") ? EVIDENCE_FAMILY_NONE : EVIDENCE_FAMILY_NOT_COVERED;
        return next(l);
    }
    e->family = EVIDENCE_FAMILY_LISTED;
    for (; value(l, "family", &v);)
        if (!evidence_is_object(v) || bytes_equal(v, e->portion) || !add(&e->relative, v) || !next(l))
            return false;
    return true;
}

/* read_report: `<domain> <until_ms> <JWS>` or `<domain> -`. */
static bool read_report(struct evidence *e, struct bytes v)
{
    struct evidence_report *r = &e->report[e->report_count];
    struct bytes w;
    if (e->report_count == EVIDENCE_LIST_MAX || !word(&v, &w) || !is_domain(w, r->domain))
        return false;
    for (size_t i = 0; i < e->report_count; i++)
        if (strcmp(e->report[i].domain, r->domain) == 0)
            return false;
    e->report_count++;
    r->jws = BYTES(NULL, 0);
    if (text_is(v, "-"))
        return true;
    return word(&v, &w) && text_decimal(w, &r->until_ms) && last_word(v, &r->jws);
}

static bool read_reports(struct lines *l, struct evidence *e)
{
    struct bytes v;
    if (text_is(l->line, "report none"))
        return next(l);
    for (; value(l, "report", &v);)
        if (!read_report(e, v) || !next(l))
            return false;
    return e->report_count != 0;
}

static bool read_assume(struct lines *l, struct evidence *e)
{
    struct bytes v;
    for (; value(l, "assume", &v);)
        if (!add(&e->assume, v) || !next(l))
            return false;
    return true;
}

/* read_parts: `part <kind> <bytes>`, then so many bytes. */
static bool read_parts(struct lines *l, struct evidence *e)
{
    struct bytes v, kind, text;
    uint64_t len;
    for (; value(l, "part", &v);) {
        bool is_absence;
        if (e->part_count == EVIDENCE_PARTS_MAX || !word(&v, &kind) || !text_decimal(v, &len) ||
            len > PART_MAX || !get_bytes(&l->r, (size_t)len, &text))
            return false;
        is_absence = text_is(kind, "absence");
        if (!is_absence && !text_is(kind, "presence"))
            return false;
        evidence_add_part(e, is_absence, text);
        if (!next(l))
            return false;
    }
    return e->part_count != 0;
}

static bool read_last(struct lines *l, struct evidence *e, struct bytes text)
{
    e->is_signed = value(l, "signed", &e->last);
    if ((!e->is_signed && !value(l, "end", &e->last)) || !last_word(e->last, &e->last) || !reader_done(&l->r))
        return false;
    e->covered = BYTES(text.data, text.len - l->line.len - 1);
    return true;
}

MUST_USE enum err evidence_read(struct bytes text, struct evidence **out, struct fail *f)
{
    AUTO(evidence_freep) struct evidence *e = evidence_new();
    struct lines l = { .r = reader_of(text) };
    if (text.len > EVIDENCE_MAX)
        return fail_set(f, E_TOO_LARGE, "evidence of more than %zu bytes", EVIDENCE_MAX);
    if (!next(&l) || !text_is(l.line, HEADER) || !next(&l))
        return fail_set(f, E_INVALID, "not evidence");
    if (!read_claim(&l, e))
        return fail_set(f, E_INVALID, "evidence: claim line");
    if (!read_subject(&l, e))
        return fail_set(f, E_INVALID, "evidence: ledger, portion or person line");
    if (!read_place(&l, e))
        return fail_set(f, E_INVALID, "evidence: at or until line");
    if ((e->claim == EVIDENCE_NO_RECORD || e->claim == EVIDENCE_UNKNOWN) &&
        !(read_family(&l, e) && read_reports(&l, e)))
        return fail_set(f, E_INVALID, "evidence: family or report line");
    if (e->claim != EVIDENCE_YES && !read_assume(&l, e))
        return fail_set(f, E_INVALID, "evidence: assume line");
    if (!read_parts(&l, e))
        return fail_set(f, E_INVALID, "evidence: part %zu", e->part_count + 1);
    if (!read_last(&l, e, text))
        return fail_set(f, E_INVALID, "evidence: last line");
    *out = e;
    e = NULL;
    return OK;
}

/* put: `${name} ${v}`. */
static void put(struct buf *b, const char *name, struct bytes v)
{
    buf_printf(b, "%s ", name);
    buf_put_bytes(b, v.len == 0 ? BYTES("-", 1) : v);
    buf_put_u8(b, '\n');
}

static void put_claim(const struct evidence *e, struct buf *b)
{
    buf_printf(b, "claim %s", claim_names[e->claim]);
    if (e->claim >= EVIDENCE_EVENTS)
        buf_printf(b, " %llu", (unsigned long long)e->count);
    for (size_t i = 0; i < e->reason.count; i++) {
        buf_put_u8(b, ' ');
        buf_put_bytes(b, e->reason.item[i]);
    }
    buf_put_u8(b, '\n');
}

static void put_family_and_reports(const struct evidence *e, struct buf *b)
{
    if (e->family != EVIDENCE_FAMILY_LISTED)
        put(b, "family", bytes_str(e->family == EVIDENCE_FAMILY_NONE ? "none" : "not-covered"));
    for (size_t i = 0; i < e->relative.count; i++)
        put(b, "family", e->relative.item[i]);
    if (e->report_count == 0)
        put(b, "report", bytes_str("none"));
    for (size_t i = 0; i < e->report_count; i++) {
        const struct evidence_report *r = &e->report[i];
        buf_printf(b, "report %s ", r->domain);
        if (r->jws.len != 0)
            buf_printf(b, "%llu ", (unsigned long long)r->until_ms);
        buf_put_bytes(b, r->jws.len == 0 ? BYTES("-", 1) : r->jws);
        buf_put_u8(b, '\n');
    }
}

MUST_USE enum err evidence_write(const struct evidence *e, struct buf *out, uint8_t digest[static HASH_LEN],
                                 struct fail *f)
{
    buf_put_str(out, HEADER "\n");
    put_claim(e, out);
    buf_printf(out, "ledger %s\n", e->ledger);
    put(out, "portion", e->portion);
    if (e->claim == EVIDENCE_LIST)
        buf_put_str(out, "everyone\n");
    else
        put(out, is_about_person(e) ? "person" : "organisation", e->subject);
    buf_printf(out, "%s %llu %llu %llu\n", e->claim == EVIDENCE_YES ? "at" : "until",
               (unsigned long long)e->time_ms, (unsigned long long)e->generation,
               (unsigned long long)e->index);
    if (e->claim == EVIDENCE_NO_RECORD || e->claim == EVIDENCE_UNKNOWN)
        put_family_and_reports(e, out);
    for (size_t i = 0; i < e->assume.count; i++)
        put(out, "assume", e->assume.item[i]);
    for (size_t i = 0; i < e->part_count; i++) {
        buf_printf(out, "part %s %zu\n", e->part[i].is_absence ? "absence" : "presence", e->part[i].text.len);
        buf_put_bytes(out, e->part[i].text);
    }
    TRY(buf_check(out, "evidence", f));
    hash_sha256(bytes_of(out), digest);
    return OK;
}

void evidence_put_signed(struct buf *out, struct bytes jws)
{
    put(out, "signed", jws);
}

void evidence_put_end(struct buf *out, const uint8_t digest[static HASH_LEN])
{
    buf_put_str(out, "end ");
    b64_put(out, B64_STD, BYTES(digest, HASH_LEN));
    buf_put_u8(out, '\n');
}

MUST_USE enum err evidence_sign(const struct key *k, const char *kid, const uint8_t digest[static HASH_LEN],
                                struct buf *jws, struct fail *f)
{
    AUTO(buf_freep) struct buf *header = buf_new(512);
    uint8_t signature[SIGN_LEN];
    buf_printf(header, "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"" EVIDENCE_TYP "\"}", kid);
    b64_put(jws, B64_URL, bytes_of(header));
    buf_put_u8(jws, '.');
    b64_put(jws, B64_URL, BYTES(digest, HASH_LEN));
    TRY(sign_es256(k, bytes_of(jws), signature, f));
    jose_finish(jws, signature);
    return buf_check(jws, "signature of evidence", f);
}

/* verify_jws: the payload is 32 bytes, not JSON, so jose_read can't read it; its rules for headers hold here
 * too.
 */
static MUST_USE enum err verify_jws(const struct evidence *e, const uint8_t digest[static HASH_LEN],
                                    const struct shown_cards *cards, struct fail *f)
{
    AUTO(json_freep) json_t *header = NULL;
    AUTO(buf_freep) struct buf *raw = buf_new(4096);
    struct bytes head, rest, payload, signature;
    uint8_t got[HASH_LEN], sig[SIGN_LEN];
    if (!text_cut(e->last, '.', &head, &rest) || !text_cut(rest, '.', &payload, &signature) ||
        b64_read(B64_URL, head, raw, "header", NULL) != OK ||
        json_read(bytes_of(raw), 4096, "header", &header, NULL) != OK ||
        !b64_read_exact(B64_URL, payload, got, sizeof got) ||
        !b64_read_exact(B64_URL, signature, sig, sizeof sig))
        return fail_set(f, E_UNVERIFIED, "signature of the file: malformed");
    if (strcmp(shown_text(header, "alg"), "ES256") != 0 ||
        strcmp(shown_text(header, "typ"), EVIDENCE_TYP) != 0 || json_object_get(header, "crit") != NULL ||
        json_object_get(header, "b64") != NULL)
        return fail_set(f, E_UNVERIFIED, "signature of the file: not of its kind");
    const char *kid = shown_text(header, "kid");
    const struct key *k = cards->key(cards->ctx, e->ledger, "statement", kid);
    if (k == NULL)
        return fail_set(f, E_UNVERIFIED, "no statement key %.60s in the card of %s", kid, e->ledger);
    size_t signed_len = e->last.len - signature.len - 1;
    if (memcmp(got, digest, HASH_LEN) != 0 ||
        verify_es256(k, BYTES(e->last.data, signed_len), BYTES(sig, sizeof sig), NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "signature of the file");
    return OK;
}

MUST_USE enum err evidence_verify_last(const struct evidence *e, const struct shown_cards *cards,
                                       struct fail *f)
{
    uint8_t digest[HASH_LEN], got[HASH_LEN];
    hash_sha256(e->covered, digest);
    if (e->is_signed)
        return verify_jws(e, digest, cards, f);
    if (e->claim != EVIDENCE_YES)
        return fail_set(f, E_UNVERIFIED, "only a yes may go unsigned");
    if (!b64_read_exact(B64_STD, e->last, got, sizeof got) || memcmp(got, digest, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "digest of the file");
    return OK;
}
