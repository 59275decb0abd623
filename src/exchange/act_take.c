/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_take.c - statements from partners that need little: a share taken, receipts, people;
 * and packages by hand */
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/cards.h"
#include "exchange/derive.h"
#include "exchange/hidden.h"
#include "exchange/aware.h"
#include "exchange/lists.h"
#include "exchange/partner_held.h"
#include "exchange/people.h"
#include "marking/marking.h"
#include "store/held.h"
#include "store/item.h"
#include "store/person.h"
#include "store/report.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"
#include "tdf/container.h"
#include "tdf/package.h"

enum err act_carried(struct act_call *c, struct act **out, struct fail *f)
{
    AUTO(act_freep) struct act *act = NULL;
    AUTO(key_freep) struct key *key = NULL;
    const struct statement *s = c->taken;
    const char *text;
    TRY(json_need_str(s->body, "act", s->kind, &text, f));
    TRY(act_read(bytes_str(text), JOSE_MAX_SMALL, &act, f));
    bool his = strcmp(name_domain_of(act->by), s->iss) == 0 || strcmp(act->by, s->by) == 0; /* or his guest */
    if (strcmp(act->org, s->iss) != 0 || !his)
        return fail_set(f, E_UNVERIFIED, "%s statement of %s carries an act of somebody else's", s->kind,
                        s->iss);
    if (strcmp(act->kind, s->kind) != 0 || strcmp(act->id, s->id) != 0 || strcmp(act->ref, s->ref) != 0 ||
        (*act->report && strcmp(act->report, s->report) != 0))
        return fail_set(f, E_UNVERIFIED, "%s statement of %s says something else than the act in it", s->kind,
                        s->iss);
    if (json_array_size(act->portions) && !json_equal(act->portions, s->portions))
        return fail_set(f, E_UNVERIFIED, "%s statement of %s names other portions than the act in it",
                        s->kind, s->iss);
    if (!act->jose->kid)
        return fail_set(f, E_INVALID, "the act in the %s statement of %s names no key", s->kind, s->iss);
    TRY(auth_device(c->node, act->by, act->jose->kid, &key, f));
    TRY(act_verify(act, key, f));
    *out = act;
    act = NULL;
    return OK;
}

enum err act_need_role(const struct act_call *c, struct db *db, unsigned role, const char *name,
                       struct fail *f)
{
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned roles = 0;
    enum err e = store_person_get(db, c->taken->by, &row, f);
    if (!store_missing(e, f))
        TRY(e);
    if (e == OK)
        TRY(auth_roles_read(row.roles, &roles, f));
    return roles & role
               ? OK
               : fail_why(f, REASON_NOT_ROLE, "%s is no %s of %s", c->taken->by, name, c->taken->iss);
}

/* A share taken --------------------------------------------------------------------------------------- */

/* What is kept of one portion. */
struct taken_portion {
    const char *id, *mark;
    uint32_t n;
    bool clear, hidden;
    struct buf content;
};

struct taken_share {
    struct taken_portion *portions;
    size_t count;
    const char *banner, *audience;
    bool stray, hidden;
};

static void share_free(struct taken_share *s)
{
    for (size_t i = 0; s && i < s->count; i++)
        buf_clear(&s->portions[i].content);
    if (s)
        mem_freep(&s->portions);
    mem_freep(&s);
}

void act_share_release(struct act_call *c)
{
    share_free(c->state);
    c->state = NULL;
}

static enum err check_digest(const struct taken_portion *p, const uint8_t want[static HASH_LEN],
                             struct fail *f)
{
    uint8_t got[HASH_LEN];
    if (p->clear) {
        hash_sha256(bytes_of(&p->content), got);
    } else {
        AUTO(tdf_container_freep) struct tdf_container *container = NULL;
        struct bytes bytes = bytes_of(&p->content);
        struct source in = source_bytes(&bytes);
        TRY(tdf_container_read(&in, TDF_MANIFEST_OWN, &container, f));
        hash_sha256(bytes_of(container->manifest_text), got);
    }
    if (memcmp(got, want, HASH_LEN) != 0)
        return fail_why(f, REASON_TAMPERED, "portion %u is not the one that its originator signed", p->n);
    return OK;
}

