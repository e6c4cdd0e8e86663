-- Lighter writes on PostgreSQL; SQLite's need nothing. The numbers of both dialects go together.
SELECT 1;
