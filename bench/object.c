/* SPDX-License-Identifier: Apache-2.0
 * bench/object - key release for single objects, as OpenTDF clients seal them: EC and RSA-2048, one and 100 in a request, P-256 session
 * keys, DPoP-bound tokens, each release under a signed checkpoint before its key leaves. And what a refusal costs where the wrapped key does not open,
 * and where it does, but is bound to another policy: nobody shall tell these from one another by the time they take.
 *   --rounds N        5
 *   --requests N      200 a round, a quarter of it in bulk
 *   --connections N   16 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "bench.h"
#include "crypto/jose.h"
#include "floor.h"
#include "load.h"
#include "tdf/seal.h"
#include "world.h"

#define BULK      100
#define REWRAP    "/kas.AccessService/Rewrap"
#define FRESH_S   120
#define FLOOR_RUN 100
#define ATTRIBUTE "https://alder.example/attr/tlp/value/amber"

struct bench_world {
    struct site alder;
    struct human amy;
    struct key *ec, *rsa; /* public, of the key server */
    char *session_pem;
    double signed_in;
    struct load *load;
    struct floor *floor;
};

/* Requests --------------------------------------------------------------------------------------------- */

static const struct kind {
    const char *name;
    void (*least)(struct floor *); /* NULL: refused, and compared with its twin before it */
    bool rsa;
    size_t objects;
    enum { SOUND, BROKEN, UNBOUND } state;
} kinds[] = {
    { "EC objects, one a request", floor_first_release, false, 1, SOUND },
    { "RSA-2048 objects, one a request", floor_first_release_rsa, true, 1, SOUND },
    { "EC objects, 100 a request, each", floor_portion_more, false, BULK, SOUND },
    { "RSA-2048 objects, 100 a request, each", floor_portion_more_rsa, true, BULK, SOUND },
    { "EC, refused: the wrapped key does not open", NULL, false, BULK, BROKEN },
    { "EC, refused: it is bound to another policy", NULL, false, BULK, UNBOUND },
    { "RSA-2048, refused: the wrapped key does not open", NULL, true, BULK, BROKEN },
    { "RSA-2048, refused: it is bound to another policy", NULL, true, BULK, UNBOUND },
};

/* Another character in the middle of a base64 text. */
static void spoil(json_t *in, const char *name)
{
    AUTO(str_freep) char *text = str_dup(json_string_value(json_object_get(in, name)));
    text[20] = text[20] == 'A' ? 'B' : 'A';
    json_set_str(in, name, text);
}

/* One object that nobody has seen: what a request says of it. */
static json_t *make_object(const struct bench_world *w, const struct kind *k)
{
    struct fail f = { 0 };
    char uuid[UUID_TEXT], *attribute = str_dup(ATTRIBUTE);
    uint8_t share[TDF_KEY_LEN];
    AUTO(tdf_manifest_freep) struct tdf_manifest *m = tdf_manifest_new();
    AUTO(buf_freep) struct buf *policy = buf_new(4096);
    AUTO(str_freep) char *url = str_format("%s/kas", w->alder.url);
    struct tdf_policy p = { .uuid = uuid, .attributes = &attribute, .attribute_count = 1 };
    struct tdf_recipient to = { .to = k->rsa ? w->rsa : w->ec, .url = url };
    random_uuid(uuid);
    random_bytes(share, sizeof share);
    tdf_policy_write(&p, policy);
    m->policy = buf_steal_text(policy);
    bench_must(tdf_wrap(m, share, &to, &f), &f);
    free(attribute);
    json_t *kao = tdf_kao_json(&m->kaos[0]);
    if (k->state == BROKEN)
        spoil(kao, "wrappedKey");
    if (k->state == UNBOUND)
        spoil(json_object_get(kao, "policyBinding"), "hash");
    return json_pack("{s:[{s:s,s:o}],s:{s:s,s:s}}", "keyAccessObjects", "keyAccessObjectId", "kao-0",
                     "keyAccessObject", kao, "policy", "id", uuid, "body", m->policy);
}

static char *request_token(const struct bench_world *w, const struct kind *k)
{
    struct fail f = { 0 };
    AUTO(json_freep) json_t *body = json_object(), *claims = json_object();
    AUTO(buf_freep) struct buf *srt = buf_new(JOSE_MAX_LARGE);
    json_t *requests = json_array();
    uint64_t now_s = time_now_ms() / 1000;
    json_set_str(body, "clientPublicKey", w->session_pem);
    json_set_take(body, "requests", requests);
    for (size_t i = 0; i < k->objects; i++)
        json_array_append_new(requests, make_object(w, k));
    AUTO(str_freep) char *text = json_text(body);
    json_set_str(claims, "requestBody", text);
    json_set_u64(claims, "iat", now_s);
    json_set_u64(claims, "exp", now_s + 60);
    bench_must(jose_sign(w->amy.key, "", NULL, claims, srt, &f), &f);
    return buf_steal_text(srt);
}

static void make_job(const struct bench_world *w, const struct kind *k, struct job *out)
{
    struct fail f = { 0 };
    AUTO(str_freep) char *srt = request_token(w, k);
    AUTO(str_freep) char *htu = str_format("%s" REWRAP, w->alder.url);
    AUTO(buf_freep) struct buf *proof = buf_new(8192);
    bench_must(jose_make_dpop(w->amy.key, "POST", htu, w->amy.token, time_now_ms(), proof, &f), &f);
    *out = (struct job){ .mark = k->state == SOUND ? "\"kasWrappedKey\"" : "InvalidArgument",
                         .times = (unsigned)k->objects };
    out->text = str_format("POST " REWRAP " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: "
                           "application/json\r\nAuthorization: DPoP %s\r\nDPoP: %s\r\nContent-Length: "
                           "%zu\r\n\r\n{\"signedRequestToken\":\"%s\"}",
                           w->alder.port, w->amy.token, buf_text(proof), strlen(srt) + 25, srt);
    out->len = strlen(out->text);
}

