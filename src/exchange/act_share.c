/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_share.c - an author's report with its masters becomes copies for each holder */
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/arrange.h"
#include "exchange/copies.h"
#include "exchange/derive.h"
#include "exchange/exposure.h"
#include "exchange/hidden.h"
#include "exchange/aware.h"
#include "exchange/own_card.h"
#include "exchange/publisher.h"
#include "exchange/recipients.h"
#include "exchange/second.h"
#include "marking/marking.h"
#include "store/person.h"
#include "store/report.h"
#include "store/store.h"
#include "store/writer.h"
#include "tdf/container.h"
#include "tdf/package.h"

#define PACKAGE_ROOM ((size_t)4 << 20) /* what a package is longer than its payloads */

/* One portion as the author's client sent it. */
struct master {
    const char *id, *mark;
    uint32_t n;
    bool clear, hidden, differs;
    struct buf manifest, payload;
    uint8_t digest[HASH_LEN], commitment[HASH_LEN];
    char policy[UUID_TEXT];
    uint8_t wrapped_sha[HASH_LEN], policy_sha[HASH_LEN], binding_sha[HASH_LEN];
};

/* What goes to one recipient, an organisation or a person of it, as one share: all that is not HIDDEN, or one
 * HIDDEN portion. */
struct delivery {
    const struct recipient_row *to;
    struct copy_item *items;
    size_t count;
    bool hidden;
    struct copies_share share;
};

struct sharing {
    struct node *n;
    struct act *act;
    struct bytes second;    /* the act of who agreed to it; empty where nobody need */
    struct master *masters; /* HIDDEN ones last */
    size_t count, seen;     /* all; those that are not HIDDEN */
    struct recipients recipients;
    struct delivery *to;
    size_t to_count;
    char *banner;
    json_t *derived;          /* what it cites (exchange/derive.h) */
    struct copies_share *own; /* our own people's: what is seen, then each HIDDEN portion */
    size_t own_count;
    struct place last;
};

static void sharing_clear(struct sharing *s)
{
    for (size_t i = 0; i < s->to_count; i++) {
        if (s->to[i].items)
            copies_clear(s->to[i].items, s->to[i].count);
        mem_freep(&s->to[i].items);
        mem_freep(&s->to[i].share.jws);
    }
    for (size_t i = 0; i < s->count; i++) {
        buf_clear(&s->masters[i].manifest);
        buf_clear(&s->masters[i].payload);
    }
    for (size_t i = 0; i < s->own_count; i++)
        mem_freep(&s->own[i].jws);
    json_decref(s->derived);
    mem_freep(&s->own);
    mem_freep(&s->masters);
    mem_freep(&s->to);
    recipients_clear(&s->recipients);
    mem_freep(&s->banner);
    act_freep(&s->act);
}

/* What came -------------------------------------------------------------------------------------------- */

static enum err read_bytes(const struct package_portion *p, struct buf *out, struct fail *f)
{
    struct window window = p->bytes;
    struct source in = source_window(&window);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    return source_copy(&in, &sink, f);
}

static enum err digest_of(const char *text, uint8_t out[static HASH_LEN], const char *what, struct fail *f)
{
    if (!b64_read_exact(B64_URL, bytes_str(text), out, HASH_LEN))
        return fail_set(f, E_INVALID, "share: %s is no digest", what);
    return OK;
}

static enum err read_mark(struct master *m, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(str_freep) char *canonical = NULL;
    TRY(marking_read(m->mark, &mark, f));
    canonical = marking_text(&mark, NULL);
    if (strcmp(canonical, m->mark) != 0)
        return fail_set(f, E_INVALID, "share: mark '%.80s' is not in canonical form (%s)", m->mark,
                        canonical);
    m->hidden = mark.hidden;
    m->clear = mark.level == TLP_CLEAR;
    return OK;
}

