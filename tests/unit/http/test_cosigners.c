/* SPDX-License-Identifier: Apache-2.0
 * Who cosigns us, and how they can fail: garbage, silence, a wrong clock, and a witness that saw more than we have. */
#include <spawn.h>
#include <sys/wait.h>

#include "exchange/cosigners.h"
#include "exchange/doctor.h"
#include "exchange/journal.h"
#include "exchange/publisher.h"
#include "http/server.h"
#include "ledger/witness.h"
#include "nodes.h"
#include "store/item.h"
#include "store/store.h"
#include "store/writer.h"

static struct site alder, birch, spare;
static char dir[] = "/tmp/orcon-cosigners-XXXXXX";

static enum err remark(struct db *db, void *ctx, struct fail *f)
{
    struct node *n = ctx;
    struct journal_event e = { .kind = KIND_REMARK,
                               .organisation = n->conf.domain,
                               .actor = "@alder.example" };
    return journal_enter(n, db, &e, NULL, f);
}

static uint64_t write_entry(struct node *n)
{
    struct fail f = { 0 };
    uint64_t size = publisher_size(n->publisher);
    if (!ok(writer_run(n->writer, remark, n, &f) == OK && publisher_wait(n->publisher, size, &f) == OK,
            "an entry at L1: %s", f.what))
        return 0;
    return publisher_size(n->publisher);
}

/* The state of a witness by the name it ends in, "" if there is none. Caller frees. */
static char *member_of(const char *name, const char *member)
{
    AUTO(json_freep) json_t *list = NULL;
    struct fail f = { 0 };
    const json_t *v;
    size_t i;
    if (cosigners_list(alder.n, &list, &f) != OK)
        return str_dup(f.what);
    json_array_foreach (json_object_get(list, "witnesses"), i, v)
        if (strcmp(json_string_value(json_object_get(v, "name")), name) == 0) {
            const char *text = json_string_value(json_object_get(v, member));
            return str_dup(text ? text : "");
        }
    return str_dup("");
}

static bool becomes(const char *name, const char *member, const char *words, unsigned seconds)
{
    for (unsigned i = 0; i < seconds * 20; i++) {
        AUTO(str_freep) char *text = member_of(name, member);
        if (strstr(text, words))
            return ok(true, "%s: %s: %s", name, member, text);
        usleep(50000);
    }
    AUTO(str_freep) char *text = member_of(name, member);
    return ok(false, "%s: %s is '%s', want '%s'", name, member, text, words);
}

/* ---- a witness that answers what a test says ---- */

static struct {
    int status;
    const char *type, *body;
    unsigned sleep_ms;
    unsigned asked;
} says = { 200, "text/plain", "", 0, 0 };

static enum err fake(struct http_call *call, struct fail *f)
{
    (void)f;
    __atomic_add_fetch(&says.asked, 1, __ATOMIC_RELAXED);
    if (says.sleep_ms)
        usleep(says.sleep_ms * 1000);
    http_reply(call, says.status, says.type, bytes_str(says.body));
    return OK;
}

static const struct http_route routes[] = { { "POST", "/w/add-checkpoint", 0, WITNESS_BODY_MAX, fake,
                                              NULL } };

static struct http_server *fake_start(void)
{
    struct fail f = { 0 };
    struct http_server *s = NULL;
    AUTO(buf_freep) struct buf *certificate = buf_new(65536), *key = buf_new_secret(65536);
    if (node_tls(spare.n, certificate, key, &f) == OK) {
        struct http_conf conf = { .listen = spare.n->conf.listen,
                                  .certificate = bytes_of(certificate),
                                  .key = bytes_of(key),
                                  .routes = routes,
                                  .route_count = COUNT(routes) };
        if (http_server_start(&conf, &s, &f) == OK)
            ok(true, "a foreign witness");
    }
    return s ? s : (ok(false, "a foreign witness: %s", f.what), NULL);
}

