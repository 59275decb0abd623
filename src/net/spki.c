/* SPDX-License-Identifier: Apache-2.0 */
#include "net/spki.h"

#include <string.h>

#include "base/b64.h"

#define DER_INTEGER  0x02
#define DER_SEQUENCE 0x30
#define DER_VERSION  0xa0

/* One element with this tag: moves ${r} behind it. ${whole} has the header, ${content} doesn't. */
static bool element(struct reader *r, uint8_t tag, struct bytes *whole, struct bytes *content)
{
    size_t from = r->at, len = 0;
    uint8_t got, first, next;
    if (!get_u8(r, &got) || got != tag || !get_u8(r, &first))
        return false;
    len = first;
    if (first >= 0x80) {
        size_t count = first & 0x7f;
        if (count == 0 || count > 3)
            return false;
        len = 0;
        for (size_t i = 0; i < count; i++) {
            if (!get_u8(r, &next) || (i == 0 && next == 0))
                return false;
            len = len << 8 | next;
        }
        if (len < 0x80)
            return false; /* X.690, 10.1: the shortest form */
    }
    if (!get_bytes(r, len, content))
        return false;
    *whole = BYTES(r->data + from, r->at - from);
    return true;
}

bool spki_find(struct bytes certificate, struct bytes *out)
{
    static const uint8_t before[] = { DER_INTEGER, DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE, DER_SEQUENCE };
    struct reader r = reader_of(certificate);
    struct bytes whole, content;
    if (!element(&r, DER_SEQUENCE, &whole, &content) || !reader_done(&r))
        return false;
    r = reader_of(content);
    if (!element(&r, DER_SEQUENCE, &whole, &content))
        return false;
    r = reader_of(content); /* tbsCertificate */
    if (r.len > 0 && r.data[0] == DER_VERSION && !element(&r, DER_VERSION, &whole, &content))
        return false;
    for (size_t i = 0; i < sizeof before; i++) /* serial, signature, issuer, validity, subject */
        if (!element(&r, before[i], &whole, &content))
            return false;
    if (!element(&r, DER_SEQUENCE, &whole, &content))
        return false;
    *out = whole;
    return true;
}

bool spki_find_pem(const char *pem, struct buf *der, struct bytes *out)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----", end[] = "-----END CERTIFICATE-----";
    const char *from = strstr(pem, begin), *to = from ? strstr(from, end) : NULL;
    if (!to)
        return false;
    AUTO(buf_freep) struct buf *text = buf_new((size_t)1 << 20);
    for (const char *s = from + sizeof begin - 1; s < to; s++)
        if (*s != '\n' && *s != '\r')
            buf_put_u8(text, (uint8_t)*s);
    size_t at = der->len;
    if (buf_check(text, "certificate", NULL) != OK ||
        b64_read(B64_STD, bytes_of(text), der, "certificate", NULL) != OK)
        return false;
    return spki_find(BYTES(der->data + at, der->len - at), out);
}
