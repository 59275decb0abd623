/* SPDX-License-Identifier: Apache-2.0
 * exchange/act_second.c - the second person agrees to what waits for him, or not; then the act that waited goes ahead in
 * the same transaction */
#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/act_rows.h"
#include "exchange/second.h"
#include "store/item.h"
#include "store/person.h"
#include "store/store.h"

/* A word about what waits, under way. */
struct seconding {
    struct second_row row;
    enum second_state state; /* what becomes of it */
    const char *reason;      /* NULL: none given */
    struct act *act;         /* that waited */
    struct act_call grant;   /* a grant that goes ahead; without a row: none does */
    char *jws;
    struct sharing *share; /* a share that goes ahead */
};

void act_second_release(struct act_call *c)
{
    struct seconding *s = c->state;
    if (!s)
        return;
    acts_end(&s->grant);
    act_share_endp(&s->share);
    mem_freep(&s->jws);
    act_freep(&s->act);
    store_second_clear(&s->row);
    mem_freep(&c->state);
}

/* What is said, and by whom ------------------------------------------------------------------------------------ */

/* To all but maker and second person it does not exist. */
static enum err load(const struct act_call *c, struct seconding *s, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(c->node->store, &db, f));
    enum err e = store_second_get(db, c->act->ref, &s->row, f);
    bool missing = store_missing(e, f);
    if (!missing)
        TRY(e);
    if (missing || (strcmp(s->row.maker, c->act->by) != 0 && strcmp(s->row.person, c->act->by) != 0))
        return fail_why(f, REASON_NOT_YOURS, "'%.40s' is unknown, or does not wait for you", c->act->ref);
    return act_read(bytes_str(s->row.act), JOSE_MAX_LARGE, &s->act, f);
}

static enum err read_state(const struct act_call *c, struct seconding *s, struct fail *f)
{
    const char *text;
    TRY(json_need_str(c->act->body, "state", "second", &text, f));
    for (enum second_state v = SECOND_AGREED; v <= SECOND_WITHDRAWN; v++)
        if (strcmp(second_state_name(v), text) == 0)
            s->state = v;
    if (s->state == SECOND_WAITING)
        return fail_set(f, E_INVALID, "second: state is agreed, refused or withdrawn, not '%.40s'", text);
    return act_reason(c->act->body, "second", s->state == SECOND_REFUSED, &s->reason, f);
}

/* The maker takes back, the other one agrees or refuses; nobody is both. */
static enum err check_who(const struct act_call *c, const struct seconding *s, struct fail *f)
{
    bool maker = strcmp(s->row.maker, c->act->by) == 0;
    if (maker && s->state != SECOND_WITHDRAWN)
        return fail_why(f, REASON_SECOND_PERSON, "%s made this %s: %s must agree to it", s->row.maker,
                        s->row.kind, s->row.person);
    if (!maker && s->state == SECOND_WITHDRAWN)
        return fail_why(f, REASON_SECOND_PERSON, "only %s takes this %s back: refuse it", s->row.maker,
                        s->row.kind);
    return OK;
}

static enum err check_waits(const struct second_row *row, uint64_t now_ms, struct fail *f)
{
    if (row->state == SECOND_WITHDRAWN)
        return fail_why(f, REASON_WITHDRAWN, "this %s was withdrawn", row->kind);
    if (row->state == SECOND_ENDED || (row->state == SECOND_WAITING && row->until_ms <= now_ms))
        return fail_why(f, REASON_EXPIRED, "this %s waited for %d days, and is dropped", row->kind,
                        SECOND_DAYS);
    return row->state == SECOND_WAITING ? OK
                                        : fail_why(f, REASON_DECIDED, "this %s was %s already", row->kind,
                                                   second_state_name(row->state));
}

static enum err check_digest(const struct act_call *c, const char *name,
                             const uint8_t digest[static HASH_LEN], struct fail *f)
{
    const char *text;
    char want[44];
    TRY(json_need_str(c->act->body, name, "second", &text, f));
    statement_digest_text(digest, want);
    return strcmp(text, want) == 0
               ? OK
               : fail_why(f, REASON_OTHER_CONTENT, "second: its %s is not that of what waits", name);
}

/* Going ahead -------------------------------------------------------------------------------------------------- */

