/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/copies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/derive.h"
#include "exchange/label.h"
#include "exchange/show.h"
#include "exchange/signer.h"
#include "keeper/keeper.h"
#include "marking/marking.h"
#include "store/person.h"
#include "store/report.h"
#include "store/second.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/variant.h"
#include "store/writer.h"

#define PAYLOAD_MAX ((size_t)512 << 20)

#define GRANT_FIELDS (1u << FIELD_KIND | 1u << FIELD_PORTION | 1u << FIELD_ACTOR | 1u << FIELD_STATEMENT)

void copies_clear(struct copy_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_clear(&items[i].manifest_out);
        buf_clear(&items[i].payload_out);
    }
}

/* Four eyes: who agreed to an act, and how the sealer is shown that. */
struct agreement {
    struct second_row row;
    struct signer signer;
    struct keeper_signed shown;
};

static void agreement_clear(struct agreement *a)
{
    store_second_clear(&a->row);
    signer_clear(&a->signer);
}

/* ${out} NULL: the act names nobody. ${second}: as in struct copy_leave. */
static enum err load_agreement(struct node *n, const struct publisher_head *head, struct bytes first,
                               struct bytes second, struct agreement *a, const struct keeper_signed **out,
                               struct fail *f)
{
    AUTO(act_freep) struct act *act = NULL, *agreed = NULL;
    *out = NULL;
    TRY(act_read(first, JOSE_MAX_LARGE, &act, f));
    if (!json_object_get(act->body, "second"))
        return OK;
    if (second.len == 0) {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        enum err e = store_second_get(db, act->id, &a->row, f);
        if (store_missing(e, f))
            return fail_why(f, REASON_SECOND_NEEDED, "nobody agreed to %s %s", act->kind, act->id);
        TRY(e);
        second = bytes_str(a->row.answer);
    }
    TRY(act_read(second, JOSE_MAX_SMALL, &agreed, f));
    TRY(signer_load(n, head, agreed->jose->kid, &a->signer, f));
    a->shown = signer_shown(second, &a->signer);
    *out = &a->shown;
    return OK;
}

/* A memfd's content into a buffer. */
static enum err read_back(int fd, struct buf *out, struct fail *f)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_size < 0)
        return fail_set(f, E_IO, "a sealed payload can't be read back");
    uint8_t *at = buf_reserve(out, (size_t)st.st_size);
    if (!at)
        return buf_check(out, "sealed payload", f);
    for (size_t done = 0; done < (size_t)st.st_size;) {
        ssize_t got = pread(fd, at + done, (size_t)st.st_size - done, (off_t)done);
        if (got <= 0)
            return fail_set(f, E_IO, "a sealed payload can't be read back");
        done += (size_t)got;
    }
    out->len += (size_t)st.st_size;
    return OK;
}

static enum err take_result(struct node *n, struct keeper_copy *c, struct copy_item *item, struct fail *f)
{
    memcpy(item->policy, c->policy, sizeof item->policy);
    memcpy(item->commitment, c->commitment, HASH_LEN);
    memcpy(item->wrapped_sha, c->wrapped_sha, HASH_LEN);
    memcpy(item->policy_sha, c->policy_sha, HASH_LEN);
    memcpy(item->binding_sha, c->binding_sha, HASH_LEN);
    buf_init(&item->manifest_out, (size_t)1 << 20);
    buf_init(&item->payload_out, PAYLOAD_MAX);
    buf_put_bytes(&item->manifest_out, bytes_of(&c->manifest_out));
    TRY(label_attach(n, item->mark, &item->manifest_out, f));
    hash_sha256(bytes_of(&item->manifest_out), item->digest);
    TRY(buf_check(&item->manifest_out, "manifest", f));
    return read_back(c->payload_out, &item->payload_out, f);
}

