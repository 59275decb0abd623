/* SPDX-License-Identifier: Apache-2.0 */
#include "tdf/handle.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/seal.h"

#define VERSION 1

static void context_of(const char *what, const char *domain, const char *name, uint8_t out[static HASH_LEN])
{
    AUTO(str_freep) char *text = str_format("orcon/source/v1\n%s\n%s\n%s\n", what, domain, name);
    hash_sha256(bytes_str(text), out);
}

void handle_of_report(const char *domain, const char *report, uint8_t context[static HASH_LEN])
{
    context_of("report", domain, report, context);
}

void handle_of_question(const char *domain, const char *person, uint8_t context[static HASH_LEN])
{
    context_of("question", domain, person, context);
}

enum err handle_seal(const struct key *to, const char *kid, const uint8_t context[static HASH_LEN],
                     const char *handle, struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *plain = buf_new_secret(HANDLE_PLAIN);
    AUTO(buf_freep) struct buf *wrapped = buf_new(HANDLE_PLAIN + SEAL_OVERHEAD);
    AUTO(buf_freep) struct buf *pem = buf_new(HANDLE_SEALED_MAX);
    uint8_t padded[HANDLE_MAX] = { 0 };
    memcpy(padded, handle, strnlen(handle, sizeof padded));
    buf_put(plain, context, HASH_LEN);
    buf_put(plain, padded, sizeof padded);
    wipe(padded, sizeof padded);
    TRY(wrap_ec(to, bytes_of(plain), wrapped, pem, f));
    buf_put_u8(out, VERSION);
    buf_put_u16_bytes(out, bytes_str(kid));
    buf_put_u16_bytes(out, bytes_of(pem));
    buf_put_u16_bytes(out, bytes_of(wrapped));
    return buf_check(out, "sealed handle", f);
}

struct sealed {
    struct bytes kid, ephemeral, wrapped;
};

static enum err split(struct bytes v, struct sealed *out, struct fail *f)
{
    struct reader r = reader_of(v);
    uint8_t version;
    if (v.len > HANDLE_SEALED_MAX || !get_u8(&r, &version) || version != VERSION ||
        !get_u16_bytes(&r, &out->kid) || !get_u16_bytes(&r, &out->ephemeral) ||
        !get_u16_bytes(&r, &out->wrapped) || !reader_done(&r) ||
        out->wrapped.len != HANDLE_PLAIN + SEAL_OVERHEAD)
        return fail_set(f, E_INVALID, "no sealed handle");
    return OK;
}

enum err handle_kid(struct bytes sealed, struct bytes *kid, struct fail *f)
{
    struct sealed s;
    TRY(split(sealed, &s, f));
    *kid = s.kid;
    return OK;
}

enum err handle_open(const struct key *mine, struct bytes sealed, const uint8_t context[static HASH_LEN],
                     uint8_t out[static HANDLE_MAX], struct fail *f)
{
    AUTO(buf_freep) struct buf *plain = buf_new_secret(HANDLE_PLAIN);
    struct sealed s;
    TRY(split(sealed, &s, f));
    TRY(unwrap_ec(mine, s.ephemeral, s.wrapped, plain, f));
    if (plain->len != HANDLE_PLAIN || !same(plain->data, context, HASH_LEN))
        return fail_set(f, E_UNVERIFIED, "the handle was sealed for another place");
    memcpy(out, plain->data + HASH_LEN, HANDLE_MAX);
    return OK;
}
