-- The published log as it was at some size, so that a start need not read every entry. All of it follows from the entries: a
-- start compares it with what was signed, and makes it anew where it differs.
CREATE TABLE map_top (
    generation INTEGER NOT NULL PRIMARY KEY,
    size       INTEGER NOT NULL, -- of the log
    depth      INTEGER NOT NULL, -- there are 2^depth pages
    pages      BLOB NOT NULL     -- of each how many keys, and its hash
) STRICT;
-- The keys of a page with their entries, at least those of map_top's size. id: generation, depth (5 bits), number (24 bits).
CREATE TABLE map_page (
    id   INTEGER NOT NULL PRIMARY KEY,
    keys BLOB NOT NULL
) STRICT;
-- Leaf hashes of the tree, 256 a row; the last row may have less.
CREATE TABLE log_tile (
    generation INTEGER NOT NULL,
    number     INTEGER NOT NULL,
    leaves     BLOB NOT NULL,
    PRIMARY KEY (generation, number)
) STRICT;
