/* SPDX-License-Identifier: Apache-2.0 - who may ask whether somebody was briefed */
#include "policy/ask.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
    const char *name;
    struct policy_asking asking;
    bool may;
} rows[] = {
    { "nothing is known", { 0 }, false },
    { "a partner's reader, about himself",
      { .exists = true, .shared = true, .about_self = true, .about_own = true },
      true },
    { "about himself, but it is not there",
      { .shared = true, .about_self = true, .about_own = true },
      false },
    { "about himself, but it was not shared with them",
      { .exists = true, .about_self = true, .about_own = true },
      false },
    { "a partner's reader about a colleague", { .exists = true, .shared = true, .about_own = true }, false },
    { "a partner's officer about his own",
      { .exists = true, .shared = true, .about_own = true, .officer = true },
      true },
    { "a partner's auditor about his own",
      { .exists = true, .shared = true, .about_own = true, .auditor = true },
      true },
    { "a partner's officer about others", { .exists = true, .shared = true, .officer = true }, false },
    { "the author about anybody",
      { .exists = true, .shared = true, .originator = true, .author = true },
      true },
    { "the originator's officer about anybody",
      { .exists = true, .shared = true, .originator = true, .officer = true },
      true },
    { "the originator's auditor about anybody",
      { .exists = true, .shared = true, .originator = true, .auditor = true },
      true },
    { "the originator's reader about others", { .exists = true, .shared = true, .originator = true }, false },
    { "the originator's reader about a colleague",
      { .exists = true, .shared = true, .originator = true, .about_own = true },
      false },
    { "an author elsewhere is nobody here", { .exists = true, .shared = true, .author = true }, false },
    { "a partner's auditor about the originator's people",
      { .exists = true, .shared = true, .about_originator = true, .auditor = true },
      false },
    { "the same, where they arranged for it",
      { .exists = true, .shared = true, .about_originator = true, .auditor = true, .oversight = true },
      true },
    { "about others' people all the same not",
      { .exists = true, .shared = true, .auditor = true, .oversight = true },
      false },
    { "nor a partner's officer",
      { .exists = true, .shared = true, .about_originator = true, .officer = true, .oversight = true },
      false },
    { "nor on what was not shared with them",
      { .exists = true, .about_originator = true, .auditor = true, .oversight = true },
      false },
    { "nor on what is hidden from him",
      { .exists = true,
        .shared = true,
        .hidden = true,
        .about_originator = true,
        .auditor = true,
        .oversight = true },
      false },
    { "hidden from him",
      { .exists = true, .shared = true, .hidden = true, .about_self = true, .about_own = true },
      false },
    { "hidden, but he may have it",
      { .exists = true, .shared = true, .hidden = true, .may_have = true, .about_self = true },
      true },
    { "hidden from a partner's officer",
      { .exists = true, .shared = true, .hidden = true, .about_own = true, .officer = true },
      false },
    { "hidden, the originator's officer",
      { .exists = true, .shared = true, .hidden = true, .originator = true, .officer = true },
      true },
    { "hidden, its author",
      { .exists = true,
        .shared = true,
        .hidden = true,
        .may_have = true,
        .originator = true,
        .author = true },
      true },
};

int main(void)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        ok(policy_may_ask(&rows[i].asking) == rows[i].may, "%s: %s", rows[i].name,
           rows[i].may ? "yes" : "no");
    for (unsigned i = 0; i < 8; i++) {
        bool author = i & 1, officer = i & 2, may_read = i & 4;
        ok(policy_may_trace_source(author, officer, may_read) == (i == 5 || i == 6 || i == 7),
           "a source's: %s, %s, %s", author ? "the author" : "not the author",
           officer ? "an officer" : "no officer", may_read ? "behind its wall" : "outside its wall");
    }
    return tap_done();
}
