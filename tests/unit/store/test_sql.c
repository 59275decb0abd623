/* SPDX-License-Identifier: Apache-2.0
 * The list of statements: portable, and without dead ones. */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>

#include "base/mem.h"
#include "store/sql.h"
#include "tap.h"

/* Words of one backend only; and quotes that the two read differently. */
static const char *const refused[] = {
    "INSERT OR",  "REPLACE INTO", "AUTOINCREMENT",   "PRAGMA",     "json_",       "ROWID",     "GLOB",
    "IFNULL",     "strftime",     "datetime",        "INDEXED BY", "printf",      "?",         "`",
    "[",          "X'",           " SERIAL PRIMARY", "::",         "ILIKE",       "jsonb",     "NOW()",
    "FOR UPDATE", "TRUE",         "FALSE",           "\"",         "last_insert", "changes()",
};

static bool holds(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

static char *sources;

static void read_sources(void)
{
    DIR *d = opendir(STORE_SOURCES);
    if (!ok(d != NULL, "sources in %s", STORE_SOURCES))
        return;
    size_t len = 0;
    for (struct dirent *e; (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (n < 3 || strcmp(e->d_name + n - 2, ".c") != 0)
            continue;
        char name[512];
        snprintf(name, sizeof name, "%s/%s", STORE_SOURCES, e->d_name);
        FILE *file = fopen(name, "r");
        if (!file)
            continue;
        for (int c; (c = fgetc(file)) != EOF;) {
            if (len % 4096 == 0)
                sources = mem_grow(sources, len + 4097, 1);
            sources[len++] = (char)c;
            sources[len] = '\0';
        }
        fclose(file);
    }
    closedir(d);
}

static bool is_used(const char *name)
{
    char word[80];
    int n = snprintf(word, sizeof word, "Q_%s", name);
    for (const char *at = sources; at && (at = strstr(at, word)); at += n)
        if (!isalnum((unsigned char)at[n]) && at[n] != '_')
            return true;
    return false;
}

int main(void)
{
    read_sources();
    for (unsigned q = 0; q < Q_COUNT; q++) {
        const struct sql_row *s = &sql_list[q];
        const char *found = NULL;
        for (size_t i = 0; i < COUNT(refused); i++)
            if (holds(s->text, refused[i]))
                found = refused[i];
        ok(!found, "%s is portable%s%s", s->name, found ? ", but for " : "", found ? found : "");
        ok(is_used(s->name), "%s is used", s->name);
    }
    ok(holds("insert or ignore INTO x", "INSERT OR"), "the check sees a word in either case");
    ok(!is_used("CARD"), "the check of use takes whole names");
    free(sources);
    return tap_done();
}
