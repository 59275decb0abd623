/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/onward.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/acts.h"
#include "exchange/cards.h"
#include "exchange/cosigners.h"
#include "exchange/earlier.h"
#include "exchange/facts.h"
#include "exchange/show.h"
#include "ledger/override.h"
#include "ledger/part.h"
#include "ledger/trust.h"
#include "store/statement.h"
#include "store/store.h"
#include "store/writer.h"
#include "tdf/container.h"
#include "tdf/package.h"

/* The decision ------------------------------------------------------------------------------------------------- */

enum err onward_brought(struct db *db, const char *share, bool *brought, struct fail *f)
{
    AUTO(store_override_clear) struct override_row row = { 0 };
    enum err e = store_override_get(db, share, &row, f);
    *brought = e == OK;
    return store_missing(e, f) ? OK : e;
}

enum err onward_decide(struct node *n, struct db *db, const struct override_copy_row *copy,
                       const struct asker *asker, uint64_t now_ms, enum reason *out, struct fail *f)
{
    AUTO(facts_clear) struct facts facts = { 0 };
    struct policy_input *in = &facts.input;
    TRY(facts_asker(n, db, asker->person, asker->issuer, asker->clearance, now_ms, &facts, f));
    in->originator = copy->originator;
    in->copy_holder = copy->holder;
    in->release.exists = strcmp(asker->issuer, copy->holder) == 0;
    in->release.recalled = copy->recalled_ms != 0;
    policy_overridden(in, &facts.result);
    *out = facts.result.outcome == POLICY_ALLOW ? REASON_OVERRIDDEN : facts.result.reasons[0].reason;
    return OK;
}

/* Reports --------------------------------------------------------------------------------------------------------- */

/* Signed inside the transaction: what is reported is what was entered. */
static enum err send_report(struct node *n, struct db *db, const char *originator, const char *report,
                            json_t *portions, json_t *body, struct place after, struct fail *f)
{
    AUTO(json_freep) json_t *to = json_pack("[s]", originator);
    AUTO(str_freep) char *jws = NULL;
    char id[UUID_TEXT], by[DOMAIN_MAX + 2];
    uint8_t digest[HASH_LEN];
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    struct statement_making m = { .kind = "briefing-report",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = report,
                                  .aud = json_incref(to),
                                  .portions = portions,
                                  .body = body,
                                  .at_ms = n->now_ms() };
    TRY(acts_statement(n, m, &jws, digest, f));
    struct act_statement s = {
        .kind = "briefing-report", .id = id, .jws = jws, .report = report, .ref = "", .digest = digest
    };
    return acts_queue(n, db, &s, to, false, after, f);
}

enum err onward_report(struct node *n, struct db *db, const struct override_copy_row *copy,
                       const char *person, const uint8_t reader[static HASH_LEN], struct place at,
                       struct fail *f)
{
    char digest[44], time[TIME_TEXT_SIZE];
    json_t *body = json_object();
    statement_digest_text(reader, digest);
    time_print(n->now_ms(), time);
    json_set_str(body, "person", person);
    json_set_str(body, "copy", copy->policy);
    json_set_str(body, "override", copy->override);
    json_set_str(body, "time", time);
    json_set_str(body, "digest", digest);
    return send_report(n, db, copy->originator, copy->report, json_pack("[s]", copy->portion), body, at, f);
}

/* What we passed on: "originator report" -> its portions. */
static enum err note_passed(const struct override_copy_row *row, void *ctx, struct fail *f)
{
    AUTO(str_freep) char *name = str_format("%s %s", row->originator, row->report);
    json_t *portions = json_object_get(ctx, name);
    (void)f;
    if (!portions) {
        portions = json_array();
        json_set_take(ctx, name, portions);
    }
    if (!statement_names(portions, row->portion))
        json_array_append_new(portions, json_string(row->portion));
    return OK;
}

struct latest {
    size_t portions; /* that are to be covered */
    uint64_t at_ms;
};

/* One that covers all of them: a later override makes the earlier ones too narrow. */
static enum err note_report(const struct statement_row *row, void *ctx, struct fail *f)
{
    struct latest *l = ctx;
    AUTO(statement_freep) struct statement *s = NULL;
    if (row->direction != STATEMENT_MADE || row->at_ms <= l->at_ms)
        return OK;
    TRY(statement_read(bytes_str(row->jws), JOSE_MAX_SMALL, &s, f));
    if (json_object_get(s->body, "until") && json_array_size(s->portions) >= l->portions)
        l->at_ms = row->at_ms;
    return OK;
}

struct due {
    struct node *n;
    json_t *passed; /* those that are due */
};

