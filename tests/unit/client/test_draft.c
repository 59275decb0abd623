/* SPDX-License-Identifier: Apache-2.0 - reports before they are sent, and the package that an author's client makes */
#include <stdlib.h>

#include "base/b64.h"
#include "base/mem.h"
#include "client/share.h"
#include "tap.h"
#include "tdf/open.h"
#include "tdf/portion.h"
#include "tdf/package.h"
#include "world.h"

#define SOURCE                                                                                               \
    "---\ntitle: (TLP:GREEN) A title\n---\n(TLP:AMBER//ORCON) One\n\n(TLP:RED//SOURCE) Two\n\n(tlp:clear) "  \
    "Three\n"

static const uint8_t pin[HASH_LEN] = { 1 };
static char *dir;

static const struct {
    const char *name, *text, *title, *mark;
    enum err want;
    const char *title_mark, *title_text, *banner; /* where it is OK */
    size_t count;
} rows[] = {
    { "source.md", SOURCE, NULL, NULL, OK, "TLP:GREEN", "A title", "TLP:RED//alder.example/SOURCE//ORCON",
      4 },
    { "source.md", SOURCE, "(TLP:AMBER) Other", NULL, OK, "TLP:AMBER", "Other",
      "TLP:RED//alder.example/SOURCE//ORCON", 4 },
    { "plain.md", "(TLP:AMBER) One\n", NULL, NULL, OK, "TLP:AMBER", "plain.md", "TLP:AMBER", 2 },
    { "plain.md", "(TLP:AMBER) One\n", "Unmarked", NULL, OK, "TLP:AMBER", "Unmarked", "TLP:AMBER", 2 },
    { "plain.md", "(TLP:AMBER) One\n", "(TLP:RED) Marked", NULL, OK, "TLP:RED", "Marked", "TLP:RED", 2 },
    { "clear.md", "(TLP:CLEAR) One\n", NULL, NULL, OK, "TLP:CLEAR", "clear.md", "TLP:CLEAR", 2 },
    { "any.bin", "\x01\x02\xff", NULL, "TLP:GREEN", OK, "TLP:GREEN", "any.bin", "TLP:GREEN", 2 },
    { "any.bin", "(TLP:RED) not looked into", NULL, "(tlp:green)", OK, "TLP:GREEN", "any.bin", "TLP:GREEN",
      2 },
    { "plain.md", "no mark of its own\n", NULL, "TLP:GREEN", OK, "TLP:GREEN", "plain.md", "TLP:GREEN", 2 },
    { "source.md", SOURCE, NULL, "TLP:RED//SOURCE//ORCON", OK, "TLP:RED//alder.example/SOURCE//ORCON",
      "source.md", "TLP:RED//alder.example/SOURCE//ORCON", 2 },
    { "source.md", SOURCE, NULL, "TLP:GREEN", E_INVALID, NULL, NULL, NULL, 0 },
    { "source.md", SOURCE, NULL, "TLP:RED//ORCON", E_INVALID, NULL, NULL, NULL, 0 },
    { "plain.md", "(TLP:AMBER) One\n", NULL, "TLP:AMBER//ORCON", OK, "TLP:AMBER//ORCON", "plain.md",
      "TLP:AMBER//ORCON", 2 },
    { "plain.md", "(TLP:AMBER//ORCON) One\n", NULL, "TLP:RED", E_INVALID, NULL, NULL, NULL, 0 },
    { "plain.md", "---\ntitle: (TLP:RED) One\n---\n(TLP:GREEN) Two\n", NULL, "TLP:AMBER", E_INVALID, NULL,
      NULL, NULL, 0 },
    { "any.bin", "x", NULL, "TLP:PINK", E_INVALID, NULL, NULL, NULL, 0 },
    { "any.bin", "x", NULL, "", E_INVALID, NULL, NULL, NULL, 0 },
    { "any.bin", "", NULL, "TLP:GREEN", E_INVALID, NULL, NULL, NULL, 0 },
    { "bad.md", "no mark\n", NULL, NULL, E_INVALID, NULL, NULL, NULL, 0 },
    { "bad.md", "(TLP:AMBER) a\n\n(TLP:PINK) b\n", NULL, NULL, E_INVALID, NULL, NULL, NULL, 0 },
    { "bad.md", "\x01\x02\xff", NULL, NULL, E_INVALID, NULL, NULL, NULL, 0 },
    { "plain.md", "(TLP:AMBER) One\n", "two\nlines", NULL, E_INVALID, NULL, NULL, NULL, 0 },
    { "plain.md", "(TLP:AMBER) One\n", "not \xff UTF-8", NULL, E_INVALID, NULL, NULL, NULL, 0 },
};

