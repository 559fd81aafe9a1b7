DROP TABLE IF EXISTS pairings;
DROP TABLE IF EXISTS followed_rows;
DROP TABLE IF EXISTS follow_positions;
