-- Messages that arrived later than their time says, such as imported ones: a watermark set before they came does not cover
-- them. The turn counts arrivals, in the order in which they are committed.
CREATE TABLE late_messages (
    project_id text COLLATE "C" NOT NULL,
    turn       bigint NOT NULL,
    created_at bigint NOT NULL,
    message_id bytea  NOT NULL CHECK (octet_length(message_id) = 16),
    expires_at bigint,
    PRIMARY KEY (project_id, turn, created_at, message_id)
);

-- A note goes with its message: by this one when it is deleted, by the next when it expires.
CREATE INDEX late_messages_message_id ON late_messages (message_id);
CREATE INDEX late_messages_expires_at ON late_messages (expires_at);

-- The last turn, in the one row with id 1. Whoever takes a turn locks the row until the commit.
CREATE TABLE late_turns (
    id   integer NOT NULL PRIMARY KEY CHECK (id = 1),
    turn bigint  NOT NULL
);

-- The last turn that a watermark covers.
ALTER TABLE read_watermarks ADD COLUMN late_turn bigint NOT NULL DEFAULT 0;
