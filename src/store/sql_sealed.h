/* SPDX-License-Identifier: Apache-2.0
 * store/sql_sealed.h - part of store/sql.h: the copies that overrides passed on, overrides that were not taken, whose a portion is,
 * and how much is held of whom */
#ifndef STORE_SQL_SEALED_H
#define STORE_SQL_SEALED_H

/* clang-format off */
#define SQL_OVERRIDE_COPY \
    "policy, override, originator, giver, holder, report, portion, share, n, mark, wrapped_sha, policy_sha, binding_sha, " \
    "manifest, made_ms, recalled_ms"

#define SQL_LIST_SEALED(X) \
    X(OVERRIDE_SET_RECEIPT, "override", "UPDATE override SET receipt = $2 WHERE id = $1 AND receipt = ''") \
    X(OVERRIDE_UNTOLD, "override", \
      "SELECT count(*) FROM override WHERE originator = $1 AND to_whom = $2 AND sealed = 1 AND receipt = ''") \
    X(OVERRIDE_COPY_ADD, "copy of an override", \
      "INSERT INTO override_copy (" SQL_OVERRIDE_COPY ", payload) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)") \
    X(OVERRIDE_COPY_GET, "copy of an override", \
      "SELECT " SQL_OVERRIDE_COPY " FROM override_copy WHERE policy = $1") \
    X(OVERRIDE_COPY_LIST, "copy of an override", \
      "SELECT " SQL_OVERRIDE_COPY " FROM override_copy WHERE override = $1 ORDER BY n, policy") \
    X(OVERRIDE_COPY_LIST_REPORT, "copy of an override", \
      "SELECT " SQL_OVERRIDE_COPY " FROM override_copy WHERE originator = $1 AND report = $2 " \
      "ORDER BY made_ms, n, policy") \
    X(OVERRIDE_COPY_LIST_GIVER, "copy of an override", \
      "SELECT " SQL_OVERRIDE_COPY " FROM override_copy WHERE giver = $1 " \
      "ORDER BY originator, report, made_ms, n, policy") \
    X(OVERRIDE_COPY_PAYLOAD, "payload of a copy", \
      "SELECT payload FROM override_copy WHERE policy = $1 AND payload IS NOT NULL") \
    X(OVERRIDE_COPY_DROP_PAYLOADS, "copy of an override", \
      "UPDATE override_copy SET payload = NULL WHERE override = $1 AND payload IS NOT NULL") \
    X(OVERRIDE_COPY_RECALL, "copy of an override", \
      "UPDATE override_copy SET recalled_ms = $4 " \
      "WHERE originator = $1 AND portion = $2 AND ($3 = '' OR holder = $3) AND recalled_ms = 0") \
    X(HELD_PORTION_OTHERS, "held portion", \
      "SELECT count(*) FROM held_portion p JOIN held h ON h.originator = p.originator AND h.share = p.share " \
      "WHERE p.portion = $1 AND p.originator <> $2 AND h.stray = 0") \
    X(HELD_SUM_GET, "sum of what is held", "SELECT bytes FROM held_sum WHERE domain = $1") \
    X(HELD_SUM_ADD, "sum of what is held", \
      "INSERT INTO held_sum (domain, bytes) VALUES ($1, $2) " \
      "ON CONFLICT (domain) DO UPDATE SET bytes = held_sum.bytes + excluded.bytes") \
    X(HELD_SUM_LIST, "sum of what is held", \
      "SELECT domain, bytes FROM held_sum WHERE bytes > $1 ORDER BY bytes DESC, domain") \
    X(UNTAKEN_ADD, "override that was not taken", \
      "INSERT INTO untaken (iss, statement, received_ms, reason, jws) VALUES ($1, $2, $3, $4, $5)") \
    X(UNTAKEN_GET, "override that was not taken", \
      "SELECT iss, statement, received_ms, reason, jws FROM untaken WHERE iss = $1 AND statement = $2") \
    X(UNTAKEN_COUNT, "override that was not taken", "SELECT count(*) FROM untaken WHERE iss = $1 AND received_ms > $2") \
    X(UNTAKEN_DROP, "override that was not taken", "DELETE FROM untaken WHERE iss = $1 AND statement = $2")

#endif
