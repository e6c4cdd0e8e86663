-- Since when the task was ready for this attempt: from it and the attempt's other instants follow its outer spans, which are
-- not stored a second time.
ALTER TABLE attempts ADD COLUMN ready_at INTEGER;

-- A batch gives many tasks the same rank: without the id in the index, each look at the queue would sort all of them. The last
-- two columns spare it the rows.
DROP INDEX tasks_ready;
CREATE INDEX tasks_ready ON tasks (skill, rank, id, not_before, labels) WHERE state = 'queued';
