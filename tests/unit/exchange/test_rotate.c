/* SPDX-License-Identifier: Apache-2.0 - keys follow each other: what partners take, what an old key is still good for,
 * and a process that ends between any two steps */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exchange/cards.h"
#include "exchange/node_internal.h"
#include "exchange/own_card.h"
#include "exchange/rotate.h"
#include "home.h"
#include "ledger/statement.h"
#include "store/store.h"

static char dir[] = "/tmp/orcon-rotate-XXXXXX";

/* The linker leads each call that changes a name through here: the process ends before the ${end_at}th. */
static int end_at, calls;
static bool many; /* files beside, of which each is written like the other: not before each of them */

int __real_rename(const char *from, const char *to);
int __real_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);

#define ENDED 77

static void step(void)
{
    if (end_at && ++calls == end_at)
        _exit(ENDED);
}

int __wrap_rename(const char *from, const char *to)
{
    if (!many)
        step();
    return __real_rename(from, to);
}

int __wrap_renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    step();
    int status = __real_renameat2(from_dir, from, to_dir, to, flags);
    step();
    return status;
}

int __wrap_link(const char *from, const char *to)
{
    step();
    return __real_link(from, to);
}

int __wrap_unlink(const char *path)
{
    step();
    return __real_unlink(path);
}

static char *card_text(struct node *n, uint64_t serial)
{
    AUTO(store_read_endp) struct db *db = NULL;
    char *jws = NULL;
    return store_read_begin(n->store, &db, NULL) == OK &&
                   store_card_history(db, n->conf.domain, serial, &jws, NULL) == OK
               ? jws
               : NULL;
}

static uint64_t serial_of(struct node *n, const char *domain)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    return cards_get(n, domain, &ref, NULL) == OK ? ref.card->serial : 0;
}

static const char *text_of(const json_t *v, const char *name)
{
    const char *s = json_string_value(json_object_get(v, name));
    return s ? s : "";
}

static enum err give(struct node *from, struct node *to, uint64_t serial)
{
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    AUTO(str_freep) char *text = card_text(from, serial);
    return text ? cards_take(to, bytes_str(text), false, false, domain, &f) : E_INTERNAL;
}

/* Statements --------------------------------------------------------------------------------------------- */

static char *signed_at(struct node *n, uint64_t at_ms)
{
    AUTO(json_freep) json_t *v = json_object();
    AUTO(buf_freep) struct buf *jws = buf_new(8192);
    char id[37], at[TIME_TEXT_SIZE];
    random_uuid(id);
    time_print(at_ms, at);
    json_set_u64(v, "v", 1);
    json_set_str(v, "kind", "ack");
    json_set_str(v, "id", id);
    json_set_str(v, "iss", n->conf.domain);
    json_set_take(v, "aud", json_pack("[s]", "birch.example"));
    json_set_str(v, "by", "@alder.example");
    json_set_str(v, "at", at);
    json_set_str(v, "report", "");
    json_set_take(v, "portions", json_array());
    json_set_str(v, "ref", "");
    json_set_take(v, "body", json_pack("{s:s}", "digest", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    return keeper_sign(n->keeper, USE_STATEMENT, v, jws, NULL) == OK ? str_dup(buf_text(jws)) : NULL;
}

static enum err verify(struct node *n, const char *jws, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    TRY(cards_get(n, "alder.example", &ref, f));
    TRY(statement_read(bytes_str(jws), 8192, &s, f));
    return statement_verify(s, ref.card, f);
}

static void statements(struct node *alder, struct node *birch)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *made = json_object();
    AUTO(json_freep) json_t *revoked = json_object();
    AUTO(str_freep) char *before = signed_at(alder, test_clock_ms);
    AUTO(str_freep) char *late = signed_at(alder, test_clock_ms + 120000);
    uint64_t serial = serial_of(alder, "alder.example");
    ok(rotate_key(alder, "statement", made, &f) == OK, "a new statement key: %s", f.what);
    ok(serial_of(alder, "alder.example") == serial + 1, "one card more");
    AUTO(str_freep) char *after = signed_at(alder, test_clock_ms);
    ok(verify(birch, after, &f) == E_UNVERIFIED, "birch does not know it: %s", f.what);
    fail_clear(&f);
    ok(give(alder, birch, serial + 1) == OK && verify(birch, after, &f) == OK, "with the card it does: %s",
       f.what);
    ok(verify(birch, before, &f) == OK, "what was signed before holds: %s", f.what);
    ok(verify(birch, late, &f) == E_UNVERIFIED, "not what is dated later: %s", f.what);
    fail_clear(&f);
    ok(rotate_revoke(alder, text_of(made, "key"), revoked, &f) == E_CONFLICT, "the one in use: %s", f.what);
    fail_clear(&f);
    ok(rotate_revoke(alder, "nothing", revoked, &f) == E_NOT_FOUND, "an unknown one: %s", f.what);
    fail_clear(&f);
    ok(serial_of(alder, "alder.example") == serial + 1, "neither changed the card");
    ok(rotate_revoke(alder, text_of(made, "was"), revoked, &f) == OK, "the one before: %s", f.what);
    is_str(text_of(revoked, "use"), "statement", "its use");
    ok(rotate_revoke(alder, text_of(made, "was"), revoked, &f) == E_CONFLICT, "once: %s", f.what);
    fail_clear(&f);
    ok(give(alder, birch, serial + 2) == OK && verify(birch, before, &f) == E_UNVERIFIED,
       "then nothing of it counts: %s", f.what);
    ok(verify(birch, after, &(struct fail){ 0 }) == OK, "the new one does");
}

/* Card keys ---------------------------------------------------------------------------------------------- */

static void cards(struct node *alder, struct node *birch)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *made = json_object();
    AUTO(cards_put) struct card_ref ref = { 0 };
    uint64_t serial = serial_of(alder, "alder.example");
    ok(rotate_key(alder, "card", made, &f) == OK, "a new card key: %s", f.what);
    ok(json_integer_value(json_object_get(made, "serial")) == (json_int_t)serial + 2, "two cards more");
    ok(give(alder, birch, serial + 2) == E_REFUSED, "the second alone is not taken");
    ok(give(alder, birch, serial + 1) == OK && give(alder, birch, serial + 2) == OK, "after the first it is");
    ok(serial_of(birch, "alder.example") == serial + 2, "and is the newest");
    if (!ok(cards_get(birch, "alder.example", &ref, &f) == OK, "read"))
        return;
    const struct card_key *old = card_key(ref.card, "card", text_of(made, "was"));
    is_str(ref.card->jose->kid, text_of(made, "key"), "the new key signed it");
    ok(old && old->revoked_s, "and ended the old one");
}

