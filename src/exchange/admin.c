/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/admin.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/time.h"
#include "exchange/absence.h"
#include "exchange/cards.h"
#include "exchange/compartment.h"
#include "exchange/cosigners.h"
#include "exchange/doctor.h"
#include "exchange/lists.h"
#include "exchange/people.h"
#include "exchange/rotate.h"
#include "exchange/service.h"
#include "exchange/turn.h"
#include "exchange/view.h"
#include "exchange/webhook.h"

static enum err may_str(const json_t *args, const char *name, const char **out, struct fail *f)
{
    return json_may_str(args, name, "arguments", out, f);
}

static enum err need_str(const json_t *args, const char *name, const char **out, struct fail *f)
{
    return json_need_str(args, name, "arguments", out, f);
}

static enum err run_card(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    AUTO(cards_put) struct card_ref own = { 0 };
    char words[WORDS_SIZE];
    if (json_is_true(json_object_get(args, "renew")))
        TRY(cards_make_own(n, NULL, f));
    TRY(cards_get(n, n->conf.domain, &own, f));
    card_words(own.card, words);
    json_set_str(out, "card", own.card->jose->text);
    json_set_str(out, "words", words);
    return OK;
}

static enum err run_rotate(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *use;
    TRY(need_str(args, "use", &use, f));
    return rotate_key(n, use, out, f);
}

static enum err run_close_log(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    return json_is_true(json_object_get(args, "cut")) ? turn_cut(n, out, f) : turn_close(n, out, f);
}

static enum err run_key_revoke(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *key;
    TRY(need_str(args, "key", &key, f));
    return rotate_revoke(n, key, out, f);
}

static enum err run_key_list(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    (void)args;
    return rotate_list(n, out, f);
}

static enum err put_partner(struct node *n, const char *domain, json_t *out, struct fail *f)
{
    AUTO(cards_put) struct card_ref ref = { 0 };
    char words[WORDS_SIZE];
    TRY(cards_get(n, domain, &ref, f));
    card_words(ref.card, words);
    json_set_str(out, "domain", domain);
    json_set_str(out, "state", card_state_name(ref.state));
    json_set_str(out, "words", words);
    return OK;
}

/* A card handed over as text is confirmed by that act; one fetched from a URL waits for `partner confirm`. */
static enum err run_partner_add(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *card, *url;
    char domain[DOMAIN_MAX + 1];
    bool local = json_is_true(json_object_get(args, "local"));
    TRY(may_str(args, "card", &card, f));
    TRY(may_str(args, "url", &url, f));
    if (card)
        TRY(cards_take(n, bytes_str(card), true, local, domain, f));
    else if (url)
        TRY(cards_fetch(n, url, local, domain, f));
    else
        return fail_set(f, E_USAGE, "a card or the URL of a node is needed");
    return put_partner(n, domain, out, f);
}

static enum err set_partner(struct node *n, const json_t *args, const char *state, json_t *out,
                            struct fail *f)
{
    const char *domain;
    TRY(need_str(args, "domain", &domain, f));
    TRY(cards_set_state(n, domain, state, f));
    return put_partner(n, domain, out, f);
}

static enum err run_partner_confirm(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    return set_partner(n, args, "confirmed", out, f);
}

static enum err run_partner_suspend(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    return set_partner(n, args, "suspended", out, f);
}

/* Members of a whole answer into ${out}; ${answer} is used up. */
static enum err merge(json_t *answer, json_t *out)
{
    json_object_update(out, answer);
    json_decref(answer);
    return OK;
}

static enum err run_partner_list(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *domain, *list;
    json_t *answer = NULL;
    TRY(may_str(args, "domain", &domain, f));
    TRY(may_str(args, "list", &list, f));
    TRY(view_partners(n, NULL, domain, domain ? (list ? list : "") : NULL, &answer, f));
    return merge(answer, out);
}

/* A machine's account: its secret is told this once. */
static enum err add_service(struct node *n, const json_t *args, const char *person, json_t *out,
                            struct fail *f)
{
    const char *clearance, *compartments;
    AUTO(str_freep) char *secret = NULL;
    TRY(may_str(args, "clearance", &clearance, f));
    TRY(may_str(args, "read_in", &compartments, f));
    TRY(service_add(n, person, clearance, compartments, &secret, f));
    json_set_str(out, "person", person);
    json_set_str(out, "secret", secret);
    json_set_str(out, "url", n->conf.url);
    json_set_str(out, "interop", n->conf.interop);
    wipe(secret, strlen(secret));
    return OK;
}

