/* SPDX-License-Identifier: Apache-2.0
 * A ledger whose logs do not follow each other as they must. The monitor that read the first log finds it, whatever it is
 * that does not fit, and says which entry or checkpoint proves it; what is read later is judged like what was read before. */
#include "ledger/log.h"
#include "monitored.h"
#include "store_file.h"

/* The first log is closed, with 35 entries; entry 33 closes it. Its last seal before that is entry 32. */
#define END    35
#define SEALED 33

static struct key *keys[LOGS_MAX], *other_key;
static struct buf *forged; /* entries of the next log */
static struct entry right; /* its genesis as it should be */

/* The entries that ${forged} has from ${at[i]} on. */
static void take_forged(struct log *log, const size_t *at, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++)
        log->entry[i] = BYTES(forged->data + at[i], at[i + 1] - at[i]);
    log->count = count;
}

/* The second log from ${genesis} on: it, some events, and a seal. */
static void make_next(const struct entry_genesis *genesis, unsigned events)
{
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    struct fail f = { 0 };
    size_t at[ENTRIES_MAX] = { 0 }, count = 0;
    buf_reset(forged);
    enum err e = ledger_log_add_genesis(l, genesis, forged, &f);
    at[++count] = forged->len;
    for (unsigned i = 0; e == OK && i < events; i++, at[++count] = forged->len) {
        struct entry event = { .form = ENTRY_EVENT };
        random_bytes(event.event.tag, sizeof event.event.tag);
        e = entry_put(forged, &event, &f);
        if (e == OK)
            e = ledger_log_add_entry(l, BYTES(forged->data + at[count], forged->len - at[count]), &f);
    }
    if (e == OK)
        e = ledger_log_add_seal(l, count, genesis->time_ms, forged, &f);
    at[++count] = forged->len;
    if (e != OK)
        ok(false, "the next log: %s", f.what);
    take_forged(&logs[1], at, 0, count);
}

/* The first log without its close: seals in the place of what stands from ${from} on, up to ${size} entries. */
static void make_other_end(size_t from, size_t size)
{
    AUTO(ledger_log_freep) struct ledger_log *l = ledger_log_new();
    struct fail f = { 0 };
    size_t at[ENTRIES_MAX] = { 0 };
    enum err e = OK;
    buf_reset(forged);
    for (size_t i = 0; e == OK && i < from; i++)
        e = ledger_log_add_entry(l, logs[0].entry[i], &f);
    for (size_t i = from; e == OK && i < size; i++) {
        e = ledger_log_add_seal(l, i, ledger_log_last_time(l), forged, &f);
        at[i + 1] = forged->len;
    }
    if (e != OK)
        ok(false, "another end of the first log: %s", f.what);
    take_forged(&logs[0], at, from, size);
}

/* What birch's officers were told last. */
static enum err last_alert(const struct item_row *row, void *ctx, struct fail *f)
{
    char **about = ctx;
    (void)f;
    if (strcmp(row->kind, "alert") == 0 && !*about) /* the newest comes first */
        *about = str_dup(row->about);
    return OK;
}

static json_t *told(void)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(str_freep) char *about = NULL;
    const char *officer = "officer";
    json_t *v = NULL;
    if (store_read_begin(birch.n->store, &db, NULL) == OK &&
        store_item_list(db, &officer, 1, true, 0, 100, last_alert, &about, NULL) == OK && about &&
        json_read(bytes_str(about), (size_t)1 << 20, "alert", &v, NULL) == OK)
        return v;
    return json_object();
}

static const char *text(const json_t *v, const char *member)
{
    const char *s = json_string_value(json_object_get(v, member));
    return s ? s : "";
}

/* Each row: how far the first log was cosigned, what the next begins with, and what the monitor makes of it. */

static void as_it_is(struct entry_genesis *g)
{
    (void)g;
}

static void other_root(struct entry_genesis *g)
{
    g->prev_root[7] ^= 1;
}

