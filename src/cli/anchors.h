/* SPDX-License-Identifier: Apache-2.0
 * cli/anchors.h - what verify and briefed share: where cards come from, and how a check is printed */
#ifndef CLI_ANCHORS_H
#define CLI_ANCHORS_H

#include "cli/cli.h"
#include "client/verify.h"

/*
 * anchors_cards: the cards of the files in ${files} ("FILE,...") and, with --as, of that profile. Without files: those of the
 * profile (--as, or the only one), and where there is none of the node's home. None at all is E_USAGE. Nothing is sent.
 * anchors_refresh: ask the profile's node, or the home, for those it has confirmed; false if that brought nothing.
 */
MUST_USE enum err anchors_cards(const struct cli *c, const char *files, struct known *k, struct fail *f);
bool anchors_refresh(const struct cli *c, struct known *k);

/* anchors_print: "Anchors:" and one line for each, for people. */
void anchors_print(const json_t *checked);

#endif
