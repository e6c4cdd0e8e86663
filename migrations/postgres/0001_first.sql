-- The first schema, equal in tables and columns to that of SQLite. Instants are milliseconds since the Unix epoch. JSON is text:
-- JSONB would refuse the escape \u0000 and round numbers, and what is stored must read back as it was given.
-- What is compared or sorted has the collation "C": bytes, as in SQLite, whatever the database was made with.

CREATE TABLE projects (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);

INSERT INTO projects (id, name, created_at) VALUES ('00000000-0000-0000-0000-000000000001', 'default', 0);

CREATE TABLE users (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT COLLATE "C" NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    active BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_login_at BIGINT
);

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash BYTEA NOT NULL PRIMARY KEY,
    session_id UUID NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used_at BIGINT
);

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE agents (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    card TEXT NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    listed BOOLEAN NOT NULL,
    completed BIGINT NOT NULL DEFAULT 0,
    failed BIGINT NOT NULL DEFAULT 0,
    last_active_at BIGINT,
    registered_at BIGINT NOT NULL
);

CREATE TABLE tasks (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    title TEXT NOT NULL,
    skill TEXT COLLATE "C" NOT NULL,
    input TEXT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    wait_kind TEXT COLLATE "C",
    reason TEXT,
    priority SMALLINT NOT NULL,
    -- The place in the queue, lower first: see Priority::rank.
    rank BIGINT NOT NULL,
    fairness_key TEXT,
    fairness_weight DOUBLE PRECISION NOT NULL DEFAULT 1.0,
    labels TEXT NOT NULL,
    retry TEXT NOT NULL,
    timeouts TEXT NOT NULL,
    budget TEXT,
    attempt INTEGER NOT NULL,
    maximum_attempts INTEGER NOT NULL,
    lease BIGINT NOT NULL DEFAULT 0,
    lease_until BIGINT,
    deadline_at BIGINT,
    agent_id UUID,
    agent_name TEXT,
    created_at BIGINT NOT NULL,
    ready_at BIGINT NOT NULL,
    not_before BIGINT,
    -- Deadlines that are looked for: not begun by, not ended by.
    start_by BIGINT,
    close_by BIGINT,
    started_at BIGINT,
    finished_at BIGINT,
    cancel_requested_at BIGINT,
    created_by TEXT NOT NULL,
    rerun_of UUID,
    run_id UUID,
    parent_id UUID,
    depth INTEGER NOT NULL DEFAULT 0,
    result_kind TEXT NOT NULL,
    result TEXT,
    failure TEXT
);

CREATE INDEX tasks_ready ON tasks (skill, rank) WHERE state = 'queued';
CREATE INDEX tasks_timed ON tasks (not_before) WHERE state IN ('queued', 'waiting') AND not_before IS NOT NULL;
CREATE INDEX tasks_leased ON tasks (lease_until) WHERE state IN ('assigned', 'running');
CREATE INDEX tasks_start_by ON tasks (start_by) WHERE start_by IS NOT NULL AND state = 'queued';
CREATE INDEX tasks_close_by ON tasks (close_by) WHERE close_by IS NOT NULL AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused');
CREATE INDEX tasks_by_state ON tasks (state, id);
CREATE INDEX tasks_by_skill ON tasks (skill, id);

CREATE TABLE attempts (
    id UUID NOT NULL PRIMARY KEY,
    task_id UUID NOT NULL REFERENCES tasks (id),
    number INTEGER NOT NULL,
    lease BIGINT NOT NULL,
    agent_id UUID NOT NULL,
    agent_name TEXT NOT NULL,
    assigned_at BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT,
    outcome TEXT COLLATE "C",
    failure TEXT,
    explanation TEXT NOT NULL,
    UNIQUE (task_id, lease)
);

CREATE TABLE idempotency_keys (
    principal TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    request_hash BYTEA NOT NULL,
    response TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (principal, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The one global sequence. A transaction takes its range as its last statement, so order is commit order. Every commit changes
-- this row: the page has room for its versions, so that they are pruned where they are.
CREATE TABLE stream_head (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    seq BIGINT NOT NULL,
    floor BIGINT NOT NULL
) WITH (fillfactor = 10);

INSERT INTO stream_head (id, seq, floor) VALUES (1, 0, 0);

-- hash, previous_hash and sealed_at are filled when the row is sealed into the audit chain.
CREATE TABLE events (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    project_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    actor TEXT NOT NULL,
    data TEXT NOT NULL,
    previous_hash BYTEA,
    hash BYTEA,
    sealed_at BIGINT
);

CREATE INDEX events_by_subject ON events (subject, seq);

CREATE TABLE audit (
    id UUID NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    principal TEXT NOT NULL,
    principal_tag TEXT COLLATE "C" NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    allowed BOOLEAN NOT NULL,
    code TEXT COLLATE "C",
    request_id TEXT,
    address TEXT,
    previous_hash BYTEA,
    hash BYTEA,
    sealed_at BIGINT
);

CREATE INDEX audit_by_principal ON audit (principal_tag, at);

CREATE TABLE spans (
    id UUID NOT NULL PRIMARY KEY,
    parent_id UUID,
    task_id UUID NOT NULL,
    attempt_id UUID,
    name TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    duration_us BIGINT NOT NULL,
    ok BOOLEAN NOT NULL,
    attributes TEXT NOT NULL
);

CREATE INDEX spans_by_task ON spans (task_id, started_at);

CREATE TABLE log_lines (
    task_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    attempt_id UUID NOT NULL,
    at BIGINT NOT NULL,
    level SMALLINT NOT NULL,
    message TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (task_id, seq)
);

CREATE TABLE errors (
    id BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    task_id UUID NOT NULL,
    attempt_id UUID NOT NULL,
    at BIGINT NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    message TEXT NOT NULL,
    retryable BOOLEAN NOT NULL
);

CREATE INDEX errors_by_task ON errors (task_id);
CREATE INDEX errors_by_code ON errors (code, at);

CREATE TABLE artifacts (
    id UUID NOT NULL PRIMARY KEY,
    project_id UUID NOT NULL REFERENCES projects (id),
    name TEXT COLLATE "C" NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    created_by TEXT NOT NULL,
    task_id UUID,
    created_at BIGINT NOT NULL
);

CREATE INDEX artifacts_by_task ON artifacts (task_id, id);
CREATE INDEX artifacts_by_hash ON artifacts (sha256);

CREATE TABLE metric_buckets (
    at BIGINT NOT NULL,
    skill TEXT COLLATE "C" NOT NULL,
    agent TEXT COLLATE "C" NOT NULL,
    submitted BIGINT NOT NULL,
    started BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    canceled BIGINT NOT NULL,
    wait_sketch BYTEA NOT NULL,
    run_sketch BYTEA NOT NULL,
    PRIMARY KEY (at, skill, agent)
);
