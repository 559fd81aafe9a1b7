-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Events that wait to be delivered and are not kept for audits: those that are kept lie in `events`. Either way the payload is
-- stored once.
CREATE TABLE IF NOT EXISTS pending_events (
    id           BINARY(16)   NOT NULL PRIMARY KEY,
    created_at   BIGINT       NOT NULL,
    event_type   VARCHAR(255) NOT NULL,
    priority     VARCHAR(16)  NOT NULL,
    publisher_id VARCHAR(255) NOT NULL,
    project_id   VARCHAR(255),
    request_id   VARCHAR(255),
    payload      MEDIUMTEXT   NOT NULL,
    call_report  MEDIUMTEXT
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- An event on its way, a row for each target. They replace `outbox`, which servers of the last release still fill: the servers
-- of this one move its rows, and the next release drops the table.
CREATE TABLE IF NOT EXISTS deliveries (
    target     VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    event_id   BINARY(16) NOT NULL,
    created_at BIGINT     NOT NULL,
    PRIMARY KEY (target, event_id),
    -- The deliveries of an event: a pending event goes with the last of them.
    KEY deliveries_event_id (event_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
