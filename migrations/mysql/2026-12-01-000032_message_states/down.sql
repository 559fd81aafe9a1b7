-- What was marked unread becomes read by the watermark again, and what was done returns. Both statements can be repeated after a
-- failure.
ALTER TABLE read_marks ADD COLUMN IF NOT EXISTS state SMALLINT NOT NULL DEFAULT 1;
DELETE FROM read_marks WHERE state = 0;
ALTER TABLE read_marks
    DROP INDEX IF EXISTS read_marks_change_id,
    DROP INDEX IF EXISTS read_marks_state,
    DROP COLUMN IF EXISTS change_id,
    DROP COLUMN IF EXISTS was,
    DROP COLUMN IF EXISTS state;
