-- SPDX-License-Identifier: Apache-2.0
-- A share of a HIDDEN portion comes apart from the others: what it says of the report is not what everybody sees.
ALTER TABLE held ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
