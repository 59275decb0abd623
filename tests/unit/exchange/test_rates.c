/* SPDX-License-Identifier: Apache-2.0 - an hour's worth at once, what comes back evenly, and whose bucket is whose */
#include "exchange/rates.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

#define NOON ((uint64_t)1772442000000)
#define HOUR ((uint64_t)3600000)

/* In turn, with 36 statements and 1000 bytes of a partner in an hour, 10 keys of a device, and any number of calls. */
static void takes(void)
{
    static const struct {
        const char *what;
        enum rate of;
        const char *who;
        uint64_t count, bytes, after_ms;
        enum err want;
        unsigned retry_s;
        const char *setting;
    } rows[] = {
        { "an hour's worth at once", RATE_STATEMENTS, "birch.example", 36, 100, 0, OK, 0, NULL },
        { "nothing more", RATE_STATEMENTS, "birch.example", 1, 1, 0, E_RATE, 100, "partner_statements" },
        { "which took nothing", RATE_STATEMENTS, "birch.example", 1, 1, 0, E_RATE, 100,
          "partner_statements" },
        { "nor an hour's worth for an hour", RATE_STATEMENTS, "birch.example", 36, 1, 0, E_RATE, 3600,
          "partner_statements" },
        { "somebody else's is full", RATE_STATEMENTS, "cedar.example", 36, 0, 0, OK, 0, NULL },
        { "and his other one", RATE_CHECKPOINTS, "birch.example", 36, 0, 0, OK, 0, NULL },
        { "which has its end, too", RATE_CHECKPOINTS, "birch.example", 1, 0, 0, E_RATE, 100,
          "partner_statements" },
        { "not before its time", RATE_STATEMENTS, "birch.example", 1, 1, 99000, E_RATE, 1,
          "partner_statements" },
        { "the next one", RATE_STATEMENTS, "birch.example", 1, 1, 100000, OK, 0, NULL },
        { "and not two", RATE_STATEMENTS, "birch.example", 1, 1, 100000, E_RATE, 100, "partner_statements" },
        { "a clock that was put back gives nothing", RATE_STATEMENTS, "birch.example", 1, 1, 0, E_RATE, 100,
          "partner_statements" },
        { "after an hour it is full", RATE_STATEMENTS, "birch.example", 36, 1000, HOUR + 100000, OK, 0,
          NULL },
        { "bytes count on their own", RATE_STATEMENTS, "alder.example", 1, 900, 0, OK, 0, NULL },
        { "many are too many", RATE_STATEMENTS, "alder.example", 1, 200, 0, E_RATE, 360, "partner_bytes" },
        { "few go through", RATE_STATEMENTS, "alder.example", 1, 100, 0, OK, 0, NULL },
        { "more than a whole bucket, from a full one", RATE_STATEMENTS, "dove.example", 1, 5000, 0, OK, 0,
          NULL },
        { "is owed for", RATE_STATEMENTS, "dove.example", 1, 0, HOUR, OK, 0, NULL },
        { "byte by byte", RATE_STATEMENTS, "dove.example", 1, 1, HOUR, E_RATE, 3600, "partner_bytes" },
        { "more keys than a device may have", RATE_DEVICE_KEYS, "thumb", 1024, 0, 0, OK, 0, NULL },
        { "once", RATE_DEVICE_KEYS, "thumb", 1, 0, HOUR, E_RATE, 3600, "device_keys" },
        { "no bound, no end", RATE_CALLS, "bob@birch.example", (uint64_t)1 << 40, (uint64_t)1 << 60, 0, OK, 0,
          NULL },
        { "ever", RATE_CALLS, "bob@birch.example", (uint64_t)1 << 40, (uint64_t)1 << 60, 0, OK, 0, NULL },
    };
    struct node_conf conf = { .partner_statements = 36, .partner_bytes = 1000, .device_keys = 10 };
    struct rates *r = rates_new(&conf);
    struct rates_refusal last;
    ok(!rates_refused(r, &last), "nobody was refused yet");
    uint64_t refused = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fail f = { 0 };
        enum err e =
            rates_take(r, rows[i].of, rows[i].who, rows[i].count, rows[i].bytes, NOON + rows[i].after_ms, &f);
        ok(e == rows[i].want && f.retry_s == rows[i].retry_s, "%s: %u s, want %u (%s)", rows[i].what,
           f.retry_s, rows[i].retry_s, f.what);
        if (e == OK || !rows[i].setting)
            continue;
        refused++;
        ok(strstr(f.what, rows[i].setting) && strstr(f.what, rows[i].who),
           "it says whose and by which setting");
        ok(rates_refused(r, &last) && last.count == refused && strcmp(last.setting, rows[i].setting) == 0 &&
               strcmp(last.who, rows[i].who) == 0,
           "the doctor hears of it");
    }
    rates_free(r);
}

/* However many names come, whoever took most is remembered. */
static void many(void)
{
    struct node_conf conf = { .person_calls = 100 };
    struct rates *r = rates_new(&conf);
    struct fail f = { 0 };
    ok(rates_take(r, RATE_CALLS, "mallory@birch.example", 100, 0, NOON, &f) == OK, "one takes all");
    for (int i = 0; i < 100000; i++) {
        char who[64];
        snprintf(who, sizeof who, "p%d@birch.example", i);
        if (rates_take(r, RATE_CALLS, who, 1, 0, NOON + 1, &f) != OK)
            ok(false, "%s is refused: %s", who, f.what);
    }
    ok(rates_take(r, RATE_CALLS, "mallory@birch.example", 2, 0, NOON + 1, &f) == E_RATE,
       "after 100000 others he has nothing still: %s", f.what);
    rates_free(r);
}

int main(void)
{
    takes();
    many();
    return tap_done();
}
