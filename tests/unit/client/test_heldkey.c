/* SPDX-License-Identifier: Apache-2.0 - keys that an authority's client holds: kept for whom, opened by whom, gone when */
#include <stdlib.h>

#include "base/mem.h"
#include "base/time.h"
#include "client/heldkey.h"
#include "tap.h"
#include "world.h"

#define PORTION "22222222-2222-4222-8222-222222222222"
#define REPORT  "11111111-1111-4111-8111-111111111111"

static const uint8_t pin[HASH_LEN] = { 1 };
static struct org birch;
static struct profile *ben, *other;

static struct held_portion portion(void)
{
    return (struct held_portion){ .id = PORTION, .n = 1, .digest = { 7 } };
}

static void tokens(void)
{
    static const struct {
        const char *name, *roles;
        bool may;
    } rows[] = {
        { "a reader", "[\"reader\"]", false },
        { "an authority", "[\"authority\",\"reader\"]", true },
        { "an officer", "[\"officer\",\"reader\"]", false },
        { "roles that are no list", "\"authority\"", false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct fail f = { 0 };
        AUTO(json_freep) json_t *claims = json_object();
        AUTO(buf_freep) struct buf *token = buf_new(JOSE_MAX_SMALL);
        json_set_take(claims, "roles", json_loads(rows[i].roles, JSON_DECODE_ANY, NULL));
        world_must(jose_sign(ben->key, NULL, "at+jwt", claims, token, &f), &f);
        ok(heldkey_may(buf_text(token)) == rows[i].may, "%s", rows[i].name);
    }
    ok(!heldkey_may(NULL) && !heldkey_may("a.b.c"), "no token is no authority's");
}

static void kept(void)
{
    const uint8_t key[TDF_KEY_LEN] = { 1, 2, 3 };
    uint8_t out[TDF_KEY_LEN] = { 0 };
    struct held_portion p = portion();
    struct heldkey about = { .report = REPORT, .originator = "alder.example" };
    struct fail f = { 0 };
    AUTO(buf_freep) struct buf *text = buf_new(1 << 14);
    ok(heldkey_open(ben, &p, 1000, out, &f) == E_REFUSED && f.reason == REASON_NO_HELD_KEY,
       "nothing is held: %s", f.what);
    world_must(heldkey_keep(ben, &about, &p, key, &f), &f);
    ok(heldkey_has(ben, PORTION) && heldkey_open(ben, &p, 1000, out, &f) == OK &&
           memcmp(key, out, sizeof key) == 0,
       "kept, and opened by the device's key");
    world_must(profile_kept(ben, PORTION HELDKEY_SUFFIX, text, &f), &f);
    ok(!memmem(text->data, text->len, key, sizeof key), "it does not lie there in clear");
    /* the same file in another's profile */
    world_must(profile_keep(other, PORTION HELDKEY_SUFFIX, bytes_of(text), &f), &f);
    ok(heldkey_open(other, &p, 1000, out, &f) == E_UNVERIFIED, "another device does not open it");
    struct held_portion second = portion();
    second.digest[0] = 8;
    f = (struct fail){ 0 };
    ok(heldkey_open(ben, &second, 1000, out, &f) == E_REFUSED && f.reason == REASON_NO_HELD_KEY,
       "nor does it open another copy");
    about.until_ms = 5000;
    world_must(heldkey_keep(ben, &about, &p, key, &f), &f);
    ok(heldkey_open(ben, &p, 4999, out, &f) == OK, "it is good until the release ends");
    f = (struct fail){ 0 };
    ok(heldkey_open(ben, &p, 5000, out, &f) == E_REFUSED && f.reason == REASON_NO_HELD_KEY, "and not after");
    heldkey_drop(ben, PORTION);
    ok(!heldkey_has(ben, PORTION), "dropped, it is gone");
    heldkey_drop(ben, PORTION);
}

int main(void)
{
    char *dir = world_folder();
    org_make(&birch, "birch.example", "https://127.0.0.1:1", pin);
    ben = world_profile(dir, "ben@birch.example", &birch);
    other = world_profile(dir, "other@birch.example", &birch);
    tokens();
    kept();
    profile_free(ben);
    profile_free(other);
    org_clear(&birch);
    world_remove(dir);
    return tap_done();
}
