/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/tag.h"

void tag_alpha(struct buf *out, unsigned class, struct bytes portion, struct bytes name, uint64_t version)
{
    buf_put_str(out, "orcon/tag/v1\n");
    buf_put_u8(out, (uint8_t) class);
    buf_put_u16_bytes(out, portion);
    buf_put_u16_bytes(out, name);
    buf_put_u64(out, version);
}

enum field tag_name(unsigned class)
{
    static const enum field names[] = { FIELD_COUNT, FIELD_PERSON, FIELD_ORGANISATION, FIELD_COUNT };
    return class < sizeof names / sizeof *names ? names[class] : FIELD_COUNT;
}

/* words_only: a telling of somebody who is named in field 10 alone. */
static bool words_only(const struct body *b)
{
    enum entry_kind kind = body_kind(b);
    return (kind == KIND_TOLD || kind == KIND_REPORTED_BRIEFING) && b->field[FIELD_PERSON].len == 0;
}

static void need(struct tag_plan *plan, const struct body *b, unsigned class)
{
    enum field name = tag_name(class);
    plan->need[plan->count++] = (struct tag_need){
        .class = class,
        .portion = b->field[FIELD_PORTION],
        .name = name == FIELD_COUNT ? BYTES("", 0) : b->field[name],
        .version = body_version(b, class),
        .proof = class == TAG_PERSON,
    };
}

MUST_USE enum err tag_plan_of(const struct body *b, struct tag_plan *out, struct fail *f)
{
    struct tag_plan plan = { 0 };
    bool real[ENTRY_TAGS + 1];
    enum entry_kind kind = body_kind(b);
    for (unsigned c = 1; c <= ENTRY_TAGS; c++)
        real[c] = body_version(b, c) != BODY_DUMMY;
    if (!real[TAG_ORGANISATION])
        return fail_set(f, E_INVALID, "every event has a tag of class 2");
    if (real[TAG_PERSON] && (!kind_is_briefing(kind) || b->field[FIELD_PERSON].len == 0 ||
                             b->field[FIELD_PORTION].len == 0 || body_version(b, TAG_PERSON) != 0))
        return fail_set(f, E_INVALID,
                        "only the first briefing of a person on a portion has a tag of class 1");
    if (kind == KIND_BRIEFING && !real[TAG_PERSON])
        return fail_set(f, E_INVALID, "a briefing is the first, and has a tag of class 1");
    if (real[TAG_LIST] != (real[TAG_PERSON] || words_only(b)))
        return fail_set(f, E_INVALID, "a tag of class 3 goes with class 1, or with a telling in words");
    if (real[TAG_LIST] && b->field[FIELD_PORTION].len == 0)
        return fail_set(f, E_INVALID, "a tag of class 3 needs a portion");
    for (unsigned c = 1; c <= ENTRY_TAGS; c++)
        if (real[c])
            need(&plan, b, c);
    *out = plan;
    return OK;
}