static void foreign(void)
{
    static const struct {
        int status;
        const char *type, *body, *problem;
    } rows[] = {
        { 409, WITNESS_SIZE_TYPE, "<html>no</html>\n", "409 without a size" },
        { 409, "text/plain", "", "409 without a size" },
        { 409, WITNESS_SIZE_TYPE, "1000000\n", "shows no checkpoint of ours" },
        { 409, WITNESS_SIZE_TYPE, "0\n", "409 to the very size" },
        { 422, "text/plain", "no\nmore", "refuses it: no, and shows no checkpoint of ours" },
        { 200, "text/plain", "", "without its cosignature" },
        { 200, "text/plain", "thank you\n", "without its cosignature" },
        { 200, "text/plain",
          "\xe2\x80\x94 fake.example "
          "kZ9/cAAAAABpVdwd6ATTVQVysZkeIdiqqDOV3Wq5G0grn/TVE0GLYOyfRm+Er4szgspiU/yI4cU3SYT35Q+"
          "z6J4uJiWDjyzvrCbrCA==\n",
          "without its cosignature" },
        { 429, "text/plain", "slow down", "status 429: slow down" },
        { 500, "text/html", "\x1b[2Jboom\xff\n", "status 500: ?[2Jboom?" },
    };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *key = NULL;
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    struct note_key name;
    struct buf pk;
    char vkey[NOTE_VKEY_SIZE];
    struct http_server *server = fake_start();
    if (!server)
        return;
    buf_init(&pk, 32);
    if (!ok(key_make(KEY_ED25519, &key, &f) == OK, "its key"))
        return;
    key_write_public(key, &pk);
    if (note_key_make("fake.example", NOTE_COSIGNATURE, pk.data, &name, &f) != OK)
        return;
    buf_clear(&pk);
    note_key_print(&name, vkey);
    AUTO(str_freep) char *url = str_format("%s/w/", spare.n->conf.url);
    ok(cosigners_add(alder.n, "http://127.0.0.1/w", vkey, true, NULL) == E_USAGE, "not over http");
    ok(cosigners_add(alder.n, url, "fake.example+00000000+AAAA", true, NULL) == E_USAGE, "not without a key");
    ok(cosigners_add(alder.n, url, vkey, true, &f) == OK, "added: %s", f.what);
    ok(cosigners_add(alder.n, url, vkey, true, NULL) == E_CONFLICT, "once");
    for (size_t i = 0; i < COUNT(rows); i++) {
        says.status = rows[i].status;
        says.type = rows[i].type;
        says.body = rows[i].body;
        cosigners_changed(alder.n->cosigners); /* at once, not after its pause */
        becomes("fake.example", "problem", rows[i].problem, 10);
        ok(cosigners_halted(alder.n, &f) == OK, "a claim without our signature stops nothing");
    }
    becomes("fake.example", "state", "failing", 1);
    says.sleep_ms = 5000;
    cosigners_changed(alder.n->cosigners);
    uint64_t size = write_entry(alder.n), from_ms = time_mono_ms();
    bool both = cosigners_wait(alder.n, size, true, 5000, &c, &f) == OK && c.witnessed && c.monitored;
    ok(both && time_mono_ms() - from_ms < 4000, "a witness that never answers holds up nobody: %llu ms",
       (unsigned long long)(time_mono_ms() - from_ms));
    becomes("fake.example", "problem", "in time", 10);
    unsigned before = __atomic_load_n(&says.asked, __ATOMIC_RELAXED);
    for (int i = 0; i < 30; i++)
        (void)write_entry(alder.n);
    ok(__atomic_load_n(&says.asked, __ATOMIC_RELAXED) - before < 10, "and is not asked for every checkpoint");
    AUTO(json_freep) json_t *doctor = NULL;
    AUTO(str_freep) char *text = doctor_run(alder.n, &doctor, &f) == OK ? json_text(doctor) : NULL;
    ok(text && strstr(text, "don't cosign; fake.example"), "doctor says so");
    ok(cosigners_remove(alder.n, "fake.example", &f) == OK, "removed: %s", f.what);
    ok(cosigners_remove(alder.n, "fake.example", NULL) == E_NOT_FOUND, "once");
    ok(cosigners_remove(alder.n, "birch.example/witness", NULL) == E_CONFLICT, "a partner is not removed so");
    says.sleep_ms = 0;
    http_server_stop(server, 0);
}

/* ---- clocks ---- */

static _Atomic uint64_t skew_ms;

static uint64_t skewed(void)
{
    return time_now_ms() + skew_ms;
}

static bool clock_becomes(enum err want, unsigned seconds)
{
    struct fail f = { 0 };
    for (unsigned i = 0; i < seconds * 20; i++) {
        fail_clear(&f);
        if (cosigners_clock(alder.n, &f) == want)
            return ok(want == OK || f.reason == REASON_CLOCK, "the clock: %s", want == OK ? "right" : f.what);
        usleep(50000);
    }
    return ok(false, "the clock: %s", f.what);
}

