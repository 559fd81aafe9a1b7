-- Events that wait to be delivered and are not kept for audits: those that are kept lie in `events`. Either way the payload is
-- stored once. The table has a rowid, since payloads are often longer than what a table without one keeps on a page.
CREATE TABLE pending_events (
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

-- An event on its way, a row for each target. They replace `outbox`, which servers of the last release still fill: the servers
-- of this one move its rows, and the next release drops the table.
CREATE TABLE deliveries (
    target     TEXT    NOT NULL,
    event_id   BLOB    NOT NULL CHECK (length(event_id) = 16),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (target, event_id)
) STRICT, WITHOUT ROWID;

-- The deliveries of an event: a pending event goes with the last of them.
CREATE INDEX deliveries_event_id ON deliveries (event_id);
