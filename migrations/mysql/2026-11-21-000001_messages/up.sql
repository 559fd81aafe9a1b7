-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- utf8mb4_nopad_bin: texts compare byte by byte, with regard to case and to spaces at the end, as on the other databases.
-- Imported rows may hold any text; what is always ASCII takes a byte a character here, too.
-- Keys are too long for the other row formats, which a server may have for its default.
-- Rows of one project lie together: InnoDB stores a table in the order of its primary key.
CREATE TABLE IF NOT EXISTS messages (
    project_id    VARCHAR(255) NOT NULL,
    created_at    BIGINT       NOT NULL,
    id            BINARY(16)   NOT NULL,
    event_id      VARCHAR(255) NOT NULL,
    action_id     VARCHAR(255),
    detail_id     VARCHAR(255),
    resource_type VARCHAR(255),
    resource_uuid VARCHAR(255),
    request_id    VARCHAR(255) NOT NULL,
    message_level VARCHAR(255) NOT NULL,
    parameters    MEDIUMTEXT,
    expires_at    BIGINT,
    PRIMARY KEY (project_id, created_at, id),
    UNIQUE KEY messages_id (id),
    -- An admin's list over all projects.
    KEY messages_created_at (created_at, id),
    -- What purge takes next.
    KEY messages_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS idempotency_keys (
    scope      BINARY(32)   NOT NULL PRIMARY KEY,
    request    BINARY(32)   NOT NULL,
    ids        MEDIUMBLOB   NOT NULL,
    created_at BIGINT       NOT NULL,
    request_id VARCHAR(255) NOT NULL,
    expires_at BIGINT       NOT NULL,
    KEY idempotency_keys_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS leases (
    name       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL PRIMARY KEY,
    holder     VARCHAR(512) NOT NULL,
    expires_at BIGINT       NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
