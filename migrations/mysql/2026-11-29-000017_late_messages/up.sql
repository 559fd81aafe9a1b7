-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Messages that arrived later than their time says, such as imported ones: a watermark set before they came does not cover
-- them. The turn counts arrivals, in the order in which they are committed.
CREATE TABLE IF NOT EXISTS late_messages (
    project_id VARCHAR(255) NOT NULL,
    turn       BIGINT       NOT NULL,
    created_at BIGINT       NOT NULL,
    message_id BINARY(16)   NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (project_id, turn, created_at, message_id),
    -- A note goes with its message: by this one when it is deleted, by the next when it expires.
    KEY late_messages_message_id (message_id),
    KEY late_messages_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The last turn, in the one row with id 1. Whoever takes a turn locks the row until the commit.
CREATE TABLE IF NOT EXISTS late_turns (
    id   INT    NOT NULL PRIMARY KEY,
    turn BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- The last turn that a watermark covers.
ALTER TABLE read_watermarks ADD COLUMN IF NOT EXISTS late_turn BIGINT NOT NULL DEFAULT 0;
