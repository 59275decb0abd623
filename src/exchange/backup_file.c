/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/backup_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "crypto/seal.h"

#define MAGIC     "orcon/backup@v1\n"
#define HEAD_MAX  4096
#define SALT_LEN  32
#define CHECK_LEN 16
#define SEALED    28 /* iv and tag */
#define AAD_LEN   (HASH_LEN + 8 + 1)

/* MAGIC, the head and its newline, salt, a check value of the unlock key; then parts: u32 length, iv, ciphertext, tag. Each part is
 * bound to all of the beginning, to its number, and to whether it is the last. */

static void derive(struct backup_file *b, struct bytes unlock, const uint8_t salt[static SALT_LEN],
                   uint8_t check[static CHECK_LEN])
{
    hash_hkdf(unlock, BYTES(salt, SALT_LEN), bytes_str("orcon/backup/v1"), b->key, sizeof b->key);
    hash_hkdf(unlock, BYTES(salt, SALT_LEN), bytes_str("orcon/backup-check/v1"), check, CHECK_LEN);
}

static void put_aad(const struct backup_file *b, bool last, uint8_t aad[static AAD_LEN])
{
    memcpy(aad, b->head_sha, HASH_LEN);
    for (int i = 0; i < 8; i++)
        aad[HASH_LEN + i] = (uint8_t)(b->part >> (56 - 8 * i));
    aad[AAD_LEN - 1] = last;
}

static enum err write_all(struct backup_file *b, struct bytes v, struct fail *f)
{
    while (v.len > 0) {
        ssize_t n = write(b->fd, v.data, v.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "cannot write %s: %s", b->name, strerror(errno));
        v.data += n;
        v.len -= (size_t)n;
    }
    return OK;
}

static enum err write_part(struct backup_file *b, bool last, struct fail *f)
{
    AUTO(buf_freep) struct buf *out = buf_new(BACKUP_PART + SEALED + 4);
    uint8_t aad[AAD_LEN];
    put_aad(b, last, aad);
    buf_put_u32(out, (uint32_t)(b->plain->len + SEALED));
    TRY(seal_lock_once(b->key, BYTES(aad, sizeof aad), bytes_of(b->plain), out, f));
    TRY(buf_check(out, "part of a backup", f));
    buf_reset(b->plain);
    b->part++;
    return write_all(b, bytes_of(out), f);
}

enum err backup_file_write(struct backup_file *b, struct bytes unlock, const char *head, struct fail *f)
{
    AUTO(buf_freep) struct buf *begin = buf_new(HEAD_MAX + 256);
    uint8_t salt[SALT_LEN], check[CHECK_LEN];
    random_bytes(salt, sizeof salt);
    derive(b, unlock, salt, check);
    buf_printf(begin, MAGIC "%s\n", head);
    buf_put(begin, salt, sizeof salt);
    buf_put(begin, check, sizeof check);
    TRY(buf_check(begin, "head of a backup", f));
    hash_sha256(bytes_of(begin), b->head_sha);
    b->plain = buf_new_secret(BACKUP_PART + 1);
    return write_all(b, bytes_of(begin), f);
}

enum err backup_file_put(struct backup_file *b, struct bytes v, struct fail *f)
{
    while (v.len > 0) {
        size_t room = BACKUP_PART - b->plain->len, n = v.len < room ? v.len : room;
        buf_put(b->plain, v.data, n);
        TRY(buf_check(b->plain, "part of a backup", f));
        v.data += n;
        v.len -= n;
        if (b->plain->len == BACKUP_PART)
            TRY(write_part(b, false, f));
    }
    return OK;
}

enum err backup_file_end(struct backup_file *b, struct fail *f)
{
    TRY(write_part(b, true, f));
    if (fsync(b->fd) != 0)
        return fail_set(f, E_IO, "cannot sync %s: %s", b->name, strerror(errno));
    return OK;
}

/* Reading ------------------------------------------------------------------------------------------------- */

