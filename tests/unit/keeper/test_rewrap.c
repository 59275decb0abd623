/* SPDX-License-Identifier: Apache-2.0 - a data key goes only where an entry of the log says that it went */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/jose.h"
#include "crypto/seal.h"
#include "keeper/srt.h"
#include "ledger/checkpoint.h"
#include "tap.h"
#include "tdf/seal.h"
#include "world.h"

#define REPORT  "6f0a2a5e-52a2-4c0f-9d3a-0d7f3a1b2c3e"
#define PORTION "6f0a2a5e-52a2-4c0f-9d3a-0d7f3a1b2c3d"
#define FIELDS                                                                                               \
    (FIELD_BIT(FIELD_KIND) | FIELD_BIT(FIELD_PERSON) | FIELD_BIT(FIELD_COPY) | FIELD_BIT(FIELD_READER))

/* One thing that is wrong, or merely unusual. */
enum twist {
    NOTHING,
    REISSUED,
    WHOLE_ORGANISATION,
    NO_KID,
    OLDER_FORM,
    RSA_CLIENT,
    RETIRED_KAS,
    MORE_FIELDS,
    RSA_OBJECT,
    UNBOUND_OURS,
    /* whole request */
    OTHER_JWK,
    TOKEN_OF_OTHER,
    TOKEN_UNBOUND,
    SRT_BY_OTHER,
    SRT_FORGED,
    SRT_UNSIGNED,
    NO_SRT,
    CLIENT_KEY_BROKEN,
    CHECKPOINT_OTHER_LOG,
    CHECKPOINT_OTHER_KEY,
    CHECKPOINT_FORGED,
    CHECKPOINT_UNSIGNED,
    /* one item */
    KIND_RECEIPT_EVENT,
    OTHER_PERSON,
    OTHER_ORGANISATION,
    OTHER_READER,
    OTHER_SRT,
    OTHER_TOKEN,
    OTHER_COPY,
    NO_COPY,
    NO_KIND_FIELD,
    NO_PERSON_FIELD,
    NO_COPY_FIELD,
    NO_READER_FIELD,
    FIELD_FORGED,
    FIELD_TWICE,
    FIELD_MOVED,
    EVENT_FORGED,
    EVENT_OF_OTHER_PLACE,
    INCLUSION_CUT,
    INCLUSION_EMPTY,
    A_SEAL,
    OTHER_POLICY,
    POLICY_EDITED,
    WRAPPED_SWAPPED,
    WRAPPED_BROKEN,
    BINDING_FLIPPED,
    EPHEMERAL_OTHER,
    OTHER_KAS,
    KID_UNKNOWN,
    OUT_OF_RANGE,
    OTHER_TYPE,
    UNBOUND_REPORT,
    UNBOUND_SILENT,
};

