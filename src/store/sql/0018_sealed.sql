-- SPDX-License-Identifier: Apache-2.0
-- Overrides that pass sealed copies on. At the giver: the copies, sealed to his own key; at the originator: which there are.
ALTER TABLE override ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE override ADD COLUMN receipt TEXT NOT NULL DEFAULT ''; -- the originator's ack of it, where it is known
CREATE TABLE override_copy (
    policy      TEXT NOT NULL PRIMARY KEY,
    override    TEXT NOT NULL REFERENCES override (id),
    originator  TEXT NOT NULL,
    giver       TEXT NOT NULL,
    holder      TEXT NOT NULL,
    report      TEXT NOT NULL,
    portion     TEXT NOT NULL,
    share       TEXT NOT NULL,           -- of the originator's, that the giver had it by
    n           INTEGER NOT NULL,
    mark        TEXT NOT NULL,
    wrapped_sha BLOB NOT NULL,
    policy_sha  BLOB NOT NULL,
    binding_sha BLOB NOT NULL,
    manifest    BLOB NOT NULL,           -- empty at the originator
    made_ms     INTEGER NOT NULL,
    recalled_ms INTEGER NOT NULL,        -- by the originator's clock; 0: not
    payload     BLOB                     -- until its holder has it
) STRICT;
CREATE INDEX override_copy_report ON override_copy (originator, report);
CREATE INDEX override_copy_override ON override_copy (override);