/* ${got}: bytes read, fewer only at the file's end. */
static enum err read_some(struct backup_file *b, void *out, size_t len, size_t *got, struct fail *f)
{
    for (*got = 0; *got < len;) {
        ssize_t n = read(b->fd, (uint8_t *)out + *got, len - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_set(f, E_IO, "cannot read %s: %s", b->name, strerror(errno));
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return OK;
}

static enum err read_exact(struct backup_file *b, void *out, size_t len, struct fail *f)
{
    size_t got;
    TRY(read_some(b, out, len, &got, f));
    return got == len ? OK
                      : fail_set(f, E_UNVERIFIED, "%s is cut off in part %llu: take another copy", b->name,
                                 (unsigned long long)b->part + 1);
}

static enum err read_head(struct backup_file *b, struct buf *begin, struct fail *f)
{
    char magic[sizeof MAGIC - 1];
    size_t got;
    TRY(read_some(b, magic, sizeof magic, &got, f));
    if (got != sizeof magic || memcmp(magic, MAGIC, sizeof magic) != 0)
        return fail_set(f, E_UNVERIFIED, "%s is not a backup of orcon", b->name);
    buf_put(begin, magic, sizeof magic);
    for (char c = 0; c != '\n';) {
        TRY(read_exact(b, &c, 1, f));
        buf_put(begin, &c, 1);
        if (begin->len > HEAD_MAX)
            return fail_set(f, E_UNVERIFIED, "%s is not a backup of orcon: its head is too long", b->name);
    }
    return OK;
}

enum err backup_file_read(struct backup_file *b, struct bytes unlock, char **head, struct fail *f)
{
    AUTO(buf_freep) struct buf *begin = buf_new(HEAD_MAX + 256);
    uint8_t salt[SALT_LEN], check[CHECK_LEN], want[CHECK_LEN];
    TRY(read_head(b, begin, f));
    size_t line = begin->len - (sizeof MAGIC - 1) - 1;
    *head = mem_dup(begin->data + sizeof MAGIC - 1, line);
    TRY(read_exact(b, salt, sizeof salt, f));
    TRY(read_exact(b, check, sizeof check, f));
    buf_put(begin, salt, sizeof salt);
    buf_put(begin, check, sizeof check);
    TRY(buf_check(begin, "head of a backup", f));
    hash_sha256(bytes_of(begin), b->head_sha);
    derive(b, unlock, salt, want);
    if (!same(check, want, sizeof check))
        return fail_set(f, E_UNVERIFIED,
                        "%s was made under another unlock key: give the keys/unlock of the home it is of",
                        b->name);
    b->plain = buf_new_secret(BACKUP_PART + 1);
    return OK;
}

static enum err read_part(struct backup_file *b, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(BACKUP_PART + SEALED);
    uint8_t size[4], aad[AAD_LEN];
    TRY(read_exact(b, size, sizeof size, f));
    size_t len = (size_t)size[0] << 24 | (size_t)size[1] << 16 | (size_t)size[2] << 8 | size[3];
    if (len < SEALED || len > BACKUP_PART + SEALED)
        return fail_set(f, E_UNVERIFIED, "%s was altered in part %llu: no part has %zu bytes", b->name,
                        (unsigned long long)b->part + 1, len);
    uint8_t *room = buf_reserve(sealed, len);
    if (!room)
        return buf_check(sealed, "part of a backup", f);
    TRY(read_exact(b, room, len, f));
    buf_reset(b->plain);
    b->at = 0;
    b->last = len != BACKUP_PART + SEALED; /* only the last is not full (backup_file_put) */
    put_aad(b, b->last, aad);
    enum err e = seal_open_once(b->key, BYTES(aad, sizeof aad), BYTES(room, len), b->plain, f);
    if (e == E_UNVERIFIED) {
        fail_clear(f);
        return fail_set(f, E_UNVERIFIED, "%s was altered in part %llu", b->name,
                        (unsigned long long)b->part + 1);
    }
    b->part++;
    return e;
}

enum err backup_file_get(struct backup_file *b, void *out, size_t len, struct fail *f)
{
    uint8_t *to = out;
    while (len > 0) {
        size_t left = b->plain->len - b->at, n = len < left ? len : left;
        if (n > 0)
            memcpy(to, b->plain->data + b->at, n);
        b->at += n;
        to += n;
        len -= n;
        if (len == 0)
            return OK;
        if (b->last)
            return fail_set(f, E_UNVERIFIED, "%s ends in the middle of a file", b->name);
        TRY(read_part(b, f));
    }
    return OK;
}

enum err backup_file_done(struct backup_file *b, struct fail *f)
{
    uint8_t more;
    size_t got;
    if (b->at == b->plain->len && !b->last)
        TRY(read_part(b, f));
    TRY(read_some(b, &more, 1, &got, f));
    if (!b->last || b->at != b->plain->len || got != 0)
        return fail_set(f, E_UNVERIFIED, "%s goes on after its end", b->name);
    return OK;
}

void backup_file_clear(struct backup_file *b)
{
    wipe(b->key, sizeof b->key);
    buf_freep(&b->plain);
}
