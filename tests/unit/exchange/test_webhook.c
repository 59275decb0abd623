/* SPDX-License-Identifier: Apache-2.0 - setting a webhook: what is refused changes nothing; what is kept is private */
#include <sys/stat.h>
#include <unistd.h>

#include "exchange/admin.h"
#include "home.h"

#define PIN  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define GOOD "https://soc.alder.example/orcon?for=1"

static struct node *n;

/* ${pin} may be NULL. Caller owns the answer, NULL on failure. */
static json_t *set(const char *url, const char *pin, enum err *e, struct fail *f)
{
    AUTO(json_freep) json_t *args = json_object();
    json_t *answer = NULL;
    json_set_str(args, "url", url);
    json_set_str(args, "pin", pin);
    *f = (struct fail){ 0 };
    *e = admin_run(n, "webhook-set", args, &answer, f);
    return answer;
}

static json_t *show(void)
{
    AUTO(json_freep) json_t *args = json_object();
    json_t *answer = NULL;
    ok(admin_run(n, "webhook-show", args, &answer, NULL) == OK, "it is shown");
    return answer;
}

static bool shows(const char *url)
{
    AUTO(json_freep) json_t *answer = show();
    const char *is = json_string_value(json_object_get(answer, "url"));
    return is && strcmp(is, url) == 0 && !json_object_get(answer, "secret");
}

static void refused(const char *still)
{
    AUTO(str_freep) char *longest = mem_new(5000);
    memset(longest, 'a', 4999);
    memcpy(longest, "https://", 8);
    const struct {
        const char *url, *pin;
        enum err want;
    } rows[] = {
        { "http://soc.alder.example/", PIN, E_INVALID },
        { "soc.alder.example", PIN, E_INVALID },
        { "", PIN, E_INVALID },
        { "https://", PIN, E_INVALID },
        { "https://me:word@soc.alder.example/", PIN, E_INVALID },
        { "https://soc.alder.example/#part", PIN, E_INVALID },
        { "https://soc.alder.example/\tx", PIN, E_INVALID },
        { "https://soc.alder.example:99999/", PIN, E_INVALID },
        { "file:///etc/passwd", PIN, E_INVALID },
        { longest, PIN, E_INVALID },
        { GOOD, "", E_INVALID },
        { GOOD, "0011", E_INVALID },
        { GOOD, PIN "00", E_INVALID },
        { GOOD, "xx112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", E_INVALID },
        { "https://127.0.0.1:1/", NULL, E_REFUSED }, /* not public, and asked for its key */
        { "https://10.0.0.1/", NULL, E_REFUSED },
        { "https://[::1]/", NULL, E_REFUSED },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f;
        enum err e;
        AUTO(json_freep) json_t *answer = set(rows[i].url, rows[i].pin, &e, &f);
        ok(e == rows[i].want && !answer && shows(still), "%.60s: %d %s", rows[i].url, (int)e, f.what);
    }
}

static void kept(void)
{
    AUTO(str_freep) char *path = node_path(n, "keys/webhook.key");
    struct fail f;
    enum err e;
    struct stat st;
    AUTO(json_freep) json_t *first = set(GOOD, PIN, &e, &f);
    ok(e == OK && shows(GOOD), "one is set, and its secret not shown again: %s", f.what);
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "its file is private");
    AUTO(json_freep) json_t *second = set(GOOD, PIN, &e, &f);
    const char *a = json_string_value(json_object_get(first, "secret"));
    const char *b = json_string_value(json_object_get(second, "secret"));
    ok(a && b && strlen(a) == 64 && strcmp(a, b) != 0, "each setting makes a secret of 32 bytes");
}

static void damaged(void)
{
    AUTO(str_freep) char *path = node_path(n, "keys/webhook.key");
    AUTO(buf_freep) struct buf *v = buf_new(8192);
    AUTO(json_freep) json_t *none = json_object();
    struct fail f = { 0 };
    if (!ok(file_read(path, v, &f) == OK, "the file is read: %s", f.what))
        return;
    for (size_t len = 0; len <= 17 + 65; len += 9) {
        json_t *answer = NULL;
        enum err e = file_write(path, BYTES(v->data, len), 0600, &f);
        ok(e == OK && admin_run(n, "webhook-show", none, &answer, &f) == E_STORE, "cut at %zu: %s", len,
           f.what);
        json_decref(answer);
    }
    json_t *off = NULL;
    ok(admin_run(n, "webhook-off", none, &off, &f) == OK && access(path, F_OK) != 0 && shows(""),
       "it can be ended");
    json_decref(off);
    off = NULL;
    ok(admin_run(n, "webhook-off", none, &off, &f) == E_NOT_FOUND && !off, "once: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-webhook-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    n = home_make(dir, "alder.example");
    refused("");
    kept();
    refused(GOOD);
    damaged();
    node_close(n);
    ok(file_remove_tree(dir, NULL) == OK, "the folder is gone");
    return tap_done();
}
