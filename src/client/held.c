/* SPDX-License-Identifier: Apache-2.0 */
#include "client/held.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ledger/override.h"
#include "tdf/open.h"
#include "tdf/portion.h"

#define METADATA_MAX ((size_t)32 << 10)

static void portion_clear(struct held_portion *p)
{
    marking_clear(&p->mark);
    tdf_container_free(p->container);
    buf_free(p->text);
    if (p->variants) {
        buf_free(p->variants->raw);
        wipe(p->variants, sizeof *p->variants);
        mem_freep(&p->variants);
    }
    mem_freep(&p->mark_text);
    mem_freep(&p->why);
    mem_freep(&p->entry);
}

void held_free(struct held *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->count; i++)
        portion_clear(&h->portions[i]);
    mem_freep(&h->portions);
    statement_freep(&h->share);
    package_free(h->package);
    buf_free(h->package_bytes);
    mem_freep(&h);
}

void held_freep(struct held **h)
{
    held_free(*h);
    *h = NULL;
}

/* Reading --------------------------------------------------------------------------------------------------- */

static bool read_digest(const json_t *row, const char *name, uint8_t out[static HASH_LEN])
{
    const char *text = json_string_value(json_object_get(row, name));
    return text && b64_read_exact(B64_URL, bytes_str(text), out, HASH_LEN);
}

static enum err read_row(const json_t *row, struct held_portion *p, struct fail *f)
{
    static const char what[] = "share portion";
    const char *mark;
    uint64_t n;
    TRY(json_need_str(row, "id", what, &p->id, f));
    TRY(json_need_str(row, "mark", what, &mark, f));
    TRY(json_need_u64(row, "n", what, &n, f));
    if (n > PACKAGE_ENTRIES_MAX || !name_is_uuid(p->id))
        return fail_set(f, E_INVALID, "a portion without a proper id and number");
    p->n = (uint32_t)n;
    p->differs = json_is_true(json_object_get(row, "differs"));
    TRY(marking_read(mark, &p->mark, f));
    p->mark_text = str_dup(mark);
    p->clear = p->mark.level == TLP_CLEAR;
    if (!read_digest(row, "digest", p->digest) ||
        (!p->clear && !read_digest(row, "commitment", p->commitment)))
        return fail_set(f, E_INVALID, "portion %u has no digest, or no commitment", p->n);
    return OK;
}

static enum err read_portion(struct held *h, const json_t *row, size_t at, struct fail *f)
{
    struct held_portion *p = &h->portions[at];
    TRY(read_row(row, p, f));
    if (at > 0 && p->n <= h->portions[at - 1].n)
        return fail_set(f, E_INVALID, "portions are not in order");
    const struct package_portion *in = package_find(h->package, p->id);
    if (!in || (in->kind == PACKAGE_CLEAR) != p->clear)
        return fail_set(f, E_INVALID, "portion %u is not in the package in the form that its mark wants",
                        p->n);
    p->bytes = in->bytes;
    if (p->clear)
        return OK;
    struct source source = source_window(&p->bytes);
    TRY(tdf_container_read(&source, TDF_MANIFEST_OWN, &p->container, f));
    if (p->container->manifest->kao_count != 1)
        return fail_set(f, E_INVALID, "portion %u is not sealed to one key server", p->n);
    return OK;
}

/* What brought it: its originator, or who overrode him. */
static enum err read_kind(struct held *h, struct fail *f)
{
    struct override o;
    const char *originator;
    bool passed = override_is_sealed(h->share);
    if ((!passed && strcmp(h->share->kind, "share") != 0) || !*h->share->report)
        return fail_set(f, E_INVALID, "it carries a '%.20s', not a share", h->share->kind);
    h->originator = h->share->iss;
    if (!passed)
        return OK;
    TRY(override_read(h->share, &o, f));
    TRY(json_need_str(h->share->body, "originator", "override", &originator, f));
    h->originator = originator;
    h->giver = h->share->iss;
    return OK;
}

static enum err read_share(struct held *h, struct fail *f)
{
    const json_t *rows;
    TRY(statement_read(package_report(h->package), JOSE_MAX_LARGE, &h->share, f));
    TRY(read_kind(h, f));
    TRY(json_need_str(h->share->body, "banner", "share", &h->banner, f));
    TRY(json_need_array(h->share->body, "portions", "share", &rows, f));
    size_t count = json_array_size(rows);
    if (count == 0 || count != package_count(h->package))
        return fail_set(f, E_INVALID, "it lists %zu portions and holds %zu", count,
                        package_count(h->package));
    h->portions = mem_array(count, sizeof *h->portions);
    const json_t *terms = json_object_get(h->share->body, "terms");
    for (size_t i = 0; i < count; i++) {
        h->count = i + 1;
        h->portions[i].share = h->share->id;
        h->portions[i].giver = h->giver;
        h->portions[i].no_held = json_is_true(json_object_get(terms, "no_held"));
        TRY(read_portion(h, json_array_get(rows, i), i, f));
    }
    return OK;
}

enum err held_read(struct buf **package, struct held **out, struct fail *f)
{
    AUTO(held_freep) struct held *h = mem_new(sizeof *h);
    struct fail why = { 0 };
    h->package_bytes = buf_take(package);
    h->view = bytes_of(h->package_bytes);
    struct source in = source_bytes(&h->view);
    TRY(package_read(&in, &h->package, f));
    /* whatever its form lacks: it is not what an originator's node made */
    if (read_share(h, &why) != OK)
        return fail_set(f, E_UNVERIFIED, "the package: %s", why.what);
    *out = h;
    h = NULL;
    return OK;
}

