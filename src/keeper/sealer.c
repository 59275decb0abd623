/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/sealer.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "keeper/leave.h"
#include "keeper/master.h"
#include "tdf/portion.h"
#include "tdf/seal.h"
#include "tdf/variant.h"

/* A fresh policy: its uuid names the copy; attributes are the master's, for clients that look at them. */
static enum err make_policy(const struct master *m, struct tdf_manifest *copy, struct keeper_copy *out,
                            struct fail *f)
{
    struct tdf_policy policy = { 0 };
    AUTO(buf_freep) struct buf *text = buf_new(TDF_POLICY_MAX);
    TRY(tdf_policy_read(master_manifest(m)->policy, &policy, f));
    random_uuid(out->policy);
    struct tdf_policy fresh = { .uuid = out->policy,
                                .attributes = policy.attributes,
                                .attribute_count = policy.attribute_count };
    tdf_policy_write(&fresh, text);
    tdf_policy_clear(&policy);
    TRY(buf_check(text, "policy", f));
    copy->policy = buf_steal_text(text);
    return OK;
}

/* The master belongs to this portion: its policy, which is bound under its data key, has the portion's id. */
static enum err check_portion(const struct master *m, const struct wire_copy *row, struct fail *f)
{
    struct tdf_policy policy = { 0 };
    TRY(tdf_policy_read(master_manifest(m)->policy, &policy, f));
    bool is = policy.uuid && strcmp(policy.uuid, row->portion) == 0;
    tdf_policy_clear(&policy);
    return is ? OK : fail_set(f, E_UNVERIFIED, "the master is not that of the portion");
}

static void digest_text(const char *text, uint8_t out[static HASH_LEN])
{
    hash_sha256(bytes_str(text), out);
}

/* Everything but the payload: key access object, manifest, and what is registered of them. */
static enum err finish(const struct keys *k, const struct wire_copy *row, struct tdf_manifest *copy,
                       const uint8_t key[static TDF_KEY_LEN], const char *metadata, struct keeper_copy *out,
                       struct fail *f)
{
    const struct keys_row *kas = keys_last(k, USE_KAS);
    struct tdf_recipient to = { .to = kas->key, .url = row->kas_url, .kid = kas->kid, .metadata = metadata };
    TRY(tdf_wrap(copy, key, &to, f));
    TRY(tdf_manifest_write(copy, &out->manifest_out, f));
    TRY(buf_check(&out->manifest_out, "manifest", f));
    digest_text(copy->kaos[0].wrapped_key, out->wrapped_sha);
    digest_text(copy->policy, out->policy_sha);
    digest_text(copy->kaos[0].binding, out->binding_sha);
    return OK;
}

/* Text to be sealed, and what it is read through. */
struct passage {
    struct variant_code code;
    struct variant_choice choice;
    struct portion_padding padding;
    struct source raw, text, plain;
    uint64_t size; /* as the copy's metadata says */
};

/* The master's text, or where copies differ this holder's wording of it, padded anew. */
static void open_passage(struct master *m, uint32_t number, struct hash_stream *hash, struct passage *p)
{
    const struct variants *v = master_variants(m);
    uint64_t size = p->size = master_size(m);
    if (v->count == 0) {
        p->plain = master_plain(m, hash);
        return;
    }
    p->raw = master_plain(m, NULL);
    master_code(m, number, &p->code);
    p->text =
        variant_source(&p->choice, &p->raw, size == PORTION_WHOLE ? p->raw.size : size, v, &p->code, hash);
    p->size = p->text.size;
    p->plain = portion_source(&p->padding, &p->text);
}

/* Decrypt and encrypt in one pass; the commitment is computed on the way. */
static enum err reseal(const struct keys *k, struct master *m, const struct wire_copy *row, int payload,
                       struct keeper_copy *out, struct fail *f)
{
    struct passage passage = { 0 };
    AUTO(tdf_manifest_freep) struct tdf_manifest *copy = tdf_manifest_new();
    AUTO(hash_stream_freep) struct hash_stream *hash = NULL;
    AUTO(str_freep) char *metadata = NULL;
    uint8_t salt[PORTION_SALT_LEN], key[TDF_KEY_LEN];
    random_bytes(salt, sizeof salt);
    hash = portion_commit_begin(salt);
    open_passage(m, row->number, hash, &passage);
    metadata = portion_metadata(salt, passage.size);
    TRY(make_policy(m, copy, out, f));
    copy->mime_type = str_dup(master_manifest(m)->mime_type);
    struct sink sink = sink_fd(payload, false);
    random_bytes(key, sizeof key);
    enum err e = tdf_seal_payload(&passage.plain, key, 0, &sink, copy, f);
    if (e == OK)
        e = finish(k, row, copy, key, metadata, out, f);
    wipe(key, sizeof key);
    wipe(salt, sizeof salt);
    wipe(&passage.code, sizeof passage.code);
    wipe(metadata, strlen(metadata));
    hash_stream_final(hash, out->commitment);
    return e;
}

static enum err seal_one(const struct keys *k, const struct leave *leave, const struct wire_copy *row,
                         int from, int to, struct keeper_copy *out, struct fail *f)
{
    AUTO(master_freep) struct master *m = NULL;
    uint64_t size;
    TRY(leave_covers(leave, row, f));
    TRY(message_sealed_size(from, SEALER_PAYLOAD_MAX, &size, f));
    struct source payload = source_fd(from, size);
    TRY(master_open(k, row->manifest, &payload, &m, f));
    TRY(check_portion(m, row, f));
    TRY(reseal(k, m, row, to, out, f));
    return message_seal(to, f);
}

enum err sealer_answer(const struct keys *k, const struct wire_seal *v, const struct message *request,
                       struct message *reply, struct fail *f)
{
    AUTO(leave_freep) struct leave *leave = NULL;
    if (request->fd_count != v->count)
        return fail_set(f, E_INVALID, "a payload for each copy, please");
    TRY(leave_open(k, v, &leave, f));
    for (size_t i = 0; i < v->count; i++) {
        struct keeper_copy out = { 0 };
        int to = memfd_create("copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (to < 0)
            return fail_set(f, E_IO, "cannot make shared memory: %s", strerror(errno));
        reply->fds[reply->fd_count++] = to;
        buf_init(&out.manifest_out, TDF_MANIFEST_OWN);
        enum err e = seal_one(k, leave, &v->copies[i], request->fds[i], to, &out, f);
        if (e == OK)
            wire_put_sealed(&reply->body, &out);
        buf_clear(&out.manifest_out);
        TRY(e);
    }
    return buf_check(&reply->body, "reply", f);
}
