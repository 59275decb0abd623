-- SPDX-License-Identifier: Apache-2.0
-- Service accounts: machines of ours that sign in with a secret (docs/opentdf.md). Each is a person, too.

CREATE TABLE service (
    person     TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    secret_sha BLOB NOT NULL,            -- SHA-256 of a secret of 256 random bits
    made_ms    INTEGER NOT NULL          -- when the secret was
) STRICT;
