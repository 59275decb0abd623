/* SPDX-License-Identifier: Apache-2.0
 * policy/foreign.h - marks as OpenTDF attributes, for objects that other makers' clients seal and open
 * (docs/opentdf.md).
 *
 * Under the namespace of an organisation, https://<domain>, there are:
 *   /attr/tlp/value/red|amber-strict|amber|green|clear   HIERARCHY: of several the strictest counts
 *   /attr/releasable/value/<domain>                      ANY_OF: the REL TO list
 *   /attr/compartment/value/<name>                       ALL_OF: people read in to it
 *   /attr/control/value/orcon                            ALL_OF: the originator is asked each time
 * What such an object may be opened by is then decided by the same rules as a portion with that mark
 * (policy/decide.h). Names are compared as the lower case that OpenTDF makes of them. Pure; any thread. */
#ifndef POLICY_FOREIGN_H
#define POLICY_FOREIGN_H

#include "policy/decide.h"

/* The rule of a definition, as OpenTDF names it. */
enum policy_rule { POLICY_ALL_OF, POLICY_ANY_OF, POLICY_HIERARCHY };

#define POLICY_FQN_MAX   512
#define POLICY_VALUE_MAX 256

/* One attribute value, taken apart. */
struct policy_attribute {
    const char *name; /* of the definition: "tlp", ...; constant */
    enum policy_rule rule;
    char value[POLICY_VALUE_MAX];
};

/*
 * policy_attribute_read: ${fqn} is a value under the namespace of ${domain}. False for any other namespace,
 * definition or value: nobody here can judge those.
 */
bool policy_attribute_read(const char *fqn, const char *domain, struct policy_attribute *out);

/*
 * policy_attributes_mark: the mark that ${fqns} of ${domain} amount to. Without a tlp value it is
 * TLP:AMBER+STRICT: for those only whom list or organisation names. E_REFUSED (REASON_UNKNOWN_MARK) for what
 * can't be judged, alone or together; ${out} is then unset. End with marking_clear.
 */
MUST_USE enum err policy_attributes_mark(const char *domain, const char *const *fqns, size_t count,
                                         struct marking *out, struct fail *f);

/* policy_mark_attributes: append the attributes of ${mark} under ${domain}, one a line; the way back.
 * E_INVALID for what has none (HIDDEN, TEARLINE, compartments of others). */
MUST_USE enum err policy_mark_attributes(const struct marking *mark, const char *domain, struct buf *out,
                                         struct fail *f);

/* policy_named: ${name}, a person or "@domain", is on the list. Letter case does not count. */
bool policy_named(const char *const *list, size_t count, const char *name);

#endif