static enum err take_portion(struct node *n, const json_t *j, const struct package *package,
                             struct taken_portion *p, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    const char *digest;
    uint64_t number;
    uint8_t want[HASH_LEN];
    buf_init(&p->content, n->conf.max_report);
    TRY(json_need_str(j, "id", "share portion", &p->id, f));
    TRY(json_need_str(j, "mark", "share portion", &p->mark, f));
    TRY(json_need_u64(j, "n", "share portion", &number, f));
    TRY(json_need_str(j, "digest", "share portion", &digest, f));
    TRY(marking_read(p->mark, &mark, f));
    p->n = (uint32_t)number;
    p->clear = mark.level == TLP_CLEAR;
    p->hidden = mark.hidden;
    if (!b64_read_exact(B64_URL, bytes_str(digest), want, HASH_LEN))
        return fail_set(f, E_INVALID, "share: the digest of portion %u is none", p->n);
    const struct package_portion *in = name_is_uuid(p->id) ? package_find(package, p->id) : NULL;
    if (!in || (in->kind == PACKAGE_CLEAR) != p->clear)
        return fail_set(f, E_UNVERIFIED, "share: portion %u is not in the package", p->n);
    struct window window = in->bytes;
    struct source source = source_window(&window);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, &p->content);
    TRY(source_copy(&source, &sink, f));
    return check_digest(p, want, f);
}

static enum err take_portions(struct node *n, const struct statement *s, const struct package *package,
                              struct taken_share *t, struct fail *f)
{
    const json_t *list;
    TRY(json_need_str(s->body, "banner", "share", &t->banner, f));
    TRY(json_need_array(s->body, "portions", "share", &list, f));
    size_t count = json_array_size(list);
    if (count < 1 || count != package_count(package) || count != json_array_size(s->portions))
        return fail_set(f, E_UNVERIFIED, "share: the package does not hold what its statement lists");
    t->portions = mem_array(count, sizeof *t->portions);
    for (size_t i = 0; i < count; i++) {
        t->count = i + 1;
        TRY(take_portion(n, json_array_get(list, i), package, &t->portions[i], f));
        if (!statement_names(s->portions, t->portions[i].id) ||
            (i > 0 && t->portions[i].n <= t->portions[i - 1].n))
            return fail_set(f, E_INVALID, "share: portions are not in order, or not the statement's");
        if (t->portions[i].hidden != t->portions[0].hidden)
            return fail_set(f, E_INVALID, "share: a HIDDEN portion comes in a share of its own");
    }
    t->hidden = t->portions[0].hidden;
    return OK;
}

/* What its maker says it cites. A stray says it, too, but nothing rests on that. */
static enum err write_derived(struct db *db, const struct statement *s, struct fail *f)
{
    return derived_write(db, s->iss, s->report, json_object_get(s->body, "derived_from"), f);
}

/* Strays count for nobody. */
static enum err note_other(const struct held_row *row, void *ctx, struct fail *f)
{
    (void)f;
    *(bool *)ctx = *(bool *)ctx || !row->stray;
    return OK;
}

static enum err note_origin(const char *originator, const char *id, void *ctx, struct fail *f)
{
    (void)id, (void)f;
    json_array_append_new(ctx, json_string(originator));
    return OK;
}

static enum err not_his(const char *whose, const char *originator, const char *report, struct fail *f)
{
    return fail_why(f, REASON_OTHER_CONTENT,
                    "report %s is one of %s here: %s may not give another one under the same id", report,
                    whose, originator);
}

static enum err check_report_name(struct node *n, struct db *db, const char *originator, const char *report,
                                  struct fail *f)
{
    AUTO(json_freep) json_t *origins = json_array();
    char author[PERSON_MAX + 1];
    enum err e = store_report_author(db, report, author, f);
    if (!store_missing(e, f)) {
        TRY(e);
        if (strcmp(originator, n->conf.domain) != 0)
            return not_his(n->conf.domain, originator, report, f);
    }
    TRY(store_held_origin(db, report, note_origin, origins, f));
    for (size_t i = 0; i < json_array_size(origins); i++) {
        const char *other = json_string_value(json_array_get(origins, i));
        bool held = false;
        if (strcmp(other, originator) == 0)
            continue;
        TRY(store_held_list_report(db, other, report, note_other, &held, f));
        if (held)
            return not_his(other, originator, report, f);
    }
    return OK;
}

