/* SPDX-License-Identifier: Apache-2.0
 * store/sql_variant.h - the statements of store/variant.c: rows of SQL_LIST (store/sql.h) */
#ifndef STORE_SQL_VARIANT_H
#define STORE_SQL_VARIANT_H

/* clang-format off */
#define SQL_VARIANT_LIST(X) \
    X(VARIANT_ADD, "holder's number", \
      "INSERT INTO variant (report, holder, number) " \
      "SELECT $1, $2, 1 + COALESCE((SELECT MAX(number) FROM variant WHERE report = $1), 0) " \
      "WHERE NOT EXISTS (SELECT 1 FROM variant WHERE report = $1 AND holder = $2)") \
    X(VARIANT_GET, "holder's number", "SELECT number FROM variant WHERE report = $1 AND holder = $2") \
    X(VARIANT_LIST, "holder's number", \
      "SELECT holder, number FROM variant WHERE report = $1 ORDER BY number")
/* clang-format on */

#endif