static const struct {
    enum twist twist;
    const char *name;
    enum err all, item;
    enum reason reason;
} rows[] = {
    { NOTHING, "a briefing", OK, OK, 0 },
    { REISSUED, "a reissue", OK, OK, 0 },
    { WHOLE_ORGANISATION, "a briefing of the reader's organisation", OK, OK, 0 },
    { NO_KID, "a wrapped key without kid", OK, OK, 0 },
    { OLDER_FORM, "the older form of request", OK, OK, 0 },
    { RSA_CLIENT, "an RSA client key", OK, OK, 0 },
    { RETIRED_KAS, "a key wrapped to a retired kas key", OK, OK, 0 },
    { MORE_FIELDS, "more fields opened than needed", OK, OK, 0 },
    { RSA_OBJECT, "a key wrapped to the RSA key", OK, OK, 0 },
    { UNBOUND_OURS, "a token of ours without cnf, for no report", OK, OK, 0 },

    { OTHER_JWK, "another key than the token's and SRT's", E_UNAUTHENTICATED, OK, REASON_PROOF },
    { TOKEN_OF_OTHER, "a token bound to another key", E_UNAUTHENTICATED, OK, REASON_PROOF },
    { TOKEN_UNBOUND, "a token without cnf, of another issuer", E_UNAUTHENTICATED, OK, REASON_PROOF },
    { SRT_BY_OTHER, "an SRT by another key", E_UNAUTHENTICATED, OK, REASON_REQUEST_TOKEN },
    { SRT_FORGED, "an SRT with a changed signature", E_UNAUTHENTICATED, OK, REASON_REQUEST_TOKEN },
    { SRT_UNSIGNED, "an SRT without signature", E_UNAUTHENTICATED, OK, REASON_REQUEST_TOKEN },
    { NO_SRT, "no SRT", E_UNAUTHENTICATED, OK, REASON_REQUEST_TOKEN },
    { CLIENT_KEY_BROKEN, "a client key that is none", E_INVALID, OK, 0 },
    { CHECKPOINT_OTHER_LOG, "a checkpoint of another log", E_UNVERIFIED, OK, 0 },
    { CHECKPOINT_OTHER_KEY, "a checkpoint by another key of our name", E_UNVERIFIED, OK, 0 },
    { CHECKPOINT_FORGED, "a checkpoint with another root", E_UNVERIFIED, OK, 0 },
    { CHECKPOINT_UNSIGNED, "a checkpoint without signature", E_INVALID, OK, 0 },

    { KIND_RECEIPT_EVENT, "an event of another kind", OK, E_UNVERIFIED, 0 },
    { OTHER_PERSON, "an event about another person", OK, E_UNVERIFIED, 0 },
    { OTHER_ORGANISATION, "an event about another organisation", OK, E_UNVERIFIED, 0 },
    { OTHER_READER, "an event for another request", OK, E_UNVERIFIED, 0 },
    { OTHER_SRT, "another SRT of the same reader", OK, E_UNVERIFIED, 0 },
    { OTHER_TOKEN, "another token of the same reader", OK, E_UNVERIFIED, 0 },
    { OTHER_COPY, "an event about another copy", OK, E_UNVERIFIED, 0 },
    { NO_COPY, "an event without a copy", OK, E_UNVERIFIED, 0 },
    { NO_KIND_FIELD, "field 0 not shown", OK, E_UNVERIFIED, 0 },
    { NO_PERSON_FIELD, "field 3 not shown", OK, E_UNVERIFIED, 0 },
    { NO_COPY_FIELD, "field 7 not shown", OK, E_UNVERIFIED, 0 },
    { NO_READER_FIELD, "field 15 not shown", OK, E_UNVERIFIED, 0 },
    { FIELD_FORGED, "a field with another value", OK, E_UNVERIFIED, 0 },
    { FIELD_TWICE, "a field given twice", OK, E_INVALID, 0 },
    { FIELD_MOVED, "a field under another number", OK, E_UNVERIFIED, 0 },
    { EVENT_FORGED, "an event with another commitment", OK, E_UNVERIFIED, 0 },
    { EVENT_OF_OTHER_PLACE, "a proof for another place", OK, E_UNVERIFIED, 0 },
    { INCLUSION_CUT, "a proof that is cut", OK, E_UNVERIFIED, 0 },
    { INCLUSION_EMPTY, "no proof", OK, E_UNVERIFIED, 0 },
    { A_SEAL, "an entry that is no event", OK, E_UNVERIFIED, 0 },
    { OTHER_POLICY, "another copy's object in the SRT", OK, E_UNVERIFIED, 0 },
    { POLICY_EDITED, "the copy's uuid in an edited policy", OK, E_UNVERIFIED, REASON_TAMPERED },
    { WRAPPED_SWAPPED, "another copy's wrapped key", OK, E_UNVERIFIED, REASON_TAMPERED },
    { WRAPPED_BROKEN, "a broken wrapped key", OK, E_UNVERIFIED, REASON_TAMPERED },
    { BINDING_FLIPPED, "a flipped binding", OK, E_UNVERIFIED, REASON_TAMPERED },
    { EPHEMERAL_OTHER, "another ephemeral key", OK, E_UNVERIFIED, REASON_TAMPERED },
    { OTHER_KAS, "a key wrapped to somebody else", OK, E_UNVERIFIED, REASON_TAMPERED },
    { KID_UNKNOWN, "a kid that is not ours", OK, E_UNVERIFIED, REASON_TAMPERED },
    { OUT_OF_RANGE, "a place that the SRT does not have", OK, E_INVALID, 0 },
    { OTHER_TYPE, "a type that is not known", OK, E_UNVERIFIED, REASON_TAMPERED },
    { UNBOUND_REPORT, "a token of ours without cnf, for a report", OK, E_UNVERIFIED, 0 },
    { UNBOUND_SILENT, "a token of ours without cnf, field 6 not shown", OK, E_UNVERIFIED, 0 },
};

