-- Since when an agent is not listed: its skills are remembered for a while.
ALTER TABLE agents ADD COLUMN gone_at BIGINT;

-- Somebody wants the task to pause at its next checkpoint.
ALTER TABLE tasks ADD COLUMN pause_requested_at BIGINT;

-- The last checkpoint of a task that has not ended, under which lease it was made, and when.
CREATE TABLE task_checkpoints (
    task_id UUID NOT NULL PRIMARY KEY REFERENCES tasks (id),
    lease BIGINT NOT NULL,
    state TEXT NOT NULL,
    saved_at BIGINT NOT NULL
);
