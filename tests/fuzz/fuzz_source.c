/* SPDX-License-Identifier: Apache-2.0
 * Whatever the report source is: a refusal says why and leaves nothing behind; what is read lies inside the
 * input, in order, without overlap, and the banner is no weaker than any portion. */
#include <stdlib.h>
#include <string.h>

#include "marking/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct marking_reader alder = { "alder.example", NULL, NULL };
    AUTO(source_clear) struct source s = { 0 };
    struct fail f = { 0 };
    if (source_parse("fuzz", BYTES(data, size), &alder, &s, &f) != OK) {
        check(f.what[0] && !s.portions);
        return 0;
    }
    const uint8_t *at = data;
    size_t line = 0, citations = 0;
    check(s.count >= 1 && s.count <= SOURCE_PORTIONS_MAX);
    for (size_t i = 0; i < s.count; i++) {
        const struct source_portion *p = &s.portions[i];
        check(p->text.len && p->text.data > at && p->text.data + p->text.len <= data + size);
        check(p->n == i + 1 && p->line > line);
        for (size_t k = 0; k < p->citation_count; k++) {
            const struct source_citation *c = &p->citations[k];
            check(c->n >= 1 && c->n <= SOURCE_PORTIONS_MAX && c->line >= p->line);
            check((name_is_uuid(c->report) || short_is(c->report)) &&
                  (!*c->originator || name_is_domain(c->originator)));
        }
        citations += p->citation_count;
        enum marking_order order = marking_compare(&s.banner, &p->mark);
        check(order == MARKING_EQUAL || order == MARKING_STRICTER);
        at = p->text.data + p->text.len - 1;
        line = p->line;
    }
    check(citations == s.citation_count && citations <= SOURCE_CITATIONS_MAX);
    check(!s.title.present || (s.title.text.len && marking_is_set(&s.title.mark)));
    return 0;
}
