-- The fourth step of the broadcasts' tables: texts with places to fill in, such as {giờ}.
CREATE TABLE bulletin_template (
    -- UUIDv7, as text.
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    -- Who speaks it, unless somebody says otherwise.
    voice TEXT NOT NULL,
    edited_by TEXT NOT NULL,
    edited_at_ms INTEGER NOT NULL
) STRICT;
