-- SPDX-License-Identifier: Apache-2.0
-- What originators took back of what we hold. A share made after it, by the originator's clock, is open again.
ALTER TABLE held ADD COLUMN shared_ms INTEGER NOT NULL DEFAULT 0;

CREATE TABLE held_recall (
    originator TEXT NOT NULL,
    portion    TEXT NOT NULL,
    at_ms      INTEGER NOT NULL,         -- `at` of the newest recall
    statement  TEXT NOT NULL,
    PRIMARY KEY (originator, portion)
) STRICT, WITHOUT ROWID;
