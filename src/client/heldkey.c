/* SPDX-License-Identifier: Apache-2.0 */
#include "client/heldkey.h"

#include <dirent.h>
#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "tdf/manifest.h"

#define KEPT_MAX   ((size_t)16 << 10)
#define SEALED_MAX 512
#define PEM_MAX    4096

bool heldkey_may(const char *token)
{
    AUTO(jose_freep) struct jose *jose = NULL;
    if (!token || jose_read(bytes_str(token), JOSE_MAX_SMALL, "access token", &jose, NULL) != OK)
        return false;
    return statement_names(json_object_get(jose->payload, "roles"), "authority");
}

static char *name_of(const char *portion)
{
    return str_format("%s" HELDKEY_SUFFIX, portion);
}

/* Keeping --------------------------------------------------------------------------------------------------- */

static enum err seal_key(const struct profile *profile, const uint8_t key[static TDF_KEY_LEN], json_t *v,
                         struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(SEALED_MAX);
    AUTO(buf_freep) struct buf *pem = buf_new(PEM_MAX);
    AUTO(buf_freep) struct buf *text = buf_new(b64_len(B64_URL, SEALED_MAX));
    TRY(wrap_ec(profile->key, BYTES(key, TDF_KEY_LEN), sealed, pem, f));
    b64_put(text, B64_URL, bytes_of(sealed));
    json_set_str(v, "key", buf_text(text));
    json_set_str(v, "ephemeral", buf_text(pem));
    return OK;
}

enum err heldkey_keep(const struct profile *profile, const struct heldkey *about,
                      const struct held_portion *p, const uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    AUTO(json_freep) json_t *v = json_object();
    AUTO(str_freep) char *name = name_of(p->id);
    char digest[44], until[TIME_TEXT_SIZE] = "";
    statement_digest_text(p->digest, digest);
    if (about->until_ms)
        time_print(about->until_ms, until);
    json_set_str(v, "report", about->report);
    json_set_str(v, "originator", about->originator);
    json_set_str(v, "portion", p->id);
    json_set_str(v, "copy", digest); /* of its manifest */
    json_set_str(v, "until", until);
    TRY(seal_key(profile, key, v, f));
    AUTO(str_freep) char *text = json_text(v);
    return profile_keep(profile, name, bytes_str(text), f);
}

void heldkey_drop(const struct profile *profile, const char *portion)
{
    AUTO(str_freep) char *name = name_of(portion);
    profile_forget(profile, name);
}

bool heldkey_has(const struct profile *profile, const char *portion)
{
    AUTO(str_freep) char *name = name_of(portion);
    return profile_has(profile, name);
}

/* Using ------------------------------------------------------------------------------------------------------ */

static enum err read_kept(const struct profile *profile, const char *name, json_t **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(KEPT_MAX);
    TRY(profile_kept(profile, name, text, f));
    return json_read(bytes_of(text), KEPT_MAX, name, out, f);
}

static bool has_ended(const json_t *v, uint64_t now_ms)
{
    const char *until = json_string_value(json_object_get(v, "until"));
    uint64_t until_ms;
    return until && *until && time_read(until, &until_ms) && until_ms <= now_ms;
}

static enum err unseal(const struct profile *profile, const json_t *v, uint8_t key[static TDF_KEY_LEN],
                       struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(SEALED_MAX);
    AUTO(buf_freep) struct buf *plain = buf_new_secret(64);
    const char *text, *pem;
    TRY(json_need_str(v, "key", "held key", &text, f));
    TRY(json_need_str(v, "ephemeral", "held key", &pem, f));
    TRY(b64_read(B64_URL, bytes_str(text), sealed, "held key", f));
    TRY(unwrap_ec(profile->key, bytes_str(pem), bytes_of(sealed), plain, f));
    if (plain->len != TDF_KEY_LEN)
        return fail_set(f, E_UNVERIFIED, "the held key is not of 32 bytes");
    memcpy(key, plain->data, TDF_KEY_LEN);
    return OK;
}

