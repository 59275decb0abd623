/* SPDX-License-Identifier: Apache-2.0
 * passphrase: put this person's device key under a passphrase, under another, or under none. */
#include "cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "cli/verbs.h"

#define ROOM (KEY_PASSPHRASE_MAX + 2) /* an end of line, and one byte that says that it is too long */

static ssize_t take(int fd, struct buf *out)
{
    uint8_t text[ROOM];
    ssize_t n = read(fd, text, sizeof text);
    if (n > 0)
        buf_put(out, text, (size_t)n);
    wipe(text, sizeof text);
    return n;
}

/* Whoever may read the file has the passphrase: it is its owner's alone, like the key. */
static enum err from_file(const char *path, struct buf *out, struct fail *f)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool opened = fd >= 0 && fstat(fd, &st) == 0;
    bool apart = opened && !(st.st_mode & 077);
    ssize_t n = apart ? take(fd, out) : 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (!opened || n < 0)
        return fail_set(f, E_USAGE, "cannot read the passphrase in %s: %s", path, strerror(why));
    return apart ? OK : fail_set(f, E_USAGE, "%s may be read by others: chmod 600", path);
}

static enum err from_terminal(int tty, const char *question, struct buf *out, struct fail *f)
{
    struct termios was, quiet;
    if (tcgetattr(tty, &was) != 0)
        return fail_set(f, E_IO, "cannot hide what is typed: %s", strerror(errno));
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ICANON;
    sigset_t before, waits; /* Ctrl-C counts once the terminal shows again what is typed */
    sigemptyset(&waits);
    sigaddset(&waits, SIGINT);
    sigaddset(&waits, SIGTSTP);
    sigprocmask(SIG_BLOCK, &waits, &before);
    (void)tcsetattr(tty, TCSAFLUSH, &quiet); /* before the question: an answer that is quick is not dropped */
    dprintf(tty, "%s: ", question);
    ssize_t n = take(tty, out);
    (void)tcsetattr(tty, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &before, NULL);
    dprintf(tty, "\n");
    return n < 0 ? fail_set(f, E_IO, "cannot read the passphrase: %s", strerror(errno)) : OK;
}

/* The first line, without its end. A buffer that is full may have cut it off. */
static enum err first_line(struct buf *text, struct fail *f)
{
    if (text->len > KEY_PASSPHRASE_MAX)
        return fail_set(f, E_USAGE, "the passphrase is longer than %d bytes", KEY_PASSPHRASE_MAX);
    const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->data) : text->len;
    while (len && text->data[len - 1] == '\r')
        len--;
    text->len = len;
    return len ? OK : fail_set(f, E_USAGE, "the passphrase is empty: nothing was done");
}

static enum err ask(const struct cli *c, const char *question, struct buf *out, struct fail *f)
{
    if (c->passphrase_file) {
        TRY(from_file(c->passphrase_file, out, f));
        return first_line(out, f);
    }
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return fail_set(
            f, E_USAGE,
            "the passphrase of the key is needed, and there is no terminal to ask on: ORCON_PASSPHRASE_FILE");
    enum err e = from_terminal(tty, question, out, f);
    close(tty);
    return e == OK ? first_line(out, f) : e;
}

static struct buf *room(void)
{
    return buf_new_secret(ROOM);
}

enum err passphrase_new(const struct cli *c, struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *first = room();
    AUTO(buf_freep) struct buf *again = room();
    TRY(ask(c, "New passphrase", first, f));
    if (!c->passphrase_file) {
        TRY(ask(c, "The same again", again, f));
        if (first->len != again->len || !same(first->data, again->data, first->len))
            return fail_set(f, E_USAGE, "the two differ: nothing was done");
    }
    buf_put(out, first->data, first->len);
    return buf_check(out, "passphrase", f);
}

enum err passphrase_open(const struct cli *c, struct profile *p, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = room();
    if (p->key)
        return OK;
    AUTO(str_freep) char *question = str_format("Passphrase of %s", p->person);
    TRY(ask(c, question, text, f));
    return profile_unlock(p, bytes_of(text), f);
}

enum err verb_passphrase(struct cli *c, int argc, char **argv, struct fail *f)
{
    AUTO(profile_freep) struct profile *p = NULL;
    AUTO(buf_freep) struct buf *text = room();
    struct cli now = *c;
    const char *next = NULL;
    bool none = false;
    const struct cli_option options[] = { { "none", 0, NULL, &none }, { "new-file", 0, &next, NULL } };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    TRY(cli_arguments(argc, 0, 0, "", f));
    if (none && next)
        return fail_set(f, E_USAGE, "--none takes the passphrase away: without --new-file");
    TRY(crypto_start(f));
    TRY(profile_load(c->profiles, c->as, &p, f));
    if (next || !p->key) /* the one that opens it is not the new one */
        now.passphrase_file = next;
    TRY(passphrase_open(c, p, f));
    if (!none)
        TRY(passphrase_new(&now, text, f));
    TRY(profile_lock(p, bytes_of(text), f));
    if (c->json)
        cli_json(json_pack("{s:s,s:b}", "person", p->person, "passphrase", !none));
    else if (none)
        cli_print(stdout, "The key of %s lies under no passphrase now.\n", p->person);
    else
        cli_print(
            stdout,
            "The key of %s lies under its passphrase. There is no other way to it:\nwho forgets it enrols "
            "anew.\n",
            p->person);
    return OK;
}
