-- SPDX-License-Identifier: Apache-2.0
-- Signed, versioned lists: clients, communities, groups; ours and partners'. Every version is kept, since decisions
-- name the one that they rest on; the highest is the list. kind: clients community group; name is '' for clients.
CREATE TABLE list (
    owner     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    name      TEXT NOT NULL,
    version   INTEGER NOT NULL,
    hide      INTEGER NOT NULL,          -- 1: members are not told of each other
    ended     INTEGER NOT NULL,          -- 1: deleted by this version
    statement TEXT NOT NULL,             -- id of the owner's statement
    taken_ms  INTEGER NOT NULL,          -- when it was made or taken here
    PRIMARY KEY (owner, kind, name, version)
) STRICT;

CREATE TABLE list_member (
    owner   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    member  TEXT NOT NULL,               -- a domain, or, in groups, a person
    PRIMARY KEY (owner, kind, name, version, member),
    FOREIGN KEY (owner, kind, name, version) REFERENCES list (owner, kind, name, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX list_member_of ON list_member (member, kind);

-- Which version of which group a report of ours was shared with.
CREATE TABLE report_group (
    report  TEXT NOT NULL REFERENCES report (id),
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (report, name)
) STRICT, WITHOUT ROWID;
