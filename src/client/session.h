/* SPDX-License-Identifier: Apache-2.0
 * client/session.h - a person's calls to his own node: signed in, proved, over the pinned channel.
 *
 * Access tokens (docs/protocol.md, 2) are got when they are needed and kept in memory, one for each
 * organisation. The address of the own node is one that its people were given by hand, so it may be a private
 * one. Failures tell what the node said. One thread. */
#ifndef CLIENT_SESSION_H
#define CLIENT_SESSION_H

#include "base/json.h"
#include "client/profile.h"
#include "net/client.h"

#define SESSION_PACKAGE_MAX ((size_t)72 << 20) /* a package as a node gives it out */
#define SESSION_PACKAGE_MS  120000

struct session; /* made by session_new, ended by session_freep */

/* session_new: nothing is sent yet. ${p} is borrowed and outlives the session; its card may be renewed. */
MUST_USE enum err session_new(struct profile *p, struct session **out, struct fail *f);
void session_freep(struct session **s);
struct profile *session_profile(const struct session *s);

/*
 * One call to a resource that needs a sign-in.
 *   path   begins with '/'; a query is sent but not proved
 *   type   of the body
 *   zero   means the default for max_answer, timeout_ms (net/client.h)
 */
struct session_request {
    const char *method, *path, *type;
    struct bytes body;
    size_t max_answer;
    unsigned timeout_ms;
};

/* session_call: any status but 2xx is a failure, with kind and reason as the node gave them. E_UNAVAILABLE if
 * it can't be reached, E_UNVERIFIED if something else answers in its place. */
MUST_USE enum err session_call(struct session *s, const struct session_request *r, struct net_answer *out,
                               struct fail *f);

/* session_get, session_post: JSON in and out; ${body} is taken over. Caller owns ${out}. */
MUST_USE enum err session_get(struct session *s, const char *path, json_t **out, struct fail *f);
MUST_USE enum err session_post(struct session *s, const char *path, json_t *body, json_t **out,
                               struct fail *f);

/* session_card: the card of ${domain} as the own node trusts it; E_REFUSED unless it is confirmed there. The profile
 * keeps it; of the own domain: the newest one. Caller owns ${out}. */
MUST_USE enum err session_card(struct session *s, const char *domain, struct card **out, struct fail *f);
/* session_card_naming: the same, where a log of ${generation} was met: the own node asks for a newer card that names it, if it has none.
 * It is the newest that there is, whether it names it or not. */
MUST_USE enum err session_card_naming(struct session *s, const char *domain, uint32_t generation,
                                      struct card **out, struct fail *f);

/* session_rewrap: a key request (${srt}: a compact JWS) to the node of ${originator}, through the own one.
 * ${out}: OpenTDF's answer, or a failure of the request as a whole. Caller owns it. */
MUST_USE enum err session_rewrap(struct session *s, const struct card *originator, const char *srt,
                                 json_t **out, struct fail *f);

/* session_token: the access token for ${resource} that was used last; NULL if none was. Valid until the next call. */
const char *session_token(const struct session *s, const char *resource);

/* session_briefed: a question ({person, portion, ...}; taken over) to the node of ${originator}, through the own one.
 * Caller owns ${out}. */
MUST_USE enum err session_briefed(struct session *s, const struct card *originator, json_t *question,
                                  json_t **out, struct fail *f);

/* session_inclusion: that the ledger of ${giver} has ${override}, asked through the own node: {parts: {portion: presence part}}.
 * Caller owns ${out}. */
MUST_USE enum err session_inclusion(struct session *s, const struct card *giver, const char *override,
                                    json_t **out, struct fail *f);

/* session_first: before there is a profile: the card at ${url}, by whoever answers there. E_UNVERIFIED unless
 * its card key's SubjectPublicKeyInfo has the digest ${card_key_sha}, its address is ${url}, and it pins the
 * key that answered. Caller owns ${out}. */
MUST_USE enum err session_first(const char *url, const uint8_t card_key_sha[static HASH_LEN],
                                struct card **out, struct fail *f);
/* session_enrol: POST /enrol to the node of ${card}: ${body} is taken over. */
MUST_USE enum err session_enrol(const struct card *card, json_t *body, json_t **out, struct fail *f);

#endif
