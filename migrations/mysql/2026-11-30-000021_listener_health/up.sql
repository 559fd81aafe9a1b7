-- This one statement commits by itself, and can be repeated after a failure.
--
-- How often every delivery has failed since `failing_since`, and when the last one did. Listeners that members of the project
-- cannot see have names of their own: a name that is taken must not reveal them.
ALTER TABLE listeners
    ADD COLUMN IF NOT EXISTS failures INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS failed_at BIGINT,
    ADD COLUMN IF NOT EXISTS is_hidden BOOLEAN NOT NULL DEFAULT FALSE,
    DROP INDEX IF EXISTS listeners_name,
    ADD UNIQUE INDEX IF NOT EXISTS listeners_names (project_id, name, is_hidden);
