-- The third step of a cluster's tables: what counts for the limit of a day. A row is written with its
-- planned end before it sounds, and with its real one afterwards: a power cut leaves too much, never
-- too little.
CREATE TABLE cluster_sound (
    -- The name of the play: UUIDv7 of the bulletin, and the scheduled instant in microseconds.
    bulletin_id TEXT NOT NULL,
    occurrence_us INTEGER NOT NULL,
    -- The first and the last instant, microseconds of box time.
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL CHECK (to_us >= from_us),
    PRIMARY KEY (bulletin_id, occurrence_us, from_us)
) STRICT, WITHOUT ROWID;
