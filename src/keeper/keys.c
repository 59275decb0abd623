/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/keys.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypto/seal.h"

#define MAGIC    "orcon/key/v1\n"
#define BLOB_MAX 4096

struct keys {
    uint8_t *unlock; /* guarded */
    struct keys_row *rows[USE_COUNT][KEYS_MAX];
    size_t count[USE_COUNT], last[USE_COUNT];
};

/* What each use is. The number of a use is written into blobs: rows are added, never moved. */
static const struct {
    enum key_kind kind;
    const char *suffix; /* of the name, after the domain; "/orcon/" takes a generation */
} uses[USE_COUNT] = {
    [USE_CARD] = { KEY_P256, "" },
    [USE_STATEMENT] = { KEY_P256, "" },
    [USE_TOKEN] = { KEY_P256, "" },
    [USE_KAS] = { KEY_P256, "" },
    [USE_LOG] = { KEY_ED25519, "/orcon/" },
    [USE_VRF] = { KEY_VRF, "" },
    [USE_WITNESS] = { KEY_ED25519, "/witness" },
    [USE_MONITOR] = { KEY_ED25519, "/monitor" },
    [USE_KAS_RSA] = { KEY_RSA, "" },
};

/* Guarded memory ----------------------------------------------------------------------------------------- */

/* One page of its own between two that can't be touched; a library's allocator would leave copies about. */
static enum err guarded_copy(const uint8_t *secret, uint8_t **out, struct fail *f)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *p = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p + page, page, PROT_READ | PROT_WRITE) != 0)
        return fail_set(f, E_IO, "no guarded memory: %s", strerror(errno));
    if (mlock(p + page, page) != 0)
        log_event(LOG_WARN, "unlock-key-not-locked", "error=%d", errno);
    (void)madvise(p + page, page, MADV_DONTDUMP); /* the process leaves no dump either */
    memcpy(p + page, secret, SEAL_KEY_LEN);
    if (mprotect(p + page, page, PROT_READ) != 0)
        return fail_set(f, E_IO, "cannot guard memory: %s", strerror(errno));
    *out = p + page;
    return OK;
}

static void guarded_free(uint8_t *p)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (p && mprotect(p, page, PROT_READ | PROT_WRITE) == 0) {
        wipe(p, page);
        munmap(p - page, 3 * page);
    }
}

enum err keys_new(const uint8_t *unlock, struct keys **out, struct fail *f)
{
    struct keys *k = mem_new(sizeof *k);
    enum err e = unlock ? guarded_copy(unlock, &k->unlock, f) : OK;
    if (e == OK)
        *out = k;
    else
        keys_free(k);
    return e;
}

static void row_freep(struct keys_row **row)
{
    if (*row)
        key_free((*row)->key);
    mem_freep(row);
}

void keys_free(struct keys *k)
{
    if (!k)
        return;
    for (size_t use = 0; use < USE_COUNT; use++)
        for (size_t i = 0; i < k->count[use]; i++)
            row_freep(&k->rows[use][i]);
    guarded_free(k->unlock);
    mem_freep(&k);
}

void keys_freep(struct keys **k)
{
    keys_free(*k);
    *k = NULL;
}

/* Rows --------------------------------------------------------------------------------------------------- */

static bool name_fits(enum key_use use, const char *name)
{
    const char *slash = strchr(name, '/'), *suffix = uses[use].suffix;
    char domain[DOMAIN_MAX + 1];
    size_t len = slash ? (size_t)(slash - name) : strlen(name);
    if (len >= sizeof domain)
        return false;
    memcpy(domain, name, len);
    domain[len] = '\0';
    if (!name_is_domain(domain))
        return false;
    if (use != USE_LOG)
        return strcmp(name + len, suffix) == 0;
    size_t fixed = strlen(suffix);
    if (strncmp(name + len, suffix, fixed) != 0)
        return false;
    const char *generation = name + len + fixed; /* decimal from 1, no leading zero */
    size_t digits = strspn(generation, "0123456789");
    return generation[digits] == '\0' && generation[0] != '0' && digits >= 1 && digits <= 10;
}

