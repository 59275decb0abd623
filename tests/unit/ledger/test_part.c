/* SPDX-License-Identifier: Apache-2.0 - parts: those of key-release replies, those inside evidence files, and
 * what becomes of them when one bit changes */
#include "ledger/absence.h"
#include "ledger/presence.h"
#include "tap.h"
#include "vec.h"

/* What the verifiers of this file trust: the logs of the first ledger, and its first genesis. */
static struct note_key logs[2];
static struct entry_genesis pinned[2];
static const struct part_trust by_genesis = { logs, 2, &pinned[0] };
static const struct part_trust by_key = { logs, 2, NULL };

static void trust(const json_t *t)
{
    for (size_t i = 0; i < 2; i++) {
        const json_t *g = json_array_get(json_object_get(t, "generations"), i);
        struct entry e;
        if (note_key_read(bytes_str(vec_str(g, "log_vkey")), &logs[i], NULL) != OK ||
            entry_read(vec_b64(json_array_get(json_object_get(g, "entries_base64"), 0)), &e, NULL) != OK)
            exit(99);
        pinned[i] = e.genesis;
    }
}

/* accepts: the text is a good presence part as a reply; an accepted one is written again as it was. */
static bool accepts(struct bytes text, const char *portion, const char *person, struct presence_facts *facts,
                    struct fail *f)
{
    AUTO(presence_freep) struct presence *p = NULL;
    AUTO(buf_freep) struct buf *again = buf_new(PART_MAX);
    if (presence_read(text, &p, f) != OK || presence_verify(p, &by_genesis, facts, f) != OK ||
        presence_check_reply(facts, portion, person, f) != OK)
        return false;
    return presence_write(p, again, f) == OK && bytes_equal(bytes_of(again), text);
}

static void reply(const json_t *v)
{
    const json_t *want = json_object_get(v, "want");
    struct bytes part = bytes_str(vec_str(v, "part"));
    const char *portion = vec_str(v, "portion"), *person = vec_str(v, "person");
    struct presence_facts facts;
    struct fail f = { 0 };
    bool good = accepts(part, portion, person, &facts, &f);
    ok(good == vec_bool(want, "accepted"), "reply: %s (%s)", vec_str(v, "name"), f.what);
    if (!good)
        return;
    ok(facts.index == vec_u64(want, "index") &&
           facts.anchor.genesis.generation == vec_u64(want, "generation"),
       "its place");
    ok(!accepts(part, portion, "eve@birch.example", &facts, NULL) &&
           !accepts(part, "alder.example/00000000-0000-4000-8000-000000000000", person, &facts, NULL),
       "no answer about anybody or anything else");
}

/* checkpoint_at: where the note begins in a part; in it only what the log signed counts. */
static size_t log_line_end(struct bytes part)
{
    const char *text = (const char *)part.data, *origin = strstr(text, "\n\nalder.example/orcon/");
    const char *line = origin == NULL ? NULL : strstr(origin, "\xe2\x80\x94 alder.example/orcon/");
    return line == NULL ? 0 : (size_t)(strchr(line, '\n') - text);
}

/* flips: with any one bit changed before the end of the log's signature line, the part is refused. */
static void flips(const char *name, struct bytes part, bool (*good)(struct bytes))
{
    AUTO(buf_freep) struct buf *b = buf_new(PART_MAX);
    size_t end = log_line_end(part), taken = 0, at = 0;
    buf_put_bytes(b, part);
    ok(end != 0 && good(bytes_of(b)), "%s: taken as it is", name);
    for (size_t i = 0; i < end; i++) {
        uint8_t bit = (uint8_t)(1u << (i * 5 % 8));
        b->data[i] ^= bit;
        if (good(bytes_of(b))) {
            taken++;
            at = i;
        }
        b->data[i] ^= bit;
    }
    ok(taken == 0, "%s: refused with any byte changed (%zu taken, last at %zu)", name, taken, at);
    for (size_t i = 0; i < end; i++)
        taken += good(BYTES(b->data, i));
    ok(taken == 0, "%s: refused when cut", name);
}

static bool presence_good(struct bytes text)
{
    AUTO(presence_freep) struct presence *p = NULL;
    struct presence_facts facts;
    return presence_read(text, &p, NULL) == OK && presence_verify(p, &by_genesis, &facts, NULL) == OK;
}

