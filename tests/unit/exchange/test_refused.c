/* SPDX-License-Identifier: Apache-2.0 - who presents somebody else's copy is named in an alert, however he goes about it */
#include "flow.h"

#include "store/alert.h"
#include "store/leaf.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER", "One." },
    { "TLP:AMBER", "Two." },
    { "TLP:AMBER", "Three." },
};

#define CYD     "cyd@cedar.example"
#define HOUR_MS 3600000

static enum err count_alert(const struct alert_row *row, void *ctx, struct fail *f)
{
    (void)f;
    if (strcmp(row->by_person, CYD) == 0 && strcmp(row->holder, "birch.example") == 0)
        ++*(unsigned *)ctx;
    return OK;
}

static unsigned alerts(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    unsigned count = 0;
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK &&
           store_alert_list(db, 1000, count_alert, &count, &f) == OK,
       "alder's alerts: %s", f.what);
    return count;
}

/* cyd, of cedar, asks for the keys of what birch holds; nothing opens. */
static void present(const char *const *wanted, size_t count)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(1 << 22);
    AUTO(package_freep) struct package *p = NULL;
    struct asker bobs = asker_of("bob@birch.example", ROLE_READER);
    struct opened o = { 0 };
    struct fail f = { 0 };
    bool read = view_package(birch, &bobs, report, NULL, bytes, &f) == OK;
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    if (!ok(read && package_read(&in, &p, &f) == OK, "birch's package: %s", f.what))
        return;
    open_package(alder, cedar, p, CYD, cyd, wanted, count, cyd, &o);
    bool given = false;
    for (size_t i = 0; i < o.answer.count; i++)
        given = given || o.answer.results[i].err == OK;
    ok(o.err == OK && !given, "cyd gets no key: %s", o.fail.what);
    brief_answer_clear(&o.answer);
}

static void spoil(json_t *request)
{
    json_t *kao =
        json_object_get(json_array_get(json_object_get(request, "keyAccessObjects"), 0), "keyAccessObject");
    json_object_set_new(json_object_get(kao, "policyBinding"), "hash", json_string("AAAA"));
}

static void spoil_all(json_t *requests)
{
    size_t i;
    json_t *one;
    json_array_foreach (requests, i, one)
        spoil(one);
}

static void spoil_first(json_t *requests)
{
    spoil(json_array_get(requests, 0));
}

/* Ids that nobody has sealed anything under. */
static void make_up(json_t *requests)
{
    size_t i;
    json_t *one;
    json_array_foreach (requests, i, one) {
        AUTO(buf_freep) struct buf *text = buf_new(4096);
        AUTO(buf_freep) struct buf *coded = buf_new(8192);
        char id[UUID_TEXT];
        random_uuid(id);
        buf_printf(text, "{\"uuid\":\"%s\",\"body\":{\"dataAttributes\":[],\"dissem\":[]}}", id);
        b64_put(coded, B64_STD, bytes_of(text));
        json_object_set_new(json_object_get(one, "policy"), "body", json_string(buf_text(coded)));
    }
}

static void broken_first(void)
{
    const char *one[] = { ids[1] };
    unsigned before = alerts();
    bend = spoil_all;
    present(one, 1);
    bend = NULL;
    ok(alerts() == before, "a broken request is refused, and alleges nothing");
    present(one, 1);
    ok(alerts() == before + 1, "the same copy as it is: an alert, in the same hour, too");
    present(one, 1);
    ok(alerts() == before + 1, "and no second one");
}

static void broken_beside(void)
{
    const char *both[] = { ids[1], ids[2] };
    test_clock_ms += HOUR_MS;
    unsigned before = alerts();
    bend = spoil_first;
    present(both, 2);
    bend = NULL;
    ok(alerts() == before + 1, "beside one of a lower number that is broken, it is told of all the same");
}

static void after_many(void)
{
    const char *one[] = { ids[3] };
    test_clock_ms += HOUR_MS;
    unsigned before = alerts();
    bend = make_up;
    for (int i = 0; i < 70; i++)
        present(one, 1);
    bend = NULL;
    ok(alerts() == before, "ids that nobody knows allege nothing");
    present(one, 1);
    ok(alerts() == before + 1, "after more of them than are entered, the copy is told of");
}

/* What a partner's notice says beside what belongs there ------------------------------------------------------ */

static enum err put_heavy(struct db *db, void *ctx, struct fail *f)
{
    json_t *about = json_object();
    AUTO(str_freep) char *text = mem_new(100001);
    memset(text, 'x', 100000);
    json_set_str(about, "what", text);
    (void)ctx;
    return acts_notify(db, "alert", "officer", "alder.example", test_now(), 0, "", about, f);
}

static json_t *inbox(void)
{
    struct asker a = asker_of("ben@birch.example", ROLE_OFFICER);
    json_t *v = NULL;
    struct fail f = { 0 };
    ok(view_inbox(birch, &a, false, &v, &f) == OK, "ben has his inbox: %s", f.what);
    return v;
}

static void loaded(void)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    struct fail f = { 0 };
    json_t *about = json_pack("{s:s,s:s,s:s,s:s,s:[i,i,i]}", "by", CYD, "portion", ids[1], "copy_of",
                              "dove.example", "what", "all is well", "more", 1, 2, 3);
    random_uuid(id);
    struct statement_making m = { .kind = "notice",
                                  .id = id,
                                  .iss = "alder.example",
                                  .by = "@alder.example",
                                  .report = report,
                                  .aud = json_pack("[s]", "birch.example"),
                                  .portions = json_pack("[s]", ids[1]),
                                  .body = json_pack("{s:o,s:s}", "about", about, "state", "open"),
                                  .at_ms = test_now() };
    ok(acts_statement(alder, m, &jws, digest, &f) == OK &&
           acts_take(birch, bytes_str(jws), NULL, ack, &f) == OK,
       "a notice with more in it than belongs there: %s", f.what);
    AUTO(json_freep) json_t *first = inbox();
    AUTO(str_freep) char *text = json_text(first);
    ok(strstr(text, CYD) && !strstr(text, "dove.example") && !strstr(text, "all is well") &&
           !strstr(text, "more"),
       "of it stands in the inbox what belongs there: %s", text);
    ok(writer_run(birch->writer, put_heavy, NULL, &f) == OK, "an item that is too long: %s", f.what);
    AUTO(json_freep) json_t *second = inbox();
    ok(json_array_size(json_object_get(second, "items")) ==
           json_array_size(json_object_get(first, "items")) + 1,
       "keeps nobody from the others");
}

int main(void)
{
    char dir[] = "/tmp/orcon-refused-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    flow_share();
    loaded();
    broken_first();
    broken_beside();
    after_many();
    flow_end(dir);
    return tap_done();
}
