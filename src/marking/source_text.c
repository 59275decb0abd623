/* SPDX-License-Identifier: Apache-2.0 */
#include "marking/source_text.h"

#include <string.h>

#include "base/mem.h"
#include "marking/marking.h"
#include "marking/word.h"

bool source_text_line(struct bytes *rest, struct bytes *line)
{
    if (rest->len == 0)
        return false;
    const uint8_t *end = memchr(rest->data, '\n', rest->len);
    line->data = rest->data;
    line->len = end ? (size_t)(end - rest->data) : rest->len;
    *rest = word_after(*rest, end ? line->len + 1 : line->len);
    return true;
}

bool source_text_blank(struct bytes line)
{
    for (size_t i = 0; i < line.len; i++)
        if (!strchr(" \t\r", line.data[i]) || line.data[i] == '\0')
            return false;
    return true;
}

struct bytes source_text_trim(struct bytes text)
{
    struct bytes rest = text, line, kept = BYTES(text.data, 0);
    bool begun = false;
    while (source_text_line(&rest, &line)) {
        if (source_text_blank(line))
            continue;
        if (!begun)
            kept.data = line.data;
        begun = true;
        kept.len = (size_t)(line.data + line.len - kept.data);
    }
    if (kept.len && kept.data[kept.len - 1] == '\r')
        kept.len--;
    return kept;
}

bool source_text_mark(struct bytes line, struct bytes *inside, struct bytes *after)
{
    if (line.len == 0 || line.data[0] != '(')
        return false;
    *inside = word_after(line, 1);
    *after = (struct bytes){ 0 };
    const uint8_t *end = inside->len ? memchr(inside->data, ')', inside->len) : NULL;
    if (end) {
        size_t len = (size_t)(end - inside->data);
        *after = word_after(*inside, len + 1);
        inside->len = len;
    }
    return marking_claims(*inside, end != NULL);
}

/* What people and editors put before a mark: signs of lists, quotes and headings, blanks that can't be seen */
static size_t decoration(struct bytes v)
{
    static const char *const wide[] = { "\xc2\xa0", "\xe2\x80\x8b", "\xe2\x81\xa0", "\xef\xbb\xbf",
                                        "\xe3\x80\x80" };
    if (v.len && v.data[0] && strchr(" \t>*#+-_~|.0123456789", v.data[0]))
        return 1;
    for (size_t i = 0; i < COUNT(wide); i++)
        if (word_starts(v, wide[i]))
            return strlen(wide[i]);
    return 0;
}

const uint8_t *source_text_stray(struct bytes line)
{
    static const char *const brackets[] = { "(", "[", "\xef\xbc\x88", "\xef\xbc\xbb", "\xe3\x80\x90" };
    size_t len;
    while ((len = decoration(line)))
        line = word_after(line, len);
    for (size_t i = 0; i < COUNT(brackets); i++)
        if (word_starts(line, brackets[i]) && marking_claims(word_after(line, strlen(brackets[i])), false))
            return line.data;
    return NULL;
}

/* `[[7k3q/1]]`, also with the originator's domain before it: how long it is, 0 if it is none */
static size_t citation(struct bytes v)
{
    if (!word_starts(v, "[["))
        return 0;
    size_t i = 2, slash = 0, digits = 0;
    for (; i < v.len && (v.data[i] == '/' || v.data[i] == '.' || v.data[i] == '-' || v.data[i] == '@' ||
                         (v.data[i] >= '0' && v.data[i] <= '9') ||
                         ((v.data[i] | 0x20) >= 'a' && (v.data[i] | 0x20) <= 'z'));
         i++) {
        bool digit = v.data[i] >= '0' && v.data[i] <= '9';
        slash = v.data[i] == '/' ? i : slash;
        digits = digit ? digits + 1 : 0;
    }
    bool is = slash > 2 && digits > 0 && i == slash + 1 + digits && word_starts(word_after(v, i), "]]");
    return is ? i + 2 : 0;
}

/* `{conceal|hide}`: two texts or more, none of them blank; within a paragraph, without braces inside */
static size_t variants(struct bytes v)
{
    size_t sides = 0;
    bool text = false, line_blank = false;
    for (size_t i = 1; i < v.len; i++) {
        uint8_t c = v.data[i];
        if (c == '{' || (c == '\n' && line_blank))
            return 0;
        line_blank = c == '\n' || (line_blank && strchr(" \t\r", c));
        if (c == '|' || c == '}') {
            if (!text)
                return 0;
            sides++;
            text = false;
        } else if (!strchr(" \t\r\n", c)) {
            text = true;
        }
        if (c == '}')
            return sides >= 2 ? i + 1 : 0;
    }
    return 0;
}

static size_t quotes(struct bytes v)
{
    size_t n = 0;
    while (n < v.len && v.data[n] == '`')
        n++;
    return n;
}

/* A code span ends at as many backquotes as it began with (CommonMark, 6.1); without an end they are text. */
static size_t code_span(struct bytes v)
{
    size_t open = quotes(v);
    for (size_t i = open; i < v.len;) {
        size_t n = quotes(word_after(v, i));
        i += n ? n : 1;
        if (n == open)
            return i;
    }
    return open;
}

enum source_construct source_text_construct(struct bytes text, const uint8_t *from, struct bytes *here)
{
    size_t len;
    for (size_t i = (size_t)(from - text.data); i < text.len; i++) {
        *here = word_after(text, i);
        switch (here->data[0]) {
        case '\\':
            i++;
            break;
        case '`':
            i += code_span(*here) - 1;
            break;
        case '{':
            if (!(len = variants(*here)))
                break;
            here->len = len;
            return SOURCE_VARIANTS;
        case '[':
            if (!(len = citation(*here)))
                break;
            here->len = len;
            return SOURCE_CITATION;
        default:
            break;
        }
    }
    return SOURCE_PLAIN;
}
