-- How far each service's table has been read: rows up to `expires_at`, which come in the order of that column unless the time to
-- live (`ttl`, in microseconds) changes, and in the current walk through all rows those up to the id `walked`. Messages of rows
-- from before `since` are not reported as events.
CREATE TABLE follow_positions (
    service    text COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at bigint NOT NULL,
    ttl        bigint NOT NULL,
    walked     text COLLATE "C" NOT NULL,
    since      bigint NOT NULL
);

-- Rows that were read, each with its message, unless that has been deleted: they must not come back. They outlive their rows.
CREATE TABLE followed_rows (
    id         bytea NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    message_id bytea,
    expires_at bigint
);

CREATE INDEX followed_rows_expires_at ON followed_rows (expires_at);

-- Failures that either a notification or a row has told so far, by digests of project, resource and request. `ids` holds the
-- messages that wait for the other side, each with its time; `turn` counts the changes, as each one locks the row.
CREATE TABLE pairings (
    digest     bytea NOT NULL PRIMARY KEY CHECK (octet_length(digest) = 16),
    side       smallint NOT NULL,
    ids        bytea NOT NULL,
    turn       bigint NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX pairings_expires_at ON pairings (expires_at);
