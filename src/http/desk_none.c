/* SPDX-License-Identifier: Apache-2.0
 * http/desk_none.c - no page: what a program is linked with that was built without it */
#include "http/desk_files.h"

const struct desk_file desk_files[] = { { 0 } };
const size_t n_desk_files = 0;
