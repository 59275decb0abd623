/* SPDX-License-Identifier: Apache-2.0 - the walk: every act in the table of acts, by every role, in every state of a
 * request, and from a partner. What is expected stands here in full: nothing of it is taken from the table. */
#include "flow.h"

#include "exchange/cards.h"
#include "exchange/refuse.h"
#include "exchange/second.h"
#include "exchange/timer.h"
#include "store/alert.h"
#include "store/report.h"
#include "tdf/handle.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};

/* One person on each side who is everything; as what he comes is said with each act. */
#define WALT "walt@alder.example"
#define WILL "will@birch.example"
#define OLGA "olga@alder.example"
#define ALL  "reader,author,officer,authority,auditor,admin"

static struct key *walt, *will;
static char *proof; /* of will's briefing on portion 1 */

enum state { UNKNOWN, OPEN, GRANTED, DENIED, SILENT, WITHDRAWN, STATES };
static const char *const state_names[STATES] = {
    "unknown", "open", "granted", "denied", "silent", "withdrawn"
};

static const struct {
    const char *name;
    unsigned bit;
} roles[] = {
    { "none", 0 },
    { "reader", ROLE_READER },
    { "author", ROLE_AUTHOR },
    { "officer", ROLE_OFFICER },
    { "authority", ROLE_AUTHORITY },
    { "auditor", ROLE_AUDITOR },
    { "admin", ROLE_ADMIN },
};

/* Where it is tried. NOBODY: no act of people, wherever they are. */
enum place_of_act { ALDER, BIRCH, NOBODY };

#define EVER                                                                                                 \
    {                                                                                                        \
        "", "", "", "", "", ""                                                                               \
    }
#define NEVER                                                                                                \
    {                                                                                                        \
        "-", "-", "-", "-", "-", "-"                                                                         \
    }

/* ${in}: for the roles of ${who}, by state: "" is allowed, otherwise the code of the refusal; all other roles are
 * refused with "role". ${then}: the state that an allowed act leaves behind; NULL: it touches no request. */
struct expected {
    const char *kind;
    enum place_of_act at;
    unsigned who;
    const char *in[STATES];
    const char *then;
    bool taken; /* as a bare statement of a partner: a share comes with its package */
};

/* In the order of the walk: what is recalled stays so. */
static const struct expected table[] = {
    { "share", ALDER, ROLE_AUTHOR, EVER, NULL, false },
    { "request", BIRCH, ROLE_READER, EVER, NULL, true },
    { "grant",
      ALDER,
      ROLE_OFFICER,
      { "not-found", "", "already-decided", "already-decided", "", "withdrawn" },
      "granted",
      true },
    { "deny",
      ALDER,
      ROLE_OFFICER,
      { "not-found", "", "already-decided", "already-decided", "", "withdrawn" },
      "denied",
      true },
    { "withdraw",
      BIRCH,
      ROLE_READER,
      { "not-found", "", "already-decided", "already-decided", "", "withdrawn" },
      "withdrawn",
      true },
    { "second", ALDER, ROLE_AUTHOR | ROLE_OFFICER, EVER, NULL, false },
    { "absence", ALDER, ROLE_OFFICER | ROLE_ADMIN, EVER, NULL, false },
    { "return", ALDER, ROLE_OFFICER | ROLE_ADMIN, EVER, NULL, false },
    { "tell", ALDER, ROLE_AUTHOR | ROLE_OFFICER, EVER, NULL, true },
    { "override", BIRCH, ROLE_AUTHORITY, EVER, NULL, true },
    { "objection", ALDER, ROLE_OFFICER, EVER, NULL, true },
    { "review", ALDER, ROLE_OFFICER, EVER, NULL, true },
    { "receipt", BIRCH, ROLE_READER, EVER, NULL, true },
    { "arrangement", ALDER, ROLE_OFFICER, EVER, NULL, true },
    { "notice", ALDER, ROLE_OFFICER, EVER, NULL, true },
    { "inquiry", BIRCH, ROLE_OFFICER, EVER, NULL, true },
    { "answer", ALDER, ROLE_OFFICER, EVER, NULL, true },
    { "exposure", ALDER, ROLE_AUTHOR | ROLE_OFFICER, EVER, NULL, false },
    { "recall", ALDER, ROLE_AUTHOR | ROLE_OFFICER, EVER, NULL, true },
    { "silence", NOBODY, 0, NEVER, NULL, true },
    { "heard", NOBODY, 0, NEVER, NULL, true },
    { "cited-override", NOBODY, 0, NEVER, NULL, true },
    { "briefing-report", NOBODY, 0, NEVER, NULL, true },
    { "person-key", NOBODY, 0, NEVER, NULL, true },
    { "person-state", NOBODY, 0, NEVER, NULL, true },
    { "read-in", NOBODY, 0, NEVER, NULL, true },
    { "clients", NOBODY, 0, NEVER, NULL, true },
    { "community", NOBODY, 0, NEVER, NULL, true },
    { "group", NOBODY, 0, NEVER, NULL, true },
};

