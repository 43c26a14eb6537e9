-- The third step of the broadcasts' tables: as many approvals as a calendar entry needs.

-- Who signed for the sound of a bulletin as it is now. An edit or a rejection deletes them all.
CREATE TABLE bulletin_approval (
    bulletin_id TEXT NOT NULL REFERENCES bulletin (id),
    -- One signature each: two need two people.
    user TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    -- What they heard.
    audio_sha256 TEXT NOT NULL CHECK (length(audio_sha256) = 64),
    -- Hash of the calendar entry that they saw and answer for as well.
    schedule_sha256 TEXT CHECK (length(schedule_sha256) = 64),
    PRIMARY KEY (bulletin_id, user)
) STRICT, WITHOUT ROWID;
INSERT INTO bulletin_approval (bulletin_id, user, at_ms, audio_sha256)
    SELECT id, approved_by, approved_at_ms, approved_sha256 FROM bulletin
    WHERE stage IN ('approved', 'scheduled');

-- Who made the calendar entry.
ALTER TABLE bulletin ADD COLUMN scheduled_by TEXT;
-- Why the entry needs two approvals, and the first start that it is about; NULL where one is enough.
ALTER TABLE bulletin ADD COLUMN second_why TEXT
    CHECK (second_why IN ('outside_hours', 'quiet_hours', 'weekend'));
ALTER TABLE bulletin ADD COLUMN second_why_at_ms INTEGER
    CHECK ((second_why IS NULL) = (second_why_at_ms IS NULL));
UPDATE bulletin SET scheduled_by = approved_by WHERE stage = 'scheduled';

-- The database itself refuses a calendar entry that too few people signed for. `approved_by`,
-- `approved_at_ms` and `approved_sha256` of a bulletin are those of its oldest approval.
CREATE TRIGGER bulletin_needs_two BEFORE UPDATE ON bulletin
WHEN NEW.stage = 'scheduled' AND NEW.second_why IS NOT NULL
    AND (SELECT count(*) FROM bulletin_approval
         WHERE bulletin_id = NEW.id AND audio_sha256 = NEW.audio_sha256) < 2
BEGIN
    SELECT RAISE(ABORT, 'two approvals are needed');
END;
