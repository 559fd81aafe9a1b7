-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- What waits is delivered by the servers of the earlier release.
CREATE TABLE IF NOT EXISTS pending_events LIKE events;
CREATE TABLE IF NOT EXISTS deliveries (target VARCHAR(64), event_id BINARY(16), created_at BIGINT);
INSERT IGNORE INTO outbox
SELECT target, id, events.created_at, event_type, priority, publisher_id, project_id, request_id, payload, call_report
FROM deliveries JOIN (SELECT * FROM pending_events UNION ALL SELECT * FROM events) AS events ON id = event_id;
DROP TABLE IF EXISTS deliveries;
DROP TABLE IF EXISTS pending_events;
