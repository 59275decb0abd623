/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/quorum.h"

#include "base/mem.h"
#include "ledger/checkpoint.h"
#include "ledger/text.h"

#define REPORT_LAG_S 86400
#define SECONDS_MAX  ((uint64_t)1 << 40)
#define WORDS_MAX    (QUORUM_MAX + 4)

_Static_assert(QUORUM_MAX <= 64, "sets of keys are 64 bits");

/* A line in words, and what has been said once already. */
struct parse {
    struct quorum *q;
    struct bytes word[WORDS_MAX];
    size_t count;
    bool quorum, monitor, lag, gap;
    struct bytes monitor_name; /* may refer to a later line */
};

static bool split_words(struct parse *p, struct bytes line)
{
    p->count = 0;
    for (size_t at = 0; at < line.len;) {
        size_t start = at;
        while (at < line.len && line.data[at] != ' ' && line.data[at] != '\t')
            at++;
        if (at > start) {
            if (p->count == WORDS_MAX)
                return false;
            p->word[p->count++] = BYTES(line.data + start, at - start);
        }
        at++;
    }
    return true;
}

/* find: the node of this name; QUORUM_MAX if there is none. */
static size_t find(const struct quorum *q, struct bytes name)
{
    for (size_t i = 0; i < q->node_count; i++)
        if (text_is(name, q->node[i].name))
            return i;
    return QUORUM_MAX;
}

/* add_node: a new name; NULL if it is taken, reserved, or one too many. */
static struct quorum_node *add_node(struct quorum *q, struct bytes name)
{
    struct quorum_node *n = &q->node[q->node_count];
    if (q->node_count == QUORUM_MAX || name.len >= sizeof n->name || text_is(name, "none") ||
        memchr(name.data, '\0', name.len) != NULL || find(q, name) != QUORUM_MAX)
        return NULL;
    memcpy(n->name, name.data, name.len);
    q->node_count++;
    return n;
}

static bool read_log(struct parse *p)
{
    struct quorum *q = p->q;
    struct note_key *k = &q->log[q->log_count];
    if (p->count < 2 || p->count > 3 || q->log_count == QUORUM_MAX ||
        note_key_read(p->word[1], k, NULL) != OK || k->type != NOTE_ED25519)
        return false;
    for (size_t i = 0; i < q->log_count; i++)
        if (note_key_same(&q->log[i], k))
            return false;
    q->log_count++;
    return true;
}

static bool read_witness(struct parse *p)
{
    struct quorum *q = p->q;
    struct note_key *k = &q->key[q->key_count];
    if (p->count < 3 || p->count > 4 || q->key_count == QUORUM_MAX ||
        note_key_read(p->word[2], k, NULL) != OK || k->type != NOTE_COSIGNATURE)
        return false;
    /* one key under two names would count twice */
    for (size_t i = 0; i < q->key_count; i++)
        if (memcmp(q->key[i].pk, k->pk, sizeof k->pk) == 0)
            return false;
    struct quorum_node *n = add_node(q, p->word[1]);
    if (n == NULL)
        return false;
    n->key = q->key_count++;
    return true;
}

static bool read_group(struct parse *p)
{
    struct quorum *q = p->q;
    size_t members[QUORUM_MAX], count = p->count < 3 ? 0 : p->count - 3;
    uint64_t need;
    if (count == 0 || count > QUORUM_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        members[i] = find(q, p->word[3 + i]);
        if (members[i] == QUORUM_MAX || q->node[members[i]].is_member)
            return false;
        q->node[members[i]].is_member = true;
    }
    if (text_is(p->word[2], "all"))
        need = count;
    else if (text_is(p->word[2], "any"))
        need = 1;
    else if (!text_decimal(p->word[2], &need) || need == 0 || need > count)
        return false;
    struct quorum_node *n = add_node(q, p->word[1]);
    if (n == NULL)
        return false;
    n->is_group = true;
    n->need = (size_t)need;
    n->count = count;
    memcpy(n->member, members, count * sizeof *members);
    return true;
}

/* once: set ${said}; false if it was set. */
static bool once(bool *said)
{
    bool first = !*said;
    *said = true;
    return first;
}

static bool read_quorum(struct parse *p)
{
    if (p->count != 2 || !once(&p->quorum))
        return false;
    p->q->root = find(p->q, p->word[1]);
    return text_is(p->word[1], "none") || p->q->root != QUORUM_MAX;
}

static bool seconds(struct bytes v, uint64_t *out)
{
    return text_decimal(v, out) && *out <= SECONDS_MAX;
}

static bool read_orcon(struct parse *p)
{
    if (p->count != 3)
        return false;
    if (text_is(p->word[1], "monitor")) {
        p->q->monitor = text_is(p->word[2], "none") ? QUORUM_MONITOR_NONE : QUORUM_MONITOR_NAMED;
        p->monitor_name = p->word[2];
        return once(&p->monitor);
    }
    if (text_is(p->word[1], "report-lag"))
        return seconds(p->word[2], &p->q->report_lag_s) && once(&p->lag);
    if (text_is(p->word[1], "gap"))
        return seconds(p->word[2], &p->q->gap_s) && once(&p->gap);
    return false;
}

