-- SPDX-License-Identifier: Apache-2.0
-- A portion is called by its id alone, too: whose it is has to be found by that.
CREATE INDEX held_portion_name ON held_portion (portion);
