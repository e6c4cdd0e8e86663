-- Named settings that people make: connections, models, budgets. Their secrets are sealed with a key that is not in the database.
CREATE TABLE named_settings (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    project_id BLOB NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    secret BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (kind, project_id, name)
) STRICT;

-- What attempts asked language models, and what was answered.
CREATE TABLE model_calls (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL,
    task_id BLOB NOT NULL,
    attempt_id BLOB NOT NULL,
    model TEXT NOT NULL,
    at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    failure TEXT,
    -- By what the same request is known again; only where its answer may be given again.
    request_key TEXT,
    request TEXT NOT NULL,
    answer TEXT NOT NULL
) STRICT;
CREATE INDEX model_calls_task ON model_calls (task_id, at);
CREATE INDEX model_calls_at ON model_calls (at);
CREATE INDEX model_calls_key ON model_calls (request_key, at) WHERE request_key IS NOT NULL;

-- What was spent within a scope, what is set aside for running calls included.
CREATE TABLE spending (
    scope TEXT NOT NULL PRIMARY KEY,
    tokens INTEGER NOT NULL,
    cost_micros INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
