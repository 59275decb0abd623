/* SPDX-License-Identifier: Apache-2.0
 * tdf/handle.h - a source's handle, sealed to a KAS key (docs/formats.md, 4.4)
 *
 *   u8 version = 1 || u16,kid || u16,ephemeral SPKI PEM || u16,wrapped
 * wrapped as in `ec-wrapped` over context[32] || handle padded with zeros to HANDLE_MAX bytes: so all have one length, and
 * a blob says nothing outside the place that it was made for. */
#ifndef TDF_HANDLE_H
#define TDF_HANDLE_H

#include "base/buf.h"
#include "base/name.h"
#include "crypto/hash.h"
#include "crypto/key.h"

#define HANDLE_SEALED_MAX 512
#define HANDLE_PLAIN      (HASH_LEN + HANDLE_MAX)

/*
 * The place: a report of ${domain} that has a portion from this source; or a question about it by ${person}.
 */
void handle_of_report(const char *domain, const char *report, uint8_t context[static HASH_LEN]);
void handle_of_question(const char *domain, const char *person, uint8_t context[static HASH_LEN]);

/* handle_seal: append to ${out}. ${handle} as name_handle gives it. ${kid} is that of ${to}. */
MUST_USE enum err handle_seal(const struct key *to, const char *kid, const uint8_t context[static HASH_LEN],
                              const char *handle, struct buf *out, struct fail *f);

/* handle_kid: which key opens it; E_INVALID for what is no sealed handle. ${kid} is a view. */
MUST_USE enum err handle_kid(struct bytes sealed, struct bytes *kid, struct fail *f);

/* handle_open: ${out} gets the padded handle, which the caller wipes. E_UNVERIFIED unless it was sealed to ${mine}, for this
 * place; E_INVALID. */
MUST_USE enum err handle_open(const struct key *mine, struct bytes sealed,
                              const uint8_t context[static HASH_LEN], uint8_t out[static HANDLE_MAX],
                              struct fail *f);

#endif
