-- SPDX-License-Identifier: Apache-2.0
-- orcon's store, first version. Portable SQL: whole numbers, text, bytes; times are POSIX milliseconds; no triggers,
-- no JSON functions. The rules live above; unique keys carry those that must hold whatever the code does.

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Organisations --------------------------------------------------------------------------------------------------

-- The newest card of each organisation, our own included. state: own unconfirmed confirmed suspended
CREATE TABLE card (
    domain       TEXT NOT NULL PRIMARY KEY,
    serial       INTEGER NOT NULL,
    jws          TEXT NOT NULL,
    digest       BLOB NOT NULL,
    state        TEXT NOT NULL,
    local        INTEGER NOT NULL,       -- 1: its URL may be in a private range
    card_key_sha BLOB NOT NULL,          -- SHA-256 of the card key's SubjectPublicKeyInfo: the six words
    taken_ms     INTEGER NOT NULL,
    confirmed_ms INTEGER NOT NULL,       -- 0: not confirmed
    reached_ms   INTEGER NOT NULL        -- 0: never
) STRICT;

CREATE TABLE card_history (
    domain TEXT NOT NULL,
    serial INTEGER NOT NULL,
    jws    TEXT NOT NULL,
    PRIMARY KEY (domain, serial)
) STRICT;

-- People ---------------------------------------------------------------------------------------------------------

-- Our own people, and those of partners as their homes state them. state: active suspended
CREATE TABLE person (
    id            TEXT NOT NULL PRIMARY KEY,
    domain        TEXT NOT NULL,
    state         TEXT NOT NULL,
    roles         TEXT NOT NULL,         -- active ones, comma separated, sorted
    pending_roles TEXT NOT NULL,         -- become active with `person confirm`
    clearance     TEXT NOT NULL,
    added_ms      INTEGER NOT NULL
) STRICT;
CREATE INDEX person_domain ON person (domain, id);

-- One thumbprint never serves two persons. state: active revoked
CREATE TABLE device (
    thumbprint   TEXT NOT NULL PRIMARY KEY,
    person       TEXT NOT NULL REFERENCES person (id),
    jwk          TEXT NOT NULL,
    state        TEXT NOT NULL,
    enrolled_ms  INTEGER NOT NULL,
    confirmed_ms INTEGER NOT NULL,       -- 0: the check words were not compared
    generation   INTEGER NOT NULL,       -- the person-key entry that names this key
    idx          INTEGER NOT NULL
) STRICT;
CREATE INDEX device_person ON device (person);

CREATE TABLE enrolment (
    secret_sha BLOB NOT NULL PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES person (id),
    expires_ms INTEGER NOT NULL,
    used_ms    INTEGER NOT NULL          -- 0: not yet
) STRICT;

CREATE TABLE read_in (
    person      TEXT NOT NULL,
    compartment TEXT NOT NULL,
    from_ms     INTEGER NOT NULL,
    until_ms    INTEGER NOT NULL,        -- 0: no end
    PRIMARY KEY (person, compartment)
) STRICT;

-- Reports --------------------------------------------------------------------------------------------------------

-- A report of ours. Reports are keyed by (originator, id): here the originator is this node.
CREATE TABLE report (
    id         TEXT NOT NULL PRIMARY KEY,
    author     TEXT NOT NULL,
    banner     TEXT NOT NULL,
    shared_ms  INTEGER NOT NULL,
    act        TEXT NOT NULL             -- the author's act, compact JWS
) STRICT;
CREATE INDEX report_shared ON report (shared_ms, id);

-- n 0 is the title. clear 1: TLP:CLEAR, payload is the plain text and there is no manifest.
CREATE TABLE portion (
    id       TEXT NOT NULL PRIMARY KEY,
    report   TEXT NOT NULL REFERENCES report (id),
    n        INTEGER NOT NULL,
    mark     TEXT NOT NULL,
    clear    INTEGER NOT NULL,
    manifest BLOB NOT NULL,
    payload  BLOB NOT NULL,
    UNIQUE (report, n)
) STRICT;

-- What was sealed for whom. policy is the policy uuid; the three digests are of what a request must present.
-- The master is the copy whose holder is this node. payload stands only until the holder's ack.
CREATE TABLE copy (
    policy      TEXT NOT NULL PRIMARY KEY,
    portion     TEXT NOT NULL REFERENCES portion (id),
    holder      TEXT NOT NULL,
    wrapped_sha BLOB NOT NULL,
    policy_sha  BLOB NOT NULL,
    binding_sha BLOB NOT NULL,
    manifest    BLOB NOT NULL,
    payload     BLOB,
    commitment  BLOB NOT NULL,
    share       TEXT NOT NULL,           -- id of the share statement that carries it; '' for the master
    made_ms     INTEGER NOT NULL
) STRICT;
CREATE INDEX copy_portion ON copy (portion, holder);
CREATE INDEX copy_share ON copy (share, portion);