/* Of RSA there is no raw form. */
static enum err write_public(const struct key *key, struct buf *out, struct fail *f)
{
    if (key_kind(key) == KEY_RSA)
        return key_write_public_pem(key, out, f);
    key_write_public(key, out);
    return buf_check(out, "public key", f);
}

static enum err write_private(const struct key *key, struct buf *out, struct fail *f)
{
    if (key_kind(key) == KEY_RSA)
        return key_write_private_pem(key, out, f);
    key_write_private(key, out);
    return buf_check(out, "private key", f);
}

/* Out of a blob: sealed here, under a key that nobody else has. */
static enum err read_private(enum key_kind kind, struct bytes v, struct key **out, struct fail *f)
{
    return kind == KEY_RSA ? key_read_kept_rsa(v, out, f) : key_read_private(kind, v, out, f);
}

/* Where ${key} stands among those of its use, or would. A key that is there is never taken in anew: a log key
 * would forget what it signed. */
static enum err find(const struct keys *k, enum key_use use, const struct key *key, size_t *at,
                     struct fail *f)
{
    AUTO(buf_freep) struct buf *mine = buf_new(1024);
    TRY(write_public(key, mine, f));
    for (*at = 0; *at < k->count[use]; ++*at) {
        AUTO(buf_freep) struct buf *other = buf_new(1024);
        TRY(write_public(k->rows[use][*at]->key, other, f));
        if (bytes_equal(bytes_of(mine), bytes_of(other)))
            return OK;
    }
    return OK;
}

enum err keys_add(struct keys *k, enum key_use use, const char *name, struct key **key, struct keys_row **out,
                  struct fail *f)
{
    size_t at;
    TRY(find(k, use, *key, &at, f));
    if (at == KEYS_MAX)
        return fail_set(f, E_TOO_LARGE, "more than %d keys of one use", KEYS_MAX);
    if (at < k->count[use] && strcmp(k->rows[use][at]->name, name) != 0)
        return fail_set(f, E_CONFLICT, "this key is there under another name");
    if (at == k->count[use]) {
        AUTO(row_freep) struct keys_row *row = mem_new(sizeof *row);
        memcpy(row->name, name, strlen(name) + 1);
        if (key_kind(*key) == KEY_P256 || key_kind(*key) == KEY_RSA)
            TRY(key_thumbprint(*key, row->kid, f));
        row->key = *key;
        *key = NULL;
        k->rows[use][k->count[use]++] = row;
        row = NULL;
    }
    k->last[use] = at;
    *out = k->rows[use][at];
    return OK;
}

struct keys_row *keys_last(const struct keys *k, enum key_use use)
{
    return k->count[use] ? k->rows[use][k->last[use]] : NULL;
}

struct keys_row *keys_at(const struct keys *k, enum key_use use, size_t i)
{
    return i < k->count[use] ? k->rows[use][i] : NULL;
}

enum err keys_public(const struct keys_row *row, struct buf *out, struct fail *f)
{
    return key_kind(row->key) == KEY_P256 ? key_write_public_pem(row->key, out, f)
                                          : write_public(row->key, out, f);
}

/* Blobs -------------------------------------------------------------------------------------------------- */

/* ${private}: the key in its private form; ${unlock}: what it is sealed under. */
static enum err blob_seal(const uint8_t *unlock, enum key_use use, const char *name, struct bytes private,
                          struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(BLOB_MAX);
    buf_put_str(out, MAGIC);
    buf_put_u8(out, (uint8_t)use);
    buf_put_u16_bytes(out, bytes_str(name));
    TRY(buf_check(out, "sealed key", f));
    TRY(seal_lock_once(unlock, bytes_of(out), private, sealed, f));
    buf_put_bytes(out, bytes_of(sealed));
    return buf_check(out, "sealed key", f);
}

static enum err blob_write(struct keys *k, enum key_use use, const char *name, const struct key *key,
                           struct buf *out, struct fail *f)
{
    AUTO(buf_freep) struct buf *plain = buf_new_secret(BLOB_MAX);
    TRY(write_private(key, plain, f));
    return blob_seal(k->unlock, use, name, bytes_of(plain), out, f);
}

