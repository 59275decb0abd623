/* SPDX-License-Identifier: Apache-2.0
 * export, import: a package out into a file, and one that came by hand in. */
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"
#include "client/held.h"

/* Out ------------------------------------------------------------------------------------------------------- */

struct exporting {
    struct cli *c;
    struct mine mine;
    json_t *view, *shares; /* shares: see shares_of */
    const char *file;
    uint64_t size; /* of the first file */
    json_t *files; /* [{file, size, portions[] (n)}] */
};

static void exporting_clear(struct exporting *e)
{
    json_decref(e->view);
    json_decref(e->shares);
    json_decref(e->files);
    mine_end(&e->mine);
}

/* The row of ${share} in ${shares}, made if it is not there. */
static json_t *row_of(json_t *shares, const char *share)
{
    size_t i;
    json_t *row;
    json_array_foreach (shares, i, row)
        if (strcmp(home_str(row, "share"), share) == 0)
            return row;
    row = json_object();
    json_array_append_new(shares, row);
    json_set_str(row, "share", share);
    json_set_take(row, "portions", json_array());
    return row;
}

static void note_portion(json_t *shares, const json_t *portion)
{
    const char *share = home_str(portion, "share");
    if (json_is_object(portion))
        json_array_append(json_object_get(row_of(shares, share), "portions"), json_object_get(portion, "n"));
}

/* What the organisation holds of it, share by share: a share is a package that its originator signed, and stays
 * one. First the one with the first portion. ${share} is "" where the node names none: there is but one. */
static json_t *shares_of(const json_t *view)
{
    size_t i;
    const json_t *portion;
    json_t *shares = json_array();
    note_portion(shares, json_object_get(view, "title"));
    json_array_foreach (json_object_get(view, "portions"), i, portion)
        note_portion(shares, portion);
    if (json_array_size(shares) == 0)
        row_of(shares, "");
    return shares;
}

static enum err fetch(struct exporting *e, const char *share, struct net_answer *got, struct fail *f)
{
    AUTO(str_freep)
    char *path =
        str_format("/v1/reports/%s/package%s%s", home_str(e->view, "report"), *share ? "?share=" : "", share);
    struct session_request r = {
        .method = "GET", .path = path, .max_answer = SESSION_PACKAGE_MAX, .timeout_ms = SESSION_PACKAGE_MS
    };
    return session_call(e->mine.session, &r, got, f);
}

/* FILE, FILE.2, FILE.3, ... */
static enum err write_share(struct exporting *e, size_t i, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    AUTO(str_freep) char *file = i ? str_format("%s.%zu", e->file, i + 1) : str_dup(e->file);
    const json_t *row = json_array_get(e->shares, i);
    TRY(fetch(e, home_str(row, "share"), &got, f));
    TRY(mine_write(file, bytes_of(got.body), f));
    json_t *written = json_object();
    json_set_str(written, "file", file);
    json_set_u64(written, "size", got.body->len);
    json_set_take(written, "portions", mine_copy(row, "portions"));
    json_array_append_new(e->files, written);
    if (i == 0)
        e->size = got.body->len;
    return OK;
}

static void say_written(const struct exporting *e)
{
    size_t i;
    const json_t *written;
    print_say("%s is in %s, %llu bytes, still sealed: only those whom %s released it to can open it.",
              home_str(e->view, "short"), e->file, (unsigned long long)e->size,
              home_str(e->view, "originator"));
    if (json_array_size(e->files) > 1)
        print_say("It came in %zu packages, each signed: %zu files. At the other end import each of them.",
                  json_array_size(e->files), json_array_size(e->files));
    json_array_foreach (e->files, i, written)
        cli_print(stdout, "At the other end: orcon import %s\n", home_str(written, "file"));
}

