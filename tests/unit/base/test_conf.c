/* SPDX-License-Identifier: Apache-2.0 - configuration: every fault names file and line */
#include "base/conf.h"

#include <unistd.h>

#include "base/mem.h"
#include "tap.h"

struct target {
    char *listen;
    uint64_t most;
    bool fast;
};

static const struct conf_key keys[] = {
    { "listen", CONF_STRING, offsetof(struct target, listen), "127.0.0.1:7700", 0, 0, "address" },
    { "most", CONF_NUMBER, offsetof(struct target, most), "5", 1, 100, "how many" },
    { "fast", CONF_BOOL, offsetof(struct target, fast), "no", 0, 0, "quick" },
};

static enum err read_text(const char *text, struct target *t, struct fail *f)
{
    char path[] = "/tmp/orcon-conf-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    fputs(text, file);
    fclose(file);
    *t = (struct target){ 0 };
    conf_defaults(keys, COUNT(keys), t);
    enum err e = conf_read(path, keys, COUNT(keys), t, f);
    unlink(path);
    return e;
}

int main(void)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        { "listen = a\nspeed = 3\n", "line 2: 'speed': unknown key" },
        { "most = 101\n", "line 1: 'most': not a number in range" },
        { "most = 0x5\n", "not a number" },
        { "most = -1\n", "not a number" },
        { "fast = true\n", "neither yes nor no" },
        { "most = 1\nmost = 2\n", "line 2: 'most': given twice" },
        { "[node]\nmost = 1\n", "line 2: 'most': sections are not used" },
        { "most = 1\nnonsense\n", "line 2: not a 'key = value' line" },
    };
    struct target t;
    struct fail f = { 0 };
    ok(read_text("# a comment\nlisten = 0.0.0.0:1\nfast = yes\n", &t, &f) == OK, "reads: %s", f.what);
    is_str(t.listen, "0.0.0.0:1", "string");
    ok(t.most == 5 && t.fast, "default and given value");
    conf_release(keys, COUNT(keys), &t);
    for (size_t i = 0; i < COUNT(bad); i++) {
        f = (struct fail){ 0 };
        ok(read_text(bad[i].text, &t, &f) == E_INVALID && strstr(f.what, bad[i].says), "refused: %s", f.what);
        conf_release(keys, COUNT(keys), &t);
    }
    f = (struct fail){ 0 };
    ok(conf_read("/nonexistent/orcon.conf", keys, COUNT(keys), &t, &f) == E_IO, "missing file: %s", f.what);
    return tap_done();
}
