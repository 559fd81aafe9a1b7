-- What waits is delivered by the servers of the earlier release.
INSERT INTO outbox
SELECT target, id, events.created_at, event_type, priority, publisher_id, project_id, request_id, payload, call_report
FROM deliveries JOIN (SELECT * FROM pending_events UNION ALL SELECT * FROM events) AS events ON id = event_id
ON CONFLICT DO NOTHING;
DROP TABLE deliveries;
DROP TABLE pending_events;
