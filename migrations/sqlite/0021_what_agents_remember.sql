-- What an agent remembers from one task of a skill to the next: for whom, under which key. It counts once the task that wrote it has completed; until then, and if
-- that never comes, what that task found (`previous`) counts.
CREATE TABLE agent_memory (
    project_id BLOB NOT NULL REFERENCES projects (id),
    skill TEXT NOT NULL,
    owner TEXT NOT NULL,
    key TEXT NOT NULL,
    -- From 1; grows by one with every write.
    revision INTEGER NOT NULL,
    state TEXT NOT NULL,
    previous TEXT,
    -- The task that wrote it may be forgotten.
    task_id BLOB NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, skill, owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX agent_memory_age ON agent_memory (updated_at);
