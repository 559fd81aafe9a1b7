-- What a mark says of its message: 0 unread (although the watermark covers it), 1 read, 2 done. `was` is the state before, and
-- `change_id` the action that changed it, so that the action can be undone as long as nothing else has changed the mark.
ALTER TABLE read_marks
    ADD COLUMN state SMALLINT NOT NULL DEFAULT 1,
    ADD COLUMN was SMALLINT NOT NULL DEFAULT 0,
    ADD COLUMN change_id BIGINT;

-- The messages that are unread below the watermark.
CREATE INDEX read_marks_state ON read_marks (project_id, user_id, state, created_at);
CREATE INDEX read_marks_change_id ON read_marks (change_id);
