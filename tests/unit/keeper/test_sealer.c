/* SPDX-License-Identifier: Apache-2.0 - a master is opened only where its author, or an officer by an entry
 * of the log, said so; and what comes of it is a copy that its holder's readers can open */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "crypto/seal.h"
#include "ledger/checkpoint.h"
#include "ledger/statement.h"
#include "tap.h"
#include "tdf/open.h"
#include "tdf/seal.h"
#include "world.h"

#define HOLDER "birch.example"
#define TEXT   "The group hides explosives in portable computers."

static struct world *w;
static struct person *amy, *olga, *zoe; /* author, officer, somebody who never enrolled */
static struct key *stranger;

/* Masters -------------------------------------------------------------------------------------- */

struct master {
    char portion[UUID_TEXT];
    struct buf manifest, payload;
    char digest[44];
};

static void digest_of(struct bytes v, char out[static 44])
{
    uint8_t digest[HASH_LEN];
    hash_sha256(v, digest);
    statement_digest_text(digest, out);
}

static void master_make(struct master *m, struct bytes text, const char *policy_uuid, const struct key *kas)
{
    struct fail f = { 0 };
    uint8_t key[32];
    struct buf_sink memory;
    char uuid[UUID_TEXT];
    AUTO(buf_freep) struct buf *policy_text = buf_new(4096);
    AUTO(tdf_manifest_freep) struct tdf_manifest *t = tdf_manifest_new();
    struct tdf_recipient to = { .to = kas, .kid = w->kas_kid, .url = "https://alder.example/kas" };
    random_uuid(m->portion);
    memcpy(uuid, policy_uuid ? policy_uuid : m->portion, sizeof uuid);
    struct tdf_policy policy = { .uuid = uuid };
    tdf_policy_write(&policy, policy_text);
    random_bytes(key, sizeof key);
    buf_init(&m->payload, 16 << 20);
    buf_init(&m->manifest, 1 << 20);
    t->policy = buf_steal_text(policy_text);
    t->mime_type = str_dup("text/markdown");
    struct source plain = source_bytes(&text);
    struct sink sink = sink_buf(&memory, &m->payload);
    must(tdf_seal_payload(&plain, key, 0, &sink, t, &f), &f, "seal");
    must(tdf_wrap(t, key, &to, &f), &f, "wrap");
    must(tdf_manifest_write(t, &m->manifest, &f), &f, "manifest");
    digest_of(bytes_of(&m->manifest), m->digest);
}

static void master_clear(struct master *m)
{
    buf_clear(&m->manifest);
    buf_clear(&m->payload);
}

/* One thing that is wrong, or merely unusual --------------------------------------------------- */

enum twist {
    NOTHING,
    TO_PERSON,
    IN_HOLDERS,
    A_GRANT,
    GRANT_TO_PERSON,
    /* the master */
    MASTER_OTHER_DIGEST,
    MASTER_OTHER_PORTION,
    MASTER_OTHERS_KEY,
    PAYLOAD_ALTERED,
    PAYLOAD_CUT,
    PAYLOAD_SWAPPED,
    PAYLOAD_UNSEALED,
    PAYLOAD_NO_MEMORY,
    MANIFEST_BROKEN,
    /* the act */
    ACT_BY_OTHER_KEY,
    ACT_FORGED,
    ACT_JWK_OTHER,
    ACT_OTHER_KIND,
    ACT_OTHER_ORG,
    ACT_AS_STATEMENT,
    PORTION_NOT_NAMED,
    HOLDER_NOT_NAMED,
    /* the key */
    NOT_ENROLLED,
    OTHERS_ENROLMENT,
    STATEMENT_NOT_ENTERED,
    KEY_REVOKED,
    ROLE_MISSING,
    OTHER_KIND_OF_STATEMENT,
    DEVICE_OTHER_EVENT,
    DEVICE_FIELD_MISSING,
    DEVICE_OTHER_PLACE,
    CHECKPOINT_FORGED,
    /* the grant */
    NO_STATEMENT,
    STATEMENT_FOR_SHARE,
    STATEMENT_DENIES,
    STATEMENT_OTHER_ACT,
    STATEMENT_OTHER_PORTION,
    STATEMENT_ALTERED,
    ACT_OTHER_PORTION,
    GRANT_TO_OTHER,
    NO_EVENT,
    EVENT_OTHER_KIND,
    EVENT_OTHER_PORTION,
    EVENT_OTHER_OFFICER,
    EVENT_FIELD_MISSING,
    EVENT_OTHER_PLACE,
};

