DROP TABLE failure_vmoves;
DROP TABLE failure_steps;
DROP TABLE failure_updates;
DROP TABLE failure_notifications;
DROP TABLE failover_hosts;
DROP TABLE failover_segments;
