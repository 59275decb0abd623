/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/webhook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "exchange/bell.h"
#include "exchange/follower.h"
#include "net/client.h"
#include "store/notice.h"
#include "store/setting.h"
#include "store/writer.h"

#define HOOK_FILE    "keys/webhook.key"
#define HOOK_MAGIC   "orcon/webhook/v1\n"
#define HOOK_MAX     (NET_URL_MAX + 256)
#define SETTING_SEQ  "webhook-seq"
#define SECRET_LEN   32
#define ANSWER_MAX   ((size_t)64 << 10)
#define BODY_MAX     1024
#define HEX_32_SIZE  65
#define NUMBER_SIZE  21
#define SIGNATURE_V1 "v1="

/* Where it goes; wiped by hook_clear. */
struct hook {
    uint8_t secret[SECRET_LEN];
    char pin[HEX_32_SIZE];
    bool local;
    char url[NET_URL_MAX + 1];
};

static void hook_clear(struct hook *h)
{
    wipe(h, sizeof *h);
}

static enum err read_pin(const char *text, uint8_t out[static NET_SPKI_LEN], struct fail *f)
{
    if (!hex_read(bytes_str(text), out, NET_SPKI_LEN))
        return fail_set(f, E_INVALID, "the pin is no SHA-256: 64 lower-case hex digits");
    return OK;
}

/* The file: the magic line, secret, pin, a byte for local, and the URL up to its end ---------------------------- */

static enum err hook_write(const struct node *n, const struct hook *h, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, HOOK_FILE);
    AUTO(buf_freep) struct buf *v = buf_new_secret(HOOK_MAX);
    uint8_t pin[NET_SPKI_LEN];
    TRY(read_pin(h->pin, pin, f));
    buf_put_str(v, HOOK_MAGIC);
    buf_put(v, h->secret, SECRET_LEN);
    buf_put(v, pin, sizeof pin);
    buf_put_u8(v, h->local);
    buf_put_str(v, h->url);
    TRY(buf_check(v, HOOK_FILE, f));
    return file_write(path, bytes_of(v), 0600, f);
}

/* url "" where none is set. */
static enum err hook_read(const struct node *n, struct hook *h, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, HOOK_FILE);
    AUTO(buf_freep) struct buf *v = buf_new_secret(HOOK_MAX);
    struct bytes magic, pin;
    uint8_t local;
    *h->url = '\0';
    if (!file_exists(path))
        return OK;
    TRY(file_read(path, v, f));
    struct reader r = reader_of(bytes_of(v));
    if (!get_bytes(&r, strlen(HOOK_MAGIC), &magic) || !bytes_equal(magic, bytes_str(HOOK_MAGIC)) ||
        !get_copy(&r, h->secret, SECRET_LEN) || !get_bytes(&r, NET_SPKI_LEN, &pin) || !get_u8(&r, &local) ||
        local > 1 || reader_done(&r) || r.len - r.at > NET_URL_MAX ||
        memchr(r.data + r.at, '\0', r.len - r.at))
        return fail_set(f, E_STORE, "%s is damaged: orcon webhook off, then set it again", path);
    hex_print(pin, h->pin);
    h->local = local != 0;
    memcpy(h->url, r.data + r.at, r.len - r.at);
    h->url[r.len - r.at] = '\0';
    return OK;
}

/* The place in the feed ----------------------------------------------------------------------------------------- */

