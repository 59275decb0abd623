-- SPDX-License-Identifier: Apache-2.0
-- A copy presented by somebody whom it was not issued to: at its originator, and at its holder once he was told.
-- id: of the notice. state: open explained attributed, as people of the originator set it.
CREATE TABLE alert (
    id          TEXT NOT NULL PRIMARY KEY,
    originator  TEXT NOT NULL,
    holder      TEXT NOT NULL,           -- domain that the copy was issued to
    by_person   TEXT NOT NULL,           -- who presented it
    report      TEXT NOT NULL,
    portion     TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    state       TEXT NOT NULL,
    note        TEXT NOT NULL,
    set_by      TEXT NOT NULL,
    set_ms      INTEGER NOT NULL,        -- 0: nobody has looked at it
    answer      TEXT NOT NULL,           -- the holder's word; '' none yet
    answered_by TEXT NOT NULL,
    answered_ms INTEGER NOT NULL,
    generation  INTEGER NOT NULL,        -- its own entry here
    idx         INTEGER NOT NULL
) STRICT;
CREATE INDEX alert_at ON alert (at_ms, id);

-- 'This text is out: did you pass it?': at both ends. state: open answered unanswered (by its deadline).
CREATE TABLE inquiry (
    id          TEXT NOT NULL PRIMARY KEY,
    asker       TEXT NOT NULL,
    asked       TEXT NOT NULL,
    by_person   TEXT NOT NULL,
    originator  TEXT NOT NULL,           -- '' where no report is named
    report      TEXT NOT NULL,
    digest      TEXT NOT NULL,           -- of the text, base64url
    note        TEXT NOT NULL,
    at_ms       INTEGER NOT NULL,
    due_ms      INTEGER NOT NULL,
    state       TEXT NOT NULL,
    answer      TEXT NOT NULL,           -- '' none, no, evidence, passed
    text        TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    answered_ms INTEGER NOT NULL,        -- by the clock of who answered
    generation  INTEGER NOT NULL,        -- its own entry here
    idx         INTEGER NOT NULL
) STRICT;
CREATE INDEX inquiry_state ON inquiry (state, due_ms);
