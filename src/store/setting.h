/* SPDX-License-Identifier: Apache-2.0
 * store/setting.h - named values of the node itself. Conventions: store/store.h */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H

#include "store/store.h"

/* store_setting_put: set or replace. store_setting_get: caller frees ${value}; E_NOT_FOUND. */
MUST_USE enum err store_setting_put(struct db *db, const char *name, const char *value, struct fail *f);
MUST_USE enum err store_setting_get(struct db *db, const char *name, char **value, struct fail *f);

#endif
