/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

const struct sql_row sql_list[Q_COUNT] = {
#define X(name, noun, text) [Q_##name] = { #name, noun, text },
    SQL_LIST(X)
#undef X
};
