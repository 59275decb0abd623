-- SPDX-License-Identifier: Apache-2.0
-- Standing terms with a partner: proposals of either side, and what both signed. state: proposed agreed dropped
CREATE TABLE arrangement (
    proposal    TEXT NOT NULL PRIMARY KEY, -- id of the statement that proposed it
    partner     TEXT NOT NULL,
    version     INTEGER NOT NULL,
    proposer    TEXT NOT NULL,             -- domain: ours or the partner's
    state       TEXT NOT NULL,
    terms       TEXT NOT NULL,             -- JSON
    own_act     TEXT NOT NULL,             -- our officer's signature, compact JWS; '' not yet
    own_by      TEXT NOT NULL,
    their_act   TEXT NOT NULL,
    their_by    TEXT NOT NULL,
    proposed_ms INTEGER NOT NULL,
    agreed_ms   INTEGER NOT NULL           -- 0: not yet
) STRICT;
CREATE INDEX arrangement_partner ON arrangement (partner, version);
