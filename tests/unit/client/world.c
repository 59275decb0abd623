/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/seal.h"
#include "crypto/vrf.h"
#include "ledger/log.h"
#include "ledger/presence.h"
#include "ledger/statement.h"
#include "tdf/open.h"

void world_must(enum err e, const struct fail *f)
{
    if (e == OK)
        return;
    printf("Bail out! %s\n", f->what);
    exit(99);
}

/* Organisations --------------------------------------------------------------------------------------------- */

char *org_card(const struct org *o, uint64_t serial, const char *prev, const struct key *card_key,
               const uint8_t pin[static HASH_LEN])
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *payload = NULL;
    AUTO(buf_freep) struct buf *jws = buf_new(CARD_MAX);
    char vkey[NOTE_VKEY_SIZE];
    const char *logs[] = { vkey };
    uint8_t pins[1][HASH_LEN];
    uint64_t nbf = time_now_ms() / 1000;
    struct card_key keys[] = { { .use = "card", .key = (struct key *)(uintptr_t)card_key, .nbf_s = nbf },
                               { .use = "statement", .key = o->statement_key, .nbf_s = nbf },
                               { .use = "token", .key = o->statement_key, .nbf_s = nbf },
                               { .use = "kas", .key = o->kas_key, .nbf_s = nbf } };
    memcpy(pins[0], pin, HASH_LEN);
    note_key_print(&o->log, vkey);
    struct card_making m = { .domain = o->domain,
                             .name = o->domain,
                             .url = o->url,
                             .prev = prev,
                             .serial = serial,
                             .pins = (const uint8_t(*)[HASH_LEN])pins,
                             .pin_count = 1,
                             .keys = keys,
                             .key_count = COUNT(keys),
                             .logs = logs,
                             .log_count = 1,
                             .witness = "",
                             .monitor = "" };
    world_must(card_payload(&m, &payload, &f), &f);
    world_must(jose_sign(card_key, NULL, CARD_TYP, payload, jws, &f), &f);
    return buf_steal_text(jws);
}

void org_make(struct org *o, const char *domain, const char *url, const uint8_t pin[static HASH_LEN])
{
    struct fail f = { 0 };
    struct key **p256[] = { &o->card_key, &o->statement_key, &o->kas_key };
    AUTO(buf_freep) struct buf *raw = buf_new(32);
    char origin[ORIGIN_SIZE];
    *o = (struct org){ .domain = domain, .url = url };
    for (size_t i = 0; i < COUNT(p256); i++)
        world_must(key_make(KEY_P256, p256[i], &f), &f);
    world_must(key_make(KEY_ED25519, &o->log_key, &f), &f);
    world_must(key_make(KEY_VRF, &o->vrf_key, &f), &f);
    origin_print(domain, 1, origin);
    key_write_public(o->log_key, raw);
    world_must(note_key_make(origin, NOTE_ED25519, raw->data, &o->log, &f), &f);
    o->card_text = org_card(o, 1, "", o->card_key, pin);
    world_must(card_read(bytes_str(o->card_text), &o->card, &f), &f);
}

void org_clear(struct org *o)
{
    key_free(o->card_key);
    key_free(o->statement_key);
    key_free(o->kas_key);
    key_free(o->log_key);
    key_free(o->vrf_key);
    card_free(o->card);
    mem_freep(&o->card_text);
}

/* Folders and people ---------------------------------------------------------------------------------------- */

char *world_folder(void)
{
    char dir[] = "/tmp/orcon-test-XXXXXX";
    struct fail f = { .what = "no temporary folder" };
    world_must(mkdtemp(dir) ? OK : E_IO, &f);
    return str_dup(dir);
}

void world_remove(char *dir)
{
    struct fail f = { 0 };
    world_must(file_remove_tree(dir, &f), &f);
    mem_freep(&dir);
}

char *world_file(const char *dir, const char *name, const char *text)
{
    struct fail f = { 0 };
    char *path = str_format("%s/%s", dir, name);
    world_must(file_write(path, bytes_str(text), 0600, &f), &f);
    return path;
}

struct profile *world_profile(const char *dir, const char *person, const struct org *o)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *key = NULL;
    struct profile *p = NULL;
    world_must(profile_make_key(dir, BYTES(NULL, 0), &key, &f), &f);
    world_must(profile_enrolled(dir, person, bytes_str(o->card_text), key, &f), &f);
    world_must(profile_load(dir, person, &p, &f), &f);
    return p;
}

/* A ledger of three entries: genesis, the briefing, a seal ---------------------------------------------------- */