/* What is sealed ----------------------------------------------------------------------------------------- */

static void sealed(struct node *n)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *made = json_object();
    AUTO(json_freep) json_t *rsa = json_object();
    AUTO(str_freep) char *old = str_dup(n->kas->kid);
    ok(rotate_key(n, "kas", made, &f) == OK, "a new kas key: %s", f.what);
    is_str(text_of(made, "was"), old, "in the place of the one before");
    is_str(n->kas->kid, text_of(made, "key"), "it is the one to seal to");
    ok(own_card_takes(n, n->kas->kid) && own_card_takes(n, old), "for a minute both are taken");
    test_clock_ms += 61000;
    ok(own_card_takes(n, n->kas->kid) && !own_card_takes(n, old), "then the new one");
    ok(!own_card_takes(n, "nothing"), "nor one that never was");
    ok(rotate_key(n, "kas-rsa", rsa, &f) == OK, "the same for other clients: %s", f.what);
    is_str(n->kas_rsa->kid, text_of(rsa, "key"), "it is told");
}

static void refused(struct node *n)
{
    static const struct {
        const char *use;
        enum err want;
    } rows[] = { { "", E_USAGE }, { "kas-", E_USAGE }, { "unlock-", E_USAGE } };
    uint64_t serial = serial_of(n, n->conf.domain);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(json_freep) json_t *out = json_object();
        ok(rotate_key(n, rows[i].use, out, &f) == rows[i].want, "'%s': %s", rows[i].use, f.what);
    }
    ok(serial_of(n, n->conf.domain) == serial, "none of it changed the card");
}

/* TLS ---------------------------------------------------------------------------------------------------- */

static void listener(struct node *n)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *first = json_object();
    AUTO(json_freep) json_t *second = json_object();
    AUTO(cards_put) struct card_ref ref = { 0 };
    uint8_t pin[HASH_LEN];
    ok(rotate_key(n, "tls", first, &f) == OK, "a key for the listener: %s", f.what);
    is_str(text_of(first, "state"), "announced", "in the card first");
    ok(rotate_key(n, "tls", second, &f) == OK, "then in use: %s", f.what);
    is_str(text_of(second, "state"), "in use", "it is");
    is_str(text_of(second, "key"), text_of(first, "key"), "that one");
    ok(own_card_pin(n, HOME_TLS, pin, &f) == OK && cards_get(n, n->conf.domain, &ref, &f) == OK &&
           ref.card->pin_count == 2 && memcmp(ref.card->pins[0], pin, HASH_LEN) == 0,
       "the card names it first, and the one that a running server still has");
}

/* The unlock key ------------------------------------------------------------------------------------------ */

static bool read_unlock(const struct node *n, struct buf *out)
{
    AUTO(str_freep) char *path = node_path(n, HOME_UNLOCK);
    return file_read(path, out, NULL) == OK && out->len == 32;
}