static const struct {
    enum twist twist;
    bool grant;
    const char *name;
    enum err want;
} rows[] = {
    { NOTHING, false, "a share", OK },
    { TO_PERSON, false, "a share with a person of the holder", OK },
    { IN_HOLDERS, false, "a share that names holders apart", OK },
    { A_GRANT, true, "a grant", OK },
    { GRANT_TO_PERSON, true, "a grant to a person", OK },

    { MASTER_OTHER_DIGEST, false, "a master that the author did not seal", E_UNVERIFIED },
    { MASTER_OTHER_PORTION, false, "a master of another portion", E_UNVERIFIED },
    { MASTER_OTHER_PORTION, true, "a master of another portion, by a grant", E_UNVERIFIED },
    { MASTER_OTHERS_KEY, false, "a master that is not sealed to us", E_UNVERIFIED },
    { PAYLOAD_ALTERED, false, "an altered payload", E_UNVERIFIED },
    { PAYLOAD_CUT, false, "a payload that is cut", E_UNVERIFIED },
    { PAYLOAD_SWAPPED, false, "another master's payload", E_UNVERIFIED },
    { PAYLOAD_UNSEALED, false, "a payload that may still change", E_INVALID },
    { PAYLOAD_NO_MEMORY, false, "a payload that is a file", E_INVALID },
    { MANIFEST_BROKEN, true, "a manifest that is none", E_INVALID },

    { ACT_BY_OTHER_KEY, false, "an act signed by another key", E_UNVERIFIED },
    { ACT_FORGED, false, "an act with a changed signature", E_UNVERIFIED },
    { ACT_JWK_OTHER, false, "another key given for the act", E_UNVERIFIED },
    { ACT_OTHER_KIND, false, "an act of another kind", E_UNVERIFIED },
    { ACT_OTHER_ORG, false, "an act for another organisation", E_UNVERIFIED },
    { ACT_AS_STATEMENT, false, "an act under another typ", E_UNVERIFIED },
    { PORTION_NOT_NAMED, false, "a portion that the author did not name", E_UNVERIFIED },
    { HOLDER_NOT_NAMED, false, "a holder that the author did not name", E_UNVERIFIED },

    { NOT_ENROLLED, false, "a key that nobody enrolled", E_UNVERIFIED },
    { NOT_ENROLLED, true, "a key that nobody enrolled, by a grant", E_UNVERIFIED },
    { OTHERS_ENROLMENT, false, "another person's enrolment", E_UNVERIFIED },
    { STATEMENT_NOT_ENTERED, false, "an enrolment that is not in the log", E_UNVERIFIED },
    { KEY_REVOKED, false, "a key that the statement revokes", E_UNVERIFIED },
    { ROLE_MISSING, false, "a share by a mere reader", E_UNVERIFIED },
    { ROLE_MISSING, true, "a grant by a mere reader", E_UNVERIFIED },
    { OTHER_KIND_OF_STATEMENT, false, "a statement of another kind for the key", E_UNVERIFIED },
    { DEVICE_OTHER_EVENT, false, "an event of another kind for the key", E_UNVERIFIED },
    { DEVICE_FIELD_MISSING, false, "an enrolment whose statement is not shown", E_UNVERIFIED },
    { DEVICE_OTHER_PLACE, false, "an enrolment with a proof for another place", E_UNVERIFIED },
    { CHECKPOINT_FORGED, false, "a checkpoint that we did not sign", E_UNVERIFIED },

    { NO_STATEMENT, true, "a grant's act without the statement", E_UNVERIFIED },
    { STATEMENT_FOR_SHARE, false, "a share's act with a grant's statement", E_UNVERIFIED },
    { STATEMENT_DENIES, true, "a statement that denies", E_UNVERIFIED },
    { STATEMENT_OTHER_ACT, true, "a statement that carries another act", E_UNVERIFIED },
    { STATEMENT_OTHER_PORTION, true, "a statement about another portion", E_UNVERIFIED },
    { STATEMENT_ALTERED, true, "a statement that is not the one entered", E_UNVERIFIED },
    { ACT_OTHER_PORTION, true, "an officer's act for another portion", E_UNVERIFIED },
    { GRANT_TO_OTHER, true, "a grant to another holder", E_UNVERIFIED },
    { NO_EVENT, true, "a grant that is not in the log", E_UNVERIFIED },
    { EVENT_OTHER_KIND, true, "an event that denies", E_UNVERIFIED },
    { EVENT_OTHER_PORTION, true, "an event about another portion", E_UNVERIFIED },
    { EVENT_OTHER_OFFICER, true, "an event by another officer", E_UNVERIFIED },
    { EVENT_FIELD_MISSING, true, "an event whose officer is not shown", E_UNVERIFIED },
    { EVENT_OTHER_PLACE, true, "an event with a proof for another place", E_UNVERIFIED },
};

