-- SPDX-License-Identifier: Apache-2.0
-- What a partner's authority told without waiting for leave: at the originator and at the giver. state: open closed
CREATE TABLE override (
    id         TEXT NOT NULL PRIMARY KEY,
    originator TEXT NOT NULL,
    giver      TEXT NOT NULL,            -- domain of who told
    by_person  TEXT NOT NULL,
    report     TEXT NOT NULL,
    to_whom    TEXT NOT NULL,            -- a domain, a person, or words
    occasion   TEXT NOT NULL,
    reason     TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,         -- by the giver's clock
    state      TEXT NOT NULL,
    closed_by  TEXT NOT NULL,
    closed_ms  INTEGER NOT NULL,
    outcome    TEXT NOT NULL,
    generation INTEGER NOT NULL,         -- its own entry here
    idx        INTEGER NOT NULL
) STRICT;
CREATE INDEX override_report ON override (report, at_ms);

CREATE TABLE override_portion (
    override TEXT NOT NULL REFERENCES override (id),
    portion  TEXT NOT NULL,
    n        INTEGER NOT NULL,
    PRIMARY KEY (override, portion)
) STRICT, WITHOUT ROWID;