static enum err run_person_add(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *person, *roles, *clearance, *compartments;
    AUTO(str_freep) char *enrol = NULL;
    TRY(need_str(args, "person", &person, f));
    if (json_is_true(json_object_get(args, "service")))
        return add_service(n, args, person, out, f);
    TRY(may_str(args, "roles", &roles, f));
    TRY(may_str(args, "clearance", &clearance, f));
    TRY(may_str(args, "read_in", &compartments, f));
    TRY(people_add(n, person, roles, clearance, compartments, &enrol, f));
    json_set_str(out, "person", person);
    json_set_str(out, "enrol", enrol);
    return OK;
}

static enum err run_person_confirm(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *person, *words;
    TRY(need_str(args, "person", &person, f));
    TRY(need_str(args, "words", &words, f));
    TRY(people_confirm(n, person, words, f));
    json_set_str(out, "person", person);
    return OK;
}

static enum err run_person_suspend(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *person, *device;
    TRY(need_str(args, "person", &person, f));
    TRY(may_str(args, "device", &device, f));
    TRY(json_is_true(json_object_get(args, "resume")) ? people_resume(n, person, f)
                                                      : people_suspend(n, person, device, f));
    json_set_str(out, "person", person);
    return OK;
}

static enum err run_person_list(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    json_t *answer = NULL;
    (void)args;
    TRY(people_list(n, &answer, f));
    return merge(answer, out);
}

static enum err run_read_in(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *person, *compartment, *until;
    AUTO(str_freep) char *full = NULL;
    uint64_t until_ms = 0;
    TRY(need_str(args, "person", &person, f));
    TRY(need_str(args, "compartment", &compartment, f));
    TRY(may_str(args, "until", &until, f));
    if (until)
        TRY(time_read_by(until, n->now_ms(), &until_ms, f));
    TRY(people_read_in(n, person, compartment, until_ms, f));
    TRY(compartment_full(n, compartment, &full, f));
    json_set_str(out, "person", person);
    json_set_str(out, "compartment", full);
    return OK;
}

static enum err list_args(const json_t *args, enum list_kind *kind, const char **name, struct fail *f)
{
    const char *text;
    TRY(need_str(args, "kind", &text, f));
    TRY(may_str(args, "name", name, f));
    *name = *name ? *name : "";
    return lists_kind(text, kind) ? OK : fail_set(f, E_USAGE, "'%.40s' is no kind of list", text);
}

static enum err run_list_set(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *name, *members;
    enum list_kind kind;
    json_t *answer = NULL;
    TRY(list_args(args, &kind, &name, f));
    TRY(need_str(args, "members", &members, f));
    TRY(lists_set(n, kind, name, members, json_is_true(json_object_get(args, "hide_members")), &answer, f));
    return merge(answer, out);
}

static enum err run_list_delete(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *name;
    enum list_kind kind;
    json_t *answer = NULL;
    TRY(list_args(args, &kind, &name, f));
    TRY(lists_delete(n, kind, name, &answer, f));
    return merge(answer, out);
}

static enum err run_list_show(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *name, *owner;
    enum list_kind kind;
    json_t *answer = NULL;
    TRY(list_args(args, &kind, &name, f));
    TRY(may_str(args, "owner", &owner, f));
    TRY(lists_show(n, owner, kind, name, &answer, f));
    return merge(answer, out);
}

static enum err run_list_all(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *name;
    enum list_kind kind;
    json_t *answer = NULL;
    TRY(list_args(args, &kind, &name, f));
    TRY(lists_all(n, kind, &answer, f));
    return merge(answer, out);
}

/* Asks where no second person is named; of all where no compartment is. */
static enum err run_compartment(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *compartment, *second;
    json_t *answer = NULL;
    TRY(may_str(args, "compartment", &compartment, f));
    TRY(may_str(args, "second", &second, f));
    TRY(!compartment ? compartment_all(n, &answer, f)
        : second     ? compartment_set(n, compartment, second, &answer, f)
                     : compartment_show(n, compartment, &answer, f));
    return merge(answer, out);
}

