/* SPDX-License-Identifier: Apache-2.0 - what a start makes of a store: one that a crash cut off comes out the
 * same, one that was altered is refused */
#include <unistd.h>

#include "exchange/publisher.h"
#include "home.h"
#include "store_file.h"

static char dir[] = "/tmp/orcon-start-XXXXXX";
static char *home, *file, *kept;

#define LAST   "(SELECT max(size) FROM checkpoint)"
#define BEFORE "(SELECT max(size) FROM checkpoint WHERE size < " LAST ")"

static void table(const struct publisher_head *was)
{
    static const struct {
        const char *name, *sql;
        enum err want; /* OK: it opens, at the same checkpoint */
    } rows[] = {
        { "a publication that was cut off",
          "DELETE FROM entry WHERE idx >= " BEFORE "; DELETE FROM checkpoint WHERE size = " LAST, OK },
        { "two publications that were cut off",
          "DELETE FROM entry WHERE idx >= (SELECT max(size) FROM checkpoint WHERE size < " BEFORE
          "); DELETE FROM checkpoint WHERE size >= " BEFORE,
          OK },
        { "an entry of zeros", "UPDATE entry SET bytes = zeroblob(138) WHERE idx = 2", E_STORE },
        { "an entry of a later place",
          "UPDATE entry SET bytes = (SELECT bytes FROM entry AS e WHERE e.id = (SELECT max(id) FROM leaf "
          "WHERE form = 2)) WHERE id = (SELECT min(id) FROM leaf WHERE form = 2)",
          E_STORE },
        { "an entry taken out", "DELETE FROM entry WHERE id = (SELECT max(id) FROM leaf WHERE form = 2)",
          E_STORE },
        { "an entry shortened", "UPDATE entry SET bytes = substr(bytes, 1, 100) WHERE idx = 2", E_STORE },
        { "another root", "UPDATE checkpoint SET root = zeroblob(32) WHERE size = " LAST, E_STORE },
        { "the note of another size",
          "UPDATE checkpoint SET note = (SELECT note FROM checkpoint AS c WHERE c.size = " BEFORE
          ") WHERE size = " LAST,
          E_STORE },
        { "a signature of nobody",
          "UPDATE checkpoint SET note = substr(note, 1, length(note) - 20) || 'AAAA' || substr(note, "
          "length(note) - 15) WHERE size = " LAST,
          E_STORE },
        { "a note without signature", "UPDATE checkpoint SET note = 'nothing' WHERE size = " LAST, E_STORE },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(publisher_head_clear) struct publisher_head is = { 0 };
        struct node *n = NULL;
        if (!ok(copy_file(kept, file) && store_alter(file, rows[i].sql) > 0, "%s: made", rows[i].name))
            continue;
        enum err e = node_open(home, false, &n, &f);
        if (e == OK)
            publisher_head(n->publisher, &is);
        ok(e == rows[i].want && (e != OK || (is.size == was->size && strcmp(is.note, was->note) == 0)),
           "%s: %d %s", rows[i].name, (int)e, f.what);
        node_close(n);
    }
}

int main(void)
{
    struct fail f = { 0 };
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    if (!mkdtemp(dir))
        return 1;
    home = str_format("%s/alder.example", dir);
    file = str_format("%s/orcon.db", home);
    kept = str_format("%s/kept.db", dir);
    struct node *n = home_make(dir, "alder.example");
    static const char *const people[] = { "amy@alder.example", "bob@alder.example", "olga@alder.example" };
    for (size_t i = 0; i < COUNT(people); i++)
        key_free(home_person(n, people[i], "reader,officer"));
    publisher_head(n->publisher, &head);
    node_close(n);
    ok(copy_file(file, kept), "a store of %llu entries", (unsigned long long)head.size);
    table(&head);
    ok(file_remove_tree(dir, &f) == OK, "removed");
    mem_freep(&home);
    mem_freep(&file);
    mem_freep(&kept);
    return tap_done();
}
