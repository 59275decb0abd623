/* SPDX-License-Identifier: Apache-2.0 */
#include "client/sheet.h"

#include <string.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/mem.h"
#include "client/verify.h"
#include "crypto/hash.h"
#include "ledger/wording.h"

#define COLUMNS 80
#define LABEL   13 /* width of the first column */

static const char *title(const struct sheet *s)
{
    const char *claim = json_text_of(s->checked, "claim");
    return strcmp(claim, "yes") == 0         ? "A briefing is on record"
           : strcmp(claim, "no-record") == 0 ? "No briefing is on record"
                                             : "Whether there was a briefing is unknown";
}

static char *digest_text(const struct sheet *s)
{
    uint8_t digest[HASH_LEN];
    char *text = mem_array(2 * HASH_LEN + 1, 1);
    hash_sha256(s->evidence, digest);
    hex_print(BYTES(digest, sizeof digest), text);
    return text;
}

/* What stands in the table: a label, and where its text comes from. */
static const struct {
    const char *label, *member;
} rows[] = {
    { "Person", "person" },    { "Portion", "portion" }, { "Ledger", "ledger" },
    { "Time (UTC)", "until" }, { "Entry", "entry" },     { "Basis", "basis" },
};

/* How somebody has it checked who does not believe this sheet. */
static const char *const steps[] = {
    "This sheet proves nothing by itself. What proves it is the file named below, which has the digest "
    "given.",
    "Have anybody who runs orcon check the file: orcon verify FILE. It needs no network, only the cards of "
    "the "
    "organisations named under 'Rests on'.",
    "Compare the six words behind each organisation's name with what that organisation itself reads out.",
    "The file's format is public (orcon, docs/formats.md): the check can be made with other software.",
};

static char *assume_text(const json_t *v)
{
    AUTO(buf_freep) struct buf *b = buf_new(4096);
    wording_assume(bytes_str(json_string_value(v)), b);
    return str_dup(buf_text(b));
}

/* Text --------------------------------------------------------------------------------------------------------- */

/* ${text} from column ${indent} on, broken at blanks; the line before has ${at} columns already. */
static void put_wrapped(struct buf *out, size_t at, size_t indent, const char *text)
{
    size_t column = at;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (column > indent && column + n + 1 > COLUMNS) {
            buf_printf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            buf_put_u8(out, ' ');
            column++;
        }
        buf_put(out, p, n);
        column += n;
        p += n;
        p += strspn(p, " ");
    }
    buf_put_u8(out, '\n');
}

static void put_item(struct buf *out, const char *bullet, const char *text)
{
    buf_put_str(out, bullet);
    put_wrapped(out, strlen(bullet), strlen(bullet), text);
}

static void put_row(struct buf *out, const char *label, const char *text)
{
    buf_printf(out, "%-*s", LABEL, label);
    put_wrapped(out, LABEL, LABEL, text);
}

void sheet_text(const struct sheet *s, struct buf *out)
{
    AUTO(str_freep) char *digest = digest_text(s);
    const json_t *anchors = json_object_get(s->checked, "anchors"),
                 *assumptions = json_object_get(s->checked, "assumptions");
    buf_printf(out, "%s\n", title(s));
    for (size_t i = 0; i < strlen(title(s)); i++)
        buf_put_u8(out, '=');
    buf_put_str(out, "\n\n");
    put_wrapped(out, 0, 0, json_text_of(s->checked, "statement"));
    buf_put_u8(out, '\n');
    for (size_t i = 0; i < COUNT(rows); i++)
        put_row(out, rows[i].label, json_text_of(s->checked, rows[i].member));
    buf_put_str(out, "\nRests on\n");
    for (size_t i = 0; i < json_array_size(anchors); i++) {
        AUTO(str_freep) char *text = verify_anchor_brief(json_string_value(json_array_get(anchors, i)));
        put_item(out, "  - ", text);
    }
    if (json_array_size(assumptions))
        buf_put_str(out, "\nand on these assumptions\n");
    for (size_t i = 0; i < json_array_size(assumptions); i++) {
        AUTO(str_freep) char *text = assume_text(json_array_get(assumptions, i));
        put_item(out, "  - ", text);
    }
    buf_put_str(out, "\nHow to check it\n");
    for (size_t i = 0; i < COUNT(steps); i++) {
        AUTO(str_freep) char *bullet = str_format("  %zu. ", i + 1);
        put_item(out, bullet, steps[i]);
    }
    buf_put_u8(out, '\n');
    put_row(out, "File", s->file ? s->file : "(not written)");
    put_row(out, "SHA-256", digest);
    put_row(out, "Sheet made", s->made);
}

