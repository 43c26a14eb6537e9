-- What the cameras saw. Times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE camera_alert (
    -- UUIDv7, of the capture time; also the name of the picture's file.
    id TEXT PRIMARY KEY,
    -- The event alert.raised that reports it.
    event_id TEXT NOT NULL,
    camera TEXT NOT NULL,
    zone TEXT NOT NULL,
    -- As it was called then.
    zone_name TEXT NOT NULL,
    severity TEXT NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
    -- The model's name for what it saw.
    label TEXT NOT NULL,
    score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
    -- Unique for this camera and one run of the program.
    track INTEGER NOT NULL,
    captured_at_ms INTEGER NOT NULL,
    -- Which clock captured_at_ms comes from.
    capture_clock TEXT NOT NULL CHECK (capture_clock IN ('camera', 'arrival')),
    -- When the rule fired, by the box's clock.
    raised_at_ms INTEGER NOT NULL,
    -- Below the data folder.
    snapshot_path TEXT,
    snapshot_sha256 TEXT,
    snapshot_bytes INTEGER CHECK (snapshot_bytes > 0),
    -- Why there is no picture.
    snapshot_missing TEXT,
    CHECK ((snapshot_path IS NULL) = (snapshot_missing IS NOT NULL)),
    CHECK ((snapshot_path IS NULL) = (snapshot_sha256 IS NULL)),
    CHECK ((snapshot_path IS NULL) = (snapshot_bytes IS NULL))
) STRICT;
CREATE INDEX camera_alert_newest ON camera_alert (captured_at_ms);
