-- Messages that arrived later than their time says, such as imported ones: a watermark set before they came does not cover
-- them. The turn counts arrivals, in the order in which they are committed.
CREATE TABLE late_messages (
    project_id TEXT    NOT NULL,
    turn       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    message_id BLOB    NOT NULL CHECK (length(message_id) = 16),
    expires_at INTEGER,
    PRIMARY KEY (project_id, turn, created_at, message_id)
) WITHOUT ROWID, STRICT;

-- A note goes with its message: by this one when it is deleted, by the next when it expires.
CREATE INDEX late_messages_message_id ON late_messages (message_id);
CREATE INDEX late_messages_expires_at ON late_messages (expires_at);

-- The last turn, in the one row with id 1. Whoever takes a turn locks the row until the commit.
CREATE TABLE late_turns (
    id   INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    turn INTEGER NOT NULL
) STRICT;

-- The last turn that a watermark covers.
ALTER TABLE read_watermarks ADD COLUMN late_turn INTEGER NOT NULL DEFAULT 0;