/* One portion at a time: a report is bounded, and so is the memory of a message. */
static enum err seal_one(struct node *n, struct keeper_leave *leave, const struct publisher_head *head,
                         const char *holder, uint32_t number, struct copy_item *item, struct fail *f)
{
    AUTO(str_freep) char *kas_url = str_format("%s/kas", n->conf.url);
    AUTO(show_entry_clear) struct show_entry grant = { 0 };
    AUTO(fd_closep) int payload = -1;
    struct keeper_copy copy = { .portion = item->portion,
                                .holder = holder,
                                .number = number,
                                .manifest = item->manifest,
                                .kas_url = kas_url,
                                .payload_out = -1 };
    buf_init(&copy.manifest_out, (size_t)1 << 20);
    if (item->grant.generation) {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        TRY(show_entry(n, db, head, item->grant, GRANT_FIELDS, &grant, f));
        copy.leave = &grant.entry;
    }
    TRY(keeper_payload(item->payload, &payload, f));
    copy.payload_fd = payload;
    enum err e = keeper_seal_copies(n->keeper, leave, &copy, 1, f);
    if (e == OK)
        e = take_result(n, &copy, item, f);
    buf_clear(&copy.manifest_out);
    fd_closep(&copy.payload_out);
    return e;
}

struct numbering {
    const char *report, *holder;
    uint32_t number;
};

static enum err number_holder(struct db *db, void *ctx, struct fail *f)
{
    struct numbering *w = ctx;
    return store_variant_number(db, w->report, w->holder, &w->number, f);
}

/* A holder has one number in a report, whatever becomes of this copy: what was sealed under it may get about. */
static enum err find_number(struct node *n, const struct copy_item *items, size_t count, struct numbering *w,
                            struct fail *f)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].differs)
            return writer_run(n->writer, number_holder, w, f);
    return OK;
}

enum err copies_seal(struct node *n, const struct copy_leave *leave, const char *report, const char *holder,
                     struct copy_item *items, size_t count, struct fail *f)
{
    struct numbering numbering = { report, holder, 0 };
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    AUTO(signer_clear) struct signer signer = { 0 }, author = { 0 };
    AUTO(signer_clear) struct signer ours = { 0 }, theirs = { 0 };
    AUTO(agreement_clear) struct agreement agreed = { 0 }, author_agreed = { 0 };
    struct keeper_signed marked, terms[2];
    TRY(find_number(n, items, count, &numbering, f));
    publisher_head(n->publisher, &head);
    TRY(signer_load(n, &head, leave->signer_kid, &signer, f));
    struct keeper_leave shown = { .by = signer_shown(leave->act, &signer),
                                  .statement = leave->statement,
                                  .checkpoint = bytes_str(head.note) };
    if (leave->author.len == 0)
        TRY(load_agreement(n, &head, leave->act, leave->second, &agreed, &shown.second, f));
    else {
        TRY(signer_load(n, &head, leave->author_kid, &author, f));
        marked = signer_shown(leave->author, &author);
        shown.author = &marked;
        TRY(load_agreement(n, &head, leave->author, BYTES(NULL, 0), &author_agreed, &shown.author_second, f));
    }
    if (leave->terms.len) {
        TRY(signer_load(n, &head, leave->terms_kid, &ours, f));
        TRY(signer_load(n, &head, leave->theirs_kid, &theirs, f));
        terms[0] = signer_shown(leave->terms, &ours);
        terms[1] = signer_shown(leave->theirs, &theirs);
        shown.terms = &terms[0];
        shown.theirs = &terms[1];
    }
    for (size_t i = 0; i < count; i++) {
        if (items[i].clear)
            hash_sha256(items[i].payload, items[i].digest);
        else
            TRY(seal_one(n, &shown, &head, holder, numbering.number, &items[i], f));
    }
    return OK;
}

enum err copies_banner(const struct copy_item *items, size_t count, char **out, struct fail *f)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    for (size_t i = 0; i < count; i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        TRY(marking_read(items[i].mark, &mark, f));
        marking_banner_add(&banner, &mark);
    }
    *out = marking_text(&banner, NULL);
    return OK;
}