/* Everything that is shown for one copy. */
struct request {
    enum twist twist;
    bool grant;
    struct master master, other;
    struct buf act, statement, device_statement, note;
    uint8_t statement_digest[HASH_LEN];
    uint64_t device_at, event_at;
    struct exhibit device, event;
    struct keeper_leave leave;
    struct keeper_copy copy;
};

static const struct person *signer_of(const struct request *r)
{
    return r->twist == NOT_ENROLLED ? zoe : r->grant ? olga : amy;
}

static json_t *share_body(const struct request *r)
{
    const char *id = r->twist == PORTION_NOT_NAMED ? r->other.portion : r->master.portion;
    const char *digest = r->twist == MASTER_OTHER_DIGEST ? r->other.digest : r->master.digest;
    const char *to = r->twist == TO_PERSON          ? "bob@" HOLDER
                     : r->twist == HOLDER_NOT_NAMED ? "cedar.example"
                                                    : HOLDER;
    json_t *body = json_pack("{s:[{s:s, s:s}]}", "portions", "id", id, "digest", digest);
    if (r->twist == IN_HOLDERS) {
        json_set_take(body, "to", json_pack("[s]", "friends"));
        json_set_take(body, "holders", json_pack("[s, s]", "cedar.example", to));
    } else {
        json_set_take(body, "to", json_pack("[s, s]", "dogwood.example", to));
    }
    return body;
}

static void make_act(struct request *r)
{
    struct person signer = *signer_of(r);
    const char *kind = r->twist == ACT_OTHER_KIND ? "recall" : r->grant ? "grant" : "share";
    const char *portion = r->twist == ACT_OTHER_PORTION ? r->other.portion : r->master.portion;
    json_t *body = r->grant ? json_pack("{s:s}", "note", "") : share_body(r);
    buf_init(&r->act, JOSE_MAX_LARGE);
    if (r->twist == ACT_BY_OTHER_KEY)
        signer.key = zoe->key;
    if (r->twist == ACT_OTHER_ORG)
        snprintf(signer.name, sizeof signer.name, "amy@cedar.example");
    if (r->twist == ACT_AS_STATEMENT) {
        AUTO(json_freep)
        json_t *payload = act_payload((struct statement_making){ .kind = kind,
                                                                 .id = r->master.portion,
                                                                 .iss = DOMAIN,
                                                                 .by = signer.name,
                                                                 .at_ms = world_now(),
                                                                 .portions = json_array(),
                                                                 .body = body });
        world_sign(signer.key, STATEMENT_TYP, payload, &r->act);
    } else {
        world_act(&signer, kind, portion, body, &r->act);
    }
    if (r->twist == ACT_FORGED) {
        char *signature = strrchr((char *)r->act.data, '.');
        signature[9] = signature[9] == 'A' ? 'B' : 'A';
    }
}

