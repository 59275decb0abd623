/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/rotate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/cards.h"
#include "exchange/cosigners.h"
#include "exchange/node_internal.h"
#include "exchange/outbox.h"
#include "exchange/own_card.h"
#include "exchange/turn.h"

#define FORMER_DIGITS 32

/* The three files of a use; heap strings. */
struct files {
    char *current, *next, *folder;
};

static void files_of(const struct node *n, enum key_use use, struct files *out)
{
    out->current = str_format("%s/keys/%s.key", n->home, keeper_use_name(use));
    out->next = str_format("%s/keys/%s.next.key", n->home, keeper_use_name(use));
    out->folder = node_path(n, HOME_KEYS);
}

static void files_clear(struct files *v)
{
    mem_freep(&v->current);
    mem_freep(&v->next);
    mem_freep(&v->folder);
}

/* Keys of which what they sealed, signed or named is met again. */
static bool is_kept(enum key_use use)
{
    return use == USE_KAS || use == USE_KAS_RSA || use == USE_LOG || use == USE_VRF;
}

static bool is_raw(enum key_use use)
{
    return use == USE_WITNESS || use == USE_MONITOR || use == USE_LOG || use == USE_VRF;
}

static enum err load(struct node *n, enum key_use use, const char *path, struct buf *public, struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    TRY(file_read(path, sealed, f));
    return keeper_load(n->keeper, use, bytes_of(sealed), public, f);
}

/* What people call a key: its thumbprint, or of those that have 32 bytes the key itself. */
static enum err name_of(struct bytes public, enum key_use use, char name[static THUMBPRINT_SIZE],
                        struct fail *f)
{
    AUTO(key_freep) struct key *key = NULL;
    if (is_raw(use)) {
        AUTO(buf_freep) struct buf *text = buf_new(64);
        b64_put(text, B64_URL, public);
        snprintf(name, THUMBPRINT_SIZE, "%s", buf_text(text));
        return OK;
    }
    TRY(key_read_pem(public, &key, f));
    return key_thumbprint(key, name, f);
}

static enum err move(const char *from, const char *to, const char *folder, struct fail *f)
{
    if (rename(from, to) != 0)
        return fail_set(f, E_IO, "cannot rename %s to %s: %s", from, to, strerror(errno));
    return file_sync_folder(folder, f);
}

static enum err drop(const char *path, const char *folder, struct fail *f)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return fail_set(f, E_IO, "cannot remove %s: %s", path, strerror(errno));
    return file_sync_folder(folder, f);
}

/* Keys of the keeper ------------------------------------------------------------------------------------- */

/* A second name of the key that goes: the first half of its thumbprint, in letters that a backup takes. */
static enum err keep_former(struct node *n, enum key_use use, const struct files *v, struct fail *f)
{
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    char kid[THUMBPRINT_SIZE], digits[2 * HASH_LEN + 1];
    uint8_t thumbprint[HASH_LEN];
    TRY(load(n, use, v->current, public, f));
    TRY(name_of(bytes_of(public), use, kid, f));
    if (!b64_read_exact(B64_URL, bytes_str(kid), thumbprint, sizeof thumbprint))
        return fail_set(f, E_INTERNAL, "a thumbprint of another length");
    hex_print(BYTES(thumbprint, sizeof thumbprint), digits);
    AUTO(str_freep)
    char *path = str_format("%s/%s.%.*s.key", v->folder, keeper_use_name(use), FORMER_DIGITS, digits);
    if (link(v->current, path) != 0 && errno != EEXIST)
        return fail_set(f, E_IO, "cannot keep %s as %s: %s", v->current, path, strerror(errno));
    return file_sync_folder(v->folder, f);
}

/* From here on the next key is the one. */
static enum err promote(struct node *n, enum key_use use, const struct files *v, struct fail *f)
{
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    if (is_kept(use))
        TRY(keep_former(n, use, v, f));
    TRY(move(v->next, v->current, v->folder, f));
    TRY(load(n, use, v->current, public, f));
    return use == USE_KAS || use == USE_KAS_RSA ? node_kas_set(n, bytes_of(public), f) : OK;
}

/* What became of the next key: the card tells, and of a log's keys the rows; kas-rsa keys stand in neither, so there the rename
 * is what counts. ${waits}: it is named, and not yet in use. */
