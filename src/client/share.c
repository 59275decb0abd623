/* SPDX-License-Identifier: Apache-2.0 */
#include "client/share.h"

#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "client/act.h"
#include "tdf/handle.h"
#include "tdf/package.h"
#include "tdf/portion.h"
#include "tdf/seal.h"
#include "tdf/variant.h"

#define PACK_MAX  (SESSION_PACKAGE_MAX - ((size_t)4 << 20))
#define SEAL_ROOM ((size_t)2 << 20) /* what a container is longer than its text: a manifest, tags */

/* A portion on its way into the package. */
struct packed {
    struct buf *bytes; /* the container; of a public one NULL, its text is what travels */
    uint8_t digest[HASH_LEN], commitment[HASH_LEN];
};

struct packing {
    const struct draft *draft;
    struct packed *portions;
};

static void packing_clear(struct packing *p)
{
    for (size_t i = 0; p->portions && i < p->draft->count; i++)
        buf_freep(&p->portions[i].bytes);
    mem_freep(&p->portions);
}

static enum err manifest_digest(struct bytes container, uint8_t out[static HASH_LEN], struct fail *f)
{
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    struct source in = source_bytes(&container);
    TRY(tdf_container_read(&in, TDF_MANIFEST_OWN, &c, f));
    hash_sha256(bytes_of(c->manifest_text), out);
    return OK;
}

static void list_variants(const struct draft_portion *p, struct variants *out)
{
    _Static_assert(SOURCE_VARIANTS_MAX <= VARIANT_MAX && SOURCE_VARIANT_TEXT <= VARIANT_TEXT,
                   "what a source takes has room");
    out->count = p->variant_count;
    for (size_t i = 0; i < p->variant_count; i++)
        out->place[i] =
            (struct variant_place){ p->variants[i].at, p->variants[i].first, p->variants[i].second };
}

static enum err seal_portion(const struct card *card, const struct draft_portion *p, struct packed *out,
                             struct fail *f)
{
    const struct card_key *kas = card_key(card, "kas", NULL);
    AUTO(str_freep) char *url = str_format("%s/kas", card->url);
    AUTO(str_freep) char *facts = NULL;
    AUTO(str_freep) char *metadata = NULL;
    AUTO(str_freep) char *id = str_dup(p->id);
    struct variants variants;
    uint8_t salt[PORTION_SALT_LEN];
    if (!kas)
        return fail_set(f, E_REFUSED, "the card of %s has no key to seal to", card->domain);
    random_bytes(salt, sizeof salt);
    facts = portion_metadata(salt, p->pad ? p->text.len : PORTION_WHOLE);
    list_variants(p, &variants);
    metadata = variants_metadata(facts, &variants);
    /* the policy's id is the portion's: by it the node's sealer knows which portion this is the master of */
    struct tdf_policy policy = { .uuid = id };
    struct tdf_recipient to = { .to = kas->key, .url = url, .kid = kas->kid, .metadata = metadata };
    struct tdf_spec spec = {
        .policy = &policy, .mime_type = p->mime, .recipients = &to, .recipient_count = 1
    };
    struct bytes text = p->text;
    struct portion_padding padding;
    struct source plain = source_bytes(&text);
    struct buf_sink sink;
    if (p->pad)
        plain = portion_source(&padding, &plain);
    out->bytes = buf_new((size_t)plain.size + (size_t)plain.size / 1024 + SEAL_ROOM);
    struct sink to_buf = sink_buf(&sink, out->bytes);
    TRY(tdf_seal(&plain, &spec, &to_buf, NULL, f));
    TRY(buf_check(out->bytes, "sealed portion", f));
    portion_commit(salt, p->text, out->commitment);
    return manifest_digest(bytes_of(out->bytes), out->digest, f);
}

static enum err pack_portions(struct packing *p, const struct card *card, struct fail *f)
{
    p->portions = mem_array(p->draft->count, sizeof *p->portions);
    for (size_t i = 0; i < p->draft->count; i++) {
        const struct draft_portion *from = &p->draft->portions[i];
        if (from->clear)
            hash_sha256(from->text, p->portions[i].digest);
        else
            TRY(seal_portion(card, from, &p->portions[i], f));
    }
    return OK;
}