static struct node *unlocked(struct node *n, const char *home)
{
    struct fail f = { 0 };
    struct node *again = NULL;
    AUTO(json_freep) json_t *made = json_object();
    AUTO(json_freep) json_t *late = json_object();
    AUTO(buf_freep) struct buf *before = buf_new_secret(64);
    AUTO(buf_freep) struct buf *after = buf_new_secret(64);
    AUTO(buf_freep) struct buf *none = buf_new(4096);
    uint64_t serial = serial_of(n, n->conf.domain);
    const uint8_t no_key[] = { 0, 5, 'n', 'o', 'k', 'e', 'y' };
    ok(keeper_reseal(n->keeper, BYTES(no_key, sizeof no_key), 2, none, &f) != OK, "what is no key: %s",
       f.what);
    fail_clear(&f);
    ok(read_unlock(n, before) && rotate_key(n, "unlock", made, &f) == OK, "a new unlock key: %s", f.what);
    is_str(text_of(made, "state"), "in use", "it is told");
    ok(read_unlock(n, after) && memcmp(before->data, after->data, 32) != 0, "another one lies there");
    ok(rotate_key(n, "kas", late, &f) == E_UNAVAILABLE, "this process seals nothing any more: %s", f.what);
    fail_clear(&f);
    node_close(n);
    if (!ok(node_open(home, false, &again, &f) == OK, "it starts with it: %s", f.what))
        exit(1);
    ok(serial_of(again, "alder.example") == serial, "with the card that it had");
    return again;
}

/* A process that ends ------------------------------------------------------------------------------------ */

static int run_and_end(const char *home, const char *use, int at)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct node *n = NULL;
        AUTO(json_freep) json_t *out = json_object();
        if (node_open(home, false, &n, NULL) != OK)
            _exit(1);
        end_at = at;
        many = strcmp(use, "unlock") == 0;
        _exit(rotate_key(n, use, out, NULL) == OK ? 0 : 2);
    }
    int status = 0;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool leftover(const char *home)
{
    AUTO(str_freep) char *keys = str_format("%s/keys", home);
    bool found = false;
    DIR *d = opendir(keys);
    for (struct dirent *e; d && (e = readdir(d));)
        found = found || (strstr(e->d_name, ".next.") && strcmp(e->d_name, "tls.next.key") != 0 &&
                          strcmp(e->d_name, "tls.next.crt") != 0);
    if (d)
        closedir(d);
    AUTO(str_freep) char *beside = str_format("%s/keys.next", home);
    return found || file_exists(beside);
}

/* The key that signs is the one in the card, and the next card follows the last. */
static bool is_whole(struct node *n, const char *use, struct fail *f)
{
    enum key_use which = keeper_use_from_name(use);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    uint64_t serial = serial_of(n, n->conf.domain);
    bool has = true;
    if (which != USE_COUNT && which != USE_KAS_RSA &&
        (own_card_public(n, which, public, f) != OK ||
         own_card_has(n, which, bytes_of(public), &has, f) != OK || !has))
        return false;
    AUTO(str_freep) char *was = card_text(n, serial);
    if (cards_make_own(n, NULL, f) != OK)
        return false;
    AUTO(str_freep) char *is = card_text(n, serial + 1);
    AUTO(card_freep) struct card *last = NULL;
    AUTO(card_freep) struct card *next = NULL;
    return was && is && card_read(bytes_str(was), &last, f) == OK &&
           card_read(bytes_str(is), &next, f) == OK && card_succeeds(last, next, f) == OK;
}

static void crashes(const char *home)
{
    static const char *const uses[] = { "card", "kas", "unlock", "tls", "tls" };
    for (size_t i = 0; i < COUNT(uses); i++) {
        int status = ENDED;
        for (int at = 1; status == ENDED && at < 12; at++) {
            struct fail f = { 0 };
            struct node *n = NULL;
            status = run_and_end(home, uses[i], at);
            ok(status == ENDED || status == 0, "%s, ended before step %d: %d", uses[i], at, status);
            if (ok(node_open(home, false, &n, &f) == OK, "it starts: %s", f.what))
                ok(is_whole(n, uses[i], &f) && !leftover(home), "with the old or the new: %s", f.what);
            node_close(n);
        }
        ok(status == 0, "%s: to its end", uses[i]);
    }
}

int main(void)
{
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    if (!mkdtemp(dir))
        return 1;
    struct node *alder = home_make(dir, "alder.example"), *birch = home_make(dir, "birch.example");
    AUTO(str_freep) char *card = card_text(alder, 1);
    AUTO(str_freep) char *home = str_format("%s/birch.example", dir);
    AUTO(str_freep) char *alder_home = str_format("%s/alder.example", dir);
    ok(card && cards_take(birch, bytes_str(card), true, false, domain, &f) == OK,
       "birch has alder's card: %s", f.what);
    statements(alder, birch);
    cards(alder, birch);
    sealed(alder);
    refused(alder);
    listener(alder);
    alder = unlocked(alder, alder_home);
    node_close(alder);
    node_close(birch);
    crashes(home);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
