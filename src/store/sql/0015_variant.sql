-- SPDX-License-Identifier: Apache-2.0
-- Portions whose copies differ by holder, and the number that each holder has in the code of a report (tdf/variant.h).
ALTER TABLE portion ADD COLUMN differs INTEGER NOT NULL DEFAULT 0;

CREATE TABLE variant (
    report TEXT NOT NULL,
    holder TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (report, holder),
    UNIQUE (report, number)
) STRICT, WITHOUT ROWID;