static json_t *portion_row(const struct draft_portion *from, const struct packed *p)
{
    char text[44];
    json_t *row = json_object();
    json_set_str(row, "id", from->id);
    json_set_u64(row, "n", from->n);
    json_set_str(row, "mark", from->mark_text);
    statement_digest_text(p->digest, text);
    json_set_str(row, "digest", text);
    if (!from->clear) {
        statement_digest_text(p->commitment, text);
        json_set_str(row, "commitment", text);
    }
    if (from->variant_count)
        json_set_bool(row, "differs", true);
    return row;
}

/* Of each source of each portion: the portion, the mark that says who may know of it, and the handle, sealed for the node. */
static enum err seal_sources(const struct card *card, const struct draft *d, const char *report, json_t *rows,
                             struct fail *f)
{
    const struct card_key *kas = card_key(card, "kas", NULL);
    uint8_t context[HASH_LEN];
    handle_of_report(card->domain, report, context);
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->portions[i].source_count; k++) {
            const struct draft_source *s = &d->portions[i].sources[k];
            AUTO(buf_freep) struct buf *sealed = buf_new(HANDLE_SEALED_MAX);
            AUTO(buf_freep) struct buf *text = buf_new(2 * HANDLE_SEALED_MAX);
            AUTO(str_freep) char *mark = marking_text(marking_is_set(&s->mark) ? &s->mark : &d->banner, NULL);
            if (!kas)
                return fail_set(f, E_REFUSED, "the card of %s has no key to seal to", card->domain);
            TRY(handle_seal(kas->key, kas->kid, context, s->handle, sealed, f));
            b64_put(text, B64_URL, bytes_of(sealed));
            json_t *row = json_object();
            json_set_str(row, "portion", d->portions[i].id);
            json_set_str(row, "mark", mark);
            json_set_str(row, "sealed", buf_text(text));
            json_array_append_new(rows, row);
        }
    return OK;
}

/* What each portion cites; the same that is written in two ways, once. */
static json_t *list_cited(const struct draft *d)
{
    json_t *rows = json_array();
    AUTO(json_freep) json_t *seen = json_object();
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->portions[i].citation_count; k++) {
            const struct draft_citation *c = &d->portions[i].citations[k];
            AUTO(str_freep)
            char *key = str_format("%s %s %s", d->portions[i].id, c->originator, c->portion);
            if (json_object_get(seen, key))
                continue;
            json_set_bool(seen, key, true);
            json_t *row = json_object();
            json_set_str(row, "in", d->portions[i].id);
            json_set_str(row, "originator", c->originator);
            json_set_str(row, "report", c->report);
            json_set_str(row, "portion", c->portion);
            json_array_append_new(rows, row);
        }
    return rows;
}

static enum err sign_share(const struct profile *profile, const struct packing *p, const struct share_to *to,
                           const char *report, struct buf *jws, struct fail *f)
{
    AUTO(str_freep) char *banner = marking_text(&p->draft->banner, NULL);
    AUTO(json_freep) json_t *sources = json_array();
    char id[UUID_TEXT];
    TRY(seal_sources(profile->card, p->draft, report, sources, f));
    json_t *body = json_object(), *rows = json_array(), *ids = json_array();
    for (size_t i = 0; i < p->draft->count; i++) {
        json_array_append_new(rows, portion_row(&p->draft->portions[i], &p->portions[i]));
        json_array_append_new(ids, json_string(p->draft->portions[i].id));
    }
    json_set_take(body, "to", json_deep_copy(to->to));
    if (json_array_size(to->groups) >
        0) { /* the author signs for every holder, whatever the list says later */
        json_set_take(body, "holders", json_deep_copy(to->holders));
        json_set_take(body, "groups", json_deep_copy(to->groups));
    }
    json_set_str(body, "banner", banner);
    json_set_take(body, "portions", rows);
    if (to->hold)
        json_set_bool(body, "hold", true);
    if (to->no_held)
        json_set_bool(body, "no_held", true);
    if (json_array_size(sources))
        json_set_take(body, "sources", json_incref(sources));
    if (p->draft->citation_count)
        json_set_take(body, "derived_from", list_cited(p->draft));
    if (to->second)
        json_set_str(body, "second", to->second);
    struct statement_making m = { .kind = "share", .report = report, .portions = ids, .body = body };
    return act_sign(profile, m, id, jws, f);
}

