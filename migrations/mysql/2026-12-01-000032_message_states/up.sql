-- This one statement commits by itself, and can be repeated after a failure.
--
-- What a mark says of its message: 0 unread (although the watermark covers it), 1 read, 2 done. `was` is the state before, and
-- `change_id` the action that changed it, so that the action can be undone as long as nothing else has changed the mark.
-- The first index finds the messages that are unread below the watermark.
ALTER TABLE read_marks
    ADD COLUMN IF NOT EXISTS state SMALLINT NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS was SMALLINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS change_id BIGINT,
    ADD INDEX IF NOT EXISTS read_marks_state (project_id, user_id, state, created_at),
    ADD INDEX IF NOT EXISTS read_marks_change_id (change_id);
