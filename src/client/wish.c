/* SPDX-License-Identifier: Apache-2.0 */
#include "client/wish.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/name.h"
#include "crypto/hash.h"

#define WISH_MAX     16384
#define WISHES_MAX   1024
#define WISH_SUFFIX  ".json"
#define WISH_VERSION 1

static char *path_of(const struct profile *p, const char *id)
{
    return str_format("%s/drafts/%s" WISH_SUFFIX, p->dir, id);
}

enum err wish_keep(const struct profile *p, json_t *draft, struct fail *f)
{
    char id[UUID_TEXT];
    random_uuid(id);
    AUTO(str_freep) char *folder = str_format("%s/drafts", p->dir);
    AUTO(str_freep) char *path = path_of(p, id);
    json_set_u64(draft, "v", WISH_VERSION);
    json_set_str(draft, "draft", id);
    AUTO(str_freep) char *text = json_text(draft);
    TRY(file_mkdirs(folder, 0700, f));
    return file_write(path, bytes_str(text), 0600, f);
}

static enum err load(const struct profile *p, const char *id, json_t **out, struct fail *f)
{
    AUTO(str_freep) char *path = path_of(p, id);
    AUTO(buf_freep) struct buf *text = buf_new(WISH_MAX);
    AUTO(json_freep) json_t *draft = NULL;
    TRY(file_read(path, text, f));
    TRY(json_read(bytes_of(text), WISH_MAX, path, &draft, f));
    const char *named = json_string_value(json_object_get(draft, "draft"));
    if (json_integer_value(json_object_get(draft, "v")) != WISH_VERSION || !named || strcmp(named, id) != 0)
        return fail_set(f, E_INVALID, "%s is no draft of a request", path);
    *out = json_incref(draft);
    return OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The ids in the folder, in order. */
static size_t ids_of(const struct profile *p, char *ids[static WISHES_MAX])
{
    AUTO(str_freep) char *folder = str_format("%s/drafts", p->dir);
    size_t count = 0, len = UUID_TEXT - 1;
    DIR *dir = opendir(folder);
    for (struct dirent *d; dir && count < WISHES_MAX && (d = readdir(dir));) {
        if (strlen(d->d_name) != len + strlen(WISH_SUFFIX) || strcmp(d->d_name + len, WISH_SUFFIX) != 0)
            continue;
        char *id = mem_dup(d->d_name, len);
        if (name_is_uuid(id))
            ids[count++] = id;
        else
            free(id);
    }
    if (dir)
        closedir(dir);
    qsort(ids, count, sizeof *ids, by_name);
    return count;
}

enum err wish_list(const struct profile *p, json_t **out, struct fail *f)
{
    char *ids[WISHES_MAX];
    size_t count = ids_of(p, ids);
    AUTO(json_freep) json_t *list = json_array();
    enum err e = OK;
    for (size_t i = 0; i < count; i++) {
        json_t *draft = NULL;
        if (e == OK && (e = load(p, ids[i], &draft, f)) == OK)
            json_array_append_new(list, draft);
        free(ids[i]);
    }
    if (e == OK)
        *out = json_incref(list);
    return e;
}

enum err wish_find(const struct profile *p, const char *text, json_t **out, struct fail *f)
{
    char *ids[WISHES_MAX], found[UUID_TEXT] = "";
    size_t count = ids_of(p, ids), fit = 0;
    for (size_t i = 0; i < count; i++) {
        if (short_matches(text, ids[i])) {
            memcpy(found, ids[i], UUID_TEXT);
            fit++;
        }
        free(ids[i]);
    }
    if (fit == 0)
        return fail_why(f, REASON_NOT_YOURS, "no draft %.40s is kept here: orcon request --drafts", text);
    if (fit > 1)
        return fail_set(f, E_CONFLICT, "draft %.40s could be any of %zu: write more of it", text, fit);
    return load(p, found, out, f);
}

enum err wish_drop(const struct profile *p, const json_t *draft, struct fail *f)
{
    AUTO(str_freep) char *path = path_of(p, json_string_value(json_object_get(draft, "draft")));
    if (unlink(path) != 0 && errno != ENOENT)
        return fail_set(f, E_IO, "cannot delete %s: %s", path, strerror(errno));
    return OK;
}