static enum err run_cards(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    AUTO(cards_set_clear) struct cards_set set = { 0 };
    json_t *cards = json_array();
    (void)args;
    json_set_take(out, "cards", cards);
    TRY(cards_confirmed(n, &set, f));
    for (size_t i = 0; i < set.count; i++)
        json_array_append_new(cards, json_string(set.cards[i]->jose->text));
    return OK;
}

static enum err run_duty(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    AUTO(json_freep) json_t *absences = NULL;
    const char *person;
    TRY(may_str(args, "person", &person, f));
    if (person || json_is_true(json_object_get(args, "none")))
        TRY(duty_set(n, person, f));
    TRY(absence_view(n, &absences, f));
    json_object_set(out, "duty", json_object_get(absences, "duty"));
    json_object_set(out, "acting", json_object_get(absences, "acting"));
    return OK;
}

static enum err run_doctor(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    json_t *answer = NULL;
    (void)args;
    TRY(doctor_run(n, &answer, f));
    return merge(answer, out);
}

static enum err run_witness_add(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *url, *vkey;
    struct note_key key;
    TRY(need_str(args, "url", &url, f));
    TRY(need_str(args, "vkey", &vkey, f));
    TRY(cosigners_add(n, url, vkey, json_is_true(json_object_get(args, "local")), f));
    TRY(note_key_read(bytes_str(vkey), &key, f));
    json_set_str(out, "name", key.name);
    return OK;
}

static enum err run_witness_remove(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *name;
    TRY(need_str(args, "name", &name, f));
    TRY(cosigners_remove(n, name, f));
    json_set_str(out, "name", name);
    return OK;
}

static enum err run_witness_list(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    json_t *answer = NULL;
    (void)args;
    TRY(cosigners_list(n, &answer, f));
    return merge(answer, out);
}

static enum err run_webhook_set(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    const char *url, *pin;
    TRY(need_str(args, "url", &url, f));
    TRY(may_str(args, "pin", &pin, f));
    return webhook_set(n, url, pin, json_is_true(json_object_get(args, "local")), out, f);
}

static enum err run_webhook_show(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    (void)args;
    return webhook_show(n, out, f);
}

static enum err run_webhook_off(struct node *n, const json_t *args, json_t *out, struct fail *f)
{
    (void)args;
    return webhook_off(n, out, f);
}

static const struct {
    const char *verb;
    enum err (*run)(struct node *, const json_t *, json_t *, struct fail *);
    bool network; /* asks other nodes */
} verbs[] = {
    { "card", run_card, false },
    { "close-log", run_close_log, false },
    { "compartment", run_compartment, false },
    { "key-list", run_key_list, false },
    { "key-revoke", run_key_revoke, false },
    { "rotate", run_rotate, false },
    { "list-all", run_list_all, false },
    { "list-delete", run_list_delete, false },
    { "list-set", run_list_set, false },
    { "list-show", run_list_show, false },
    { "cards", run_cards, false },
    { "partner-add", run_partner_add, true },
    { "partner-confirm", run_partner_confirm, false },
    { "partner-list", run_partner_list, false },
    { "partner-suspend", run_partner_suspend, false },
    { "person-add", run_person_add, false },
    { "person-confirm", run_person_confirm, false },
    { "person-list", run_person_list, false },
    { "person-suspend", run_person_suspend, false },
    { "read-in", run_read_in, false },
    { "doctor", run_doctor, false },
    { "duty", run_duty, false },
    { "webhook-off", run_webhook_off, false },
    { "webhook-set", run_webhook_set, true },
    { "webhook-show", run_webhook_show, false },
    { "witness-add", run_witness_add, false },
    { "witness-list", run_witness_list, false },
    { "witness-remove", run_witness_remove, false },
};

enum err admin_run(struct node *n, const char *verb, const json_t *args, json_t **out, struct fail *f)
{
    AUTO(json_freep) json_t *answer = json_object();
    for (size_t i = 0; i < COUNT(verbs); i++) {
        if (strcmp(verbs[i].verb, verb) != 0)
            continue;
        if (verbs[i].network && !n->net)
            TRY(node_network_client(n, f));
        TRY(verbs[i].run(n, args, answer, f));
        *out = json_incref(answer);
        return OK;
    }
    return fail_set(f, E_USAGE, "'%.40s' is no verb of the home", verb);
}