static enum err check_portion_name(struct node *n, struct db *db, const char *originator, const char *portion,
                                   struct fail *f)
{
    AUTO(store_portion_clear) struct portion_row row = { 0 };
    uint64_t others;
    bool own = strcmp(originator, n->conf.domain) == 0;
    enum err e = own ? E_NOT_FOUND : store_portion_get(db, portion, &row, f);
    bool ours = !own && !store_missing(e, f);
    if (ours)
        TRY(e);
    TRY(store_held_portion_others(db, portion, originator, &others, f));
    return ours || others > 0
               ? fail_why(f, REASON_OTHER_CONTENT,
                          "portion %s is somebody else's here: %s may not give another one under the same id",
                          portion, originator)
               : OK;
}

enum err act_check_names(struct node *n, struct db *db, const char *originator, const char *report,
                         const json_t *portions, struct fail *f)
{
    TRY(check_report_name(n, db, originator, report, f));
    for (size_t i = 0; i < json_array_size(portions); i++)
        TRY(check_portion_name(n, db, originator, json_string_value(json_array_get(portions, i)), f));
    return OK;
}

enum err act_share_take(struct act_call *c, struct fail *f)
{
    struct taken_share *t = c->state = mem_new(sizeof *t);
    t->audience = c->node->conf.domain;
    if (!*c->report)
        return fail_set(f, E_INVALID, "share: it names no report");
    TRY(derived_take(c, f));
    return take_portions(c->node, c->taken, c->package, t, f);
}

static enum err write_held(struct node *n, struct db *db, const struct statement *s,
                           const struct taken_share *t, struct fail *f)
{
    struct held_row held = { .originator = s->iss,
                             .share = s->id,
                             .report = s->report,
                             .audience = t->audience,
                             .banner = t->banner,
                             .stray = t->stray,
                             .hidden = t->hidden,
                             .received_ms = n->now_ms(),
                             .jws = s->jose->text,
                             .shared_ms = s->at_ms };
    TRY(store_held_add(db, &held, f));
    for (size_t i = 0; i < t->count; i++) {
        const struct taken_portion *p = &t->portions[i];
        struct held_portion_row row = { .originator = s->iss,
                                        .share = s->id,
                                        .portion = p->id,
                                        .n = p->n,
                                        .mark = p->mark,
                                        .clear = p->clear };
        TRY(store_held_portion_add(db, &row, bytes_of(&p->content), f));
    }
    return OK;
}

/* Of a hidden portion those are told who may know of it, and nobody else. */
static enum err find_readers(struct act_call *c, struct db *db, const char *text, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    struct aware_hidden h = { .originator = c->taken->iss, .mark = &mark };
    TRY(marking_read(text, &mark, f));
    aware_terms(c->taken->body, &h);
    c->readers = json_array();
    return aware_readers(c->node, db, &h, c->readers, f);
}

enum err act_share_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    const struct taken_share *t = c->state;
    TRY(act_check_names(c->node, db, c->taken->iss, c->report, c->taken->portions, f));
    e->kind = KIND_RECEIVED;
    if (t->hidden)
        TRY(find_readers(c, db, t->portions[0].mark, f));
    TRY(write_derived(db, c->taken, f));
    TRY(partner_held_add(c->node, db, c->taken, c->package, f));
    return write_held(c->node, db, c->taken, t, f);
}

/* A package that came by hand: taken as if delivered if it is for us, else kept as a stray. ------------ */

struct importing {
    struct node *n;
    struct statement *s;
    struct taken_share *share;
};

static void importing_clear(struct importing *i)
{
    statement_freep(&i->s);
    share_free(i->share);
}

