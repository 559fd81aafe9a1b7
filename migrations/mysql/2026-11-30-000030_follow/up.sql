-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- How far each service's table has been read: rows up to `expires_at`, which come in the order of that column unless the time to
-- live (`ttl`, in microseconds) changes, and in the current walk through all rows those up to the id `walked`. Messages of rows
-- from before `since` are not reported as events.
CREATE TABLE IF NOT EXISTS follow_positions (
    service    VARCHAR(255) NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL,
    ttl        BIGINT NOT NULL,
    walked     VARCHAR(255) NOT NULL,
    since      BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Rows that were read, each with its message, unless that has been deleted: they must not come back. They outlive their rows.
CREATE TABLE IF NOT EXISTS followed_rows (
    id         BINARY(16) NOT NULL PRIMARY KEY,
    message_id BINARY(16),
    expires_at BIGINT,
    KEY followed_rows_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Failures that either a notification or a row has told so far, by digests of project, resource and request. `ids` holds the
-- messages that wait for the other side, each with its time; `turn` counts the changes, as each one locks the row.
CREATE TABLE IF NOT EXISTS pairings (
    digest     BINARY(16) NOT NULL PRIMARY KEY,
    side       SMALLINT NOT NULL,
    ids        MEDIUMBLOB NOT NULL,
    turn       BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    KEY pairings_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
