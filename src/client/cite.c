/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cite.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "client/act.h"

/* Looking up ---------------------------------------------------------------------------------------------- */

static json_t *question(const struct draft *d, const json_t *to)
{
    json_t *body = json_object(), *cites = json_array();
    json_set_take(body, "cites", cites);
    if (to)
        json_set_take(body, "to", json_deep_copy(to));
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->portions[i].citation_count; k++) {
            const struct source_citation *c = &d->portions[i].citations[k].as;
            json_t *row = json_object();
            json_set_str(row, "report", c->report);
            json_set_str(row, "originator", *c->originator ? c->originator : NULL);
            json_set_u64(row, "n", c->n);
            json_array_append_new(cites, row);
        }
    return body;
}

static enum err ask_node(struct session *s, const struct draft *d, const json_t *to, json_t **cited,
                         struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    const json_t *list;
    TRY(session_post(s, "/v1/cited", question(d, to), &answer, f));
    TRY(json_need_array(answer, "cited", "cited", &list, f));
    if (json_array_size(list) != d->citation_count)
        return fail_set(f, E_INVALID, "the node answered %zu of %zu citations", json_array_size(list),
                        d->citation_count);
    *cited = json_deep_copy(list);
    return OK;
}

static enum err refuse(const struct draft_citation *c, const json_t *row, struct fail *f)
{
    const char *domain = c->as.originator, *why = json_text_of(row, "why");
    enum reason reason = reason_from_code(json_text_of(row, "reason"));
    AUTO(str_freep)
    char *said = str_format("%s:%zu: [[%s%s%s/%u]]: %s", c->file, c->as.line, domain, *domain ? "/" : "",
                            c->as.report, c->as.n, why);
    return reason == REASON_NONE ? fail_set(f, E_REFUSED, "%s", said) : fail_why(f, reason, "%s", said);
}

static enum err take(struct draft_portion *p, struct draft_citation *c, const json_t *row, struct fail *f)
{
    AUTO(marking_clear) struct marking mark = { 0 };
    const char *originator, *report, *portion, *text;
    if (strcmp(json_text_of(row, "state"), "cited") != 0)
        return refuse(c, row, f);
    TRY(json_need_str(row, "originator", "cited", &originator, f));
    TRY(json_need_str(row, "report", "cited", &report, f));
    TRY(json_need_str(row, "portion", "cited", &portion, f));
    TRY(json_need_str(row, "mark", "cited", &text, f));
    if (!name_is_domain(originator) || !name_is_uuid(report) || !name_is_uuid(portion))
        return fail_set(f, E_INVALID, "the node's answer about a citation names no portion");
    TRY(marking_read(text, &mark, f));
    memcpy(c->originator, originator, strlen(originator) + 1);
    memcpy(c->report, report, UUID_TEXT);
    memcpy(c->portion, portion, UUID_TEXT);
    draft_inherit(p, &mark);
    return OK;
}

enum err cite_look_up(void *session, struct draft *d, struct fail *f)
{
    AUTO(json_freep) json_t *cited = NULL;
    size_t at = 0;
    TRY(ask_node(session, d, NULL, &cited, f));
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->portions[i].citation_count; k++)
            TRY(take(&d->portions[i], &d->portions[i].citations[k], json_array_get(cited, at++), f));
    return OK;
}

/* Leaves -------------------------------------------------------------------------------------------------- */

static json_t *find_cited(const json_t *list, const json_t *row)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *one = json_array_get(list, i);
        if (strcmp(json_text_of(one, "originator"), json_text_of(row, "originator")) == 0 &&
            strcmp(json_text_of(one, "portion"), json_text_of(row, "portion")) == 0)
            return one;
    }
    return NULL;
}

static void add_number(json_t *numbers, uint32_t n)
{
    size_t count = json_array_size(numbers);
    if (count == 0 || json_integer_value(json_array_get(numbers, count - 1)) != n)
        json_array_append_new(numbers, json_integer(n));
}

/* Between the first look and this one somebody may have taken something back. */
static enum err check_again(const struct draft_citation *c, const json_t *row, struct fail *f)
{
    if (strcmp(json_text_of(row, "state"), "cited") != 0)
        return refuse(c, row, f);
    return strcmp(json_text_of(row, "portion"), c->portion) == 0
               ? OK
               : fail_set(f, E_CONFLICT, "%s:%zu: what it cites has just changed: try again", c->file,
                          c->as.line);
}

