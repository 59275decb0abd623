-- SPDX-License-Identifier: Apache-2.0
-- What people are writing, sealed to their author on his own machine: sizes and times are all that is seen here.
CREATE TABLE draft (
    person     TEXT NOT NULL REFERENCES person (id),
    id         TEXT NOT NULL,
    version    INTEGER NOT NULL,         -- from 1
    changed_ms INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (person, id)
) STRICT;

-- Who tried in vain with a copy of this report.
CREATE INDEX refusal_presented ON refusal (presented);
