-- SPDX-License-Identifier: Apache-2.0
-- What is asked while somebody waits, or again and again, finds its rows without a walk over the table.

-- An inbox is of few audiences: who else has how much open is no matter to it.
CREATE INDEX item_audience ON item (audience, done_ms, at_ms);
DROP INDEX item_open;

CREATE INDEX inquiry_at ON inquiry (at_ms, id);
CREATE INDEX list_kind ON list (kind, owner, name, version);
CREATE INDEX override_copy_giver ON override_copy (giver, originator, report);
CREATE INDEX override_untold ON override (originator, to_whom) WHERE sealed = 1 AND receipt = '';
CREATE INDEX second_maker ON second (maker);
CREATE INDEX second_person ON second (person);