static struct world *w;
static struct person *bob, *mallory;
static struct key *session, *session_rsa, *stranger;

/* A sealed object as a request names it. */
struct object {
    char policy[UUID_TEXT];
    uint8_t key[32];
    struct tdf_manifest *m;
};

static void object_make(struct object *o, const struct key *kas, const char *kid)
{
    struct fail f = { 0 };
    struct tdf_policy policy = { .uuid = o->policy };
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    struct tdf_recipient to = { .to = kas, .kid = kid, .url = "https://alder.example/kas" };
    random_uuid(o->policy);
    random_bytes(o->key, sizeof o->key);
    o->m = tdf_manifest_new();
    tdf_policy_write(&policy, text);
    o->m->policy = buf_steal_text(text);
    must(tdf_wrap(o->m, o->key, &to, &f), &f, "wrap");
}

static void replace(char **text, const char *with)
{
    str_freep(text);
    *text = str_dup(with);
}

static void twist_object(struct object *o, const struct object *other, enum twist t)
{
    struct fail f = { 0 };
    struct tdf_kao *k = &o->m->kaos[0];
    struct tdf_policy edited = { .uuid = o->policy, .dissem = (char *[]){ bob->name }, .dissem_count = 1 };
    AUTO(buf_freep) struct buf *text = buf_new(4096);
    AUTO(buf_freep) struct buf *pem = buf_new(1024);
    switch (t) {
    case POLICY_EDITED:
        tdf_policy_write(&edited, text);
        replace(&o->m->policy, buf_text(text));
        break;
    case WRAPPED_SWAPPED:
        replace(&k->wrapped_key, other->m->kaos[0].wrapped_key);
        replace(&k->ephemeral_pem, other->m->kaos[0].ephemeral_pem);
        break;
    case WRAPPED_BROKEN:
        k->wrapped_key[30] = k->wrapped_key[30] == 'A' ? 'B' : 'A';
        break;
    case BINDING_FLIPPED:
        k->binding[7] = k->binding[7] == 'A' ? 'B' : 'A';
        break;
    case EPHEMERAL_OTHER:
        must(key_write_public_pem(stranger, pem, &f), &f, "pem");
        replace(&k->ephemeral_pem, buf_text(pem));
        break;
    case KID_UNKNOWN:
        replace(&k->kid, "somebody");
        break;
    case OTHER_TYPE:
        replace(&k->type, "remote");
        break;
    default:
        break;
    }
}

static json_t *request_of(const struct object *o, const char *id)
{
    return json_pack("{s:[{s:s, s:o}], s:{s:s, s:s}}", "keyAccessObjects", "keyAccessObjectId", "kao-0",
                     "keyAccessObject", tdf_kao_json(&o->m->kaos[0]), "policy", "id", id, "body",
                     o->m->policy);
}

static json_t *body_of(const struct object *objects, size_t count, enum twist t)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    json_t *body;
    must(key_write_public_pem(t == RSA_CLIENT ? session_rsa : session, pem, &f), &f, "pem");
    if (t == CLIENT_KEY_BROKEN)
        pem->data[60] ^= 3;
    if (t == OLDER_FORM) {
        body = json_pack("{s:o, s:s}", "keyAccess", tdf_kao_json(&objects[0].m->kaos[0]), "policy",
                         objects[0].m->policy);
    } else {
        json_t *requests = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(requests, request_of(&objects[i], "p"));
        body = json_pack("{s:o}", "requests", requests);
    }
    json_set_str(body, "clientPublicKey", buf_text(pem));
    return body;
}

