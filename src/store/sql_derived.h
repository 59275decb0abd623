/* SPDX-License-Identifier: Apache-2.0
 * store/sql_derived.h - the statements of store/derived.c: rows of SQL_LIST (store/sql.h) */
#ifndef STORE_SQL_DERIVED_H
#define STORE_SQL_DERIVED_H

/* clang-format off */
#define SQL_DERIVED "owner, report, portion, originator, source_report, source, commitment"

#define SQL_DERIVED_LIST(X) \
    X(DERIVED_ADD, "derived portion", \
      "INSERT INTO derived (" SQL_DERIVED ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING") \
    X(DERIVED_LIST_REPORT, "derived portion", \
      "SELECT " SQL_DERIVED " FROM derived WHERE owner = $1 AND report = $2 ORDER BY portion, originator, source") \
    X(DERIVED_LIST_PORTION, "derived portion", \
      "SELECT " SQL_DERIVED " FROM derived WHERE owner = $1 AND portion = $2 ORDER BY originator, source") \
    X(DERIVED_LIST_SOURCE, "derived portion", \
      "SELECT " SQL_DERIVED " FROM derived WHERE originator = $1 AND source = $2 ORDER BY owner, report, portion")
/* clang-format on */

#endif
