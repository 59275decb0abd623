/* SPDX-License-Identifier: Apache-2.0
 * backup, restore: a home out into one sealed file, and back. */
#include "exchange/backup.h"

#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/print.h"
#include "cli/verbs.h"

static void progress(uint64_t done, uint64_t of, void *ctx)
{
    unsigned *shown = ctx;
    unsigned percent = of ? (unsigned)(done * 100 / of) : 100;
    if (percent != *shown)
        fprintf(stderr, "\r%3u%%%s", percent, done >= of ? "\r    \r" : "");
    *shown = percent;
}

static backup_progress_fn on_terminal(void)
{
    return isatty(STDERR_FILENO) ? progress : NULL;
}

static void print_info(const struct backup_info *i, const char *name, const char *value, bool restored)
{
    char at[TIME_TEXT_SIZE];
    json_t *out = json_object();
    time_print(i->at_ms, at);
    json_set_str(out, "domain", i->domain);
    json_set_str(out, name, value);
    json_set_str(out, "at", at);
    json_set_u64(out, "generation", i->generation);
    json_set_u64(out, "size", i->size);
    if (restored)
        json_set_bool(out, "read_only", true);
    cli_json(out);
}

enum err verb_backup(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(backup_info_clear) struct backup_info info = { 0 };
    const char *file = NULL;
    unsigned shown = 101;
    const struct cli_option options[] = { { "output", 'o', &file, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    if (!file)
        return fail_set(f, E_USAGE, "-o FILE says where to");
    if (strcmp(file, "-") == 0)
        return fail_set(f, E_USAGE, "a backup is written to a file that lasts: -o FILE, not -o -");
    TRY(backup_make(c->home, file, on_terminal(), &shown, &info, f));
    if (c->json) {
        print_info(&info, "file", file, false);
        return OK;
    }
    print_say("%s is in %s: ledger %u up to entry %llu. It is sealed under %s/keys/unlock, which is not in "
              "it: keep a "
              "copy of that key somewhere else, or nobody can restore this.",
              info.domain, file, (unsigned)info.generation, (unsigned long long)info.size, c->home);
    cli_print(stdout, "To restore: orcon --home DIR restore FILE --unlock FILE\n");
    return OK;
}

enum err verb_restore(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(backup_info_clear) struct backup_info info = { 0 };
    const char *unlock = NULL;
    unsigned shown = 101;
    char at[TIME_TEXT_SIZE];
    const struct cli_option options[] = { { "unlock", 0, &unlock, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "FILE", f));
    if (!unlock)
        return fail_set(f, E_USAGE,
                        "--unlock FILE says where the home's unlock key is: it is not in a backup");
    TRY(backup_restore(argv[0], c->home, unlock, on_terminal(), &shown, &info, f));
    if (c->json) {
        print_info(&info, "home", c->home, true);
        return OK;
    }
    time_print(info.at_ms, at);
    print_say(
        "%s is in %s as it was at %s: ledger %u up to entry %llu. It is read-only until its witnesses have "
        "confirmed that they know of nothing newer. Where they do, or where this ledger was followed by "
        "another "
        "since, a new one begins after the last, and officers are told what is lost.",
        info.domain, c->home, at, (unsigned)info.generation, (unsigned long long)info.size);
    cli_print(stdout, "Never run the old home again. Next: orcon --home %s serve\n", c->home);
    return OK;
}
