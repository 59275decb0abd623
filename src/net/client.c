/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/b64.h"
#include "base/hex.h"
#include "base/mem.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "net/address.h"
#include "net/spki.h"

#define IDLE_MAX      16
#define IDLE_MS       20000 /* a node ends a quiet connection after 30 s: don't meet it doing so */
#define HEADERS_MAX   ((size_t)64 << 10)
#define PINS_TEXT     (NET_PINS_MAX * 64)
#define METHOD_MAX    16
#define DEFAULT(v, d) ((v) ? (v) : (d))

/* An easy handle and its one connection, kept for the next request to the same place under the same terms. */
struct handle {
    struct handle *next;
    CURL *easy;
    char *key;
    uint64_t used_ms;
};

struct net_client {
    pthread_mutex_t lock;
    struct handle *idle; /* last used first */
    size_t idle_count;
};

/* One request while it runs. */
struct transfer {
    const struct net_request *request;
    CURL *easy;
    CURLU *url;
    char *host, *port; /* of the URL; curl's memory */
    char *who;         /* "host:port", for errors */
    char pins[PINS_TEXT];
    struct curl_slist *headers;
    struct net_answer answer;
    size_t header_bytes;
    bool too_large, private_met;
    char why[CURL_ERROR_SIZE];
};

/* OpenSSL writes to sockets by write(2): with a peer that is gone, SIGPIPE. It is kept from this thread while
 * ${run} runs. */
