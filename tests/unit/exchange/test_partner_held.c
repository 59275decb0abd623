/* SPDX-License-Identifier: Apache-2.0 - what one partner may lay down: up to the bound and not a byte more, each by itself */
#include "flow.h"

#include "exchange/doctor.h"
#include "exchange/partner_held.h"
#include "exchange/publisher.h"
#include "store/held.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:CLEAR", "Take portable computers out of cabin baggage." },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
};

/* A package as it goes out. */
struct out {
    struct buf *bytes;
    struct bytes view;
    struct source in;
    struct package *package;
    uint64_t id, size;
};

static void out_clear(struct out *o)
{
    package_freep(&o->package);
    buf_freep(&o->bytes);
}

/* The next of ${from}'s for ${to}. */
static bool next(struct node *from, struct node *to, struct out *o)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_outbox_clear) struct outbox_row row = { 0 };
    AUTO(store_statement_clear) struct statement_row statement = { 0 };
    struct fail f = { 0 };
    o->bytes = buf_new(1 << 20);
    bool good = store_read_begin(from->store, &db, &f) == OK &&
                store_outbox_next(db, to->conf.domain, 1, UINT32_MAX, &row, &f) == OK &&
                store_statement_get(db, row.iss, row.statement, &statement, &f) == OK &&
                pack_share(from, &statement, o->bytes, &f) == OK;
    o->view = bytes_of(o->bytes);
    o->in = source_bytes(&o->view);
    o->id = row.id;
    good = good && package_read(&o->in, &o->package, &f) == OK;
    if (!ok(good, "a package of %s for %s %s", from->conf.domain, to->conf.domain, f.what))
        exit(1);
    o->size = partner_held_size(package_report(o->package), o->package);
    return true;
}

static void sent(struct node *from, struct out *o)
{
    struct fail f = { 0 };
    ok(writer_run(from->writer, mark_sent, &o->id, &f) == OK, "sent %s", f.what);
}

static uint64_t held(struct node *n, const char *domain)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t bytes = UINT64_MAX;
    struct fail f = { 0 };
    ok(store_read_begin(n->store, &db, &f) == OK && store_held_sum_get(db, domain, &bytes, &f) == OK,
       "what is held of %s %s", domain, f.what);
    return bytes;
}

static bool is_known(struct node *n, const struct out *o)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(statement_freep) struct statement *s = NULL;
    AUTO(store_statement_clear) struct statement_row row = { 0 };
    AUTO(store_held_clear) struct held_row share = { 0 };
    struct fail f = { 0 };
    ok(statement_read(package_report(o->package), JOSE_MAX_LARGE, &s, &f) == OK &&
           store_read_begin(n->store, &db, &f) == OK,
       "looked %s", f.what);
    return store_statement_get(db, s->iss, s->id, &row, NULL) == OK ||
           store_held_get(db, s->iss, s->id, &share, NULL) == OK;
}

static void refused(struct node *n, const char *from, struct out *o, uint64_t bound, const char *name)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    struct fail f = { 0 };
    uint64_t before = held(n, from), entries = publisher_size(n->publisher);
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)before);
    n->conf.partner_held = bound;
    ok(acts_take(n, package_report(o->package), o->package, ack, &f) == E_RATE &&
           f.reason == REASON_PARTNER_FULL && f.retry_s == PARTNER_HELD_RETRY_S,
       "%s: %s", name, f.what);
    ok(strstr(f.what, from) && strstr(f.what, "(partner_held)") && strstr(f.what, number),
       "who, how much, which setting");
    ok(held(n, from) == before && publisher_size(n->publisher) == entries && !is_known(n, o),
       "nothing is changed");
}

static void taken(struct node *n, struct out *o, uint64_t bound, const char *name)
{
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    struct fail f = { 0 };
    n->conf.partner_held = bound;
    ok(acts_take(n, package_report(o->package), o->package, ack, &f) == OK && ack->len > 0, "%s %s", name,
       f.what);
}

static char *doctor_says(struct node *n, bool *good)
{
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f = { 0 };
    ok(doctor_run(n, &answer, &f) == OK, "doctor %s", f.what);
    const json_t *list = json_object_get(answer, "checks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *c = json_array_get(list, i);
        if (strcmp(json_string_value(json_object_get(c, "check")), "held") == 0) {
            *good = strcmp(json_string_value(json_object_get(c, "state")), "good") == 0;
            return str_dup(json_string_value(json_object_get(c, "text")));
        }
    }
    return str_dup("");
}

static void doctor(struct node *n, uint64_t bound, bool want, const char *word)
{
    bool good = !want;
    n->conf.partner_held = bound;
    AUTO(str_freep) char *text = doctor_says(n, &good);
    ok(good == want && strstr(text, word), "bound %llu: %s", (unsigned long long)bound, text);
}

static void bounds(const struct key *max)
{
    AUTO(out_clear) struct out one = { 0 }, two = { 0 }, other = { 0 }, stray = { 0 };
    AUTO(json_freep) json_t *answer = NULL;
    struct asker cyds = asker_of("cyd@cedar.example", ROLE_READER);
    struct fail f = { 0 };
    ok(flow_share_only(&f) == OK && next(alder, birch, &one), "amy shares %s", f.what);
    refused(birch, "alder.example", &one, one.size - 1, "one byte too much");
    refused(birch, "alder.example", &one, 1, "far too much");
    taken(birch, &one, one.size, "just enough");
    ok(held(birch, "alder.example") == one.size, "and counted");
    taken(birch, &one, 1, "the same again gets its ack");
    ok(held(birch, "alder.example") == one.size, "and is counted once");
    sent(alder, &one);

    ok(flow_share_only(&f) == OK && next(alder, birch, &two), "amy shares again %s", f.what);
    refused(birch, "alder.example", &two, one.size + two.size - 1, "a byte too much in all");
    ok(flow_share_by(cedar, "max@cedar.example", max, "birch.example", &f) == OK &&
           next(cedar, birch, &other),
       "max shares %s", f.what);
    taken(birch, &other, other.size, "another partner has a bound of his own");
    ok(held(birch, "cedar.example") == other.size && held(birch, "alder.example") == one.size,
       "each is counted by itself");
    taken(birch, &two, one.size + two.size, "raised, it is taken");
    ok(held(birch, "alder.example") == one.size + two.size, "both are counted");
    sent(alder, &two);

    uint64_t all = one.size + two.size;
    doctor(birch, all, false, "alder.example");
    doctor(birch, all * 5 / 4 - 2, false, "alder.example");
    doctor(birch, all * 5 / 4 + 2, true, "80 %");
    doctor(birch, 0, true, "partner_held is 0");
    doctor(birch, 1, false, "1 more");

    ok(flow_share_only(&f) == OK && next(alder, birch, &stray), "amy shares for a third time %s", f.what);
    cedar->conf.partner_held = 1;
    ok(acts_import(cedar, &cyds, stray.package, &answer, &f) == OK && held(cedar, "alder.example") == 0,
       "a stray is our own reader's to answer for %s", f.what);
    taken(birch, &stray, 0, "0: any");
    ok(held(birch, "alder.example") == all + stray.size, "which is counted, too");
    sent(alder, &stray);
}

int main(void)
{
    char dir[] = "/tmp/orcon-partner-held-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    struct key *max = home_person(cedar, "max@cedar.example", "reader,author");
    deliver(cedar, birch);
    deliver(cedar, alder);
    bounds(max);
    key_free(max);
    flow_end(dir);
    return tap_done();
}
