/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_sealed.c - the giver's side of an override that passes sealed copies on: his authority's client made
 * them, with the keys that it held, to this node's own KAS key. No plaintext and no data key passes here. */
#include <stdio.h>
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_override.h"
#include "exchange/arrange.h"
#include "exchange/cards.h"
#include "exchange/outbox.h"
#include "exchange/own_card.h"
#include "marking/marking.h"
#include "store/held.h"
#include "store/override.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"
#include "tdf/container.h"
#include "tdf/package.h"

struct sealed_copy {
    struct override_copy_row row; /* strings in the act, or below */
    char *mark;
    struct buf manifest, payload;
    uint8_t digest[HASH_LEN], commitment[HASH_LEN];
};

struct sealed {
    struct sealed_copy copies[OVERRIDE_PORTIONS_MAX];
    size_t count;
};

void sealed_free(struct sealed **s)
{
    for (size_t i = 0; *s && i < (*s)->count; i++) {
        buf_clear(&(*s)->copies[i].manifest);
        buf_clear(&(*s)->copies[i].payload);
        mem_freep(&(*s)->copies[i].mark);
    }
    mem_freep(s);
}

/* The copy ------------------------------------------------------------------------------------------------------ */

static enum err read_bytes(const struct window *from, struct buf *out, struct fail *f)
{
    struct window window = *from;
    struct source in = source_window(&window);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    return source_copy(&in, &sink, f);
}

/* To our key alone, under the id that the act says; what a key request for it must present. */
static enum err read_copy(struct node *n, const struct package_portion *in, struct sealed_copy *c,
                          struct fail *f)
{
    AUTO(tdf_container_freep) struct tdf_container *t = NULL;
    AUTO(tdf_policy_clear) struct tdf_policy policy = { 0 };
    AUTO(str_freep) char *url = str_format("%s/kas", n->conf.url);
    struct window window = in->bytes;
    struct source source = source_window(&window);
    uint8_t real[HASH_LEN];
    TRY(tdf_container_read(&source, TDF_MANIFEST_OWN, &t, f));
    const struct tdf_kao *kao = t->manifest->kaos;
    if (t->manifest->kao_count != 1 || kao->wrap != TDF_WRAP_EC || !kao->kid ||
        !own_card_takes(n, kao->kid) || strcmp(kao->url, url) != 0)
        return fail_set(f, E_INVALID, "override: portion %u is not sealed to this node's key: sign in again",
                        c->row.n);
    TRY(tdf_policy_read(t->manifest->policy, &policy, f));
    if (!policy.uuid || strcmp(policy.uuid, c->row.policy) != 0)
        return fail_set(f, E_INVALID, "override: the copy of portion %u is not sealed under its id",
                        c->row.n);
    hash_sha256(bytes_of(t->manifest_text), real);
    if (!same(real, c->digest, HASH_LEN))
        return fail_why(f, REASON_TAMPERED, "override: the copy of portion %u is not the one in the act",
                        c->row.n);
    TRY(read_bytes(&t->payload, &c->payload, f));
    buf_put_bytes(&c->manifest, bytes_of(t->manifest_text));
    c->row.manifest = bytes_of(&c->manifest);
    hash_sha256(bytes_str(kao->wrapped_key), c->row.wrapped_sha);
    hash_sha256(bytes_str(t->manifest->policy), c->row.policy_sha);
    hash_sha256(bytes_str(kao->binding), c->row.binding_sha);
    return OK;
}

/* Its id is nobody else's: a key request finds one copy, and the right one. */
static enum err check_fresh(struct db *db, const struct sealed_copy *c, struct fail *f)
{
    AUTO(store_copy_clear) struct copy_row copy = { 0 };
    enum err e = store_copy_get(db, c->row.policy, &copy, f);
    return store_missing(e, f) ? OK
           : e == OK           ? fail_why(f, REASON_OTHER_CONTENT, "override: id %s is taken", c->row.policy)
                               : e;
}

/* What its originator signed ------------------------------------------------------------------------------------------- */

