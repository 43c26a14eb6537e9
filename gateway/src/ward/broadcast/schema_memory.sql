-- The tenth step of the broadcasts' tables: by the epoch of its outbox a cluster is known to be one that has
-- forgotten, or never had, what the cluster of this name was ordered: it has another card, or a new database.
CREATE TABLE cluster_memory (
    cluster TEXT PRIMARY KEY,
    epoch TEXT NOT NULL
) STRICT, WITHOUT ROWID;
