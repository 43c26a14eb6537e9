-- The sixth step of the broadcasts' tables: chimes and alarm clips, which every cluster keeps ahead of time.
CREATE TABLE stored_sound (
    -- UUIDv7, as text.
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('alarm', 'chime')),
    title TEXT NOT NULL,
    put_by TEXT NOT NULL,
    put_at_ms INTEGER NOT NULL,
    -- The encoded sound: content/<sha256>.opus.
    audio_sha256 TEXT NOT NULL CHECK (length(audio_sha256) = 64),
    audio_bytes INTEGER NOT NULL CHECK (audio_bytes > 0),
    duration_ms INTEGER NOT NULL CHECK (duration_ms > 0),
    -- Somebody else, and what they heard.
    approved_by TEXT CHECK (approved_by <> put_by),
    approved_at_ms INTEGER,
    approved_sha256 TEXT CHECK (approved_sha256 = audio_sha256),
    CHECK ((approved_by IS NULL) = (approved_at_ms IS NULL)
           AND (approved_by IS NULL) = (approved_sha256 IS NULL))
) STRICT;
