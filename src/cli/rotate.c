/* SPDX-License-Identifier: Apache-2.0
 * rotate, key, close-log: the node's keys follow each other; which there are; an old one is good for nothing any more;
 * and a generation of the ledger ends, as it does with its keys. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "crypto/key.h"
#include "ledger/card.h"

#define UP_MS 30000 /* how long a node that turned is waited for */

/* The node is there, and its card names the new log. One that does not run turns at once. */
static bool is_up(const struct cli *c, uint64_t generation)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(card_freep) struct card *card = NULL;
    return home_call(c, "card", json_object(), &answer, NULL) == OK &&
           card_read(bytes_str(home_str(answer, "card")), &card, NULL) == OK &&
           json_array_size(card->logs) >= generation;
}

/* A node that runs starts again with the new generation: what is asked of it next finds it there. */
static void wait_until_up(const struct cli *c, json_t *turn)
{
    uint64_t generation = (uint64_t)json_integer_value(json_object_get(turn, "generation"));
    uint64_t until_ms = time_mono_ms() + UP_MS;
    bool seen = isatty(STDERR_FILENO), up = false;
    if (strcmp(home_str(turn, "state"), "begun") != 0)
        return;
    if (seen)
        fprintf(stderr, "%s has begun; the node starts again in it ...", home_str(turn, "origin"));
    while (!(up = is_up(c, generation)) && time_mono_ms() < until_ms)
        nanosleep(&(struct timespec){ 0, 50000000 }, NULL);
    if (seen)
        fprintf(stderr, "\r%*s\r", 79, "");
    json_set_bool(turn, "up", up);
}

static enum err ask(struct cli *c, const char *verb, const char *name, const char *value, json_t **answer,
                    struct fail *f)
{
    json_t *args = json_object();
    if (name)
        json_set_str(args, name, value);
    TRY(home_call(c, verb, args, answer, f));
    if (json_object_get(*answer, "closed"))
        wait_until_up(c, *answer);
    if (c->json)
        cli_json(json_incref(*answer));
    return OK;
}

static unsigned long long serial_of(const json_t *answer)
{
    return (unsigned long long)json_integer_value(json_object_get(answer, "serial"));
}

static void print_turn(const json_t *v)
{
    const json_t *closed = json_object_get(v, "closed");
    const json_t *seen = json_object_get(closed, "seen");
    unsigned long long size = (unsigned long long)json_integer_value(json_object_get(closed, "size"));
    if (seen)
        print_say(
            "%s is cut: %llu entries are here, and %llu were seen by a witness. What was entered between is "
            "lost here.",
            home_str(closed, "origin"), size, (unsigned long long)json_integer_value(seen));
    else
        print_say("%s is closed, with %llu entries.", home_str(closed, "origin"), size);
    if (strcmp(home_str(v, "state"), "begun") == 0) {
        print_say(
            "%s has begun, with keys of its own. Partners, witnesses and monitors go on by themselves; the "
            "closed one stays to be read, and proves what it proved.",
            home_str(v, "origin"));
        print_say(json_is_true(json_object_get(v, "up"))
                      ? "The node answers in it."
                      : "The node does not answer yet: see its log, and `orcon doctor`.");
        print_say("Backups that were made before don't have these keys: make one now.");
        cli_print(stdout, "Next: orcon backup -o FILE\n");
        return;
    }
    print_say("%s begins once a witness and a monitor have cosigned the end; until then nothing is written.",
              home_str(v, "origin"));
    cli_print(stdout, "Who is waited for: orcon witness list\n");
}

/* What comes of it, and what is next. */
static void print_rotated(const json_t *v)
{
    if (json_object_get(v, "closed")) {
        print_turn(v);
        return;
    }
    if (strcmp(home_str(v, "use"), "unlock") == 0) {
        print_say("keys/unlock is a new one, and every private key is sealed under it. Put a copy of it "
                  "where the one "
                  "before is kept, and keep that as well: backups that were made before open with it.");
        cli_print(stdout, "Next: orcon backup -o FILE\n");
        return;
    }
    const char *use = home_str(v, "use"), *state = home_str(v, "state");
    bool tls = strcmp(use, "tls") == 0, announced = strcmp(state, "announced") == 0;
    cli_print(stdout, "%s key %s is %s, card %llu.\n", use, home_str(v, "key"),
              announced ? "in the card" : state, serial_of(v));
    if (tls && announced)
        cli_print(stdout,
                  "Partners and clients take it with the card. When they have it, once more:\n  orcon rotate "
                  "tls\n");
    else if (tls)
        cli_print(stdout, "Restart the node: it serves the key that it was started with.\n");
    else
        cli_print(stdout, "Partners take it by themselves. Which keys there are: orcon key list\n");
}

enum err verb_rotate(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "KEY", f));
    TRY(ask(c, "rotate", "use", argv[0], &answer, f));
    if (!c->json)
        print_rotated(answer);
    return OK;
}

enum err verb_close_log(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    bool cut = false;
    const struct cli_option options[] = { { "cut", 0, NULL, &cut } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    json_t *args = json_object();
    json_set_bool(args, "cut", cut);
    TRY(home_call(c, "close-log", args, &answer, f));
    wait_until_up(c, answer);
    if (c->json)
        cli_json(json_incref(answer));
    if (!c->json)
        print_turn(answer);
    return OK;
}

static void print_keys(const json_t *v)
{
    const json_t *rows = json_object_get(v, "keys");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        cli_print(stdout, "%-9s %-10s %s\n", home_str(row, "state"), home_str(row, "use"),
                  home_str(row, "key"));
    }
    cli_print(stdout, "Card %llu. A new key: orcon rotate KEY\n", serial_of(v));
}

/* A thumbprint may begin with a dash: behind `revoke` it is no option. Taken out of the arguments; NULL: there is none. */
static const char *take_thumbprint(int *argc, char **argv)
{
    for (int i = 1; i + 1 < *argc; i++) {
        const char *key = argv[i + 1];
        if (strcmp(argv[i], "revoke") != 0 || strlen(key) != THUMBPRINT_SIZE - 1)
            continue;
        memmove(argv + i + 1, argv + i + 2,
                (size_t)(*argc - i - 1) * sizeof *argv); /* the NULL at the end, too */
        --*argc;
        return key;
    }
    return NULL;
}

enum err verb_key(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const char *key = take_thumbprint(&argc, argv);
    TRY(cli_options(c, NULL, 0, &argc, &argv, f));
    if (argc == 1 && strcmp(argv[0], "list") == 0) {
        TRY(ask(c, "key-list", NULL, NULL, &answer, f));
        if (!c->json)
            print_keys(answer);
        return OK;
    }
    if (argc != (key ? 1 : 2) || strcmp(argv[0], "revoke") != 0)
        return fail_set(f, E_USAGE, "one of list, revoke KEY is needed");
    TRY(ask(c, "key-revoke", "key", key ? key : argv[1], &answer, f));
    if (!c->json)
        cli_print(stdout, "%s key %s is revoked, card %llu. Which keys there are: orcon key list\n",
                  home_str(answer, "use"), home_str(answer, "key"), serial_of(answer));
    return OK;
}