static bool marked(const struct marking *m, const char *want)
{
    AUTO(str_freep) char *text = marking_text(m, NULL);
    return strcmp(text, want) == 0;
}

static void drafts(void)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(draft_clear) struct draft d = { 0 };
        struct fail f = { 0 };
        AUTO(str_freep) char *path = world_file(dir, rows[i].name, rows[i].text);
        const char *files[] = { path };
        struct draft_from from = { files, 1, rows[i].title, rows[i].mark, "alder.example" };
        enum err e = draft_read(&from, &d, &f);
        if (!ok(e == rows[i].want, "row %zu: %s", i, f.what) || e != OK)
            continue;
        ok(d.count == rows[i].count && marked(&d.portions[0].mark, rows[i].title_mark) &&
               strcmp(d.title, rows[i].title_text) == 0 && marked(&d.banner, rows[i].banner),
           "row %zu: %zu portions, title (%s) %s", i, d.count, d.portions[0].mark_text, d.title);
        for (size_t n = 0; n < d.count; n++)
            ok(d.portions[n].n == n && marked(&d.portions[n].mark, d.portions[n].mark_text) &&
                   d.portions[n].clear == (strcmp(d.portions[n].mark_text, "TLP:CLEAR") == 0),
               "row %zu, portion %zu: %s", i, n, d.portions[n].mark_text);
    }
}

static void several(void)
{
    AUTO(draft_clear) struct draft d = { 0 };
    struct fail f = { 0 };
    AUTO(str_freep) char *one = world_file(dir, "one.md", "---\ntitle: Of one\n---\n(TLP:GREEN) a\n");
    AUTO(str_freep) char *two = world_file(dir, "two.md", "(TLP:RED) b\n\n(TLP:GREEN) c\n");
    const char *files[] = { one, two, one };
    struct draft_from from = { files, 2, NULL, NULL, "alder.example" };
    ok(draft_read(&from, &d, &f) == OK && d.count == 4 && d.portions[3].n == 3, "two sources: %s", f.what);
    ok(d.count && strcmp(d.title, "Of one") == 0 && marked(&d.portions[0].mark, "TLP:RED"),
       "an unmarked title takes the banner of all of them");
    from.count = 3;
    struct draft none = { 0 };
    ok(draft_read(&from, &none, &f) == E_INVALID && strstr(f.what, "second title"), "two titles: %s", f.what);
    AUTO(str_freep) char *gone = str_format("%s/gone.md", dir);
    files[0] = gone;
    fail_clear(&f);
    ok(draft_read(&from, &none, &f) == E_IO, "no file: %s", f.what);
}

/* The package, read again by whoever has the node's key ------------------------------------------------------- */

