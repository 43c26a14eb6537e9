-- The audit log is a chain: each entry names the hash of the one before. It goes on through restarts and
-- epochs; an entry that is changed, left out or put in breaks it for whoever holds the next one.
CREATE TABLE audit_head (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- SHA-256 of the newest entry's envelope, as it goes out.
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    -- How many entries there have been.
    n_entries INTEGER NOT NULL CHECK (n_entries >= 1)
) STRICT;
