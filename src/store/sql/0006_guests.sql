-- SPDX-License-Identifier: Apache-2.0
-- People without a node of their own: who vouches for them, one organisation for each, from the first on.
CREATE TABLE guest (
    person TEXT NOT NULL PRIMARY KEY REFERENCES person (id),
    via    TEXT NOT NULL
) STRICT;
CREATE INDEX guest_via ON guest (via, person);
