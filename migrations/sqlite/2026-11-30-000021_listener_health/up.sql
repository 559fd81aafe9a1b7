-- How often every delivery has failed since `failing_since`, and when the last one did.
ALTER TABLE listeners ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE listeners ADD COLUMN failed_at INTEGER;

-- Listeners that members of the project cannot see have names of their own: a name that is taken must not reveal them.
ALTER TABLE listeners ADD COLUMN is_hidden INTEGER NOT NULL DEFAULT 0;
DROP INDEX listeners_name;
CREATE UNIQUE INDEX listeners_names ON listeners (project_id, name, is_hidden);
