-- Most tasks are completed, and hardly anybody looks for them by that: the list of all shows them. A task that completes leaves the index, and
-- writes nothing into it.
DROP INDEX tasks_by_state;
CREATE INDEX tasks_by_state ON tasks (state, id) WHERE state <> 'completed';
