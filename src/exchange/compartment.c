/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/compartment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/acts.h"
#include "exchange/publisher.h"
#include "store/second.h"
#include "store/store.h"
#include "store/writer.h"

#define KIND "compartment"

enum err compartment_full(const struct node *n, const char *text, char **out, struct fail *f)
{
    char *full = name_is_bare_compartment(text, strlen(text)) ? str_format("%s/%s", n->conf.domain, text)
                                                              : str_dup(text);
    size_t len = strlen(n->conf.domain);
    bool good = name_is_compartment(full), ours = strncmp(full, n->conf.domain, len) == 0 && full[len] == '/';
    if (good && ours) {
        *out = full;
        return OK;
    }
    free(full);
    return good ? fail_why(f, REASON_NOT_ORIGINATOR, "'%.80s': only its originator has a say over it", text)
                : fail_set(f, E_USAGE, "'%.80s' is not a compartment (NAME or %s/NAME, capitals, digits, -)",
                           text, n->conf.domain);
}

/* Setting ---------------------------------------------------------------------------------------------------- */

struct term {
    struct node *n;
    struct compartment_row row;
    char id[UUID_TEXT];
    char *full, *jws;
    uint8_t digest[HASH_LEN];
    struct place at;
};

static void term_clear(struct term *t)
{
    mem_freep(&t->full);
    mem_freep(&t->jws);
}

static enum err read_second(const char *text, struct compartment_row *row, struct fail *f)
{
    static const struct {
        const char *text;
        bool share, grant;
    } words[] = { { "share", true, false },
                  { "grant", false, true },
                  { "share,grant", true, true },
                  { "grant,share", true, true },
                  { "none", false, false } };
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].text, text) == 0) {
            row->second_share = words[i].share;
            row->second_grant = words[i].grant;
            return OK;
        }
    return fail_set(f, E_USAGE,
                    "'%.40s': a second person can be wanted for share, grant, share,grant or none", text);
}

/* E_NOT_FOUND is no failure: then ${row} stays as it is, with version 0. */
static enum err standing(struct db *db, const char *full, struct compartment_row *row, struct fail *f)
{
    enum err e = store_compartment_get(db, full, row, f);
    return store_missing(e, f) ? OK : e;
}

static enum err look_back(struct term *t, bool *same, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_compartment_clear) struct compartment_row last = { 0 };
    TRY(store_read_begin(t->n->store, &db, f));
    TRY(standing(db, t->full, &last, f));
    t->row.version = last.version + 1;
    *same = last.second_share == t->row.second_share && last.second_grant == t->row.second_grant;
    return OK;
}

static json_t *second_list(const struct compartment_row *row)
{
    json_t *list = json_array();
    if (row->second_share)
        json_array_append_new(list, json_string("share"));
    if (row->second_grant)
        json_array_append_new(list, json_string("grant"));
    return list;
}

static enum err sign(struct term *t, struct fail *f)
{
    char by[DOMAIN_MAX + 2];
    json_t *body = json_object();
    snprintf(by, sizeof by, "@%s", t->n->conf.domain);
    random_uuid(t->id);
    t->row.statement = t->id;
    json_set_str(body, "compartment", t->full);
    json_set_u64(body, "version", t->row.version);
    json_set_take(body, "second", second_list(&t->row));
    struct statement_making m = { .kind = KIND,
                                  .id = t->id,
                                  .iss = t->n->conf.domain,
                                  .by = by,
                                  .aud = json_pack("[s]", t->n->conf.domain),
                                  .body = body,
                                  .at_ms = t->row.set_ms };
    return acts_statement(t->n, m, &t->jws, t->digest, f);
}

static enum err write_term(struct db *db, void *ctx, struct fail *f)
{
    struct term *t = ctx;
    struct journal_event e = {
        .kind = KIND_REMARK, .organisation = t->n->conf.domain, .reason = KIND, .digest = t->digest
    };
    struct act_statement s = {
        .kind = KIND, .id = t->id, .jws = t->jws, .report = "", .ref = "", .digest = t->digest
    };
    TRY(store_compartment_set(db, &t->row, f));
    TRY(journal_enter(t->n, db, &e, &t->at, f));
    return acts_queue(t->n, db, &s, NULL, false, t->at, f);
}

enum err compartment_set(struct node *n, const char *compartment, const char *second, json_t **out,
                         struct fail *f)
{
    AUTO(term_clear) struct term t = { .n = n };
    bool same;
    TRY(compartment_full(n, compartment, &t.full, f));
    t.row.compartment = t.full;
    t.row.set_ms = n->now_ms();
    TRY(read_second(second, &t.row, f));
    TRY(look_back(&t, &same, f));
    if (!same) {
        TRY(sign(&t, f));
        TRY(writer_run(n->writer, write_term, &t, f));
        TRY(publisher_wait(n->publisher, t.at.index, f));
    }
    return compartment_show(n, t.full, out, f);
}

/* Showing ---------------------------------------------------------------------------------------------------- */

static json_t *term_json(const struct compartment_row *row)
{
    char at[TIME_TEXT_SIZE] = "";
    json_t *out = json_object();
    if (row->set_ms)
        time_print(row->set_ms, at);
    json_set_str(out, "compartment", row->compartment);
    json_set_u64(out, "version", row->version);
    json_set_take(out, "second", second_list(row));
    json_set_str(out, "at", at);
    return out;
}

enum err compartment_show(struct node *n, const char *compartment, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_compartment_clear) struct compartment_row row = { 0 };
    AUTO(str_freep) char *full = NULL;
    TRY(compartment_full(n, compartment, &full, f));
    TRY(store_read_begin(n->store, &db, f));
    TRY(standing(db, full, &row, f));
    *out = term_json(row.version ? &row : &(struct compartment_row){ .compartment = full });
    return OK;
}

static enum err add_term(const struct compartment_row *row, void *ctx, struct fail *f)
{
    (void)f;
    json_array_append_new(ctx, term_json(row));
    return OK;
}

enum err compartment_all(struct node *n, json_t **out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(json_freep) json_t *list = json_array();
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_compartment_list(db, add_term, list, f));
    *out = json_object();
    json_set_take(*out, "compartments", json_incref(list));
    return OK;
}

enum err compartment_wants(struct db *db, const struct marking *mark, const char *act, const char **which,
                           struct fail *f)
{
    bool share = strcmp(act, "share") == 0;
    *which = NULL;
    for (size_t i = 0; i < mark->compartments.count && !*which; i++) {
        AUTO(store_compartment_clear) struct compartment_row row = { 0 };
        const char *name = mark->compartments.item[i].name;
        TRY(standing(db, name, &row, f));
        if (share ? row.second_share : row.second_grant)
            *which = name;
    }
    return OK;
}
