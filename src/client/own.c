/* SPDX-License-Identifier: Apache-2.0 */
#include "client/own.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "ledger/entry.h"
#include "ledger/evidence.h"
#include "ledger/presence.h"

#define KEPT_MAX ((size_t)2 << 20) /* a request for many portions, and a part */

static bool is_kept(const char *name)
{
    size_t len = strlen(name), suffix = strlen(OWN_SUFFIX);
    return len > suffix && strcmp(name + len - suffix, OWN_SUFFIX) == 0;
}

static enum err read_kept(const struct profile *p, const char *name, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(KEPT_MAX);
    TRY(profile_kept(p, name, text, f));
    return json_read(bytes_of(text), KEPT_MAX, name, out, f);
}

enum err own_presence(const struct profile *p, const char *portion, struct buf *out, struct fail *f)
{
    AUTO(str_freep) char *name = str_format("%s" OWN_SUFFIX, portion);
    AUTO(json_freep) json_t *v = NULL;
    const char *text;
    TRY(read_kept(p, name, &v, f));
    TRY(json_need_str(v, "presence", name, &text, f));
    buf_put_str(out, text);
    return buf_check(out, name, f);
}

static bool is_about(const json_t *v, const char *report, uint32_t n)
{
    const char *id = json_string_value(json_object_get(v, "report"));
    return id && name_is_uuid(id) && (strcmp(id, report) == 0 || short_matches(report, id)) &&
           json_integer_value(json_object_get(v, "n")) == (json_int_t)n;
}

/* The one about this portion; NULL if there is none. */
static json_t *find(const struct profile *p, const char *report, uint32_t n)
{
    AUTO(str_freep) char *path = str_format("%s/held", p->dir);
    json_t *found = NULL;
    DIR *dir = opendir(path);
    for (struct dirent *d; !found && dir && (d = readdir(dir));) {
        json_t *v = NULL;
        if (!is_kept(d->d_name) || read_kept(p, d->d_name, &v, NULL) != OK)
            continue;
        if (is_about(v, report, n))
            found = v;
        else
            json_decref(v);
    }
    if (dir)
        closedir(dir);
    return found;
}

static const struct opening *opened(const struct presence *p, enum field field)
{
    for (size_t i = 0; i < p->field_count; i++)
        if (p->field[i].field == field)
            return &p->field[i];
    return NULL;
}

/* Time and place of the entry, as the part has them; verifying is for whoever reads the file. */
static enum err place_of(const struct presence *p, struct evidence *e, struct fail *f)
{
    const struct opening *time = opened(p, FIELD_TIME);
    char origin[ORIGIN_SIZE], domain[DOMAIN_MAX + 1];
    uint32_t generation;
    struct reader r = reader_of(time ? time->value : BYTES("", 0));
    snprintf(origin, sizeof origin, "%.*s",
             (int)(p->place.checkpoint.len < sizeof origin ? p->place.checkpoint.len : sizeof origin - 1),
             (const char *)p->place.checkpoint.data);
    origin[strcspn(origin, "\n")] = '\0';
    if (!get_u64(&r, &e->time_ms) || !origin_read(origin, domain, &generation))
        return fail_set(f, E_INVALID, "what was kept of the key answer is damaged");
    e->generation = generation;
    e->index = p->place.index;
    return OK;
}

/* The part with the reader's own lines, if the entry shows that it is about them. */
static enum err put_part(const struct profile *profile, const json_t *v, struct evidence *e, struct buf *out,
                         struct fail *f)
{
    AUTO(presence_freep) struct presence *p = NULL;
    AUTO(buf_freep) struct buf *jwk = buf_new(4096);
    const char *text, *srt, *token;
    TRY(json_need_str(v, "presence", "what was kept", &text, f));
    TRY(json_need_str(v, "srt", "what was kept", &srt, f));
    TRY(json_need_str(v, "token", "what was kept", &token, f));
    TRY(presence_read(bytes_str(text), &p, f));
    TRY(place_of(p, e, f));
    if (opened(p, FIELD_COPY) && opened(p, FIELD_READER)) {
        key_thumbprint_bytes(profile->key, jwk);
        p->jwk = bytes_of(jwk);
        p->srt = bytes_str(srt);
        p->token = bytes_str(token);
    }
    return presence_write(p, out, f);
}

static enum err copy_name(const json_t *v, const char *name, char *out, size_t size, struct fail *f)
{
    const char *text;
    TRY(json_need_str(v, name, "what was kept", &text, f));
    if (strlen(text) >= size)
        return fail_set(f, E_INVALID, "what was kept of the key answer is damaged");
    memcpy(out, text, strlen(text) + 1);
    return OK;
}

enum err own_evidence(const struct profile *p, const char *report, uint32_t n, struct own *out,
                      struct buf *evidence, struct fail *f)
{
    AUTO(json_freep) json_t *v = find(p, report, n);
    AUTO(evidence_freep) struct evidence *e = evidence_new();
    AUTO(buf_freep) struct buf *part = buf_new(PART_MAX);
    struct own own = { .n = n };
    uint8_t digest[HASH_LEN];
    if (!v)
        return fail_set(f, E_NOT_FOUND, "nothing is kept here of portion %u of %.40s", n, report);
    TRY(copy_name(v, "report", own.report, sizeof own.report, f));
    TRY(copy_name(v, "portion", own.portion, sizeof own.portion, f));
    TRY(copy_name(v, "originator", own.originator, sizeof own.originator, f));
    AUTO(str_freep) char *object = str_format("%s/%s", own.originator, own.portion);
    e->claim = EVIDENCE_YES;
    memcpy(e->ledger, own.originator, sizeof e->ledger);
    e->portion = bytes_str(object);
    e->subject = bytes_str(p->person);
    TRY(put_part(p, v, e, part, f));
    evidence_add_part(e, false, bytes_of(part));
    TRY(evidence_write(e, evidence, digest, f));
    evidence_put_end(evidence, digest);
    TRY(buf_check(evidence, "evidence", f));
    *out = own;
    return OK;
}
