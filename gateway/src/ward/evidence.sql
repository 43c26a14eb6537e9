-- What became of alerts, what proves them, and what was deleted. Times are milliseconds since
-- 1970-01-01T00:00:00Z.

-- The kind of the rule: enter, leave, line, loiter, crowd, stopped_vehicle, wrong_way.
ALTER TABLE camera_alert ADD COLUMN rule TEXT NOT NULL DEFAULT 'enter';
-- How many took part when it was told last.
ALTER TABLE camera_alert ADD COLUMN n_objects INTEGER NOT NULL DEFAULT 1 CHECK (n_objects >= 0);
-- When it began in the pictures.
ALTER TABLE camera_alert ADD COLUMN began_at_ms INTEGER;
-- snapshot_* is the picture with a frame drawn; this is the same moment without.
ALTER TABLE camera_alert ADD COLUMN original_path TEXT;
ALTER TABLE camera_alert ADD COLUMN original_sha256 TEXT;
ALTER TABLE camera_alert ADD COLUMN original_bytes INTEGER CHECK (original_bytes > 0);
-- JSON: [[left, top, right, bottom], ...] in parts of the picture; people and vehicles in it.
ALTER TABLE camera_alert ADD COLUMN hidden TEXT NOT NULL DEFAULT '[]';
-- NULL while it goes on. Alerts of before this step are over.
ALTER TABLE camera_alert ADD COLUMN cleared_at_ms INTEGER;
ALTER TABLE camera_alert ADD COLUMN clear_reason TEXT;
UPDATE camera_alert SET cleared_at_ms = captured_at_ms, clear_reason = 'restart';
-- The video of the seconds before and after.
ALTER TABLE camera_alert ADD COLUMN clip_path TEXT;
ALTER TABLE camera_alert ADD COLUMN clip_sha256 TEXT;
ALTER TABLE camera_alert ADD COLUMN clip_bytes INTEGER CHECK (clip_bytes > 0);
ALTER TABLE camera_alert ADD COLUMN clip_ms INTEGER CHECK (clip_ms >= 0);
ALTER TABLE camera_alert ADD COLUMN clip_codec TEXT;
ALTER TABLE camera_alert ADD COLUMN clip_began_at_ms INTEGER;
-- Why there is none; both NULL while it is being cut.
ALTER TABLE camera_alert ADD COLUMN clip_missing TEXT;
UPDATE camera_alert SET clip_missing = 'it was raised before clips were kept';
-- Who has seen to it.
ALTER TABLE camera_alert ADD COLUMN acknowledged_by TEXT;
ALTER TABLE camera_alert ADD COLUMN acknowledged_at_ms INTEGER;
-- A legal hold: nothing of it is deleted. Who asked for it, when, and why.
ALTER TABLE camera_alert ADD COLUMN held_by TEXT;
ALTER TABLE camera_alert ADD COLUMN held_at_ms INTEGER;
ALTER TABLE camera_alert ADD COLUMN held_reason TEXT;
CREATE INDEX camera_alert_open ON camera_alert (captured_at_ms) WHERE cleared_at_ms IS NULL;

-- Older pictures of an alert, which a better one took the place of.
CREATE TABLE camera_picture (
    id INTEGER PRIMARY KEY,
    alert TEXT NOT NULL REFERENCES camera_alert (id),
    boxed_path TEXT NOT NULL,
    boxed_sha256 TEXT NOT NULL,
    boxed_bytes INTEGER NOT NULL CHECK (boxed_bytes > 0),
    original_path TEXT NOT NULL,
    original_sha256 TEXT NOT NULL,
    original_bytes INTEGER NOT NULL CHECK (original_bytes > 0)
) STRICT;
CREATE INDEX camera_picture_alert ON camera_picture (alert);

-- Every file that was deleted, and why. Written before the file goes.
CREATE TABLE camera_deletion (
    id INTEGER PRIMARY KEY,
    -- Of its captured_at: what is known of a row that is gone.
    alert TEXT NOT NULL,
    camera TEXT NOT NULL,
    captured_at_ms INTEGER NOT NULL,
    path TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    -- 'age': older than its class is kept. 'budget': room was needed.
    reason TEXT NOT NULL CHECK (reason IN ('age', 'budget')),
    deleted_at_ms INTEGER NOT NULL,
    -- 1 once the file is gone from the disk.
    is_done INTEGER NOT NULL DEFAULT 0 CHECK (is_done IN (0, 1))
) STRICT;
CREATE INDEX camera_deletion_due ON camera_deletion (id) WHERE is_done = 0;

-- Rules that were edited on the console; they take the place of the file's.
CREATE TABLE camera_rules (
    camera TEXT PRIMARY KEY,
    -- JSON, as the file would say them.
    rules TEXT NOT NULL,
    -- Rises with each edit.
    revision INTEGER NOT NULL CHECK (revision >= 1),
    edited_by TEXT NOT NULL,
    edited_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who saw whom, and why.
CREATE TABLE camera_view (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    user TEXT NOT NULL,
    camera TEXT NOT NULL,
    -- NULL: the camera's picture of that moment.
    alert TEXT,
    what TEXT NOT NULL CHECK (what IN ('picture', 'clip', 'live')),
    -- In the viewer's words.
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX camera_view_newest ON camera_view (at_ms);

-- The last alarm about nothing of each camera, which shows that one about something would be heard.
CREATE TABLE camera_proof (
    camera TEXT PRIMARY KEY,
    asked_at_ms INTEGER NOT NULL,
    -- Its place in the outbox, from where it goes when the centre has committed it; NULL while the
    -- camera has not raised it.
    epoch TEXT,
    seq INTEGER,
    raised_at_ms INTEGER,
    -- When the centre's word came back.
    proven_at_ms INTEGER,
    CHECK ((epoch IS NULL) = (seq IS NULL)),
    CHECK ((seq IS NULL) = (raised_at_ms IS NULL)),
    CHECK (proven_at_ms IS NULL OR seq IS NOT NULL)
) STRICT, WITHOUT ROWID;
