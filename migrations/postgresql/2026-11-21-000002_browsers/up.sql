-- Who is signed in with a browser. The cookie is not here, only its SHA-256; the token is encrypted.
CREATE TABLE browser_sessions (
    id         bytea  NOT NULL PRIMARY KEY CHECK (octet_length(id) = 32),
    token      bytea  NOT NULL,
    expires_at bigint NOT NULL,
    ends_at    bigint NOT NULL
);

CREATE INDEX browser_sessions_expires_at ON browser_sessions (expires_at);

-- Messages that a user has read one by one. A user's marks lie in the order of their messages.
CREATE TABLE read_marks (
    project_id text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    message_id bytea  NOT NULL CHECK (octet_length(message_id) = 16),
    expires_at bigint,
    PRIMARY KEY (project_id, user_id, created_at, message_id)
);

-- A mark goes with its message: by this one when it is deleted, by the next when it expires.
CREATE INDEX read_marks_message_id ON read_marks (message_id);
CREATE INDEX read_marks_expires_at ON read_marks (expires_at);

-- Up to when a user has read everything.
CREATE TABLE read_watermarks (
    project_id text COLLATE "C" NOT NULL,
    user_id    text COLLATE "C" NOT NULL,
    read_until bigint NOT NULL,
    PRIMARY KEY (project_id, user_id)
);

CREATE INDEX read_watermarks_read_until ON read_watermarks (read_until);
