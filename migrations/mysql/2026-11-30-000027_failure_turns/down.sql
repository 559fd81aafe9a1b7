-- This one statement commits by itself, and can be repeated after a failure.
ALTER TABLE failure_notifications
    DROP INDEX IF EXISTS failure_notifications_types,
    DROP INDEX IF EXISTS failure_notifications_waiting,
    DROP INDEX IF EXISTS failure_notifications_open;
