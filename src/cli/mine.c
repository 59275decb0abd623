/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/mine.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"
#include "base/utf8.h"
#include "cli/home.h"
#include "cli/passphrase.h"
#include "cli/print.h"
#include "client/choice.h"

enum err mine_begin(const struct cli *c, struct mine *m, struct fail *f)
{
    TRY(crypto_start(f));
    TRY(profile_load(c->profiles, c->as, &m->profile, f));
    TRY(passphrase_open(c, m->profile, f));
    return session_new(m->profile, &m->session, f);
}

void mine_end(struct mine *m)
{
    session_freep(&m->session);
    profile_freep(&m->profile);
}

enum err mine_text(const char *text, const char *option, bool needed, struct fail *f)
{
    struct bytes v = bytes_str(text ? text : "");
    if (needed && strspn((const char *)v.data, " \t\r\n") == v.len)
        return fail_set(f, E_USAGE, "%s is needed, and not blank", option);
    if (v.len > MINE_TEXT_MAX)
        return fail_set(f, E_USAGE, "%s is longer than %d bytes", option, MINE_TEXT_MAX);
    if (utf8_valid(v) < v.len)
        return fail_set(f, E_USAGE, "%s is not UTF-8", option);
    return OK;
}

enum err mine_time(const char *text, char out[static TIME_TEXT_SIZE], struct fail *f)
{
    uint64_t ms;
    *out = '\0';
    if (!text)
        return OK;
    TRY(time_read_by(text, time_now_ms(), &ms, f));
    time_print(ms, out);
    return OK;
}

enum err mine_precedence(const char *text, struct fail *f)
{
    static const char *const known[] = { "routine", "priority", "immediate", "flash" };
    for (size_t i = 0; text && i < COUNT(known); i++)
        if (strcmp(known[i], text) == 0)
            return OK;
    return text ? fail_set(f, E_USAGE, "--precedence is routine, priority, immediate or flash, not '%.40s'",
                           text)
                : OK;
}

void mine_short(struct mine *m, const char *kind, const char *id, char out[static 25])
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *path = str_format("/v1/%s/%s", kind, id);
    short_print(id, 4, out);
    if (session_get(m->session, path, &answer, NULL) == OK && short_is(home_str(answer, "short")))
        memcpy(out, home_str(answer, "short"), strlen(home_str(answer, "short")) + 1);
}

const char *mine_wait(struct mine *m, const char *statement, uint64_t began_ms, char **why)
{
    bool delivered = false;
    if (act_wait(m->session, statement, began_ms + ACT_WAIT_MS, &delivered, why, NULL) != OK)
        return "queued";
    return delivered ? "delivered" : *why ? "refused" : "queued";
}

char *mine_waits_why(struct mine *m, const char *statement)
{
    AUTO(json_freep) json_t *answer = NULL;
    AUTO(str_freep) char *path = str_format("/v1/deliveries/%s", statement);
    if (session_get(m->session, path, &answer, NULL) != OK)
        return NULL;
    const json_t *partners = json_object_get(answer, "partners");
    for (size_t i = 0; i < json_array_size(partners); i++) {
        const json_t *p = json_array_get(partners, i);
        if (strcmp(home_str(p, "state"), "queued") == 0 && *home_str(p, "error"))
            return str_format("%s: %s", home_str(p, "domain"), home_str(p, "error"));
    }
    return NULL;
}

enum err mine_unsent(enum err e, struct fail *f)
{
    struct fail was = *f;
    /* after these it is not known how far it got */
    if (e == OK || e == E_UNAVAILABLE || e == E_IO || e == E_STORE || e == E_INTERNAL)
        return e;
    fail_clear(f);
    fail_set(f, was.code, "%s; nothing was sent", was.what);
    f->reason = was.reason;
    return e;
}

json_t *mine_copy(const json_t *object, const char *name)
{
    json_t *copy = json_deep_copy(json_object_get(object, name));
    return copy ? copy : json_null();
}

enum err mine_portions(const json_t *view, const struct choice *c, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *ids = json_array();
    const json_t *rows = json_object_get(view, "portions");
    *out = NULL;
    for (unsigned n = 0; c->given && n <= CHOICE_MAX; n++) {
        const json_t *found = NULL;
        if (!c->has[n])
            continue;
        for (size_t i = 0; i < json_array_size(rows) + 1 && !found; i++) {
            const json_t *row = i == 0 ? json_object_get(view, "title") : json_array_get(rows, i - 1);
            found = row && json_integer_value(json_object_get(row, "n")) == n ? row : NULL;
        }
        if (!found)
            return fail_why(f, REASON_NOT_HELD, "there is no portion %u of %s here", n,
                            home_str(view, "short"));
        json_array_append_new(ids, json_string(home_str(found, "id")));
    }
    *out = c->given ? json_incref(ids) : NULL;
    return OK;
}

enum err mine_write(const char *path, struct bytes v, struct fail *f)
{
    if (strcmp(path, "-") != 0)
        return file_write(path, v, 0600, f);
    return fwrite(v.data, 1, v.len, stdout) == v.len
               ? OK
               : fail_set(f, E_IO, "cannot write to standard output: %m");
}

enum err mine_second(const char *person, struct fail *f)
{
    if (!person || name_is_person(person))
        return OK;
    return fail_set(f, E_USAGE, "--second '%.80s': not a person, such as olga@alder.example", person);
}

void mine_say_waits(const json_t *waits)
{
    AUTO(buf_freep) struct buf *until = buf_new(64);
    char brief[25];
    short_print(home_str(waits, "second"), 4, brief);
    print_when(home_str(waits, "until"), until);
    print_say("s-%s waits for %s, until %s; nothing was sent", brief, home_str(waits, "person"),
              buf_text(until));
    cli_print(stdout, "What it says: orcon second s-%s --show. Take it back: --withdraw\n", brief);
}
