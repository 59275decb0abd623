/* SPDX-License-Identifier: Apache-2.0
 * policy/label.h - a mark as a confidentiality label that other systems read (STANAG 4774, in the JSON form of
 * STANAG 5636), for an OpenTDF assertion (docs/opentdf.md). Pure; any thread. */
#ifndef POLICY_LABEL_H
#define POLICY_LABEL_H

#include <jansson.h>

#include "marking/marking.h"

/*
 * policy_label: the assertion {id "label", type "handling", scope "tdo", appliesToState "encrypted", statement} for
 * ${mark}, made at ${at} (a time as in statements). The statement's value is the label as text: policy (${policy}:
 * "TLP"), classification, and as categories what narrows: Compartment (restrictive), Releasable To (permissive),
 * Dissemination (restrictive: ORCON, HIDDEN), Tearline (informative). Caller owns.
 */
json_t *policy_label(const struct marking *mark, const char *at);

#endif
