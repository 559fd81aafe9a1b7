-- Messages recorded in each hour (grain 0) and each day (grain 1), for a project and a code. Sums have rows, too: an empty project
-- stands for all of them, an empty code for all of the service, and an empty service for all of the project. Deleted messages stay
-- counted.
CREATE TABLE recorded_counts (
    project_id TEXT    NOT NULL,
    grain      INTEGER NOT NULL,
    begins_at  INTEGER NOT NULL,
    service    TEXT    NOT NULL,
    code       TEXT    NOT NULL,
    errors     INTEGER NOT NULL,
    warnings   INTEGER NOT NULL,
    infos      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, grain, begins_at, service, code)
) WITHOUT ROWID, STRICT;

-- Rankings of projects, which read nothing else.
CREATE INDEX recorded_counts_code
    ON recorded_counts (code, grain, begins_at, project_id, service, errors, warnings, infos);
CREATE INDEX recorded_counts_expires_at ON recorded_counts (expires_at);

-- The last message that was counted in the order of time, in the one row with id 1. A transaction that counts
-- changes `turn`, which locks the row until the commit. Counts of hours and days are kept for so many microseconds.
CREATE TABLE recorded_until (
    id         INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    created_at INTEGER NOT NULL,
    message_id BLOB    NOT NULL CHECK (length(message_id) = 16),
    turn       INTEGER NOT NULL,
    hours_kept INTEGER NOT NULL,
    days_kept  INTEGER NOT NULL
) STRICT;

INSERT INTO recorded_until VALUES (1, -9223372036854775807, zeroblob(16), 0, 1296000000000, 34560000000000);

-- Errors of other services of which no rule made a message, by the class of their reason.
CREATE TABLE unmatched_notifications (
    publisher  TEXT    NOT NULL,
    event_type TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    count      INTEGER NOT NULL,
    first_at   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (publisher, event_type, reason)
) WITHOUT ROWID, STRICT;

CREATE INDEX unmatched_notifications_expires_at ON unmatched_notifications (expires_at);
