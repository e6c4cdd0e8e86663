-- What an agent remembers from one task of a skill to the next: for whom, under which key. It counts once the task that wrote it has completed; until then, and if
-- that never comes, what that task found (`previous`) counts.
CREATE TABLE agent_memory (
    project_id UUID NOT NULL REFERENCES projects (id),
    skill TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    -- From 1; grows by one with every write.
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    previous TEXT,
    -- The task that wrote it may be forgotten.
    task_id UUID NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, skill, owner, key)
);
CREATE INDEX agent_memory_age ON agent_memory (updated_at);
