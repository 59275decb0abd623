/* SPDX-License-Identifier: Apache-2.0
 * Runs a fuzz target, without a fuzzer, over the files of the folders given: each whole, cut short, and with
 * bits flipped. A finding ends the program, which fails the test; under a sanitizer more counts as one. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

#include "tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX ((size_t)1 << 20)
#define VARIANTS 200 /* cuts, and flips, of one file */

/* The target gets a block of exactly ${size} bytes, so that a sanitizer sees one byte too far. */
static void once(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void variants(uint8_t *data, size_t size)
{
    size_t step = size / VARIANTS + 1;
    once(data, size);
    for (size_t at = 0; at < size; at += step) {
        once(data, at);
        uint8_t bit = (uint8_t)(1u << (at / step % 8));
        data[at] ^= bit;
        once(data, size);
        data[at] ^= bit;
    }
}

static void replay(const char *path)
{
    FILE *in = fopen(path, "rb");
    uint8_t *data = malloc(FILE_MAX);
    if (in && data) {
        size_t size = fread(data, 1, FILE_MAX, in);
        variants(data, size);
        ok(!ferror(in), "%s", path);
    } else {
        ok(false, "cannot read %s", path);
    }
    free(data);
    if (in)
        fclose(in);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* what was done is on record when the target aborts */
    once((const uint8_t *)"", 0);
    ok(true, "no input at all");
    for (int i = 1; i < argc; i++) {
        struct dirent **names;
        int count = scandir(argv[i], &names, NULL, alphasort);
        ok(count > 2, "%s has files", argv[i]);
        for (int k = 0; k < count; k++) {
            char path[PATH_MAX];
            snprintf(path, sizeof path, "%s/%s", argv[i], names[k]->d_name);
            if (names[k]->d_name[0] != '.')
                replay(path);
            free(names[k]);
        }
        if (count >= 0)
            free(names);
    }
    return tap_done();
}
