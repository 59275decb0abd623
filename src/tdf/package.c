/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name.h"
#include "tdf/zip.h"

#define REPORT   "report.json"
#define FOLDER   "portions/"
#define UUID_LEN (UUID_TEXT - 1)

static const char *const endings[] = { [PACKAGE_SEALED] = ".tdf", [PACKAGE_CLEAR] = ".md" };

struct package {
    struct zip *zip;
    struct buf *report;
    struct package_portion *portions;
    size_t count;
};

struct package_writer {
    struct zip_writer *zip;
    char (*uuids)[UUID_TEXT];
    size_t count;
    uint64_t size;
};

/* `portions/<uuid>.tdf` or `.md`, to the letter. */
static bool portion_name(const char *name, char uuid[static UUID_TEXT], enum package_kind *kind)
{
    size_t folder = strlen(FOLDER);
    if (strncmp(name, FOLDER, folder) != 0 || strlen(name) < folder + UUID_LEN)
        return false;
    memcpy(uuid, name + folder, UUID_LEN);
    uuid[UUID_LEN] = '\0';
    if (!name_is_uuid(uuid))
        return false;
    for (size_t i = 0; i < COUNT(endings); i++) {
        if (strcmp(name + folder + UUID_LEN, endings[i]) == 0) {
            *kind = (enum package_kind)i;
            return true;
        }
    }
    return false;
}

static bool name_ok(const char *name)
{
    char uuid[UUID_TEXT];
    enum package_kind kind;
    return strcmp(name, REPORT) == 0 || portion_name(name, uuid, &kind);
}

static int by_uuid(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A uuid as .tdf and as .md would be two portions of one id. */
static enum err check_uuids(const struct package *p, struct fail *f)
{
    AUTO(mem_freep) const char **sorted = mem_array(p->count + 1, sizeof *sorted);
    for (size_t i = 0; i < p->count; i++)
        sorted[i] = p->portions[i].uuid;
    qsort(sorted, p->count, sizeof *sorted, by_uuid);
    for (size_t i = 1; i < p->count; i++)
        if (strcmp(sorted[i], sorted[i - 1]) == 0)
            return fail_set(f, E_UNVERIFIED, "package holds portion %s twice", sorted[i]);
    return OK;
}

static enum err read_entries(struct package *p, struct fail *f)
{
    const struct zip_entry *first = zip_at(p->zip, 0);
    if (strcmp(first->name, REPORT) != 0)
        return fail_set(f, E_UNVERIFIED, "package does not begin with '%s' but with '%s'", REPORT,
                        first->name);
    p->report = buf_new(PACKAGE_REPORT_MAX);
    TRY(zip_get(p->zip, first, PACKAGE_REPORT_MAX, p->report, f));
    p->portions = mem_array(zip_count(p->zip), sizeof *p->portions);
    for (size_t i = 1; i < zip_count(p->zip); i++) {
        const struct zip_entry *e = zip_at(p->zip, i);
        struct package_portion *portion = &p->portions[p->count++];
        if (!portion_name(e->name, portion->uuid, &portion->kind))
            BUG("package entry with an unchecked name");
        if (portion->kind == PACKAGE_CLEAR && e->size > PACKAGE_TEXT_MAX)
            return fail_set(f, E_UNVERIFIED, "package: '%s' is larger than %zu bytes", e->name,
                            PACKAGE_TEXT_MAX);
        zip_window(p->zip, e, &portion->bytes);
    }
    return check_uuids(p, f);
}

enum err package_read(const struct source *in, struct package **out, struct fail *f)
{
    static const struct zip_rules rules = { .max_entries = PACKAGE_ENTRIES_MAX,
                                            .max_total = PACKAGE_SIZE_MAX,
                                            .name_ok = name_ok };
    AUTO(package_freep) struct package *p = mem_new(sizeof *p);
    TRY(zip_read(in, &rules, &p->zip, f));
    TRY(read_entries(p, f));
    *out = p;
    p = NULL;
    return OK;
}

void package_free(struct package *p)
{
    if (!p)
        return;
    zip_free(p->zip);
    buf_free(p->report);
    free(p->portions);
    free(p);
}

void package_freep(struct package **p)
{
    package_free(*p);
    *p = NULL;
}

struct bytes package_report(const struct package *p)
{
    return bytes_of(p->report);
}

size_t package_count(const struct package *p)
{
    return p->count;
}

const struct package_portion *package_at(const struct package *p, size_t index)
{
    return index < p->count ? &p->portions[index] : NULL;
}

const struct package_portion *package_find(const struct package *p, const char *uuid)
{
    for (size_t i = 0; i < p->count; i++)
        if (strcmp(p->portions[i].uuid, uuid) == 0)
            return &p->portions[i];
    return NULL;
}

static enum err check_room(struct package_writer *w, uint64_t size, uint64_t max, const char *what,
                           struct fail *f)
{
    if (size > max || size > PACKAGE_SIZE_MAX - w->size)
        return fail_set(f, E_TOO_LARGE, "package: %s is too large", what);
    if (w->count >= PACKAGE_ENTRIES_MAX)
        return fail_set(f, E_TOO_LARGE, "package has more than %d entries", PACKAGE_ENTRIES_MAX);
    w->size += size;
    return OK;
}

enum err package_begin(const struct sink *out, struct bytes report, struct package_writer **w_out,
                       struct fail *f)
{
    AUTO(package_writer_freep) struct package_writer *w = mem_new(sizeof *w);
    w->zip = zip_writer_new(out);
    w->uuids = mem_array(PACKAGE_ENTRIES_MAX, sizeof *w->uuids);
    TRY(check_room(w, report.len, PACKAGE_REPORT_MAX, REPORT, f));
    TRY(zip_write_bytes(w->zip, REPORT, report, f));
    w->count++; /* uuids[0] stays empty: the report itself */
    *w_out = w;
    w = NULL;
    return OK;
}

enum err package_add(struct package_writer *w, const char *uuid, enum package_kind kind,
                     const struct source *in, struct fail *f)
{
    char name[ZIP_NAME_MAX];
    if (!name_is_uuid(uuid))
        return fail_set(f, E_INVALID, "package: '%.64s' is no portion id", uuid);
    for (size_t i = 1; i < w->count; i++)
        if (strcmp(w->uuids[i], uuid) == 0)
            return fail_set(f, E_INVALID, "package: portion %s is given twice", uuid);
    TRY(check_room(w, in->size, kind == PACKAGE_CLEAR ? PACKAGE_TEXT_MAX : PACKAGE_SIZE_MAX, uuid, f));
    snprintf(name, sizeof name, FOLDER "%s%s", uuid, endings[kind]);
    TRY(zip_write_source(w->zip, name, in, f));
    memcpy(w->uuids[w->count++], uuid, UUID_TEXT);
    return OK;
}

enum err package_end(struct package_writer *w, struct fail *f)
{
    return zip_write_finish(w->zip, f);
}

void package_writer_freep(struct package_writer **w)
{
    if (!*w)
        return;
    zip_writer_freep(&(*w)->zip);
    free((*w)->uuids);
    free(*w);
    *w = NULL;
}