static CURLcode without_sigpipe(CURL *easy, CURLcode (*run)(CURL *))
{
    const struct timespec now = { 0 };
    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    CURLcode code = run(easy);
    if (sigismember(&pending, SIGPIPE) == 0)
        sigtimedwait(&pipe, NULL, &now);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

static CURLcode cleanup(CURL *easy)
{
    curl_easy_cleanup(easy);
    return CURLE_OK;
}

static void handle_free(struct handle *h)
{
    if (!h)
        return;
    without_sigpipe(h->easy, cleanup); /* it says goodbye */
    str_freep(&h->key);
    mem_freep(&h);
}

static void curl_start(void)
{
    if (curl_global_init(CURL_GLOBAL_ALL) != CURLE_OK)
        BUG("libcurl does not start");
}

enum err net_client_new(struct net_client **out, struct fail *f)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    if (!version->ssl_version || strncmp(version->ssl_version, "OpenSSL/", 8) != 0)
        return fail_set(f, E_INTERNAL, "libcurl was built without OpenSSL");
    struct net_client *c = mem_new(sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    *out = c;
    return OK;
}

void net_client_free(struct net_client *c)
{
    if (!c)
        return;
    for (struct handle *next, *h = c->idle; h; h = next) {
        next = h->next;
        handle_free(h);
    }
    pthread_mutex_destroy(&c->lock);
    mem_freep(&c);
}

void net_client_freep(struct net_client **c)
{
    net_client_free(*c);
    *c = NULL;
}

/* ---- the pool ---- */

static struct handle *handle_new(char *key)
{
    struct handle *h = mem_new(sizeof *h);
    h->easy = curl_easy_init();
    if (!h->easy)
        BUG("no memory for a connection");
    h->key = key;
    return h;
}

/* The idle handle for ${key}, or a new one; takes ${key}. */
static struct handle *handle_take(struct net_client *c, char *key)
{
    struct handle *found = NULL;
    pthread_mutex_lock(&c->lock);
    for (struct handle **at = &c->idle; *at; at = &(*at)->next)
        if (strcmp((*at)->key, key) == 0) {
            found = *at;
            *at = found->next;
            c->idle_count--;
            break;
        }
    pthread_mutex_unlock(&c->lock);
    if (!found)
        return handle_new(key);
    str_freep(&key);
    return found;
}

static void handle_give(struct net_client *c, struct handle *h)
{
    struct handle *gone = NULL;
    uint64_t now = time_mono_ms();
    size_t kept = 0;
    h->used_ms = now;
    pthread_mutex_lock(&c->lock);
    h->next = c->idle;
    c->idle = h;
    for (struct handle **at = &c->idle; *at;) {
        struct handle *seen = *at;
        if (++kept <= IDLE_MAX && now - seen->used_ms <= IDLE_MS) {
            at = &seen->next;
            continue;
        }
        *at = seen->next;
        seen->next = gone;
        gone = seen;
        kept--;
    }
    c->idle_count = kept;
    pthread_mutex_unlock(&c->lock);
    for (struct handle *next; gone; gone = next) {
        next = gone->next;
        handle_free(gone);
    }
}

/* ---- reading the request ---- */

static bool is_plain(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return false;
    return true;
}

static bool part(struct transfer *t, CURLUPart what, unsigned flags, char **out)
{
    return curl_url_get(t->url, what, out, flags) == CURLUE_OK;
}

static enum err url_read(struct transfer *t, struct fail *f)
{
    const char *url = t->request->url;
    char *extra = NULL;
    t->url = curl_url();
    if (!t->url)
        BUG("no memory for a URL");
    bool good =
        strlen(url) <= NET_URL_MAX && is_plain(url) && strncasecmp(url, "https://", 8) == 0 &&
        curl_url_set(t->url, CURLUPART_URL, url, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) == CURLUE_OK &&
        part(t, CURLUPART_HOST, 0, &t->host) && part(t, CURLUPART_PORT, CURLU_DEFAULT_PORT, &t->port);
    if (good && part(t, CURLUPART_FRAGMENT, 0, &extra))
        good = false;
    curl_free(extra);
    if (!good) /* what it holds may be a secret: it is not repeated */
        return fail_set(f, E_INVALID, "no https URL, or one with user or fragment");
    t->who = str_format("%s:%s", t->host, t->port);
    return OK;
}

static enum err pin_add(struct transfer *t, const char *pin, struct fail *f)
{
    uint8_t digest[NET_SPKI_LEN];
    AUTO(buf_freep) struct buf *text = buf_new(100);
    if (!hex_read(bytes_str(pin), digest, sizeof digest) &&
        !b64_read_exact(B64_URL, bytes_str(pin), digest, sizeof digest) &&
        !b64_read_exact(B64_STD, bytes_str(pin), digest, sizeof digest))
        return fail_set(f, E_INVALID, "a TLS pin of %s is no SHA-256 in hex or base64", t->who);
    b64_put(text, B64_STD, BYTES(digest, sizeof digest));
    size_t at = strlen(t->pins);
    snprintf(t->pins + at, sizeof t->pins - at, "%ssha256//%s", at ? ";" : "", buf_text(text));
    return OK;
}

static enum err pins_read(struct transfer *t, bool pinned, struct fail *f)
{
    const struct net_request *r = t->request;
    if (pinned ? r->pin_count < 1 || r->pin_count > NET_PINS_MAX : r->pin_count != 0)
        return fail_set(f, E_INVALID, "%s: %s", t->who,
                        pinned ? "1 to 4 TLS pins are needed" : "pins are given at first contact");
    for (size_t i = 0; i < r->pin_count; i++)
        TRY(pin_add(t, r->pins[i], f));
    return OK;
}

static void header_put(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->headers, line);
    if (!longer)
        BUG("no memory for a header");
    t->headers = longer;
}

static enum err headers_read(struct transfer *t, struct fail *f)
{
    const struct net_request *r = t->request;
    bool typed = false;
    for (size_t i = 0; i < r->header_count; i++) {
        const struct net_header *h = &r->headers[i];
        if (!is_plain(h->name) || !is_plain(h->value) || !*h->name || strpbrk(h->name, " :;"))
            return fail_set(f, E_INVALID, "a header that can't be sent to %s", t->who);
        AUTO(str_freep)
        char *line = *h->value ? str_format("%s: %s", h->name, h->value)
                               : str_format("%s;", h->name); /* curl's way to say empty */
        header_put(t, line);
        typed |= strcasecmp(h->name, "Content-Type") == 0;
    }
    if (!typed)
        header_put(t, "Content-Type:"); /* curl would say that it is a form */
    return OK;
}

static bool method_is_good(const char *method)
{
    size_t n = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return n > 0 && n < METHOD_MAX && method[n] == '\0';
}

/* ---- curl calls back ---- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t n = size * count; /* size is always 1 */
    long status = 0;
    if (t->request->piece)
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) {
        t->answer.status = (int)status;
        return t->request->piece(t->request->ctx, &t->answer, BYTES(data, n)) ? n : 0;
    }
    buf_put(t->answer.body, data, n);
    t->too_large |= t->answer.body->failed;
    return t->too_large ? 0 : n;
}

