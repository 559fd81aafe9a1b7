-- Of two listeners with the same name, the one with operators' events loses it. Both statements can be repeated after a failure.
ALTER TABLE listeners ADD COLUMN IF NOT EXISTS is_hidden BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE listeners SET name = NULL WHERE is_hidden;
ALTER TABLE listeners
    DROP INDEX IF EXISTS listeners_names,
    ADD UNIQUE INDEX IF NOT EXISTS listeners_name (project_id, name),
    DROP COLUMN IF EXISTS is_hidden,
    DROP COLUMN IF EXISTS failed_at,
    DROP COLUMN IF EXISTS failures;
