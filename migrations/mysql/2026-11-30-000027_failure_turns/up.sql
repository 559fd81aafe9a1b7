-- This one statement commits by itself, and can be repeated after a failure.
--
-- Engines look for the types that they take and for what else waits for a host; operators may not change a segment with open ones.
ALTER TABLE failure_notifications
    ADD INDEX IF NOT EXISTS failure_notifications_types (turn, kind, due, id),
    ADD INDEX IF NOT EXISTS failure_notifications_waiting (source_host_uuid, turn, due, id),
    ADD INDEX IF NOT EXISTS failure_notifications_open (segment_uuid, turn);
