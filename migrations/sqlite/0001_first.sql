-- The first schema. Identifiers are the 16 bytes of a UUID, instants are milliseconds since the Unix epoch, JSON is text.

CREATE TABLE projects (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

INSERT INTO projects (id, name, created_at) VALUES (x'00000000000000000000000000000001', 'default', 0);

CREATE TABLE users (
    id BLOB NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_login_at INTEGER
) STRICT;

CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_end ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash BLOB NOT NULL PRIMARY KEY,
    session_id BLOB NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    used_at INTEGER
) STRICT;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE api_keys (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
) STRICT;

CREATE TABLE agents (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    card TEXT NOT NULL,
    status TEXT NOT NULL,
    listed INTEGER NOT NULL,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    last_active_at INTEGER,
    registered_at INTEGER NOT NULL
) STRICT;

CREATE TABLE tasks (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    title TEXT NOT NULL,
    skill TEXT NOT NULL,
    input TEXT NOT NULL,
    state TEXT NOT NULL,
    wait_kind TEXT,
    reason TEXT,
    priority INTEGER NOT NULL,
    -- The place in the queue, lower first: see Priority::rank.
    rank INTEGER NOT NULL,
    fairness_key TEXT,
    fairness_weight REAL NOT NULL DEFAULT 1.0,
    labels TEXT NOT NULL,
    retry TEXT NOT NULL,
    timeouts TEXT NOT NULL,
    budget TEXT,
    attempt INTEGER NOT NULL,
    maximum_attempts INTEGER NOT NULL,
    lease INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER,
    deadline_at INTEGER,
    agent_id BLOB,
    agent_name TEXT,
    created_at INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    not_before INTEGER,
    -- Deadlines that are looked for: not begun by, not ended by.
    start_by INTEGER,
    close_by INTEGER,
    started_at INTEGER,
    finished_at INTEGER,
    cancel_requested_at INTEGER,
    created_by TEXT NOT NULL,
    rerun_of BLOB,
    run_id BLOB,
    parent_id BLOB,
    depth INTEGER NOT NULL DEFAULT 0,
    result_kind TEXT NOT NULL,
    result TEXT,
    failure TEXT
) STRICT;

CREATE INDEX tasks_ready ON tasks (skill, rank) WHERE state = 'queued';
CREATE INDEX tasks_timed ON tasks (not_before) WHERE state IN ('queued', 'waiting') AND not_before IS NOT NULL;
CREATE INDEX tasks_leased ON tasks (lease_until) WHERE state IN ('assigned', 'running');
CREATE INDEX tasks_start_by ON tasks (start_by) WHERE start_by IS NOT NULL AND state = 'queued';
CREATE INDEX tasks_close_by ON tasks (close_by) WHERE close_by IS NOT NULL AND state IN ('queued', 'assigned', 'running', 'waiting', 'paused');
CREATE INDEX tasks_by_state ON tasks (state, id);
CREATE INDEX tasks_by_skill ON tasks (skill, id);

CREATE TABLE attempts (
    id BLOB NOT NULL PRIMARY KEY,
    task_id BLOB NOT NULL REFERENCES tasks (id),
    number INTEGER NOT NULL,
    lease INTEGER NOT NULL,
    agent_id BLOB NOT NULL,
    agent_name TEXT NOT NULL,
    assigned_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    outcome TEXT,
    failure TEXT,
    explanation TEXT NOT NULL,
    UNIQUE (task_id, lease)
) STRICT;

CREATE TABLE idempotency_keys (
    principal TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    response TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- The one global sequence. A transaction takes its range as its last statement, so order is commit order.
CREATE TABLE stream_head (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    floor INTEGER NOT NULL
) STRICT;

INSERT INTO stream_head (id, seq, floor) VALUES (1, 0, 0);

-- hash, previous_hash and sealed_at are filled when the row is sealed into the audit chain.
CREATE TABLE events (
    seq INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    project_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    data TEXT NOT NULL,
    previous_hash BLOB,
    hash BLOB,
    sealed_at INTEGER
) STRICT;

CREATE INDEX events_by_subject ON events (subject, seq);

CREATE TABLE audit (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    principal TEXT NOT NULL,
    principal_tag TEXT NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    allowed INTEGER NOT NULL,
    code TEXT,
    request_id TEXT,
    address TEXT,
    previous_hash BLOB,
    hash BLOB,
    sealed_at INTEGER
) STRICT;

CREATE INDEX audit_by_principal ON audit (principal_tag, at);

CREATE TABLE spans (
    id BLOB NOT NULL PRIMARY KEY,
    parent_id BLOB,
    task_id BLOB NOT NULL,
    attempt_id BLOB,
    name TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    attributes TEXT NOT NULL
) STRICT;

CREATE INDEX spans_by_task ON spans (task_id, started_at);

CREATE TABLE log_lines (
    task_id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    attempt_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    level INTEGER NOT NULL,
    message TEXT NOT NULL,
    fields TEXT NOT NULL,
    PRIMARY KEY (task_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE errors (
    id INTEGER NOT NULL PRIMARY KEY,
    task_id BLOB NOT NULL,
    attempt_id BLOB NOT NULL,
    at INTEGER NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    retryable INTEGER NOT NULL
) STRICT;

CREATE INDEX errors_by_task ON errors (task_id);
CREATE INDEX errors_by_code ON errors (code, at);

CREATE TABLE artifacts (
    id BLOB NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    media_type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_by TEXT NOT NULL,
    task_id BLOB,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX artifacts_by_task ON artifacts (task_id, id);
CREATE INDEX artifacts_by_hash ON artifacts (sha256);

CREATE TABLE metric_buckets (
    at INTEGER NOT NULL,
    skill TEXT NOT NULL,
    agent TEXT NOT NULL,
    submitted INTEGER NOT NULL,
    started INTEGER NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    canceled INTEGER NOT NULL,
    wait_sketch BLOB NOT NULL,
    run_sketch BLOB NOT NULL,
    PRIMARY KEY (at, skill, agent)
) STRICT, WITHOUT ROWID;
