/* SPDX-License-Identifier: Apache-2.0
 * http/routes.h - the table of a node's resources (docs/protocol.md, 2; api/openapi.yaml) */
#ifndef HTTP_ROUTES_H
#define HTTP_ROUTES_H

#include "http/server.h"

/*
 * What a route needs: roles (enum role), any one of them; 0: anyone may ask. With roles come an access token
 * for this organisation, of one of its own people, and a DPoP proof, unless one of these says otherwise.
 */
#define NEEDS_PARTNERS_TOO 0x100u /* also of partners' people: key requests */
#define NEEDS_RELAYED      0x200u /* the token is for the organisation named in {domain}, and so is the proof */
#define NEEDS_NO_GUEST     0x800u /* of the host's own people only, not of its guests */
#define NEEDS_CLIENTS                                                                                        \
    0x400u /* also of service accounts, and where `interop` is on by tokens bound to no key */

/* In place of max_body: as much as the configuration allows for a package. */
#define BODY_PACKAGE SIZE_MAX

/* routes_public, routes_metrics: constant, in order of match. */
const struct http_route *routes_public(size_t *count);
const struct http_route *routes_metrics(size_t *count);

#endif
