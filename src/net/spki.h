/* SPDX-License-Identifier: Apache-2.0
 * net/spki.h - inside src/net only: where the public key stands in a certificate (RFC 5280, 4.1). Pure.
 *
 * Enough of DER to find it. Nothing is verified here: what is found is compared with, or kept as, a pin, and
 * TLS proves that the peer holds that key. */
#ifndef NET_SPKI_H
#define NET_SPKI_H

#include <stdbool.h>

#include "base/buf.h"

/* spki_find: the SubjectPublicKeyInfo of the DER certificate, header included; points into ${certificate}.
 * False if it is no certificate or something follows it. */
MUST_USE bool spki_find(struct bytes certificate, struct bytes *out);

/* spki_find_pem: decode the first certificate in ${pem} into ${der}, then the same. */
MUST_USE bool spki_find_pem(const char *pem, struct buf *der, struct bytes *out);

#endif
