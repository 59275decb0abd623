/* SPDX-License-Identifier: Apache-2.0 - marks compared and rolled up: rows, then laws over random markings */
#include <stdint.h>

#include "base/mem.h"
#include "marking/marking.h"
#include "tap.h"

static struct marking of(const char *text)
{
    static const struct marking_reader alder = { "alder.example", NULL, NULL };
    struct marking m = { 0 };
    struct fail f = { 0 };
    if (marking_parse(bytes_str(text), &alder, &m, NULL, &f) != OK)
        BUG(text);
    return m;
}

static const struct {
    const char *portions[5], *banner;
} banners[] = {
    { { "TLP:GREEN" }, "TLP:GREEN" },
    { { "TLP:AMBER//ORCON", "TLP:GREEN//TEARLINE", "TLP:RED//SOURCE//ORCON" }, "TLP:RED//SOURCE//ORCON" },
    { { "TLP:AMBER//ORCON", "TLP:GREEN//TEARLINE" }, "TLP:AMBER//ORCON" },
    { { "TLP:GREEN//TEARLINE" }, "TLP:GREEN" },
    { { "TLP:GREEN//TEARLINE", "TLP:GREEN//TEARLINE" }, "TLP:GREEN" },
    { { "TLP:CLEAR", "TLP:WHITE" }, "TLP:CLEAR" },
    { { "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:GREEN" }, "TLP:AMBER+STRICT" },
    { { "TLP:GREEN//A", "TLP:AMBER//B", "TLP:GREEN//A" }, "TLP:AMBER//A/B" },
    { { "TLP:RED//SOURCE", "TLP:RED//b.example/SOURCE" }, "TLP:RED//SOURCE/b.example/SOURCE" },
    { { "TLP:GREEN//HIDDEN", "TLP:GREEN" }, "TLP:GREEN//HIDDEN" },
    { { "TLP:AMBER//REL TO b.example, c.example", "TLP:AMBER//REL TO c.example, d.example" },
      "TLP:AMBER//REL TO c.example" },
    { { "TLP:AMBER//REL TO b.example", "TLP:GREEN" }, "TLP:AMBER//REL TO b.example" },
    { { "TLP:GREEN", "TLP:AMBER//REL TO b.example" }, "TLP:AMBER//REL TO b.example" },
    { { "TLP:AMBER//REL TO b.example", "TLP:AMBER//REL TO c.example" }, "TLP:AMBER//REL TO NONE" },
    { { "TLP:AMBER//REL TO b.example", "TLP:AMBER//REL TO c.example", "TLP:RED//REL TO b.example" },
      "TLP:RED//REL TO NONE" },
};

static const struct {
    const char *a, *b;
    enum marking_order order;
} orders[] = {
    { "TLP:RED", "TLP:RED", MARKING_EQUAL },
    { "TLP:CLEAR", "TLP:WHITE", MARKING_EQUAL },
    { "TLP:RED//A/B", "TLP:RED//B/A", MARKING_EQUAL },
    { "TLP:GREEN", "TLP:CLEAR", MARKING_STRICTER },
    { "TLP:AMBER", "TLP:GREEN", MARKING_STRICTER },
    { "TLP:AMBER+STRICT", "TLP:AMBER", MARKING_STRICTER },
    { "TLP:RED", "TLP:AMBER+STRICT", MARKING_STRICTER },
    { "TLP:AMBER", "TLP:RED", MARKING_WEAKER },
    { "TLP:AMBER//ORCON", "TLP:AMBER", MARKING_STRICTER },
    { "TLP:AMBER//HIDDEN", "TLP:AMBER", MARKING_STRICTER },
    { "TLP:GREEN//TEARLINE", "TLP:GREEN", MARKING_WEAKER },
    { "TLP:AMBER//ORCON", "TLP:RED", MARKING_INCOMPARABLE },
    { "TLP:RED//A", "TLP:RED//B", MARKING_INCOMPARABLE },
    { "TLP:RED//A/B", "TLP:RED//B", MARKING_STRICTER },
    { "TLP:RED//REL TO b.example", "TLP:RED", MARKING_STRICTER },
    { "TLP:RED//REL TO b.example", "TLP:RED//REL TO b.example, c.example", MARKING_STRICTER },
    { "TLP:RED//REL TO NONE", "TLP:RED//REL TO b.example", MARKING_STRICTER },
    { "TLP:RED//REL TO b.example", "TLP:RED//REL TO c.example", MARKING_INCOMPARABLE },
};

