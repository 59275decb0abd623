-- SPDX-License-Identifier: Apache-2.0
-- The ledger's rows, and their public bytes, which follow with publication: two tables that only ever grow at the end, so that
-- a briefing touches few pages, and none twice. id: generation * 2^40 + idx. proof: of a class-1 tag.
ALTER TABLE leaf RENAME TO leaf_before;

CREATE TABLE leaf (
    id         INTEGER NOT NULL PRIMARY KEY,
    form       INTEGER NOT NULL,
    time_ms    INTEGER NOT NULL,
    body       BLOB NOT NULL,
    reader     INTEGER NOT NULL,         -- 0: none
    generation INTEGER GENERATED ALWAYS AS (id >> 40),
    idx        INTEGER GENERATED ALWAYS AS (id & 1099511627775)
) STRICT;

CREATE TABLE entry (
    id         INTEGER NOT NULL PRIMARY KEY,
    bytes      BLOB NOT NULL,
    proof      BLOB,
    generation INTEGER GENERATED ALWAYS AS (id >> 40),
    idx        INTEGER GENERATED ALWAYS AS (id & 1099511627775)
) STRICT;

INSERT INTO leaf (id, form, time_ms, body, reader)
    SELECT (generation << 40) + idx, form, time_ms, body, reader FROM leaf_before ORDER BY generation, idx;
INSERT INTO entry (id, bytes, proof)
    SELECT (generation << 40) + idx, entry, proof FROM leaf_before WHERE entry IS NOT NULL ORDER BY generation, idx;

DROP TABLE leaf_before;
