/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/mailer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/audience.h"
#include "exchange/follower.h"
#include "store/mail.h"
#include "store/notice.h"
#include "store/person.h"
#include "store/store.h"
#include "store/writer.h"

#define PROGRAM_MS  30000
#define DIGEST_MS   3600000
#define DIGEST_MAX  200
#define MESSAGE_MAX 65536

/* The program ---------------------------------------------------------------------------------------------------- */

static void nap_ms(unsigned ms)
{
    const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };
    nanosleep(&t, NULL);
}

static enum err wait_for(pid_t pid, const char *program, struct fail *f)
{
    uint64_t end_ms = time_mono_ms() + PROGRAM_MS;
    int status;
    for (;; nap_ms(10)) {
        pid_t got = waitpid(pid, &status, WNOHANG);
        if (got == pid)
            break;
        if (got < 0 && errno != EINTR)
            return fail_set(f, E_IO, "%s: %s", program, strerror(errno));
        if (time_mono_ms() < end_ms)
            continue;
        kill(pid, SIGKILL);
        waitpid(pid, &status, 0);
        return fail_set(f, E_UNAVAILABLE, "%s was not ready within %d s", program, PROGRAM_MS / 1000);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail_set(f, E_UNAVAILABLE, "%s did not take the message: status %d", program,
                        WIFEXITED(status) ? WEXITSTATUS(status) : 128);
    return OK;
}

/* The message as a file, so that a program that does not read it stops nobody. It gets that on stdin, no other
 * descriptor, and a bare environment; the receiver stands in the message alone. */
static enum err hand_over(const char *program, const struct buf *message, struct fail *f)
{
    AUTO(str_freep) char *own = str_dup(program);
    char no_dots[] = "-i", to_in_text[] = "-t", path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char *const argv[] = { own, no_dots, to_in_text, NULL };
    char *const env[] = { path, NULL };
    AUTO(fd_closep) int fd = memfd_create("mail", MFD_CLOEXEC);
    posix_spawn_file_actions_t actions;
    pid_t pid;
    if (fd < 0 || write(fd, message->data, message->len) != (ssize_t)message->len ||
        lseek(fd, 0, SEEK_SET) != 0)
        return fail_set(f, E_IO, "cannot keep a message: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fd, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    int e = posix_spawn(&pid, own, &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    return e == 0 ? wait_for(pid, program, f)
                  : fail_set(f, E_IO, "cannot start %s: %s", program, strerror(e));
}

/* The message ------------------------------------------------------------------------------------------------------ */

/* What is for one person now: lines of kinds and ids. */
struct letter {
    struct buf *lines;
    size_t count, most;
    uint64_t last_seq, oldest_ms;
    bool flash;
    char subject[100];
};

static enum err add_line(const struct notice_row *row, void *ctx, struct fail *f)
{
    static const struct {
        const char *kind, *text;
    } texts[] = { { "new", "" },
                  { "half", " (half of the time is gone)" },
                  { "last", " (due in 15 minutes)" },
                  { "flash", " (FLASH)" } };
    struct letter *l = ctx;
    const char *note = "", *id = name_is_uuid(row->ref) ? row->ref : row->item;
    (void)f;
    if (l->count == l->most)
        return OK;
    for (size_t i = 0; i < COUNT(texts); i++)
        if (strcmp(texts[i].kind, row->kind) == 0)
            note = texts[i].text;
    buf_printf(l->lines, "%s %s%s\n", row->item_kind, id, note);
    snprintf(l->subject, sizeof l->subject, "%s %s", row->item_kind, id);
    l->oldest_ms = l->count++ == 0 ? row->at_ms : l->oldest_ms;
    l->last_seq = row->seq;
    l->flash = l->flash || strcmp(row->kind, "flash") == 0;
    return OK;
}

static void write_message(const struct node *n, const char *person, const struct letter *l, struct buf *out)
{
    if (l->count == 1)
        buf_printf(out, "Subject: orcon: %s\n", l->subject);
    else
        buf_printf(out, "Subject: orcon: %zu notices\n", l->count);
    buf_printf(out,
               "From: orcon <noreply@%s>\nTo: %s\nMessage-ID: <%llu.%s>\nAuto-Submitted: auto-generated\n"
               "MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n%s\n%s/\norcon inbox\n",
               n->conf.domain, person, (unsigned long long)l->last_seq, person, buf_text(l->lines),
               n->conf.url);
}

/* One receiver ----------------------------------------------------------------------------------------------------- */

struct sent {
    const char *person;
    uint64_t seq;
};

static enum err write_sent(struct db *db, void *ctx, struct fail *f)
{
    const struct sent *s = ctx;
    return store_mail_sent(db, s->person, s->seq, f);
}

static enum err collect(struct node *n, const struct mail_row *row, struct letter *l, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_person_clear) struct person_row person = { 0 };
    AUTO(audience_clear) struct audience mine = { 0 };
    unsigned roles;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    TRY(store_person_get(db, row->person, &person, f));
    if (person.state != PERSON_ACTIVE)
        return OK;
    TRY(auth_roles_read(person.roles, &roles, f));
    TRY(audience_of(n, db, row->person, roles, &mine, f));
    return store_notice_list(db, mine.names, mine.count, row->sent_seq, DIGEST_MAX, add_line, l, f);
}

/* At most one message; ${more} where another may be due. First it is handed over, then that is written: a crash in
 * between sends it again, under the same Message-ID; none is lost. */
static enum err send_one(struct node *n, const struct mail_row *row, bool *more, struct fail *f)
{
    AUTO(buf_freep) struct buf *lines = buf_new(MESSAGE_MAX);
    AUTO(buf_freep) struct buf *message = buf_new(2 * MESSAGE_MAX);
    struct letter l = { .lines = lines, .most = row->mode == MAIL_DIGEST ? DIGEST_MAX : 1 };
    TRY(collect(n, row, &l, f));
    *more = l.count > 0;
    if (l.count == 0)
        return OK;
    if (row->mode == MAIL_DIGEST && !l.flash && l.oldest_ms + DIGEST_MS > n->now_ms()) {
        *more = false;
        return OK;
    }
    write_message(n, row->person, &l, message);
    TRY(buf_check(message, "mail", f));
    TRY(hand_over(n->conf.sendmail, message, f));
    struct sent s = { row->person, l.last_seq };
    return writer_run(n->writer, write_sent, &s, f);
}

static enum err note_person(const struct mail_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, json_string(row->person));
    return OK;
}