static enum err write_package(const struct packing *p, struct bytes report, struct buf *out, struct fail *f)
{
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    TRY(package_begin(&sink, report, &w, f));
    for (size_t i = 0; i < p->draft->count; i++) {
        const struct draft_portion *from = &p->draft->portions[i];
        struct bytes bytes = from->clear ? from->text : bytes_of(p->portions[i].bytes);
        struct source in = source_bytes(&bytes);
        TRY(package_add(w, from->id, from->clear ? PACKAGE_CLEAR : PACKAGE_SEALED, &in, f));
    }
    TRY(package_end(w, f));
    return buf_check(out, "package", f);
}

enum err share_pack(const struct profile *profile, const struct draft *d, const struct share_to *to,
                    char report[static UUID_TEXT], struct buf *out, struct fail *f)
{
    AUTO(packing_clear) struct packing p = { .draft = d };
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    random_uuid(report);
    TRY(pack_portions(&p, profile->card, f));
    TRY(sign_share(profile, &p, to, report, jws, f));
    return write_package(&p, bytes_of(jws), out, f);
}

enum err share_send(struct session *s, const struct draft *d, const struct share_to *to, json_t **answer,
                    struct fail *f)
{
    const struct profile *p = session_profile(s);
    AUTO(card_freep) struct card *own = NULL;
    AUTO(buf_freep) struct buf *package = buf_new(PACK_MAX);
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    char report[UUID_TEXT];
    TRY(session_card(s, p->card->domain, &own, f)); /* the profile keeps the newest */
    TRY(share_pack(p, d, to, report, package, f));
    struct session_request r = { .method = "POST",
                                 .path = "/v1/reports",
                                 .type = "application/zip",
                                 .body = bytes_of(package),
                                 .timeout_ms = SESSION_PACKAGE_MS };
    TRY(session_call(s, &r, &got, f));
    return json_read(bytes_of(got.body), BUF_MAX_DEFAULT, "share answer", answer, f);
}

/* Each member once, whoever else named him. */
static void add_holder(json_t *holders, const char *whom)
{
    if (!statement_names(holders, whom))
        json_array_append_new(holders, json_string(whom));
}

static enum err resolve_group(struct session *s, const char *name, json_t *holders, json_t *groups,
                              struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/lists/group?owner=&name=%s", name);
    AUTO(json_freep) json_t *answer = NULL;
    const json_t *members;
    uint64_t version;
    if (!name_is_list(name))
        return fail_set(f, E_USAGE, "'group:%.80s' is no name of a group: letters a-z, digits and -", name);
    TRY(session_get(s, path, &answer, f));
    const json_t *list = json_array_get(json_object_get(answer, "lists"), 0);
    TRY(json_need_array(list, "members", "group", &members, f));
    TRY(json_need_u64(list, "version", "group", &version, f));
    if (json_array_size(members) == 0)
        return fail_why(f, REASON_LIST_EMPTY, "nobody is in group %s", name);
    for (size_t i = 0; i < json_array_size(members); i++) {
        const char *whom = json_string_value(json_array_get(members, i));
        add_holder(holders, whom ? whom : "");
    }
    json_t *group = json_object();
    json_set_str(group, "name", name);
    json_set_u64(group, "version", version);
    json_array_append_new(groups, group);
    return OK;
}

enum err share_resolve(struct session *s, const json_t *to, json_t **holders, json_t **groups, struct fail *f)
{
    AUTO(json_freep) json_t *who = json_array();
    AUTO(json_freep) json_t *seen = json_array();
    for (size_t i = 0; i < json_array_size(to); i++) {
        const char *one = json_string_value(json_array_get(to, i));
        if (strncmp(one, "group:", 6) == 0)
            TRY(resolve_group(s, one + 6, who, seen, f));
        else
            add_holder(who, one);
    }
    *holders = json_incref(who);
    *groups = json_incref(seen);
    return OK;
}

enum err share_preview(struct session *s, const struct draft *d, const json_t *to, json_t **answer,
                       struct fail *f)
{
    json_t *body = json_object(), *rows = json_array();
    json_set_take(body, "to", json_deep_copy(to));
    json_set_take(body, "portions", rows);
    for (size_t i = 0; i < d->count; i++) {
        json_t *row = json_object();
        json_set_u64(row, "n", d->portions[i].n);
        json_set_str(row, "mark", d->portions[i].mark_text);
        json_array_append_new(rows, row);
    }
    return session_post(s, "/v1/preview", body, answer, f);
}
