/* SPDX-License-Identifier: Apache-2.0 - an override that its originator can't take as one: refused, and on record all the same */
#include "flow.h"

#include "store/item.h"
#include "store/leaf.h"
#include "store/override.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};

#define PAT "pat@birch.example"

static struct key *pat;
static char *proof; /* of pat's briefing on portion 1 */

/* What birch says of its people to cedar it does not say to alder: the row is dropped. */
static void withhold(void)
{
    for (;;) {
        AUTO(store_read_endp) struct db *db = NULL;
        AUTO(store_outbox_clear) struct outbox_row row = { 0 };
        struct fail f = { 0 };
        if (store_read_begin(birch->store, &db, &f) != OK ||
            store_outbox_next(db, "alder.example", 1, UINT32_MAX, &row, &f) != OK)
            return;
        if (!ok(writer_run(birch->writer, mark_sent, &row.id, &f) == OK, "birch keeps it from alder"))
            return;
    }
}

static void brief(void)
{
    struct opened o;
    const char *wanted[] = { ids[1] };
    open_at(birch, PAT, pat, wanted, 1, pat, &o);
    if (ok(o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK,
           "pat reads portion 1 by birch's word alone: %s", o.fail.what))
        proof = str_dup(o.answer.results[0].presence);
    brief_answer_clear(&o.answer);
}

/* pat tells somebody at cedar. The statement as birch has it for alder; caller frees. */
static char *overridden(char id[static UUID_TEXT])
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    struct fail f = { 0 };
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{s:s}}", "to", "cyd@cedar.example", "oral", 1, "reason",
                             "threat to life", "originator", "alder.example", "evidence", ids[1], proof);
    ok(do_act(birch, PAT, ROLE_AUTHORITY, pat, "override", NULL, ids[1], body, &answer, &f) == OK,
       "pat tells cyd: %s", f.what);
    snprintf(id, UUID_TEXT, "%s", json_string_value(json_object_get(answer, "override")));
    ok(store_read_begin(birch->store, &db, &f) == OK &&
           store_statement_get(db, "birch.example", id, &row, &f) == OK,
       "its statement: %s", f.what);
    withhold();
    return str_dup(row.jws);
}

struct counting {
    const char *ref;
    unsigned all, open;
};

static enum err count_item(const struct item_row *row, void *ctx, struct fail *f)
{
    struct counting *c = ctx;
    (void)f;
    if (strcmp(row->kind, "alert") != 0 || (c->ref && strcmp(row->ref, c->ref) != 0))
        return OK;
    c->all++;
    c->open += row->done_ms == 0;
    return OK;
}

/* Alerts of alder's officers about ${ref}, NULL: any. */
static struct counting alerts(const char *ref)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *officers[] = { "officer" };
    struct counting c = { .ref = ref };
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK &&
           store_item_list(db, officers, 1, true, 0, 1000, count_item, &c, &f) == OK,
       "alder's alerts: %s", f.what);
    return c;
}

static uint64_t entries(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t next = 0, time_ms;
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK && store_leaf_next(db, 1, &next, &time_ms, &f) == OK,
       "alder's ledger: %s", f.what);
    return next;
}

static bool is_kept(const char *id)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_untaken_clear) struct untaken_row row = { 0 };
    struct fail f = { 0 };
    return store_read_begin(alder->store, &db, &f) == OK &&
           store_untaken_get(db, "birch.example", id, &row, &f) == OK;
}

static enum err give(const char *jws, struct fail *f)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    *f = (struct fail){ 0 };
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static void noted(const char *name, const char *jws, const char *id, enum err err, enum reason reason)
{
    struct fail f;
    uint64_t before = entries();
    enum err e = give(jws, &f);
    ok(e == err && f.reason == reason, "%s: refused: %s (%s)", name, f.what, reason_code(f.reason));
    ok(alerts(id).open == 1 && is_kept(id), "%s: officers are told, and it is kept as it was signed", name);
    ok(entries() > before, "%s: the ledger has it", name);
    before = entries();
    ok(give(jws, &f) == err && alerts(id).all == 1 && entries() == before,
       "%s: sent again, it is the same one", name);
}

/* A hostile giver says who its authority is to the third party, and not to the originator. */
static void unknown_key(const char *jws, const char *id)
{
    noted("by a key that alder was not told of", jws, id, E_UNAUTHENTICATED, REASON_TOKEN);
}

static char *bent(const char *jws, const char *aud, const char *report_too)
{
    AUTO(statement_freep) struct statement *s = NULL;
    char *out = NULL;
    uint8_t digest[HASH_LEN];
    struct fail f = { 0 };
    if (!ok(statement_read(bytes_str(jws), JOSE_MAX_SMALL, &s, &f) == OK, "read: %s", f.what))
        return str_dup("");
    struct statement_making m = { .kind = s->kind,
                                  .id = s->id,
                                  .iss = s->iss,
                                  .by = s->by,
                                  .report = report_too,
                                  .aud = json_pack("[s]", aud),
                                  .portions = json_deep_copy(s->portions),
                                  .body = json_deep_copy(s->body),
                                  .at_ms = s->at_ms };
    ok(acts_statement(birch, m, &out, digest, &f) == OK, "signed: %s", f.what);
    return out;
}

