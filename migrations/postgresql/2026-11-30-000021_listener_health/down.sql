-- Of two listeners with the same name, the hidden one loses it.
UPDATE listeners SET name = NULL WHERE is_hidden;
DROP INDEX listeners_names;
CREATE UNIQUE INDEX listeners_name ON listeners (project_id, name);
ALTER TABLE listeners DROP COLUMN is_hidden;
ALTER TABLE listeners DROP COLUMN failed_at;
ALTER TABLE listeners DROP COLUMN failures;
