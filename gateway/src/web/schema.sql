-- The people who may use this box's console.
CREATE TABLE user (
    -- Lower case, as typed at log-in.
    name TEXT PRIMARY KEY CHECK (length(name) BETWEEN 1 AND 32),
    -- Argon2id in PHC string format; never the password.
    password_phc TEXT NOT NULL CHECK (password_phc LIKE '$argon2id$%'),
    -- Comma-separated, sorted: author, approver, security, technician, admin.
    roles TEXT NOT NULL CHECK (length(roles) > 0),
    -- Wall time, milliseconds since 1970-01-01T00:00:00Z.
    created_at_ms INTEGER NOT NULL
) STRICT;

-- Who is logged in. A row is only worth something together with the cookie that hashes to its id.
CREATE TABLE session (
    -- SHA-256 of the cookie's value.
    id_sha256 BLOB PRIMARY KEY CHECK (length(id_sha256) = 32),
    user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    -- Wall time, milliseconds since 1970-01-01T00:00:00Z: log-in, and last use (to the minute).
    started_at_ms INTEGER NOT NULL,
    used_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The code of the one-time set-up link; at most one row, none once a user exists.
CREATE TABLE setup_code (
    code_sha256 BLOB PRIMARY KEY CHECK (length(code_sha256) = 32),
    expires_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
