/* SPDX-License-Identifier: Apache-2.0 - signed lists: made, looked up, taken from partners, refused */
#include <stdio.h>

#include "home.h"

#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/lists.h"
#include "store/statement.h"
#include "store/store.h"

static struct node *alder, *birch;

static void trust(struct node *who, struct node *whom)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail f = { 0 };
    char domain[DOMAIN_MAX + 1];
    bool good = cards_get(whom, whom->conf.domain, &own, &f) == OK &&
                cards_take(who, bytes_str(own.card->jose->text), true, true, domain, &f) == OK;
    ok(good, "%s trusts %s %s", who->conf.domain, whom->conf.domain, f.what);
}

/* Ours ------------------------------------------------------------------------------------------------------ */

static void test_set(void)
{
    static const struct {
        const char *what;
        enum list_kind kind;
        const char *name, *members;
        enum err err;
        enum reason reason;
        const char *text; /* of the members, in order */
    } rows[] = {
        { "clients", LIST_CLIENTS, "", "elm.example,dove.example", OK, 0, "dove.example elm.example" },
        { "a community", LIST_COMMUNITY, "energy", "cedar.example", OK, 0, "cedar.example" },
        { "a group with a person", LIST_GROUP, "isac", "bob@birch.example,cedar.example", OK, 0,
          "bob@birch.example cedar.example" },
        { "a name of 32", LIST_GROUP, "a23456789-123456789-123456789-12", "cedar.example", OK, 0,
          "cedar.example" },
        { "a name of 33", LIST_GROUP, "a23456789-123456789-123456789-123", "cedar.example", E_USAGE, 0, 0 },
        { "capitals", LIST_GROUP, "Isac", "cedar.example", E_USAGE, 0, 0 },
        { "no name", LIST_GROUP, "", "cedar.example", E_USAGE, 0, 0 },
        { "clients with a name", LIST_CLIENTS, "x", "cedar.example", E_USAGE, 0, 0 },
        { "nobody", LIST_GROUP, "nobody", "", OK, 0, "" },
        { "a hole", LIST_GROUP, "isac", "birch.example,,cedar.example", E_USAGE, 0, 0 },
        { "what is no name", LIST_GROUP, "isac", "Birch.example", E_USAGE, 0, 0 },
        { "ourselves", LIST_GROUP, "isac", "alder.example", E_USAGE, 0, 0 },
        { "one of us", LIST_GROUP, "isac", "amy@alder.example", E_USAGE, 0, 0 },
        { "a person among clients", LIST_CLIENTS, "", "bob@birch.example", E_USAGE, 0, 0 },
        { "a person in a community", LIST_COMMUNITY, "energy", "bob@birch.example", E_USAGE, 0, 0 },
        { "a member twice", LIST_GROUP, "isac", "cedar.example,birch.example,cedar.example", E_INVALID,
          REASON_LIST_MEMBER, 0 },
        { "an organisation and a person of it", LIST_GROUP, "isac", "birch.example,bob@birch.example",
          E_INVALID, REASON_LIST_MEMBER, 0 },
        { "two persons of one organisation", LIST_GROUP, "isac", "ben@birch.example,bob@birch.example",
          E_INVALID, REASON_LIST_MEMBER, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(json_freep) json_t *out = NULL;
        AUTO(buf_freep) struct buf *text = buf_new(4096);
        struct fail f = { 0 };
        enum err e = lists_set(alder, rows[i].kind, rows[i].name, rows[i].members, false, &out, &f);
        const json_t *members = json_object_get(out, "members");
        for (size_t k = 0; k < json_array_size(members); k++)
            buf_printf(text, "%s%s", k ? " " : "", json_string_value(json_array_get(members, k)));
        ok(e == rows[i].err && f.reason == rows[i].reason &&
               strcmp(buf_text(text), rows[i].text ? rows[i].text : "") == 0,
           "%s: %s %s", rows[i].what, buf_text(text), f.what);
    }
}

static uint64_t version_of(json_t *list)
{
    uint64_t v = (uint64_t)json_integer_value(json_object_get(list, "version"));
    json_decref(list);
    return v;
}

static void test_versions(void)
{
    static const struct {
        const char *members;
        bool hide;
        uint64_t version;
    } rows[] = {
        { "birch.example", false, 1 },
        { "birch.example", false, 1 }, /* nothing new */
        { "birch.example", true, 2 },
        { "birch.example,cedar.example", true, 3 },
        { NULL, false, 0 }, /* deleted: version 4 */
        { "birch.example,cedar.example", true, 5 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *out = NULL;
        struct fail f = { 0 };
        enum err e = rows[i].members
                         ? lists_set(alder, LIST_GROUP, "steps", rows[i].members, rows[i].hide, &out, &f)
                         : lists_delete(alder, LIST_GROUP, "steps", &out, &f);
        uint64_t version = version_of(out);
        ok(e == OK && (!rows[i].version || version == rows[i].version), "step %zu: version %llu %s", i,
           (unsigned long long)version, f.what);
        json_t *shown = NULL;
        e = lists_show(alder, NULL, LIST_GROUP, "steps", &shown, &f);
        ok(rows[i].members ? e == OK : e == E_NOT_FOUND && f.reason == REASON_LIST_UNKNOWN,
           "step %zu: what stands is shown", i);
        json_decref(shown);
    }
    struct fail f = { 0 };
    json_t *out = NULL;
    ok(lists_delete(alder, LIST_GROUP, "nothing", &out, &f) == E_NOT_FOUND && f.reason == REASON_LIST_UNKNOWN,
       "what is not there is not deleted");
}

/* Partners' ------------------------------------------------------------------------------------------------- */

/* A list statement of ${from} as it likes, taken by alder. */
static enum err take(struct node *from, const char *kind, const char *owner, const char *name,
                     uint64_t version, const char *members, struct fail *f)
{
    AUTO(str_freep) char *jws = NULL;
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *text = str_dup(members);
    json_t *body = json_object(), *list = json_array();
    char id[UUID_TEXT], *rest = text;
    uint8_t digest[HASH_LEN];
    for (char *one = strsep(&rest, ","); *members && one; one = strsep(&rest, ","))
        json_array_append_new(list, json_string(one));
    random_uuid(id);
    json_set_str(body, "owner", owner);
    json_set_str(body, "name", name);
    json_set_u64(body, "version", version);
    json_set_take(body, "members", list);
    struct statement_making m = { .kind = kind,
                                  .id = id,
                                  .iss = from->conf.domain,
                                  .by = "@birch.example",
                                  .aud = json_pack("[s]", "alder.example"),
                                  .body = body,
                                  .at_ms = from->now_ms() };
    TRY(acts_statement(from, m, &jws, digest, f));
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static void test_take(void)
{
    static const struct {
        const char *what, *kind, *owner, *name;
        uint64_t version;
        const char *members;
        enum err err;
        enum reason reason;
    } rows[] = {
        { "clients", "clients", "birch.example", "", 2, "dove.example,elm.example", OK, 0 },
        { "the same version again", "clients", "birch.example", "", 2, "dove.example", E_CONFLICT,
          REASON_LIST_VERSION },
        { "a lower one", "clients", "birch.example", "", 1, "dove.example", E_CONFLICT, REASON_LIST_VERSION },
        { "a higher one", "clients", "birch.example", "", 7, "dove.example,fir.example", OK, 0 },
        { "version 0", "community", "birch.example", "energy", 0, "dove.example", E_INVALID, 0 },
        { "a community", "community", "birch.example", "energy", 1, "alder.example,dove.example", OK, 0 },
        { "another's list", "clients", "cedar.example", "", 1, "dove.example", E_REFUSED, REASON_LIST_OWNER },
        { "a member twice", "clients", "birch.example", "", 8, "dove.example,dove.example", E_INVALID,
          REASON_LIST_MEMBER },
        { "members out of order", "clients", "birch.example", "", 8, "fir.example,dove.example", E_INVALID,
          REASON_LIST_MEMBER },
        { "no name for a member", "clients", "birch.example", "", 8, "Dove", E_INVALID, 0 },
        { "a person", "community", "birch.example", "energy", 2, "cyd@cedar.example", E_INVALID, 0 },
        { "itself", "clients", "birch.example", "", 8, "birch.example", E_INVALID, 0 },
        { "a name for clients", "clients", "birch.example", "x", 8, "dove.example", E_INVALID, 0 },
        { "a malformed name", "community", "birch.example", "Energy", 1, "dove.example", E_INVALID, 0 },
        { "a group", "group", "birch.example", "isac", 1, "alder.example,cyd@cedar.example", OK, 0 },
        { "an unknown kind", "enemies", "birch.example", "", 1, "dove.example", E_INVALID, 0 },
        { "an empty list", "community", "birch.example", "none", 1, "", OK, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        enum err e =
            take(birch, rows[i].kind, rows[i].owner, rows[i].name, rows[i].version, rows[i].members, &f);
        ok(e == rows[i].err && f.reason == rows[i].reason, "%s: %s", rows[i].what, f.what);
    }
    AUTO(buf_freep) struct buf *many = buf_new((size_t)1 << 16);
    for (unsigned i = 0; i <= LIST_MEMBERS; i++)
        buf_printf(many, "%sd%04u.example", i ? "," : "", i);
    struct fail f = { 0 };
    ok(take(birch, "clients", "birch.example", "", 9, buf_text(many), &f) == E_TOO_LARGE,
       "more than %d members: %s", LIST_MEMBERS, f.what);
}

static void test_has(void)
{
    static const struct {
        const char *owner;
        enum list_kind kind;
        const char *name, *member;
        bool on;
        uint64_t version;
    } rows[] = {
        { "birch.example", LIST_CLIENTS, "", "dove.example", true, 7 },
        { "birch.example", LIST_CLIENTS, "", "elm.example", false, 7 }, /* was, on an older version */
        { "birch.example", LIST_COMMUNITY, "energy", "alder.example", true, 1 },
        { "birch.example", LIST_COMMUNITY, "water", "alder.example", false, 0 },
        { "cedar.example", LIST_CLIENTS, "", "dove.example", false, 0 },
        { "alder.example", LIST_CLIENTS, "", "elm.example", true, 1 },
        { "alder.example", LIST_GROUP, "isac", "birch.example", true, 2 },
        { "alder.example", LIST_GROUP, "isac", "bob@birch.example", false, 2 },
    };
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    ok(store_read_begin(alder->store, &db, &f) == OK, "read");
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool on;
        uint64_t version;
        enum err e =
            lists_has(db, rows[i].owner, rows[i].kind, rows[i].name, rows[i].member, &on, &version, &f);
        ok(e == OK && on == rows[i].on && version == rows[i].version, "%s on %s %s %s: %d, version %llu",
           rows[i].member, rows[i].owner, list_kind_name(rows[i].kind), rows[i].name, on,
           (unsigned long long)version);
    }
}

/* Whether the newest version is on its way to birch. */
static int queued(const char *kind)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct fail f = { 0 };
    if (store_read_begin(alder->store, &db, &f) != OK)
        return -1;
    AUTO(store_outbox_clear) struct outbox_row row = { 0 };
    AUTO(store_list_clear) struct list_row newest = { 0 };
    enum list_kind k;
    if (!lists_kind(kind, &k) || store_list_newest(db, "alder.example", k,
                                                   k == LIST_CLIENTS ? ""
                                                   : k == LIST_GROUP ? "isac"
                                                                     : "energy",
                                                   &newest, &f) != OK)
        return -1;
    return store_outbox_get(db, "birch.example", "alder.example", newest.statement, &row, &f) == OK;
}

/* Clients to every partner, communities to their members, groups to nobody; a newcomer gets what stands. */
static void test_told(void)
{
    json_t *out = NULL;
    struct fail f = { 0 };
    ok(queued("clients") == 0 && queued("community") == 0 && queued("group") == 0,
       "nobody is told before he is confirmed");
    trust(alder, birch);
    ok(queued("clients") == 1, "a newcomer gets the clients");
    ok(queued("community") == 0, "and no community that he is not in");
    ok(queued("group") == 1, "and the group that one of his is in");
    bool set =
        lists_set(alder, LIST_COMMUNITY, "energy", "birch.example,cedar.example", false, &out, &f) == OK;
    json_decref(out);
    ok(set && queued("community") == 1, "a new member gets the community %s", f.what);
    set = lists_set(alder, LIST_COMMUNITY, "energy", "cedar.example", false, &out, &f) == OK;
    json_decref(out);
    ok(set && queued("community") == 1, "who was one learns that he is not any more %s", f.what);
    set = lists_set(alder, LIST_COMMUNITY, "energy", "cedar.example,dove.example", false, &out, &f) == OK;
    json_decref(out);
    ok(set && queued("community") == 0, "and then no more %s", f.what);
    set = lists_set(alder, LIST_GROUP, "isac", "birch.example", true, &out, &f) == OK;
    json_decref(out);
    ok(set && queued("group") == 0, "where members are hidden from one another, nobody is told %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-lists-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    alder = home_make(dir, "alder.example");
    birch = home_make(dir, "birch.example");
    trust(birch, alder);
    test_set();
    test_versions();
    test_told();
    test_take();
    test_has();
    node_close(alder);
    node_close(birch);
    struct fail f = { 0 };
    ok(file_remove_tree(dir, &f) == OK, "removed");
    return tap_done();
}