static enum err is_named(struct node *n, enum key_use use, const struct files *v, bool *named, bool *waits,
                         struct fail *f)
{
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    enum turn_key whose;
    *named = *waits = false;
    if (use == USE_KAS_RSA)
        return OK;
    TRY(load(n, use, v->next, public, f));
    if (use != USE_LOG && use != USE_VRF)
        return own_card_has(n, use, bytes_of(public), named, f);
    TRY(turn_key(n, use, bytes_of(public), &whose, f));
    *named = whose == TURN_THIS;
    *waits = whose == TURN_NEXT;
    return OK;
}

static enum err settle(struct node *n, enum key_use use, const struct files *v, struct fail *f)
{
    AUTO(buf_freep) struct buf *again = buf_new(4096);
    bool named, waits;
    if (!file_exists(v->next))
        return OK;
    TRY(is_named(n, use, v, &named, &waits, f));
    if (named)
        return promote(n, use, v, f);
    if (!waits)
        TRY(drop(v->next, v->folder, f));
    return load(n, use, v->current, again, f); /* to look at the other made it the last one */
}

enum err rotate_settle(struct node *n, enum key_use use, struct fail *f)
{
    AUTO(files_clear) struct files v;
    files_of(n, use, &v);
    return settle(n, use, &v, f);
}

static bool is_former(const char *name, const char *use)
{
    size_t len = strlen(use);
    return strncmp(name, use, len) == 0 && name[len] == '.' &&
           strspn(name + len + 1, "0123456789abcdef") == FORMER_DIGITS &&
           strcmp(name + len + 1 + FORMER_DIGITS, ".key") == 0;
}

enum err rotate_load_former(struct node *n, enum key_use use, struct fail *f)
{
    AUTO(str_freep) char *folder = node_path(n, HOME_KEYS);
    enum err e = OK;
    if (!is_kept(use))
        return OK;
    DIR *dir = opendir(folder);
    if (!dir)
        return fail_set(f, E_IO, "cannot read %s: %s", folder, strerror(errno));
    for (struct dirent *d; e == OK && (d = readdir(dir));) {
        AUTO(str_freep) char *path = str_format("%s/%s", folder, d->d_name);
        AUTO(buf_freep) struct buf *public = buf_new(4096);
        if (is_former(d->d_name, keeper_use_name(use)))
            e = load(n, use, path, public, f);
    }
    closedir(dir);
    return e;
}

static enum err put_serial(struct node *n, json_t *out, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    TRY(cards_get(n, n->conf.domain, &own, f));
    json_set_u64(out, "serial", own.card->serial);
    return OK;
}

/* The card, and whoever must know it. */
static enum err publish(struct node *n, const struct own_change *change, struct fail *f)
{
    TRY(cards_make_own(n, change, f));
    outbox_card(n->outbox);
    cosigners_changed(n->cosigners);
    return OK;
}

/* The next key is kept, and in the card; ${public} gets its public half. */
static enum err announce(struct node *n, enum key_use use, const struct files *v, struct buf *public,
                         struct fail *f)
{
    AUTO(buf_freep) struct buf *sealed = buf_new(4096);
    AUTO(str_freep) char *owner = node_key_owner(n->conf.domain, n->origin, use);
    struct own_change change = { .rotates = true, .use = use };
    TRY(keeper_generate(n->keeper, use, owner, sealed, public, f));
    TRY(file_write(v->next, bytes_of(sealed), 0600, f));
    change.next = bytes_of(public);
    return use == USE_KAS_RSA ? OK : publish(n, &change, f);
}

static enum err rotate_use(struct node *n, enum key_use use, json_t *out, struct fail *f)
{
    AUTO(files_clear) struct files v;
    AUTO(buf_freep) struct buf *was = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    char name[THUMBPRINT_SIZE], before[THUMBPRINT_SIZE];
    files_of(n, use, &v);
    TRY(settle(n, use, &v, f));
    TRY(load(n, use, v.current, was, f));
    TRY(name_of(bytes_of(was), use, before, f));
    enum err e = announce(n, use, &v, public, f);
    if (e != OK) { /* what the store says counts: it may have taken the card, and failed afterwards */
        if (settle(n, use, &v, NULL) != OK)
            fail_context(f, "%s is left over until the next start", v.next);
        return e;
    }
    TRY(promote(n, use, &v, f));
    if (use == USE_CARD)
        TRY(publish(n, NULL, f)); /* signed by the new one, and revokes the old */
    TRY(name_of(bytes_of(public), use, name, f));
    json_set_str(out, "use", keeper_use_name(use));
    json_set_str(out, "key", name);
    json_set_str(out, "was", before);
    json_set_str(out, "state", "in use");
    return put_serial(n, out, f);
}

