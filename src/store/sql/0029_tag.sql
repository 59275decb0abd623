-- SPDX-License-Identifier: Apache-2.0
-- What is counted for a portion stands together, so that a briefing touches one page of the store: the versions of its tags of
-- class 2 and 3, dense, and the one class-1 entry of each person. last_idx is the last entry that carries the tag (ledger
-- field 13). name: a person; "@" and an organisation; "" for the list.
CREATE TABLE tag (
    portion    TEXT NOT NULL,
    class      INTEGER NOT NULL,
    name       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    next       INTEGER NOT NULL,
    last_idx   INTEGER NOT NULL,
    PRIMARY KEY (portion, class, name, generation)
) STRICT, WITHOUT ROWID;

INSERT INTO tag (portion, class, name, generation, next, last_idx)
    SELECT portion, class, name, generation, next, last_idx FROM tag_counter;
INSERT INTO tag (portion, class, name, generation, next, last_idx)
    SELECT portion, 1, person, generation, 1, idx FROM briefing;

DROP TABLE tag_counter;
DROP TABLE briefing;
