-- SPDX-License-Identifier: Apache-2.0
-- How many bytes of packages are held from each partner who sent them: statement and portions. Kept with each row of held that is
-- added. Strays are left out: our own people brought them. An override's copies are its giver's, who sent them.
CREATE TABLE held_sum (
    domain TEXT NOT NULL PRIMARY KEY,
    bytes  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO held_sum (domain, bytes)
SELECT domain, sum(bytes) FROM (
    SELECT CASE WHEN EXISTS (SELECT 1 FROM statement s WHERE s.iss = h.originator AND s.id = h.share AND s.kind = 'share')
               THEN h.originator
               ELSE coalesce((SELECT o.giver FROM override o WHERE o.id = h.share), h.originator) END AS domain,
           length(h.jws) + coalesce((SELECT sum(length(p.content)) FROM held_portion p
               WHERE p.originator = h.originator AND p.share = h.share), 0) AS bytes
    FROM held h WHERE h.stray = 0) AS held_from
GROUP BY domain;
