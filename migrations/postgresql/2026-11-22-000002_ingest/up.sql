-- Notifications and failures that were recorded, so that the same one is not recorded again.
CREATE TABLE ingest_keys (
    digest     bytea  NOT NULL PRIMARY KEY CHECK (octet_length(digest) = 16),
    expires_at bigint NOT NULL
);

CREATE INDEX ingest_keys_expires_at ON ingest_keys (expires_at);

-- Whose a resource is: some notifications name only the resource. Its UUID, or a digest of its type and name.
CREATE TABLE resource_owners (
    resource   bytea NOT NULL PRIMARY KEY CHECK (octet_length(resource) = 16),
    project_id text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX resource_owners_expires_at ON resource_owners (expires_at);
