/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "ledger/checkpoint.h"
#include "ledger/statement.h"
#include "tdf/seal.h"

#define START_MS 1767225600000 /* 2026-01-01 */

void must(enum err e, const struct fail *f, const char *what)
{
    if (e == OK)
        return;
    printf("Bail out! %s: %s\n", what, f->what);
    exit(1);
}

uint64_t world_now(void)
{
    static uint64_t now = START_MS;
    return now += 1000;
}

int world_unlock(char fill)
{
    char key[32];
    int fd = memfd_create("unlock", MFD_CLOEXEC);
    memset(key, fill, sizeof key);
    return write(fd, key, sizeof key) == sizeof key ? fd : -1;
}

/* People --------------------------------------------------------------------------------------- */

struct person *person_new(const char *name)
{
    struct fail f = { 0 };
    struct person *p = mem_new(sizeof *p);
    snprintf(p->name, sizeof p->name, "%s", name);
    must(key_make(KEY_P256, &p->key, &f), &f, "a person's key");
    must(key_thumbprint(p->key, p->thumbprint, &f), &f, "thumbprint");
    AUTO(json_freep) json_t *jwk = key_jwk(p->key);
    buf_init(&p->jwk, 1024);
    buf_init(&p->statement, 65536);
    json_put(&p->jwk, jwk);
    return p;
}

void person_free(struct person *p)
{
    key_free(p->key);
    buf_clear(&p->jwk);
    buf_clear(&p->statement);
    mem_freep(&p);
}

/* Signed things -------------------------------------------------------------------------------- */

static json_t *payload_of(const char *kind, const char *iss, const char *by, const char *portion,
                          json_t *body, json_t *(*make)(struct statement_making))
{
    char id[UUID_TEXT];
    random_uuid(id);
    struct statement_making m = { .kind = kind, .id = id, .iss = iss, .by = by, .at_ms = world_now() };
    m.aud = json_pack("[s]", "birch.example");
    m.portions = portion ? json_pack("[s]", portion) : json_array();
    m.body = body;
    return make(m);
}

void world_statement(struct world *w, const char *kind, const char *by, const char *portion, json_t *body,
                     struct buf *out, uint8_t digest[static HASH_LEN])
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *payload = payload_of(kind, DOMAIN, by, portion, body, statement_payload);
    must(keeper_sign(w->keeper, USE_STATEMENT, payload, out, &f), &f, "statement");
    AUTO(jose_freep) struct jose *j = NULL;
    must(jose_read(bytes_of(out), JOSE_MAX_SMALL, "statement", &j, &f), &f, "statement");
    jose_digest(j, digest);
}

void world_sign(const struct key *k, const char *typ, const json_t *payload, struct buf *out)
{
    struct fail f = { 0 };
    must(jose_sign(k, NULL, typ, payload, out, &f), &f, "signature");
}

void world_act(const struct person *p, const char *kind, const char *portion, json_t *body, struct buf *out)
{
    AUTO(json_freep)
    json_t *payload = payload_of(kind, name_domain_of(p->name), p->name, portion, body, act_payload);
    world_sign(p->key, ACT_TYP, payload, out);
}

/* The ledger ----------------------------------------------------------------------------------- */

static void set(struct event *e, enum field j, const void *p, size_t len)
{
    memcpy(e->value[j], p, len);
    e->len[j] = len;
}

static void set_text(struct event *e, enum field j, const char *prefix, const char *s)
{
    if (s)
        e->len[j] = (size_t)snprintf((char *)e->value[j], sizeof e->value[j], "%s%s", prefix, s);
}

static void fill(struct event *e, const struct said *s)
{
    static uint64_t counter;
    uint8_t kind = (uint8_t)s->kind, time[8], versions[24];
    uint64_t version[ENTRY_TAGS] = { BODY_DUMMY, counter, BODY_DUMMY };
    if (s->kind == KIND_BRIEFING) {
        version[0] = 0;
        version[2] = counter;
    }
    counter++;
    random_bytes(e->key, sizeof e->key);
    body_put_time(world_now(), time);
    body_put_versions(version, versions);
    set(e, FIELD_KIND, &kind, 1);
    set(e, FIELD_TIME, time, sizeof time);
    set(e, FIELD_VERSIONS, versions, sizeof versions);
    set_text(e, FIELD_PORTION, DOMAIN "/", s->portion);
    set_text(e, FIELD_PERSON, "", s->person);
    set_text(e, FIELD_ORGANISATION, "@", "birch.example");
    set_text(e, FIELD_ACTOR, "", s->actor);
    set_text(e, FIELD_COPY, "", s->copy);
    set_text(e, FIELD_REPORT, DOMAIN "/", s->report);
    if (s->statement)
        set(e, FIELD_STATEMENT, s->statement, HASH_LEN);
    if (s->reader)
        set(e, FIELD_READER, s->reader, HASH_LEN);
}

