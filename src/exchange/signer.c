/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/signer.h"

#include <string.h>

#include "ledger/body.h"

#define DEVICE_FIELDS (1u << FIELD_KIND | 1u << FIELD_PERSON | 1u << FIELD_STATEMENT)

void signer_clear(struct signer *s)
{
    store_device_clear(&s->device);
    store_statement_clear(&s->statement);
    show_entry_clear(&s->entry);
}

enum err signer_load(struct node *n, const struct publisher_head *head, const char *kid, struct signer *s,
                     struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    struct body body;
    TRY(store_read_begin(n->store, &db, f));
    TRY(store_device_get(db, kid, &s->device, f));
    TRY(show_entry(n, db, head, (struct place){ s->device.generation, s->device.idx }, DEVICE_FIELDS,
                   &s->entry, f));
    TRY(body_read(bytes_of(&s->entry.proof.body), &body, f));
    struct bytes digest = body.field[FIELD_STATEMENT];
    wipe(body.key, sizeof body.key);
    if (digest.len != HASH_LEN)
        return fail_set(f, E_STORE, "the entry of key %s names no statement", kid);
    return store_statement_by_digest(db, digest.data, &s->statement, f);
}

struct keeper_signed signer_shown(struct bytes act, const struct signer *s)
{
    return (struct keeper_signed){ .act = act,
                                   .act_jwk = bytes_str(s->device.jwk),
                                   .device = s->entry.entry,
                                   .device_statement = bytes_str(s->statement.jws) };
}
