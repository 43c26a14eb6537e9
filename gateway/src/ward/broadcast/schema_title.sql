-- The eleventh step of the broadcasts' tables: an edit gives a bulletin a new title, and what was played before
-- it keeps the one that was approved. What was played before there was this column has the
-- title of now, which nobody can tell apart any more.
ALTER TABLE play ADD COLUMN played_as TEXT;
UPDATE play SET played_as = (SELECT title FROM bulletin WHERE id = bulletin_id);
