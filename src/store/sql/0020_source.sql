-- SPDX-License-Identifier: Apache-2.0
-- Whose word a portion of ours rests on: a handle that only the keeper opens (tdf/handle.h), and the mark that says who may
-- know of it.
CREATE TABLE source (
    portion TEXT NOT NULL REFERENCES portion (id),
    place INTEGER NOT NULL,
    mark TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (portion, place)
) STRICT, WITHOUT ROWID;
