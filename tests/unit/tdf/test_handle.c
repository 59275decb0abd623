/* SPDX-License-Identifier: Apache-2.0 - a sealed handle opens with its key, at its place, and says nothing by its length */
#include "tdf/handle.h"

#include <string.h>

#include "base/mem.h"
#include "tap.h"

enum twist {
    NOTHING,
    OTHER_KEY,
    OTHER_REPORT,
    OTHER_DOMAIN,
    A_QUESTION,
    FLIPPED,
    SHORTER,
    LONGER,
    OTHER_VERSION,
    EMPTY
};

static const struct {
    const char *name;
    enum twist twist;
    enum err want;
} rows[] = {
    { "as it was sealed", NOTHING, OK },
    { "with another key", OTHER_KEY, E_UNVERIFIED },
    { "as another report's", OTHER_REPORT, E_UNVERIFIED },
    { "as another organisation's", OTHER_DOMAIN, E_UNVERIFIED },
    { "as a question", A_QUESTION, E_UNVERIFIED },
    { "with a bit changed", FLIPPED, E_UNVERIFIED },
    { "cut by a byte", SHORTER, E_INVALID },
    { "with a byte more", LONGER, E_INVALID },
    { "of another version", OTHER_VERSION, E_INVALID },
    { "of no byte", EMPTY, E_INVALID },
};

static const char report[] = "00000000-0000-4000-8000-000000000001";

static void run(const struct key *mine, const struct key *other, const char *kid, size_t i)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *sealed = buf_new(1024);
    uint8_t context[HASH_LEN], out[HANDLE_MAX] = { 0 };
    enum twist t = rows[i].twist;
    handle_of_report("alder.example", report, context);
    if (!ok(handle_seal(mine, kid, context, "heron", sealed, &f) == OK, "%s: sealed %s", rows[i].name,
            f.what))
        return;
    if (t == A_QUESTION)
        handle_of_question("alder.example", report, context);
    else if (t == OTHER_DOMAIN || t == OTHER_REPORT)
        handle_of_report(t == OTHER_DOMAIN ? "birch.example" : "alder.example",
                         t == OTHER_REPORT ? "00000000-0000-4000-8000-000000000002" : report, context);
    if (t == FLIPPED)
        sealed->data[sealed->len - 1] ^= 1;
    if (t == OTHER_VERSION)
        sealed->data[0]++;
    if (t == LONGER)
        buf_put_u8(sealed, 0);
    sealed->len = t == EMPTY ? 0 : sealed->len - (t == SHORTER);
    enum err e = handle_open(t == OTHER_KEY ? other : mine, bytes_of(sealed), context, out, &f);
    ok(e == rows[i].want, "%s: %s", rows[i].name, e == OK ? "opened" : f.what);
    ok((strcmp((const char *)out, "heron") == 0) == (rows[i].want == OK), "%s: the handle", rows[i].name);
}

static void lengths(const struct key *mine, const char *kid)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *brief = buf_new(1024);
    AUTO(buf_freep) struct buf *full = buf_new(1024);
    uint8_t context[HASH_LEN];
    struct bytes named;
    char longest[HANDLE_MAX + 1];
    memset(longest, 'x', HANDLE_MAX);
    longest[HANDLE_MAX] = '\0';
    handle_of_report("alder.example", report, context);
    ok(handle_seal(mine, kid, context, "h", brief, &f) == OK &&
           handle_seal(mine, kid, context, longest, full, &f) == OK && brief->len == full->len &&
           full->len <= HANDLE_SEALED_MAX,
       "the shortest and the longest are %zu bytes", full->len);
    ok(handle_kid(bytes_of(full), &named, &f) == OK && bytes_equal(named, bytes_str(kid)),
       "which key opens it");
}

int main(void)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *mine = NULL;
    AUTO(key_freep) struct key *other = NULL;
    char kid[THUMBPRINT_SIZE];
    if (!ok(key_make(KEY_P256, &mine, &f) == OK && key_make(KEY_P256, &other, &f) == OK &&
                key_thumbprint(mine, kid, &f) == OK,
            "keys %s", f.what))
        return tap_done();
    for (size_t i = 0; i < COUNT(rows); i++)
        run(mine, other, kid, i);
    lengths(mine, kid);
    return tap_done();
}
