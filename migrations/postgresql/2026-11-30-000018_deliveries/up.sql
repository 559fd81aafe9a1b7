-- Events that wait to be delivered and are not kept for audits: those that are kept lie in `events`. Either way the payload is
-- stored once.
CREATE TABLE pending_events (
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

-- An event on its way, a row for each target. They replace `outbox`, which servers of the last release still fill: the servers
-- of this one move its rows, and the next release drops the table.
CREATE TABLE deliveries (
    target     text COLLATE "C" NOT NULL,
    event_id   bytea  NOT NULL CHECK (octet_length(event_id) = 16),
    created_at bigint NOT NULL,
    PRIMARY KEY (target, event_id)
);

-- The deliveries of an event: a pending event goes with the last of them.
CREATE INDEX deliveries_event_id ON deliveries (event_id);
