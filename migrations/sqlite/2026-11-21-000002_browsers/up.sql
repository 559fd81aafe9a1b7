-- Who is signed in with a browser. The cookie is not here, only its SHA-256; the token is encrypted.
CREATE TABLE browser_sessions (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 32),
    token      BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

CREATE INDEX browser_sessions_expires_at ON browser_sessions (expires_at);

-- Messages that a user has read one by one. A user's marks lie in the order of their messages.
CREATE TABLE read_marks (
    project_id TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    message_id BLOB    NOT NULL CHECK (length(message_id) = 16),
    expires_at INTEGER,
    PRIMARY KEY (project_id, user_id, created_at, message_id)
) WITHOUT ROWID, STRICT;

-- A mark goes with its message: by this one when it is deleted, by the next when it expires.
CREATE INDEX read_marks_message_id ON read_marks (message_id);
CREATE INDEX read_marks_expires_at ON read_marks (expires_at);

-- Up to when a user has read everything.
CREATE TABLE read_watermarks (
    project_id TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    read_until INTEGER NOT NULL,
    PRIMARY KEY (project_id, user_id)
) WITHOUT ROWID, STRICT;

CREATE INDEX read_watermarks_read_until ON read_watermarks (read_until);
