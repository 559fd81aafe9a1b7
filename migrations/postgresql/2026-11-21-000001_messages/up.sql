-- Texts compare byte by byte, as on the other databases. A page of a project is one walk along the primary key.
CREATE TABLE messages (
    project_id    text COLLATE "C" NOT NULL,
    created_at    bigint NOT NULL,
    id            bytea NOT NULL CHECK (octet_length(id) = 16),
    event_id      text COLLATE "C" NOT NULL,
    action_id     text COLLATE "C",
    detail_id     text COLLATE "C",
    resource_type text COLLATE "C",
    resource_uuid text COLLATE "C",
    request_id    text COLLATE "C" NOT NULL,
    message_level text COLLATE "C" NOT NULL,
    parameters    text COLLATE "C",
    expires_at    bigint,
    -- Read backwards for the newest first.
    PRIMARY KEY (project_id, created_at, id)
);

CREATE UNIQUE INDEX messages_id ON messages (id);
-- An admin's list over all projects.
CREATE INDEX messages_created_at ON messages (created_at, id);
-- What purge takes next.
CREATE INDEX messages_expires_at ON messages (expires_at);

CREATE TABLE idempotency_keys (
    scope      bytea  NOT NULL PRIMARY KEY CHECK (octet_length(scope) = 32),
    request    bytea  NOT NULL,
    ids        bytea  NOT NULL,
    created_at bigint NOT NULL,
    request_id text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL
);

CREATE INDEX idempotency_keys_expires_at ON idempotency_keys (expires_at);

CREATE TABLE leases (
    name       text COLLATE "C" NOT NULL PRIMARY KEY,
    holder     text COLLATE "C" NOT NULL,
    expires_at bigint NOT NULL
);