static void make_srt(const struct object *objects, size_t count, enum twist t, struct buf *out)
{
    AUTO(json_freep) json_t *body = body_of(objects, count, t);
    AUTO(buf_freep) struct buf *text = buf_new(1 << 20);
    AUTO(json_freep) json_t *claims = json_object();
    json_put(text, body);
    json_set_str(claims, "requestBody", buf_text(text));
    json_set_u64(claims, "iat", 1767225600);
    json_set_u64(claims, "exp", 1767225660);
    world_sign(t == SRT_BY_OTHER ? mallory->key : bob->key, NULL, claims, out);
    char *signature = strrchr((char *)out->data, '.');
    if (t == SRT_FORGED)
        signature[5] = signature[5] == 'A' ? 'B' : 'A';
    if (t == SRT_UNSIGNED)
        out->len = (size_t)(signature - (char *)out->data);
    if (t == NO_SRT)
        out->len = 0;
}

static bool is_unbound(enum twist t)
{
    return t == UNBOUND_OURS || t == UNBOUND_REPORT || t == UNBOUND_SILENT;
}

static void make_token(enum twist t, struct buf *out)
{
    struct fail f = { 0 };
    if (is_unbound(t)) {
        AUTO(json_freep)
        json_t *ours = json_pack("{s:s, s:s, s:s}", "iss", DOMAIN, "sub", bob->name, "aud", DOMAIN);
        must(keeper_sign(w->keeper, USE_TOKEN, ours, out, &f), &f, "token");
        return;
    }
    AUTO(json_freep)
    json_t *claims = json_pack("{s:s, s:s, s:s}", "iss", "birch.example", "sub", bob->name, "aud", DOMAIN);
    if (t != TOKEN_UNBOUND)
        json_set_take(claims, "cnf",
                      json_pack("{s:s}", "jkt", t == TOKEN_OF_OTHER ? mallory->thumbprint : bob->thumbprint));
    world_sign(stranger, "at+jwt", claims, out);
}

/* The event that goes with a request; ${object} is what it asks for. */
static uint64_t enter(const struct object *o, const struct object *other, enum twist t, struct bytes srt,
                      struct bytes token)
{
    uint8_t reader[HASH_LEN];
    body_reader_digest(srt, t == OTHER_READER ? bytes_str("another") : token, reader);
    struct said s = {
        .kind = KIND_BRIEFING, .portion = PORTION, .person = bob->name, .copy = o->policy, .reader = reader
    };
    if (t == REISSUED)
        s.kind = KIND_REISSUE;
    if (t == KIND_RECEIPT_EVENT)
        s.kind = KIND_RECEIPT;
    if (t == OTHER_PERSON)
        s.person = "mallory@birch.example";
    if (t == WHOLE_ORGANISATION)
        s.person = "@birch.example";
    if (t == OTHER_ORGANISATION)
        s.person = "@cedar.example";
    if (t == OTHER_COPY)
        s.copy = other->policy;
    if (t == NO_COPY)
        s.copy = NULL;
    if (t == UNBOUND_REPORT)
        s.report = REPORT;
    return world_add(w, &s);
}

static unsigned fields_of(enum twist t)
{
    static const struct {
        enum twist twist;
        enum field field;
    } without[] = {
        { NO_KIND_FIELD, FIELD_KIND },
        { NO_PERSON_FIELD, FIELD_PERSON },
        { NO_COPY_FIELD, FIELD_COPY },
        { NO_READER_FIELD, FIELD_READER },
    };
    unsigned fields = t == MORE_FIELDS ? 0xffff : FIELDS;
    if (t == UNBOUND_OURS || t == UNBOUND_REPORT)
        fields |= FIELD_BIT(FIELD_REPORT);
    for (size_t i = 0; i < COUNT(without); i++)
        if (without[i].twist == t)
            fields &= ~FIELD_BIT(without[i].field);
    return fields;
}

static void twist_exhibit(struct exhibit *x, enum twist t)
{
    static uint8_t event[ENTRY_EVENT_LEN];
    static struct buf seal;
    struct fail f = { 0 };
    switch (t) {
    case FIELD_FORGED: /* the kind that is wanted, in an event of another */
        x->openings[1].value = bytes_str("carl@birch.example");
        break;
    case FIELD_TWICE:
        x->openings[x->entry.opening_count++] = x->openings[0];
        break;
    case FIELD_MOVED:
        x->openings[0].field = FIELD_POLICY;
        break;
    case EVENT_FORGED:
        memcpy(event, x->entry.event.data, sizeof event);
        event[130] ^= 1;
        x->entry.event = BYTES(event, sizeof event);
        break;
    case EVENT_OF_OTHER_PLACE:
        x->entry.index--;
        break;
    case INCLUSION_CUT:
        x->entry.inclusion.len -= HASH_LEN;
        break;
    case INCLUSION_EMPTY:
        x->entry.inclusion.len = 0;
        break;
    case A_SEAL:
        buf_clear(&seal);
        buf_init(&seal, ENTRY_MAX);
        must(entry_put(&seal, &(struct entry){ .form = ENTRY_SEAL, .seal = { .prev_seal = ENTRY_NO_SEAL } },
                       &f),
             &f, "seal");
        x->entry.event = bytes_of(&seal);
        break;
    default:
        break;
    }
}

