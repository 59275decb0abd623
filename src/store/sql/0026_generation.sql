-- SPDX-License-Identifier: Apache-2.0
-- A ledger that lags behind a witness is cut, and its next generation begins where that witness saw it end.

-- The checkpoint of size ${ahead} that he showed; '' = none.
ALTER TABLE cosigner ADD COLUMN shown TEXT NOT NULL DEFAULT '';
