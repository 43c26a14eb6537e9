-- The second step of a cluster's tables: plays that were stopped before their orders came.
CREATE TABLE cluster_bar (
    -- The name of the play: UUIDv7 of the bulletin, and the scheduled instant in microseconds.
    bulletin_id TEXT NOT NULL,
    occurrence_us INTEGER NOT NULL,
    -- Orders of this level and below are barred.
    owner_level INTEGER NOT NULL CHECK (owner_level BETWEEN 0 AND 255),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (bulletin_id, occurrence_us)
) STRICT, WITHOUT ROWID;
