-- Notifications and failures that were recorded, so that the same one is not recorded again.
CREATE TABLE ingest_keys (
    digest     BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 16),
    expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX ingest_keys_expires_at ON ingest_keys (expires_at);

-- Whose a resource is: some notifications name only the resource. Its UUID, or a digest of its type and name.
CREATE TABLE resource_owners (
    resource   BLOB    NOT NULL PRIMARY KEY CHECK (length(resource) = 16),
    project_id TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX resource_owners_expires_at ON resource_owners (expires_at);
