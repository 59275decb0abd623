/* SPDX-License-Identifier: Apache-2.0
 * ledger/card_log.c - a card's keys for logs and cosignatures */
#include <string.h>

#include "base/mem.h"
#include "ledger/card.h"

size_t card_log_keys(const struct card *c, const char *origin, struct note_key *out, size_t max)
{
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(c->logs) && found < max; i++) {
        struct note_key k;
        if (note_key_read(bytes_str(json_string_value(json_array_get(c->logs, i))), &k, NULL) == OK &&
            k.type == NOTE_ED25519 && strcmp(k.name, origin) == 0)
            out[found++] = k;
    }
    return found;
}

enum err card_check_logs(const struct card *c, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(c->logs); i++) {
        const char *vkey = json_string_value(json_array_get(c->logs, i));
        AUTO(str_freep) char *name = str_format("%s/orcon/%zu+", c->domain, i + 1);
        if (!vkey)
            return fail_set(f, E_INVALID, "card: log %zu is no text", i + 1);
        if (strncmp(vkey, name, strlen(name)) != 0)
            return fail_set(f, E_INVALID, "card of %s: log %zu is not %s/orcon/%zu", c->domain, i + 1,
                            c->domain, i + 1);
    }
    return OK;
}

enum err card_keeps_logs(const struct card *last, const struct card *next, struct fail *f)
{
    for (size_t i = 0; i < json_array_size(last->logs); i++)
        if (!json_equal(json_array_get(last->logs, i), json_array_get(next->logs, i)))
            return fail_set(
                f, E_REFUSED,
                "card %llu of %s has another key than card %llu for the log %s/orcon/%zu: a ledger's "
                "keys never change; ask them",
                (unsigned long long)next->serial, next->domain, (unsigned long long)last->serial,
                next->domain, i + 1);
    return OK;
}

static enum err read_cosigner(const struct card *c, const char *vkey, const char *role, struct note_key *out,
                              struct fail *f)
{
    size_t n = strlen(c->domain);
    if (note_key_read(bytes_str(vkey), out, NULL) != OK || out->type != NOTE_COSIGNATURE ||
        strncmp(out->name, c->domain, n) != 0 || out->name[n] != '/' || strcmp(out->name + n + 1, role) != 0)
        return fail_set(f, E_INVALID, "card of %s: its %s key is no cosigner's key of that name", c->domain,
                        role);
    return OK;
}

/* A cosignature does not name its cosigner: one key under two names would count as two. */
static bool is_log_key(const struct card *c, const struct note_key *k)
{
    for (size_t i = 0; i < json_array_size(c->logs); i++) {
        struct note_key log;
        if (note_key_read(bytes_str(json_string_value(json_array_get(c->logs, i))), &log, NULL) == OK &&
            memcmp(log.pk, k->pk, sizeof k->pk) == 0)
            return true;
    }
    return false;
}

enum err card_cosigners(const struct card *c, struct note_key *witness, struct note_key *monitor,
                        struct fail *f)
{
    TRY(read_cosigner(c, c->witness, "witness", witness, f));
    TRY(read_cosigner(c, c->monitor, "monitor", monitor, f));
    if (memcmp(witness->pk, monitor->pk, sizeof witness->pk) == 0 || is_log_key(c, witness) ||
        is_log_key(c, monitor))
        return fail_set(f, E_INVALID, "card of %s: log, witness and monitor need keys of their own",
                        c->domain);
    return OK;
}