/* The sealed master: split, and what a key request for it must present. */
static enum err read_master(struct node *n, const struct package_portion *p, struct master *m, struct fail *f)
{
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    AUTO(tdf_policy_clear) struct tdf_policy policy = { 0 };
    struct window window = p->bytes;
    struct source in = source_window(&window);
    TRY(tdf_container_read(&in, TDF_MANIFEST_OWN, &c, f));
    const struct tdf_kao *kao = c->manifest->kaos;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, &m->payload);
    struct source payload = source_window(&c->payload);
    TRY(source_copy(&payload, &sink, f));
    buf_put_bytes(&m->manifest, bytes_of(c->manifest_text));
    TRY(tdf_policy_read(c->manifest->policy, &policy, f));
    if (c->manifest->kao_count != 1 || kao->wrap != TDF_WRAP_EC || !kao->kid || !own_card_takes(n, kao->kid))
        return fail_set(f, E_INVALID, "share: portion %u is not sealed to this node's key: sign in again",
                        m->n);
    if (strcmp(policy.uuid, m->id) != 0)
        return fail_set(f, E_INVALID, "share: the master of portion %u is not sealed under the portion's id",
                        m->n);
    memcpy(m->policy, policy.uuid, UUID_TEXT);
    hash_sha256(bytes_str(kao->wrapped_key), m->wrapped_sha);
    hash_sha256(bytes_str(c->manifest->policy), m->policy_sha);
    hash_sha256(bytes_str(kao->binding), m->binding_sha);
    return OK;
}

static enum err read_portion(struct node *n, const json_t *j, const struct package *package, struct master *m,
                             struct fail *f)
{
    const char *digest, *commitment;
    uint64_t number;
    uint8_t real[HASH_LEN];
    buf_init(&m->manifest, TDF_MANIFEST_OWN);
    buf_init(&m->payload, n->conf.max_report);
    TRY(json_need_str(j, "id", "share portion", &m->id, f));
    TRY(json_need_str(j, "mark", "share portion", &m->mark, f));
    TRY(json_need_u64(j, "n", "share portion", &number, f));
    TRY(json_need_str(j, "digest", "share portion", &digest, f));
    TRY(json_may_str(j, "commitment", "share portion", &commitment, f));
    m->n = (uint32_t)number;
    m->differs = json_is_true(json_object_get(j, "differs"));
    TRY(read_mark(m, f));
    TRY(digest_of(digest, m->digest, "a portion's digest", f));
    const struct package_portion *p = name_is_uuid(m->id) ? package_find(package, m->id) : NULL;
    if (!p || (p->kind == PACKAGE_CLEAR) != m->clear)
        return fail_set(f, E_INVALID,
                        "share: portion %u is not in the package in the form that its mark wants", m->n);
    if (m->differs && (m->clear || m->n == 0))
        return fail_why(f, REASON_VARIANT, "share: portion %u is the same for all", m->n);
    if (m->clear) {
        TRY(read_bytes(p, &m->payload, f));
        hash_sha256(bytes_of(&m->payload), real);
    } else {
        TRY(read_master(n, p, m, f));
        if (!commitment)
            return fail_set(f, E_INVALID, "share: portion %u has no commitment", m->n);
        TRY(digest_of(commitment, m->commitment, "a portion's commitment", f));
        hash_sha256(bytes_of(&m->manifest), real);
    }
    if (memcmp(real, m->digest, HASH_LEN) != 0)
        return fail_set(f, E_UNVERIFIED, "share: portion %u is not the one that the author signed", m->n);
    return OK;
}

/* Portions stand in order: 0 is the title, then 1, 2, 3 without a gap, HIDDEN ones after all others. */
static enum err read_portions(struct sharing *s, const struct package *package, struct fail *f)
{
    const json_t *list;
    TRY(json_need_array(s->act->body, "portions", "share", &list, f));
    size_t count = json_array_size(list);
    if (count < 2 || count != package_count(package))
        return fail_set(f, E_INVALID,
                        "share: %zu portions are named, %zu are in the package, a title and one are needed",
                        count, package_count(package));
    s->masters = mem_array(count, sizeof *s->masters);
    for (size_t i = 0; i < count; i++) {
        s->count = i + 1;
        TRY(read_portion(s->n, json_array_get(list, i), package, &s->masters[i], f));
        if (s->masters[i].n != i)
            return fail_set(f, E_INVALID, "share: portion %zu has the number %u", i, s->masters[i].n);
        if (!s->masters[i].hidden && s->seen < i)
            return fail_set(f, E_INVALID, "share: portion %zu comes after one that is HIDDEN", i);
        s->seen += !s->masters[i].hidden;
    }
    return s->seen > 1 ? OK : fail_set(f, E_INVALID, "share: every portion is HIDDEN, or the title is");
}