static void make_checkpoint(enum twist t, struct buf *out)
{
    struct fail f = { 0 };
    struct checkpoint c;
    struct note_key key;
    AUTO(key_freep) struct key *other = NULL;
    AUTO(buf_freep) struct buf *text = buf_new(1024);
    AUTO(buf_freep) struct buf *pk = buf_new(64);
    AUTO(note_freep) struct note *n = NULL;
    must(note_read(bytes_of(&w->note), &n, &f), &f, "note");
    must(checkpoint_read(n->text, &c, &f), &f, "checkpoint");
    if (t == CHECKPOINT_FORGED) { /* another root above the signature of the right one */
        c.root[0] ^= 1;
        checkpoint_put(out, ORIGIN, c.size, c.root);
        buf_put_u8(out, '\n');
        buf_put_bytes(out, n->line[0].line);
        return;
    }
    if (t == CHECKPOINT_UNSIGNED) {
        checkpoint_put(out, ORIGIN, c.size, c.root);
        return;
    }
    if (t != CHECKPOINT_OTHER_LOG && t != CHECKPOINT_OTHER_KEY) {
        buf_put_bytes(out, bytes_of(&w->note));
        return;
    }
    const char *origin = t == CHECKPOINT_OTHER_LOG ? "birch.example/orcon/1" : ORIGIN;
    c.root[1] ^= t == CHECKPOINT_OTHER_KEY;
    must(key_make(KEY_ED25519, &other, &f), &f, "key");
    key_write_public(other, pk);
    must(note_key_make(origin, NOTE_ED25519, pk->data, &key, &f), &f, "key");
    checkpoint_put(text, origin, c.size, c.root);
    note_begin(out, bytes_of(text));
    note_sign_line(out, &key, other, bytes_of(text), 0);
}

/* What the client does with the answer. */
static bool opens(const struct keeper_rewrap_item *item, struct bytes pem, const uint8_t key[static 32])
{
    AUTO(key_freep) struct key *theirs = NULL;
    uint8_t shared[SEAL_KEY_LEN], got[32];
    if (pem.len == 0) {
        AUTO(buf_freep) struct buf *secret = buf_new_secret(512);
        return unwrap_rsa(session_rsa, BYTES(item->wrapped, item->wrapped_len), secret, NULL) == OK &&
               secret->len == 32 && memcmp(secret->data, key, 32) == 0;
    }
    if (item->wrapped_len != 60 || key_read_pem(pem, &theirs, NULL) != OK ||
        wrap_ec_agree(session, theirs, shared, NULL) != OK)
        return false;
    AUTO(seal_freep) struct seal *s = seal_new(shared);
    return seal_open(s, BYTES(item->wrapped, 60), got, NULL) == OK && memcmp(got, key, 32) == 0;
}

/* Two objects in one request, of which the first is twisted: the second never suffers. ${probed}: the token was
 * probed before, as that of single objects is; nothing is released for that. */
