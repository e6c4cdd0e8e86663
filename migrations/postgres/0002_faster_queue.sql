-- Since when the task was ready for this attempt: from it and the attempt's other instants follow its outer spans, which are
-- not stored a second time.
ALTER TABLE attempts ADD COLUMN ready_at BIGINT;

-- A batch gives many tasks the same rank: without the id in the index, each look at the queue would sort all of them. Labels are
-- not in it, unlike in SQLite: an entry of an index has its limit here, and rows that were just written are looked at anyway.
DROP INDEX tasks_ready;
CREATE INDEX tasks_ready ON tasks (skill, rank, id) WHERE state = 'queued';
