/* SPDX-License-Identifier: Apache-2.0 */
#include "base/conf.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct reading {
    const char *path;
    const struct conf_key *keys;
    size_t count;
    char *target;
    bool *seen;
    FILE *file;
    int line; /* counted here: the packaged inih does not tell the handler */
    struct fail *f;
};

static bool read_number(const char *text, uint64_t min, uint64_t max, uint64_t *v)
{
    size_t n = strspn(text, "0123456789");
    if (n < 1 || n > 18 || text[n] != '\0')
        return false;
    *v = strtoull(text, NULL, 10);
    return *v >= min && *v <= max;
}

/* NULL, or what is wrong with the value */
static const char *assign(const struct conf_key *key, char *target, const char *text)
{
    void *at = target + key->offset;
    switch (key->type) {
    case CONF_STRING:
        free(*(char **)at);
        *(char **)at = str_dup(text);
        return NULL;
    case CONF_NUMBER:
        return read_number(text, key->min, key->max, at) ? NULL : "not a number in range";
    case CONF_BOOL:
        if (strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
            return "neither yes nor no";
        *(bool *)at = strcmp(text, "yes") == 0;
        return NULL;
    }
    BUG("unknown type of key");
}

void conf_defaults(const struct conf_key *keys, size_t count, void *target)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].def && assign(&keys[i], target, keys[i].def))
            BUG("a default that its own key refuses");
}

void conf_release(const struct conf_key *keys, size_t count, void *target)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].type == CONF_STRING)
            mem_freep((char *)target + keys[i].offset);
}

static char *next_line(char *out, int size, void *user)
{
    struct reading *r = user;
    r->line++;
    return fgets(out, size, r->file);
}

static int on_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reading *r = user;
    if (r->f->code != OK)
        return 0;
    const char *wrong = *section ? "sections are not used" : NULL;
    for (size_t i = 0; !wrong && i < r->count; i++) {
        if (strcmp(r->keys[i].name, name) != 0)
            continue;
        wrong = r->seen[i] ? "given twice" : assign(&r->keys[i], r->target, value ? value : "");
        r->seen[i] = true;
        if (!wrong)
            return 1;
    }
    fail_set(r->f, E_INVALID, "%s, line %d: '%.60s': %s", r->path, r->line, name,
             wrong ? wrong : "unknown key");
    return 0;
}

enum err conf_read(const char *path, const struct conf_key *keys, size_t count, void *target, struct fail *f)
{
    AUTO(mem_freep) bool *seen = mem_array(count, sizeof *seen);
    struct fail own = { 0 };
    struct reading r = { path, keys, count, target, seen, fopen(path, "re"), 0, &own };
    if (!r.file)
        return fail_set(f, E_IO, "cannot read %s: %s", path, strerror(errno));
    int line = ini_parse_stream(next_line, &r, on_pair, &r);
    fclose(r.file);
    if (own.code != OK)
        return fail_set(f, own.code, "%s", own.what);
    if (line > 0)
        return fail_set(f, E_INVALID, "%s, line %d: not a 'key = value' line", path, line);
    return OK;
}
