/* SPDX-License-Identifier: Apache-2.0
 * open: reads what this person may; what he may not have is shown as withheld, with the reason. */
#include <string.h>

#include "base/b64.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/heldkey.h"
#include "client/reading.h"

struct opening {
    struct cli *c;
    struct mine mine;
    struct choice choice;
    const char *file;
    struct reading r;
};

static void opening_clear(struct opening *o)
{
    reading_clear(&o->r);
    mine_end(&o->mine);
}

static bool shown(const struct opening *o, const struct held_portion *p)
{
    return p->n != 0 && reading_asked(&o->choice, p->n);
}

static const char *reason_word(const struct held_portion *p)
{
    return p->reason != REASON_NONE ? reason_code(p->reason) : err_row(p->err)->name;
}

/* For programs ---------------------------------------------------------------------------------------------- */

static json_t *portion_json(const struct held_portion *p, bool title)
{
    json_t *v = json_object();
    if (!title) {
        json_set_u64(v, "n", p->n);
        json_set_str(v, "id", p->id);
    }
    json_set_str(v, "mark", p->mark_text);
    json_set_str(v, "passed_on_by", p->giver);
    if (p->differs)
        json_set_bool(v, "differs", true);
    json_set_str(v, "state", p->state == HELD_OPEN ? "open" : "withheld");
    if (p->state != HELD_OPEN) {
        json_set_str(v, "reason", reason_word(p));
        json_set_str(v, "why", p->why ? p->why : "");
        return v;
    }
    json_set_str(v, "mime", held_mime(p));
    if (held_is_text(p)) {
        json_set_str(v, "text", buf_text(p->text));
    } else {
        AUTO(buf_freep) struct buf *b64 = buf_new_secret(b64_len(B64_STD, p->text->len));
        b64_put(b64, B64_STD, bytes_of(p->text));
        json_set_str(v, "base64", buf_text(b64));
    }
    json_set_str(v, "entry", p->entry);
    return v;
}

static char *banner_text(const struct opening *o, const char *domain)
{
    AUTO(marking_clear) struct marking banner = { 0 };
    reading_banner(&o->r, &banner);
    return marking_is_set(&banner) ? marking_text(&banner, domain) : NULL;
}

static void print_json(const struct opening *o)
{
    AUTO(str_freep) char *banner = banner_text(o, NULL);
    json_t *v = json_object(), *portions = json_array();
    json_set_str(v, "report", reading_report(&o->r));
    json_set_str(v, "originator", o->r.originator->domain);
    json_set_bool(v, "own", o->r.own);
    json_set_bool(v, "stray", o->r.stray);
    if (o->r.untold)
        json_set_bool(v, "originator_told", false);
    json_set_str(v, "banner", banner ? banner : "");
    for (size_t i = 0; i < o->r.count; i++) {
        const struct held_portion *p = o->r.portions[i];
        if (p->n == 0)
            json_set_take(v, "title", portion_json(p, true));
        else if (shown(o, p))
            json_array_append_new(portions, portion_json(p, false));
    }
    json_set_take(v, "portions", portions);
    json_set_take(v, "derived_from", mine_copy(o->r.view, "derived_from"));
    cli_json(v);
}

/* For people -------------------------------------------------------------------------------------------------- */

static void print_text(const struct held_portion *p)
{
    const char *text = buf_text(p->text);
    print_portion_text(stdout, text);
    if (p->text->len && text[p->text->len - 1] != '\n')
        putchar('\n');
}

static void print_open(const struct opening *o, const struct held_portion *p, const char *brief)
{
    if (o->file && strcmp(o->file, "-") != 0) {
        cli_print(stdout, " in %s\n", o->file);
    } else if (held_is_text(p)) {
        putchar('\n');
        print_text(p);
    } else {
        cli_print(stdout, " %zu bytes of %s\n    To have it: orcon open %s --portion %u -o FILE\n",
                  p->text->len, held_mime(p), brief, p->n);
    }
}

static void print_withheld(const struct opening *o, const struct held_portion *p, size_t at,
                           const char *brief)
{
    AUTO(str_freep) char *why = str_format("---- withheld: %s", p->why ? p->why : "");
    putchar(' ');
    print_wrapped(stdout, at + 1, 4, why);
    if (p->err == E_NOT_RELEASED && !o->r.own && !o->r.stray)
        cli_print(stdout, "    Ask: orcon request %s --portion %u --to me --reason ...\n", brief, p->n);
}

/* As the own node has heard: of text that is open because it is public, or by a release to this person alone. */
static bool is_recalled(const struct opening *o, const struct held_portion *p)
{
    const json_t *rows = json_object_get(o->r.view, "portions");
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (strcmp(home_str(json_array_get(rows, i), "id"), p->id) == 0)
            return *home_str(json_array_get(rows, i), "recalled") != '\0';
    return false;
}