static struct body body_of(const struct event *e)
{
    struct body b = { 0 };
    memcpy(b.key, e->key, sizeof b.key);
    for (unsigned j = 0; j < FIELD_COUNT; j++)
        b.field[j] = BYTES(e->value[j], e->len[j]);
    return b;
}

/* The tags that the body wants, from the keeper's VRF key. */
static void tag(struct world *w, const struct body *body, uint8_t tags[static ENTRY_TAGS][32])
{
    struct fail f = { 0 };
    struct tag_plan plan;
    must(body_check(body, &f), &f, "body");
    must(tag_plan_of(body, &plan, &f), &f, "tags");
    for (size_t i = 0; i < plan.count; i++) {
        AUTO(buf_freep) struct buf *alpha = buf_new(TAG_ALPHA_MAX);
        const struct tag_need *n = &plan.need[i];
        tag_alpha(alpha, n->class, n->portion, n->name, n->version);
        struct keeper_tag t = { .alpha = bytes_of(alpha), .with_proof = n->proof };
        must(keeper_tags(w->keeper, NULL, &t, 1, &f), &f, "tag");
        memcpy(tags[n->class - 1], t.tag, 32);
    }
}

uint64_t world_add(struct world *w, const struct said *s)
{
    struct fail f = { 0 };
    uint64_t index = ledger_log_size(w->log);
    struct event *e = &w->events[index];
    uint8_t tags[ENTRY_TAGS][32] = { 0 };
    fill(e, s);
    struct body body = body_of(e);
    tag(w, &body, tags);
    buf_init(&e->bytes, ENTRY_MAX);
    must(ledger_log_add_event(w->log, index, &body, tags, &e->bytes, &f), &f, "event");
    return index;
}

void world_enrol(struct world *w, struct person *p, const char *role)
{
    uint8_t digest[HASH_LEN];
    json_t *body = json_pack("{s:s, s:s, s:[s], s:s}", "person", p->name, "thumbprint", p->thumbprint,
                             "roles", role, "state", "active");
    world_statement(w, "person-key", "@" DOMAIN, NULL, body, &p->statement, digest);
    p->entry =
        world_add(w, &(struct said){ .kind = KIND_PERSON_KEY, .person = p->name, .statement = digest });
}

void world_publish(struct world *w)
{
    struct fail f = { 0 };
    uint8_t root[HASH_LEN];
    AUTO(buf_freep) struct buf *entry = buf_new(ENTRY_MAX);
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX);
    struct tree_nodes nodes = ledger_log_nodes(w->log);
    must(ledger_log_add_seal(w->log, ledger_log_size(w->log), world_now(), entry, &f), &f, "seal");
    uint64_t size = ledger_log_size(w->log);
    ledger_log_root(w->log, root);
    must(tree_prove_consistency(&nodes, w->size, size, proof, &f), &f, "consistency");
    buf_reset(&w->note);
    must(keeper_checkpoint(w->keeper, size, root, bytes_of(proof), &w->note, &f), &f, "checkpoint");
    w->size = size;
}

void exhibit_make(struct world *w, uint64_t index, unsigned fields, struct exhibit *x)
{
    struct fail f = { 0 };
    struct event *e = &w->events[index];
    struct tree_nodes nodes = ledger_log_nodes(w->log);
    struct body body = body_of(e);
    *x = (struct exhibit){ .entry = { .event = bytes_of(&e->bytes), .index = index } };
    buf_init(&x->inclusion, TREE_PROOF_MAX);
    must(tree_prove_inclusion(&nodes, index, w->size, &x->inclusion, &f), &f, "inclusion");
    x->entry.inclusion = bytes_of(&x->inclusion);
    x->entry.openings = x->openings;
    for (unsigned j = 0; j < FIELD_COUNT; j++) {
        if ((fields & FIELD_BIT(j)) == 0)
            continue;
        struct opening *o = &x->opened[x->entry.opening_count];
        body_open(&body, 1u << j, o);
        o->value = BYTES(e->value[j], e->len[j]);
        x->openings[x->entry.opening_count++] = (struct keeper_opening){ j, o->salt, o->path, o->value };
    }
}

