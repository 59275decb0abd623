/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/client/world.h - an originator made by hand: his keys, card and ledger; a person's profile; and
 * what his node would answer. Every function ends the test where it can't do what it is for. */
#ifndef TESTS_CLIENT_WORLD_H
#define TESTS_CLIENT_WORLD_H

#include "client/held.h"
#include "client/profile.h"
#include "client/unlock.h"
#include "ledger/note.h"

/* An organisation with all that its node would hold. */
struct org {
    const char *domain, *url;
    struct key *card_key, *statement_key, *kas_key, *log_key, *vrf_key;
    struct note_key log;
    char *card_text;
    struct card *card;
};

void world_must(enum err e, const struct fail *f);

/* org_make: ${pin} is the SHA-256 of its TLS key. org_card: its next card: ${serial}, after the one with digest
 * ${prev} ("" for none), signed by ${by}, with ${card_key} as its card key; caller frees. */
void org_make(struct org *o, const char *domain, const char *url, const uint8_t pin[static HASH_LEN]);
char *org_card(const struct org *o, uint64_t serial, const char *prev, const struct key *card_key,
               const uint8_t pin[static HASH_LEN]);
void org_clear(struct org *o);

/* world_folder: a fresh temporary folder, removed by world_remove. */
char *world_folder(void);
void world_remove(char *dir);
/* world_file: ${text} in ${dir}/${name}; the path, caller frees. */
char *world_file(const char *dir, const char *name, const char *text);
/* world_profile: a person of ${o}, enrolled in ${dir}. */
struct profile *world_profile(const char *dir, const char *person, const struct org *o);

/* world_presence: the presence part for the briefing of ${person} on ${portion} (`domain/uuid`), in a ledger of
 * ${o} that ${log_key} signs. Caller frees. */
char *world_presence(const struct org *o, const struct key *log_key, const char *portion, const char *person);

/* world_share: a share statement of ${o} to ${holder} with these rows; signed by ${by}. ${rows} is taken over. */
char *world_share(const struct org *o, const char *holder, const char *report, json_t *rows,
                  const struct key *by);

/* world_permit: one result of a key answer: the data key of ${p}, wrapped to ${request}'s session key under the
 * KAS session ${kas_session}, with ${presence} (NULL: none). */
json_t *world_permit(const struct org *o, const struct unlock *request, const struct held_portion *p,
                     const struct key *kas_session, const char *presence);
json_t *world_refusal(const char *reason, const char *text);
/* world_answer: the whole: ${results}[i] is for ${request}->portions[i]; NULL: left out. Taken over. */
json_t *world_answer(const struct unlock *request, json_t *const *results, const struct key *kas_session);

#endif
