-- The test alarm that came back last, which stays known while a newer one is on its way, or lost. Times
-- are milliseconds since 1970-01-01T00:00:00Z.

ALTER TABLE camera_proof ADD COLUMN good_raised_at_ms INTEGER;
ALTER TABLE camera_proof ADD COLUMN good_proven_at_ms INTEGER
    CHECK ((good_proven_at_ms IS NULL) = (good_raised_at_ms IS NULL));
UPDATE camera_proof SET good_raised_at_ms = raised_at_ms, good_proven_at_ms = proven_at_ms
WHERE proven_at_ms IS NOT NULL;
