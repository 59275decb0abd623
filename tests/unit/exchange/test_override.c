/* SPDX-License-Identifier: Apache-2.0 - telling, and overriding: what both nodes demand, and what they refuse */
#include "flow.h"

static const struct flow_portion written[] = {
    { "TLP:GREEN", "A title" },
    { "TLP:AMBER//ORCON", "The group hides explosives in portable computers." },
    { "TLP:GREEN//TEARLINE", "Take portable computers out of cabin baggage." },
    { "TLP:RED//alder.example/SOURCE//ORCON", "From one person inside the cell." },
};

#define AMY  "amy@alder.example"
#define OLGA "olga@alder.example"
#define BOB  "bob@birch.example"
#define PAT  "pat@birch.example"

static struct key *pat;
static char *proof; /* of pat's briefing on portion 1 */

static void briefed(void)
{
    struct opened o;
    const char *wanted[] = { ids[1] };
    open_at(birch, PAT, pat, wanted, 1, pat, &o);
    bool good = o.err == OK && o.answer.count == 1 && o.answer.results[0].err == OK;
    if (ok(good, "pat reads portion 1: %s", o.fail.what))
        proof = str_dup(o.answer.results[0].presence);
    brief_answer_clear(&o.answer);
}

static json_t *body_of(const char *to, const char *evidence)
{
    json_t *body = json_pack("{s:s,s:b,s:s,s:s,s:{}}", "to", to, "oral", 1, "reason", "threat to life",
                             "originator", "alder.example", "evidence");
    if (evidence)
        for (size_t i = 1; i < 4; i++)
            json_set_str(json_object_get(body, "evidence"), ids[i], evidence);
    return body;
}

static enum err override(const char *by, unsigned roles, const struct key *key, int portion, json_t *body,
                         json_t **answer, struct fail *f)
{
    *f = (struct fail){ 0 };
    return do_act(birch, by, roles, key, "override", NULL, portion < 0 ? NULL : ids[portion], body, answer,
                  f);
}

static void refused_at_home(void)
{
    AUTO(json_freep) json_t *a = NULL;
    struct fail f;
    ok(override(BOB, ROLE_READER, bob, 1, body_of("S. Lind", proof), &a, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "a reader does not override: %s", f.what);
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, body_of("S. Lind", NULL), &a, &f) == E_REFUSED &&
           f.reason == REASON_NOT_BRIEFED,
       "not without proof: %s", f.what);
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, body_of("S. Lind", "orcon/presence@v1\n"), &a, &f) ==
               E_REFUSED &&
           f.reason == REASON_NOT_BRIEFED,
       "not with half a proof: %s", f.what);
    ok(override(PAT, ROLE_AUTHORITY, pat, 3, body_of("S. Lind", proof), &a, &f) == E_REFUSED &&
           f.reason == REASON_NOT_BRIEFED,
       "not with the proof of another portion: %s", f.what);
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, body_of(" ", proof), &a, &f) == E_INVALID, "to nobody: %s",
       f.what);
    ok(override(PAT, ROLE_AUTHORITY, pat, -1, body_of("S. Lind", proof), &a, &f) == E_INVALID,
       "without portions: %s", f.what);
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, body_of("alder.example", proof), &a, &f) == E_REFUSED,
       "to its originator: %s", f.what);
    json_t *sealed = body_of("cedar.example", proof);
    json_set_bool(sealed, "oral", false);
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, sealed, &a, &f) == E_INVALID,
       "not by a sealed copy that is not there: %s", f.what);
    json_t *silent = body_of("S. Lind", proof);
    json_set_str(silent, "reason", " ");
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, silent, &a, &f) == E_INVALID, "not without a reason: %s",
       f.what);
    ok(deliver(birch, alder) == 0, "nothing was sent");
}

/* What birch's node would say if it were not honest: an act of ${by}, in a statement of ${to}. */
static enum err forged(const char *by, const struct key *key, int portion, const char *to, struct fail *f)
{
    AUTO(buf_freep) struct buf *act = buf_new(JOSE_MAX_SMALL);
    AUTO(buf_freep) struct buf *ack = buf_new(JOSE_MAX_SMALL);
    AUTO(str_freep) char *jws = NULL;
    uint8_t digest[HASH_LEN];
    char id[UUID_TEXT];
    random_uuid(id);
    *f = (struct fail){ 0 };
    struct statement_making m = { .kind = "override",
                                  .id = id,
                                  .iss = "birch.example",
                                  .by = by,
                                  .report = report,
                                  .portions = json_pack("[s]", ids[portion]),
                                  .body = body_of("S. Lind", NULL),
                                  .at_ms = test_now() };
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(key, NULL, ACT_TYP, payload, act, f));
    m.aud = json_pack("[s]", "alder.example");
    m.portions = json_pack("[s]", ids[portion]);
    m.body = body_of(to, NULL);
    json_set_str(m.body, "act", buf_text(act));
    TRY(acts_statement(birch, m, &jws, digest, f));
    return acts_take(alder, bytes_str(jws), NULL, ack, f);
}

