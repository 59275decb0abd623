/* SPDX-License-Identifier: Apache-2.0
 * store/sql_source.h - the statements of store/source.c: rows of SQL_LIST (store/sql.h) */
#ifndef STORE_SQL_SOURCE_H
#define STORE_SQL_SOURCE_H

/* clang-format off */
#define SQL_SOURCE_LIST(X) \
    X(SOURCE_ADD, "source of a portion", \
      "INSERT INTO source (portion, place, mark, sealed) VALUES ($1, $2, $3, $4)") \
    X(SOURCE_LIST, "source of a portion", \
      "SELECT s.portion, s.place, s.mark, s.sealed, p.report FROM source s JOIN portion p ON p.id = s.portion " \
      "WHERE (s.portion, s.place) > ($1, $2) ORDER BY s.portion, s.place LIMIT $3")
/* clang-format on */

#endif