struct history {
    struct ledger_log *log;
    struct buf *genesis, *event, *seal, *checkpoint, *genesis_proof;
    struct body body;
    uint8_t time[8], versions[24];
    char organisation[DOMAIN_MAX + 2];
    uint8_t pi[VRF_PROOF_LEN];
};

static void history_clear(struct history *h)
{
    ledger_log_free(h->log);
    buf_free(h->genesis);
    buf_free(h->event);
    buf_free(h->seal);
    buf_free(h->checkpoint);
    buf_free(h->genesis_proof);
}

static void begin(struct history *h, const struct org *o)
{
    struct fail f = { 0 };
    struct entry_genesis g = { .time_ms = 1000, .generation = 1, .how = ENTRY_FIRST };
    AUTO(buf_freep) struct buf *vrf = buf_new(32);
    h->log = ledger_log_new();
    h->genesis = buf_new(ENTRY_MAX);
    origin_print(o->domain, 1, g.origin);
    memcpy(g.log_pk, o->log.pk, sizeof g.log_pk);
    key_write_public(o->vrf_key, vrf);
    memcpy(g.vrf_pk, vrf->data, sizeof g.vrf_pk);
    tree_empty_root(g.prev_root);
    world_must(ledger_log_add_genesis(h->log, &g, h->genesis, &f), &f);
}

static void brief(struct history *h, const struct org *o, const char *portion, const char *person)
{
    static const uint8_t kind = KIND_BRIEFING;
    static const uint64_t versions[ENTRY_TAGS] = { 0, 0, 0 };
    struct fail f = { 0 };
    struct tag_plan plan;
    uint8_t tags[ENTRY_TAGS][32] = { { 0 } };
    struct bytes *field = h->body.field;
    h->event = buf_new(ENTRY_MAX);
    random_bytes(h->body.key, sizeof h->body.key);
    body_put_time(2000, h->time);
    body_put_versions(versions, h->versions);
    snprintf(h->organisation, sizeof h->organisation, "@%s", name_domain_of(person));
    field[FIELD_KIND] = BYTES(&kind, 1);
    field[FIELD_TIME] = BYTES(h->time, sizeof h->time);
    field[FIELD_PORTION] = bytes_str(portion);
    field[FIELD_PERSON] = bytes_str(person);
    field[FIELD_ORGANISATION] = bytes_str(h->organisation);
    field[FIELD_ACTOR] = bytes_str(person);
    field[FIELD_VERSIONS] = BYTES(h->versions, sizeof h->versions);
    world_must(body_check(&h->body, &f), &f);
    world_must(tag_plan_of(&h->body, &plan, &f), &f);
    for (size_t i = 0; i < plan.count; i++) {
        const struct tag_need *need = &plan.need[i];
        AUTO(buf_freep) struct buf *alpha = buf_new(TAG_ALPHA_MAX);
        uint8_t pi[VRF_PROOF_LEN];
        tag_alpha(alpha, need->class, need->portion, need->name, need->version);
        vrf_prove(o->vrf_key, bytes_of(alpha), pi, tags[need->class - 1]);
        if (need->class == TAG_PERSON)
            memcpy(h->pi, pi, sizeof pi);
    }
    world_must(ledger_log_add_event(h->log, 1, &h->body, (const uint8_t(*)[32])tags, h->event, &f), &f);
}

static void sign(struct history *h, const struct org *o, const struct key *log_key)
{
    struct fail f = { 0 };
    struct note_key signer;
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    AUTO(buf_freep) struct buf *raw = buf_new(32);
    h->seal = buf_new(ENTRY_MAX);
    h->checkpoint = buf_new(NOTE_MAX);
    world_must(ledger_log_add_seal(h->log, 2, 3000, h->seal, &f), &f);
    world_must(ledger_log_checkpoint(h->log, text, &f), &f);
    key_write_public(log_key, raw);
    world_must(note_key_make(o->log.name, NOTE_ED25519, raw->data, &signer, &f), &f);
    note_begin(h->checkpoint, bytes_of(text));
    note_sign_line(h->checkpoint, &signer, log_key, bytes_of(text), 0);
}