/* What it rests on of others', by its originator's word. */
static void print_cited(const struct opening *o, const struct held_portion *p)
{
    const json_t *rows = json_object_get(o->r.view, "derived_from");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        AUTO(buf_freep) struct buf *line = buf_new(BUF_MAX_DEFAULT);
        if (strcmp(home_str(row, "in"), p->id) != 0)
            continue;
        print_derived(row, line);
        print_wrapped(stdout, (size_t)cli_print(stdout, "    cites "), 8, buf_text(line));
    }
}

static void print_portion(const struct opening *o, const struct held_portion *p, const char *brief)
{
    AUTO(buf_freep) struct buf *mark = buf_new(MARKING_TEXT_MAX);
    print_mark(p->mark_text, o->mine.profile->card->domain, mark);
    putchar('\n');
    print_strong(stdout, true);
    int at = cli_print(stdout, "[%u] (%s)%s", p->n, buf_text(mark), is_recalled(o, p) ? " recalled" : "");
    print_strong(stdout, false);
    if (p->state == HELD_OPEN)
        print_open(o, p, brief);
    else
        print_withheld(o, p, (size_t)at, brief);
    print_cited(o, p);
}

static void print_title(const struct opening *o, const char *brief)
{
    const struct held_portion *p = reading_find(&o->r, 0);
    AUTO(buf_freep) struct buf *mark = buf_new(MARKING_TEXT_MAX);
    if (p)
        print_mark(p->mark_text, o->mine.profile->card->domain, mark);
    print_strong(stdout, true);
    cli_print(stdout, p ? "%s  (%s)" : "%s%s", brief, buf_text(mark));
    print_strong(stdout, false);
    if (p && p->state == HELD_OPEN) {
        AUTO(buf_freep) struct buf *title = buf_new_secret(p->text->len + 1);
        print_folded(buf_text(p->text), title);
        putchar(' ');
        print_portion_text(stdout, buf_text(title));
        putchar('\n');
    } else {
        cli_print(stdout, p ? " title withheld\n" : "  without a title\n");
    }
    cli_print(stdout, "from %s", o->r.originator->domain);
    const char *made_for = json_string_value(json_array_get(o->r.packages[0]->share->aud, 0));
    if (!o->r.own && made_for)
        cli_print(stdout, ", for %s", made_for);
    putchar('\n');
}

/* Whose ledger has it: the originator's, or that of who passed the last portion on. */
static const char *print_ledger(const struct opening *o)
{
    const char *ledger = o->r.originator->domain;
    for (size_t i = 0; i < o->r.count; i++)
        if (o->r.portions[i]->n != 0 && o->r.portions[i]->state == HELD_OPEN && o->r.portions[i]->entry)
            ledger = o->r.portions[i]->giver ? o->r.portions[i]->giver : o->r.originator->domain;
    return ledger;
}

/* What is in the ledger now. */
static void print_briefed(const struct opening *o)
{
    AUTO(buf_freep) struct buf *line = buf_new(16384);
    AUTO(buf_freep) struct buf *when = buf_new(64);
    char now[TIME_TEXT_SIZE];
    const char *entry = NULL;
    for (size_t i = 0; i < o->r.count; i++) {
        const struct held_portion *p = o->r.portions[i];
        if (p->n == 0 || p->state != HELD_OPEN || p->clear)
            continue;
        buf_printf(line, "%s%u", line->len ? ", " : "You were briefed on ", p->n);
        entry = p->entry && strchr(p->entry, '/') ? strchr(p->entry, '/') + 1 : entry;
    }
    if (line->len == 0)
        return;
    time_print(time_now_ms(), now);
    print_when(now, when);
    buf_printf(line, " at %s", buf_text(when));
    if (entry)
        buf_printf(line, "; %s ledger, entry %s", print_ledger(o), entry);
    putchar('\n');
    print_wrapped(stdout, 0, 0, buf_text(line));
}

/* Who reads is told: his copy says whose it is. */
static void print_differs(const struct opening *o)
{
    AUTO(buf_freep) struct buf *line = buf_new(16384);
    for (size_t i = 0; i < o->r.count; i++)
        if (o->r.portions[i]->differs && o->r.portions[i]->state == HELD_OPEN)
            buf_printf(line, "%s%u", line->len ? ", " : "", o->r.portions[i]->n);
    if (line->len)
        print_say("Copies of %s differ in some words, by holder: a text that gets about can be traced to its "
                  "copy.",
                  buf_text(line));
}

/* What came by an override, and what its originator knows of that. */
static void print_passed(const struct opening *o)
{
    const char *giver = NULL;
    for (size_t i = 0; i < o->r.count; i++)
        if (o->r.portions[i]->giver && o->r.portions[i]->state == HELD_OPEN)
            giver = o->r.portions[i]->giver;
    if (!giver)
        return;
    print_say("Passed on by %s without waiting for %s.", giver, o->r.originator->domain);
    if (o->r.untold)
        print_say("Originator not yet told: the notice is on its way from here, too.");
}

