/* SPDX-License-Identifier: Apache-2.0 */
#include "http/routes.h"

#include "base/mem.h"
#include "crypto/jose.h"
#include "exchange/drafts.h"
#include "http/site.h"
#include "ledger/card.h"
#include "ledger/witness.h"

#define ANYONE   0
#define READER   ROLE_READER
#define VIEWER   (ROLE_READER | ROLE_AUDITOR) /* no content in the answer */
#define AUTHOR   ROLE_AUTHOR
#define OFFICER  ROLE_OFFICER
#define KEYS     (ROLE_READER | NEEDS_PARTNERS_TOO | NEEDS_CLIENTS)
#define RELAY    (ROLE_READER | NEEDS_RELAYED)
#define WATCHERS (ROLE_OFFICER | ROLE_AUDITOR)
#define ASKERS   (ROLE_READER | ROLE_OFFICER | ROLE_AUDITOR)

#define FORM_MAX    ((size_t)16 << 10)
#define HISTORY_MAX ((size_t)1 << 20) /* two checkpoints with all their signatures */
#define JSON_MAX    ((size_t)64 << 10)
#define ACT_MAX     (JOSE_MAX_SMALL + 64)
#define PREVIEW_MAX ((size_t)1 << 20)
#define SRT_MAX     (JOSE_MAX_LARGE + 64)

#define WELL_KNOWN "/wellknownconfiguration.WellKnownService/GetWellKnownConfiguration"
#define SERVERS    "/policy.kasregistry.KeyAccessServerRegistryService/ListKeyAccessServers"
#define ATTRIBUTES "/policy.attributes.AttributesService/"