char *world_presence(const struct org *o, const struct key *log_key, const char *portion, const char *person)
{
    AUTO(history_clear) struct history h = { 0 };
    struct fail f = { 0 };
    struct presence p;
    AUTO(buf_freep) struct buf *out = buf_new(PART_MAX);
    begin(&h, o);
    brief(&h, o, portion, person);
    sign(&h, o, log_key);
    struct tree_nodes nodes = ledger_log_nodes(h.log);
    world_must(presence_make(&p, bytes_of(h.event), 1, &h.body,
                             1u << FIELD_KIND | 1u << FIELD_TIME | 1u << FIELD_PORTION | 1u << FIELD_PERSON,
                             &nodes, 3, bytes_of(h.checkpoint), &f),
               &f);
    h.genesis_proof = buf_new(TREE_PROOF_MAX);
    world_must(tree_prove_inclusion(&nodes, 0, 3, h.genesis_proof, &f), &f);
    p.genesis = (struct part_genesis){ bytes_of(h.genesis), bytes_of(h.genesis_proof) };
    presence_add_tag(&p, TAG_PERSON, 0, BYTES(h.pi, sizeof h.pi));
    world_must(presence_write(&p, out, &f), &f);
    return buf_steal_text(out);
}

/* What a node sends ---------------------------------------------------------------------------------------------- */

char *world_share(const struct org *o, const char *holder, const char *report, json_t *rows,
                  const struct key *by)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_LARGE);
    char id[UUID_TEXT], whom[DOMAIN_MAX + 2];
    json_t *body = json_object(), *ids = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++)
        json_array_append(ids, json_object_get(json_array_get(rows, i), "id"));
    random_uuid(id);
    snprintf(whom, sizeof whom, "@%s", o->domain);
    json_set_str(body, "banner", "TLP:RED");
    json_set_u64(body, "view", 1);
    json_set_take(body, "terms", json_object());
    json_set_take(body, "portions", rows);
    struct statement_making m = { .kind = "share",
                                  .id = id,
                                  .iss = o->domain,
                                  .by = whom,
                                  .report = report,
                                  .aud = json_pack("[s]", holder),
                                  .portions = ids,
                                  .body = body,
                                  .at_ms = time_now_ms() };
    AUTO(json_freep) json_t *payload = statement_payload(m);
    world_must(jose_sign(by, NULL, STATEMENT_TYP, payload, jws, &f), &f);
    return buf_steal_text(jws);
}

json_t *world_permit(const struct org *o, const struct unlock *request, const struct held_portion *p,
                     const struct key *kas_session, const char *presence)
{
    struct fail f = { 0 };
    const struct tdf_manifest *m = p->container->manifest;
    uint8_t key[TDF_KEY_LEN], shared[SEAL_KEY_LEN];
    AUTO(buf_freep) struct buf *wrapped = buf_new(512);
    AUTO(buf_freep) struct buf *text = buf_new(1024);
    json_t *result = json_object(), *metadata = json_object();
    world_must(tdf_unwrap(&m->kaos[0], m->policy, o->kas_key, key, &f), &f);
    world_must(wrap_ec_agree(kas_session, request->session, shared, &f), &f);
    world_must(seal_lock_once(shared, BYTES(NULL, 0), BYTES(key, sizeof key), wrapped, &f), &f);
    b64_put(text, B64_STD, bytes_of(wrapped));
    json_set_str(result, "keyAccessObjectId", "kao-0");
    json_set_str(result, "status", "permit");
    json_set_str(result, "kasWrappedKey", buf_text(text));
    json_set_str(metadata, "orcon-presence", presence);
    json_set_str(metadata, "orcon-entry", "1/1");
    json_set_take(result, "metadata", metadata);
    return result;
}

json_t *world_refusal(const char *reason, const char *text)
{
    json_t *result = json_object(), *metadata = json_object();
    json_set_str(result, "keyAccessObjectId", "kao-0");
    json_set_str(result, "status", "fail");
    json_set_str(result, "error", "permission_denied: request error");
    json_set_str(metadata, "orcon-reason", reason);
    json_set_str(metadata, "orcon-text", text);
    json_set_take(result, "metadata", metadata);
    return result;
}

json_t *world_answer(const struct unlock *request, json_t *const *results, const struct key *kas_session)
{
    struct fail f = { 0 };
    json_t *answer = json_object(), *responses = json_array();
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    world_must(key_write_public_pem(kas_session, pem, &f), &f);
    json_set_str(answer, "sessionPublicKey", buf_text(pem));
    json_set_take(answer, "responses", responses);
    for (size_t i = 0; i < request->count; i++) {
        json_t *response = json_object(), *list = json_array();
        if (!results[i]) {
            json_decref(response);
            json_decref(list);
            continue;
        }
        json_array_append_new(list, results[i]);
        json_set_str(response, "policyId", request->portions[i]->id);
        json_set_take(response, "results", list);
        json_array_append_new(responses, response);
    }
    return answer;
}
