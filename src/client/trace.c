/* SPDX-License-Identifier: Apache-2.0 */
#include "client/trace.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "client/words.h"

#define MISREAD     0.05
#define PRIOR_ONE   0.75
#define PRIOR_TWO   0.20
#define PRIOR_NONE  0.05
#define PAIRS_MAX   64 /* pairs are made of the likeliest holders: others would not change the sum */
#define MATCH_MIN   2  /* words around a place that must be the same, where there are as many */
#define MATCH_SHARE 3  /* and one in so many of them */

/* What the text says at one place. */
struct seen {
    size_t portion, place;
    bool second;
};

struct weighing {
    struct seen *seen;
    size_t count, places;
    struct trace_holder *holders;
    size_t holder_count;
    const struct trace_portion *portions;
    bool *expected; /* of each holder, at each seen place */
    bool *has;      /* whether he has that portion at all */
};

/* Reading the places ---------------------------------------------------------------------------------------- */

/* A place in words: both wordings, with what they grow together with (`{hid|conceal}ing`), and what stands around. */
struct spot {
    struct words first, second, before, after;
};

static void spot_clear(struct spot *s)
{
    words_clear(&s->first);
    words_clear(&s->second);
    words_clear(&s->before);
    words_clear(&s->after);
}

static uint64_t end_of(const struct variant_place *p)
{
    return p->at + p->first + p->second + 3;
}

static void add_joined(struct words *out, struct bytes a, struct bytes b, struct bytes c)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(a.len + b.len + c.len);
    buf_put_bytes(text, a);
    buf_put_bytes(text, b);
    buf_put_bytes(text, c);
    words_add(out, bytes_of(text));
}

static void read_spot(const struct trace_portion *p, size_t i, struct spot *s)
{
    const struct variant_place *v = &p->places->place[i];
    const uint8_t *raw = p->raw.data;
    uint64_t from = v->at, to = end_of(v);
    while (from > 0 && words_is_letter(raw[from - 1]))
        from--;
    while (to < p->raw.len && words_is_letter(raw[to]))
        to++;
    struct bytes head = BYTES(raw + from, (size_t)(v->at - from));
    struct bytes tail = BYTES(raw + end_of(v), (size_t)(to - end_of(v)));
    add_joined(&s->first, head, BYTES(raw + v->at + 1, v->first), tail);
    add_joined(&s->second, head, BYTES(raw + v->at + 2 + v->first, v->second), tail);
    /* of other places near by both wordings count: either may stand there; braces and bars are no words */
    uint64_t left = from < WORDS_NEAR ? from : WORDS_NEAR, right = p->raw.len - to;
    words_add(&s->before, BYTES(raw + from - left, (size_t)left));
    words_add(&s->after, BYTES(raw + to, (size_t)(right < WORDS_NEAR ? right : WORDS_NEAR)));
}

/* How well ${wording} stands somewhere in the text: the words around that are the same, at the best place; 0: nowhere. */
static size_t find(const struct words *text, const struct words *wording, const struct spot *s)
{
    size_t best = 0;
    if (wording->count == 0)
        return 0;
    for (size_t at = 0; at + wording->count <= text->count; at++) {
        if (!words_stand(text, at, wording))
            continue;
        size_t end = at + wording->count, possible = 0;
        size_t same =
            words_shared(text, at > WORDS_AROUND ? at - WORDS_AROUND : 0, at, &s->before, &possible) +
            words_shared(text, end, end + WORDS_AROUND, &s->after, &possible);
        size_t needed = possible / MATCH_SHARE > MATCH_MIN ? possible / MATCH_SHARE : MATCH_MIN;
        if (needed > possible)
            needed = possible;
        if (same >= needed && same > best)
            best = same;
    }
    return best;
}

/* The shorter wording may be part of the longer one (`{quickly|quickly and well}`): then the longer one, found as well, is it. */
static int compare(const struct spot *s, size_t first, size_t second)
{
    if (first != second)
        return first > second ? -1 : 1;
    if (first == 0 || s->first.count == s->second.count)
        return 0;
    return s->first.count > s->second.count ? -1 : 1;
}

static void look(const struct words *text, struct weighing *w, size_t portion, size_t place)
{
    AUTO(spot_clear) struct spot s = { 0 };
    read_spot(&w->portions[portion], place, &s);
    if (words_same(&s.first, &s.second))
        return; /* they differ in punctuation only: retyping loses it */
    w->places++;
    int side = compare(&s, find(text, &s.first, &s), find(text, &s.second, &s));
    if (side == 0)
        return;
    w->seen = mem_grow(w->seen, w->count + 1, sizeof *w->seen);
    w->seen[w->count++] = (struct seen){ portion, place, side > 0 };
}

/* Weighing them ---------------------------------------------------------------------------------------------- */

static void expect(struct weighing *w)
{
    size_t cells = w->holder_count * w->count + 1;
    w->expected = mem_array(cells, sizeof *w->expected);
    w->has = mem_array(cells, sizeof *w->has);
    for (size_t h = 0; h < w->holder_count; h++) {
        struct trace_holder *holder = &w->holders[h];
        for (size_t i = 0; i < w->count; i++) {
            const struct seen *seen = &w->seen[i];
            struct variant_code code = { .number = holder->number };
            memcpy(code.secret, w->portions[seen->portion].secret, HASH_LEN);
            size_t cell = h * w->count + i;
            w->expected[cell] = variant_second(&code, seen->place);
            w->has[cell] = holder->has[seen->portion];
            holder->matches += w->has[cell] && w->expected[cell] == seen->second;
            wipe(&code, sizeof code);
        }
    }
}

