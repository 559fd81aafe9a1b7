-- Messages recorded in each hour (grain 0) and each day (grain 1), for a project and a code. Sums have rows, too: an empty project
-- stands for all of them, an empty code for all of the service, and an empty service for all of the project. Deleted messages stay
-- counted.
CREATE TABLE recorded_counts (
    project_id text COLLATE "C" NOT NULL,
    grain      smallint NOT NULL,
    begins_at  bigint NOT NULL,
    service    text COLLATE "C" NOT NULL,
    code       text COLLATE "C" NOT NULL,
    errors     bigint NOT NULL,
    warnings   bigint NOT NULL,
    infos      bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (project_id, grain, begins_at, service, code)
);

-- Rankings of projects. The counts are not part of it: a change of an indexed column would write all indexes.
CREATE INDEX recorded_counts_code ON recorded_counts (code, grain, begins_at, project_id);
CREATE INDEX recorded_counts_expires_at ON recorded_counts (expires_at);

-- The last message that was counted in the order of time, in the one row with id 1. A transaction that counts
-- changes `turn`, which locks the row until the commit. Counts of hours and days are kept for so many microseconds.
CREATE TABLE recorded_until (
    id         integer NOT NULL PRIMARY KEY CHECK (id = 1),
    created_at bigint NOT NULL,
    message_id bytea NOT NULL CHECK (octet_length(message_id) = 16),
    turn       bigint NOT NULL,
    hours_kept bigint NOT NULL,
    days_kept  bigint NOT NULL
);

INSERT INTO recorded_until
VALUES (1, -9223372036854775807, decode(repeat('00', 16), 'hex'), 0, 1296000000000, 34560000000000);

-- Errors of other services of which no rule made a message, by the class of their reason.
CREATE TABLE unmatched_notifications (
    publisher  text COLLATE "C" NOT NULL,
    event_type text COLLATE "C" NOT NULL,
    reason     text COLLATE "C" NOT NULL,
    count      bigint NOT NULL,
    first_at   bigint NOT NULL,
    last_at    bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (publisher, event_type, reason)
);

CREATE INDEX unmatched_notifications_expires_at ON unmatched_notifications (expires_at);
