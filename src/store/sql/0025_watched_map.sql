-- Logs that this node monitors have their tree and map kept as its own has (0021_map): there the generation is the number given here,
-- from 2^31 on, where no generation of ours comes.
CREATE TABLE watched_log (
    origin TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE
) STRICT, WITHOUT ROWID;
