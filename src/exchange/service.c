/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/service.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"
#include "base/mem.h"
#include "exchange/people.h"
#include "store/person.h"
#include "store/service.h"
#include "store/store.h"
#include "store/writer.h"

#define SECRET_LEN 32
/* "-" in base64url: a secret that begins with it would be taken for an option on a command line. */
#define DASH       62
#define SECRET_TAG "orcon/service/v1\n"

static void hash_secret(const char *secret, uint8_t out[static HASH_LEN])
{
    struct bytes parts[] = { bytes_str(SECRET_TAG), bytes_str(secret) };
    hash_sha256_parts(parts, COUNT(parts), out);
}

enum err service_is(struct db *db, const char *person, bool *is, struct fail *f)
{
    AUTO(store_service_clear) struct service_row row = { 0 };
    enum err e = store_service_get(db, person, &row, f);
    *is = false;
    if (store_missing(e, f))
        return OK;
    TRY(e);
    *is = true;
    return OK;
}

/* Adding ------------------------------------------------------------------------------------------------- */

struct adding {
    struct node *n;
    struct person_row person;
    struct service_row service;
};

static enum err write_add(struct db *db, void *ctx, struct fail *f)
{
    struct adding *a = ctx;
    AUTO(store_person_clear) struct person_row was = { 0 };
    bool is;
    enum err e = store_person_get(db, a->person.id, &was, f);
    if (store_missing(e, f)) {
        TRY(store_person_add(db, &a->person, f));
        return store_service_put(db, &a->service, f);
    }
    TRY(e);
    TRY(service_is(db, a->person.id, &is, f));
    if (!is)
        return fail_set(f, E_CONFLICT, "%s is a person: a service account needs a name of its own",
                        a->person.id);
    if (was.state != PERSON_ACTIVE)
        return fail_why(f, REASON_SUSPENDED_PERSON, "%s is suspended", a->person.id);
    return store_service_put(db, &a->service, f);
}

enum err service_add(struct node *n, const char *person, const char *clearance, const char *compartments,
                     char **secret, struct fail *f)
{
    AUTO(buf_freep) struct buf *text = buf_new_secret(64);
    uint8_t random[SECRET_LEN];
    if (!name_is_person(person))
        return fail_set(f, E_USAGE, "'%.80s' is not a name: local@%s in lower case", person, n->conf.domain);
    if (strcmp(name_domain_of(person), n->conf.domain) != 0)
        return fail_set(f, E_REFUSED, "%s is not of %s: only its own organisation has its accounts", person,
                        n->conf.domain);
    TRY(people_check_compartments(n, compartments, f));
    do
        random_bytes(random, sizeof random);
    while (random[0] >> 2 == DASH);
    b64_put(text, B64_URL, BYTES(random, sizeof random));
    wipe(random, sizeof random);
    struct adding a = { .n = n,
                        .person = { .id = person,
                                    .domain = n->conf.domain,
                                    .state = PERSON_ACTIVE,
                                    .roles = "reader",
                                    .pending_roles = "",
                                    .clearance = clearance ? clearance : "",
                                    .added_ms = n->now_ms() },
                        .service = { .person = person, .made_ms = n->now_ms() } };
    hash_secret(buf_text(text), a.service.secret_sha);
    TRY(writer_run(n->writer, write_add, &a, f));
    TRY(people_read_in_list(n, person, compartments, f));
    *secret = buf_steal_text(text);
    return OK;
}

/* Signing in --------------------------------------------------------------------------------------------- */

/* Unknown and wrong take one path: the hash is computed and compared in both. */
static enum err check_secret(struct node *n, const char *client, const char *secret, struct fail *f)
{
    AUTO(store_read_endp) struct db *db = NULL;
    AUTO(store_service_clear) struct service_row row = { 0 };
    AUTO(store_person_clear) struct person_row person = { 0 };
    uint8_t got[HASH_LEN];
    TRY(store_read_begin(n->store, &db, f));
    enum err e = name_is_person(client) ? store_service_get(db, client, &row, f) : E_NOT_FOUND;
    bool known = e == OK;
    if (e == E_NOT_FOUND)
        fail_clear(f);
    else
        TRY(e);
    hash_secret(secret, got);
    if (!same(got, row.secret_sha, HASH_LEN) || !known)
        return fail_why(f, REASON_TOKEN, "no service account with this name and secret");
    TRY(store_person_get(db, client, &person, f));
    if (person.state != PERSON_ACTIVE)
        return fail_why(f, REASON_SUSPENDED_PERSON, "%s is suspended", client);
    return OK;
}

enum err service_token(struct node *n, const char *client, const char *secret, const char *proof,
                       const char *htu, const char *resource, json_t **out, struct fail *f)
{
    struct dpop dpop;
    if (!resource)
        resource = n->conf.domain;
    if (!name_is_domain(resource))
        return fail_set(f, E_INVALID, "resource is not a domain");
    TRY(check_secret(n, client, secret, f));
    if (proof) {
        TRY(auth_proof(n, proof, "POST", htu, NULL, &dpop, f));
        return auth_issue(n, client, dpop.thumbprint, true, resource, out, f);
    }
    if (n->interop == INTEROP_OFF)
        return fail_why(f, REASON_PROOF,
                        "no DPoP proof came: clients without one are served only where the admin has set "
                        "interop in orcon.conf");
    if (strcmp(resource, n->conf.domain) != 0)
        return fail_why(f, REASON_PROOF, "a token for another organisation takes a DPoP proof");
    return auth_issue(n, client, NULL, true, resource, out, f);
}