/* Every briefing before now is reported in an earlier statement of the same outbox: the store has one writer. */
static enum err write_reports(struct db *db, void *ctx, struct fail *f)
{
    struct due *d = ctx;
    const char *name;
    json_t *portions;
    json_object_foreach (d->passed, name, portions) {
        AUTO(str_freep) char *originator = mem_dup(name, strcspn(name, " "));
        char until[TIME_TEXT_SIZE];
        json_t *body = json_object();
        time_print(d->n->now_ms(), until);
        json_set_str(body, "until", until);
        TRY(send_report(d->n, db, originator, strchr(name, ' ') + 1, json_incref(portions), body,
                        (struct place){ 0 }, f));
    }
    return OK;
}

enum err onward_run(struct node *n, uint64_t now_ms, uint64_t *next_ms, struct fail *f)
{
    AUTO(json_freep) json_t *passed = json_object();
    AUTO(json_freep) json_t *due = json_object();
    const char *name;
    json_t *portions;
    {
        AUTO(store_read_endp) struct db *db = NULL;
        TRY(store_read_begin(n->store, &db, f));
        TRY(store_override_copy_list_giver(db, n->conf.domain, note_passed, passed, f));
        json_object_foreach (passed, name, portions) {
            struct latest l = { json_array_size(portions), 0 };
            TRY(store_statement_list(db, strchr(name, ' ') + 1, "briefing-report", note_report, &l, f));
            if (l.at_ms == 0 || l.at_ms + ONWARD_REPORT_MS <= now_ms)
                json_object_set(due, name, portions);
            else if (l.at_ms + ONWARD_REPORT_MS < *next_ms)
                *next_ms = l.at_ms + ONWARD_REPORT_MS;
        }
    }
    if (json_object_size(due) == 0)
        return OK;
    if (now_ms + ONWARD_REPORT_MS < *next_ms)
        *next_ms = now_ms + ONWARD_REPORT_MS;
    struct due d = { n, due };
    return writer_run(n->writer, write_reports, &d, f);
}

/* The receipt ------------------------------------------------------------------------------------------------------ */

static enum err send_heard(struct node *n, struct db *db, const struct statement *of,
                           const struct override_row *row, const char *receipt, struct fail *f)
{
    AUTO(json_freep) json_t *to = json_pack("[s]", row->to_whom);
    AUTO(str_freep) char *jws = NULL;
    char id[UUID_TEXT], by[DOMAIN_MAX + 2];
    uint8_t digest[HASH_LEN];
    struct place at;
    json_t *body = json_object();
    random_uuid(id);
    snprintf(by, sizeof by, "@%s", n->conf.domain);
    json_set_str(body, "receipt", receipt);
    struct statement_making m = { .kind = "heard",
                                  .id = id,
                                  .iss = n->conf.domain,
                                  .by = by,
                                  .report = row->report,
                                  .ref = row->id,
                                  .aud = json_incref(to),
                                  .portions = json_deep_copy(of->portions),
                                  .body = body,
                                  .at_ms = n->now_ms() };
    TRY(acts_statement(n, m, &jws, digest, f));
    struct journal_event e = { .kind = KIND_REMARK,
                               .originator = row->originator,
                               .organisation = row->to_whom,
                               .actor = by,
                               .report = row->report,
                               .reason = "heard",
                               .digest = digest };
    TRY(acts_enter(n, db, &e, of->portions, &at, f));
    struct act_statement s = {
        .kind = "heard", .id = id, .jws = jws, .report = row->report, .ref = row->id, .digest = digest
    };
    return acts_queue(n, db, &s, to, false, at, f);
}

enum err onward_acked(struct node *n, struct db *db, const struct statement_row *statement,
                      const char *partner, const char *ack, struct fail *f)
{
    AUTO(store_override_clear) struct override_row row = { 0 };
    AUTO(statement_freep) struct statement *s = NULL;
    bool ours = strcmp(statement->iss, n->conf.domain) == 0;
    TRY(statement_read(bytes_str(statement->jws), JOSE_MAX_SMALL, &s, f));
    enum err e = store_override_get(db, statement->id, &row, f);
    if (store_missing(e, f) || (e == OK && !row.sealed))
        return OK;
    TRY(e);
    if (ours && strcmp(partner, row.to_whom) == 0)
        return store_override_copy_drop_payloads(db, row.id, f);
    if (strcmp(partner, row.originator) != 0 || *row.receipt)
        return OK;
    TRY(store_override_set_receipt(db, row.id, ack, f));
    return ours ? send_heard(n, db, s, &row, ack, f) : OK;
}

/* The package ------------------------------------------------------------------------------------------------------- */

struct packing {
    struct db *db;
    struct package_writer *w;
};

static enum err add_copy(const struct override_copy_row *row, void *ctx, struct fail *f)
{
    struct packing *p = ctx;
    AUTO(buf_freep) struct buf *payload = NULL;
    AUTO(tdf_joined_clear) struct tdf_joined joined = { 0 };
    TRY(store_override_copy_payload(p->db, row->policy, &payload, f));
    struct bytes bytes = bytes_of(payload);
    struct source in = source_bytes(&bytes);
    TRY(tdf_joined_init(&joined, row->manifest, &in, f));
    struct source whole = tdf_joined_source(&joined);
    return package_add(p->w, row->portion, PACKAGE_SEALED, &whole, f);
}

