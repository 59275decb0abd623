/* SPDX-License-Identifier: Apache-2.0
 * store/sql_inquiry.h - inside the store: the part of the one list of statements (store/sql.h) about what strains an arrangement */
#ifndef STORE_SQL_INQUIRY_H
#define STORE_SQL_INQUIRY_H

/* clang-format off */
#define SQL_LIST_INQUIRY(X) \
    /* alerts and inquiries */ \
    X(ALERT_ADD, "alert", \
      "INSERT INTO alert (id, originator, holder, by_person, report, portion, at_ms, state, note, set_by, set_ms, answer, " \
      "answered_by, answered_ms, generation, idx) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)") \
    X(ALERT_GET, "alert", \
      "SELECT id, originator, holder, by_person, report, portion, at_ms, state, note, set_by, set_ms, answer, " \
      "answered_by, answered_ms, generation, idx FROM alert WHERE id = $1") \
    X(ALERT_SET, "alert", \
      "UPDATE alert SET state = $2, note = $3, set_by = $4, set_ms = $5 WHERE id = $1") \
    X(ALERT_ANSWER, "alert without an answer", \
      "UPDATE alert SET answer = $2, answered_by = $3, answered_ms = $4 " \
      "WHERE id = $1 AND answered_ms = 0") \
    X(ALERT_LIST, "alert", \
      "SELECT id, originator, holder, by_person, report, portion, at_ms, state, note, set_by, set_ms, answer, " \
      "answered_by, answered_ms, generation, idx FROM alert " \
      "ORDER BY at_ms DESC, id DESC LIMIT $1") \
    X(ALERT_COUNT, "alert", \
      "SELECT count(*) FROM alert WHERE at_ms >= $4 AND by_person = $1 AND report = $2 AND holder = $3") \
    X(ALERT_IDS, "alert", "SELECT id FROM alert WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3") \
    X(INQUIRY_ADD, "inquiry", \
      "INSERT INTO inquiry (id, asker, asked, by_person, originator, report, digest, note, at_ms, due_ms, state, answer, text, " \
      "answered_by, answered_ms, generation, idx) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)") \
    X(INQUIRY_GET, "inquiry", \
      "SELECT id, asker, asked, by_person, originator, report, digest, note, at_ms, due_ms, state, answer, text, " \
      "answered_by, answered_ms, generation, idx FROM inquiry WHERE id = $1") \
    X(INQUIRY_ANSWER, "inquiry without an answer", \
      "UPDATE inquiry SET state = 'answered', answer = $2, text = $3, answered_by = $4, answered_ms = $5 " \
      "WHERE id = $1 AND state <> 'answered'") \
    X(INQUIRY_LAPSE, "open inquiry", \
      "UPDATE inquiry SET state = 'unanswered' WHERE id = $1 AND state = 'open'") \
    X(INQUIRY_DUE, "inquiry", \
      "SELECT id, asker, asked, by_person, originator, report, digest, note, at_ms, due_ms, state, answer, text, " \
      "answered_by, answered_ms, generation, idx FROM inquiry " \
      "WHERE state = 'open' AND due_ms <= $1 ORDER BY due_ms, id") \
    X(INQUIRY_NEXT_DUE, "open inquiry", \
      "SELECT due_ms FROM inquiry WHERE state = 'open' ORDER BY due_ms LIMIT 1") \
    X(INQUIRY_LIST, "inquiry", \
      "SELECT id, asker, asked, by_person, originator, report, digest, note, at_ms, due_ms, state, answer, text, " \
      "answered_by, answered_ms, generation, idx FROM inquiry " \
      "ORDER BY at_ms DESC, id DESC LIMIT $1") \
    X(INQUIRY_IDS, "inquiry", "SELECT id FROM inquiry WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3") \
    /* standing terms */ \
    X(ARRANGEMENT_PUT, "arrangement", \
      "INSERT INTO arrangement (proposal, partner, version, proposer, state, terms, own_act, own_by, their_act, their_by, proposed_ms, " \
      "agreed_ms) " \
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (proposal) DO UPDATE SET " \
      "state = excluded.state, own_act = excluded.own_act, own_by = excluded.own_by, " \
      "their_act = excluded.their_act, their_by = excluded.their_by, agreed_ms = excluded.agreed_ms") \
    X(ARRANGEMENT_GET, "arrangement", \
      "SELECT proposal, partner, version, proposer, state, terms, own_act, own_by, their_act, their_by, proposed_ms, " \
      "agreed_ms FROM arrangement WHERE proposal = $1") \
    X(ARRANGEMENT_AT, "arrangement", \
      "SELECT proposal, partner, version, proposer, state, terms, own_act, own_by, their_act, their_by, proposed_ms, " \
      "agreed_ms FROM arrangement " \
      "WHERE partner = $1 AND state = 'agreed' AND agreed_ms <= $2 ORDER BY version DESC LIMIT 1") \
    X(ARRANGEMENT_NEWEST, "arrangement", \
      "SELECT proposal, partner, version, proposer, state, terms, own_act, own_by, their_act, their_by, proposed_ms, " \
      "agreed_ms FROM arrangement " \
      "WHERE partner = $1 AND state <> 'dropped' ORDER BY version DESC LIMIT 1") \
    X(ARRANGEMENT_DROP, "proposal", \
      "UPDATE arrangement SET state = 'dropped' " \
      "WHERE partner = $1 AND state = 'proposed' AND version <= $2 AND proposal <> $3") \
    X(ARRANGEMENT_LIST, "arrangement", \
      "SELECT proposal, partner, version, proposer, state, terms, own_act, own_by, their_act, their_by, proposed_ms, " \
      "agreed_ms FROM arrangement WHERE partner = $1 ORDER BY version DESC, proposer, proposal")
/* clang-format on */

#endif
