/* SPDX-License-Identifier: Apache-2.0 */
#include "client/growth.h"

#include <string.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/mem.h"
#include "ledger/checkpoint.h"
#include "ledger/entry.h"

/* The log that the note claims to be of, and the signed checkpoint. */
static enum err open_note(const struct card *originator, struct bytes note, struct checkpoint *out,
                          struct fail *f)
{
    for (size_t i = 0; i < json_array_size(originator->logs); i++) {
        const char *vkey = json_string_value(json_array_get(originator->logs, i));
        struct note_key key;
        if (vkey && note_key_read(bytes_str(vkey), &key, NULL) == OK &&
            checkpoint_open(note, &key, out, NULL) == OK)
            return OK;
    }
    return fail_set(f, E_UNVERIFIED, "a checkpoint that no log of %s signed", originator->domain);
}

static char *log_path(const struct profile *p, const struct checkpoint *c, const char *suffix)
{
    char domain[DOMAIN_MAX + 1] = "";
    uint32_t generation = 0;
    if (!origin_read(c->origin, domain, &generation))
        BUG("a log in a card with another origin than a ledger's");
    return str_format("%s/logs/%s.%u%s", p->dir, domain, (unsigned)generation, suffix);
}

static enum err keep(const struct profile *p, const struct checkpoint *c, struct bytes note,
                     const char *suffix, struct fail *f)
{
    AUTO(str_freep) char *dir = str_format("%s/logs", p->dir);
    AUTO(str_freep) char *path = log_path(p, c, suffix);
    TRY(file_mkdirs(dir, 0700, f));
    return file_write(path, note, 0600, f);
}

/* What to do is said where the person reads it. */
static enum err refuse(const struct profile *p, const struct checkpoint *c, struct bytes note,
                       const char *why, struct fail *f)
{
    AUTO(str_freep) char *path = log_path(p, c, "");
    struct fail unkept = { 0 };
    if (keep(p, c, note, ".other", &unkept) != OK)
        fail_clear(&unkept); /* the refusal stands all the same */
    return fail_why(
        f, REASON_TWO_HISTORIES,
        "%s; no key was used. Show your officers %s and the file beside it that ends in .other: two "
        "signed checkpoints that can't both be true",
        why, path);
}

/* The two checkpoints, by the node's proof; there is none where they are of one size. */
static enum err check_growth(const struct checkpoint *seen, const struct checkpoint *now,
                             const json_t *answer, struct fail *f)
{
    AUTO(buf_freep) struct buf *proof = buf_new(TREE_PROOF_MAX);
    const struct checkpoint *small = seen->size < now->size ? seen : now, *large = small == seen ? now : seen;
    const char *text;
    if (small->size == large->size)
        return memcmp(small->root, large->root, HASH_LEN) == 0 ? OK : fail_set(f, E_UNVERIFIED, "two roots");
    TRY(json_need_str(answer, "proof", "history answer", &text, f));
    TRY(b64_read(B64_STD, bytes_str(text), proof, "proof", f));
    return tree_verify_consistency(small->size, large->size, small->root, large->root, bytes_of(proof), f);
}

static enum err ask(struct session *s, struct bytes note, const struct buf *seen, json_t **out,
                    struct fail *f)
{
    json_t *question = json_object();
    json_set_take(question, "checkpoint", json_stringn((const char *)note.data, note.len));
    json_set_str(question, "seen", seen->len ? buf_text(seen) : "");
    return session_post(s, "/v1/history", question, out, f);
}

enum err growth_check(struct session *s, const struct card *originator, struct bytes note, struct fail *f)
{
    const struct profile *p = session_profile(s);
    AUTO(buf_freep) struct buf *seen = buf_new(NOTE_MAX);
    AUTO(json_freep) json_t *answer = NULL;
    struct checkpoint now, before = { 0 };
    struct fail why = { 0 };
    TRY(open_note(originator, note, &now, f));
    AUTO(str_freep) char *path = log_path(p, &now, "");
    if (file_exists(path))
        TRY(file_read(path, seen, f));
    if (seen->len)
        TRY(open_note(originator, bytes_of(seen), &before, f));
    if (bytes_equal(bytes_of(seen), note))
        return OK;
    enum err e = ask(s, note, seen, &answer, &why);
    if (e != OK && why.reason == REASON_TWO_HISTORIES)
        return refuse(p, &now, note, why.what, f);
    if (e != OK)
        return fail_pass(f, &why);
    if (seen->len && check_growth(&before, &now, answer, &why) != OK)
        return refuse(p, &now, note, "the ledger did not grow from what it was before", f);
    return now.size > before.size ? keep(p, &now, note, "", f) : OK;
}