/* What becomes of it ------------------------------------------------------------------------------------- */

static struct copy_item item_of(const struct sharing *s, const struct master *m)
{
    struct copy_item item = { .portion = m->id,
                              .mark = m->mark,
                              .n = m->n,
                              .clear = m->clear,
                              .differs = m->differs,
                              .derived = s->derived,
                              .manifest = bytes_of(&m->manifest),
                              .payload = bytes_of(&m->payload) };
    memcpy(item.policy, m->policy, UUID_TEXT); /* of the master, until a copy is sealed from it */
    return item;
}

static struct delivery *add_delivery(struct sharing *s, const struct recipient_row *to, size_t from,
                                     size_t count)
{
    s->to = mem_grow(s->to, s->to_count + 1, sizeof *s->to);
    struct delivery *d = &s->to[s->to_count++];
    *d = (struct delivery){ .to = to, .count = count, .hidden = s->masters[from].hidden };
    d->items = mem_array(count, sizeof *d->items);
    for (size_t i = 0; i < count; i++)
        d->items[i] = item_of(s, &s->masters[from + i]);
    return d;
}

/* Who may not know of a HIDDEN portion gets nothing that shows that there is one; others get it apart, and
 * numbered as if there were no other. */
static enum err plan_for(struct sharing *s, const struct recipient_row *to, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint32_t n = (uint32_t)s->seen;
    add_delivery(s, to, 0, s->seen);
    TRY(store_read_begin(s->n->store, &db, f));
    for (size_t i = s->seen; i < s->count; i++) {
        AUTO(marking_clear) struct marking mark = { 0 };
        bool may;
        TRY(marking_read(s->masters[i].mark, &mark, f));
        TRY(aware_anyone(s->n, db, &mark, to->whom, false, &may, f));
        if (may)
            add_delivery(s, to, i, 1)->items[0].n = n++;
    }
    return OK;
}

/* Nobody reads longer than the leave for what it cites lasts. */
static enum err limit_time(struct sharing *s, struct delivery *d, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(s->n->store, &db, f));
    for (size_t i = 0; i < d->count && json_array_size(s->derived); i++)
        TRY(derived_until(s->n, db, s->derived, d->items[i].portion, d->to->whom, &d->items[i].until_ms, f));
    return OK;
}

/* What the share says of its readers, and of their keys; NULL: nothing. */
static json_t *terms_of(const struct delivery *d, bool no_held)
{
    json_t *terms = d->hidden ? hidden_terms(d->to->whom) : NULL;
    if (!no_held)
        return terms;
    if (!terms)
        terms = json_object();
    json_set_bool(terms, "no_held", true);
    return terms;
}

static enum err seal_for(struct sharing *s, struct delivery *d, struct fail *f)
{
    const char *holder = name_domain_of(d->to->whom);
    if (d->to->guest)
        return OK; /* reads our masters */
    struct copy_leave leave = { .act = bytes_str(s->act->jose->text),
                                .signer_kid = s->act->jose->kid,
                                .second = s->second };
    bool no_held;
    TRY(arrange_no_held(s->n, s->act->body, holder, &no_held, f));
    TRY(copies_seal(s->n, &leave, s->act->report, holder, d->items, d->count, f));
    return copies_statement(s->n, s->act->report, holder, d->items, d->count, NULL, terms_of(d, no_held),
                            &d->share, f);
}