static int on_progress(void *arg, curl_off_t down, curl_off_t downs, curl_off_t up, curl_off_t ups)
{
    const struct transfer *t = arg;
    (void)down, (void)downs, (void)up, (void)ups;
    return atomic_load(t->request->cancel);
}

static void headers_forget(struct transfer *t)
{
    struct buf *body = buf_take(&t->answer.body);
    net_answer_clear(&t->answer);
    t->answer.body = body;
}

static size_t on_header(char *line, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t len = size * count, end = len;
    if ((t->header_bytes += len) > HEADERS_MAX || t->answer.header_count == NET_ANSWER_HEADERS) {
        t->too_large = true;
        return 0;
    }
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
        headers_forget(t); /* those of an interim answer, 100 */
        return len;
    }
    const char *colon = memchr(line, ':', len);
    if (!colon)
        return len; /* the empty line at the end */
    while (end > 0 && strchr("\r\n \t", line[end - 1]))
        end--;
    size_t name_len = (size_t)(colon - line), from = name_len + 1;
    while (from < end && strchr(" \t", line[from]))
        from++;
    struct net_header *h = &t->answer.headers[t->answer.header_count++];
    h->name = mem_dup(line, name_len);
    h->value = mem_dup(line + from, end > from ? end - from : 0);
    return len;
}

/* The very address that is about to be connected to is looked at: no second look-up can give another. */
static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct transfer *t = arg;
    (void)purpose;
    if (!t->request->allow_private && !address_is_public(&to->addr)) {
        t->private_met = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- one transfer ---- */

#define SET(option, value) bad |= curl_easy_setopt(easy, (option), (value))

static enum err set_terms(CURL *easy, struct transfer *t, bool pinned, struct fail *f)
{
    const struct net_request *r = t->request;
    CURLcode bad = CURLE_OK;
    SET(CURLOPT_CURLU, t->url);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PROXY, ""); /* none, whatever the environment says */
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    SET(CURLOPT_SSL_VERIFYPEER, 0L); /* the pin is the check; no authority is asked, none is loaded */
    SET(CURLOPT_SSL_VERIFYHOST, 0L);
    SET(CURLOPT_CAINFO, (char *)NULL);
    SET(CURLOPT_CAPATH, (char *)NULL);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L); /* the server proves its key on every connection */
    if (pinned)
        SET(CURLOPT_PINNEDPUBLICKEY, t->pins);
    else
        SET(CURLOPT_CERTINFO, 1L);
    SET(CURLOPT_MAXCONNECTS, 1L);
    SET(CURLOPT_MAXAGE_CONN, (long)(IDLE_MS / 1000));
    SET(CURLOPT_TIMEOUT_MS, (long)DEFAULT(r->timeout_ms, NET_TIMEOUT_MS));
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)DEFAULT(r->connect_ms, NET_CONNECT_MS));
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, t);
    SET(CURLOPT_ERRORBUFFER, t->why);
    if (r->cancel) {
        SET(CURLOPT_NOPROGRESS, 0L);
        SET(CURLOPT_XFERINFOFUNCTION, on_progress);
        SET(CURLOPT_XFERINFODATA, t);
    }
    return bad == CURLE_OK ? OK : fail_set(f, E_INTERNAL, "libcurl does not know an option");
}

static enum err set_content(CURL *easy, struct transfer *t, struct fail *f)
{
    const struct net_request *r = t->request;
    const char *method = r->method ? r->method : r->body.data ? "POST" : "GET";
    CURLcode bad = CURLE_OK;
    if (!method_is_good(method))
        return fail_set(f, E_INVALID, "no method of HTTP");
    if (strcmp(method, "HEAD") == 0)
        SET(CURLOPT_NOBODY, 1L);
    else if (r->body.data || strcmp(method, "POST") == 0) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDS, r->body.data ? (const char *)r->body.data : "");
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
    }
    SET(CURLOPT_CUSTOMREQUEST, method);
    SET(CURLOPT_HTTPHEADER, t->headers);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, t);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)DEFAULT(r->max_answer, NET_ANSWER_MAX));
    return bad == CURLE_OK ? OK : fail_set(f, E_INTERNAL, "libcurl does not know an option");
}

