-- Named settings that people make: connections, models, budgets. Their secrets are sealed with a key that is not in the database.
CREATE TABLE named_settings (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    project_id UUID NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    secret BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (kind, project_id, name)
);

-- What attempts asked language models, and what was answered.
CREATE TABLE model_calls (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL,
    task_id UUID NOT NULL,
    attempt_id UUID NOT NULL,
    model TEXT NOT NULL,
    at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    prompt_tokens BIGINT NOT NULL,
    completion_tokens BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    cached BIGINT NOT NULL,
    failure TEXT,
    -- By what the same request is known again; only where its answer may be given again.
    request_key TEXT,
    request TEXT NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX model_calls_task ON model_calls (task_id, at);
CREATE INDEX model_calls_at ON model_calls (at);
CREATE INDEX model_calls_key ON model_calls (request_key, at) WHERE request_key IS NOT NULL;

-- What was spent within a scope, what is set aside for running calls included.
CREATE TABLE spending (
    scope TEXT NOT NULL PRIMARY KEY,
    tokens BIGINT NOT NULL,
    cost_micros BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