/* Our own people read the masters; the statements that list them are ours to ourselves. */
static enum err own_view(struct sharing *s, struct fail *f)
{
    AUTO(mem_freep) struct copy_item *items = mem_array(s->count, sizeof *items);
    for (size_t i = 0; i < s->count; i++) {
        items[i] = item_of(s, &s->masters[i]);
        memcpy(items[i].digest, s->masters[i].digest, HASH_LEN);
        memcpy(items[i].commitment, s->masters[i].commitment, HASH_LEN);
    }
    s->own = mem_array(1 + s->count - s->seen, sizeof *s->own);
    for (size_t at = 0, count = s->seen; at < s->count; at += count, count = 1)
        TRY(copies_statement(s->n, s->act->report, s->n->conf.domain, items + at, count, NULL, NULL,
                             &s->own[s->own_count++], f));
    return copies_banner(items, s->count, &s->banner, f);
}

static enum err write_master(struct sharing *s, struct db *db, const struct master *m, struct fail *f)
{
    const char *home = s->n->conf.domain;
    struct portion_row portion = { .id = m->id,
                                   .report = s->act->report,
                                   .n = m->n,
                                   .mark = m->mark,
                                   .clear = m->clear,
                                   .differs = m->differs,
                                   .manifest = bytes_of(&m->manifest) };
    TRY(store_portion_add(db, &portion, bytes_of(&m->payload), f));
    if (m->clear)
        return OK;
    struct copy_row copy = { .policy = m->policy,
                             .portion = m->id,
                             .holder = home,
                             .manifest = bytes_of(&m->manifest),
                             .share = "",
                             .made_ms = s->n->now_ms() };
    memcpy(copy.wrapped_sha, m->wrapped_sha, HASH_LEN);
    memcpy(copy.policy_sha, m->policy_sha, HASH_LEN);
    memcpy(copy.binding_sha, m->binding_sha, HASH_LEN);
    memcpy(copy.commitment, m->commitment, HASH_LEN);
    return store_copy_add(db, &copy, NULL, f);
}

/* The statement to our own people that lists what this delivery has. */
static const struct copies_share *own_of(const struct sharing *s, const struct delivery *d)
{
    if (!d->hidden)
        return &s->own[0];
    for (size_t i = s->seen; i < s->count; i++)
        if (strcmp(s->masters[i].id, d->items[0].portion) == 0)
            return &s->own[1 + i - s->seen];
    BUG("a hidden portion is none of the masters");
}

struct telling {
    const struct sharing *s;
    const struct delivery *d;
    struct db *db;
};

static enum err tell_guest(const struct person_row *row, void *ctx, struct fail *f)
{
    const struct telling *t = ctx;
    const struct delivery *d = t->d;
    if (strcmp(row->id, d->to->whom) != 0 && strcmp(name_domain_of(row->id), d->to->whom) != 0)
        return OK;
    json_t *about = json_object(), *portions = json_array();
    json_set_str(about, "report", t->s->act->report);
    json_set_take(about, "portions", portions);
    for (size_t i = 0; i < d->count; i++)
        json_array_append_new(portions, json_string(d->items[i].portion));
    return acts_notify(t->db, "delivery", row->id, t->s->n->conf.domain, t->s->n->now_ms(), 0,
                       t->s->act->report, about, f);
}

/* A guest is told in his inbox: nothing is sent. */
static enum err open_for(struct sharing *s, struct db *db, const struct delivery *d, struct fail *f)
{
    const char *whom = d->to->whom;
    struct copies_terms terms = {
        .holder = s->n->conf.domain, .actor = s->act->by, .person = whom, .reason = d->to->reason
    };
    TRY(copies_open(s->n, db, s->act->report, own_of(s, d), &terms, d->items, d->count, &s->last, f));
    return store_guest_list(db, s->n->conf.domain, tell_guest, &(struct telling){ s, d, db }, f);
}

