-- SPDX-License-Identifier: Apache-2.0
-- What portions cite: of our own reports, and of held ones by their originators' word.
CREATE TABLE derived (
    owner         TEXT NOT NULL, -- domain, whose report it is that cites
    report        TEXT NOT NULL,
    portion       TEXT NOT NULL, -- that cites
    originator    TEXT NOT NULL, -- of what it cites
    source_report TEXT NOT NULL,
    source        TEXT NOT NULL, -- the portion
    commitment    TEXT NOT NULL, -- to its text, as the owner's copy has it, b64u; '' of what is public
    PRIMARY KEY (owner, portion, originator, source)
) STRICT;
CREATE INDEX derived_report ON derived (owner, report);
CREATE INDEX derived_source ON derived (originator, source);
-- The asker wants to cite it in a report of his own that goes there.
ALTER TABLE request ADD COLUMN cited INTEGER NOT NULL DEFAULT 0;
