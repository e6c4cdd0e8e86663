-- Topics, the messages of durable ones, and durable subscriptions with what each has handed out.

CREATE TABLE topics (
    name TEXT NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    kind TEXT NOT NULL,
    -- Retention: seconds, messages.
    maximum_age INTEGER NOT NULL,
    maximum_messages INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT;

-- The place is that of the message's event.
CREATE TABLE topic_messages (
    seq INTEGER NOT NULL PRIMARY KEY,
    id BLOB NOT NULL,
    topic TEXT NOT NULL REFERENCES topics (name) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    publisher TEXT NOT NULL,
    dedup_key TEXT,
    payload TEXT NOT NULL
) STRICT;

CREATE INDEX topic_messages_by_topic ON topic_messages (topic, seq);
CREATE UNIQUE INDEX topic_messages_by_key ON topic_messages (topic, dedup_key) WHERE dedup_key IS NOT NULL;

CREATE TABLE subscriptions (
    name TEXT NOT NULL PRIMARY KEY,
    project_id BLOB NOT NULL REFERENCES projects (id),
    pattern TEXT NOT NULL,
    ack_deadline_ms INTEGER NOT NULL,
    maximum_deliveries INTEGER NOT NULL,
    maximum_in_flight INTEGER NOT NULL,
    backoff_initial_ms INTEGER NOT NULL,
    backoff_maximum_ms INTEGER NOT NULL,
    -- Up to which place messages were handed out.
    seen INTEGER NOT NULL,
    next_token INTEGER NOT NULL DEFAULT 1,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
) STRICT;

-- Messages that were handed out and are not acknowledged: in_flight, waiting, dead.
CREATE TABLE deliveries (
    subscription TEXT NOT NULL REFERENCES subscriptions (name) ON DELETE CASCADE,
    seq INTEGER NOT NULL REFERENCES topic_messages (seq) ON DELETE CASCADE,
    stage TEXT NOT NULL,
    deliveries INTEGER NOT NULL,
    token INTEGER NOT NULL,
    consumer TEXT NOT NULL,
    -- When it is delivered again; nothing of a dead one.
    due_at INTEGER,
    reason TEXT,
    died_at INTEGER,
    PRIMARY KEY (subscription, seq)
) STRICT;

CREATE INDEX deliveries_due ON deliveries (subscription, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_of_message ON deliveries (seq);
CREATE INDEX deliveries_dead ON deliveries (died_at) WHERE died_at IS NOT NULL;