static void earlier_end(struct entry_genesis *g)
{
    AUTO(tree_memory_freep) struct tree_memory *m = tree_memory_new();
    uint8_t leaf[HASH_LEN];
    for (size_t i = 0; i < SEALED; i++) {
        tree_leaf(logs[0].entry[i], leaf);
        tree_memory_append(m, leaf);
    }
    struct tree_nodes nodes = tree_memory_nodes(m);
    g->prev_size = SEALED;
    if (tree_root(&nodes, SEALED, g->prev_root, NULL) != OK)
        ok(false, "the root at %d", SEALED);
}

static void later_end(struct entry_genesis *g)
{
    g->prev_size = END + 2;
}

static void other_log_key(struct entry_genesis *g)
{
    memcpy(g->log_pk, logs[2].name.pk, sizeof g->log_pk);
}

static void other_vrf_key(struct entry_genesis *g)
{
    g->vrf_pk[7] ^= 1;
}

static void before_the_close(struct entry_genesis *g)
{
    g->time_ms -= (uint64_t)1 << 30;
}

static void cut_at_the_seal(struct entry_genesis *g)
{
    earlier_end(g);
    g->how = ENTRY_CUT;
}

static void cut_at_another_root(struct entry_genesis *g)
{
    cut_at_the_seal(g);
    other_root(g);
}

static void cut_before_anything(struct entry_genesis *g)
{
    g->how = ENTRY_CUT;
    g->prev_size = 0;
    tree_empty_root(g->prev_root);
}

static const struct forgery {
    const char *name;
    uint64_t cosigned; /* of the first log, before the next is shown */
    void (*change)(struct entry_genesis *g);
    bool other_key;    /* the next log's key is not the one that was named */
    int status;        /* of the answer */
    const char *words; /* in the alarm; NULL: there is none */
    bool stop;         /* nothing of it is cosigned any more */
} forgeries[] = {
    { "as it should be", END, as_it_is, false, 200, NULL, false },
    { "as it should be, the close not yet read", SEALED, as_it_is, false, 200, NULL, false },
    { "as it should be, to a newcomer", 0, as_it_is, false, 200, NULL, false },
    { "another last root", END, other_root, false, 422, "size 35, does not fit: two histories", true },
    { "another last root, the end not yet read", SEALED, other_root, false, 422,
      "size 35, does not fit: its entries are not those that were signed", false },
    { "an end before what was cosigned", END, earlier_end, false, 422,
      "it names size 33 as the end of alder.example/orcon/1, of which 35 entries were cosigned", true },
    { "an end where nothing was closed", SEALED, earlier_end, false, 422,
      "it names size 33 as the end of alder.example/orcon/1, which is not closed there", true },
    { "an end after the end", END, later_end, false, 422,
      "it names size 37 as the end of alder.example/orcon/1, which ended at 35", true },
    { "a log key that the close does not name", END, other_log_key, true, 422,
      "it has another log key than entry 33 of alder.example/orcon/1, its close, says", true },
    { "the same, the close not yet read", SEALED, other_log_key, true, 422,
      "it has another log key than entry 33", true },
    { "a VRF key that the close does not name", END, other_vrf_key, false, 422,
      "it has another VRF key than entry 33", true },
    { "begun before the end", END, before_the_close, false, 422, "it has another time than entry 33", true },
    { "cut where it was cosigned", SEALED, cut_at_the_seal, false, 200,
      "cut at entry 33: what was entered last may be lost there. 33 of its entries are kept here", false },
    { "cut before the end that was cosigned", END, cut_at_the_seal, false, 200,
      "entries 33 to 34, which were cosigned here, are left out there. 35 of its entries are kept here",
      false },
    { "cut with another root", END, cut_at_another_root, false, 422, "size 33, does not fit: two histories",
      true },
    { "cut as if nothing was cosigned", END, cut_before_anything, false, 200, "entries 0 to 34", false },
};

/* The monitor's home, and its store as it is when so much of the first log is cosigned: which is made once. */
static char *home, *file;

static bool begin(void)
{
    struct fail f = { 0 };
    AUTO(cards_put) struct card_ref own = { 0 };
    bool good = node_open(home, false, &birch.n, &f) == OK && node_network_client(birch.n, &f) == OK &&
                node_server_start(birch.n, &birch.server, &f) == OK &&
                cards_get(birch.n, birch.n->conf.domain, &own, &f) == OK;
    if (good)
        hex_print(BYTES(own.card->pins[0], HASH_LEN), birch.pin);
    return ok(good, "the monitor is started: %s", f.what);
}