enum err act_share_write(struct db *db, void *sharing, struct fail *f)
{
    struct sharing *s = sharing;
    struct report_row report = { .id = s->act->report,
                                 .author = s->act->by,
                                 .banner = s->banner,
                                 .shared_ms = s->n->now_ms(),
                                 .act = s->act->jose->text };
    TRY(act_check_names(s->n, db, s->n->conf.domain, report.id, s->act->portions, f));
    TRY(store_report_add(db, &report, f));
    TRY(recipients_write(db, report.id, &s->recipients, f));
    for (size_t i = 0; i < s->count; i++)
        TRY(write_master(s, db, &s->masters[i], f));
    TRY(exposure_write(db, s->act, f));
    TRY(derived_write(db, s->n->conf.domain, s->act->report, s->derived, f));
    for (size_t i = 0; i < s->to_count; i++) {
        const struct delivery *d = &s->to[i];
        const char *whom = d->to->whom;
        if (d->to->guest) {
            TRY(open_for(s, db, d, f));
            continue;
        }
        struct copies_terms terms = { .holder = name_domain_of(whom),
                                      .actor = s->act->by,
                                      .person = name_is_person(whom) ? whom : NULL,
                                      .reason = d->to->reason,
                                      .hold = json_is_true(json_object_get(s->act->body, "hold")) };
        TRY(copies_write(s->n, db, s->act->report, &d->share, &terms, d->items, d->count, &s->last, f));
    }
    for (size_t i = 0; i < s->own_count; i++) {
        struct act_statement own = { .kind = "share",
                                     .id = s->own[i].id,
                                     .jws = s->own[i].jws,
                                     .report = s->act->report,
                                     .ref = "",
                                     .digest = s->own[i].digest };
        TRY(acts_queue(s->n, db, &own, NULL, false, s->last, f));
    }
    return OK;
}

json_t *act_share_answer(const struct sharing *s)
{
    json_t *answer = json_object(), *portions = json_array(), *shares = json_array();
    json_set_str(answer, "report", s->act->report);
    json_set_str(answer, "banner", s->banner);
    json_set_take(answer, "portions", portions);
    json_set_take(answer, "shares", shares);
    json_set_take(answer, "derived_from", json_deep_copy(s->derived));
    for (size_t i = 0; i < s->count; i++) {
        json_t *p = json_object();
        json_set_str(p, "id", s->masters[i].id);
        json_set_u64(p, "n", s->masters[i].n);
        json_set_str(p, "mark", s->masters[i].mark);
        json_array_append_new(portions, p);
    }
    for (size_t i = 0; i < s->to_count; i++) {
        json_t *to = json_object();
        json_set_str(to, "to", s->to[i].to->whom);
        json_set_str(to, "statement", s->to[i].to->guest ? own_of(s, &s->to[i])->id : s->to[i].share.id);
        json_set_bool(to, "hidden", s->to[i].hidden);
        if (s->to[i].to->guest)
            json_set_bool(to, "guest", true);
        json_array_append_new(shares, to);
    }
    return answer;
}

/* A guest reads the master here: he gets no copy that could differ, or be carried. */
static enum err check_guest(const struct sharing *s, const struct recipient_row *to, struct fail *f)
{
    if (!to->guest)
        return OK;
    if (json_is_true(json_object_get(s->act->body, "hold")))
        return fail_set(f, E_INVALID, "share: %s is a guest here: nothing can be written to a file for him",
                        to->whom);
    for (size_t i = 0; i < s->count; i++)
        if (s->masters[i].differs)
            return fail_why(f, REASON_VARIANT,
                            "share: portion %u differs by holder, and guests as %s hold no copy",
                            s->masters[i].n, to->whom);
    return OK;
}

static enum err check_derived(struct sharing *s, struct fail *f)
{
    AUTO(json_freep) json_t *marks = json_object();
    for (size_t i = 0; i < s->count; i++)
        json_set_str(marks, s->masters[i].id, s->masters[i].mark);
    return derived_check(s->n, s->act, marks, &s->recipients, &s->derived, f);
}

/* Everything but the sealing, which is for good. */
static enum err plan(struct sharing *s, const struct package *package, struct fail *f)
{
    AUTO(json_freep) json_t *marks = json_array();
    TRY(recipients_read(s->n, s->act->body, &s->recipients, f));
    TRY(read_portions(s, package, f));
    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(marks, json_string(s->masters[i].mark));
    TRY(exposure_check(s->n, s->act, f));
    TRY(check_derived(s, f));
    TRY(second_check(s->n, s->act, marks, NULL, f));
    for (size_t i = 0; i < s->recipients.count; i++)
        TRY(check_guest(s, &s->recipients.rows[i], f));
    for (size_t i = 0; i < s->recipients.count; i++)
        TRY(plan_for(s, &s->recipients.rows[i], f));
    for (size_t i = 0; i < s->to_count; i++)
        TRY(limit_time(s, &s->to[i], f));
    return own_view(s, f);
}

