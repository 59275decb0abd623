/* SPDX-License-Identifier: Apache-2.0
 * recall: the originator takes his leave back; holders say that they have heard. */
#include <string.h>

#include "base/mem.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/choice.h"

struct recalling {
    struct cli *c;
    struct mine mine;
    const char *from, *portions, *reason;
    struct choice choice;
    json_t *view, *answer;
    json_t *acknowledged, *waiting; /* domains */
};

static void recalling_clear(struct recalling *r)
{
    json_decref(r->view);
    json_decref(r->answer);
    json_decref(r->acknowledged);
    json_decref(r->waiting);
    mine_end(&r->mine);
}

/* Who has said so within the time that people wait; a refusal is told after everybody was heard. */
static enum err wait_all(struct recalling *r, struct fail *f)
{
    AUTO(str_freep) char *first = NULL;
    const json_t *sent = json_object_get(r->answer, "statements");
    uint64_t began_ms = time_mono_ms();
    for (size_t i = 0; i < json_array_size(sent); i++) {
        AUTO(str_freep) char *why = NULL;
        const json_t *one = json_array_get(sent, i);
        const char *state = mine_wait(&r->mine, home_str(one, "statement"), began_ms, &why);
        bool heard = strcmp(state, "delivered") == 0;
        json_array_append_new(heard ? r->acknowledged : r->waiting, json_string(home_str(one, "to")));
        if (why && !first)
            first = str_dup(why);
    }
    return first ? fail_set(f, E_REFUSED, "recalled here, but not taken by %s", first) : OK;
}

static void print_names(struct buf *out, const json_t *names)
{
    for (size_t i = 0; i < json_array_size(names); i++)
        buf_printf(out, "%s%s", i ? ", " : "", json_string_value(json_array_get(names, i)));
}

static void say(const struct recalling *r)
{
    AUTO(buf_freep) struct buf *heard = buf_new(BUF_MAX_DEFAULT);
    AUTO(buf_freep) struct buf *missing = buf_new(BUF_MAX_DEFAULT);
    const char *brief = home_str(r->view, "short");
    print_names(heard, r->acknowledged);
    print_names(missing, r->waiting);
    print_say("%s%s%s recalled: no key of it leaves any more.", brief, r->portions ? "/" : "",
              r->portions ? r->portions : "");
    if (heard->len)
        print_say("Acknowledged, which is the holder's word, by %s.", buf_text(heard));
    if (missing->len)
        print_say("Not acknowledged yet by %s; it goes out by itself.", buf_text(missing));
    cli_print(stdout, "Who has acknowledged: orcon show %s\n", brief);
}

static enum err send(struct recalling *r, struct fail *f)
{
    json_t *portions = NULL, *body = json_object();
    AUTO(json_freep) json_t *own = body;
    if (r->from)
        json_set_str(body, "from", r->from);
    if (r->reason)
        json_set_str(body, "reason", r->reason);
    TRY(mine_unsent(mine_portions(r->view, &r->choice, &portions, f), f));
    struct statement_making m = { .kind = "recall",
                                  .report = home_str(r->view, "report"),
                                  .portions = portions,
                                  .body = json_incref(own) };
    TRY(mine_unsent(act_send(r->mine.session, m, &r->answer, f), f));
    r->acknowledged = json_array();
    r->waiting = json_array();
    enum err e = wait_all(r, f);
    if (!r->c->json) {
        say(r);
        return e;
    }
    json_t *out = json_object();
    json_set_take(out, "recall", mine_copy(r->answer, "recall"));
    json_set_take(out, "acknowledged", json_incref(r->acknowledged));
    json_set_take(out, "waiting", json_incref(r->waiting));
    json_set_str(out, "delivery", json_array_size(r->waiting) ? "queued" : "delivered");
    cli_json(out);
    return e;
}

enum err verb_recall(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(recalling_clear) struct recalling r = { .c = c };
    const struct cli_option options[] = { { "from", 0, &r.from, NULL },
                                          { "portion", 0, &r.portions, NULL },
                                          { "reason", 0, &r.reason, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 1, 1, "REPORT", f));
    TRY(choice_id(argv[0], "report", f));
    TRY(choice_read(r.portions, &r.choice, f));
    TRY(mine_text(r.reason, "--reason", r.reason != NULL, f));
    if (r.from && !name_is_domain(r.from))
        return fail_set(f, E_USAGE, "--from '%.80s' is not a domain in lower case", r.from);
    TRY(mine_begin(c, &r.mine, f));
    AUTO(str_freep) char *path = str_format("/v1/reports/%s", argv[0]);
    TRY(session_get(r.mine.session, path, &r.view, f));
    return send(&r, f);
}