enum err heldkey_open(const struct profile *profile, const struct held_portion *p, uint64_t now_ms,
                      uint8_t key[static TDF_KEY_LEN], struct fail *f)
{
    AUTO(json_freep) json_t *v = NULL;
    AUTO(str_freep) char *name = name_of(p->id);
    struct fail why = { 0 };
    char digest[44];
    statement_digest_text(p->digest, digest);
    enum err e = read_kept(profile, name, &v, &why);
    if (e != OK && e != E_NOT_FOUND)
        return fail_pass(f, &why);
    const char *copy = json_string_value(json_object_get(v, "copy"));
    if (e != OK || !copy || strcmp(copy, digest) != 0 || has_ended(v, now_ms))
        return fail_why(f, REASON_NO_HELD_KEY,
                        "no key of portion %u is held here: an authority's is, from when he opens it until "
                        "its release ends or is recalled",
                        p->n);
    return unseal(profile, v, key, f);
}

/* Letting go ---------------------------------------------------------------------------------------------------- */

/* The portions whose keys are held, by report. */
static json_t *list_kept(const struct profile *profile)
{
    AUTO(str_freep) char *path = str_format("%s/held", profile->dir);
    json_t *reports = json_object();
    DIR *dir = opendir(path);
    for (struct dirent *d; dir && (d = readdir(dir));) {
        AUTO(json_freep) json_t *v = NULL;
        size_t len = strlen(d->d_name), suffix = strlen(HELDKEY_SUFFIX);
        if (len <= suffix || strcmp(d->d_name + len - suffix, HELDKEY_SUFFIX) != 0)
            continue;
        const char *report = NULL;
        if (read_kept(profile, d->d_name, &v, NULL) == OK)
            report = json_string_value(json_object_get(v, "report"));
        AUTO(str_freep) char *portion = mem_dup(d->d_name, len - suffix);
        if (!report || !name_is_uuid(report) || has_ended(v, time_now_ms())) {
            profile_forget(profile, d->d_name);
            continue;
        }
        if (!json_object_get(reports, report))
            json_set_take(reports, report, json_array());
        json_array_append_new(json_object_get(reports, report), json_string(portion));
    }
    if (dir)
        closedir(dir);
    return reports;
}

/* It is there, and stands. */
static bool stands(const json_t *view, const char *portion)
{
    const json_t *rows = json_object_get(view, "portions");
    for (size_t i = 0; i <= json_array_size(rows); i++) {
        const json_t *row = i == 0 ? json_object_get(view, "title") : json_array_get(rows, i - 1);
        const char *id = json_string_value(json_object_get(row, "id"));
        const char *recalled = json_string_value(json_object_get(row, "recalled"));
        if (id && strcmp(id, portion) == 0)
            return !recalled || !*recalled;
    }
    return false;
}

static bool is_out(const struct fail *f)
{
    return f->reason == REASON_SUSPENDED_PERSON || f->reason == REASON_SUSPENDED_DEVICE;
}

static void sweep_report(struct session *s, const char *report, const json_t *portions)
{
    AUTO(json_freep) json_t *view = NULL;
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", report);
    struct fail why = { 0 };
    enum err e = session_get(s, path, &view, &why);
    if (e != OK && e != E_NOT_FOUND && !is_out(&why))
        return;
    for (size_t i = 0; i < json_array_size(portions); i++) {
        const char *portion = json_string_value(json_array_get(portions, i));
        if (e != OK || !stands(view, portion))
            heldkey_drop(session_profile(s), portion);
    }
}

void heldkey_sweep(struct session *s)
{
    AUTO(json_freep) json_t *reports = list_kept(session_profile(s));
    const char *report;
    json_t *portions;
    json_object_foreach (reports, report, portions)
        sweep_report(s, report, portions);
}