static const json_t *row_of(const struct statement *share, const char *portion)
{
    const json_t *rows = json_object_get(share->body, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const char *id = json_string_value(json_object_get(json_array_get(rows, i), "id"));
        if (id && strcmp(id, portion) == 0)
            return json_array_get(rows, i);
    }
    return NULL;
}

/* The share by which it is held: mark and commitment, and whether keys may be held at all. */
static enum err read_share(struct act_call *c, struct db *db, struct sealed_copy *copy, json_t *shares,
                           struct fail *f)
{
    AUTO(store_held_clear) struct held_row held = { 0 };
    AUTO(statement_freep) struct statement *share = NULL;
    AUTO(marking_clear) struct marking mark = { 0 };
    enum err e = store_held_get(db, c->originator, copy->row.share, &held, f);
    if (store_missing(e, f))
        return fail_why(f, REASON_NOT_HELD, "no share %s of %s is held here", copy->row.share, c->originator);
    TRY(e);
    TRY(statement_read(bytes_str(held.jws), JOSE_MAX_LARGE, &share, f));
    const json_t *row = row_of(share, copy->row.portion);
    const char *text = json_string_value(json_object_get(row, "mark"));
    const char *commitment = json_string_value(json_object_get(row, "commitment"));
    if (held.stray || strcmp(share->kind, "share") != 0 || !text || !commitment ||
        !b64_read_exact(B64_URL, bytes_str(commitment), copy->commitment, HASH_LEN))
        return fail_why(f, REASON_NOT_HELD, "portion %s did not come from its originator by share %s",
                        copy->row.portion, copy->row.share);
    bool may_hold;
    TRY(arrange_may_hold(db, c->originator, &may_hold, f));
    if (!may_hold || json_is_true(json_object_get(json_object_get(share->body, "terms"), "no_held")))
        return fail_why(f, REASON_HELD_FORBIDDEN, "portion %s: its originator forbids that its key is held",
                        copy->row.portion);
    TRY(marking_read(text, &mark, f));
    if (mark.hidden)
        return fail_why(f, REASON_UNSUPPORTED,
                        "a HIDDEN portion is not passed on sealed: tell it, with --oral");
    copy->row.mark = copy->mark = str_dup(text);
    copy->row.n = (uint32_t)json_integer_value(json_object_get(row, "n"));
    if (!statement_names(shares, held.jws))
        json_array_append_new(shares, json_string(held.jws));
    return OK;
}

static enum err read_row(struct act_call *c, struct db *db, const json_t *row, struct sealed_copy *copy,
                         json_t *shares, struct fail *f)
{
    const char *digest;
    buf_init(&copy->manifest, TDF_MANIFEST_OWN);
    buf_init(&copy->payload, c->node->conf.max_report);
    TRY(json_need_str(row, "id", "override portion", &copy->row.portion, f));
    TRY(json_need_str(row, "copy", "override portion", &copy->row.policy, f));
    TRY(json_need_str(row, "share", "override portion", &copy->row.share, f));
    TRY(json_need_str(row, "digest", "override portion", &digest, f));
    if (!name_is_uuid(copy->row.policy) || !name_is_uuid(copy->row.share) ||
        !b64_read_exact(B64_URL, bytes_str(digest), copy->digest, HASH_LEN))
        return fail_set(f, E_INVALID, "override: a portion without a proper copy, share or digest");
    if (!statement_names(c->act->portions, copy->row.portion))
        return fail_set(f, E_INVALID, "override: it lists a portion that it does not name");
    const struct package_portion *in = package_find(c->package, copy->row.portion);
    if (!in || in->kind != PACKAGE_SEALED)
        return fail_set(f, E_INVALID, "override: portion %s is not in the package, sealed",
                        copy->row.portion);
    TRY(check_fresh(db, copy, f));
    TRY(read_share(c, db, copy, shares, f));
    return read_copy(c->node, in, copy, f);
}

/* What the statement says of it ------------------------------------------------------------------------------------------ */

