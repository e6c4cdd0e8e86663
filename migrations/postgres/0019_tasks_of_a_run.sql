-- The tasks of a run of a workflow, and all those that one task asked for: `tasks_by_parent` holds only those that have not ended, and is looked
-- through as a whole. A task without a run and a parent is in neither.
CREATE INDEX tasks_of_run ON tasks (run_id, id) WHERE run_id IS NOT NULL;
CREATE INDEX tasks_of_parent ON tasks (parent_id, id) WHERE parent_id IS NOT NULL;
