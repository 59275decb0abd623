/* SPDX-License-Identifier: Apache-2.0
 * demo: three organisations on this machine, and the story, by the program's own public verbs. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/name.h"
#include "base/time.h"
#include "cli/home.h"
#include "cli/print.h"
#include "cli/stage.h"
#include "cli/verbs.h"
#include "http/desk_local.h"

#define AMY "amy@alder.example"
#define BOB "bob@birch.example"
#define PAT "pat@birch.example"
#define CYD "cyd@cedar.example"

#define DESK_PORT 7800u /* amy 7801, bob 7802, pat 7803, cyd 7804 */

enum { ALDER, BIRCH, CEDAR };

static const char report_text[] =
    "---\n"
    "title: (TLP:GREEN) Explosive devices in cabin baggage\n"
    "---\n"
    "(TLP:AMBER//ORCON) The group hides explosives in portable computers\n"
    "and knows that the usual screening misses them.\n"
    "\n"
    "(TLP:GREEN//TEARLINE) Take portable computers out of cabin baggage on these routes.\n"
    "\n"
    "(TLP:RED//SOURCE//ORCON) The report comes from one person inside the cell.\n";

struct demo {
    struct cli *c;
    struct stage stage;
    bool pause, quiet;
    json_t *checks;
    bool good;
    char *warning, *carried; /* files: the report; bob's package, carried to cedar by hand */
    char report[37], brief[25], request[37];
};

/* Telling -------------------------------------------------------------------------------------------------- */

static void wait_for_enter(const struct demo *d)
{
    if (!d->pause || !isatty(STDIN_FILENO))
        return;
    fputs("   (Enter to go on)", stdout);
    fflush(stdout);
    for (int ch = getchar(); ch != '\n' && ch != EOF;)
        ch = getchar();
}

static void tell(const struct demo *d, const char *text)
{
    if (!d->quiet) {
        puts(text);
        fflush(stdout);
    }
}

static void show_command(const struct demo *d, const char *const *args)
{
    struct buf line;
    buf_init(&line, 4096);
    stage_command(args, &line);
    if (!d->quiet)
        cli_print(stdout, "   $ %s\n", buf_text(&line));
    fflush(stdout);
    buf_clear(&line);
}

/* One thing that must be so. The story goes on whatever it says; the exit status remembers. */
static void check(struct demo *d, const char *name, bool good, const char *what)
{
    json_t *row = json_object();
    json_set_str(row, "check", name);
    json_set_bool(row, "good", good);
    json_set_str(row, "text", what);
    json_array_append_new(d->checks, row);
    d->good = d->good && good;
    if (!d->quiet)
        cli_print(stdout, "     %s%s\n", good ? "" : "NOT SO: ", what);
    fflush(stdout);
}

/* The stage -------------------------------------------------------------------------------------------------- */

/* A port that is free now. Somebody else may take it before the node does: then the start fails, and says
 * so. */
static unsigned free_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof at;
    AUTO(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return 0;
    return ntohs(at.sin_port);
}

static enum err make_org(struct demo *d, struct stage_org *org, const char *name, struct fail *f)
{
    AUTO(str_freep) char *listen = str_format("127.0.0.1:%u", free_port());
    org->name = name;
    org->domain = str_format("%s.example", name);
    org->home = str_format("%s/%s", d->stage.dir, name);
    org->url = str_format("https://%s", listen);
    TRY(stage_must(&d->stage, org, (const char *const[]){ "init", org->domain, "--listen", listen, NULL },
                   NULL, NULL, f));
    return stage_serve(&d->stage, org, f);
}

/* Each takes the other's card, as if it had been handed over: that confirms it. */
static enum err introduce(struct demo *d, const struct stage_org *to, const struct stage_org *whom,
                          struct fail *f)
{
    AUTO(json_freep) json_t *card = NULL;
    AUTO(str_freep) char *file = str_format("%s/%s.card", d->stage.dir, whom->name);
    TRY(stage_must(&d->stage, whom, (const char *const[]){ "card", NULL }, NULL, &card, f));
    TRY(file_write(file, bytes_str(home_str(card, "card")), 0644, f));
    return stage_must(&d->stage, to, (const char *const[]){ "partner", "add", file, NULL }, NULL, NULL, f);
}

