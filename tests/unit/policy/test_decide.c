/* SPDX-License-Identifier: Apache-2.0 - who may read, and who may pass on: alder's reports, asked for by
 * others */
#include <stdlib.h>

#include "base/mem.h"
#include "policy/decide.h"
#include "tap.h"

#define NOW ((uint64_t)1772442000000)

static struct marking of(const char *text)
{
    static const struct marking_reader alder = { "alder.example", NULL, NULL };
    struct marking m = { 0 };
    struct fail f = { 0 };
    if (marking_parse(bytes_str(text), &alder, &m, NULL, &f) != OK)
        BUG(text);
    return m;
}

static const char *const source[] = { "birch.example/OTHER", "alder.example/SOURCE" };
static const char *const both[] = { "alder.example/A", "alder.example/B" };
static const char *const namesake[] = { "birch.example/SOURCE" };

/* bob at birch, with his own copy, released to birch */
static const struct policy_input bob = {
    .originator = "alder.example",
    .now_ms = NOW,
    .release = { .exists = true },
    .asker = { .home = "birch.example",
               .person_id = "bob@birch.example",
               .person = POLICY_ACTIVE,
               .device = POLICY_ACTIVE,
               .partner = POLICY_ACTIVE },
    .copy_holder = "birch.example",
};

/* What differs from bob's case, by row; NULL and 0: nothing */
typedef void change(struct policy_input *in);