/* The listener's key ------------------------------------------------------------------------------------- */

static void put_pin(json_t *out, const char *name, const uint8_t pin[static HASH_LEN])
{
    AUTO(buf_freep) struct buf *text = buf_new(64);
    b64_put(text, B64_URL, BYTES(pin, HASH_LEN));
    json_set_str(out, name, buf_text(text));
}

struct tls_files {
    char *key, *cert, *next_key, *next_cert, *folder;
};

static void tls_files_of(const struct node *n, struct tls_files *out)
{
    out->key = node_path(n, HOME_TLS);
    out->cert = node_path(n, HOME_CERT);
    out->next_key = node_path(n, HOME_TLS_NEXT);
    out->next_cert = node_path(n, HOME_CERT_NEXT);
    out->folder = node_path(n, HOME_KEYS);
}

static void tls_files_clear(struct tls_files *v)
{
    mem_freep(&v->key);
    mem_freep(&v->cert);
    mem_freep(&v->next_key);
    mem_freep(&v->next_cert);
    mem_freep(&v->folder);
}

/* The key is written first, and moved first: a certificate alone is what a crash left of a switch, a key alone what it
 * left of making them. Either way the pins of the card hold: it names both keys from the first step to after the
 * second. */
static enum err settle_tls(struct tls_files *v, struct fail *f)
{
    bool key = file_exists(v->next_key), cert = file_exists(v->next_cert);
    if (key && !cert)
        return drop(v->next_key, v->folder, f);
    return !key && cert ? move(v->next_cert, v->cert, v->folder, f) : OK;
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), tail = strlen(end);
    return len >= tail && strcmp(name + len - tail, end) == 0;
}

/* What a crash left of a file that was being written: it never was the next key. */
static enum err sweep(const char *folder, struct fail *f)
{
    enum err e = OK;
    DIR *dir = opendir(folder);
    if (!dir)
        return fail_set(f, E_IO, "cannot read %s: %s", folder, strerror(errno));
    for (struct dirent *d; e == OK && (d = readdir(dir));) {
        AUTO(str_freep) char *path = str_format("%s/%s", folder, d->d_name);
        if (strstr(d->d_name, ".next.") && !ends_with(d->d_name, ".next.key") &&
            !ends_with(d->d_name, ".next.crt"))
            e = drop(path, folder, f);
    }
    closedir(dir);
    return e;
}

enum err rotate_settle_tls(struct node *n, struct fail *f)
{
    AUTO(tls_files_clear) struct tls_files v;
    tls_files_of(n, &v);
    TRY(sweep(v.folder, f));
    return settle_tls(&v, f);
}

static bool is_pinned(struct node *n, const uint8_t pin[static HASH_LEN])
{
    AUTO(cards_put) struct card_ref own = { 0 };
    struct fail ignored = { 0 };
    bool found = false;
    if (cards_get(n, n->conf.domain, &own, &ignored) != OK)
        return false;
    for (size_t i = 0; i < own.card->pin_count; i++)
        found = found || memcmp(own.card->pins[i], pin, HASH_LEN) == 0;
    return found;
}

/* Two steps: partners and clients must have the pin before they meet the key. */
static enum err rotate_tls(struct node *n, json_t *out, struct fail *f)
{
    AUTO(tls_files_clear) struct tls_files v;
    uint8_t now[HASH_LEN], next[HASH_LEN];
    tls_files_of(n, &v);
    TRY(settle_tls(&v, f));
    bool made = file_exists(v.next_key);
    if (!made)
        TRY(node_make_tls(n, &n->conf, HOME_TLS_NEXT, HOME_CERT_NEXT, f));
    TRY(own_card_pin(n, HOME_TLS, now, f));
    TRY(own_card_pin(n, HOME_TLS_NEXT, next, f));
    bool use = made && is_pinned(n, next);
    if (use) {
        TRY(move(v.next_key, v.key, v.folder, f));
        TRY(move(v.next_cert, v.cert, v.folder, f));
    }
    /* where that fails, the next key stays announced in nothing, and the verb begins here */
    TRY(publish(n, NULL, f));
    json_set_str(out, "use", "tls");
    put_pin(out, "key", next);
    put_pin(out, "was", now);
    json_set_str(out, "state", use ? "in use" : "announced");
    return put_serial(n, out, f);
}

/* The ledger's keys -------------------------------------------------------------------------------------- */

