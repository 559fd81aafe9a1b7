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
