/* SPDX-License-Identifier: Apache-2.0 */
#include "client/act.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/time.h"

#define LOOK_MS 100

enum err act_sign(const struct profile *p, struct statement_making m, char id[static UUID_TEXT],
                  struct buf *out, struct fail *f)
{
    random_uuid(id);
    m.id = id;
    m.iss = p->card->domain;
    m.by = p->person;
    m.aud = NULL;
    m.at_ms = time_now_ms();
    AUTO(json_freep) json_t *payload = act_payload(m);
    TRY(jose_sign(p->key, NULL, ACT_TYP, payload, out, f));
    return buf_check(out, m.kind, f);
}

enum err act_send(struct session *s, struct statement_making m, json_t **answer, struct fail *f)
{
    AUTO(buf_freep) struct buf *jws = buf_new(JOSE_MAX_SMALL);
    char id[UUID_TEXT];
    TRY(act_sign(session_profile(s), m, id, jws, f));
    json_t *body = json_object();
    json_set_str(body, "act", buf_text(jws));
    return session_post(s, "/v1/acts", body, answer, f);
}

static void nap(void)
{
    const struct timespec t = { 0, LOOK_MS * 1000000L };
    nanosleep(&t, NULL);
}

static char *refusal_in(const json_t *delivery)
{
    const json_t *partners = json_object_get(delivery, "partners");
    for (size_t i = 0; i < json_array_size(partners); i++) {
        const json_t *p = json_array_get(partners, i);
        const char *state, *domain, *error;
        if (json_need_str(p, "state", "delivery", &state, NULL) == OK &&
            json_need_str(p, "domain", "delivery", &domain, NULL) == OK &&
            json_need_str(p, "error", "delivery", &error, NULL) == OK && strcmp(state, "failed") == 0)
            return str_format("%s: %s", domain, error);
    }
    return NULL;
}

enum err act_wait(struct session *s, const char *statement, uint64_t until_ms, bool *delivered, char **why,
                  struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/deliveries/%s", statement);
    for (;; nap()) {
        AUTO(json_freep) json_t *answer = NULL;
        const char *state;
        TRY(session_get(s, path, &answer, f));
        TRY(json_need_str(answer, "state", "delivery", &state, f));
        *delivered = strcmp(state, "delivered") == 0;
        bool refused = strcmp(state, "failed") == 0;
        if (refused && why)
            *why = refusal_in(answer);
        if (*delivered || refused || time_mono_ms() >= until_ms)
            return OK;
    }
}

enum err act_wait_partner(struct session *s, const char *domain, uint64_t until_ms, bool *delivered,
                          struct fail *f)
{
    AUTO(str_freep) char *path = str_format("/v1/partners/%s", domain);
    for (;; nap()) {
        AUTO(json_freep) json_t *answer = NULL;
        const json_t *partners;
        uint64_t waiting;
        TRY(session_get(s, path, &answer, f));
        TRY(json_need_array(answer, "partners", "partner", &partners, f));
        TRY(json_need_u64(json_array_get(partners, 0), "undelivered", "partner", &waiting, f));
        *delivered = waiting == 0;
        if (*delivered || time_mono_ms() >= until_ms)
            return OK;
    }
}