/* Verifying ---------------------------------------------------------------------------------------------------- */

static enum err verify_clear(struct held_portion *p, uint8_t digest[static HASH_LEN], struct fail *f)
{
    struct source in = source_window(&p->bytes);
    struct buf_sink to;
    p->text = buf_new_secret((size_t)in.size);
    struct sink sink = sink_buf(&to, p->text);
    TRY(source_copy(&in, &sink, f));
    hash_sha256(bytes_of(p->text), digest);
    return OK;
}

static enum err verify_portion(struct held_portion *p, struct fail *f)
{
    uint8_t digest[HASH_LEN];
    if (p->clear)
        TRY(verify_clear(p, digest, f));
    else
        hash_sha256(bytes_of(p->container->manifest_text), digest);
    if (memcmp(digest, p->digest, HASH_LEN) != 0)
        return fail_why(f, REASON_TAMPERED, "portion %u is not the one that its originator signed", p->n);
    if (p->clear)
        p->state = HELD_OPEN;
    return OK;
}

enum err held_verify_text(const struct held *h, const struct card *originator, struct fail *f)
{
    struct override o;
    TRY(override_read(h->share, &o, f));
    return override_check_text(h->share, &o, originator, f);
}

enum err held_verify(struct held *h, const struct card *signer, struct fail *f)
{
    TRY(statement_verify(h->share, signer, f));
    for (size_t i = 0; i < h->count; i++)
        TRY(verify_portion(&h->portions[i], f));
    return OK;
}

/* Portions ------------------------------------------------------------------------------------------------------ */

void held_withhold(struct held_portion *p, enum err err, enum reason reason, const char *why)
{
    p->state = HELD_WITHHELD;
    p->err = err;
    p->reason = reason;
    mem_freep(&p->why);
    p->why = str_dup(why && *why ? why : reason_text(reason));
}

static enum err read_metadata(const struct tdf_kao *kao, const uint8_t key[static TDF_KEY_LEN],
                              struct buf *text, uint8_t salt[static PORTION_SALT_LEN], uint64_t *size,
                              struct fail *f)
{
    TRY(tdf_open_metadata(kao, key, text, f));
    return portion_metadata_read(bytes_of(text), salt, size, f);
}

/* A master has both wordings at each place: its reader gets the house's, and may look for the others (client/trace.h). */
static enum err choose(struct held_portion *p, const uint8_t key[static TDF_KEY_LEN], struct bytes metadata,
                       struct buf **text, struct fail *f)
{
    struct variants places;
    struct variant_choice choice;
    struct buf_sink to;
    TRY(variants_read(metadata, (*text)->len, &places, f));
    if (places.count == 0)
        return OK;
    struct held_variants *v = p->variants = mem_new(sizeof *v);
    v->raw = buf_take(text);
    v->places = places;
    variant_secret(key, v->code.secret);
    v->code.number = VARIANT_HOUSE;
    struct bytes bytes = bytes_of(v->raw);
    struct source raw = source_bytes(&bytes);
    struct source chosen = variant_source(&choice, &raw, raw.size, &v->places, &v->code, NULL);
    *text = buf_new_secret(v->raw->len + 1);
    struct sink sink = sink_buf(&to, *text);
    TRY(source_copy(&chosen, &sink, f));
    return buf_check(*text, "text", f);
}

/* Without what fills it up, which has to be blank: nothing travels there. */
static enum err cut(struct buf *text, uint64_t size, struct fail *f)
{
    TRY(portion_check(size, text->len, f));
    if (size == PORTION_WHOLE)
        return OK;
    if (!portion_blank(BYTES(text->data + size, text->len - (size_t)size)))
        return fail_why(f, REASON_TAMPERED, "something stands behind the text");
    buf_cut(text, (size_t)size);
    return OK;
}

enum err held_decrypt(struct held_portion *p, const uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    const struct tdf_manifest *m = p->container->manifest;
    AUTO(buf_freep) struct buf *text = buf_new_secret((size_t)tdf_manifest_size(m) + 1);
    struct source in = source_window(&p->container->payload);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, text);
    AUTO(buf_freep) struct buf *metadata = buf_new_secret(METADATA_MAX);
    uint8_t salt[PORTION_SALT_LEN], commitment[HASH_LEN];
    uint64_t size;
    TRY(read_metadata(&m->kaos[0], key, metadata, salt, &size, f));
    TRY(tdf_open(m, key, &in, &sink, f));
    TRY(cut(text, size, f));
    portion_commit(salt, bytes_of(text), commitment);
    if (memcmp(commitment, p->commitment, HASH_LEN) != 0)
        return fail_why(f, p->giver ? REASON_TEXT_CHANGED : REASON_TAMPERED,
                        "portion %u is not the text that its originator committed to", p->n);
    TRY(choose(p, key, bytes_of(metadata), &text, f));
    p->text = buf_take(&text);
    p->state = HELD_OPEN;
    return OK;
}

const char *held_mime(const struct held_portion *p)
{
    const char *said = p->clear ? "text/markdown" : p->container->manifest->mime_type;
    return said ? said : "application/octet-stream";
}

bool held_is_text(const struct held_portion *p)
{
    struct bytes v = bytes_of(p->text);
    return utf8_valid(v) == v.len && (v.len == 0 || !memchr(v.data, '\0', v.len));
}
