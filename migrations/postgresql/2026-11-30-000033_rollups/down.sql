DROP TABLE IF EXISTS unmatched_notifications;
DROP TABLE IF EXISTS recorded_until;
DROP TABLE IF EXISTS recorded_counts;
