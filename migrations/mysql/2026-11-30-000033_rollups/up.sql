-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Messages recorded in each hour (grain 0) and each day (grain 1), for a project and a code. Sums have rows, too: an empty project
-- stands for all of them, an empty code for all of the service, and an empty service for all of the project. Deleted messages stay
-- counted.
CREATE TABLE IF NOT EXISTS recorded_counts (
    project_id VARCHAR(255) NOT NULL,
    grain      SMALLINT     NOT NULL,
    begins_at  BIGINT       NOT NULL,
    service    VARCHAR(64)  NOT NULL,
    code       VARCHAR(255) NOT NULL,
    errors     BIGINT       NOT NULL,
    warnings   BIGINT       NOT NULL,
    infos      BIGINT       NOT NULL,
    expires_at BIGINT       NOT NULL,
    PRIMARY KEY (project_id, grain, begins_at, service, code),
    -- Rankings of projects, which read nothing else.
    KEY recorded_counts_code (code, grain, begins_at, project_id, service, errors, warnings, infos),
    KEY recorded_counts_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The last message that was counted in the order of time, in the one row with id 1. A transaction that counts
-- changes `turn`, which locks the row until the commit. Counts of hours and days are kept for so many microseconds.
CREATE TABLE IF NOT EXISTS recorded_until (
    id         INT        NOT NULL PRIMARY KEY,
    created_at BIGINT     NOT NULL,
    message_id BINARY(16) NOT NULL,
    turn       BIGINT     NOT NULL,
    hours_kept BIGINT     NOT NULL,
    days_kept  BIGINT     NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

INSERT IGNORE INTO recorded_until
VALUES (1, -9223372036854775807, x'00000000000000000000000000000000', 0, 1296000000000, 34560000000000);

-- Errors of other services of which no rule made a message, by the class of their reason.
CREATE TABLE IF NOT EXISTS unmatched_notifications (
    publisher  VARCHAR(64)  NOT NULL,
    event_type VARCHAR(255) NOT NULL,
    reason     VARCHAR(255) NOT NULL,
    count      BIGINT       NOT NULL,
    first_at   BIGINT       NOT NULL,
    last_at    BIGINT       NOT NULL,
    expires_at BIGINT       NOT NULL,
    PRIMARY KEY (publisher, event_type, reason),
    KEY unmatched_notifications_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