static json_t *portion_json(const struct copy_item *item)
{
    char text[44];
    json_t *p = json_object();
    json_set_str(p, "id", item->portion);
    json_set_u64(p, "n", item->n);
    json_set_str(p, "mark", item->mark);
    statement_digest_text(item->digest, text);
    json_set_str(p, "digest", text);
    if (!item->clear) {
        statement_digest_text(item->commitment, text);
        json_set_str(p, "commitment", text);
    }
    if (item->differs)
        json_set_bool(p, "differs", true);
    return p;
}

/* What these portions cite, and no other: a share of a HIDDEN one shows what that cites alone. */
static enum err put_derived(struct node *n, const struct copy_item *items, size_t count, json_t *body,
                            struct fail *f)
{
    AUTO(json_freep) json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        AUTO(json_freep) json_t *rows = items[i].derived ? json_deep_copy(items[i].derived) : NULL;
        if (!rows) {
            AUTO(store_read_endp) struct db *db = NULL;
            TRY(store_read_begin(n->store, &db, f));
            TRY(derived_rows(db, n->conf.domain, items[i].portion, &rows, f));
        }
        for (size_t k = 0; k < json_array_size(rows); k++) {
            json_t *row = json_array_get(rows, k);
            if (strcmp(json_string_value(json_object_get(row, "in")), items[i].portion) == 0)
                json_array_append(list, row);
        }
    }
    if (json_array_size(list))
        json_set_take(body, "derived_from", json_incref(list));
    return OK;
}

enum err copies_statement(struct node *n, const char *report, const char *holder,
                          const struct copy_item *items, size_t count, const char *ref, json_t *terms,
                          struct copies_share *out, struct fail *f)
{
    AUTO(str_freep) char *banner = NULL;
    char by[DOMAIN_MAX + 2];
    json_t *ids = json_array(), *list = json_array(), *body = json_object();
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    random_uuid(out->id);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(ids, json_string(items[i].portion));
        json_array_append_new(list, portion_json(&items[i]));
    }
    json_set_take(body, "portions", list);
    json_set_take(body, "terms", terms ? terms : json_object());
    json_set_u64(body, "view", 1);
    struct statement_making m = { .kind = "share",
                                  .id = out->id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = report,
                                  .ref = ref,
                                  .aud = json_pack("[s]", holder),
                                  .portions = ids,
                                  .body = body,
                                  .at_ms = n->now_ms() };
    enum err e = copies_banner(items, count, &banner, f);
    if (e == OK)
        e = put_derived(n, items, count, body, f);
    if (e != OK) {
        json_decref(m.aud);
        json_decref(ids);
        json_decref(body);
        return e;
    }
    json_set_str(body, "banner", banner);
    return acts_statement(n, m, &out->jws, out->digest, f);
}

static enum err write_copy(struct node *n, struct db *db, const struct copies_share *share,
                           const char *holder, const struct copy_item *item, struct fail *f)
{
    struct copy_row row = { .policy = item->policy,
                            .portion = item->portion,
                            .holder = holder,
                            .manifest = bytes_of(&item->manifest_out),
                            .share = share->id,
                            .made_ms = n->now_ms() };
    struct bytes payload = bytes_of(&item->payload_out);
    memcpy(row.wrapped_sha, item->wrapped_sha, HASH_LEN);
    memcpy(row.policy_sha, item->policy_sha, HASH_LEN);
    memcpy(row.binding_sha, item->binding_sha, HASH_LEN);
    memcpy(row.commitment, item->commitment, HASH_LEN);
    return store_copy_add(db, &row, &payload, f);
}

