/* SPDX-License-Identifier: Apache-2.0 - short forms that could be several things, and how many letters it takes to tell them apart */
#include "flow.h"

#include "store/request.h"

/* Alike in 20, 40 and 120 bits; the last of them apart. */
static const char *const requests[] = {
    "3d0c7a10-2f6b-4b39-9d4a-0a1b2c3d4e5f", "3d0c7a10-2f6b-4b39-9d4a-0a1b2c3d4e60",
    "3d0c7a10-2f00-4b39-9d4a-0a1b2c3d4e5f", "3d0c7fff-2f6b-4b39-9d4a-0a1b2c3d4e5f",
    "3d0c8000-2f6b-4b39-9d4a-0a1b2c3d4e5f", "e0000000-0000-4000-8000-000000000000",
};

static enum err add_all(struct db *db, void *ctx, struct fail *f)
{
    (void)ctx;
    for (size_t i = 0; i < COUNT(requests); i++)
        TRY(store_request_add(
            db,
            &(struct request_row){
                .id = requests[i], .originator = "alder.example", .report = "r", .state = REQUEST_OPEN },
            f));
    return OK;
}

/* What ${text} stands for: the number of a request, -1 none, -2 several. */
static int what(const char *text, struct fail *f)
{
    char id[UUID_TEXT];
    fail_clear(f);
    enum err e = view_resolve(alder, "request", text, id, f);
    for (size_t i = 0; e == OK && i < COUNT(requests); i++)
        if (strcmp(id, requests[i]) == 0)
            return (int)i;
    return e == E_NOT_FOUND ? -1 : e == E_CONFLICT ? -2 : -3;
}

static void resolved(void)
{
    struct fail f = { 0 };
    ok(what("7m67", &f) == -2 && strstr(f.what, requests[0]) && strstr(f.what, requests[3]) &&
           !strstr(f.what, requests[4]) && !strstr(f.what, requests[5]),
       "four of them begin so: %s", f.what);
    ok(what("q-7m67zz", &f) == 3 && what("7M68", &f) == 4 && what("w000", &f) == 5,
       "letters that only one has");
    ok(what("7m69", &f) == -1 && what("zzzz", &f) == -1, "letters that none has");
    for (size_t i = 0; i < COUNT(requests); i++)
        ok(what(requests[i], &f) == (int)i, "an id stands for itself, number %zu", i);
    ok(what("7m6", &f) == -3 && f.code == E_INVALID, "what is no short form is told so: %s", f.what);
}

static void shortest(void)
{
    static const size_t letters[] = { 24, 24, 9, 5, 4, 4 };
    struct fail f = { 0 };
    char text[25];
    for (size_t i = 0; i < COUNT(requests); i++) {
        ok(view_shortest(alder, "request", requests[i], text, &f) == OK && strlen(text) == letters[i] &&
               (i < 2 || what(text, &f) == (int)i),
           "%s: as many letters as it takes, %s", requests[i], text);
    }
    ok(what(text, &f) == 5, "and what is printed is read again");
}

int main(void)
{
    char dir[] = "/tmp/orcon-short-XXXXXX";
    struct fail f = { 0 };
    if (!mkdtemp(dir))
        return 1;
    flow_start(dir);
    ok(writer_run(alder->writer, add_all, NULL, &f) == OK, "requests that begin alike %s", f.what);
    resolved();
    shortest();
    flow_end(dir);
    return tap_done();
}
