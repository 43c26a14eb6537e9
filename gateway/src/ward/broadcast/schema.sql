-- Broadcasts of a ward. Times are milliseconds since 1970-01-01T00:00:00Z, unless named otherwise.

CREATE TABLE bulletin (
    -- UUIDv7, as text.
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    priority TEXT NOT NULL CHECK (priority IN ('normal', 'priority', 'emergency')),
    -- 'all', or cluster ids with a space between.
    targets TEXT NOT NULL CHECK (targets <> ''),
    stage TEXT NOT NULL
        CHECK (stage IN ('draft', 'submitted', 'approved', 'rejected', 'scheduled')),
    -- Of an upload; a spoken text has none.
    file_name TEXT,
    -- Of a spoken text: as typed, as said, and by which voice.
    text TEXT,
    normalised TEXT,
    voice TEXT,
    -- The encoded sound: content/<sha256>.opus.
    audio_sha256 TEXT NOT NULL CHECK (length(audio_sha256) = 64),
    audio_bytes INTEGER NOT NULL CHECK (audio_bytes > 0),
    duration_ms INTEGER NOT NULL CHECK (duration_ms > 0),
    loudness_lufs REAL NOT NULL,
    true_peak_dbtp REAL NOT NULL,
    submitted_at_ms INTEGER,
    approved_by TEXT,
    approved_at_ms INTEGER,
    -- What the approver heard.
    approved_sha256 TEXT,
    rejected_by TEXT,
    rejected_at_ms INTEGER,
    reject_reason TEXT,
    -- An instant or a rule, not both.
    schedule_at_ms INTEGER,
    -- RFC 5545 content lines, every zone written out.
    schedule_rule TEXT,
    -- Starts before this were never asked for.
    scheduled_at_ms INTEGER,
    -- Nothing of it plays from then on.
    expires_at_ms INTEGER,
    CHECK ((file_name IS NULL) <> (text IS NULL)),
    CHECK ((text IS NULL) = (normalised IS NULL) AND (text IS NULL) = (voice IS NULL)),
    -- The database itself refuses an approval of other audio.
    CHECK (stage NOT IN ('approved', 'scheduled')
           OR (approved_by IS NOT NULL AND approved_at_ms IS NOT NULL
               AND approved_sha256 = audio_sha256)),
    CHECK (stage <> 'scheduled'
           OR (scheduled_at_ms IS NOT NULL
               AND (schedule_at_ms IS NULL) <> (schedule_rule IS NULL)))
) STRICT;
CREATE INDEX bulletin_stage ON bulletin (stage);

-- Who wrote or edited it, and so may not approve it.
CREATE TABLE bulletin_author (
    bulletin_id TEXT NOT NULL REFERENCES bulletin (id),
    user TEXT NOT NULL,
    PRIMARY KEY (bulletin_id, user)
) STRICT, WITHOUT ROWID;

-- One start of one bulletin. Written before anything is ordered; never deleted by a schedule.
CREATE TABLE play (
    bulletin_id TEXT NOT NULL REFERENCES bulletin (id),
    -- The instant that the calendar gave.
    occurrence_ms INTEGER NOT NULL,
    start_at_ms INTEGER NOT NULL,
    -- Nothing of it sounds from then on.
    play_until_ms INTEGER NOT NULL CHECK (play_until_ms > start_at_ms),
    priority TEXT NOT NULL CHECK (priority IN ('normal', 'priority', 'emergency')),
    -- The approval and the audio that it was decided on.
    approved_by TEXT NOT NULL,
    audio_sha256 TEXT NOT NULL CHECK (length(audio_sha256) = 64),
    audio_bytes INTEGER NOT NULL CHECK (audio_bytes > 0),
    duration_ms INTEGER NOT NULL CHECK (duration_ms > 0),
    stage TEXT NOT NULL CHECK (stage IN ('held_back', 'ordered', 'withdrawn', 'closed')),
    -- Why it was held back, withdrawn or missed.
    reason TEXT,
    decided_at_ms INTEGER NOT NULL,
    -- When its one terminal event was recorded; NULL before.
    closed_at_ms INTEGER,
    -- What it came to, once closed. skew_us: latest minus earliest start over the clusters.
    n_played INTEGER,
    skew_us INTEGER CHECK (skew_us >= 0),
    start_error_p50_us INTEGER,
    start_error_max_us INTEGER,
    PRIMARY KEY (bulletin_id, occurrence_ms),
    CHECK (stage <> 'closed' OR closed_at_ms IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX play_open ON play (start_at_ms) WHERE closed_at_ms IS NULL;
CREATE INDEX play_start ON play (start_at_ms);

-- That play on one cluster.
CREATE TABLE play_target (
    bulletin_id TEXT NOT NULL,
    occurrence_ms INTEGER NOT NULL,
    cluster TEXT NOT NULL,
    -- Of the order, UUIDv7: the same however often it is sent.
    command_id TEXT NOT NULL UNIQUE,
    -- Of the stop, once the play is withdrawn.
    stop_command_id TEXT UNIQUE,
    issued_at_ms INTEGER NOT NULL,
    -- Of the order, or of the stop once there is one.
    n_sent INTEGER NOT NULL DEFAULT 0,
    sent_at_ms INTEGER,
    stage TEXT NOT NULL
        CHECK (stage IN ('pending', 'ordered', 'cached', 'started', 'played', 'partial', 'missed',
                         'stopped')),
    reason TEXT,
    -- The box's time of the first sample at the sink, microseconds since 1970.
    started_at_us INTEGER,
    start_error_us INTEGER,
    clock_error_bound_us INTEGER,
    reported_at_ms INTEGER,
    PRIMARY KEY (bulletin_id, occurrence_ms, cluster),
    FOREIGN KEY (bulletin_id, occurrence_ms) REFERENCES play (bulletin_id, occurrence_ms)
) STRICT, WITHOUT ROWID;

-- How far the calendar was turned into plays: what lies between this and a start was slept through.
CREATE TABLE planned (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    up_to_ms INTEGER NOT NULL
) STRICT;
