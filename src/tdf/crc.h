/* SPDX-License-Identifier: Apache-2.0
 * tdf/crc.h - CRC-32 of ZIP (ISO 3309, reflected, polynomial 0xEDB88320) */
#ifndef TDF_CRC_H
#define TDF_CRC_H

#include "base/buf.h"

/* crc_add: the checksum of what ${crc} is the checksum of (0: nothing), followed by ${v}. Any thread. */
uint32_t crc_add(uint32_t crc, struct bytes v);

#endif
