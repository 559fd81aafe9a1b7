-- How far each service's table has been read: rows up to `expires_at`, which come in the order of that column unless the time to
-- live (`ttl`, in microseconds) changes, and in the current walk through all rows those up to the id `walked`. Messages of rows
-- from before `since` are not reported as events.
CREATE TABLE follow_positions (
    service    TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL,
    ttl        INTEGER NOT NULL,
    walked     TEXT NOT NULL,
    since      INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- Rows that were read, each with its message, unless that has been deleted: they must not come back. They outlive their rows.
CREATE TABLE followed_rows (
    id         BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    message_id BLOB,
    expires_at INTEGER
) WITHOUT ROWID, STRICT;

CREATE INDEX followed_rows_expires_at ON followed_rows (expires_at);

-- Failures that either a notification or a row has told so far, by digests of project, resource and request. `ids` holds the
-- messages that wait for the other side, each with its time; `turn` counts the changes, as each one locks the row.
CREATE TABLE pairings (
    digest     BLOB NOT NULL PRIMARY KEY CHECK (length(digest) = 16),
    side       INTEGER NOT NULL,
    ids        BLOB NOT NULL,
    turn       INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX pairings_expires_at ON pairings (expires_at);
