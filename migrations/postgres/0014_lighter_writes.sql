-- What every task pays for in the hot path, without winning anything.

-- An attempt is stored by the statement that changes its task, and a task in the one project that every database has: the keys
-- held what cannot be otherwise, and cost a query and a lock of the referred row each.
ALTER TABLE attempts DROP CONSTRAINT attempts_task_id_fkey;
ALTER TABLE tasks DROP CONSTRAINT tasks_project_id_fkey;

-- An attempt ends once: with room on its page the ended row stands beside the begun one, and no index is written.
ALTER TABLE attempts SET (fillfactor = 70);

-- Tasks that wait for a time and nothing else: due ones are found without those that were due long ago and are queued.
CREATE INDEX tasks_timers ON tasks (not_before) WHERE state = 'waiting' AND wait_kind = 'timer';