/* What acts are about --------------------------------------------------------------------------------------- */

static enum err as_walt(unsigned as, const char *kind, const char *ref, const char *portion, json_t *body,
                        json_t **out, struct fail *f)
{
    return do_act(alder, WALT, as, walt, kind, ref, portion, body, out, f);
}

static enum err as_will(unsigned as, const char *kind, const char *ref, const char *portion, json_t *body,
                        json_t **out, struct fail *f)
{
    return do_act(birch, WILL, as, will, kind, ref, portion, body, out, f);
}

static void id_from(const json_t *answer, const char *name, char id[static UUID_TEXT])
{
    const char *text = json_string_value(json_object_get(answer, name));
    snprintf(id, UUID_TEXT, "%s", text ? text : "");
}

/* A request of will's for cedar, brought to ${state}, on both sides. */
static void make_request(enum state state, char id[static UUID_TEXT])
{
    AUTO(json_freep) json_t *asked = NULL;
    AUTO(json_freep) json_t *done = NULL;
    struct fail f = { 0 };
    char by[TIME_TEXT_SIZE];
    json_t *body = request_body("cedar.example");
    random_uuid(id);
    time_print(test_now() + 1000, by);
    if (state == SILENT)
        json_set_str(body, "by", by);
    enum err e = state == UNKNOWN ? OK : as_will(ROLE_READER, "request", NULL, ids[1], body, &asked, &f);
    if (state == UNKNOWN) {
        json_decref(body);
        return;
    }
    id_from(asked, "request", id);
    deliver(birch, alder);
    if (e == OK && state == GRANTED)
        e = do_act(alder, OLGA, ROLE_OFFICER, olga, "grant", id, ids[1], NULL, &done, &f);
    if (e == OK && state == DENIED)
        e = do_act(alder, OLGA, ROLE_OFFICER, olga, "deny", id, NULL, json_pack("{s:s}", "reason", "no"),
                   &done, &f);
    if (e == OK && state == WITHDRAWN)
        e = as_will(ROLE_READER, "withdraw", id, NULL, NULL, &done, &f);
    if (e == OK && state == SILENT) {
        test_clock_ms += 1000;
        e = timer_turn(alder, NULL, &f);
    }
    deliver(birch, alder);
    deliver(alder, birch);
    ok(e == OK, "a request that is %s: %s", state_names[state], f.what);
}

/* Every absence at a time of its own. */
static enum err try_absence(unsigned as, json_t **out, struct fail *f)
{
    static uint64_t hours;
    char from[TIME_TEXT_SIZE], until[TIME_TEXT_SIZE];
    uint64_t from_ms = test_now() + 3600000 * (hours += 2);
    time_print(from_ms, from);
    time_print(from_ms + 3600000, until);
    return as_walt(as, "absence", NULL, NULL,
                   json_pack("{s:s,s:s,s:s}", "deputy", OLGA, "from", from, "until", until), out, f);
}

static enum err try_return(unsigned as, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *made = NULL;
    char id[UUID_TEXT];
    TRY(try_absence(ROLE_ADMIN, &made, f));
    id_from(made, "absence", id);
    return as_walt(as, "return", id, NULL, NULL, out, f);
}

static enum err try_override(unsigned as, json_t **out, struct fail *f)
{
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{s:s}}", "to", "S. Lind", "oral", 1, "reason",
                             "threat to life", "originator", "alder.example", "evidence", ids[1], proof);
    return as_will(as, "override", NULL, ids[1], body, out, f);
}

/* Each about a new override, that alder has heard of. */
static enum err try_answer(unsigned as, const char *kind, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *made = NULL;
    char id[UUID_TEXT];
    TRY(try_override(ROLE_AUTHORITY, &made, f));
    id_from(made, "override", id);
    deliver(birch, alder);
    return as_walt(as, kind, id, NULL,
                   json_pack("{s:s}", strcmp(kind, "review") == 0 ? "outcome" : "text", "seen"), out, f);
}

static enum err try_tell(unsigned as, json_t **out, struct fail *f)
{
    char at[TIME_TEXT_SIZE];
    time_print(test_now(), at);
    return as_walt(as, "tell", NULL, ids[1],
                   json_pack("{s:s,s:s,s:s}", "words", "S. Lind", "reason", "she must know", "at", at), out,
                   f);
}

