/* SPDX-License-Identifier: Apache-2.0
 * ledger/card_log.c - a card's keys for logs and cosignatures */
#include <string.h>

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
