-- Events on their way, a row for each driver that they go to.
CREATE TABLE outbox (
    target       text COLLATE "C" NOT NULL,
    id           bytea  NOT NULL CHECK (octet_length(id) = 16),
    created_at   bigint NOT NULL,
    event_type   text COLLATE "C" NOT NULL,
    priority     text COLLATE "C" NOT NULL,
    publisher_id text COLLATE "C" NOT NULL,
    project_id   text COLLATE "C",
    request_id   text COLLATE "C",
    payload      text COLLATE "C" NOT NULL,
    call_report  text COLLATE "C",
    PRIMARY KEY (target, id)
);

-- Events that are kept for audits.
CREATE TABLE events (
    id           bytea  NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    created_at   bigint NOT NULL,
    event_type   text COLLATE "C" NOT NULL,
    priority     text COLLATE "C" NOT NULL,
    publisher_id text COLLATE "C" NOT NULL,
    project_id   text COLLATE "C",
    request_id   text COLLATE "C",
    payload      text COLLATE "C" NOT NULL,
    call_report  text COLLATE "C"
);

-- A list, newest first, and what purge takes next.
CREATE INDEX events_created_at ON events (created_at, id);

-- The same of one project, and of one type, which may be few among many.
CREATE INDEX events_project ON events (project_id, created_at, id);
CREATE INDEX events_type ON events (event_type, created_at, id);
