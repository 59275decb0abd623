-- The feed of notices: what people are told, in order. A person's view of it is cut by audience; whoever follows it
-- (an open inbox, mail, a webhook) remembers a seq. Rows are never deleted, so that seq only rises.
-- kind: new half last flash; audience: that of the item, or one person.
CREATE TABLE notice (
    seq      INTEGER NOT NULL PRIMARY KEY,
    item     TEXT NOT NULL REFERENCES item (id),
    kind     TEXT NOT NULL,
    audience TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    UNIQUE (item, kind, audience)
) STRICT;
CREATE INDEX notice_audience ON notice (audience, seq);

INSERT INTO notice (seq, item, kind, audience, at_ms)
    SELECT row_number() OVER (ORDER BY at_ms, id), id, 'new', audience, at_ms FROM item;

-- What must be said again of an item at a time to come. kind: half last
CREATE TABLE reminder (
    item   TEXT NOT NULL REFERENCES item (id),
    kind   TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    PRIMARY KEY (item, kind)
) STRICT;
CREATE INDEX reminder_due ON reminder (due_ms);
