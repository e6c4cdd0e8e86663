-- The servers of a database, as in PostgreSQL, where there may be several: who lives, who leads, who holds which lease, who counted
-- what.
CREATE TABLE servers (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    token_key TEXT,
    started_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE server_agents (
    server_id BLOB NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    agent TEXT NOT NULL,
    slots INTEGER NOT NULL,
    PRIMARY KEY (server_id, agent)
) STRICT;

-- One row: whoever does what only one server may do.
CREATE TABLE leader (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    server_id BLOB NOT NULL,
    term INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT;

ALTER TABLE tasks ADD COLUMN server_id BLOB;
ALTER TABLE attempts ADD COLUMN server_id BLOB;
ALTER TABLE attempts ADD COLUMN server_name TEXT;

-- SQLite changes no primary key in place.
CREATE TABLE metric_buckets_by_server (
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
    server_id BLOB NOT NULL DEFAULT X'00000000000000000000000000000000',
    PRIMARY KEY (at, skill, agent, server_id)
) STRICT, WITHOUT ROWID;

INSERT INTO metric_buckets_by_server (at, skill, agent, submitted, started, completed, failed, canceled, wait_sketch, run_sketch)
SELECT at, skill, agent, submitted, started, completed, failed, canceled, wait_sketch, run_sketch FROM metric_buckets;
DROP TABLE metric_buckets;
ALTER TABLE metric_buckets_by_server RENAME TO metric_buckets;
