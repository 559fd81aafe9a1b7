DROP TABLE IF EXISTS read_watermarks;
DROP TABLE IF EXISTS read_marks;
DROP TABLE IF EXISTS browser_sessions;
