/* SPDX-License-Identifier: Apache-2.0 - whose copy: retyped, shortened, mixed, and texts with nothing to go by */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "client/trace.h"
#include "tap.h"

#define HOLDERS 5 /* our own people and four partners */
#define PLACES  8

static const char report[] =
    "The group {conceals|hides} explosives in portable computers, which it {buys|gets} from two "
    "shops near "
    "the harbour.\nTwo of its members {know|have learnt} that the usual screening misses them when the "
    "battery is in "
    "place.\nA courier {travels|goes} every second Friday to the capital by train, and {stays|sleeps} at the "
    "house of "
    "his cousin.\nPayments {come|arrive} in small sums through a bureau that a {relative|kinsman} of the "
    "leader keeps.\n"
    "The next attempt is {planned|meant} for the first week of December, on one of the long routes.\n";

struct sample {
    struct bytes raw;
    struct variants places;
    uint8_t secret[HASH_LEN];
    struct trace_portion portion;
    bool has[1];
    struct trace_holder holders[HOLDERS];
};

/* The braces of the sample, by hand: it has no others. */
static void find_places(struct bytes raw, struct variants *out)
{
    const char *text = (const char *)raw.data;
    out->count = 0;
    for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
        const char *bar = strchr(at, '|'), *end = strchr(at, '}');
        out->place[out->count++] = (struct variant_place){ (uint64_t)(at - text), (uint32_t)(bar - at - 1),
                                                           (uint32_t)(end - bar - 1) };
    }
}

static void make(struct sample *s, const char *text, unsigned seed)
{
    static const char *const names[HOLDERS] = { "house", "birch.example", "cedar.example", "dove.example",
                                                "elm.example" };
    uint8_t key[TDF_KEY_LEN] = { (uint8_t)seed, (uint8_t)(seed >> 8) };
    *s = (struct sample){ .raw = bytes_str(text), .has = { true } };
    find_places(s->raw, &s->places);
    variant_secret(key, s->secret);
    s->portion = (struct trace_portion){ 1, s->raw, &s->places, s->secret };
    for (uint32_t h = 0; h < HOLDERS; h++)
        s->holders[h] = (struct trace_holder){ .name = names[h], .number = h, .has = s->has };
}

static char *copy_of(const struct sample *s, uint32_t number)
{
    struct variant_code code = { .number = number };
    struct variant_choice c;
    struct source raw = source_bytes(&(struct bytes){ s->raw.data, s->raw.len });
    memcpy(code.secret, s->secret, HASH_LEN);
    struct source chosen = variant_source(&c, &raw, raw.size, &s->places, &code, NULL);
    char *out = mem_new((size_t)chosen.size + 1);
    struct fail f = { 0 };
    if (source_read(&chosen, 0, out, (size_t)chosen.size, &f) != OK)
        abort();
    return out;
}

static uint32_t state = 1;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

/* Retyped: other line breaks and case, punctuation lost, a word in forty misspelt or left out. */
static void retype(const char *text, struct buf *out)
{
    while (*text) {
        size_t n = strcspn(text, " \n.,");
        uint32_t fate = draw(80);
        if (n && fate != 0) {
            for (size_t i = 0; i < n; i++)
                buf_put_u8(out, (uint8_t)(draw(8) ? text[i] : toupper((unsigned char)text[i])));
            if (fate == 1)
                buf_put_str(out, "e");
            buf_put_str(out, draw(6) ? " " : "\r\n  ");
        }
        text += n;
        if (*text)
            text++;
    }
}

/* Some lines of it in a row. */
static char *lines_of(const char *text, unsigned from, unsigned count)
{
    const char *start = text;
    for (; from > 0; from--)
        start = strchr(start, '\n') + 1;
    const char *end = start;
    for (; count > 0 && end && *end; count--)
        end = strchr(end, '\n') ? strchr(end, '\n') + 1 : end + strlen(end);
    return mem_dup(start, (size_t)(end - start));
}

static void run(struct sample *s, const char *text, struct trace_result *out)
{
    trace_text(bytes_str(text), &s->portion, 1, s->holders, HOLDERS, out);
}

/* Four holders, eight places; three lines of five, retyped. */
static void check_retyped(void)
{
    unsigned right = 0, wrong = 0, trials = 500;
    for (unsigned i = 0; i < trials; i++) {
        struct sample s;
        struct trace_result r;
        AUTO(buf_freep) struct buf *typed = buf_new(65536);
        uint32_t who = 1 + draw(4);
        make(&s, report, i);
        AUTO(str_freep) char *copy = copy_of(&s, who);
        AUTO(str_freep) char *part = lines_of(copy, draw(2), 4);
        retype(part, typed);
        run(&s, buf_text(typed), &r);
        right += r.verdict == TRACE_ONE && r.named[0] == &s.holders[who];
        wrong += (r.verdict == TRACE_ONE || r.verdict == TRACE_TWO) && r.named[0] != &s.holders[who] &&
                 r.named[1] != &s.holders[who];
    }
    ok(right * 100 >= 99 * trials, "retyped and shortened: %u of %u are traced to their holder", right,
       trials);
    ok(wrong == 0, "%u are traced to somebody else", wrong);
}

