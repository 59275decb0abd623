/* SPDX-License-Identifier: Apache-2.0
 * tdf: one sealed object, as other OpenTDF clients make and read it; without a node. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/verbs.h"
#include "tdf/assertion.h"
#include "tdf/open.h"
#include "tdf/seal.h"

#define KEY_MAX    16384
#define KAS_URL    "https://localhost/kas"
#define ENDING     ".tdf"
#define ATTRIBUTES 256

struct options {
    const char *kas_key, *kas_url, *attributes, *key, *out;
    bool no_assertions;
};

/* Files in and out ------------------------------------------------------------------------------------------ */

struct input {
    int fd;
    struct source source;
};

static void input_close(struct input *in)
{
    fd_closep(&in->fd);
}

static enum err input_open(const char *path, struct input *in, struct fail *f)
{
    struct stat st;
    in->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (in->fd < 0 || fstat(in->fd, &st) != 0)
        return fail_set(f, E_IO, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail_set(f, E_USAGE, "%s is no plain file", path);
    in->source = source_fd(in->fd, (uint64_t)st.st_size);
    return OK;
}

/* What is written beside its place, and takes it when it is whole. */
struct output {
    int fd;
    const char *path;
    char *beside;
};

static void output_drop(struct output *o)
{
    if (o->beside)
        unlink(o->beside);
    fd_closep(&o->fd);
    mem_freep(&o->beside);
}

static enum err output_open(const char *path, struct output *o, struct fail *f)
{
    char *beside = str_format("%s.XXXXXX", path);
    o->path = path;
    o->fd = mkostemp(beside, O_CLOEXEC); /* 0600 */
    if (o->fd < 0) {
        mem_freep(&beside);
        return fail_set(f, E_IO, "cannot write %s: %s", path, strerror(errno));
    }
    o->beside = beside;
    return OK;
}

static enum err output_done(struct output *o, struct fail *f)
{
    if (fsync(o->fd) != 0 || rename(o->beside, o->path) != 0)
        return fail_set(f, E_IO, "cannot write %s: %s", o->path, strerror(errno));
    mem_freep(&o->beside);
    return OK;
}

static enum err read_key_file(const char *path, bool private, struct key **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(KEY_MAX);
    AUTO(json_freep) json_t *jwk = NULL;
    TRY(file_read(path, text, f));
    bool is_jwk = text->len && text->data[strspn(buf_text(text), " \t\r\n")] == '{';
    enum err e =
        !is_jwk ? key_read_pem(bytes_of(text), out, f) : json_read(bytes_of(text), KEY_MAX, path, &jwk, f);
    if (e == OK && is_jwk)
        e = key_read_jwk(jwk, private, out, f);
    if (e != OK)
        return fail_set(f, e, "%s holds no key", path);
    if (private && !key_is_private(*out))
        return fail_set(f, E_INVALID, "%s is a public key: opening takes the private one", path);
    if (key_kind(*out) != KEY_P256 && key_kind(*out) != KEY_RSA)
        return fail_set(f, E_INVALID, "%s is neither a P-256 nor an RSA key", path);
    return OK;
}

/* Sealing ------------------------------------------------------------------------------------------------------ */

static enum err read_attributes(char *list, struct tdf_policy *policy, char *names[static ATTRIBUTES],
                                struct fail *f)
{
    policy->attributes = names;
    for (char *one = strsep(&list, ","); one; one = strsep(&list, ",")) {
        if (strncmp(one, "http", 4) != 0 || !strstr(one, "/attr/") || !strstr(one, "/value/"))
            return fail_set(f, E_USAGE, "--attr '%.100s': not like https://NS/attr/NAME/value/VALUE", one);
        if (utf8_valid(bytes_str(one)) < strlen(one) || policy->attribute_count == ATTRIBUTES)
            return fail_set(f, E_USAGE, "--attr: not UTF-8, or more than %d", ATTRIBUTES);
        names[policy->attribute_count++] = one;
    }
    return OK;
}

static enum err write_sealed(const struct input *in, const struct key *kas, const struct options *o,
                             const struct tdf_policy *policy, const char *out, struct fail *f)
{
    AUTO(output_drop) struct output to = { .fd = -1 };
    char kid[THUMBPRINT_SIZE];
    TRY(key_thumbprint(kas, kid, f));
    struct tdf_recipient recipient = { .to = kas, .url = o->kas_url ? o->kas_url : KAS_URL, .kid = kid };
    struct tdf_spec spec = { .policy = policy, .recipients = &recipient, .recipient_count = 1 };
    TRY(output_open(out, &to, f));
    struct sink sink = sink_fd(to.fd, true);
    TRY(tdf_seal(&in->source, &spec, &sink, NULL, f));
    return output_done(&to, f);
}

static enum err seal(struct cli *c, const char *path, const struct options *o, struct fail *f)
{
    AUTO(input_close) struct input in = { .fd = -1 };
    AUTO(key_freep) struct key *kas = NULL;
    AUTO(str_freep) char *list = str_dup(o->attributes);
    AUTO(str_freep) char *beside = str_format("%s" ENDING, path);
    const char *out = o->out ? o->out : beside;
    char uuid[37], *names[ATTRIBUTES];
    struct tdf_policy policy = { .uuid = uuid };
    if (!o->kas_key)
        return fail_set(f, E_USAGE, "--kas-key PEM says to whose key server to seal");
    if (o->kas_url && utf8_valid(bytes_str(o->kas_url)) < strlen(o->kas_url))
        return fail_set(f, E_USAGE, "--kas-url is not UTF-8");
    random_uuid(uuid);
    TRY(read_attributes(list, &policy, names, f));
    TRY(read_key_file(o->kas_key, false, &kas, f));
    TRY(input_open(path, &in, f));
    TRY(write_sealed(&in, kas, o, &policy, out, f));
    if (c->json) {
        json_t *v = json_object();
        json_set_str(v, "file", out);
        json_set_str(v, "policy", uuid);
        cli_json(v);
    } else {
        printf("%s is sealed. To open it: orcon tdf open %s --key KAS-PRIVATE-KEY\n", out, out);
    }
    return OK;
}

/* Opening ------------------------------------------------------------------------------------------------------ */

static enum err nowhere(void *ctx, const void *p, size_t len, struct fail *f)
{
    (void)ctx;
    (void)p;
    (void)len;
    (void)f;
    return OK;
}

/* To a terminal or pipe nothing goes before all of it has been checked: it is read twice. */
static enum err open_to_stdout(const struct tdf_container *t, const uint8_t key[static TDF_KEY_LEN],
                               const struct source *payload, struct fail *f)
{
    struct sink check = { .write = nowhere }, out = sink_fd(STDOUT_FILENO, false);
    TRY(tdf_open(t->manifest, key, payload, &check, f));
    return tdf_open(t->manifest, key, payload, &out, f);
}

static enum err open_to_file(const struct tdf_container *t, const uint8_t key[static TDF_KEY_LEN],
                             const struct source *payload, const char *path, struct fail *f)
{
    AUTO(output_drop) struct output to = { .fd = -1 };
    TRY(output_open(path, &to, f));
    struct sink out = sink_fd(to.fd, true);
    TRY(tdf_open(t->manifest, key, payload, &out, f));
    return output_done(&to, f);
}

static enum err open_with(struct cli *c, struct tdf_container *t, const struct key *mine,
                          const struct options *o, struct fail *f)
{
    AUTO(wipe32_p) uint8_t key[TDF_KEY_LEN];
    struct source payload = source_window(&t->payload);
    bool to_stdout = !o->out || strcmp(o->out, "-") == 0;
    TRY(tdf_data_key(t->manifest, &mine, 1, key, f));
    if (!o->no_assertions)
        TRY(tdf_assertions_check(t->manifest, key, NULL, 0, f));
    TRY(to_stdout ? open_to_stdout(t, key, &payload, f) : open_to_file(t, key, &payload, o->out, f));
    if (to_stdout)
        return OK;
    if (c->json) {
        json_t *v = json_object();
        json_set_str(v, "file", o->out);
        json_set_u64(v, "size", tdf_manifest_size(t->manifest));
        cli_json(v);
    } else {
        printf("%s: %llu bytes\n", o->out, (unsigned long long)tdf_manifest_size(t->manifest));
    }
    return OK;
}

/* A container that can't be read is a file that does not verify, whatever its fault is called. */
static enum err read_container(const char *path, struct input *in, struct tdf_container **out, struct fail *f)
{
    struct fail why = { 0 };
    TRY(input_open(path, in, f));
    enum err e = tdf_container_read(&in->source, TDF_MANIFEST_FOREIGN, out, &why);
    if (e == OK)
        return OK;
    return fail_set(f, e == E_IO ? e : E_UNVERIFIED, "%s: %s", path, why.what);
}

static enum err open_tdf(struct cli *c, const char *path, const struct options *o, struct fail *f)
{
    AUTO(input_close) struct input in = { .fd = -1 };
    AUTO(tdf_container_freep) struct tdf_container *t = NULL;
    AUTO(key_freep) struct key *mine = NULL;
    struct fail why = { 0 };
    if (!o->key)
        return fail_why(f, REASON_UNSUPPORTED,
                        "asking the key server for the key is not supported yet: give it with --key");
    TRY(read_key_file(o->key, true, &mine, f));
    TRY(read_container(path, &in, &t, f));
    enum err e = open_with(c, t, mine, o, &why);
    if (e == OK)
        return OK;
    return fail_set(f, e == E_INVALID || e == E_NOT_RELEASED ? E_UNVERIFIED : e, "%s: %s", path, why.what);
}

static enum err inspect(struct cli *c, const char *path, const struct options *o, struct fail *f)
{
    AUTO(input_close) struct input in = { .fd = -1 };
    AUTO(tdf_container_freep) struct tdf_container *t = NULL;
    AUTO(json_freep) json_t *v = NULL;
    (void)o;
    TRY(read_container(path, &in, &t, f));
    if (json_read(bytes_of(t->manifest_text), TDF_MANIFEST_FOREIGN, path, &v, NULL) != OK)
        return fail_set(f, E_UNVERIFIED, "%s: its manifest is no JSON", path);
    if (c->json) {
        cli_json(json_incref(v));
        return OK;
    }
    char *text = json_dumps(v, JSON_INDENT(2));
    cli_put(stdout, text ? text : "");
    putchar('\n');
    free(text);
    return OK;
}

enum err verb_tdf(struct cli *c, int argc, char **argv, struct fail *f)
{
    static const struct {
        const char *what;
        enum err (*run)(struct cli *, const char *, const struct options *, struct fail *);
    } rows[] = { { "seal", seal }, { "open", open_tdf }, { "inspect", inspect } };
    struct options o = { 0 };
    const struct cli_option options[] = {
        { "kas-key", 0, &o.kas_key, NULL }, { "kas-url", 0, &o.kas_url, NULL },
        { "attr", 0, &o.attributes, NULL }, { "key", 0, &o.key, NULL },
        { "output", 'o', &o.out, NULL },    { "no-assertions", 0, NULL, &o.no_assertions },
    };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    for (size_t i = 0; argc > 0 && i < COUNT(rows); i++)
        if (strcmp(rows[i].what, argv[0]) == 0) {
            TRY(cli_arguments(argc - 1, 1, 1, "FILE", f));
            TRY(crypto_start(f));
            return rows[i].run(c, argv[1], &o, f);
        }
    return fail_set(f, E_USAGE, "one of seal, open, inspect is needed");
}