static void run(size_t row, bool probed)
{
    enum twist t = rows[row].twist;
    struct fail f = { 0 };
    struct object objects[3] = { 0 };
    struct exhibit shown[2];
    struct keeper_rewrap_item items[2] = { 0 };
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    AUTO(buf_freep) struct buf *srt2 = buf_new(JOSE_MAX_LARGE);
    AUTO(buf_freep) struct buf *token = buf_new(65536);
    AUTO(buf_freep) struct buf *token2 = buf_new(65536);
    AUTO(buf_freep) struct buf *checkpoint = buf_new(NOTE_MAX);
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    AUTO(key_freep) struct key *rsa = NULL;
    must(key_read_pem(bytes_of(&w->public[USE_KAS_RSA]), &rsa, &f), &f, "rsa key");
    object_make(&objects[0],
                t == RSA_OBJECT  ? rsa
                : t == OTHER_KAS ? stranger
                                 : w->kas,
                t == NO_KID || t == RSA_OBJECT ? NULL : w->kas_kid);
    object_make(&objects[1], w->kas, w->kas_kid);
    object_make(&objects[2], w->kas, w->kas_kid);
    twist_object(&objects[0], &objects[1], t);
    make_token(t, token);
    make_token(t, token2);
    make_srt(objects, 2, t, srt);
    make_srt(objects, 2, t, srt2);

    uint64_t first = enter(&objects[0], &objects[1], t, bytes_of(srt), bytes_of(token));
    uint64_t second = enter(&objects[1], NULL, NOTHING, bytes_of(srt), bytes_of(token));
    world_publish(w);
    make_checkpoint(t, checkpoint);
    exhibit_make(w, first, fields_of(t), &shown[0]);
    exhibit_make(w, second, FIELDS, &shown[1]);
    twist_exhibit(&shown[0], t);
    items[0] = (struct keeper_rewrap_item){ .policy = t == OUT_OF_RANGE ? 2 : t == OTHER_POLICY,
                                            .entry = shown[0].entry };
    items[1] = (struct keeper_rewrap_item){ .policy = 1, .entry = shown[1].entry };
    items[0].entry.openings = shown[0].openings;
    items[1].entry.openings = shown[1].openings;

    if (probed) {
        struct keeper_rewrap_item probes[2] = { { .policy = items[0].policy }, { .policy = 1 } };
        if (keeper_probe(w->keeper, bytes_of(srt), probes, 2, NULL) != OK)
            printf("# %s can't be probed\n", rows[row].name);
    }
    enum err e = keeper_rewrap(
        w->keeper, bytes_of(t == OTHER_SRT ? srt2 : srt), bytes_of(t == OTHER_TOKEN ? token2 : token),
        is_unbound(t) ? BYTES("", 0) : bytes_of(t == OTHER_JWK ? &mallory->jwk : &bob->jwk),
        bytes_of(checkpoint), items, t == OLDER_FORM ? 1 : 2, pem, &f);
    ok(e == rows[row].all && (e == OK || f.reason == rows[row].reason), "%s: %s", rows[row].name, f.what);
    if (e == OK) {
        ok(items[0].result == rows[row].item && items[0].reason == rows[row].reason,
           "%s: its own outcome: %d, %s", rows[row].name, (int)items[0].result, reason_code(items[0].reason));
        ok((items[0].result == OK) == opens(&items[0], bytes_of(pem), objects[0].key),
           "a key for the client, or none");
        if (t != OLDER_FORM && t != OTHER_SRT && t != OTHER_TOKEN && !is_unbound(t))
            ok(items[1].result == OK && opens(&items[1], bytes_of(pem), objects[1].key),
               "its neighbour has its key");
    } else {
        ok(pem->len == 0 && items[0].wrapped_len == 0 && items[1].wrapped_len == 0, "nothing came of it");
    }
    for (size_t i = 0; i < 2; i++)
        exhibit_clear(&shown[i]);
    for (size_t i = 0; i < COUNT(objects); i++)
        tdf_manifest_free(objects[i].m);
}

