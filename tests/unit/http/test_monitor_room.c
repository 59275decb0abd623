/* SPDX-License-Identifier: Apache-2.0
 * A partner's log that does not end, or holds what no ledger does, on a disk with little room. */
#include <sys/statvfs.h>

#include "monitored.h"

static uint64_t room; /* of the home's disk */

int __wrap_statvfs64(const char *path, struct statvfs *out);

int __wrap_statvfs64(const char *path, struct statvfs *out)
{
    (void)path;
    *out = (struct statvfs){ .f_frsize = 1, .f_bavail = room };
    return 0;
}

static enum err count_entry(uint64_t idx, struct bytes entry, void *ctx, struct fail *f)
{
    size_t *count = ctx;
    (void)idx;
    (void)entry;
    (void)f;
    ++*count;
    return OK;
}

/* Entries of it that are kept. */
static size_t kept(const struct log *log)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    size_t count = 0;
    ok(store_read_begin(birch.n->store, &db, &f) == OK &&
           store_watched_entries(db, log->name.name, 0, UINT64_MAX >> 1, count_entry, &count, &f) == OK,
       "what is kept of it: %s", f.what);
    return count;
}

/* More than what is held in memory before it goes to the store. */
static void endless(const char *card)
{
    static uint8_t junk[30000];
    for (logs[0].count = 0; logs[0].count < ENTRIES_MAX; logs[0].count++)
        logs[0].entry[logs[0].count] = BYTES(junk, sizeof junk);
    if (!new_monitor("narrow", card))
        return;
    room = (uint64_t)1 << 20;
    asks(&logs[0], 0, ENTRIES_MAX, 503, "no room here", "a disk that is nearly full");
    ok(kept(&logs[0]) == 0 && alerts().count == 0, "nothing of it is kept, and nothing said against it");
    room = (uint64_t)1 << 40;
    asks(&logs[0], 0, ENTRIES_MAX, 422, NULL, "and with room it is read, and judged");
    ok(alerts().count == 1, "and told of");
    end_monitor();
}

int main(void)
{
    struct fail f = { 0 };
    json_t *file = vec_load("orcon_ledger_small");
    const json_t *generation = json_array_get(json_object_get(file, "generations"), 0);
    struct key *log_key = NULL;
    if (!mkdtemp(dir) || !ok(net_client_new(&client, &f) == OK, "a client: %s", f.what) ||
        !take_key(&logs[0], generation, &log_key) || !site_make(&alder, dir, "alder.example") ||
        !(server = log_server(alder.n, routes, COUNT(routes))))
        return tap_done();
    AUTO(str_freep) char *card = card_with(1);
    if (ok(card != NULL, "a card that names it"))
        endless(card);
    http_server_stop(server, 0);
    node_close(alder.n);
    net_client_free(client);
    key_free(log_key);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    vec_done();
    return tap_done();
}
