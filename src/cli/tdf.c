/* SPDX-License-Identifier: Apache-2.0
 * tdf: one sealed object, as other OpenTDF clients make and read it; without a node where keys are at hand. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/mine.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "client/object.h"
#include "policy/foreign.h"
#include "tdf/assertion.h"
#include "tdf/open.h"
#include "tdf/seal.h"

#define KEY_MAX    16384
#define KAS_URL    "https://localhost/kas"
#define OLDER      "4.2.2"
#define ENDING     ".tdf"
#define ATTRIBUTES 256
#define ANCHORS    64

struct options {
    const char *kas_key, *kas_url, *attributes, *mark, *dissem, *format, *key, *out;
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

/* A file that can't be read is none that verifies. */
static enum err input_open(const char *path, struct input *in, struct fail *f)
{
    struct stat st;
    in->fd =
        open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe without a writer is no plain file either */
    if (in->fd < 0 || fstat(in->fd, &st) != 0)
        return fail_set(f, E_UNVERIFIED, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail_set(f, E_UNVERIFIED, "%s is no plain file", path);
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

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

static enum err read_key_file(const char *path, bool private, struct key **out, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(KEY_MAX);
    AUTO(json_freep) json_t *jwk = NULL;
    struct fail why = { 0 };
    TRY(file_read(path, text, f));
    bool is_jwk = text->len && text->data[strspn(buf_text(text), " \t\r\n")] == '{';
    enum err e = !is_jwk ? key_read_pem(bytes_of(text), out, &why)
                         : json_read(bytes_of(text), KEY_MAX, "JWK", &jwk, &why);
    if (e == OK && is_jwk)
        e = key_read_jwk(jwk, private, out, &why);
    if (e != OK)
        return fail_set(f, e, "%s holds no key: %s", path, why.what);
    if (private && !key_is_private(*out))
        return fail_set(f, E_INVALID, "%s is a public key: opening takes the private one", path);
    if (key_kind(*out) != KEY_P256 && key_kind(*out) != KEY_RSA)
        return fail_set(f, E_INVALID, "%s is neither a P-256 nor an RSA key", path);
    return OK;
}

/* Sealing ------------------------------------------------------------------------------------------------------ */

/* A list on the command line, taken apart: names point into ${list}. */
static enum err read_list(char *list, const char *option, char *names[static ATTRIBUTES], size_t *count,
                          struct fail *f)
{
    for (char *one = strsep(&list, ",\n"); one; one = strsep(&list, ",\n")) {
        if (!*one)
            continue;
        if (utf8_valid(bytes_str(one)) < strlen(one) || *count == ATTRIBUTES)
            return fail_set(f, E_USAGE, "%s: not UTF-8, or more than %d", option, ATTRIBUTES);
        names[(*count)++] = one;
    }
    return OK;
}

/* What an object is sealed under, and to whom. */
struct sealing {
    const struct options *o;
    struct mine mine; /* where a node is asked */
    struct key *kas;
    char *url, *attributes, *marked, *dissem;
    char uuid[37], *names[ATTRIBUTES], *readers[ATTRIBUTES];
    struct tdf_policy policy;
};

static void sealing_end(struct sealing *s)
{
    key_free(s->kas);
    free(s->url);
    free(s->attributes);
    free(s->marked);
    free(s->dissem);
    mine_end(&s->mine);
}

/* The attributes of a mark, under the namespace of whoever seals. */
static enum err read_mark(struct sealing *s, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    AUTO(buf_freep) struct buf *text = buf_new(TDF_POLICY_MAX);
    const char *domain = s->mine.profile->card->domain;
    struct marking_reader who = { .domain = domain };
    struct fail why = { 0 };
    if (marking_parse(bytes_str(s->o->mark), &who, &mark, NULL, &why) != OK ||
        policy_mark_attributes(&mark, domain, text, &why) != OK)
        return fail_set(f, E_USAGE, "--mark '%.100s': %s", s->o->mark, why.what);
    s->marked = buf_steal_text(text);
    return read_list(s->marked, "--mark", s->names, &s->policy.attribute_count, f);
}

static enum err read_policy(struct sealing *s, struct fail *f)
{
    random_uuid(s->uuid);
    s->policy = (struct tdf_policy){ .uuid = s->uuid, .attributes = s->names, .dissem = s->readers };
    s->attributes = str_dup(s->o->attributes);
    s->dissem = str_dup(s->o->dissem);
    TRY(read_list(s->attributes, "--attr", s->names, &s->policy.attribute_count, f));
    for (size_t i = 0; i < s->policy.attribute_count; i++)
        if (strncmp(s->names[i], "http", 4) != 0 || !strstr(s->names[i], "/attr/") ||
            !strstr(s->names[i], "/value/"))
            return fail_set(f, E_USAGE, "--attr '%.100s': not like https://NS/attr/NAME/value/VALUE",
                            s->names[i]);
    TRY(read_list(s->dissem, "--dissem", s->readers, &s->policy.dissem_count, f));
    return s->o->mark ? read_mark(s, f) : OK;
}

/* By the key in a file, or by the own node's. What the older form knows is RSA. */
static enum err read_recipient(struct cli *c, struct sealing *s, struct fail *f)
{
    bool rsa = s->o->format && strcmp(s->o->format, OLDER) == 0;
    if (!s->o->kas_key || s->o->mark)
        TRY(mine_begin(c, &s->mine, f));
    if (s->o->kas_key)
        TRY(read_key_file(s->o->kas_key, false, &s->kas, f));
    else
        TRY(object_kas_key(s->mine.session, rsa, &s->kas, &s->url, f));
    if (rsa && key_kind(s->kas) != KEY_RSA)
        return fail_set(f, E_USAGE,
                        "--format " OLDER " takes an RSA key: clients that read it know no other");
    if (s->o->kas_url || !s->url) {
        free(s->url);
        s->url = str_dup(s->o->kas_url ? s->o->kas_url : KAS_URL);
    }
    return OK;
}

static enum err write_sealed(const struct input *in, const struct sealing *s, const char *out, struct fail *f)
{
    AUTO(output_drop) struct output to = { .fd = -1 };
    char kid[THUMBPRINT_SIZE];
    TRY(key_thumbprint(s->kas, kid, f));
    struct tdf_recipient recipient = { .to = s->kas, .url = s->url, .kid = kid };
    struct tdf_spec spec = { .policy = &s->policy,
                             .recipients = &recipient,
                             .recipient_count = 1,
                             .older = s->o->format && strcmp(s->o->format, OLDER) == 0 };
    TRY(output_open(out, &to, f));
    struct sink sink = sink_fd(to.fd, true);
    TRY(tdf_seal(&in->source, &spec, &sink, NULL, f));
    return output_done(&to, f);
}

static enum err check_options(const struct options *o, struct fail *f)
{
    if (is_stdout(o->out)) /* its directory is written last, and what stands before it is patched */
        return fail_set(f, E_USAGE, "a sealed object is written to a file: -o OUT, not -o -");
    if (o->format && strcmp(o->format, OLDER) != 0 && strcmp(o->format, "4.3.0") != 0)
        return fail_set(f, E_USAGE, "--format is 4.3.0 or " OLDER);
    if (o->kas_url && utf8_valid(bytes_str(o->kas_url)) < strlen(o->kas_url))
        return fail_set(f, E_USAGE, "--kas-url is not UTF-8");
    return OK;
}

static enum err seal(struct cli *c, const char *path, const struct options *o, struct fail *f)
{
    AUTO(input_close) struct input in = { .fd = -1 };
    AUTO(sealing_end) struct sealing s = { .o = o };
    AUTO(str_freep) char *beside = str_format("%s" ENDING, path);
    const char *out = o->out ? o->out : beside;
    TRY(check_options(o, f));
    TRY(read_recipient(c, &s, f));
    TRY(read_policy(&s, f));
    TRY(input_open(path, &in, f));
    TRY(write_sealed(&in, &s, out, f));
    if (c->json) {
        json_t *v = json_object();
        json_set_str(v, "file", out);
        json_set_str(v, "policy", s.uuid);
        cli_json(v);
        return OK;
    }
    cli_print(stdout, "%s is sealed. To open it: orcon tdf open %s%s\n", out, out,
              o->kas_key ? " --key KAS-PRIVATE-KEY" : "");
    if (s.policy.attribute_count == 0 && s.policy.dissem_count == 0)
        cli_print(stdout, "It has no attributes and no readers: no orcon key server opens it, unless\n"
                          "its admin allows that by name.\n");
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

/* By a private key at hand, or from the key servers: then ${cards} says whose. */
static enum err find_key(struct cli *c, const struct tdf_container *t, const struct options *o,
                         uint8_t key[static TDF_KEY_LEN], struct object_cards *cards, struct fail *f)
{
    AUTO(key_freep) struct key *file = NULL;
    AUTO(mine_end) struct mine m = { 0 };
    if (!o->key) {
        TRY(mine_begin(c, &m, f));
        return object_key(m.session, t->manifest, key, cards, f);
    }
    TRY(read_key_file(o->key, true, &file, f));
    const struct key *mine = file;
    return tdf_data_key(t->manifest, &mine, 1, key, f);
}

/* Labels may be signed with the data key, or by whoever gave a share of it. */
static enum err check_assertions(const struct tdf_manifest *m, const uint8_t key[static TDF_KEY_LEN],
                                 const struct object_cards *cards, struct fail *f)
{
    const struct key *anchors[ANCHORS];
    size_t count = 0;
    for (size_t i = 0; i < cards->count; i++)
        for (size_t k = 0; k < cards->card[i]->key_count && count < ANCHORS; k++)
            if (strcmp(cards->card[i]->keys[k].use, "statement") == 0)
                anchors[count++] = cards->card[i]->keys[k].key;
    return tdf_assertions_check(m, key, anchors, count, f);
}

static json_t *assertion_json(const json_t *a)
{
    const json_t *statement = json_object_get(a, "statement");
    json_t *v = json_object();
    json_set_str(v, "id", json_text_of(a, "id"));
    json_set_str(v, "type", json_text_of(a, "type"));
    json_set_str(v, "signed", tdf_assertion_forgeable(a) ? "data key" : "key server's organisation");
    json_set_take(v, "value", json_deep_copy(json_object_get(statement, "value")));
    return v;
}

/* To stderr: the plain text may be on stdout. */
static void show_assertions(const struct tdf_manifest *m)
{
    for (size_t i = 0; i < json_array_size(m->assertions); i++) {
        const json_t *a = json_array_get(m->assertions, i);
        const json_t *value = json_object_get(json_object_get(a, "statement"), "value");
        AUTO(str_freep)
        char *text = json_is_string(value) ? str_dup(json_string_value(value)) : json_text(value);
        cli_print(stderr, "%s, %s:\n", json_text_of(a, "type"),
                  tdf_assertion_forgeable(a) ? "by somebody who can read it" : "signed by its originator");
        print_wrapped(stderr, (size_t)cli_print(stderr, "  "), 2, text);
    }
}

static void say_opened(struct cli *c, const struct tdf_manifest *m, const struct options *o, bool checked)
{
    uint64_t size = tdf_manifest_size(m);
    if (!c->json) {
        cli_print(stdout, "%s: %llu bytes\n", o->out, (unsigned long long)size);
        return;
    }
    json_t *v = json_object(), *list = json_array();
    json_set_str(v, "file", o->out);
    json_set_u64(v, "size", size);
    for (size_t i = 0; checked && i < json_array_size(m->assertions); i++)
        json_array_append_new(list, assertion_json(json_array_get(m->assertions, i)));
    json_set_take(v, "assertions", list);
    cli_json(v);
}

static enum err open_with(struct cli *c, struct tdf_container *t, const uint8_t key[static TDF_KEY_LEN],
                          const struct object_cards *cards, const struct options *o, struct fail *f)
{
    struct source payload = source_window(&t->payload);
    bool to_stdout = !o->out || is_stdout(o->out);
    if (!o->no_assertions)
        TRY(check_assertions(t->manifest, key, cards, f));
    TRY(to_stdout ? open_to_stdout(t, key, &payload, f) : open_to_file(t, key, &payload, o->out, f));
    if (!o->no_assertions && !c->json)
        show_assertions(t->manifest);
    if (!to_stdout)
        say_opened(c, t->manifest, o, !o->no_assertions);
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

/* What the file does not hold is its own fault; what a key server says is not. */
static bool is_of_file(enum err e, const struct options *o)
{
    return e == E_INVALID || (e == E_NOT_RELEASED && o->key);
}

static enum err open_tdf(struct cli *c, const char *path, const struct options *o, struct fail *f)
{
    AUTO(input_close) struct input in = { .fd = -1 };
    AUTO(tdf_container_freep) struct tdf_container *t = NULL;
    AUTO(wipe32_p) uint8_t key[TDF_KEY_LEN];
    AUTO(object_cards_clear) struct object_cards cards = { 0 };
    struct fail why = { 0 };
    TRY(read_container(path, &in, &t, f));
    enum err e = find_key(c, t, o, key, &cards, &why);
    if (e == OK)
        e = open_with(c, t, key, &cards, o, &why);
    if (e == OK)
        return OK;
    fail_set(f, is_of_file(e, o) ? E_UNVERIFIED : e, "%s: %s", path, why.what);
    if (f && !is_of_file(e, o))
        f->reason = why.reason;
    return is_of_file(e, o) ? E_UNVERIFIED : e;
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
        { "kas-key", 0, &o.kas_key, NULL },
        { "kas-url", 0, &o.kas_url, NULL },
        { "attr", 0, &o.attributes, NULL },
        { "key", 0, &o.key, NULL },
        { "mark", 0, &o.mark, NULL },
        { "dissem", 0, &o.dissem, NULL },
        { "format", 0, &o.format, NULL },
        { "output", 'o', &o.out, NULL },
        { "no-assertions", 0, NULL, &o.no_assertions },
    };
    TRY(cli_options(c, options, COUNT(options), &argc, &argv, f));
    for (size_t i = 0; argc > 0 && i < COUNT(rows); i++)
        if (strcmp(rows[i].what, argv[0]) == 0) {
            TRY(cli_arguments(argc - 1, 1, 1, "FILE", f));
            TRY(cli_output(c, "-o", rows[i].run == open_tdf && !o.out ? "-" : o.out, f));
            TRY(crypto_start(f));
            return rows[i].run(c, argv[1], &o, f);
        }
    return fail_set(f, E_USAGE, "one of seal, open, inspect is needed");
}