static enum err note_digest(const struct statement_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (row->direction == STATEMENT_TAKEN)
        statement_digest_text(row->digest, ctx);
    return OK;
}

static enum err try_receipt(unsigned as, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    char digest[44] = "";
    TRY(store_read_begin(birch->store, &db, f));
    TRY(store_statement_list(db, report, "share", note_digest, digest, f));
    return as_will(as, "receipt", NULL, ids[1], json_pack("{s:s}", "digest", digest), out, f);
}

/* Each about an alert of its own: cyd presents what was issued to birch. */
static enum err note_copy(const struct copy_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (!*row->share)
        return OK;
    store_copy_clear(ctx); /* the last one counts */
    store_copy_copy(row, ctx);
    return OK;
}

static enum err note_alert(const struct alert_row *row, void *ctx, struct fail *f)
{
    char *id = ctx;
    (void)f;
    if (row->set_ms == 0)
        memcpy(id, row->id, UUID_TEXT);
    return OK;
}

static enum err present(struct db *db, void *ctx, struct fail *f)
{
    AUTO(store_copy_clear) struct copy_row copy = { 0 };
    struct asker who = asker_of("cyd@cedar.example", ROLE_READER);
    char presented[UUID_TEXT];
    struct place at;
    static unsigned tries;
    snprintf(who.person, sizeof who.person, "cyd%u@cedar.example", tries++);
    random_uuid(presented);
    TRY(store_copy_list(db, ids[1], note_copy, &copy, f));
    TRY(refuse_enter(alder, db, &who, "alder.example", presented, &copy, REASON_OTHERS_COPY, true, test_now(),
                     &at, f));
    return store_alert_list(db, 1000, note_alert, ctx, f);
}

/* Each is the next version; nobody signs it, so it changes nothing else. */
static enum err try_arrangement(unsigned as, json_t **out, struct fail *f)
{
    static unsigned version;
    char about[UUID_TEXT];
    memcpy(about, report, sizeof about);
    *report = '\0'; /* terms are about none */
    enum err e =
        as_walt(as, "arrangement", NULL, NULL,
                json_pack("{s:s,s:i,s:{s:[],s:s,s:{},s:s}}", "with", "cedar.example", "version", version + 1,
                          "terms", "rules", "on_silence", "deny", "answer", "override", "any"),
                out, f);
    memcpy(report, about, sizeof report);
    version += e == OK;
    return e;
}

static enum err try_notice(unsigned as, json_t **out, struct fail *f)
{
    char id[UUID_TEXT] = "";
    TRY(writer_run(alder->writer, present, id, f));
    return as_walt(as, "notice", id, NULL, json_pack("{s:s,s:s}", "state", "explained", "note", "a visit"),
                   out, f);
}

static enum err try_inquiry(unsigned as, json_t **out, struct fail *f)
{
    char by[TIME_TEXT_SIZE];
    time_print(test_now() + 3600000, by);
    return as_will(as, "inquiry", NULL, ids[1],
                   json_pack("{s:s,s:s,s:s}", "to", "alder.example", "digest",
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "by", by),
                   out, f);
}

static enum err try_exposure(unsigned as, json_t **out, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    AUTO(buf_freep) struct buf *sealed = buf_new(HANDLE_SEALED_MAX);
    AUTO(buf_freep) struct buf *text = buf_new(2 * HANDLE_SEALED_MAX);
    uint8_t context[HASH_LEN];
    TRY(cards_get(alder, "alder.example", &own, f));
    const struct card_key *kas = card_key(own.card, "kas", NULL);
    handle_of_question("alder.example", WALT, context);
    TRY(handle_seal(kas->key, kas->kid, context, "heron", sealed, f));
    b64_put(text, B64_URL, bytes_of(sealed));
    return as_walt(as, "exposure", "", NULL, json_pack("{s:s}", "sealed", buf_text(text)), out, f);
}

static enum err try_reply(unsigned as, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *made = NULL;
    char id[UUID_TEXT];
    TRY(try_inquiry(ROLE_OFFICER, &made, f));
    id_from(made, "inquiry", id);
    deliver(birch, alder);
    return as_walt(as, "answer", id, NULL, json_pack("{s:s}", "answer", "no"), out, f);
}

/* A new report by walt; what the walk is about stays. */
static enum err share(unsigned as, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *whom = json_pack("[s]", "birch.example");
    struct asker who = asker_of(WALT, as);
    TRY(make_share_by(alder, WALT, walt, whom, bytes, f));
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    TRY(package_read(&in, &package, f));
    return acts_share(alder, &who, package, out, f);
}

