/* SPDX-License-Identifier: Apache-2.0
 * http/site.h - inside src/http only: what the node's routes share, and the functions that the table names.
 *
 * Every serve_* decodes what came, calls the core and encodes what it says; no rule is in one. When one runs,
 * what its route needs has been checked; site_asker is then who asks. */
#ifndef HTTP_SITE_H
#define HTTP_SITE_H

#include "exchange/auth.h"
#include "exchange/node.h"
#include "http/server.h"

#define KAS_REWRAP_PATH "/kas.AccessService/Rewrap"
#define BRIEFED_PATH    "/v1/briefed"
#define KNOWERS_PATH    "/v1/knowers"
#define INCLUSION_PATH  "/v1/inclusion"
#define KAS_ANSWER_MAX  ((size_t)8 << 20) /* 1,024 keys, each with its presence part */

/* The context of both listeners. */
struct node_server {
    struct node *n;
    struct http_route *routes; /* the table, with bounds as configured */
    struct http_server *public, *metrics;
};

struct node *site_node(const struct http_call *call);
/* site_asker: NULL for routes that need nothing. */
const struct asker *site_asker(const struct http_call *call);

/* site_json: the body as a JSON object. Caller owns ${out}. */
MUST_USE enum err site_json(const struct http_call *call, json_t **out, struct fail *f);
/* site_package: the body as a package, which points into it. */
struct package;
struct site_package {
    struct bytes bytes;
    struct package *package;
};
/* site_serial: the number of a card; E_INVALID. */
MUST_USE enum err site_serial(const char *text, uint64_t *out, struct fail *f);
MUST_USE enum err site_package(const struct http_call *call, struct site_package *out, struct fail *f);
void site_package_clear(struct site_package *p);

/* site_answer: ${v} with 200, if ${e} is OK; ends ${v}. Returns ${e}. By address, so that it may be filled by
 * the call in ${e}. */
MUST_USE enum err site_answer(struct http_call *call, enum err e, json_t **v);