/* A generation has keys of its own: a new one of either is the next generation, with a new one of both. */
static enum err rotate_log(struct node *n, enum key_use use, json_t *out, struct fail *f)
{
    AUTO(files_clear) struct files v;
    AUTO(buf_freep) struct buf *was = buf_new(4096);
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    char name[THUMBPRINT_SIZE], before[THUMBPRINT_SIZE];
    files_of(n, use, &v);
    TRY(turn_close(n, out, f));
    TRY(load(n, use, v.next, public, f));
    TRY(load(n, use, v.current, was, f)); /* and this one stays the last one until the start */
    TRY(name_of(bytes_of(public), use, name, f));
    TRY(name_of(bytes_of(was), use, before, f));
    json_set_str(out, "use", keeper_use_name(use));
    json_set_str(out, "key", name);
    json_set_str(out, "was", before);
    return put_serial(n, out, f);
}

/* Verbs -------------------------------------------------------------------------------------------------- */

enum err rotate_key(struct node *n, const char *use, json_t *out, struct fail *f)
{
    if (atomic_load(&n->stale))
        return fail_set(f, E_UNAVAILABLE, "the node is being started again: try again in a moment");
    if (strcmp(use, "tls") == 0)
        return rotate_tls(n, out, f);
    if (strcmp(use, "unlock") == 0)
        return rotate_unlock(n, out, f);
    enum key_use which = keeper_use_from_name(use);
    if (which == USE_LOG || which == USE_VRF)
        return rotate_log(n, which, out, f);
    if (which == USE_COUNT)
        return fail_set(
            f, E_USAGE,
            "'%.20s' is no key of a node: card, statement, token, kas, kas-rsa, log, vrf, witness, "
            "monitor, tls or unlock",
            use);
    return rotate_use(n, which, out, f);
}

enum err rotate_revoke(struct node *n, const char *kid, json_t *out, struct fail *f)
{
    struct own_change change = { .revoke = kid };
    AUTO(cards_put) struct card_ref own = { 0 };
    TRY(publish(n, &change, f));
    TRY(cards_get(n, n->conf.domain, &own, f));
    for (size_t i = 0; i < own.card->key_count; i++)
        if (strcmp(own.card->keys[i].kid, kid) == 0)
            json_set_str(out, "use", own.card->keys[i].use);
    json_set_str(out, "key", kid);
    return put_serial(n, out, f);
}

static json_t *add_row(json_t *rows, const char *use, const char *key, const char *state)
{
    json_t *row = json_object();
    json_array_append_new(rows, row);
    json_set_str(row, "use", use);
    json_set_str(row, "key", key);
    json_set_str(row, "state", state);
    return row;
}

static enum err list_use(struct node *n, enum key_use use, json_t *rows, struct fail *f)
{
    AUTO(buf_freep) struct buf *public = buf_new(4096);
    char name[THUMBPRINT_SIZE];
    TRY(own_card_public(n, use, public, f));
    TRY(name_of(bytes_of(public), use, name, f));
    add_row(rows, keeper_use_name(use), name, "in use");
    return OK;
}

enum err rotate_list(struct node *n, json_t *out, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    json_t *rows = json_array();
    json_set_take(out, "keys", rows);
    TRY(cards_get(n, n->conf.domain, &own, f));
    for (size_t i = 0; i < own.card->key_count; i++) {
        const struct card_key *k = &own.card->keys[i];
        json_t *row = add_row(rows, k->use, k->kid,
                              k->revoked_s ? "revoked"
                              : k->exp_s   ? "replaced"
                                           : "in use");
        json_set_time(row, "from", k->nbf_s * 1000);
        json_set_time(row, "until", k->exp_s * 1000);
        json_set_time(row, "revoked", k->revoked_s * 1000);
    }
    TRY(list_use(n, USE_KAS_RSA, rows, f));
    TRY(list_use(n, USE_WITNESS, rows, f));
    TRY(list_use(n, USE_MONITOR, rows, f));
    for (size_t i = 0; i < own.card->pin_count; i++) {
        AUTO(buf_freep) struct buf *text = buf_new(64);
        uint8_t now[HASH_LEN];
        AUTO(str_freep) char *next = node_path(n, HOME_TLS_NEXT);
        b64_put(text, B64_URL, BYTES(own.card->pins[i], HASH_LEN));
        TRY(own_card_pin(n, HOME_TLS, now, f));
        bool is = memcmp(now, own.card->pins[i], HASH_LEN) == 0;
        add_row(rows, "tls", buf_text(text), is ? "in use" : file_exists(next) ? "next" : "replaced");
    }
    json_set_u64(out, "serial", own.card->serial);
    return OK;
}
