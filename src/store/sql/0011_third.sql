-- SPDX-License-Identifier: Apache-2.0
-- Third parties. At an originator: the card of a recipient whom he does not know, as it came with a request.
CREATE TABLE introduction (
    request TEXT NOT NULL PRIMARY KEY REFERENCES request (id),
    domain  TEXT NOT NULL,
    via     TEXT NOT NULL,               -- who introduced it
    jws     TEXT NOT NULL                -- the card
) STRICT;

-- At a recipient: what came from an organisation whose card is not confirmed yet, to be taken when it is.
CREATE TABLE quarantine (
    id          INTEGER NOT NULL PRIMARY KEY,
    iss         TEXT NOT NULL,
    statement   TEXT NOT NULL,
    kind        TEXT NOT NULL,
    report      TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    jws         TEXT NOT NULL,
    package     BLOB NOT NULL,           -- empty: the statement came alone
    UNIQUE (iss, statement)
) STRICT;