/* people.c */
enum err serve_enrol(struct http_call *call, struct fail *f);
enum err serve_token(struct http_call *call, struct fail *f);
enum err serve_me(struct http_call *call, struct fail *f);
enum err serve_people(struct http_call *call, struct fail *f);
/* desk_api.c */
enum err serve_desk(struct http_call *call, struct fail *f);
enum err serve_knowers(struct http_call *call, struct fail *f);
enum err serve_path(struct http_call *call, struct fail *f);
enum err serve_timeline(struct http_call *call, struct fail *f);
enum err serve_drafts(struct http_call *call, struct fail *f);
enum err serve_draft(struct http_call *call, struct fail *f);
enum err serve_draft_put(struct http_call *call, struct fail *f);
enum err serve_draft_drop(struct http_call *call, struct fail *f);
enum err serve_devices(struct http_call *call, struct fail *f);
enum err serve_device_drop(struct http_call *call, struct fail *f);
enum err serve_node(struct http_call *call, struct fail *f);
/* partners.c */
enum err serve_own_card(struct http_call *call, struct fail *f);
enum err serve_partners(struct http_call *call, struct fail *f);
enum err serve_partner(struct http_call *call, struct fail *f);
enum err serve_partner_card(struct http_call *call, struct fail *f);
enum err serve_lists(struct http_call *call, struct fail *f);
/* reports.c */
enum err serve_preview(struct http_call *call, struct fail *f);
enum err serve_cited(struct http_call *call, struct fail *f);
enum err serve_share(struct http_call *call, struct fail *f);
enum err serve_reports(struct http_call *call, struct fail *f);
enum err serve_report(struct http_call *call, struct fail *f);
enum err serve_package(struct http_call *call, struct fail *f);
enum err serve_share_package(struct http_call *call, struct fail *f);
enum err serve_import(struct http_call *call, struct fail *f);
enum err serve_explain(struct http_call *call, struct fail *f);
/* briefed.c */
enum err serve_briefed(struct http_call *call, struct fail *f);
enum err serve_history(struct http_call *call, struct fail *f);
/* acts.c */
enum err serve_act(struct http_call *call, struct fail *f);
enum err serve_exposure(struct http_call *call, struct fail *f);
enum err serve_request(struct http_call *call, struct fail *f);
enum err serve_override(struct http_call *call, struct fail *f);
enum err serve_arrangement(struct http_call *call, struct fail *f);
enum err serve_alerts(struct http_call *call, struct fail *f);
enum err serve_alert(struct http_call *call, struct fail *f);
enum err serve_inquiries(struct http_call *call, struct fail *f);
enum err serve_inquiry(struct http_call *call, struct fail *f);
enum err serve_pass_on(struct http_call *call, struct fail *f);
enum err serve_inclusion(struct http_call *call, struct fail *f);
enum err serve_second(struct http_call *call, struct fail *f);
enum err serve_seconds(struct http_call *call, struct fail *f);
enum err serve_inbox(struct http_call *call, struct fail *f);
enum err serve_inbox_events(struct http_call *call, struct fail *f);
enum err serve_notify(struct http_call *call, struct fail *f);
enum err serve_notify_choose(struct http_call *call, struct fail *f);
enum err serve_absences(struct http_call *call, struct fail *f);
enum err serve_delivery(struct http_call *call, struct fail *f);
/* exchange.c */
enum err serve_take_statement(struct http_call *call, struct fail *f);
enum err serve_take_package(struct http_call *call, struct fail *f);
enum err serve_hello(struct http_call *call, struct fail *f);
/* oauth.c; render_oauth: what failed as OAuth clients read it */
enum err serve_openid(struct http_call *call, struct fail *f);
enum err serve_jwks(struct http_call *call, struct fail *f);
enum err serve_userinfo(struct http_call *call, struct fail *f);
void render_oauth(struct http_call *call, const struct fail *f);
/* opentdf.c */
enum err serve_configuration(struct http_call *call, struct fail *f);
enum err serve_configuration_call(struct http_call *call, struct fail *f);
enum err serve_servers(struct http_call *call, struct fail *f);
enum err serve_servers_call(struct http_call *call, struct fail *f);
enum err serve_attributes_call(struct http_call *call, struct fail *f);
enum err serve_mappings_call(struct http_call *call, struct fail *f);
enum err serve_health_call(struct http_call *call, struct fail *f);
/* kas.c; kas_public_key: of ${algorithm} as OpenTDF names it (NULL, "": rsa:2048); render_connect, render_rest: what failed as the clients of each path read it */
struct buf;
MUST_USE enum err kas_public_key(const struct node *n, const char *algorithm, struct buf *pem,
                                 const char **kid, struct fail *f);
enum err serve_public_key_pem_call(struct http_call *call, struct fail *f);
enum err serve_rewrap(struct http_call *call, struct fail *f);
enum err serve_public_key(struct http_call *call, struct fail *f);
enum err serve_public_key_call(struct http_call *call, struct fail *f);
enum err serve_public_key_pem(struct http_call *call, struct fail *f);
void render_connect(struct http_call *call, const struct fail *f);
void render_rest(struct http_call *call, const struct fail *f);
/* relay.c */
enum err serve_relay(struct http_call *call, struct fail *f);
enum err serve_relay_briefed(struct http_call *call, struct fail *f);
enum err serve_relay_knowers(struct http_call *call, struct fail *f);
enum err serve_relay_inclusion(struct http_call *call, struct fail *f);
/* relay_target: the resource at the other node that a call to one of the above goes on to. */
const char *relay_target(const struct http_call *call);
/* log.c */
enum err serve_checkpoint(struct http_call *call, struct fail *f);
enum err serve_tile(struct http_call *call, struct fail *f);
/* witness.c */
enum err serve_witness_add(struct http_call *call, struct fail *f);
enum err serve_witness_checkpoint(struct http_call *call, struct fail *f);
enum err serve_monitor_add(struct http_call *call, struct fail *f);
enum err serve_monitor_checkpoint(struct http_call *call, struct fail *f);
enum err serve_monitor_card(struct http_call *call, struct fail *f);
enum err serve_monitor_entries(struct http_call *call, struct fail *f);
/* health.c */
enum err serve_health(struct http_call *call, struct fail *f);
enum err serve_ready(struct http_call *call, struct fail *f);
enum err serve_metrics(struct http_call *call, struct fail *f);

#endif