/* walt agrees to a share of amy's, or would. */
static enum err agree(unsigned as, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(json_freep) json_t *waits = NULL;
    AUTO(json_freep) json_t *view = NULL;
    struct asker maker = asker_of("amy@alder.example", ROLE_AUTHOR);
    char id[UUID_TEXT];
    share_second = WALT;
    enum err e = make_share(alder, bytes, f);
    share_second = NULL;
    TRY(e);
    struct bytes bytes_view = bytes_of(bytes);
    struct source in = source_bytes(&bytes_view);
    TRY(package_read(&in, &package, f));
    TRY(acts_share(alder, &maker, package, &waits, f));
    id_from(json_object_get(waits, "waits"), "second", id);
    TRY(second_view(alder, &maker, id, &view, f));
    return as_walt(as, "second", id, NULL,
                   json_pack("{s:s,s:O,s:O}", "state", "agreed", "digest", json_object_get(view, "digest"),
                             "package", json_object_get(view, "package")),
                   out, f);
}

/* What is about a report of its own; that of the walk stays. */
static enum err try_other(enum err (*fn)(unsigned, json_t **, struct fail *), unsigned as, json_t **out,
                          struct fail *f)
{
    char old_report[UUID_TEXT], old_ids[PORTIONS_MAX][UUID_TEXT];
    memcpy(old_report, report, sizeof report);
    memcpy(old_ids, ids, sizeof ids);
    enum err e = fn(as, out, f);
    memcpy(report, old_report, sizeof report);
    memcpy(ids, old_ids, sizeof ids);
    return e;
}

/* One act, in its right form, so that only role and state can be what it is refused for. */
static enum err attempt(const char *kind, unsigned as, const char *request, json_t **out, struct fail *f)
{
    if (strcmp(kind, "share") == 0)
        return try_other(share, as, out, f);
    if (strcmp(kind, "second") == 0)
        return try_other(agree, as, out, f);
    if (strcmp(kind, "request") == 0)
        return as_will(as, kind, NULL, ids[1], request_body("cedar.example"), out, f);
    if (strcmp(kind, "grant") == 0)
        return as_walt(as, kind, request, ids[1], NULL, out, f);
    if (strcmp(kind, "deny") == 0)
        return as_walt(as, kind, request, NULL, json_pack("{s:s}", "reason", "no"), out, f);
    if (strcmp(kind, "withdraw") == 0)
        return as_will(as, kind, request, NULL, NULL, out, f);
    if (strcmp(kind, "absence") == 0)
        return try_absence(as, out, f);
    if (strcmp(kind, "return") == 0)
        return try_return(as, out, f);
    if (strcmp(kind, "tell") == 0)
        return try_tell(as, out, f);
    if (strcmp(kind, "override") == 0)
        return try_override(as, out, f);
    if (strcmp(kind, "objection") == 0 || strcmp(kind, "review") == 0)
        return try_answer(as, kind, out, f);
    if (strcmp(kind, "receipt") == 0)
        return try_receipt(as, out, f);
    if (strcmp(kind, "arrangement") == 0)
        return try_arrangement(as, out, f);
    if (strcmp(kind, "notice") == 0)
        return try_notice(as, out, f);
    if (strcmp(kind, "inquiry") == 0)
        return try_inquiry(as, out, f);
    if (strcmp(kind, "exposure") == 0)
        return try_exposure(as, out, f);
    if (strcmp(kind, "answer") == 0)
        return try_reply(as, out, f);
    return as_walt(as, kind, NULL, ids[1], NULL, out, f);
}

/* The walk ------------------------------------------------------------------------------------------------------ */

static bool state_is(enum place_of_act at, const char *request, const char *want)
{
    struct node *n = at == BIRCH ? birch : alder;
    struct asker a = asker_of(at == BIRCH ? WILL : WALT, ROLE_READER | ROLE_OFFICER);
    AUTO(json_freep) json_t *v = NULL;
    struct fail f = { 0 };
    enum err e = view_request(n, &a, request, &v, &f);
    const char *got = json_string_value(json_object_get(v, "state"));
    return strcmp(want, "unknown") == 0 ? e == E_NOT_FOUND : e == OK && got && strcmp(got, want) == 0;
}

