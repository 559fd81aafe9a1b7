-- Each of these statements commits by itself, so all can be repeated after a failure in between.
DROP TABLE IF EXISTS failure_vmoves;
DROP TABLE IF EXISTS failure_steps;
DROP TABLE IF EXISTS failure_updates;
DROP TABLE IF EXISTS failure_notifications;
DROP TABLE IF EXISTS failover_hosts;
DROP TABLE IF EXISTS failover_segments;
