-- What was marked unread becomes read by the watermark again, and what was done returns.
DELETE FROM read_marks WHERE state = 0;
DROP INDEX read_marks_change_id;
DROP INDEX read_marks_state;
ALTER TABLE read_marks DROP COLUMN change_id;
ALTER TABLE read_marks DROP COLUMN was;
ALTER TABLE read_marks DROP COLUMN state;