enum err keys_generate(struct keys *k, enum key_use use, const char *name, struct buf *sealed,
                       struct keys_row **out, struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    if (!name_fits(use, name))
        return fail_set(f, E_INVALID, "not a name for a %s key", keeper_use_name(use));
    TRY(key_make(uses[use].kind, &key, f));
    TRY(blob_write(k, use, name, key, sealed, f));
    size_t before = k->count[use], last = k->last[use];
    TRY(keys_add(k, use, name, &key, out, f));
    if (before > 0)
        k->last[use] = last; /* until it is loaded: by then its blob is kept */
    return OK;
}

static enum err blob_read(struct keys *k, enum key_use use, struct bytes sealed, char *name,
                          struct buf *plain, struct fail *f)
{
    struct reader r = reader_of(sealed);
    struct bytes magic, text;
    uint8_t was;
    if (sealed.len > BLOB_MAX || !get_bytes(&r, strlen(MAGIC), &magic) ||
        memcmp(magic.data, MAGIC, magic.len) != 0 || !get_u8(&r, &was) || !get_u16_bytes(&r, &text) ||
        text.len >= WIRE_NAME || memchr(text.data, '\0', text.len))
        return fail_set(f, E_INVALID, "not a sealed key");
    TRY(seal_open_once(k->unlock, BYTES(sealed.data, r.at), BYTES(sealed.data + r.at, sealed.len - r.at),
                       plain, f));
    if (was != use)
        return fail_set(f, E_UNVERIFIED, "this is no %s key", keeper_use_name(use));
    memcpy(name, text.data, text.len);
    name[text.len] = '\0';
    return OK;
}

enum err keys_load(struct keys *k, enum key_use use, struct bytes sealed, struct keys_row **out,
                   struct fail *f)
{
    AUTO(buf_freep) struct buf *plain = buf_new_secret(BLOB_MAX);
    AUTO(key_freep) struct key *key = NULL;
    char name[WIRE_NAME];
    enum err e = blob_read(k, use, sealed, name, plain, f);
    if (e != OK) {
        fail_context(f, "%s key", keeper_use_name(use));
        return e;
    }
    TRY(read_private(uses[use].kind, bytes_of(plain), &key, f));
    return keys_add(k, use, name, &key, out, f);
}

/* Another unlock key ------------------------------------------------------------------------------------- */

/* Which use a blob says that it is of: what follows the magic. */
static enum key_use blob_use(struct bytes blob)
{
    size_t at = strlen(MAGIC);
    return blob.len > at && blob.data[at] < USE_COUNT ? (enum key_use)blob.data[at] : USE_CARD;
}

static enum err reseal_one(struct keys *k, const uint8_t *unlock, struct bytes blob, struct buf *out,
                           struct fail *f)
{
    AUTO(buf_freep) struct buf *plain = buf_new_secret(BLOB_MAX);
    AUTO(buf_freep) struct buf *again = buf_new(BLOB_MAX);
    enum key_use use = blob_use(blob);
    char name[WIRE_NAME];
    TRY(blob_read(k, use, blob, name, plain, f));
    TRY(blob_seal(unlock, use, name, bytes_of(plain), again, f));
    buf_put_u16_bytes(out, bytes_of(again));
    return OK;
}

static enum err write_secret(int fd, const uint8_t *secret, struct fail *f)
{
    for (size_t at = 0; at < SEAL_KEY_LEN;) {
        ssize_t n = write(fd, secret + at, SEAL_KEY_LEN - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_set(f, E_IO, "cannot write the unlock key: %s", strerror(errno));
        at += (size_t)n;
    }
    return OK;
}

enum err keys_reseal(struct keys *k, struct bytes blobs, int unlock_fd, struct buf *out, struct fail *f)
{
    struct reader r = reader_of(blobs);
    uint8_t secret[SEAL_KEY_LEN];
    struct bytes blob;
    enum err e = OK;
    random_bytes(secret, sizeof secret);
    while (e == OK && r.at < blobs.len)
        e = get_u16_bytes(&r, &blob) ? reseal_one(k, secret, blob, out, f)
                                     : fail_set(f, E_INVALID, "malformed message: reseal");
    if (e == OK)
        e = write_secret(unlock_fd, secret, f);
    wipe(secret, sizeof secret);
    return e;
}
