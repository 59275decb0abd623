-- Witnesses and monitors (docs/protocol.md, 6): whom this node cosigns for, and who cosigns for it.

-- A log that this node cosigns, once as witness and once as monitor: what it cosigned last. Compared and
-- replaced in one transaction, before the cosignature leaves.
CREATE TABLE watched (
    role    TEXT NOT NULL,               -- witness, monitor
    origin  TEXT NOT NULL,
    size    INTEGER NOT NULL,
    root    BLOB NOT NULL,
    note    TEXT NOT NULL,               -- the checkpoint with the log's signature and ours; '' before the first
    time_s  INTEGER NOT NULL,            -- of our cosignature
    entries INTEGER NOT NULL,            -- monitor: kept here, below this index, and shown to be the log's
    wrong   TEXT NOT NULL,               -- JSON: what the log did that it must not, with the proof; '' = nothing
    PRIMARY KEY (role, origin)
) STRICT, WITHOUT ROWID;

-- Public bytes of the logs that this node monitors: its map is made of them again after a start.
CREATE TABLE watched_entry (
    origin TEXT NOT NULL,
    idx    INTEGER NOT NULL,
    entry  BLOB NOT NULL,
    PRIMARY KEY (origin, idx)
) STRICT, WITHOUT ROWID;

-- Who cosigns our log. url '' = a partner, whose card says where; else a foreign witness that was added.
CREATE TABLE cosigner (
    vkey       TEXT NOT NULL PRIMARY KEY,
    url        TEXT NOT NULL,
    local      INTEGER NOT NULL,         -- the URL may be in a private range
    added_ms   INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    size       INTEGER NOT NULL,         -- of our log in that generation, that he cosigned last
    time_s     INTEGER NOT NULL,
    ahead      INTEGER NOT NULL          -- he has a checkpoint of that size, signed by us, that is not ours; 0 = no
) STRICT, WITHOUT ROWID;
