-- SPDX-License-Identifier: Apache-2.0
-- Four eyes: shares and grants that wait for a second person of the same organisation, and what became of them.
CREATE TABLE second (
    id       TEXT NOT NULL PRIMARY KEY,  -- of the act that waits
    kind     TEXT NOT NULL,              -- share grant
    state    TEXT NOT NULL,              -- waiting agreed refused withdrawn ended
    maker    TEXT NOT NULL,
    person   TEXT NOT NULL,              -- who must agree
    report   TEXT NOT NULL,
    ref      TEXT NOT NULL,              -- the request; '' for a share
    at_ms    INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,           -- when it ends if nobody says anything
    act      TEXT NOT NULL,              -- the act that waits, as it was signed
    sha      BLOB NOT NULL,              -- of the package; all zero for a grant
    answer   TEXT NOT NULL,              -- the act that ended it; '' while it waits, and where time did
    ended_ms INTEGER NOT NULL,
    package  BLOB                        -- the masters of a share, while it waits
) STRICT;
CREATE INDEX second_until ON second (until_ms) WHERE state = 'waiting';

-- What the admin wants for a compartment of ours: the newest word counts.
CREATE TABLE compartment_term (
    compartment  TEXT NOT NULL PRIMARY KEY, -- domain/NAME
    version      INTEGER NOT NULL,
    second_share INTEGER NOT NULL,          -- 1: a share needs a second person
    second_grant INTEGER NOT NULL,
    statement    TEXT NOT NULL,             -- id of the statement that says so
    set_ms       INTEGER NOT NULL
) STRICT;