static const struct {
    const char *word;
    bool (*read)(struct parse *p);
} lines[] = {
    { "log", read_log },       { "witness", read_witness }, { "group", read_group },
    { "quorum", read_quorum }, { "#orcon", read_orcon },
};

static bool read_line(struct parse *p, struct bytes line)
{
    if ((line.len != 0 && memchr(line.data, '\r', line.len) != NULL) || !split_words(p, line))
        return false;
    if (p->count == 0)
        return true;
    for (size_t i = 0; i < COUNT(lines); i++)
        if (text_is(p->word[0], lines[i].word))
            return lines[i].read(p);
    return p->word[0].data[0] == '#';
}

MUST_USE enum err quorum_read(struct bytes text, struct quorum **out, struct fail *f)
{
    AUTO(quorum_freep) struct quorum *q = mem_new(sizeof *q);
    struct parse p = { .q = q };
    struct reader r = reader_of(text);
    struct bytes line;
    if (text.len > QUORUM_TEXT_MAX)
        return fail_set(f, E_TOO_LARGE, "a policy of more than %zu bytes", QUORUM_TEXT_MAX);
    q->root = q->monitor_node = QUORUM_MAX;
    q->report_lag_s = REPORT_LAG_S;
    for (size_t n = 1; !reader_done(&r); n++)
        if (!text_line(&r, &line) || !read_line(&p, line))
            return fail_set(f, E_INVALID, "policy, line %zu", n);
    if (!p.quorum)
        return fail_set(f, E_INVALID, "policy without a quorum line");
    if (q->monitor == QUORUM_MONITOR_NAMED && (q->monitor_node = find(q, p.monitor_name)) == QUORUM_MAX)
        return fail_set(f, E_INVALID, "policy: the monitor is no witness or group of it");
    *out = q;
    q = NULL;
    return OK;
}

void quorum_freep(struct quorum **q)
{
    mem_freep(q);
}

/* met: ${at} of a set of keys. Groups refer to earlier nodes only, so this ends. */
static bool met(const struct quorum *q, size_t at, uint64_t keys)
{
    const struct quorum_node *n = &q->node[at];
    size_t have = 0;
    if (!n->is_group)
        return (keys >> n->key & 1) != 0;
    for (size_t i = 0; i < n->count; i++)
        have += met(q, n->member[i], keys);
    return have >= n->need;
}

MUST_USE enum err quorum_signers(const struct quorum *q, struct bytes note, struct checkpoint *out,
                                 const struct note_key **log, struct note_signed *by, struct fail *f)
{
    AUTO(note_freep) struct note *n = NULL;
    AUTO(mem_freep) struct note_key *keys = mem_array(q->key_count + 1, sizeof *keys);
    struct note_signed all[QUORUM_MAX + 1] = { 0 };
    size_t i = 0;
    while (i < q->log_count && checkpoint_open(note, &q->log[i], out, NULL) != OK)
        i++;
    if (i == q->log_count)
        return fail_set(f, E_UNVERIFIED, "no log key of the policy signed this checkpoint");
    /* the log's line is there, so that what can fail is a cosigner's */
    keys[0] = q->log[i];
    memcpy(keys + 1, q->key, q->key_count * sizeof *keys);
    TRY(note_read(note, &n, f));
    TRY(note_verify(n, keys, q->key_count + 1, all, f));
    memcpy(by, all + 1, q->key_count * sizeof *by);
    *log = &q->log[i];
    return OK;
}

static uint64_t key_set(const struct quorum *q, const struct note_signed *by)
{
    uint64_t keys = 0;
    for (size_t i = 0; i < q->key_count; i++)
        keys |= (uint64_t)by[i].by << i;
    return keys;
}

bool quorum_met(const struct quorum *q, const struct note_signed *by)
{
    return q->root == QUORUM_MAX || met(q, q->root, key_set(q, by));
}

/* below: the keys at and under ${at}. */
static uint64_t below(const struct quorum *q, size_t at)
{
    const struct quorum_node *n = &q->node[at];
    uint64_t keys = 0;
    if (!n->is_group)
        return (uint64_t)1 << n->key;
    for (size_t i = 0; i < n->count; i++)
        keys |= below(q, n->member[i]);
    return keys;
}

bool quorum_is_monitor(const struct quorum *q, size_t key)
{
    return q->monitor == QUORUM_MONITOR_NAMED && (below(q, q->monitor_node) >> key & 1) != 0;
}

bool quorum_monitors(const struct quorum *q, const struct note_signed *by, const char *domain, uint64_t *keys)
{
    size_t n = strlen(domain);
    *keys = 0;
    if (q->monitor != QUORUM_MONITOR_NAMED)
        return false;
    *keys = below(q, q->monitor_node) & key_set(q, by);
    for (size_t i = 0; i < q->key_count; i++) {
        const char *name = q->key[i].name;
        if (strncmp(name, domain, n) == 0 && (name[n] == '/' || name[n] == '\0'))
            *keys &= ~((uint64_t)1 << i);
    }
    return met(q, q->monitor_node, *keys);
}
