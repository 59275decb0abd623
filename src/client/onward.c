/* SPDX-License-Identifier: Apache-2.0 */
#include "client/onward.h"

#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "client/act.h"
#include "client/heldkey.h"
#include "client/known.h"
#include "ledger/override.h"
#include "tdf/open.h"
#include "tdf/portion.h"
#include "tdf/seal.h"

#define METADATA_MAX ((size_t)32 << 10)
#define SEAL_ROOM    ((size_t)2 << 20)
#define PACK_MAX     (SESSION_PACKAGE_MAX - ((size_t)4 << 20))

/* Passing on ---------------------------------------------------------------------------------------------------- */

/* One portion on its way. */
struct passing {
    const struct held_portion *from;
    char policy[UUID_TEXT];
    struct buf *bytes;
    uint8_t digest[HASH_LEN];
};

struct passing_all {
    struct passing each[OVERRIDE_PORTIONS_MAX];
    size_t count;
};

static void passing_clear(struct passing_all *p)
{
    for (size_t i = 0; i < p->count; i++)
        buf_free(p->each[i].bytes);
}

/* The salt stays: it is what the originator's commitment is made with. */
static enum err read_metadata(const struct held_portion *p, const uint8_t key[static TDF_KEY_LEN], char **out,
                              bool *padded, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(METADATA_MAX);
    uint8_t salt[PORTION_SALT_LEN];
    uint64_t size;
    TRY(tdf_open_metadata(&p->container->manifest->kaos[0], key, text, f));
    TRY(portion_metadata_read(bytes_of(text), salt, &size, f));
    *padded = size != PORTION_WHOLE;
    *out = portion_metadata(salt, size);
    wipe(salt, sizeof salt);
    return OK;
}

static enum err seal_copy(const struct card *card, const char *metadata, bool padded, struct passing *out,
                          struct fail *f)
{
    const struct card_key *kas = card_key(card, "kas", NULL);
    AUTO(str_freep) char *url = str_format("%s/kas", card->url);
    if (!kas)
        return fail_set(f, E_REFUSED, "the card of %s has no key to seal to", card->domain);
    struct tdf_policy policy = { .uuid = out->policy };
    struct tdf_recipient to = { .to = kas->key, .url = url, .kid = kas->kid, .metadata = metadata };
    struct tdf_spec spec = {
        .policy = &policy, .mime_type = held_mime(out->from), .recipients = &to, .recipient_count = 1
    };
    struct bytes text = bytes_of(out->from->text);
    struct portion_padding padding;
    struct source plain = source_bytes(&text);
    struct buf_sink sink;
    if (padded)
        plain = portion_source(&padding, &plain);
    out->bytes = buf_new((size_t)plain.size + (size_t)plain.size / 1024 + SEAL_ROOM);
    struct sink to_buf = sink_buf(&sink, out->bytes);
    struct tdf_manifest *made = NULL;
    TRY(tdf_seal(&plain, &spec, &to_buf, &made, f));
    tdf_manifest_free(made);
    TRY(buf_check(out->bytes, "sealed portion", f));
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    struct bytes sealed = bytes_of(out->bytes);
    struct source in = source_bytes(&sealed);
    TRY(tdf_container_read(&in, TDF_MANIFEST_OWN, &c, f));
    hash_sha256(bytes_of(c->manifest_text), out->digest);
    return OK;
}

/* With the held key: its text is what the originator committed to, or it goes nowhere. */
static enum err open_held(const struct profile *profile, struct held_portion *p,
                          uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    struct fail why = { 0 };
    if (p->no_held)
        return fail_why(f, REASON_HELD_FORBIDDEN, "portion %u: its originator forbids that its key is held",
                        p->n);
    if (p->clear)
        return fail_why(f, REASON_NEEDS_NO_LEAVE, "portion %u is public: it needs no override", p->n);
    if (p->giver)
        return fail_why(f, REASON_NOT_BRIEFED,
                        "portion %u came by an override itself: its originator briefed nobody", p->n);
    TRY(heldkey_open(profile, p, time_now_ms(), key, f));
    if (held_decrypt(p, key, &why) != OK)
        return fail_why(f, REASON_TEXT_CHANGED, "portion %u: %s", p->n, why.what);
    return OK;
}

static enum err pass_on(const struct session *s, struct held_portion *p, struct passing *out, struct fail *f)
{
    const struct profile *profile = session_profile(s);
    AUTO(str_freep) char *metadata = NULL;
    uint8_t key[TDF_KEY_LEN] = { 0 };
    bool padded = false;
    out->from = p;
    random_uuid(out->policy);
    enum err e = open_held(profile, p, key, f);
    if (e == OK)
        e = read_metadata(p, key, &metadata, &padded, f);
    if (e == OK)
        e = seal_copy(profile->card, metadata, padded, out, f);
    wipe(key, sizeof key);
    if (metadata)
        wipe(metadata, strlen(metadata));
    return e;
}

static json_t *row_of(const struct passing *p)
{
    char digest[44];
    json_t *row = json_object();
    statement_digest_text(p->digest, digest);
    json_set_str(row, "id", p->from->id);
    json_set_str(row, "copy", p->policy);
    json_set_str(row, "share", p->from->share);
    json_set_str(row, "digest", digest);
    return row;
}

