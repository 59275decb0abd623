/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/trust.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/checkpoint.h"

const struct card *trust_card(const struct trust *t, const char *domain)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->cards[i]->domain, domain) == 0)
            return t->cards[i];
    return NULL;
}

static const struct key *find_key(void *ctx, const char *domain, const char *use, const char *kid)
{
    const struct card *c = trust_card(ctx, domain);
    const struct card_key *k = c == NULL ? NULL : card_key(c, use, kid);
    return k == NULL ? NULL : k->key;
}

struct shown_cards trust_keys(const struct trust *t)
{
    return (struct shown_cards){ find_key, (void *)(uintptr_t)t };
}

static void add_logs(struct quorum *q, const struct card *c)
{
    for (size_t i = 0; i < json_array_size(c->logs) && q->log_count < QUORUM_MAX; i++) {
        const char *vkey = json_string_value(json_array_get(c->logs, i));
        struct note_key *k = &q->log[q->log_count];
        if (vkey != NULL && note_key_read(bytes_str(vkey), k, NULL) == OK && k->type == NOTE_ED25519)
            q->log_count++;
    }
}

/* signs: a signature line of this name is somewhere in the text. */
static bool signs(struct bytes text, const char *name)
{
    char line[NOTE_NAME_SIZE + 8];
    int n = snprintf(line, sizeof line, "\n\u2014 %s ", name);
    return text.len != 0 && memmem(text.data, text.len, line, (size_t)n) != NULL;
}

/* is_cosigner: the key of ${c} for ${what}, under the one name that it may have. */
static bool is_cosigner(const struct card *c, const char *what, const char *vkey, struct note_key *out)
{
    char name[NOTE_NAME_SIZE];
    snprintf(name, sizeof name, "%s/%s", c->domain, what);
    return vkey != NULL && note_key_read(bytes_str(vkey), out, NULL) == OK && out->type == NOTE_COSIGNATURE &&
           strcmp(out->name, name) == 0;
}

/* add_cosigner: a witness of the policy, in the group at ${group}. */
static void add_cosigner(struct quorum *q, size_t group, const struct note_key *k, struct bytes text)
{
    struct quorum_node *g = &q->node[group];
    if (!signs(text, k->name) || q->node_count == QUORUM_MAX)
        return;
    struct quorum_node *n = &q->node[q->node_count];
    snprintf(n->name, sizeof n->name, "cosigner-%zu", q->key_count);
    n->is_member = true;
    n->key = q->key_count;
    q->key[q->key_count++] = *k;
    g->member[g->count++] = q->node_count++;
}

/* add_card: its two cosigners; one key for both would make a witness's word count as a monitor's. */
static void add_card(struct quorum *q, const struct card *c, struct bytes text)
{
    struct note_key witness, monitor;
    bool has_witness = is_cosigner(c, "witness", c->witness, &witness);
    if (has_witness)
        add_cosigner(q, q->root, &witness, text);
    if (is_cosigner(c, "monitor", c->monitor, &monitor) &&
        !(has_witness && memcmp(witness.pk, monitor.pk, sizeof monitor.pk) == 0))
        add_cosigner(q, q->monitor_node, &monitor, text);
}

/* add_group: any one of its members; without a member it is never met. */
static size_t add_group(struct quorum *q, const char *name)
{
    struct quorum_node *g = &q->node[q->node_count];
    snprintf(g->name, sizeof g->name, "%s", name);
    g->is_group = true;
    g->need = 1;
    return q->node_count++;
}

MUST_USE enum err trust_policy(const struct trust *t, const char *domain, struct bytes text,
                               struct quorum **out, struct fail *f)
{
    AUTO(quorum_freep) struct quorum *q = NULL;
    const struct card *ledger = trust_card(t, domain);
    if (ledger == NULL)
        return fail_set(f, E_UNVERIFIED, "there is no confirmed card of %.253s", domain);
    TRY(quorum_read(bytes_str("quorum none\n"), &q, f)); /* what a policy has unless it says otherwise */
    add_logs(q, ledger);
    q->root = add_group(q, "any-witness");
    q->monitor_node = add_group(q, "any-monitor");
    q->monitor = QUORUM_MONITOR_NAMED;
    for (size_t i = 0; i < t->count; i++)
        if (t->cards[i] != ledger)
            add_card(q, t->cards[i], text);
    *out = q;
    q = NULL;
    return OK;
}

void trust_signed(const struct trust *t, const char *domain, struct bytes note, bool *witnessed,
                  bool *monitored)
{
    AUTO(quorum_freep) struct quorum *q = NULL;
    struct note_signed by[QUORUM_MAX] = { 0 };
    const struct note_key *log;
    struct checkpoint c;
    uint64_t set;
    *witnessed = *monitored = false;
    if (trust_policy(t, domain, note, &q, NULL) != OK || quorum_signers(q, note, &c, &log, by, NULL) != OK)
        return;
    *witnessed = quorum_met(q, by);
    *monitored = quorum_monitors(q, by, domain, &set);
}
