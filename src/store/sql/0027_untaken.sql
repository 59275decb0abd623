-- SPDX-License-Identifier: Apache-2.0
-- What a partner signed as an override on what is ours, and what could not be taken as one: kept as it was signed, since it says
-- that something was passed on or told.
CREATE TABLE untaken (
    iss         TEXT NOT NULL,
    statement   TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    reason      TEXT NOT NULL,           -- why it was not taken
    jws         TEXT NOT NULL,
    PRIMARY KEY (iss, statement)
) STRICT;