/* The person-key statement and its event: amy's and olga's stand in the log already. */
static void make_device(struct request *r)
{
    const struct person *p = signer_of(r), *enrolled = r->grant ? olga : amy;
    const char *kind = r->twist == OTHER_KIND_OF_STATEMENT ? "person-state" : "person-key";
    uint8_t digest[HASH_LEN];
    bool own = r->twist == STATEMENT_NOT_ENTERED || r->twist == KEY_REVOKED || r->twist == ROLE_MISSING ||
               r->twist == OTHER_KIND_OF_STATEMENT || r->twist == DEVICE_OTHER_EVENT ||
               r->twist == NOT_ENROLLED;
    if (r->twist == OTHERS_ENROLMENT)
        enrolled = olga;
    buf_init(&r->device_statement, 65536);
    r->device_at = enrolled->entry;
    if (!own) {
        buf_put_bytes(&r->device_statement, bytes_of(&enrolled->statement));
    } else { /* the person's name, but a statement of our own making */
        world_statement(w, kind, "@" DOMAIN, NULL,
                        json_pack("{s:s, s:s, s:[s], s:s}", "person", p->name, "thumbprint", p->thumbprint,
                                  "roles",
                                  r->twist == ROLE_MISSING ? "reader"
                                  : r->grant               ? "officer"
                                                           : "author",
                                  "state", r->twist == KEY_REVOKED ? "revoked" : "active"),
                        &r->device_statement, digest);
        if (r->twist != STATEMENT_NOT_ENTERED && r->twist != NOT_ENROLLED)
            r->device_at = world_add(
                w, &(struct said){ .kind = r->twist == DEVICE_OTHER_EVENT ? KIND_READ_IN : KIND_PERSON_KEY,
                                   .person = p->name,
                                   .statement = digest });
    }
    world_publish(w);
}

static void make_statement(struct request *r)
{
    uint8_t other_digest[HASH_LEN];
    enum twist t = r->twist;
    const char *portion = t == STATEMENT_OTHER_PORTION ? r->other.portion : r->master.portion;
    AUTO(buf_freep) struct buf *other_act = buf_new(65536);
    AUTO(buf_freep) struct buf *unused = buf_new(65536);
    buf_init(&r->statement, 65536);
    if ((!r->grant && t != STATEMENT_FOR_SHARE) || t == NO_STATEMENT)
        return;
    world_act(olga, "grant", r->master.portion, json_object(), other_act);
    const char *act = t == STATEMENT_OTHER_ACT ? buf_text(other_act) : buf_text(&r->act);
    const char *to = t == GRANT_TO_OTHER ? "cedar.example" : t == GRANT_TO_PERSON ? "bob@" HOLDER : HOLDER;
    const char *kind = t == STATEMENT_DENIES ? "deny" : "grant";
    world_statement(w, kind, "@" DOMAIN, portion, json_pack("{s:s, s:s}", "to", to, "act", act),
                    &r->statement, r->statement_digest);
    if (t == STATEMENT_ALTERED) { /* the log has another one, of the same content */
        world_statement(w, kind, "@" DOMAIN, portion, json_pack("{s:s, s:s}", "to", to, "act", act), unused,
                        other_digest);
        memcpy(r->statement_digest, other_digest, HASH_LEN);
    }
}

static void make_event(struct request *r)
{
    static const unsigned all = FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PORTION) | FIELD_BIT(FIELD_ACTOR) |
                                FIELD_BIT(FIELD_STATEMENT);
    enum twist t = r->twist;
    if (!r->grant)
        return;
    uint64_t at = world_add(
        w, &(struct said){ .kind = t == EVENT_OTHER_KIND ? KIND_DENY : KIND_GRANT,
                           .portion = t == EVENT_OTHER_PORTION ? r->other.portion : r->master.portion,
                           .actor = t == EVENT_OTHER_OFFICER ? amy->name : olga->name,
                           .statement = r->statement_digest });
    world_publish(w);
    exhibit_make(w, at, t == EVENT_FIELD_MISSING ? all & ~FIELD_BIT(FIELD_ACTOR) : all, &r->event);
    if (t == EVENT_OTHER_PLACE)
        r->event.entry.index--;
    if (t != NO_EVENT)
        r->copy.leave = &r->event.entry;
}

