-- What waits for listeners goes with them.
DELETE FROM deliveries WHERE target >= 'listener:' AND target < 'listener;';
DELETE FROM pending_events WHERE id NOT IN (SELECT event_id FROM deliveries) AND id NOT IN (SELECT id FROM outbox);
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