static enum err write_stray(struct db *db, void *ctx, struct fail *f)
{
    struct importing *i = ctx;
    TRY(act_check_names(i->n, db, i->s->iss, i->s->report, i->s->portions, f));
    return write_held(i->n, db, i->s, i->share, f);
}

static enum err import_stray(struct importing *i, const struct package *package, struct fail *f)
{
    i->share = mem_new(sizeof *i->share);
    i->share->stray = true;
    i->share->audience = json_string_value(json_array_get(i->s->aud, 0));
    if (!i->share->audience)
        return fail_set(f, E_INVALID, "the package is made for nobody");
    TRY(take_portions(i->n, i->s, package, i->share, f));
    struct fail why = { 0 };
    enum err e = writer_run(i->n->writer, write_stray, i, &why);
    if (e == E_CONFLICT && why.reason == REASON_NONE)
        return fail_why(f, REASON_ALREADY_HELD, "this package is held here already");
    return e == OK ? OK : fail_pass(f, &why);
}

/* A delivery may come again, and gets the same ack; who carries a package by hand is told that it is here. */
static enum err check_new(struct node *n, const struct statement *s, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_held_clear) struct held_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_held_get(db, s->iss, s->id, &row, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    return fail_why(f, REASON_ALREADY_HELD, "this package of report %s is held here already", s->report);
}

enum err acts_import(struct node *n, const struct asker *asker, struct package *package, json_t **out,
                     struct fail *f)
{
    AUTO(importing_clear) struct importing i = { .n = n };
    AUTO(cards_put) struct card_ref from = { 0 };
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    if (!(asker->roles & ROLE_READER))
        return fail_why(f, REASON_NOT_ROLE, "import needs the role reader");
    TRY(statement_read(package_report(package), JOSE_MAX_LARGE, &i.s, f));
    if (strcmp(i.s->kind, "share") != 0 || !*i.s->report)
        return fail_set(f, E_UNVERIFIED, "the package carries a '%.20s' statement, not a share", i.s->kind);
    TRY(cards_get_trusted(n, i.s->iss, &from, f));
    TRY(statement_verify(i.s, from.card, f));
    if (from.state == CARD_OWN)
        return fail_why(f, REASON_ALREADY_HELD, "this is your own organisation's report %s", i.s->report);
    bool stray = !statement_is_for(i.s, n->conf.domain);
    TRY(check_new(n, i.s, f));
    if (stray)
        TRY(import_stray(&i, package, f));
    else
        TRY(acts_take(n, package_report(package), package, ack, f));
    json_t *answer = json_object();
    json_set_str(answer, "report", i.s->report);
    json_set_str(answer, "originator", i.s->iss);
    json_set_bool(answer, "stray", stray);
    if (stray)
        json_set_str(answer, "made_for", i.share->audience);
    *out = answer;
    return OK;
}

/* People ---------------------------------------------------------------------------------------------------- */

enum err act_person_take(struct act_call *c, struct fail *f)
{
    const char *person;
    return json_need_str(c->taken->body, "person", c->row->kind, &person, f);
}

enum err act_person_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    e->person = json_string_value(json_object_get(c->taken->body, "person"));
    if (c->row->entry == KIND_READ_IN)
        e->organisation = name_domain_of(e->person);
    e->reason = json_string_value(json_object_get(c->taken->body, "compartment"));
    return people_take(c->node, db, c->taken, f);
}

/* Where a partner's key stands in our ledger: a rule may open a master for an act that it signed, and the
 * sealer wants to see that. */
enum err act_person_place(struct act_call *c, struct db *db, struct place at, struct fail *f)
{
    const char *thumbprint = json_string_value(json_object_get(c->taken->body, "thumbprint"));
    return store_device_confirm(db, thumbprint, c->now_ms, at.generation, at.index, f);
}

/* Lists ----------------------------------------------------------------------------------------------------- */

enum err act_list_take(struct act_call *c, struct fail *f)
{
    const json_t *members;
    return json_need_array(c->taken->body, "members", c->row->kind, &members, f);
}

enum err act_list_take_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    e->reason = c->row->kind;
    return lists_take(c->node, db, c->taken, f);
}
