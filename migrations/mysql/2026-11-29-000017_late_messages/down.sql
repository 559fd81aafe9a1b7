ALTER TABLE read_watermarks DROP COLUMN IF EXISTS late_turn;
DROP TABLE IF EXISTS late_turns;
DROP TABLE IF EXISTS late_messages;