static enum err seal_all(struct sharing *s, struct fail *f)
{
    for (size_t i = 0; i < s->to_count; i++)
        TRY(seal_for(s, &s->to[i], f));
    return OK;
}

static enum err carry_out(struct sharing *s, json_t **out, struct fail *f)
{
    TRY(seal_all(s, f));
    struct fail why = { 0 };
    enum err e = writer_run(s->n->writer, act_share_write, s, &why);
    if (e == E_CONFLICT && why.reason == REASON_NONE)
        return fail_why(f, REASON_OTHER_CONTENT, "report %s was shared before", s->act->report);
    if (e != OK)
        return fail_pass(f, &why);
    if (s->last.generation)
        TRY(publisher_wait(s->n->publisher, s->last.index, f));
    *out = act_share_answer(s);
    return OK;
}

/* The package again, as it came. */
static enum err copy_package(const struct package *package, struct buf *out, struct fail *f)
{
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    TRY(package_begin(&sink, package_report(package), &w, f));
    for (size_t i = 0; i < package_count(package); i++) {
        const struct package_portion *p = package_at(package, i);
        struct window window = p->bytes;
        struct source in = source_window(&window);
        TRY(package_add(w, p->uuid, p->kind, &in, f));
    }
    TRY(package_end(w, f));
    return buf_check(out, "package", f);
}

/* A package that is to be carried by hand is written by its author's client, which has gone by then. */
static enum err wait_for_second(const struct sharing *s, const struct package *package, json_t **out,
                                struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(s->n->conf.max_report + PACKAGE_ROOM);
    AUTO(json_freep) json_t *answer = act_share_answer(s);
    if (json_is_true(json_object_get(s->act->body, "hold")))
        return fail_set(f, E_INVALID, "share: what waits for a second person can't be written to a file");
    TRY(copy_package(package, bytes, f));
    TRY(second_wait(s->n, s->act, bytes_of(bytes), answer, f));
    json_object_del(answer, "shares"); /* there are none yet */
    json_set_take(answer, "shares", json_array());
    *out = json_incref(answer);
    return OK;
}

static enum err read_act(struct sharing *s, const struct package *package, struct fail *f)
{
    TRY(act_read(package_report(package), JOSE_MAX_LARGE, &s->act, f));
    if (strcmp(s->act->kind, "share") != 0 || !*s->act->report)
        return fail_set(f, E_INVALID, "share: the package carries no share act");
    return OK;
}

/* The act is checked as any other act of a person is: acts_check. */
enum err acts_share(struct node *n, const struct asker *asker, struct package *package, json_t **out,
                    struct fail *f)
{
    AUTO(sharing_clear) struct sharing s = { .n = n };
    TRY(read_act(&s, package, f));
    TRY(acts_check(n, s.act, asker, f));
    TRY(plan(&s, package, f));
    return second_named(s.act) ? wait_for_second(&s, package, out, f) : carry_out(&s, out, f);
}

enum err act_share_begin(struct node *n, struct bytes package, struct bytes second, struct sharing **out,
                         struct fail *f)
{
    AUTO(act_share_endp) struct sharing *s = mem_new(sizeof *s);
    AUTO(package_freep) struct package *p = NULL;
    struct source in = source_bytes(&package);
    s->n = n;
    s->second = second;
    TRY(package_read(&in, &p, f));
    TRY(read_act(s, p, f));
    TRY(plan(s, p, f));
    TRY(seal_all(s, f));
    *out = s;
    s = NULL;
    return OK;
}

void act_share_endp(struct sharing **s)
{
    if (*s)
        sharing_clear(*s);
    mem_freep(s);
}
