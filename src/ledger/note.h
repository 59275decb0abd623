/* SPDX-License-Identifier: Apache-2.0
 * ledger/note.h - signed notes and cosignatures (C2SP signed-note v1.0.0, tlog-cosignature v1.1.0, Ed25519)
 *
 * A note is text, an empty line, and signature lines `EM-DASH name base64(keyID || signature)`. What is
 * signed by a key of type 01 is the text; by a cosigner, of type 04, the text under a header with a time.
 * Making the message, signing it, and putting the note together are three steps, so that the key may live in
 * another process. Pure; any thread. */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include "base/buf.h"
#include "crypto/key.h"
#include "crypto/sign.h"

#define NOTE_MAX       ((size_t)256 << 10)
#define NOTE_LINES_MAX 100
#define NOTE_NAME_SIZE 320 /* a key name and its zero byte */
#define NOTE_VKEY_SIZE (NOTE_NAME_SIZE + 60)

enum note_type { NOTE_ED25519 = 0x01, NOTE_COSIGNATURE = 0x04 };

/* A public key with its name: what a vkey line says. Fixed size, copied freely. */
struct note_key {
    char name[NOTE_NAME_SIZE];
    enum note_type type;
    uint8_t id[4];
    uint8_t pk[32];
};

/* note_key_make: E_INVALID unless ${name} is a key name: not empty, UTF-8 without spaces, `+` and control
 * characters, and fits. note_key_read: a vkey `name+hash+base64`; other types than the two are E_INVALID.
 * note_key_print: as a vkey. note_key_same: same name, type and key. */
MUST_USE enum err note_key_make(const char *name, enum note_type type, const uint8_t pk[static 32],
                                struct note_key *out, struct fail *f);
MUST_USE enum err note_key_read(struct bytes vkey, struct note_key *out, struct fail *f);
void note_key_print(const struct note_key *k, char out[static NOTE_VKEY_SIZE]);
bool note_key_same(const struct note_key *a, const struct note_key *b);

/* A parsed note. Nothing is verified yet. */
struct note_line {
    struct bytes name;
    struct bytes signature; /* without the key ID */
    uint8_t id[4];
    struct bytes line; /* the whole line with its newline */
};
struct note {
    struct bytes text; /* with its last newline */
    size_t count;
    struct note_line line[NOTE_LINES_MAX];
    struct buf bytes, signatures; /* own */
};

/* note_read: E_INVALID unless ${v}, of at most NOTE_MAX bytes, is a note with 1 to NOTE_LINES_MAX lines. */
MUST_USE enum err note_read(struct bytes v, struct note **out, struct fail *f);
void note_free(struct note *n);
void note_freep(struct note **n);

/* Whether a key signed, and when; time_s is 0 for type 01. */
struct note_signed {
    bool by;
    uint64_t time_s;
};

/*
 * note_verify: check the first line of each known (name, key ID) and set ${out}[i] for ${keys}[i] (${out} may
 * be NULL). Lines of other keys are skipped, however they look. E_UNVERIFIED if a line of a known key fails,
 * or no known key signed.
 */
MUST_USE enum err note_verify(const struct note *n, const struct note_key *keys, size_t count,
                              struct note_signed *out, struct fail *f);

/* note_message: append the bytes that a key of ${type} signs for ${text}; ${time_s} < 2^63, 0 for type 01. */
void note_message(enum note_type type, struct bytes text, uint64_t time_s, struct buf *out);

/* note_begin: the text and the empty line. note_add_line: a signature line; ${signature} is the plain Ed25519
 * one. note_sign_line: message, signature and line with a key at hand. */
void note_begin(struct buf *out, struct bytes text);
void note_add_line(struct buf *out, const struct note_key *k, uint64_t time_s,
                   const uint8_t signature[static SIGN_LEN]);
void note_sign_line(struct buf *out, const struct note_key *k, const struct key *secret, struct bytes text,
                    uint64_t time_s);

#endif