static bool monitor_at(uint64_t cosigned, bool other)
{
    AUTO(str_freep)
    char *state = str_format("%s/%s.%llu", dir, other ? "other" : "right", (unsigned long long)cosigned);
    AUTO(str_freep) char *name = str_format("birch%s%llu", other ? "o" : "r", (unsigned long long)cosigned);
    if (file_exists(state)) {
        free(home);
        home = str_format("%s/%s.example", dir, name);
        free(file);
        file = str_format("%s/orcon.db", home);
        return copy_file(state, file) && begin();
    }
    AUTO(str_freep) char *card = card_with(2);
    if (!card || !new_monitor(name, card))
        return false;
    free(home);
    home = str_dup(birch.n->home);
    free(file);
    file = str_format("%s/orcon.db", home);
    if (cosigned)
        asks(&logs[0], 0, cosigned, 200, "/monitor ", "the first log");
    end_monitor();
    return copy_file(file, state) && begin();
}

static void forgery(const struct forgery *row)
{
    struct entry_genesis g = right.genesis;
    struct log second = logs[1];
    logs[1].key = row->other_key ? other_key : second.key;
    logs[1].name = row->other_key ? logs[2].name : second.name;
    row->change(&g);
    make_next(&g, 2);
    if (!monitor_at(row->cosigned, row->other_key))
        return;
    asks(&logs[1], 0, logs[1].count, row->status, row->status == 200 ? "/monitor " : NULL, row->name);
    AUTO(json_freep) json_t *alarm = told();
    ok(alerts().count == (row->words != NULL) && (!row->words || strstr(text(alarm, "what"), row->words)),
       "%s: %s", row->name, text(alarm, "what"));
    if (row->status != 200) {
        AUTO(buf_freep) struct buf *entry = buf_new(ENTRY_MAX * 2);
        b64_put(entry, B64_STD, logs[1].entry[0]);
        is_str(text(alarm, "entry"), buf_text(entry), "its genesis is the proof");
        ok(strncmp(text(alarm, "checkpoint"), logs[1].name.name, strlen(logs[1].name.name)) == 0 &&
               strncmp(text(alarm, "cosigned"), logs[0].name.name, strlen(logs[0].name.name)) == 0,
           "with its checkpoint, and the one of the first log that was cosigned");
        asks(&logs[1], 0, logs[1].count, 422, row->stop ? "not cosigned any more" : NULL, row->name);
        ok(alerts().count == 1, "told once");
    }
    logs[1].key = second.key;
    logs[1].name = second.name;
    end_monitor();
}

/* The first log ends elsewhere than the second says, or goes on: shown to somebody who read the second first. */
static void goes_on(size_t size, const char *words)
{
    struct log first = logs[0];
    make_next(&right.genesis, 0);
    if (!monitor_at(0, false))
        return;
    asks(&logs[1], 0, 2, 200, "/monitor ", "the second log, by who never saw the first");
    make_other_end(SEALED, size);
    asks(&logs[0], 0, SEALED, 200, "/monitor ", "the first, before its end");
    asks(&logs[0], SEALED, size, 422, words, "the first ends elsewhere");
    AUTO(json_freep) json_t *alarm = told();
    ok(json_integer_value(json_object_get(alarm, "index")) == (json_int_t)size &&
           strncmp(text(alarm, "cosigned"), "alder.example/orcon/2\n", strlen("alder.example/orcon/2\n")) ==
               0,
       "two checkpoints that do not fit prove it: %s", text(alarm, "what"));
    asks(&logs[0], SEALED, size, 422, "not cosigned any more", "and nothing more of it is cosigned");
    logs[0] = first;
    end_monitor();
}