/* clang-format off */
static void no_release(struct policy_input *in)    { in->release.exists = false; }
static void granted(struct policy_input *in)       { in->release.granted = true; }
static void named(struct policy_input *in)         { in->release.named = true; }
static void persons_only(struct policy_input *in)  { in->release.persons_only = true; }
static void to_him_only(struct policy_input *in)   { in->release.persons_only = in->release.named = true; }
static void recalled(struct policy_input *in)      { in->release.recalled = true; }
static void named_recalled(struct policy_input *in){ in->release.named = in->release.recalled = true; }
static void granted_recalled(struct policy_input *in) { in->release.granted = in->release.recalled = true; }
static void not_yet(struct policy_input *in)       { in->release.from_ms = NOW + 1; }
static void from_now(struct policy_input *in)      { in->release.from_ms = NOW; }
static void ended(struct policy_input *in)         { in->release.until_ms = NOW; }
static void last_ms(struct policy_input *in)       { in->release.until_ms = NOW + 1; }
static void embargoed(struct policy_input *in)     { in->embargo_ms = NOW + 1; }
static void embargo_over(struct policy_input *in)  { in->embargo_ms = NOW; }
static void person_suspended(struct policy_input *in)  { in->asker.person = POLICY_SUSPENDED; }
static void person_unknown(struct policy_input *in)    { in->asker.person = POLICY_UNKNOWN; }
static void person_unconfirmed(struct policy_input *in){ in->asker.person = POLICY_UNCONFIRMED; }
static void device_suspended(struct policy_input *in)  { in->asker.device = POLICY_SUSPENDED; }
static void device_unknown(struct policy_input *in)    { in->asker.device = POLICY_UNKNOWN; }
static void device_unconfirmed(struct policy_input *in){ in->asker.device = POLICY_UNCONFIRMED; }
static void partner_suspended(struct policy_input *in) { in->asker.partner = POLICY_SUSPENDED; }
static void partner_unconfirmed(struct policy_input *in) { in->asker.partner = POLICY_UNCONFIRMED; }
static void partner_unknown(struct policy_input *in)   { in->asker.partner = POLICY_UNKNOWN; }
static void others_copy(struct policy_input *in)   { in->copy_holder = "cedar.example"; in->release.exists = false; }
static void used_others_copy(struct policy_input *in) { in->copy_holder = "cedar.example"; }
static void pats_copy(struct policy_input *in)     { in->copy_holder = "pat@birch.example"; in->release.persons_only = true; }
static void bobs_copy(struct policy_input *in)     { in->copy_holder = "bob@birch.example"; to_him_only(in); }
static void no_copy(struct policy_input *in)       { in->copy_holder = NULL; }
static void nothing(struct policy_input *in)       { *in = (struct policy_input){ .marks = in->marks, .mark_count = in->mark_count }; }
static void read_in(struct policy_input *in)       { in->asker.read_in = source; in->asker.read_in_count = COUNT(source); }
static void read_in_both(struct policy_input *in)  { in->asker.read_in = both; in->asker.read_in_count = 2; }
static void read_in_one(struct policy_input *in)   { in->asker.read_in = both; in->asker.read_in_count = 1; }
static void read_in_namesake(struct policy_input *in) { in->asker.read_in = namesake; in->asker.read_in_count = 1; }
static void named_read_in(struct policy_input *in) { named(in); read_in(in); }
static void low(struct policy_input *in)           { in->asker.clearance = "TLP:GREEN"; }
static void foreign_clearance(struct policy_input *in) { in->asker.clearance = "SECRET"; }
static void own(struct policy_input *in)           { in->asker.home = in->copy_holder = "alder.example"; in->release.exists = false; in->asker.partner = POLICY_UNKNOWN; }
static void author(struct policy_input *in)        { own(in); in->asker.author = true; }
static void author_read_in(struct policy_input *in){ author(in); read_in(in); }
static void own_embargoed(struct policy_input *in) { own(in); embargoed(in); }
static void own_suspended(struct policy_input *in) { own(in); person_suspended(in); }
static void foreign_author(struct policy_input *in){ in->asker.author = true; }
static void guest(struct policy_input *in)         { in->asker.guest = true; in->asker.person_id = "gia@guest.example"; }
static void guest_named(struct policy_input *in)   { guest(in); to_him_only(in); }
static void guest_read_in(struct policy_input *in) { guest(in); read_in(in); }
static void guest_granted(struct policy_input *in) { guest(in); granted(in); }
static void guest_unreleased(struct policy_input *in) { guest(in); in->release.exists = false; }
static void guest_at_home(struct policy_input *in) { guest(in); own(in); in->asker.partner = POLICY_ACTIVE; }
static void guest_at_home_named(struct policy_input *in) { guest_at_home(in); in->release.exists = true; to_him_only(in); }
static void guest_org_at_home(struct policy_input *in) { guest_at_home(in); in->release = (struct policy_release){ .exists = true, .organisation = true, .persons_only = true }; }
static void guest_other_at_home(struct policy_input *in) { guest_org_at_home(in); in->release.organisation = false; }
static void guest_org_recalled(struct policy_input *in) { guest_org_at_home(in); in->release.recalled = true; }
static void guest_suspended(struct policy_input *in) { guest(in); person_suspended(in); }
static void worst(struct policy_input *in)         { recalled(in); person_suspended(in); partner_suspended(in); low(in); }
/* clang-format on */

