-- Journals: state machines that go on for long. The head is written with every turn, so what never changes or is large stands beside it.
CREATE TABLE journals (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    project_id BLOB NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    key TEXT,
    -- A parent may be forgotten, or never have been stored.
    parent_id BLOB,
    state TEXT NOT NULL,
    live INTEGER NOT NULL,
    wake_at INTEGER,
    version INTEGER NOT NULL,
    facts INTEGER NOT NULL,
    summary TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX journals_by_key ON journals (project_id, kind, key) WHERE key IS NOT NULL;
CREATE INDEX journals_by_kind ON journals (project_id, kind, id);
CREATE INDEX journals_by_name ON journals (project_id, kind, name, id);
CREATE INDEX journals_by_state ON journals (project_id, kind, state, id);
CREATE INDEX journals_by_parent ON journals (parent_id, id) WHERE parent_id IS NOT NULL;
CREATE INDEX journals_live ON journals (kind, id) WHERE live = 1;
CREATE INDEX journals_due ON journals (kind, wake_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX journals_over ON journals (updated_at, id) WHERE live = 0 AND wake_at IS NULL;

CREATE TABLE journal_openings (
    journal_id BLOB NOT NULL PRIMARY KEY REFERENCES journals (id) ON DELETE CASCADE,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE journal_facts (
    journal_id BLOB NOT NULL REFERENCES journals (id) ON DELETE CASCADE,
    -- From 1.
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (journal_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal_rows (
    journal_id BLOB NOT NULL REFERENCES journals (id) ON DELETE CASCADE,
    row_group TEXT NOT NULL,
    row_key TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (journal_id, row_group, row_key)
) STRICT, WITHOUT ROWID;

-- A workflow stays for ever, as do its versions: runs name them.
CREATE TABLE workflows (
    project_id BLOB NOT NULL REFERENCES projects (id),
    name TEXT NOT NULL,
    newest INTEGER NOT NULL,
    retired INTEGER NOT NULL,
    PRIMARY KEY (project_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE workflow_versions (
    project_id BLOB NOT NULL,
    name TEXT NOT NULL,
    -- From 1.
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    hash TEXT NOT NULL,
    summary TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (project_id, name, version),
    FOREIGN KEY (project_id, name) REFERENCES workflows (project_id, name)
) STRICT;

CREATE INDEX workflow_versions_by_hash ON workflow_versions (project_id, name, hash, version);

CREATE TABLE notifications (
    id BLOB NOT NULL PRIMARY KEY,
    user_id BLOB NOT NULL,
    project_id BLOB NOT NULL,
    -- The place of the event.
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    title TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    read_at INTEGER,
    settled_at INTEGER,
    UNIQUE (user_id, seq)
) STRICT;

CREATE INDEX notifications_by_user ON notifications (user_id, id);
CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL AND settled_at IS NULL;
CREATE INDEX notifications_by_subject ON notifications (subject) WHERE settled_at IS NULL;
CREATE INDEX notifications_by_age ON notifications (created_at, id);

-- How far the log was gone through for notifications. What happened before there were any is not told of.
CREATE TABLE notification_cursor (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;

INSERT INTO notification_cursor (id, seq) SELECT 1, seq FROM stream_head;
