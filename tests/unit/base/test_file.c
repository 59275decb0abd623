/* SPDX-License-Identifier: Apache-2.0 - files: bounded reads, writes that leave all or nothing */
#include "base/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "tap.h"

int main(void)
{
    char dir[] = "/tmp/orcon-file-XXXXXX";
    struct fail f = { 0 };
    ok(mkdtemp(dir) != NULL, "a folder");
    AUTO(str_freep) char *path = str_format("%s/a/b/c", dir);
    AUTO(str_freep) char *file = str_format("%s/x", path);
    ok(file_mkdirs(path, 0700, &f) == OK && file_mkdirs(path, 0700, &f) == OK, "made, and made again");
    ok(file_write(file, bytes_str("first"), 0600, &f) == OK, "written: %s", f.what);
    struct stat st;
    ok(stat(file, &st) == 0 && (st.st_mode & 0777) == 0600, "with its mode");
    ok(file_write(file, bytes_str("second"), 0600, &f) == OK, "replaced");
    struct buf text;
    buf_init(&text, 6);
    ok(file_read(file, &text, &f) == OK, "read: %s", f.what);
    is_str(buf_text(&text), "second", "the new content");
    buf_clear(&text);
    buf_init(&text, 5);
    ok(file_read(file, &text, &f) == E_TOO_LARGE, "over the bound: %s", f.what);
    buf_clear(&text);
    fail_clear(&f);
    AUTO(str_freep) char *nowhere = str_format("%s/none/x", dir);
    ok(file_write(nowhere, bytes_str("x"), 0600, &f) == E_IO, "no folder: %s", f.what);
    fail_clear(&f);
    ok(file_read(nowhere, &text, &f) == E_IO, "no file: %s", f.what);
    fail_clear(&f);
    ok(file_write(path, bytes_str("x"), 0600, &f) == E_IO && file_exists(file),
       "a folder is not replaced: %s", f.what);
    fail_clear(&f);
    ok(file_remove_tree(dir, &f) == OK && !file_exists(dir), "removed: %s", f.what);
    ok(file_remove_tree(dir, &f) == OK, "removed again");
    return tap_done();
}
