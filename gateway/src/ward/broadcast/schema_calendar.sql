-- The third step of the broadcasts' tables: the days that a ward's calendar knows by name.

CREATE TABLE layer (
    name TEXT PRIMARY KEY,
    -- 'computed' by its name; 'listed' day by day by somebody of the ward; 'imported' from an .ics file.
    origin TEXT NOT NULL CHECK (origin IN ('computed', 'listed', 'imported')),
    -- NULL: it came with the program.
    edited_by TEXT,
    edited_at_ms INTEGER,
    CHECK ((edited_by IS NULL) = (edited_at_ms IS NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO layer (name, origin) VALUES
    ('public-holidays', 'computed'),
    ('ram', 'computed'),
    ('mung-1', 'computed'),
    ('lunar-feasts', 'computed'),
    ('commemorations', 'computed');

-- The days of a listed or imported layer.
CREATE TABLE layer_day (
    layer TEXT NOT NULL REFERENCES layer (name) ON DELETE CASCADE,
    -- As 2026-09-02: a day is one of the ward's wall clock, not an instant.
    day TEXT NOT NULL CHECK (length(day) = 10),
    label TEXT NOT NULL,
    PRIMARY KEY (layer, day)
) STRICT, WITHOUT ROWID;

-- What a bulletin's schedule does on the days of a layer. A layer that is named here cannot be deleted.
CREATE TABLE bulletin_day (
    bulletin_id TEXT NOT NULL REFERENCES bulletin (id),
    layer TEXT NOT NULL REFERENCES layer (name),
    effect TEXT NOT NULL CHECK (effect IN ('not', 'only', 'earlier', 'later')),
    PRIMARY KEY (bulletin_id, layer)
) STRICT, WITHOUT ROWID;

-- The instant that the schedule gave (RFC 5545 RECURRENCE-ID), where a day rule moved the play; as
-- start_at_ms otherwise. occurrence_ms may be some milliseconds later: a play that was recalled and plays
-- after all has another name.
ALTER TABLE play ADD COLUMN recurrence_ms INTEGER;
CREATE INDEX play_moved ON play (recurrence_ms) WHERE recurrence_ms IS NOT NULL;
