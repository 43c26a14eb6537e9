-- The sixth step of a cluster's tables: the sounds that are kept before anybody orders them, as the box last
-- listed them.
CREATE TABLE cluster_shelf (
    -- In the order to fetch them.
    place INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE CHECK (length(sha256) = 64),
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    duration_ms INTEGER NOT NULL CHECK (duration_ms > 0)
) STRICT;
