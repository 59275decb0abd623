/* SPDX-License-Identifier: Apache-2.0
 * cti/stix_object.h - what every STIX object must be, whatever its type; inside cti/ */
#ifndef CTI_STIX_OBJECT_H
#define CTI_STIX_OBJECT_H

#include <jansson.h>

#include "base/err.h"
#include "marking/marking.h"

#define STIX_DEFINITION "marking-definition"

/* Where an error is. */
struct stix_at {
    const char *file, *type; /* type "" until it is known */
    size_t n;                /* from 1 */
};

/* stix_fail: `FILE: object N (type): ${...}`. */
#define stix_fail(f, at, ...) fail_code(stix_fill((f), (at), REASON_NONE, __VA_ARGS__))
enum err stix_fill(struct fail *f, const struct stix_at *at, enum reason reason, const char *fmt, ...)
    PRINTF(4, 5);

/* stix_object: common properties, times, lists, selectors; fills ${at}->type, which points into ${o}. */
MUST_USE enum err stix_object(json_t *o, struct stix_at *at, struct fail *f);

/* stix_tlp: the TLP label that ${id}, of a marking definition, stands for; false for any other. */
bool stix_tlp(const char *id, enum tlp *level);

/* stix_definition: that ${o}, a marking-definition, is the fixed one if it says that it is TLP, and a system read here. */
MUST_USE enum err stix_definition(const json_t *o, const struct stix_at *at, struct fail *f);

#endif