/* He who made it is still here, and may. */
static enum err check_maker(const struct act_call *c, const struct seconding *s, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_person_clear) struct person_row row = { 0 };
    unsigned roles;
    if (auth_device(c->node, s->act->by, s->act->jose->kid, &key, NULL) != OK)
        return fail_why(f, REASON_SUSPENDED_PERSON,
                        "%s, who made this %s, or his device is not active any more", s->act->by,
                        s->row.kind);
    TRY(store_read_begin(c->node->store, &db, f));
    TRY(store_person_get(db, s->act->by, &row, f));
    TRY(auth_roles_read(row.roles, &roles, f));
    if (!(roles & acts_find(s->row.kind)->who))
        return fail_why(f, REASON_NOT_ROLE, "%s, who made this %s, has not the role for it any more",
                        s->act->by, s->row.kind);
    return act_verify(s->act, key, f);
}

static enum err begin_share(const struct act_call *c, struct seconding *s, struct fail *f)
{
    AUTO(buf_freep) struct buf *package = NULL;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(c->node->store, &db, f));
        TRY(store_second_package(db, s->row.id, &package, f));
    }
    TRY(act_share_begin(c->node, bytes_of(package), bytes_str(c->act->jose->text), &s->share, f));
    json_set_take(c->answer, "share", act_share_answer(s->share));
    return OK;
}

static enum err begin_grant(const struct act_call *c, struct seconding *s, struct fail *f)
{
    s->grant =
        (struct act_call){ .node = c->node, .row = acts_find("grant"), .act = s->act, .now_ms = c->now_ms };
    TRY(acts_prepare(&s->grant, &s->jws, f));
    json_set_str(s->grant.answer, "statement", s->grant.id);
    json_set_take(c->answer, "grant", json_incref(s->grant.answer));
    return OK;
}

enum err act_second_prepare(struct act_call *c, struct fail *f)
{
    struct seconding *s = c->state = mem_new(sizeof *s);
    const char *home = c->node->conf.domain;
    TRY(load(c, s, f));
    TRY(read_state(c, s, f));
    TRY(check_who(c, s, f));
    TRY(check_waits(&s->row, c->now_ms, f));
    TRY(check_digest(c, "digest", s->act->digest, f));
    if (strcmp(s->row.kind, "share") == 0)
        TRY(check_digest(c, "package", s->row.sha, f));
    memcpy(c->originator, home, strlen(home) + 1);
    memcpy(c->report, s->row.report, strlen(s->row.report) + 1);
    memcpy(c->ref, s->row.id, strlen(s->row.id) + 1);
    c->aud = json_pack("[s]", home);
    c->portions = json_array();
    c->body = json_deep_copy(c->act->body);
    json_set_str(c->answer, "second", s->row.id);
    json_set_str(c->answer, "act", s->row.kind);
    json_set_str(c->answer, "report", s->row.report);
    json_set_str(c->answer, "state", second_state_name(s->state));
    if (s->state != SECOND_AGREED)
        return OK;
    TRY(check_maker(c, s, f));
    return strcmp(s->row.kind, "share") == 0 ? begin_share(c, s, f) : begin_grant(c, s, f);
}

/* What the maker is told; of his own doing nothing. */
static enum err tell_maker(const struct act_call *c, struct db *db, const struct seconding *s, struct fail *f)
{
    AUTO(str_freep)
    char *what =
        str_format("%s %s your %s%s%s", s->row.person, s->state == SECOND_AGREED ? "agreed to" : "refused",
                   s->row.kind, s->reason ? ": " : "", s->reason ? s->reason : "");
    return s->state == SECOND_WITHDRAWN ? store_item_done(db, s->row.id, "second", c->now_ms, f)
                                        : second_tell(db, &s->row, s->row.person, what, c->now_ms, f);
}

enum err act_second_apply(struct act_call *c, struct db *db, struct journal_event *e, struct fail *f)
{
    struct seconding *s = c->state;
    e->reason = second_state_name(s->state);
    TRY(store_second_end(db, s->row.id, s->state, c->act->jose->text, c->now_ms, f));
    TRY(tell_maker(c, db, s, f));
    if (s->share)
        return act_share_write(db, s->share, f);
    return s->grant.row ? acts_apply(&s->grant, db, f) : OK;
}
