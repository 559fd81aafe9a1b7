-- Engines look for the types that they take and for what else waits for a host; operators may not change a segment with open ones.
CREATE INDEX failure_notifications_types ON failure_notifications (turn, kind, due, id) WHERE turn IS NOT NULL;
CREATE INDEX failure_notifications_waiting ON failure_notifications (source_host_uuid, turn, due, id) WHERE turn IS NOT NULL;
CREATE INDEX failure_notifications_open ON failure_notifications (segment_uuid) WHERE turn IS NOT NULL;
