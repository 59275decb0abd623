/* SPDX-License-Identifier: Apache-2.0 */
#include "marking/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* place: where ${name} is, or where it belongs; ${found} says which */
static size_t place(const struct marking_names *set, const char *name, bool *found)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(set->item[middle].name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

void names_add(struct marking_names *set, char *name, char *alias)
{
    bool found;
    size_t at = place(set, name, &found);
    if (found) {
        free(name);
        if (set->item[at].alias)
            free(alias);
        else
            set->item[at].alias = alias;
        return;
    }
    set->item = mem_grow(set->item, set->count + 1, sizeof *set->item);
    memmove(set->item + at + 1, set->item + at, (set->count - at) * sizeof *set->item);
    set->item[at] = (struct marking_name){ name, alias };
    set->count++;
}

bool names_has(const struct marking_names *set, const char *name)
{
    bool found;
    place(set, name, &found);
    return found;
}

bool names_within(const struct marking_names *a, const struct marking_names *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!names_has(b, a->item[i].name))
            return false;
    return true;
}

void names_copy(const struct marking_names *from, struct marking_names *out)
{
    for (size_t i = 0; i < from->count; i++)
        names_add(out, str_dup(from->item[i].name), str_dup(from->item[i].alias));
}

void names_union(const struct marking_names *a, const struct marking_names *b, struct marking_names *out)
{
    names_copy(a, out);
    names_copy(b, out);
}

void names_intersect(const struct marking_names *a, const struct marking_names *b, struct marking_names *out)
{
    for (size_t i = 0; i < a->count; i++) {
        bool found;
        size_t at = place(b, a->item[i].name, &found);
        if (!found)
            continue;
        const char *alias = a->item[i].alias ? a->item[i].alias : b->item[at].alias;
        names_add(out, str_dup(a->item[i].name), str_dup(alias));
    }
}

void names_clear(struct marking_names *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->item[i].name);
        free(set->item[i].alias);
    }
    free(set->item);
    *set = (struct marking_names){ 0 };
}
