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

static enum err fetch(struct mine *m, const char *report, struct net_answer *got, struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/reports/%s/package", report);
    struct session_request r = {
        .method = "GET", .path = path, .max_answer = SESSION_PACKAGE_MAX, .timeout_ms = SESSION_PACKAGE_MS
    };
    return session_call(m->session, &r, got, f);
}

enum err verb_export(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(json_freep) json_t *view = NULL;
    AUTO(net_answer_clear) struct net_answer got = { 0 };
    const char *file = NULL;
    const struct cli_option options[] = { { "output", 'o', &file, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT", f));
    TRY(choice_id(argv[0], "report", f));
    if (!file)
        return fail_set(f, E_USAGE, "-o FILE says where to");
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", argv[0]);
    TRY(mine_begin(c, &m, f));
    TRY(session_get(m.session, path, &view, f));
    TRY(fetch(&m, home_str(view, "report"), &got, f));
    TRY(mine_write(file, bytes_of(got.body), f));
    if (c->json && strcmp(file, "-") != 0) {
        json_t *out = json_object();
        json_set_take(out, "report", mine_copy(view, "report"));
        json_set_str(out, "file", file);
        json_set_u64(out, "size", got.body->len);
        cli_json(out);
    } else if (strcmp(file, "-") != 0) {
        print_say("%s is in %s, %zu bytes, still sealed: only those whom %s released it to can open it.",
                  home_str(view, "short"), file, got.body->len, home_str(view, "originator"));
        printf("At the other end: orcon import %s\n", file);
    }
    return OK;
}

/* What is no package, or not whole, is told before the node hears of it. */
static enum err read_package(const char *path, struct held **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *bytes = buf_new(SESSION_PACKAGE_MAX);
    enum err e = file_read(path, bytes, f);
    if (e == OK)
        e = held_read(&bytes, out, f);
    else if (e == E_TOO_LARGE) {
        fail_clear(f);
        e = fail_set(f, E_UNVERIFIED, "larger than any package");
    }
    if (e != OK && e != E_IO)
        fail_context(f, "%s", path);
    return e;
}

/* The node knows the originator, or it doesn't; what it finds wrong with the package's form is the file's
 * fault. */
static enum err post(struct mine *m, const struct held *h, json_t **answer, bool *already, struct fail *f)
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
    if (e == OK)
        return json_read(bytes_of(got.body), BUF_MAX_DEFAULT, "import answer", answer, f);
    if (*already)
        return OK;
    if (e == E_INVALID)
        why.code = E_UNVERIFIED;
    return fail_pass(f, &why);
}

static void say(struct mine *m, const struct held *h, const json_t *answer, bool already)
{
    char brief[25];
    const char *report = h->share->report, *from = h->share->iss;
    mine_short(m, "reports", report, brief);
    if (json_is_true(json_object_get(answer, "stray")))
        fprintf(stderr, "orcon import: warning: made for %s: whoever opens it here is seen by %s\n",
                home_str(answer, "made_for"), from);
    printf("%s from %s is %s.\nNext: orcon open %s\n", brief, from, already ? "held already" : "held", brief);
}

enum err verb_import(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(mine_end) struct mine m = { 0 };
    AUTO(held_freep) struct held *h = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    bool already = false;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "FILE", f));
    TRY(mine_begin(c, &m, f));
    TRY(read_package(argv[0], &h, f));
    TRY(post(&m, h, &answer, &already, f));
    if (!c->json) {
        say(&m, h, answer, already);
        return OK;
    }
    json_t *out = json_object();
    json_set_str(out, "report", h->share->report);
    json_set_str(out, "originator", h->share->iss);
    json_set_take(out, "stray", already ? json_null() : mine_copy(answer, "stray"));
    if (json_is_true(json_object_get(out, "stray")))
        json_set_take(out, "made_for", mine_copy(answer, "made_for"));
    json_set_bool(out, "already", already);
    cli_json(out);
    return OK;
}
