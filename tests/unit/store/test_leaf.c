/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "store/leaf.h"

static enum err show_leaf(const struct leaf_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%llu:%d:%zu:%zu:%zu ", (unsigned long long)r->idx, (int)r->form, r->body.len,
               r->entry.len, r->proof.len);
}

static enum err show_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%llu:%zu ", (unsigned long long)idx, entry.len);
}

static enum err show_briefing(uint32_t generation, const char *person, uint64_t idx, void *ctx,
                              struct fail *fail)
{
    (void)fail;
    return put(ctx, "%u:%s:%llu ", generation, person, (unsigned long long)idx);
}

static void leaves(void)
{
    uint64_t idx = 9, last = 9, reader = 0;
    good(store_leaf_next(db, 1, &idx, &last, &f));
    ok(idx == 0 && last == 0, "an empty generation");
    good(store_reader_add(db, &(struct reader_row){ .srt = "s", .token = "t", .jwk = "j" }, &reader, &f));
    ok(reader >= 1, "a reader's number");
    struct leaf_row leaf = { .generation = 1, .form = LEAF_GENESIS, .time_ms = 50, .body = BYTES("gen", 3) };
    good(store_leaf_add(db, &leaf, &f));
    bad(store_leaf_add(db, &leaf, &f), E_CONFLICT);
    leaf = (struct leaf_row){ .generation = 1,
                              .idx = 1,
                              .form = LEAF_EVENT,
                              .time_ms = 60,
                              .body = BYTES("\0body", 5),
                              .reader = reader };
    good(store_leaf_add(db, &leaf, &f));
    leaf = (struct leaf_row){ .generation = 2, .form = LEAF_GENESIS, .time_ms = 70, .body = BYTES("x", 1) };
    good(store_leaf_add(db, &leaf, &f));
    good(store_leaf_publish(db, 1, 0, BYTES("entry0", 6), BYTES(NULL, 0), &f));
    good(store_leaf_publish(db, 1, 1, BYTES("entry", 5), BYTES("pi", 2), &f));
    good(store_leaf_publish(db, 1, 1, BYTES("entry", 5), BYTES("pi", 2), &f));
    bad(store_leaf_publish(db, 1, 1, BYTES("Entry", 5), BYTES("pi", 2), &f), E_CONFLICT);
    bad(store_leaf_publish(db, 1, 1, BYTES("entry", 5), BYTES("", 0), &f), E_CONFLICT);
    bad(store_leaf_publish(db, 1, 2, BYTES("entry", 5), BYTES("", 0), &f), E_NOT_FOUND);
    reopen();
    good(store_leaf_next(db, 1, &idx, &last, &f));
    ok(idx == 2 && last == 60, "next index and last time");
    AUTO(store_leaf_clear) struct leaf_row got = { 0 };
    good(store_leaf_get(db, 1, 1, &got, &f));
    ok(bytes_equal(got.body, BYTES("\0body", 5)) && got.reader == reader && got.form == LEAF_EVENT, "a leaf");
    ok(bytes_equal(got.entry, BYTES("entry", 5)) && bytes_equal(got.proof, BYTES("pi", 2)), "published");
    bad(store_leaf_get(db, 1, 2, &got, &f), E_NOT_FOUND);
    shows(store_leaf_range(db, 1, 0, UINT64_MAX, show_leaf, &line, &f), "0:1:3:0:0 1:2:5:0:0 ");
    shows(store_leaf_range(db, 1, 0, 1, show_leaf, &line, &f), "0:1:3:0:0 ");
    shows(store_leaf_entries(db, 1, 0, UINT64_MAX, show_entry, &line, &f), "0:6 1:5 ");
    shows(store_leaf_entries(db, 1, 1, 2, show_entry, &line, &f), "1:5 ");
    shows(store_leaf_entries(db, 2, 0, UINT64_MAX, show_entry, &line, &f), ""); /* not published */
    leaf.idx = (uint64_t)1 << 40;
    bad(store_leaf_add(db, &leaf, &f), E_TOO_LARGE);
    AUTO(store_reader_clear) struct reader_row r = { 0 };
    good(store_reader_get(db, reader, &r, &f));
    ok(strcmp(r.srt, "s") == 0 && strcmp(r.token, "t") == 0 && strcmp(r.jwk, "j") == 0 && r.id == reader,
       "a reader's proof");
}

static void tags(void)
{
    static const struct {
        uint32_t generation;
        unsigned tag_class;
        const char *portion, *name;
        uint64_t idx, version, last;
    } rows[] = {
        { 1, 2, "p", "@b", 5, 0, STORE_NO_IDX },
        { 1, 2, "p", "@b", 8, 1, 5 },
        { 1, 2, "p", "@b", 9, 2, 8 },
        { 1, 3, "p", "", 9, 0, STORE_NO_IDX },
        { 2, 2, "p", "@b", 1, 0, STORE_NO_IDX },
        { 1, 2, "", "@b", 10, 0, STORE_NO_IDX },
    };
    uint64_t version, last;
    for (size_t i = 0; i < COUNT(rows); i++) {
        good(store_tag_counter_next(db, rows[i].generation, rows[i].tag_class, rows[i].portion, rows[i].name,
                                    rows[i].idx, &version, &last, &f));
        ok(version == rows[i].version && last == rows[i].last, "row %zu: version and last entry", i);
    }
    reopen();
    good(store_tag_counter_get(db, 1, 2, "p", "@b", &version, &last, &f));
    ok(version == 3 && last == 9, "the counter is kept");
    good(store_tag_counter_get(db, 7, 2, "p", "@b", &version, &last, &f));
    ok(version == 0 && last == STORE_NO_IDX, "a tag never used");
}

