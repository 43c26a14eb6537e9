-- A cluster's own tables, besides the reporting's. Times are milliseconds since 1970-01-01T00:00:00Z.

-- The plays this cluster was ordered. A row is written before what it says is done, so a restart
-- neither forgets a play nor begins one twice.
CREATE TABLE cluster_play (
    -- UUIDv7, as text.
    bulletin_id TEXT NOT NULL,
    -- The scheduled instant, microseconds: with the bulletin, the name of the play.
    occurrence_us INTEGER NOT NULL,
    -- The order as it came, JSON of the wire's version 1.
    order_json TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('fetching', 'waiting', 'playing', 'interrupted',
                                         'played', 'partial', 'missed', 'stopped')),
    -- Where in the content it began this time, or is to go on.
    position_ms INTEGER NOT NULL CHECK (position_ms >= 0),
    -- How much of the content was left out so far.
    skipped_ms INTEGER NOT NULL CHECK (skipped_ms >= 0),
    -- Why it ended so; empty when there is nothing to explain.
    reason TEXT NOT NULL,
    PRIMARY KEY (bulletin_id, occurrence_us)
) STRICT, WITHOUT ROWID;

-- The fit to the box's clock. Valid only within the boot of the machine that it was made in, because
-- local time counts from that boot.
CREATE TABLE cluster_clock (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- /proc/sys/kernel/random/boot_id.
    boot_id TEXT NOT NULL,
    -- Local and box time of the same instant, nanoseconds.
    local_ns INTEGER NOT NULL,
    box_ns INTEGER NOT NULL,
    -- Box seconds gained in a local second, and one standard deviation of it.
    drift REAL NOT NULL,
    drift_error REAL NOT NULL,
    error_ns INTEGER NOT NULL CHECK (error_ns >= 0)
) STRICT;
