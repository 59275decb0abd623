/* SPDX-License-Identifier: Apache-2.0
 * store/sql.h - inside the store: the one list of statements
 *
 * Portable SQL: what SQLite and PostgreSQL both understand, with parameters $1, $2, ... */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/sql_derived.h"
#include "store/sql_guest.h"
#include "store/sql_inquiry.h"
#include "store/sql_log.h"
#include "store/sql_sealed.h"
#include "store/sql_second.h"
#include "store/sql_source.h"
#include "store/sql_variant.h"

/* clang-format off */
/* As many as ITEM_AUDIENCES. */
#define SQL_AUDIENCES "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16"

/* When a held portion, row p, was recalled, by its originator's clock; 0: not since this share of it. */
/* No share brought him the portion by this statement: it was a grant. */
#define SQL_GRANTED \
    "NOT EXISTS (SELECT 1 FROM copy c WHERE c.share = r.statement AND c.portion = r.portion AND c.holder = r.holder) "
#define SQL_RECALLED \
    "coalesce((SELECT r.at_ms FROM held_recall r JOIN held s ON s.originator = r.originator " \
    "WHERE r.originator = p.originator AND r.portion = p.portion AND s.share = p.share " \
    "AND r.at_ms >= s.shared_ms), 0)"

/* X(name, what a missing or doubled row is called, text) */
#define SQL_LIST(X) \
    /* what the node remembers of itself; applied migrations */ \
    X(MIGRATION_ANY, "migration", "SELECT version FROM migration LIMIT 1") \
    X(MIGRATION_LIST, "migration", "SELECT version, name, sha256 FROM migration ORDER BY version") \
    X(MIGRATION_ADD, "migration", \
      "INSERT INTO migration (version, name, sha256, at_ms) VALUES ($1, $2, $3, $4)") \
    X(SETTING_PUT, "setting", \
      "INSERT INTO setting (name, value) VALUES ($1, $2) " \
      "ON CONFLICT (name) DO UPDATE SET value = excluded.value") \
    X(SETTING_GET, "setting", "SELECT value FROM setting WHERE name = $1") \
    /* cards */ \
    X(CARD_PUT, "card", \
      "INSERT INTO card (domain, serial, jws, digest, state, local, card_key_sha, taken_ms, " \
      "confirmed_ms, reached_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) " \
      "ON CONFLICT (domain) DO UPDATE SET serial = excluded.serial, jws = excluded.jws, " \
      "digest = excluded.digest, state = excluded.state, local = excluded.local, " \
      "card_key_sha = excluded.card_key_sha, taken_ms = excluded.taken_ms, " \
      "confirmed_ms = excluded.confirmed_ms, reached_ms = excluded.reached_ms") \
    X(CARD_GET, "card", \
      "SELECT domain, serial, jws, digest, state, local, card_key_sha, taken_ms, confirmed_ms, reached_ms " \
      "FROM card WHERE domain = $1") \
    X(CARD_LIST, "card", \
      "SELECT domain, serial, jws, digest, state, local, card_key_sha, taken_ms, confirmed_ms, reached_ms " \
      "FROM card ORDER BY domain") \
    X(CARD_OWN, "card", \
      "SELECT domain, serial, jws, digest, state, local, card_key_sha, taken_ms, confirmed_ms, reached_ms " \
      "FROM card WHERE state = 'own'") \
    X(CARD_HISTORY_ADD, "card", \
      "INSERT INTO card_history (domain, serial, jws) VALUES ($1, $2, $3) " \
      "ON CONFLICT (domain, serial) DO NOTHING") \
    X(CARD_HISTORY_GET, "card", "SELECT jws FROM card_history WHERE domain = $1 AND serial = $2") \
    X(CARD_FORGET, "card", "DELETE FROM card WHERE domain = $1") \
    X(CARD_HISTORY_FORGET, "card", "DELETE FROM card_history WHERE domain = $1") \
    X(CARD_SET_STATE, "card", "UPDATE card SET state = $2, confirmed_ms = $3 WHERE domain = $1") \
    X(CARD_SET_LOCAL, "card", "UPDATE card SET local = $2 WHERE domain = $1") \
    X(CARD_SET_REACHED, "card", "UPDATE card SET reached_ms = $2 WHERE domain = $1") \
    /* people */ \
    X(PERSON_ADD, "person", \
      "INSERT INTO person (id, domain, state, roles, pending_roles, clearance, added_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7)") \
    X(PERSON_PUT, "person", \
      "INSERT INTO person (id, domain, state, roles, pending_roles, clearance, added_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7) " \
      "ON CONFLICT (id) DO UPDATE SET domain = excluded.domain, state = excluded.state, " \
      "roles = excluded.roles, pending_roles = excluded.pending_roles, clearance = excluded.clearance") \
    X(PERSON_GET, "person", \
      "SELECT id, domain, state, roles, pending_roles, clearance, added_ms FROM person WHERE id = $1") \
    X(PERSON_LIST, "person", \
      "SELECT id, domain, state, roles, pending_roles, clearance, added_ms FROM person " \
      "WHERE domain = $1 ORDER BY id") \
    X(PERSON_SET_ROLES, "person", "UPDATE person SET roles = $2, pending_roles = $3 WHERE id = $1") \
    X(PERSON_SET_STATE, "person", "UPDATE person SET state = $2 WHERE id = $1") \
    X(SERVICE_PUT, "service", \
      "INSERT INTO service (person, secret_sha, made_ms) VALUES ($1, $2, $3) " \
      "ON CONFLICT (person) DO UPDATE SET secret_sha = excluded.secret_sha, made_ms = excluded.made_ms") \
    X(SERVICE_GET, "service", "SELECT person, secret_sha, made_ms FROM service WHERE person = $1") \
    X(DEVICE_ADD, "device", \
      "INSERT INTO device (thumbprint, person, jwk, state, enrolled_ms, confirmed_ms, generation, idx, proof) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)") \
    X(DEVICE_PUT, "device", \
      "UPDATE device SET person = $2, jwk = $3, state = $4, enrolled_ms = $5, confirmed_ms = $6, generation = $7, idx = $8, " \
      "proof = $9 WHERE thumbprint = $1") \
    X(DEVICE_GET, "device", \
      "SELECT thumbprint, person, jwk, state, enrolled_ms, confirmed_ms, generation, idx, proof FROM device WHERE thumbprint = $1") \
    X(DEVICE_LIST, "device", \
      "SELECT thumbprint, person, jwk, state, enrolled_ms, confirmed_ms, generation, idx, proof FROM device WHERE person = $1 ORDER BY enrolled_ms, thumbprint") \
    X(DEVICE_CONFIRM, "device", "UPDATE device SET confirmed_ms = $2, generation = $3, idx = $4 WHERE thumbprint = $1") \
    X(DEVICE_SET_STATE, "device", "UPDATE device SET state = $2 WHERE thumbprint = $1") \
    X(ENROLMENT_ADD, "enrolment", \
      "INSERT INTO enrolment (secret_sha, person, expires_ms, used_ms) VALUES ($1, $2, $3, 0)") \
    X(ENROLMENT_GET, "enrolment", "SELECT person, expires_ms, used_ms FROM enrolment WHERE secret_sha = $1") \
    X(ENROLMENT_USE, "enrolment", "UPDATE enrolment SET used_ms = $2 WHERE secret_sha = $1 AND used_ms = 0") \
    X(READ_IN_PUT, "read-in", \
      "INSERT INTO read_in (person, compartment, from_ms, until_ms) VALUES ($1, $2, $3, $4) " \
      "ON CONFLICT (person, compartment) DO UPDATE SET from_ms = excluded.from_ms, " \
      "until_ms = excluded.until_ms") \
    X(READ_IN_AT, "read-in", \
      "SELECT person, compartment, from_ms, until_ms FROM read_in " \
      "WHERE person = $1 AND from_ms <= $2 AND (until_ms = 0 OR until_ms > $2) ORDER BY compartment") \
    /* our reports */ \
    X(REPORT_ADD, "report", \
      "INSERT INTO report (id, author, banner, shared_ms, act) VALUES ($1, $2, $3, $4, $5)") \
    X(REPORT_GET, "report", "SELECT id, author, banner, shared_ms, act FROM report WHERE id = $1") \
    X(REPORT_AUTHOR, "report", "SELECT author FROM report WHERE id = $1") \
    X(REPORT_LIST, "report", \
      "SELECT id, author, banner, shared_ms, act FROM report " \
      "ORDER BY shared_ms DESC, id DESC LIMIT $1 OFFSET $2") \
    X(REPORT_IDS, "report", \
      "SELECT id FROM report WHERE id BETWEEN $1 AND $2 UNION " \
      "SELECT report FROM held WHERE report BETWEEN $1 AND $2 ORDER BY 1 LIMIT $3") \
    X(PORTION_ADD, "portion", \
      "INSERT INTO portion (id, report, n, mark, clear, manifest, differs, payload) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)") \
    X(PORTION_GET, "portion", \
      "SELECT id, report, n, mark, clear, manifest, differs FROM portion WHERE id = $1") \
    X(PORTION_LIST, "portion", \
      "SELECT id, report, n, mark, clear, manifest, differs FROM portion WHERE report = $1 " \
      "ORDER BY n") \
    X(PORTION_PAYLOAD, "portion", "SELECT payload FROM portion WHERE id = $1") \
    SQL_VARIANT_LIST(X) \
    SQL_GUEST_LIST(X) \
    SQL_DERIVED_LIST(X) \
    SQL_SOURCE_LIST(X) \
    X(COPY_ADD, "copy", \
      "INSERT INTO copy (policy, portion, holder, wrapped_sha, policy_sha, binding_sha, manifest, " \
      "commitment, share, made_ms, payload) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)") \
    X(COPY_GET, "copy", \
      "SELECT c.policy, c.portion, c.holder, c.wrapped_sha, c.policy_sha, c.binding_sha, c.manifest, " \
      "c.commitment, c.share, c.made_ms, p.report, p.n, p.mark, p.clear " \
      "FROM copy c JOIN portion p ON p.id = c.portion " \
      "WHERE c.policy = $1") \
    X(COPY_MASTER, "copy", \
      "SELECT c.policy, c.portion, c.holder, c.wrapped_sha, c.policy_sha, c.binding_sha, c.manifest, " \
      "c.commitment, c.share, c.made_ms, p.report, p.n, p.mark, p.clear " \
      "FROM copy c JOIN portion p ON p.id = c.portion " \
      "WHERE c.portion = $1 AND c.share = ''") \
    X(COPY_LIST, "copy", \
      "SELECT c.policy, c.portion, c.holder, c.wrapped_sha, c.policy_sha, c.binding_sha, c.manifest, " \
      "c.commitment, c.share, c.made_ms, p.report, p.n, p.mark, p.clear " \
      "FROM copy c JOIN portion p ON p.id = c.portion " \
      "WHERE c.portion = $1 ORDER BY c.holder, c.made_ms, c.policy") \
    X(COPY_LIST_SHARE, "copy", \
      "SELECT c.policy, c.portion, c.holder, c.wrapped_sha, c.policy_sha, c.binding_sha, c.manifest, " \
      "c.commitment, c.share, c.made_ms, p.report, p.n, p.mark, p.clear " \
      "FROM copy c JOIN portion p ON p.id = c.portion " \
      "WHERE c.share = $1 ORDER BY p.n, c.policy") \
    X(COPY_LIST_REPORT, "copy", \
      "SELECT c.policy, c.portion, c.holder, c.wrapped_sha, c.policy_sha, c.binding_sha, c.manifest, " \
      "c.commitment, c.share, c.made_ms, p.report, p.n, p.mark, p.clear " \
      "FROM copy c JOIN portion p ON p.id = c.portion " \
      "WHERE p.report = $1 ORDER BY p.n, c.holder, c.made_ms, c.policy") \
    X(COPY_NEWEST, "copy", \
      "SELECT share FROM copy WHERE portion = $1 AND holder = $2 ORDER BY made_ms DESC, policy DESC LIMIT 1") \
    X(COPY_HOLDS, "copy", \
      "SELECT EXISTS (SELECT 1 FROM portion p JOIN copy c ON c.portion = p.id WHERE p.report = $1 AND c.holder = $2)") \
    X(COPY_PAYLOAD, "copy's payload", "SELECT payload FROM copy WHERE policy = $1 AND payload IS NOT NULL") \
    X(COPY_DROP_PAYLOADS, "copy", "UPDATE copy SET payload = NULL WHERE share = $1 AND payload IS NOT NULL") \
    X(RELEASE_ADD, "release", \
      "INSERT INTO release (portion, holder, person, from_ms, until_ms, recalled_ms, note, statement, " \
      "generation, idx) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id") \
    X(RELEASE_LIST, "release", \
      "SELECT r.portion, r.holder, r.person, r.from_ms, r.until_ms, r.recalled_ms, r.note, " \
      "r.statement, r.generation, r.idx, r.id, p.report, p.n, " SQL_GRANTED \
      "FROM release r JOIN portion p ON p.id = r.portion " \
      "WHERE r.portion = $1 AND r.holder = $2 ORDER BY r.id") \
    X(RELEASE_LIST_REPORT, "release", \
      "SELECT r.portion, r.holder, r.person, r.from_ms, r.until_ms, r.recalled_ms, r.note, " \
      "r.statement, r.generation, r.idx, r.id, p.report, p.n, " SQL_GRANTED \
      "FROM release r JOIN portion p ON p.id = r.portion " \
      "WHERE p.report = $1 ORDER BY p.n, r.id") \
    X(RELEASE_END, "release", "UPDATE release SET until_ms = $2 WHERE id = $1") \
    X(RELEASE_RECALL, "release", \
      "UPDATE release SET recalled_ms = $3 " \
      "WHERE portion = $1 AND holder = $2 AND recalled_ms = 0") \
    X(RELEASE_RECALL_ALL, "release", \
      "UPDATE release SET recalled_ms = $3 " \
      "WHERE portion = $1 AND holder <> $2 AND recalled_ms = 0") \
    /* what we hold */ \
    X(HELD_ADD, "held share", \
      "INSERT INTO held (originator, share, report, audience, banner, stray, received_ms, jws, shared_ms, " \
      "hidden) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)") \
    X(HELD_GET, "held share", \
      "SELECT originator, share, report, audience, banner, stray, received_ms, jws, shared_ms, hidden " \
      "FROM held WHERE originator = $1 AND share = $2") \
    X(HELD_NEWEST, "held report", \
      "SELECT originator, share, report, audience, banner, stray, received_ms, jws, shared_ms, hidden " \
      "FROM held WHERE originator = $1 AND report = $2 AND stray = $3 " \
      "ORDER BY hidden, received_ms DESC, share DESC LIMIT 1") \
    X(HELD_LIST, "held report", \
      "SELECT originator, share, report, audience, banner, stray, received_ms, jws, shared_ms, hidden " \
      "FROM held h WHERE NOT EXISTS (SELECT 1 FROM held o " \
      "WHERE o.report = h.report AND o.originator = h.originator " \
      "AND (o.stray < h.stray OR (o.stray = h.stray AND (o.hidden < h.hidden " \
      "OR (o.hidden = h.hidden AND (o.received_ms > h.received_ms " \
      "OR (o.received_ms = h.received_ms AND o.share > h.share))))))) " \
      "ORDER BY received_ms DESC, share DESC LIMIT $1 OFFSET $2") \
    X(HELD_LIST_REPORT, "held report", \
      "SELECT originator, share, report, audience, banner, stray, received_ms, jws, shared_ms, hidden " \
      "FROM held WHERE originator = $1 AND report = $2 ORDER BY received_ms DESC, share DESC") \
    X(HELD_ORIGIN, "held report", \
      "SELECT originator, report FROM held WHERE report = $1 GROUP BY originator, report " \
      "ORDER BY min(stray) DESC, originator") \
    X(HELD_PORTION_ADD, "held portion", \
      "INSERT INTO held_portion (originator, share, portion, n, mark, clear, content) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7)") \
    X(HELD_PORTION_GET, "held portion", \
      "SELECT originator, share, portion, n, mark, clear, " SQL_RECALLED " FROM held_portion p " \
      "WHERE originator = $1 AND share = $2 AND portion = $3") \
    X(HELD_PORTION_LIST, "held portion", \
      "SELECT originator, share, portion, n, mark, clear, " SQL_RECALLED " FROM held_portion p " \
      "WHERE originator = $1 AND share = $2 ORDER BY n, portion") \
    X(HELD_PORTION_MERGED, "held portion", \
      "SELECT p.originator, p.share, p.portion, p.n, p.mark, p.clear, " SQL_RECALLED " " \
      "FROM held h CROSS JOIN held_portion p " \
      "WHERE p.originator = h.originator AND p.share = h.share " \
      "AND h.originator = $1 AND h.report = $2 AND h.stray = 0 " \
      "AND NOT EXISTS (SELECT 1 FROM held o JOIN held_portion q " \
      "ON q.originator = o.originator AND q.share = o.share " \
      "WHERE o.originator = h.originator AND o.report = h.report AND o.stray = 0 " \
      "AND q.portion = p.portion AND (o.received_ms > h.received_ms " \
      "OR (o.received_ms = h.received_ms AND o.share > h.share))) " \
      "ORDER BY p.n, p.portion") \
    X(HELD_PORTION_CONTENT, "held portion", \
      "SELECT content FROM held_portion WHERE originator = $1 AND share = $2 AND portion = $3") \
    X(HELD_RECALL_PUT, "recall", \
      "INSERT INTO held_recall (originator, portion, at_ms, statement) VALUES ($1, $2, $3, $4) " \
      "ON CONFLICT (originator, portion) DO UPDATE SET at_ms = excluded.at_ms, " \
      "statement = excluded.statement WHERE excluded.at_ms > held_recall.at_ms") \
    X(HELD_RECALL_DROP, "recall", \
      "DELETE FROM held_recall WHERE originator = $1 AND portion = $2 AND at_ms < $3") \
    /* overrides */ \
    X(OVERRIDE_ADD, "override", \
      "INSERT INTO override (id, originator, giver, by_person, report, to_whom, occasion, reason, at_ms, " \
      "state, closed_by, closed_ms, outcome, generation, idx, sealed, receipt) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)") \
    X(OVERRIDE_PORTION_ADD, "portion of an override", \
      "INSERT INTO override_portion (override, portion, n) VALUES ($1, $2, $3)") \
    X(OVERRIDE_GET, "override", \
      "SELECT id, originator, giver, by_person, report, to_whom, occasion, reason, at_ms, " \
      "state, closed_by, closed_ms, outcome, generation, idx, sealed, receipt FROM override WHERE id = $1") \
    X(OVERRIDE_CLOSE, "open override", \
      "UPDATE override SET state = 'closed', closed_by = $2, closed_ms = $3, outcome = $4 " \
      "WHERE id = $1 AND state = 'open'") \
    X(OVERRIDE_LIST, "override", \
      "SELECT id, originator, giver, by_person, report, to_whom, occasion, reason, at_ms, " \
      "state, closed_by, closed_ms, outcome, generation, idx, sealed, receipt " \
      "FROM override WHERE report = $1 ORDER BY at_ms, id") \
    X(OVERRIDE_PORTIONS, "portion of an override", \
      "SELECT portion, n FROM override_portion WHERE override = $1 ORDER BY n, portion") \
    X(OVERRIDE_IDS, "override", "SELECT id FROM override WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3") \
    SQL_LIST_INQUIRY(X) \
    SQL_LIST_SEALED(X) \
    /* statements, outbox, tasks */ \
    X(STATEMENT_ADD, "statement", \
      "INSERT INTO statement (iss, id, digest, kind, direction, report, ref, at_ms, jws, ack) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)") \
    X(STATEMENT_GET, "statement", \
      "SELECT iss, id, digest, kind, direction, report, ref, at_ms, jws, ack " \
      "FROM statement WHERE iss = $1 AND id = $2") \
    X(STATEMENT_BY_DIGEST, "statement", \
      "SELECT iss, id, digest, kind, direction, report, ref, at_ms, jws, ack " \
      "FROM statement WHERE digest = $1 ORDER BY at_ms, iss, id LIMIT 1") \
    X(STATEMENT_ENTERED, "statement", \
      "INSERT INTO statement_entry (iss, id, generation, idx) VALUES ($1, $2, $3, $4)") \
    X(STATEMENT_ENTRY, "entry of a statement", \
      "SELECT generation, idx FROM statement_entry WHERE iss = $1 AND id = $2") \
    X(STATEMENT_SET_ACK, "statement", "UPDATE statement SET ack = $3 WHERE iss = $1 AND id = $2") \
    X(STATEMENT_LIST, "statement", \
      "SELECT iss, id, digest, kind, direction, report, ref, at_ms, jws, ack " \
      "FROM statement WHERE report = $1 AND ($2 = '' OR kind = $2) ORDER BY at_ms, iss, id") \
    X(STATEMENT_LIST_KIND, "statement", \
      "SELECT iss, id, digest, kind, direction, report, ref, at_ms, jws, ack " \
      "FROM statement WHERE kind = $1 AND at_ms >= $2 ORDER BY at_ms, iss, id LIMIT $3") \
    X(STATEMENT_BETWEEN, "statement", \
      "SELECT s.iss, s.id, s.digest, s.kind, s.direction, s.report, s.ref, s.at_ms, s.jws, " \
      "CASE s.ack WHEN '' THEN coalesce((SELECT a.ack FROM outbox a WHERE a.iss = s.iss " \
      "AND a.statement = s.id AND a.partner = $2), '') ELSE s.ack END " \
      "FROM statement s WHERE s.at_ms >= $3 AND s.kind IN ('share', 'request', 'grant', 'deny', 'silence', " \
      "'override', 'objection', 'review', 'notice', 'recall', 'withdraw', 'inquiry', 'answer') " \
      "AND (s.iss = $2 OR (s.iss = $1 AND EXISTS " \
      "(SELECT 1 FROM outbox o WHERE o.iss = s.iss AND o.statement = s.id AND o.partner = $2 " \
      "AND o.state = 'delivered'))) ORDER BY s.at_ms, s.iss, s.id") \
    X(STATEMENT_UNACKED, "statement", \
      "SELECT s.iss, s.id, s.digest, s.kind, s.direction, s.report, s.ref, s.at_ms, s.jws, s.ack " \
      "FROM outbox o JOIN statement s ON s.iss = o.iss AND s.id = o.statement " \
      "WHERE o.partner = $1 AND o.state IN ('queued', 'failed') ORDER BY o.id") \
    X(OUTBOX_WAITING, "outbox row", \
      "SELECT count(*) FROM outbox o CROSS JOIN statement s " \
      "WHERE s.iss = o.iss AND s.id = o.statement AND o.partner = $1 AND s.kind = $2 AND o.state IN ('queued', 'failed')") \
    X(OUTBOX_PUT, "outbox row", \
      "INSERT INTO outbox (partner, iss, statement, route, generation, idx, state, queued_ms, acked_ms, " \
      "error, ack) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) " \
      "ON CONFLICT (partner, iss, statement) DO NOTHING") \
    X(OUTBOX_NEXT, "due outbox row", \
      "SELECT partner, iss, statement, route, generation, idx, state, queued_ms, acked_ms, error, ack, id " \
      "FROM outbox WHERE id = (SELECT min(id) FROM outbox WHERE state = 'queued' AND partner = $1) " \
      "AND (generation < $2 OR (generation = $2 AND idx < $3))") \
    X(OUTBOX_AFTER, "due outbox row", \
      "SELECT partner, iss, statement, route, generation, idx, state, queued_ms, acked_ms, error, ack, id " \
      "FROM outbox WHERE id = (SELECT min(id) FROM outbox WHERE state = 'queued' AND partner = $1 AND id > $4) " \
      "AND (generation < $2 OR (generation = $2 AND idx < $3))") \
    X(OUTBOX_GET, "outbox row", \
      "SELECT partner, iss, statement, route, generation, idx, state, queued_ms, acked_ms, error, ack, id " \
      "FROM outbox WHERE partner = $1 AND iss = $2 AND statement = $3") \
    X(OUTBOX_SET_ACKED, "outbox row", \
      "UPDATE outbox SET state = 'delivered', acked_ms = $2, ack = $3, error = '' WHERE id = $1") \
    X(OUTBOX_SET_ERROR, "outbox row", "UPDATE outbox SET error = $2 WHERE id = $1") \
    X(OUTBOX_SET_FAILED, "outbox row", "UPDATE outbox SET state = 'failed', error = $2 WHERE id = $1") \
    X(OUTBOX_PENDING, "outbox row", \
      "SELECT count(*), coalesce(min(queued_ms), 0) FROM outbox " \
      "WHERE state = 'queued' AND partner = $1") \
    X(OUTBOX_PARTNERS, "outbox row", \
      "SELECT '', partner FROM outbox WHERE state = 'queued' GROUP BY partner ORDER BY partner") \
    X(OUTBOX_LIST, "outbox row", \
      "SELECT partner, iss, statement, route, generation, idx, state, queued_ms, acked_ms, error, ack, id " \
      "FROM outbox WHERE iss = $1 AND statement = $2 ORDER BY partner") \
    X(TASK_PUT, "task", \
      "INSERT INTO task (kind, subject, made_ms) VALUES ($1, $2, $3) " \
      "ON CONFLICT (kind, subject) DO NOTHING") \
    X(TASK_FIRST, "task", "SELECT id, kind, subject, made_ms FROM task WHERE id > $1 ORDER BY id LIMIT 1") \
    X(TASK_LIST, "task", "SELECT id, kind, subject, made_ms FROM task ORDER BY id LIMIT $1") \
    X(TASK_DELETE, "task", "DELETE FROM task WHERE id = $1") \
    /* requests */ \
    X(REQUEST_ADD, "request", \
      "INSERT INTO request (id, originator, asker, by_person, report, to_whom, reason, precedence, asked_ms, " \
      "due_ms, until_ms, state, decided_by, decided_ms, note, generation, idx, silent_ms, forward, rule, cited) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)") \
    X(REQUEST_GET, "request", \
      "SELECT id, originator, asker, by_person, report, to_whom, reason, precedence, asked_ms, " \
      "due_ms, until_ms, state, decided_by, decided_ms, note, generation, idx, silent_ms, forward, rule, cited FROM request " \
      "WHERE id = $1") \
    X(REQUEST_IDS, "request", "SELECT id FROM request WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3") \
    X(REQUEST_DECIDE, "request", \
      "UPDATE request SET state = $2, decided_by = $3, decided_ms = $4, note = $5 " \
      "WHERE id = $1 AND state IN ('open', 'silent')") \
    X(REQUEST_SETTLE, "request", \
      "UPDATE request SET state = $2, decided_by = $3, decided_ms = $4, note = $5 " \
      "WHERE id = $1 AND state IN ('open', 'silent', 'withdrawn')") \
    X(REQUEST_SET_RULE, "request", "UPDATE request SET rule = $2 WHERE id = $1") \
    X(REQUEST_SILENCE, "request", \
      "UPDATE request SET silent_ms = $3, state = CASE WHEN state = 'open' THEN 'silent' ELSE state END " \
      "WHERE id = $1 AND state = $2 AND silent_ms = 0") \
    X(REQUEST_LIST, "request", \
      "SELECT id, originator, asker, by_person, report, to_whom, reason, precedence, asked_ms, " \
      "due_ms, until_ms, state, decided_by, decided_ms, note, generation, idx, silent_ms, forward, rule, cited FROM request " \
      "WHERE originator = $1 AND report = $2 ORDER BY asked_ms, id") \
    X(REQUEST_LIST_STATE, "request", \
      "SELECT id, originator, asker, by_person, report, to_whom, reason, precedence, asked_ms, " \
      "due_ms, until_ms, state, decided_by, decided_ms, note, generation, idx, silent_ms, forward, rule, cited FROM request " \
      "WHERE state = $1 ORDER BY due_ms, id LIMIT $2") \
    X(REQUEST_LIST_DUE, "request", \
      "SELECT id, originator, asker, by_person, report, to_whom, reason, precedence, asked_ms, " \
      "due_ms, until_ms, state, decided_by, decided_ms, note, generation, idx, silent_ms, forward, rule, cited FROM request " \
      "WHERE state = 'open' AND originator = $1 AND due_ms <= $2 ORDER BY due_ms, id") \
    X(REQUEST_NEXT_DUE, "open request", \
      "SELECT due_ms FROM request WHERE state = 'open' AND originator = $1 ORDER BY due_ms LIMIT 1") \
    X(REQUEST_PORTION_ADD, "portion of a request", \
      "INSERT INTO request_portion (request, portion, n, state) VALUES ($1, $2, $3, $4)") \
    X(REQUEST_PORTION_LIST, "portion of a request", \
      "SELECT request, portion, n, state FROM request_portion WHERE request = $1 ORDER BY n, portion") \
    X(REQUEST_PORTION_SET_STATE, "portion of a request", \
      "UPDATE request_portion SET state = $3 WHERE request = $1 AND portion = $2") \
    /* third parties */ \
    X(INTRODUCTION_ADD, "introduction", \
      "INSERT INTO introduction (request, domain, via, jws) VALUES ($1, $2, $3, $4)") \
    X(INTRODUCTION_GET, "introduction", \
      "SELECT request, domain, via, jws FROM introduction WHERE request = $1") \
    X(QUARANTINE_ADD, "statement in quarantine", \
      "INSERT INTO quarantine (iss, statement, kind, report, received_ms, jws, package) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (iss, statement) DO NOTHING") \
    X(QUARANTINE_GET, "statement in quarantine", \
      "SELECT iss, statement, kind, report, received_ms, jws, package, id FROM quarantine " \
      "WHERE iss = $1 AND statement = $2") \
    X(QUARANTINE_FIRST, "statement in quarantine", \
      "SELECT iss, statement, kind, report, received_ms, jws, package, id FROM quarantine " \
      "WHERE iss = $1 ORDER BY id LIMIT 1") \
    X(QUARANTINE_LIST, "statement in quarantine", \
      "SELECT iss, statement, kind, report, received_ms, jws, NULL, id FROM quarantine ORDER BY id") \
    X(QUARANTINE_USAGE, "quarantine", \
      "SELECT count(*), coalesce(sum(length(jws) + length(package)), 0) FROM quarantine " \
      "WHERE iss = $1") \
    X(QUARANTINE_USAGE_ALL, "quarantine", \
      "SELECT count(*), coalesce(sum(length(jws) + length(package)), 0) FROM quarantine") \
    X(QUARANTINE_DELETE, "statement in quarantine", "DELETE FROM quarantine WHERE id = $1") \
    X(QUARANTINE_DROP, "statement in quarantine", "DELETE FROM quarantine WHERE iss = $1") \
    /* lists */ \
    X(LIST_ADD, "version of a list", \
      "INSERT INTO list (owner, kind, name, version, hide, ended, statement, taken_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)") \
    X(LIST_MEMBER_ADD, "member of a list", \
      "INSERT INTO list_member (owner, kind, name, version, member) VALUES ($1, $2, $3, $4, $5)") \
    X(LIST_NEWEST, "list", \
      "SELECT owner, kind, name, version, hide, ended, statement, taken_ms FROM list " \
      "WHERE owner = $1 AND kind = $2 AND name = $3 ORDER BY version DESC LIMIT 1") \
    X(LIST_VERSION, "version of a list", \
      "SELECT owner, kind, name, version, hide, ended, statement, taken_ms FROM list " \
      "WHERE owner = $1 AND kind = $2 AND name = $3 AND version = $4") \
    X(LIST_ALL, "list", \
      "SELECT owner, kind, name, version, hide, ended, statement, taken_ms FROM list " \
      "WHERE kind = $1 AND version = (SELECT max(v.version) FROM list v WHERE v.owner = list.owner " \
      "AND v.kind = list.kind AND v.name = list.name) ORDER BY owner, name") \
    X(LIST_NAMING, "list", \
      "SELECT owner, kind, name, version, hide, ended, statement, taken_ms FROM list " \
      "WHERE kind = $1 AND version = (SELECT max(v.version) FROM list v WHERE v.owner = list.owner " \
      "AND v.kind = list.kind AND v.name = list.name) " \
      "AND EXISTS (SELECT 1 FROM list_member m WHERE (m.member = $2 OR m.member LIKE '%@' || $2) " \
      "AND m.kind = list.kind " \
      "AND m.owner = list.owner AND m.name = list.name AND m.version = list.version) " \
      "ORDER BY owner, name") \
    X(LIST_MEMBERS, "member of a list", \
      "SELECT member FROM list_member " \
      "WHERE owner = $1 AND kind = $2 AND name = $3 AND version = $4 ORDER BY member") \
    X(LIST_HAS, "member of a list", \
      "SELECT count(*) FROM list_member " \
      "WHERE owner = $1 AND kind = $2 AND name = $3 AND version = $4 AND member = $5") \
    X(REPORT_GROUP_ADD, "group of a report", \
      "INSERT INTO report_group (report, name, version) VALUES ($1, $2, $3)") \
    X(REPORT_GROUP_LIST, "group of a report", \
      "SELECT name, version FROM report_group WHERE report = $1 ORDER BY name") \
    /* drafts */ \
    X(DRAFT_ADD, "draft", \
      "INSERT INTO draft (person, id, version, changed_ms, sealed) VALUES ($1, $2, $3, $4, $5)") \
    X(DRAFT_CHANGE, "draft", \
      "UPDATE draft SET version = version + 1, changed_ms = $4, sealed = $5 " \
      "WHERE person = $1 AND id = $2 AND version = $3") \
    X(DRAFT_GET, "draft", \
      "SELECT person, id, version, changed_ms, length(sealed) FROM draft WHERE person = $1 AND id = $2") \
    X(DRAFT_SEALED, "draft", "SELECT sealed FROM draft WHERE person = $1 AND id = $2") \
    X(DRAFT_LIST, "draft", \
      "SELECT person, id, version, changed_ms, length(sealed) FROM draft WHERE person = $1 " \
      "ORDER BY changed_ms DESC, id") \
    X(DRAFT_USAGE, "draft", "SELECT count(*), coalesce(sum(length(sealed)), 0) FROM draft WHERE person = $1") \
    X(DRAFT_DROP, "draft", "DELETE FROM draft WHERE person = $1 AND id = $2") \
    /* the inbox */ \
    X(ITEM_ADD, "item", \
      "INSERT INTO item (id, kind, audience, sender, at_ms, due_ms, ref, about, done_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)") \
    X(ITEM_GET, "item", \
      "SELECT id, kind, audience, sender, at_ms, due_ms, ref, about, done_ms " \
      "FROM item WHERE id = $1") \
    X(ITEM_LIST, "item", \
      "SELECT id, kind, audience, sender, at_ms, due_ms, ref, about, done_ms " \
      "FROM item WHERE audience IN (" SQL_AUDIENCES ") " \
      "AND done_ms <= $17 AND at_ms >= $18 " \
      "ORDER BY CASE WHEN done_ms = 0 AND due_ms > 0 THEN 0 ELSE 1 END, " \
      "CASE WHEN done_ms = 0 AND due_ms > 0 THEN due_ms ELSE 0 END, at_ms DESC, id LIMIT $19") \
    X(ITEM_OPEN, "item", "SELECT count(*) FROM item WHERE ref = $1 AND kind = $2 AND done_ms = 0") \
    X(ITEM_DONE, "item", \
      "UPDATE item SET done_ms = $3 WHERE ref = $1 AND ($2 = '' OR kind = $2) AND done_ms = 0") \
    X(ITEM_DONE_ID, "item", \
      "UPDATE item SET done_ms = CASE WHEN done_ms = 0 THEN $2 ELSE done_ms END WHERE id = $1") \
    X(NOTICE_ADD, "notice", \
      "INSERT INTO notice (item, kind, audience, at_ms, seq) " \
      "SELECT $1, $2, $3, $4, COALESCE(MAX(seq), 0) + 1 FROM notice") \
    X(NOTICE_LIST, "notice", \
      "SELECT n.item, n.kind, n.audience, n.at_ms, n.seq, i.kind, i.sender, i.at_ms, i.due_ms, i.ref, " \
      "i.about, i.done_ms FROM notice n JOIN item i ON i.id = n.item " \
      "WHERE n.audience IN (" SQL_AUDIENCES ") AND n.seq > $17 ORDER BY n.seq LIMIT $18") \
    X(NOTICE_NEXT, "notice", \
      "SELECT n.item, n.kind, n.audience, n.at_ms, n.seq, i.kind, i.sender, i.at_ms, i.due_ms, i.ref, " \
      "i.about, i.done_ms FROM notice n JOIN item i ON i.id = n.item WHERE n.seq > $1 ORDER BY n.seq LIMIT 1") \
    X(NOTICE_NEWEST, "notice", "SELECT COALESCE(MAX(seq), 0) FROM notice") \
    X(ABSENCE_ADD, "absence", \
      "INSERT INTO absence (id, person, deputy, from_ms, until_ms, ended_ms, set_by) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7)") \
    X(ABSENCE_GET, "absence", \
      "SELECT id, person, deputy, from_ms, until_ms, ended_ms, set_by FROM absence WHERE id = $1") \
    X(ABSENCE_LIST, "absence", \
      "SELECT id, person, deputy, from_ms, until_ms, ended_ms, set_by FROM absence " \
      "WHERE until_ms > $1 AND from_ms < $2 AND ended_ms = 0 ORDER BY from_ms, id") \
    X(ABSENCE_END, "absence", "UPDATE absence SET ended_ms = $2 WHERE id = $1 AND ended_ms = 0") \
    SQL_SECOND_LIST(X) \
    X(MAIL_PUT, "mail choice", \
      "INSERT INTO mail (person, mode, sent_seq) VALUES ($1, $2, $3) " \
      "ON CONFLICT (person) DO UPDATE SET mode = excluded.mode") \
    X(MAIL_DROP, "mail choice", "DELETE FROM mail WHERE person = $1") \
    X(MAIL_GET, "mail choice", "SELECT person, mode, sent_seq FROM mail WHERE person = $1") \
    X(MAIL_LIST, "mail choice", "SELECT person, mode, sent_seq FROM mail ORDER BY person") \
    X(MAIL_SENT, "mail choice", "UPDATE mail SET sent_seq = $2 WHERE person = $1 AND sent_seq < $2") \
    X(REMINDER_ADD, "reminder", "INSERT INTO reminder (item, kind, due_ms) VALUES ($1, $2, $3)") \
    X(REMINDER_DROP, "reminder", "DELETE FROM reminder WHERE item = $1 AND kind = $2") \
    X(REMINDER_LIST, "reminder", \
      "SELECT item, kind, due_ms FROM reminder WHERE due_ms <= $1 ORDER BY due_ms, item, kind") \
    X(REMINDER_NEXT, "reminder", "SELECT due_ms FROM reminder ORDER BY due_ms LIMIT 1") \
    /* the ledger */ \
    SQL_LOG_LIST(X) \
    X(READER_ADD, "reader", "INSERT INTO reader (srt, token, jwk) VALUES ($1, $2, $3) RETURNING id") \
    X(READER_GET, "reader", "SELECT srt, token, jwk, id FROM reader WHERE id = $1") \
    X(TAG_COUNTER_GET, "tag", \
      "SELECT next, last_idx FROM tag " \
      "WHERE portion = $3 AND class = $2 AND name = $4 AND generation = $1") \
    X(TAG_COUNTER_PUT, "tag", \
      "INSERT INTO tag (generation, class, portion, name, next, last_idx) " \
      "VALUES ($1, $2, $3, $4, $5, $6) " \
      "ON CONFLICT (portion, class, name, generation) DO UPDATE SET next = excluded.next, " \
      "last_idx = excluded.last_idx") \
    X(BRIEFING_ENTER, "briefing", \
      "INSERT INTO tag (portion, class, name, generation, next, last_idx) VALUES ($2, 1, $3, $1, 1, $4) " \
      "ON CONFLICT (portion, class, name, generation) DO NOTHING") \
    X(BRIEFING_GET, "briefing", \
      "SELECT last_idx FROM tag WHERE portion = $2 AND class = 1 AND name = $3 AND generation = $1") \
    X(BRIEFING_PICK, "briefing", \
      "SELECT generation, last_idx FROM tag WHERE portion = $1 AND class = 1 AND name = $2 ORDER BY generation") \
    X(BRIEFING_LIST, "briefing", \
      "SELECT generation, name, last_idx FROM tag WHERE portion = $1 AND class = 1 ORDER BY generation, name") \
    X(KEY_RELEASE_FIND, "key release", \
      "SELECT generation, idx FROM key_release WHERE srt_sha = $1 AND copy = $2") \
    X(KEY_RELEASE_PUT, "key release", \
      "INSERT INTO key_release (srt_sha, copy, generation, idx) VALUES ($1, $2, $3, $4) " \
      "ON CONFLICT (srt_sha, copy) DO UPDATE SET generation = excluded.generation, idx = excluded.idx " \
      "WHERE key_release.generation < excluded.generation") \
    X(REFUSAL_FIND, "refusal", \
      "SELECT identity, presented, hour, generation, idx, count FROM refusal " \
      "WHERE identity = $1 AND presented = $2 AND hour = $3") \
    X(REFUSAL_LAST, "refusal", \
      "SELECT identity, presented, hour, generation, idx, count FROM refusal " \
      "WHERE identity = $1 AND presented = $2 AND hour < $3 ORDER BY hour DESC LIMIT 1") \
    X(REFUSAL_PUT, "refusal", \
      "INSERT INTO refusal (identity, presented, hour, generation, idx, count) " \
      "VALUES ($1, $2, $3, $4, $5, $6)") \
    X(REFUSAL_BUMP, "refusal", \
      "UPDATE refusal SET count = count + 1 " \
      "WHERE identity = $1 AND presented = $2 AND hour = $3 RETURNING count") \
    X(REFUSAL_DISTINCT, "refusal", "SELECT count(*) FROM refusal WHERE identity = $1 AND hour = $2") \
    X(REFUSAL_LIST_REPORT, "refusal", \
      "SELECT r.identity, r.presented, r.hour, r.generation, r.idx, r.count, c.portion, c.holder " \
      "FROM portion p JOIN copy c ON c.portion = p.id JOIN refusal r ON r.presented = c.policy " \
      "WHERE p.report = $1 ORDER BY r.generation, r.idx") \
    X(CHECKPOINT_PUT, "checkpoint", \
      "INSERT INTO checkpoint (generation, size, root, note, time_ms) VALUES ($1, $2, $3, $4, $5) " \
      "ON CONFLICT (generation, size) DO UPDATE SET note = excluded.note, time_ms = excluded.time_ms " \
      "WHERE checkpoint.root = excluded.root") \
    X(CHECKPOINT_NEWEST, "checkpoint", \
      "SELECT generation, size, root, note, time_ms FROM checkpoint " \
      "WHERE generation = $1 ORDER BY size DESC LIMIT 1") \
    X(CHECKPOINT_AT, "checkpoint", \
      "SELECT generation, size, root, note, time_ms FROM checkpoint " \
      "WHERE generation = $1 AND size = $2") \
    X(CHECKPOINT_LIST, "checkpoint", \
      "SELECT generation, size, root, note, time_ms FROM checkpoint " \
      "WHERE generation = $1 AND size >= $2 ORDER BY size DESC LIMIT $3") \
    /* logs that are cosigned here, and who cosigns ours */ \
    X(WATCHED_GET, "log", \
      "SELECT role, origin, size, root, note, time_s, entries, wrong FROM watched " \
      "WHERE role = $1 AND origin = $2") \
    X(WATCHED_LIST, "log", \
      "SELECT role, origin, size, root, note, time_s, entries, wrong FROM watched ORDER BY role, origin") \
    X(WATCHED_PUT, "log", \
      "INSERT INTO watched (role, origin, size, root, note, time_s, entries, wrong) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) " \
      "ON CONFLICT (role, origin) DO UPDATE SET size = excluded.size, root = excluded.root, " \
      "note = excluded.note, time_s = excluded.time_s, entries = excluded.entries, wrong = excluded.wrong") \
    X(WATCHED_ENTRY_PUT, "entry", \
      "INSERT INTO watched_entry (origin, idx, entry) VALUES ($1, $2, $3) " \
      "ON CONFLICT (origin, idx) DO UPDATE SET entry = excluded.entry") \
    X(WATCHED_ENTRIES, "entry", \
      "SELECT idx, entry FROM watched_entry WHERE origin = $1 AND idx >= $2 AND idx < $3 ORDER BY idx") \
    X(WATCHED_NUMBER_GET, "log", "SELECT number FROM watched_log WHERE origin = $1") \
    X(WATCHED_NUMBER_PUT, "log", \
      "INSERT INTO watched_log (origin, number) " \
      "VALUES ($1, (SELECT coalesce(max(number) + 1, 2147483648) FROM watched_log)) " \
      "ON CONFLICT (origin) DO NOTHING") \
    X(COSIGNER_GET, "cosigner", \
      "SELECT vkey, url, local, added_ms, generation, size, time_s, ahead, shown FROM cosigner WHERE vkey = $1") \
    X(COSIGNER_LIST, "cosigner", \
      "SELECT vkey, url, local, added_ms, generation, size, time_s, ahead, shown FROM cosigner ORDER BY vkey") \
    X(COSIGNER_PUT, "cosigner", \
      "INSERT INTO cosigner (vkey, url, local, added_ms, generation, size, time_s, ahead, shown) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) " \
      "ON CONFLICT (vkey) DO UPDATE SET url = excluded.url, local = excluded.local, " \
      "added_ms = excluded.added_ms, generation = excluded.generation, size = excluded.size, " \
      "time_s = excluded.time_s, ahead = excluded.ahead, shown = excluded.shown") \
    X(COSIGNER_REMOVE, "cosigner", "DELETE FROM cosigner WHERE vkey = $1")
/* clang-format on */

enum sql {
#define X(name, noun, text) Q_##name,
    SQL_LIST(X)
#undef X
        Q_COUNT
};

struct sql_row {
    const char *name, *noun, *text;
};
extern const struct sql_row sql_list[Q_COUNT];

#endif