/* Measuring -------------------------------------------------------------------------------------------- */

struct outcome {
    struct bench_series ratio, us, least_us, rate;
};

static void one_round(struct bench_world *w, const struct kind *k, size_t requests, struct outcome *out)
{
    if (k->objects > 1)
        requests = requests / (4 * k->objects) + 1;
    struct job *jobs = mem_array(requests, sizeof *jobs);
    if (w->signed_in == 0 || bench_wall() - w->signed_in > FRESH_S) {
        human_sign_in(&w->amy, w->alder.domain);
        w->signed_in = bench_wall();
    }
    for (size_t i = 0; i < requests; i++)
        make_job(w, k, &jobs[i]);
    double least = k->least ? floor_cost(w->floor, k->least, FLOOR_RUN) : 0, before = site_cpu(&w->alder);
    double seconds = load_run(w->load, jobs, requests, 0), cpu = site_cpu(&w->alder) - before;
    double count = (double)(requests * k->objects);
    bench_add(&out->us, cpu / count * 1e6);
    if (k->least) {
        least = (least + floor_cost(w->floor, k->least, FLOOR_RUN)) / 2;
        bench_add(&out->ratio, cpu / count / least);
        bench_add(&out->least_us, least * 1e6);
    }
    bench_add(&out->rate, count / seconds);
    for (size_t i = 0; i < requests; i++)
        job_clear(&jobs[i]);
    free(jobs);
}

static void say(const struct kind *k, const struct outcome *o)
{
    printf("%s\n", k->name);
    bench_say("  CPU", &o->us, "us");
    if (!k->least)
        return;
    bench_say("  floor", &o->least_us, "us");
    bench_say("  CPU / floor", &o->ratio, "");
    bench_say("  a second, client on the same machine", &o->rate, "1/s");
}

/* Setting up ------------------------------------------------------------------------------------------- */

static struct key *kas_key(const struct bench_world *w, const char *algorithm)
{
    struct fail f = { 0 };
    struct key *key = NULL;
    AUTO(net_answer_clear) struct net_answer answer = { 0 };
    AUTO(json_freep) json_t *v = NULL;
    AUTO(str_freep) char *path = str_format("/kas/v2/kas_public_key?algorithm=%s", algorithm);
    human_call(&w->amy, &w->alder, "GET", path, NULL, BYTES(NULL, 0), 0, &answer);
    bench_must(json_read(bytes_of(answer.body), 65536, "public key", &v, &f), &f);
    bench_must(key_read_pem(bytes_str(json_string_value(json_object_get(v, "publicKey"))), &key, &f), &f);
    return key;
}

static void start(struct bench_world *w, const char *program, const char *dir)
{
    struct fail f = { 0 };
    AUTO(key_freep) struct key *session = NULL;
    AUTO(buf_freep) struct buf *pem = buf_new(4096);
    site_init(&w->alder, program, dir, "alder.example");
    site_serve(&w->alder);
    human_enrol(&w->amy, &w->alder, "amy@alder.example", "reader");
    human_sign_in(&w->amy, w->alder.domain);
    w->ec = kas_key(w, "ec:secp256r1");
    w->rsa = kas_key(w, "rsa:2048");
    bench_must(key_make(KEY_P256, &session, &f), &f);
    bench_must(key_write_public_pem(session, pem, &f), &f);
    w->session_pem = buf_steal_text(pem);
    w->floor = floor_new();
}

static void finish(struct bench_world *w)
{
    load_close(w->load);
    floor_free(w->floor);
    human_clear(&w->amy);
    key_free(w->ec);
    key_free(w->rsa);
    free(w->session_pem);
    site_clear(&w->alder);
}

int main(int argc, char **argv)
{
    struct bench b;
    struct bench_world w = { 0 };
    struct fail f = { 0 };
    const char *tmp = getenv("TMPDIR");
    AUTO(str_freep) char *program = site_program(argv[0]);
    AUTO(str_freep) char *dir = str_format("%s/orcon-bench-XXXXXX", tmp ? tmp : "/var/tmp");
    struct outcome outcome[COUNT(kinds)] = { 0 };
    bench_start(&b, argc, argv, "key release for single objects");
    if (!mkdtemp(dir))
        BUG("no temporary folder");
    uint64_t rounds = bench_option(&b, "--rounds", b.quick ? 3 : 5);
    uint64_t requests = bench_option(&b, "--requests", b.quick ? 100 : 200);
    start(&w, program, dir);
    w.load = load_open(w.alder.port, (unsigned)bench_option(&b, "--connections", 16));
    one_round(&w, &kinds[0], 50, &(struct outcome){ 0 }); /* warm */
    for (uint64_t i = 0; i < rounds; i++)
        for (size_t k = 0; k < COUNT(kinds); k++)
            one_round(&w, &kinds[k], requests, &outcome[k]);
    for (size_t k = 0; k < COUNT(kinds); k++)
        say(&kinds[k], &outcome[k]);
    for (size_t k = 1; k < COUNT(kinds); k++)
        if (kinds[k].state == UNBOUND)
            printf("%-46s %6.3f\n",
                   kinds[k].rsa ? "RSA-2048: the one refusal / the other" : "EC: the one refusal / the other",
                   bench_median(&outcome[k].us) / bench_median(&outcome[k - 1].us));
    finish(&w);
    bench_must(file_remove_tree(dir, &f), &f);
    return bench_end();
}