static enum err make_person(struct demo *d, const struct stage_org *org, const char *person,
                            const char *roles, struct fail *f)
{
    AUTO(json_freep) json_t *added = NULL;
    AUTO(json_freep) json_t *enrolled = NULL;
    TRY(stage_must(&d->stage, org, (const char *const[]){ "person", "add", person, "--role", roles, NULL },
                   NULL, &added, f));
    TRY(stage_must(&d->stage, org, (const char *const[]){ "enrol", "-", NULL }, home_str(added, "enrol"),
                   &enrolled, f));
    if (strcmp(roles, "reader") == 0)
        return OK;
    return stage_must(&d->stage, org,
                      (const char *const[]){ "person", "confirm", person, home_str(enrolled, "check"), NULL },
                      NULL, NULL, f);
}

static enum err set_up(struct demo *d, struct fail *f)
{
    static const char *const names[STAGE_ORGS] = { "alder", "birch", "cedar" };
    uint64_t began_ms = time_mono_ms();
    struct stage_org *org = d->stage.org;
    TRY(stage_open(&d->stage, f));
    for (size_t i = 0; i < STAGE_ORGS; i++)
        TRY(make_org(d, &org[i], names[i], f));
    for (size_t i = 0; i < STAGE_ORGS; i++)
        for (size_t k = 0; k < STAGE_ORGS; k++)
            if (i != k)
                TRY(introduce(d, &org[i], &org[k], f));
    TRY(make_person(d, &org[ALDER], AMY, "reader,author,officer", f));
    TRY(make_person(d, &org[BIRCH], BOB, "reader", f));
    TRY(make_person(d, &org[BIRCH], PAT, "reader,authority", f));
    TRY(make_person(d, &org[CEDAR], CYD, "reader", f));
    TRY(stage_must(&d->stage, &org[ALDER], (const char *const[]){ "read-in", AMY, "SOURCE", NULL }, NULL,
                   NULL, f));
    d->warning = str_format("%s/warning.md", d->stage.dir);
    d->carried = str_format("%s/carried.orcon", d->stage.dir);
    TRY(file_write(d->warning, bytes_str(report_text), 0600, f));
    if (!d->quiet)
        cli_print(stdout,
                  "Three organisations on this machine: alder (originator), birch (partner),\n"
                  "cedar (third party). Set up in %.1f s. To paste the commands below elsewhere:\n"
                  "   export ORCON_PROFILES=%s PATH=$PATH:%.*s\n",
                  (double)(time_mono_ms() - began_ms) / 1000, d->stage.profiles,
                  (int)(strrchr(d->stage.exe, '/') - d->stage.exe), d->stage.exe);
    return OK;
}

/* The story --------------------------------------------------------------------------------------------------- */

static const json_t *portion(const json_t *opened, int n)
{
    const json_t *list = json_object_get(opened, "portions");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_integer_value(json_object_get(json_array_get(list, i), "n")) == n)
            return json_array_get(list, i);
    return NULL;
}

static bool is_open(const json_t *opened, int n)
{
    return strcmp(home_str(portion(opened, n), "state"), "open") == 0;
}

static enum err say(struct demo *d, const char *const *args, struct said *said, struct fail *f)
{
    const char *with_json[33] = { "--json" };
    for (size_t i = 0; i < 31 && args[i]; i++)
        with_json[i + 1] = args[i];
    show_command(d, args);
    return stage_run(&d->stage, NULL, with_json, NULL, said, f);
}

static enum err line_share(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said said = { 0 };
    tell(d, "1 amy at alder shares a report of three portions with birch");
    TRY(say(d, (const char *const[]){ "--as", AMY, "share", d->warning, "--to", "birch.example", NULL },
            &said, f));
    const char *id = home_str(said.json, "report");
    check(d, "share",
          said.status == 0 && strlen(id) == 36 && strcmp(home_str(said.json, "delivery"), "delivered") == 0 &&
              strcmp(home_str(said.json, "banner"), "TLP:RED//alder.example/SOURCE//ORCON") == 0,
          "delivered to birch, banner TLP:RED//SOURCE//ORCON");
    if (strlen(id) != 36)
        return fail_set(f, E_INTERNAL, "nothing was shared: %.300s", buf_text(&said.err));
    snprintf(d->report, sizeof d->report, "%s", id);
    short_print(id, 4, d->brief);
    return OK;
}

