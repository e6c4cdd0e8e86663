-- What tasks depend on, their share among fairness keys, and concurrency limits.

-- A task without a fairness key has the empty one, so that one index holds the order of all classes of the queue.
ALTER TABLE tasks ALTER COLUMN fairness_key TYPE TEXT COLLATE "C";
UPDATE tasks SET fairness_key = '' WHERE fairness_key IS NULL AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused');
DROP INDEX tasks_ready;
CREATE INDEX tasks_ready ON tasks (skill, fairness_key, priority, rank, id) WHERE state = 'queued';

-- Whether tasks depend on it that have not been told of its end; while an ended one is awaited, the sweep finds it.
ALTER TABLE tasks ADD COLUMN awaited BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX tasks_awaited ON tasks (finished_at) WHERE awaited AND finished_at IS NOT NULL;

CREATE TABLE task_dependencies (
    depends_on UUID NOT NULL REFERENCES tasks (id),
    task_id UUID NOT NULL REFERENCES tasks (id),
    PRIMARY KEY (depends_on, task_id)
);

CREATE INDEX task_dependencies_by_task ON task_dependencies (task_id);

-- Live tasks that an agent asked for, and live tasks that somebody wants to end.
CREATE INDEX tasks_by_parent ON tasks (parent_id) WHERE parent_id IS NOT NULL AND finished_at IS NULL;
CREATE INDEX tasks_cancel_requested ON tasks (cancel_requested_at) WHERE cancel_requested_at IS NOT NULL AND finished_at IS NULL;

-- What runs under a limit is counted from the tasks: no counter can be wrong after a crash.
CREATE TABLE task_limits (
    scope TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    maximum INTEGER NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    PRIMARY KEY (scope, name)
);
