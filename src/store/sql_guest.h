/* SPDX-License-Identifier: Apache-2.0
 * store/sql_guest.h - the statements about guests, and of what they may open: rows of SQL_LIST (store/sql.h) */
#ifndef STORE_SQL_GUEST_H
#define STORE_SQL_GUEST_H

/* clang-format off */
#define SQL_GUEST_LIST(X) \
    X(GUEST_PUT, "guest", \
      "INSERT INTO guest (person, via) VALUES ($1, $2) ON CONFLICT (person) DO NOTHING") \
    X(GUEST_GET, "guest", "SELECT via FROM guest WHERE person = $1") \
    X(GUEST_LIST, "person", \
      "SELECT p.id, p.domain, p.state, p.roles, p.pending_roles, p.clearance, p.added_ms " \
      "FROM person p JOIN guest g ON g.person = p.id WHERE g.via = $1 ORDER BY g.person") \
    X(RELEASE_RECALL_PERSON, "release", \
      "UPDATE release SET recalled_ms = $4 " \
      "WHERE portion = $1 AND holder = $2 AND person = $3 AND recalled_ms = 0")
/* clang-format on */

#endif
