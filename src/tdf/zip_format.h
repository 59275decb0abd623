/* SPDX-License-Identifier: Apache-2.0
 * tdf/zip_format.h - numbers of PKWARE APPNOTE 6.3, section 4.3, shared by zip.c and zip_write.c */
#ifndef TDF_ZIP_FORMAT_H
#define TDF_ZIP_FORMAT_H

#include <stdint.h>

enum {
    LOCAL_SIG = 0x04034b50,   /* 4.3.7 */
    CENTRAL_SIG = 0x02014b50, /* 4.3.12 */
    END64_SIG = 0x06064b50,   /* 4.3.14 */
    FIND64_SIG = 0x07064b50,  /* 4.3.15: the locator */
    END_SIG = 0x06054b50,     /* 4.3.16 */
    LOCAL_LEN = 30,
    CENTRAL_LEN = 46,
    END64_LEN = 56,
    FIND64_LEN = 20,
    END_LEN = 22,
    EXTRA64 = 1, /* 4.5.3 */
    FLAG_DESCRIPTOR = 1 << 3,
    FLAG_UTF8 = 1 << 11,
    VERSION = 20,
    VERSION64 = 45,
    DATE_1980 = 0x0021, /* 1980-01-01: says nothing */
};

#define FULL16 0xFFFFu
#define FULL32 0xFFFFFFFFu /* "see the ZIP64 field" */

static inline uint16_t le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

static inline uint64_t le64(const uint8_t *p)
{
    return (uint64_t)le32(p) | (uint64_t)le32(p + 4) << 32;
}

#endif
