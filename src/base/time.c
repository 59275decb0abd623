/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MS_PER_DAY  86400000u
#define TIME_END_MS 253402300800000u /* 10000-01-01 */

static uint64_t clock_ms(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        BUG("no clock");
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t time_now_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

uint64_t time_mono_ms(void)
{
    return clock_ms(CLOCK_MONOTONIC);
}

void time_print(uint64_t ms, char out[static TIME_TEXT_SIZE])
{
    if (ms >= TIME_END_MS)
        BUG("a time after the year 9999");
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    char text[64];
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1,
             tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(ms % 1000));
    memcpy(out, text, TIME_TEXT_SIZE - 1);
    out[TIME_TEXT_SIZE - 1] = '\0';
}

/* ${n} digits at ${*s}, moving it on; -1 if there are fewer */
static int digits(const char **s, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++) {
        char c = (*s)[i];
        if (c < '0' || c > '9')
            return -1;
        v = v * 10 + (c - '0');
    }
    *s += n;
    return v;
}

static bool skip(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* "2026-03-02", moving ${*s} on */
static bool read_date(const char **s, uint64_t *ms)
{
    int year = digits(s, 4);
    if (year < 1970 || !skip(s, '-'))
        return false;
    int month = digits(s, 2);
    if (month < 1 || month > 12 || !skip(s, '-'))
        return false;
    int day = digits(s, 2);
    if (day < 1 || day > days_in(year, month))
        return false;
    struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
    *ms = (uint64_t)timegm(&tm) * 1000;
    return true;
}

bool time_read(const char *text, uint64_t *ms)
{
    uint64_t date;
    if (!read_date(&text, &date) || !skip(&text, 'T'))
        return false;
    int hour = digits(&text, 2);
    if (hour < 0 || hour > 23 || !skip(&text, ':'))
        return false;
    int minute = digits(&text, 2);
    if (minute < 0 || minute > 59 || !skip(&text, ':'))
        return false;
    int second = digits(&text, 2);
    if (second < 0 || second > 59)
        return false;
    unsigned milli = 0;
    if (skip(&text, '.')) {
        size_t n = strspn(text, "0123456789");
        if (n < 1 || n > 9)
            return false;
        for (size_t i = 0; i < 3; i++)
            milli = milli * 10 + (i < n ? (unsigned)(text[i] - '0') : 0);
        text += n;
    }
    if (strcmp(text, "Z") != 0)
        return false;
    *ms = date + ((uint64_t)hour * 3600 + (uint64_t)minute * 60 + (uint64_t)second) * 1000 + milli;
    return true;
}

static bool read_duration(const char *text, uint64_t *ms)
{
    static const struct {
        char unit;
        uint64_t ms;
    } units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', MS_PER_DAY } };
    if (*text++ != '+')
        return false;
    size_t n = strspn(text, "0123456789");
    if (n < 1 || n > 9 || text[n] == '\0' || text[n + 1] != '\0')
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i].unit == text[n]) {
            *ms = v * units[i].ms;
            return v > 0;
        }
    return false;
}

enum err time_read_by(const char *text, uint64_t now_ms, uint64_t *ms, struct fail *f)
{
    uint64_t at = 0, duration;
    const char *rest = text;
    if (read_duration(text, &duration))
        at = now_ms + duration;
    else if (read_date(&rest, &at) && *rest == '\0')
        at += MS_PER_DAY - 1;
    else if (!time_read(text, &at))
        return fail_set(
            f, E_USAGE,
            "not a time: '%.40s' (use +30m, +4h, +3d, 2026-12-01 or RFC 3339 UTC, from 1970 to 9999)", text);
    if (at <= now_ms)
        return fail_set(f, E_USAGE, "'%.40s' is in the past", text);
    if (at >= TIME_END_MS)
        return fail_set(f, E_USAGE, "'%.40s' is after the year 9999", text);
    *ms = at;
    return OK;
}
