/* SPDX-License-Identifier: Apache-2.0
 * verify: checks offline what somebody was handed, and says what the answer rests on. */
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/anchors.h"
#include "cli/print.h"
#include "cli/verbs.h"

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum err read_policy(const char *path, struct quorum **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new(QUORUM_TEXT_MAX + 1);
    TRY(file_read(path, text, f));
    enum err e = quorum_read(bytes_of(text), out, f);
    if (e != OK)
        fail_context(f, "%s", path);
    return e;
}

/* A file that can't be read to its end is none that verifies. */
static enum err check_file(struct verify *v, const char *path, struct fail *f)
{
    AUTO(buf_freep) struct buf *file = buf_new(VERIFY_FILE_MAX);
    struct fail why = { 0 };
    enum err e = file_read(path, file, &why);
    if (e == E_TOO_LARGE)
        return fail_set(f, E_UNVERIFIED, "%s is larger than anything that can be checked", path);
    if (e != OK) {
        fail_pass(f, &why);
        if (f)
            f->code = E_UNVERIFIED;
        return E_UNVERIFIED;
    }
    e = verify_bytes(v, bytes_of(file), &why);
    if (e == OK)
        return OK;
    fail_context(&why, "%s", path);
    return fail_pass(f, &why);
}

static enum err check(struct verify *v, const char *what, struct fail *f)
{
    AUTO(audit_url_clear) struct audit_url url = { 0 };
    struct trust t = known_trust(v->known);
    if (strncmp(what, "https://", 8) == 0) {
        TRY(audit_url_begin(&t, what, &url, f));
        struct audit_source s = audit_url_source(&url);
        return verify_ledger(v, &s, f);
    }
    if (!is_folder(what))
        return check_file(v, what, f);
    struct audit_source s = audit_folder(what);
    struct fail why = { 0 };
    enum err e = verify_ledger(v, &s, &why);
    /* a folder in which a part of the ledger is missing is as good as a file cut short */
    if (e == E_NOT_FOUND)
        return fail_set(f, E_UNVERIFIED, "%s", why.what);
    return e == OK ? OK : fail_pass(f, &why);
}

static void say(const struct verify *v)
{
    AUTO(str_freep) char *text = str_format("verified: %s", buf_text(v->text));
    for (char *rest = text, *line; (line = strsep(&rest, "\n"));) /* its fields are on lines of their own */
        print_wrapped(stdout, 0, 0, line);
    anchors_print(v->out);
}

/* The document also says what did not verify. */
static void say_json(const struct verify *v, const struct fail *why)
{
    json_t *out = v->out ? json_incref(v->out) : json_object();
    if (!v->out) {
        json_set_bool(out, "verified", false);
        json_set_str(out, "kind", "unknown");
        json_set_take(out, "anchors", json_array());
    }
    if (why->code != OK && !json_object_get(out, "why")) {
        json_t *text = json_string(why->what); /* none where an argument is not UTF-8 */
        json_set_take(out, "why", text ? text : json_string("it can't be read"));
    }
    cli_json(out);
}

enum err verb_verify(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(known_clear) struct known known = { 0 };
    AUTO(quorum_freep) struct quorum *policy = NULL;
    AUTO(verify_clear) struct verify v = { .known = &known };
    const char *policy_file = NULL, *cards = NULL;
    struct fail why = { 0 };
    const struct cli_option options[] = { { "policy", 0, &policy_file, NULL }, { "card", 0, &cards, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "FILE|URL", f));
    TRY(anchors_cards(c, cards, &known, f));
    if (policy_file)
        TRY(read_policy(policy_file, &policy, f));
    v.policy = policy;
    enum err e = check(&v, argv[0], &why);
    /* a card may be missing that this person's own node has: then it is asked, and nobody else */
    if (e == E_UNVERIFIED && !cards && anchors_refresh(c, &known)) {
        fail_clear(&why);
        e = check(&v, argv[0], &why);
    }
    if (c->json && (e == OK || e == E_UNVERIFIED))
        say_json(&v, &why);
    else if (e == OK)
        say(&v);
    return e == OK ? OK : fail_pass(f, &why);
}
