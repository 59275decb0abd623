-- The tree's nodes above each full row of log_tile, joined: what a start needs of the tree. Empty: of before there were any; they are
-- made from the leaves.
ALTER TABLE map_top ADD COLUMN rows BLOB NOT NULL DEFAULT x'';