/* HTML --------------------------------------------------------------------------------------------------------- */

static void put_escaped(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '<':
            buf_put_str(out, "&lt;");
            break;
        case '>':
            buf_put_str(out, "&gt;");
            break;
        case '&':
            buf_put_str(out, "&amp;");
            break;
        case '"':
            buf_put_str(out, "&quot;");
            break;
        default:
            buf_put(out, p, 1);
        }
    }
}

static void put_element(struct buf *out, const char *name, const char *text)
{
    buf_printf(out, "<%s>", name);
    put_escaped(out, text);
    buf_printf(out, "</%s>\n", name);
}

static void put_cells(struct buf *out, const char *label, const char *text)
{
    buf_put_str(out, "<tr><th>");
    put_escaped(out, label);
    buf_put_str(out, "</th><td>");
    put_escaped(out, text);
    buf_put_str(out, "</td></tr>\n");
}

/* No script, nothing from elsewhere; small enough for one page. */
static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n"
    "<style>\n@page { size: A4; margin: 18mm; }\n"
    "body { font: 10pt/1.35 serif; max-width: 174mm; margin: 0 auto; color: #000; background: #fff; }\n"
    "h1 { font-size: 16pt; margin: 0 0 4mm; } h2 { font-size: 11pt; margin: 4mm 0 1mm; }\n"
    ".claim { border: 1pt solid #000; padding: 3mm; font-size: 11pt; }\n"
    "table { border-collapse: collapse; margin-top: 3mm; } th { text-align: left; padding-right: 5mm; "
    "font-weight: normal; color: #444; vertical-align: top; } td { overflow-wrap: anywhere; }\n"
    "ul, ol { margin: 1mm 0; padding-left: 6mm; } li { overflow-wrap: anywhere; } "
    "code { font-size: 8.5pt; overflow-wrap: anywhere; }\n</style>\n";

static void put_anchors(struct buf *out, const json_t *list)
{
    buf_put_str(out, "<h2>Rests on</h2>\n<ul>\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        AUTO(str_freep) char *text = verify_anchor_brief(json_string_value(json_array_get(list, i)));
        put_element(out, "li", text);
    }
    buf_put_str(out, "</ul>\n");
}

static void put_assumptions(struct buf *out, const json_t *list)
{
    if (json_array_size(list) == 0)
        return;
    buf_put_str(out, "<h2>and on these assumptions</h2>\n<ul>\n");
    for (size_t i = 0; i < json_array_size(list); i++) {
        AUTO(str_freep) char *text = assume_text(json_array_get(list, i));
        put_element(out, "li", text);
    }
    buf_put_str(out, "</ul>\n");
}

void sheet_html(const struct sheet *s, struct buf *out)
{
    AUTO(str_freep) char *digest = digest_text(s);
    buf_put_str(out, head);
    put_element(out, "title", title(s));
    buf_put_str(out, "</head><body>\n");
    put_element(out, "h1", title(s));
    buf_put_str(out, "<p class=\"claim\">");
    put_escaped(out, json_text_of(s->checked, "statement"));
    buf_put_str(out, "</p>\n<table>\n");
    for (size_t i = 0; i < COUNT(rows); i++)
        put_cells(out, rows[i].label, json_text_of(s->checked, rows[i].member));
    buf_put_str(out, "</table>\n");
    put_anchors(out, json_object_get(s->checked, "anchors"));
    put_assumptions(out, json_object_get(s->checked, "assumptions"));
    buf_put_str(out, "<h2>How to check it</h2>\n<ol>\n");
    for (size_t i = 0; i < COUNT(steps); i++)
        put_element(out, "li", steps[i]);
    buf_put_str(out, "</ol>\n<table>\n");
    put_cells(out, "File", s->file ? s->file : "(not written)");
    put_cells(out, "SHA-256", digest);
    put_cells(out, "Sheet made", s->made);
    buf_put_str(out, "</table>\n</body></html>\n");
}