static const struct http_route public[] = {
    { "GET", "/healthz", ANYONE, 0, serve_health, NULL },
    { "GET", "/readyz", ANYONE, 0, serve_ready, NULL },
    { "GET", "/card", ANYONE, 0, serve_own_card, NULL },
    { "POST", "/enrol", ANYONE, JSON_MAX, serve_enrol, NULL },
    { "POST", "/token", ANYONE, FORM_MAX, serve_token, render_oauth },

    /* between nodes: the signature says who it is */
    { "POST", "/x/v1/statements", ANYONE, JOSE_MAX_SMALL, serve_take_statement, NULL },
    { "POST", "/x/v1/packages", ANYONE, BODY_PACKAGE, serve_take_package, NULL },
    { "POST", "/x/v1/hello", ANYONE, CARD_MAX, serve_hello, NULL },

    /* keys */
    { "POST", KAS_REWRAP_PATH, KEYS, SRT_MAX, serve_rewrap, render_connect },
    { "POST", "/kas/v2/rewrap", KEYS, SRT_MAX, serve_rewrap, render_rest },
    { "POST", "/v2/rewrap", KEYS, SRT_MAX, serve_rewrap, render_rest },
    { "POST", "/kas.AccessService/PublicKey", ANYONE, JSON_MAX, serve_public_key_call, render_connect },
    { "GET", "/kas.AccessService/PublicKey", ANYONE, 0, serve_public_key_call, render_connect },
    { "POST", "/kas.AccessService/LegacyPublicKey", ANYONE, JSON_MAX, serve_public_key_pem_call,
      render_connect },
    { "GET", "/kas.AccessService/LegacyPublicKey", ANYONE, 0, serve_public_key_pem_call, render_connect },
    { "GET", "/kas/v2/kas_public_key", ANYONE, 0, serve_public_key, NULL },
    { "GET", "/v2/kas_public_key", ANYONE, 0, serve_public_key, NULL },
    { "GET", "/kas/kas_public_key", ANYONE, 0, serve_public_key_pem, NULL },
    { "GET", "/kas_public_key", ANYONE, 0, serve_public_key_pem, NULL },

    /* what else clients of other makers look for (docs/opentdf.md) */
    { "POST", "/protocol/openid-connect/token", ANYONE, FORM_MAX, serve_token, render_oauth },
    { "GET", "/protocol/openid-connect/userinfo", KEYS, 0, serve_userinfo, NULL },
    { "GET", "/.well-known/openid-configuration", ANYONE, 0, serve_openid, NULL },
    { "GET", "/jwks", ANYONE, 0, serve_jwks, NULL },
    { "GET", "/.well-known/opentdf-configuration", ANYONE, 0, serve_configuration, NULL },
    { "POST", WELL_KNOWN, ANYONE, JSON_MAX, serve_configuration_call, render_connect },
    { "GET", WELL_KNOWN, ANYONE, 0, serve_configuration_call, render_connect },
    { "GET", "/key-access-servers", KEYS, 0, serve_servers, NULL },
    { "POST", SERVERS, KEYS, JSON_MAX, serve_servers_call, render_connect },
    { "GET", SERVERS, KEYS, 0, serve_servers_call, render_connect },
    { "POST", ATTRIBUTES "GetAttributeValuesByFqns", KEYS, JSON_MAX, serve_attributes_call, render_connect },
    { "GET", ATTRIBUTES "GetAttributeValuesByFqns", KEYS, 0, serve_attributes_call, render_connect },
    { "POST", ATTRIBUTES "GetKeyMappingsByFqns", KEYS, JSON_MAX, serve_mappings_call, render_connect },
    { "GET", ATTRIBUTES "GetKeyMappingsByFqns", KEYS, 0, serve_mappings_call, render_connect },
    { "POST", "/grpc.health.v1.Health/Check", ANYONE, JSON_MAX, serve_health_call, render_connect },
    { "GET", "/grpc.health.v1.Health/Check", ANYONE, 0, serve_health_call, render_connect },

    { "POST", "/relay/v1/{domain}/rewrap", RELAY, SRT_MAX, serve_relay, render_connect },

    /* who was briefed: asked of the originator */
    { "POST", BRIEFED_PATH, ASKERS | NEEDS_PARTNERS_TOO, JSON_MAX, serve_briefed, NULL },
    { "POST", "/v1/history", VIEWER, HISTORY_MAX, serve_history, NULL },
    { "POST", INCLUSION_PATH, READER | NEEDS_PARTNERS_TOO, JSON_MAX, serve_inclusion, NULL },
    { "POST", "/relay/v1/{domain}/inclusion", RELAY, JSON_MAX, serve_relay_inclusion, NULL },
    { "POST", "/relay/v1/{domain}/briefed", ASKERS | NEEDS_RELAYED, JSON_MAX, serve_relay_briefed, NULL },
    { "POST", KNOWERS_PATH, ASKERS | NEEDS_PARTNERS_TOO, JSON_MAX, serve_knowers, NULL },
    { "POST", "/relay/v1/{domain}/knowers", ASKERS | NEEDS_RELAYED, JSON_MAX, serve_relay_knowers, NULL },

    /* what the organisation's people do */
    { "GET", "/v1/desk", ANYONE, 0, serve_desk, NULL },
    { "GET", "/v1/me", VIEWER, 0, serve_me, NULL },
    { "GET", "/v1/people", ROLE_ADMIN, 0, serve_people, NULL },
    { "GET", "/v1/node", ROLE_ADMIN, 0, serve_node, NULL },
    { "GET", "/v1/devices", VIEWER, 0, serve_devices, NULL },
    { "DELETE", "/v1/devices/{thumbprint}", VIEWER, 0, serve_device_drop, NULL },
    { "GET", "/v1/drafts", READER, 0, serve_drafts, NULL },
    { "GET", "/v1/drafts/{id}", READER, 0, serve_draft, NULL },
    { "PUT", "/v1/drafts/{id}", READER, DRAFT_BODY_MAX, serve_draft_put, NULL },
    { "DELETE", "/v1/drafts/{id}", READER, 0, serve_draft_drop, NULL },
    { "GET", "/v1/partners", VIEWER, 0, serve_partners, NULL },
    { "GET", "/v1/partners/{domain}", VIEWER, 0, serve_partner, NULL },
    { "GET", "/v1/partners/{domain}/card", VIEWER, 0, serve_partner_card, NULL },
    { "GET", "/v1/lists/{kind}", VIEWER | NEEDS_NO_GUEST, 0, serve_lists, NULL },
    { "POST", "/v1/preview", AUTHOR, PREVIEW_MAX, serve_preview, NULL },
    { "POST", "/v1/cited", AUTHOR, PREVIEW_MAX, serve_cited, NULL },
    { "POST", "/v1/reports", AUTHOR, BODY_PACKAGE, serve_share, NULL },
    { "GET", "/v1/reports", VIEWER, 0, serve_reports, NULL },
    { "GET", "/v1/reports/{id}", VIEWER, 0, serve_report, NULL },
    { "GET", "/v1/reports/{id}/path", VIEWER | NEEDS_NO_GUEST, 0, serve_path, NULL },
    { "GET", "/v1/reports/{id}/timeline", VIEWER, 0, serve_timeline, NULL },
    { "GET", "/v1/reports/{id}/package", READER, 0, serve_package, NULL },
    { "GET", "/v1/shares/{statement}/package", AUTHOR | OFFICER, 0, serve_share_package, NULL },
    { "POST", "/v1/packages", READER, BODY_PACKAGE, serve_import, NULL },
    { "POST", "/v1/acts", READER, ACT_MAX, serve_act, NULL },
    { "POST", "/v1/exposures", AUTHOR | OFFICER, ACT_MAX, serve_exposure, NULL },
    { "GET", "/v1/requests/{id}", VIEWER, 0, serve_request, NULL },
    { "POST", "/v1/overrides", ROLE_AUTHORITY, BODY_PACKAGE, serve_pass_on, NULL },
    { "GET", "/v1/seconds", AUTHOR | OFFICER, 0, serve_seconds, NULL },
    { "GET", "/v1/seconds/{id}", AUTHOR | OFFICER, 0, serve_second, NULL },
    { "GET", "/v1/overrides/{id}", VIEWER, 0, serve_override, NULL },
    { "GET", "/v1/arrangements/{domain}", VIEWER | NEEDS_NO_GUEST, 0, serve_arrangement, NULL },
    { "GET", "/v1/alerts", WATCHERS, 0, serve_alerts, NULL },
    { "GET", "/v1/alerts/{id}", WATCHERS, 0, serve_alert, NULL },
    { "GET", "/v1/inquiries", WATCHERS, 0, serve_inquiries, NULL },
    { "GET", "/v1/inquiries/{id}", WATCHERS, 0, serve_inquiry, NULL },
    { "GET", "/v1/inbox", VIEWER, 0, serve_inbox, NULL },
    { "GET", "/v1/inbox/events", VIEWER, 0, serve_inbox_events, NULL },
    { "GET", "/v1/notify", VIEWER, 0, serve_notify, NULL },
    { "POST", "/v1/notify", VIEWER, JSON_MAX, serve_notify_choose, NULL },
    { "GET", "/v1/absences", VIEWER | NEEDS_NO_GUEST, 0, serve_absences, NULL },
    { "GET", "/v1/deliveries/{statement}", VIEWER, 0, serve_delivery, NULL },
    { "GET", "/v1/explain", VIEWER, 0, serve_explain, NULL },

    /* the ledger, for whoever wants to check it */
    { "GET", "/log/{generation}/checkpoint", ANYONE, 0, serve_checkpoint, NULL },
    { "GET", "/log/{generation}/{tile...}", ANYONE, 0, serve_tile, NULL },

    /* partners' ledgers, cosigned here */
    { "POST", "/witness/add-checkpoint", ANYONE, WITNESS_BODY_MAX, serve_witness_add, NULL },
    { "GET", "/witness/{hash}/checkpoint", ANYONE, 0, serve_witness_checkpoint, NULL },
    { "POST", "/monitor/add-checkpoint", ANYONE, WITNESS_BODY_MAX, serve_monitor_add, NULL },
    { "GET", "/monitor/{hash}/checkpoint", ANYONE, 0, serve_monitor_checkpoint, NULL },
    { "GET", "/monitor/{hash}/card/{serial}", ANYONE, 0, serve_monitor_card, NULL },
    { "GET", "/monitor/{hash}/{tile...}", ANYONE, 0, serve_monitor_entries, NULL },
};

static const struct http_route metrics[] = {
    { "GET", "/metrics", ANYONE, 0, serve_metrics, NULL },
    { "GET", "/healthz", ANYONE, 0, serve_health, NULL },
    { "GET", "/readyz", ANYONE, 0, serve_ready, NULL },
};

const struct http_route *routes_public(size_t *count)
{
    *count = COUNT(public);
    return public;
}

const struct http_route *routes_metrics(size_t *count)
{
    *count = COUNT(metrics);
    return metrics;
}