static void nothing_noted(const char *name, const char *jws, const char *id)
{
    struct fail f;
    uint64_t before = entries();
    ok(give(jws, &f) != OK, "%s: refused: %s", name, f.what);
    ok(alerts(id).all == 0 && entries() == before && !is_kept(id), "%s: nothing is noted", name);
}

static void not_ours(void)
{
    char id[UUID_TEXT];
    AUTO(str_freep) char *jws = overridden(id);
    AUTO(str_freep) char *other = bent(jws, "cedar.example", report);
    AUTO(str_freep) char *forged = str_dup(jws);
    char *last = forged + strlen(forged) - 10;
    *last = *last == 'A' ? 'B' : 'A';
    nothing_noted("for somebody else", other, id);
    nothing_noted("not signed by birch", forged, id);
}

static void of_another_report(void)
{
    char id[UUID_TEXT], unknown[UUID_TEXT];
    AUTO(str_freep) char *jws = overridden(id);
    random_uuid(unknown);
    AUTO(str_freep) char *other = bent(jws, "alder.example", unknown);
    noted("under another report's id than the act's", other, id, E_UNVERIFIED, REASON_NONE);
}

static void suspended(void)
{
    char id[UUID_TEXT];
    struct fail f = { 0 };
    AUTO(str_freep) char *jws = overridden(id);
    ok(cards_set_state(alder, "birch.example", "suspended", &f) == OK, "alder suspends birch: %s", f.what);
    noted("by a suspended partner", jws, id, E_REFUSED, REASON_SUSPENDED_PARTNER);
    f = (struct fail){ 0 };
    ok(cards_set_state(alder, "birch.example", "confirmed", &f) == OK, "and takes it back: %s", f.what);
}

/* Who sends many of them does not fill the store: what is beyond goes to the log. */
static void bounded(const char *jws)
{
    char unknown[UUID_TEXT];
    struct fail f;
    for (int i = 0; i < 40; i++) {
        AUTO(statement_freep) struct statement *s = NULL;
        AUTO(str_freep) char *out = NULL;
        uint8_t digest[HASH_LEN];
        if (statement_read(bytes_str(jws), JOSE_MAX_SMALL, &s, &f) != OK)
            return;
        random_uuid(unknown);
        struct statement_making m = { .kind = s->kind,
                                      .id = unknown,
                                      .iss = s->iss,
                                      .by = s->by,
                                      .report = s->report,
                                      .aud = json_pack("[s]", "alder.example"),
                                      .portions = json_deep_copy(s->portions),
                                      .body = json_deep_copy(s->body),
                                      .at_ms = s->at_ms };
        if (acts_statement(birch, m, &out, digest, &f) != OK || give(out, &f) == OK)
            ok(false, "another id than the act's: %s", f.what);
    }
    ok(alerts(NULL).all == 32, "%u of 43 are noted", alerts(NULL).all);
}

/* Once birch says whose key it is, it is taken, and needs nobody any more. */
static void taken_after_all(const char *jws, const char *id, const struct statement_row *key)
{
    struct fail f;
    ok(give(key->jws, &f) == OK, "birch names pat's key and role: %s", f.what);
    ok(give(jws, &f) == OK, "then it is taken: %s", f.what);
    ok(alerts(id).open == 0 && alerts(id).all == 1 && !is_kept(id), "and the alert is done");
}

struct keys {
    struct statement_row row;
};

static enum err note_key(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct keys *k = ctx;
    (void)f;
    if (strstr(row->kind, "person-key") && row->at_ms >= k->row.at_ms) {
        store_statement_clear(&k->row);
        store_statement_copy(row, &k->row);
    }
    return OK;
}

int main(void)
{
    char dir[] = "/tmp/orcon-untaken-XXXXXX", id[UUID_TEXT];
    struct keys keys = { 0 };
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    pat = home_person(birch, PAT, "reader,authority");
    ok(deliver(birch, cedar) == 2, "birch tells cedar of pat");
    withhold();
    flow_share();
    brief();
    {
        AUTO(store_read_endp) struct db *db = NULL;
        ok(store_read_begin(birch->store, &db, &f) == OK &&
               store_statement_list(db, "", "person-key", note_key, &keys, &f) == OK && keys.row.jws,
           "what birch says of pat: %s", f.what);
    }
    AUTO(str_freep) char *jws = overridden(id);
    unknown_key(jws, id);
    not_ours();
    of_another_report();
    suspended();
    bounded(jws);
    taken_after_all(jws, id, &keys.row);
    store_statement_clear(&keys.row);
    free(proof);
    key_freep(&pat);
    flow_end(dir);
    return tap_done();
}
