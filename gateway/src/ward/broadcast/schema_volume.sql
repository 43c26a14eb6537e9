-- The second step of the broadcasts' tables.
-- How loud the cluster plays it, as it was configured when this was decided. What was ordered before
-- there was a choice plays as it was ordered: at full volume.
ALTER TABLE play_target ADD COLUMN
    volume_percent INTEGER NOT NULL DEFAULT 100 CHECK (volume_percent BETWEEN 0 AND 100);
