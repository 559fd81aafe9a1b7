-- What waits for listeners goes with them.
DELETE FROM deliveries WHERE target >= 'listener:' AND target < 'listener;';
DELETE FROM pending_events
WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = pending_events.id)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = pending_events.id);
DROP TABLE attempts;
DROP INDEX deliveries_order;
DROP INDEX deliveries_due;
ALTER TABLE deliveries DROP COLUMN reason;
ALTER TABLE deliveries DROP COLUMN order_key;
ALTER TABLE deliveries DROP COLUMN claimed_by;
ALTER TABLE deliveries DROP COLUMN attempts;
ALTER TABLE deliveries DROP COLUMN due;
ALTER TABLE deliveries DROP COLUMN state;
DROP TABLE subscription_version;
DROP TABLE subscriptions;
DROP TABLE listeners;