static enum err read_place(struct db *db, uint64_t *seq, struct fail *f)
{
    AUTO(str_freep) char *text = NULL;
    *seq = 0;
    enum err e = store_setting_get(db, SETTING_SEQ, &text, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    *seq = strtoull(text, NULL, 10);
    return OK;
}

/* Never back: a call may end after the webhook was set anew. */
static enum err write_place(struct db *db, void *ctx, struct fail *f)
{
    const uint64_t *seq = ctx;
    char text[NUMBER_SIZE];
    uint64_t was;
    TRY(read_place(db, &was, f));
    snprintf(text, sizeof text, "%llu", (unsigned long long)*seq);
    return *seq > was ? store_setting_put(db, SETTING_SEQ, text, f) : OK;
}

static enum err write_newest(struct db *db, void *ctx, struct fail *f)
{
    uint64_t seq;
    (void)ctx;
    TRY(store_notice_newest(db, &seq, f));
    return write_place(db, &seq, f);
}

/* One call ------------------------------------------------------------------------------------------------------ */

static void write_body(const struct node *n, const struct notice_row *row, struct buf *out)
{
    AUTO(json_freep) json_t *body = json_object();
    AUTO(str_freep) char *id = str_format("%s/%llu", n->origin, (unsigned long long)row->seq);
    char at[TIME_TEXT_SIZE];
    time_print(row->at_ms, at);
    json_set_str(body, "id", id);
    json_set_u64(body, "seq", row->seq);
    json_set_str(body, "kind", row->item_kind);
    json_set_str(body, "notice", row->kind);
    json_set_str(body, "ref", name_is_uuid(row->ref) ? row->ref : row->item);
    json_set_str(body, "at", at);
    json_put(out, body);
}

/* The time is in the signature, so that what somebody recorded is worth nothing later. */
static void sign(const struct hook *h, const char *time, struct bytes body, char out[static HEX_32_SIZE])
{
    const struct bytes parts[] = { bytes_str(time), bytes_str("."), body };
    uint8_t mac[HASH_LEN];
    hash_hmac(BYTES(h->secret, SECRET_LEN), parts, COUNT(parts), mac);
    hex_print(BYTES(mac, sizeof mac), out);
}

static enum err post(struct node *n, const struct hook *h, struct bytes body, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    char time[TIME_TEXT_SIZE], signature[sizeof SIGNATURE_V1 + HEX_32_SIZE] = SIGNATURE_V1;
    const char *pins[] = { h->pin };
    const struct net_header headers[] = { { "Content-Type", "application/json" },
                                          { "Orcon-Time", time },
                                          { "Orcon-Signature", signature } };
    const struct net_request r = { .url = h->url,
                                   .headers = headers,
                                   .header_count = COUNT(headers),
                                   .body = body,
                                   .pins = pins,
                                   .pin_count = COUNT(pins),
                                   .max_answer = ANSWER_MAX,
                                   .allow_private = h->local };
    time_print(n->now_ms(), time);
    sign(h, time, body, signature + strlen(SIGNATURE_V1));
    TRY(net_client_send(n->net, &r, &answer, f));
    if (answer.status < 200 || answer.status > 299) /* its words are not for our log */
        return fail_set(f, E_UNAVAILABLE, "the webhook's receiver answered %d", answer.status);
    return OK;
}

static enum err next_notice(struct node *n, struct notice_row *row, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t seq;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    TRY(read_place(db, &seq, f));
    return store_notice_next(db, seq, row, f);
}

/* First it is taken, then that is written: a crash in between sends it again, under the same id; none is lost. */
static enum err send_next(struct node *n, bool *more, struct fail *f)
{
    AUTO(hook_clear) struct hook h = { 0 };
    AUTO(store_notice_clear) struct notice_row row = { 0 };
    AUTO(buf_freep) struct buf *body = buf_new(BODY_MAX);
    *more = false;
    TRY(hook_read(n, &h, f));
    if (!*h.url)
        return OK;
    enum err e = next_notice(n, &row, f);
    if (store_missing(e, f))
        return OK;
    TRY(e);
    write_body(n, &row, body);
    TRY(buf_check(body, "call of the webhook", f));
    TRY(post(n, &h, bytes_of(body), f));
    *more = true;
    return writer_run(n->writer, write_place, &row.seq, f);
}

static enum err send_due(struct node *n, struct follower *me, struct fail *f)
{
    for (bool more = true; more && !follower_stopping(me);)
        TRY(send_next(n, &more, f));
    return OK;
}

enum err webhook_open(struct node *n, struct follower **out, struct fail *f)
{
    return follower_open(n, "webhook-postponed", send_due, out, f);
}

/* What admins do ------------------------------------------------------------------------------------------------ */

/* The pin as hex: what was given, once it is known to be good, or what the server shows. */
static enum err take_pin(struct node *n, struct hook *h, const char *given, struct fail *f)
{
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    uint8_t spki[NET_SPKI_LEN];
    struct net_request r = { .url = h->url, .max_answer = ANSWER_MAX, .allow_private = h->local };
    TRY(net_client_check_url(h->url, f));
    TRY(given ? read_pin(given, spki, f) : net_client_first_contact(n->net, &r, spki, &answer, f));
    hex_print(BYTES(spki, sizeof spki), h->pin);
    return OK;
}

static void put_hook(const struct hook *h, json_t *out)
{
    json_set_str(out, "url", h->url);
    json_set_str(out, "pin", h->pin);
    json_set_bool(out, "local", h->local);
}

enum err webhook_set(struct node *n, const char *url, const char *pin, bool local, json_t *out,
                     struct fail *f)
{
    AUTO(hook_clear) struct hook h = { .local = local };
    AUTO(hook_clear) struct hook was = { 0 };
    char secret[HEX_32_SIZE];
    if (strlen(url) > NET_URL_MAX)
        return fail_set(f, E_INVALID, "the URL is longer than %d bytes", NET_URL_MAX);
    memcpy(h.url, url, strlen(url) + 1);
    TRY(hook_read(n, &was, f));
    TRY(take_pin(n, &h, pin, f));
    random_bytes(h.secret, sizeof h.secret);
    if (!*was.url)
        TRY(writer_run(n->writer, write_newest, NULL, f));
    TRY(hook_write(n, &h, f));
    bell_ring(n->bell);
    put_hook(&h, out);
    hex_print(BYTES(h.secret, sizeof h.secret), secret);
    json_set_str(out, "secret", secret);
    wipe(secret, sizeof secret);
    return OK;
}

enum err webhook_show(struct node *n, json_t *out, struct fail *f)
{
    AUTO(hook_clear) struct hook h = { 0 };
    AUTO(store_read_endp) struct db *db = NULL;
    uint64_t seq, newest;
    TRY(hook_read(n, &h, f));
    if (!*h.url) {
        json_set_str(out, "url", "");
        return OK;
    }
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_read_snapshot(db, f));
    TRY(read_place(db, &seq, f));
    TRY(store_notice_newest(db, &newest, f));
    put_hook(&h, out);
    json_set_u64(out, "seq", seq);
    json_set_u64(out, "waiting", newest - seq);
    return OK;
}

enum err webhook_off(struct node *n, json_t *out, struct fail *f)
{
    AUTO(str_freep) char *path = node_path(n, HOOK_FILE);
    AUTO(hook_clear) struct hook h = { 0 };
    if (!file_exists(path))
        return fail_set(f, E_NOT_FOUND, "no webhook is set");
    if (hook_read(n, &h, NULL) != OK) /* a damaged one goes, too */
        *h.url = '\0';
    if (unlink(path) != 0)
        return fail_set(f, E_IO, "cannot remove %s: %s", path, strerror(errno));
    json_set_str(out, "url", h.url);
    return OK;
}