/* One sealed portion: its digest, its text under the KAS key, its commitment. */
static bool opens(const struct org *o, const struct package *package, const struct draft_portion *p,
                  const json_t *row)
{
    AUTO(tdf_container_freep) struct tdf_container *c = NULL;
    AUTO(buf_freep) struct buf *text = buf_new(100000);
    AUTO(buf_freep) struct buf *metadata = buf_new(1000);
    AUTO(json_freep) json_t *m = NULL;
    AUTO(tdf_policy_clear) struct tdf_policy policy = { 0 };
    const struct package_portion *in = package_find(package, p->id);
    uint8_t key[TDF_KEY_LEN], digest[HASH_LEN], commitment[HASH_LEN], salt[HASH_LEN], said[2][HASH_LEN];
    uint64_t size;
    struct window window = in->bytes;
    struct source source = source_window(&window);
    struct buf_sink to;
    struct sink sink = sink_buf(&to, text);
    const struct key *mine = o->kas_key;
    if (tdf_container_read(&source, TDF_MANIFEST_OWN, &c, NULL) != OK ||
        tdf_data_key(c->manifest, &mine, 1, key, NULL) != OK)
        return false;
    struct source payload = source_window(&c->payload);
    if (tdf_open(c->manifest, key, &payload, &sink, NULL) != OK ||
        tdf_open_metadata(&c->manifest->kaos[0], key, metadata, NULL) != OK ||
        json_read(bytes_of(metadata), 1000, "metadata", &m, NULL) != OK ||
        tdf_policy_read(c->manifest->policy, &policy, NULL) != OK)
        return false;
    hash_sha256(bytes_of(c->manifest_text), digest);
    const char *names[] = { "digest", "commitment" };
    for (size_t i = 0; i < 2; i++)
        if (!b64_read_exact(B64_URL, bytes_str(json_string_value(json_object_get(row, names[i]))), said[i],
                            HASH_LEN))
            return false;
    if (!b64_read_exact(B64_URL, bytes_str(json_string_value(json_object_get(m, "salt"))), salt, HASH_LEN))
        return false;
    portion_commit(salt, p->text, commitment);
    if (text->len != portion_padded(p->text.len) ||
        portion_metadata_read(bytes_of(metadata), salt, &size, NULL) != OK || size != p->text.len ||
        !portion_blank(BYTES(text->data + size, text->len - size)))
        return false;
    text->len = size;
    return bytes_equal(bytes_of(text), p->text) && memcmp(digest, said[0], HASH_LEN) == 0 &&
           memcmp(commitment, said[1], HASH_LEN) == 0 && strcmp(policy.uuid, p->id) == 0 &&
           policy.attribute_count == 0 && policy.dissem_count == 0 &&
           strcmp(c->manifest->kaos[0].url, "https://alder.example:7700/kas") == 0;
}

static void packed(const struct org *alder, const struct profile *amy)
{
    AUTO(draft_clear) struct draft d = { 0 };
    AUTO(json_freep) json_t *to = json_pack("[s]", "birch.example");
    AUTO(buf_freep) struct buf *bytes = buf_new((size_t)1 << 20);
    AUTO(package_freep) struct package *package = NULL;
    AUTO(act_freep) struct act *act = NULL;
    struct fail f = { 0 };
    char report[UUID_TEXT];
    AUTO(str_freep) char *path = world_file(dir, "source.md", SOURCE);
    const char *files[] = { path };
    struct draft_from from = { files, 1, NULL, NULL, "alder.example" };
    struct share_to whom = { .to = to, .hold = true };
    world_must(draft_read(&from, &d, &f), &f);
    ok(share_pack(amy, &d, &whom, report, bytes, &f) == OK, "packed: %s", f.what);
    struct bytes view = bytes_of(bytes);
    struct source in = source_bytes(&view);
    ok(package_read(&in, &package, &f) == OK && package_count(package) == 4, "a package of four: %s", f.what);
    ok(act_read(package_report(package), JOSE_MAX_LARGE, &act, &f) == OK &&
           strcmp(act->report, report) == 0 && act_verify(act, amy->key, &f) == OK &&
           strcmp(act->kind, "share") == 0,
       "under the author's act: %s", f.what);
    const json_t *list = json_object_get(act->body, "portions");
    ok(json_array_size(list) == 4 && json_is_true(json_object_get(act->body, "hold")) &&
           json_equal(json_object_get(act->body, "to"), to) && json_array_size(act->portions) == 4,
       "which says to whom, and lists the portions");
    for (size_t i = 0; i < 4; i++) {
        const json_t *row = json_array_get(list, i);
        bool clear = d.portions[i].clear;
        ok(strcmp(json_string_value(json_object_get(row, "mark")), d.portions[i].mark_text) == 0 &&
               (clear || opens(alder, package, &d.portions[i], row)) &&
               (json_object_get(row, "commitment") != NULL) == !clear &&
               package_find(package, d.portions[i].id)->kind == (clear ? PACKAGE_CLEAR : PACKAGE_SEALED),
           "portion %zu: sealed to the node's key, as it was written", i);
    }
    bool seen = false;
    for (size_t i = 0; i + 7 <= bytes->len; i++)
        seen = seen || memcmp(bytes->data + i, "A title", 7) == 0;
    ok(!seen, "the title is nowhere to be read in it");
}

int main(void)
{
    struct fail f = { 0 };
    struct org alder;
    dir = world_folder();
    world_must(crypto_start(&f), &f);
    org_make(&alder, "alder.example", "https://alder.example:7700", pin);
    AUTO(profile_freep) struct profile *amy = world_profile(dir, "amy@alder.example", &alder);
    drafts();
    several();
    packed(&alder, amy);
    org_clear(&alder);
    world_remove(dir);
    return tap_done();
}
