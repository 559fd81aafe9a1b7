-- Rows are changed in place here: only PostgreSQL needs room beside them.
SELECT 1;
