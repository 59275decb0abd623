/* SPDX-License-Identifier: Apache-2.0
 * store/sql_second.h - inside the store: the statements of store/second.c, a part of the list in store/sql.h */
#ifndef STORE_SQL_SECOND_H
#define STORE_SQL_SECOND_H

/* clang-format off */
#define SQL_SECOND \
    "id, kind, state, maker, person, report, ref, at_ms, until_ms, act, sha, answer, ended_ms"

#define SQL_SECOND_LIST(X) \
    X(SECOND_ADD, "second", \
      "INSERT INTO second (id, kind, state, maker, person, report, ref, at_ms, until_ms, act, sha, answer, " \
      "ended_ms, package) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)") \
    X(SECOND_GET, "second", "SELECT " SQL_SECOND " FROM second WHERE id = $1") \
    X(SECOND_PACKAGE, "second", "SELECT package FROM second WHERE id = $1 AND package IS NOT NULL") \
    X(SECOND_LIST, "second", \
      "SELECT " SQL_SECOND " FROM second WHERE maker = $1 OR person = $1 " \
      "ORDER BY ended_ms > 0, at_ms DESC, id LIMIT $2") \
    X(SECOND_DUE, "second", \
      "SELECT " SQL_SECOND " FROM second WHERE state = 'waiting' AND until_ms <= $1 ORDER BY until_ms, id") \
    X(SECOND_NEXT, "second", \
      "SELECT until_ms FROM second WHERE state = 'waiting' AND until_ms > $1 ORDER BY until_ms LIMIT 1") \
    X(SECOND_END, "second", \
      "UPDATE second SET state = $2, answer = $3, ended_ms = $4, package = NULL " \
      "WHERE id = $1 AND state = 'waiting'") \
    X(SECOND_IDS, "second", "SELECT id FROM second WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3") \
    X(COMPARTMENT_SET, "compartment", \
      "INSERT INTO compartment_term (compartment, version, second_share, second_grant, statement, set_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (compartment) DO UPDATE SET " \
      "version = excluded.version, second_share = excluded.second_share, " \
      "second_grant = excluded.second_grant, statement = excluded.statement, set_ms = excluded.set_ms " \
      "WHERE compartment_term.version + 1 = excluded.version") \
    X(COMPARTMENT_GET, "compartment", \
      "SELECT compartment, version, second_share, second_grant, statement, set_ms " \
      "FROM compartment_term WHERE compartment = $1") \
    X(COMPARTMENT_LIST, "compartment", \
      "SELECT compartment, version, second_share, second_grant, statement, set_ms " \
      "FROM compartment_term ORDER BY compartment")
/* clang-format on */

#endif
