-- Events on their way, a row for each driver that they go to. Payloads are often longer than what a table without rowid
-- keeps on a page.
CREATE TABLE outbox (
    target       TEXT    NOT NULL,
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    created_at   INTEGER NOT NULL,
    event_type   TEXT    NOT NULL,
    priority     TEXT    NOT NULL,
    publisher_id TEXT    NOT NULL,
    project_id   TEXT,
    request_id   TEXT,
    payload      TEXT    NOT NULL,
    call_report  TEXT,
    PRIMARY KEY (target, id)
) STRICT;

-- Events that are kept for audits.
CREATE TABLE events (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    created_at   INTEGER NOT NULL,
    event_type   TEXT    NOT NULL,
    priority     TEXT    NOT NULL,
    publisher_id TEXT    NOT NULL,
    project_id   TEXT,
    request_id   TEXT,
    payload      TEXT    NOT NULL,
    call_report  TEXT
) STRICT;

-- A list, newest first, and what purge takes next.
CREATE INDEX events_created_at ON events (created_at, id);

-- The same of one project, and of one type, which may be few among many.
CREATE INDEX events_project ON events (project_id, created_at, id);
CREATE INDEX events_type ON events (event_type, created_at, id);