/* How likely one place is, if the text comes from ${a}, or from both. A portion that he has no copy of can't. */
static double likelihood_at(const struct weighing *w, size_t a, size_t b, size_t i)
{
    size_t x = a * w->count + i, y = b * w->count + i;
    bool from_a = w->has[x], from_b = w->has[y], seen = w->seen[i].second;
    if (!from_a && !from_b)
        return MISREAD;
    double sum = 0;
    if (from_a)
        sum += w->expected[x] == seen ? 1 - MISREAD : MISREAD;
    if (from_b)
        sum += w->expected[y] == seen ? 1 - MISREAD : MISREAD;
    return sum / (from_a + from_b);
}

static double log_likelihood(const struct weighing *w, size_t a, size_t b)
{
    double sum = 0;
    for (size_t i = 0; i < w->count; i++)
        sum += log(likelihood_at(w, a, b, i));
    return sum;
}

/* The holders that pairs are made of: those with most matches, by a threshold that leaves at most PAIRS_MAX. */
static size_t choose(const struct weighing *w, size_t out[static PAIRS_MAX])
{
    size_t count = 0;
    for (size_t m = w->count + 1; m-- > 0 && count < PAIRS_MAX;)
        for (size_t h = 0; h < w->holder_count && count < PAIRS_MAX; h++)
            if (w->holders[h].matches == m)
                out[count++] = h;
    return count;
}

struct guess {
    size_t a, b; /* the same: one holder */
    double weight;
};

/* Every explanation with its weight: log of prior and likelihood, then as a share of all. */
static size_t explain(const struct weighing *w, struct guess *out)
{
    size_t near[PAIRS_MAX], near_count = choose(w, near), count = 0;
    double pairs = (double)near_count * (double)(near_count - 1) / 2, best = -INFINITY, sum = 0;
    for (size_t h = 0; h < w->holder_count; h++)
        out[count++] =
            (struct guess){ h, h, log(PRIOR_ONE / (double)w->holder_count) + log_likelihood(w, h, h) };
    for (size_t i = 0; i < near_count; i++)
        for (size_t k = i + 1; k < near_count; k++)
            out[count++] = (struct guess){ near[i], near[k],
                                           log(PRIOR_TWO / pairs) + log_likelihood(w, near[i], near[k]) };
    double none = log(PRIOR_NONE) + (double)w->count * log(0.5);
    for (size_t i = 0; i < count; i++)
        best = out[i].weight > best ? out[i].weight : best;
    best = none > best ? none : best;
    for (size_t i = 0; i < count; i++)
        sum += out[i].weight = exp(out[i].weight - best);
    sum += exp(none - best);
    for (size_t i = 0; i < count; i++)
        out[i].weight /= sum;
    return count;
}

static void name(struct weighing *w, struct trace_result *out)
{
    size_t sure = 0;
    for (size_t h = 0; h < w->holder_count; h++) {
        struct trace_holder *holder = &w->holders[h];
        if (holder->score < TRACE_SURE)
            continue;
        if (sure < 2)
            out->named[sure] = holder;
        sure++;
    }
    if (sure == 2 && out->named[1]->score > out->named[0]->score) {
        const struct trace_holder *swap = out->named[0];
        out->named[0] = out->named[1];
        out->named[1] = swap;
    }
    out->verdict = sure == 1 ? TRACE_ONE : sure == 2 ? TRACE_TWO : TRACE_INDISTINGUISHABLE;
    if (sure == 1 || sure == 2)
        out->wrong = 1 - out->named[sure - 1]->score;
    if (out->wrong < 0)
        out->wrong = 0;
}

static void weigh(struct weighing *w, struct trace_result *out)
{
    size_t most = w->holder_count + (size_t)PAIRS_MAX * PAIRS_MAX;
    struct guess *guesses = mem_array(most, sizeof *guesses);
    expect(w);
    size_t count = explain(w, guesses);
    for (size_t i = 0; i < count; i++) {
        w->holders[guesses[i].a].score += guesses[i].weight;
        if (guesses[i].b != guesses[i].a)
            w->holders[guesses[i].b].score += guesses[i].weight;
    }
    name(w, out);
    mem_freep(&guesses);
    mem_freep(&w->expected);
    mem_freep(&w->has);
}

void trace_text(struct bytes text, const struct trace_portion *portions, size_t portion_count,
                struct trace_holder *holders, size_t holder_count, struct trace_result *out)
{
    AUTO(words_clear) struct words words = { 0 };
    struct weighing w = { .holders = holders, .holder_count = holder_count, .portions = portions };
    words_add(&words, text);
    for (size_t p = 0; p < portion_count; p++)
        for (size_t i = 0; i < portions[p].places->count; i++)
            look(&words, &w, p, i);
    *out = (struct trace_result){ .places = w.places, .found = w.count };
    for (size_t h = 0; h < holder_count; h++) {
        holders[h].matches = 0;
        holders[h].score = 0;
    }
    if (w.count > 0 && holder_count > 0)
        weigh(&w, out);
    mem_freep(&w.seen);
}