void exhibit_clear(struct exhibit *x)
{
    buf_clear(&x->inclusion);
}

void world_master(struct world *w, char *portion, struct bytes text, struct buf *manifest,
                  struct buf *payload)
{
    struct fail f = { 0 };
    uint8_t key[TDF_KEY_LEN];
    struct buf_sink memory;
    struct source plain = source_bytes(&text);
    struct sink sink = sink_buf(&memory, payload);
    AUTO(buf_freep) struct buf *policy_text = buf_new(4096);
    AUTO(tdf_manifest_freep) struct tdf_manifest *t = tdf_manifest_new();
    struct tdf_recipient to = { .to = w->kas, .kid = w->kas_kid, .url = "https://" DOMAIN "/kas" };
    struct tdf_policy policy = { .uuid = portion };
    tdf_policy_write(&policy, policy_text);
    random_bytes(key, sizeof key);
    t->policy = buf_steal_text(policy_text);
    t->mime_type = str_dup("text/markdown");
    must(tdf_seal_payload(&plain, key, 0, &sink, t, &f), &f, "seal");
    must(tdf_wrap(t, key, &to, &f), &f, "wrap");
    must(tdf_manifest_write(t, manifest, &f), &f, "manifest");
}

/* The world ------------------------------------------------------------------------------------ */

static const struct {
    enum key_use use;
    const char *name;
} own_keys[] = {
    { USE_CARD, DOMAIN },
    { USE_STATEMENT, DOMAIN },
    { USE_TOKEN, DOMAIN },
    { USE_KAS, DOMAIN },
    { USE_LOG, ORIGIN },
    { USE_VRF, DOMAIN },
    { USE_WITNESS, DOMAIN "/witness" },
    { USE_KAS_RSA, DOMAIN },
};

static void make_genesis(struct world *w)
{
    struct fail f = { 0 };
    struct entry_genesis g = {
        .time_ms = world_now(), .generation = 1, .origin = ORIGIN, .how = ENTRY_FIRST
    };
    AUTO(buf_freep) struct buf *entry = buf_new(ENTRY_MAX);
    memcpy(g.log_pk, w->public[USE_LOG].data, 32);
    memcpy(g.vrf_pk, w->public[USE_VRF].data, 32);
    tree_empty_root(g.prev_root);
    must(ledger_log_add_genesis(w->log, &g, entry, &f), &f, "genesis");
}

struct world *world_new(void)
{
    struct fail f = { 0 };
    struct world *w = mem_new(sizeof *w);
    int unlock = world_unlock('u');
    must(keeper_start(unlock, &w->keeper, &f), &f, "keeper");
    close(unlock);
    must(crypto_start(&f), &f, "crypto");
    for (size_t i = 0; i < COUNT(own_keys); i++) {
        enum key_use use = own_keys[i].use;
        buf_init(&w->blob[use], 4096);
        buf_init(&w->public[use], 4096);
        must(keeper_generate(w->keeper, use, own_keys[i].name, &w->blob[use], &w->public[use], &f), &f,
             "key");
    }
    must(key_read_pem(bytes_of(&w->public[USE_KAS]), &w->kas, &f), &f, "kas key");
    must(key_thumbprint(w->kas, w->kas_kid, &f), &f, "kas key");
    buf_init(&w->note, NOTE_MAX);
    w->log = ledger_log_new();
    make_genesis(w);
    world_publish(w);
    return w;
}

void world_free(struct world *w)
{
    keeper_stop(w->keeper);
    for (size_t i = 0; i < USE_COUNT; i++) {
        buf_clear(&w->blob[i]);
        buf_clear(&w->public[i]);
    }
    for (size_t i = 0; i < COUNT(w->events); i++)
        buf_clear(&w->events[i].bytes);
    ledger_log_free(w->log);
    buf_clear(&w->note);
    key_free(w->kas);
    mem_freep(&w);
}
