/* SPDX-License-Identifier: Apache-2.0
 * http/desk_files.h - the desk's page as it was built from web/: part of the program. A program that was built without
 * it has no rows. */
#ifndef HTTP_DESK_FILES_H
#define HTTP_DESK_FILES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * One file.
 *   path   as it is asked for, "/desk.js"; "/index.html" is the page itself
 *   type   its Content-Type
 *   gzip   whether the bytes are compressed (RFC 1952)
 */
struct desk_file {
    const char *path, *type;
    const unsigned char *bytes;
    size_t n_bytes;
    bool gzip;
};
extern const struct desk_file desk_files[];
extern const size_t n_desk_files;

#endif
