-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Who is signed in with a browser. The cookie is not here, only its SHA-256; the token is encrypted.
CREATE TABLE IF NOT EXISTS browser_sessions (
    id         BINARY(32) NOT NULL PRIMARY KEY,
    token      MEDIUMBLOB NOT NULL,
    expires_at BIGINT     NOT NULL,
    ends_at    BIGINT     NOT NULL,
    KEY browser_sessions_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Messages that a user has read one by one. A user's marks lie in the order of their messages. A user's id is Keystone's, of
-- at most 64 characters; noauth takes any text that fits.
CREATE TABLE IF NOT EXISTS read_marks (
    project_id VARCHAR(255) NOT NULL,
    user_id    VARCHAR(255) NOT NULL,
    created_at BIGINT       NOT NULL,
    message_id BINARY(16)   NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (project_id, user_id, created_at, message_id),
    -- A mark goes with its message: by this one when it is deleted, by the next when it expires.
    KEY read_marks_message_id (message_id),
    KEY read_marks_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Up to when a user has read everything.
CREATE TABLE IF NOT EXISTS read_watermarks (
    project_id VARCHAR(255) NOT NULL,
    user_id    VARCHAR(255) NOT NULL,
    read_until BIGINT       NOT NULL,
    PRIMARY KEY (project_id, user_id),
    KEY read_watermarks_read_until (read_until)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