static void clocks(void)
{
    AUTO(json_freep) json_t *doctor = NULL;
    struct fail f = { 0 };
    clock_becomes(OK, 1);
    skew_ms = 50000;
    birch.n->now_ms = skewed;
    (void)write_entry(alder.n);
    usleep(800000);
    clock_becomes(OK, 1);
    skew_ms = 120000;
    (void)write_entry(alder.n);
    clock_becomes(E_UNAVAILABLE, 5);
    AUTO(str_freep) char *text = doctor_run(alder.n, &doctor, &f) == OK ? json_text(doctor) : NULL;
    ok(text && strstr(text, "clock is off"), "doctor says so");
    skew_ms = 0; /* asked again without a new entry */
    clock_becomes(OK, 15);
}

/* ---- a home that was put back ---- */

static enum err count_alert(const struct item_row *row, void *ctx, struct fail *f)
{
    size_t *count = ctx;
    (void)f;
    *count += strcmp(row->kind, "alert") == 0 && strstr(row->about, "that is not ours") != NULL;
    return OK;
}

static size_t alerts(struct node *n)
{
    AUTO(store_read_endp) struct db *db = NULL;
    const char *officer = "officer";
    size_t count = 0;
    if (store_read_begin(n->store, &db, NULL) != OK ||
        store_item_list(db, &officer, 1, true, 0, 100, count_alert, &count, NULL) != OK)
        ok(false, "alerts");
    return count;
}

static bool reopen(const char *home)
{
    struct fail f = { 0 };
    return ok(node_open(home, false, &alder.n, &f) == OK && node_network_client(alder.n, &f) == OK &&
                  node_server_start(alder.n, &alder.server, &f) == OK &&
                  cosigners_open(alder.n, &alder.n->cosigners, &f) == OK,
              "alder is back: %s", f.what);
}

static void close_alder(void)
{
    node_server_stop(alder.server);
    node_close(alder.n);
}

static bool copy_tree(const char *from, const char *to)
{
    char cp[] = "cp", recursive[] = "-r";
    AUTO(str_freep) char *source = str_dup(from), *target = str_dup(to);
    char *const args[] = { cp, recursive, source, target, NULL };
    char *const environment[] = { NULL };
    pid_t child;
    int status = -1;
    return posix_spawn(&child, "/bin/cp", NULL, NULL, args, environment) == 0 &&
           waitpid(child, &status, 0) == child && status == 0;
}

static void put_back(void)
{
    AUTO(str_freep) char *home = str_dup(alder.n->home);
    AUTO(str_freep) char *other = str_format("%s/copy", dir);
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    struct fail f = { 0 };
    close_alder();
    if (!ok(copy_tree(home, other), "a copy of the home") || !reopen(home))
        return;
    uint64_t size = write_entry(alder.n);
    ok(cosigners_wait(alder.n, size, true, 10000, &c, &f) == OK && c.witnessed, "size %llu is cosigned",
       (unsigned long long)size);
    close_alder();
    if (!reopen(other))
        return;
    ok(cosigners_halted(alder.n, &f) == E_UNAVAILABLE && f.reason == REASON_FORKED,
       "the copy stops before it writes: %s", f.what);
    fail_clear(&f);
    ok(writer_run(alder.n->writer, remark, alder.n, &f) == E_UNAVAILABLE && f.reason == REASON_FORKED,
       "nothing is written: %s", f.what);
    becomes("birch.example/witness", "state", "ahead", 5);
    usleep(300000);
    ok(alerts(alder.n) > 0, "officers are told");
    close_alder();
    fail_clear(&f);
    if (reopen(other))
        ok(cosigners_halted(alder.n, &f) == E_UNAVAILABLE, "and stay stopped after a start");
    close_alder();
    if (!reopen(home))
        return;
    size = write_entry(alder.n);
    cosigned_clear(&c);
    ok(cosigners_wait(alder.n, size, true, 10000, &c, &f) == OK && c.witnessed && c.monitored,
       "while the one that birch knows goes on");
}

int main(void)
{
    struct fail f = { 0 };
    if (!mkdtemp(dir) || !site_make(&alder, dir, "alder.example") ||
        !site_make(&birch, dir, "birch.example") || !site_make(&spare, dir, "spare.example"))
        return tap_done();
    introduce(&alder, &birch);
    introduce(&birch, &alder);
    if (!ok(net_client_new(&client, &f) == OK && node_server_start(alder.n, &alder.server, &f) == OK &&
                node_server_start(birch.n, &birch.server, &f) == OK &&
                cosigners_open(alder.n, &alder.n->cosigners, &f) == OK,
            "alder has partners: %s", f.what))
        return tap_done();
    becomes("birch.example/witness", "state", "good", 10);
    becomes("birch.example/monitor", "state", "good", 10);
    foreign();
    clocks();
    put_back();
    close_alder();
    node_server_stop(birch.server);
    node_close(birch.n);
    node_close(spare.n);
    net_client_free(client);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    return tap_done();
}
