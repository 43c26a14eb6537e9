-- The fourth step of a cluster's tables: the position of the mute switch that was last told, so that
-- after a restart only a change is news.
CREATE TABLE cluster_mute (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    is_muted INTEGER NOT NULL CHECK (is_muted IN (0, 1))
) STRICT;
