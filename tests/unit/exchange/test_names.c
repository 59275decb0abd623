/* SPDX-License-Identifier: Apache-2.0 - a report's id is that of one report: nobody gives another one the same, to stand in its place */
#include "flow.h"

#include "store/item.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER", "The group hides explosives in portable computers." },
};
static const struct flow_portion forged[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER", "All is well." },
};

#define MAX "max@cedar.example"
#define VAL "val@birch.example"

static struct key *max, *val;
static char real[UUID_TEXT];

/* A report of ${author}'s under the id of amy's, for ${to}. */
static enum err share_as_hers(struct node *n, const char *author, const struct key *key, const char *to,
                              struct fail *f)
{
    *f = (struct fail){ 0 };
    portions = forged;
    share_as = real;
    return flow_share_by(n, author, key, to, f);
}

/* What ${from} has for ${to} next, as it goes out. */
static enum err next_package(struct node *from, struct node *to, struct buf *bytes, struct package **out,
                             struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_outbox_clear) struct outbox_row row = { 0 };
    AUTO(store_statement_clear) struct statement_row statement = { 0 };
    static struct bytes view;
    static struct source in;
    *f = (struct fail){ 0 };
    TRY(store_read_begin(from->store, &db, f));
    TRY(store_outbox_next(db, to->conf.domain, 1, UINT32_MAX, &row, f));
    TRY(store_statement_get(db, row.iss, row.statement, &statement, f));
    TRY(pack_share(from, &statement, bytes, f));
    view = bytes_of(bytes);
    in = source_bytes(&view);
    return package_read(&in, out, f);
}

static enum err count_alert(const struct item_row *row, void *ctx, struct fail *f)
{
    (void)f;
    *(unsigned *)ctx += strcmp(row->kind, "alert") == 0;
    return OK;
}

static unsigned alerts(struct node *n)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *officers[] = { "officer" };
    unsigned count = 0;
    struct fail f = { 0 };
    ok(store_read_begin(n->store, &db, &f) == OK &&
           store_item_list(db, officers, 1, true, 0, 100, count_alert, &count, &f) == OK,
       "alerts: %s", f.what);
    return count;
}

static void still_alders(void)
{
    AUTO(json_freep) json_t *v = NULL;
    struct asker bobs = asker_of("bob@birch.example", ROLE_READER);
    struct fail f = { 0 };
    ok(view_report(birch, &bobs, real, &v, &f) == OK, "bob looks: %s", f.what);
    is_str(json_string_value(json_object_get(v, "originator")), "alder.example", "the report is alder's");
}

static void by_a_partner(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(package_freep) struct package *p = NULL;
    struct fail f;
    ok(share_as_hers(cedar, MAX, max, "birch.example", &f) == OK, "max shares under the id of amy's: %s",
       f.what);
    if (!ok(next_package(cedar, birch, bytes, &p, &f) == OK, "packed: %s", f.what))
        return;
    for (int i = 0; i < 2; i++) {
        f = (struct fail){ 0 };
        ok(acts_take(birch, package_report(p), p, ack, &f) == E_CONFLICT && f.reason == REASON_OTHER_CONTENT,
           "birch does not take it: %s", f.what);
    }
    ok(alerts(birch) == 2, "and its officers hear of it, once");
    still_alders();
    f = (struct fail){ 0 };
    ok(acts_take(alder, package_report(p), p, ack, &f) != OK, "nor does alder, whom it is not for: %s",
       f.what);
}

/* A report of its own, with the portion of amy's in it: what a reader keeps of a briefing, he keeps by that. */
static void by_portion(const char *portion)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(package_freep) struct package *p = NULL;
    char fresh[UUID_TEXT], mine[UUID_TEXT];
    struct fail f;
    random_uuid(fresh);
    memcpy(mine, real, UUID_TEXT);
    memcpy(real, fresh, UUID_TEXT);
    share_portion_as = portion;
    ok(share_as_hers(cedar, MAX, max, "birch.example", &f) == OK,
       "max shares a portion under the id of amy's: %s", f.what);
    share_portion_as = NULL;
    memcpy(real, mine, UUID_TEXT);
    if (!ok(next_package(cedar, birch, bytes, &p, &f) == OK, "packed: %s", f.what))
        return;
    f = (struct fail){ 0 };
    ok(acts_take(birch, package_report(p), p, ack, &f) == E_CONFLICT && f.reason == REASON_OTHER_CONTENT,
       "birch does not take it: %s", f.what);
}

static void by_hand(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct asker bobs = asker_of("bob@birch.example", ROLE_READER);
    struct fail f;
    if (!ok(next_package(cedar, birch, bytes, &p, &f) == OK, "packed: %s", f.what))
        return;
    ok(acts_import(birch, &bobs, p, &answer, &f) == E_CONFLICT && f.reason == REASON_OTHER_CONTENT,
       "by hand neither: %s", f.what);
    still_alders();
}

static void by_an_own_author(void)
{
    struct fail f;
    ok(share_as_hers(birch, VAL, val, "cedar.example", &f) == E_CONFLICT && f.reason == REASON_OTHER_CONTENT,
       "val of birch can't: %s", f.what);
    still_alders();
}

/* The originator himself is sent one under the id of his own. */
static void to_its_originator(void)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(package_freep) struct package *p = NULL;
    AUTO(key_freep) struct key *mia = home_person(cedar, "mia@cedar.example", "reader,author");
    struct fail f = { 0 };
    char unknown[UUID_TEXT];
    random_uuid(unknown);
    deliver(cedar, alder);
    memcpy(real, unknown, UUID_TEXT);
    ok(share_as_hers(cedar, "mia@cedar.example", mia, "alder.example", &f) == OK &&
           next_package(cedar, alder, bytes, &p, &f) == OK,
       "mia shares with alder: %s", f.what);
    ok(share_as_hers(alder, "amy@alder.example", amy, "birch.example", &f) == OK, "amy was faster: %s",
       f.what);
    f = (struct fail){ 0 };
    ok(acts_take(alder, package_report(p), p, ack, &f) == E_CONFLICT && f.reason == REASON_OTHER_CONTENT,
       "its own stays its own: %s", f.what);
}

/* What birch refused waits no longer. */
static void drop(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_outbox_clear) struct outbox_row row = { 0 };
    struct fail f = { 0 };
    ok(store_read_begin(cedar->store, &db, &f) == OK &&
           store_outbox_next(db, "birch.example", 1, UINT32_MAX, &row, &f) == OK &&
           writer_run(cedar->writer, mark_sent, &row.id, &f) == OK,
       "dropped: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-names-XXXXXX", portion[UUID_TEXT];
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    max = home_person(cedar, MAX, "reader,author");
    val = home_person(birch, VAL, "reader,author");
    deliver(cedar, birch);
    flow_share();
    memcpy(real, report, UUID_TEXT);
    memcpy(portion, ids[1], UUID_TEXT);
    by_portion(portion);
    drop();
    by_a_partner();
    by_hand();
    by_an_own_author();
    to_its_originator();
    key_freep(&max);
    key_freep(&val);
    flow_end(dir);
    return tap_done();
}
