-- Reporting, in every role's database. Times are milliseconds since 1970-01-01T00:00:00Z.

-- Who this file belongs to. A file that was copied or restored has another inode, and its numbers
-- may have been used since: it starts a new epoch.
CREATE TABLE outbox_epoch (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    -- UUIDv7, as text.
    epoch TEXT NOT NULL,
    device TEXT NOT NULL,
    -- Inode number of this file when the epoch began.
    file_inode INTEGER NOT NULL,
    began_at_ms INTEGER NOT NULL
) STRICT;

-- The last number given out in the present epoch. A rolled-back event gives its number back.
CREATE TABLE outbox_sequence (
    stream TEXT PRIMARY KEY CHECK (stream IN ('alert', 'broadcast', 'camera', 'device', 'audit')),
    last_seq INTEGER NOT NULL CHECK (last_seq >= 1)
) STRICT, WITHOUT ROWID;

-- Events not acknowledged yet. Deleted by an acknowledgement, or evicted when the outbox is full.
CREATE TABLE outbox (
    -- Order of recording, over all streams; never used twice.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Of the epoch it was recorded in: what an older epoch left goes out under its own number.
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL CHECK (stream IN ('alert', 'broadcast', 'camera', 'device', 'audit')),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    -- 1: overtakes a backlog while it is fresh.
    is_urgent INTEGER NOT NULL CHECK (is_urgent IN (0, 1)),
    -- Order of eviction: 0 goes first.
    worth INTEGER NOT NULL CHECK (worth BETWEEN 0 AND 3),
    recorded_at_ms INTEGER NOT NULL,
    -- The envelope as it goes out, JSON.
    envelope BLOB NOT NULL,
    UNIQUE (epoch, stream, seq)
) STRICT;
CREATE INDEX outbox_urgent ON outbox (id) WHERE is_urgent = 1;
CREATE INDEX outbox_worth ON outbox (worth, id);

-- How full the outbox is, kept by the triggers below: counting a million rows takes a second.
CREATE TABLE outbox_size (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    n_rows INTEGER NOT NULL CHECK (n_rows >= 0),
    n_bytes INTEGER NOT NULL CHECK (n_bytes >= 0)
) STRICT;
INSERT INTO outbox_size VALUES (1, 0, 0);
CREATE TRIGGER outbox_grew AFTER INSERT ON outbox BEGIN
    UPDATE outbox_size SET n_rows = n_rows + 1, n_bytes = n_bytes + length(NEW.envelope);
END;
CREATE TRIGGER outbox_shrank AFTER DELETE ON outbox BEGIN
    UPDATE outbox_size SET n_rows = n_rows - 1, n_bytes = n_bytes - length(OLD.envelope);
END;

-- What others reported to us: to the centre its boxes, to a box its clusters. Each once.
CREATE TABLE received_event (
    -- Order of arrival.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL,
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL CHECK (stream IN ('alert', 'broadcast', 'camera', 'device', 'audit')),
    seq INTEGER NOT NULL CHECK (seq >= 1),
    -- The sender's id of the event, UUIDv7 as text.
    event_id TEXT NOT NULL,
    -- Free text: a newer sender may know more kinds than we do.
    kind TEXT NOT NULL,
    occurred_at_ms INTEGER NOT NULL,
    recorded_at_ms INTEGER NOT NULL,
    clock_trusted INTEGER NOT NULL CHECK (clock_trusted IN (0, 1)),
    site TEXT NOT NULL,
    -- JSON.
    data TEXT NOT NULL,
    -- Our clock, when the envelope came in.
    received_at_ms INTEGER NOT NULL,
    UNIQUE (device, epoch, stream, seq)
) STRICT;
CREATE INDEX received_event_kind ON received_event (kind, occurred_at_ms);

-- How far each stream is complete. Outlives the events, where old ones are deleted.
CREATE TABLE received_stream (
    device TEXT NOT NULL,
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL,
    -- Everything up to here is stored, or known to be evicted.
    up_to INTEGER NOT NULL CHECK (up_to >= 0),
    -- The highest number stored; more than up_to means that some are on their way, or lost.
    highest INTEGER NOT NULL CHECK (highest >= up_to),
    PRIMARY KEY (device, epoch, stream)
) STRICT, WITHOUT ROWID;

-- Numbers that will never come, because their sender had to drop them (device.evicted).
CREATE TABLE received_evicted (
    device TEXT NOT NULL,
    epoch TEXT NOT NULL,
    stream TEXT NOT NULL,
    from_seq INTEGER NOT NULL CHECK (from_seq >= 1),
    to_seq INTEGER NOT NULL CHECK (to_seq >= from_seq),
    PRIMARY KEY (device, epoch, stream, from_seq)
) STRICT, WITHOUT ROWID;

-- Commands seen before: an id is stored before the command is acted on, and refused the next time.
CREATE TABLE seen_command (
    id TEXT PRIMARY KEY,
    -- After this time the command is refused as expired, and the row is not needed.
    not_after_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_command_end ON seen_command (not_after_ms);
