-- SPDX-License-Identifier: Apache-2.0
-- Where our ledger has a statement: the last of the entries that were made with it. Those of before this table have none here.
CREATE TABLE statement_entry (
    iss        TEXT NOT NULL,
    id         TEXT NOT NULL,
    generation INTEGER NOT NULL,
    idx        INTEGER NOT NULL,
    PRIMARY KEY (iss, id)
) STRICT, WITHOUT ROWID;