/* A memfd as the twist wants it. */
static int payload_fd(struct request *r)
{
    struct fail f = { 0 };
    const struct master *m = r->twist == PAYLOAD_SWAPPED ? &r->other : &r->master;
    struct bytes v = bytes_of(&m->payload);
    int fd = -1;
    if (r->twist == PAYLOAD_ALTERED)
        r->master.payload.data[20] ^= 1;
    if (r->twist == PAYLOAD_CUT)
        v.len--;
    if (r->twist == PAYLOAD_NO_MEMORY)
        return open("/proc/self/exe", O_RDONLY);
    if (r->twist != PAYLOAD_UNSEALED) {
        must(keeper_payload(v, &fd, &f), &f, "payload");
        return fd;
    }
    fd = memfd_create("payload", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return write(fd, v.data, v.len) == (ssize_t)v.len ? fd : -1;
}

static void make_note(struct request *r)
{
    struct fail f = { 0 };
    struct checkpoint c;
    AUTO(note_freep) struct note *n = NULL;
    buf_init(&r->note, NOTE_MAX);
    if (r->twist != CHECKPOINT_FORGED) {
        buf_put_bytes(&r->note, bytes_of(&w->note));
        return;
    }
    must(note_read(bytes_of(&w->note), &n, &f), &f, "note");
    must(checkpoint_read(n->text, &c, &f), &f, "checkpoint");
    checkpoint_put(&r->note, ORIGIN, c.size + 1, c.root);
    buf_put_u8(&r->note, '\n');
    buf_put_bytes(&r->note, n->line[0].line);
}

static void request_make(struct request *r, enum twist t, bool grant, struct bytes text)
{
    char other[UUID_TEXT];
    random_uuid(other);
    *r = (struct request){ .twist = t, .grant = grant };
    master_make(&r->master, text, t == MASTER_OTHER_PORTION ? other : NULL,
                t == MASTER_OTHERS_KEY ? stranger : w->kas);
    master_make(&r->other, text, NULL, w->kas);
    make_act(r);
    make_device(r);
    make_statement(r);
    make_event(r);
    /* under the newest checkpoint */
    static const unsigned all = FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_STATEMENT);
    exhibit_make(w, r->device_at, t == DEVICE_FIELD_MISSING ? all & ~FIELD_BIT(FIELD_STATEMENT) : all,
                 &r->device);
    if (t == DEVICE_OTHER_PLACE)
        r->device.entry.index++;
    make_note(r);
    r->leave = (struct keeper_leave){ .by = { .act = bytes_of(&r->act),
                                              .act_jwk = bytes_of(t == ACT_JWK_OTHER ? &zoe->jwk
                                                                                     : &signer_of(r)->jwk),
                                              .device = r->device.entry,
                                              .device_statement = bytes_of(&r->device_statement) },
                                      .statement = bytes_of(&r->statement),
                                      .checkpoint = bytes_of(&r->note) };
    r->copy.portion = r->master.portion;
    r->copy.holder = HOLDER;
    r->copy.kas_url = "https://alder.example/kas";
    r->copy.manifest = t == MANIFEST_BROKEN ? bytes_str("{}") : bytes_of(&r->master.manifest);
    r->copy.payload_fd = payload_fd(r);
}

static void request_clear(struct request *r)
{
    master_clear(&r->master);
    master_clear(&r->other);
    buf_clear(&r->act);
    buf_clear(&r->statement);
    buf_clear(&r->device_statement);
    buf_clear(&r->note);
    exhibit_clear(&r->device);
    exhibit_clear(&r->event);
    buf_clear(&r->copy.manifest_out);
    close(r->copy.payload_fd);
    if (r->copy.payload_out >= 0)
        close(r->copy.payload_out);
}

/* What the holder's reader does ---------------------------------------------------------------- */

/* A briefing on the copy, and the data key that the keeper gives for it. */
static bool fetch_key(const struct keeper_copy *copy, const struct tdf_manifest *m, uint8_t key[static 32])
{
    struct fail f = { 0 };
    struct exhibit shown;
    uint8_t reader[HASH_LEN], shared[SEAL_KEY_LEN];
    struct person *bob = person_new("bob@birch.example");
    AUTO(key_freep) struct key *session = NULL;
    AUTO(key_freep) struct key *theirs = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    AUTO(buf_freep) struct buf *text = buf_new(1 << 20);
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    AUTO(buf_freep) struct buf *token = buf_new(65536);
    AUTO(buf_freep) struct buf *reply = buf_new(4096);
    must(key_make(KEY_P256, &session, &f), &f, "key");
    must(key_write_public_pem(session, pem, &f), &f, "pem");
    AUTO(json_freep)
    json_t *body = json_pack("{s:s, s:o, s:s}", "clientPublicKey", buf_text(pem), "keyAccess",
                             tdf_kao_json(&m->kaos[0]), "policy", m->policy);
    json_put(text, body);
    AUTO(json_freep) json_t *claims = json_pack("{s:s}", "requestBody", buf_text(text));
    AUTO(json_freep)
    json_t *who = json_pack("{s:s, s:{s:s}}", "sub", bob->name, "cnf", "jkt", bob->thumbprint);
    world_sign(bob->key, NULL, claims, srt);
    world_sign(bob->key, "at+jwt", who, token);
    body_reader_digest(bytes_of(srt), bytes_of(token), reader);
    uint64_t at = world_add(w, &(struct said){ .kind = KIND_BRIEFING,
                                               .portion = copy->portion,
                                               .person = bob->name,
                                               .copy = copy->policy,
                                               .reader = reader });
    world_publish(w);
    exhibit_make(w, at,
                 FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_COPY) |
                     FIELD_BIT(FIELD_READER),
                 &shown);
    struct keeper_rewrap_item item = { .entry = shown.entry };
    must(keeper_rewrap(w->keeper, bytes_of(srt), bytes_of(token), bytes_of(&bob->jwk), bytes_of(&w->note),
                       &item, 1, reply, &f),
         &f, "rewrap");
    exhibit_clear(&shown);
    person_free(bob);
    if (item.result != OK)
        return false;
    must(key_read_pem(bytes_of(reply), &theirs, &f), &f, "session");
    must(wrap_ec_agree(session, theirs, shared, &f), &f, "session");
    AUTO(seal_freep) struct seal *s = seal_new(shared);
    return seal_open(s, BYTES(item.wrapped, item.wrapped_len), key, NULL) == OK;
}

