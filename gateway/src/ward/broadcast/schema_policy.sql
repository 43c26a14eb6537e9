-- The eighth step of the broadcasts' tables: what becomes of an interrupted play is a bulletin's own choice.

-- NULL: what is usual for its priority.
ALTER TABLE bulletin ADD COLUMN resume TEXT
    CHECK (resume IN ('resume', 'restart', 'skip', 'duck'));
-- How late it may begin; NULL: as long as there is something left to hear.
ALTER TABLE bulletin ADD COLUMN catch_up_ms INTEGER
    CHECK (catch_up_ms BETWEEN 0 AND duration_ms);

-- What a play was decided on. Plays of before there was a choice keep, to the byte, what they were ordered with.
ALTER TABLE play ADD COLUMN resume TEXT NOT NULL DEFAULT 'skip'
    CHECK (resume IN ('resume', 'restart', 'skip', 'duck'));
ALTER TABLE play ADD COLUMN catch_up_ms INTEGER NOT NULL DEFAULT 0 CHECK (catch_up_ms >= 0);
UPDATE play SET catch_up_ms = duration_ms, resume = CASE priority
    WHEN 'emergency' THEN 'restart' WHEN 'priority' THEN 'resume' ELSE 'skip' END;

-- What this cluster was told instead, because it was not known to be able to; NULL: as the play says.
ALTER TABLE play_target ADD COLUMN resume TEXT
    CHECK (resume IN ('resume', 'restart', 'skip', 'duck'));
