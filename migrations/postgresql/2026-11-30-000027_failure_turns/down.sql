DROP INDEX failure_notifications_open;
DROP INDEX failure_notifications_waiting;
DROP INDEX failure_notifications_types;
CREATE INDEX failure_notifications_due ON failure_notifications (turn, due, id) WHERE turn IS NOT NULL;