static void refused_by_originator(void)
{
    struct fail f;
    ok(forged(BOB, bob, 1, "S. Lind", &f) == E_REFUSED && f.reason == REASON_NOT_ROLE,
       "bob is no authority, whatever birch says: %s", f.what);
    ok(forged(PAT, pat, 3, "S. Lind", &f) == E_REFUSED && f.reason == REASON_NOT_BRIEFED,
       "alder's own ledger has no briefing of pat on the source: %s", f.what);
    ok(forged(PAT, pat, 1, "cyd@cedar.example", &f) == E_UNVERIFIED, "not to another than pat said: %s",
       f.what);
}

static json_t *briefed_list(void)
{
    struct asker a = asker_of(AMY, ROLE_READER | ROLE_AUTHOR);
    struct fail f = { 0 };
    AUTO(json_freep) json_t *v = NULL;
    ok(view_report(alder, &a, report, &v, &f) == OK, "amy sees who knows: %s", f.what);
    return json_incref(json_object_get(v, "briefed"));
}

/* How many rows say that ${whom} (person, or words) knows ${n}, by ${basis}. */
static size_t knows(const char *whom, int n, const char *basis)
{
    AUTO(json_freep) json_t *rows = briefed_list();
    size_t i, count = 0;
    json_t *row;
    json_array_foreach (rows, i, row) {
        const char *words = json_string_value(json_object_get(row, "words"));
        const char *person = json_string_value(json_object_get(row, "person"));
        count += strcmp(words ? words : person, whom) == 0 &&
                 json_integer_value(json_object_get(row, "n")) == n &&
                 strcmp(json_string_value(json_object_get(row, "basis")), basis) == 0;
    }
    return count;
}

static void taken(void)
{
    AUTO(json_freep) json_t *words = NULL;
    AUTO(json_freep) json_t *person = NULL;
    AUTO(json_freep) json_t *answer = NULL;
    struct fail f;
    ok(override(PAT, ROLE_AUTHORITY, pat, 1, body_of("S. Lind", proof), &words, &f) == OK &&
           override(PAT, ROLE_AUTHORITY, pat, 1, body_of("cyd@cedar.example", proof), &person, &f) == OK &&
           deliver(birch, alder) == 2,
       "pat tells an outsider, and cyd: %s", f.what);
    ok(knows("S. Lind", 1, "told, reporter") == 1 && knows("cyd@cedar.example", 1, "told, reporter") == 1,
       "alder's ledger has both, on birch's word");
    const char *id = json_string_value(json_object_get(words, "override"));
    ok(do_act(alder, AMY, ROLE_AUTHOR, amy, "review", id, NULL, json_pack("{s:s}", "outcome", "fine"),
              &answer, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ROLE,
       "an author closes no review: %s", f.what);
    f = (struct fail){ 0 };
    ok(do_act(birch, BOB, ROLE_OFFICER, bob, "review", id, NULL, json_pack("{s:s}", "outcome", "fine"),
              &answer, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ORIGINATOR,
       "nor does its maker's organisation: %s", f.what);
    f = (struct fail){ 0 };
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "review", id, NULL, json_pack("{s:s}", "outcome", "fine"),
              &answer, &f) == OK &&
           deliver(alder, birch) == 1,
       "an officer of alder does: %s", f.what);
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "review", id, NULL, json_pack("{s:s}", "outcome", "no"),
              &answer, &f) == E_CONFLICT &&
           f.reason == REASON_REVIEWED,
       "once: %s", f.what);
}

static void told(void)
{
    AUTO(json_freep) json_t *a = NULL;
    AUTO(json_freep) json_t *b = NULL;
    struct fail f = { 0 };
    char at[TIME_TEXT_SIZE];
    time_print(test_now(), at);
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "tell", NULL, ids[3],
              json_pack("{s:s,s:s,s:s}", "person", BOB, "reason", "he must know", "at", at), &a, &f) == OK &&
           deliver(alder, birch) == 1 && knows(BOB, 3, "told") == 1,
       "olga tells bob: %s", f.what);
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "tell", NULL, ids[3],
              json_pack("{s:s,s:s,s:s,s:s}", "person", BOB, "words", "B", "reason", "x", "at", at), &b,
              &f) == E_INVALID,
       "a person or words, not both: %s", f.what);
    time_print(test_now() + 3600000, at);
    ok(do_act(alder, OLGA, ROLE_OFFICER, olga, "tell", NULL, ids[3],
              json_pack("{s:s,s:s,s:s}", "person", BOB, "reason", "x", "at", at), &b, &f) == E_INVALID,
       "not in an hour: %s", f.what);
    ok(do_act(birch, BOB, ROLE_OFFICER, bob, "tell", NULL, ids[1],
              json_pack("{s:s,s:s,s:s}", "person", PAT, "reason", "x", "at", at), &b, &f) == E_REFUSED &&
           f.reason == REASON_NOT_ORIGINATOR,
       "birch does not tell for alder: %s", f.what);
}

int main(void)
{
    char dir[] = "/tmp/orcon-override-XXXXXX";
    if (!mkdtemp(dir))
        return 1;
    portions = written;
    portion_count = COUNT(written);
    flow_start(dir);
    pat = home_person(birch, PAT, "reader,authority");
    deliver(birch, alder);
    deliver(birch, cedar);
    flow_share();
    briefed();
    refused_at_home();
    refused_by_originator();
    taken();
    told();
    free(proof);
    key_free(pat);
    flow_end(dir);
    return tap_done();
}
