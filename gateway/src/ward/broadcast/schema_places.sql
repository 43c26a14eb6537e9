-- The third step of the broadcasts' tables: places, and who a play was for that never was. Days are text,
-- as in 2025-07-01.

-- The ward's table of places: each row holds in a period.
CREATE TABLE place (
    code TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('city', 'area', 'ward', 'zone', 'cluster')),
    name TEXT NOT NULL,
    -- A code; NULL at the top.
    parent TEXT,
    valid_from TEXT NOT NULL,
    -- The day on which it holds no more.
    valid_to TEXT CHECK (valid_to > valid_from),
    population INTEGER CHECK (population >= 0),
    -- Codes with a space between: what takes its place on valid_to.
    successors TEXT NOT NULL,
    PRIMARY KEY (code, valid_from)
) STRICT, WITHOUT ROWID;

-- Whose table it is.
CREATE TABLE place_import (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- Rises with each import.
    revision INTEGER NOT NULL CHECK (revision >= 1),
    imported_by TEXT NOT NULL,
    imported_at_ms INTEGER NOT NULL
) STRICT;

-- The clusters that a play which is held back was for, so that a report can say who did not hear it.
CREATE TABLE play_held_back (
    bulletin_id TEXT NOT NULL,
    occurrence_ms INTEGER NOT NULL,
    cluster TEXT NOT NULL,
    PRIMARY KEY (bulletin_id, occurrence_ms, cluster),
    FOREIGN KEY (bulletin_id, occurrence_ms) REFERENCES play (bulletin_id, occurrence_ms)
) STRICT, WITHOUT ROWID;