/* SHA-256("orcon/portion/v1\n" || salt || text), with the salt that the metadata has. */
static bool commits(const struct tdf_manifest *m, const uint8_t key[static 32], struct bytes text,
                    const uint8_t want[static HASH_LEN])
{
    struct fail f = { 0 };
    uint8_t salt[32], got[HASH_LEN];
    const char *salt_text;
    AUTO(buf_freep) struct buf *metadata = buf_new_secret(4096);
    AUTO(json_freep) json_t *v = NULL;
    if (tdf_open_metadata(&m->kaos[0], key, metadata, &f) != OK ||
        json_read(bytes_of(metadata), 4096, "metadata", &v, &f) != OK ||
        json_need_str(v, "salt", "metadata", &salt_text, &f) != OK ||
        !b64_read_exact(B64_URL, bytes_str(salt_text), salt, sizeof salt))
        return false;
    struct bytes parts[] = { bytes_str("orcon/portion/v1\n"), BYTES(salt, 32), text };
    hash_sha256_parts(parts, 3, got);
    return memcmp(got, want, HASH_LEN) == 0;
}

static bool digest_is(const char *text, const uint8_t want[static HASH_LEN])
{
    uint8_t got[HASH_LEN];
    hash_sha256(bytes_str(text), got);
    return memcmp(got, want, HASH_LEN) == 0;
}

static void check_copy(const struct request *r, const struct keeper_copy *copy, struct bytes text,
                       const char *name)
{
    struct fail f = { 0 };
    uint8_t key[32] = { 0 };
    struct stat st;
    struct buf_sink memory;
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = NULL;
    AUTO(buf_freep) struct buf *plain = buf_new(16 << 20);
    if (!ok(tdf_manifest_read(bytes_of(&copy->manifest_out), TDF_MANIFEST_OWN, &m, &f) == OK &&
                m->kao_count == 1,
            "%s: the copy has a manifest: %s", name, f.what))
        return;
    AUTO(tdf_policy_clear) struct tdf_policy policy = { 0 };
    ok(tdf_policy_read(m->policy, &policy, &f) == OK && strcmp(policy.uuid, copy->policy) == 0 &&
           name_is_uuid(policy.uuid) && strcmp(policy.uuid, r->master.portion) != 0,
       "its policy has a uuid of its own");
    ok(digest_is(m->kaos[0].wrapped_key, copy->wrapped_sha) && digest_is(m->policy, copy->policy_sha) &&
           digest_is(m->kaos[0].binding, copy->binding_sha),
       "what is registered of it is in it");
    ok(strcmp(m->kaos[0].kid, w->kas_kid) == 0 && strcmp(m->kaos[0].url, "https://alder.example/kas") == 0,
       "it asks our kas key, at our address");
    ok(m->mime_type && strcmp(m->mime_type, "text/markdown") == 0, "its type is the master's");
    ok(fstat(copy->payload_out, &st) == 0 && (fcntl(copy->payload_out, F_GET_SEALS) & F_SEAL_WRITE) != 0,
       "its payload can't change");
    struct source payload = source_fd(copy->payload_out, (uint64_t)st.st_size);
    struct sink sink = sink_buf(&memory, plain);
    ok(fetch_key(copy, m, key), "a briefed reader gets its key");
    ok(tdf_open(m, key, &payload, &sink, &f) == OK && bytes_equal(bytes_of(plain), text),
       "and reads the text: %s", f.what);
    ok(commits(m, key, text, copy->commitment), "which is what was committed to");
}