static enum err line_open(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said said = { 0 };
    tell(d, "2 bob at birch opens it: two portions readable, the source withheld");
    TRY(say(d, (const char *const[]){ "--as", BOB, "open", d->brief, NULL }, &said, f));
    check(d, "open", said.status == 0 && is_open(said.json, 1) && is_open(said.json, 2),
          "bob was briefed on portions 1 and 2 by alder's node");
    check(d, "withheld",
          portion(said.json, 3) && !is_open(said.json, 3) &&
              strcmp(home_str(portion(said.json, 3), "reason"), "compartment") == 0,
          "portion 3 is withheld: he is not read in to alder.example/SOURCE");
    return OK;
}

/* Whether alder's officers see who tried with whose copy. */
static enum err alerted(struct demo *d, bool *yes, struct fail *f)
{
    AUTO(json_freep) json_t *inbox = NULL;
    TRY(stage_must(&d->stage, NULL, (const char *const[]){ "--as", AMY, "inbox", NULL }, NULL, &inbox, f));
    const json_t *items = json_object_get(inbox, "items");
    *yes = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *about = json_object_get(item, "about");
        *yes = *yes || (strcmp(home_str(item, "kind"), "alert") == 0 &&
                        strcmp(home_str(item, "from"), "cedar.example") == 0 &&
                        strcmp(home_str(about, "copy_of"), "birch.example") == 0 &&
                        strcmp(home_str(about, "by"), CYD) == 0);
    }
    return OK;
}

/* By rule it can't go, so it goes by hand: and does not open. */
static enum err line_unasked(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said forwarded = { 0 };
    AUTO(said_clear) struct said exported = { 0 };
    AUTO(said_clear) struct said imported = { 0 };
    AUTO(said_clear) struct said opened = { 0 };
    bool alert;
    tell(d, "3 birch passes portion 1 to cedar without asking: cyd can't open it");
    TRY(say(d,
            (const char *const[]){ "--as", BOB, "forward", d->brief, "--to", "cedar.example", "--portion",
                                   "1", NULL },
            &forwarded, f));
    check(d, "forward refused", forwarded.status == 4, "by rule it can't go: ORCON, ask the originator");
    TRY(say(d, (const char *const[]){ "--as", BOB, "export", d->brief, "-o", d->carried, NULL }, &exported,
            f));
    TRY(say(d, (const char *const[]){ "--as", CYD, "import", d->carried, NULL }, &imported, f));
    TRY(say(d, (const char *const[]){ "--as", CYD, "open", d->brief, NULL }, &opened, f));
    check(d, "unasked",
          exported.status == 0 && imported.status == 0 && opened.status >= 3 && !is_open(opened.json, 1),
          "handed over as a file it is refused by alder's node: issued to birch");
    TRY(alerted(d, &alert, f));
    check(d, "alert", alert, "alder is alerted: copy of birch.example, tried by " CYD);
    return OK;
}

static enum err ask_and_grant(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said asked = { 0 };
    AUTO(said_clear) struct said granted = { 0 };
    uint64_t began_ms = time_mono_ms();
    char answered[80];
    TRY(say(d,
            (const char *const[]){ "--as", BOB, "request", d->brief, "--to", "cedar.example", "--portion",
                                   "1", "--reason", "joint operation Friday", "--by", "+4h", NULL },
            &asked, f));
    snprintf(d->request, sizeof d->request, "%s", home_str(asked.json, "request"));
    check(d, "request", asked.status == 0 && strlen(d->request) == 36, "alder's officers have the request");
    TRY(say(d,
            (const char *const[]){ "--as", AMY, "grant", d->request, "--until", "+7d", "--note",
                                   "not to media", NULL },
            &granted, f));
    snprintf(answered, sizeof answered, "granted for a week; answered in %.1f s",
             (double)(time_mono_ms() - began_ms) / 1000);
    check(d, "grant", granted.status == 0 && strcmp(home_str(granted.json, "state"), "granted") == 0,
          answered);
    return OK;
}

static enum err line_request(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said forwarded = { 0 };
    AUTO(said_clear) struct said opened = { 0 };
    tell(d, "4 bob passes on the tearline (no leave needed), and asks for portion 1");
    TRY(say(d, (const char *const[]){ "--as", BOB, "forward", d->brief, "--to", "cedar.example", NULL },
            &forwarded, f));
    check(d, "forward",
          forwarded.status == 0 && strcmp(home_str(forwarded.json, "state"), "granted") == 0 &&
              portion(forwarded.json, 2) && !portion(forwarded.json, 1) && !portion(forwarded.json, 3),
          "portion 2 goes by rule: alder's node granted it, and delivers to cedar");
    TRY(ask_and_grant(d, f));
    TRY(say(d, (const char *const[]){ "--as", CYD, "open", d->brief, NULL }, &opened, f));
    check(d, "granted",
          opened.status == 0 && is_open(opened.json, 1) && is_open(opened.json, 2) &&
              !portion(opened.json, 3),
          "cyd reads portions 1 and 2, from copies made for cedar; it has no other");
    return OK;
}

