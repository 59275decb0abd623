/* SPDX-License-Identifier: Apache-2.0
 * ledger/tag.h - the three tags of an event: what their VRF input is, and which of them are real
 * (docs/formats.md, 1.3).
 *
 *   class 1  (portion, person), version 0: the first briefing, telling or reported briefing of this person on
 *            this portion, once in a log
 *   class 2  (portion, organisation), versions dense from 0: every event; portion empty where it concerns none
 *   class 3  (portion), versions dense from 0: with every class 1, and tellings to someone named only in words
 *
 * Slot c - 1 holds the tag of class c, or a dummy (body_dummy) that looks like one from outside. */
#ifndef LEDGER_TAG_H
#define LEDGER_TAG_H

#include "ledger/body.h"

enum tag_class { TAG_PERSON = 1, TAG_ORGANISATION = 2, TAG_LIST = 3 };

#define TAG_ALPHA_MAX (13 + 1 + 2 + 2 + 2 * BODY_FIELD_MAX + 8)

/* tag_alpha: "orcon/tag/v1\n" || u8 class || u16,portion || u16,name || u64 version, appended. */
void tag_alpha(struct buf *out, unsigned class, struct bytes portion, struct bytes name, uint64_t version);

/* One real tag of an event. Names are views into the body. */
struct tag_need {
    unsigned class;
    struct bytes portion, name;
    uint64_t version;
    bool proof; /* its VRF proof is kept: a reader will ask for it */
};

struct tag_plan {
    size_t count; /* 1..3, ascending classes */
    struct tag_need need[ENTRY_TAGS];
};

/*
 * tag_plan_of: the real tags of an event whose body passed body_check; field 12 says which slots are real.
 * E_INVALID where kind and fields do not allow that: class 2 is always real; class 1 only in briefing, told
 * and reported-briefing, with portion and person, at version 0, and always in a briefing; class 3 exactly
 * with class 1, and where a telling or reported briefing names nobody but in words.
 */
MUST_USE enum err tag_plan_of(const struct body *b, struct tag_plan *out, struct fail *f);

/* tag_name: the field that the tag of ${class} names beside the portion; FIELD_COUNT for none. */
enum field tag_name(unsigned class);

#endif