static enum err sign(const struct session *s, const struct reading *r, const struct passing_all *p,
                     const struct onward *o, struct buf *jws, struct fail *f)
{
    json_t *body = json_object(), *rows = json_array(), *ids = json_array();
    char id[UUID_TEXT];
    for (size_t i = 0; i < p->count; i++) {
        json_array_append_new(rows, row_of(&p->each[i]));
        json_array_append_new(ids, json_string(p->each[i].from->id));
    }
    json_set_str(body, "to", o->to);
    json_set_bool(body, "oral", false);
    json_set_str(body, "reason", o->reason);
    json_set_str(body, "occasion", o->occasion);
    json_set_str(body, "originator", r->originator->domain);
    json_set_take(body, "evidence", json_deep_copy(o->evidence));
    json_set_take(body, "portions", rows);
    struct statement_making m = {
        .kind = "override", .report = reading_report(r), .portions = ids, .body = body
    };
    return act_sign(session_profile(s), m, id, jws, f);
}

static enum err pack(const struct passing_all *p, struct bytes act, struct buf *out, struct fail *f)
{
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    TRY(package_begin(&sink, act, &w, f));
    for (size_t i = 0; i < p->count; i++) {
        struct bytes bytes = bytes_of(p->each[i].bytes);
        struct source in = source_bytes(&bytes);
        TRY(package_add(w, p->each[i].from->id, PACKAGE_SEALED, &in, f));
    }
    TRY(package_end(w, f));
    return buf_check(out, "package", f);
}

static enum err gather(const struct session *s, struct reading *r, const struct choice *c,
                       struct passing_all *p, struct fail *f)
{
    for (size_t i = 0; i < r->count; i++) {
        if (!reading_asked(c, r->portions[i]->n))
            continue;
        if (p->count == OVERRIDE_PORTIONS_MAX)
            return fail_set(f, E_USAGE, "more than %d portions at a time", OVERRIDE_PORTIONS_MAX);
        struct passing *one = &p->each[p->count++];
        *one = (struct passing){ 0 };
        TRY(pass_on(s, r->portions[i], one, f));
    }
    return p->count ? OK : fail_why(f, REASON_NOT_HELD, "none of these portions is held here");
}

enum err onward_send(struct session *s, struct reading *r, const struct choice *c, const struct onward *o,
                     json_t **answer, struct fail *f)
{
    AUTO(passing_clear) struct passing_all p = { .count = 0 };
    AUTO(card_freep) struct card *own = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *package = buf_new(PACK_MAX);
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    TRY(session_card(s, session_profile(s)->card->domain, &own, f)); /* the profile keeps the newest */
    TRY(gather(s, r, c, &p, f));
    TRY(sign(s, r, &p, o, jws, f));
    TRY(pack(&p, bytes_of(jws), package, f));
    struct session_request post = { .method = "POST",
                                    .path = "/v1/overrides",
                                    .type = "application/zip",
                                    .body = bytes_of(package),
                                    .timeout_ms = SESSION_PACKAGE_MS };
    TRY(session_call(s, &post, &got, f));
    return json_read(bytes_of(got.body), BUF_MAX_DEFAULT, "override answer", answer, f);
}

/* Opening what was passed on ------------------------------------------------------------------------------------------ */

/* (ii): the notice waits in the own node's outbox, and the giver can't deny the override any more. */
static enum err check_witnessed(struct session *s, const struct held *h, struct fail *f)
{
    AUTO(known_clear) struct known known = { 0 };
    AUTO(card_freep) struct card *giver = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    const char *home = session_profile(s)->card->domain;
    TRY(known_refresh(s, f));
    TRY(known_profile(&known, session_profile(s), f));
    TRY(session_card(s, h->giver, &giver, f));
    TRY(session_inclusion(s, giver, h->share->id, &answer, f));
    struct trust trust = known_trust(&known);
    for (size_t i = 0; i < h->count; i++) {
        const char *id = h->portions[i].id;
        const char *part = json_string_value(json_object_get(json_object_get(answer, "parts"), id));
        bool witnessed = false;
        TRY(override_check_inclusion(h->share, bytes_str(part ? part : ""), &trust, home, id, &witnessed, f));
        if (!witnessed)
            return fail_set(f, E_UNVERIFIED, "no witness that %s knows stands behind the ledger of %s", home,
                            h->giver);
    }
    return OK;
}

enum err onward_check(struct session *s, const struct held *h, const struct card *originator, bool *told,
                      struct fail *f)
{
    AUTO(json_freep) json_t *view = NULL;
    AUTO(str_freep) char *path = str_format("/v1/overrides/%s", h->share->id);
    struct fail why = { 0 };
    TRY(session_get(s, path, &view, f));
    const char *receipt = json_string_value(json_object_get(view, "receipt_jws"));
    *told = receipt && *receipt;
    if (*told)
        return override_check_receipt(h->share, bytes_str(receipt), originator, NULL, f);
    const char *notice = json_string_value(json_object_get(view, "notice"));
    if (!notice || (strcmp(notice, "queued") != 0 && strcmp(notice, "delivered") != 0))
        return fail_why(f, REASON_NOT_TOLD,
                        "%s has not been told of this override, and no notice is on its way",
                        originator->domain);
    if (check_witnessed(s, h, &why) != OK)
        return fail_why(f, REASON_NOT_TOLD, "%s has not been told of this override yet, and: %s",
                        originator->domain, why.what);
    return OK;
}
