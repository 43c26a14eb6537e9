-- The centre, besides report/schema.sql. Times are milliseconds since 1970-01-01T00:00:00Z.

-- Every box and cluster that was ever heard of.
CREATE TABLE device_seen (
    device TEXT PRIMARY KEY,
    -- The box below whose topics it spoke last; itself, for a box.
    station TEXT NOT NULL,
    -- NULL: it has sent events, but no status yet.
    state TEXT CHECK (state IN ('online', 'offline')),
    -- When `state` last changed, our clock.
    state_since_ms INTEGER,
    version TEXT,
    site TEXT,
    -- New with every start of the device's program.
    boot_id TEXT,
    -- Anything at all from it, our clock.
    last_seen_at_ms INTEGER NOT NULL,
    -- The latest `up/health`, JSON.
    health TEXT,
    health_at_ms INTEGER
) STRICT, WITHOUT ROWID;