/* Entries after the close: shown to somebody who read the close, and to somebody who did not. */
static void after_close(uint64_t cosigned)
{
    struct log first = logs[0];
    if (!monitor_at(cosigned, false))
        return;
    logs[0].entry[END] = logs[0].entry[END - 5];
    logs[0].entry[END + 1] = logs[0].entry[END - 1];
    logs[0].count = END + 2;
    asks(&logs[0], cosigned, END + 2, 422, "entry 35: entry after the log was closed",
         "it goes on after its close");
    AUTO(json_freep) json_t *alarm = told();
    ok(json_integer_value(json_object_get(alarm, "index")) == END && *text(alarm, "entry"),
       "the entry is the proof: %s", text(alarm, "what"));
    logs[0] = first;
    end_monitor();
}

/* Two next logs, signed by the same key. */
static void two_next(void)
{
    struct entry_genesis later = right.genesis;
    later.time_ms++;
    if (!monitor_at(END, false))
        return;
    make_next(&right.genesis, 3);
    asks(&logs[1], 0, logs[1].count, 200, "/monitor ", "a second log");
    make_next(&later, 3);
    asks(&logs[1], 0, logs[1].count, 409, NULL, "another second, as if it was the first that is shown");
    AUTO(json_freep) json_t *alarm = told();
    ok(strstr(text(alarm, "what"), "two histories"), "is told of: %s", text(alarm, "what"));
    asks(&logs[1], logs[1].count, logs[1].count, 422, "not cosigned any more",
         "and nothing of either is cosigned");
    end_monitor();
}

/* What was judged while the log before could not be read is no judgement of other entries that come then. */
static void judged_anew(void)
{
    struct log first = logs[0];
    if (!monitor_at(SEALED, false))
        return;
    make_next(&right.genesis, 2);
    logs[0].count = 0;
    asks(&logs[1], 0, logs[1].count, 503, NULL, "its end can't be read");
    logs[0] = first;
    logs[1].entry[2] = logs[1].entry[0];
    asks(&logs[1], 0, logs[1].count, 422, "not those that were signed",
         "other entries under another signature");
    asks(&logs[1], 0, logs[1].count, 422, "genesis is index 0 and nothing else",
         "are read, and judged themselves");
    AUTO(json_freep) json_t *alarm = told();
    ok(strstr(text(alarm, "what"), "ledger entry 2: "), "what proves it is told: %s", text(alarm, "what"));
    end_monitor();
}

int main(void)
{
    struct fail f = { 0 };
    size_t i;
    json_t *vectors = vec_load("orcon_ledger_small");
    const json_t *generations = json_object_get(vectors, "generations");
    forged = buf_new((size_t)1 << 16);
    if (!mkdtemp(dir) || !ok(net_client_new(&client, &f) == OK, "a client: %s", f.what) ||
        !take_key(&logs[0], json_array_get(generations, 0), &keys[0]) ||
        !take_key(&logs[1], json_array_get(generations, 1), &keys[1]) ||
        !site_make(&alder, dir, "alder.example") || !(server = log_server(alder.n, routes, COUNT(routes))))
        return tap_done();
    take_entries(&logs[0], json_array_get(generations, 0));
    take_entries(&logs[1], json_array_get(generations, 1));
    AUTO(buf_freep) struct buf *pk = buf_new(64);
    if (!ok(logs[0].count == END && entry_read(logs[1].entry[0], &right, &f) == OK &&
                right.form == ENTRY_GENESIS && key_make(KEY_ED25519, &other_key, &f) == OK,
            "two logs: %s", f.what))
        return tap_done();
    key_write_public(other_key, pk);
    if (note_key_make(logs[1].name.name, NOTE_ED25519, pk->data, &logs[2].name, &f) != OK)
        return tap_done();
    for (i = 0; i < COUNT(forgeries); i++)
        forgery(&forgeries[i]);
    goes_on(END, "another root at size 35 than alder.example/orcon/2 says");
    goes_on(END + 3, "goes on after its end: size 35, which alder.example/orcon/2 begins after");
    after_close(SEALED);
    after_close(END);
    two_next();
    judged_anew();
    http_server_stop(server, 0);
    node_close(alder.n);
    net_client_free(client);
    for (i = 0; i < LOGS_MAX; i++)
        key_free(keys[i]);
    key_free(other_key);
    buf_free(forged);
    free(home);
    free(file);
    ok(file_remove_tree(dir, &f) == OK, "cleaned up: %s", f.what);
    vec_done();
    return tap_done();
}
