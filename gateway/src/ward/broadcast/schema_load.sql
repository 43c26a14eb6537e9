-- The ninth step of the broadcasts' tables: what each round asks of every play is looked up, not counted
-- through a row for each of its clusters.
CREATE INDEX play_target_heard ON play_target (bulletin_id, occurrence_ms)
    WHERE started_at_us IS NOT NULL OR stage IN ('started', 'played', 'partial');
CREATE INDEX play_target_waiting ON play_target (bulletin_id, occurrence_ms)
    WHERE stage IN ('pending', 'ordered', 'cached');
