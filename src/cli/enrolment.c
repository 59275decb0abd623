/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/enrolment.h"

#include <string.h>

#include "base/b64.h"
#include "base/file.h"
#include "base/mem.h"

void enrolment_clear(struct enrolment *e)
{
    wipe(e->secret, sizeof e->secret);
}

static enum err read_url(const char *text, struct enrolment *e, struct fail *f)
{
    static const char path[] = "/enrol#";
    const char *end = strstr(text, path), *secret = end ? end + sizeof path - 1 : NULL;
    const char *dot = secret ? strchr(secret, '.') : NULL;
    if (!dot || strncmp(text, "https://", 8) != 0 || (size_t)(end - text) >= sizeof e->url ||
        !b64_read_exact(B64_URL, BYTES(secret, (size_t)(dot - secret)), e->secret, sizeof e->secret) ||
        !b64_read_exact(B64_URL, bytes_str(dot + 1), e->card_key_sha, HASH_LEN))
        return fail_set(
            f, E_USAGE,
            "this is no enrolment URL: https://.../enrol#..., whole, in quotes (or - to read it)");
    memcpy(e->url, text, (size_t)(end - text));
    e->url[end - text] = '\0';
    return OK;
}

enum err enrolment_read(const char *argument, struct enrolment *e, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(ENROLMENT_URL_MAX);
    if (strcmp(argument, "-") != 0)
        return read_url(argument, e, f);
    TRY(file_read("-", text, f));
    while (text->len && strchr(" \t\r\n", text->data[text->len - 1]))
        text->data[--text->len] = '\0';
    return read_url(buf_text(text), e, f);
}
