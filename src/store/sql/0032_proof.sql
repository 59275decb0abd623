-- The proof of possession that a key's home shows of it: the JWS that the device made when it enrolled. Empty: it shows none, as for
-- what enrolled before there were any.
ALTER TABLE device ADD COLUMN proof TEXT NOT NULL DEFAULT '';
