-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Events on their way, a row for each driver that they go to.
CREATE TABLE IF NOT EXISTS outbox (
    target       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    id           BINARY(16)   NOT NULL,
    created_at   BIGINT       NOT NULL,
    event_type   VARCHAR(255) NOT NULL,
    priority     VARCHAR(16)  NOT NULL,
    publisher_id VARCHAR(255) NOT NULL,
    project_id   VARCHAR(255),
    request_id   VARCHAR(255),
    payload      MEDIUMTEXT   NOT NULL,
    call_report  MEDIUMTEXT,
    PRIMARY KEY (target, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Events that are kept for audits.
CREATE TABLE IF NOT EXISTS events (
    id           BINARY(16)   NOT NULL PRIMARY KEY,
    created_at   BIGINT       NOT NULL,
    event_type   VARCHAR(255) NOT NULL,
    priority     VARCHAR(16)  NOT NULL,
    publisher_id VARCHAR(255) NOT NULL,
    project_id   VARCHAR(255),
    request_id   VARCHAR(255),
    payload      MEDIUMTEXT   NOT NULL,
    call_report  MEDIUMTEXT,
    -- A list, newest first, and what purge takes next.
    KEY events_created_at (created_at, id),
    -- The same of one project, and of one type, which may be few among many.
    KEY events_project (project_id, created_at, id),
    KEY events_type (event_type, created_at, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