static enum err send_next(struct node *n, const char *person, bool *more, struct fail *f)
{
    AUTO(store_mail_clear) struct mail_row row = { 0 };
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        enum err e = store_mail_get(db, person, &row, f);
        *more = false;
        if (store_missing(e, f))
            return OK;
        TRY(e);
    }
    return send_one(n, &row, more, f);
}

static enum err list_people(struct node *n, json_t *people, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(n->store, &db, f));
    return store_mail_list(db, note_person, people, f);
}

/* All that is due. One receiver's failure costs the others nothing; the first is returned. */
static enum err send_due(struct node *n, struct follower *me, struct fail *f)
{
    AUTO(json_freep) json_t *people = json_array();
    enum err result = OK;
    TRY(list_people(n, people, f));
    for (size_t i = 0; i < json_array_size(people); i++) {
        bool more = true;
        while (more && !follower_stopping(me)) {
            struct fail why = { 0 };
            enum err e = send_next(n, json_string_value(json_array_get(people, i)), &more, &why);
            if (e != OK && result == OK)
                result = fail_pass(f, &why);
            if (e != OK)
                break;
        }
    }
    return result;
}

enum err mailer_open(struct node *n, struct follower **out, struct fail *f)
{
    *out = NULL;
    if (!n->conf.sendmail || !*n->conf.sendmail)
        return OK;
    if (*n->conf.sendmail != '/' || access(n->conf.sendmail, X_OK) != 0)
        return fail_set(f, E_INVALID, "orcon.conf: sendmail '%.200s' is no absolute path of a program",
                        n->conf.sendmail);
    return follower_open(n, "mail-postponed", send_due, out, f);
}

/* What people choose ------------------------------------------------------------------------------------------------ */

static enum err write_choice(struct db *db, void *ctx, struct fail *f)
{
    struct mail_row *row = ctx;
    if (row->mode == MAIL_MODES)
        return store_mail_drop(db, row->person, f);
    TRY(store_notice_newest(db, &row->sent_seq, f));
    return store_mail_put(db, row, f);
}

enum err mailer_choose(struct node *n, const struct asker *a, const char *mode, struct fail *f)
{
    struct mail_row row = { .person = a->person, .mode = MAIL_MODES };
    for (unsigned m = 0; m < MAIL_MODES; m++)
        if (strcmp(mode, mail_mode_name((enum mail_mode)m)) == 0)
            row.mode = (enum mail_mode)m;
    if (row.mode == MAIL_MODES && strcmp(mode, "off") != 0)
        return fail_set(f, E_INVALID, "mail is at-once, digest or off, not '%.20s'", mode);
    return writer_run(n->writer, write_choice, &row, f);
}

enum err mailer_view(struct node *n, const struct asker *a, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_mail_clear) struct mail_row row = { 0 };
    TRY(store_read_begin(n->store, &db, f));
    enum err e = store_mail_get(db, a->person, &row, f);
    bool off = store_missing(e, f);
    if (!off)
        TRY(e);
    *out = json_object();
    json_set_str(*out, "mail", off ? "off" : mail_mode_name(row.mode));
    json_set_bool(*out, "sendmail", n->conf.sendmail && *n->conf.sendmail);
    return OK;
}