static void briefings(void)
{
    bool first = false;
    uint64_t at = 0;
    good(store_briefing_enter(db, 1, "p", "bob@b", 5, &first, &at, &f));
    ok(first && at == 5, "the first one");
    good(store_briefing_enter(db, 1, "p", "bob@b", 6, &first, &at, &f));
    ok(!first && at == 5, "the second finds the first");
    good(store_briefing_enter(db, 2, "p", "bob@b", 1, &first, &at, &f));
    good(store_briefing_enter(db, 1, "p", "abe@b", 9, &first, &at, &f));
    reopen();
    good(store_briefing_get(db, 1, "p", "bob@b", &at, &f));
    ok(at == 5, "and so does a get");
    bad(store_briefing_get(db, 1, "q", "bob@b", &at, &f), E_NOT_FOUND);
    shows(store_briefing_list(db, "p", show_briefing, &line, &f), "1:abe@b:9 1:bob@b:5 2:bob@b:1 ");
}

static void releases(void)
{
    uint8_t srt[32] = { 7 };
    uint32_t generation = 0;
    uint64_t idx = 0;
    bad(store_key_release_find(db, srt, "c", &generation, &idx, &f), E_NOT_FOUND);
    good(store_key_release_put(db, srt, "c", 2, 11, &f));
    bad(store_key_release_put(db, srt, "c", 2, 12, &f), E_CONFLICT);
    good(store_key_release_put(db, srt, "d", 2, 12, &f));
    reopen();
    good(store_key_release_find(db, srt, "c", &generation, &idx, &f));
    ok(generation == 2 && idx == 11, "a retry finds its entry");
    bad(store_key_release_put(db, srt, "c", 1, 12, &f), E_CONFLICT);
    good(store_key_release_put(db, srt, "c", 3, 4, &f));
    good(store_key_release_find(db, srt, "c", &generation, &idx, &f));
    ok(generation == 3 && idx == 4, "in a newer generation it has another one");
}

static void refusals(void)
{
    struct refusal_row r = { .identity = "cora@c", .presented = "u", .hour = 100, .generation = 1, .idx = 4 };
    AUTO(store_refusal_clear) struct refusal_row got = { 0 };
    uint64_t count = 0;
    bad(store_refusal_find(db, "cora@c", "u", 100, &got, &f), E_NOT_FOUND);
    bad(store_refusal_bump(db, "cora@c", "u", 100, &count, &f), E_NOT_FOUND);
    good(store_refusal_put(db, &r, &f));
    bad(store_refusal_put(db, &r, &f), E_CONFLICT);
    good(store_refusal_bump(db, "cora@c", "u", 100, NULL, &f));
    good(store_refusal_bump(db, "cora@c", "u", 100, &count, &f));
    ok(count == 2, "two more in that hour");
    r.presented = "";
    good(store_refusal_put(db, &r, &f));
    reopen();
    good(store_refusal_find(db, "cora@c", "u", 100, &got, &f));
    ok(got.count == 2 && got.idx == 4 && got.generation == 1, "the row of the hour");
    store_refusal_clear(&got);
    good(store_refusal_last(db, "cora@c", "u", 101, &got, &f));
    ok(got.hour == 100 && got.count == 2, "the row of an earlier hour");
    bad(store_refusal_last(db, "cora@c", "u", 100, &got, &f), E_NOT_FOUND);
    good(store_refusal_distinct(db, "cora@c", 100, &count, &f));
    ok(count == 2, "distinct uuids in an hour");
    good(store_refusal_distinct(db, "cora@c", 101, &count, &f));
    ok(count == 0, "none in the next");
}

static void checkpoints(void)
{
    struct checkpoint_row c = { .generation = 1, .size = 2, .root = { 1 }, .note = "n", .time_ms = 10 };
    AUTO(store_checkpoint_clear) struct checkpoint_row got = { 0 };
    bad(store_checkpoint_newest(db, 1, &got, &f), E_NOT_FOUND);
    good(store_checkpoint_put(db, &c, &f));
    c.note = "n with cosignature";
    c.time_ms = 11;
    good(store_checkpoint_put(db, &c, &f));
    c.root[0] = 2;
    bad(store_checkpoint_put(db, &c, &f), E_CONFLICT);
    c.size = 10;
    c.note = "m";
    good(store_checkpoint_put(db, &c, &f));
    reopen();
    good(store_checkpoint_newest(db, 1, &got, &f));
    ok(got.size == 10 && got.root[0] == 2, "the newest");
    store_checkpoint_clear(&got);
    good(store_checkpoint_at(db, 1, 2, &got, &f));
    ok(got.root[0] == 1 && got.time_ms == 11, "an earlier one keeps its root");
    is_str(got.note, "n with cosignature", "and has the newer note");
    bad(store_checkpoint_at(db, 1, 3, &got, &f), E_NOT_FOUND);
}

int main(void)
{
    begin();
    leaves();
    tags();
    briefings();
    releases();
    refusals();
    checkpoints();
    return end();
}