static json_t *statement_row(const struct sealed_copy *c)
{
    char text[44];
    json_t *row = json_object();
    json_set_str(row, "id", c->row.portion);
    json_set_u64(row, "n", c->row.n);
    json_set_str(row, "mark", c->row.mark);
    json_set_str(row, "copy", c->row.policy);
    json_set_str(row, "share", c->row.share);
    statement_digest_text(c->digest, text);
    json_set_str(row, "digest", text);
    statement_digest_text(c->commitment, text);
    json_set_str(row, "commitment", text);
    return row;
}

static enum err put_banner(const struct sealed *s, json_t *body, struct fail *f)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    for (size_t i = 0; i < s->count; i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        TRY(marking_read(s->copies[i].row.mark, &mark, f));
        marking_banner_add(&banner, &mark);
    }
    AUTO(str_freep) char *text = marking_text(&banner, NULL);
    json_set_str(body, "banner", text);
    return OK;
}

/* Ascending numbers, as every list of portions. */
static void sort(struct sealed *s)
{
    for (size_t i = 1; i < s->count; i++)
        for (size_t k = i; k > 0 && s->copies[k].row.n < s->copies[k - 1].row.n; k--) {
            struct sealed_copy moved = s->copies[k];
            s->copies[k] = s->copies[k - 1];
            s->copies[k - 1] = moved;
        }
    for (size_t i = 0; i < s->count; i++)
        s->copies[i].row.manifest = bytes_of(&s->copies[i].manifest);
}

static enum err check_receiver(struct act_call *c, const char *to, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    if (!name_is_domain(to))
        return fail_set(f, E_INVALID,
                        "a sealed copy goes to an organisation: whoever else is told, with --oral");
    if (strcmp(to, c->node->conf.domain) == 0)
        return fail_set(f, E_INVALID, "override: %s has it already", to);
    return cards_get_trusted(c->node, to, &ref, f);
}

/* The third party may not know the originator: his card comes along. */
static enum err put_card(struct act_call *c, struct fail *f)
{
    AUTO(cards_put) struct card_ref from = { 0 };
    TRY(cards_get_trusted(c->node, c->originator, &from, f));
    json_set_str(c->body, "card", from.card->jose->text);
    return OK;
}

enum err sealed_prepare(struct act_call *c, struct overriding *o, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *shares = json_array();
    const json_t *rows;
    json_t *said = json_array();
    struct sealed *s = o->sealed = mem_new(sizeof *s);
    json_set_take(c->body, "portions", said);
    TRY(check_receiver(c, o->to, f));
    TRY(json_need_array(c->act->body, "portions", "override", &rows, f));
    size_t count = json_array_size(rows);
    if (!c->package || count != json_array_size(c->act->portions) || count != package_count(c->package))
        return fail_set(f, E_INVALID, "override: the package does not hold what its act lists");
    TRY(store_read_begin(c->node->store, &db, f));
    for (size_t i = 0; i < count; i++) {
        s->count = i + 1;
        TRY(read_row(c, db, json_array_get(rows, i), &s->copies[i], shares, f));
    }
    sort(s);
    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(said, statement_row(&s->copies[i]));
    TRY(put_banner(s, c->body, f));
    TRY(put_card(c, f));
    json_set_take(c->body, "shares", json_incref(shares));
    json_set_str(c->body, "originator", c->originator);
    json_array_append_new(c->aud, json_string(o->to));
    c->package_to = o->to;
    return OK;
}

enum err sealed_write(struct act_call *c, struct db *db, const struct overriding *o, struct fail *f)
{
    for (size_t i = 0; i < o->sealed->count; i++) {
        struct sealed_copy *copy = &o->sealed->copies[i];
        struct bytes payload = bytes_of(&copy->payload);
        copy->row.override = c->id;
        copy->row.originator = c->originator;
        copy->row.giver = c->node->conf.domain;
        copy->row.holder = o->to;
        copy->row.report = c->report;
        copy->row.made_ms = c->now_ms;
        TRY(store_override_copy_add(db, &copy->row, &payload, f));
    }
    return OK;
}