static void check_whole(void)
{
    size_t wrong = 0;
    double worst = 0;
    for (unsigned i = 0; i < 50; i++)
        for (uint32_t who = 0; who < HOLDERS; who++) {
            struct sample s;
            struct trace_result r;
            make(&s, report, i);
            AUTO(str_freep) char *copy = copy_of(&s, who);
            run(&s, copy, &r);
            wrong += r.verdict != TRACE_ONE || r.named[0] != &s.holders[who] || r.found != PLACES ||
                     r.named[0]->matches != PLACES;
            worst = r.wrong > worst ? r.wrong : worst;
        }
    ok(wrong == 0, "a whole copy is traced to its holder, our own people among them");
    ok(worst < 0.05, "and the odds of being wrong are said: %.4f at most", worst);
}

/* A longer text: 24 lines with a place in each. */
static char *long_text(void)
{
    AUTO(buf_freep) struct buf *text = buf_new(65536);
    for (unsigned i = 0; i < 24; i++)
        buf_printf(text, "Line %u says that man%u {saw|met} woman%u near place%u on day%u.\n", i, i, i, i, i);
    return buf_steal_text(text);
}

struct mixed {
    size_t trials, innocent, both;
};

/* The first lines of one copy, the others of another. */
static void mix(const char *text, unsigned lines, unsigned seed, uint32_t a, uint32_t b, struct mixed *m)
{
    struct sample s;
    struct trace_result r;
    make(&s, text, seed);
    AUTO(str_freep) char *one = copy_of(&s, a);
    AUTO(str_freep) char *two = copy_of(&s, b);
    AUTO(str_freep) char *head = lines_of(one, 0, lines);
    AUTO(str_freep) char *tail = lines_of(two, lines, 99);
    AUTO(str_freep) char *mixed = str_format("%s%s", head, tail);
    run(&s, mixed, &r);
    bool has_a = false, has_b = false;
    for (size_t k = 0; k < 2 && r.named[k]; k++) {
        has_a = has_a || r.named[k] == &s.holders[a];
        has_b = has_b || r.named[k] == &s.holders[b];
        m->innocent += r.named[k] != &s.holders[a] && r.named[k] != &s.holders[b];
    }
    m->trials++;
    m->both += has_a && has_b;
}

static void check_mixed(void)
{
    AUTO(str_freep) char *longer = long_text();
    struct mixed few = { 0 }, many = { 0 };
    for (unsigned i = 0; i < 60; i++)
        for (uint32_t a = 1; a < HOLDERS; a++)
            for (uint32_t b = 1; b < a; b++) {
                mix(report, 2, i, a, b, &few);
                mix(longer, 12, i, a, b, &many);
            }
    ok(few.innocent == 0, "two copies mixed, 8 places: no third holder is named (%zu of %zu)", few.innocent,
       few.trials);
    ok(many.innocent == 0 && many.both * 100 >= 99 * many.trials,
       "24 places: both are named in %zu of %zu, a third in %zu", many.both, many.trials, many.innocent);
}

static void check_nothing(void)
{
    struct sample s;
    struct trace_result r;
    make(&s, report, 1);
    run(&s, "Quite another text, about gardens and the weather in the north.", &r);
    ok(r.verdict == TRACE_NOTHING && r.found == 0 && r.places == PLACES, "another text: nothing to go by");
    run(&s, "", &r);
    ok(r.verdict == TRACE_NOTHING, "no text: nothing to go by");
    run(&s, "on one of the long routes the next attempt is planned for the first week", &r);
    ok(r.verdict == TRACE_INDISTINGUISHABLE && r.found == 1, "one place: indistinguishable (%zu)", r.found);
    AUTO(str_freep) char *raw = mem_dup(s.raw.data, s.raw.len);
    run(&s, raw, &r);
    ok(r.verdict != TRACE_ONE || r.wrong > 0, "both wordings at each place name nobody for certain");
    for (size_t h = 0; h < HOLDERS; h++)
        s.holders[h].number = 3;
    AUTO(str_freep) char *copy = copy_of(&s, 3);
    run(&s, copy, &r);
    ok(r.verdict == TRACE_INDISTINGUISHABLE && r.found == PLACES,
       "copies that are the same: indistinguishable");
}

/* Who has no copy of the portion did not leak it from there, whatever his code says. */
static void check_has(void)
{
    struct sample s;
    struct trace_result r;
    bool none[1] = { false };
    make(&s, report, 3);
    AUTO(str_freep) char *copy = copy_of(&s, 2);
    s.holders[2].has = none;
    run(&s, copy, &r);
    ok(s.holders[2].score < 0.01 && (r.verdict != TRACE_ONE || r.named[0] != &s.holders[2]),
       "a holder without the portion is not named");
}

int main(void)
{
    struct fail f = { 0 };
    if (!ok(crypto_start(&f) == OK, "crypto %s", f.what))
        return tap_done();
    check_whole();
    check_retyped();
    check_mixed();
    check_nothing();
    check_has();
    return tap_done();
}