static void check_rows(void)
{
    for (size_t i = 0; i < COUNT(banners); i++) {
        AUTO(marking_clear) struct marking banner = { 0 };
        for (size_t j = 0; j < COUNT(banners[i].portions) && banners[i].portions[j]; j++) {
            AUTO(marking_clear) struct marking m = of(banners[i].portions[j]);
            marking_banner_add(&banner, &m);
        }
        AUTO(str_freep) char *text = marking_text(&banner, "alder.example");
        is_str(text, banners[i].banner, "banner");
    }
    static const enum marking_order turned[] = { MARKING_EQUAL, MARKING_WEAKER, MARKING_STRICTER,
                                                 MARKING_INCOMPARABLE };
    for (size_t i = 0; i < COUNT(orders); i++) {
        AUTO(marking_clear) struct marking a = of(orders[i].a), b = of(orders[i].b);
        ok(marking_compare(&a, &b) == orders[i].order && marking_compare(&b, &a) == turned[orders[i].order],
           "%s against %s", orders[i].a, orders[i].b);
    }
}

static uint64_t seed = 20260302;

/* xorshift64*: the same markings on every machine */
static unsigned below(unsigned n)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return (unsigned)((seed * 2685821657736338717u) >> 33) % n;
}

static struct marking random_marking(void)
{
    static const char *const label[] = { "CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED" };
    static const char *const list[] = { "NONE", "b.example", "c.example", "b.example, c.example",
                                        "b.example, c.example, d.example" };
    struct buf text;
    buf_init(&text, 1000);
    unsigned level = below(5);
    buf_printf(&text, "TLP:%s", label[level]);
    bool tearline = below(3) == 0;
    if (tearline)
        buf_put_str(&text, "//TEARLINE");
    for (unsigned i = 0; level && !tearline && i < 3; i++)
        if (below(3) == 0)
            buf_printf(&text, "//%c", 'J' + (char)below(4));
    if (level && !tearline && below(4) == 0)
        buf_put_str(&text, "//HIDDEN");
    if (level && !tearline && below(3) == 0)
        buf_put_str(&text, "//ORCON");
    if (level && below(2) == 0)
        buf_printf(&text, "//REL TO %s", list[below(COUNT(list))]);
    struct marking m = of(buf_text(&text));
    buf_clear(&text);
    return m;
}

static bool same_marking(const struct marking *a, const struct marking *b)
{
    AUTO(str_freep) char *x = marking_text(a, NULL);
    AUTO(str_freep) char *y = marking_text(b, NULL);
    return strcmp(x, y) == 0 && marking_compare(a, b) == MARKING_EQUAL;
}

static bool no_weaker(const struct marking *a, const struct marking *b)
{
    enum marking_order order = marking_compare(a, b);
    return order == MARKING_EQUAL || order == MARKING_STRICTER;
}

static void check_laws(void)
{
    unsigned broken[7] = { 0 };
    for (unsigned i = 0; i < 20000; i++) {
        AUTO(marking_clear) struct marking a = random_marking(), b = random_marking(), c = random_marking();
        AUTO(marking_clear) struct marking ab, ba, aa, abc, bc, abc2, banner = { 0 }, back = { 0 };
        struct fail f = { 0 };
        marking_join(&a, &b, &ab);
        marking_join(&b, &a, &ba);
        marking_join(&a, &a, &aa);
        marking_join(&ab, &c, &abc);
        marking_join(&b, &c, &bc);
        marking_join(&a, &bc, &abc2);
        broken[0] += !same_marking(&abc, &abc2);
        broken[1] += !same_marking(&ab, &ba);
        broken[2] += !same_marking(&aa, &a);
        broken[3] += !no_weaker(&abc, &a) || !no_weaker(&abc, &b) || !no_weaker(&abc, &c);
        /* the least of them: whatever is above both is above their join */
        broken[4] += no_weaker(&c, &a) && no_weaker(&c, &b) && !no_weaker(&c, &ab);
        marking_banner_add(&banner, &a);
        marking_banner_add(&banner, &b);
        broken[5] += banner.tearline || !no_weaker(&banner, &ab);
        AUTO(str_freep) char *text = marking_text(&banner, NULL);
        broken[6] += marking_read(text, &back, &f) != OK || !same_marking(&back, &banner);
    }
    static const char *const law[] = { "associative",
                                       "commutative",
                                       "idempotent",
                                       "never weaker than a part",
                                       "the least of all",
                                       "a banner is no weaker, and no tearline",
                                       "a banner can be read back" };
    for (size_t i = 0; i < COUNT(law); i++)
        ok(broken[i] == 0, "roll-up over random markings: %s (%u broken)", law[i], broken[i]);
}

int main(void)
{
    check_rows();
    check_laws();
    return tap_done();
}