static const struct {
    const char *mark;
    change *change;
    enum policy_outcome outcome;
    enum reason first;
} reads[] = {
    { "TLP:CLEAR", NULL, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR", no_release, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR", others_copy, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR", recalled, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR", embargoed, POLICY_ASK, REASON_EMBARGO },
    { "TLP:GREEN", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN//TEARLINE", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN//TEARLINE", no_release, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:AMBER", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER+STRICT", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", no_release, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:AMBER//ORCON", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//ORCON", no_release, POLICY_ASK, REASON_ORCON },
    { "TLP:AMBER//ORCON", recalled, POLICY_ASK, REASON_RECALLED },
    { "TLP:AMBER", not_yet, POLICY_ASK, REASON_EMBARGO },
    { "TLP:AMBER", from_now, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", ended, POLICY_ASK, REASON_RELEASE_ENDED },
    { "TLP:AMBER", last_ms, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", embargoed, POLICY_ASK, REASON_EMBARGO },
    { "TLP:AMBER", embargo_over, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", persons_only, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:AMBER", to_him_only, POLICY_ALLOW, REASON_RELEASED },
    /* named persons */
    { "TLP:RED", NULL, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED", granted, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED", named, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:RED", named_recalled, POLICY_ASK, REASON_RECALLED },
    { "TLP:RED", no_release, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED", own, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED", author, POLICY_ALLOW, REASON_OWN },
    { "TLP:RED", foreign_author, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED//ORCON", named, POLICY_ALLOW, REASON_RELEASED },
    /* compartments: told before that nobody named him */
    { "TLP:RED//SOURCE//ORCON", NULL, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:RED//SOURCE//ORCON", no_release, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:RED//SOURCE//ORCON", read_in, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED//SOURCE//ORCON", named, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:RED//SOURCE//ORCON", named_read_in, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:RED//SOURCE//ORCON", author, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:RED//SOURCE//ORCON", author_read_in, POLICY_ALLOW, REASON_OWN },
    { "TLP:AMBER//SOURCE", NULL, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:AMBER//SOURCE", read_in, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//SOURCE", read_in_namesake, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:AMBER//A/B", read_in_both, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//A/B", read_in_one, POLICY_ASK, REASON_COMPARTMENT },
    /* guests of birch: clients of it, not the organisation itself */
    { "TLP:CLEAR", guest, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:GREEN", guest, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN//TEARLINE", guest, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", guest, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", guest_unreleased, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:AMBER", guest_suspended, POLICY_DENY, REASON_SUSPENDED_PERSON },
    { "TLP:AMBER+STRICT", guest, POLICY_ASK, REASON_ORGANISATION_ONLY },
    { "TLP:AMBER+STRICT", guest_granted, POLICY_ASK, REASON_ORGANISATION_ONLY },
    { "TLP:AMBER+STRICT", guest_named, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:RED", guest, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED", guest_named, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//ORCON", guest, POLICY_ASK, REASON_ORCON },
    { "TLP:AMBER//ORCON", guest_granted, POLICY_ASK, REASON_ORCON },
    { "TLP:AMBER//ORCON", guest_named, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//SOURCE", guest, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:AMBER//SOURCE", guest_read_in, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//REL TO birch.example", guest, POLICY_ASK, REASON_NOT_LISTED },
    { "TLP:AMBER//REL TO guest.example", guest, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN", guest_at_home, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:GREEN", guest_at_home_named, POLICY_ALLOW, REASON_RELEASED },
    /* released to a client whose people are guests of the originator: as to any organisation */
    { "TLP:GREEN", guest_org_at_home, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER+STRICT", guest_org_at_home, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//ORCON", guest_org_at_home, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:RED", guest_org_at_home, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:GREEN", guest_other_at_home, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:AMBER", guest_org_recalled, POLICY_ASK, REASON_RECALLED },
    /* lists */
    { "TLP:AMBER//REL TO birch.example", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//REL TO birch.example", no_release, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:AMBER//REL TO cedar.example", NULL, POLICY_ASK, REASON_NOT_LISTED },
    { "TLP:AMBER//REL TO cedar.example", granted, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//REL TO cedar.example", granted_recalled, POLICY_ASK, REASON_NOT_LISTED },
    { "TLP:AMBER//REL TO NONE", NULL, POLICY_ASK, REASON_NOT_LISTED },
    { "TLP:AMBER//REL TO NONE", own, POLICY_ALLOW, REASON_OWN },
    /* clearance */
    { "TLP:AMBER", low, POLICY_ASK, REASON_CLEARANCE },
    { "TLP:GREEN", low, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", foreign_clearance, POLICY_ALLOW, REASON_RELEASED },
    /* own people */
    { "TLP:AMBER", own, POLICY_ALLOW, REASON_OWN },
    { "TLP:AMBER//ORCON", own_embargoed, POLICY_ALLOW, REASON_OWN },
    { "TLP:AMBER", own_suspended, POLICY_DENY, REASON_SUSPENDED_PERSON },
    /* who asks */
    { "TLP:AMBER", person_suspended, POLICY_DENY, REASON_SUSPENDED_PERSON },
    { "TLP:AMBER", person_unknown, POLICY_DENY, REASON_ISSUER },
    { "TLP:AMBER", person_unconfirmed, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", device_suspended, POLICY_DENY, REASON_SUSPENDED_DEVICE },
    { "TLP:AMBER", device_unknown, POLICY_DENY, REASON_PROOF },
    { "TLP:AMBER", device_unconfirmed, POLICY_DENY, REASON_PROOF },
    { "TLP:AMBER", partner_suspended, POLICY_DENY, REASON_SUSPENDED_PARTNER },
    { "TLP:AMBER", partner_unconfirmed, POLICY_DENY, REASON_UNCONFIRMED_PARTNER },
    { "TLP:AMBER", partner_unknown, POLICY_DENY, REASON_UNKNOWN_PARTNER },
    { "TLP:CLEAR", person_suspended, POLICY_DENY, REASON_SUSPENDED_PERSON },
    { "TLP:RED//SOURCE//ORCON", worst, POLICY_DENY, REASON_SUSPENDED_PERSON },
    { "TLP:AMBER", nothing, POLICY_DENY, REASON_ISSUER },
    /* whose copy */
    { "TLP:AMBER", others_copy, POLICY_DENY, REASON_OTHERS_COPY },
    { "TLP:RED//SOURCE//ORCON", others_copy, POLICY_DENY, REASON_OTHERS_COPY },
    { "TLP:AMBER", used_others_copy, POLICY_DENY, REASON_USE_YOUR_COPY },
    { "TLP:AMBER", pats_copy, POLICY_DENY, REASON_OTHERS_COPY },
    { "TLP:AMBER", bobs_copy, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER", no_copy, POLICY_DENY, REASON_UNKNOWN_OBJECT },
    /* hidden: one reason, whatever is missing */
    { "TLP:AMBER//HIDDEN", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//HIDDEN", no_release, POLICY_DENY, REASON_NOT_YOURS },
    { "TLP:AMBER//SOURCE//HIDDEN", NULL, POLICY_DENY, REASON_NOT_YOURS },
    { "TLP:AMBER//HIDDEN", recalled, POLICY_DENY, REASON_NOT_YOURS },
    { "TLP:AMBER//HIDDEN", others_copy, POLICY_DENY, REASON_NOT_YOURS },
};

/* clang-format off */
static void to_client(struct policy_input *in)     { in->onward.client = true; }
static void to_community(struct policy_input *in)  { in->onward.in_community = true; }
static void to_both(struct policy_input *in)       { in->onward.client = in->onward.in_community = true; }
static void to_unknown(struct policy_input *in)    { to_both(in); in->onward.state = POLICY_UNKNOWN; }
static void to_unconfirmed(struct policy_input *in){ to_both(in); in->onward.state = POLICY_UNCONFIRMED; }
static void to_suspended(struct policy_input *in)  { to_both(in); in->onward.state = POLICY_SUSPENDED; }
static void to_nobody(struct policy_input *in)     { in->onward.to = NULL; }
static void to_self(struct policy_input *in)       { in->onward.to = "birch.example"; }
static void back(struct policy_input *in)          { in->onward.to = "alder.example"; in->onward.state = POLICY_UNKNOWN; }
static void to_both_recalled(struct policy_input *in) { to_both(in); recalled(in); }
static void to_both_none(struct policy_input *in)  { to_both(in); no_release(in); }
static void to_both_ended(struct policy_input *in) { to_both(in); ended(in); }
static void to_both_embargo(struct policy_input *in) { to_both(in); embargoed(in); }
static void to_both_suspended(struct policy_input *in) { to_both(in); person_suspended(in); }
static void to_both_granted(struct policy_input *in) { to_both(in); granted(in); }
static void to_both_read_in(struct policy_input *in) { to_both(in); named_read_in(in); }
/* clang-format on */

/* bob passes on to cedar, which alder has confirmed */
static const struct {
    const char *mark;
    change *change;
    enum policy_outcome outcome;
    enum reason first;
} onwards[] = {
    { "TLP:CLEAR", NULL, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR", to_unknown, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR", no_release, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:CLEAR//TEARLINE", to_unknown, POLICY_ALLOW, REASON_CLEAR },
    { "TLP:GREEN", NULL, POLICY_ASK, REASON_OUTSIDE_COMMUNITY },
    { "TLP:GREEN", to_client, POLICY_ASK, REASON_OUTSIDE_COMMUNITY },
    { "TLP:GREEN", to_community, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN", to_unknown, POLICY_ASK, REASON_RECIPIENT_UNCONFIRMED },
    { "TLP:GREEN", to_both_recalled, POLICY_ASK, REASON_RECALLED },
    { "TLP:GREEN", to_both_none, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:GREEN", to_both_ended, POLICY_ASK, REASON_RELEASE_ENDED },
    { "TLP:GREEN", to_both_embargo, POLICY_ASK, REASON_EMBARGO },
    { "TLP:GREEN", to_both_suspended, POLICY_DENY, REASON_SUSPENDED_PERSON },
    { "TLP:GREEN//TEARLINE", NULL, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN//TEARLINE", to_unknown, POLICY_ASK, REASON_RECIPIENT_UNCONFIRMED },
    { "TLP:GREEN//TEARLINE", to_unconfirmed, POLICY_ASK, REASON_RECIPIENT_UNCONFIRMED },
    { "TLP:GREEN//TEARLINE", to_suspended, POLICY_DENY, REASON_SUSPENDED_PARTNER },
    { "TLP:GREEN//TEARLINE", recalled, POLICY_ASK, REASON_RECALLED },
    { "TLP:AMBER", NULL, POLICY_ASK, REASON_CLIENTS_ONLY },
    { "TLP:AMBER", to_community, POLICY_ASK, REASON_CLIENTS_ONLY },
    { "TLP:AMBER", to_client, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//TEARLINE", NULL, POLICY_ASK, REASON_CLIENTS_ONLY },
    { "TLP:AMBER+STRICT", to_both, POLICY_ASK, REASON_ORGANISATION_ONLY },
    { "TLP:AMBER+STRICT", to_self, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:RED", to_both, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:RED", to_self, POLICY_ASK, REASON_NOT_NAMED },
    { "TLP:AMBER//ORCON", to_both, POLICY_ASK, REASON_ORCON },
    { "TLP:GREEN//ORCON", to_both, POLICY_ASK, REASON_ORCON },
    { "TLP:GREEN//SOURCE", to_both_read_in, POLICY_ASK, REASON_COMPARTMENT },
    { "TLP:GREEN//HIDDEN", to_both, POLICY_ASK, REASON_NO_RELEASE },
    { "TLP:GREEN//HIDDEN", to_both_none, POLICY_DENY, REASON_NOT_YOURS },
    { "TLP:GREEN//SOURCE//HIDDEN", to_both, POLICY_DENY, REASON_NOT_YOURS },
    { "TLP:GREEN//REL TO cedar.example", to_both, POLICY_ASK, REASON_NOT_LISTED }, /* birch is not on it */
    { "TLP:GREEN//REL TO cedar.example", to_both_granted, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN//REL TO cedar.example", back, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN//REL TO birch.example", to_both, POLICY_ASK, REASON_NOT_LISTED },
    { "TLP:GREEN//REL TO birch.example, cedar.example", to_both, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:AMBER//REL TO birch.example, cedar.example", NULL, POLICY_ASK, REASON_CLIENTS_ONLY },
    { "TLP:GREEN//TEARLINE//REL TO birch.example", NULL, POLICY_ASK, REASON_NOT_LISTED },
    { "TLP:RED//SOURCE//ORCON", back, POLICY_ALLOW, REASON_RELEASED },
    { "TLP:GREEN", to_nobody, POLICY_DENY, REASON_UNKNOWN_PARTNER },
    { "TLP:GREEN", nothing, POLICY_DENY, REASON_ISSUER },
};

static void check_reads(void)
{
    for (size_t i = 0; i < COUNT(reads); i++) {
        AUTO(marking_clear) struct marking m = of(reads[i].mark);
        AUTO(policy_result_clear) struct policy_result r = { 0 };
        struct policy_input in = bob;
        in.marks = &m;
        in.mark_count = 1;
        if (reads[i].change)
            reads[i].change(&in);
        policy_read(&in, &r);
        ok(r.count && r.outcome == reads[i].outcome && r.reasons[0].reason == reads[i].first,
           "read row %zu, %s: %s, %s", i, reads[i].mark, policy_outcome_name(r.outcome),
           reason_code(r.reasons[0].reason));
    }
}

static void check_onwards(void)
{
    for (size_t i = 0; i < COUNT(onwards); i++) {
        AUTO(marking_clear) struct marking m = of(onwards[i].mark);
        AUTO(policy_result_clear) struct policy_result r = { 0 };
        struct policy_input in = bob;
        in.marks = &m;
        in.mark_count = 1;
        in.copy_holder = NULL;
        in.onward = (struct policy_onward){ .to = "cedar.example", .state = POLICY_ACTIVE };
        if (onwards[i].change)
            onwards[i].change(&in);
        policy_onward(&in, &r);
        ok(r.count && r.outcome == onwards[i].outcome && r.reasons[0].reason == onwards[i].first,
           "onward row %zu, %s: %s, %s", i, onwards[i].mark, policy_outcome_name(r.outcome),
           reason_code(r.reasons[0].reason));
    }
}

/* every reason is kept, in the order it is told, with the part of the mark it comes from */
static void check_all_reasons(void)
{
    static const struct policy_reason want[] = {
        { "device", "", POLICY_DENY, REASON_SUSPENDED_DEVICE },
        { "TLP", "alder.example/SOURCE", POLICY_ASK, REASON_COMPARTMENT },
        { "TLP", "TLP:RED", POLICY_ASK, REASON_NOT_NAMED },
        { "TLP", "REL TO", POLICY_ASK, REASON_NOT_LISTED },
        { "TLP", "TLP:RED", POLICY_ASK, REASON_CLEARANCE },
        { "release", "", POLICY_ASK, REASON_RECALLED },
        { "embargo", "", POLICY_ASK, REASON_EMBARGO },
        { "TLP", "ORCON", POLICY_ASK, REASON_ORCON },
    };
    AUTO(marking_clear) struct marking m = of("TLP:RED//SOURCE//ORCON//REL TO cedar.example");
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    struct policy_input in = bob;
    in.marks = &m;
    in.mark_count = 1;
    device_suspended(&in);
    recalled(&in);
    embargoed(&in);
    low(&in);
    policy_read(&in, &r);
    ok(r.count == COUNT(want) && r.outcome == POLICY_DENY, "all %zu reasons", r.count);
    for (size_t i = 0; i < r.count && i < COUNT(want); i++)
        ok(strcmp(r.reasons[i].rule, want[i].rule) == 0 && strcmp(r.reasons[i].mark, want[i].mark) == 0 &&
               r.reasons[i].outcome == want[i].outcome && r.reasons[i].reason == want[i].reason,
           "reason %zu: %s '%s' %s", i, r.reasons[i].rule, r.reasons[i].mark,
           reason_code(r.reasons[i].reason));
}

static void check_several_marks(void)
{
    AUTO(marking_clear) struct marking first = of("TLP:GREEN"), second = of("TLP:AMBER//ORCON");
    const struct marking two[] = { first, second }, unset[] = { first, { 0 } };
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    struct policy_input in = bob;
    in.marks = two;
    in.mark_count = 2;
    in.onward = (struct policy_onward){
        .to = "cedar.example", .state = POLICY_ACTIVE, .in_community = true, .client = true
    };
    policy_onward(&in, &r);
    ok(r.outcome == POLICY_ASK && r.reasons[0].reason == REASON_ORCON, "the stricter of two marks decides");
    policy_result_clear(&r);
    in.marks = unset;
    policy_read(&in, &r);
    ok(r.outcome == POLICY_DENY && r.reasons[0].reason == REASON_UNKNOWN_MARK, "an unknown mark denies");
    policy_result_clear(&r);
    in.mark_count = 0;
    policy_read(&in, &r);
    ok(r.outcome == POLICY_DENY && r.reasons[0].reason == REASON_UNKNOWN_MARK, "no mark denies");
    policy_result_clear(&r);
    policy_onward(&in, &r);
    ok(r.outcome == POLICY_DENY && r.reasons[0].reason == REASON_UNKNOWN_MARK, "no mark goes nowhere");
}

static void check_beyond(void)
{
    static const struct {
        const char *mark;
        enum reason reason;
    } rows[] = {
        { "TLP:CLEAR", REASON_CLEAR },
        { "TLP:GREEN", REASON_COMMUNITY_RULE },
        { "TLP:GREEN//TEARLINE", REASON_TEARLINE_RULE },
        { "TLP:AMBER", REASON_CLIENT_RULE },
        { "TLP:AMBER+STRICT", REASON_ORGANISATION_ONLY },
        { "TLP:AMBER//ORCON", REASON_ORCON },
        { "TLP:RED", REASON_NOT_NAMED },
        { "TLP:RED//SOURCE//ORCON", REASON_COMPARTMENT },
        { "TLP:GREEN//REL TO birch.example", REASON_NOT_LISTED },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        AUTO(marking_clear) struct marking m = of(rows[i].mark);
        enum reason r = policy_beyond(&m, 1);
        ok(r == rows[i].reason, "beyond its holder, %s: %s", rows[i].mark, reason_code(r));
    }
}

static void check_failures(void)
{
    AUTO(marking_clear) struct marking m = of("TLP:RED//SOURCE");
    AUTO(policy_result_clear) struct policy_result r = { 0 };
    struct fail f = { 0 };
    struct policy_input in = bob;
    in.marks = &m;
    in.mark_count = 1;
    policy_read(&in, &r);
    ok(policy_check(&r, "portion 7k3q/3", &f) == E_NOT_RELEASED && f.reason == REASON_COMPARTMENT,
       "a failure");
    is_str(f.what, "portion 7k3q/3: not read in to the compartment (alder.example/SOURCE)", "its text");
    policy_result_clear(&r);
    fail_clear(&f);
    person_suspended(&in);
    policy_read(&in, &r);
    ok(policy_check(&r, "portion 7k3q/3", &f) == E_REFUSED, "a denial");
    is_str(f.what, "portion 7k3q/3: the person is suspended", "its text");
    policy_result_clear(&r);
    fail_clear(&f);
    in = bob;
    in.marks = &m;
    in.mark_count = 1;
    named_read_in(&in);
    policy_read(&in, &r);
    ok(policy_check(&r, "portion 7k3q/3", &f) == OK && f.code == OK, "no failure");
    policy_result_clear(&r);
    ok(r.outcome == POLICY_DENY, "what was not decided is denied");
    is_str(policy_version(), "1", "version");
}

int main(void)
{
    check_reads();
    check_onwards();
    check_all_reasons();
    check_several_marks();
    check_beyond();
    check_failures();
    return tap_done();
}
