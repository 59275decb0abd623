-- When the originator's node said that nobody had answered by the deadline; 0: it did not. A decision may
-- still follow: the request then counts as both.
ALTER TABLE request ADD COLUMN silent_ms INTEGER NOT NULL DEFAULT 0;