static bool absence_good(struct bytes text)
{
    AUTO(absence_freep) struct absence *a = NULL;
    struct absence_facts facts;
    return absence_read(text, &a, NULL) == OK && absence_verify(a, &by_key, &facts, NULL) == OK;
}

/* round: an absence part is written as it was read. */
static bool round_trip(struct bytes text)
{
    AUTO(absence_freep) struct absence *a = NULL;
    AUTO(buf_freep) struct buf *again = buf_new(PART_MAX);
    return absence_read(text, &a, NULL) == OK && absence_write(a, again, NULL) == OK &&
           bytes_equal(bytes_of(again), text);
}

/* next_part: the next `part <kind> <bytes>` of an evidence file, and its bytes. */
static bool next_part(const char **at, char kind[static 9], struct bytes *part)
{
    unsigned long long len;
    const char *line = strstr(*at, "\npart ");
    int used = 0;
    if (line == NULL || sscanf(line, "\npart %8[a-z] %llu\n%n", kind, &len, &used) != 2 || used == 0 ||
        strlen(line + used) < len)
        return false;
    *part = BYTES(line + used, len);
    *at = line + used + len - 1;
    return true;
}

/* in_evidence: the parts of a file that is to verify hold under the keys of the logs alone. */
static void in_evidence(const json_t *v, struct bytes *sample)
{
    const char *at = vec_str(v, "text");
    char kind[9];
    struct bytes part;
    bool good = true;
    size_t parts = 0;
    struct entry_genesis shown = { 0 };
    for (; next_part(&at, kind, &part); parts++) {
        if (strcmp(kind, "absence") == 0) {
            good = good && absence_good(part) && round_trip(part);
            if (sample->len == 0)
                *sample = part;
            continue;
        }
        AUTO(presence_freep) struct presence *p = NULL;
        struct presence_facts facts;
        /* a part without a genesis is of the generation whose genesis an earlier one gave */
        struct part_trust after = { logs, 2, strstr(vec_str(v, "text"), "claim yes") ? &shown : &pinned[0] };
        good = good && presence_read(part, &p, NULL) == OK && presence_verify(p, &after, &facts, NULL) == OK;
        if (good && p->genesis.entry.len != 0)
            shown = facts.anchor.genesis;
    }
    ok(good && parts != 0, "parts of: %s", vec_str(v, "name"));
}

/* Rejected evidence whose fault lies in a part, and must be caught there. */
static const char *const faults[] = {
    "reject: class 1 with version 1 (always absent)",
    "reject: no record for a person who was briefed, shown with version 1",
    "reject: tag of class 2 passed off as class 1",
    "reject: tag of another person",
    "reject: absence claimed for a tag that is in the map",
    "reject: seal is not the last entry",
    "reject: tampered field (time)",
    "reject: tampered field (person)",
};

static void faulty(const json_t *v)
{
    const char *at = vec_str(v, "text");
    char kind[9];
    struct bytes part;
    bool good = true, is_fault = false;
    for (size_t i = 0; i < COUNT(faults); i++)
        is_fault = is_fault || strcmp(vec_str(v, "name"), faults[i]) == 0;
    if (!is_fault)
        return;
    while (next_part(&at, kind, &part))
        good = good && (strcmp(kind, "absence") == 0 ? absence_good(part) : presence_good(part));
    ok(!good, "%s", vec_str(v, "name"));
}

int main(void)
{
    if (crypto_start(NULL) != OK)
        return 99;
    const json_t *t = vec_load("orcon_ledger_small"), *v;
    struct bytes sample = { 0 };
    size_t i;
    trust(t);
    json_array_foreach (json_object_get(t, "replies"), i, v)
        reply(v);
    json_array_foreach (json_object_get(t, "evidence"), i, v) {
        const char *policy = vec_str(v, "policy");
        if (strcmp(policy, "strict") != 0)
            continue; /* of another ledger */
        if (vec_bool(json_object_get(v, "want"), "verified"))
            in_evidence(v, &sample);
        else
            faulty(v);
    }
    flips("presence", bytes_str(vec_str(json_array_get(json_object_get(t, "replies"), 0), "part")),
          presence_good);
    flips("absence", sample, absence_good);
    vec_done();
    return tap_done();
}
