/* SPDX-License-Identifier: Apache-2.0 */
#include "base/name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool name_is_domain(const char *s)
{
    size_t len = strlen(s), labels = 0;
    if (len == 0 || len > DOMAIN_MAX)
        return false;
    while (*s) {
        size_t n = strcspn(s, ".");
        if (n < 1 || n > 63 || s[0] == '-' || s[n - 1] == '-')
            return false;
        for (size_t i = 0; i < n; i++)
            if (!is_lower_alnum(s[i]) && s[i] != '-')
                return false;
        labels++;
        s += n;
        if (*s == '.' && *++s == '\0')
            return false;
    }
    return labels >= 2;
}

bool name_is_person(const char *s)
{
    const char *at = strchr(s, '@');
    if (!at || at == s || at - s > 64 || s[0] == '.' || at[-1] == '.')
        return false;
    for (const char *c = s; c < at; c++)
        if ((!is_lower_alnum(*c) && !strchr("._-", *c)) || (*c == '.' && c[1] == '.'))
            return false;
    return name_is_domain(at + 1);
}

bool name_is_bare_compartment(const char *s, size_t len)
{
    if (len < 1 || len > 32 || s[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(s[i] >= 'A' && s[i] <= 'Z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
            return false;
    return true;
}

bool name_is_compartment(const char *s)
{
    const char *slash = strchr(s, '/');
    char domain[DOMAIN_MAX + 1];
    if (!slash || slash - s > DOMAIN_MAX)
        return false;
    memcpy(domain, s, (size_t)(slash - s));
    domain[slash - s] = '\0';
    return name_is_domain(domain) && name_is_bare_compartment(slash + 1, strlen(slash + 1));
}

bool name_is_list(const char *s)
{
    size_t len = strlen(s);
    if (len < 1 || len > 32 || s[0] == '-')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_lower_alnum(s[i]) && s[i] != '-')
            return false;
    return true;
}

const char *name_domain_of(const char *s)
{
    const char *at = strchr(s, '@');
    return at ? at + 1 : s;
}

void uuid_print(const uint8_t id[static 16], char out[static UUID_TEXT])
{
    static const int group[] = { 4, 2, 2, 2, 6 };
    for (size_t g = 0; g < 5; g++) {
        hex_print(BYTES(id, (size_t)group[g]), out);
        id += group[g];
        out += 2 * group[g];
        *out++ = g < 4 ? '-' : '\0';
    }
}

bool uuid_read(const char *s, uint8_t id[static 16])
{
    static const size_t group[] = { 4, 2, 2, 2, 6 };
    if (strlen(s) != UUID_TEXT - 1)
        return false;
    for (size_t g = 0; g < 5; g++) {
        if (!hex_read(BYTES(s, 2 * group[g]), id, group[g]))
            return false;
        id += group[g];
        s += 2 * group[g];
        if (*s++ != (g < 4 ? '-' : '\0'))
            return false;
    }
    return true;
}

bool name_is_uuid(const char *s)
{
    uint8_t id[16];
    return uuid_read(s, id);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool name_is_handle(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_lower_alnum(lower(s[i])) && (i == 0 || (s[i] != '-' && s[i] != '.' && s[i] != '_')))
            return false;
    return len > 0 && len <= HANDLE_MAX;
}

bool name_handle(const char *s, size_t len, char out[static HANDLE_MAX + 1])
{
    if (!name_is_handle(s, len))
        return false;
    for (size_t i = 0; i < len; i++)
        out[i] = lower(s[i]);
    out[len] = '\0';
    return true;
}

static const char crockford[] = "0123456789abcdefghjkmnpqrstvwxyz";

void short_print(const char *uuid, unsigned letters, char out[static 25])
{
    uint8_t id[16];
    if (!uuid_read(uuid, id) || letters < 4 || letters > 24)
        BUG("short form of what is no UUID");
    for (unsigned i = 0; i < letters; i++) {
        unsigned v = 0;
        for (unsigned bit = 5 * i; bit < 5 * i + 5; bit++)
            v = v << 1 | (id[bit / 8] >> (7 - bit % 8) & 1);
        out[i] = crockford[v];
    }
    out[letters] = '\0';
}

/* Crockford's reading of a letter: case folded, o i l taken for the digits they look like; 0 if it is none */
static char fold(char c)
{
    c = (char)tolower((unsigned char)c);
    c = c == 'o' ? '0' : c == 'i' || c == 'l' ? '1' : c;
    return is_lower_alnum(c) && c != 'u' ? c : '\0';
}

static const char *undecorated(const char *text)
{
    return text[0] && strchr("qoia", text[0]) && text[1] == '-' ? text + 2 : text;
}

bool short_is(const char *text)
{
    text = undecorated(text);
    size_t len = strlen(text);
    if (len < 4 || len > 24)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!fold(text[i]))
            return false;
    return true;
}

bool short_matches(const char *text, const char *uuid)
{
    text = undecorated(text);
    if (strcmp(text, uuid) == 0)
        return true;
    if (!short_is(text) || !name_is_uuid(uuid))
        return false;
    char full[25];
    size_t len = strlen(text);
    short_print(uuid, (unsigned)len, full);
    for (size_t i = 0; i < len; i++)
        if (fold(text[i]) != full[i])
            return false;
    return true;
}

bool short_range(const char *text, char first[static UUID_TEXT], char last[static UUID_TEXT])
{
    uint8_t low[16] = { 0 }, high[16];
    text = undecorated(text);
    if (name_is_uuid(text)) {
        memcpy(first, text, UUID_TEXT);
        memcpy(last, text, UUID_TEXT);
        return true;
    }
    if (!short_is(text))
        return false;
    memset(high, 0xff, sizeof high);
    for (unsigned bit = 0; text[bit / 5]; bit++) {
        unsigned v = (unsigned)(strchr(crockford, fold(text[bit / 5])) - crockford);
        uint8_t mask = (uint8_t)(0x80 >> bit % 8);
        if (v >> (4 - bit % 5) & 1)
            low[bit / 8] |= mask;
        else
            high[bit / 8] &= (uint8_t)~mask;
    }
    uuid_print(low, first);
    uuid_print(high, last);
    return true;
}
