-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- What waits for listeners goes with them.
DELETE FROM deliveries WHERE target >= 'listener:' AND target < 'listener;';
DELETE FROM pending_events
WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE event_id = pending_events.id)
    AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = pending_events.id);
DROP TABLE IF EXISTS attempts;
ALTER TABLE deliveries
    DROP INDEX IF EXISTS deliveries_order,
    DROP INDEX IF EXISTS deliveries_due,
    DROP COLUMN IF EXISTS reason,
    DROP COLUMN IF EXISTS order_key,
    DROP COLUMN IF EXISTS claimed_by,
    DROP COLUMN IF EXISTS attempts,
    DROP COLUMN IF EXISTS due,
    DROP COLUMN IF EXISTS state;
DROP TABLE IF EXISTS subscription_version;
DROP TABLE IF EXISTS subscriptions;
DROP TABLE IF EXISTS listeners;