static enum err explain(const struct transfer *t, CURLcode code, struct fail *f)
{
    if (t->private_met && code == CURLE_COULDNT_CONNECT)
        return fail_set(f, E_REFUSED, "%s is in a private network, where only partners added as local may be",
                        t->who);
    if (t->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return fail_set(f, E_TOO_LARGE, "the answer of %s is larger than %zu bytes", t->who,
                        DEFAULT(t->request->max_answer, NET_ANSWER_MAX));
    if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
        return fail_set(f, E_UNVERIFIED, "%s shows another TLS key than those pinned", t->who);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail_set(f, E_UNAVAILABLE, "%s does not answer in time", t->who);
    return fail_set(f, E_UNAVAILABLE, "%s can't be reached: %s", t->who,
                    t->why[0] ? t->why : curl_easy_strerror(code));
}

static enum err key_seen(CURL *easy, const struct transfer *t, uint8_t spki[static NET_SPKI_LEN],
                         struct fail *f)
{
    const struct curl_certinfo *chain = NULL;
    const char *pem = NULL;
    AUTO(buf_freep) struct buf *der = buf_new((size_t)1 << 20);
    struct bytes found;
    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) == CURLE_OK && chain && chain->num_of_certs > 0)
        for (const struct curl_slist *line = chain->certinfo[0]; line; line = line->next)
            if (strncmp(line->data, "Cert:", 5) == 0)
                pem = line->data + 5;
    if (!pem || !spki_find_pem(pem, der, &found))
        return fail_set(f, E_UNAVAILABLE, "%s shows a certificate that does not parse", t->who);
    hash_sha256(found, spki);
    return OK;
}

/* spki: NULL for a pinned transfer. */
static enum err run(struct handle *h, struct transfer *t, uint8_t *spki, struct fail *f)
{
    long status = 0;
    curl_easy_reset(h->easy); /* options go, the connection stays */
    t->easy = h->easy;
    t->answer.body = buf_new(DEFAULT(t->request->max_answer, NET_ANSWER_MAX));
    TRY(set_terms(h->easy, t, !spki, f));
    TRY(set_content(h->easy, t, f));
    CURLcode code = without_sigpipe(h->easy, curl_easy_perform);
    if (code != CURLE_OK)
        return explain(t, code, f);
    curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 599)
        return fail_set(f, E_UNAVAILABLE, "%s answers with status %ld", t->who, status);
    t->answer.status = (int)status;
    return spki ? key_seen(h->easy, t, spki, f) : OK;
}

static void transfer_clear(struct transfer *t)
{
    curl_url_cleanup(t->url);
    curl_free(t->host);
    curl_free(t->port);
    curl_slist_free_all(t->headers);
    str_freep(&t->who);
    net_answer_clear(&t->answer);
}

static enum err exchange(struct net_client *c, struct transfer *t, uint8_t *spki, struct net_answer *out,
                         struct fail *f)
{
    TRY(url_read(t, f));
    TRY(pins_read(t, !spki, f));
    TRY(headers_read(t, f));
    struct handle *h =
        spki ? handle_new(NULL)
             : handle_take(c, str_format("%s|%s|%d", t->who, t->pins, t->request->allow_private));
    enum err e = run(h, t, spki, f);
    if (e == OK && !spki) {
        curl_easy_reset(h->easy); /* it points into ${t} */
        handle_give(c, h);
    } else {
        handle_free(h); /* nothing is kept of a connection that went wrong */
    }
    TRY(e);
    *out = t->answer;
    t->answer = (struct net_answer){ 0 };
    return OK;
}

enum err net_client_send(struct net_client *c, const struct net_request *r, struct net_answer *out,
                         struct fail *f)
{
    AUTO(transfer_clear) struct transfer t = { .request = r };
    return exchange(c, &t, NULL, out, f);
}

enum err net_client_first_contact(struct net_client *c, const struct net_request *r,
                                  uint8_t spki[static NET_SPKI_LEN], struct net_answer *out, struct fail *f)
{
    AUTO(transfer_clear) struct transfer t = { .request = r };
    uint8_t seen[NET_SPKI_LEN];
    TRY(exchange(c, &t, seen, out, f));
    memcpy(spki, seen, sizeof seen);
    return OK;
}

enum err net_client_check_url(const char *url, struct fail *f)
{
    const struct net_request r = { .url = url };
    AUTO(transfer_clear) struct transfer t = { .request = &r };
    return url_read(&t, f);
}
