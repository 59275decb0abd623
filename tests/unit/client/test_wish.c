/* SPDX-License-Identifier: Apache-2.0 - drafts of requests: kept, found, damaged, dropped */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "client/wish.h"
#include "tap.h"

static struct profile amy;

static const char *id_of(const json_t *draft)
{
    return json_string_value(json_object_get(draft, "draft"));
}

static json_t *keep(const char *reason)
{
    struct fail f = { 0 };
    json_t *draft = json_pack("{s:s, s:s, s:s}", "report", "7k3q", "to", "cedar.example", "reason", reason);
    ok(wish_keep(&amy, draft, &f) == OK && name_is_uuid(id_of(draft)), "kept: %s", f.what);
    return draft;
}

static void found(void)
{
    AUTO(json_freep) json_t *first = keep("first");
    AUTO(json_freep) json_t *second = keep("second");
    AUTO(json_freep) json_t *got = NULL;
    AUTO(json_freep) json_t *all = NULL;
    AUTO(json_freep) json_t *none = NULL;
    AUTO(str_freep) char *path = str_format("%s/drafts/%s.json", amy.dir, id_of(first));
    AUTO(str_freep) char *folder = str_format("%s/drafts", amy.dir);
    struct fail f = { 0 };
    struct stat st = { 0 };
    char brief[25];
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600 && stat(folder, &st) == 0 &&
           (st.st_mode & 0777) == 0700,
       "a file of the asker's alone");
    short_print(id_of(first), 12, brief);
    ok(wish_find(&amy, brief, &got, &f) == OK && json_equal(got, first), "found by a short form: %s", f.what);
    ok(wish_list(&amy, &all, &f) == OK && json_array_size(all) == 2, "both are listed: %s", f.what);
    ok(wish_drop(&amy, second, &f) == OK && wish_find(&amy, id_of(second), &none, &f) == E_NOT_FOUND &&
           f.reason == REASON_NOT_YOURS,
       "dropped: %s", f.what);
    fail_clear(&f);
    ok(wish_drop(&amy, second, &f) == OK, "twice is no error: %s", f.what);
    ok(wish_drop(&amy, first, &f) == OK, "and the other: %s", f.what);
}

/* What is in the folder may be anything. */
static void damaged(void)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "nothing", "" },
        { "no JSON", "{" },
        { "another version", "{\"v\": 2, \"draft\": \"0b6a1f0c-5d3e-4c1b-9a70-2f1d7c3e8b11\"}" },
        { "another's id", "{\"v\": 1, \"draft\": \"1b6a1f0c-5d3e-4c1b-9a70-2f1d7c3e8b11\"}" },
        { "a list", "[]" },
    };
    AUTO(str_freep) char *path = str_format("%s/drafts/0b6a1f0c-5d3e-4c1b-9a70-2f1d7c3e8b11.json", amy.dir);
    AUTO(str_freep) char *other = str_format("%s/drafts/notes.txt", amy.dir);
    struct fail f = { 0 };
    ok(file_write(other, bytes_str("x"), 0600, &f) == OK, "a file of another kind: %s", f.what);
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *got = NULL;
        fail_clear(&f);
        ok(file_write(path, bytes_str(rows[i].text), 0600, &f) == OK &&
               wish_find(&amy, "0b6a1f0c-5d3e-4c1b-9a70-2f1d7c3e8b11", &got, &f) == E_INVALID,
           "%s: %s", rows[i].name, f.what);
    }
    AUTO(json_freep) json_t *none = NULL;
    fail_clear(&f);
    ok(wish_find(&amy, "zzzz", &none, &f) == E_NOT_FOUND, "no such draft: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-wish-XXXXXX";
    struct fail f = { 0 };
    AUTO(json_freep) json_t *all = NULL;
    if (!mkdtemp(dir))
        return 1;
    amy.dir = dir;
    ok(wish_list(&amy, &all, &f) == OK && json_array_size(all) == 0, "none yet: %s", f.what);
    found();
    damaged();
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