static enum err line_evidence(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said asked = { 0 };
    AUTO(said_clear) struct said verified = { 0 };
    AUTO(str_freep) char *target = str_format("%s/3", d->brief);
    AUTO(str_freep) char *file = str_format("%s/pat-%s-3.evidence", d->stage.dir, d->brief);
    AUTO(str_freep) char *cards = str_format("%s/alder.card,%s/birch.card", d->stage.dir, d->stage.dir);
    char what[160];
    tell(d, "7 Was pat briefed on the source?");
    TRY(say(d, (const char *const[]){ "--as", AMY, "briefed", PAT, target, "--evidence", file, NULL }, &asked,
            f));
    const char *entry = strchr(home_str(asked.json, "entry"), '/');
    snprintf(what, sizeof what, "no briefing on record up to entry %.20s; proof: pat-%s-3.evidence",
             entry ? entry + 1 : "?", d->brief);
    check(d, "no-record",
          asked.status == 0 && json_is_false(json_object_get(asked.json, "briefed")) &&
              strncmp(home_str(asked.json, "basis"), "monitored by ", 13) == 0,
          what);
    TRY(say(d, (const char *const[]){ "verify", file, "--card", cards, NULL }, &verified, f));
    check(d, "evidence",
          verified.status == 0 && json_is_true(json_object_get(verified.json, "verified")) &&
              strcmp(home_str(verified.json, "claim"), "no-record") == 0,
          "verified by cedar with nothing but the cards of alder and birch, offline");
    return OK;
}

/* Whether alder's officers have this override in their inbox, its review open. */
static enum err reviewed(struct demo *d, const char *override, bool *open, struct fail *f)
{
    AUTO(json_freep) json_t *inbox = NULL;
    TRY(stage_must(&d->stage, NULL, (const char *const[]){ "--as", AMY, "inbox", NULL }, NULL, &inbox, f));
    const json_t *items = json_object_get(inbox, "items");
    *open = false;
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i), *about = json_object_get(item, "about");
        *open = *open || (strcmp(home_str(item, "kind"), "override") == 0 &&
                          strcmp(home_str(about, "override"), override) == 0);
    }
    return OK;
}

static enum err line_override(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said opened = { 0 };
    AUTO(said_clear) struct said said = { 0 };
    uint64_t began_ms;
    char told[80];
    bool open;
    tell(d, "5 pat, birch's authority, overrides for portion 1, by voice, to an outsider");
    TRY(say(d, (const char *const[]){ "--as", PAT, "open", d->brief, NULL }, &opened, f));
    began_ms = time_mono_ms();
    TRY(say(d,
            (const char *const[]){ "--as", PAT, "override", d->brief, "--portion", "1", "--oral", "--to",
                                   "S. Lind, ministry of cedar", "--reason",
                                   "threat to life: flights tomorrow", NULL },
            &said, f));
    snprintf(told, sizeof told, "recorded; alder's receipt after %.1f s",
             (double)(time_mono_ms() - began_ms) / 1000);
    check(d, "override",
          opened.status == 0 && said.status == 0 && strlen(home_str(said.json, "override")) == 36 &&
              *home_str(said.json, "receipt"),
          told);
    TRY(reviewed(d, home_str(said.json, "override"), &open, f));
    check(d, "review", open, "alder's officers have it; its review is open until they close it");
    return OK;
}

static enum err line_source(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said said = { 0 };
    tell(d, "6 pat tries to override on the source");
    TRY(say(d,
            (const char *const[]){ "--as", PAT, "override", d->brief, "--portion", "3", "--oral", "--to",
                                   "S. Lind, ministry of cedar", "--reason", "who says so?", NULL },
            &said, f));
    check(d, "override refused",
          said.status == 3 && strstr(buf_text(&said.err), "no briefing of " PAT) != NULL,
          "refused: no briefing of pat on portion 3 is on record");
    return OK;
}