static enum err enter_item(struct node *n, struct db *db, const char *report,
                           const struct copies_share *share, const struct copies_terms *t,
                           const struct copy_item *item, struct place *last, struct fail *f)
{
    struct journal_event e = { .kind = KIND_SHARED,
                               .originator = n->conf.domain,
                               .portion = item->portion,
                               .organisation = t->holder,
                               .actor = t->actor,
                               .report = report,
                               .copy = item->clear ? "" : item->policy,
                               .rests_on = item->grant,
                               .reason = t->reason,
                               .digest = share->digest };
    return journal_enter(n, db, &e, last, f);
}

/* Of two ends the first; 0 is none. */
static uint64_t earlier(uint64_t a, uint64_t b)
{
    return !a || (b && b < a) ? b : a;
}

static enum err write_release(struct node *n, struct db *db, const struct copies_share *share,
                              const struct copies_terms *t, const struct copy_item *item,
                              const struct place *last, struct fail *f)
{
    struct release_row release = { .portion = item->portion,
                                   .holder = t->holder,
                                   .person = t->person ? t->person : "",
                                   .from_ms = n->now_ms(),
                                   .until_ms = earlier(t->until_ms, item->until_ms),
                                   .note = t->note ? t->note : "",
                                   .statement = t->grant ? t->grant : share->id,
                                   .generation = last->generation,
                                   .idx = last->index };
    return store_release_add(db, &release, NULL, f);
}

/* Sealing comes after the grant, maybe after a crash: a recall that came between them found no holder yet. */
struct ending {
    const struct copies_terms *terms;
    const char *portion;
    bool recalled;
};

static enum err note_recall(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct ending *e = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (e->recalled || row->direction != STATEMENT_MADE || *row->ref || row->at_ms < e->terms->granted_ms)
        return OK; /* with a ref: what one holder was told */
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    const char *from = json_text_of(s->body, "from");
    e->recalled = statement_names(s->portions, e->portion) && (!*from || strcmp(from, e->terms->holder) == 0);
    return OK;
}

static enum err end_recalled(struct node *n, struct db *db, const char *report, const struct copies_terms *t,
                             const char *portion, struct fail *f)
{
    struct ending e = { t, portion, false };
    if (!t->grant)
        return OK;
    TRY(store_statement_list(db, report, "recall", note_recall, &e, f));
    return e.recalled ? store_release_recall(db, portion, t->holder, NULL, n->now_ms(), NULL, f) : OK;
}

static enum err write_item(struct node *n, struct db *db, const char *report,
                           const struct copies_share *share, const struct copies_terms *t,
                           const struct copy_item *item, struct place *last, struct fail *f)
{
    TRY(enter_item(n, db, report, share, t, item, last, f));
    if (item->clear)
        return OK; /* public: nothing is sealed, nobody needs a release */
    TRY(write_copy(n, db, share, t->holder, item, f));
    TRY(write_release(n, db, share, t, item, last, f));
    return end_recalled(n, db, report, t, item->portion, f);
}

/* Also of what is public: that it was given to them is how they know of it. */
enum err copies_open(struct node *n, struct db *db, const char *report, const struct copies_share *share,
                     const struct copies_terms *terms, const struct copy_item *items, size_t count,
                     struct place *last, struct fail *f)
{
    for (size_t i = 0; i < count; i++) {
        TRY(enter_item(n, db, report, share, terms, &items[i], last, f));
        TRY(write_release(n, db, share, terms, &items[i], last, f));
    }
    return OK;
}

enum err copies_write(struct node *n, struct db *db, const char *report, const struct copies_share *share,
                      const struct copies_terms *terms, const struct copy_item *items, size_t count,
                      struct place *last, struct fail *f)
{
    AUTO(json_freep) json_t *to = terms->hold ? json_array() : json_pack("[s]", terms->holder);
    struct act_statement s = { .kind = "share",
                               .id = share->id,
                               .jws = share->jws,
                               .report = report,
                               .ref = "",
                               .digest = share->digest };
    for (size_t i = 0; i < count; i++)
        TRY(write_item(n, db, report, share, terms, &items[i], last, f));
    return acts_queue(n, db, &s, to, true, *last, f);
}
