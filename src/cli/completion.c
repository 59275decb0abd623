/* SPDX-License-Identifier: Apache-2.0
 * completion: the shell learns verbs and options from the same table as people. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/verbs.h"

/* The options that a synopsis names: every `--word` and `-x` that begins a word. */
static void put_options(const char *args)
{
    for (const char *s = args; (s = strchr(s, '-'));) {
        size_t n = strspn(s, "-abcdefghijklmnopqrstuvwxyz0123456789");
        bool begins = s == args || strchr(" [|", s[-1]);
        if (begins && n > 1)
            cli_print(stdout, " %.*s", (int)n, s);
        s += n;
    }
}

/* The plain lower-case words of a synopsis (`partner add FILE|list`): what can be completed without a dash. */
static void put_words(const char *args)
{
    for (const char *s = args; *s;) {
        size_t n = strcspn(s, " |[]");
        if (n > 0 && islower((unsigned char)s[0]) && strspn(s, "abcdefghijklmnopqrstuvwxyz-") == n)
            cli_print(stdout, " %.*s", (int)n, s);
        s += n;
        s += strspn(s, " |[]");
    }
}

static void put_bash(void)
{
    size_t count;
    const struct verb *verbs = cli_verbs(&count);
    puts("# bash completion for orcon; made by `orcon completion bash`\n"
         "_orcon()\n"
         "{\n"
         "    local word=${COMP_WORDS[COMP_CWORD]} verb= words= i\n"
         "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "        case ${COMP_WORDS[i]} in\n"
         "        --home | --as) ((i++)) ;;\n"
         "        -*) ;;\n"
         "        *) verb=${COMP_WORDS[i]}; break ;;\n"
         "        esac\n"
         "    done\n"
         "    case $verb in");
    cli_print(stdout, "    '') words='--home --as --json --yes --help --version");
    for (size_t i = 0; i < count; i++)
        cli_print(stdout, " %s", verbs[i].name);
    puts("' ;;");
    for (size_t i = 0; i < count; i++) {
        cli_print(stdout, "    %s) words='--json --yes --help", verbs[i].name);
        put_options(verbs[i].args);
        put_words(verbs[i].args);
        if (strcmp(verbs[i].name, "help") == 0)
            for (size_t j = 0; j < count; j++)
                cli_print(stdout, " %s", verbs[j].name);
        puts("' ;;");
    }
    puts("    esac\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -o default -F _orcon orcon");
}

enum err verb_completion(struct cli *c, int argc, char **argv, struct fail *f)
{
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "the name of a shell: bash", f));
    if (strcmp(argv[0], "bash") != 0)
        return fail_set(f, E_USAGE, "no completion for '%s': only bash is known", argv[0]);
    put_bash();
    return OK;
}
