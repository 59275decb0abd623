/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "store/card.h"
#include "store/person.h"
#include "store/setting.h"

static enum err show_card(const struct card_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s:%llu:%s ", r->domain, (unsigned long long)r->serial, card_state_name(r->state));
}

static enum err show_person(const struct person_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s[%s]%s ", r->id, r->roles, person_state_name(r->state));
}

static enum err show_device(const struct device_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s:%s ", r->thumbprint, device_state_name(r->state));
}

static enum err show_read_in(const struct read_in_row *r, void *ctx, struct fail *fail)
{
    (void)fail;
    return put(ctx, "%s ", r->compartment);
}

static void settings(void)
{
    AUTO(str_freep) char *value = NULL;
    bad(store_setting_get(db, "domain", &value, &f), E_NOT_FOUND);
    good(store_setting_put(db, "domain", "alder.example", &f));
    good(store_setting_put(db, "domain", "birch.example", &f));
    reopen();
    good(store_setting_get(db, "domain", &value, &f));
    is_str(value, "birch.example", "the newer value, after a reopen");
}

static void cards(void)
{
    struct card_row c = { .domain = "birch.example",
                          .serial = 3,
                          .jws = "a.b.c",
                          .digest = { 1 },
                          .state = CARD_UNCONFIRMED,
                          .local = true,
                          .card_key_sha = { 2, [31] = 9 },
                          .taken_ms = 100 };
    good(store_card_put(db, &c, &f));
    good(store_card_put(db, &c, &f));
    c.jws = "a.b.d";
    bad_why(store_card_put(db, &c, &f), REASON_OTHER_CONTENT);
    c.serial = 4;
    good(store_card_put(db, &c, &f));
    c.serial = 2;
    bad(store_card_put(db, &c, &f), E_CONFLICT);
    struct card_row own = { .domain = "alder.example", .serial = 1, .jws = "x", .state = CARD_OWN };
    good(store_card_put(db, &own, &f));
    good(store_card_set_state(db, "birch.example", CARD_CONFIRMED, 200, &f));
    good(store_card_set_reached(db, "birch.example", 300, &f));
    good(store_card_set_local(db, "birch.example", false, &f));
    bad(store_card_set_state(db, "nobody.example", CARD_CONFIRMED, 200, &f), E_NOT_FOUND);
    bad(store_card_set_reached(db, "birch.example", UINT64_MAX, &f), E_INVALID);
    reopen();
    AUTO(store_card_clear) struct card_row got = { 0 };
    good(store_card_get(db, "birch.example", &got, &f));
    ok(got.serial == 4 && strcmp(got.jws, "a.b.d") == 0 && got.digest[0] == 1 && got.card_key_sha[31] == 9,
       "content of the newest card");
    ok(got.state == CARD_CONFIRMED && got.confirmed_ms == 200 && got.reached_ms == 300 && !got.local &&
           got.taken_ms == 100,
       "and its state");
    AUTO(store_card_clear) struct card_row mine = { 0 }, copy = { 0 };
    good(store_card_own(db, &mine, &f));
    is_str(mine.domain, "alder.example", "our own card");
    store_card_copy(&mine, &copy);
    store_card_clear(&mine);
    is_str(copy.domain, "alder.example", "a copy outlives its source");
    AUTO(str_freep) char *old = NULL;
    good(store_card_history(db, "birch.example", 3, &old, &f));
    is_str(old, "a.b.c", "an earlier card is kept");
    bad(store_card_history(db, "birch.example", 9, &old, &f), E_NOT_FOUND);
    shows(store_card_list(db, show_card, &line, &f), "alder.example:1:own birch.example:4:confirmed ");
    AUTO(store_card_clear) struct card_row none = { .serial = 77 };
    enum err e = store_card_get(db, "nobody.example", &none, &f);
    ok(store_missing(e, &f) && f.code == OK && none.serial == 77, "a missing card leaves row and fail alone");
}

