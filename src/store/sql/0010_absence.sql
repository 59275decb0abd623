-- Who is away, and who stands in for him. ended_ms 0: it lasts until until_ms.
CREATE TABLE absence (
    id       TEXT NOT NULL PRIMARY KEY,  -- of the statement
    person   TEXT NOT NULL,
    deputy   TEXT NOT NULL,
    from_ms  INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    set_by   TEXT NOT NULL
) STRICT;
CREATE INDEX absence_until ON absence (until_ms);