-- The originator's leave: ${portion} may be opened by ${holder}'s people, or by ${person} alone where it is not ''.
CREATE TABLE release (
    id          INTEGER NOT NULL PRIMARY KEY,
    portion     TEXT NOT NULL REFERENCES portion (id),
    holder      TEXT NOT NULL,
    person      TEXT NOT NULL,
    from_ms     INTEGER NOT NULL,
    until_ms    INTEGER NOT NULL,        -- 0: no end
    recalled_ms INTEGER NOT NULL,        -- 0: stands
    note        TEXT NOT NULL,
    statement   TEXT NOT NULL,           -- the share or grant it rests on
    generation  INTEGER NOT NULL,        -- the entry it rests on (ledger field 9)
    idx         INTEGER NOT NULL
) STRICT;
CREATE INDEX release_portion ON release (portion, holder);

-- What we hold from others: one row a received share statement. stray 1: made for somebody else, came by hand.
CREATE TABLE held (
    originator  TEXT NOT NULL,
    share       TEXT NOT NULL,
    report      TEXT NOT NULL,
    audience    TEXT NOT NULL,
    banner      TEXT NOT NULL,
    stray       INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    jws         TEXT NOT NULL,           -- report.json
    PRIMARY KEY (originator, share)
) STRICT;
CREATE INDEX held_report ON held (report, originator);
CREATE INDEX held_received ON held (received_ms, share);

CREATE TABLE held_portion (
    originator TEXT NOT NULL,
    share      TEXT NOT NULL,
    portion    TEXT NOT NULL,
    n          INTEGER NOT NULL,
    mark       TEXT NOT NULL,
    clear      INTEGER NOT NULL,
    content    BLOB NOT NULL,            -- the file of the package: .tdf, or .md where clear
    PRIMARY KEY (originator, share, portion),
    FOREIGN KEY (originator, share) REFERENCES held (originator, share)
) STRICT;

-- Statements -----------------------------------------------------------------------------------------------------

-- Every statement made or taken, as received. direction: made taken. digest is SHA-256 of the signing input.
CREATE TABLE statement (
    iss       TEXT NOT NULL,
    id        TEXT NOT NULL,
    digest    BLOB NOT NULL,
    kind      TEXT NOT NULL,
    direction TEXT NOT NULL,
    report    TEXT NOT NULL,
    ref       TEXT NOT NULL,
    at_ms     INTEGER NOT NULL,          -- when it was made or taken here
    jws       TEXT NOT NULL,
    ack       TEXT NOT NULL,             -- our ack of a taken one; '' for made ones
    PRIMARY KEY (iss, id)
) STRICT;
CREATE INDEX statement_digest ON statement (digest);
CREATE INDEX statement_report ON statement (report, at_ms);
CREATE INDEX statement_kind ON statement (kind, at_ms);

-- The outbox: what must reach a partner, in order for each partner. route: statements packages.
-- Due only when entry (generation, idx) is under a signed checkpoint. state: queued delivered failed
CREATE TABLE outbox (
    id         INTEGER NOT NULL PRIMARY KEY,
    partner    TEXT NOT NULL,
    iss        TEXT NOT NULL,
    statement  TEXT NOT NULL,
    route      TEXT NOT NULL,
    generation INTEGER NOT NULL,
    idx        INTEGER NOT NULL,
    state      TEXT NOT NULL,
    queued_ms  INTEGER NOT NULL,
    acked_ms   INTEGER NOT NULL,
    error      TEXT NOT NULL,            -- why the last try failed
    ack        TEXT NOT NULL,            -- the partner's ack
    UNIQUE (partner, iss, statement),
    FOREIGN KEY (iss, statement) REFERENCES statement (iss, id)
) STRICT;
CREATE INDEX outbox_due ON outbox (state, partner, id);
CREATE INDEX outbox_statement ON outbox (iss, statement);

-- Work that a committed act still owes (sealing the copies of a grant); done again after a crash until it is done.
CREATE TABLE task (
    id      INTEGER NOT NULL PRIMARY KEY,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    UNIQUE (kind, subject)
) STRICT;