enum err cite_leaves(struct session *s, const struct draft *d, const json_t *holders, json_t **cited,
                     struct fail *f)
{
    AUTO(json_freep) json_t *rows = NULL;
    AUTO(json_freep) json_t *list = json_array();
    size_t at = 0;
    TRY(ask_node(s, d, holders, &rows, f));
    for (size_t i = 0; i < d->count; i++)
        for (size_t k = 0; k < d->portions[i].citation_count; k++) {
            json_t *row = json_array_get(rows, at++), *known;
            TRY(check_again(&d->portions[i].citations[k], row, f));
            known = find_cited(list, row);
            if (!known) {
                known = row;
                json_set_take(row, "in", json_array());
                json_object_del(row, "state");
                json_array_append(list, row);
            }
            add_number(json_object_get(known, "in"), d->portions[i].n);
        }
    *cited = json_incref(list);
    return OK;
}

static bool leave_is(const json_t *leave, const char *state)
{
    return strcmp(json_text_of(leave, "state"), state) == 0;
}

size_t cite_missing(const json_t *cited)
{
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(cited); i++) {
        const json_t *leaves = json_object_get(json_array_get(cited, i), "leaves");
        for (size_t k = 0; k < json_array_size(leaves); k++) {
            const json_t *leave = json_array_get(leaves, k);
            count += leave_is(leave, "missing") || leave_is(leave, "asked");
        }
    }
    return count;
}

/* Asking --------------------------------------------------------------------------------------------------- */

/* One request: the report of an originator, and where it would go. */
static json_t *request_for(json_t *all, const json_t *row, const char *to)
{
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_array_get(all, i);
        if (strcmp(json_text_of(one, "report"), json_text_of(row, "report")) == 0 &&
            strcmp(json_text_of(one, "originator"), json_text_of(row, "originator")) == 0 &&
            strcmp(json_text_of(one, "to"), to) == 0)
            return one;
    }
    json_t *one = json_object();
    json_set_str(one, "originator", json_text_of(row, "originator"));
    json_set_str(one, "report", json_text_of(row, "report"));
    json_set_str(one, "short", json_text_of(row, "short"));
    json_set_str(one, "to", to);
    json_set_take(one, "portions", json_array());
    json_set_take(one, "n", json_array());
    json_array_append_new(all, one);
    return one;
}

static json_t *plan(const json_t *cited)
{
    json_t *all = json_array();
    for (size_t i = 0; i < json_array_size(cited); i++) {
        const json_t *row = json_array_get(cited, i), *leaves = json_object_get(row, "leaves");
        for (size_t k = 0; k < json_array_size(leaves); k++) {
            const json_t *leave = json_array_get(leaves, k);
            if (!leave_is(leave, "missing"))
                continue;
            json_t *one = request_for(all, row, name_domain_of(json_text_of(leave, "to")));
            if (statement_names(json_object_get(one, "portions"), json_text_of(row, "portion")))
                continue; /* two persons of one organisation */
            json_array_append_new(json_object_get(one, "portions"),
                                  json_string(json_text_of(row, "portion")));
            json_array_append(json_object_get(one, "n"), json_object_get(row, "n"));
        }
    }
    return all;
}

static enum err send_one(struct session *s, json_t *one, const struct cite_asking *a, struct fail *f)
{
    AUTO(json_freep) json_t *answer = NULL;
    json_t *body = json_object();
    json_set_str(body, "to", json_text_of(one, "to"));
    json_set_str(body, "reason", a->reason);
    json_set_str(body, "by", a->by);
    json_set_str(body, "until", a->until);
    json_set_str(body, "precedence", a->precedence);
    json_set_str(body, "originator", json_text_of(one, "originator"));
    json_set_u64(body, "cited", 1);
    struct statement_making m = { .kind = "request",
                                  .report = json_text_of(one, "report"),
                                  .portions = json_deep_copy(json_object_get(one, "portions")),
                                  .body = body };
    TRY(act_send(s, m, &answer, f));
    json_set_str(one, "request", json_text_of(answer, "request"));
    json_set_str(one, "statement", json_text_of(answer, "statement"));
    return OK;
}

enum err cite_ask(struct session *s, const json_t *cited, const struct cite_asking *a, json_t **requests,
                  struct fail *f)
{
    AUTO(json_freep) json_t *all = plan(cited);
    json_t *sent = *requests = json_array();
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *one = json_array_get(all, i);
        TRY(send_one(s, one, a, f));
        json_object_del(one, "portions");
        json_array_append(sent, one);
    }
    return OK;
}
