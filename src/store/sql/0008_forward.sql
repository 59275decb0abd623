-- A forward is a request that a rule decides. rule: the code of the reason by which it went, or did not; '' where
-- a person decided, or nobody yet.
ALTER TABLE request ADD COLUMN forward INTEGER NOT NULL DEFAULT 0;
ALTER TABLE request ADD COLUMN rule TEXT NOT NULL DEFAULT '';
