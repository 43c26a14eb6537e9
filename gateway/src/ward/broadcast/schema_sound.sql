-- The fifth step of the broadcasts' tables: what the library found out about the sound of a bulletin.
CREATE TABLE bulletin_sound (
    bulletin_id TEXT PRIMARY KEY REFERENCES bulletin (id),
    -- Words of the text that no rule and no table knows, one a line; empty where there are none.
    unknown_words TEXT NOT NULL,
    -- An older bulletin that is the same programme, and how: the same file, samples, sound or text.
    same_as TEXT,
    same_how TEXT CHECK (same_how IN ('file', 'samples', 'sound', 'text')),
    -- What it is found again by.
    file_sha256 TEXT NOT NULL CHECK (length(file_sha256) = 64),
    samples_sha256 TEXT NOT NULL CHECK (length(samples_sha256) = 64),
    -- The outline: how long a peak is, and a byte each, 255 being full scale.
    block_us INTEGER NOT NULL CHECK (block_us > 0),
    peaks BLOB NOT NULL,
    -- The level of each moment, a byte each.
    levels BLOB NOT NULL,
    CHECK ((same_as IS NULL) = (same_how IS NULL))
) STRICT;