/* Before anything is entered: what opens and is bound to its policy, and nothing more. */
static void run_probe(void)
{
    static const enum twist twists[] = { NOTHING,         RSA_OBJECT,     NO_KID,          POLICY_EDITED,
                                         WRAPPED_SWAPPED, WRAPPED_BROKEN, BINDING_FLIPPED, OTHER_KAS,
                                         KID_UNKNOWN,     OTHER_TYPE };
    struct fail f = { 0 };
    AUTO(key_freep) struct key *rsa = NULL;
    must(key_read_pem(bytes_of(&w->public[USE_KAS_RSA]), &rsa, &f), &f, "rsa key");
    for (size_t i = 0; i < COUNT(twists); i++) {
        enum twist t = twists[i];
        struct object objects[2] = { 0 };
        AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
        object_make(&objects[0],
                    t == RSA_OBJECT  ? rsa
                    : t == OTHER_KAS ? stranger
                                     : w->kas,
                    t == NO_KID || t == RSA_OBJECT ? NULL : w->kas_kid);
        object_make(&objects[1], w->kas, w->kas_kid);
        twist_object(&objects[0], &objects[1], t);
        make_srt(objects, 2, t, srt);
        struct keeper_rewrap_item items[3] = { { 0 }, { .policy = 1 }, { .policy = 7 } };
        ok(keeper_probe(w->keeper, bytes_of(srt), items, 3, &f) == OK &&
               items[0].result == (i < 3 ? OK : E_UNVERIFIED) && items[0].wrapped_len == 0 &&
               items[1].result == OK && items[2].result == E_UNVERIFIED,
           "probe %zu: %s, and its neighbours each by itself: %s", i, i < 3 ? "sealed to us" : "not", f.what);
        ok(i < 3 || items[0].reason == REASON_TAMPERED, "and nobody learns why");
        tdf_manifest_free(objects[0].m);
        tdf_manifest_free(objects[1].m);
    }
    ok(keeper_probe(w->keeper, bytes_str("no token"), NULL, 0, NULL) == E_UNAUTHENTICATED, "no SRT at all");
}

/* A later kas key takes over; what was wrapped to the first still opens. */
static void run_rest(void)
{
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    must(keeper_generate(w->keeper, USE_KAS, DOMAIN, sealed, public, &f), &f, "kas key");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].twist == RETIRED_KAS || rows[i].twist == NO_KID || rows[i].twist == OTHER_KAS)
            run(i, false);
}

/* Many objects in one request: the message goes through shared memory. */
static void run_bulk(void)
{
    enum { MANY = 100 };
    struct fail f = { 0 };
    struct object *objects = mem_array(MANY, sizeof *objects);
    struct exhibit *shown = mem_array(MANY, sizeof *shown);
    struct keeper_rewrap_item *items = mem_array(MANY, sizeof *items);
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    AUTO(buf_freep) struct buf *token = buf_new(65536);
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    for (size_t i = 0; i < MANY; i++)
        object_make(&objects[i], w->kas, w->kas_kid);
    make_token(NOTHING, token);
    make_srt(objects, MANY, NOTHING, srt);
    uint64_t at = enter(&objects[0], NULL, NOTHING, bytes_of(srt), bytes_of(token));
    world_publish(w);
    for (size_t i = 0; i < MANY; i++) {
        exhibit_make(w, at, FIELDS, &shown[i]);
        items[i] = (struct keeper_rewrap_item){ .policy = (unsigned)i, .entry = shown[i].entry };
    }
    ok(keeper_rewrap(w->keeper, bytes_of(srt), bytes_of(token), bytes_of(&bob->jwk), bytes_of(&w->note),
                     items, MANY, pem, &f) == OK,
       "%d objects in one request of %zu bytes: %s", MANY, srt->len, f.what);
    size_t keys = 0;
    for (size_t i = 0; i < MANY; i++)
        keys += items[i].result == OK;
    ok(items[0].result == OK && keys == 1, "one entry is leave for one copy: %zu", keys);
    for (size_t i = 0; i < MANY; i++) {
        exhibit_clear(&shown[i]);
        tdf_manifest_free(objects[i].m);
    }
    ok(keeper_rewrap(w->keeper, bytes_of(srt), bytes_of(token), bytes_of(&bob->jwk), bytes_of(&w->note),
                     items, 1025, pem, NULL) == E_TOO_LARGE,
       "too many");
    mem_freep(&objects);
    mem_freep(&shown);
    mem_freep(&items);
}

int main(void)
{
    struct fail f = { 0 };
    w = world_new();
    bob = person_new("bob@birch.example");
    mallory = person_new("mallory@birch.example");
    must(key_make(KEY_P256, &session, &f), &f, "key");
    must(key_make(KEY_P256, &stranger, &f), &f, "key");
    must(key_make(KEY_RSA, &session_rsa, &f), &f, "key");
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int probed = 0; probed < 2; probed++)
            run(i, probed != 0);
    run_probe();
    run_rest();
    run_bulk();
    person_free(bob);
    person_free(mallory);
    key_free(session);
    key_free(session_rsa);
    key_free(stranger);
    world_free(w);
    return tap_done();
}