static enum err write_all(struct exporting *e, struct fail *f)
{
    size_t count = json_array_size(e->shares);
    bool out = strcmp(e->file, "-") == 0;
    if (out && count > 1)
        return fail_set(
            f, E_USAGE,
            "it came in %zu packages, which -o - can't take: name a FILE; the others become FILE.2 and "
            "so on",
            count);
    e->files = json_array();
    for (size_t i = 0; i < count; i++)
        TRY(write_share(e, i, f));
    if (out)
        return OK;
    if (!e->c->json) {
        say_written(e);
        return OK;
    }
    json_t *answer = json_object();
    json_set_take(answer, "report", mine_copy(e->view, "report"));
    json_set_str(answer, "file", e->file);
    json_set_u64(answer, "size", e->size);
    json_set_take(answer, "files", json_incref(e->files));
    cli_json(answer);
    return OK;
}

enum err verb_export(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(exporting_clear) struct exporting e = { .c = c };
    const struct cli_option options[] = { { "output", 'o', &e.file, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT", f));
    TRY(choice_id(argv[0], "report", f));
    if (!e.file)
        return fail_set(f, E_USAGE, "-o FILE says where to");
    TRY(cli_output(c, "-o", e.file, f));
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", argv[0]);
    TRY(mine_begin(c, &e.mine, f));
    TRY(session_get(e.mine.session, path, &e.view, f));
    e.shares = shares_of(e.view);
    return write_all(&e, f);
}

/* In -------------------------------------------------------------------------------------------------------- */

/* What is no package, or can't be read to its end, is told before the node hears of it. */
static enum err read_package(const char *path, struct held **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(SESSION_PACKAGE_MAX);
    struct fail why = { 0 };
    enum err e = file_read(path, bytes, &why);
    if (e == E_TOO_LARGE)
        return fail_set(f, E_UNVERIFIED, "%s: larger than any package", path);
    if (e != OK)
        return fail_set(f, E_UNVERIFIED, "%s", why.what);
    e = held_read(&bytes, out, f);
    if (e != OK)
        fail_context(f, "%s", path);
    return e;
}

/* The node knows the originator, or it doesn't; what it finds wrong with the package's form is the file's
 * fault. */
static enum err post(struct mine *m, const struct held *h, bool *already, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    struct fail why = { 0 };
    struct session_request r = { .method = "POST",
                                 .path = "/v1/packages",
                                 .type = "application/zip",
                                 .body = h->view,
                                 .timeout_ms = SESSION_PACKAGE_MS };
    enum err e = session_call(m->session, &r, &got, &why);
    *already = why.reason == REASON_ALREADY_HELD;
    if (e == OK || *already)
        return OK;
    if (e == E_INVALID)
        why.code = E_UNVERIFIED;
    return fail_pass(f, &why);
}

/* Whom a stray was made for; NULL if it is for this organisation, or of it. */
static const char *made_for_other(const struct mine *m, const struct statement *share)
{
    const char *home = m->profile->card->domain;
    if (strcmp(share->iss, home) == 0 || statement_is_for(share, home))
        return NULL;
    const char *other = json_string_value(json_array_get(share->aud, 0));
    return other ? other : "nobody";
}

static void say(struct mine *m, const struct held *h, bool already)
{
    char brief[25];
    const char *report = h->share->report, *from = h->share->iss, *other = made_for_other(m, h->share);
    mine_short(m, "reports", report, brief);
    if (other)
        cli_print(stderr, "orcon import: warning: made for %s: whoever opens it here is seen by %s\n", other,
                  from);
    cli_print(stdout, "%s from %s is %s.\nNext: orcon open %s\n", brief, from,
              already ? "held already" : "held", brief);
}

enum err verb_import(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(held_freep) struct held *h = NULL;
    bool already = false;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "FILE", f));
    TRY(mine_begin(c, &m, f));
    TRY(read_package(argv[0], &h, f));
    TRY(post(&m, h, &already, f));
    if (!c->json) {
        say(&m, h, already);
        return OK;
    }
    const char *other = made_for_other(&m, h->share);
    json_t *out = json_object();
    json_set_str(out, "report", h->share->report);
    json_set_str(out, "originator", h->share->iss);
    json_set_bool(out, "stray", other != NULL);
    if (other)
        json_set_str(out, "made_for", other);
    json_set_bool(out, "already", already);
    cli_json(out);
    return OK;
}