static void people(void)
{
    struct person_row amy = { .id = "amy@alder.example",
                              .domain = "alder.example",
                              .roles = "reader",
                              .pending_roles = "author,officer",
                              .clearance = "secret",
                              .added_ms = 5 };
    struct person_row bob = { .id = "bob@birch.example", .domain = "birch.example", .added_ms = 6 };
    struct person_row abe = { .id = "abe@alder.example", .domain = "alder.example", .added_ms = 7 };
    good(store_person_add(db, &amy, &f));
    bad(store_person_add(db, &amy, &f), E_CONFLICT);
    good(store_person_put(db, &bob, &f));
    good(store_person_add(db, &abe, &f));
    bob.roles = "authority,reader";
    bob.added_ms = 1000;
    good(store_person_put(db, &bob, &f));
    good(store_person_set_roles(db, "amy@alder.example", "author,officer,reader", "", &f));
    good(store_person_set_state(db, "abe@alder.example", PERSON_SUSPENDED, &f));
    bad(store_person_set_state(db, "eve@alder.example", PERSON_SUSPENDED, &f), E_NOT_FOUND);
    bad(store_person_set_roles(db, "eve@alder.example", "", "", &f), E_NOT_FOUND);
    reopen();
    shows(store_person_list(db, "alder.example", show_person, &line, &f),
          "abe@alder.example[]suspended amy@alder.example[author,officer,reader]active ");
    AUTO(store_person_clear) struct person_row got = { 0 };
    good(store_person_get(db, "bob@birch.example", &got, &f));
    ok(strcmp(got.roles, "authority,reader") == 0 && got.added_ms == 6, "put replaces all but added_ms");
    is_str(got.clearance, "", "text that was not given is empty");
}

static void devices(void)
{
    struct device_row d = { .thumbprint = "t1",
                            .person = "amy@alder.example",
                            .jwk = "{}",
                            .enrolled_ms = 10,
                            .generation = 1,
                            .idx = 7 };
    good(store_device_add(db, &d, &f));
    d.person = "bob@birch.example";
    bad(store_device_add(db, &d, &f), E_CONFLICT);
    d.thumbprint = "t2";
    d.person = "ghost@alder.example";
    bad(store_device_add(db, &d, &f), E_STORE);
    d.person = "amy@alder.example";
    d.enrolled_ms = 9;
    good(store_device_add(db, &d, &f));
    good(store_device_confirm(db, "t1", 20, 1, 7, &f));
    good(store_device_set_state(db, "t2", DEVICE_REVOKED, &f));
    bad(store_device_confirm(db, "t9", 20, 1, 7, &f), E_NOT_FOUND);
    reopen();
    shows(store_device_list(db, "amy@alder.example", show_device, &line, &f), "t2:revoked t1:active ");
    AUTO(store_device_clear) struct device_row got = { 0 };
    good(store_device_get(db, "t1", &got, &f));
    ok(got.confirmed_ms == 20 && got.generation == 1 && got.idx == 7, "a device's numbers");
}

static void enrolments(void)
{
    uint8_t secret[32] = { 1 }, other[32] = { 2 }, late[32] = { 3 };
    good(store_enrolment_add(db, secret, "amy@alder.example", 1000, &f));
    good(store_enrolment_add(db, late, "amy@alder.example", 1000, &f));
    bad(store_enrolment_add(db, secret, "bob@birch.example", 1000, &f), E_CONFLICT);
    char *who = NULL;
    bad(store_enrolment_take(db, other, 500, &who, &f), E_NOT_FOUND);
    bad_why(store_enrolment_take(db, late, 1000, &who, &f), REASON_EXPIRED);
    ok(who == NULL, "nothing is said of an expired one");
    good(store_enrolment_take(db, secret, 999, &who, &f));
    is_str(who, "amy@alder.example", "whose it is");
    str_freep(&who);
    reopen();
    bad_why(store_enrolment_take(db, secret, 5000, &who, &f), REASON_USED);
    is_str(who, "amy@alder.example", "whose it was, for the alert");
    str_freep(&who);
}

static void read_ins(void)
{
    struct read_in_row r = { .person = "bob@birch.example",
                             .compartment = "alder.example/SOURCE",
                             .from_ms = 100 };
    good(store_read_in_put(db, &r, &f));
    r.compartment = "alder.example/ATLAS";
    r.until_ms = 200;
    good(store_read_in_put(db, &r, &f));
    shows(store_read_in_at(db, "bob@birch.example", 99, show_read_in, &line, &f), "");
    shows(store_read_in_at(db, "bob@birch.example", 100, show_read_in, &line, &f),
          "alder.example/ATLAS alder.example/SOURCE ");
    shows(store_read_in_at(db, "bob@birch.example", 200, show_read_in, &line, &f), "alder.example/SOURCE ");
    r.compartment = "alder.example/SOURCE";
    r.until_ms = 150;
    good(store_read_in_put(db, &r, &f));
    reopen();
    shows(store_read_in_at(db, "bob@birch.example", 199, show_read_in, &line, &f), "alder.example/ATLAS ");
}

int main(void)
{
    begin();
    settings();
    cards();
    people();
    devices();
    enrolments();
    read_ins();
    return end();
}
