-- Rows of one project lie together: a page of a project is one walk over neighbouring leaves, from the end. They lie in
-- the order in which they come, as SQLite leaves pages half empty that rows are put in front of: so the table is a third
-- smaller, and a new row changes fewer pages.
CREATE TABLE messages (
    project_id    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    id            BLOB    NOT NULL CHECK (length(id) = 16),
    event_id      TEXT    NOT NULL,
    action_id     TEXT,
    detail_id     TEXT,
    resource_type TEXT,
    resource_uuid TEXT,
    request_id    TEXT    NOT NULL,
    message_level TEXT    NOT NULL,
    parameters    TEXT,
    expires_at    INTEGER,
    PRIMARY KEY (project_id, created_at, id)
) WITHOUT ROWID, STRICT;

CREATE UNIQUE INDEX messages_id ON messages (id);
-- An admin's list over all projects.
CREATE INDEX messages_created_at ON messages (created_at, id);
-- What purge takes next.
CREATE INDEX messages_expires_at ON messages (expires_at);

CREATE TABLE idempotency_keys (
    scope      BLOB    NOT NULL PRIMARY KEY CHECK (length(scope) = 32),
    request    BLOB    NOT NULL,
    ids        BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    request_id TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

CREATE TABLE leases (
    name       TEXT    NOT NULL PRIMARY KEY,
    holder     TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