-- Requests. originator and asker are domains, one of them is this node.
-- state: open granted denied silent withdrawn
CREATE TABLE request (
    id         TEXT NOT NULL PRIMARY KEY,
    originator TEXT NOT NULL,
    asker      TEXT NOT NULL,
    by_person  TEXT NOT NULL,
    report     TEXT NOT NULL,
    to_whom    TEXT NOT NULL,            -- a domain, or a person who asks for himself
    reason     TEXT NOT NULL,
    precedence TEXT NOT NULL,
    asked_ms   INTEGER NOT NULL,
    due_ms     INTEGER NOT NULL,
    until_ms   INTEGER NOT NULL,
    state      TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_ms INTEGER NOT NULL,
    note       TEXT NOT NULL,
    generation INTEGER NOT NULL,         -- its own entry here (ledger field 8 of the decision)
    idx        INTEGER NOT NULL
) STRICT;
CREATE INDEX request_report ON request (report, originator);
CREATE INDEX request_state ON request (state, due_ms);

-- state: asked granted denied
CREATE TABLE request_portion (
    request TEXT NOT NULL REFERENCES request (id),
    portion TEXT NOT NULL,
    n       INTEGER NOT NULL,
    state   TEXT NOT NULL,
    PRIMARY KEY (request, portion)
) STRICT;

-- The inbox. kind: request alert override delivery decision recall inquiry; audience: a role, or one person.
CREATE TABLE item (
    id       TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    audience TEXT NOT NULL,
    sender   TEXT NOT NULL,
    at_ms    INTEGER NOT NULL,
    due_ms   INTEGER NOT NULL,           -- 0: nothing is due
    ref      TEXT NOT NULL,              -- the request, report or notice it is about
    about    TEXT NOT NULL,              -- JSON of `about`
    done_ms  INTEGER NOT NULL
) STRICT;
CREATE INDEX item_open ON item (done_ms, at_ms);
CREATE INDEX item_ref ON item (ref);

-- The ledger (docs/protocol.md): these rows are the record, public bytes follow from them ---------------------

-- Readers' proofs: one row a key request. Integer key: leaves refer to it.
CREATE TABLE reader (
    id    INTEGER NOT NULL PRIMARY KEY,
    srt   TEXT NOT NULL,
    token TEXT NOT NULL,
    jwk   TEXT NOT NULL
) STRICT;

-- form: 1 genesis 2 event 3 seal 4 close. body is K and the field values of an event, or the parameters of the
-- other forms. entry, the public bytes, and proof, of a class-1 tag, follow with publication.
CREATE TABLE leaf (
    generation INTEGER NOT NULL,
    idx        INTEGER NOT NULL,
    form       INTEGER NOT NULL,
    time_ms    INTEGER NOT NULL,
    body       BLOB NOT NULL,
    reader     INTEGER NOT NULL,         -- 0: none
    entry      BLOB,
    proof      BLOB,
    PRIMARY KEY (generation, idx)
) STRICT;

-- Versions of class 2 and 3 tags, dense, and the last entry that carries one (ledger field 13).
CREATE TABLE tag_counter (
    generation INTEGER NOT NULL,
    class      INTEGER NOT NULL,
    portion    TEXT NOT NULL,
    name       TEXT NOT NULL,
    next       INTEGER NOT NULL,
    last_idx   INTEGER NOT NULL,
    PRIMARY KEY (generation, class, portion, name)
) STRICT, WITHOUT ROWID;

-- The one class-1 entry of (portion, person) in a generation.
CREATE TABLE briefing (
    generation INTEGER NOT NULL,
    portion    TEXT NOT NULL,
    person     TEXT NOT NULL,
    idx        INTEGER NOT NULL,
    PRIMARY KEY (portion, person, generation)
) STRICT, WITHOUT ROWID;

-- A retry with the same request token for the same copy finds its entry.
CREATE TABLE key_release (
    srt_sha    BLOB NOT NULL,
    copy       TEXT NOT NULL,
    generation INTEGER NOT NULL,
    idx        INTEGER NOT NULL,
    PRIMARY KEY (srt_sha, copy)
) STRICT, WITHOUT ROWID;

-- The first refusal per (identity, presented uuid, hour) is an entry; the rest are counted here.
CREATE TABLE refusal (
    identity   TEXT NOT NULL,
    presented  TEXT NOT NULL,
    hour       INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    idx        INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (identity, presented, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    generation INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    root       BLOB NOT NULL,
    note       TEXT NOT NULL,
    time_ms    INTEGER NOT NULL,
    PRIMARY KEY (generation, size)
) STRICT;
