-- How long things are kept. Times are milliseconds since 1970-01-01T00:00:00Z.

-- When an alert's age began: when it was raised, by a clock that was believed then; otherwise the first
-- moment after it at which the clock was believed. NULL until then: it has no age.
ALTER TABLE camera_alert ADD COLUMN ages_from_ms INTEGER;
-- Nobody knows whether those of before this step had a clock. Of those before 2025 it is sure that they
-- had none: there was no such program.
UPDATE camera_alert SET ages_from_ms = raised_at_ms WHERE raised_at_ms >= 1735689600000;
CREATE INDEX camera_alert_age ON camera_alert (ages_from_ms);
CREATE INDEX camera_deletion_newest ON camera_deletion (deleted_at_ms);

-- 1: it was dropped from a full outbox, and never reached the centre.
ALTER TABLE camera_proof ADD COLUMN is_evicted INTEGER NOT NULL DEFAULT 0 CHECK (is_evicted IN (0, 1));
