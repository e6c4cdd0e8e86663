-- Several servers and workers on one database: who lives, who leads, who holds which lease, who counted what.
CREATE TABLE servers (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    status TEXT COLLATE "C" NOT NULL,
    host TEXT NOT NULL,
    version TEXT NOT NULL,
    token_key TEXT COLLATE "C",
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE server_agents (
    server_id UUID NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    agent TEXT COLLATE "C" NOT NULL,
    slots INTEGER NOT NULL,
    PRIMARY KEY (server_id, agent)
);

-- One row: whoever does what only one server may do.
CREATE TABLE leader (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    server_id UUID NOT NULL,
    term BIGINT NOT NULL,
    until BIGINT NOT NULL
);

ALTER TABLE tasks ADD COLUMN server_id UUID;
ALTER TABLE attempts ADD COLUMN server_id UUID, ADD COLUMN server_name TEXT;

ALTER TABLE metric_buckets ADD COLUMN server_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE metric_buckets DROP CONSTRAINT metric_buckets_pkey;
ALTER TABLE metric_buckets ADD PRIMARY KEY (at, skill, agent, server_id);

-- The bytes of artifacts, by their hash, in chunks of 1 MiB: on SQLite they are in a folder. What no artifact refers to any more,
-- and nobody has stored again for a while, goes with the clean-up.
CREATE TABLE blobs (
    sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    touched_at BIGINT NOT NULL
);

CREATE TABLE blob_chunks (
    sha256 TEXT COLLATE "C" NOT NULL REFERENCES blobs (sha256) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (sha256, n)
);

-- Bytes of files are packed already, mostly; packing them again costs more than it wins.
ALTER TABLE blob_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
