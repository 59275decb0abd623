/* SPDX-License-Identifier: Apache-2.0
 * client/verify_ledger.c - a ledger, replayed: one of its logs, or all generations and how they follow each other */
#include <string.h>

#include "base/json.h"
#include "client/verify_internal.h"

/* What is known of all logs so far. */
struct ledger {
    struct verify *v;
    json_t *generations; /* NULL: only one log is asked for */
    uint64_t entries, reused;
};

static enum err replay(struct verify *v, const struct audit_source *s, struct audit *a, struct fail *f)
{
    struct checkpoint c;
    struct note_key log;
    TRY(audit_checkpoint(s, a, f));
    TRY(verify_note(v, bytes_of(a->note), &c, &log, f));
    return audit_replay(s, &log, a, f);
}

static void say_reused(const struct audit *a, struct buf *text)
{
    if (a->reused)
        buf_printf(
            text,
            " But %llu tags stand twice in %s, the last in entries %llu and %llu: ask its operator why.",
            (unsigned long long)a->reused, a->checkpoint.origin, (unsigned long long)a->first,
            (unsigned long long)a->again);
}

static void put_members(struct verify *v, const struct audit *a)
{
    verify_checkpoint_json(v, &a->checkpoint);
    json_set_u64(v->out, "tags", map_count(ledger_log_map(a->log)));
    json_set_bool(v->out, "closed", ledger_log_next(a->log) != NULL);
}

static enum err one_log(struct verify *v, const struct audit_source *s, struct fail *f)
{
    AUTO(audit_clear) struct audit a = { 0 };
    TRY(replay(v, s, &a, f));
    put_members(v, &a);
    json_set_u64(v->out, "reused", a.reused);
    buf_printf(
        v->text,
        "The ledger %s, %llu entries, replayed: order, times, seals, map and tiles are as they must be, and "
        "the root is the one that was signed.",
        a.checkpoint.origin, (unsigned long long)a.checkpoint.size);
    say_reused(&a, v->text);
    return OK;
}

/* The next log, after the one ${before}, which it takes the place of. */
static enum err take_log(struct ledger *l, const struct audit_source *s, struct audit *before, struct fail *f)
{
    struct audit a = { 0 };
    uint64_t lost = 0;
    enum err e = replay(l->v, s, &a, f);
    if (e == OK && before->log)
        e = audit_follows(before, &a, &lost, f);
    audit_clear(before);
    *before = a;
    TRY(e);
    json_t *row = json_object();
    json_array_append_new(l->generations, row);
    json_set_str(row, "origin", a.checkpoint.origin);
    json_set_u64(row, "size", a.checkpoint.size);
    json_set_bool(row, "closed", ledger_log_next(a.log) != NULL);
    if (ledger_log_genesis(a.log)->how == ENTRY_CUT)
        json_set_u64(row, "lost", lost);
    l->entries += a.checkpoint.size;
    l->reused += a.reused;
    return OK;
}

static void say_cut(const json_t *before, const json_t *row, struct buf *text)
{
    const json_t *lost = json_object_get(row, "lost");
    if (!lost)
        return;
    uint64_t size = (uint64_t)json_integer_value(json_object_get(before, "size"));
    buf_printf(text, " %s begins with a cut: what was entered last before it may be lost",
               json_string_value(json_object_get(row, "origin")));
    if (json_integer_value(lost))
        buf_printf(text, ", and entries %llu to %llu of %s, which somebody has cosigned, are not shown",
                   (unsigned long long)size,
                   (unsigned long long)size + (unsigned long long)json_integer_value(lost) - 1,
                   json_string_value(json_object_get(before, "origin")));
    buf_put_str(text, ".");
}

static enum err all_logs(struct verify *v, const struct audit_source *s, struct fail *f)
{
    AUTO(audit_clear) struct audit a = { 0 };
    struct ledger l = { v, json_array(), 0, 0 };
    json_set_take(v->out, "generations", l.generations);
    for (size_t g = 1; g <= s->generations; g++) {
        struct audit_generation of;
        struct audit_source one = audit_generation(s, g, &of);
        TRY(take_log(&l, &one, &a, f));
        say_reused(&a, v->text);
    }
    put_members(v, &a);
    json_set_u64(v->out, "reused", l.reused);
    AUTO(buf_freep) struct buf *reused = v->text;
    v->text = buf_new((size_t)1 << 20);
    buf_printf(
        v->text,
        "The ledger up to %s, %zu generations, %llu entries in all, replayed: order, times, seals, maps and "
        "tiles are as they must be, the roots are those that were signed, and each generation begins where "
        "the one before it ended.",
        a.checkpoint.origin, s->generations, (unsigned long long)l.entries);
    for (size_t g = 1; g < s->generations; g++)
        say_cut(json_array_get(l.generations, g - 1), json_array_get(l.generations, g), v->text);
    buf_put_bytes(v->text, bytes_of(reused));
    return buf_check(v->text, "answer", f);
}

/* A ledger that has one generation is that log. */
static enum err check_ledger(struct verify *v, const struct audit_source *s, struct fail *f)
{
    struct audit_generation of;
    if (s->generations > 1)
        return all_logs(v, s, f);
    struct audit_source one = s->generations == 1 ? audit_generation(s, 1, &of) : *s;
    return one_log(v, &one, f);
}

enum err verify_ledger(struct verify *v, const struct audit_source *s, struct fail *f)
{
    struct fail why = { 0 };
    verify_begin(v);
    json_set_str(v->out, "kind", "ledger");
    enum err e = check_ledger(v, s, &why);
    if (e == E_NOT_FOUND || e == E_UNAVAILABLE || e == E_IO) {
        verify_set_why(v, &why);
        return fail_pass(f, &why);
    }
    return verify_finish(v, e, &why, f);
}
