-- Who gets notices by mail, and up to which he has got them. mode: at-once digest
CREATE TABLE mail (
    person   TEXT NOT NULL PRIMARY KEY,
    mode     TEXT NOT NULL,
    sent_seq INTEGER NOT NULL
) STRICT;