/* Rows ----------------------------------------------------------------------------------------- */

static void run(size_t i)
{
    struct request r;
    struct fail f = { 0 };
    struct bytes text = bytes_str(TEXT);
    request_make(&r, rows[i].twist, rows[i].grant, text);
    enum err e = keeper_seal_copies(w->keeper, &r.leave, &r.copy, 1, &f);
    ok(e == rows[i].want, "%s: %d %s", rows[i].name, (int)e, f.what);
    if (e == OK)
        check_copy(&r, &r.copy, text, rows[i].name);
    else
        ok(r.copy.payload_out == -1 && r.copy.manifest_out.len == 0 && !r.copy.policy[0],
           "nothing came of it");
    request_clear(&r);
}

/* Nothing at all, a segment exactly, several. */
static void run_sizes(void)
{
    static const size_t sizes[] = { 0, 1, 1 << 20, (1 << 20) + 1, 5000000 };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct request r;
        struct fail f = { 0 };
        AUTO(mem_freep) uint8_t *text = mem_new(sizes[i] + 1);
        for (size_t j = 0; j < sizes[i]; j++)
            text[j] = (uint8_t)(j * 31 + j / 1000);
        request_make(&r, NOTHING, false, BYTES(text, sizes[i]));
        ok(keeper_seal_copies(w->keeper, &r.leave, &r.copy, 1, &f) == OK, "%zu bytes are sealed: %s",
           sizes[i], f.what);
        check_copy(&r, &r.copy, BYTES(text, sizes[i]), "sizes");
        request_clear(&r);
    }
}

/* Many copies: more than a message takes; each for itself; all or none. */
static void run_many(void)
{
    enum { MANY = 40 };
    struct request r;
    struct fail f = { 0 };
    struct keeper_copy copies[MANY];
    size_t alike = 0, left = 0;
    request_make(&r, NOTHING, false, bytes_str(TEXT));
    for (size_t i = 0; i < MANY; i++)
        copies[i] = r.copy;
    ok(keeper_seal_copies(w->keeper, &r.leave, copies, MANY, &f) == OK, "%d copies: %s", MANY, f.what);
    check_copy(&r, &copies[0], bytes_str(TEXT), "the first");
    check_copy(&r, &copies[MANY - 1], bytes_str(TEXT), "the last");
    for (size_t i = 1; i < MANY; i++)
        alike += strcmp(copies[i].policy, copies[0].policy) == 0 ||
                 memcmp(copies[i].commitment, copies[0].commitment, HASH_LEN) == 0;
    ok(alike == 0, "no two are alike");
    for (size_t i = 0; i < MANY; i++) {
        buf_clear(&copies[i].manifest_out);
        close(copies[i].payload_out);
        copies[i] = r.copy;
    }
    copies[MANY - 1].holder = "cedar.example";
    ok(keeper_seal_copies(w->keeper, &r.leave, copies, MANY, NULL) == E_UNVERIFIED,
       "one that is not covered");
    for (size_t i = 0; i < MANY; i++)
        left += copies[i].payload_out != -1 || copies[i].manifest_out.len != 0;
    ok(left == 0, "and none is made");
    request_clear(&r);
}

int main(void)
{
    struct fail f = { 0 };
    w = world_new();
    amy = person_new("amy@" DOMAIN);
    olga = person_new("olga@" DOMAIN);
    zoe = person_new("zoe@" DOMAIN);
    must(key_make(KEY_P256, &stranger, &f), &f, "key");
    world_enrol(w, amy, "author");
    world_enrol(w, olga, "officer");
    world_publish(w);
    for (size_t i = 0; i < COUNT(rows); i++)
        run(i);
    run_sizes();
    run_many();
    person_free(amy);
    person_free(olga);
    person_free(zoe);
    key_free(stranger);
    world_free(w);
    return tap_done();
}