/* Whether it was allowed. */
static bool step(const struct expected *x, enum state state, size_t role, const char *request)
{
    AUTO(json_freep) json_t *out = NULL;
    struct fail f = { 0 };
    bool his = x->who & roles[role].bit;
    const char *want = x->at == NOBODY || his ? x->in[state] : "role";
    bool may = *want == '\0';
    enum err e = attempt(x->kind, roles[role].bit, request, &out, &f);
    /* what is no act of people has no reason to give: it does not exist for them */
    bool same = *want == '-' ? e == E_INVALID && f.reason == REASON_NONE
                             : (e == OK) == may && strcmp(e == OK ? "" : reason_code(f.reason), want) == 0;
    const char *then = may && x->then ? x->then : state_names[state];
    ok(same && state_is(x->at, request, then), "%s by %s, request %s: %s, want %s (%s)", x->kind,
       roles[role].name, state_names[state], e == OK ? "allowed" : reason_code(f.reason),
       may ? "allowed" : want, f.what);
    return e == OK;
}

static char requests[STATES][UUID_TEXT];

static void walk(const struct expected *x)
{
    for (enum state s = UNKNOWN; s < STATES; s++)
        for (size_t r = 0; r < COUNT(roles); r++)
            if (step(x, s, r, requests[s]) && x->then)
                make_request(s, requests[s]);
}

/* As birch's node would say it, with nothing in it: does alder listen to this kind at all? */
static void from_partner(const struct expected *x)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    struct fail f = { 0 };
    char id[UUID_TEXT];
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    struct statement_making m = { .kind = x->kind,
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = "@birch.example",
                                  .report = report,
                                  .aud = json_pack("[s]", "alder.example"),
                                  .portions = json_array(),
                                  .body = json_object(),
                                  .at_ms = test_now() };
    enum err e = acts_statement(birch, m, &jws, digest, &f);
    ok(e == OK, "birch says %s: %s", x->kind, f.what);
    e = acts_take(alder, bytes_str(jws), NULL, ack, &f);
    bool deaf = e == E_INVALID && strstr(f.what, "is no kind of statement that is taken here");
    ok(e != OK && deaf != x->taken, "an empty %s of a partner is refused, %s: %s", x->kind,
       x->taken ? "for what it lacks" : "as no kind that is taken", f.what);
}

static const struct expected *find(const char *kind)
{
    for (size_t i = 0; i < COUNT(table); i++)
        if (strcmp(table[i].kind, kind) == 0)
            return &table[i];
    return NULL;
}

/* What docs/acts.md prints of an act that people do is what the walk finds. */
static void agrees(const struct act_row *row, const struct expected *x)
{
    static const char *const left[ACT_STATES] = {
        [ACT_OPEN] = "open", [ACT_GRANTED] = "granted", [ACT_DENIED] = "denied", [ACT_WITHDRAWN] = "withdrawn"
    };
    bool pending = *x->in[OPEN] == '\0' && *x->in[SILENT] == '\0' && *x->in[GRANTED];
    const char *then = strcmp(x->kind, "request") == 0 ? "open" : x->then;
    if (x->at == NOBODY) {
        ok(!row->who, "%s is no act of people in the table", x->kind);
        return;
    }
    ok(row->who == x->who && row->from == (pending ? ACT_PENDING : ACT_ANY),
       "the table says who does a %s, and when", x->kind);
    is_str(left[row->to], then, "and what it leaves");
}

static void complete(void)
{
    ok(acts_count() == COUNT(table), "the walk knows as many acts as there are: %zu of %zu", COUNT(table),
       acts_count());
    for (size_t i = 0; i < acts_count(); i++)
        if (ok(find(acts_at(i)->kind), "the walk knows %s: if not, say here what is expected of it",
               acts_at(i)->kind))
            agrees(acts_at(i), find(acts_at(i)->kind));
}

static void briefed(void)
{
    struct opened o;
    const char *wanted[] = { ids[1] };
    open_at(birch, WILL, will, wanted, 1, will, &o);
    bool good = o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK;
    if (ok(good, "will reads portion 1: %s", o.fail.what))
        proof = str_dup(o.answer.results[0].presence);
    brief_answer_clear(&o.answer);
}

int main(void)
{
    char dir[] = "/tmp/orcon-walk-XXXXXX";
    AUTO(json_freep) json_t *shared = NULL;
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    walt = home_person(alder, WALT, ALL);
    will = home_person(birch, WILL, ALL);
    deliver(alder, birch);
    deliver(birch, alder);
    ok(share(ROLE_AUTHOR, &shared, &f) == OK && deliver(alder, birch) == 1, "walt shares: %s", f.what);
    briefed();
    complete();
    for (enum state s = UNKNOWN; s < STATES; s++)
        make_request(s, requests[s]);
    for (size_t i = 0; i < COUNT(table); i++) {
        walk(&table[i]);
        from_partner(&table[i]);
    }
    free(proof);
    key_free(walt);
    key_free(will);
    flow_end(dir);
    return tap_done();
}
