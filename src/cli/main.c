/* SPDX-License-Identifier: Apache-2.0
 * The program: global options, then the verb. */
#include <getopt.h>
#include <locale.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/cli.h"
#include "cli/verbs.h"

static const struct verb verbs[] = {
#define X(function, name, args, help, example) { name, args, help, example, function },
    VERBS(X)
#undef X
};

const struct verb *cli_verbs(size_t *count)
{
    *count = COUNT(verbs);
    return verbs;
}

const struct verb *cli_verb(const char *name)
{
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

/* The value of ${variable}, or ${below} in the person's own folder. Lives as long as the program. */
static const char *folder(const char *variable, const char *below)
{
    const char *set = getenv(variable);
    if (set && *set)
        return set;
    const char *home = getenv("HOME");
    if (!home || !*home) {
        const struct passwd *pw = getpwuid(getuid());
        home = pw ? pw->pw_dir : "/";
    }
    return str_format("%s/%s", home, below);
}

enum { OPTION_HOME = 1, OPTION_AS, OPTION_JSON, OPTION_YES, OPTION_HELP, OPTION_VERSION };

static const struct option options[] = {
    { "home", required_argument, NULL, OPTION_HOME },
    { "as", required_argument, NULL, OPTION_AS },
    { "json", no_argument, NULL, OPTION_JSON },
    { "yes", no_argument, NULL, OPTION_YES },
    { "help", no_argument, NULL, OPTION_HELP },
    { "version", no_argument, NULL, OPTION_VERSION },
    { NULL, 0, NULL, 0 },
};

/* The options before the verb. ${instead} is set where one stands for a verb: --help, --version. */
static enum err globals(struct cli *c, int argc, char **argv, const char **instead, struct fail *f)
{
    opterr = 0;
    for (int o; (o = getopt_long(argc, argv, "+:h", options, NULL)) != -1;) {
        switch (o) {
        case OPTION_HOME:
            c->home = optarg;
            break;
        case OPTION_AS:
            c->as = optarg;
            break;
        case OPTION_JSON:
            c->json = true;
            break;
        case OPTION_YES:
            c->yes = true;
            break;
        case 'h':
        case OPTION_HELP:
            *instead = "help";
            return OK;
        case OPTION_VERSION:
            *instead = "version";
            return OK;
        default:
            return fail_set(f, E_USAGE, "%s '%s'", o == ':' ? "no value after" : "unknown option",
                            argv[optind - 1]);
        }
    }
    return OK;
}

/* Whether help is asked for behind the verb. A value that reads so can be given as `--option=--help`. */
static bool wants_help(char **args)
{
    for (; *args && strcmp(*args, "--") != 0; args++)
        if (strcmp(*args, "--help") == 0 || strcmp(*args, "-h") == 0)
            return true;
    return false;
}

static int run(struct cli *c, const struct verb *v, int argc, char **argv)
{
    struct fail f = { 0 };
    enum err code = v->run(c, argc, argv, &f);
    /* a full disk or closed pipe behind stdout is a failure too */
    if (fflush(stdout) != 0 && code == OK)
        code = fail_set(&f, E_IO, "cannot write to standard output: %m");
    return code == OK ? 0 : cli_fail(v->name, code, &f);
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    struct fail f = { 0 };
    static struct cli c; /* static: what it points at is never freed, and is no leak */
    const char *instead = NULL;
    enum err code = globals(&c, argc, argv, &instead, &f);
    if (code != OK)
        return cli_fail(NULL, code, &f);
    if (!c.home)
        c.home = folder("ORCON_HOME", ".local/share/orcon");
    c.profiles = folder("ORCON_PROFILES", ".config/orcon");
    c.passphrase_file = getenv("ORCON_PASSPHRASE_FILE");

    const char *name = instead ? instead : argv[optind];
    const struct verb *v = name ? cli_verb(name) : NULL;
    if (!v) {
        code =
            name ? fail_set(&f, E_USAGE, "unknown verb '%s'", name) : fail_set(&f, E_USAGE, "no verb given");
        return cli_fail(NULL, code, &f);
    }
    if (instead)
        return run(&c, v, 1, (char *[]){ argv[0], NULL });
    if (wants_help(argv + optind + 1)) {
        cli_usage(stdout, v);
        return 0;
    }
    return run(&c, v, argc - optind, argv + optind);
}