static enum err line_record(struct demo *d, struct fail *f)
{
    AUTO(said_clear) struct said here = { 0 };
    AUTO(said_clear) struct said there = { 0 };
    tell(d, "8 birch's record as alder and as birch compute it");
    TRY(say(d, (const char *const[]){ "--as", AMY, "partner", "show", "birch.example", NULL }, &here, f));
    TRY(say(d, (const char *const[]){ "--as", BOB, "partner", "show", "alder.example", NULL }, &there, f));
    const json_t *ours = json_object_get(json_array_get(json_object_get(here.json, "partners"), 0), "record");
    const json_t *theirs =
        json_object_get(json_array_get(json_object_get(there.json, "partners"), 0), "record");
    AUTO(str_freep) char *a = json_text(ours ? ours : json_null());
    AUTO(str_freep) char *b = json_text(theirs ? theirs : json_null());
    check(d, "record",
          ours && strcmp(a, b) == 0 &&
              json_integer_value(
                  json_object_get(json_object_get(ours, "y1"), "overrides_by_birch.example")) == 1 &&
              json_integer_value(
                  json_object_get(json_object_get(ours, "y1"), "uncoordinated_of_birch.example")) == 1,
          "identical, to the byte: one override, one refused attempt");
    return OK;
}

static enum err play(struct demo *d, struct fail *f)
{
    static enum err (*const lines[])(
        struct demo *, struct fail *) = { line_share,    line_open,   line_unasked,  line_request,
                                          line_override, line_source, line_evidence, line_record };
    for (size_t i = 0; i < COUNT(lines); i++) {
        wait_for_enter(d);
        TRY(lines[i](d, f));
    }
    return OK;
}

/* The people's keys are in their profiles; a browser makes its own, by an address that counts once. */
static enum err open_desks(struct demo *d, struct fail *f)
{
    static const struct {
        const char *person;
        int org;
    } people[] = { { AMY, ALDER }, { BOB, BIRCH }, { PAT, BIRCH }, { CYD, CEDAR } };
    puts("The desk is open for each of them. Open an address once: it makes that browser's key.");
    for (size_t i = 0; i < COUNT(people); i++) {
        AUTO(json_freep) json_t *added = NULL;
        AUTO(json_freep) json_t *said = NULL;
        TRY(stage_must(&d->stage, &d->stage.org[people[i].org],
                       (const char *const[]){ "person", "add", people[i].person, NULL }, NULL, &added, f));
        TRY(stage_desk(&d->stage, home_str(added, "enrol"), DESK_PORT + 1 + (unsigned)i, &said, f));
        cli_print(stdout, "   %.3s  %s\n", people[i].person, home_str(said, "enrol"));
    }
    print_say(
        "Such a key reads. What else its person may do waits until its six words are confirmed: orcon --home "
        "%s person confirm %s WORDS",
        d->stage.org[ALDER].home, AMY);
    return OK;
}

static void stay(struct demo *d)
{
    sigset_t signals;
    int got;
    struct fail why = { 0 };
    cli_print(stdout, "The nodes run: alder %s, birch %s,\ncedar %s. Ctrl-C stops and removes all.\n",
              d->stage.org[ALDER].url, d->stage.org[BIRCH].url, d->stage.org[CEDAR].url);
    if (!desk_local_has_page())
        puts("This program was built without the desk, its web page: see docs/desk-serving.md.");
    else if (open_desks(d, &why) != OK)
        cli_print(stdout, "The desk does not open: %s\n", why.what);
    fflush(stdout);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigwait(&signals, &got);
}

static void demo_clear(struct demo *d)
{
    stage_close(&d->stage);
    json_decref(d->checks);
    mem_freep(&d->warning);
    mem_freep(&d->carried);
}

enum err verb_demo(struct cli *c, int argc, char **argv, struct fail *f)
{
    bool only_check = false, pause = false;
    const struct cli_option options[] = { { "check", 0, NULL, &only_check }, { "pause", 0, NULL, &pause } };
    AUTO(demo_clear) struct demo d = { .c = c, .checks = json_array(), .good = true };
    sigset_t signals;
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    d.pause = pause;
    d.quiet = c->json;
    /* blocked from the start: whenever they come, the stage is taken down in order */
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    TRY(set_up(&d, f));
    TRY(play(&d, f));
    if (c->json) {
        json_t *answer = json_object();
        json_set_take(answer, "checks", json_incref(d.checks));
        cli_json(answer);
    } else if (!only_check && d.good) {
        stay(&d);
    }
    return d.good ? OK : fail_set(f, E_INTERNAL, "a step of the story is broken: see NOT SO above");
}