enum err onward_pack(struct node *n, const struct statement_row *statement, struct buf *out, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(package_writer_freep) struct package_writer *w = NULL;
    struct buf_sink to;
    struct sink sink = sink_buf(&to, out);
    TRY(store_read_begin(n->store, &db, f));
    TRY(package_begin(&sink, bytes_str(statement->jws), &w, f));
    struct packing p = { db, w };
    TRY(store_override_copy_list(db, statement->id, add_copy, &p, f));
    TRY(package_end(w, f));
    return buf_check(out, "package", f);
}

/* Its place in our ledger --------------------------------------------------------------------------------------------- */

#define INCLUSION_FIELDS                                                                                     \
    (1u << FIELD_KIND | 1u << FIELD_PORTION | 1u << FIELD_ORGANISATION | 1u << FIELD_STATEMENT)

struct including {
    struct node *n;
    struct override_row row;
    struct statement_row statement;
    struct statement *s;
    struct place at[OVERRIDE_PORTIONS_MAX];
    size_t count;
    uint64_t last;
};

static void including_clear(struct including *i)
{
    store_override_clear(&i->row);
    store_statement_clear(&i->statement);
    statement_freep(&i->s);
}

static enum err load(struct including *i, const struct asker *a, const char *id, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    TRY(store_read_begin(i->n->store, &db, f));
    enum err e = store_override_get(db, id, &i->row, f);
    bool missing = store_missing(e, f);
    if (!missing)
        TRY(e);
    if (missing || !i->row.sealed || strcmp(i->row.giver, i->n->conf.domain) != 0 ||
        (!a->own && strcmp(a->issuer, i->row.to_whom) != 0))
        return fail_why(f, REASON_NOT_YOURS, "override %.40s is unknown here, or not yours", id);
    TRY(store_statement_get(db, i->row.giver, i->row.id, &i->statement, f));
    TRY(statement_read(bytes_str(i->statement.jws), JOSE_MAX_SMALL, &i->s, f));
    for (size_t k = 0; k < json_array_size(i->s->portions) && k < OVERRIDE_PORTIONS_MAX; k++) {
        struct place *at = &i->at[i->count++];
        TRY(journal_find(i->n, db, i->row.originator, json_string_value(json_array_get(i->s->portions, k)),
                         i->row.to_whom, KIND_OVERRIDE, i->s->digest, at, f));
        i->last = at->index > i->last ? at->index : i->last;
    }
    return OK;
}

static enum err show(struct including *i, const struct publisher_head *head, json_t *parts, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(show_proof_clear) struct show_proof genesis = { 0 };
    TRY(store_read_begin(i->n->store, &db, f));
    TRY(show_proof(i->n, db, head, 0, &genesis, f));
    for (size_t k = 0; k < i->count; k++) {
        AUTO(show_proof_clear) struct show_proof of = { 0 };
        AUTO(buf_freep) struct buf *text = buf_new(PART_MAX);
        TRY(show_proof(i->n, db, head, i->at[k].index, &of, f));
        struct show_part part = { .of = &of, .genesis = &genesis, .fields = INCLUSION_FIELDS };
        TRY(show_part(i->n, head, &part, text, f));
        json_set_str(parts, json_string_value(json_array_get(i->s->portions, k)), buf_text(text));
    }
    return OK;
}

enum err onward_inclusion(struct node *n, const struct asker *a, const char *id, json_t **out, struct fail *f)
{
    AUTO(including_clear) struct including i = { .n = n };
    AUTO(cosigned_clear) struct cosigned c = { 0 };
    AUTO(publisher_head_clear) struct publisher_head head = { 0 };
    AUTO(cards_set_clear) struct cards_set cards = { 0 };
    AUTO(json_freep) json_t *v = json_object();
    TRY(cards_confirmed(n, &cards, f));
    const struct trust trust = { cards.cards, cards.count };
    json_t *parts = json_object();
    json_set_take(v, "parts", parts);
    if (!name_is_uuid(id))
        return fail_set(f, E_INVALID, "'%.40s' is no id of an override", id);
    TRY(load(&i, a, id, f));
    if (i.count && i.at[0].generation < n->generation) { /* all of it was one transaction */
        TRY(earlier_head(n, i.at[0].generation, &head, f));
        trust_signed(&trust, n->conf.domain, bytes_str(head.note), &c.witnessed, &c.monitored);
    } else {
        TRY(publisher_wait(n->publisher, i.last, f));
        TRY(cosigners_wait(n, i.last + 1, false, ONWARD_WAIT_MS, &c, f));
        head = (struct publisher_head){ c.size, str_dup(c.note), n->generation };
    }
    TRY(show(&i, &head, parts, f));
    json_set_str(v, "override", i.row.id);
    json_set_bool(v, "witnessed", c.witnessed);
    *out = json_incref(v);
    return OK;
}