static void print_report(const struct opening *o)
{
    AUTO(str_freep) char *banner = banner_text(o, o->mine.profile->card->domain);
    const char *brief = home_str(o->r.view, "short");
    if (banner)
        print_banner(stdout, banner);
    print_title(o, brief);
    for (size_t i = 0; i < o->r.count; i++)
        if (shown(o, o->r.portions[i]))
            print_portion(o, o->r.portions[i], brief);
    print_passed(o);
    print_briefed(o);
    print_differs(o);
    if (banner)
        print_banner(stdout, banner);
}

/* Into a file --------------------------------------------------------------------------------------------------- */

/* With its mark, as in a report source, so that the mark stays with the text. */
static void put_portion(const struct held_portion *p, struct buf *out)
{
    if (p->n == 0)
        buf_printf(out, "---\ntitle: (%s) ", p->mark_text);
    else
        buf_printf(out, "(%s) ", p->mark_text);
    buf_put_bytes(out, bytes_of(p->text));
    buf_put_str(out, p->n == 0 ? "\n---\n" : "\n\n");
}

/* One file that was shared as it is, or one portion asked for by its number: just its bytes. */
static const struct held_portion *only_one(const struct opening *o)
{
    const struct held_portion *only = NULL;
    size_t count = 0;
    for (size_t i = 0; i < o->r.count; i++) {
        const struct held_portion *p = o->r.portions[i];
        if (p->state == HELD_OPEN && reading_asked(&o->choice, p->n)) {
            only = p;
            count++;
        }
    }
    if (count != 1 ||
        (!choice_one(&o->choice) && !only->clear && strcmp(held_mime(only), "text/markdown") == 0))
        return NULL;
    return only;
}

static enum err write_file(const struct opening *o, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new_secret(2 * SESSION_PACKAGE_MAX);
    const struct held_portion *only = only_one(o);
    if (only)
        return mine_write(o->file, bytes_of(only->text), f);
    for (size_t i = 0; i < o->r.count; i++) {
        const struct held_portion *p = o->r.portions[i];
        if (p->state != HELD_OPEN || (p->n != 0 && !shown(o, p)))
            continue;
        if (!held_is_text(p))
            return fail_set(f, E_USAGE, "portion %u is no text: write it alone, with --portion %u", p->n,
                            p->n);
        put_portion(p, out);
    }
    TRY(buf_check(out, o->file, f));
    return mine_write(o->file, bytes_of(out), f);
}

/* What to say at the end ----------------------------------------------------------------------------------------- */

/* How serious it is that a portion was not opened. */
static int weight(enum err err)
{
    return err == E_UNVERIFIED ? 3 : err == E_NOT_RELEASED ? 2 : 1;
}

static enum err outcome(const struct opening *o, struct fail *f)
{
    const struct held_portion *worst = NULL;
    bool any = false;
    for (size_t i = 0; i < o->r.count; i++) {
        const struct held_portion *p = o->r.portions[i];
        if (!reading_asked(&o->choice, p->n))
            continue;
        any = any || p->state == HELD_OPEN;
        if (p->state == HELD_WITHHELD && (!worst || weight(p->err) > weight(worst->err)))
            worst = p;
    }
    if (!worst)
        return OK;
    if (any && worst->err != E_UNVERIFIED)
        return OK;
    if (any) {
        cli_print(stderr, "orcon open: portion %u does not verify: ", worst->n);
        cli_put(stderr, worst->why);
        putc('\n', stderr);
        return OK;
    }
    fail_set(f, worst->err, "nothing of %s is open to %s: %s", home_str(o->r.view, "short"),
             o->mine.profile->person, worst->why);
    f->reason = worst->reason;
    return worst->err;
}

static bool any_open(const struct opening *o)
{
    for (size_t i = 0; i < o->r.count; i++)
        if (o->r.portions[i]->state == HELD_OPEN && reading_asked(&o->choice, o->r.portions[i]->n))
            return true;
    return false;
}

static enum err open_report(struct opening *o, const char *report, struct fail *f)
{
    struct fail why = { 0 };
    TRY(reading_fetch(o->mine.session, report, &o->r, f));
    if (o->r.stray)
        cli_print(stderr, "orcon open: warning: this copy was made for somebody else; %s sees who opens it\n",
                  o->r.originator->domain);
    TRY(reading_open(o->mine.session, &o->r, &o->choice, f));
    if (o->file && any_open(o))
        TRY(write_file(o, f));
    if (o->c->json)
        print_json(o);
    else if (!o->file || strcmp(o->file, "-") != 0)
        print_report(o);
    if (reading_receipt(o->mine.session, &o->r, &why) != OK)
        cli_fail("open: warning: no receipt was sent", why.code, &why);
    return outcome(o, f);
}

enum err verb_open(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(opening_clear) struct opening o = { .c = c };
    const char *portions = NULL;
    const struct cli_option options[] = { { "portion", 0, &portions, NULL },
                                          { "output", 'o', &o.file, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT", f));
    TRY(cli_output(c, "-o", o.file, f));
    TRY(choice_id(argv[0], "report", f));
    TRY(choice_read(portions, &o.choice, f));
    TRY(mine_begin(c, &o.mine, f));
    heldkey_sweep(o.mine.session);
    return open_report(&o, argv[0], f);
}
